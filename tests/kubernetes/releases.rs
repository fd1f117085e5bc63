//! What was rolled out lately, as a commander's first check asks it (D11).

use flightdeck::adapters::KubernetesSpec;
use flightdeck::incident::{Glance, Topic};
use serde_json::json;

use crate::stage::{AGENT, Stage, is_ready, plain};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn d11_a_replica_set_of_a_moment_ago_is_the_deploy_to_roll_back() {
    let stage = Stage::open(plain(&[])).await;
    stage.deploy("agent:1", 1).await;
    stage
        .change(
            json!({"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:2"}]}}}}),
        )
        .await;
    let is_two =
        |pod: &serde_json::Value| pod["spec"]["containers"][0]["image"] == "agent:2" && is_ready(pod);
    stage.until_pods("the second one runs", |pods| pods.len() == 1 && pods.iter().all(is_two)).await;
    let check = stage.first(Topic::Deploys, &format!("cluster: {AGENT}")).await;
    assert_eq!(check.glance, Glance::Notable, "{}", check.found);
    let found = check.found.as_str();
    assert!(found.starts_with("2 in the 2h before: ") && found.contains("(agent:1)"), "{found}");
    let (newest, _) = found.split_once("; ").unwrap();
    assert!(newest.contains("(agent:2)") && newest.ends_with(", it runs"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn d11_a_stateful_set_s_revisions_are_its_deploys() {
    let workload = format!("statefulset/{AGENT}");
    let stage = Stage::open(KubernetesSpec { workload, ..plain(&[]) }).await;
    stage.deploy_set("agent:1", 1).await;
    let template = json!({"spec": {"containers": [{"name": "agent", "image": "agent:2"}]}});
    stage.api.patch(&stage.apps("statefulsets", AGENT), json!({"spec": {"template": template}})).await;
    let is_two =
        |pod: &serde_json::Value| pod["spec"]["containers"][0]["image"] == "agent:2" && is_ready(pod);
    stage.until_pods("the second one runs", |pods| pods.len() == 1 && pods.iter().all(is_two)).await;
    let check = stage.first(Topic::Deploys, &format!("cluster: {AGENT}")).await;
    let found = check.found.as_str();
    assert!(found.starts_with("2 in the 2h before: ") && found.contains("(agent:1)"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn c1_a_deploy_that_could_not_be_read_is_told_with_why() {
    let stage = Stage::open(plain(&[])).await;
    let check = stage.first(Topic::Deploys, &format!("cluster: {AGENT}")).await;
    assert_eq!(check.glance, Glance::NotRead);
    assert!(check.found.as_str().contains("there is no Deployment"), "{}", check.found);
}
