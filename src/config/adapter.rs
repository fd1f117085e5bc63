//! `[adapters.NAME]`: what carries actions to a backend and probes it.
//!
//! An action acts on the world, so it is taken whole or not at all: with any problem in its table
//! it is left out, and the cockpit shows it as unavailable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::incident::rota::Turns;
use crate::incident::{AgentId, Aim, Check, Glob, Op, Rota, Span, Text};

use super::alertmanager::{self, Alertmanager};
use super::http::{self, Http};
use super::kubernetes::{self, Kubernetes};
use super::located::Problems;
use super::pagerduty::{self, Pager};
use super::paths::{Env, Paths};
use super::process;
use super::settings::Agent;
use super::tree::Tree;
use super::wording;

/// The types of adapters that a file may name.
pub const TYPES: &[&str] = &["process", "http", "kubernetes", "alertmanager", "pagerduty"];

/// One configured adapter.
#[derive(Clone, Debug, PartialEq)]
pub enum Adapter {
    /// Runs programs.
    Process(Process),
    /// Sends requests.
    Http(Box<Http>),
    /// Acts on a Kubernetes cluster.
    Kubernetes(Kubernetes),
    /// Sets and ends silences.
    Alertmanager(Alertmanager),
    /// Escalates and calls people.
    PagerDuty(Pager),
}

/// An adapter that runs programs, without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// The working directory of its programs: that of the configuration file unless set.
    pub dir: PathBuf,
    /// Names of environment variables that its programs get, besides the common ones.
    pub env: Vec<String>,
    /// Whether every call of it is refused: it plans and probes only.
    pub read_only: bool,
    /// What it can do.
    pub actions: BTreeMap<Op, ProcessAction>,
}

/// How one operation is carried out by programs. Arguments may hold [`Placeholders`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessAction {
    /// The program and its arguments; empty only where collecting files is all there is.
    pub run: Vec<String>,
    /// What undoes it: the run of the inverse operation for what this one did.
    pub undo: Option<Vec<String>>,
    /// Files that a snapshot brings home, by path; `*` may stand in a file's name.
    pub collect: Vec<String>,
    /// How long it may run.
    pub limit: Span,
    /// How much longer it is let go on after that before it is told to stop (SIGTERM).
    pub grace: Span,
    /// How long after that it is killed (SIGKILL).
    pub kill: Span,
    /// What reads the world afterwards, independently of the call.
    pub probe: Option<Probe>,
    /// Names of `[probes.NAME]` that read it too.
    pub probes: Vec<String>,
    /// What the probe must read; nothing: the operation's own checks.
    pub checks: Option<Vec<Check>>,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Span,
    /// A program whose first line of output is the target's version, read before the call.
    pub version: Option<Vec<String>>,
    /// Whether it takes away what a later analysis needs, so that a snapshot comes first.
    pub destroys_evidence: bool,
}

/// A program that reads the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// What it prints.
    pub format: ProbeFormat,
    /// How long it may take.
    pub limit: Span,
}

/// What a probe prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeFormat {
    /// `name=value` lines.
    #[default]
    Lines,
    /// One JSON object.
    Json,
}

impl Adapter {
    /// Whether every call of it is refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Process(process) => process.read_only,
            Self::Http(http) => http.read_only,
            Self::Kubernetes(kubernetes) => kubernetes.read_only,
            Self::Alertmanager(alerts) => alerts.read_only,
            Self::PagerDuty(pager) => pager.read_only,
        }
    }

    /// The named probes of its actions.
    pub fn probes(&self) -> impl Iterator<Item = (Op, &[String])> {
        let all: Vec<(Op, &[String])> = match self {
            Self::Process(process) => process.actions.iter().map(|(op, a)| (*op, &a.probes[..])).collect(),
            Self::Http(http) => http.actions.iter().map(|(op, a)| (*op, &a.probes[..])).collect(),
            Self::Kubernetes(kubernetes) => {
                kubernetes.actions.iter().map(|(op, a)| (*op, &a.probes[..])).collect()
            }
            Self::Alertmanager(_) | Self::PagerDuty(_) => Vec::new(),
        };
        all.into_iter()
    }

    /// Whether it carries `op` for this agent.
    #[must_use]
    pub fn carries(&self, op: Op, agent: &AgentId) -> bool {
        let (has, agents) = match self {
            Self::Process(process) => (process.actions.contains_key(&op), &process.agents),
            Self::Http(http) => (http.actions.contains_key(&op), &http.agents),
            Self::Kubernetes(kubernetes) => (kubernetes.actions.contains_key(&op), &kubernetes.agents),
            Self::Alertmanager(_) | Self::PagerDuty(_) => return false, // it does nothing to agents
        };
        has && agents.iter().any(|glob| glob.matches(agent.as_str()))
    }
}

impl Adapter {
    /// Whether it may wake others at a level than those who take turns at it.
    fn contradicts(&self, turns: &Turns) -> bool {
        match self {
            Self::Process(process) => process.actions.contains_key(&Op::Escalate),
            Self::Http(http) => http.actions.contains_key(&Op::Escalate),
            // By the account of the channel to whose own system the table leaves it.
            Self::PagerDuty(pager) => !turns.people.is_empty() || pager.channel != turns.channel.as_str(),
            Self::Kubernetes(_) | Self::Alertmanager(_) => false,
        }
    }

    /// Whether what it does destroys evidence, as its author says.
    fn destroys(&self, op: Op) -> bool {
        match self {
            Self::Process(process) => process.actions.get(&op).is_some_and(|action| action.destroys_evidence),
            Self::Http(http) => http.actions.get(&op).is_some_and(|action| action.destroys_evidence),
            Self::Kubernetes(_) | Self::Alertmanager(_) | Self::PagerDuty(_) => false,
        }
    }
}

/// The names that may stand in braces in the arguments of an operation.
///
/// `{target}`, which is also called by its kind (`{agent}`, `{alert}`, `{level}`, `{person}`); the
/// operation's own parameters; `{version}`, where a `version` program reads it; and in `run` and
/// `undo`, `{action}`: the action's id, also in `FLIGHTDECK_ACTION_ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders {
    /// For what reads the version.
    pub version: Vec<&'static str>,
    /// For probes and checks.
    pub read: Vec<&'static str>,
    /// For `run`.
    pub act: Vec<&'static str>,
    /// For `undo`.
    pub undo: Vec<&'static str>,
}

impl Placeholders {
    /// Those of an operation, whose version is read or not.
    #[must_use]
    pub fn of(op: Op, with_version: bool) -> Self {
        let info = op.info();
        let aim = match info.aim {
            Aim::Agent => "agent",
            Aim::Alert => "alert",
            Aim::Level => "level",
            Aim::Person => "person",
        };
        let version = vec!["target", aim];
        let mut read = version.clone();
        read.extend(with_version.then_some("version"));
        read.extend(info.params.iter().map(|param| param.name));
        let act: Vec<_> = read.iter().copied().chain(["action"]).collect();
        let mut undo = act.clone();
        undo.extend(info.inverse.iter().flat_map(|op| op.info().params).map(|param| param.name));
        Self { version, read, act, undo }
    }
}

/// Reads every `[adapters.NAME]`.
pub(super) fn read_all(
    mut adapters: Tree,
    paths: &Paths,
    env: &Env,
    problems: &mut Problems,
) -> BTreeMap<String, Adapter> {
    let mut read = BTreeMap::new();
    for name in adapters.keys() {
        let Some(mut tree) = adapters.take(&name, problems) else { continue };
        let place = tree.span_of(&["type"]);
        match tree.take_text("type", problems) {
            Some((kind, _)) if kind == "process" => {
                if let Some(process) = process::read(tree, paths, env, problems) {
                    read.insert(name, Adapter::Process(process));
                }
            }
            Some((kind, _)) if kind == "http" => {
                let http = http::read(tree, paths, env, problems);
                read.extend(http.map(|http| (name, Adapter::Http(Box::new(http)))));
            }
            Some((kind, _)) if kind == "kubernetes" => {
                if let Some(kubernetes) = kubernetes::read(tree, paths, problems) {
                    read.insert(name, Adapter::Kubernetes(kubernetes));
                }
            }
            Some((kind, _)) if kind == "alertmanager" => {
                let alerts = alertmanager::read(&tree, paths, env, problems);
                read.extend(alerts.map(|alerts| (name, Adapter::Alertmanager(alerts))));
            }
            Some((kind, _)) if kind == "pagerduty" => {
                let pager = pagerduty::read(&tree, problems);
                read.extend(pager.map(|pager| (name, Adapter::PagerDuty(pager))));
            }
            Some((kind, span)) => {
                let shown = Text::line(&kind);
                let problem = tree.problem(span, format!("there is no adapter of type \"{shown}\""));
                problems.push(match wording::meant(&kind, TYPES, "types") {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
            }
            None if place == tree.span_of(&[]) => {
                let problem = tree.problem(place, format!("`adapters.{name}` lacks the key `type`"));
                problems.push(problem.hint(format!("types: {}", TYPES.join(", "))));
            }
            None => {} // something that is no text; that has been told
        }
    }
    read
}

/// Tells of agents for which two adapters carry the same operation: nobody could say which acts.
pub(super) fn no_two_for_one(
    agents: &[Agent],
    adapters: &BTreeMap<String, Adapter>,
    tree: &Tree,
    problems: &mut Problems,
) {
    for op in Op::ALL {
        let mut told = BTreeSet::new();
        for agent in agents {
            let carriers: Vec<&String> =
                adapters.iter().filter(|(_, a)| a.carries(*op, &agent.id)).map(|(name, _)| name).collect();
            let destroys = |name: &String| adapters.get(name).is_some_and(|adapter| adapter.destroys(*op));
            if let [first, second, ..] = carriers[..]
                && told.insert((first, second))
            {
                // What destroys evidence is never the default beside what does not (A4).
                if let (Some(bad), Some(good)) = (
                    carriers.iter().find(|name| destroys(name)),
                    carriers.iter().find(|name| !destroys(name)),
                ) {
                    problems.push(
                        tree.problem_at(
                            &["adapters", bad, "actions", op.word(), "destroys_evidence"],
                            format!(
                                "`{bad}` destroys evidence by {op} of {}, and `{good}` does not (A4)",
                                agent.id
                            ),
                        )
                        .hint("take this one out, or narrow its `agents`"),
                    );
                    continue;
                }
                problems.push(
                    tree.problem_at(
                        &["adapters", second, "actions", op.word()],
                        format!("`{first}` carries {op} for {} already", agent.id),
                    )
                    .hint("narrow `agents` of one of them"),
                );
            }
        }
    }
}

/// Tells of levels that both the on-call table and an adapter bring in: whom a person sees in one of them
/// need not be whom the other wakes.
pub(super) fn no_two_for_a_level(
    rota: &Rota,
    adapters: &BTreeMap<String, Adapter>,
    tree: &Tree,
    problems: &mut Problems,
) {
    for (name, adapter) in adapters {
        // Level 0 is paged at once, and nobody escalates to it.
        let both = rota.levels.iter().filter(|(level, turns)| **level > 0 && adapter.contradicts(turns));
        let both: Vec<String> = both.map(|(level, _)| level.to_string()).collect();
        if both.is_empty() {
            continue;
        }
        let levels = if both.len() == 1 { "level" } else { "levels" };
        let message = format!(
            "`{name}` carries escalate, and so does [oncall.levels] for {levels} {}: the table goes first, \
             whoever asks",
            both.join(", ")
        );
        let place = ["adapters", name, "actions", Op::Escalate.word()];
        problems.push(
            tree.problem_at(&place, message)
                .hint("take escalate out here, or the levels that it is to bring in out of the table"),
        );
    }
}
