//! What an Alertmanager's API v2 says, as far as it concerns silences.

use form_urlencoded::Serializer;
use serde::Deserialize;

use crate::incident::{Text, Time};
use crate::web::Answer;

/// Every silence of ours says so, and for which action: the key finds it again after doubt.
const OURS: &str = "flightdeck ";

/// The comment of a silence, by the action's idempotency key.
pub(super) fn comment(key: &str) -> String {
    format!("{OURS}{key}")
}

/// A silence as listed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub id: String,
    status: Status,
    ends_at: Time,
    pub comment: Text,
    matchers: Vec<Matcher>,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    /// Absent in old versions, which knew equality alone.
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

impl Silence {
    /// Whether flightdeck set it.
    pub(super) fn is_ours(&self) -> bool {
        self.comment.as_str().starts_with(OURS)
    }

    /// Whether it silences now, or will.
    pub(super) fn is_in_force(&self) -> bool {
        self.status.state != "expired"
    }

    /// Whether it is for all alerts of this name and for nothing else.
    pub(super) fn is_of(&self, alert: &Text) -> bool {
        match self.matchers.as_slice() {
            [only] => {
                only.name == "alertname" && only.is_equal && !only.is_regex && only.value == alert.as_str()
            }
            _ => false,
        }
    }

    /// What it silences.
    pub(super) fn alerts(&self) -> Text {
        let all: Vec<String> = self.matchers.iter().map(|m| format!("{}={}", m.name, m.value)).collect();
        Text::line(&all.join(","))
    }

    /// Its end.
    pub(super) fn until(&self) -> String {
        self.ends_at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}

/// The silences in an answer.
pub(super) fn silences(answer: &Answer) -> Result<Vec<Silence>, Text> {
    serde_json::from_slice(&answer.body).map_err(|why| Text::line(&format!("the list of silences: {why}")))
}

/// Whether each of the alerts in an answer is silenced.
pub(super) fn alerts(answer: &Answer) -> Result<Vec<bool>, Text> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Alert {
        status: AlertStatus,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct AlertStatus {
        silenced_by: Vec<String>,
    }
    let all: Vec<Alert> = serde_json::from_slice(&answer.body)
        .map_err(|why| Text::line(&format!("the list of alerts: {why}")))?;
    Ok(all.iter().map(|alert| !alert.status.silenced_by.is_empty()).collect())
}

/// `filter=alertname="X"`, so that nothing in a name ends it.
pub(super) fn filter(alert: &Text) -> String {
    let quoted = alert.as_str().replace('\\', r"\\").replace('"', r#"\""#);
    Serializer::new(String::new()).append_pair("filter", &format!("alertname=\"{quoted}\"")).finish()
}

/// Why it said no. Its errors come as a string, as an object with a message, and as plain text.
pub(super) fn complaint(answer: &Answer) -> Text {
    let said = match answer.json() {
        Some(serde_json::Value::String(words)) => words,
        Some(body) if body["message"].is_string() => body["message"].as_str().unwrap_or_default().to_owned(),
        Some(_) | None => answer.text().as_str().to_owned(),
    };
    Text::line(&format!("it answered {}: {said}", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: vec![], body: body.into(), tries: 1, after_doubt: false }
    }

    #[test]
    fn an_error_is_read_in_each_of_its_three_shapes() {
        for (status, body, says) in [
            (500, "\"silence not found\"", "it answered 500: silence not found"),
            (422, r#"{"code": 612, "message": "too few"}"#, "it answered 422: too few"),
            (404, "page not found", "it answered 404: page not found"),
        ] {
            assert_eq!(complaint(&answer(status, body)).as_str(), says);
        }
    }

    fn listed(matchers: &str, comment: &str, state: &str) -> Silence {
        let body = format!(
            r#"[{{"id": "a", "status": {{"state": "{state}"}}, "endsAt": "2026-11-21T05:43:12.000Z",
                "comment": "{comment}", "matchers": [{matchers}]}}]"#
        );
        silences(&answer(200, &body)).unwrap().remove(0)
    }

    #[test]
    fn silences_of_other_people_and_of_more_than_the_alert_are_not_ours_to_end() {
        let own = r#"{"name": "alertname", "value": "X", "isRegex": false}"#;
        let more = r#"{"name": "service", "value": "s", "isRegex": false, "isEqual": true}"#;
        let odd = r#"{"name": "alertname", "value": "X", "isRegex": true, "isEqual": true}"#;
        let not = r#"{"name": "alertname", "value": "X", "isRegex": false, "isEqual": false}"#;
        for (matchers, of) in [
            (own.to_owned(), true),
            (format!("{own},{more}"), false),
            (odd.into(), false),
            (not.into(), false),
        ] {
            assert_eq!(listed(&matchers, "x", "active").is_of(&Text::line("X")), of, "{matchers}");
        }
        let silence = listed(own, &comment("k-1"), "active");
        assert!(silence.is_ours() && silence.is_in_force() && !silence.is_of(&Text::line("Y")));
        assert!(!listed(own, "ana: maintenance", "active").is_ours());
        assert!(!listed(own, "x", "expired").is_in_force());
    }

    #[test]
    fn a_name_stays_inside_the_filter() {
        let filter = filter(&Text::line(r#"X" , job="y&active=false"#));
        assert_eq!(filter, "filter=alertname%3D%22X%5C%22+%2C+job%3D%5C%22y%26active%3Dfalse%22");
    }
}
