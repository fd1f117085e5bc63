//! What the log engine hands on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::splitter::{Piece, RawLine, RawLines};
use crate::incident::block::Origin;
use crate::incident::name::Time;
use crate::incident::{LogBlock, LogLine, Text};

/// Lines that arrived together, and what happened to their files meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogBatch {
    /// The lines, each file's in order.
    pub blocks: Vec<Arc<LogBlock>>,
    /// Bytes known to be gone before they could be read.
    pub lost_bytes: u64,
    /// What happened to the files.
    pub notices: Vec<Notice>,
}

/// Puts lines behind those that came before.
pub(super) fn append(blocks: &mut Vec<LogBlock>, origin: &Origin, piece: &Piece<'_>) {
    let goes_on = blocks.last_mut().is_some_and(|last| match *piece {
        Piece::Lines(RawLines { offset, bytes, ends }) => last.push_lines(origin, offset, bytes, ends),
        Piece::Line(RawLine { offset, bytes, whole }) => last.push(origin, offset, bytes, whole),
    });
    if !goes_on {
        blocks.push(match *piece {
            Piece::Lines(RawLines { offset, bytes, ends }) => {
                LogBlock::begin_lines(origin, offset, bytes, ends)
            }
            Piece::Line(RawLine { offset, bytes, whole }) => LogBlock::begin(origin, offset, bytes, whole),
        });
    }
}

impl LogBatch {
    /// The lines, read.
    pub fn lines(&self) -> impl Iterator<Item = LogLine> {
        self.blocks.iter().flat_map(|block| block.lines())
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.notices.is_empty()
    }
}

/// Something happened to a followed file. Displayed as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose log it is.
    pub agent: Arc<Text>,
    /// The file.
    pub source: Arc<Text>,
    /// When it was noticed.
    pub at: Time,
    /// What happened.
    pub what: Happening,
}

/// What can happen to a followed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It is not there; it is read from its beginning once it comes.
    Missing,
    /// It came to be for the first time.
    Appeared,
    /// It is back, or can be read again.
    Returned,
    /// Another file stands in its place; the old one is read to its end first.
    Rotated,
    /// It was rotated several times between two looks; files that stood there meanwhile may be gone.
    Overtaken,
    /// It was emptied in place and is read from its beginning.
    Truncated {
        /// Bytes that were seen but not yet read; more may have come and gone unseen.
        lost: u64,
    },
    /// It was replaced more often than files could be kept open while reading was held up.
    Abandoned {
        /// Bytes of the oldest one that were not read.
        lost: u64,
    },
    /// It cannot be read.
    Unreadable {
        /// Why, in the system's words.
        why: Text,
    },
    /// No file has such a name yet.
    NoMatch,
    /// A command ended that is to go on printing.
    Ended {
        /// How, in the system's words.
        why: Text,
        /// After what time it is started again.
        again: Duration,
    },
}

impl Happening {
    /// Bytes known to be gone.
    #[must_use]
    pub fn lost(&self) -> u64 {
        match self {
            Self::Truncated { lost } | Self::Abandoned { lost } => *lost,
            Self::Missing
            | Self::Appeared
            | Self::Returned
            | Self::Rotated
            | Self::Overtaken
            | Self::Unreadable { .. }
            | Self::NoMatch
            | Self::Ended { .. } => 0,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match &self.what {
            Happening::Missing => write!(f, "{source} is missing; waiting for it"),
            Happening::Appeared => write!(f, "{source} has appeared"),
            Happening::Returned => write!(f, "{source} is back"),
            Happening::Rotated => write!(f, "{source} was rotated"),
            Happening::Overtaken => {
                write!(
                    f,
                    "{source} was rotated faster than it is looked at; lines of whole files may be lost"
                )
            }
            Happening::Truncated { lost: 0 } => {
                write!(f, "{source} was truncated; lines written just before may be lost")
            }
            Happening::Truncated { lost } => {
                write!(f, "{source} was truncated; at least {lost} unread bytes are lost")
            }
            Happening::Abandoned { lost } => {
                write!(f, "{source} was rotated faster than it could be read; {lost} bytes are lost")
            }
            Happening::Unreadable { why } => write!(f, "{source} cannot be read: {why}"),
            Happening::Ended { why, again } => {
                write!(f, "{source} ended: {why}; it is started again in {} s", again.as_secs())
            }
            Happening::NoMatch => write!(f, "no file matches {source} yet; waiting for one"),
        }
    }
}
