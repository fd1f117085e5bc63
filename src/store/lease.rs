//! Who is alive: locks on files beside the journal, which the operating system lets go of when
//! their process ends, however it ends.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::incident::Text;

use super::file::{Place, random_hex};
use super::{Journal, StoreError};

/// What one process at a time does for a journal. The names are no runner's ids.
const WATCH: &str = "watch";
const OUTBOX: &str = "outbox";

/// The same for the daily digest.
const DIGEST: &str = "digest";

/// The same for first checks.
const FIRST: &str = "first";

/// The same for taking alerts.
const RECEIVER: &str = "receiver";

/// This process makes calls under this id, for as long as it holds this. Requests on the timeline
/// carry the id: when its holder is gone before the answer, the action is in doubt.
#[derive(Debug)]
pub struct RunnerLease {
    id: Text,
    _held: Held,
}

impl RunnerLease {
    /// The runner's id.
    #[must_use]
    pub const fn id(&self) -> &Text {
        &self.id
    }
}

/// This process probes and watches the clocks, for as long as it holds this: one at a time does.
#[derive(Debug)]
pub struct WatchLease {
    _held: Held,
}

/// This process delivers messages, for as long as it holds this: one at a time does.
#[derive(Debug)]
pub struct OutboxLease {
    _held: Held,
}

/// This process makes the daily digest, for as long as it holds this: one at a time does.
#[derive(Debug)]
pub struct DigestLease {
    _held: Held,
}

/// This process gathers first checks, for as long as it holds this: one at a time does.
#[derive(Debug)]
pub struct FirstLease {
    _held: Held,
}

/// This process takes alerts, for as long as it holds this: another one that cannot listen knows by
/// it that they are taken all the same.
#[derive(Debug)]
pub struct ReceiverLease {
    _held: Held,
}

#[derive(Debug)]
enum Held {
    /// Locked; a runner's file goes away with it.
    File {
        _file: File,
        remove: Option<PathBuf>,
    },
    Memory {
        name: String,
        all: Arc<Mutex<HashSet<String>>>,
    },
}

impl Drop for Held {
    fn drop(&mut self) {
        match self {
            // Removed while still locked: whoever opened it meanwhile finds it unlocked, and right so.
            Self::File { remove: Some(path), .. } => drop(fs::remove_file(path)),
            Self::File { remove: None, .. } => {}
            Self::Memory { name, all } => {
                all.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
            }
        }
    }
}

impl Journal {
    /// Enrols this process as one that makes calls.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_runner(&self) -> Result<RunnerLease, StoreError> {
        let Some(place) = self.place() else {
            let id = random_hex();
            let held = self.hold_in_memory(&id).ok_or(StoreError::Closed)?;
            return Ok(RunnerLease { id: Text::line(&id), _held: held });
        };
        let directory = runners(place);
        let words = |error: io::Error| unavailable(place, &error);
        fs::create_dir_all(&directory).map_err(words)?;
        sweep(&directory);
        // Another process that sweeps may take the new file for an old one before it is locked.
        let enrolled = enrol(&directory).or_else(|_| enrol(&directory)).or_else(|_| enrol(&directory));
        enrolled.map_err(words)
    }

    /// Whether the process that enrolled under this id is still there.
    #[must_use]
    pub fn runner_is_alive(&self, id: &str) -> bool {
        let Some(place) = self.place() else {
            return self.held().lock().unwrap_or_else(PoisonError::into_inner).contains(id);
        };
        // The id comes from a timeline: it must not lead out of the directory.
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
        plain && File::open(runners(place).join(format!("{id}.lock"))).is_ok_and(|file| is_locked(&file))
    }

    /// Becomes the process that probes and watches the clocks; none when another one is.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_watch(&self) -> Result<Option<WatchLease>, StoreError> {
        Ok(self.lease(WATCH)?.map(|held| WatchLease { _held: held }))
    }

    /// Becomes the process that delivers messages; none when another one is.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_outbox(&self) -> Result<Option<OutboxLease>, StoreError> {
        Ok(self.lease(OUTBOX)?.map(|held| OutboxLease { _held: held }))
    }

    /// Becomes the process that makes the daily digest; none when another one is.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_digest(&self) -> Result<Option<DigestLease>, StoreError> {
        Ok(self.lease(DIGEST)?.map(|held| DigestLease { _held: held }))
    }

    /// Becomes the process that gathers first checks; none when another one does.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_first(&self) -> Result<Option<FirstLease>, StoreError> {
        Ok(self.lease(FIRST)?.map(|held| FirstLease { _held: held }))
    }

    /// Says that this process takes alerts; none when another one does.
    ///
    /// # Errors
    /// When the directory beside the journal cannot be written.
    pub fn lease_receiver(&self) -> Result<Option<ReceiverLease>, StoreError> {
        Ok(self.lease(RECEIVER)?.map(|_held| ReceiverLease { _held }))
    }

    fn lease(&self, name: &str) -> Result<Option<Held>, StoreError> {
        let Some(place) = self.place() else { return Ok(self.hold_in_memory(name)) };
        let words = |error: io::Error| unavailable(place, &error);
        let path = place.beside(&format!("{name}.lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(words)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Held::File { _file: file, remove: None })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(words(error)),
        }
    }

    fn hold_in_memory(&self, name: &str) -> Option<Held> {
        let mut all = self.held().lock().unwrap_or_else(PoisonError::into_inner);
        let new = all.insert(name.to_owned());
        new.then(|| Held::Memory { name: name.to_owned(), all: Arc::clone(self.held()) })
    }
}

fn runners(place: &Place) -> PathBuf {
    place.beside("runners")
}

/// Locked before it has its name, so that nobody ever sees a living runner's file unlocked.
fn enrol(directory: &Path) -> io::Result<RunnerLease> {
    let id = random_hex();
    let (unnamed, path) = (directory.join(format!("{id}.new")), directory.join(format!("{id}.lock")));
    let file = File::create_new(&unnamed)?;
    file.try_lock()?;
    fs::rename(&unnamed, &path)?;
    let held = Held::File { _file: file, remove: Some(path) };
    Ok(RunnerLease { id: Text::line(&id), _held: held })
}

/// Takes away what dead processes left.
fn sweep(directory: &Path) {
    let Ok(files) = fs::read_dir(directory) else { return };
    for path in files.flatten().map(|file| file.path()) {
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }
}

fn is_locked(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn unavailable(place: &Place, error: &io::Error) -> StoreError {
    let why = Text::line(&format!("cannot lock beside it: {error}"));
    StoreError::Unavailable { place: place.shown().clone(), why }
}
