//! Which snapshots brought something home.
//!
//! `evidence_stored` is the one check that no backend can be asked for: it is about what flightdeck
//! itself was given. After a restart nothing is remembered and nothing is claimed; `runtime` may
//! answer from the timeline, where stored evidence has its entry.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Readings;
use crate::incident::{Digest, Plan, Text};

/// Snapshots remembered. Verification follows a snapshot within minutes; this is hours of them.
const REMEMBERED: usize = 256;

/// The check's name.
pub const EVIDENCE_STORED: &str = "evidence_stored";

/// What the newest call of each snapshot brought.
#[derive(Debug, Default)]
pub struct Brought(Mutex<VecDeque<(Digest, bool)>>);

impl Brought {
    /// Notes whether the call of this plan brought anything.
    pub fn note(&self, plan: &Plan, something: bool) {
        let digest = plan.digest();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| *other != digest);
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((digest, something));
    }

    /// Adds `evidence_stored` of this plan to what was read, unless that says it itself.
    pub fn add(&self, plan: &Plan, read: &mut Readings) {
        let digest = plan.digest();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, something)) = known.iter().find(|(other, _)| *other == digest) {
            let value = Text::line(if *something { "yes" } else { "no" });
            if read.get(EVIDENCE_STORED).is_none() {
                read.put(EVIDENCE_STORED, value);
            }
        }
    }
}
