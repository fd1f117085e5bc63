//! Evidence: files brought home, kept by their digest (A4).

use rusqlite::{Connection, OptionalExtension, params};

use crate::incident::{Text, Time};

use super::chain::{Hash, seal, sha256_hex};
use super::codec::time;
use super::{Journal, StoreError};

/// The largest piece of evidence. It passes through memory, and the screen promises to stay small.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A file that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The name it came with.
    pub name: Text,
    /// When it was stored.
    pub stored_at: Time,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Journal {
    /// Keeps a file and returns its SHA-256 in hex. The same content is kept once, under the name
    /// it first came with.
    ///
    /// # Errors
    /// When it is larger than 64 MiB or the journal cannot be written.
    pub async fn store_evidence(&self, name: &Text, at: Time, bytes: Vec<u8>) -> Result<String, StoreError> {
        if bytes.len() > MAX_BYTES {
            let why = format!("'{name}' has {} bytes; evidence may have {MAX_BYTES}", bytes.len());
            return Err(StoreError::Unfit { why: Text::line(&why) });
        }
        let sha256 = sha256_hex(&bytes);
        let name = name.clone();
        let micros = at.timestamp_micros();
        let sealed = seal_of(&sha256, name.as_str(), micros);
        self.write(move |conn| {
            conn.prepare_cached(
                "INSERT INTO evidence (sha256, name, stored_at, bytes, seal) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (sha256) DO NOTHING",
            )?
            .execute(params![sha256, name.as_str(), micros, bytes, sealed])?;
            Ok(sha256.clone())
        })
        .await
    }

    /// A file by its SHA-256 in hex.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn evidence(&self, sha256: &str) -> Result<Option<EvidenceFile>, StoreError> {
        let sha256 = sha256.to_owned();
        self.read_with(move |conn| {
            conn.prepare_cached("SELECT name, stored_at, bytes FROM evidence WHERE sha256 = ?1")?
                .query_row([&sha256], |row| {
                    Ok(EvidenceFile {
                        name: Text::from(row.get::<_, String>(0)?),
                        stored_at: time(row.get(1)?),
                        bytes: row.get(2)?,
                    })
                })
                .optional()
        })
        .await
    }
}

fn seal_of(sha256: &str, name: &str, stored_at: i64) -> Hash {
    seal(&[stored_at], &[sha256, name])
}

/// The names and digests of the files that are not as they were stored.
pub(super) fn find_broken(conn: &Connection) -> rusqlite::Result<Vec<(Text, Text)>> {
    let mut found = Vec::new();
    let mut statement = conn.prepare("SELECT sha256, name, stored_at, bytes, seal FROM evidence")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (sha256, name): (String, String) = (row.get(0)?, row.get(1)?);
        let sealed: Vec<u8> = row.get(4)?;
        if sha256_hex(row.get_ref(3)?.as_blob()?) != sha256 || sealed != seal_of(&sha256, &name, row.get(2)?)
        {
            found.push((Text::line(&name), Text::line(&sha256)));
        }
    }
    Ok(found)
}
