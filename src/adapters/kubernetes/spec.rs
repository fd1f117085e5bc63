//! What is configured of a Kubernetes adapter, as values. `runtime` fills them in from the file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::adapters::ask::VERIFY_S;
use crate::incident::{Check, Glob, Op};

/// One Kubernetes adapter.
#[derive(Clone, Debug)]
pub struct KubernetesSpec {
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
    pub deadline: Duration,
    /// What it can do.
    pub actions: BTreeMap<Op, KubernetesAction>,
}

impl Default for KubernetesSpec {
    fn default() -> Self {
        Self {
            agents: vec![Glob::new("*")],
            kubeconfig: None,
            context: None,
            namespace: None,
            workload: "deployment/{agent}".to_owned(),
            workloads: BTreeMap::new(),
            deadline: Duration::from_secs(10),
            actions: BTreeMap::new(),
        }
    }
}

/// How one operation is carried out.
#[derive(Clone, Debug)]
pub struct KubernetesAction {
    /// How an isolation stops the agent.
    pub method: Method,
    /// Where a rate limit is written.
    pub knob: Option<Knob>,
    /// What must read true; none: what pods can prove, and with other readers also the operation's
    /// own checks.
    pub checks: Option<Vec<Check>>,
    /// Whether other readers than the pods are asked.
    pub has_readers: bool,
    /// How long the call may take; none: the operation's own limit.
    pub limit: Option<Duration>,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Duration,
}

impl Default for KubernetesAction {
    fn default() -> Self {
        Self {
            method: Method::Stop,
            knob: None,
            checks: None,
            has_readers: false,
            limit: None,
            verify_within: Duration::from_secs(VERIFY_S as u64),
        }
    }
}

/// How an isolation stops an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// No pod is left: replicas to zero; a Sandbox is suspended.
    #[default]
    Stop,
    /// Pods run, but no connection of theirs is let through: a NetworkPolicy that denies all, and
    /// every pod made anew under it, because a new policy need not cut open connections.
    Quarantine,
}

/// Where a rate limit is written for the agent to obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knob {
    /// An annotation of the workload, by its key.
    Annotation(String),
    /// A key of a ConfigMap; `{agent}` may stand in its name.
    ConfigMap {
        /// The ConfigMap.
        name: String,
        /// The key in its data.
        key: String,
    },
}
