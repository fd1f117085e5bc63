//! Asks the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::error::{Error, Result};

/// Whether there is somebody to ask.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks for one line. The question goes to standard error: standard output is for results.
///
/// # Errors
/// When the answer cannot be read.
pub fn ask(question: &str) -> Result<String> {
    let broken = |error: io::Error| Error::remote("cannot ask on this terminal").because(error);
    let mut stderr = io::stderr();
    write!(stderr, "{question} ").and_then(|()| stderr.flush()).map_err(broken)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(broken)?;
    Ok(answer.trim().to_owned())
}
