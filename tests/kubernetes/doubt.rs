//! A cluster that stops answering: what is not known is not guessed.

use std::sync::Arc;
use std::time::Duration;

use flightdeck::adapters::{Knob, KubernetesAction, KubernetesSpec};
use flightdeck::incident::{Action, Lamp, Op, Settlement};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stage::{AGENT, DEADLINE, Stage, own_namespace, plain};
use crate::support::fault::{Fault, FaultProxy};
use crate::support::kubernetes::ControlPlane;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn with_its_store_frozen_a_call_is_in_doubt_within_its_deadline_and_settled_by_reading() {
    // One of its own: nobody else's test may wait for this store.
    let plane = Arc::new(ControlPlane::start().unwrap());
    let spec = KubernetesSpec { deadline: Duration::from_secs(2), ..plain(&[Op::Isolate]) };
    let stage = Stage::on(plane, "admin", spec).await;
    stage.deploy("agent:1", 2).await;
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();

    stage.plane.freeze();
    let began = Instant::now();
    let asked = stage.plan(Op::Isolate, &[]).await.unwrap_err();
    assert!(began.elapsed() < DEADLINE / 2, "a plan does not wait for ever");
    assert!(asked.as_str().contains("no answer within 2 s") || asked.as_str().contains("504"), "{asked}");

    let isolation = stage.confirm(plan).await;
    let action = stage.lamp(isolation, Lamp::InDoubt).await;
    assert!(began.elapsed() < DEADLINE / 2, "{:?}", began.elapsed());
    assert!(action.answer.as_str().contains("nobody knows"), "{}", action.answer);

    stage.plane.thaw();
    // Done or not, only the pods can tell.
    stage.until_read(isolation, "the pods are read again", |read| !read.is_empty()).await;
    let settled = stage.action(isolation);
    if settled.lamp == Lamp::Verified {
        return; // the store had taken it
    }
    // It had not, and nobody repeats it but a person.
    assert_eq!(settled.lamp, Lamp::InDoubt, "{}", stage.timeline());
    stage.settle(isolation, Settlement::Failed).await;
    let again = stage.act(Op::Isolate, &[]).await;
    stage.lamp(again, Lamp::Verified).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn with_the_answer_lost_a_call_is_in_doubt_made_once_and_found_done_by_reading() {
    let plane = ControlPlane::shared();
    let proxy = FaultProxy::start(plane.address()).await;
    let namespace = own_namespace();
    let kubeconfig = plane.kubeconfig_by("admin", &namespace, proxy.address.port());
    let spec = KubernetesSpec { deadline: Duration::from_secs(2), ..plain(&[Op::Isolate]) };
    let stage = Stage::by(plane, namespace, kubeconfig, spec).await;
    stage.deploy("agent:1", 2).await;
    let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
    let generation =
        async || stage.api.get(&stage.apps("deployments", AGENT)).await["metadata"]["generation"].clone();
    let before = generation().await.as_i64().unwrap();

    proxy.set(Fault::Half);
    let isolation = stage.confirm(plan).await;
    stage.lamp(isolation, Lamp::InDoubt).await;
    stage.until_pods("it was done all the same", <[_]>::is_empty).await;
    assert_eq!(stage.action(isolation).lamp, Lamp::InDoubt, "what is not read is not known");
    proxy.set(Fault::Pass);
    stage.lamp(isolation, Lamp::Verified).await;
    assert_eq!(generation().await, before + 1, "it was made once");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn with_the_connection_reset_nothing_is_called_failed_that_may_have_been_done() {
    let plane = ControlPlane::shared();
    let proxy = FaultProxy::start(plane.address()).await;
    let namespace = own_namespace();
    let kubeconfig = plane.kubeconfig_by("admin", &namespace, proxy.address.port());
    let spec = KubernetesSpec { deadline: Duration::from_secs(2), ..plain(&[Op::Isolate]) };
    let stage = Stage::by(plane, namespace, kubeconfig, spec).await;
    stage.deploy("agent:1", 1).await;
    for fault in [Fault::Reset, Fault::Blackhole, Fault::Latency(Duration::from_millis(50))] {
        let plan = stage.plan(Op::Isolate, &[]).await.unwrap();
        proxy.set(fault);
        let isolation = stage.confirm(plan).await;
        let settled = |action: &Action| !matches!(action.lamp, Lamp::Requested | Lamp::Accepted);
        let action = stage.until(isolation, "it is settled", settled).await;
        proxy.set(Fault::Pass);
        if matches!(fault, Fault::Latency(_)) {
            assert_eq!(action.lamp, Lamp::Verified);
        } else if action.lamp == Lamp::Failed {
            // Whether it went out before the connection broke is what the lamp says.
            assert!(action.answer.as_str().contains("nothing was called"), "{}", action.answer);
        } else {
            assert_eq!(action.lamp, Lamp::InDoubt, "{fault:?}: {}", action.answer);
            stage.settle(isolation, Settlement::Failed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn with_the_answer_lost_no_action_is_made_twice_and_none_is_called_failed_that_was_done() {
    let plane = ControlPlane::shared();
    let proxy = FaultProxy::start(plane.address()).await;
    let namespace = own_namespace();
    let kubeconfig = plane.kubeconfig_by("admin", &namespace, proxy.address.port());
    let mut spec = plain(&[Op::Restart, Op::RollbackBranch, Op::Snapshot]);
    spec.deadline = Duration::from_secs(2);
    let knob = Some(Knob::Annotation("agents/limit".to_owned()));
    spec.actions.insert(Op::RateLimit, KubernetesAction { knob, ..KubernetesAction::default() });
    let stage = Stage::by(plane, namespace, kubeconfig, spec).await;
    stage.deploy("agent:1", 1).await;
    let image = |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": image}]}}}});
    stage.change(image("agent:2")).await;
    let runs = |pods: &[Value]| pods.len() == 1 && pods[0]["spec"]["containers"][0]["image"] == "agent:2";
    stage.until_pods("the second one runs", runs).await;
    for op in [Op::RateLimit, Op::Restart, Op::RollbackBranch, Op::Snapshot] {
        let object = async || stage.api.get(&stage.apps("deployments", AGENT)).await;
        let plan = stage.plan(op, &[]).await.unwrap();
        let before = object().await["metadata"]["generation"].as_i64().unwrap();
        proxy.set(Fault::Half);
        let action = stage.confirm(plan).await;
        let settled = |action: &Action| action.lamp != Lamp::Requested;
        let action = stage.until(action, "it has come to something", settled).await;
        proxy.set(Fault::Pass);
        let after = object().await["metadata"]["generation"].as_i64().unwrap();
        let told = format!("{op}: generation {before} to {after}, {} {}", action.lamp, action.answer);
        match (op, action.lamp) {
            // Sent without reading anything before: it is done, and nobody here knows.
            (Op::Restart, Lamp::InDoubt) => assert_eq!(after, before + 1, "{told}"),
            (Op::RateLimit, Lamp::InDoubt) => {
                let limit = object().await["metadata"]["annotations"]["agents/limit"].clone();
                assert_eq!(limit, "10", "{told}");
            }
            // A snapshot only reads; a rollback reads first what it is put on.
            (Op::Snapshot, Lamp::Failed | Lamp::Accepted | Lamp::InDoubt) => {
                assert_eq!(after, before, "{told}")
            }
            (Op::RollbackBranch, Lamp::Failed) => {
                assert!(action.answer.as_str().contains("nothing was called") && after == before, "{told}");
            }
            (_, _) => panic!("{told}"),
        }
        if action.lamp == Lamp::InDoubt && op != Op::Snapshot {
            stage.until_read(action.id, "it is read", |read| !read.is_empty()).await;
            if stage.action(action.id).lamp == Lamp::InDoubt {
                stage.settle(action.id, Settlement::Failed).await;
            }
        }
    }
}
