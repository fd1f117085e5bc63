//! flightdeck's own JSON, by POST.
//!
//! ```json
//! {
//!   "version": 1,
//!   "key": "9f86d081-INC-1-M3",
//!   "realm": "live",
//!   "incident": {"id": "INC-1", "title": "mail answers leak", "severity": "P0", "status": "open",
//!                "agents": ["support-1"]},
//!   "message": {"id": "M3", "kind": "declared", "to": {"audience": "engineering"}, "severity": "P0",
//!               "topic": "incident", "state": "declared", "subject": "P0 INC-1: mail answers leak: declared",
//!               "text": "P0 INC-1: mail answers leak\n…", "entry": 1}
//! }
//! ```
//!
//! | field | |
//! |---|---|
//! | `key` | the idempotency key, also in the header `Idempotency-Key`: the same message has the same one for ever, so keep it and take the message once |
//! | `incident` | as it is when the message is sent; `status` is `open`, `resolved` or `merged` |
//! | `message` | as it was queued: a second try says the same |
//! | `to` | `{"audience"}`: engineering, executives or customers; `{"person"}`; or `{"level"}`: whoever your system has on call at it |
//! | `kind` | declared, severity, leaking, in-doubt, escalation, page, update, acknowledged, note, resolved, reopened, digest |
//! | `topic`, `state` | what has a state that is told once, and that state: `A3` is `leaking`, `incident` is `resolved` |
//! | `entry` | the entry of the timeline that it is about |
//!
//! Where a secret is configured, `X-Flightdeck-Signature` is `sha256=` and the HMAC-SHA-256 of the body
//! in hex. Any 2xx means taken; 425, 429 and 5xx are tried again (`Retry-After` is honoured up to a
//! minute), an answer that never comes too; anything else is refused for good. Redirects are not
//! followed.

use std::time::Duration;

use serde_json::{Value, json};

use super::site::UNPROVED;
use super::{Channel, Delivery, LiveChannel, Pending, Seen, Site, answer};
use crate::incident::{Incident, Message, Status, Text};
use crate::web::sign::{hex, hmac_sha256};
use crate::web::{Credential, Method};

/// The header that carries the idempotency key.
const KEY: &str = "idempotency-key";

/// The header that carries the signature of the body.
const SIGNATURE: &str = "x-flightdeck-signature";

/// A place that takes flightdeck's JSON.
pub struct Webhook {
    name: Text,
    site: Site,
    secret: Option<Credential>,
    limit: Duration,
}

impl Webhook {
    /// To this place; the body is signed where there is a secret.
    #[must_use]
    pub fn new(name: &str, site: Site, secret: Option<Credential>, limit: Duration) -> Self {
        Self { name: Text::line(name), site, secret, limit }
    }

    async fn post(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let body = body(key, message, incident).to_string();
        let mut headers = vec![("content-type", "application/json".to_owned()), (KEY, key.to_owned())];
        if let Some(secret) = &self.secret {
            match secret.get().await {
                Ok(secret) => {
                    let signature = hex(&hmac_sha256(&secret, body.as_bytes()));
                    headers.push((SIGNATURE, format!("sha256={signature}")));
                }
                Err(why) => return Delivery::Failed { why, retry_after: None },
            }
        }
        let make = |request: crate::web::Request| {
            let request = request.limit(self.limit).body(body);
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        };
        let outcome = self.site.send(Method::POST, make).await;
        answer::delivery(outcome, |_| Ok(()), |_| None)
    }
}

/// The JSON of a message.
fn body(key: &str, message: &Message, incident: &Incident) -> Value {
    let status = match incident.status {
        Status::Open => "open",
        Status::Resolved(_) => "resolved",
        Status::Merged(_) => "merged",
    };
    json!({
        "version": 1,
        "key": key,
        "realm": incident.realm,
        "incident": {
            "id": incident.id.to_string(),
            "title": incident.title,
            "severity": incident.severity,
            "status": status,
            "agents": incident.agents,
        },
        "message": {
            "id": message.id.to_string(),
            "kind": message.kind,
            "to": message.to,
            "severity": message.severity,
            "topic": message.topic,
            "state": message.state,
            "subject": message.subject,
            "text": message.text,
            "entry": message.about,
        },
    })
}

impl Channel for Webhook {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        // The request ends by itself first, and says what it knows.
        self.limit + Duration::from_secs(1)
    }

    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery> {
        Box::pin(self.post(key, message, incident))
    }

    fn look(&self) -> Pending<'_, Option<Seen>> {
        Box::pin(async { Some(self.site.reach(UNPROVED).await) })
    }
}

impl LiveChannel for Webhook {}
