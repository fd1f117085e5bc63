//! What another system says of its own record of an incident: a pager's word of who acknowledged,
//! who was called, what was written there.
//!
//! Such a word is noted where it belongs and joins nothing by likeness: it comes with the name that
//! the system has for the incident. It never ends an incident.

use serde::{Deserialize, Serialize};

use super::{Text, Time};

/// One thing that happened elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Which system says so: `pagerduty`.
    pub source: Text,
    /// Its own number of this word, by which the same one is not taken twice (B12).
    pub id: Text,
    /// What it calls the incident.
    pub called: Text,
    /// Who said or did it there, where that was a person who thereby showed to be on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Text>,
    /// Whether that person acknowledged the incident there (T1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledges: bool,
    /// What happened, in one line.
    pub text: Text,
    /// When, by that system's clock.
    pub at: Time,
}
