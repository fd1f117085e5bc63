//! `[adapters.NAME]` of type `process`: from what is written to what can run.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::incident::{Aim, Check, Glob, Op, Span};

use super::adapter::{Placeholders, Probe, ProbeFormat, Process, ProcessAction};
use super::command::{self, Commands, known_placeholders};
use super::located::Problems;
use super::paths::{Env, Paths};
use super::tree::Tree;
use super::wording;

/// The adapter's own keys as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProcess {
    agents: Option<Vec<String>>,
    dir: Option<String>,
    env: Vec<String>,
    read_only: bool,
    probe: Option<Vec<String>>,
    probe_format: ProbeFormat,
    probe_limit: Option<Span>,
    version: Option<Vec<String>>,
    // Read beforehand; named here for the list of known keys.
    #[serde(rename = "type")]
    _type: Option<serde::de::IgnoredAny>,
    #[serde(rename = "actions")]
    _actions: Option<serde::de::IgnoredAny>,
}

/// An action as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAction {
    run: Option<Vec<String>>,
    undo: Option<Vec<String>>,
    collect: Vec<String>,
    limit: Option<Span>,
    grace: Span,
    kill: Option<Span>,
    probe: Option<Vec<String>>,
    probe_format: Option<ProbeFormat>,
    probe_limit: Option<Span>,
    checks: Option<Vec<WrittenCheck>>,
    verify_within: Option<Span>,
    probes: Vec<String>,
    version: Option<Vec<String>>,
    destroys_evidence: bool,
}

/// A check as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct WrittenCheck(pub(super) Check);

impl TryFrom<String> for WrittenCheck {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse().map(Self)
    }
}

/// Reads one adapter of this type.
pub(super) fn read(tree: Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Process> {
    Reader { commands: Commands::new(paths, env), problems }.process(tree)
}

/// Reads one adapter.
struct Reader<'a> {
    commands: Commands<'a>,
    problems: &'a mut Problems,
}

/// What the actions of an adapter that are aimed at an agent have in common.
struct Common {
    probe: Option<Probe>,
    version: Option<Vec<String>>,
    /// Whether there is a version or a probe, be it a wrong one: that has been told.
    is_versioned: bool,
    is_probed: bool,
}

impl Reader<'_> {
    fn process(&mut self, mut tree: Tree) -> Option<Process> {
        let actions = tree.take("actions", self.problems);
        // All of it is looked at before what is wrong in one part ends it.
        let (written, mut whole) = tree.read_part::<WrittenProcess>(self.problems);
        let written = written?;
        if let Some(dir) = &written.dir {
            self.commands.work_in(dir);
        }
        let dir = self.commands.dir().to_owned();
        whole &= command::passable(&tree, &written.env, self.problems).is_some();
        // What every operation on an agent knows.
        let version = self.command(&tree, "version", written.version, &["target", "agent"]);
        whole &= version.is_some();
        let version = version.flatten();
        let is_there = |key: &str| tree.keys().iter().any(|there| there == key);
        let mut known = vec!["target", "agent"];
        known.extend(is_there("version").then_some("version"));
        let probe = self.command(&tree, "probe", written.probe, &known);
        whole &= probe.is_some();
        let probe = probe.flatten().map(|run| Probe {
            run,
            format: written.probe_format,
            limit: written.probe_limit.unwrap_or(PROBE_LIMIT),
        });
        let common =
            Common { is_versioned: is_there("version"), is_probed: is_there("probe"), probe, version };
        let agents = written.agents.unwrap_or_else(|| vec!["*".to_owned()]);
        let agents = agents.iter().map(|glob| Glob::new(glob)).collect();
        let mut process =
            Process { agents, dir, env: written.env, read_only: written.read_only, actions: BTreeMap::new() };
        if let Some(mut actions) = actions {
            for name in actions.keys() {
                let Some(op) = op(&actions, &name, self.problems) else { continue };
                let Some(tree) = actions.take(&name, self.problems) else { continue };
                if let Some(action) = self.action(op, &tree, &common) {
                    process.actions.insert(op, action);
                }
            }
        }
        whole.then_some(process)
    }

    /// The action, if nothing is wrong with it.
    fn action(&mut self, op: Op, tree: &Tree, common: &Common) -> Option<ProcessAction> {
        let (written, whole) = tree.read_part::<WrittenAction>(self.problems);
        let written = written?;
        let shared = op.info().aim == Aim::Agent;
        let common_version = common.version.as_ref().filter(|_| shared);
        let is_versioned = written.version.is_some() || (shared && common.is_versioned);
        let known = Placeholders::of(op, is_versioned);
        // Each is looked at before the first one that is wrong ends it.
        let version = self.command(tree, "version", written.version, &known.version);
        let run = self.run(op, tree, written.run, &written.collect, &known.act);
        let undo = self.undo(op, tree, written.undo, &known.undo);
        let probe = self.command(tree, "probe", written.probe, &known.read);
        let checks = self.checks(tree, written.checks, &known.read);
        let (version, run, undo, probe, mut checks) = (version?, run?, undo?, probe?, checks?);
        if !whole {
            return None;
        }

        let own = probe.map(|run| Probe { run, format: ProbeFormat::default(), limit: PROBE_LIMIT });
        let fits = |probe: &Probe| shared || is_for_any_target(probe.run.iter().map(String::as_str));
        let mut probe = own.or_else(|| common.probe.clone().filter(fits));
        if let Some(probe) = &mut probe {
            probe.format = written.probe_format.unwrap_or(probe.format);
            probe.limit = written.probe_limit.unwrap_or(probe.limit);
        }
        // What a snapshot brought is seen by the adapter itself.
        let is_read = probe.is_some()
            || (shared && common.is_probed)
            || !written.probes.is_empty()
            || op == Op::Snapshot;
        let hint = "add probe = [\"PROGRAM\", \"{agent}\"], or checks = [] to do without proof";
        provable(op, tree, is_read, hint, &mut checks, self.problems);
        Some(ProcessAction {
            run,
            undo,
            collect: written.collect.iter().map(|path| self.commands.path(path)).collect(),
            limit: written.limit.unwrap_or(Span::seconds(op.info().limit_s)),
            grace: written.grace,
            kill: written.kill.unwrap_or(KILL),
            probe,
            probes: written.probes,
            checks,
            verify_within: written.verify_within.unwrap_or(VERIFY_WITHIN),
            version: version.or_else(|| common_version.cloned()),
            destroys_evidence: written.destroys_evidence,
        })
    }

    fn run(
        &mut self,
        op: Op,
        tree: &Tree,
        run: Option<Vec<String>>,
        collect: &[String],
        known: &[&str],
    ) -> Option<Vec<String>> {
        if !collect.is_empty() && op != Op::Snapshot {
            let message = format!("`collect`: only {} brings files home", Op::Snapshot);
            self.problems.push(tree.problem_at(&["collect"], message).hint("leave `collect` out"));
            return None;
        }
        // One that is no list of texts has been told.
        if run.is_none() && tree.keys().iter().any(|key| key == "run") {
            return None;
        }
        if run.is_none() && collect.is_empty() {
            let message = format!("`{}` lacks the key `run`", tree.path());
            self.problems.push(tree.problem_at(&[], message));
            return None;
        }
        self.command(tree, "run", run, known).map(Option::unwrap_or_default)
    }

    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    fn undo(
        &mut self,
        op: Op,
        tree: &Tree,
        undo: Option<Vec<String>>,
        known: &[&str],
    ) -> Option<Option<Vec<String>>> {
        if undo.is_some() && !(op.info().mitigation && op.info().inverse.is_some()) {
            let message = format!("{op} is not in force until undone, so nothing undoes it");
            self.problems.push(tree.problem_at(&["undo"], message).hint("leave `undo` out"));
            return None;
        }
        self.command(tree, "undo", undo, known)
    }

    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    fn checks(
        &mut self,
        tree: &Tree,
        written: Option<Vec<WrittenCheck>>,
        known: &[&str],
    ) -> Option<Option<Vec<Check>>> {
        let Some(written) = written else { return Some(None) };
        let checks = plain(Some(written)).unwrap_or_default();
        let mut is_known = true;
        for check in &checks {
            for (text, known) in [(&check.name, &[][..]), (&check.expected, known)] {
                is_known &= known_placeholders(tree, "checks", text.as_str(), known, self.problems).is_some();
            }
        }
        is_known.then_some(Some(checks))
    }

    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    fn command(
        &mut self,
        tree: &Tree,
        key: &str,
        written: Option<Vec<String>>,
        known: &[&str],
    ) -> Option<Option<Vec<String>>> {
        self.commands.read(tree, key, written, known, self.problems)
    }
}

/// Whether what reads the world can read it of an alert, a level or a person as well as of an agent: it
/// asks for the target by that name, and for nothing that only an agent has.
pub(super) fn is_for_any_target<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let names: Vec<&str> = texts.flat_map(command::named).collect();
    !names.is_empty() && names.iter().all(|name| *name == "target")
}

/// How long after SIGTERM a program is killed (A3).
const KILL: Span = Span::seconds(30);

/// How long checks may take to hold.
pub(super) const VERIFY_WITHIN: Span = Span::seconds(60);

/// How long a probe may take.
const PROBE_LIMIT: Span = Span::seconds(10);

/// The checks themselves.
pub(super) fn plain(written: Option<Vec<WrittenCheck>>) -> Option<Vec<Check>> {
    written.map(|checks| checks.into_iter().map(|WrittenCheck(check)| check).collect())
}

/// The operation of this name; told where there is none.
pub(super) fn op(actions: &Tree, name: &str, problems: &mut Problems) -> Option<Op> {
    if let Some(op) = Op::ALL.iter().copied().find(|op| op.word() == name) {
        return Some(op);
    }
    let words: Vec<&str> = Op::ALL.iter().map(|op| op.word()).collect();
    let problem = actions.problem_at(&[name], format!("there is no action `{name}`"));
    problems.push(match wording::meant(name, &words, "actions") {
        Some(hint) => problem.hint(hint),
        None => problem,
    });
    None
}

/// Tells when nothing can ever prove the action. It is kept: better unproved than unavailable.
pub(super) fn provable(
    op: Op,
    tree: &Tree,
    is_read: bool,
    hint: &str,
    checks: &mut Option<Vec<Check>>,
    problems: &mut Problems,
) {
    if is_read {
        return;
    }
    let wanted = checks.as_ref().map_or(op.info().controls, |checks| !checks.is_empty());
    if wanted {
        let message = format!("{op} has no `probe`, so nothing can ever prove it");
        problems.push(tree.problem_at(&[], message).hint(hint));
    } else {
        *checks = Some(Vec::new());
    }
}
