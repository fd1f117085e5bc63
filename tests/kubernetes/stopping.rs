//! Isolate, release, snapshot, restart.

use flightdeck::incident::{Lamp, Op};
use serde_json::json;

use crate::stage::{AGENT, Read, Stage, conflicts, is_ready, plain};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a3_isolated_is_verified_when_the_pods_are_gone_and_released_when_all_of_them_run() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 3).await;

    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    let path = format!("apis/apps/v1/namespaces/{}/deployments/{AGENT}/scale", stage.namespace);
    assert_eq!(plan.call.as_str(), format!("test: PATCH {path} {{\"spec\":{{\"replicas\":0}}}}"));
    let said = conflicts(&plan);
    assert!(said.contains("task_queue and api_calls (A3) are not read"), "{said}");
    assert!(said.contains("snapshot support-1 first"), "{said}");
    assert_eq!(stage.pods().await.iter().filter(|pod| is_ready(pod)).count(), 3, "a plan changes nothing");

    // Its processes do not end yet: accepted, and not contained.
    stage.plane.kubelet.hold(&stage.namespace, true);
    let isolation = stage.confirm(plan).await;
    let going = |(_, pod, value): &&Read| pod.is_some() && value == "terminating";
    stage
        .until_read(isolation, "each pod is terminating", |read| read.iter().filter(going).count() == 3)
        .await;
    stage.lamp(isolation, Lamp::Accepted).await;
    stage.plane.kubelet.hold(&stage.namespace, false);
    let action = stage.lamp(isolation, Lamp::Verified).await;
    assert!(stage.pods().await.is_empty());
    assert!(action.readings.iter().all(|reading| reading.value.as_ref().is_some_and(|it| it == "stopped")));

    // What the pods would have taken with them was read meanwhile (A4), and held nothing up.
    let files = stage.evidence().await;
    assert_eq!(files.iter().filter(|(name, _, _)| name.ends_with("-agent.log")).count(), 3, "{files:?}");
    assert!(action.answer.as_str().contains("files of evidence were taken along"), "{}", action.answer);
    for (name, text, _) in &files {
        assert!(!text.contains("hunter2"), "{name}");
    }

    let release = stage.undo(isolation).await;
    stage.lamp(release, Lamp::Verified).await;
    assert_eq!(stage.pods().await.iter().filter(|pod| is_ready(pod)).count(), 3, "as many as there were");
    stage.lamp(isolation, Lamp::Undone).await;
    let record = stage.record();
    assert!(!record.contains("hunter2"), "no token is on record");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a3_a_second_writer_who_scales_up_again_is_a_leak() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 2).await;
    let isolation = stage.act(Op::Isolate, &[]).await;
    stage.lamp(isolation, Lamp::Verified).await;
    stage.change(json!({"spec": {"replicas": 1}})).await;
    let leaking = stage.lamp(isolation, Lamp::Leaking).await;
    assert!(leaking.readings.iter().any(|reading| !reading.holds()), "{}", stage.timeline());
    stage.change(json!({"spec": {"replicas": 0}})).await;
    stage.lamp(isolation, Lamp::Verified).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a4_a_snapshot_brings_logs_objects_and_events_and_no_secret() {
    let stage = Stage::open(plain(&[Op::Snapshot])).await;
    stage.deploy("agent:1", 2).await;
    let snapshot = stage.act(Op::Snapshot, &[("limit", "50")]).await;
    let action = stage.lamp(snapshot, Lamp::Verified).await;
    let files = stage.evidence().await;
    let names: Vec<&str> = files.iter().map(|(name, _, _)| name.as_str()).collect();
    assert!(
        names.contains(&"support-1-objects.json") && names.contains(&"support-1-events.json"),
        "{names:?}"
    );
    let logs: Vec<_> = files.iter().filter(|(name, _, _)| name.ends_with("-agent.log")).collect();
    assert_eq!(logs.len(), 2, "{}", action.answer);
    for (name, text, _) in &files {
        assert!(!text.contains("hunter2"), "{name}");
    }
    for (_, text, covers) in logs {
        assert!(text.contains("sinceTime=") && text.contains("timestamps=true"), "{text}");
        assert!(covers, "a log says what time it covers");
    }
    let events = &files.iter().find(|(name, _, _)| name == "support-1-events.json").unwrap().1;
    assert!(events.contains("ScalingReplicaSet"), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn b4_restarted_means_that_no_pod_from_before_is_left() {
    let stage = Stage::open(plain(&[Op::Restart])).await;
    stage.deploy("agent:1", 2).await;
    let before: Vec<_> = stage.pods().await.iter().map(|pod| pod["metadata"]["uid"].clone()).collect();
    stage.plane.kubelet.hold(&stage.namespace, true);
    let restart = stage.act(Op::Restart, &[]).await;
    // New pods run beside old ones whose processes do not end.
    stage
        .until_pods("new ones run", |pods| {
            pods.iter().filter(|pod| is_ready(pod)).count() == 2 && pods.len() > 2
        })
        .await;
    let old =
        |(check, pod, value): &&Read| check == "agent_status" && pod.is_some() && value == "terminating";
    stage.until_read(restart, "old ones are still there", |read| read.iter().filter(old).count() == 2).await;
    assert_eq!(stage.action(restart).lamp, Lamp::Accepted, "{}", stage.timeline());
    stage.plane.kubelet.hold(&stage.namespace, false);
    stage.lamp(restart, Lamp::Verified).await;
    assert!(stage.pods().await.iter().all(|pod| !before.contains(&pod["metadata"]["uid"])));
}
