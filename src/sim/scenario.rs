//! A drill's script as values: who is in the fleet, and what happens when.

use serde::Deserialize;

use crate::incident::{AgentId, Op, Params, Severity, Span, Text};

use super::fault::Fault;

/// A script for the fleet. Read with [`Scenario::parse`].
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: Text,
    /// One line for lists.
    pub title: Text,
    /// What happens in it, for the one who chooses it: it gives the plot away.
    pub about: Text,
    /// The seed when nobody gives one.
    pub seed: u64,
    /// How severe its incident is.
    pub severity: Severity,
    /// How many of a hundred things an agent does end in a harmless warning.
    pub noise_percent: u8,
    /// The fleet.
    pub agents: Vec<AgentSpec>,
    /// Who can be paged.
    pub people: Vec<Person>,
    /// The timed steps.
    pub injects: Vec<Inject>,
}

/// What an agent does for a living; chooses its log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Answers customers.
    Support,
    /// Splits work among other agents.
    Planner,
    /// Finds things out for another agent.
    Research,
    /// Writes for another agent.
    Writer,
    /// Trades.
    Trading,
    /// Sorts patients by urgency.
    Medical,
}

/// One agent of the fleet, as it is while nothing is wrong.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSpec {
    /// Its id.
    pub id: AgentId,
    /// What it does.
    pub kind: Kind,
    /// What it does, in words.
    #[serde(default)]
    pub about: Text,
    /// Which agent gives it work.
    pub parent: Option<AgentId>,
    /// How many copies of it run.
    #[serde(default = "one")]
    pub replicas: u8,
    /// The models of the degradation ladder, L0 first (E3).
    pub models: Vec<Text>,
    /// The version it runs.
    pub version: Text,
    /// The configuration it runs.
    pub config: Text,
    /// What it can be rolled back to (A10).
    pub backups: Backups,
    /// What it may do.
    #[serde(default)]
    pub permissions: Vec<Text>,
    /// What it can call.
    #[serde(default)]
    pub tools: Vec<Text>,
    /// The mean time between two things it does: the quieter, the calmer its log.
    pub pace: Span,
    /// Its vitals.
    pub normal: Normal,
}

const fn one() -> u8 {
    1
}

/// The named backups of an agent, the default first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backups {
    /// Configurations, for L1 and L3.
    pub config: Vec<Text>,
    /// Versions, for L2 and L3.
    pub version: Vec<Text>,
}

/// Vitals around which a healthy agent flickers.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    /// API calls in a minute.
    pub api_calls: u32,
    /// Failed calls, in per cent.
    pub error_rate: f64,
    /// The 95th percentile of response times, in seconds.
    pub p95: f64,
    /// Memory in use, in per cent.
    pub memory: u32,
    /// Context tokens in use, in per cent.
    pub context: u32,
    /// Permissions in use, in per cent.
    pub permissions: u32,
    /// Tasks that wait.
    pub task_queue: u32,
}

/// Somebody who can be paged.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name they go by.
    pub name: Text,
    /// What they do.
    #[serde(default)]
    pub title: Text,
    /// The escalation level that reaches them.
    pub level: Option<u8>,
    /// What they answer; none: they do not answer.
    pub answer: Option<Text>,
    /// How long they take at least.
    #[serde(default = "soonest")]
    pub after: Span,
    /// How long they take at most.
    #[serde(default = "latest")]
    pub within: Span,
}

const fn soonest() -> Span {
    Span::seconds(10)
}

const fn latest() -> Span {
    Span::seconds(30)
}

/// One timed step.
#[derive(Clone, Debug, PartialEq)]
pub struct Inject {
    /// When, counted from the start.
    pub at: Span,
    /// What.
    pub step: Step,
}

/// What an inject does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Something breaks.
    Fault(FaultStep),
    /// An alert that belongs to no single fault.
    Alert(AlertStep),
    /// Somebody writes.
    Message(MessageStep),
    /// An AI actor proposes an action.
    Proposal(ProposalStep),
    /// From now on an action does not do what it should.
    Trap(TrapStep),
}

/// Something breaks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultStep {
    /// How.
    pub kind: Fault,
    /// Where.
    pub agent: AgentId,
    /// The configuration or version that brings it, for faults that live in one.
    pub becomes: Option<Text>,
    /// When it ends by itself, for faults that lie outside the fleet; none: never.
    pub lasts: Option<Span>,
    /// What monitoring makes of it; none: no monitor sees it.
    pub alert: Option<AlertText>,
}

/// What an alert says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertText {
    /// Its name.
    pub name: Text,
    /// What it says.
    pub summary: Text,
    /// How critical monitoring calls it (B3).
    #[serde(default)]
    pub criticality: Text,
    /// What monitoring takes it for (B3).
    #[serde(default)]
    pub category: Text,
    /// A severity it names outright.
    pub severity: Option<Severity>,
    /// What it belongs together with; none: its name.
    pub group: Option<Text>,
    /// How long the vitals are bad before it fires.
    #[serde(default = "notice")]
    pub after: Span,
}

const fn notice() -> Span {
    Span::seconds(8)
}

/// An alert that belongs to no single fault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertStep {
    /// What it says.
    pub text: AlertText,
    /// What it is about.
    pub agent: Option<AgentId>,
    /// Whether it waits for the agent's vitals to be bad and resolves with them; else it fires now.
    #[serde(default)]
    pub watch: bool,
    /// When an alert that fired now resolves by itself; none: never.
    pub lasts: Option<Span>,
}

/// Somebody writes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageStep {
    /// Who.
    pub from: Text,
    /// What.
    pub text: Text,
}

/// An AI actor proposes an action.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalStep {
    /// The AI actor.
    pub by: Text,
    /// The operation.
    pub op: Op,
    /// Its target.
    pub target: Text,
    /// Its parameters.
    #[serde(default)]
    pub params: Params,
    /// Why.
    #[serde(default)]
    pub reason: Text,
}

/// From now on an action does not do what it should.
#[derive(Clone, Debug, PartialEq)]
pub struct TrapStep {
    /// On which agent.
    pub agent: AgentId,
    /// Which operation.
    pub op: Op,
    /// What it does instead.
    pub trap: Trap,
    /// How many times; after that it works.
    pub times: u32,
}

/// How an action goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Trap {
    /// It takes effect, and stops holding so long afterwards.
    Holds(Span),
    /// It is accepted, and takes effect so much later.
    Late(Span),
    /// It is refused, with these words.
    Refused(Text),
}

/// Each name with its text, the default first.
const BUILT_IN: &[(&str, &str)] = &[
    ("data-leak", include_str!("../../assets/scenarios/data-leak.toml")),
    ("leaking-isolation", include_str!("../../assets/scenarios/leaking-isolation.toml")),
    ("permission-overstep", include_str!("../../assets/scenarios/permission-overstep.toml")),
    ("llm-outage", include_str!("../../assets/scenarios/llm-outage.toml")),
    ("tool-timeouts", include_str!("../../assets/scenarios/tool-timeouts.toml")),
    ("memory-leak", include_str!("../../assets/scenarios/memory-leak.toml")),
    ("context-overflow", include_str!("../../assets/scenarios/context-overflow.toml")),
    ("call-loop", include_str!("../../assets/scenarios/call-loop.toml")),
    ("cascade", include_str!("../../assets/scenarios/cascade.toml")),
    ("config-drift", include_str!("../../assets/scenarios/config-drift.toml")),
    ("drift-returns", include_str!("../../assets/scenarios/drift-returns.toml")),
];

impl Scenario {
    /// The scenario that is played when nobody names one.
    pub const DEFAULT: &str = "data-leak";

    /// Every scenario that comes with the program: its name and its text.
    #[must_use]
    pub const fn built_in() -> &'static [(&'static str, &'static str)] {
        BUILT_IN
    }

    /// The built-in scenario of this name.
    ///
    /// # Errors
    /// In words, with the names there are.
    pub fn named(name: &str) -> Result<Self, Text> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| {
            let shown = Text::line(name);
            let names: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            Text::line(&format!("there is no scenario '{shown}'; there are {}", names.join(", ")))
        })?;
        Self::parse(text).map_err(|flaws| {
            let words: Vec<String> = flaws.iter().map(ToString::to_string).collect();
            Text::line(&words.join("; "))
        })
    }
}
