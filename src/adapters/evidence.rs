//! Which snapshots brought something home.
//!
//! `evidence_stored` is the one check that no backend can be asked for: it is about what flightdeck
//! itself was given. After a restart nothing is remembered and nothing is claimed; `runtime` may
//! answer from the timeline, where stored evidence has its entry.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{Evidence, Readings};
use crate::incident::{Digest, Plan, Text};

/// Snapshots remembered. Verification follows a snapshot within minutes; this is hours of them.
const REMEMBERED: usize = 256;

/// The check's name.
pub const EVIDENCE_STORED: &str = "evidence_stored";

/// What the newest call of each snapshot brought, as its check reads it.
#[derive(Debug, Default)]
pub struct Brought(Mutex<VecDeque<(Digest, Text)>>);

impl Brought {
    /// Notes what the call of this plan brought. A part without content proves nothing.
    pub fn note(&self, plan: &Plan, brought: &[Evidence]) {
        let value = stored(brought);
        let digest = plan.digest();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| *other != digest);
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((digest, value));
    }

    /// Notes that something which was there to be had is missing: half of the evidence is not the evidence.
    #[cfg(feature = "kubernetes")]
    pub fn in_part(&self, plan: &Plan) {
        let digest = plan.digest();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = known.iter_mut().find(|(other, _)| *other == digest) {
            *value = Text::line("in part");
        }
    }

    /// Adds `evidence_stored` of this plan to what was read, unless that says it itself.
    pub fn add(&self, plan: &Plan, read: &mut Readings) {
        let digest = plan.digest();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = known.iter().find(|(other, _)| *other == digest)
            && read.get(EVIDENCE_STORED).is_none()
        {
            read.put(EVIDENCE_STORED, value.clone());
        }
    }

    /// Whether the newest call of this plan is remembered.
    pub fn knows(&self, plan: &Plan) -> bool {
        let digest = plan.digest();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(other, _)| *other == digest)
    }
}

/// `yes`, or what is missing.
fn stored(brought: &[Evidence]) -> Text {
    let empty = empty(brought);
    Text::line(&match (brought.is_empty(), empty.is_empty()) {
        (true, _) => "no".to_owned(),
        (false, true) => "yes".to_owned(),
        (false, false) => format!("no, empty: {}", empty.join(", ")),
    })
}

/// The names of the parts that have no content.
pub fn empty(brought: &[Evidence]) -> Vec<&str> {
    brought.iter().filter(|part| part.bytes.is_empty()).map(|part| part.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_regression_a_snapshot_of_nothing_was_verified() {
        let part = |name: &str, content: &str| Evidence {
            name: Text::line(name),
            bytes: content.as_bytes().to_vec(),
            from: None,
            to: None,
        };
        for (brought, value) in [
            (vec![], "no"),
            (vec![part("logs", "a line")], "yes"),
            (vec![part("logs", ""), part("state", "{}"), part("calls", "")], "no, empty: logs, calls"),
        ] {
            assert_eq!(stored(&brought), value);
        }
    }
}
