//! Whether there is room for what comes. SQLite writes over what its log does not need any more, so
//! that a small entry still goes in where the next one does not.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// More than an entry takes, with everything that is written because of it.
const WANTED: usize = 128 * 1024;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Enough for what comes.
    Enough,
    /// None but what the journal's files have already.
    Little,
}

/// Takes the room for a moment.
pub(super) fn look(file: &Path) -> Room {
    let taken = File::create(file).and_then(|mut taken| taken.write_all(&vec![0; WANTED]));
    // Another process that looks at the same moment may have taken it away.
    let _ = fs::remove_file(file);
    let is_full = |kind| matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    match taken {
        Err(error) if is_full(error.kind()) => Room::Little,
        // What else is wrong with the place is said by the journal itself.
        Ok(()) | Err(_) => Room::Enough,
    }
}
