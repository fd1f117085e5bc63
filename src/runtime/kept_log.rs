//! A part of an agent's log as evidence (A4): read where it lies, not from what a screen has left of
//! it; rotated and compressed files too.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, TimeDelta};
use serde_json::Value;

use super::clock::Clock;
use super::hub::Hub;
use super::logs::{Form, Logs, Request};
use crate::adapters::Evidence;
use crate::app::effect::LogRange;
use crate::app::msg::Notice;
use crate::incident::{Actor, IncidentId, LogLine, Text, Time};
use crate::logs::{LogSource, Reading, Record, Shape, print};

/// Bytes of a part: it passes through memory, and is stored as one.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Where logs lie.
pub(super) struct Shelf {
    /// The followed files.
    pub sources: Vec<LogSource>,
    /// Which of them holds what came by OTLP, from many agents.
    pub spool: Option<PathBuf>,
}

/// What was found, as lines of JSON.
#[derive(Default)]
struct Part {
    lines: VecDeque<(Option<Time>, String)>,
    bytes: usize,
    /// Lines of the range that were left out.
    left_out: u64,
    /// What could not be read.
    notes: Vec<String>,
}

impl Part {
    fn push(&mut self, at: Option<Time>, line: String, limit: usize) {
        self.bytes += line.len();
        self.lines.push_back((at, line));
        while self.lines.len() > limit || self.bytes > BYTES_MAX {
            let Some((_, line)) = self.lines.pop_front() else { return };
            self.bytes -= line.len();
            self.left_out += 1;
        }
    }

    /// Takes another file's in, in the order of time.
    fn merge(&mut self, other: Self, limit: usize) {
        let mut all: Vec<_> = self.lines.drain(..).chain(other.lines).collect();
        all.sort_by_key(|(at, _)| *at);
        self.bytes = 0;
        self.left_out += other.left_out;
        self.notes.extend(other.notes);
        for (at, line) in all {
            self.push(at, line, limit);
        }
    }
}

/// Stores it, and says what became of it.
pub(super) async fn keep(
    hub: &Hub,
    shelf: &std::sync::Arc<Shelf>,
    actor: &Actor,
    incident: IncidentId,
    range: LogRange,
    shown: Vec<LogLine>,
) -> Notice {
    let (shelf, clock, of) = (shelf.clone(), hub.clock().clone(), range.clone());
    let part = tokio::task::spawn_blocking(move || {
        let mut part = shelf.read(&of, &clock);
        if part.lines.is_empty() {
            shown.iter().for_each(|line| part.push(Some(line.time()), json_of(line), of.limit));
        }
        part
    });
    let Ok(mut part) = part.await else { return Notice::error("reading the log failed") };
    let count = part.lines.len();
    let notes = std::mem::take(&mut part.notes).join("; ");
    let LogRange { agent, from, to, .. } = range;
    if count == 0 {
        let why = if notes.is_empty() { String::new() } else { format!(": {notes}") };
        let (from, to) = (from.format("%H:%M:%S"), to.format("%H:%M:%S"));
        return Notice::error(format!("no line of {agent} from {from} to {to}{why}"));
    }
    let bytes: Vec<u8> = part.lines.iter().flat_map(|(_, line)| line.bytes().chain([b'\n'])).collect();
    let file =
        Evidence { name: Text::line(&format!("{agent}-log.jsonl")), bytes, from: Some(from), to: Some(to) };
    match hub.keep_evidence(incident, actor, None, file).await {
        Ok((redacted, sha256)) => {
            let redacted = redacted.map_or_else(
                || "not searched for secrets".to_owned(),
                |count| format!("{count} secrets redacted"),
            );
            let left_out = match part.left_out {
                0 => String::new(),
                more => format!(", {more} older ones left out"),
            };
            let notes = if notes.is_empty() { notes } else { format!("; {notes}") };
            let sha256 = sha256.get(..8).unwrap_or_default();
            let words =
                format!("evidence: {count} lines of {agent}{left_out}, {redacted}, sha256 {sha256}{notes}");
            Notice::info(words)
        }
        Err(words) => Notice::error(words.as_str()),
    }
}

impl Shelf {
    /// What the files of an agent have.
    fn read(&self, range: &LogRange, clock: &Clock) -> Part {
        let mut part = Part::default();
        for source in &self.sources {
            let is_spool = self.spool.as_ref() == Some(&source.path);
            if is_spool || source.agent.as_str() == range.agent.as_str() {
                for path in [source.path.clone(), rotated(&source.path)] {
                    part.merge(read_files(&path, is_spool, range, clock), range.limit);
                }
            }
        }
        part
    }
}

/// The pattern of a file's rotated siblings.
fn rotated(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".*");
    path.with_file_name(name)
}

fn read_files(path: &Path, is_spool: bool, range: &LogRange, clock: &Clock) -> Part {
    let mut part = Part::default();
    let second = |time: Time| Some(time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let request = Request {
        files: vec![path.to_owned()],
        since: second(range.from),
        until: second(range.to + TimeDelta::seconds(1)),
        ..Request::default()
    };
    // There is no such file: so nothing of it is missing.
    let Ok(logs) = Logs::new(&request, clock.clone()) else { return part };
    let read = logs.print(
        Form::Json,
        |lines| {
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
                let at: Option<Time> = value["time"].as_str().and_then(|time| time.parse().ok());
                let is_in = at.is_some_and(|at| (range.from..=range.to).contains(&at));
                if is_in && (!is_spool || is_of(&value, &range.agent)) {
                    part.push(at, String::from_utf8_lossy(line).into_owned(), range.limit);
                }
            }
            ControlFlow::Continue(())
        },
        drop,
    );
    if let Err(error) = read {
        let path = path.display();
        part.notes.push(Text::line(&format!("{path} could not be read: {error}")).to_string());
    }
    part
}

/// Whether a line of the spool is of the agent.
fn is_of(line: &Value, agent: &Text) -> bool {
    let text = line["text"].as_str().unwrap_or_default();
    let named = Record::new(text.as_bytes()).field(b"agent");
    named.is_some_and(|named| Text::line(&String::from_utf8_lossy(&named.text())) == *agent)
}

/// A line that no file has, such as a drill's.
fn json_of(line: &LogLine) -> String {
    let reading = Reading { shape: Shape::default(), newest: line.seen.into(), agent: (*line.agent).clone() };
    let mut out = Vec::new();
    print::json(line.source.as_str(), line.offset, &Record::new(line.bytes()), &reading, &mut out);
    String::from_utf8_lossy(&out).trim_end().to_owned()
}
