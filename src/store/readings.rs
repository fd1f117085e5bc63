//! What probes read last, beside the journal: the process that probes leaves it there for the others.
//!
//! It is no record: it may be lost, it is written over, and nothing is proved by it.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::Journal;
use crate::incident::{ActionId, IncidentId, Reading};

/// The name of the file behind the journal's.
const FILE: &str = "readings.json";

/// Bytes of it that are read at most: some hundreds of mitigations with their replicas.
const MOST: u64 = 4 * 1024 * 1024;

/// What was read of one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLast {
    /// Which incident.
    pub incident: IncidentId,
    /// Which action.
    pub action: ActionId,
    /// What was read last.
    pub now: Vec<Reading>,
    /// What was read last that gave a value for every check, where that was before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Reading>,
}

impl ReadLast {
    /// What was read last and gave a value for every check; else what there is.
    #[must_use]
    pub fn newest(&self) -> &[Reading] {
        if self.before.is_empty() { &self.now } else { &self.before }
    }
}

impl Journal {
    /// Leaves what was read for other processes. A journal in memory has none.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn leave_readings(&self, all: &[ReadLast]) -> io::Result<()> {
        let Some(place) = self.place() else { return Ok(()) };
        let (path, new) = (place.beside(FILE), place.beside("readings.new"));
        fs::write(&new, serde_json::to_vec(all)?)?;
        fs::rename(new, path)
    }

    /// What the process that probes read last; empty where nobody left anything that can be read.
    #[must_use]
    pub fn readings_left(&self) -> Vec<ReadLast> {
        let Some(path) = self.place().map(|place| place.beside(FILE)) else { return Vec::new() };
        let is_small = fs::metadata(&path).is_ok_and(|file| file.len() <= MOST);
        let bytes = if is_small { fs::read(&path).ok() } else { None };
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Realm, Time};
    use crate::store::Opening;

    #[test]
    fn what_one_process_read_another_one_sees_and_rubbish_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let open = |opening| Journal::open(&path, &opening).unwrap();
        let one = open(Opening::write(Realm::Live));
        assert_eq!(one.readings_left(), []);
        let reading = Reading {
            check: "agent_status = stopped".parse().unwrap(),
            replica: None,
            source: None,
            value: Some("stopped".into()),
            why: None,
            at: Time::UNIX_EPOCH,
        };
        let (incident, action) = (IncidentId(1), ActionId(2));
        let left = [ReadLast { incident, action, now: vec![reading], before: vec![] }];
        one.leave_readings(&left).unwrap();
        assert_eq!(open(Opening::read()).readings_left(), left);
        fs::write(dir.path().join("journal.readings.json"), "{").unwrap();
        assert_eq!(one.readings_left(), []);
        Journal::memory(Realm::Live).unwrap().leave_readings(&left).unwrap();
    }
}
