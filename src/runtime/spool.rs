//! What came in by OTLP, on disk: lines of JSON in one file, of which so much is kept and no more.
//!
//! The file is the buffer. It is written by whichever process has the receiver, a cockpit or
//! `flightdeck serve`, and followed by every cockpit like any other log: so a line has a place to be
//! pinned at, and what was sent before anybody looked is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::incident::{LogLine, Text};
use crate::logs::Record;
use crate::sources::IntakeError;
use crate::sources::otlp::Keep;

/// Bytes of one file; the one before it is kept too.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// When a sender is asked to try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The file in which lines are kept.
#[derive(Clone)]
pub struct Spool(Arc<Inner>);

struct Inner {
    path: PathBuf,
    max: u64,
    open: Mutex<Option<File>>,
}

impl Spool {
    /// A spool that makes its file when it is needed.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self::of(path, FILE_MAX)
    }

    fn of(path: PathBuf, max: u64) -> Self {
        Self(Arc::new(Inner { path, max, open: Mutex::new(None) }))
    }

    /// Makes the file, so that it can be followed from its beginning.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn make(&self) -> io::Result<()> {
        self.0.file().map(drop)
    }
}

impl Inner {
    /// What a person would not want others to read is in it.
    fn file(&self) -> io::Result<File> {
        if let Some(dir) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)
    }

    /// Appends lines in one write: two processes that append do not mix theirs.
    fn append(&self, lines: &[String]) -> io::Result<()> {
        let mut text = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match open.take() {
            Some(file) if self.is_at_path(&file) => file,
            Some(_) | None => self.file()?,
        };
        let size = file.metadata()?.len();
        if size > 0 && size + text.len() as u64 > self.max {
            fs::rename(&self.path, self.path.with_extension("jsonl.1"))?;
            file = self.file()?;
        }
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(&text) {
            // Half a line would be taken for one: the sender comes again with all of them.
            drop(file.set_len(before));
            return Err(error);
        }
        *open = Some(file);
        Ok(())
    }

    /// Another process may have begun a new file.
    fn is_at_path(&self, file: &File) -> bool {
        let here = file.metadata().map(|meta| (meta.dev(), meta.ino()));
        let there = fs::metadata(&self.path).map(|meta| (meta.dev(), meta.ino()));
        matches!((here, there), (Ok(here), Ok(there)) if here == there)
    }
}

impl Keep for Spool {
    fn keep(&self, lines: Vec<String>) -> BoxFuture<'static, Result<(), IntakeError>> {
        let inner = self.0.clone();
        Box::pin(async move {
            let appended = tokio::task::spawn_blocking(move || inner.append(&lines)).await;
            let why = match appended {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => format!("the lines cannot be kept: {error}"),
                Err(_) => "the lines cannot be kept".to_owned(),
            };
            Err(IntakeError::Unavailable { why: Text::line(&why), retry_after: RETRY_AFTER })
        })
    }
}

/// Gives a line that came through a spool to the agent that it is of.
pub fn by_agent(line: &mut LogLine) {
    // It stands near the beginning, so that it is there however long the line is.
    let named = Record::new(line.bytes()).field(b"agent");
    let Some(agent) = named.map(|agent| Text::line(&String::from_utf8_lossy(&agent.text()))) else { return };
    // The name has a column of its own.
    let said = format!(" agent={agent}");
    if let Some(at) = line.text.as_str().find(&said) {
        let (before, after) = (&line.text.as_str()[..at], &line.text.as_str()[at + said.len()..]);
        if after.is_empty() || after.starts_with(' ') {
            line.text = Text::line(&format!("{before}{after}"));
        }
    }
    line.agent = Arc::new(agent);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::incident::Time;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_kept_is_bounded_and_its_owner_s_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("otlp/received.jsonl");
        let spool = Spool::of(path.clone(), 20);
        for text in ["one-seven", "two-seven", "three-nine", "four-eight"] {
            spool.0.append(&lines(&[text])).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "four-eight\n");
        assert_eq!(fs::read_to_string(path.with_extension("jsonl.1")).unwrap(), "three-nine\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn two_processes_write_one_file_whichever_begins_it_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("otlp/received.jsonl");
        let (one, two) = (Spool::of(path.clone(), 12), Spool::of(path.clone(), 12));
        one.0.append(&lines(&["a", "b"])).unwrap();
        two.0.append(&lines(&["c", "d"])).unwrap();
        one.0.append(&lines(&["long line"])).unwrap();
        two.0.append(&lines(&["e"])).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "long line\ne\n");
        assert_eq!(fs::read_to_string(path.with_extension("jsonl.1")).unwrap(), "a\nb\nc\nd\n");
    }

    #[test]
    fn a_line_is_its_agent_s_and_the_name_is_not_said_twice() {
        let source = Arc::new(Text::line("f"));
        for (raw, agent, text) in [
            (r#"{"ts":1770091506,"agent":"pay-1","msg":"m","n":1}"#, "pay-1", "m n=1"),
            (r#"{"agent":"pay-1","msg":"m","tool_call":{"name":"x"}}"#, "pay-1", "m tool_call.name=x"),
            (r#"{"agent":"two words","msg":"m"}"#, "two words", "m agent=\"two words\""),
            ("no JSON", "otlp", "no JSON"),
        ] {
            let mut line =
                LogLine::parse(Text::line("otlp"), source.clone(), 0, raw.as_bytes(), Time::UNIX_EPOCH);
            by_agent(&mut line);
            assert_eq!((line.agent.as_str(), line.text.as_str()), (agent, text), "{raw}");
        }
    }
}
