//! Standard output as the command line uses it: plain lines, and a quiet end when nobody reads them
//! any more.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::error::Error;

/// In which form a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; stable.
    Json,
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong.
    Error(Error),
    /// Whoever read the output has gone. That is their right.
    Closed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() == io::ErrorKind::BrokenPipe {
            true => Self::Closed,
            false => Self::Error(Error::remote("cannot write to standard output").because(error)),
        }
    }
}

/// The exit code of a command that did its part, or why it could not.
pub type Outcome = Result<u8, Failure>;

/// What was asked is done.
pub const DONE: u8 = 0;

/// Problems were found, and printed.
pub const FOUND: u8 = 1;

/// Standard output.
pub struct Out {
    to: BufWriter<StdoutLock<'static>>,
    is_terminal: bool,
}

impl Out {
    /// This process's.
    #[must_use]
    pub fn new() -> Self {
        let stdout = io::stdout().lock();
        let is_terminal = stdout.is_terminal();
        Self { to: BufWriter::new(stdout), is_terminal }
    }

    /// Whether a person looks at it.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// The columns of the terminal; none where lines may be as long as they are.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        if self.is_terminal { terminal_width() } else { None }
    }

    /// One line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.to, "{line}")?)
    }

    /// Text as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.to.write_all(text.as_bytes())?)
    }

    /// Bytes that are safe to print, shown at once: whoever reads may wait for them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.to.write_all(bytes)?;
        Ok(self.to.flush()?)
    }

    /// A JSON document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| Error::internal("a result is not JSON").because(error))?;
        self.line(&text)
    }

    /// Shows what was written so far.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.to.flush()?)
    }
}

impl Default for Out {
    fn default() -> Self {
        Self::new()
    }
}

/// One line for the person, beside the output. Nobody reading it is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}
