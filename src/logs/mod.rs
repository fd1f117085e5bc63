//! The log engine: follows any number of files and hands their lines on in batches.
//!
//! The seam is narrow on purpose: [`LogSource`]s go in, [`LogBatch`]es come out of a bounded channel
//! ([`spawn`]). What a line means is `incident::LogLine`'s business, what is shown of it
//! `incident::LineFilter`'s; an engine that indexes and searches can replace everything in here.
//!
//! The rule inside: every line exactly once and in its file's order, across rename and create, copy
//! and truncate, deletion and return; what cannot be kept by then is counted and said. The files are
//! the buffer: nothing is read that the receiver has no room for.

mod batch;
pub mod crew;
pub mod file;
mod follow;
mod generation;
pub mod index;
mod ledger;
mod source;
mod splitter;
mod tail;

pub use batch::{Happening, LogBatch, Notice};
pub use file::{Line, LogFile};
pub use index::Index;
pub use source::LogSource;
pub use tail::{Settings, spawn};
