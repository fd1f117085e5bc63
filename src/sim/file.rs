//! Reads a scenario's file and says what is wrong with it, and where.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::incident::{AgentId, Aim, Op, Severity, Span, Text};

use super::fault::Home;
use super::scenario::{
    AgentSpec, AlertStep, FaultStep, Inject, MessageStep, Person, ProposalStep, Scenario, Step, Trap,
    TrapStep,
};

/// Something wrong in a scenario's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Flaw {
    /// The bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The agents and people that a scenario gets unless it says `fleet = "none"`.
const DEFAULT_FLEET: &str = include_str!("../../assets/fleets/default.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FleetFile {
    #[serde(default)]
    agent: Vec<AgentSpec>,
    #[serde(default)]
    person: Vec<Person>,
}

/// What is in a file, though perhaps not as it should be, so that nobody misses it.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// Its keys.
    pub keys: Vec<String>,
    /// The ids of its agents.
    pub agents: Vec<String>,
}

/// A scenario as written: its form is right, its sense is not looked at yet. Whoever can read a file
/// around what is wrong in it may do so, and ask for the sense of the rest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    name: Option<Text>,
    title: Option<Text>,
    about: Option<Text>,
    #[serde(default)]
    seed: u64,
    severity: Option<Severity>,
    #[serde(default = "some_noise")]
    noise_percent: Spanned<u8>,
    #[serde(default)]
    fleet: Base,
    #[serde(default)]
    agent: Vec<Spanned<AgentSpec>>,
    #[serde(default)]
    person: Vec<Spanned<Person>>,
    #[serde(default)]
    inject: Vec<Spanned<RawInject>>,
}

fn some_noise() -> Spanned<u8> {
    Spanned::new(0..0, 8)
}

/// What the agents and people of the file are added to; the same name replaces.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Base {
    #[default]
    Default,
    None,
}

/// A step stands in a key of its own rather than in a tag: a tagged enum would lose every span.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInject {
    at: Option<Span>,
    fault: Option<Spanned<FaultStep>>,
    alert: Option<Spanned<AlertStep>>,
    message: Option<MessageStep>,
    proposal: Option<Spanned<ProposalStep>>,
    trap: Option<Spanned<RawTrap>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrap {
    agent: AgentId,
    op: Op,
    holds: Option<Span>,
    late: Option<Span>,
    refused: Option<Text>,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

impl Scenario {
    /// Reads a scenario's file.
    ///
    /// # Errors
    /// What is wrong with it: the first flaw of form, or else every flaw of sense.
    pub fn parse(text: &str) -> Result<Self, Vec<Flaw>> {
        let file: ScenarioFile = toml::from_str(text)
            .map_err(|e| vec![Flaw { span: e.span().unwrap_or(0..0), message: e.message().to_owned() }])?;
        file.scenario(&Described::default())
    }
}

impl ScenarioFile {
    /// The scenario that is meant.
    ///
    /// # Errors
    /// Every flaw of sense.
    pub fn scenario(self, described: &Described) -> Result<Scenario, Vec<Flaw>> {
        let base = match self.fleet {
            Base::Default => toml::from_str(DEFAULT_FLEET).expect("a test reads the built-in fleet"),
            Base::None => FleetFile { agent: vec![], person: vec![] },
        };
        let mut reader = Reader { flaws: vec![], agents: base.agent, people: base.person, described };
        let name = reader.needed("name", self.name);
        let title = reader.needed("title", self.title);
        let about = reader.needed("about", self.about);
        let severity = reader.needed("severity", self.severity);
        if *self.noise_percent.get_ref() > 100 {
            reader.flaw(self.noise_percent.span(), "noise_percent is a share: write 0 to 100");
        }
        reader.join_agents(self.agent);
        reader.join_people(self.person);
        let injects = self.inject.into_iter().filter_map(|inject| reader.inject(inject)).collect();
        match (name, title, about, severity) {
            (Some(name), Some(title), Some(about), Some(severity)) if reader.flaws.is_empty() => {
                Ok(Scenario {
                    name,
                    title,
                    about,
                    seed: self.seed,
                    severity,
                    noise_percent: self.noise_percent.into_inner(),
                    agents: reader.agents,
                    people: reader.people,
                    injects,
                })
            }
            (_, _, _, _) => Err(reader.flaws),
        }
    }
}

/// What is known so far, and what was found wrong.
struct Reader<'a> {
    flaws: Vec<Flaw>,
    agents: Vec<AgentSpec>,
    people: Vec<Person>,
    described: &'a Described,
}

impl Reader<'_> {
    fn flaw(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.flaws.push(Flaw { span, message: message.into() });
    }

    fn needed<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.described.keys.iter().all(|described| described != key) {
            self.flaw(0..0, format!("the key `{key}` is missing"));
        }
        value
    }

    fn is_described(&self, id: &AgentId) -> bool {
        self.described.agents.iter().any(|described| id.as_str() == described)
    }

    fn agent(&self, id: &AgentId) -> Option<&AgentSpec> {
        self.agents.iter().find(|agent| agent.id == *id)
    }

    fn agent_at(&mut self, id: &AgentId, span: &Range<usize>) -> Option<&AgentSpec> {
        if self.agent(id).is_none() && !self.is_described(id) {
            let known: Vec<&str> = self.agents.iter().map(|agent| agent.id.as_str()).collect();
            let message = format!("there is no agent '{id}' in the fleet; use one of {}", known.join(", "));
            self.flaw(span.clone(), message);
        }
        self.agent(id)
    }

    fn join_agents(&mut self, added: Vec<Spanned<AgentSpec>>) {
        let mut seen = BTreeSet::new();
        let mut spans = vec![];
        for agent in added {
            let span = agent.span();
            let agent = agent.into_inner();
            if !seen.insert(agent.id.clone()) {
                self.flaw(span.clone(), format!("the agent '{}' is written twice", agent.id));
            }
            spans.push((span, agent.id.clone()));
            match self.agents.iter_mut().find(|known| known.id == agent.id) {
                Some(known) => *known = agent,
                None => self.agents.push(agent),
            }
        }
        for (span, id) in spans {
            if let Some(agent) = self.agent(&id).cloned() {
                let all = &self.agents;
                let parent = agent.parent.as_ref().filter(|id| !self.is_described(id));
                for message in agent_flaws(&agent, parent, all) {
                    self.flaw(span.clone(), format!("{id}: {message}"));
                }
            }
        }
    }

    fn join_people(&mut self, added: Vec<Spanned<Person>>) {
        for person in added {
            let span = person.span();
            let person = person.into_inner();
            if person.after > person.within {
                self.flaw(span.clone(), format!("{}: 'after' is longer than 'within'", person.name));
            }
            if person.name.as_str().parse::<AgentId>().is_ok_and(|id| self.agent(&id).is_some()) {
                self.flaw(span, format!("'{}' is an agent; a person needs another name", person.name));
            }
            match self.people.iter_mut().find(|known| known.name == person.name) {
                Some(known) => *known = person,
                None => self.people.push(person),
            }
        }
    }

    fn inject(&mut self, inject: Spanned<RawInject>) -> Option<Inject> {
        let span = inject.span();
        let RawInject { at, fault, alert, message, proposal, trap } = inject.into_inner();
        let mut steps: Vec<Option<Step>> = vec![];
        steps.extend(fault.map(|step| self.fault(step)));
        steps.extend(alert.map(|step| self.alert(step)));
        steps.extend(message.map(|step| Some(Step::Message(step))));
        steps.extend(proposal.map(|step| self.proposal(step)));
        steps.extend(trap.map(|step| self.trap(step)));
        if at.is_none() {
            self.flaw(span.clone(), "`inject` lacks the key `at`");
        }
        if steps.len() != 1 {
            self.flaw(
                span,
                format!(
                    "an inject has exactly one of fault, alert, message, proposal, trap; this one has {}",
                    steps.len()
                ),
            );
            return None;
        }
        steps.pop().flatten().zip(at).map(|(step, at)| Inject { at, step })
    }

    fn fault(&mut self, step: Spanned<FaultStep>) -> Option<Step> {
        let span = step.span();
        let step = step.into_inner();
        let info = step.kind.info();
        let agent = self.agent_at(&step.agent, &span)?;
        let (what, now, backups) = match info.home {
            Home::Config => ("configuration", &agent.config, &agent.backups.config),
            Home::Version => ("version", &agent.version, &agent.backups.version),
            Home::State | Home::Outside => {
                if step.becomes.is_some() {
                    self.flaw(
                        span,
                        format!("{} lives in no configuration or version: leave 'becomes' out", info.word),
                    );
                    return None;
                }
                return self.lasting(step, span);
            }
        };
        let message = match &step.becomes {
            None => format!("{} lives in a {what}: name it in 'becomes'", info.word),
            Some(becomes) if becomes == now || backups.contains(becomes) => {
                format!("the {what} '{becomes}' is a good one; a fault needs a bad one in 'becomes'")
            }
            Some(_) => return self.lasting(step, span),
        };
        self.flaw(span, message);
        None
    }

    fn lasting(&mut self, step: FaultStep, span: Range<usize>) -> Option<Step> {
        if step.lasts.is_some() && step.kind.info().home != Home::Outside {
            self.flaw(span, format!("{} does not end by itself: leave 'lasts' out", step.kind.word()));
            return None;
        }
        Some(Step::Fault(step))
    }

    fn alert(&mut self, step: Spanned<AlertStep>) -> Option<Step> {
        let span = step.span();
        let step = step.into_inner();
        if let Some(agent) = &step.agent {
            self.agent_at(agent, &span)?;
        }
        if step.watch && (step.agent.is_none() || step.lasts.is_some()) {
            self.flaw(span, "a watch needs an 'agent' to watch and no 'lasts': it resolves by itself");
            return None;
        }
        Some(Step::Alert(step))
    }

    fn proposal(&mut self, step: Spanned<ProposalStep>) -> Option<Step> {
        let span = step.span();
        let step = step.into_inner();
        if step.op.info().aim == Aim::Agent {
            match step.target.as_str().parse::<AgentId>() {
                Ok(id) => drop(self.agent_at(&id, &span)?),
                Err(message) => {
                    self.flaw(span, message);
                    return None;
                }
            }
        }
        let known = step.op.info().params;
        if let Some(name) = step.params.keys().find(|name| known.iter().all(|param| param.name != **name)) {
            self.flaw(span, format!("{} takes no '{name}'", step.op));
            return None;
        }
        Some(Step::Proposal(step))
    }

    fn trap(&mut self, step: Spanned<RawTrap>) -> Option<Step> {
        let span = step.span();
        let RawTrap { agent, op, holds, late, refused, times } = step.into_inner();
        let spec = self.agent_at(&agent, &span)?;
        let replicas = spec.replicas;
        let trap = match (holds, late, refused) {
            (Some(span), None, None) => Trap::Holds(span),
            (None, Some(span), None) => Trap::Late(span),
            (None, None, Some(words)) => Trap::Refused(words),
            _ => {
                self.flaw(span, "a trap has exactly one of holds, late, refused");
                return None;
            }
        };
        let message = match &trap {
            _ if op.info().aim != Aim::Agent => {
                format!("{op} is not done to an agent: no trap can be set on it")
            }
            Trap::Holds(_) if !op.info().mitigation => {
                format!("{op} has no effect that could stop holding; use late or refused")
            }
            Trap::Holds(_) if op == Op::Isolate && replicas < 2 => {
                format!("{agent} has one replica: nothing is left to go on working after isolate")
            }
            Trap::Holds(_) | Trap::Late(_) | Trap::Refused(_) => {
                return Some(Step::Trap(TrapStep { agent, op, trap, times }));
            }
        };
        self.flaw(span, message);
        None
    }
}

/// What is wrong with one agent among the others.
fn agent_flaws(agent: &AgentSpec, parent_id: Option<&AgentId>, all: &[AgentSpec]) -> Vec<String> {
    let mut found = vec![];
    if !(1..=9).contains(&agent.replicas) {
        found.push("replicas: 1 to 9".to_owned());
    }
    if !(1..=5).contains(&agent.models.len()) {
        found.push("models: 1 to 5 of them, L0 first (E3)".to_owned());
    }
    if agent.backups.config.is_empty() || agent.backups.version.is_empty() {
        found.push("backups: name at least one configuration and one version (A10)".to_owned());
    }
    if agent.pace.as_seconds() == 0 {
        found.push("pace: at least 1s".to_owned());
    }
    let normal = &agent.normal;
    let rates = [normal.error_rate, normal.p95];
    if rates.iter().any(|rate| !(0.0..=1_000.0).contains(rate)) || normal.api_calls > 1_000_000 {
        found.push("normal: a rate is a number from 0 to 1000, api_calls at most 1000000".to_owned());
    }
    if [normal.memory, normal.context, normal.permissions].iter().any(|share| *share > 100) {
        found.push("normal: memory, context and permissions are shares: 0 to 100".to_owned());
    }
    // A chain of parents longer than the fleet comes back to itself.
    let parent = |of: &AgentSpec| of.parent.as_ref().and_then(|id| all.iter().find(|other| other.id == *id));
    if let Some(id) = parent_id.filter(|id| all.iter().all(|other| other.id != **id)) {
        found.push(format!("its parent '{id}' is not in the fleet"));
    } else if std::iter::successors(Some(agent), |of| parent(of)).nth(all.len()).is_some() {
        found.push("it is its own ancestor".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_fleet_is_sound() {
        let fleet: FleetFile = toml::from_str(DEFAULT_FLEET).unwrap();
        for agent in &fleet.agent {
            assert_eq!(
                agent_flaws(agent, agent.parent.as_ref(), &fleet.agent),
                Vec::<String>::new(),
                "{}",
                agent.id
            );
            assert_eq!(
                (&agent.config, &agent.version),
                (&agent.backups.config[0], &agent.backups.version[0])
            );
        }
    }
}
