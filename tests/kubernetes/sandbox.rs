//! Sandboxes of agent-sandbox: suspended, and running again.

use flightdeck::adapters::KubernetesSpec;
use flightdeck::incident::{Lamp, Op};
use serde_json::json;

use crate::stage::{AGENT, DEADLINE, Stage, is_ready, plain};

/// The API as far as these tests need it: the group, the version, and any fields.
async fn install(stage: &Stage) {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let version = json!({"name": "v1beta1", "served": true, "storage": true, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": open}});
    let names =
        json!({"plural": "sandboxes", "singular": "sandbox", "kind": "Sandbox", "listKind": "SandboxList"});
    let spec =
        json!({"group": "agents.x-k8s.io", "scope": "Namespaced", "names": names, "versions": [version]});
    let crd = json!({"metadata": {"name": "sandboxes.agents.x-k8s.io"}, "spec": spec});
    stage.api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd).await;
    let path = format!("/apis/agents.x-k8s.io/v1beta1/namespaces/{}/sandboxes", stage.namespace);
    let until = tokio::time::Instant::now() + DEADLINE;
    while stage.api.try_get(&path).await.is_err() {
        assert!(tokio::time::Instant::now() < until, "the API is never served");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let sandbox = json!({"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox", "metadata": {"name": AGENT},
        "spec": {"operatingMode": "Running", "podTemplate": {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}}});
    if let Err(why) = stage.api.try_post(&path, sandbox).await {
        panic!("{why}\n{}", stage.plane.log())
    }
    stage.until_pods("it runs", |pods| pods.len() == 1 && is_ready(&pods[0])).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a3_a_sandbox_is_suspended_and_runs_again() {
    let spec = KubernetesSpec { workload: "sandbox/{agent}".to_owned(), ..plain(&[Op::Isolate]) };
    let stage = Stage::open(spec).await;
    install(&stage).await;
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    assert!(plan.call.as_str().ends_with("{\"spec\":{\"operatingMode\":\"Suspended\"}}"), "{}", plan.call);
    let isolation = stage.confirm(plan).await;
    stage.lamp(isolation, Lamp::Verified).await;
    assert!(stage.pods().await.is_empty());
    let release = stage.undo(isolation).await;
    stage.lamp(release, Lamp::Verified).await;
}
