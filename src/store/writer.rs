//! The one writer: requests queue up, and whatever waits is committed in one transaction.
//!
//! The disk is waited for once per transaction, not once per request, and without any timer: while
//! one transaction is on its way to the disk, the next ones gather.

use std::fs::{File, OpenOptions};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::incident::Text;

use super::StoreError;
use super::file::{self, Opening, Place};
use super::migrate::Meta;
use super::missing;
use super::read;

/// How many requests may wait. A person makes one at a time; a fleet of probes and alerts makes
/// hundreds. Beyond that the askers wait, and nothing is dropped.
const QUEUE: usize = 1024;

/// How many requests share a transaction, so that the first does not wait for ever.
const BATCH: usize = 512;

/// The name of the file beside the journal that tells other processes of a commit.
pub(super) const BELL: &str = "bell";

/// Where requests wait for the writer.
pub(super) type Queue = mpsc::Sender<Box<dyn Work>>;

/// What the writer tells the rest of the journal.
pub(super) struct Shared {
    /// Why nothing can be written at the moment.
    pub degraded: Mutex<Option<Text>>,
    /// The journal's position after the newest commit of this process.
    pub bell: watch::Sender<u64>,
}

impl Shared {
    pub fn new(notice: Option<&StoreError>) -> Arc<Self> {
        Arc::new(Self { degraded: Mutex::new(notice.map(words)), bell: watch::channel(0).0 })
    }

    /// Why nothing can be written at the moment.
    pub fn degraded(&self) -> Option<Text> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_degraded(&self, error: Option<&StoreError>) {
        *self.degraded.lock().unwrap_or_else(PoisonError::into_inner) = error.map(words);
    }
}

fn words(error: &StoreError) -> Text {
    Text::line(&format!("{error}; {}", error.hint()))
}

/// Why a request wrote nothing.
pub(super) enum Failure<E> {
    /// It was refused: the rest of the transaction goes on.
    Refused(E),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl<E> From<rusqlite::Error> for Failure<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// One request. May be attempted again after a transaction that failed.
pub(super) trait Work: Send {
    /// Writes inside the open transaction; whether what it wrote is to be kept.
    fn attempt(&mut self, conn: &Connection) -> rusqlite::Result<bool>;

    /// Tells the asker how it ended, after the commit.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A request that answers through a channel.
struct Job<T, E, F> {
    write: F,
    outcome: Option<Result<T, E>>,
    asker: oneshot::Sender<Result<T, E>>,
}

/// A request from a function that writes, and where its answer comes.
pub(super) fn job<T, E, F>(write: F) -> (Box<dyn Work>, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnMut(&Connection) -> Result<T, Failure<E>> + Send + 'static,
{
    let (asker, answer) = oneshot::channel();
    (Box::new(Job { write, outcome: None, asker }), answer)
}

impl<T, E, F> Work for Job<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&Connection) -> Result<T, Failure<E>> + Send,
{
    fn attempt(&mut self, conn: &Connection) -> rusqlite::Result<bool> {
        match (self.write)(conn) {
            Ok(value) => self.outcome = Some(Ok(value)),
            Err(Failure::Refused(why)) => self.outcome = Some(Err(why)),
            Err(Failure::Sqlite(error)) => return Err(error),
        }
        Ok(matches!(self.outcome, Some(Ok(_))))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        // An asker that went away does not undo what was written.
        let _ = self.asker.send(answer);
    }
}

/// Where a transaction failed.
enum Broken {
    /// It never began: the others would not either.
    Outside(rusqlite::Error),
    /// Inside: perhaps one request is too much, and the others are not.
    Inside(rusqlite::Error),
}

/// The connection that writes.
pub(super) struct Writer {
    /// None until a file that could not be written can be.
    conn: Option<Connection>,
    place: Option<(Place, Opening)>,
    shared: Arc<Shared>,
    /// Other processes listen to this file ([`super::watch`]).
    bell: Option<Bell>,
}

/// What is rung for other processes, and for whoever opens the journal later.
struct Bell {
    file: File,
    meta: Meta,
}

impl Bell {
    /// The file that other processes listen to. Without it they find news by looking once a second.
    fn beside(place: &Place, meta: Meta) -> Option<Self> {
        let path = place.beside(BELL);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).ok()?;
        Some(Self { file, meta })
    }
}

impl Writer {
    /// One that writes in memory.
    pub fn memory(conn: Connection, shared: Arc<Shared>) -> Self {
        Self { conn: Some(conn), place: None, shared, bell: None }
    }

    /// One that writes to a file: with no connection, as soon as the file can be opened for it.
    pub fn file(
        conn: Option<Connection>,
        place: Place,
        opening: Opening,
        meta: Meta,
        shared: Arc<Shared>,
    ) -> Self {
        let bell = conn.is_some().then(|| Bell::beside(&place, meta)).flatten();
        Self { conn, place: Some((place, opening)), shared, bell }
    }

    /// The connection, for reading where there is no other.
    pub fn connection(&self) -> &Connection {
        self.conn.as_ref().expect("commit opens it, and memory has it from the beginning")
    }

    /// Opens the file if that could not be done before.
    fn open(&mut self) -> Result<(), StoreError> {
        let Some((place, opening)) = self.place.as_ref().filter(|_| self.conn.is_none()) else {
            return Ok(());
        };
        let opened = file::open_writable(place.clone(), opening)?;
        self.bell = Bell::beside(place, opened.meta);
        self.conn = Some(opened.conn);
        Ok(())
    }

    /// Runs on a thread of its own until every sender is gone and the queue is empty.
    pub fn spawn(mut self) -> std::io::Result<(Queue, JoinHandle<()>)> {
        let (sender, mut queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("journal".into()).spawn(move || {
            let mut batch = Vec::new();
            while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
                self.commit(std::mem::take(&mut batch));
            }
        })?;
        Ok((sender, thread))
    }

    /// Commits requests together and answers each. When the transaction fails, each gets one of its
    /// own, so that one that is too large does not take the others with it.
    pub fn commit(&mut self, mut batch: Vec<Box<dyn Work>>) {
        if let Err(error) = self.open() {
            return self.close(batch, Err(error), false);
        }
        match self.transact(&mut batch) {
            Ok(kept) => self.close(batch, Ok(()), kept),
            Err(Broken::Inside(_)) if batch.len() > 1 => {
                let mut rest = batch.into_iter();
                while let Some(work) = rest.next() {
                    let mut one = vec![work];
                    match self.transact(&mut one) {
                        Ok(kept) => self.close(one, Ok(()), kept),
                        Err(Broken::Inside(error)) => self.close(one, Err(self.words(&error)), false),
                        Err(Broken::Outside(error)) => {
                            one.extend(rest.by_ref());
                            self.close(one, Err(self.words(&error)), false);
                        }
                    }
                }
            }
            Err(Broken::Inside(error) | Broken::Outside(error)) => {
                self.close(batch, Err(self.words(&error)), false);
            }
        }
    }

    /// One transaction; whether anything was written.
    fn transact(&mut self, batch: &mut [Box<dyn Work>]) -> Result<bool, Broken> {
        self.run("BEGIN IMMEDIATE").map_err(Broken::Outside)?;
        let mut written = false;
        let done = batch
            .iter_mut()
            .try_for_each(|work| {
                self.run("SAVEPOINT request")?;
                if work.attempt(self.connection())? {
                    written = true;
                } else {
                    self.run("ROLLBACK TO request")?;
                }
                self.run("RELEASE request")
            })
            .and_then(|()| self.run("COMMIT"));
        done.map(|()| written).map_err(|error| {
            // Some failures have rolled back already.
            if !self.connection().is_autocommit() {
                let _ = self.run("ROLLBACK");
            }
            Broken::Inside(error)
        })
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection().prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn words(&self, error: &rusqlite::Error) -> StoreError {
        match &self.place {
            Some((place, _)) => place.words(error),
            None => StoreError::from_sqlite(&Text::line("memory"), error),
        }
    }

    /// Answers, then tells who listens.
    fn close(&self, batch: Vec<Box<dyn Work>>, result: Result<(), StoreError>, kept: bool) {
        // That a refused request cost nothing does not prove that there is room again.
        if kept || result.is_err() {
            self.shared.set_degraded(result.as_ref().err());
        }
        let position = kept.then(|| self.ring()).flatten();
        for work in batch {
            work.answer(result.clone());
        }
        let Some(position) = position else { return };
        self.shared.bell.send_if_modified(|heard| {
            let news = position > *heard;
            *heard = position.max(*heard);
            news
        });
    }

    /// Tells other processes where the journal ends now. Whoever is told that an entry is on disk is
    /// told after that, so that nobody knows of an entry of which the bell does not.
    fn ring(&self) -> Option<u64> {
        let position = read::position(self.connection()).ok()?;
        #[cfg(unix)]
        if let Some(bell) = &self.bell {
            // Lossless enough: a listener that misses it looks for itself after a while.
            let rung = missing::rung(position, &bell.meta);
            let _ = std::os::unix::fs::FileExt::write_at(&bell.file, &rung, 0);
        }
        Some(position)
    }
}
