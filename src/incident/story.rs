//! Incidents told as sentences, for tests: who says what when, and what came of it.
//!
//! Every word goes through [`decide`] and [`Incident::apply`], so a story can only tell what can happen.

mod rich;

pub use rich::{rich, rich_in};

use std::sync::Arc;

use super::command::{Confirmation, Report, Settlement};
use super::{
    Action, ActionId, Actor, Alert, Check, Command, Digest, Entry, Event, Incident, IncidentId, Inverse,
    Lamp, Mark, Op, Params, Plan, Policy, Reading, Realm, Record, Severity, Text, Time, decide,
};

/// A time of the day all stories play on, 4 May 2026: `12:00:05`, or `+1 09:30:00` for the day after.
pub fn time(clock: &str) -> Time {
    let (days, clock) = clock.strip_prefix('+').map_or(("0", clock), |rest| rest.split_once(' ').unwrap());
    let midnight = format!("2026-05-04T{clock}Z").parse::<Time>().unwrap();
    midnight + chrono::TimeDelta::days(days.parse().unwrap())
}

/// `k=v k=v` as parameters.
pub fn params(words: &str) -> Params {
    words.split_whitespace().filter_map(|w| w.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

/// The plan an adapter would make of `switch-model support-1 level=L2 back level=L0`: operation, target,
/// parameters, and after `back` the parameters of the inverse.
pub fn plan(words: &str) -> Plan {
    let (words, back) = words.split_once(" back ").unwrap_or((words, ""));
    let (op, rest) = words.split_once(' ').unwrap();
    let op: Op = op.parse().unwrap();
    let info = op.info();
    let target = rest.split_whitespace().next().unwrap();
    let mut all = params(rest);
    for param in info.params {
        all.entry(param.name.into()).or_insert_with(|| param.default.into());
    }
    let fill = |check: &&str| {
        let filled = all.iter().fold((*check).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value.as_str())
        });
        filled.parse::<Check>().unwrap()
    };
    let inverse = info.inverse.map(|inverse| Inverse {
        op: inverse,
        params: params(back),
        call: Text::line(format!("fleetctl {inverse} {target} {back}").trim()),
    });
    Plan {
        op,
        target: target.into(),
        adapter: "simulated".into(),
        call: Text::line(&format!("fleetctl {words}")),
        version: Some("v12".into()),
        inverse,
        checks: info.checks.iter().map(fill).collect(),
        cautions: vec![],
        limit_s: info.limit_s,
        verify_s: 60,
        already: false,
        blind: false,
        destroys_evidence: false,
        params: all,
    }
}

/// The command that asks for a plan after reading it and typing its target.
pub fn act(plan: &Plan) -> Command {
    Command::Act { plan: plan.clone(), confirmation: seen(plan), runner: "host-1".into() }
}

/// That somebody saw this plan and typed its target.
pub fn seen(plan: &Plan) -> Confirmation {
    Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) }
}

/// A critical alert about support-1.
pub fn alert(key: &str) -> Alert {
    Alert {
        key: key.into(),
        group: "leaks".into(),
        source: "alertmanager".into(),
        name: "DataLeak".into(),
        summary: "support-1 sends customer data out".into(),
        criticality: "critical".into(),
        category: "boundary".into(),
        severity: None,
        agent: Some("support-1".parse().unwrap()),
        starts_at: Some(time("11:59:40")),
        labels: vec![],
    }
}

/// One incident as it is told. It begins with Ana speaking at 12:00:00.
#[derive(Clone, Debug)]
pub struct Story {
    /// What has become of it.
    pub incident: Incident,
    /// The timeline so far.
    pub entries: Vec<Arc<Entry>>,
    /// The rules.
    pub policy: Policy,
    /// Who speaks.
    pub actor: Actor,
    /// When.
    pub now: Time,
}

impl Story {
    /// Nothing has been declared yet.
    pub fn blank() -> Self {
        Self {
            incident: Incident::blank(IncidentId(42)),
            entries: vec![],
            policy: Policy::built_in(),
            actor: Actor::person("ana"),
            now: time("12:00:00"),
        }
    }

    /// Declared at 12:00:00 about support-1.
    pub fn of(severity: Severity) -> Self {
        Self::blank().says(Command::Declare {
            realm: Realm::Live,
            title: "customer data leaves through support-1".into(),
            severity,
            pattern: None,
            agents: vec!["support-1".parse().unwrap()],
            detected_at: None,
        })
    }

    /// A P0.
    pub fn p0() -> Self {
        Self::of(Severity::P0)
    }

    /// A P0 whose isolation is accepted at 12:01:00, by Ana.
    pub fn isolating() -> Self {
        Self::p0().at("12:00:30").asks("isolate support-1").at("12:01:00").accepts(1)
    }

    /// A P0 whose isolation is verified at 12:01:05, by Ana.
    pub fn isolated() -> Self {
        Self::isolating().at("12:01:05").reads(1, ISOLATED)
    }

    /// From now on it is so late.
    pub fn at(self, clock: &str) -> Self {
        Self { now: time(clock), ..self }
    }

    /// From now on a person speaks.
    pub fn by(self, name: &str) -> Self {
        Self { actor: Actor::person(name), ..self }
    }

    /// From now on an AI actor speaks.
    pub fn by_ai(self, name: &str) -> Self {
        Self { actor: Actor::Ai(name.into()), ..self }
    }

    /// The rules are changed.
    pub fn under(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Alerts, calls and time are the program's own to tell of.
    fn speaker(&self, command: &Command) -> &Actor {
        let own = matches!(
            command,
            Command::Alert { .. }
                | Command::Report { .. }
                | Command::Recover { .. }
                | Command::Deliver { .. }
                | Command::Hear { .. }
                | Command::BringIn { .. }
                | Command::Tick
        );
        if own { &Actor::Flightdeck } else { &self.actor }
    }

    /// What deciding leads to, told to nobody.
    pub fn tries(&self, command: &Command) -> decide::Decision {
        decide(&self.incident, &self.policy, command, self.speaker(command), self.now)
    }

    /// Something is said, allowed, and put on the timeline.
    pub fn says(mut self, command: Command) -> Self {
        let events = match self.tries(&command) {
            Ok(events) => events,
            Err(refusal) => panic!("{} is refused: {refusal}", command.word()),
        };
        let actor = self.speaker(&command).clone();
        for event in events {
            self = self.records(actor.clone(), event);
        }
        self
    }

    /// An event lands on the timeline.
    pub fn records(mut self, actor: Actor, event: Event) -> Self {
        let seq = self.incident.seq + 1;
        let entry = Entry { incident: self.incident.id, seq, at: self.now, actor, event };
        self.incident.apply(&entry);
        self.entries.push(Arc::new(entry));
        self
    }

    /// Something is said and refused: by this rule, for a reason and with a way out in these words.
    pub fn refused(self, command: Command, rule: &str, why: &str, instead: &str) -> Self {
        match self.tries(&command) {
            Ok(events) => panic!("{} leads to {events:?}", command.word()),
            Err(refusal) => {
                assert_eq!(refusal.rule, rule, "{refusal}");
                assert!(refusal.why.contains(why), "{refusal} does not say '{why}'");
                assert!(refusal.instead.contains(instead), "{refusal} does not advise '{instead}'");
            }
        }
        self
    }

    /// Something is said that is allowed and changes nothing.
    pub fn ignores(self, command: &Command) -> Self {
        assert_eq!(self.tries(command), Ok(vec![]), "{}", command.word());
        self
    }

    /// Somebody asks for the action of these words, see [`plan`].
    pub fn asks(self, words: &str) -> Self {
        self.says(act(&plan(words)))
    }

    /// Somebody asks for it and is refused.
    pub fn asks_in_vain(self, words: &str, rule: &str, why: &str, instead: &str) -> Self {
        self.refused(act(&plan(words)), rule, why, instead)
    }

    /// Whoever speaks approves.
    pub fn approves(self, number: u32) -> Self {
        let command = self.approval(number);
        self.says(command)
    }

    /// The command by which somebody approves what they saw.
    pub fn approval(&self, number: u32) -> Command {
        let plan = &self.action(number).plan;
        Command::Approve { action: ActionId(number), confirmation: seen(plan), runner: "host-1".into() }
    }

    /// The backend says yes.
    pub fn accepts(self, number: u32) -> Self {
        self.hears(number, Report::Accepted { answer: "202 accepted".into() })
    }

    /// The backend says no.
    pub fn fails(self, number: u32) -> Self {
        self.hears(number, Report::Failed { reason: "500 no".into(), outdated: false })
    }

    /// No answer came.
    pub fn loses(self, number: u32) -> Self {
        self.hears(number, Report::Unknown { reason: "no answer within 30s".into() })
    }

    /// Probes read these values, `name=value`, and nothing where a check is not named.
    pub fn reads(self, number: u32, words: &str) -> Self {
        let report = self.readings(number, words);
        self.hears(number, report)
    }

    /// News of an action.
    pub fn hears(self, number: u32, report: Report) -> Self {
        self.says(Command::Report { action: ActionId(number), report })
    }

    /// What probes report when they read these values, for each check of the whole, or where there is
    /// `name@replica=value`, of each replica.
    pub fn readings(&self, number: u32, words: &str) -> Report {
        let read = params(words);
        let of = |check: &Check| {
            let reading = |replica: Option<&str>, value: Option<&Text>| Reading {
                check: check.clone(),
                replica: replica.map(Text::from),
                source: None,
                value: value.cloned(),
                why: None,
                at: self.now,
            };
            let mut all: Vec<Reading> = read
                .iter()
                .filter_map(|(name, value)| Some((name.split_once('@')?, value)))
                .filter(|((name, _), _)| *name == check.name.as_str())
                .map(|((_, replica), value)| reading(Some(replica), Some(value)))
                .collect();
            let whole = read.get(check.name.as_str());
            if all.is_empty() || whole.is_some() {
                all.push(reading(None, whole));
            }
            all
        };
        Report::Readings(self.action(number).plan.checks.iter().flat_map(of).collect())
    }

    /// An action goes through to verified: asked for, accepted, and read as `words` say.
    pub fn does(self, asked: &str, read: &str) -> Self {
        let number = self.incident.next_action().0;
        self.asks(asked).accepts(number).reads(number, read)
    }

    /// A person says what is true of an action.
    pub fn settles(self, number: u32, settlement: Settlement) -> Self {
        self.says(Command::Settle { action: ActionId(number), settlement, reason: "looked myself".into() })
    }

    /// Time goes by.
    pub fn ticks(self) -> Self {
        self.says(Command::Tick)
    }

    /// An action shows this lamp.
    pub fn lamp(self, number: u32, lamp: Lamp) -> Self {
        let shown = self.action(number).lamp;
        assert_eq!(shown, lamp, "A{number} at {}", self.now.format("%H:%M:%S"));
        self
    }

    /// A mark stands at this time; `-`: nowhere.
    pub fn mark(self, mark: Mark, clock: &str) -> Self {
        let expected = (clock != "-").then(|| time(clock));
        assert_eq!(self.incident.mark(mark), expected, "{mark}");
        self
    }

    /// An action by number.
    pub fn action(&self, number: u32) -> &Action {
        &self.incident.actions[&ActionId(number)]
    }

    /// The incident with its timeline.
    pub fn record(&self) -> Record {
        Record { incident: self.incident.clone(), entries: self.entries.clone() }
    }

    /// The digest of the plan of an action.
    pub fn digest(&self, number: u32) -> Digest {
        self.action(number).plan.digest()
    }
}

/// What probes read of an isolated agent (A3).
pub const ISOLATED: &str = "agent_status=stopped task_queue=0 api_calls=0";

/// What probes read of an agent that works although it should be isolated.
pub const WORKING: &str = "agent_status=running task_queue=3 api_calls=41";
