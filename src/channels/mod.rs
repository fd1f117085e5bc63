//! Channels carry messages to people: chat, pagers, status pages, mail.
//!
//! A channel never decides whom to tell: routes did, before the message was queued. It never
//! repeats a message by itself either: the outbox does, always under the same key. Whatever leaves
//! no whole answer is [`Delivery::Unknown`], and is sent again: a channel whose system knows
//! idempotency keys passes the key on, and there the message arrives once.

pub mod answer;
pub mod email;
pub mod http;
pub mod inbox;
pub mod pagerduty;
pub mod post;
pub mod site;
pub mod slack;
pub mod statuspage;
pub mod webhook;

use std::pin::Pin;
use std::time::Duration;

use crate::incident::{Duty, Incident, Message, Text, Time};

pub use email::{Email, EmailSpec};
pub use http::{HttpChannel, HttpSpec};
pub use inbox::Inbox;
pub use pagerduty::PagerDuty;
pub use post::{LiveChannel, Post};
pub use site::{Address, Site};
pub use slack::Slack;
pub use statuspage::StatusPage;
pub use webhook::Webhook;

/// A future that a channel hands out.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The channel's system took it.
    Delivered {
        /// What it said, bounded.
        answer: Text,
        /// What it calls the incident from now on, if it says so: a thread, an alert. Later messages
        /// find it in [`Outbox::reference`](crate::incident::Outbox::reference).
        reference: Option<Text>,
    },
    /// It did not arrive; trying again may help.
    Failed {
        /// Why.
        why: Text,
        /// How long the other side asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It did not arrive and never will: no such address, no right to write there.
    Refused(Text),
    /// It was sent and nobody knows whether it arrived.
    Unknown(Text),
    /// The same of a try that was made although nobody could look whether the one before arrived.
    Repeated(Text),
    /// Nobody can know whether it arrived, and it is not repeated blindly.
    Unknowable(Text),
}

/// What a look at a channel showed, without a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Its system takes us for who we are, in words how.
    Well(Text),
    /// Its system, or the program that it is handed to, is there; no more than that.
    Reached(Text),
    /// It is not, or does not take us for who we are.
    Ill(Text),
}

/// A way to tell people something.
pub trait Channel: Send + Sync {
    /// Its name in the configuration and in messages.
    fn name(&self) -> &Text;

    /// How long one try may take; what takes longer is [`Delivery::Unknown`].
    fn limit(&self) -> Duration {
        Duration::from_secs(15)
    }

    /// Sends one message. `key` is the idempotency key: the same for the same message for ever.
    ///
    /// Everything that is said stands in the message, so that a second try says the same; the
    /// incident is for what identifies it outside: its number, its title, a thread.
    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery>;

    /// Looks whether its system is there, where a system stands behind it. Tells nobody anything.
    fn look(&self) -> Pending<'_, Option<Seen>> {
        Box::pin(async { None })
    }

    /// Who is on call, where the channel's system knows.
    fn on_call(&self) -> Option<&dyn OnCall> {
        None
    }
}

/// Somebody or something that knows who is on call.
pub trait OnCall: Send + Sync {
    /// Who has the duty at a level. Read only: nobody is called.
    ///
    /// # Errors
    /// In words: why it is not known.
    fn who(&self, level: u8, at: Time) -> Pending<'_, Result<Vec<Duty>, Text>>;
}
