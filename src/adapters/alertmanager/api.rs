//! What an Alertmanager's API v2 says, as far as it concerns silences.

use form_urlencoded::Serializer;
use serde::Deserialize;

use crate::incident::{Text, Time};
use crate::web::Answer;

/// What is written for labels where every alert of the name is meant.
pub(super) const NO_LABELS: &str = "none";

/// Every silence of ours says so, and for which action: the key finds it again after doubt.
const OURS: &str = "flightdeck ";

/// The comment of a silence: the action's idempotency key, the incident, the reason.
pub(super) fn comment(key: &str, about: &[&Text]) -> String {
    let about: String = about.iter().map(|words| format!(": {words}")).collect();
    format!("{OURS}{key}{about}")
}

/// What an alert is told by: its name, and labels where only some of that name are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// The name.
    pub alert: Text,
    /// Labels with their values; none: nobody said, and every silence of the name counts.
    pub labels: Option<Vec<(String, String)>>,
}

impl Meant {
    /// Reads `agent=support-1,service=x`.
    pub(super) fn new(alert: &Text, labels: Option<&Text>) -> Result<Self, Text> {
        let pair = |raw: &str| {
            let (name, value) = raw.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            (!name.is_empty() && name != "alertname").then(|| (name.to_owned(), value.to_owned()))
        };
        let bad = |raw: &str| {
            Text::line(&format!(
                "'{raw}' is no label: write labels=agent=support-1,service=chat, or labels=none"
            ))
        };
        let labels = match labels.map(Text::as_str) {
            None => None,
            Some(NO_LABELS) => Some(Vec::new()),
            Some(raw) => {
                Some(raw.split(',').map(|raw| pair(raw).ok_or_else(|| bad(raw))).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { alert: alert.clone(), labels })
    }

    /// All that an alert must have.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        let labels = self.labels.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
        std::iter::once(("alertname", self.alert.as_str())).chain(labels).collect()
    }

    /// `alertname="X", agent="support-1"`.
    pub(super) fn shown(&self) -> String {
        let pairs = self.pairs();
        pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect::<Vec<_>>().join(", ")
    }
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

    /// Whether it is for just these alerts and for nothing else.
    pub(super) fn is_of(&self, meant: &Meant) -> bool {
        let is = |name: &str, value: &str| {
            self.matchers.iter().any(|m| m.name == name && m.value == value && m.is_equal && !m.is_regex)
        };
        match &meant.labels {
            None => is("alertname", meant.alert.as_str()),
            Some(labels) => {
                self.matchers.len() == labels.len() + 1
                    && meant.pairs().into_iter().all(|(name, value)| is(name, value))
            }
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
pub(super) fn filter(meant: &Meant) -> String {
    let mut all = Serializer::new(String::new());
    for (name, value) in meant.pairs() {
        let quoted = value.replace('\\', r"\\").replace('"', r#"\""#);
        all.append_pair("filter", &format!("{name}=\"{quoted}\""));
    }
    all.finish()
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
        let meant = |alert: &str, labels: Option<&str>| {
            Meant::new(&Text::line(alert), labels.map(Text::line).as_ref()).unwrap()
        };
        for (matchers, whole, of_service, any) in [
            (own.to_owned(), true, false, true),
            (format!("{own},{more}"), false, true, true),
            (odd.into(), false, false, false),
            (not.into(), false, false, false),
        ] {
            let silence = listed(&matchers, "x", "active");
            assert_eq!(silence.is_of(&meant("X", Some("none"))), whole, "{matchers}");
            assert_eq!(silence.is_of(&meant("X", Some("service=s"))), of_service, "{matchers}");
            assert_eq!(silence.is_of(&meant("X", None)), any, "{matchers}");
        }
        let silence = listed(own, &comment("k-1", &[]), "active");
        assert!(silence.is_ours() && silence.is_in_force() && !silence.is_of(&meant("Y", None)));
        assert!(Meant::new(&Text::line("X"), Some(&Text::line("agent"))).is_err());
        assert!(!listed(own, "ana: maintenance", "active").is_ours());
        assert!(!listed(own, "x", "expired").is_in_force());
    }

    #[test]
    fn a_name_stays_inside_the_filter() {
        let labels = Text::line("agent=support-1");
        let meant = Meant::new(&Text::line(r#"X" , job="y&active=false"#), Some(&labels)).unwrap();
        assert_eq!(
            filter(&meant),
            "filter=alertname%3D%22X%5C%22+%2C+job%3D%5C%22y%26active%3Dfalse%22&filter=agent%3D%22support-1%22"
        );
    }
}
