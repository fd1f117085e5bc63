//! What the receiver did so far, so that the screen can say what was refused.

use crate::incident::Text;

/// Counts since the receiver was bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deliveries recorded.
    pub taken: u64,
    /// Alerts in them, firing or over.
    pub alerts: u64,
    /// Lines of logs and traces kept.
    pub records: u64,
    /// Log records and spans left out of requests that were taken.
    pub left_out: u64,
    /// Requests refused: an alert may have been lost.
    pub refused: u64,
    /// The last refusal, in words.
    pub last_refusal: Option<Text>,
}
