//! Appending: checked against the expected version, numbered, chained, all or nothing.

use rusqlite::{Connection, params};

use crate::incident::{Actor, Entry, Event, IncidentId, Realm, Text, Time};

use super::chain::{self, Hash};
use super::codec::{COLUMNS, Draft, Row};
use super::head::{self, Head, signed};
use super::migrate::Meta;
use super::writer::Failure;
use super::{AppendError, StoreError, read};

/// An entry before it has its place.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// When it happened; kept to the microsecond.
    pub at: Time,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

/// Entries for one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// Which.
    pub incident: IncidentId,
    /// How many entries it has by the writer's knowledge; 0: it is not declared.
    pub expected: u64,
    /// What is to be added, in order.
    pub entries: Vec<NewEntry>,
}

/// Encoded entries for one incident.
pub(super) struct Part {
    pub incident: IncidentId,
    pub expected: u64,
    pub drafts: Vec<Draft>,
}

/// Encodes entries, away from the writer.
///
/// # Errors
/// [`StoreError::Unfit`] for what may not be stored here.
pub(super) fn encode(entries: Vec<NewEntry>, realm: Realm) -> Result<Vec<Draft>, StoreError> {
    let encode = |new: NewEntry| {
        if let Event::Declared { realm: declared, .. } = &new.event
            && *declared != realm
        {
            let why = Text::line(&format!("a {declared} incident in a {realm} journal"));
            return Err(StoreError::Unfit { why });
        }
        Draft::new(new.at, new.actor, new.event)
    };
    entries.into_iter().map(encode).collect()
}

/// Appends inside the open transaction. It is immediate, so two processes that both expect an
/// incident to be new never share its number.
pub(super) fn append(
    conn: &Connection,
    meta: &Meta,
    parts: &[Part],
    expected_position: Option<u64>,
) -> Result<Vec<Entry>, Failure<AppendError>> {
    if let Some(expected) = expected_position {
        let actual = read::position(conn)?;
        if actual != expected {
            return Err(Failure::Refused(AppendError::Moved { expected, actual }));
        }
    }
    let mut appended = Vec::with_capacity(parts.iter().map(|part| part.drafts.len()).sum());
    for part in parts {
        append_part(conn, meta, part, &mut appended)?;
    }
    Ok(appended)
}

fn append_part(
    conn: &Connection,
    meta: &Meta,
    part: &Part,
    appended: &mut Vec<Entry>,
) -> Result<(), Failure<AppendError>> {
    let Part { incident, expected, ref drafts } = *part;
    let (mut head, mut hash) = match head::find(conn, incident)? {
        Some((head, hash)) => {
            let hash = Hash::try_from(hash).map_err(|_| damaged(conn, incident))?;
            (head, hash)
        }
        None => (Head::blank(incident, meta.realm), chain::genesis(meta, incident)),
    };
    if head.seq != expected {
        let actual = head.seq;
        return Err(Failure::Refused(AppendError::Conflict { incident, expected, actual }));
    }
    if drafts.is_empty() {
        return Ok(());
    }
    let mut position = last_position(conn)?;
    let mut insert = conn.prepare_cached(&format!(
        "INSERT INTO entry ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    ))?;
    for draft in drafts {
        position += 1;
        let seq = head.seq + 1;
        let row = draft.row(position, i64::from(incident.0), signed(seq));
        hash = chain::link(&hash, &row);
        insert_row(&mut insert, &row, &hash)?;
        let entry = Entry { incident, seq, ..draft.entry.clone() };
        head.apply(&entry);
        appended.push(entry);
    }
    head::save(conn, &head, &hash)?;
    Ok(())
}

fn insert_row(insert: &mut rusqlite::Statement<'_>, row: &Row, hash: &Hash) -> rusqlite::Result<()> {
    insert.execute(params![
        row.position,
        row.incident,
        row.seq,
        row.at,
        row.actor,
        row.kind,
        row.version,
        row.data,
        hash,
    ])?;
    Ok(())
}

/// The highest position ever given, even if somebody cut the end off since: a gap stays a gap.
pub(super) fn last_position(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT max(coalesce((SELECT max(position) FROM entry), 0), \
         coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'entry'), 0))",
    )?
    .query_row([], |row| row.get(0))
}

fn damaged(conn: &Connection, incident: IncidentId) -> Failure<AppendError> {
    let place = Text::line(conn.path().unwrap_or("memory"));
    let why = Text::line(&format!("the hash at the head of {incident} is not a hash"));
    Failure::Refused(StoreError::Damaged { place, why }.into())
}
