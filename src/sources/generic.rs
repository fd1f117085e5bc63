//! The generic JSON: one alert, or a list of them, from anything that can send HTTP.
//!
//! ```json
//! {
//!   "key": "checkout-5xx",
//!   "name": "CheckoutErrors",
//!   "status": "firing",
//!   "summary": "one call in three fails",
//!   "group": "checkout",
//!   "severity": "P1",
//!   "criticality": "CRITICAL",
//!   "category": "API",
//!   "pattern": "tool-failure",
//!   "agent": "support-1",
//!   "starts_at": "2026-11-21T05:32:05Z",
//!   "ends_at": null,
//!   "labels": {"region": "eu-1"}
//! }
//! ```
//!
//! | field | |
//! |---|---|
//! | `key` | needed: what makes it the same alert when it is sent again |
//! | `name` | needed while it fires |
//! | `status` | `firing` (default) or `resolved` |
//! | `group` | what makes it belong together with others; default: its key |
//! | `severity` | P0 to P3 or SEV1 to SEV4; any other word is a criticality |
//! | `criticality` | `CRITICAL` makes P0, anything else P1, where no severity is named (B3) |
//! | `category` | `API` or `Auth`, `Model`, or anything else (B3) |
//! | `pattern` | `tool-failure`, `model-failure`, `orchestration`, `boundary`; wins over `category` |
//! | `agent` | the agent's id |
//! | `starts_at` | RFC 3339; default: not known, and detection is not measured |
//! | `ends_at` | RFC 3339; default: when it was received |
//! | `labels` | words by name, for the record |
//!
//! A field that is not in this table is refused: a misspelt `severity` must not pass unseen.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::incoming::Notes;
use super::said::{Said, happened, name, one_line};
use super::{Delivery, Incoming, ParseError, json};
use crate::incident::{Alert, Text, Time};

/// The name of this source.
pub const SOURCE: &str = "generic";

const HINT: &str = "send {\"key\": \"...\", \"name\": \"...\"} or a list of such; further fields: status, \
                    summary, group, severity, criticality, category, pattern, agent, starts_at, ends_at, \
                    labels";

/// Alerts in one list: recording more would outlast the sender, who can send several lists.
const MAX_ALERTS: usize = 1_000;

/// Labels of one alert.
const MAX_LABELS: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct WireAlert {
    key: String,
    name: Option<String>,
    #[serde(default)]
    status: Status,
    summary: Option<String>,
    group: Option<String>,
    severity: Option<String>,
    criticality: Option<String>,
    category: Option<String>,
    pattern: Option<String>,
    agent: Option<String>,
    starts_at: Option<Time>,
    ends_at: Option<Time>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[default]
    Firing,
    Resolved,
}

/// Reads one alert or a list of them, received at `received_at`.
///
/// # Errors
/// Says what is wrong with the body, where, and what to send instead.
pub fn parse(body: &[u8], received_at: Time) -> Result<Delivery, ParseError> {
    let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let alerts: Vec<WireAlert> =
        if is_list { json::read(body, HINT)? } else { vec![json::read(body, HINT)?] };
    if alerts.len() > MAX_ALERTS {
        let what = format!("{} alerts in one list", alerts.len());
        return Err(json::wrong("body", &what, &format!("send at most {MAX_ALERTS} at once")));
    }
    let mut notes = Notes::default();
    let mut incoming = Vec::with_capacity(alerts.len());
    for (at, alert) in alerts.iter().enumerate() {
        let place = if is_list { format!("[{at}].") } else { String::new() };
        incoming.push(alert.incoming(&place, received_at, &mut notes)?);
    }
    Ok(Delivery { incoming, notes: notes.done() })
}

impl WireAlert {
    fn incoming(&self, place: &str, received_at: Time, notes: &mut Notes) -> Result<Incoming, ParseError> {
        let wrong = |field: &str, what: &str| json::wrong(&format!("{place}{field}"), what, HINT);
        if self.key.trim().is_empty() {
            return Err(wrong("key", "it is empty"));
        }
        if self.labels.len() > MAX_LABELS {
            return Err(wrong("labels", &format!("{} labels, at most {MAX_LABELS}", self.labels.len())));
        }
        let key = name(SOURCE, &self.key);
        match self.status {
            Status::Resolved => {
                Ok(Incoming::Over { key, at: happened(self.ends_at, received_at, &self.key, notes) })
            }
            Status::Firing => match self.name.as_deref().filter(|name| !name.trim().is_empty()) {
                Some(name) => Ok(Incoming::Fired(self.alert(key, name, received_at, notes))),
                None => Err(wrong("name", "missing, and needed while the alert fires")),
            },
        }
    }

    fn alert(&self, key: Text, called: &str, received_at: Time, notes: &mut Notes) -> Alert {
        let class = Said {
            name: called,
            agents: self.agent.as_deref().into_iter().collect(),
            priority: None,
            severity: self.severity.as_deref(),
            criticality: self.criticality.as_deref(),
            category: self.category.as_deref(),
            pattern: self.pattern.as_deref(),
        }
        .class(notes);
        let group = self.group.as_deref().filter(|group| !group.trim().is_empty());
        Alert {
            group: group.map_or_else(|| key.clone(), |group| name(SOURCE, group)),
            key,
            source: Text::line(SOURCE),
            name: Text::line(called),
            summary: one_line(self.summary.as_deref().unwrap_or_default()),
            criticality: class.criticality,
            category: class.category,
            severity: class.severity,
            agent: class.agent,
            // A beginning that nobody told is not made up: detection would look immediate (B1).
            starts_at: self.starts_at.map(|at| happened(Some(at), received_at, called, notes)),
            labels: self.record(),
        }
    }

    /// The labels, and with them the words that were read as something else.
    fn record(&self) -> Vec<(Text, Text)> {
        let said = [
            ("agent", &self.agent),
            ("severity", &self.severity),
            ("criticality", &self.criticality),
            ("category", &self.category),
            ("pattern", &self.pattern),
        ];
        let said = said.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        labels.chain(said).map(|(name, value)| (Text::line(name), Text::block(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::incident::{Pattern, Severity};
    use proptest::prelude::*;

    const NOW: &str = "2026-11-21T08:00:00Z";

    fn time(s: &str) -> Time {
        s.parse().unwrap()
    }

    fn read(body: &Value) -> Result<Delivery, ParseError> {
        parse(body.to_string().as_bytes(), time(NOW))
    }

    fn fired(body: &Value) -> (Alert, Vec<Text>) {
        let delivery = read(body).unwrap();
        match delivery.incoming.into_iter().next().unwrap() {
            Incoming::Fired(alert) => (alert, delivery.notes),
            Incoming::Over { key, .. } => panic!("{key} is over"),
            Incoming::Elsewhere(heard) => panic!("{heard:?}"),
        }
    }

    #[test]
    fn key_and_name_are_enough() {
        let (alert, notes) = fired(&json!({"key": "k", "name": "Disk full"}));
        assert_eq!((alert.key.as_str(), alert.group.as_str()), ("generic:k", "generic:k"));
        assert_eq!((alert.name.as_str(), alert.source.as_str()), ("Disk full", "generic"));
        assert_eq!(alert.starts_at, None, "b1: regression: detection was measured from the receipt");
        assert_eq!((alert.first_severity(), alert.first_pattern()), (Severity::P1, Pattern::Orchestration));
        assert_eq!(notes, Vec::<Text>::new());
    }

    #[test]
    fn the_documented_example_is_taken() {
        let doc = include_str!("generic.rs");
        let example: String = doc
            .lines()
            .skip_while(|line| !line.starts_with("//! ```json"))
            .skip(1)
            .take_while(|line| !line.starts_with("//! ```"))
            .map(|line| line.trim_start_matches("//!"))
            .collect();
        let (alert, notes) = fired(&serde_json::from_str(&example).unwrap());
        assert_eq!(alert.severity, Some(Severity::P1));
        assert_eq!(alert.first_pattern(), Pattern::ToolFailure);
        assert_eq!(alert.agent.unwrap().as_str(), "support-1");
        assert_eq!(alert.group, "generic:checkout");
        assert_eq!(notes, Vec::<Text>::new());
    }

    #[test]
    fn a_list_is_taken_in_order() {
        let delivery = read(&json!([
            {"key": "a", "name": "A"},
            {"key": "b", "status": "resolved", "ends_at": "2026-11-21T07:00:00Z"},
            {"key": "c", "status": "resolved"},
        ]));
        let incoming = delivery.unwrap().incoming;
        assert!(matches!(&incoming[0], Incoming::Fired(alert) if alert.key == "generic:a"));
        assert_eq!(incoming[1], Incoming::Over { key: "generic:b".into(), at: time("2026-11-21T07:00:00Z") });
        assert_eq!(incoming[2], Incoming::Over { key: "generic:c".into(), at: time(NOW) });
        assert_eq!(read(&json!([])).unwrap(), Delivery::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let many: Vec<Value> = (0..=MAX_ALERTS).map(|n| json!({"key": n.to_string(), "name": "x"})).collect();
        let labels: BTreeMap<String, &str> = (0..200).map(|n| (format!("l{n}"), "x")).collect();
        for (body, place, what) in [
            (json!({}), "body", "missing field `key`"),
            (json!({"key": "k"}), "name", "missing"),
            (json!({"key": "", "name": "x"}), "key", "empty"),
            (json!({"key": 7, "name": "x"}), "key", "integer `7`"),
            (json!({"key": "k", "name": "x", "sevrity": "P0"}), "sevrity", "unknown field"),
            (json!({"key": "k", "name": "x", "status": "open"}), "status", "unknown variant"),
            (json!({"key": "k", "name": "x", "labels": {"a": {}}}), "labels.a", "expected a string"),
            (json!({"key": "k", "name": "x", "labels": labels}), "labels", "at most 128"),
            (json!([{"key": "k", "name": "x"}, {"key": "k"}]), "[1].name", "missing"),
            (json!([{"key": "k", "name": []}]), "[0].name", "expected a string"),
            (json!(many), "body", "1001 alerts"),
            (json!(3), "body", "expected"),
        ] {
            let error = read(&body).unwrap_err();
            assert_eq!(error.place, place, "{error}");
            assert!(error.what.as_str().contains(what), "{error}");
            assert!(!error.hint.is_blank());
        }
    }

    #[test]
    fn a_word_that_names_no_severity_is_a_criticality() {
        let (alert, _) = fired(&json!({"key": "k", "name": "x", "severity": "Critical"}));
        assert_eq!((alert.severity, alert.first_severity()), (None, Severity::P0));
    }

    #[test]
    fn an_agent_that_is_none_does_not_lose_the_alert() {
        let (alert, notes) = fired(&json!({"key": "k", "name": "x", "agent": "; rm -rf /"}));
        assert_eq!(alert.agent, None);
        assert!(alert.labels.contains(&("agent".into(), "; rm -rf /".into())));
        assert!(notes[0].as_str().contains("names no agent"), "{notes:?}");
    }

    proptest! {
        #[test]
        fn any_field_is_taken_or_refused_and_never_panics(
            field in "key|name|status|severity|pattern|agent|starts_at|labels|[a-z]{0,4}",
            text in any::<String>(),
            number in any::<f64>(),
        ) {
            for value in [json!(text), json!(number), json!([text]), json!({ &text: text }), Value::Null] {
                let _ = read(&json!({"key": "k", "name": "n", &field: value}));
                let _ = read(&json!([{ &field: value }]));
            }
        }

        #[test]
        fn any_bytes_are_refused_and_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(&body, time(NOW)).is_err());
        }
    }
}
