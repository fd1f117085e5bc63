//! Reads what the pods say, and what stands where flightdeck wrote.

use serde_json::Value;

use crate::adapters::ask;
use crate::adapters::evidence::EVIDENCE_STORED;
use crate::adapters::{Readings, Sample};
use crate::incident::{Op, Plan, Text};
use crate::web::CircuitState;

use super::KubernetesAdapter;
use super::cluster::{Cluster, Outcome};
use super::deed::{PODS_BEFORE, policy_path, wanted};
use super::object::{annotation, text};
use super::pods::{Fact, facts, may_run, readings};
use super::route::Method;
use super::workload::Workload;
use super::world::World;

impl KubernetesAdapter {
    pub(super) async fn read_plan(&self, plan: &Plan) -> Vec<Sample> {
        if matches!(self.cluster.circuit(), CircuitState::Open { .. }) {
            let why = "the cluster failed again and again, and is left alone for a while";
            return Readings::none_because(why.into()).samples(&plan.checks);
        }
        // One clock for all of it: a cluster that hangs must not hold up the next reading.
        let reading = tokio::time::timeout(self.cluster.deadline(), self.read_world(plan));
        let mut read = match reading.await {
            Ok(Ok(read)) => read,
            // No data proves nothing, and is no disproof either.
            Ok(Err(why)) => Readings::none_because(why),
            Err(_) => Readings::none_because(Text::line(&format!(
                "the cluster gave no answer within {} s",
                self.cluster.deadline().as_secs()
            ))),
        };
        self.brought.add(plan, &mut read);
        read.samples(&plan.checks)
    }

    async fn read_world(&self, plan: &Plan) -> Result<Readings, Text> {
        let asks = |name: &str| plan.checks.iter().any(|check| check.name.as_str() == name);
        if plan.checks.iter().all(|check| check.name.as_str() == EVIDENCE_STORED) {
            return Ok(Readings::new());
        }
        ask::check_target(plan.op, &plan.target)?;
        let route = self.route(plan.op)?;
        let (_, namespace) = self.cluster.place().await?;
        let namespace = self.namespace.clone().unwrap_or(namespace);
        let workload = self.workload(&plan.target).fill(&plan.target, &namespace)?;
        let world = self.cluster.world(&workload).await?;
        let quarantined =
            matches!(plan.op, Op::Isolate | Op::Release) && route.method(&plan.params) == Method::Quarantine;
        let (pods, limit, policy) = tokio::join!(
            self.cluster.pods(&workload, &world.object),
            self.limit_now(&route, &plan.target, &workload, &world),
            async { if quarantined { Some(self.cluster.read(policy_path(&workload)).await) } else { None } },
        );
        let pods = pods?;
        let mut all = facts(workload.kind, &pods, wanted(workload.kind, &world.object));
        if asks("rate_limit") {
            let limit = limit?;
            all.push(Fact::whole("rate_limit", limit.as_ref().map_or("none", Text::as_str)));
        }
        if let Some(policy) = policy {
            all.extend(quarantine(policy, &workload, &world, &pods)?);
        }
        Ok(readings(all))
    }
}

/// Whether the policy is as it was made, and how many of the pods that it met are left.
fn quarantine(
    policy: Outcome,
    workload: &Workload,
    world: &World,
    pods: &[Value],
) -> Result<Vec<Fact>, Text> {
    if policy.is_missing() {
        return Ok(vec![Fact::whole("quarantine", "off")]);
    }
    let policy = policy.read()?;
    let selector = Cluster::pod_selector(workload, &world.object)?;
    let mut facts =
        vec![Fact::whole("quarantine", if denies_all(&policy, &selector) { "on" } else { "changed" })];
    if let Some(met) = annotation(&policy, PODS_BEFORE) {
        let met: Vec<&str> = met.split(' ').collect();
        let is_left =
            |pod: &&Value| may_run(pod) && text(pod, "/metadata/uid").is_some_and(|uid| met.contains(&uid));
        facts.push(Fact::whole("pods_before", &pods.iter().filter(is_left).count().to_string()));
    }
    Ok(facts)
}

/// Whether a policy lets nothing in and nothing out of just these pods.
fn denies_all(policy: &Value, selector: &Value) -> bool {
    let spec = |key: &str| policy.pointer("/spec").and_then(|spec| spec.get(key));
    let none = |key: &str| spec(key).and_then(Value::as_array).is_none_or(Vec::is_empty);
    let types = spec("policyTypes").and_then(Value::as_array);
    let has = |word: &str| types.is_some_and(|types| types.iter().any(|it| it == word));
    spec("podSelector") == Some(selector)
        && none("ingress")
        && none("egress")
        && has("Ingress")
        && has("Egress")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::kubernetes::workload::Kind;
    use serde_json::json;

    fn of(policy: Outcome, pods: &[Value]) -> Vec<String> {
        let workload = Workload { kind: Kind::Deployment, namespace: "n".to_owned(), name: "a".to_owned() };
        let object = json!({"spec": {"selector": {"matchLabels": {"app": "a"}}}});
        let world = World { version: String::new(), object };
        let facts = quarantine(policy, &workload, &world, pods).unwrap();
        facts.iter().map(|fact| format!("{} {}", fact.name, fact.value)).collect()
    }

    #[test]
    fn a_quarantine_is_on_only_as_it_was_made_and_old_pods_are_counted() {
        let policy = |spec: Value| {
            Outcome::Done(json!({"metadata": {"annotations": {PODS_BEFORE: "u1 u2"}}, "spec": spec}))
        };
        let all = json!({"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress", "Egress"]});
        let pod = |uid: &str| json!({"metadata": {"uid": uid}, "status": {"phase": "Running"}});
        assert_eq!(of(policy(all.clone()), &[pod("u3")]), ["quarantine on", "pods_before 0"]);
        assert_eq!(of(policy(all.clone()), &[pod("u2"), pod("u3")]), ["quarantine on", "pods_before 1"]);
        for weaker in [
            json!({"egress": [{}]}),
            json!({"policyTypes": ["Ingress"]}),
            json!({"podSelector": {"matchLabels": {"app": "a", "x": "y"}}}),
        ] {
            let mut spec = all.clone();
            for (key, value) in weaker.as_object().unwrap() {
                spec[key] = value.clone();
            }
            assert_eq!(of(policy(spec), &[])[0], "quarantine changed", "{weaker}");
        }
        let gone = super::super::cluster::Refusal { code: 404, message: Text::default(), retry_after: None };
        assert_eq!(of(Outcome::Refused(gone), &[]), ["quarantine off"]);
    }
}
