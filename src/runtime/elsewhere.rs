//! A text in a file for other programs: the person's own editor, and what is exported.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};

use crate::incident::Text;
use crate::tui::terminal::stop_process;

/// Writes a file that is not there yet: an export never overwrites.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let words = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(words)?;
    file.write_all(bytes).map_err(words)
}

/// Lets the person's own editor change a text. What an editor does that fails, or leaves nothing,
/// changes nothing.
pub(super) fn edit(file: &Path, text: &str) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|editor| !editor.trim().is_empty())
        .ok_or("neither VISUAL nor EDITOR is set")?;
    let file = &std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // What an earlier hand-over left behind is ours to replace.
    drop(fs::remove_file(file));
    write_new(file, text.as_bytes())?;
    let mut argv = editor.split_whitespace();
    let program = argv.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(argv).arg(file);
    let ended = run(command).map_err(|error| format!("{program}: {error}"))?;
    if let Some(why) = failure(ended) {
        return Err(format!("{program} {why}, nothing was changed; its text is in {}", file.display()));
    }
    let edited = fs::read_to_string(file)
        .map_err(|error| format!("{program} left no text, nothing was changed: {error}"))?;
    drop(fs::remove_file(file));
    if edited.trim().is_empty() {
        return Err(format!("{program} left nothing, so nothing was changed"));
    }
    Ok(clean(&edited))
}

/// Runs a program that has the terminal, to its end. Ctrl-Z in it stops us too: the shell waits for
/// us only, and would never take the terminal back.
fn run(mut command: Command) -> io::Result<WaitStatus> {
    let child = command.spawn()?;
    let pid = Pid::from_child(&child);
    loop {
        let waited = rustix::io::retry_on_intr(|| waitpid(Some(pid), WaitOptions::UNTRACED))?;
        match waited {
            // `fg` goes on with both.
            Some((_, status)) if status.stopped() => stop_process()?,
            Some((_, status)) => return Ok(status),
            None => {}
        }
    }
}

/// How it failed, unless it ended well.
fn failure(ended: WaitStatus) -> Option<String> {
    match (ended.exit_status(), ended.terminating_signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("ended with {code}")),
        (None, Some(signal)) => Some(format!("was ended by signal {signal}")),
        (None, None) => Some("ended".to_owned()),
    }
}

/// A long text from outside, line by line: it has no limit as a whole.
fn clean(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", Text::block(line))).collect()
}
