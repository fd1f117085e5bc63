//! Whoever puts back what is changed: KEDA, Argo CD and Flux, by their own objects in the cluster.

use flightdeck::incident::Op;
use serde_json::{Value, json};

use crate::stage::{AGENT, Stage, conflicts, plain};

const FLUX: &str = "helm.toolkit.fluxcd.io";

impl Stage {
    /// What a plan of an isolation says could fight it.
    async fn fights(&self) -> String {
        conflicts(&self.plan(Op::Isolate, &[]).await.unwrap())
    }

    /// An object of a kind that was installed.
    async fn make(&self, path: &str, group: &str, kind: &str, name: &str, spec: Value) {
        let api = format!("{group}/{}", path.split('/').nth(3).unwrap());
        let object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec});
        self.api.post(path, object).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn keda_is_told_to_be_paused_and_once_it_is_that_it_must_stay_so() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 1).await;
    let path = stage.install("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject").await;
    let target = json!({"scaleTargetRef": {"name": AGENT}, "triggers": [{"type": "cron"}]});
    stage.make(&path, "keda.sh", "ScaledObject", "by-queue", target).await;
    let said = stage.fights().await;
    let step = "annotate scaledobject by-queue autoscaling.keda.sh/paused-replicas=0";
    assert!(said.contains("starts pods again as soon as a trigger fires") && said.contains(step), "{said}");
    let paused = json!({"metadata": {"annotations": {"autoscaling.keda.sh/paused-replicas": "0"}}});
    stage.api.patch(&format!("{path}/by-queue"), paused).await;
    let said = stage.fights().await;
    assert!(
        said.contains("ScaledObject by-queue is paused (0); so it must stay until the release"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a_helm_release_of_flux_is_told_to_be_suspended_and_once_it_is_that_it_must_stay_so() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 1).await;
    let namespace = stage.namespace.clone();
    let marks = json!({format!("{FLUX}/name"): "chat", format!("{FLUX}/namespace"): namespace});
    stage.change(json!({"metadata": {"labels": marks}})).await;
    let step = format!("flux suspend helmrelease chat -n {namespace}");
    let said = stage.fights().await;
    assert!(said.contains(&step), "what cannot be read is not taken for suspended: {said}");
    let path = stage.install(FLUX, "v2", "helmreleases", "HelmRelease").await;
    stage.make(&path, FLUX, "HelmRelease", "chat", json!({"interval": "5m"})).await;
    let said = stage.fights().await;
    assert!(said.contains(&step), "{said}");
    stage.api.patch(&format!("{path}/chat"), json!({"spec": {"suspend": true}})).await;
    let said = stage.fights().await;
    assert!(said.contains("Flux's HelmRelease chat owns this and is suspended; so it must stay"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn an_application_of_argo_cd_is_told_to_sync_by_hand_and_once_it_does_that_it_must_stay_so() {
    let stage = Stage::open(plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 1).await;
    let app = stage.namespace.clone();
    let tracking = format!("{app}:apps/Deployment:{app}/{AGENT}");
    stage.change(json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": tracking}}})).await;
    let group = "argoproj.io";
    stage.install(group, "v1alpha1", "applications", "Application").await;
    // Another test may have made it.
    let _ = stage.api.try_post("/api/v1/namespaces", json!({"metadata": {"name": "argocd"}})).await;
    let path = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
    let automated = json!({"syncPolicy": {"automated": {"selfHeal": true}}});
    stage.make(path, group, "Application", &app, automated).await;
    let said = stage.fights().await;
    assert!(said.contains(&format!("argocd app set {app} --sync-policy none")), "{said}");
    stage.api.patch(&format!("{path}/{app}"), json!({"spec": {"syncPolicy": {"automated": null}}})).await;
    let said = stage.fights().await;
    assert!(said.contains(&format!("application {app} owns this and syncs by hand only")), "{said}");
}
