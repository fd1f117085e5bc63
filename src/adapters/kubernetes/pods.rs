//! What pods say of themselves, which is what an action on their workload is judged by.
//!
//! Each pod is a replica of its own. Values that are read:
//!
//! | value | of | |
//! |---|---|---|
//! | `agent_status` | each pod and all of them | `running`, `starting`, `terminating`, or why it waits; `stopped` when none is left and none is wanted |
//! | `healthy` | each pod and all of them | `yes`, or `no: WHY` |
//! | `version` | each pod and all of them | the hash of the template that it was made from |
//! | `pods` | all of them | how many there are, terminating ones too |
//!
//! A pod that has ended (phase Succeeded or Failed) runs nothing, so it is passed over.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::adapters::Readings;
use crate::incident::{NOT_HEALTHY_STOPPED, Text};

use super::object::{label, list, text};
use super::workload::Kind;

/// A value read, with the pod it was read of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The value's name.
    pub name: &'static str,
    /// The pod; none: of the workload as a whole.
    pub pod: Option<Text>,
    /// What was read.
    pub value: Text,
}

impl Fact {
    /// A fact about the workload as a whole.
    pub fn whole(name: &'static str, value: &str) -> Self {
        Self { name, pod: None, value: Text::line(value) }
    }

    fn of(pod: &Value, name: &'static str, value: &str) -> Self {
        Self { name, pod: Some(Text::line(super::object::name(pod))), value: Text::line(value) }
    }
}

/// Whether anything of a pod can still run. The API promises that all containers of a pod in these
/// two phases have ended.
pub fn may_run(pod: &Value) -> bool {
    !matches!(text(pod, "/status/phase"), Some("Succeeded" | "Failed"))
}

/// What state a pod is in, in one word or the cluster's own.
pub fn status(pod: &Value) -> &str {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        // It works on until its processes are gone.
        return "terminating";
    }
    if is_ready(pod) {
        return "running";
    }
    waits_for(pod).unwrap_or("starting")
}

fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == Some("Ready") && text(it, "/status") == Some("True"))
}

/// `ImagePullBackOff`, `CrashLoopBackOff`: why the first waiting container waits.
fn waits_for(pod: &Value) -> Option<&str> {
    let containers = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let reasons = containers.into_iter().flat_map(|pointer| list(pod, pointer));
    let mut reasons = reasons.filter_map(|container| text(container, "/state/waiting/reason"));
    reasons.find(|reason| !matches!(*reason, "ContainerCreating" | "PodInitializing"))
}

/// What the pods of a workload say; `wanted` is how many of them the workload asks for.
///
/// The whole is said too, and speaks for pods that are gone: a proof must not hang on a pod that
/// nobody can read any more.
pub fn facts(kind: Kind, pods: &[Value], wanted: i64) -> Vec<Fact> {
    let alive: Vec<&Value> = pods.iter().filter(|pod| may_run(pod)).collect();
    let mut facts = vec![Fact::whole("pods", &alive.len().to_string())];
    for pod in &alive {
        let status = status(pod);
        facts.push(Fact::of(pod, "agent_status", status));
        facts.push(Fact::of(pod, "healthy", &healthy(status)));
        if let Some(hash) = label(pod, kind.hash_label()) {
            facts.push(Fact::of(pod, "version", hash));
        }
    }
    let missing = wanted - i64::try_from(alive.len()).unwrap_or(i64::MAX);
    let worst = alive.iter().map(|pod| status(pod)).find(|status| *status != "running");
    if missing > 0 {
        // No pod yet is not stopped: the controller has been told to make some.
        facts.push(Fact::whole("agent_status", worst.unwrap_or("starting")));
        facts.push(Fact::whole("healthy", &format!("no: {missing} more to be made")));
    } else if alive.is_empty() {
        facts.push(Fact::whole("agent_status", "stopped"));
        facts.push(Fact::whole("healthy", NOT_HEALTHY_STOPPED));
    } else {
        let worst = worst.unwrap_or("running");
        facts.push(Fact::whole("agent_status", worst));
        facts.push(Fact::whole("healthy", &healthy(worst)));
    }
    let hashes: BTreeSet<&str> = alive.iter().filter_map(|pod| label(pod, kind.hash_label())).collect();
    if !hashes.is_empty() {
        let hashes: Vec<&str> = hashes.into_iter().collect();
        facts.push(Fact::whole("version", &hashes.join(" and ")));
    }
    facts
}

fn healthy(status: &str) -> String {
    if status == "running" { "yes".to_owned() } else { format!("no: {status}") }
}

/// The facts as readings, a pod's own as those of a replica.
pub fn readings(facts: Vec<Fact>) -> Readings {
    let mut readings = Readings::new();
    for fact in facts {
        match fact.pod {
            Some(pod) => readings.put_of(pod.as_str(), fact.name, fact.value),
            None => readings.put(fact.name, fact.value),
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, phase: &str, ready: bool) -> Value {
        let ready = if ready { "True" } else { "False" };
        json!({
            "metadata": {"name": name, "labels": {"pod-template-hash": "h1"}},
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
        })
    }

    fn going(name: &str) -> Value {
        let mut pod = pod(name, "Running", true);
        pod["metadata"]["deletionTimestamp"] = json!("2026-11-21T05:39:25Z");
        pod
    }

    fn waiting(name: &str, reason: &str) -> Value {
        let mut pod = pod(name, "Pending", false);
        pod["status"]["containerStatuses"] = json!([{"state": {"waiting": {"reason": reason}}}]);
        pod
    }

    fn of(what: &str, pods: &[Value], wanted: i64) -> Vec<String> {
        let facts = facts(Kind::Deployment, pods, wanted);
        let said = |fact: &Fact| match &fact.pod {
            Some(pod) => format!("{pod} {}", fact.value),
            None => fact.value.as_str().to_owned(),
        };
        facts.iter().filter(|fact| fact.name == what).map(said).collect()
    }

    #[test]
    fn a3_stopped_is_said_only_when_no_pod_is_left_and_none_is_wanted() {
        for (pods, wanted, said) in [
            (vec![], 0, vec!["stopped"]),
            (vec![], 2, vec!["starting"]),
            (vec![pod("a", "Running", true)], 0, vec!["a running", "running"]),
            (
                vec![going("a"), pod("b", "Running", true)],
                0,
                vec!["a terminating", "b running", "terminating"],
            ),
            (vec![going("a")], 0, vec!["a terminating", "terminating"]),
            (vec![pod("a", "Failed", false)], 0, vec!["stopped"]),
            (vec![pod("a", "Unknown", false)], 0, vec!["a starting", "starting"]),
            (vec![json!({})], 0, vec![" starting", "starting"]),
        ] {
            assert_eq!(of("agent_status", &pods, wanted), said, "{pods:?}");
        }
    }

    #[test]
    fn running_is_said_of_each_pod_and_of_those_that_are_still_to_be_made() {
        let one = pod("a", "Running", true);
        assert_eq!(of("agent_status", std::slice::from_ref(&one), 1), ["a running", "running"]);
        assert_eq!(of("agent_status", std::slice::from_ref(&one), 3), ["a running", "starting"]);
        assert_eq!(of("healthy", &[one], 3), ["a yes", "no: 2 more to be made"]);
    }

    #[test]
    fn why_a_pod_waits_is_said_in_the_cluster_s_words() {
        for (reason, status) in [
            ("ImagePullBackOff", "ImagePullBackOff"),
            ("CrashLoopBackOff", "CrashLoopBackOff"),
            ("ContainerCreating", "starting"),
        ] {
            assert_eq!(
                of("agent_status", &[waiting("a", reason)], 1),
                [format!("a {status}"), status.to_owned()]
            );
            assert_eq!(
                of("healthy", &[waiting("a", reason)], 1),
                [format!("a no: {status}"), format!("no: {status}")]
            );
        }
    }

    #[test]
    fn a10_an_old_pod_counts_until_it_is_gone() {
        let mut old = going("old");
        old["metadata"]["labels"]["pod-template-hash"] = json!("h0");
        assert_eq!(of("version", &[old, pod("new", "Running", true)], 1), ["old h0", "new h1", "h0 and h1"]);
        assert_eq!(of("version", &[], 0), [""; 0], "no pod proves no version");
    }

    #[test]
    fn a_pod_that_has_ended_holds_up_nothing() {
        let pods = [pod("evicted", "Failed", false), pod("a", "Running", true)];
        assert_eq!(of("agent_status", &pods, 1), ["a running", "running"]);
        assert_eq!(of("pods", &pods, 1), ["1"]);
    }
}
