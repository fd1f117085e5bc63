//! Verifying: every entry against its hash, every stream against its head, every file against its
//! digest, and the file against SQLite's own rules. The first entry that is wrong is named, of each
//! incident: a hash says nothing of what stands behind a broken one, and nothing of other chains.

use std::collections::{BTreeMap, BTreeSet};
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

/// The first thing that is wrong with an incident, or with the journal, as far as it can be named.
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
    /// Where its last entry stands.
    position: i64,
    unknown: u64,
}

/// Walks the whole journal, as it was when this began. What is wrong is never nothing, and stands in the
/// order of the journal.
pub(super) fn verify(conn: &Connection, meta: &Meta) -> Result<Verified, Vec<Broken>> {
    let damaged = |error: rusqlite::Error| vec![Broken::whole(&format!("the file is damaged: {error}"))];
    conn.pragma_update(None, "cell_size_check", true).map_err(damaged)?;
    let tx = conn.unchecked_transaction().map_err(damaged)?;
    let verified = Walk::new(&tx, meta).run();
    drop(tx);
    verified
}

/// Walks the chain of one incident alone: the first thing that is wrong with it or with its kept reviews.
pub(super) fn find_broken(conn: &Connection, meta: &Meta, incident: IncidentId) -> Option<Broken> {
    let mut walk = Walk::new(conn, meta);
    if let Err(error) = walk.read_incident(incident) {
        return Some(Broken::incident(
            incident,
            walk.next_of(incident),
            None,
            format!("it cannot be read: {error}"),
        ));
    }
    walk.revisions();
    let found = walk.wrong.into_iter().find(|broken| broken.incident == Some(incident));
    // Only a walk through all of them can say where a missing one was.
    found.map(|broken| Broken { position: None, ..broken })
}

/// So many entries that cannot be read are passed over; where there are more, nobody can tell what is
/// behind them.
const UNREADABLE: u32 = 10_000;

struct Walk<'a> {
    conn: &'a Connection,
    meta: &'a Meta,
    streams: BTreeMap<i64, Stream>,
    /// The position that must come next.
    next: i64,
    /// The first positions of those that are missing, and whether it showed which entry it was.
    gaps: Vec<(i64, bool)>,
    /// How many entries could not be read.
    unreadable: u32,
    wrong: Vec<Broken>,
    /// The incidents of which the first thing that is wrong is known.
    named: BTreeSet<IncidentId>,
}

impl<'a> Walk<'a> {
    const fn new(conn: &'a Connection, meta: &'a Meta) -> Self {
        Self {
            conn,
            meta,
            streams: BTreeMap::new(),
            next: 1,
            gaps: Vec::new(),
            unreadable: 0,
            wrong: Vec::new(),
            named: BTreeSet::new(),
        }
    }

    /// Walks the entries of one incident, and looks whether the list of incidents ends with them.
    fn read_incident(&mut self, incident: IncidentId) -> rusqlite::Result<()> {
        let sql = format!("SELECT {COLUMNS} FROM entry WHERE incident = ?1 ORDER BY seq");
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query([incident.0])?;
        while let Some(row) = rows.next()? {
            let (row, hash) = Row::read(row)?;
            self.step(row, &hash);
        }
        let listed = head::find(self.conn, incident)?;
        if self.named.contains(&incident) {
            return Ok(());
        }
        let stream = self.streams.get(&i64::from(incident.0));
        let seq = stream.map_or(0, |stream| stream.head.seq);
        let (at, why) = match (&listed, stream) {
            (None, None) => return Ok(()),
            (None, Some(_)) => (seq, "its incident is missing from the list of incidents"),
            (Some((head, _)), _) if head.seq > seq => (seq + 1, "it is missing"),
            (Some((head, hash)), Some(stream)) if head.seq == seq && *hash == stream.hash => {
                if *head == stream.head || stream.unknown > 0 {
                    return Ok(());
                }
                (seq, "the list of incidents shows something else than its entries say")
            }
            (Some(_), _) => (seq, "the list of incidents does not end with it"),
        };
        self.note(Broken::incident(incident, at, None, why));
        Ok(())
    }

    /// The entry behind those that were walked.
    fn next_of(&self, incident: IncidentId) -> u64 {
        self.streams.get(&i64::from(incident.0)).map_or(1, |stream| stream.head.seq + 1)
    }

    fn run(mut self) -> Result<Verified, Vec<Broken>> {
        if self.entries() {
            self.heads();
            self.end();
        }
        self.revisions();
        self.evidence();
        // What is wrong with the file is wrong with what was named, too.
        if self.wrong.is_empty() {
            self.structure();
        }
        if !self.wrong.is_empty() {
            return Err(self.wrong);
        }
        Ok(Verified {
            incidents: self.streams.len() as u64,
            entries: unsigned(self.next - 1),
            unknown: self.streams.values().map(|stream| stream.unknown).sum(),
        })
    }

    /// Notes what is wrong, unless it is known already that something before it is.
    fn note(&mut self, broken: Broken) {
        if broken.incident.is_none_or(|incident| self.named.insert(incident)) {
            self.wrong.push(broken);
        }
    }

    /// The first missing position behind what was read of an incident: there its missing entry was.
    fn claim(&mut self, after: i64) -> Option<i64> {
        let behind = |gap: &(i64, bool)| gap.0 > after;
        let free = self.gaps.iter().position(|gap| behind(gap) && !gap.1);
        let gap = free.or_else(|| self.gaps.iter().position(behind))?;
        let gap = &mut self.gaps[gap];
        gap.1 = true;
        Some(gap.0)
    }

    /// Walks the entries; says whether it came to the end.
    fn entries(&mut self) -> bool {
        let last = last_position(self.conn).unwrap_or(0);
        while let Err(error) = self.readable() {
            let broken = self.unreadable(&error);
            // One word for all of those of which it cannot be said whose they are.
            if broken.incident.is_some() || self.unreadable == 0 {
                self.note(broken);
            }
            self.unreadable += 1;
            if self.next >= last || self.unreadable > UNREADABLE {
                return self.next == last;
            }
            self.next += 1;
        }
        true
    }

    /// Walks the entries from the next one on, up to one that cannot be read.
    fn readable(&mut self) -> rusqlite::Result<()> {
        let sql = format!("SELECT {COLUMNS} FROM entry WHERE position >= ?1 ORDER BY position");
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query([self.next])?;
        while let Some(row) = rows.next()? {
            let (row, hash) = Row::read(row)?;
            self.step(row, &hash);
        }
        Ok(())
    }

    fn step(&mut self, row: Row, hash: &[u8]) {
        if row.position > self.next {
            self.gaps.push((self.next, false));
        }
        self.next = row.position + 1;
        let Some(incident) = u32::try_from(row.incident).ok().map(IncidentId) else {
            return self.note(Broken::entry(&row, "it belongs to no incident"));
        };
        // Behind what is broken every hash would be.
        if self.named.contains(&incident) {
            return;
        }
        let meta = self.meta;
        let stream = self.streams.entry(row.incident).or_insert_with(|| Stream {
            head: Head::blank(incident, meta.realm),
            hash: chain::genesis(meta, incident),
            position: 0,
            unknown: 0,
        });
        let due = stream.head.seq + 1;
        if unsigned(row.seq) > due {
            let after = stream.position;
            let gap = self.claim(after);
            return self.note(Broken::incident(incident, due, gap, self.lacks("it is missing")));
        }
        if unsigned(row.seq) < due {
            return self.note(Broken::entry(&row, "it stands twice or out of order"));
        }
        stream.hash = chain::link(&stream.hash, &row);
        if stream.hash != *hash {
            let why = "it is not as it was recorded: its hash does not hold";
            return self.note(Broken::entry(&row, why));
        }
        stream.position = row.position;
        let entry = row.entry();
        stream.unknown += u64::from(matches!(entry.event, Event::Unknown { .. }));
        stream.head.apply(&entry);
    }

    /// Why an entry was not found.
    fn lacks(&self, missing: &str) -> String {
        match self.unreadable {
            0 => missing.to_owned(),
            _ => "it is missing, or cannot be read".to_owned(),
        }
    }

    fn heads(&mut self) {
        let heads = match head::all(self.conn) {
            Ok(heads) => heads,
            Err(error) => {
                return self.note(Broken::whole(&format!("the list of incidents cannot be read: {error}")));
            }
        };
        for (head, hash) in &heads {
            let Some(stream) = self.streams.get(&i64::from(head.incident.0)) else {
                let gap = self.claim(0);
                let why = self.lacks("all its entries are missing");
                self.note(Broken::incident(head.incident, 1, gap, why));
                continue;
            };
            if self.named.contains(&head.incident) {
                continue;
            }
            let (seq, after) = (stream.head.seq, stream.position);
            if head.seq > seq {
                let gap = self.claim(after);
                let why = self.lacks("it is missing: the end of the timeline was cut off");
                self.note(Broken::incident(head.incident, seq + 1, gap, why));
            } else if head.seq < seq || *hash != stream.hash {
                let why = "the list of incidents does not end with it";
                self.note(Broken::incident(head.incident, seq, None, why));
            } else if *head != stream.head && stream.unknown == 0 {
                // What a newer flightdeck folded from its own kinds cannot be judged here.
                let why = "the list of incidents shows something else than its entries say";
                self.note(Broken::incident(head.incident, seq, None, why));
            }
        }
        let listed: BTreeSet<IncidentId> = heads.iter().map(|(head, _)| head.incident).collect();
        let unlisted = self.streams.values().filter(|stream| !listed.contains(&stream.head.incident));
        let why = "its incident is missing from the list of incidents";
        let unlisted: Vec<Broken> = unlisted
            .map(|stream| Broken::incident(stream.head.incident, stream.head.seq, None, why))
            .collect();
        for broken in unlisted {
            self.note(broken);
        }
    }

    /// Positions that are missing, of which nothing says whose they were.
    fn end(&mut self) {
        match last_position(self.conn) {
            Ok(last) if last >= self.next => self.gaps.push((self.next, false)),
            Ok(_) => {}
            Err(error) => {
                let broken = self.unreadable(&error);
                self.note(broken);
            }
        }
        for (position, _) in std::mem::take(&mut self.gaps).into_iter().filter(|(_, claimed)| !claimed) {
            let why = "an entry is missing here".to_owned();
            self.note(Broken { incident: None, seq: None, position: Some(unsigned(position)), why });
        }
    }

    fn revisions(&mut self) {
        match revision::find_broken(self.conn) {
            Ok(found) => {
                for revision in found {
                    let why = format!("revision {} of its review is not as it was saved", revision.number);
                    self.note(Broken { incident: Some(revision.incident), seq: None, position: None, why });
                }
            }
            Err(error) => {
                self.note(Broken::whole(&format!("the revisions of reviews cannot be read: {error}")));
            }
        }
    }

    fn evidence(&mut self) {
        match evidence::find_broken(self.conn) {
            Ok(found) => {
                for (name, sha256) in found {
                    let why = format!("evidence '{name}' ({sha256}) is not as it was stored");
                    self.note(Broken::whole(&why));
                }
            }
            Err(error) => self.note(Broken::whole(&format!("the evidence cannot be read: {error}"))),
        }
    }

    /// SQLite's own rules: indexes, free pages, the shape of every page.
    fn structure(&mut self) {
        let found: Result<String, _> = self.conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
        let words = match found {
            Ok(words) if words == "ok" => return,
            Ok(words) => finding(&words),
            Err(error) => error.to_string(),
        };
        let mut broken = Broken::whole(&format!("the file is damaged: {words}"));
        if let Some(position) = row_named(&words) {
            self.name(position, &mut broken);
        }
        self.note(broken);
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

/// What SQLite found, without the line of stars before it that says in which database.
fn finding(words: &str) -> String {
    let lines: Vec<&str> = words.lines().filter(|line| !line.starts_with("***")).collect();
    if lines.is_empty() { "SQLite's own check fails".to_owned() } else { lines.join("; ") }
}

/// The row that SQLite names: "row 17 missing from index ...".
fn row_named(words: &str) -> Option<i64> {
    let rest = words.split_once("row ")?.1;
    words.contains("_entry_").then(|| rest.split(' ').next()?.parse().ok()).flatten()
}
