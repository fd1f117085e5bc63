//! What a front says when it cannot go on: what, where, and how to mend it.
//!
//! Layers have error types of their own; this is the one that reaches a person and decides the
//! exit code. It knows nothing of the rest of the crate.

use std::error::Error as StdError;
use std::fmt;

/// Whose turn it is to do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The person: an argument, a name or a file that is not there.
    User,
    /// Whoever wrote the configuration.
    Config,
    /// Nobody: a rule said no. The message names the rule and what would make it allowed.
    Refused,
    /// Something outside flightdeck did not do its part: a backend, the network, the disk.
    Remote,
    /// Us: this should not happen.
    Internal,
}

/// What the exit codes mean: code, name, meaning. Documentation and manual are made from it.
pub const EXIT_CODES: &[(u8, &str, &str)] = &[
    (0, "done", "what was asked is done"),
    (1, "found", "check or verify found problems; each is printed"),
    (2, "user", "an argument, a name or a file is wrong or missing"),
    (3, "config", "the configuration cannot be used; flightdeck check lists every problem"),
    (4, "refused", "a rule of the policy said no; the message says what would make it allowed"),
    (5, "remote", "a backend, the network or the disk did not do its part"),
    (70, "internal", "a fault in flightdeck itself; please report it"),
];

impl Kind {
    /// The exit code of a process that ends with this kind of error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::User => 2,
            Self::Config => 3,
            Self::Refused => 4,
            Self::Remote => 5,
            Self::Internal => 70,
        }
    }

    /// The kind in one lower-case word, as in [`EXIT_CODES`] and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Config => "config",
            Self::Refused => "refused",
            Self::Remote => "remote",
            Self::Internal => "internal",
        }
    }
}

/// An error for a person. Shown, it says what happened, why, and on further lines how to mend it.
#[derive(Debug)]
pub struct Error {
    /// Whose turn it is.
    pub kind: Kind,
    /// What could not be done and where, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What lies below.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of what a front asks for.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// The person asked for something that is not there or cannot be.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    /// The configuration cannot be used.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// A rule said no.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Something outside did not do its part.
    pub fn remote(message: impl Into<String>) -> Self {
        Self::new(Kind::Remote, message)
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Says how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what lies below.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The exit code of a process that ends with this error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut below: Option<&dyn StdError> = self.source.as_deref().map(|source| source as _);
        while let Some(cause) = below {
            write!(f, ": {cause}")?;
            below = cause.source();
        }
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            write!(f, "\n  hint: {line}")?;
        }
        Ok(())
    }
}

/// Without a source: [`Error`]'s own text already tells every cause, once.
impl StdError for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 5] = [Kind::User, Kind::Config, Kind::Refused, Kind::Remote, Kind::Internal];

    #[test]
    fn it_says_what_why_and_how_to_mend_it() {
        let error = Error::remote("cannot open the journal /data/journal.db")
            .because(std::io::Error::other("disk full"))
            .hint("free some space\nor choose another place with --data-dir");
        assert_eq!(
            error.to_string(),
            "cannot open the journal /data/journal.db: disk full\n  hint: free some space\n  hint: or \
             choose another place with --data-dir"
        );
    }

    #[test]
    fn every_kind_is_in_the_table_of_exit_codes_with_its_own_code() {
        for kind in KINDS {
            let rows: Vec<_> = EXIT_CODES.iter().filter(|row| row.1 == kind.name()).collect();
            assert_eq!(rows.len(), 1, "{kind:?}");
            assert_eq!(rows[0].0, kind.exit_code(), "{kind:?}");
        }
        let mut codes: Vec<u8> = EXIT_CODES.iter().map(|row| row.0).collect();
        codes.dedup();
        assert_eq!(codes.len(), EXIT_CODES.len());
    }
}
