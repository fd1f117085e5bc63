//! The Events API v2: alerts are raised, acknowledged and resolved under a key, so that twice is
//! once. Its 202 means that the event was taken, and nothing more: whether there is an incident, or
//! anybody was woken, only the REST API knows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::incident::Text;
use crate::web::{Backend, Credential, Outcome, Request};

/// Where the events of a service go.
pub struct Events {
    backend: Backend,
    routing_key: Credential,
    limit: Duration,
}

impl Events {
    /// To this backend, for the service of this key.
    #[must_use]
    pub const fn new(backend: Backend, routing_key: Credential, limit: Duration) -> Self {
        Self { backend, routing_key, limit }
    }

    /// What it goes through: where that is, how its circuit is, and a look that sends no event.
    #[must_use]
    pub const fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Sends an event, which lacks only the key of the service.
    pub async fn send(&self, event: &Value) -> Outcome {
        let secret = match self.routing_key.get().await {
            Ok(secret) => secret,
            Err(why) => return Outcome::NotSent(why),
        };
        let mut event = event.clone();
        event["routing_key"] = json!(secret.expose());
        let request = Request::post("/enqueue").insisting().once().limit(self.limit).hiding(&secret);
        self.backend.send(&request.json(&event)).await
    }

    /// Raises an alert, or finds it raised.
    ///
    /// # Errors
    /// How the request ended, if it was not taken.
    pub async fn raise(&self, alert: &str, summary: &str) -> Result<(), Outcome> {
        let event = json!({
            "event_action": "trigger",
            "dedup_key": alert,
            "client": "flightdeck",
            "payload": { "summary": summary, "source": "flightdeck", "severity": "critical" },
        });
        match self.send(&event).await {
            Outcome::Answered(answer) if answer.is_success() => {
                let taken = answer.json().is_some_and(|body| body["status"] == "success");
                let why = || Text::line(&format!("it answered {} without taking it", answer.status));
                if taken { Ok(()) } else { Err(Outcome::Unknown(why())) }
            }
            ended @ (Outcome::Answered(_) | Outcome::NotSent(_) | Outcome::Unknown(_)) => Err(ended),
        }
    }
}
