//! flightdeck's own JSON, by POST. Its form is written down in the README.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Channel, Delivery, LiveChannel, Pending, Site, answer};
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
}

impl LiveChannel for Webhook {}
