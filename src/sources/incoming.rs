//! What a source said, as values.

use crate::incident::{Alert, Elsewhere, Text, Time};

/// One thing a source said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// An alert fires, or fires still.
    Fired(Alert),
    /// An alert is over, by the source's word.
    Over {
        /// The alert's key.
        key: Text,
        /// When.
        at: Time,
    },
    /// Another system tells of its own record of an incident.
    Elsewhere(Box<Heard>),
}

/// What another system says of its own record of an incident, and by what it may be ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it says.
    pub heard: Elsewhere,
    /// The key under which it was raised there, where that is said.
    pub key: Option<Text>,
    /// The key that what was written there begins with: one of ours if we wrote it.
    pub quotes: Option<Text>,
    /// The alert that it is where nobody here knows it; none: it is left.
    pub triggers: Option<Alert>,
    /// The key of the alert that is over thereby.
    pub over: Option<Text>,
}

/// All that one request said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// In the order it was sent.
    pub incoming: Vec<Incoming>,
    /// What a person should know about it: what was left out, what could not be taken at its word.
    pub notes: Vec<Text>,
}

/// A body that cannot be taken, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}; {hint}")]
pub struct ParseError {
    /// Where in the JSON: `alerts[0].labels.severity`, or `body`.
    pub place: Text,
    /// What is wrong there.
    pub what: Text,
    /// What to send instead.
    pub hint: Text,
}

/// Notes as they are gathered: a hostile body must not make thousands of them.
#[derive(Default)]
pub(super) struct Notes {
    kept: Vec<Text>,
    more: usize,
}

impl Notes {
    /// Notes kept; what follows is counted.
    const MAX: usize = 8;

    /// Adds one.
    pub(super) fn say(&mut self, note: &str) {
        if self.kept.len() < Self::MAX {
            self.kept.push(Text::line(note));
        } else {
            self.more += 1;
        }
    }

    /// All of them.
    pub(super) fn done(mut self) -> Vec<Text> {
        if self.more > 0 {
            self.kept.push(Text::line(&format!("and {} more notes", self.more)));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_beyond_the_bound_are_counted() {
        let mut notes = Notes::default();
        (0..20).for_each(|n| notes.say(&format!("note {n}")));
        let notes = notes.done();
        assert_eq!(notes.len(), 9);
        assert_eq!(notes[8], "and 12 more notes");
    }
}
