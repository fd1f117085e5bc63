//! The REST API v2: who is on call, escalation to a level, and calls to one person, read back.
//!
//! A level is set alone: with the policy beside it PagerDuty begins again at its first level.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::channels::{Delivery, OnCall, Pending, answer};
use crate::incident::{Duty, Text, Time};
use crate::web::{Answer, Backend, Method, Request};

/// The version that is spoken; plain JSON is what a proxy between might say.
const ACCEPT: &str = "application/vnd.pagerduty+json;version=2, application/json;q=0.9";

/// What a token makes possible.
#[derive(Clone, Debug)]
pub struct RestSpec {
    /// The e-mail address of the user in whose name incidents are changed.
    pub from: String,
    /// That user's id, which calls to a person need.
    pub requester: Option<String>,
    /// The escalation policy that is asked for who is on call.
    pub policy: Option<String>,
    /// People's user ids.
    pub people: BTreeMap<String, String>,
    /// How long one request may take.
    pub limit: Duration,
}

/// The REST API of an account.
pub struct Rest {
    /// The channel's name.
    name: Text,
    backend: Backend,
    spec: RestSpec,
}

/// What became of a call.
pub(super) enum Call {
    /// It was made, and this became of it.
    Made(Delivery),
    /// PagerDuty has no open incident that it could be about.
    NoIncident,
    /// Nobody knows who that is there.
    Unknown(Text),
}

impl Rest {
    /// The account behind this backend.
    #[must_use]
    pub fn new(name: &str, backend: Backend, spec: RestSpec) -> Self {
        Self { name: Text::line(name), backend, spec }
    }

    /// Escalates the incident of this alert. `tried`: an earlier try may have done it.
    pub(super) async fn escalate(&self, alert: &str, level: u8, tried: bool) -> Option<Call> {
        Some(self.escalated(alert, level, tried).await.unwrap_or_else(Call::Made))
    }

    async fn escalated(&self, alert: &str, level: u8, tried: bool) -> Result<Call, Delivery> {
        let Some(found) = self.incident_of(alert).await? else { return Ok(Call::NoIncident) };
        let id = id(&found)?;
        // PagerDuty counts its levels from 1.
        let there = u32::from(level) + 1;
        if tried && let Some(delivered) = self.assigned(&id, there).await? {
            return Ok(Call::Made(delivered));
        }
        let body = json!({ "incident": { "type": "incident_reference", "escalation_level": there } });
        let path = format!("/incidents/{id}");
        self.ask(self.request(Method::PUT, &path).json(&body).once()).await?;
        match self.assigned(&id, there).await? {
            Some(delivered) => Ok(Call::Made(delivered)),
            None => {
                let why = format!("PagerDuty took it, and {id} is not assigned to its level {there}");
                Err(Delivery::Failed { why: Text::line(&why), retry_after: None })
            }
        }
    }

    /// Calls one person to the incident of this alert.
    pub(super) async fn page(&self, alert: &str, person: &Text, words: &str, tried: bool) -> Option<Call> {
        let Some(user) = self.spec.people.get(person.as_str()) else {
            return Some(Call::Unknown(person.clone()));
        };
        Some(self.paged(alert, user, words, tried).await.unwrap_or_else(Call::Made))
    }

    async fn paged(&self, alert: &str, user: &str, words: &str, tried: bool) -> Result<Call, Delivery> {
        let Some(found) = self.incident_of(alert).await? else { return Ok(Call::NoIncident) };
        let id = id(&found)?;
        let asked = Delivery::Delivered {
            answer: Text::line(&format!("{user} is asked to respond to {id}")),
            reference: None,
        };
        let path = format!("/incidents/{id}");
        if tried && holds_id(&self.read(&path).await?["incident"]["incidents_responders"], user) {
            return Ok(Call::Made(asked));
        }
        let body = json!({
            "requester_id": self.spec.requester,
            "message": words,
            "responder_request_targets": [
                { "responder_request_target": { "id": user, "type": "user_reference" } }
            ],
        });
        let path = format!("{path}/responder_requests");
        let answer = self.ask(self.request(Method::POST, &path).json(&body).once()).await?;
        // It answers with what it made: a request that names nobody called nobody.
        let made = answer.json().unwrap_or_default();
        if !holds_id(&made["responder_request"]["responder_request_targets"], user) {
            let why = format!("PagerDuty answered {} and does not name {user}", answer.status);
            return Err(Delivery::Unknown(Text::line(&why)));
        }
        Ok(Call::Made(asked))
    }

    /// Whom the incident is assigned to, if that is whoever its policy has on call at the level.
    async fn assigned(&self, id: &str, level: u32) -> Result<Option<Delivery>, Delivery> {
        let incident = self.read(&format!("/incidents/{id}")).await?;
        let incident = &incident["incident"];
        let Some(policy) = incident["escalation_policy"]["id"].as_str() else {
            let why = format!("it does not say which escalation policy {id} has");
            return Err(Delivery::Unknown(Text::line(&why)));
        };
        let duties = self.duties(policy).await?;
        let on_call = duties.iter().filter(|duty| duty["escalation_level"] == level);
        let names: Vec<&str> = on_call
            .filter(|duty| duty["user"]["id"].as_str().is_some_and(|user| assigned_to(incident, user)))
            .filter_map(|duty| duty["user"]["summary"].as_str())
            .collect();
        Ok((!names.is_empty()).then(|| {
            let words = format!("{id} is assigned to {}, level {level}", names.join(", "));
            Delivery::Delivered { answer: Text::line(&words), reference: None }
        }))
    }

    /// The open incident of an alert.
    async fn incident_of(&self, alert: &str) -> Result<Option<Value>, Delivery> {
        let path = format!(
            "/incidents?date_range=all&statuses[]=triggered&statuses[]=acknowledged&incident_key={alert}"
        );
        let list = self.read(&path).await?;
        let all = list["incidents"].as_array().into_iter().flatten();
        // It was asked for open ones only; what is shown counts.
        Ok(all.into_iter().find(|incident| incident["status"] != "resolved").cloned())
    }

    async fn duties(&self, policy: &str) -> Result<Vec<Value>, Delivery> {
        let path = format!("/oncalls?earliest=true&limit=100&escalation_policy_ids[]={policy}");
        let list = self.read(&path).await?;
        Ok(list["oncalls"].as_array().cloned().unwrap_or_default())
    }

    async fn read(&self, path: &str) -> Result<Value, Delivery> {
        let answer = self.ask(self.request(Method::GET, path)).await.map_err(answer::looked)?;
        answer
            .json()
            .ok_or_else(|| Delivery::Failed { why: Text::line("it answers no JSON"), retry_after: None })
    }

    fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, path)
            .insisting()
            .limit(self.spec.limit)
            .header("accept", ACCEPT)
            .header("content-type", "application/json")
            .header("from", &self.spec.from)
    }

    /// A success, or what the answer means for the message.
    async fn ask(&self, request: Request) -> Result<Answer, Delivery> {
        answer::success(self.backend.send(&request).await)
    }

    async fn asked_who(&self, level: u8) -> Result<Vec<Duty>, Text> {
        let Some(policy) = &self.spec.policy else {
            return Err(Text::line("`escalation_policy` is not configured"));
        };
        let duties = self.duties(policy).await.map_err(|delivery| match delivery {
            Delivery::Refused(why) | Delivery::Unknown(why) | Delivery::Failed { why, .. } => why,
            Delivery::Delivered { answer, .. } => answer,
        })?;
        let there = u32::from(level) + 1;
        let duties = duties.iter().filter(|duty| duty["escalation_level"] == there);
        Ok(duties.map(|duty| self.duty(level, duty)).collect())
    }

    fn duty(&self, level: u8, duty: &Value) -> Duty {
        Duty {
            level,
            person: duty["user"]["summary"].as_str().map(Text::line),
            channel: self.name.clone(),
            // Without an end it is for ever.
            until: duty["end"].as_str().and_then(|end| end.parse().ok()).unwrap_or(Time::MAX_UTC),
            swapped: false,
        }
    }
}

/// The incident's id, which goes into paths.
fn id(incident: &Value) -> Result<String, Delivery> {
    let id = incident["id"].as_str().unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Delivery::Failed { why: Text::line("it names no incident"), retry_after: None });
    }
    Ok(id.to_owned())
}

fn assigned_to(incident: &Value, user: &str) -> bool {
    let all = incident["assignments"].as_array().into_iter().flatten();
    all.into_iter().any(|assignment| assignment["assignee"]["id"] == user)
}

/// Whether an id stands anywhere in what was answered.
fn holds_id(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|inner| holds_id(inner, id)),
        Value::Object(fields) => {
            fields.get("id").is_some_and(|found| found == id)
                || fields.values().any(|inner| holds_id(inner, id))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

impl OnCall for Rest {
    fn who(&self, level: u8, _: Time) -> Pending<'_, Result<Vec<Duty>, Text>> {
        Box::pin(self.asked_who(level))
    }
}
