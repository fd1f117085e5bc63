//! The log engine: log files of any size, searched and followed.
//!
//! Two halves that know nothing of each other's state:
//!
//! - What is there: a [`Log`] is one file, opened at once whatever its size and read with positioned
//!   reads. An [`Index`] knows its line numbers, a [`Filter`] which of its [`Record`]s are shown; a
//!   search runs on several threads and hands its results over in the file's order.
//! - What comes: any number of files are followed, and their lines handed on in batches. The seam is
//!   narrow on purpose: [`LogSource`]s go in, [`LogBatch`]es come out of a bounded channel
//!   ([`spawn`]).
//!
//! What a record says and which a person wants to see is `incident`'s business ([`Record`],
//! [`Filter`]): the cockpit's Log pane, the pager and the command line read and filter alike.
//!
//! The rule of following: every line exactly once and in its file's order, across rename and create,
//! copy and truncate, deletion and return; what cannot be kept by then is counted and said. The files
//! are the buffer: nothing is read that the receiver has no room for.

mod batch;
pub mod bell;
pub mod command;
pub mod crew;
pub mod file;
mod follow;
pub mod following;
mod generation;
pub mod index;
pub mod input;
mod ledger;
pub mod log;
pub mod many;
pub mod merge;
pub mod pages;
mod passed;
pub mod print;
mod scan;
mod sibling;
mod source;
mod splitter;
pub mod spool;
pub mod stream;
mod tail;

pub use crate::incident::filter::Filter;
pub use crate::incident::record::{Moment, Reading, Record, Shape};
pub use batch::{Happening, LogBatch, Notice};
pub use bell::Bell;
pub use command::LogCommand;
pub use file::{Line, LogFile};
pub use following::{Came, Following};
pub use index::Index;
pub use input::{Input, Opened};
pub use log::{Count, Log, Query};
pub use many::{Many, Source, Spot};
pub use pages::Pages;
pub use source::LogSource;
pub use stream::Stream;
pub use tail::{Settings, spawn};
