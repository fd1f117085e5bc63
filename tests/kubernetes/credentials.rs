//! Who asks: an exec plugin, and a token that is no longer taken.

use std::fs;

use flightdeck::incident::{Lamp, Op};

use serde_json::json;

use crate::stage::{AGENT, Stage, own_namespace, plain};
use crate::support::home::Home;
use crate::support::kubernetes::{ControlPlane, credential};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a_plugin_is_asked_anew_when_its_token_is_not_taken_and_no_token_is_on_record() {
    let plane = ControlPlane::shared();
    let namespace = own_namespace();
    let (kubeconfig, printed) = plane.kubeconfig_with_plugin(&namespace);
    fs::write(&printed, credential(false)).unwrap();
    let stage = Stage::by(plane, namespace, kubeconfig, plain(&[Op::Isolate])).await;
    stage.deploy("agent:1", 1).await;
    let words = stage.plan(Op::Isolate, &[]).await.unwrap_err();
    assert!(words.as_str().contains("401") && !words.as_str().contains("hunter2"), "{words}");

    fs::write(&printed, credential(true)).unwrap();
    let isolation = stage.act(Op::Isolate, &[]).await;
    stage.lamp(isolation, Lamp::Verified).await;
    assert!(!stage.record().contains("hunter2"));
}

#[test]
#[ignore = "needs a control plane: ./tests/run --all"]
fn from_within_a_pod_it_acts_by_the_pod_s_own_account() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let plane = ControlPlane::shared();
    let namespace = own_namespace();
    let (home, secrets) = (Home::new(), tempfile::tempdir().unwrap());
    let stage = runtime.block_on(async {
        let kubeconfig = plane.kubeconfig("admin", &namespace);
        let stage = Stage::by(plane.clone(), namespace.clone(), kubeconfig, plain(&[])).await;
        stage.deploy("agent:1", 2).await;
        let account = json!({"metadata": {"name": "flightdeck"}});
        stage.api.post(&stage.core("serviceaccounts"), account).await;
        let rules = json!([{"apiGroups": ["", "apps", "autoscaling", "policy", "keda.sh"],
            "resources": ["*"], "verbs": ["get", "list", "patch"]}]);
        let of = json!({"kind": "ServiceAccount", "name": "flightdeck", "namespace": namespace});
        stage.allow_subject(of, "flightdeck", rules).await;
        let asked = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let token = stage.api.post(&stage.core("serviceaccounts/flightdeck/token"), asked).await;
        let token = token["status"]["token"].as_str().unwrap();
        for (name, text) in [("token", token), ("namespace", namespace.as_str())] {
            fs::write(secrets.path().join(name), text).unwrap();
        }
        fs::copy(plane.certificate(), secrets.path().join("ca.crt")).unwrap();
        stage
    });
    home.write(
        "config.toml",
        "user = \"ana\"\n[adapters.cluster]\ntype = \"kubernetes\"\n[adapters.cluster.actions.isolate]\n",
    );
    // Where a pod finds its account: in a namespace of mounts of its own, so that nothing of it stays.
    let pod = format!(
        "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && \
         cp -r {} /run/secrets/kubernetes.io/serviceaccount && exec \"$@\"",
        secrets.path().display()
    );
    let within = |arguments: &[&str]| {
        let inner = home.command(arguments);
        let mut outer = std::process::Command::new("unshare");
        outer.args(["--map-root-user", "--mount", "sh", "-c", &pod, "sh"]).arg(inner.get_program());
        outer.args(inner.get_args()).env_clear().current_dir(home.path());
        for (name, value) in home.variables() {
            outer.env(name, value);
        }
        let port = plane.address().port().to_string();
        outer.env("KUBERNETES_SERVICE_HOST", "127.0.0.1").env("KUBERNETES_SERVICE_PORT", port);
        let ran = outer.output().unwrap();
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        format!("{out}{}", String::from_utf8_lossy(&ran.stderr))
    };
    let seen = within(&["adapters", "--format", "json"]);
    assert!(seen.contains(&format!("in-cluster, namespace {namespace}: Kubernetes v")), "{seen}");
    let declared = within(&["declare", "it pays refunds", "-s", "P0", "-a", AGENT]);
    assert!(declared.contains("INC-1"), "{declared}");
    let acted = within(&["act", "1", "isolate", "-a", AGENT, "--yes", "--destroy-evidence"]);
    assert!(acted.contains("verified") || acted.contains("VERIFIED"), "{acted}");
    assert!(runtime.block_on(stage.pods()).is_empty());
    assert!(!acted.contains(&fs::read_to_string(secrets.path().join("token")).unwrap()));
}
