//! Pods that run and talk to nobody.

use flightdeck::adapters::{KubernetesAction, Method};
use flightdeck::incident::{Lamp, Op};

use crate::stage::{AGENT, Read, Stage, conflicts, is_ready, spec};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a3_a_quarantine_is_verified_when_no_pod_from_before_the_policy_is_left() {
    let action = KubernetesAction { method: Method::Quarantine, ..KubernetesAction::default() };
    let stage = Stage::open(spec(&[(Op::Isolate, action)])).await;
    stage.deploy("agent:1", 2).await;
    let before: Vec<_> = stage.pods().await.iter().map(|pod| pod["metadata"]["uid"].clone()).collect();
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    let said = conflicts(&plan);
    assert!(said.contains("only where the cluster's network plugin enforces it"), "{said}");
    let path = format!("/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies", stage.namespace);
    assert!(stage.api.get(&path).await["items"].as_array().unwrap().is_empty(), "a plan changes nothing");
    assert!(stage.pods().await.iter().all(is_ready), "nor does its dry run");

    stage.plane.kubelet.hold(&stage.namespace, true);
    let isolation = stage.confirm(plan).await;
    let old = |(check, _, value): &Read| check == "pods_before" && value == "2";
    stage.until_read(isolation, "old pods are counted", |read| read.iter().any(old)).await;
    // A pod that is still there may still talk.
    stage.lamp(isolation, Lamp::Accepted).await;
    stage.plane.kubelet.hold(&stage.namespace, false);
    stage.lamp(isolation, Lamp::Verified).await;
    let pods = stage.until_pods("new ones run", |pods| pods.len() == 2 && pods.iter().all(is_ready)).await;
    assert!(pods.iter().all(|pod| !before.contains(&pod["metadata"]["uid"])));
    let policy = stage.api.get(&format!("{path}/flightdeck-quarantine-{AGENT}")).await;
    assert_eq!(policy["metadata"]["managedFields"][0]["manager"], "flightdeck");

    // Somebody takes the policy away.
    stage.api.delete(&format!("{path}/flightdeck-quarantine-{AGENT}")).await.unwrap();
    stage.lamp(isolation, Lamp::Leaking).await;
    let release = stage.undo(isolation).await;
    stage.lamp(release, Lamp::Verified).await;
    assert!(stage.action(release).answer.as_str().contains("there was no such policy any more"));
}
