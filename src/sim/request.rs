//! What a call needs before it is made: parameters that make sense, what undoes it, what could
//! fight it. Everything here reads and changes nothing.

use crate::incident::{Aim, Op, Params, Text};

use super::agent::Agent;
use super::fleet::Fleet;

/// A parameter that [`Fleet::complete`] has made sure of.
pub(super) fn param(params: &Params, name: &str) -> Text {
    params.get(name).cloned().unwrap_or_default()
}

/// The same, as a number.
pub(super) fn number(params: &Params, name: &str) -> u32 {
    params.get(name).and_then(|value| value.as_str().parse().ok()).unwrap_or(0)
}

/// The scopes an agent can be narrowed to.
const SCOPES: [&str; 3] = ["data-only", "read-only", "answers-only"];

impl Fleet {
    /// The parameters as the backend takes them: defaults filled in, `backup` resolved to the
    /// backup's own name, so that checks such as `config = {to}` compare with what will be read.
    ///
    /// # Errors
    /// In words: an unknown target or parameter, or a value without sense.
    pub fn complete(&self, op: Op, target: &str, params: &Params) -> Result<Params, Text> {
        if !self.knows(op, target) {
            return Err(self.unknown(op, target));
        }
        let info = op.info();
        if let Some(name) = params.keys().find(|name| info.params.iter().all(|known| known.name != **name)) {
            let shown = Text::line(name);
            return Err(Text::line(&format!("{op} takes no parameter '{shown}'")));
        }
        let mut complete = Params::new();
        for known in info.params {
            let value = match params.get(known.name) {
                Some(value) if !value.is_blank() => value.as_str().trim().to_owned(),
                Some(_) | None => known.default.to_owned(),
            };
            let value = self.sensible(op, target, known.name, &value).map_err(|words| Text::line(&words))?;
            complete.insert(known.name.to_owned(), Text::line(&value));
        }
        Ok(complete)
    }

    /// One parameter's value, if it makes sense.
    fn sensible(&self, op: Op, target: &str, name: &str, value: &str) -> Result<String, String> {
        let shown = Text::line(value);
        let within = |low: u32, high: u32, what: &str| match value.parse::<u32>() {
            Ok(n) if (low..=high).contains(&n) => Ok(n.to_string()),
            _ => {
                Err(format!("{name} = '{shown}' makes no sense: {what}, a whole number from {low} to {high}"))
            }
        };
        match name {
            "calls_per_minute" => within(1, 100_000, "calls in a minute (to stop all calls, isolate)"),
            "timeout" => within(1, 3_600, "seconds"),
            "minutes" => within(1, 1_440, "minutes"),
            "limit" => within(1, 100_000, "log lines"),
            "level" => match value.trim_start_matches(['L', 'l']).parse::<u8>() {
                Ok(level @ 0..=4) => Ok(format!("L{level}")),
                _ => Err(format!("level = '{shown}' makes no sense: write L0 to L4")),
            },
            "scope" if SCOPES.contains(&value) => Ok(value.to_owned()),
            "scope" => Err(format!("there is no scope '{shown}'; there are {}", SCOPES.join(", "))),
            // The time that evidence covers; what it is made of is read elsewhere.
            "from" | "to" if op == Op::Snapshot => Ok(value.to_owned()),
            "to" => match self.place(target) {
                Some(place) => backup(&self.agents[place], op, value),
                None => Err(self.unknown(op, target).to_string()),
            },
            _ if value.is_empty() => Err(format!("{op} needs '{name}'")),
            _ => Ok(value.to_owned()),
        }
    }

    /// What an agent reads as while nothing of it is rolled back: its configuration and its version.
    #[must_use]
    pub fn home(&self, target: &str) -> Vec<(&'static str, Text)> {
        let Some(place) = self.place(target) else { return Vec::new() };
        let agent = &self.agents[place];
        let build = agent.before.as_ref().unwrap_or(&agent.settings.build);
        vec![("config", build.config.clone()), ("version", build.version.clone())]
    }

    /// What undoes `op` as things are now: to be asked before the call is made.
    #[must_use]
    pub fn inverse(&self, op: Op, target: &str) -> Option<(Op, Params)> {
        let inverse = op.info().inverse?;
        if inverse == Op::Unsilence {
            return Some((inverse, Params::new()));
        }
        let settings = &self.agents[self.place(target)?].settings;
        let one = |name: &str, value: String| Params::from([(name.to_owned(), Text::line(&value))]);
        let params = match inverse {
            Op::SwitchModel => one("level", format!("L{}", settings.level)),
            Op::RateLimit => one("calls_per_minute", settings.rate_limit?.to_string()),
            Op::Restrict => {
                let (scope, seconds) = settings.restricted.as_ref()?;
                let mut params = one("scope", scope.to_string());
                params.extend(one("timeout", seconds.to_string()));
                params
            }
            Op::Isolate
            | Op::Release
            | Op::Lift
            | Op::RestoreScope
            | Op::RollbackConfig
            | Op::RollbackBranch
            | Op::RollbackSystem
            | Op::RollForward
            | Op::Restart
            | Op::RestoreCheckpoint
            | Op::Snapshot
            | Op::Silence
            | Op::Unsilence
            | Op::Escalate
            | Op::Page => Params::new(),
        };
        Some((inverse, params))
    }

    /// What could fight the effect of `op`, in words, as far as a backend would know.
    #[must_use]
    pub fn conflicts(&self, op: Op, target: &str) -> Vec<Text> {
        let Some(place) = self.place(target) else { return vec![] };
        let agent = &self.agents[place];
        let id = &agent.spec.id;
        let mut found = vec![];
        let stops = matches!(op, Op::Isolate | Op::Restart | Op::RollbackBranch | Op::RollbackSystem);
        if op == Op::Isolate && agent.spec.replicas > 1 {
            found.push(format!("{id} has {} replicas: each must stop", agent.spec.replicas));
        }
        let children = || self.agents.iter().filter(|a| a.spec.parent.as_ref() == Some(id));
        if stops && children().next().is_some() {
            let names: Vec<&str> = children().map(|a| a.spec.id.as_str()).collect();
            found.push(format!("{} get their work from {id}", names.join(", ")));
        }
        if let Some(parent) = agent.spec.parent.as_ref().filter(|_| stops) {
            found.push(format!("{parent} goes on giving work to {id}"));
        }
        if agent.isolated && !matches!(op, Op::Isolate | Op::Release | Op::Snapshot) {
            found.push(format!("{id} is isolated: it does not run until it is released"));
        }
        if let Some((_, build)) = &agent.pending {
            found.push(format!("a deploy of {} with {} is under way", build.version, build.config));
        }
        found.iter().map(|words| Text::line(words)).collect()
    }

    /// Whether the fleet has such a target, by the operation's aim: an agent, an alert that its
    /// monitoring knows, an escalation level or a person.
    #[must_use]
    pub fn knows(&self, op: Op, target: &str) -> bool {
        match op.info().aim {
            Aim::Agent => self.place(target).is_some(),
            Aim::Alert => self.read_alarm(target).is_some(),
            Aim::Level | Aim::Person => !self.contacts_of(op, target).is_empty(),
        }
    }

    /// Says that nothing of this name is there, and what is.
    pub(super) fn unknown(&self, op: Op, target: &str) -> Text {
        let (what, known): (&str, Vec<String>) = match op.info().aim {
            Aim::Agent => ("agent", self.agents.iter().map(|a| a.spec.id.to_string()).collect()),
            Aim::Alert => ("alert", self.alarms.iter().map(|alarm| alarm.text.name.to_string()).collect()),
            Aim::Level => ("level", self.levels()),
            Aim::Person => ("person", self.contacts.iter().map(|c| c.person.name.to_string()).collect()),
        };
        let shown = Text::line(target);
        let there = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
        Text::line(&format!("no {what} '{shown}' here: {there}"))
    }
}

/// The backup's own name.
fn backup(agent: &Agent, op: Op, name: &str) -> Result<String, String> {
    let backups = &agent.spec.backups;
    let build = &agent.settings.build;
    let (known, running) = match op == Op::RollbackBranch {
        true => (&backups.version, &build.version),
        false => (&backups.config, &build.config),
    };
    let found = match name {
        // The backup of what runs is what ran before it, not itself.
        "backup" => known.iter().find(|known| *known != running).or(known.first()),
        name => known.iter().find(|known| **known == name),
    };
    found.map(ToString::to_string).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(Text::as_str).collect();
        let shown = Text::line(name);
        format!("{} has no backup '{shown}'; there are {}", agent.spec.id, names.join(", "))
    })
}
