//! What our channels and adapters send, held to the vendors' own descriptions of their APIs.
//!
//! `./tests/vendors/run` runs these, and `./tests/run --all` runs that: they need Prism and the
//! descriptions, which are the vendors'. Prism looks at every request; the answers are written here,
//! because a description's examples tell one story and our channels read what they are answered.
#![expect(clippy::panic, clippy::unwrap_used, reason = "what does not hold says so")]

#[path = "../support/mod.rs"]
mod support;

mod pagerduty;
mod prism;
mod slack;
mod statuspage;

use flightdeck::channels::{Delivery, Post};
use flightdeck::incident::{
    Actor, Audience, Entry, Event, Incident, IncidentId, Message, MessageId, MessageKind, Realm, Recipient,
    Severity, Text, Time,
};

/// What the idempotency key of the message is.
const KEY: &str = "0a1b2c3d-INC-7-M3";

fn incident() -> Incident {
    let mut incident = Incident::blank(IncidentId(7));
    let event = Event::Declared {
        realm: Realm::Live,
        title: "mails leave".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: Time::UNIX_EPOCH,
    };
    let actor = Actor::person("ana");
    incident.apply(&Entry { incident: IncidentId(7), seq: 1, at: Time::UNIX_EPOCH, actor, event });
    incident
}

fn message(kind: MessageKind, to: Recipient) -> Message {
    Message {
        id: MessageId(3),
        channel: "c".into(),
        to,
        kind,
        about: 1,
        action: None,
        severity: Severity::P0,
        topic: "incident".into(),
        state: "declared".into(),
        subject: "P0 INC-7: mails leave \u{6f22}\u{5b57}".into(),
        text: Text::block("two\nlines, \"quoted\""),
        tell_by: Time::UNIX_EPOCH,
    }
}

const ENGINEERS: Recipient = Recipient::Audience(Audience::Engineering);

/// Sends it through the channel `c`; it must arrive.
async fn deliver(post: &Post, message: &Message, incident: &Incident) -> Text {
    match post.by_name("c").unwrap().send(KEY, message, incident).await {
        Delivery::Delivered { answer, .. } => answer,
        Delivery::Failed { why, .. }
        | Delivery::Refused(why)
        | Delivery::Unknown(why)
        | Delivery::Repeated(why)
        | Delivery::Unknowable(why) => {
            panic!("{} for {}: {why}", message.kind, message.to)
        }
    }
}
