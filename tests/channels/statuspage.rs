//! Statuspage: a person's words only, in one incident, never twice.

use serde_json::{Value, json};

use super::*;

fn page(url: &str) -> Post {
    let text =
        format!("[channels.c]\ntype = 'statuspage'\npage = 'pg1'\ntoken_env = 'T'\napi_url = '{url}/v1'\n");
    post(&text, &|name| (name == "T").then(|| SECRET.to_owned()))
}

fn update() -> Message {
    Message { kind: MessageKind::Update, to: Recipient::Audience(Audience::Customers), ..message() }
}

/// The incident with these events about its update.
fn after(events: Vec<Event>) -> Incident {
    let mut incident = incident();
    let queued = Event::MessageQueued { message: update().into() };
    for (seq, event) in (2..).zip([queued].into_iter().chain(events)) {
        let at = Time::UNIX_EPOCH;
        incident.apply(&flightdeck::incident::Entry {
            incident: IncidentId(7),
            seq,
            at,
            actor: Actor::Flightdeck,
            event,
        });
    }
    incident
}

async fn tell(post: &Post, message: &Message, incident: &Incident) -> Delivery {
    post.by_name("c").unwrap().send("0a1b-INC-7-M3", message, incident).await
}

#[tokio::test]
async fn the_first_update_opens_an_incident_there_and_the_next_one_goes_into_it() {
    let (server, seen) = server(201, "{\"id\":\"sp1\",\"status\":\"investigating\"}").await;
    let page = page(&server.url());
    let expected = Delivery::Delivered {
        answer: "incident sp1 shows 'investigating'".into(),
        reference: Some("sp1".into()),
    };
    assert_eq!(tell(&page, &update(), &after(vec![])).await, expected);
    let told =
        Event::MessageDelivered { message: MessageId(3), answer: "x".into(), reference: Some("sp1".into()) };
    let next = Message { id: MessageId(4), ..update() };
    assert_eq!(tell(&page, &next, &after(vec![told])).await, expected);
    let seen = seen.lock().unwrap();
    let (uri, headers, body) = &seen[0];
    assert_eq!(uri, "/v1/pages/pg1/incidents");
    assert_eq!(headers["authorization"], format!("OAuth {SECRET}").as_str());
    let first: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        first,
        json!({"incident": {
            "name": "P0 INC-7: mails \"leave\" {key}",
            "status": "investigating",
            "body": "two\nlines, \"quoted\", {key}",
            "deliver_notifications": true,
            "metadata": {"flightdeck": {"incident": "0a1b-INC-7"}},
        }})
    );
    let next: Value = serde_json::from_str(&seen[1].2).unwrap();
    assert_eq!(
        (seen[1].0.as_str(), &next["incident"]["name"]),
        ("/v1/pages/pg1/incidents/sp1", &Value::Null)
    );
}

#[tokio::test]
async fn d3_nothing_but_a_persons_words_for_customers_gets_there() {
    let (server, seen) = server(201, "{}").await;
    let page = page(&server.url());
    for message in [
        message(),
        Message { kind: MessageKind::Update, ..message() },
        Message { kind: MessageKind::Resolved, ..update() },
    ] {
        let said = tell(&page, &message, &incident()).await;
        assert!(matches!(said, Delivery::Refused(_)), "{said:?}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn after_doubt_the_page_is_read_before_anything_is_said_again() {
    let there = "[{\"id\":\"sp1\",\"status\":\"investigating\",\
                 \"metadata\":{\"flightdeck\":{\"incident\":\"0a1b-INC-7\"}},\
                 \"incident_updates\":[{\"body\":\"two\\nlines, \\\"quoted\\\", {key}\"}]}]";
    let (server, seen) = server(200, there).await;
    let again_at = Some(Time::UNIX_EPOCH);
    let failed = Event::MessageFailed {
        message: MessageId(3),
        reason: "no answer".into(),
        again_at,
        doubt: Doubt::Lost,
    };
    let said = tell(&page(&server.url()), &update(), &after(vec![failed])).await;
    let answer = "incident sp1 shows 'investigating'".into();
    assert_eq!(said, Delivery::Delivered { answer, reference: Some("sp1".into()) });
    let seen = seen.lock().unwrap();
    assert_eq!((seen.len(), seen[0].2.as_str()), (1, ""), "it was only read");
}
