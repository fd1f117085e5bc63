//! Rate limits that are written where the agent reads them.

use flightdeck::adapters::{Knob, KubernetesAction};
use flightdeck::incident::{Lamp, Op};
use serde_json::json;

use crate::stage::{AGENT, Read, Stage, conflicts, spec};

fn limit(knob: Knob, checks: Option<&str>) -> (Op, KubernetesAction) {
    let checks = checks.map(|check| vec![check.parse().unwrap()]);
    (Op::RateLimit, KubernetesAction { knob: Some(knob), checks, ..KubernetesAction::default() })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a6_a_limit_that_is_written_is_not_a_limit_that_is_kept() {
    let knob = Knob::ConfigMap { name: "{agent}-limits".to_owned(), key: "rpm".to_owned() };
    let stage = Stage::open(spec(&[limit(knob, None)])).await;
    stage.deploy("agent:1", 1).await;
    let maps = stage.core("configmaps");
    let missing = stage.plan(Op::RateLimit, &[]).await.unwrap_err();
    assert!(missing.as_str().contains("there is no ConfigMap"), "{missing}");
    let data =
        json!({"metadata": {"name": format!("{AGENT}-limits")}, "data": {"rpm": "60", "other": "kept"}});
    stage.api.post(&maps, data).await;

    let plan = stage.plan(Op::RateLimit, &[("calls_per_minute", "5")]).await.unwrap();
    assert!(conflicts(&plan).contains("will stay unverified"), "{}", conflicts(&plan));
    let limited = stage.confirm(plan).await;
    let written = |(check, _, value): &Read| check == "rate_limit" && value == "5";
    stage.until_read(limited, "it is written", |read| read.iter().any(written)).await;
    assert_eq!(stage.action(limited).lamp, Lamp::Accepted, "nobody read api_calls");
    let map = stage.api.get(&format!("{maps}/{AGENT}-limits")).await;
    assert_eq!(map["data"], json!({"rpm": "5", "other": "kept"}));
    let lift = stage.undo(limited).await;
    stage.lamp(lift, Lamp::Verified).await;
    let map = stage.api.get(&format!("{maps}/{AGENT}-limits")).await;
    assert_eq!(map["data"], json!({"rpm": "60", "other": "kept"}), "what stood there before");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: ./tests/run --all"]
async fn a6_an_annotation_is_set_and_taken_away_again() {
    let knob = Knob::Annotation("example.com/rpm".to_owned());
    let stage = Stage::open(spec(&[limit(knob, Some("rate_limit = {calls_per_minute}"))])).await;
    stage.deploy("agent:1", 1).await;
    let limited = stage.act(Op::RateLimit, &[]).await;
    stage.lamp(limited, Lamp::Verified).await;
    let object = stage.api.get(&stage.apps("deployments", AGENT)).await;
    assert_eq!(object["metadata"]["annotations"]["example.com/rpm"], "10");
    stage.change(json!({"metadata": {"annotations": {"example.com/rpm": "1000"}}})).await;
    stage.lamp(limited, Lamp::Leaking).await;
    let lift = stage.undo(limited).await;
    stage.lamp(lift, Lamp::Verified).await;
    let object = stage.api.get(&stage.apps("deployments", AGENT)).await;
    assert!(object["metadata"]["annotations"].get("example.com/rpm").is_none());
}
