//! StatefulSets: their pods come and go in order, and keep their names.

use flightdeck::adapters::KubernetesSpec;
use flightdeck::incident::{Lamp, Op};
use serde_json::json;

use crate::stage::{AGENT, Stage, is_ready, plain};

fn sets(ops: &[Op]) -> KubernetesSpec {
    KubernetesSpec { workload: "statefulset/{agent}".to_owned(), ..plain(ops) }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a3_a_stateful_set_is_isolated_when_its_last_pod_is_gone_and_released_with_as_many_as_before() {
    let stage = Stage::open(sets(&[Op::Isolate])).await;
    stage.deploy_set("agent:1", 2).await;
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    let path = format!("apis/apps/v1/namespaces/{}/statefulsets/{AGENT}/scale", stage.namespace);
    assert_eq!(plan.call.as_str(), format!("test: PATCH {path} {{\"spec\":{{\"replicas\":0}}}}"));
    let isolation = stage.confirm(plan).await;
    stage.lamp(isolation, Lamp::Verified).await;
    assert!(stage.pods().await.is_empty());
    // Somebody scales it up again: a leak, as with a Deployment.
    stage.api.patch(&stage.apps("statefulsets", AGENT), json!({"spec": {"replicas": 1}})).await;
    stage.lamp(isolation, Lamp::Leaking).await;
    stage.api.patch(&stage.apps("statefulsets", AGENT), json!({"spec": {"replicas": 0}})).await;
    stage.lamp(isolation, Lamp::Verified).await;
    let release = stage.undo(isolation).await;
    stage.lamp(release, Lamp::Verified).await;
    let names: Vec<_> = stage.pods().await.iter().map(|pod| pod["metadata"]["name"].clone()).collect();
    assert_eq!(names, [json!(format!("{AGENT}-0")), json!(format!("{AGENT}-1"))]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn b4_a_restarted_stateful_set_has_no_pod_of_the_template_before() {
    let stage = Stage::open(sets(&[Op::Restart, Op::RollbackBranch])).await;
    stage.deploy_set("agent:1", 2).await;
    let before: Vec<_> = stage.pods().await.iter().map(|pod| pod["metadata"]["uid"].clone()).collect();
    let restart = stage.act(Op::Restart, &[]).await;
    stage.lamp(restart, Lamp::Verified).await;
    let pods = stage.pods().await;
    assert!(pods.len() == 2 && pods.iter().all(is_ready), "{pods:#?}");
    assert!(pods.iter().all(|pod| !before.contains(&pod["metadata"]["uid"])), "{pods:#?}");
    let words = stage.plan(Op::RollbackBranch, &[]).await.unwrap_err();
    assert!(words.as_str().contains("keeps no ReplicaSets"), "{words}");
}
