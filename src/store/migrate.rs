//! The file's form: which one it has, and how it gets to the newest.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::incident::{Realm, Text};

use super::StoreError;

/// "FLDK": how a journal is told from other programs' SQLite files.
const APPLICATION_ID: i64 = 0x464c_444b;

/// Each step leads from its index to the next form.
const MIGRATIONS: &[&str] = &[include_str!("../../assets/migrations/001.sql")];

/// The newest form known here.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// What a journal says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub id: String,
    pub realm: Realm,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing in it yet.
    Empty,
    /// A journal of this form.
    Journal(i64),
    /// A SQLite file of another program.
    Foreign,
}

/// Reads what kind of file it is: at one moment, since another process may be making it just now.
pub(super) fn form(conn: &Connection) -> rusqlite::Result<Form> {
    let _moment = if conn.is_autocommit() { Some(conn.unchecked_transaction()?) } else { None };
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application == APPLICATION_ID {
        return Ok(Form::Journal(version));
    }
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(if application == 0 && version == 0 && tables == 0 { Form::Empty } else { Form::Foreign })
}

/// Brings the file to the newest form, and names it when it is new. Two processes may do so at once:
/// one of them waits and finds it done.
pub(super) fn migrate(conn: &mut Connection, fresh: &Meta) -> rusqlite::Result<()> {
    if form(conn)? == Form::Journal(KNOWN) {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = match form(&tx)? {
        Form::Empty => 0,
        Form::Journal(version) => version,
        Form::Foreign => return Ok(()), // refused by the caller, never written
    };
    for step in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        tx.execute_batch(step)?;
    }
    if from == 0 {
        let mut insert = tx.prepare("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
        insert.execute(params!["id", fresh.id])?;
        insert.execute(params!["realm", fresh.realm.word()])?;
    }
    if from < KNOWN {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", KNOWN)?;
    }
    tx.commit()
}

/// Reads what the journal says about itself.
pub(super) fn meta(conn: &Connection, place: &Text) -> Result<Meta, StoreError> {
    let get = |key: &str| {
        conn.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get::<_, String>(0))
            .optional()
            .map_err(|error| StoreError::from_sqlite(place, &error))
    };
    let damaged = |why: &str| StoreError::Damaged { place: place.clone(), why: Text::line(why) };
    let id = get("id")?.ok_or_else(|| damaged("it has lost its id"))?;
    let realm = match get("realm")?.as_deref() {
        Some("live") => Realm::Live,
        Some("drill") => Realm::Drill,
        Some(_) | None => return Err(damaged("it does not say whether it is live or a drill")),
    };
    Ok(Meta { id, realm })
}
