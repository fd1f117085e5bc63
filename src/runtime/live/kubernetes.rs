//! Clusters: from what is configured to what can act.

use crate::adapters::{LiveAdapter, SpecProblem};
use crate::config::Kubernetes;

#[cfg(feature = "kubernetes")]
use crate::adapters::{Knob, KubernetesAction, KubernetesAdapter, KubernetesSpec, Method};
#[cfg(feature = "kubernetes")]
use crate::config::{self, KubernetesKnob, KubernetesMethod};

/// The adapter.
#[cfg(feature = "kubernetes")]
pub fn adapter(name: &str, kubernetes: &Kubernetes) -> Result<Box<dyn LiveAdapter>, Vec<SpecProblem>> {
    let spec = KubernetesSpec {
        agents: kubernetes.agents.clone(),
        kubeconfig: kubernetes.kubeconfig.clone(),
        context: kubernetes.context.clone(),
        namespace: kubernetes.namespace.clone(),
        workload: kubernetes.workload.clone(),
        workloads: kubernetes.workloads.clone(),
        deadline: kubernetes.deadline.duration(),
        actions: kubernetes.actions.iter().map(|(op, action)| (*op, spec(action))).collect(),
    };
    Ok(Box::new(KubernetesAdapter::new(name, spec)?))
}

/// The one thing to say where this was built without it.
#[cfg(not(feature = "kubernetes"))]
pub fn adapter(_: &str, _: &Kubernetes) -> Result<Box<dyn LiveAdapter>, Vec<SpecProblem>> {
    let words = "this flightdeck was built without the feature `kubernetes`".to_owned();
    Err(vec![SpecProblem { place: "type".to_owned(), words }])
}

#[cfg(feature = "kubernetes")]
fn spec(action: &config::KubernetesAction) -> KubernetesAction {
    KubernetesAction {
        method: match action.method {
            KubernetesMethod::Stop => Method::Stop,
            KubernetesMethod::Quarantine => Method::Quarantine,
        },
        knob: action.knob.as_ref().map(|knob| match knob {
            KubernetesKnob::Annotation(key) => Knob::Annotation(key.clone()),
            KubernetesKnob::ConfigMap { name, key } => {
                Knob::ConfigMap { name: name.clone(), key: key.clone() }
            }
        }),
        checks: action.checks.clone(),
        has_readers: !action.probes.is_empty(),
        limit: Some(action.limit.duration()),
        verify_within: action.verify_within.duration(),
    }
}
