//! Revisions of a review: what people wrote, as durable as an entry.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::incident::{IncidentId, Text, Time};

use super::chain::{Hash, seal, sha256_hex};
use super::codec::time;
use super::writer::Failure;
use super::{Journal, StoreError};

const COLUMNS: &str = "incident, number, at, author, language, draft, text, sha256, seal";

/// A text to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision {
    /// The review of which incident.
    pub incident: IncidentId,
    /// When.
    pub at: Time,
    /// Who wrote it.
    pub author: Text,
    /// In which language: `en`, `zh-Hant`.
    pub language: Text,
    /// Whether it is an autosave, that its writer's next one may replace.
    pub draft: bool,
    /// What the same writer kept last, which alone it may replace: a person may sit at two screens.
    pub after: Option<u32>,
    /// The document, as written.
    pub text: String,
}

/// A text that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The review of which incident.
    pub incident: IncidentId,
    /// 1 for the first of the incident.
    pub number: u32,
    /// When.
    pub at: Time,
    /// Who wrote it.
    pub author: Text,
    /// In which language.
    pub language: Text,
    /// Whether it is an autosave.
    pub draft: bool,
    /// The document, as written.
    pub text: String,
    /// The SHA-256 of the text, in hex.
    pub sha256: String,
}

impl Journal {
    /// Keeps a revision. Autosaves by one writer within one minute replace each other, so that
    /// an hour of writing leaves sixty of them at most; whatever else was saved stays.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn save_revision(&self, new: NewRevision) -> Result<Revision, StoreError> {
        self.write(move |conn| save(conn, &new)).await
    }

    /// The newest revision of a review, drafts included.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn latest_revision(&self, incident: IncidentId) -> Result<Option<Revision>, StoreError> {
        self.read_with(move |conn| latest(conn, incident)).await
    }

    /// All revisions of a review, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn revisions(&self, incident: IncidentId) -> Result<Vec<Revision>, StoreError> {
        self.read_with(move |conn| {
            conn.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM revision WHERE incident = ?1 ORDER BY number"
            ))?
            .query_map([incident.0], read)?
            .collect()
        })
        .await
    }
}

fn save(conn: &Connection, new: &NewRevision) -> Result<Revision, Failure<StoreError>> {
    let newest = latest(conn, new.incident)?;
    let number = match &newest {
        Some(old) if replaces(new, old) => old.number,
        Some(old) => old.number + 1,
        None => 1,
    };
    let revision = Revision {
        incident: new.incident,
        number,
        at: time(new.at.timestamp_micros()),
        author: new.author.clone(),
        language: new.language.clone(),
        draft: new.draft,
        text: new.text.clone(),
        sha256: sha256_hex(new.text.as_bytes()),
    };
    conn.prepare_cached(&format!(
        "REPLACE INTO revision ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    ))?
    .execute(params![
        revision.incident.0,
        revision.number,
        revision.at.timestamp_micros(),
        revision.author.as_str(),
        revision.language.as_str(),
        revision.draft,
        revision.text,
        revision.sha256,
        revision.seal(),
    ])?;
    Ok(revision)
}

fn replaces(new: &NewRevision, old: &Revision) -> bool {
    let minute = |at: Time| at.timestamp().div_euclid(60);
    new.draft
        && old.draft
        && new.after == Some(old.number)
        && new.author == old.author
        && new.language == old.language
        && minute(new.at) == minute(old.at)
}

fn latest(conn: &Connection, incident: IncidentId) -> rusqlite::Result<Option<Revision>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM revision WHERE incident = ?1 ORDER BY number DESC LIMIT 1"
    ))?
    .query_row([incident.0], read)
    .optional()
}

impl Revision {
    fn seal(&self) -> Hash {
        let numbers = [
            i64::from(self.incident.0),
            i64::from(self.number),
            self.at.timestamp_micros(),
            i64::from(self.draft),
        ];
        seal(&numbers, &[self.author.as_str(), self.language.as_str(), &self.sha256])
    }
}

/// The revisions of the journal that are not as they were saved.
pub(super) fn find_broken(conn: &Connection) -> rusqlite::Result<Vec<Revision>> {
    let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM revision ORDER BY incident, number"))?;
    let mut found = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let revision = read(row)?;
        let sealed: Vec<u8> = row.get(8)?;
        if sealed != revision.seal() || sha256_hex(revision.text.as_bytes()) != revision.sha256 {
            found.push(revision);
        }
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Revision> {
    Ok(Revision {
        incident: IncidentId(row.get(0)?),
        number: row.get(1)?,
        at: time(row.get(2)?),
        author: Text::from(row.get::<_, String>(3)?),
        language: Text::from(row.get::<_, String>(4)?),
        draft: row.get(5)?,
        text: row.get(6)?,
        sha256: row.get(7)?,
    })
}
