//! `[adapters.NAME]` of type `kubernetes`: from what is written to what can be done.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::incident::{Check, Glob, Op, Span, Text};

use super::command::{known_placeholders, known_placeholders_at};
use super::located::Problems;
use super::paths::Paths;
use super::process::WrittenCheck;
use super::tree::Tree;
use super::wording;

/// An adapter that acts on a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// The agents it is for.
    pub agents: Vec<Glob>,
    /// The kubeconfig; none: as kubectl finds it, and within a cluster the pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// The context; none: the current one when it is first used.
    pub context: Option<String>,
    /// The namespace; none: the context's.
    pub namespace: Option<String>,
    /// What runs an agent: `deployment/{agent}`.
    pub workload: String,
    /// The same for single agents, by id.
    pub workloads: BTreeMap<String, String>,
    /// How long one request may take.
    pub deadline: Span,
    /// Whether every call of it is refused: it plans and probes only.
    pub read_only: bool,
    /// What it can do.
    pub actions: BTreeMap<Op, KubernetesAction>,
}

/// How one operation is carried out on a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesAction {
    /// How an isolation stops the agent.
    pub method: KubernetesMethod,
    /// Where a rate limit is written.
    pub knob: Option<KubernetesKnob>,
    /// Names of `[probes.NAME]` that read it besides the pods.
    pub probes: Vec<String>,
    /// What must read true; none: what pods can prove, and with other probes the operation's own.
    pub checks: Option<Vec<Check>>,
    /// How long the call may take.
    pub limit: Span,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Span,
}

/// How an isolation stops an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KubernetesMethod {
    /// No pod is left.
    #[default]
    Stop,
    /// Pods run, and nothing is let in or out.
    Quarantine,
}

/// Where a rate limit is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KubernetesKnob {
    /// An annotation of the workload, by its key.
    Annotation(String),
    /// A key of a ConfigMap.
    ConfigMap {
        /// The ConfigMap; `{agent}` may stand in it.
        name: String,
        /// The key.
        key: String,
    },
}

/// The adapter's own keys as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenKubernetes {
    agents: Option<Vec<String>>,
    kubeconfig: Option<String>,
    context: Option<String>,
    namespace: Option<String>,
    workload: Option<String>,
    workloads: BTreeMap<String, String>,
    deadline: Option<Span>,
    read_only: bool,
    // Read beforehand; named here for the list of known keys.
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
    #[serde(rename = "actions")]
    _actions: Option<IgnoredAny>,
}

/// An action as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAction {
    method: Option<KubernetesMethod>,
    annotation: Option<String>,
    config_map: Option<String>,
    key: Option<String>,
    probes: Vec<String>,
    checks: Option<Vec<WrittenCheck>>,
    limit: Option<Span>,
    verify_within: Option<Span>,
}

/// The operations that can be carried out on a cluster.
const OPS: &[Op] = &[Op::Isolate, Op::RateLimit, Op::RollbackBranch, Op::Restart, Op::Snapshot];

/// The kinds of workloads.
const KINDS: &[&str] = &["deployment", "statefulset", "sandbox"];

/// What pods and objects show; anything else needs a probe.
const READ: &[&str] = &[
    "agent_status",
    "healthy",
    "version",
    "pods",
    "rate_limit",
    "quarantine",
    "pods_before",
    "evidence_stored",
];

/// How long a request may take.
const DEADLINE: Span = Span::seconds(10);

/// How long checks may take to hold: pods have 30 s to end, and then some.
const VERIFY_WITHIN: Span = Span::seconds(60);

/// Reads one adapter of this type.
pub(super) fn read(mut tree: Tree, paths: &Paths, problems: &mut Problems) -> Option<Kubernetes> {
    let actions = tree.take("actions", problems);
    // All of it is looked at before what is wrong in one part ends it.
    let (written, mut whole) = tree.read_part::<WrittenKubernetes>(problems);
    let written = written?;
    let workload = written.workload.unwrap_or_else(|| "deployment/{agent}".to_owned());
    whole &= workload_is_right(&tree, &["workload"], &workload, problems).is_some();
    for (agent, workload) in &written.workloads {
        whole &= workload_is_right(&tree, &["workloads", agent], workload, problems).is_some();
    }
    if written.deadline.is_some_and(|deadline| deadline < Span::seconds(1)) {
        let message = "`deadline`: a cluster needs a second at least";
        problems.push(tree.problem_at(&["deadline"], message).hint("write 1s or more"));
        whole = false;
    }
    let agents = written.agents.unwrap_or_else(|| vec!["*".to_owned()]);
    let mut kubernetes = Kubernetes {
        agents: agents.iter().map(|glob| Glob::new(glob)).collect(),
        kubeconfig: written.kubeconfig.map(|path| paths.written(&path)),
        context: written.context,
        namespace: written.namespace,
        workload,
        workloads: written.workloads,
        deadline: written.deadline.unwrap_or(DEADLINE),
        read_only: written.read_only,
        actions: BTreeMap::new(),
    };
    if let Some(mut actions) = actions {
        for name in actions.keys() {
            let Some(op) = op(&actions, &name, problems) else { continue };
            let Some(tree) = actions.take(&name, problems) else { continue };
            if let Some(action) = action(op, &tree, problems) {
                kubernetes.actions.insert(op, action);
            }
        }
    }
    whole.then_some(kubernetes)
}

fn op(actions: &Tree, name: &str, problems: &mut Problems) -> Option<Op> {
    if let Some(op) = OPS.iter().copied().find(|op| op.word() == name) {
        return Some(op);
    }
    let words: Vec<&str> = OPS.iter().map(|op| op.word()).collect();
    let inverse = OPS.iter().find(|op| op.info().inverse.is_some_and(|inverse| inverse.word() == name));
    let exists = Op::ALL.iter().any(|op| op.word() == name);
    let shown = Text::line(name);
    let problem = actions.problem_at(
        &[name],
        match exists {
            true => format!("a cluster has no action `{shown}` of its own"),
            false => format!("there is no action `{shown}`"),
        },
    );
    problems.push(match inverse {
        Some(op) => problem.hint(format!("it comes with `{op}`, which it undoes")),
        None => match wording::meant(name, &words, "actions") {
            Some(hint) => problem.hint(hint),
            None => problem,
        },
    });
    None
}

/// The action, if nothing is wrong with it.
fn action(op: Op, tree: &Tree, problems: &mut Problems) -> Option<KubernetesAction> {
    let (written, mut whole) = tree.read_part::<WrittenAction>(problems);
    let written = written?;
    if written.method.is_some() && op != Op::Isolate {
        let problem = tree.problem_at(&["method"], format!("`method`: {op} has only one way"));
        problems.push(problem.hint("leave `method` out"));
        whole = false;
    }
    // Half of it cannot be judged: what is missing may be what was told to be wrong.
    let is_written = |key: &str, read: bool| read || !tree.has(key);
    let knob = match is_written("annotation", written.annotation.is_some())
        && is_written("config_map", written.config_map.is_some())
        && is_written("key", written.key.is_some())
    {
        true => knob(op, tree, written.annotation, written.config_map, written.key, problems),
        false => None,
    };
    let checks = match written.checks {
        None => None,
        Some(written) => {
            let known: Vec<&str> = ["target", "agent"]
                .into_iter()
                .chain(op.info().params.iter().map(|param| param.name))
                .collect();
            let checks: Vec<Check> = written.into_iter().map(|WrittenCheck(check)| check).collect();
            for check in &checks {
                for (text, known) in [(&check.name, &[][..]), (&check.expected, &known[..])] {
                    whole &= known_placeholders(tree, "checks", text.as_str(), known, problems).is_some();
                }
            }
            Some(checks)
        }
    };
    // Checks and probes that were told to be wrong prove nothing else.
    if checks.is_some() || !["checks", "probes"].iter().any(|key| tree.has(key)) {
        readable(op, tree, checks.as_deref(), &written.probes, problems);
    }
    let action = KubernetesAction {
        method: written.method.unwrap_or_default(),
        knob: knob?,
        probes: written.probes,
        checks,
        limit: written.limit.unwrap_or(Span::seconds(op.info().limit_s)),
        verify_within: written.verify_within.unwrap_or(VERIFY_WITHIN),
    };
    whole.then_some(action)
}

/// Tells of a check that nothing reads. The action is kept: better unproved than unavailable.
fn readable(op: Op, tree: &Tree, checks: Option<&[Check]>, probes: &[String], problems: &mut Problems) {
    if !probes.is_empty() {
        return;
    }
    let hint = "add probes = [\"NAME\"] and describe [probes.NAME], or choose checks that objects can prove";
    match checks {
        Some(checks) => {
            if let Some(check) = checks.iter().find(|check| !READ.contains(&check.name.as_str())) {
                let message = format!("`checks`: no pod shows {}, so nothing can ever prove it", check.name);
                problems.push(tree.problem_at(&["checks"], message).hint(hint));
            }
        }
        None if op == Op::RateLimit => {
            let message = format!("{op} is proved by api_calls, which no pod shows, and names no `probes`");
            problems.push(tree.problem_at(&[], message).hint(hint));
        }
        None => {}
    }
}

#[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
fn knob(
    op: Op,
    tree: &Tree,
    annotation: Option<String>,
    config_map: Option<String>,
    key: Option<String>,
    problems: &mut Problems,
) -> Option<Option<KubernetesKnob>> {
    let wanted = op == Op::RateLimit;
    let mut misplaced = false;
    for (name, given) in
        [("annotation", annotation.is_some()), ("config_map", config_map.is_some()), ("key", key.is_some())]
    {
        if given && !wanted {
            let problem =
                tree.problem_at(&[name], format!("`{name}`: only {} writes somewhere", Op::RateLimit));
            problems.push(problem.hint(format!("leave `{name}` out")));
            misplaced = true;
        }
    }
    if misplaced {
        return None;
    }
    let knob = match (annotation, config_map, key) {
        (None, None, None) if !wanted => return Some(None),
        (Some(annotation), None, None) if is_key(&annotation, true) => KubernetesKnob::Annotation(annotation),
        (Some(annotation), None, None) => {
            let shown = Text::line(&annotation);
            let problem =
                tree.problem_at(&["annotation"], format!("`annotation`: \"{shown}\" is no annotation's key"));
            problems.push(problem.hint("write example.com/calls-per-minute"));
            return None;
        }
        (None, Some(name), Some(key)) if is_key(&key, false) => {
            known_placeholders(tree, "config_map", &name, &["agent", "target"], problems)?;
            KubernetesKnob::ConfigMap { name, key }
        }
        (None, Some(_), Some(key)) => {
            let shown = Text::line(&key);
            let problem = tree.problem_at(&["key"], format!("`key`: \"{shown}\" is no key of a ConfigMap"));
            problems.push(problem.hint("use letters, digits, -, _ and ."));
            return None;
        }
        (_, _, _) => {
            let message = format!("`{}` must say where the limit is written", tree.path());
            let hint = "give `annotation`, or `config_map` and `key`";
            problems.push(tree.problem_at(&[], message).hint(hint));
            return None;
        }
    };
    Some(Some(knob))
}

/// A key as the API takes it: of an annotation with an optional prefix, or of a ConfigMap.
fn is_key(key: &str, prefixed: bool) -> bool {
    let name = match key.split_once('/') {
        Some((prefix, name)) if prefixed && is_name(prefix) => name,
        Some(_) => return false,
        None => key,
    };
    (1..=63).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A name as Kubernetes has them.
fn is_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
}

fn workload_is_right(tree: &Tree, place: &[&str], raw: &str, problems: &mut Problems) -> Option<()> {
    let key = place.join(".");
    let parts: Vec<&str> = raw.split('/').collect();
    let kind = match parts[..] {
        [kind, name] if !name.is_empty() => kind,
        [namespace, kind, name] if is_name(namespace) && !name.is_empty() => kind,
        [..] => {
            let problem = tree.problem_at(place, format!("`{key}`: \"{}\" is no workload", Text::line(raw)));
            problems.push(problem.hint("write KIND/NAME or NAMESPACE/KIND/NAME, such as deployment/{agent}"));
            return None;
        }
    };
    if !KINDS.contains(&kind) {
        let message = format!("`{key}`: there is no kind of workload `{}`", Text::line(kind));
        let problem = tree.problem_at(place, message);
        problems.push(match wording::meant(kind, KINDS, "kinds") {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
        return None;
    }
    known_placeholders_at(tree, place, raw, &["agent", "target"], problems)
}
