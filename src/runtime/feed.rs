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
    /// Log lines.
    Lines(Vec<Arc<LogBlock>>),
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

impl From<Feed> for Msg {
    fn from(feed: Feed) -> Self {
        match feed {
            Feed::Entries(entries) => Self::Entries(entries.to_vec()),
            Feed::Loaded => Self::Loaded,
            Feed::Lines(blocks) => Self::Lines(blocks),
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
