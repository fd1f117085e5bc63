//! The journal: append, read, watch, verify.
//!
//! One SQLite file holds the timeline of every incident, the revisions of reviews and the evidence.
//! Acknowledged means on disk. Several processes on one machine may share the file; each sees the
//! others' entries at once. Entries are chained by hash, so that what was changed behind
//! flightdeck's back is found and named.
//!
//! It knows values, not rules: it never decides what may happen, only whether a stream is where the
//! writer thinks it is. It has no clock: times come in with what is written.

mod append;
mod chain;
mod codec;
mod error;
mod evidence;
mod file;
mod head;
mod journal;
mod lease;
mod log;
mod migrate;
mod missing;
mod read;
mod readings;
mod reception;
mod revision;
mod room;
#[cfg(test)]
mod tests;
mod verify;
mod watch;
mod writer;

pub use append::{Append, NewEntry};
pub use error::{AppendError, StoreError};
pub use evidence::EvidenceFile;
pub use file::{Mode, Opening};
pub use head::Head;
pub use journal::Journal;
pub use lease::{DigestLease, FirstLease, OutboxLease, RunnerLease, WatchLease};
pub use readings::ReadLast;
pub use reception::Reception;
pub use revision::{NewRevision, Revision};
pub use room::Room;
pub use verify::{Broken, Verified};
pub use watch::Watch;
