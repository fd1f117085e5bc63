//! The handle that everybody holds: cheap to clone, safe to share.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::watch;

use crate::incident::{Entry, IncidentId, Realm, Text};

use super::append::{self, Part};
use super::file::{self, Mode, Opened, Opening, Place};
use super::head::{self, Head};
use super::migrate::{self, Meta};
use super::missing::Before;
use super::room::{self, Room};
use super::writer::{Failure, Queue, Shared, Writer, job};
use super::{Append, AppendError, Broken, NewEntry, StoreError, Verified, Watch, read, verify};

/// The name of the file beside the journal by which room is looked for. It is gone at once.
const ROOM: &str = "room";

/// One journal. When the last clone is dropped, what is queued is written and the file is closed.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    meta: Arc<Meta>,
    place: Option<Place>,
    shared: Arc<Shared>,
    door: Door,
    /// Reads have a connection of their own and never wait for the writer.
    reader: Mutex<Option<Connection>>,
    /// The leases of a journal in memory, which no other process can see.
    held: Arc<Mutex<HashSet<String>>>,
    /// What was recorded before and was not there when it was opened.
    missing: Option<Text>,
}

/// The way to the writer.
enum Door {
    Thread {
        /// None only while closing.
        queue: Option<Queue>,
        thread: Option<JoinHandle<()>>,
    },
    /// In memory: whoever writes does it at once, so that a test's clock never runs ahead of it.
    Inline(Box<Mutex<Writer>>),
    /// Nothing can be written, and why.
    Shut(StoreError),
}

impl Journal {
    /// Opens a file. Where it cannot be written it is opened for reading, and
    /// [`Journal::degraded`] says why; what may pass, such as a full disk, is tried again with
    /// every write. Blocks for some milliseconds.
    ///
    /// # Errors
    /// When it cannot even be read, when it is something else, or when it is of the other realm.
    pub fn open(path: impl AsRef<Path>, opening: &Opening) -> Result<Self, StoreError> {
        let Opened { conn, place, meta, writable, notice } = file::open(path.as_ref(), opening)?;
        let shared = Shared::new(notice.as_ref());
        let before = Before::look(&place, &meta);
        let position = read::position(&conn).ok();
        let missing = position.and_then(|position| before.missing(&place, position));
        if let Some(position) = position.filter(|_| writable) {
            before.note(&place, position);
        }
        let (conn, reader) = if writable { (Some(conn), None) } else { (None, Some(conn)) };
        let may_write = opening.mode == Mode::ReadWrite;
        let shut = match notice {
            None if may_write => None,
            None => Some(StoreError::ReadOnly {
                place: place.shown().clone(),
                why: "it was opened to be read".into(),
            }),
            Some(notice) => Some(notice).filter(|notice| !(may_write && notice.may_pass())),
        };
        if let Some(why) = shut {
            return Ok(Self::new(meta, Some(place), shared, Door::Shut(why), reader, missing));
        }
        let writer = Writer::file(conn, place.clone(), opening.clone(), meta.clone(), Arc::clone(&shared));
        let (queue, thread) = writer.spawn().map_err(|error| StoreError::Unavailable {
            place: place.shown().clone(),
            why: Text::line(&format!("cannot start its thread: {error}")),
        })?;
        let door = Door::Thread { queue: Some(queue), thread: Some(thread) };
        Ok(Self::new(meta, Some(place), shared, door, reader, missing))
    }

    /// A journal that lives and dies with the program: the same code on a database in memory.
    ///
    /// # Errors
    /// When SQLite has no memory left.
    pub fn memory(realm: Realm) -> Result<Self, StoreError> {
        let fresh = Meta { id: "00000000".into(), realm };
        let made = Connection::open_in_memory().and_then(|mut conn| {
            migrate::migrate(&mut conn, &fresh)?;
            Ok(conn)
        });
        let conn = made.map_err(|error| StoreError::from_sqlite(&"memory".into(), &error))?;
        let shared = Shared::new(None);
        let writer = Writer::memory(conn, Arc::clone(&shared));
        Ok(Self::new(fresh, None, shared, Door::Inline(Box::new(Mutex::new(writer))), None, None))
    }

    fn new(
        meta: Meta,
        place: Option<Place>,
        shared: Arc<Shared>,
        door: Door,
        reader: Option<Connection>,
        missing: Option<Text>,
    ) -> Self {
        let (reader, held) = (Mutex::new(reader), Arc::default());
        Self { inner: Arc::new(Inner { meta: Arc::new(meta), place, shared, door, reader, held, missing }) }
    }

    /// Eight hex digits that tell this journal from others: incident ids repeat, this does not.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.meta.id
    }

    /// Live or drill.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.inner.meta.realm
    }

    /// Why nothing can be written at the moment, and how to mend it; none while all is well, or
    /// when it was opened to be read.
    #[must_use]
    pub fn degraded(&self) -> Option<Text> {
        self.inner.shared.degraded()
    }

    /// What was recorded before and was not there any more when the journal was opened; none while
    /// nothing is known to be lost.
    #[must_use]
    pub fn missing(&self) -> Option<&Text> {
        self.inner.missing.as_ref()
    }

    /// Whether it lives and dies with the program, and nobody else can reach it.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.inner.place.is_none()
    }

    /// Whether this handle can never write.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self.inner.door, Door::Shut(_))
    }

    /// Adds entries to an incident that has `expected` of them; 0 declares it. All or nothing;
    /// returns when they are on disk. A caller that stops waiting does not undo it.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] when somebody else wrote to the incident meanwhile.
    pub async fn append(
        &self,
        incident: IncidentId,
        expected: u64,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Entry>, AppendError> {
        self.append_all(vec![Append { incident, expected, entries }], None).await
    }

    /// Adds entries to several incidents together, all or nothing; with `expected_position`, only
    /// while the whole journal has so many entries ([`Journal::position`]).
    ///
    /// # Errors
    /// [`AppendError::Conflict`] and [`AppendError::Moved`] when somebody else wrote meanwhile.
    pub async fn append_all(
        &self,
        appends: Vec<Append>,
        expected_position: Option<u64>,
    ) -> Result<Vec<Entry>, AppendError> {
        let mut parts = Vec::with_capacity(appends.len());
        for Append { incident, expected, entries } in appends {
            let drafts = append::encode(entries, self.realm())?;
            parts.push(Part { incident, expected, drafts });
        }
        let meta = Arc::clone(&self.inner.meta);
        self.write(move |conn| append::append(conn, &meta, &parts, expected_position)).await
    }

    /// Writes what is there already, to see whether anything can be written; whether there is room for
    /// more than the files take now.
    ///
    /// # Errors
    /// Why nothing can.
    pub async fn try_writing(&self) -> Result<Room, StoreError> {
        let same = "UPDATE meta SET value = value WHERE key = 'id'";
        self.write(move |conn| conn.execute(same, []).map(|_| ()).map_err(Failure::Sqlite)).await?;
        let Some(place) = self.inner.place.clone() else { return Ok(Room::Enough) };
        let room = tokio::task::spawn_blocking(move || room::look(&place.beside(ROOM)));
        Ok(room.await.unwrap_or(Room::Enough))
    }

    /// The number that the next new incident gets, unless another process takes it first: whoever
    /// appends to it expects no entries there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next_incident(&self) -> Result<IncidentId, StoreError> {
        self.read_with(head::next_incident).await
    }

    /// How many entries the journal has, over all incidents.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn position(&self) -> Result<u64, StoreError> {
        let damaged = self.inner.place.as_ref().is_some_and(Place::is_damaged);
        self.read_with(if damaged { read::reached } else { read::position }).await
    }

    /// The list of incidents, by number, without loading their entries.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        let heads = self.read_with(head::all).await?;
        Ok(heads.into_iter().map(|(head, _)| head).collect())
    }

    /// The entries of one incident after one of them; 0 for all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn read(&self, incident: IncidentId, after: u64) -> Result<Vec<Entry>, StoreError> {
        self.read_with(move |conn| read::stream(conn, incident, after)).await
    }

    /// The entries of all incidents after a position, at most `limit`, in the order they were
    /// written, each with its position. Empty at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn read_all_after(&self, position: u64, limit: usize) -> Result<Vec<(u64, Entry)>, StoreError> {
        self.read_with(move |conn| read::all(conn, position, limit)).await
    }

    /// Hears of every entry after a position, this process's and others', once and in order.
    #[must_use]
    pub fn watch(&self, after: u64) -> Watch {
        Watch::new(self.clone(), after)
    }

    /// What is wrong with the timeline of one incident, if anything is: for whoever prints it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn find_broken(&self, incident: IncidentId) -> Result<Option<Broken>, StoreError> {
        let meta = self.inner.meta.clone();
        self.read_with(move |conn| Ok(verify::find_broken(conn, &meta, incident))).await
    }

    /// Walks the whole journal and names the first entry of each incident that is not as it was recorded.
    /// Reads the file as it is on disk; other processes may go on writing.
    ///
    /// # Errors
    /// What is wrong: the first thing of each incident, and of the journal. It is never nothing.
    pub async fn verify(&self) -> Result<Verified, Vec<Broken>> {
        let inner = Arc::clone(&self.inner);
        let run = move || match (&inner.place, &inner.door) {
            (Some(place), _) => {
                let before = Before::look(place, &inner.meta);
                let conn = place.connect_reader().map_err(|error| vec![Broken::whole(&error)])?;
                let verified = verify::verify(&conn, &inner.meta)?;
                match before.missing(place, verified.entries) {
                    Some(words) => Err(vec![Broken::whole(&words)]),
                    None => Ok(verified),
                }
            }
            (None, Door::Inline(writer)) => verify::verify(lock(writer).connection(), &inner.meta),
            (None, Door::Thread { .. } | Door::Shut(_)) => Err(vec![Broken::whole(&StoreError::Closed)]),
        };
        if self.inner.place.is_none() {
            return run();
        }
        tokio::task::spawn_blocking(run)
            .await
            .unwrap_or_else(|_| Err(vec![Broken::whole(&StoreError::Closed)]))
    }

    /// Where the file is; none in memory.
    pub(super) fn place(&self) -> Option<&Place> {
        self.inner.place.as_ref()
    }

    /// The leases of a journal in memory.
    pub(super) fn held(&self) -> &Arc<Mutex<HashSet<String>>> {
        &self.inner.held
    }

    /// Hears of this process's commits.
    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        self.inner.shared.bell.subscribe()
    }

    /// Hands a request to the writer and waits until it is on disk.
    pub(super) async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&Connection) -> Result<T, Failure<E>> + Send + 'static,
    {
        let (work, answer) = job(write);
        match &self.inner.door {
            Door::Thread { queue: Some(queue), .. } => {
                queue.send(work).await.map_err(|_| StoreError::Closed)?;
            }
            Door::Thread { queue: None, .. } => return Err(StoreError::Closed.into()),
            Door::Inline(writer) => lock(writer).commit(vec![work]),
            Door::Shut(why) => return Err(why.clone().into()),
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Reads on the reader's connection, away from the caller's thread.
    pub(super) async fn read_with<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        match (&self.inner.place, &self.inner.door) {
            (None, Door::Inline(writer)) => read(lock(writer).connection())
                .map_err(|error| StoreError::from_sqlite(&"memory".into(), &error)),
            (None, Door::Thread { .. } | Door::Shut(_)) => Err(StoreError::Closed),
            (Some(_), _) => {
                let inner = Arc::clone(&self.inner);
                let run = move || inner.read_file(read);
                tokio::task::spawn_blocking(run).await.unwrap_or(Err(StoreError::Closed))
            }
        }
    }
}

impl Inner {
    fn read_file<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let place = self.place.as_ref().ok_or(StoreError::Closed)?;
        let mut reader = lock(&self.reader);
        let conn = match reader.take() {
            Some(conn) => reader.insert(conn),
            None => reader.insert(place.connect_reader()?),
        };
        let answer = read(conn).map_err(|error| place.words(&error));
        if place.may_be_frozen() {
            // The next one asks the file again.
            *reader = None;
        }
        answer
    }
}

impl Drop for Inner {
    /// The reader goes first, so that the writer is the one that closes the file and merges its log.
    fn drop(&mut self) {
        drop(lock(&self.reader).take());
        if let Door::Thread { queue, thread } = &mut self.door {
            drop(queue.take());
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.inner.place.as_ref().map_or("memory", |place| place.shown().as_str());
        f.debug_struct("Journal")
            .field("place", &place)
            .field("id", &self.id())
            .field("realm", &self.realm())
            .finish_non_exhaustive()
    }
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
