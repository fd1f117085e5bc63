//! PagerDuty: one alert for each incident by the Events API v2, under a key that never changes.
//!
//! PagerDuty wakes nobody for a second event of the same key. So whoever is brought in later, a
//! level or a person, is called by the REST API where there is a token, and read back; without one
//! by an alert of its own, which reaches whoever the service has on call.
//!
//! Notes and status updates go to the incident there, with a token only. PagerDuty knows no
//! idempotency keys for either: each begins with its message's key, and after doubt the notes are
//! read before one is written again. Status updates are listed nowhere: one whose answer was lost
//! may be told twice, with the same key in both.

mod rest;

use std::time::Duration;

use serde_json::{Value, json};

use super::site::reached;
use super::{Channel, Delivery, LiveChannel, OnCall, Pending, Seen, answer};
use crate::incident::{Incident, Message, MessageKind, Recipient, Severity, Text};
use crate::pagerduty::Events;
use crate::web::Answer;

use rest::Writing;
pub use rest::{Rest, RestSpec};

/// What the answer of the Events API does not show.
const KEY_UNPROVED: &str = "whether it takes the routing key only an alert would show";

/// The most characters that PagerDuty shows of a summary.
const SUMMARY: usize = 1024;

/// A service of PagerDuty.
pub struct PagerDuty {
    name: Text,
    events: Events,
    rest: Option<Rest>,
    limit: Duration,
}

impl PagerDuty {
    /// The service that these events go to.
    #[must_use]
    pub fn new(name: &str, events: Events, rest: Option<Rest>, limit: Duration) -> Self {
        Self { name: Text::line(name), events, rest, limit }
    }

    async fn tell(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let own = dedup_key(key, message);
        match message.kind {
            MessageKind::Digest => Delivery::Refused(Text::line("a pager takes no digest")),
            // Somebody is on it, so it wakes nobody any more.
            MessageKind::Acknowledged => self.event("acknowledge", &own, message, incident).await,
            MessageKind::Update => {
                match (self.event("acknowledge", &own, message, incident).await, &self.rest) {
                    (Delivery::Delivered { .. }, Some(rest)) => {
                        self.write(rest, key, &own, Writing::StatusUpdate, message, incident).await
                    }
                    (said, _) => said,
                }
            }
            MessageKind::Note => match &self.rest {
                Some(rest) => self.write(rest, key, &own, Writing::Note, message, incident).await,
                None => Delivery::Refused(Text::line("PagerDuty takes notes with a token only")),
            },
            MessageKind::Resolved => self.over(key, &own, message, incident).await,
            MessageKind::Declared
            | MessageKind::Severity
            | MessageKind::Leaking
            | MessageKind::InDoubt
            | MessageKind::Escalation
            | MessageKind::Page
            | MessageKind::Reopened => self.call(key, &own, message, incident).await,
        }
    }

    async fn call(&self, key: &str, own: &str, message: &Message, incident: &Incident) -> Delivery {
        let tried = incident.outbox.get(message.id).is_some_and(|sent| sent.tries > 0);
        let called = match (&message.to, &self.rest) {
            // The alert itself wakes whoever is primary, the first time.
            (Recipient::Level(0), _) if !self.has_called(message, incident) => None,
            (Recipient::Level(level), Some(rest)) => Some(rest.escalate(own, *level, tried).await),
            (Recipient::Person(person), Some(rest)) => {
                Some(rest.page(own, person, message.subject.as_str(), tried).await)
            }
            (Recipient::Level(_) | Recipient::Person(_), None) => {
                return self.event("trigger", key, message, incident).await;
            }
            (Recipient::Audience(_), _) => None,
        };
        match called {
            Some(rest::Call::Made(delivery)) => delivery,
            // There is no alert to escalate yet; the next try finds it.
            Some(rest::Call::NoIncident) => {
                let said = self.event("trigger", own, message, incident).await;
                if matches!(said, Delivery::Delivered { .. }) {
                    let why = "PagerDuty had no open incident of it: it was triggered, and not escalated yet";
                    Delivery::Failed { why: Text::line(why), retry_after: Some(Duration::from_secs(5)) }
                } else {
                    said
                }
            }
            Some(rest::Call::Unknown(person)) => {
                let why = format!("people: {person} is not in the table; whoever is on call was called");
                let said = self.event("trigger", key, message, incident).await;
                if let Delivery::Delivered { reference, .. } = said {
                    Delivery::Delivered { answer: Text::line(&why), reference }
                } else {
                    said
                }
            }
            None => self.event("trigger", own, message, incident).await,
        }
    }

    /// Writes a message on the incident there.
    async fn write(
        &self,
        rest: &Rest,
        key: &str,
        own: &str,
        writing: Writing,
        message: &Message,
        incident: &Incident,
    ) -> Delivery {
        let tried = incident.outbox.get(message.id).is_some_and(|sent| sent.tries > 0);
        let words = match writing {
            Writing::Note => message.subject.as_str(),
            Writing::StatusUpdate => message.text.as_str(),
        };
        match rest.write(own, key, writing, words, tried).await {
            rest::Call::Made(delivery) => delivery,
            rest::Call::NoIncident | rest::Call::Unknown(_) => {
                let why = "PagerDuty has no open incident of it to write on";
                Delivery::Failed { why: Text::line(why), retry_after: Some(Duration::from_secs(5)) }
            }
        }
    }

    /// Whether an earlier message called the same through this channel.
    fn has_called(&self, message: &Message, incident: &Incident) -> bool {
        let mut earlier = incident.outbox.all().map(|sent| &sent.message);
        earlier.any(|m| m.channel == message.channel && m.to == message.to && m.id < message.id)
    }

    /// Resolves the incident's alert, and those that called somebody by themselves.
    async fn over(&self, key: &str, own: &str, message: &Message, incident: &Incident) -> Delivery {
        let calls = incident.outbox.all().map(|sent| &sent.message).filter(|m| {
            m.channel == message.channel
                && m.id < message.id
                && matches!(m.to, Recipient::Level(_) | Recipient::Person(_))
        });
        let all = calls.map(|m| dedup_key_of(key, message, m)).chain([own.to_owned()]);
        let mut last = Delivery::Refused(Text::default());
        for alert in all.collect::<Vec<_>>() {
            last = self.event("resolve", &alert, message, incident).await;
            if !matches!(last, Delivery::Delivered { .. }) {
                // All of them again: resolving twice is resolving once.
                return last;
            }
        }
        last
    }

    async fn event(&self, action: &str, alert: &str, message: &Message, incident: &Incident) -> Delivery {
        let outcome = self.events.send(&event(action, alert, message, incident)).await;
        answer::judged(outcome, |answer, said| taken(action, alert, answer, said))
    }
}

/// The incident's own alert: its message's key without the message, so the same for ever.
fn dedup_key(key: &str, message: &Message) -> String {
    key.strip_suffix(&format!("-{}", message.id)).unwrap_or(key).to_owned()
}

/// The alert by which another message of the incident called somebody.
fn dedup_key_of(key: &str, message: &Message, other: &Message) -> String {
    format!("{}-{}", dedup_key(key, message), other.id)
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "critical",
        Severity::P1 => "error",
        Severity::P2 => "warning",
        Severity::P3 => "info",
    }
}

/// The event without its routing key.
fn event(action: &str, alert: &str, message: &Message, incident: &Incident) -> Value {
    if action != "trigger" {
        return json!({ "event_action": action, "dedup_key": alert });
    }
    let subject = message.subject.as_str();
    let subject = match &message.to {
        Recipient::Person(person) => format!("for {person}: {subject}"),
        Recipient::Audience(_) | Recipient::Level(_) => subject.to_owned(),
    };
    let summary: String = subject.chars().take(SUMMARY).collect();
    let agents: Vec<String> = incident.agents.iter().map(ToString::to_string).collect();
    json!({
        "event_action": action,
        "dedup_key": alert,
        "client": "flightdeck",
        "payload": {
            "summary": summary,
            "source": agents.first().map_or("flightdeck", String::as_str),
            "severity": severity(message.severity),
            "class": message.kind.word(),
            "custom_details": {
                "incident": incident.id.to_string(),
                "title": incident.title,
                "agents": agents,
                "for": message.to.to_string(),
                "text": message.text,
            },
        },
    })
}

/// 202 and `success`, or it was somebody else who answered.
fn taken(action: &str, alert: &str, answer: &Answer, said: Text) -> Delivery {
    let body = answer.json().unwrap_or_default();
    if body["status"] != "success" {
        return Delivery::Unknown(said);
    }
    let answer = Text::line(&format!("{action} of {alert} taken"));
    Delivery::Delivered { answer, reference: Some(Text::line(alert)) }
}

impl Channel for PagerDuty {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        // A look-up, a call and a look back; each ends by itself and says what it knows.
        self.limit * 5 + Duration::from_secs(1)
    }

    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery> {
        Box::pin(self.tell(key, message, incident))
    }

    fn on_call(&self) -> Option<&dyn OnCall> {
        self.rest.as_ref().map(|rest| rest as &dyn OnCall)
    }

    /// Asks the REST API, where there is a token; the Events API says nothing of a key before an
    /// alert is raised under it.
    fn look(&self) -> Pending<'_, Option<Seen>> {
        Box::pin(async {
            let events = reached(self.events.backend(), KEY_UNPROVED).await;
            let Some(rest) = &self.rest else { return Some(events) };
            Some(match (rest.look().await, events) {
                (Err(why), _) => Seen::Ill(Text::line(&format!("the REST API: {why}"))),
                (Ok(_), Seen::Ill(why)) => Seen::Ill(Text::line(&format!("the Events API: {why}"))),
                (Ok(rest), Seen::Well(events) | Seen::Reached(events)) => {
                    Seen::Reached(Text::line(&format!("the REST API {rest}; the Events API: {events}")))
                }
            })
        })
    }
}

impl LiveChannel for PagerDuty {}
