//! Statuspage: what customers read. Only updates that a person wrote for them get there.
//!
//! The first one opens an incident, later ones go into it. Statuspage knows no idempotency keys, so
//! before anything is said again the page is read: a message that is there already is delivered.

use std::time::Duration;

use serde_json::{Value, json};

use super::site::LOOK;
use super::{Channel, Delivery, LiveChannel, Pending, Seen, answer};
use crate::incident::{
    Audience, Incident, Mark, Message, MessageKind, MessageState, Recipient, Status, Text,
};
use crate::web::{Answer, Backend, Method, Outcome, Request};

/// The most characters of an incident's name there.
const NAME: usize = 255;

/// A page.
pub struct StatusPage {
    name: Text,
    backend: Backend,
    page: String,
    notify: bool,
    limit: Duration,
}

impl StatusPage {
    /// The page of this id.
    #[must_use]
    pub fn new(name: &str, backend: Backend, page: &str, notify: bool, limit: Duration) -> Self {
        Self { name: Text::line(name), backend, page: page.to_owned(), notify, limit }
    }

    async fn post(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        if message.kind != MessageKind::Update || message.to != Recipient::Audience(Audience::Customers) {
            let why = "customers hear nothing but what a person wrote for them";
            return Delivery::Refused(Text::line(why));
        }
        let tried = incident.outbox.get(message.id).is_some_and(|sent| sent.tries > 0);
        let mark = key.strip_suffix(&format!("-{}", message.id)).unwrap_or(key);
        let known = incident.outbox.reference(self.name.as_str()).map(Text::as_str).filter(|id| is_id(id));
        if tried {
            let said = incident.outbox.all().filter(|sent| {
                matches!(sent.state, MessageState::Delivered)
                    && sent.message.channel == message.channel
                    && sent.message.text == message.text
            });
            match self.found(known, mark, message, said.count()).await {
                Ok(Some(delivered)) => return delivered,
                Ok(None) => {}
                Err(delivery) => return delivery,
            }
        }
        let status = status(incident);
        let mut body = json!({ "incident": {
            "status": status,
            "body": message.text,
            "deliver_notifications": self.notify,
        } });
        let request = match known {
            Some(id) => self.request(Method::PATCH, &format!("/incidents/{id}")),
            None => {
                let name: String = message.subject.as_str().chars().take(NAME).collect();
                body["incident"]["name"] = json!(name);
                // By this it is found again after an answer that was lost.
                body["incident"]["metadata"] = json!({ "flightdeck": { "incident": mark } });
                self.request(Method::POST, "/incidents")
            }
        };
        match self.ask(request.json(&body).once()).await {
            Err(delivery) => delivery,
            Ok(answer) => {
                let said = answer.json().unwrap_or_default();
                match said["id"].as_str().filter(|id| is_id(id)) {
                    // Read in what it answered, not in the status code: the state it shows now.
                    Some(id) if said["status"] == status => delivered(id, status),
                    Some(id) => Delivery::Unknown(Text::line(&format!("{id} does not show '{status}'"))),
                    None => {
                        Delivery::Unknown(Text::line(&format!("it answered {} without an id", answer.status)))
                    }
                }
            }
        }
    }

    /// The message, where an earlier try got through although no answer came.
    /// `before`: how often the same words were delivered as messages of their own.
    async fn found(
        &self,
        known: Option<&str>,
        mark: &str,
        message: &Message,
        before: usize,
    ) -> Result<Option<Delivery>, Delivery> {
        let path = known.map_or_else(|| "/incidents".to_owned(), |id| format!("/incidents/{id}"));
        let answer = self.ask(self.request(Method::GET, &path)).await.map_err(answer::looked)?;
        let said = answer.json().unwrap_or_default();
        let all = said.as_array().cloned().unwrap_or_else(|| vec![said]);
        let ours =
            |incident: &&Value| known.is_some() || incident["metadata"]["flightdeck"]["incident"] == mark;
        let Some(ours) = all.iter().find(ours) else { return Ok(None) };
        let updates = ours["incident_updates"].as_array().into_iter().flatten();
        let same = updates.into_iter().filter(|update| update["body"] == message.text.as_str());
        let there = same.count() > before;
        let id = ours["id"].as_str().filter(|id| there && is_id(id));
        Ok(id.map(|id| delivered(id, ours["status"].as_str().unwrap_or("unknown"))))
    }

    fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("/pages/{}{path}", self.page)).insisting().limit(self.limit)
    }

    /// A success, or what the answer means for the message.
    async fn ask(&self, request: Request) -> Result<Answer, Delivery> {
        match self.backend.send(&request).await {
            Outcome::Answered(answer) if answer.is_success() => Ok(answer),
            // Its own word for too many.
            Outcome::Answered(answer) if answer.status == 420 => {
                let retry_after = answer.retry_after();
                Err(Delivery::Failed { why: Text::line("420: too many requests"), retry_after })
            }
            outcome @ (Outcome::Answered(_) | Outcome::NotSent(_) | Outcome::Unknown(_)) => {
                answer::success(outcome)
            }
        }
    }
}

/// What a page says of itself to whoever may change it.
fn shows(answer: &Answer, page: &str) -> Seen {
    let said = answer.json().unwrap_or_default();
    if answer.is_success() && said["id"] == page {
        let name = said["name"].as_str().unwrap_or(page);
        return Seen::Well(Text::line(&format!("the page '{name}' is read by this token")));
    }
    let why = said["error"].as_str().or(said["message"].as_str()).unwrap_or("no page of this id");
    Seen::Ill(Text::line(&format!("it answered {}: {why}", answer.status)))
}

fn delivered(id: &str, status: &str) -> Delivery {
    let answer = Text::line(&format!("incident {id} shows '{status}'"));
    Delivery::Delivered { answer, reference: Some(Text::line(id)) }
}

/// Ids go into paths.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Its four words for where an incident stands: never better than what was read of the world.
fn status(incident: &Incident) -> &'static str {
    match incident.status {
        Status::Resolved(_) => "resolved",
        // It goes on elsewhere, and so does what was begun here.
        Status::Merged(_) => "identified",
        Status::Open if incident.leaking_since().is_some() => "identified",
        Status::Open if incident.mark(Mark::T3).is_some() => "monitoring",
        Status::Open if incident.mark(Mark::T4).is_some() => "identified",
        Status::Open => "investigating",
    }
}

impl Channel for StatusPage {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        // A look and a call; each ends by itself and says what it knows.
        self.limit * 2 + Duration::from_secs(1)
    }

    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery> {
        Box::pin(self.post(key, message, incident))
    }

    /// Reads the page.
    fn look(&self) -> Pending<'_, Option<Seen>> {
        Box::pin(async {
            let page = self.request(Method::GET, "").once().limit(LOOK);
            Some(match self.backend.send(&page).await {
                Outcome::NotSent(why) | Outcome::Unknown(why) => Seen::Ill(why),
                Outcome::Answered(answer) => shows(&answer, &self.page),
            })
        })
    }
}

impl LiveChannel for StatusPage {}
