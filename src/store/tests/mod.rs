//! The journal on real files and in memory.

mod append;
mod failures;
mod flips;
mod golden;
mod kept;
mod log;
mod sharing;
mod tamper;
mod tight;
mod watch;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::incident::{Actor, Entry, Event, IncidentId, Realm, Severity, Text, Time};

use super::{Journal, NewEntry, Opening};

/// A directory that goes away, and the path of a journal in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    (directory, path)
}

fn open(path: &PathBuf) -> Journal {
    let journal = Journal::open(path, &Opening::write(Realm::Live)).unwrap();
    assert_eq!(journal.degraded(), None);
    journal
}

fn at(second: i64) -> Time {
    Time::from_timestamp(1_700_000_000 + second, 123_456_000).unwrap()
}

fn new(second: i64, event: Event) -> NewEntry {
    NewEntry { at: at(second), actor: Actor::person("ada"), event }
}

fn declared(title: &str) -> NewEntry {
    let event = Event::Declared {
        realm: Realm::Live,
        title: Text::line(title),
        severity: Severity::P1,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: at(0),
    };
    new(0, event)
}

fn noted(text: &str) -> NewEntry {
    new(1, Event::Noted { text: text.into() })
}

/// What was noted, in order.
fn texts(entries: &[Entry]) -> Vec<&str> {
    let mut texts = Vec::new();
    for entry in entries {
        if let Event::Noted { text } = &entry.event {
            texts.push(text.as_str());
        }
    }
    texts
}

const FIRST: IncidentId = IncidentId(1);
