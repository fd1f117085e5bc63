//! Verifying: every entry against its hash, every stream against its head, every file against its
//! digest, and the file against SQLite's own rules. The first entry that is wrong is named.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{Connection, params};

use crate::incident::{Event, IncidentId};

use super::append::last_position;
use super::chain::{self, Hash};
use super::codec::{COLUMNS, Row};
use super::head::{self, Head, unsigned};
use super::migrate::Meta;
use super::{evidence, revision};

/// What was found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many incidents.
    pub incidents: u64,
    /// How many entries.
    pub entries: u64,
    /// How many of them a newer flightdeck wrote; their hashes hold too.
    pub unknown: u64,
}

/// The first thing that is wrong, as far as it can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// In which incident.
    pub incident: Option<IncidentId>,
    /// Which of its entries.
    pub seq: Option<u64>,
    /// Where in the journal.
    pub position: Option<u64>,
    /// What is wrong.
    pub why: String,
}

impl Broken {
    /// Nothing can be named but the journal.
    pub(super) fn whole(why: &dyn fmt::Display) -> Self {
        Self { incident: None, seq: None, position: None, why: why.to_string() }
    }

    fn entry(row: &Row, why: impl Into<String>) -> Self {
        Self {
            incident: u32::try_from(row.incident).ok().map(IncidentId),
            seq: Some(unsigned(row.seq)),
            position: Some(unsigned(row.position)),
            why: why.into(),
        }
    }

    fn incident(incident: IncidentId, seq: u64, position: Option<i64>, why: impl Into<String>) -> Self {
        Self { incident: Some(incident), seq: Some(seq), position: position.map(unsigned), why: why.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.incident, self.seq) {
            (Some(incident), Some(seq)) => write!(f, "{incident} entry {seq}")?,
            (Some(incident), None) => write!(f, "{incident}")?,
            (None, _) => write!(f, "the journal")?,
        }
        if let Some(position) = self.position {
            write!(f, " (position {position})")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for Broken {}

/// How far one incident was walked.
struct Stream {
    head: Head,
    hash: Hash,
    unknown: u64,
}

/// Walks the whole journal, as it was when this began.
pub(super) fn verify(conn: &Connection, meta: &Meta) -> Result<Verified, Broken> {
    let damaged = |error: rusqlite::Error| Broken::whole(&format!("the file is damaged: {error}"));
    conn.pragma_update(None, "cell_size_check", true).map_err(damaged)?;
    let tx = conn.unchecked_transaction().map_err(damaged)?;
    let walk = Walk { conn: &tx, meta, streams: BTreeMap::new(), next: 1, gap: None };
    let verified = walk.run();
    drop(tx);
    verified
}

struct Walk<'a> {
    conn: &'a Connection,
    meta: &'a Meta,
    streams: BTreeMap<i64, Stream>,
    /// The position that must come next.
    next: i64,
    /// The first position that is missing: which entry it was shows later.
    gap: Option<i64>,
}

impl Walk<'_> {
    fn run(mut self) -> Result<Verified, Broken> {
        self.entries()?;
        self.heads()?;
        self.end()?;
        self.revisions()?;
        self.evidence()?;
        self.structure()?;
        Ok(Verified {
            incidents: self.streams.len() as u64,
            entries: unsigned(self.next - 1),
            unknown: self.streams.values().map(|stream| stream.unknown).sum(),
        })
    }

    fn entries(&mut self) -> Result<(), Broken> {
        let sql = format!("SELECT {COLUMNS} FROM entry ORDER BY position");
        let mut statement = self.conn.prepare(&sql).map_err(|error| self.unreadable(&error))?;
        let mut rows = statement.query([]).map_err(|error| self.unreadable(&error))?;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => Row::read(row),
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.unreadable(&error)),
            };
            let (row, hash) = row.map_err(|error| self.unreadable(&error))?;
            self.step(row, &hash)?;
        }
    }

    fn step(&mut self, row: Row, hash: &[u8]) -> Result<(), Broken> {
        if row.position < self.next {
            return Err(Broken::entry(&row, "it stands out of order"));
        }
        if row.position > self.next {
            self.gap.get_or_insert(self.next);
        }
        self.next = row.position + 1;
        let Some(incident) = u32::try_from(row.incident).ok().map(IncidentId) else {
            return Err(Broken::entry(&row, "it belongs to no incident"));
        };
        let meta = self.meta;
        let stream = self.streams.entry(row.incident).or_insert_with(|| Stream {
            head: Head::blank(incident, meta.realm),
            hash: chain::genesis(meta, incident),
            unknown: 0,
        });
        let due = stream.head.seq + 1;
        if unsigned(row.seq) > due {
            return Err(Broken::incident(incident, due, self.gap, "it is missing"));
        }
        if unsigned(row.seq) < due {
            return Err(Broken::entry(&row, "it stands twice or out of order"));
        }
        stream.hash = chain::link(&stream.hash, &row);
        if stream.hash != *hash {
            return Err(Broken::entry(&row, "it is not as it was recorded: its hash does not hold"));
        }
        let entry = row.entry();
        stream.unknown += u64::from(matches!(entry.event, Event::Unknown { .. }));
        stream.head.apply(&entry);
        Ok(())
    }

    fn heads(&self) -> Result<(), Broken> {
        let heads = head::all(self.conn)
            .map_err(|error| Broken::whole(&format!("the list of incidents cannot be read: {error}")))?;
        for (head, hash) in &heads {
            let Some(stream) = self.streams.get(&i64::from(head.incident.0)) else {
                return Err(Broken::incident(head.incident, 1, self.gap, "all its entries are missing"));
            };
            let broken = |seq, why| Err(Broken::incident(head.incident, seq, self.gap, why));
            if head.seq > stream.head.seq {
                return broken(stream.head.seq + 1, "it is missing: the end of the timeline was cut off");
            }
            if head.seq < stream.head.seq || *hash != stream.hash {
                return broken(stream.head.seq, "the list of incidents does not end with it");
            }
            // What a newer flightdeck folded from its own kinds cannot be judged here.
            if *head != stream.head && stream.unknown == 0 {
                return broken(head.seq, "the list of incidents shows something else than its entries say");
            }
        }
        let listed = |incident: &i64| heads.iter().any(|(head, _)| i64::from(head.incident.0) == *incident);
        match self.streams.iter().find(|(incident, _)| !listed(incident)) {
            Some((_, stream)) => {
                let why = "its incident is missing from the list of incidents";
                Err(Broken::incident(stream.head.incident, stream.head.seq, None, why))
            }
            None => Ok(()),
        }
    }

    fn end(&self) -> Result<(), Broken> {
        let last = last_position(self.conn).map_err(|error| self.unreadable(&error))?;
        match self.gap.or((last >= self.next).then_some(self.next)) {
            Some(position) => {
                let why = "an entry is missing here".to_owned();
                Err(Broken { incident: None, seq: None, position: Some(unsigned(position)), why })
            }
            None => Ok(()),
        }
    }

    fn revisions(&self) -> Result<(), Broken> {
        let found = revision::find_broken(self.conn)
            .map_err(|error| Broken::whole(&format!("the revisions of reviews cannot be read: {error}")))?;
        found.map_or(Ok(()), |revision| {
            let why = format!("revision {} of its review is not as it was saved", revision.number);
            Err(Broken { incident: Some(revision.incident), seq: None, position: None, why })
        })
    }

    fn evidence(&self) -> Result<(), Broken> {
        let found = evidence::find_broken(self.conn)
            .map_err(|error| Broken::whole(&format!("the evidence cannot be read: {error}")))?;
        found.map_or(Ok(()), |(name, sha256)| {
            Err(Broken::whole(&format!("evidence '{name}' ({sha256}) is not as it was stored")))
        })
    }

    /// SQLite's own rules: indexes, free pages, the shape of every page.
    fn structure(&self) -> Result<(), Broken> {
        let found: Result<String, _> = self.conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
        let words = match found {
            Ok(words) if words == "ok" => return Ok(()),
            Ok(words) => words,
            Err(error) => error.to_string(),
        };
        let mut broken = Broken::whole(&format!("the file is damaged: {words}"));
        if let Some(position) = row_named(&words) {
            self.name(position, &mut broken);
        }
        Err(broken)
    }

    /// The next entry cannot be read.
    fn unreadable(&self, error: &rusqlite::Error) -> Broken {
        let mut broken = Broken::whole(&format!("it cannot be read: {error}"));
        self.name(self.next, &mut broken);
        broken
    }

    /// Says which entry stands at a position, by the index, which lies elsewhere in the file than
    /// the entry itself.
    fn name(&self, position: i64, broken: &mut Broken) {
        broken.position = Some(unsigned(position));
        let sql = "SELECT incident, seq FROM entry WHERE +position = ?1 ORDER BY incident, seq";
        let named: rusqlite::Result<(u32, i64)> =
            self.conn.query_row(sql, params![position], |row| Ok((row.get(0)?, row.get(1)?)));
        if let Ok((incident, seq)) = named {
            broken.incident = Some(IncidentId(incident));
            broken.seq = Some(unsigned(seq));
        }
    }
}

/// The row that SQLite names: "row 17 missing from index ...".
fn row_named(words: &str) -> Option<i64> {
    let rest = words.split_once("row ")?.1;
    words.contains("_entry_").then(|| rest.split(' ').next()?.parse().ok()).flatten()
}
