//! PagerDuty's webhooks, version 3: what happened to an incident there is noted on ours.
//!
//! Each is signed over its raw body (`X-PagerDuty-Signature`), several times while a secret is
//! changed; nothing is read before a signature is found right. A word is ours by the key under
//! which our channel raised the alert there, or by PagerDuty's id once it was heard; what is
//! nobody's is answered and left. None of them ends an incident here.

use serde::Deserialize;
use serde_json::Value;

use super::incoming::Notes;
use super::said::{happened, name, one_line};
use super::{Delivery, Heard, Incoming, ParseError, json};
use crate::incident::{Alert, Elsewhere, Text, Time};
use crate::secret::Secret;
use crate::web::sign;

/// The name of this source.
pub const SOURCE: &str = "pagerduty";

/// The header that carries the signatures.
pub const SIGNATURE: &str = "x-pagerduty-signature";

const HINT: &str = "this path takes PagerDuty's webhooks, version 3";

/// Signatures looked at: PagerDuty sends one for each secret of a subscription.
const SIGNATURES: usize = 8;

/// Characters kept of what somebody wrote there.
const WRITTEN: usize = 600;

/// What PagerDuty's webhooks are taken with.
#[derive(Clone, Debug)]
pub struct Webhooks {
    /// The secret of the subscription.
    pub secret: Secret,
    /// Whether an incident that PagerDuty triggers, and nobody here knows, declares one here.
    pub declare: bool,
}

/// Whether one of the signatures in a header is right: `v1=…,v1=…`. Other versions are passed over.
#[must_use]
pub fn is_signed(secret: &Secret, body: &[u8], header: &[u8]) -> bool {
    let v1 = header.split(|byte| *byte == b',').filter_map(|one| one.trim_ascii().strip_prefix(b"v1="));
    // Each is looked at, right or wrong, so that the time taken tells nothing of which.
    v1.take(SIGNATURES).filter_map(sign::unhex).fold(false, |found, signature| {
        let right = sign::is_hmac_sha256(secret, body, &signature);
        found | right
    })
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
struct Webhook {
    event: WireEvent,
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
struct WireEvent {
    id: String,
    event_type: String,
    resource_type: Option<String>,
    occurred_at: Option<Time>,
    agent: Option<Value>,
    data: Value,
}

/// Reads one, received at `received_at`.
///
/// # Errors
/// Says what is wrong with the body, where, and what to send instead.
pub fn parse(body: &[u8], received_at: Time, declare: bool) -> Result<Delivery, ParseError> {
    let Webhook { event } = json::read(body, HINT)?;
    let mut notes = Notes::default();
    let about =
        event.resource_type.as_deref() == Some("incident") || event.event_type.starts_with("incident.");
    if !about {
        // Among them PagerDuty's own test, which asks for no more than an answer.
        notes.say(&format!("PagerDuty: {} is not about an incident; it was left", event.event_type));
        return Ok(Delivery { incoming: vec![], notes: notes.done() });
    }
    if event.id.trim().is_empty() {
        return Err(json::wrong("event.id", "it is empty", HINT));
    }
    let is_itself = event.data["type"] == "incident";
    let incident = if is_itself { &event.data } else { &event.data["incident"] };
    let Some(called) = incident["id"].as_str().filter(|id| !id.trim().is_empty()) else {
        return Err(json::wrong("event.data", "it names no incident", HINT));
    };
    let at = happened(event.occurred_at, received_at, "PagerDuty", &mut notes);
    let said = event.said(incident);
    let heard = Elsewhere {
        source: Text::line(SOURCE),
        id: plain(&event.id),
        called: plain(called),
        acknowledges: event.event_type == "incident.acknowledged",
        by: event.by_whom().filter(|_| said.is_a_word),
        text: one_line(&said.text),
        at,
    };
    let key = incident["incident_key"].as_str().filter(|key| !key.is_empty()).map(plain);
    let triggers = (declare && event.event_type == "incident.triggered")
        .then(|| triggered(incident, &heard, key.as_ref()));
    let over = (event.event_type == "incident.resolved").then(|| name(SOURCE, called));
    let heard = Heard { quotes: quoted(&said.written), heard, key, triggers, over };
    Ok(Delivery { incoming: vec![Incoming::Elsewhere(Box::new(heard))], notes: notes.done() })
}

/// A name without its source: `PGR0VU2`.
fn plain(raw: &str) -> Text {
    Text::line(name("", raw).as_str().trim_start_matches(':'))
}

/// What an event says.
#[derive(Default)]
struct Words {
    text: String,
    /// What somebody wrote there, as it was written.
    written: String,
    /// Whether whoever did it showed to be on it. Calling others does not: that may be us.
    is_a_word: bool,
}

impl WireEvent {
    fn said(&self, incident: &Value) -> Words {
        let by = self.by_whom().map(|by| format!(" by {by}")).unwrap_or_default();
        let kind = self.event_type.strip_prefix("incident.").unwrap_or(&self.event_type);
        let assigned = || match names(&incident["assignees"]) {
            all if all.is_empty() => "nobody".to_owned(),
            all => all,
        };
        let word = |text: String| Words { text, written: String::new(), is_a_word: true };
        let told = |text: String| Words { text, ..Words::default() };
        match kind {
            "triggered" => told(format!("triggered: {}", title(incident))),
            "acknowledged" => word(format!("acknowledged{by}")),
            "unacknowledged" => told("nobody is on it any more: unacknowledged".to_owned()),
            "escalated" => told(format!("escalated{by}, to {}", assigned())),
            "reassigned" => word(format!("reassigned{by}, to {}", assigned())),
            "delegated" => told(format!("delegated{by}, to {}", summary(&incident["escalation_policy"]))),
            "priority_updated" => word(format!("priority {}{by}", summary(&incident["priority"]))),
            "reopened" => told(format!("reopened{by}")),
            "resolved" => told(format!("resolved there{by}; here it is a person who resolves it")),
            "annotated" => self.wrote(&format!("note{by}"), "content"),
            "status_update_published" => self.wrote(&format!("status update{by}"), "message"),
            "responder.added" => told(format!("{} was asked to respond", self.responder())),
            "responder.replied" => {
                let state = self.data["state"].as_str().unwrap_or("replied");
                Words { is_a_word: state == "accepted", ..told(format!("{}: {state}", self.responder())) }
            }
            other => told(format!("{other}{by}")),
        }
    }

    fn wrote(&self, what: &str, field: &str) -> Words {
        let written = self.data[field].as_str().unwrap_or_default();
        let kept: String = written.chars().take(WRITTEN).collect();
        let cut = kept.len() < written.len() || self.data["trimmed"] == true;
        let text = format!("{what}: {kept}{}", if cut { " …" } else { "" });
        Words { text, written: written.to_owned(), is_a_word: true }
    }

    /// The person who did it; none where it was a program.
    fn by_whom(&self) -> Option<Text> {
        let agent = self.agent.as_ref().filter(|agent| agent["type"] == "user_reference")?;
        Some(Text::line(agent["summary"].as_str().or(agent["id"].as_str())?)).filter(|by| !by.is_blank())
    }

    fn responder(&self) -> String {
        let (user, policy) = (&self.data["user"], &self.data["escalation_policy"]);
        summary(if user.is_null() { policy } else { user })
    }
}

fn summary(reference: &Value) -> String {
    reference["summary"].as_str().or(reference["id"].as_str()).unwrap_or("somebody").to_owned()
}

fn names(list: &Value) -> String {
    let all = list.as_array().into_iter().flatten().take(8).map(summary);
    all.collect::<Vec<_>>().join(", ")
}

fn title(incident: &Value) -> &str {
    incident["title"].as_str().or(incident["summary"].as_str()).unwrap_or("without a title")
}

/// The key that a text begins with in brackets, as what we write there does.
fn quoted(written: &str) -> Option<Text> {
    let (key, _) = written.strip_prefix('[')?.split_once(']')?;
    (key.len() <= 128 && !key.is_empty()).then(|| Text::line(key))
}

/// The alert that an incident is which was triggered there.
fn triggered(incident: &Value, heard: &Elsewhere, key: Option<&Text>) -> Alert {
    let own = name(SOURCE, heard.called.as_str());
    let label = |field: &'static str| Some((field, incident[field].as_str()?));
    let of = |field: &'static str| Some((field, incident[field]["summary"].as_str()?));
    let all = [label("html_url"), label("urgency"), of("service"), of("priority"), of("escalation_policy")];
    let labels = all.into_iter().flatten();
    Alert {
        group: key.map_or_else(|| own.clone(), |key| name(SOURCE, key.as_str())),
        key: own,
        source: Text::line(SOURCE),
        name: one_line(title(incident)),
        summary: one_line(title(incident)),
        criticality: Text::line(incident["urgency"].as_str().unwrap_or_default()),
        category: Text::default(),
        // Their P1 is the worst they have, ours is not: a person says how bad it is.
        severity: None,
        agent: None,
        starts_at: Some(heard.at),
        labels: labels.map(|(name, value)| (Text::line(name), Text::line(value))).collect(),
    }
}

#[cfg(test)]
#[path = "pagerduty_tests.rs"]
mod tests;
