//! Acts on agents that run in a Kubernetes cluster, and reads their pods.
//!
//! What is done is a value (a `Deed`) that is shown before it is done; a call whose
//! configuration or selection has changed since is refused before anything is sent. Every request
//! has a deadline and says `fieldManager=flightdeck`; a time-out, a broken connection and a server
//! that failed are `Unknown`, and nothing that may have been done is sent twice. Proofs come from
//! the pods one by one, never from what a controller says it did.

mod build;
mod call;
mod cluster;
mod deed;
mod knob;
mod object;
mod plan;
mod pods;
mod preflight;
mod probe;
mod redact;
mod releases;
mod route;
mod snapshot;
mod spec;
mod template;
mod workload;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::incident::{AgentId, Glob, Op, Plan, Release, Text};

use super::evidence::Brought;
use super::rig::LiveAdapter;
use super::{Adapter, Ask, CallOutcome, Health, Pending, Sample, SpecProblem};
use crate::web::CircuitState;

use build::{Action, Built};
use cluster::Cluster;
use route::{OPS, Route};
use workload::WorkloadTemplate;

pub use spec::{Knob, KubernetesAction, KubernetesSpec, Method};

/// An adapter whose backend is a cluster.
pub struct KubernetesAdapter {
    name: Text,
    agents: Vec<Glob>,
    namespace: Option<String>,
    workload: WorkloadTemplate,
    workloads: BTreeMap<String, WorkloadTemplate>,
    actions: BTreeMap<Op, Action>,
    cluster: Arc<Cluster>,
    brought: Brought,
}

impl KubernetesAdapter {
    /// An adapter by its configuration. No cluster is looked for before one is needed.
    ///
    /// # Errors
    /// Every problem of the configuration, each with its place.
    pub fn new(name: &str, spec: KubernetesSpec) -> Result<Self, Vec<SpecProblem>> {
        let Built { workload, workloads, actions } = build::built(&spec)?;
        let cluster = Cluster::new(spec.kubeconfig, spec.context, spec.deadline);
        Ok(Self {
            name: Text::line(name),
            agents: spec.agents,
            namespace: spec.namespace,
            workload,
            workloads,
            actions,
            cluster,
            brought: Brought::default(),
        })
    }

    fn route(&self, op: Op) -> Result<Route<'_>, Text> {
        let own = self.actions.get(&op).map(|action| Route { op, action, undoes: false });
        let undone = || {
            let (undoes, _) = OPS.iter().find(|(_, inverse)| *inverse == Some(op))?;
            Some(Route { op, action: self.actions.get(undoes)?, undoes: true })
        };
        own.or_else(undone)
            .ok_or_else(|| Text::line(&format!("'{}' is not configured for '{op}'", self.name)))
    }

    fn is_for(&self, agent: &str) -> bool {
        agent.parse::<AgentId>().is_ok() && self.agents.iter().any(|glob| glob.matches(agent))
    }

    fn workload(&self, agent: &Text) -> &WorkloadTemplate {
        self.workloads.get(agent.as_str()).unwrap_or(&self.workload)
    }

    fn is_configured(&self, op: Op) -> bool {
        self.route(op).is_ok()
    }
}

impl Adapter for KubernetesAdapter {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "kubernetes"
    }

    fn circuit(&self) -> Option<CircuitState> {
        Some(self.cluster.circuit())
    }

    fn look(&self) -> Pending<'_, Health> {
        Box::pin(self.look_closely())
    }

    fn carries(&self) -> Vec<Op> {
        Op::ALL.iter().copied().filter(|op| self.is_configured(*op)).collect()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.is_for(target) && self.is_configured(op)
    }

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        let read = || Box::pin(self.read_releases(agent)) as Pending<'a, Result<Vec<Release>, Text>>;
        self.is_for(agent.as_str()).then(read)
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.make_plan(ask))
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(self.make_call(key, plan))
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.read_plan(plan))
    }
}

impl LiveAdapter for KubernetesAdapter {}
