//! Rollbacks that are pinned to a template, and what becomes of them when somebody else writes.

use flightdeck::incident::{Lamp, Op};
use serde_json::{Value, json};

use crate::stage::{Read, Stage, conflicts, is_ready, plain};

/// A change of the image, as a deployment would make it.
fn image(image: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": image}]}}}})
}

async fn images(stage: &Stage) -> Vec<String> {
    let pods = stage.pods().await;
    pods.iter().map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect()
}

async fn deployed(stage: &Stage, to: &str) {
    stage.change(image(to)).await;
    let all = |pods: &[Value]| {
        pods.iter().all(|pod| is_ready(pod) && pod["spec"]["containers"][0]["image"] == to) && pods.len() == 2
    };
    stage.until_pods(to, all).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a10_a_rollback_puts_back_the_pinned_template_and_forward_again() {
    let stage = Stage::open(plain(&[Op::RollbackBranch])).await;
    stage.deploy("agent:1", 2).await;
    deployed(&stage, "agent:2").await;
    let now = stage.pods().await[0]["metadata"]["labels"]["pod-template-hash"].as_str().unwrap().to_owned();

    let plan = stage.plan(Op::RollbackBranch, &[]).await.unwrap();
    let to = plan.params["to"].clone();
    assert_ne!(to.as_str(), now, "the backup is the one before");
    assert!(plan.call.as_str().contains("agent:1"), "{}", plan.call);
    assert_eq!(plan.checks[0].to_string(), format!("version = {to}"));
    assert_eq!(plan.inverse.as_ref().unwrap().params["to"].as_str(), now);
    assert!(!conflicts(&plan).contains("dry run"), "{}", conflicts(&plan));

    let rollback = stage.confirm(plan).await;
    stage.lamp(rollback, Lamp::Verified).await;
    assert_eq!(images(&stage).await, ["agent:1", "agent:1"]);
    let forward = stage.undo(rollback).await;
    stage.lamp(forward, Lamp::Verified).await;
    assert_eq!(images(&stage).await, ["agent:2", "agent:2"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a10_a_rollback_onto_what_somebody_else_changed_is_refused_with_the_409_and_changes_nothing() {
    let stage = Stage::open(plain(&[Op::RollbackBranch])).await;
    stage.deploy("agent:1", 2).await;
    deployed(&stage, "agent:2").await;
    let plan = stage.plan(Op::RollbackBranch, &[]).await.unwrap();
    deployed(&stage, "agent:3").await;
    let rollback = stage.confirm(plan).await;
    let action = stage.lamp(rollback, Lamp::Failed).await;
    for said in ["409", "the object has been modified", "Nothing was changed"] {
        assert!(action.answer.as_str().contains(said), "{}", action.answer);
    }
    assert!(action.asks_again(), "{action:?}");
    assert_eq!(images(&stage).await, ["agent:3", "agent:3"]);
    // Asked again, it is about what is there now.
    let again = stage.plan(Op::RollbackBranch, &[]).await.unwrap();
    assert!(again.call.as_str().contains("agent:2"), "{}", again.call);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a10_a_status_that_moved_is_no_reason_to_ask_again() {
    let stage = Stage::open(plain(&[Op::RollbackBranch])).await;
    stage.deploy("agent:1", 2).await;
    deployed(&stage, "agent:2").await;
    let plan = stage.plan(Op::RollbackBranch, &[]).await.unwrap();
    // Another resource version and the same generation, as pods that come and go make.
    stage.change(json!({"metadata": {"labels": {"note": "moved"}}})).await;
    let rollback = stage.confirm(plan).await;
    stage.lamp(rollback, Lamp::Verified).await;
    assert_eq!(images(&stage).await, ["agent:1", "agent:1"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a10_a_template_that_cannot_run_is_never_verified() {
    let stage = Stage::open(plain(&[Op::RollbackBranch])).await;
    stage.deploy("agent:1", 2).await;
    let first = stage.pods().await[0]["metadata"]["labels"]["pod-template-hash"].as_str().unwrap().to_owned();
    stage.change(image("agent:bad2")).await;
    let pulls = |pod: &Value| {
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
    };
    stage.until_pods("one cannot be pulled", |pods| pods.iter().any(pulls)).await;
    let forward = stage.plan(Op::RollForward, &[("to", "nothing")]).await.unwrap_err();
    assert!(forward.as_str().contains("there is no earlier template"), "{forward}");
    let rollback = stage.act(Op::RollbackBranch, &[("to", &first)]).await;
    stage.lamp(rollback, Lamp::Verified).await;
    let forward = stage.undo(rollback).await;
    let bad = |(check, _, value): &Read| check == "healthy" && value.contains("ImagePullBackOff");
    stage.until_read(forward, "the pod's own word is read", |read| read.iter().any(bad)).await;
    assert_eq!(stage.action(forward).lamp, Lamp::Accepted);
}
