//! PagerDuty: Events v2 and the REST API, by the channel and by the adapter.

use flightdeck::adapters::{Ask, CallOutcome, Rig};
use flightdeck::channels::Post;
use flightdeck::incident::{MessageKind, Op, Params, Recipient, Text, Time};
use serde_json::{Value, json};

use crate::prism::{Seen, Vendor};
use crate::support::config;
use crate::{ENGINEERS, deliver, incident, message};

const ALERT: &str = "0a1b2c3d-INC-7";

fn taken(_: &Seen) -> (u16, Value) {
    (202, json!({"status": "success", "message": "Event processed", "dedup_key": ALERT}))
}

/// An account whose incident is assigned to its second level.
fn account(seen: &Seen) -> (u16, Value) {
    let incident = json!({
        "id": "PT4KHLK", "status": "triggered", "incident_key": ALERT,
        "escalation_policy": {"id": "PT20YPA"}, "assignments": [{"assignee": {"id": "PT23IWX"}}],
        "incidents_responders": [{"state": "pending", "user": {"id": "PT23IWX"}}],
    });
    let path = seen.path.split('?').next().unwrap_or_default();
    let answer = match path {
        "/incidents" => json!({"incidents": [incident]}),
        "/oncalls" => json!({"oncalls": [
            {"escalation_level": 2, "user": {"id": "PT23IWX", "summary": "bo"}, "end": null}
        ]}),
        "/incidents/PT4KHLK/responder_requests" => json!({"responder_request": {
            "responder_request_targets": [{"responder_request_target": {"id": "PT23IWX"}}]
        }}),
        "/incidents/PT4KHLK/log_entries" => json!({"log_entries": []}),
        "/incidents/PT4KHLK/notes" if seen.method == "GET" => json!({"notes": []}),
        _ => json!({"incident": incident}),
    };
    (200, answer)
}

/// The channel `c` and the adapter `duty`, on these two.
fn all(events: &Vendor, rest: &Vendor) -> (Rig, Post, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    // As long as the real ones: the descriptions say how long those are.
    std::fs::write(dir.path().join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::write(dir.path().join("token"), "y_NbAkKc66ryYTWUXYEu").unwrap();
    let text = format!(
        "[channels.c]\ntype = 'pagerduty'\nrouting_key_file = 'key'\nevents_url = '{}'\napi_url = '{}'\n\
         token_file = 'token'\nfrom = 'oncall@example.com'\nrequester = 'PL1JMK5'\n\
         escalation_policy = 'PT20YPA'\npeople = {{ bo = 'PT23IWX' }}\nlimit = '60s'\n\
         [adapters.duty]\ntype = 'pagerduty'\nchannel = 'c'\nlimit = '50s'\n",
        events.url(),
        rest.url()
    );
    let (rig, post) = config::all(dir.path(), &text);
    (rig, post, dir)
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn every_event_and_every_request_of_the_channel_is_one_that_pagerduty_describes() {
    let events = Vendor::start("pagerduty-events-v2.json", taken).await;
    let rest = Vendor::start("pagerduty-rest.json", account).await;
    let (_, post, _dir) = all(&events, &rest);
    let incident = incident();
    for kind in
        [MessageKind::Declared, MessageKind::Severity, MessageKind::Acknowledged, MessageKind::Resolved]
    {
        deliver(&post, &message(kind, ENGINEERS), &incident).await;
    }
    for to in [Recipient::Level(1), Recipient::Person("bo".into())] {
        deliver(&post, &message(MessageKind::Page, to), &incident).await;
    }
    deliver(&post, &message(MessageKind::Update, ENGINEERS), &incident).await;
    deliver(&post, &message(MessageKind::Note, ENGINEERS), &incident).await;
    let who = post.by_name("c").unwrap().on_call().unwrap();
    assert_eq!(who.who(1, Time::UNIX_EPOCH).await.unwrap()[0].person, Some("bo".into()));
    events.allowed(&["POST /enqueue"; 5]);
    rest.allowed(&[
        "GET /incidents",
        "PUT /incidents/PT4KHLK",
        "GET /incidents/PT4KHLK",
        "GET /oncalls",
        "GET /incidents",
        "POST /incidents/PT4KHLK/responder_requests",
        "GET /incidents",
        "POST /incidents/PT4KHLK/status_updates",
        "GET /incidents",
        "POST /incidents/PT4KHLK/notes",
        "GET /oncalls",
    ]);
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn every_request_of_the_adapter_is_one_that_pagerduty_describes() {
    let events = Vendor::start("pagerduty-events-v2.json", taken).await;
    let rest = Vendor::start("pagerduty-rest.json", account).await;
    let (rig, _, _dir) = all(&events, &rest);
    for (op, target) in [(Op::Escalate, "1"), (Op::Page, "bo")] {
        let params: Params = [("reason".to_owned(), "it leaks".into())].into();
        let ask = Ask { op, target: target.into(), params };
        let adapter = rig.need(op, &Text::line(target)).unwrap();
        let plan = adapter.plan_for(ALERT, &ask).await.unwrap();
        let called = adapter.call("0a1b2c3d-INC-7-A1", &plan).await;
        assert!(matches!(called, CallOutcome::Accepted { .. }), "{called:?}");
        assert!(!adapter.probe(&plan).await.is_empty());
    }
    rest.allowed(&[
        "GET /incidents",
        "GET /incidents/PT4KHLK/log_entries",
        "GET /oncalls",
        "GET /incidents",
        "PUT /incidents/PT4KHLK",
        "GET /incidents/PT4KHLK",
        "GET /oncalls",
        "GET /incidents/PT4KHLK/log_entries",
        "GET /incidents",
        "GET /incidents/PT4KHLK/log_entries",
        "GET /incidents",
        "POST /incidents/PT4KHLK/responder_requests",
        "GET /incidents/PT4KHLK",
    ]);
    events.allowed(&[]);
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn an_alert_that_the_adapter_raises_is_one_that_pagerduty_describes() {
    let events = Vendor::start("pagerduty-events-v2.json", taken).await;
    let rest = Vendor::start("pagerduty-rest.json", |_| (200, json!({"incidents": []}))).await;
    let (rig, _, _dir) = all(&events, &rest);
    let params: Params = [("reason".to_owned(), "it leaks".into())].into();
    let ask = Ask { op: Op::Escalate, target: "1".into(), params };
    let adapter = rig.need(Op::Escalate, &"1".into()).unwrap();
    let plan = adapter.plan_for(ALERT, &ask).await.unwrap();
    let calling = adapter.call("k", &plan);
    // It waits for what never appears; the alert was raised long before.
    drop(tokio::time::timeout(std::time::Duration::from_secs(20), calling).await);
    events.allowed(&["POST /enqueue"]);
    assert_eq!(rest.violations(), [""; 0]);
}

/// Without this a Prism that allows everything would prove everything.
#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn what_pagerduty_does_not_describe_is_found() {
    use flightdeck::web::{Backend, Base, Method, Request, Settings};
    let events = Vendor::start("pagerduty-events-v2.json", taken).await;
    let rest = Vendor::start("pagerduty-rest.json", account).await;
    let backend =
        |vendor: &Vendor| Backend::new(Settings::new("x", Base::parse(&vendor.url()).unwrap())).unwrap();
    let wrong = json!({"routing_key": "k", "event_action": "trigger", "payload": {"severity": "awful"}});
    backend(&events).send(&Request::post("/enqueue").json(&wrong).once()).await;
    let found = events.violations().join("\n");
    assert!(found.contains("severity") && found.contains("source"), "{found}");
    let put = |body: Value| Request::new(Method::PUT, "/incidents/PT4KHLK").json(&body).once();
    let status = json!({"incident": {"type": "incident_reference", "status": "closed"}});
    backend(&rest).send(&put(status).header("from", "a@b.c").header("authorization", "Token token=x")).await;
    backend(&rest).send(&Request::post("/incidents/PT4KHLK/nonsense").json(&json!({})).once()).await;
    let found = rest.violations().join("\n");
    assert!(found.contains("status") && found.contains("nonsense"), "{found}");
}
