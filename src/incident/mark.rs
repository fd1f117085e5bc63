//! The six time marks (A2).

use serde::{Deserialize, Serialize};

use super::severity::words;

/// A moment of the flow that the clocks are measured by (A2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mark {
    /// Detected by monitoring.
    T0,
    /// A responder was notified and acknowledged.
    T1,
    /// The classification was confirmed.
    T2,
    /// A control measure is in force: proved by probes, never assumed (A3).
    T3,
    /// The root cause was found.
    T4,
    /// The review was held and the documents updated.
    T5,
}

words!(Mark, "mark", { T0 => "T0", T1 => "T1", T2 => "T2", T3 => "T3", T4 => "T4", T5 => "T5" });

impl Mark {
    /// What has happened at this mark, in one word.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::T0 => "detected",
            Self::T1 => "acknowledged",
            Self::T2 => "classified",
            Self::T3 => "controlled",
            Self::T4 => "root cause",
            Self::T5 => "reviewed",
        }
    }

    /// 0 for T0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
