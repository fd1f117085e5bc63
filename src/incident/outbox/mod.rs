//! What people outside the cockpit are told: each message is an entry before it is sent.
//!
//! A message is queued in the same moment as the entry it is about, by the routes of the
//! configuration ([`route`]). Its number is its idempotency key: it is sent at least once, always
//! under the same key, until it is delivered, refused for good, given up after [`TRIES`] tries when
//! [its patience](Outgoing::tried_until) is over too, or dropped by a person. Nothing here sends
//! anything; `runtime` does, and reports back.

pub mod announce;
mod paging;
pub mod route;
mod standing;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::severity::words as word_table;
use super::{ActionId, Audience, Event, MessageId, Policy, Severity, Span, Text, Time};
use paging::VERIFY_SECONDS;

pub use announce::{announced, settled};
pub use paging::{DueLevel, NOBODY, levels, plan, reached};
pub use route::Route;
pub use standing::{ChannelStanding, Undelivered};

/// How often a message is tried at the least before it is given up (E1).
pub const TRIES: u32 = 5;

/// How the reason of a try begins after which nobody knows whether the message arrived.
pub const MAY_HAVE_ARRIVED: &str = "it may have arrived";

/// The name of the outbox in plans: what pages people through channels instead of an adapter.
pub const OUTBOX: &str = "outbox";

/// What a message is about. Routes choose by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A new incident.
    Declared,
    /// The severity changed.
    Severity,
    /// A verified effect stopped holding, or holds again.
    Leaking,
    /// Nobody knows whether a call took effect.
    InDoubt,
    /// A level was brought in (C2, D10).
    Escalation,
    /// One person is called, with context (C1).
    Page,
    /// A status update (D3).
    Update,
    /// Somebody is on it (T1).
    Acknowledged,
    /// A note that somebody wrote for this channel: `@pager rolled back`.
    Note,
    /// It is over, or goes on as another.
    Resolved,
    /// It was not over.
    Reopened,
    /// The daily digest of what is still in force.
    Digest,
}

word_table!(MessageKind, "kind of message", {
    Declared => "declared",
    Severity => "severity",
    Leaking => "leaking",
    InDoubt => "in-doubt",
    Escalation => "escalation",
    Page => "page",
    Update => "update",
    Acknowledged => "acknowledged",
    Note => "note",
    Resolved => "resolved",
    Reopened => "reopened",
    Digest => "digest",
});

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// Everybody who reads the channel, as one of the audiences (D3).
    Audience(Audience),
    /// One person.
    Person(Text),
    /// Whoever the channel's own system has on call at a level (D10).
    Level(u8),
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Audience(audience) => f.pad(audience.word()),
            Self::Person(name) => f.pad(name.as_str()),
            Self::Level(level) => f.pad(&format!("level {level}")),
        }
    }
}

/// Whether a message that is not known to be delivered may have arrived all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It did not arrive.
    #[default]
    None,
    /// The answer to a try was lost.
    Lost,
    /// It was sent again after that, although nobody could look whether it stands there.
    Repeated,
}

impl Doubt {
    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// What an entry says of a try. Before there was a word for it, its reason said it.
    #[must_use]
    pub fn of(self, reason: &Text) -> Self {
        let told = reason.as_str().starts_with(MAY_HAVE_ARRIVED);
        if told { self.max(Self::Lost) } else { self }
    }
}

/// One message for one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number, and within the journal its idempotency key.
    pub id: MessageId,
    /// The channel it goes through, by name.
    pub channel: Text,
    /// Whom it is for.
    pub to: Recipient,
    /// What it is about.
    pub kind: MessageKind,
    /// The entry it is about.
    pub about: u64,
    /// The action it is about, or that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// How bad the incident was when it was queued.
    pub severity: Severity,
    /// What has a state that is told once: `incident`, `severity`, `A3`, `level 1` …
    pub topic: Text,
    /// That state: `resolved`, `P0`, `leaking` … The same one is not told twice in a row (B12).
    pub state: Text,
    /// One line.
    pub subject: Text,
    /// All of it.
    pub text: Text,
    /// By when it must have been delivered (B12).
    pub tell_by: Time,
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// Not sent yet, or about to be tried again at this time.
    Waiting {
        /// Not before.
        not_before: Time,
    },
    /// The channel took it.
    Delivered,
    /// Not delivered, and not tried any more by itself.
    GivenUp,
    /// A person decided that it need not be told.
    Dropped,
}

impl MessageState {
    /// Its word on screen.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given up",
            Self::Dropped => "dropped",
        }
    }
}

/// A message with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub message: Message,
    /// When it was queued.
    pub queued_at: Time,
    /// When it was queued, or last tried again by hand.
    pub asked_at: Time,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was tried in vain since it was queued or retried by hand.
    pub tries: u32,
    /// When its state changed last.
    pub changed_at: Time,
    /// What the channel answered, or why it failed last.
    pub answer: Text,
    /// Whether one of its tries may have arrived.
    pub doubt: Doubt,
}

impl Outgoing {
    /// Whether it is still to be sent.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, MessageState::Waiting { .. })
    }

    /// Whether it is on record that somebody was not told.
    #[must_use]
    pub const fn is_given_up(&self) -> bool {
        matches!(self.state, MessageState::GivenUp)
    }

    /// Until when it is tried at the least, from now on at the longest wait between two tries.
    ///
    /// By when it must be told says when it is late, not when nobody cares any more: a P0 has seconds
    /// for the one and no less patience than a P3 for the other (B12). A page is tried as long as the
    /// action that it carries out waits for it.
    #[must_use]
    pub fn tried_until(&self, policy: &Policy) -> Time {
        let patience = Severity::ALL.map(|severity| policy.notify_within.of(severity).as_seconds());
        let page = if self.message.kind == MessageKind::Page { VERIFY_SECONDS } else { 0 };
        let least = patience.into_iter().fold(page, u32::max);
        Span::seconds(least).after(self.asked_at).max(self.message.tell_by)
    }

    /// What it comes to that it was not delivered. Where a channel kept its answer to itself nobody
    /// knows.
    #[must_use]
    pub const fn not_told(&self) -> &'static str {
        if self.is_in_doubt() { "NOT KNOWN TO BE TOLD" } else { "NOT TOLD" }
    }

    /// Whether nobody knows whether it arrived.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        !self.doubt.is_none()
    }

    /// How often it was tried: `1 try`, `5 tries`.
    #[must_use]
    pub fn tried(&self) -> String {
        format!("{} {}", self.tries, plural(self.tries, "try", "tries"))
    }

    /// Where it stands, in words.
    #[must_use]
    pub fn standing(&self) -> String {
        match (&self.state, self.tries) {
            (MessageState::Waiting { .. }, 0) => "waiting".to_owned(),
            (MessageState::Waiting { .. }, _) => format!("waiting, {} failed: {}", self.tried(), self.answer),
            (MessageState::Delivered, _) => "delivered".to_owned(),
            (MessageState::GivenUp, _) => {
                format!("{}, given up after {}: {}", self.not_told(), self.tried(), self.answer)
            }
            (MessageState::Dropped, _) => format!("dropped: {}", self.answer),
        }
    }
}

/// The word for one or several.
pub(crate) const fn plural<'a>(count: u32, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// All messages of an incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox {
    all: BTreeMap<MessageId, Outgoing>,
    /// Those that are waiting, so that looking for work does not walk the rest.
    waiting: BTreeSet<MessageId>,
    /// What the channels call this incident: a thread, a page, an alert.
    references: BTreeMap<Text, Text>,
    /// When the first message was delivered.
    first_delivered: Option<Time>,
}

impl Outbox {
    /// Every message, in order.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Outgoing> {
        self.all.values()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Outgoing> {
        self.all.get(&id)
    }

    /// Those still to be sent, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.waiting.iter().filter_map(|id| self.all.get(id))
    }

    /// Those nobody was told of.
    pub fn given_up(&self) -> impl Iterator<Item = &Outgoing> {
        self.all.values().filter(|m| m.is_given_up())
    }

    /// Those about one entry.
    pub fn about(&self, seq: u64) -> impl Iterator<Item = &Outgoing> {
        self.all.values().filter(move |m| m.message.about == seq)
    }

    /// Those that carry out an action of the outbox itself, or tell of one.
    pub fn of_action(&self, action: ActionId) -> impl Iterator<Item = &Outgoing> {
        self.all.values().filter(move |m| m.message.action == Some(action))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What a channel calls this incident, once it has said so: a thread, a page, an alert.
    #[must_use]
    pub fn reference(&self, channel: &str) -> Option<&Text> {
        self.references.iter().find(|(name, _)| name.as_str() == channel).map(|(_, reference)| reference)
    }

    /// When the first message was delivered.
    #[must_use]
    pub const fn first_delivered(&self) -> Option<Time> {
        self.first_delivered
    }

    /// The number the next message gets.
    #[must_use]
    pub fn next_id(&self) -> MessageId {
        MessageId(self.all.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// What was told last of a topic, dropped messages included: a person decided about them.
    #[must_use]
    pub fn last_state(&self, channel: &Text, to: &Recipient, topic: &str) -> Option<&Text> {
        let told = |m: &&Outgoing| {
            m.message.channel == *channel && m.message.to == *to && m.message.topic.as_str() == topic
        };
        self.all.values().rev().find(told).map(|m| &m.message.state)
    }

    /// Whether a channel has heard, or will hear, of the incident.
    #[must_use]
    pub fn has_told(&self, channel: &Text) -> bool {
        self.all.values().any(|m| m.message.channel == *channel)
    }

    /// Folds an event in; events that are not about messages change nothing.
    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        if let Event::MessageQueued { message } = event {
            let new = Outgoing {
                message: Message::clone(message),
                queued_at: at,
                asked_at: at,
                state: MessageState::Waiting { not_before: at },
                tries: 0,
                changed_at: at,
                answer: Text::default(),
                doubt: Doubt::None,
            };
            self.waiting.insert(message.id);
            self.all.insert(message.id, new);
        } else if let Event::MessageDelivered { message, answer, reference } = event {
            self.first_delivered.get_or_insert(at);
            self.moved(*message, at, MessageState::Delivered, answer);
            if let (Some(reference), Some(sent)) = (reference, self.all.get(message)) {
                self.references.entry(sent.message.channel.clone()).or_insert_with(|| reference.clone());
            }
        } else if let Event::MessageFailed { message, reason, again_at, doubt } = event {
            let state = match again_at {
                Some(not_before) => MessageState::Waiting { not_before: *not_before },
                None => MessageState::GivenUp,
            };
            self.moved(*message, at, state, reason);
            if let Some(sent) = self.all.get_mut(message) {
                sent.tries += 1;
                sent.doubt = sent.doubt.max(doubt.of(reason));
            }
        } else if let Event::MessageRetried { message } = event {
            self.moved(*message, at, MessageState::Waiting { not_before: at }, &Text::default());
            if let Some(sent) = self.all.get_mut(message) {
                sent.tries = 0;
                sent.doubt = Doubt::None;
                sent.asked_at = at;
            }
        } else if let Event::MessageDropped { message, reason } = event {
            self.moved(*message, at, MessageState::Dropped, reason);
        }
    }

    fn moved(&mut self, id: MessageId, at: Time, state: MessageState, answer: &Text) {
        let Some(sent) = self.all.get_mut(&id) else { return };
        sent.state = state;
        sent.changed_at = at;
        sent.answer = answer.clone();
        if sent.is_waiting() {
            self.waiting.insert(id);
        } else {
            self.waiting.remove(&id);
        }
    }
}
