//! PagerDuty: one alert for ever, levels set alone, and an escalation that is read back.

use serde_json::{Value, json};

use super::*;

const ALERT: &str = "0a1b-INC-7";

/// A call as it arrived: `PUT /incidents/P1`, and its body.
type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// Events are taken; the account has one incident, assigned to whoever `assigned` says.
async fn pagerduty(assigned: &'static str) -> (Server, Calls) {
    let calls = Calls::default();
    let kept = calls.clone();
    let routes = Router::new().fallback(async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let call = format!("{method} {uri}");
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        kept.lock().unwrap().push((call.clone(), body));
        if uri.path() == "/v2/enqueue" {
            let taken = json!({"status": "success", "message": "Event processed", "dedup_key": ALERT});
            return (StatusCode::ACCEPTED, taken.to_string());
        }
        if headers["authorization"] != format!("Token token={SECRET}").as_str() || headers["from"] != "fd@h" {
            return (StatusCode::UNAUTHORIZED, String::new());
        }
        let incident = json!({
            "id": "P1",
            "escalation_policy": {"id": "POL"},
            "assignments": [{"assignee": {"id": assigned, "type": "user_reference"}}],
        });
        let answer = match uri.path() {
            "/incidents" => json!({"incidents": [incident]}),
            "/oncalls" => json!({"oncalls": [
                {"escalation_level": 1, "user": {"id": "U1", "summary": "ana"}, "end": null},
                {"escalation_level": 2, "user": {"id": "U2", "summary": "bo"}, "end": "2026-11-23T10:00:00Z"},
            ]}),
            "/incidents/P1/responder_requests" => json!({"responder_request": {
                "responder_request_targets": [{"responder_request_target": {"id": "U2", "type": "user"}}],
            }}),
            _ => json!({"incident": incident}),
        };
        (StatusCode::OK, answer.to_string())
    });
    (Server::start(routes).await, calls)
}

fn pager(url: &str, with_token: bool) -> Post {
    let mut text = format!(
        "[channels.c]\ntype = 'pagerduty'\nrouting_key_env = 'KEY'\nevents_url = '{url}/v2'\napi_url = '{url}'\n"
    );
    if with_token {
        text += "token_env = 'TOKEN'\nfrom = 'fd@h'\nrequester = 'U9'\nescalation_policy = 'POL'\n\
                 people = { bo = 'U2' }\n";
    }
    post(&text, &|name| match name {
        "KEY" => Some("routing-key-1".to_owned()),
        "TOKEN" => Some(SECRET.to_owned()),
        _ => None,
    })
}

async fn tell(post: &Post, message: &Message) -> Delivery {
    let key = format!("{ALERT}-{}", message.id);
    post.by_name("c").unwrap().send(&key, message, &incident()).await
}

fn called(to: Recipient) -> Message {
    Message { to, kind: MessageKind::Page, ..message() }
}

#[tokio::test]
async fn an_incident_is_one_alert_from_trigger_to_resolve() {
    let (server, calls) = pagerduty("U1").await;
    let pager = pager(&server.url(), false);
    for (kind, severity) in [
        (MessageKind::Declared, Severity::P0),
        (MessageKind::Severity, Severity::P3),
        (MessageKind::Update, Severity::P3),
        (MessageKind::Resolved, Severity::P3),
    ] {
        let said = tell(&pager, &Message { kind, severity, ..message() }).await;
        assert!(matches!(said, Delivery::Delivered { .. }), "{said:?}");
    }
    let calls = calls.lock().unwrap();
    let events: Vec<_> = calls
        .iter()
        .map(|(_, b)| {
            (b["event_action"].as_str().unwrap(), b["payload"]["severity"].as_str(), &b["dedup_key"])
        })
        .collect();
    let key = &json!(ALERT);
    assert_eq!(
        events,
        [
            ("trigger", Some("critical"), key),
            ("trigger", Some("info"), key),
            ("acknowledge", None, key),
            ("resolve", None, key),
        ]
    );
    assert_eq!(calls[0].1["routing_key"], "routing-key-1");
    assert_eq!(calls[0].1["payload"]["source"], "support-1");
}

#[tokio::test]
async fn who_is_brought_in_later_is_called_by_an_alert_of_its_own_without_a_token() {
    let (server, calls) = pagerduty("U1").await;
    let pager = pager(&server.url(), false);
    for (to, key) in [
        (Recipient::Level(0), ALERT.to_owned()),
        (Recipient::Level(1), format!("{ALERT}-M3")),
        (Recipient::Person("bo".into()), format!("{ALERT}-M3")),
    ] {
        tell(&pager, &called(to.clone())).await;
        let calls = calls.lock().unwrap();
        assert_eq!(calls.last().unwrap().1["dedup_key"], key.as_str(), "{to}");
    }
}

#[tokio::test]
async fn d10_a_level_is_set_alone_and_believed_when_its_people_have_the_incident() {
    for (assigned, expected) in [
        ("U2", "Delivered: P1 is assigned to bo, level 2"),
        ("U1", "Failed: PagerDuty took it, and P1 is not assigned to its level 2"),
    ] {
        let (server, calls) = pagerduty(assigned).await;
        let said = match tell(&pager(&server.url(), true), &called(Recipient::Level(1))).await {
            Delivery::Delivered { answer, .. } => format!("Delivered: {answer}"),
            Delivery::Failed { why, .. } => format!("Failed: {why}"),
            Delivery::Refused(why)
            | Delivery::Unknown(why)
            | Delivery::Repeated(why)
            | Delivery::Unknowable(why) => why.to_string(),
        };
        assert_eq!(said, expected);
        let calls = calls.lock().unwrap();
        let put = calls.iter().find(|(call, _)| call == "PUT /incidents/P1").unwrap();
        assert_eq!(put.1, json!({"incident": {"type": "incident_reference", "escalation_level": 2}}));
        assert!(calls[0].0.contains(&format!("incident_key={ALERT}")), "{}", calls[0].0);
    }
}

#[tokio::test]
async fn c1_one_person_is_asked_to_respond_and_a_stranger_is_said_to_be_one() {
    let (server, calls) = pagerduty("U1").await;
    let pager = pager(&server.url(), true);
    let asked = tell(&pager, &called(Recipient::Person("bo".into()))).await;
    let answer = "U2 is asked to respond to P1".into();
    assert_eq!(asked, Delivery::Delivered { answer, reference: None });
    let request = calls.lock().unwrap().last().unwrap().1.clone();
    assert_eq!((&request["requester_id"], &request["message"]), (&json!("U9"), &json!(message().subject)));
    let Delivery::Delivered { answer, .. } = tell(&pager, &called(Recipient::Person("zoe".into()))).await
    else {
        unreachable!()
    };
    assert_eq!(answer, Text::line("people: zoe is not in the table; whoever is on call was called"));
}

#[tokio::test]
async fn d10_who_would_be_paged_is_read_before_anything_is_sent() {
    let (server, calls) = pagerduty("U1").await;
    let pager = pager(&server.url(), true);
    let on_call = pager.by_name("c").unwrap().on_call().unwrap();
    let duties = on_call.who(1, Time::UNIX_EPOCH).await.unwrap();
    let words: Vec<String> = duties.iter().map(flightdeck::incident::rota::Duty::words).collect();
    assert_eq!(words, ["bo (until Mon 23 Nov 10:00 UTC) through c"]);
    assert!(calls.lock().unwrap().iter().all(|(call, _)| call.starts_with("GET ")));
}

#[tokio::test]
async fn what_each_answer_to_an_event_means_and_no_key_comes_back() {
    for (status, body, word) in [
        (202, "{\"status\":\"success\"}", "delivered"),
        (202, "<html>", "unknown"),
        (400, "{\"status\":\"invalid event\",\"key\":\"routing-key-1\"}", "refused"),
        (429, "", "failed"),
        (500, "routing-key-1", "failed"),
    ] {
        let (server, _) = server(status, body).await;
        let said = tell(&pager(&server.url(), false), &message()).await;
        assert!(!format!("{said:?}").contains("routing-key-1"), "{said:?}");
        let said = match said {
            Delivery::Delivered { .. } => "delivered",
            Delivery::Failed { .. } => "failed",
            Delivery::Refused(_) => "refused",
            Delivery::Unknown(_) | Delivery::Repeated(_) | Delivery::Unknowable(_) => "unknown",
        };
        assert_eq!(said, word, "{status} {body}");
    }
}
