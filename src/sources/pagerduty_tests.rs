use serde_json::json;

use super::*;
use crate::web::sign::{hex, hmac_sha256};

fn at() -> Time {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

fn event(kind: &str, agent: Value, data: Value) -> Vec<u8> {
    json!({"event": {
        "id": "5ac64822-4adc", "event_type": kind, "resource_type": "incident",
        "occurred_at": "2026-11-21T07:59:00.169Z", "agent": agent, "client": null, "data": data,
    }})
    .to_string()
    .into_bytes()
}

fn ana() -> Value {
    json!({"id": "PLH1HKV", "summary": "Ana Lee", "type": "user_reference"})
}

fn itself() -> Value {
    json!({
        "id": "PGR0VU2", "type": "incident", "incident_key": "0a1b-INC-7", "title": "mails leave",
        "urgency": "high", "assignees": [{"id": "U2", "summary": "bo"}], "service": {"summary": "API"},
        "priority": {"summary": "P1"}, "escalation_policy": {"summary": "Default"},
    })
}

fn below(kind: &str, more: &[(&str, Value)]) -> Value {
    let mut data = json!({"type": kind, "incident": {"id": "PGR0VU2", "type": "incident_reference"}});
    for (key, value) in more {
        data[*key] = value.clone();
    }
    data
}

fn heard(body: &[u8], declare: bool) -> Heard {
    let mut delivery = parse(body, at(), declare).unwrap();
    let Some(Incoming::Elsewhere(heard)) = delivery.incoming.pop() else { panic!("{delivery:?}") };
    *heard
}

#[test]
fn what_each_event_says_and_whether_somebody_is_on_it() {
    let machine = json!({"id": "S1", "summary": "API", "type": "service_reference"});
    for (kind, agent, data, text, by) in [
        ("incident.triggered", machine.clone(), itself(), "triggered: mails leave", None),
        ("incident.acknowledged", ana(), itself(), "acknowledged by Ana Lee", Some("Ana Lee")),
        ("incident.acknowledged", machine.clone(), itself(), "acknowledged", None),
        ("incident.escalated", ana(), itself(), "escalated by Ana Lee, to bo", None),
        ("incident.reassigned", ana(), itself(), "reassigned by Ana Lee, to bo", Some("Ana Lee")),
        (
            "incident.resolved",
            Value::Null,
            itself(),
            "resolved there; here it is a person who resolves it",
            None,
        ),
        (
            "incident.annotated",
            ana(),
            below("incident_note", &[("content", json!("rolled\nback")), ("trimmed", json!(true))]),
            "note by Ana Lee: rolled back …",
            Some("Ana Lee"),
        ),
        (
            "incident.status_update_published",
            ana(),
            below("incident_status_update", &[("message", json!("soon"))]),
            "status update by Ana Lee: soon",
            Some("Ana Lee"),
        ),
        (
            "incident.responder.added",
            ana(),
            below("incident_responder", &[("user", json!({"summary": "Maeve"}))]),
            "Maeve was asked to respond",
            None,
        ),
        (
            "incident.responder.replied",
            ana(),
            below("incident_responder", &[("user", ana()), ("state", json!("accepted"))]),
            "Ana Lee: accepted",
            Some("Ana Lee"),
        ),
        (
            "incident.responder.replied",
            ana(),
            below("incident_responder", &[("user", ana()), ("state", json!("declined"))]),
            "Ana Lee: declined",
            None,
        ),
        ("incident.something.new", ana(), below("x", &[]), "something.new by Ana Lee", None),
    ] {
        let Heard { heard, .. } = heard(&event(kind, agent, data), false);
        assert_eq!((heard.text.as_str(), heard.by.as_ref().map(Text::as_str)), (text, by), "{kind}");
        assert_eq!((heard.called.as_str(), heard.id.as_str()), ("PGR0VU2", "5ac64822-4adc"));
        assert_eq!(heard.at.to_rfc3339(), "2026-11-21T07:59:00.169+00:00");
    }
}

#[test]
fn only_what_is_asked_for_declares_and_their_priority_is_not_our_severity() {
    let body = event("incident.triggered", ana(), itself());
    assert_eq!(heard(&body, false).triggers, None);
    let alert = heard(&body, true).triggers.unwrap();
    assert_eq!((alert.key.as_str(), alert.group.as_str()), ("pagerduty:PGR0VU2", "pagerduty:0a1b-INC-7"));
    assert_eq!(alert.severity, None);
    assert!(alert.labels.contains(&("priority".into(), "P1".into())));
    assert_eq!(heard(&event("incident.escalated", ana(), itself()), true).triggers, None);
}

#[test]
fn what_was_written_under_a_key_of_ours_quotes_it() {
    let note =
        |text: &str| event("incident.annotated", ana(), below("incident_note", &[("content", json!(text))]));
    for (text, quotes) in [
        ("[0a1b-INC-7-M12] rolled back", Some("0a1b-INC-7-M12")),
        ("[] x", None),
        ("[never closed", None),
        ("rolled [back]", None),
    ] {
        assert_eq!(heard(&note(text), false).quotes.as_ref().map(Text::as_str), quotes, "{text}");
    }
}

#[test]
fn what_is_not_about_an_incident_is_left_and_what_names_none_is_told() {
    let ping = br#"{"event": {"id": "1", "event_type": "pagey.ping", "resource_type": "pagey", "data": {}}}"#;
    let left = parse(ping, at(), true).unwrap();
    assert_eq!((left.incoming.len(), left.notes.len()), (0, 1));
    for (body, says) in [
        (event("incident.triggered", ana(), json!({"type": "incident"})), "event.data: it names no incident"),
        (
            event("incident.annotated", ana(), json!({"type": "incident_note"})),
            "event.data: it names no incident",
        ),
        (b"{}".to_vec(), "missing field `event`"),
        (b"[".to_vec(), "body"),
        (
            br#"{"event": {"id": " ", "event_type": "incident.x", "data": {}}}"#.to_vec(),
            "event.id: it is empty",
        ),
    ] {
        let error = parse(&body, at(), true).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn hostile_words_stay_words_and_are_bounded() {
    let text = format!("\u{202e}x\u{7}\n{}", "y".repeat(100_000));
    let note = event("incident.annotated", ana(), below("incident_note", &[("content", json!(text))]));
    let said = heard(&note, false).heard.text;
    assert!(said.as_str().len() < 4_000 && !said.as_str().contains(['\u{202e}', '\u{7}', '\n']), "{said}");
    let odd = json!({"id": "a/../b\u{7}", "type": "incident"});
    let called = heard(&event("incident.triggered", ana(), odd), false).heard.called;
    assert!(!called.as_str().contains('\u{7}'), "{called}");
}

#[test]
fn an_attacker_who_knows_everything_but_the_secret_signs_nothing() {
    let secret = Secret::new("s3cret");
    let body = "{\"event\": \"\u{6f22}\"}".as_bytes();
    let right = format!("v1={}", hex(&hmac_sha256(&secret, body)));
    let other = format!("v1={}", hex(&hmac_sha256(&Secret::new("other"), body)));
    for (header, fits) in [
        (right.clone(), true),
        (format!("{other},{right}"), true),
        (format!("{other}, {right}"), true),
        (format!("{right},{other}"), true),
        (right.to_uppercase().replace("V1", "v1"), true),
        (other.clone(), false),
        (right.replace("v1=", "v2="), false),
        (right.replace("v1=", ""), false),
        (right[..right.len() - 2].to_owned(), false),
        (format!("{right}00"), false),
        ("v1=".to_owned(), false),
        ("v1=zz".to_owned(), false),
        (String::new(), false),
        // Beyond what PagerDuty would ever send nothing is looked at.
        (format!("{}{right}", format!("{other},").repeat(SIGNATURES)), false),
    ] {
        assert_eq!(is_signed(&secret, body, header.as_bytes()), fits, "{header}");
    }
    let changed = "{\"event\":  \"\u{6f22}\"}".as_bytes();
    assert!(!is_signed(&secret, changed, right.as_bytes()), "the raw body counts, to the byte");
}
