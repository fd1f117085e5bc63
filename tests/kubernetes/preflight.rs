//! What could fight an action is told before it is confirmed.

use flightdeck::incident::{Lamp, Op};
use serde_json::json;

use crate::stage::{AGENT, Stage, conflicts, plain};
use crate::support::kubernetes::ControlPlane;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn an_autoscaler_a_budget_and_an_owner_are_told_with_their_companion_steps() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 2).await;
    let namespace = &stage.namespace;
    stage
        .api
        .post(
            &format!("/apis/autoscaling/v1/namespaces/{namespace}/horizontalpodautoscalers"),
            json!({"metadata": {"name": "busy"}, "spec": {"minReplicas": 2, "maxReplicas": 10,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": AGENT}}}),
        )
        .await;
    stage
        .api
        .post(
            &format!("/apis/policy/v1beta1/namespaces/{namespace}/poddisruptionbudgets"),
            json!({"metadata": {"name": "quorum"}, "spec": {"minAvailable": 2,
                "selector": {"matchLabels": {"app": AGENT}}}}),
        )
        .await;
    let marks = json!({"argocd.argoproj.io/instance": "chat", "kustomize.toolkit.fluxcd.io/name": "apps"});
    stage.change(json!({"metadata": {"labels": marks}})).await;
    let said = conflicts(&stage.plan(Op::Isolate, &[]).await.unwrap());
    for words in [
        "HorizontalPodAutoscaler busy (2 to 10)",
        "PodDisruptionBudget quorum (minAvailable 2)",
        "argocd app set chat --sync-policy none",
        "flux suspend kustomization apps -n flux-system",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("KEDA"), "what is not installed cannot fight: {said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn what_this_account_may_not_do_is_told_before_it_is_tried_and_fails_when_it_is() {
    let plane = ControlPlane::shared();
    let stage = Stage::on(plane, "reader", plain(&[Op::Isolate, Op::Snapshot])).await;
    stage.deploy("agent:1", 1).await;
    let words = stage.plan(Op::Isolate, &[]).await.unwrap_err();
    assert!(words.as_str().contains("403"), "who may read nothing is told so: {words}");

    stage.allow("reader", "view", json!([
        {"apiGroups": ["", "apps", "policy", "autoscaling", "keda.sh"], "resources": ["*"], "verbs": ["get", "list"]}]))
    .await;
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    let said = conflicts(&plan);
    assert!(said.contains("may not patch deployments.apps/scale"), "{said}");
    assert!(said.contains("--verb=patch --resource=deployments.apps/scale"), "{said}");
    let isolation = stage.confirm(plan).await;
    let action = stage.lamp(isolation, Lamp::Failed).await;
    assert!(action.answer.as_str().contains("403"), "{}", action.answer);
    assert_eq!(stage.pods().await.len(), 1);
    assert!(!stage.record().contains("hunter2"), "no token is on record");
}
