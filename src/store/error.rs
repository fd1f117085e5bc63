//! What can go wrong with a journal, in words: what, where, and how to mend it.

use rusqlite::ErrorCode;

use crate::incident::{IncidentId, Realm, Text};

/// Why the journal could not do what was asked. Nothing that was acknowledged is lost by any of
/// them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room left.
    #[error("{place}: the disk is full, nothing more can be recorded")]
    Full {
        /// The file.
        place: Text,
    },
    /// The file or its directory cannot be written.
    #[error("{place}: the journal is read-only: {why}")]
    ReadOnly {
        /// The file.
        place: Text,
        /// Why.
        why: Text,
    },
    /// A newer flightdeck made the file.
    #[error("{place}: written by a newer flightdeck (form {found}; this one knows {known})")]
    Newer {
        /// The file.
        place: Text,
        /// Its form.
        found: i64,
        /// The newest form known here.
        known: i64,
    },
    /// The file is something else. It is left as it is.
    #[error("{place}: not a flightdeck journal: {why}")]
    NotAJournal {
        /// The file.
        place: Text,
        /// What it is.
        why: Text,
    },
    /// A live journal was asked for and this is a drill's, or the other way round.
    #[error("{place}: this is a {found} journal, and a {wanted} one was asked for")]
    OtherRealm {
        /// The file.
        place: Text,
        /// What it is.
        found: Realm,
        /// What it should be.
        wanted: Realm,
    },
    /// Another process holds the file for too long.
    #[error("{place}: another process has kept the journal locked for {seconds} s")]
    Busy {
        /// The file.
        place: Text,
        /// How long it was waited.
        seconds: u64,
    },
    /// The file is damaged.
    #[error("{place}: the journal is damaged: {why}")]
    Damaged {
        /// The file.
        place: Text,
        /// Where, as far as it can be named.
        why: Text,
    },
    /// The file or the directory cannot be reached.
    #[error("{place}: the journal cannot be reached: {why}")]
    Unavailable {
        /// The file.
        place: Text,
        /// Why.
        why: Text,
    },
    /// It may not be stored.
    #[error("not recorded: {why}")]
    Unfit {
        /// Why.
        why: Text,
    },
    /// The journal is being closed.
    #[error("the journal is closed")]
    Closed,
}

impl StoreError {
    /// How to mend it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Full { .. } => "free some space, then try again; what was recorded is not lost",
            Self::ReadOnly { .. } => {
                "make the file and its directory writable for you, or choose another with --data-dir"
            }
            Self::Newer { .. } => "use the newer flightdeck; this one can only read the file",
            Self::NotAJournal { .. } => "nothing was changed; move the file away or choose another data dir",
            Self::OtherRealm { .. } => "drills and live incidents never share a file; choose another",
            Self::Busy { .. } => "find the process that holds it (fuser -v FILE), then try again",
            Self::Damaged { .. } => "copy the file, then run `flightdeck verify` on it; restore a backup",
            Self::Unavailable { .. } => "check the path, the permissions and the disk, then try again",
            Self::Unfit { .. } => "change what is to be recorded, then try again",
            Self::Closed => "start flightdeck again",
        }
    }

    /// What stands on every screen while it lasts; none: it is over with the request that met it.
    #[must_use]
    pub const fn standing(&self) -> Option<&'static str> {
        match self {
            Self::Full { .. } => Some("JOURNAL FULL"),
            Self::ReadOnly { .. } | Self::Newer { .. } => Some("JOURNAL READ-ONLY"),
            Self::Busy { .. } => Some("JOURNAL LOCKED"),
            Self::Damaged { .. } | Self::NotAJournal { .. } => Some("JOURNAL DAMAGED"),
            Self::Unavailable { .. } => Some("JOURNAL OUT OF REACH"),
            Self::OtherRealm { .. } | Self::Unfit { .. } | Self::Closed => None,
        }
    }

    /// Whether the file may still be read although it cannot be written.
    pub(super) const fn leaves_reading(&self) -> bool {
        match self {
            Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Newer { .. }
            | Self::Busy { .. }
            | Self::Unavailable { .. } => true,
            Self::NotAJournal { .. }
            | Self::OtherRealm { .. }
            | Self::Damaged { .. }
            | Self::Unfit { .. }
            | Self::Closed => false,
        }
    }

    /// Whether the same may be written a moment later, without anybody opening the file anew.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Full { .. } | Self::Busy { .. } | Self::Unavailable { .. } => true,
            Self::ReadOnly { .. }
            | Self::Newer { .. }
            | Self::NotAJournal { .. }
            | Self::OtherRealm { .. }
            | Self::Damaged { .. }
            | Self::Unfit { .. }
            | Self::Closed => false,
        }
    }

    /// Puts what SQLite says into words.
    pub(super) fn from_sqlite(place: &Text, error: &rusqlite::Error) -> Self {
        let place = place.clone();
        let why = Text::line(&error.to_string());
        let Some(code) = error.sqlite_error_code() else {
            // A value that is not of its column's type, or not UTF-8.
            return Self::Damaged { place, why };
        };
        let is = |codes: &[ErrorCode]| codes.contains(&code);
        // The index over the log is beside the file, and takes room too.
        let no_index = matches!(error, rusqlite::Error::SqliteFailure(e, _)
            if e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        if no_index || is(&[ErrorCode::DiskFull]) {
            Self::Full { place }
        } else if is(&[ErrorCode::ReadOnly, ErrorCode::PermissionDenied]) {
            Self::ReadOnly { place, why }
        } else if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
            Self::Busy { place, seconds: super::file::PATIENCE.as_secs() }
        } else if is(&[ErrorCode::DatabaseCorrupt]) {
            Self::Damaged { place, why }
        } else if is(&[ErrorCode::NotADatabase]) {
            Self::NotAJournal { place, why: "it has no SQLite header".into() }
        } else {
            Self::Unavailable { place, why }
        }
    }
}

/// Why entries were not appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The incident's timeline is elsewhere: somebody else wrote. Read, decide again, try again.
    #[error("{incident} has {actual} entries, not {expected}: somebody else wrote meanwhile")]
    Conflict {
        /// Which incident.
        incident: IncidentId,
        /// Where the writer thought it was.
        expected: u64,
        /// Where it is.
        actual: u64,
    },
    /// The journal is elsewhere: somebody else wrote, perhaps about another incident.
    #[error("the journal has {actual} entries, not {expected}: somebody else wrote meanwhile")]
    Moved {
        /// Where the writer thought it was.
        expected: u64,
        /// Where it is.
        actual: u64,
    },
    /// The journal cannot take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
