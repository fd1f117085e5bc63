//! Which snapshots brought something home.
//!
//! `evidence_stored` is the one check that no backend can be asked for: it is about what flightdeck
//! itself was given. After a restart nothing is remembered and nothing is claimed; `runtime` may
//! answer from the timeline, where stored evidence has its entry.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{Evidence, Readings};
use crate::incident::record::{Moment, Record};
use crate::incident::{Digest, Plan, Text, Time};

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

/// The first and the last moment that lines of a log, or the items of a JSON list, say of themselves; none
/// where they say none. `range` is what was asked for: its end dates a line that has no year.
pub fn span(log: &[u8], range: Option<(Time, Time)>) -> Option<(Time, Time)> {
    let newest = Moment::from(range.map_or(Time::UNIX_EPOCH, |(_, to)| to));
    let items: Option<Vec<serde_json::Value>> = serde_json::from_slice(log).ok();
    let items: Option<Vec<Vec<u8>>> =
        items.map(|items| items.iter().map(|item| item.to_string().into_bytes()).collect());
    let lines: Vec<&[u8]> = match &items {
        Some(items) => items.iter().map(Vec::as_slice).collect(),
        None => log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect(),
    };
    let times = lines.into_iter().filter_map(|line| Record::new(line).time(newest)?.time());
    times.fold(None, |span: Option<(Time, Time)>, at| {
        Some(span.map_or((at, at), |(from, to)| (from.min(at), to.max(at))))
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
    fn a4_a_log_says_which_time_it_covers_in_whatever_form_it_comes() {
        let time = |text: &str| text.parse::<Time>().unwrap();
        let covers = Some((time("2026-11-21T05:39:25Z"), time("2026-11-21T05:41:00Z")));
        for (log, covered) in [
            ("2026-11-21T05:41:00Z two\n2026-11-21T05:39:25Z one\n", covers),
            ("{\"ts\":\"2026-11-21T05:39:25Z\"}\n{\"ts\":\"2026-11-21T05:41:00Z\"}\n", covers),
            ("[{\"ts\":\"2026-11-21T05:39:25Z\"},{\"ts\":\"2026-11-21T05:41:00Z\"}]", covers),
            ("no time\n", None),
            ("", None),
            ("{\"lines\":[]}", None),
        ] {
            assert_eq!(span(log.as_bytes(), None), covered, "{log}");
        }
        assert_eq!(span(b"\xff\xfe\n\0", None), None);
    }

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
