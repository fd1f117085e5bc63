//! Somebody else's JSON, from a template: Teams, Telegram, and whatever takes a request.
//!
//! Names in braces are replaced within the texts of the JSON only, so that no word of an incident
//! can become a part of its structure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::site::UNPROVED;
use super::{Channel, Delivery, LiveChannel, Pending, Seen, Site, answer};
use crate::incident::outbox::words::fill;
use crate::incident::{Incident, Message, Text};
use crate::web::{Answer, Method, Request};

/// How a message becomes a request, and what the answer must hold.
#[derive(Clone, Debug)]
pub struct HttpSpec {
    /// The method.
    pub method: Method,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The body with names in braces within its texts.
    pub body: Value,
    /// What the answer must hold, by JSON pointer.
    pub expect: BTreeMap<String, String>,
    /// Where the channel's own name of the message stands in the answer, by JSON pointer.
    pub reference: Option<String>,
    /// The most characters of a text it takes; what follows is cut and marked.
    pub text_max: Option<usize>,
    /// How long one try may take.
    pub limit: Duration,
}

/// A place that takes JSON of its own form.
pub struct HttpChannel {
    name: Text,
    site: Site,
    spec: HttpSpec,
}

impl HttpChannel {
    /// To this place.
    #[must_use]
    pub fn new(name: &str, site: Site, spec: HttpSpec) -> Self {
        Self { name: Text::line(name), site, spec }
    }

    async fn post(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let body = self.body(key, message, incident);
        let make = |request: Request| {
            let request = request.limit(self.spec.limit).header("idempotency-key", key).json(&body);
            self.spec.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
        };
        let outcome = self.site.send(self.spec.method.clone(), make).await;
        answer::delivery(outcome, |answer| self.expected(answer), |answer| self.reference(answer))
    }

    fn body(&self, key: &str, message: &Message, incident: &Incident) -> Value {
        let cut = |text: &Text| match self.spec.text_max {
            Some(most) if text.as_str().chars().count() > most => {
                let kept: String = text.as_str().chars().take(most.saturating_sub(9)).collect();
                format!("{kept}...[cut]")
            }
            Some(_) | None => text.to_string(),
        };
        let reference = incident.outbox.reference(self.name.as_str());
        let value = |name: &str| match name {
            "subject" => cut(&message.subject),
            "text" => cut(&message.text),
            "kind" => message.kind.to_string(),
            "to" => message.to.to_string(),
            "severity" => message.severity.to_string(),
            "topic" => message.topic.to_string(),
            "state" => message.state.to_string(),
            "incident" => incident.id.to_string(),
            "title" => incident.title.to_string(),
            "realm" => incident.realm.to_string(),
            "message" => message.id.to_string(),
            "key" => key.to_owned(),
            "reference" => reference.map(Text::to_string).unwrap_or_default(),
            other => format!("{{{other}}}"),
        };
        filled(&self.spec.body, &value)
    }

    /// Some systems say 200 and mean no: what the answer must hold is held against it.
    fn expected(&self, answer: &Answer) -> Result<(), String> {
        let body = answer.json().unwrap_or_default();
        for (pointer, expected) in &self.spec.expect {
            let found = body.pointer(pointer).map(scalar);
            if found.as_deref() != Some(expected.as_str()) {
                let found = found.unwrap_or_else(|| "nothing".to_owned());
                return Err(format!("expected {expected} at {pointer}, found {found}"));
            }
        }
        Ok(())
    }

    fn reference(&self, answer: &Answer) -> Option<Text> {
        let body = answer.json()?;
        let found = body.pointer(self.spec.reference.as_deref()?)?;
        Some(Text::line(&scalar(found)))
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn filled(template: &Value, value: &dyn Fn(&str) -> String) -> Value {
    match template {
        Value::String(text) => Value::String(fill(text, value)),
        Value::Array(items) => items.iter().map(|item| filled(item, value)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), filled(field, value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }
}

impl Channel for HttpChannel {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        // The request ends by itself first, and says what it knows.
        self.spec.limit + Duration::from_secs(1)
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

impl LiveChannel for HttpChannel {}
