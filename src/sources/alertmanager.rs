//! Alertmanager's webhook, version 4.
//!
//! An alert is the same alert by its `fingerprint`, whichever receiver or replica sends it; alerts
//! belong together by `groupKey`. Labels that are read, the first that is there winning:
//!
//! | of the alert | label |
//! |---|---|
//! | name | `alertname` |
//! | severity | `priority`, `severity`, `criticality`, where it is P0 to P3 or SEV1 to SEV4 |
//! | criticality | `criticality`, `severity` |
//! | category, pattern | `category`, `pattern` (label or annotation) |
//! | agent | `agent`, `agent_id` |
//! | summary | annotations `summary`, `description` |

use std::collections::BTreeMap;

use serde::Deserialize;

use super::incoming::Notes;
use super::said::{Said, happened, name, one_line};
use super::{Delivery, Incoming, ParseError, json};
use crate::incident::{Alert, Text, Time};

/// The name of this source.
pub const SOURCE: &str = "alertmanager";

const HINT: &str = "this path takes Alertmanager's webhook, version 4; other programs post their own \
                    JSON to /v1/alerts/generic";

/// Alerts taken from one notification; what a larger group brings beyond is left out and said, as
/// Alertmanager's own `max_alerts` would have it. Recording more would outlast the sender.
const MAX_ALERTS: usize = 1_000;

/// Labels and annotations kept of one alert, for the record.
const MAX_LABELS: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
struct Webhook {
    version: String,
    alerts: Vec<WireAlert>,
    group_key: Option<String>,
    truncated_alerts: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
struct WireAlert {
    status: Status,
    fingerprint: String,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    starts_at: Time,
    ends_at: Option<Time>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

/// Reads one notification, received at `received_at`.
///
/// # Errors
/// Says what is wrong with the body, where, and what to send instead.
pub fn parse(body: &[u8], received_at: Time) -> Result<Delivery, ParseError> {
    let webhook: Webhook = json::read(body, HINT)?;
    if webhook.version != "4" {
        return Err(json::wrong("version", &format!("'{}' is not '4'", webhook.version), HINT));
    }
    if let Some(at) = webhook.alerts.iter().position(|alert| alert.fingerprint.trim().is_empty()) {
        return Err(json::wrong(&format!("alerts[{at}].fingerprint"), "it is empty", HINT));
    }
    let mut notes = Notes::default();
    let left_out = webhook.alerts.len().saturating_sub(MAX_ALERTS) as u64;
    let truncated = webhook.truncated_alerts.unwrap_or(0).saturating_add(left_out);
    if truncated > 0 {
        notes.say(&format!(
            "Alertmanager: {truncated} more alerts of this group were left out; see Alertmanager for them"
        ));
    }
    let group = webhook.group_key.filter(|key| !key.is_empty()).map(|key| name(SOURCE, &key));
    let incoming = webhook
        .alerts
        .iter()
        .take(MAX_ALERTS)
        .map(|alert| alert.incoming(group.as_ref(), received_at, &mut notes))
        .collect();
    Ok(Delivery { incoming, notes: notes.done() })
}

impl WireAlert {
    fn incoming(&self, group: Option<&Text>, received_at: Time, notes: &mut Notes) -> Incoming {
        let key = name(SOURCE, &self.fingerprint);
        match self.status {
            Status::Firing => Incoming::Fired(self.alert(key, group, received_at, notes)),
            Status::Resolved => {
                Incoming::Over { key, at: happened(self.ends_at, received_at, self.name(), notes) }
            }
        }
    }

    fn alert(&self, key: Text, group: Option<&Text>, received_at: Time, notes: &mut Notes) -> Alert {
        let class = Said {
            name: self.name(),
            agents: [self.label("agent"), self.label("agent_id")].into_iter().flatten().collect(),
            priority: self.label("priority"),
            severity: self.label("severity"),
            criticality: self.label("criticality"),
            category: self.label("category").or_else(|| self.annotation("category")),
            pattern: self.label("pattern").or_else(|| self.annotation("pattern")),
        }
        .class(notes);
        let summary = self.annotation("summary").or_else(|| self.annotation("description"));
        Alert {
            group: group.unwrap_or(&key).clone(),
            key,
            source: Text::line(SOURCE),
            name: Text::line(self.name()),
            summary: one_line(summary.unwrap_or_default()),
            criticality: class.criticality,
            category: class.category,
            severity: class.severity,
            agent: class.agent,
            starts_at: Some(happened(Some(self.starts_at), received_at, self.name(), notes)),
            labels: self.record(notes),
        }
    }

    /// What people call it; an alert need not have a name.
    fn name(&self) -> &str {
        self.label("alertname").unwrap_or(&self.fingerprint)
    }

    fn label(&self, name: &str) -> Option<&str> {
        said(self.labels.as_ref(), name)
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        said(self.annotations.as_ref(), name)
    }

    /// All that the alert says, for the record: labels, annotations, where its rule is.
    fn record(&self, notes: &mut Notes) -> Vec<(Text, Text)> {
        let all = [self.labels.as_ref(), self.annotations.as_ref()];
        let pairs = all.into_iter().flatten().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
        let url = self.generator_url.as_deref().filter(|url| !url.is_empty());
        let mut pairs = pairs.chain(url.map(|url| ("generatorURL", url)));
        let record = pairs
            .by_ref()
            .take(MAX_LABELS)
            .map(|(name, value)| (Text::line(name), Text::block(value)))
            .collect();
        let more = pairs.count();
        if more > 0 {
            notes.say(&format!("{}: {more} more labels were left out", self.name()));
        }
        record
    }
}

/// A word that is there and says something.
fn said<'a>(words: Option<&'a BTreeMap<String, String>>, name: &str) -> Option<&'a str> {
    words?.get(name).map(String::as_str).filter(|word| !word.trim().is_empty())
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

    /// A notification as Alertmanager shapes it, with what `change` says merged into its one alert.
    fn notification(change: &Value) -> Value {
        let mut body = json!({
            "receiver": "flightdeck", "status": "firing", "version": "4", "truncatedAlerts": 0,
            "groupKey": "{}/{team=\"agents\"}:{alertname=\"ToolErrors\"}",
            "groupLabels": {"alertname": "ToolErrors"}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://alertmanager.example",
            "alerts": [{
                "status": "firing", "fingerprint": "9f0c6f1c6c7a4b11",
                "labels": {"alertname": "ToolErrors", "severity": "critical", "agent": "support-1"},
                "annotations": {"summary": "one call in three fails"},
                "startsAt": "2026-11-21T07:59:30.5Z", "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph?g0.expr=x"
            }]
        });
        for (name, value) in change.as_object().unwrap() {
            body["alerts"][0][name] = value.clone();
        }
        body
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
    fn a_firing_alert_keeps_what_it_says() {
        let (alert, notes) = fired(&notification(&json!({})));
        assert_eq!(alert.key, "alertmanager:9f0c6f1c6c7a4b11");
        assert_eq!(alert.group, "alertmanager:{}/{team=\"agents\"}:{alertname=\"ToolErrors\"}");
        assert_eq!(alert.source, "alertmanager");
        assert_eq!(alert.name, "ToolErrors");
        assert_eq!(alert.summary, "one call in three fails");
        assert_eq!(alert.criticality, "critical");
        assert_eq!(alert.agent.as_ref().unwrap().as_str(), "support-1");
        assert_eq!(alert.starts_at, Some(time("2026-11-21T07:59:30.5Z")));
        assert_eq!(alert.labels.len(), 5, "three labels, one annotation, where its rule is");
        assert_eq!(notes, Vec::<Text>::new());
    }

    #[test]
    fn b3_the_labels_class_the_alert() {
        for (labels, severity, pattern) in [
            (json!({"severity": "critical"}), Severity::P0, Pattern::Orchestration),
            (json!({"severity": "warning", "category": "API"}), Severity::P1, Pattern::ToolFailure),
            (json!({"criticality": "CRITICAL", "severity": "page"}), Severity::P0, Pattern::Orchestration),
            (json!({"severity": "P2", "category": "Model"}), Severity::P2, Pattern::ModelFailure),
            (json!({"severity": "critical", "priority": "SEV4"}), Severity::P3, Pattern::Orchestration),
            (json!({"pattern": "boundary", "category": "API"}), Severity::P1, Pattern::Boundary),
            (Value::Null, Severity::P1, Pattern::Orchestration),
        ] {
            let (alert, _) = fired(&notification(&json!({"labels": labels})));
            assert_eq!((alert.first_severity(), alert.first_pattern()), (severity, pattern), "{labels}");
        }
    }

    #[test]
    fn b12_the_same_alert_has_the_same_key_by_whichever_receiver_it_comes() {
        let one = notification(&json!({}));
        let mut other = notification(&json!({"startsAt": "2026-11-21T07:00:00Z"}));
        other["receiver"] = json!("another");
        other["groupKey"] = json!("{}:{}");
        assert_eq!(fired(&one).0.key, fired(&other).0.key);
    }

    #[test]
    fn a_resolved_alert_is_over_at_the_sources_word() {
        for (ends_at, at) in [
            (json!("2026-11-21T07:59:50Z"), "2026-11-21T07:59:50Z"),
            (json!("0001-01-01T00:00:00Z"), NOW),
            (Value::Null, NOW),
            (json!("2026-11-21T09:59:50+02:00"), "2026-11-21T07:59:50Z"),
        ] {
            let delivery = read(&notification(&json!({"status": "resolved", "endsAt": ends_at}))).unwrap();
            let key = Text::line("alertmanager:9f0c6f1c6c7a4b11");
            assert_eq!(delivery.incoming, [Incoming::Over { key, at: time(at) }], "{ends_at}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_place() {
        let mut no_version = notification(&json!({}));
        no_version["version"] = Value::Null;
        let mut old = notification(&json!({}));
        old["version"] = json!("3");
        let mut unfingered = notification(&json!({}));
        unfingered["alerts"][0].as_object_mut().unwrap().remove("fingerprint");
        for (body, place, what) in [
            (notification(&json!({"labels": {"severity": 3}})), "alerts[0].labels.severity", "integer `3`"),
            (notification(&json!({"labels": ["a"]})), "alerts[0].labels", "expected a map"),
            (notification(&json!({"status": "pending"})), "alerts[0].status", "unknown variant"),
            (notification(&json!({"startsAt": "yesterday"})), "alerts[0].startsAt", "invalid"),
            (notification(&json!({"fingerprint": " "})), "alerts[0].fingerprint", "empty"),
            (unfingered, "alerts[0]", "missing field `fingerprint`"),
            (no_version, "version", "null"),
            (old, "version", "'3' is not '4'"),
            (json!({"version": "4"}), "body", "missing field `alerts`"),
            (json!({"version": "4", "alerts": {}}), "alerts", "expected a sequence"),
            (json!([]), "body", "a JSON object"),
            (json!("x"), "body", "a JSON object"),
        ] {
            let error = read(&body).unwrap_err();
            assert_eq!(error.place, place, "{body}: {error}");
            assert!(error.what.as_str().contains(what), "{body}: {error}");
            assert!(error.hint.as_str().contains("/v1/alerts/generic"));
        }
    }

    #[test]
    fn bytes_that_are_no_json_are_refused_in_words() {
        let deep = "[".repeat(100_000);
        for (body, what) in [
            (&b""[..], "EOF"),
            (b"\x00\xff\xfe\x80", "expected value"),
            (b"{\"version\": \"\xff\"}", "unicode"),
            (b"{} trailing", "missing field"),
            (b"NaN", "expected"),
            (format!("{{\"version\":{deep}").as_bytes(), "a string"),
            (format!("{{\"unread\":{deep}").as_bytes(), "EOF"),
        ] {
            let error = parse(body, time(NOW)).unwrap_err();
            assert!(error.what.as_str().contains(what), "{error}");
        }
        let mut body = notification(&json!({})).to_string();
        body.push_str(" {}");
        assert!(parse(body.as_bytes(), time(NOW)).unwrap_err().what.as_str().contains("trailing"));
    }

    #[test]
    fn an_alert_that_would_repaint_the_screen_is_shown_never_obeyed() {
        let (alert, notes) = fired(&notification(&json!({
            "labels": {
                "alertname": "\u{1b}]0;owned\u{7}", "agent": "x\u{1b}[2J", "severity": "P\u{202e}0",
                "\u{9b}31m": "two\nlines\u{200b}",
            },
            "annotations": {"summary": "first\r\n  second\u{1b}c"},
        })));
        assert_eq!(alert.name, "^[]0;owned^G");
        assert_eq!(alert.summary, "first second^[c");
        assert_eq!((alert.agent, alert.severity), (None, None));
        assert!(notes[0].as_str().contains("names no agent"), "{notes:?}");
        let shown = format!("{:?} {notes:?}", alert.labels);
        assert!(shown.contains("<U+009B>31m") && shown.contains("x^[[2J"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{200b}']), "{shown}");
        let error = read(&notification(&json!({"labels": {"\u{1b}c": 1}}))).unwrap_err();
        assert_eq!(error.place, "alerts[0].labels.^[c");
    }

    #[test]
    fn what_was_left_out_is_said() {
        let mut body = notification(&json!({}));
        body["truncatedAlerts"] = json!(7);
        assert!(fired(&body).1[0].as_str().contains("7 more alerts"));
        let alert = body["alerts"][0].clone();
        body["alerts"] = json!(vec![alert; MAX_ALERTS + 3]);
        let delivery = read(&body).unwrap();
        assert_eq!(delivery.incoming.len(), MAX_ALERTS);
        assert!(delivery.notes[0].as_str().contains("10 more alerts"), "{:?}", delivery.notes);
        let labels: BTreeMap<String, &str> = (0..200).map(|n| (format!("l{n}"), "x")).collect();
        let (alert, notes) = fired(&notification(&json!({"labels": labels})));
        assert_eq!(alert.labels.len(), MAX_LABELS);
        assert!(notes[0].as_str().contains("74 more labels"), "{notes:?}");
    }

    #[test]
    fn an_alert_without_name_or_group_is_still_an_alert() {
        let mut body = notification(&json!({"labels": {}, "annotations": null}));
        body["groupKey"] = json!("");
        let (alert, _) = fired(&body);
        assert_eq!(alert.name, "9f0c6f1c6c7a4b11");
        assert_eq!(alert.group, alert.key);
    }

    /// Any JSON, nested a little.
    pub(super) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            prop_oneof!["4", "firing", "resolved", "2026-11-21T07:00:00Z", "P0"].prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let name = prop_oneof![
                "alerts|version|status|labels|annotations|startsAt|endsAt|fingerprint|groupKey"
                    .prop_map(|s| s),
                ".{0,6}".prop_map(|s| s),
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name, inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_taken_or_refused_and_never_panics(body in any_json(), change in any_json()) {
            let _ = read(&body);
            let change = if change.is_object() { change } else { json!({"labels": change}) };
            let _ = read(&notification(&change));
        }

        #[test]
        fn any_bytes_are_refused_and_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(&body, time(NOW)).is_err());
        }
    }
}
