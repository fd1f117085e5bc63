//! Which channel is told what: the configuration as data, so that deciding stays pure.

use super::{MessageKind, Recipient};
use crate::incident::{Audience, Severity, Text};

/// What one channel is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The channel's name.
    pub channel: Text,
    /// Whom it reaches (D3). Customers are only ever told what a person wrote.
    pub audiences: Vec<Audience>,
    /// Incidents of which severities it is told of.
    pub severities: Vec<Severity>,
    /// What it is told.
    pub kinds: Vec<MessageKind>,
}

impl Route {
    /// A route that carries everything that is not for customers.
    #[must_use]
    pub fn everything(channel: &str) -> Self {
        Self {
            channel: Text::line(channel),
            audiences: vec![Audience::Engineering, Audience::Executives],
            severities: Severity::ALL.to_vec(),
            // That somebody is on it stops a pager, and is noise elsewhere.
            kinds: MessageKind::ALL
                .iter()
                .copied()
                .filter(|kind| *kind != MessageKind::Acknowledged)
                .collect(),
        }
    }

    /// As which audience this channel is told of a kind that is not an update; none: it is not.
    #[must_use]
    pub fn hears(&self, kind: MessageKind) -> Option<Recipient> {
        if !self.kinds.contains(&kind) {
            return None;
        }
        let audience = audiences_of(kind).iter().find(|audience| self.audiences.contains(audience))?;
        Some(Recipient::Audience(*audience))
    }

    /// Whether it carries the updates of an audience.
    #[must_use]
    pub fn carries_updates(&self, audience: Audience) -> bool {
        self.kinds.contains(&MessageKind::Update) && self.audiences.contains(&audience)
    }
}

/// Who is told of what by flightdeck itself. Customers hear only what a person wrote (C2).
const fn audiences_of(kind: MessageKind) -> &'static [Audience] {
    match kind {
        MessageKind::Declared
        | MessageKind::Severity
        | MessageKind::Escalation
        | MessageKind::Resolved
        | MessageKind::Reopened => &[Audience::Engineering, Audience::Executives],
        MessageKind::Leaking | MessageKind::InDoubt | MessageKind::Acknowledged | MessageKind::Digest => {
            &[Audience::Engineering]
        }
        // Whoever writes it names the channel.
        MessageKind::Note => &[Audience::Engineering, Audience::Executives],
        // A page goes to a person, an update to the audience it was written for.
        MessageKind::Page | MessageKind::Update => &[],
    }
}
