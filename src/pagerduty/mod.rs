//! PagerDuty's Events API v2 and REST API v2, for the channel that tells through it and the adapter that acts by it:
//! incidents by the key of their alert, who is on call, escalation, calls, notes, and reading back.
//!
//! It decides nothing and repeats nothing: each request ends as the web client says, and whoever
//! asked knows what that means. A level is set alone: with the policy beside it PagerDuty begins
//! again at its first level. It knows nothing of incidents of ours, adapters or channels.

mod events;
mod record;

use std::time::Duration;

use serde_json::{Value, json};

use crate::incident::Text;
use crate::web::{Answer, Backend, Method, Outcome, Request};

pub use events::Events;
pub use record::{Call, Incident, LogEntry, OnCall, Person};

/// The version that is spoken; plain JSON is what a proxy between might say.
const ACCEPT: &str = "application/vnd.pagerduty+json;version=2, application/json;q=0.9";

/// Log entries and notes read at most, newest first: what is looked for was made a moment ago.
const NEWEST: usize = 100;

/// What was read, or how the request ended instead.
pub type Read<T> = Result<T, Outcome>;

/// The API of an account.
pub struct Api {
    backend: Backend,
    /// The e-mail address of the user in whose name incidents are changed.
    from: String,
    /// How long one request may take.
    limit: Duration,
}

/// The level that PagerDuty means by one of ours: it counts from 1.
#[must_use]
pub const fn level_there(level: u8) -> u32 {
    level as u32 + 1
}

impl Api {
    /// The account behind this backend.
    #[must_use]
    pub const fn new(backend: Backend, from: String, limit: Duration) -> Self {
        Self { backend, from, limit }
    }

    /// What it goes through: where that is, how its circuit is, and whether its token is there.
    #[must_use]
    pub const fn backend(&self) -> &Backend {
        &self.backend
    }

    /// What the account can do: read by whatever token it has, and changed by nobody.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn abilities(&self) -> Read<usize> {
        let list = self.read("/abilities").await?;
        list["abilities"]
            .as_array()
            .map(Vec::len)
            .ok_or_else(|| Outcome::Unknown(Text::line("it names no abilities")))
    }

    /// The open incident of an alert, by the key under which it was raised.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn incident_of(&self, alert: &str) -> Read<Option<Incident>> {
        let key: String = form_urlencoded::byte_serialize(alert.as_bytes()).collect();
        let path = format!(
            "/incidents?date_range=all&statuses[]=triggered&statuses[]=acknowledged&incident_key={key}"
        );
        let list = self.read(&path).await?;
        let all = list["incidents"].as_array().into_iter().flatten();
        // It was asked for open ones of this key; what is shown counts.
        let ours = |incident: &&Value| {
            incident["status"] != "resolved" && incident["incident_key"].as_str().is_none_or(|k| k == alert)
        };
        all.into_iter().find(ours).map(incident).transpose()
    }

    /// One incident.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn incident(&self, id: &str) -> Read<Incident> {
        incident(&self.read(&format!("/incidents/{id}")).await?["incident"])
    }

    /// Who is on call by a policy, at each of its levels.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn on_call(&self, policy: &str) -> Read<Vec<OnCall>> {
        let path = format!("/oncalls?earliest=true&limit=100&escalation_policy_ids[]={policy}");
        let list = self.read(&path).await?;
        Ok(list["oncalls"].as_array().into_iter().flatten().filter_map(OnCall::read).collect())
    }

    /// What happened to an incident, newest first.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn log(&self, id: &str) -> Read<Vec<LogEntry>> {
        let list = self.read(&format!("/incidents/{id}/log_entries?limit={NEWEST}")).await?;
        Ok(list["log_entries"].as_array().into_iter().flatten().filter_map(LogEntry::read).collect())
    }

    /// Whether a note of an incident holds these words.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn has_note(&self, id: &str, words: &str) -> Read<bool> {
        let list = self.read(&format!("/incidents/{id}/notes")).await?;
        let mut notes = list["notes"].as_array().into_iter().flatten();
        Ok(notes.any(|note| note["content"].as_str().is_some_and(|content| content.contains(words))))
    }

    /// Escalates an incident to one of its policy's levels, counted as PagerDuty does.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn escalate(&self, id: &str, level: u32) -> Read<Answer> {
        let body = json!({ "incident": { "type": "incident_reference", "escalation_level": level } });
        self.change(Method::PUT, &format!("/incidents/{id}"), &body).await
    }

    /// Asks a user to respond to an incident, in the name of another.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn call(&self, id: &str, requester: &str, user: &str, words: &str) -> Read<Answer> {
        let body = json!({
            "requester_id": requester,
            "message": words,
            "responder_request_targets": [
                { "responder_request_target": { "id": user, "type": "user_reference" } }
            ],
        });
        let answer = self.change(Method::POST, &format!("/incidents/{id}/responder_requests"), &body).await?;
        // It answers with what it made: a request that names nobody called nobody.
        let made = answer.json().unwrap_or_default();
        if record::holds_id(&made["responder_request"]["responder_request_targets"], user) {
            return Ok(answer);
        }
        let why = format!("PagerDuty answered {} and does not name {user}", answer.status);
        Err(Outcome::Unknown(Text::line(&why)))
    }

    /// Writes a note on an incident. The API knows no idempotency key: read before writing again.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn note(&self, id: &str, words: &str) -> Read<Answer> {
        let body = json!({ "note": { "content": words } });
        self.change(Method::POST, &format!("/incidents/{id}/notes"), &body).await
    }

    /// Tells the subscribers of an incident. The API knows no idempotency key, and lists no status
    /// updates: whether one was taken cannot be read.
    ///
    /// # Errors
    /// How the request ended.
    pub async fn status_update(&self, id: &str, words: &str) -> Read<Answer> {
        let path = format!("/incidents/{id}/status_updates");
        self.change(Method::POST, &path, &json!({ "message": words })).await
    }

    async fn read(&self, path: &str) -> Read<Value> {
        let answer = self.ask(self.request(Method::GET, path)).await?;
        answer.json().ok_or_else(|| Outcome::Unknown(Text::line("it answers no JSON")))
    }

    async fn change(&self, method: Method, path: &str, body: &Value) -> Read<Answer> {
        self.ask(self.request(method, path).body(body.to_string()).once()).await
    }

    fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, path)
            .insisting()
            .limit(self.limit)
            .header("accept", ACCEPT)
            .header("content-type", "application/json")
            .header("from", &self.from)
    }

    async fn ask(&self, request: Request) -> Read<Answer> {
        match self.backend.send(&request).await {
            Outcome::Answered(answer) if !answer.is_success() => Err(Outcome::Answered(answer)),
            // Some say 200 and mean no.
            Outcome::Answered(answer) if answer.json().is_some_and(|body| body["error"].is_object()) => {
                Err(Outcome::Answered(Answer { status: 400, ..answer }))
            }
            Outcome::Answered(answer) => Ok(answer),
            ended @ (Outcome::NotSent(_) | Outcome::Unknown(_)) => Err(ended),
        }
    }
}

fn incident(value: &Value) -> Read<Incident> {
    Incident::read(value).ok_or_else(|| Outcome::Unknown(Text::line("it names no incident")))
}
