//! The stored form of an entry: one row, whose JSON old and new binaries can both keep.
//!
//! An event is stored as `kind`, `version` and `data`. What this binary does not know becomes
//! [`Event::Unknown`]: shown, counted and left as it is in the file.

use rusqlite::Row as SqlRow;

use crate::incident::{Actor, Entry, Event, IncidentId, Text, Time};

use super::StoreError;

/// The version this binary writes. Raised when the data of a kind changes its shape; then
/// [`upgrade`] learns to read the old one.
const VERSION: i64 = 1;

/// The columns of an entry, in the order of [`Row::read`].
pub(super) const COLUMNS: &str = "position, incident, seq, at, actor, kind, version, data, hash";

/// An entry as stored, without its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub position: i64,
    pub incident: i64,
    pub seq: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub actor: String,
    pub kind: String,
    pub version: i64,
    pub data: String,
}

/// What of a row is known before it has its place: made outside the writer's transaction.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub at: i64,
    pub actor: String,
    pub kind: String,
    pub data: String,
    /// The entry that will be handed back, without its place.
    pub entry: Entry,
}

impl Draft {
    /// Encodes; times are cut to microseconds, as they are stored.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for an event of a newer flightdeck, which only that one may write.
    pub fn new(at: Time, actor: Actor, event: Event) -> Result<Self, StoreError> {
        let (kind, data) = encode(&event)?;
        let micros = at.timestamp_micros();
        let actor_json = serde_json::to_string(&actor).map_err(unfit)?;
        let entry = Entry { incident: IncidentId(0), seq: 0, at: time(micros), actor, event };
        Ok(Self { at: micros, actor: actor_json, kind, data, entry })
    }

    /// The row at its place.
    pub fn row(&self, position: i64, incident: i64, seq: i64) -> Row {
        Row {
            position,
            incident,
            seq,
            at: self.at,
            actor: self.actor.clone(),
            kind: self.kind.clone(),
            version: VERSION,
            data: self.data.clone(),
        }
    }
}

impl Row {
    /// Reads the columns of [`COLUMNS`], and the hash.
    pub fn read(row: &SqlRow<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let stored = Self {
            position: row.get(0)?,
            incident: row.get(1)?,
            seq: row.get(2)?,
            at: row.get(3)?,
            actor: row.get(4)?,
            kind: row.get(5)?,
            version: row.get(6)?,
            data: row.get(7)?,
        };
        Ok((stored, row.get(8)?))
    }

    /// The entry it holds. Never fails: what cannot be understood is kept as it is.
    pub fn entry(self) -> Entry {
        Entry {
            incident: IncidentId(u32::try_from(self.incident).unwrap_or(0)),
            seq: u64::try_from(self.seq).unwrap_or(0),
            at: time(self.at),
            actor: actor(&self.actor),
            event: decode(self.version, &self.kind, &self.data),
        }
    }
}

/// Splits an event into its kind and its data.
fn encode(event: &Event) -> Result<(String, String), StoreError> {
    let json = serde_json::to_string(event).map_err(unfit)?;
    let split = json
        .strip_prefix(r#"{"kind":""#)
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|rest| rest.split_once(r#"","data":"#));
    let (kind, data) = split.ok_or_else(|| unfit("an event without data"))?;
    Ok((kind.to_owned(), data.to_owned()))
}

/// The event of a kind, by this binary's lights.
fn decode(version: i64, kind: &str, data: &str) -> Event {
    upgrade(version, kind, data)
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_else(|| unknown(version, kind, data))
}

/// Leads an older version's data to the newest shape: the JSON that [`Event`] reads, or none when
/// the version is beyond this binary. Version 1 is the newest so far.
fn upgrade(version: i64, kind: &str, data: &str) -> Option<String> {
    let plain = kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (version == VERSION && plain).then(|| format!(r#"{{"kind":"{kind}","data":{data}}}"#))
}

fn unknown(version: i64, kind: &str, data: &str) -> Event {
    let stored = format!(r#"{{"v":{version},"kind":{},"data":{data}}}"#, serde_json::Value::from(kind));
    Event::Unknown { kind: Text::line(kind), stored: Text::block(&stored) }
}

/// An actor of a kind that is beyond this binary is shown as an AI actor, the least trusted.
fn actor(json: &str) -> Actor {
    serde_json::from_str(json).unwrap_or_else(|_| Actor::Ai(Text::line(json)))
}

/// A stored time. What is out of range, which only a damaged file holds, is the beginning of time.
pub(super) fn time(micros: i64) -> Time {
    Time::from_timestamp_micros(micros).unwrap_or_default()
}

fn unfit(why: impl ToString) -> StoreError {
    StoreError::Unfit { why: Text::line(&why.to_string()) }
}
