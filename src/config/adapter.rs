//! `[adapters.NAME]`: what carries actions to a backend and probes it.
//!
//! An action acts on the world, so it is taken whole or not at all: with any problem in its table
//! it is left out, and the cockpit shows it as unavailable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::incident::{AgentId, Aim, Check, Glob, Op, Span, Text};

use super::located::Problems;
use super::paths::{Env, Paths};
use super::settings::Agent;
use super::tree::Tree;
use super::wording;

/// The types of adapters that a file may name.
const TYPES: &[&str] = &["process"];

/// One configured adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// Runs programs.
    Process(Process),
}

/// An adapter that runs programs, without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// What it can do.
    pub actions: BTreeMap<Op, ProcessAction>,
}

/// How one operation is carried out by programs.
///
/// Arguments may hold [`placeholders`] in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessAction {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// How long it may run.
    pub limit: Span,
    /// How much longer it is let go on after that before it is told to stop (SIGTERM).
    pub grace: Span,
    /// How long after that it is killed (SIGKILL).
    pub kill: Span,
    /// What reads the world afterwards, independently of the call.
    pub probe: Option<Probe>,
    /// What the probe must read.
    pub checks: Vec<Check>,
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
    /// Whether it carries `op` for this agent.
    #[must_use]
    pub fn carries(&self, op: Op, agent: &AgentId) -> bool {
        match self {
            Self::Process(process) => {
                process.actions.contains_key(&op)
                    && process.agents.iter().any(|glob| glob.matches(agent.as_str()))
            }
        }
    }
}

/// The placeholders that the arguments of an operation may hold: `{target}`, which is also called
/// by its kind (`{agent}`, `{alert}`, `{level}`, `{person}`), `{action}` (the action's id, also in
/// `FLIGHTDECK_ACTION_ID`), `{incident}`, `{version}`, and the operation's own parameters.
#[must_use]
pub fn placeholders(op: Op) -> Vec<&'static str> {
    let info = op.info();
    let aim = match info.aim {
        Aim::Agent => "agent",
        Aim::Alert => "alert",
        Aim::Level => "level",
        Aim::Person => "person",
    };
    let mut names = vec!["target", aim, "action", "incident", "version"];
    names.extend(info.params.iter().map(|param| param.name));
    names
}

/// The adapter's own keys as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProcess {
    agents: Option<Vec<String>>,
    probe: Option<Vec<String>>,
    probe_format: ProbeFormat,
    version: Option<Vec<String>>,
    // Read beforehand; named here for the list of known keys.
    #[serde(rename = "type")]
    _type: Option<serde::de::IgnoredAny>,
    #[serde(rename = "actions")]
    _actions: Option<serde::de::IgnoredAny>,
}

/// An action as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAction {
    run: Vec<String>,
    undo: Option<Vec<String>>,
    limit: Option<Span>,
    #[serde(default)]
    grace: Span,
    kill: Option<Span>,
    probe: Option<Vec<String>>,
    probe_format: Option<ProbeFormat>,
    checks: Option<Vec<WrittenCheck>>,
    verify_within: Option<Span>,
    version: Option<Vec<String>>,
    #[serde(default)]
    destroys_evidence: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct WrittenCheck(Check);

impl TryFrom<String> for WrittenCheck {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse().map(Self)
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
                if let Some(process) = (Reader { paths, env, problems: &mut *problems }).process(tree) {
                    read.insert(name, Adapter::Process(process));
                }
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
            if let [first, second, ..] = carriers[..]
                && told.insert((first, second))
            {
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

/// Reads one adapter.
struct Reader<'a> {
    paths: &'a Paths,
    env: &'a Env<'a>,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn process(&mut self, mut tree: Tree) -> Option<Process> {
        let actions = tree.take("actions", self.problems);
        let written: WrittenProcess = tree.read_whole(self.problems)?;
        // What is common to all actions that are aimed at an agent.
        let common = ["target", "agent", "action", "incident", "version"];
        let probe = self.command(&tree, "probe", written.probe, &common)?;
        let probe = probe.map(|run| Probe { run, format: written.probe_format });
        let version = self.command(&tree, "version", written.version, &common)?;
        let agents = written.agents.unwrap_or_else(|| vec!["*".to_owned()]);
        let mut process =
            Process { agents: agents.iter().map(|glob| Glob::new(glob)).collect(), actions: BTreeMap::new() };
        let mut undos = Vec::new();
        if let Some(mut actions) = actions {
            for name in actions.keys() {
                let Some(op) = self.op(&actions, &name) else { continue };
                let Some(tree) = actions.take(&name, self.problems) else { continue };
                let Some((action, undo)) = self.action(op, &tree, probe.as_ref(), version.as_ref()) else {
                    continue;
                };
                if let Some(undo) = undo {
                    undos.push((op, tree, undo));
                }
                process.actions.insert(op, action);
            }
        }
        for (op, tree, undo) in undos {
            self.undo(&mut process, op, &tree, undo);
        }
        Some(process)
    }

    fn op(&mut self, actions: &Tree, name: &str) -> Option<Op> {
        if let Some(op) = Op::ALL.iter().copied().find(|op| op.word() == name) {
            return Some(op);
        }
        let words: Vec<&str> = Op::ALL.iter().map(|op| op.word()).collect();
        let problem = actions.problem_at(&[name], format!("there is no action `{name}`"));
        self.problems.push(match wording::meant(name, &words, "actions") {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
        None
    }

    /// The action and its undo, if nothing is wrong with either.
    fn action(
        &mut self,
        op: Op,
        tree: &Tree,
        probe: Option<&Probe>,
        version: Option<&Vec<String>>,
    ) -> Option<(ProcessAction, Option<Vec<String>>)> {
        let written: WrittenAction = tree.read_whole(self.problems)?;
        let known = placeholders(op);
        let run = self.command(tree, "run", Some(written.run), &known);
        let undo = self.command(tree, "undo", written.undo, &known);
        let own_probe = self.command(tree, "probe", written.probe, &known);
        let own_version = self.command(tree, "version", written.version, &known);
        let (run, undo) = (run??, undo?);
        let (own_probe, own_version) = (own_probe?, own_version?);
        let shared = op.info().aim == Aim::Agent;
        let mut probe = own_probe
            .map(|run| Probe { run, format: ProbeFormat::default() })
            .or_else(|| probe.filter(|_| shared).cloned());
        if let (Some(probe), Some(format)) = (&mut probe, written.probe_format) {
            probe.format = format;
        }
        let checks = self.checks(op, tree, written.checks, probe.is_some(), &known)?;
        let action = ProcessAction {
            run,
            limit: written.limit.unwrap_or(Span::seconds(op.info().limit_s)),
            grace: written.grace,
            kill: written.kill.unwrap_or(KILL),
            probe,
            checks,
            verify_within: written.verify_within.unwrap_or(VERIFY_WITHIN),
            version: own_version.or_else(|| version.filter(|_| shared).cloned()),
            destroys_evidence: written.destroys_evidence,
        };
        Some((action, undo))
    }

    /// The checks: as written, or the operation's own where there is a probe to read them.
    fn checks(
        &mut self,
        op: Op,
        tree: &Tree,
        written: Option<Vec<WrittenCheck>>,
        probed: bool,
        known: &[&str],
    ) -> Option<Vec<Check>> {
        let info = op.info();
        let checks: Vec<Check> = match written {
            Some(written) => written.into_iter().map(|WrittenCheck(check)| check).collect(),
            None if probed || info.controls => own_checks(op),
            None => Vec::new(),
        };
        if !probed && !checks.is_empty() {
            let message = format!("{op} has no `probe`, so nothing can ever prove it");
            let hint = "add probe = [\"PROGRAM\", \"{agent}\"], or checks = [] to do without proof";
            self.problems.push(tree.problem_at(&[], message).hint(hint));
            return None;
        }
        for check in &checks {
            self.known_placeholders(tree, "checks", check.expected.as_str(), known)?;
        }
        Some(checks)
    }

    /// Makes `undo` the run of the inverse operation.
    fn undo(&mut self, process: &mut Process, op: Op, tree: &Tree, undo: Vec<String>) {
        let message = match op.info().inverse {
            None => format!("{op} cannot be undone"),
            Some(inverse) if inverse == op => format!("{op} is undone by another {op}"),
            Some(inverse) if process.actions.contains_key(&inverse) => {
                format!("`undo` of {op} is {inverse}, which has a table or an undo of its own")
            }
            Some(inverse) => {
                let Some(like) = process.actions.get(&op).cloned() else { return };
                let checks = if like.probe.is_some() { own_checks(inverse) } else { Vec::new() };
                let limit = Span::seconds(inverse.info().limit_s);
                let action = ProcessAction { run: undo, limit, checks, destroys_evidence: false, ..like };
                process.actions.insert(inverse, action);
                return;
            }
        };
        self.problems.push(tree.problem_at(&["undo"], message).hint("leave `undo` out"));
    }

    /// A program with arguments: `None` if something is wrong with it, `Some(None)` if there is none.
    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    fn command(
        &mut self,
        tree: &Tree,
        key: &str,
        written: Option<Vec<String>>,
        known: &[&str],
    ) -> Option<Option<Vec<String>>> {
        let Some(mut run) = written else { return Some(None) };
        let Some(program) = run.first().filter(|program| !program.trim().is_empty()) else {
            let problem = tree.problem_at(&[key], format!("`{key}` names no program"));
            self.problems.push(problem.hint("write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved"));
            return None;
        };
        if named(program).next().is_some() {
            let message = format!("`{key}`: the program itself cannot be a placeholder");
            self.problems.push(tree.problem_at(&[key], message));
            return None;
        }
        if program.contains(char::is_whitespace) && run.len() == 1 && !program.contains('/') {
            let message = format!("`{key}` is one text with spaces, and no shell takes it apart");
            let parts: Vec<_> = program.split_whitespace().map(|part| format!("{part:?}")).collect();
            let hint = format!("write [{}]", parts.join(", "));
            self.problems.push(tree.problem_at(&[key], message).hint(hint));
            return None;
        }
        if run.iter().any(|argument| argument.contains('\0')) {
            self.problems
                .push(tree.problem_at(&[key], format!("`{key}` holds a NUL, which no program can get")));
            return None;
        }
        for argument in &run {
            self.known_placeholders(tree, key, argument, known)?;
        }
        if program.contains('/') {
            run[0] = self.paths.written(program).display().to_string();
        }
        if !self.is_there(&run[0]) {
            // Told, and kept: it may be there when it is needed.
            let shown = Text::line(&run[0]);
            self.problems.push(tree.problem_at(&[key], format!("`{key}`: there is no program {shown}")));
        }
        Some(Some(run))
    }

    fn known_placeholders(&mut self, tree: &Tree, key: &str, text: &str, known: &[&str]) -> Option<()> {
        let Some(wrong) = named(text).find(|name| !known.contains(name)) else { return Some(()) };
        let problem = tree.problem_at(&[key], format!("`{key}`: nothing is called {{{wrong}}} here"));
        self.problems.push(match wording::meant(wrong, known, "known here") {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
        None
    }

    fn is_there(&self, program: &str) -> bool {
        if program.contains('/') {
            return Path::new(program).is_file();
        }
        let path = (self.env)("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|dir: PathBuf| dir.join(program).is_file())
    }
}

/// How long after SIGTERM a program is killed (A3).
const KILL: Span = Span::seconds(30);

/// How long checks may take to hold.
const VERIFY_WITHIN: Span = Span::seconds(60);

fn own_checks(op: Op) -> Vec<Check> {
    op.info().checks.iter().filter_map(|check| check.parse().ok()).collect()
}

/// The names that stand in braces in a text. Braces around anything else are no placeholder, so
/// that JSON can be an argument.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_name.then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_around_a_name_are_a_placeholder_and_json_is_none() {
        let names = |text| named(text).collect::<Vec<_>>();
        assert_eq!(names("--id={agent}/{to}"), ["agent", "to"]);
        assert_eq!(names("{\"a\": {\"b\": 1}} {} { x } {A}"), [""; 0]);
        assert_eq!(names("{{agent}}"), ["agent"]);
    }

    #[test]
    fn every_operation_has_checks_that_parse() {
        for op in Op::ALL {
            assert_eq!(own_checks(*op).len(), op.info().checks.len(), "{op}");
        }
    }
}
