//! From what is configured to what can be done: every name is checked, every problem told at once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::adapters::SpecProblem;
use crate::adapters::template::{CheckTemplate, Template};
use crate::incident::Op;

use super::route::OPS;
use super::spec::{Knob, KubernetesAction, KubernetesSpec, Method};
use super::workload::WorkloadTemplate;

/// One operation, ready.
pub struct Action {
    /// How an isolation stops the agent.
    pub method: Method,
    /// Where a rate limit is written.
    pub knob: Option<Place>,
    /// What must read true.
    pub checks: Option<Vec<CheckTemplate>>,
    /// Whether other readers than the pods are asked.
    pub has_readers: bool,
    /// How long the call may take.
    pub limit: Option<Duration>,
    /// How long checks may take to hold.
    pub verify_within: Duration,
}

/// Where a rate limit is written.
pub enum Place {
    /// An annotation of the workload.
    Annotation(String),
    /// A key of a ConfigMap.
    ConfigMap(Template, String),
}

/// What is ready of a spec.
pub struct Built {
    /// What runs an agent.
    pub workload: WorkloadTemplate,
    /// The same for single agents.
    pub workloads: BTreeMap<String, WorkloadTemplate>,
    /// What can be done.
    pub actions: BTreeMap<Op, Action>,
}

/// Checks a spec.
///
/// # Errors
/// Every problem there is.
pub fn built(spec: &KubernetesSpec) -> Result<Built, Vec<SpecProblem>> {
    let mut problems = Vec::new();
    let mut tell = |place: String, words: String| problems.push(SpecProblem { place, words });
    let usual = WorkloadTemplate::parse(&spec.workload).map_err(|words| tell("workload".to_owned(), words));
    let mut workloads = BTreeMap::new();
    for (agent, raw) in &spec.workloads {
        match WorkloadTemplate::parse(raw) {
            Ok(workload) => drop(workloads.insert(agent.clone(), workload)),
            Err(words) => tell(format!("workloads.{agent}"), words),
        }
    }
    let mut actions = BTreeMap::new();
    for (op, action) in &spec.actions {
        if !OPS.iter().any(|(known, _)| known == op) {
            tell(format!("actions.{op}"), format!("a kubernetes adapter cannot do {op}"));
        }
        match built_action(*op, action) {
            Ok(action) => drop(actions.insert(*op, action)),
            Err(words) => tell(format!("actions.{op}"), words),
        }
    }
    match usual {
        Ok(workload) if problems.is_empty() => Ok(Built { workload, workloads, actions }),
        Ok(_) | Err(()) => Err(problems),
    }
}

fn built_action(op: Op, spec: &KubernetesAction) -> Result<Action, String> {
    let params: Vec<&str> =
        op.info().params.iter().map(|param| param.name).chain(["agent", "target"]).collect();
    let checks = spec
        .checks
        .as_ref()
        .map(|checks| checks.iter().map(|check| CheckTemplate::new(check, &params)).collect());
    let knob = match &spec.knob {
        Some(_) if op != Op::RateLimit => return Err("only rate-limit writes a limit somewhere".to_owned()),
        None if op == Op::RateLimit => {
            return Err(
                "needs `annotation`, or `config_map` and `key`: where the limit is written".to_owned()
            );
        }
        Some(Knob::Annotation(key)) if key.trim().is_empty() => {
            return Err("`annotation` is empty".to_owned());
        }
        Some(Knob::Annotation(key)) => Some(Place::Annotation(key.clone())),
        Some(Knob::ConfigMap { name, key }) => {
            Some(Place::ConfigMap(Template::parse(name, &["agent", "target"])?, key.clone()))
        }
        None => None,
    };
    if spec.method == Method::Quarantine && op != Op::Isolate {
        return Err("only isolate has a `method`".to_owned());
    }
    let KubernetesAction { method, has_readers, limit, verify_within, .. } = *spec;
    Ok(Action { method, knob, checks: checks.transpose()?, has_readers, limit, verify_within })
}
