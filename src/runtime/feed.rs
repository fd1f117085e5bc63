//! What the engine tells every session.

use std::sync::Arc;

use crate::app::journal::JournalAlarm;
use crate::app::msg::{BrokenCircuit, Msg, Notice};
use crate::incident::{ActionId, Entry, IncidentId, LogBlock, Reading, Text, Vitals};

/// How far a session may lag before it is told to catch up from the board. Large enough for the
/// chunks of a long journal being loaded, small enough to bound memory.
pub const FEED_CAPACITY: usize = 1_024;

/// One piece of news.
#[derive(Clone, Debug)]
pub enum Feed {
    /// Entries, in order.
    Entries(Arc<[Arc<Entry>]>),
    /// Everything that was in the journal at the start has been told.
    Loaded,
    /// Log lines, and how many were told before them: who lags counts what it missed.
    Lines(Vec<Arc<LogBlock>>, u64),
    /// Vitals of agents.
    Vitals(Arc<[Vitals]>),
    /// What probes read now.
    Readings(IncidentId, ActionId, Arc<[Reading]>),
    /// The backends that are left alone because they fail.
    Circuits(Arc<[BrokenCircuit]>),
    /// Something is wrong with the journal, or mended.
    Journal(JournalAlarm, Option<Text>),
    /// A colleague or a system says something.
    Said(Text, Text),
    /// Something worth a line at the bottom.
    Notice(Notice),
}

/// How many log lines were told to a session, whether they came or not.
#[derive(Debug, Default)]
pub struct Heard(u64);

impl Heard {
    /// Takes log lines that were told after so many; says how many of those did not come.
    pub fn lines(&mut self, blocks: &[Arc<LogBlock>], before: u64) -> u64 {
        let missed = before.saturating_sub(self.0);
        self.0 = before + count(blocks);
        missed
    }
}

/// How many lines there are in blocks.
#[must_use]
pub fn count(blocks: &[Arc<LogBlock>]) -> u64 {
    blocks.iter().map(|block| block.len() as u64).sum()
}

impl From<Feed> for Msg {
    fn from(feed: Feed) -> Self {
        match feed {
            Feed::Entries(entries) => Self::Entries(entries.to_vec()),
            Feed::Loaded => Self::Loaded,
            Feed::Lines(blocks, _) => Self::Lines(blocks),
            Feed::Vitals(vitals) => Self::Vitals(vitals.to_vec()),
            Feed::Readings(incident, action, readings) => {
                Self::Readings { incident, action, readings: readings.to_vec() }
            }
            Feed::Circuits(broken) => Self::Circuits(broken.to_vec()),
            Feed::Journal(alarm, words) => Self::Journal(alarm, words),
            Feed::Said(from, text) => Self::Said { from, text },
            Feed::Notice(notice) => Self::Notice(notice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{LogLine, Time};

    fn block(lines: usize) -> Arc<LogBlock> {
        let line = LogLine::parse(Text::line("a"), Text::line("f"), 0, b"x", Time::UNIX_EPOCH);
        Arc::new(LogBlock::from(vec![line; lines]))
    }

    /// A missed message was counted as one line, and holds thousands.
    #[test]
    fn lines_that_did_not_come_are_counted_as_lines_and_once() {
        let mut heard = Heard::default();
        assert_eq!(heard.lines(&[block(2), block(3)], 0), 0);
        assert_eq!(heard.lines(&[block(1)], 8_005), 8_000);
        assert_eq!(heard.lines(&[block(4)], 8_006), 0);
    }
}

#[cfg(test)]
mod flood;
