//! Where the runtime stands ready to take what sources bring.

use std::time::Duration;

use futures::future::BoxFuture;

use super::Delivery;
use crate::incident::{IncidentId, Text};

/// Takes deliveries. The future ends when all of it is durably recorded, or says why it is not.
///
/// The same delivery may come again, after an error or a lost answer: taking it twice must make no
/// second incident (B12). It runs as a task of its own: a sender that hangs up does not stop it.
pub trait Intake: Send + Sync + 'static {
    /// Records it.
    fn take(&self, delivery: Delivery) -> BoxFuture<'static, Result<Taken, IntakeError>>;

    /// Why nothing can be recorded now, if that is known: whoever asks for the receiver's health hears that
    /// it is so before an alert is refused.
    fn refuses(&self) -> Option<Text> {
        None
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The incidents it declared or joined, each once.
    pub incidents: Vec<IncidentId>,
    /// What the sender should know of what was left.
    pub notes: Vec<Text>,
}

/// Why a delivery was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// Not now: the journal cannot be written. The sender is asked to try again.
    #[error("{why}")]
    Unavailable {
        /// In words.
        why: Text,
        /// When to try again.
        retry_after: Duration,
    },
    /// Not like this: trying again will not help.
    #[error("{why}")]
    Refused {
        /// In words.
        why: Text,
    },
}
