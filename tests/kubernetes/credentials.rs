//! Who asks: an exec plugin, and a token that is no longer taken.

use std::fs;

use flightdeck::incident::{Lamp, Op};

use crate::stage::{Stage, own_namespace, plain};
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
