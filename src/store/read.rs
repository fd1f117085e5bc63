//! Reading entries.

use rusqlite::{Connection, params};

use crate::incident::{Entry, IncidentId};

use super::codec::{COLUMNS, Row};
use super::head::{signed, unsigned};

/// How many entries the journal has: the position of the newest.
pub(super) fn position(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(position), 0) FROM entry")?
        .query_row([], |row| row.get(0).map(unsigned))
}

/// The entries of one incident after one of them.
pub(super) fn stream(conn: &Connection, incident: IncidentId, after: u64) -> rusqlite::Result<Vec<Entry>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM entry WHERE incident = ?1 AND seq > ?2 ORDER BY seq"
    ))?
    .query_map(params![incident.0, signed(after)], |row| Row::read(row).map(|(row, _)| row.entry()))?
    .collect()
}

/// The entries of all incidents after a position, at most so many.
pub(super) fn all(conn: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<(u64, Entry)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = format!("SELECT {COLUMNS} FROM entry WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![signed(after), limit], |row| {
        Row::read(row).map(|(row, _)| (unsigned(row.position), row.entry()))
    })?;
    let mut all = Vec::new();
    for row in rows {
        match row {
            Ok(entry) => all.push(entry),
            // What was read before it is given out; whoever goes on from there meets it again.
            Err(_) if !all.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The position of the last entry that can be reached from the first, where not all can.
pub(super) fn reached(conn: &Connection) -> rusqlite::Result<u64> {
    let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM entry ORDER BY position"))?;
    let positions = statement.query_map([], |row| Row::read(row).map(|(row, _)| unsigned(row.position)))?;
    Ok(positions.map_while(Result::ok).last().unwrap_or(0))
}
