//! The journal as one who only looks finds it: for lists, timelines, reviews and verifying.
//!
//! Nothing is loaded but what is asked for, nothing is written, and a journal that nobody has begun
//! yet is an empty one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Access;
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Builder, Runtime};

use crate::config::Paths;
use crate::error::{Error, Kind, Result};
use crate::incident::{Board, IncidentId, Realm, Record, Text};
use crate::store::{Journal, Opening, StoreError};

pub use crate::store::{Broken, Head, Reception, Revision, Verified};

/// Entries read at once.
const CHUNK: usize = 1_000;

/// A journal to be read.
pub struct Archive {
    /// One thread is enough for one question at a time.
    runtime: Runtime,
    journal: Option<Journal>,
    realm: Realm,
    place: PathBuf,
}

impl Archive {
    /// Opens the journal of a realm.
    ///
    /// # Errors
    /// When there is one and it cannot be read.
    pub fn open(paths: &Paths, realm: Realm) -> Result<Self> {
        Self::open_raw(paths, realm)?.map_err(Error::from)
    }

    fn open_raw(paths: &Paths, realm: Realm) -> Result<std::result::Result<Self, StoreError>> {
        let place = paths.journal_of(realm);
        let journal = match place.exists() {
            true => match Journal::open(&place, &Opening { realm: Some(realm), ..Opening::read() }) {
                Ok(journal) => Some(journal),
                Err(error) => return Ok(Err(error)),
            },
            false => None,
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::internal("cannot start to read").because(error))?;
        Ok(Ok(Self { runtime, journal, realm, place }))
    }

    /// Why nothing could be written to it, if that is so.
    #[must_use]
    pub fn read_only(&self) -> Option<Text> {
        let journal = self.journal.as_ref()?;
        let may_write = |path: &Path| rustix::fs::access(path, Access::WRITE_OK).is_ok();
        let writable = may_write(&self.place) && self.place.parent().is_none_or(may_write);
        let why = format!("{}: the journal or its directory may not be written", self.place.display());
        journal.degraded().or_else(|| (!writable).then(|| Text::line(&why)))
    }

    /// What was recorded before and is not there any more, if that is known.
    #[must_use]
    pub fn missing(&self) -> Option<&Text> {
        self.journal.as_ref()?.missing()
    }

    /// That no incident is on record, and where that was looked for if there is not even a journal.
    #[must_use]
    pub fn nothing(&self) -> String {
        let place = Text::line(&self.place.display().to_string());
        match self.journal {
            Some(_) => format!("no incident is on record in {place}"),
            None => format!(
                "no incident is on record: there is no journal {place} yet; --data-dir names another place"
            ),
        }
    }

    /// The list of incidents, by number.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn heads(&self) -> Result<Vec<Head>> {
        let Some(journal) = &self.journal else { return Ok(Vec::new()) };
        Ok(self.runtime.block_on(journal.heads())?)
    }

    /// One incident with its timeline.
    ///
    /// # Errors
    /// When there is no such incident, or the journal cannot be read.
    pub fn record(&self, id: IncidentId) -> Result<Record> {
        let entries = match &self.journal {
            Some(journal) => self.runtime.block_on(journal.read(id, 0))?,
            None => Vec::new(),
        };
        let mut board = Board::default();
        entries.into_iter().for_each(|entry| board.apply(&Arc::new(entry)));
        board.record(id).cloned().ok_or_else(|| unknown(id, self.realm, &self.place.display().to_string()))
    }

    /// What is wrong with an incident's timeline, if anything is: it is not as it was recorded.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn find_broken(&self, id: IncidentId) -> Result<Option<Broken>> {
        let Some(journal) = &self.journal else { return Ok(None) };
        Ok(self.runtime.block_on(journal.find_broken(id))?)
    }

    /// All incidents with their timelines.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn board(&self) -> Result<Board> {
        let mut board = Board::default();
        let Some(journal) = &self.journal else { return Ok(board) };
        let mut position = 0;
        loop {
            let chunk = self.runtime.block_on(journal.read_all_after(position, CHUNK))?;
            let Some((last, _)) = chunk.last() else { return Ok(board) };
            position = *last;
            chunk.into_iter().for_each(|(_, entry)| board.apply(&Arc::new(entry)));
        }
    }

    /// How alerts come in, as the process tells that is to take them; none: nobody says that it is.
    #[must_use]
    pub fn reception(&self) -> Option<Reception> {
        self.journal.as_ref()?.reception()
    }

    /// Everything as it is on record, with what whoever probes has read since.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn board_as_read(&self) -> Result<Board> {
        let mut board = self.board()?;
        for read in self.journal.iter().flat_map(Journal::readings_left) {
            board.reread(read.incident, read.action, read.newest());
        }
        Ok(board)
    }

    /// What was kept last of an incident's review, drafts included.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn kept_review(&self, id: IncidentId) -> Result<Option<Revision>> {
        let Some(journal) = &self.journal else { return Ok(None) };
        Ok(self.runtime.block_on(journal.latest_revision(id))?)
    }

    /// A stored file by its digest, checked against it.
    ///
    /// # Errors
    /// When it is not there, not as it was stored, or cannot be read.
    pub fn evidence(&self, sha256: &str) -> Result<Vec<u8>> {
        let found = match &self.journal {
            Some(journal) => self.runtime.block_on(journal.evidence(sha256))?,
            None => None,
        };
        let shown = Text::line(sha256);
        let file =
            found.ok_or_else(|| Error::remote(format!("the evidence {shown} is not in the journal")))?;
        let read: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if read != sha256 {
            return Err(Error::remote(format!("the evidence {shown} is not as it was stored"))
                .hint("flightdeck verify says what else is wrong"));
        }
        Ok(file.bytes)
    }

    /// Walks a realm's whole journal: what was found in order, or what is wrong, as [`Broken`] has it:
    /// the first thing of each incident.
    ///
    /// # Errors
    /// When there is none, or it cannot be looked at.
    pub fn verify(paths: &Paths, realm: Realm) -> Result<std::result::Result<Verified, Vec<Broken>>> {
        let archive = match Self::open_raw(paths, realm)? {
            Ok(archive) => archive,
            Err(error @ (StoreError::Damaged { .. } | StoreError::NotAJournal { .. })) => {
                let why = error.to_string();
                return Ok(Err(vec![Broken { incident: None, seq: None, position: None, why }]));
            }
            Err(error) => return Err(error.into()),
        };
        let Some(journal) = &archive.journal else {
            let place = archive.place.display();
            return Err(Error::user(format!("there is no journal {place}"))
                .hint("it begins with the first incident; --data-dir names another place"));
        };
        Ok(archive.runtime.block_on(journal.verify()))
    }
}

/// There is no such incident.
pub(super) fn unknown(id: IncidentId, realm: Realm, place: &str) -> Error {
    Error::user(format!("there is no {id} in {place}")).hint(match realm {
        Realm::Live => "flightdeck incidents --all lists them",
        Realm::Drill => "flightdeck incidents --all --drill lists them",
    })
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Full { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Busy { .. }
            | StoreError::Damaged { .. }
            | StoreError::Unavailable { .. } => Kind::Remote,
            StoreError::Newer { .. }
            | StoreError::NotAJournal { .. }
            | StoreError::OtherRealm { .. }
            | StoreError::Unfit { .. } => Kind::User,
            StoreError::Closed => Kind::Internal,
        };
        Self::new(kind, error.to_string()).hint(error.hint())
    }
}
