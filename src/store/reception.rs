//! How alerts come in, beside the journal: the process that takes them, or cannot, leaves it there for the
//! others.
//!
//! It is no record: it may be lost, it is written over, and it holds as long as its process is there.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::Journal;
use crate::incident::{Text, Time};

/// The name of the file behind the journal's.
const FILE: &str = "receiver.json";

/// Bytes of it that are read at most.
const MOST: u64 = 64 * 1024;

/// How alerts come in, as the process says that is to take them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    /// The process, as the journal knows it.
    pub runner: Text,
    /// Where it takes them, or would.
    pub listen: Text,
    /// Why it takes none; none: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Text>,
    /// Deliveries that it recorded.
    pub taken: u64,
    /// Requests that it refused: an alert may have been lost.
    pub refused: u64,
    /// When it refused one last, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<(Time, Text)>,
}

impl Reception {
    /// What is wrong with it, in words; none: nothing is known to be.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        if let Some(why) = &self.trouble {
            return Some(format!("no alerts are taken on {}: {why}", self.listen));
        }
        let (at, why) = self.last_refusal.as_ref()?;
        let (count, at) = (self.refused, at.format("%H:%M:%S"));
        let requests = if count == 1 { "request" } else { "requests" };
        Some(format!("{count} {requests} to {} refused, the last at {at}: {why}", self.listen))
    }
}

impl Journal {
    /// Leaves how alerts come in for other processes. A journal in memory has none.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn leave_reception(&self, reception: &Reception) -> io::Result<()> {
        let Some(place) = self.place() else { return Ok(()) };
        let (path, new) = (place.beside(FILE), place.beside("receiver.new"));
        fs::write(&new, serde_json::to_vec(reception)?)?;
        fs::rename(new, path)
    }

    /// How alerts come in, as the process says that is to take them and is still there.
    #[must_use]
    pub fn reception(&self) -> Option<Reception> {
        let path = self.place()?.beside(FILE);
        let is_small = fs::metadata(&path).is_ok_and(|file| file.len() <= MOST);
        let bytes = if is_small { fs::read(&path).ok()? } else { return None };
        let left: Reception = serde_json::from_slice(&bytes).ok()?;
        self.runner_is_alive(left.runner.as_str()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Realm;
    use crate::store::Opening;

    #[test]
    fn what_one_process_says_of_its_receiver_another_one_hears_as_long_as_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let open = |opening| Journal::open(&path, &opening).unwrap();
        let (serve, other) = (open(Opening::write(Realm::Live)), open(Opening::read()));
        assert_eq!(other.reception(), None);
        let runner = serve.lease_runner().unwrap();
        let mut left = Reception {
            runner: runner.id().clone(),
            listen: "127.0.0.1:9099".into(),
            trouble: None,
            taken: 3,
            refused: 0,
            last_refusal: None,
        };
        serve.leave_reception(&left).unwrap();
        assert_eq!(other.reception().as_ref(), Some(&left));
        assert_eq!(left.wrong(), None);
        left.refused = 2;
        left.last_refusal = Some((Time::UNIX_EPOCH, "401: the token is wrong".into()));
        let words = "2 requests to 127.0.0.1:9099 refused, the last at 00:00:00: 401: the token is wrong";
        assert_eq!(left.wrong().as_deref(), Some(words));
        left.trouble = Some("the port is taken".into());
        assert!(left.wrong().is_some_and(|words| words.starts_with("no alerts are taken on ")));
        serve.leave_reception(&left).unwrap();
        assert_eq!(other.reception(), Some(left));
        drop(runner);
        assert_eq!(other.reception(), None, "its process is gone");
        fs::write(dir.path().join("journal.receiver.json"), "{").unwrap();
        assert_eq!(other.reception(), None);
    }
}
