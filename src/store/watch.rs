//! Hearing of entries as they are written, by this process and by others.
//!
//! A writer rings a bell after each commit: in its own process a channel, for other processes a few
//! bytes in a file beside the journal. On Linux that file is listened to, which costs nothing while
//! nothing happens; elsewhere, and where listening fails, the journal is looked at about once a
//! second. The bell says only *that* there is news: what it is comes from the journal, so a bell
//! that is missed or rung for nothing delays, and never loses or repeats an entry.

use std::time::Duration;

use tokio::sync::watch;

use crate::incident::Entry;

use super::{Journal, StoreError};

/// How many entries are handed over at a time, so that a long catch-up does not fill the memory.
const CHUNK: usize = 512;

/// How often the journal is looked at where there is no bell of other processes.
const LOOK: Duration = Duration::from_millis(900);

/// How often it is looked at where there is one: a process may be killed between commit and bell.
const LOOK_ANYWAY: Duration = Duration::from_secs(60);

/// A place in the journal from which entries are heard.
#[derive(Debug)]
pub struct Watch {
    journal: Journal,
    position: u64,
    bell: watch::Receiver<u64>,
    ear: Ear,
}

/// How other processes are heard.
#[derive(Debug)]
enum Ear {
    /// Not tried yet.
    Unset,
    /// There are no other processes.
    Needless,
    /// By looking.
    Deaf,
    #[cfg(target_os = "linux")]
    Listening(listen::Listener),
}

impl Watch {
    pub(super) fn new(journal: Journal, position: u64) -> Self {
        let bell = journal.bell();
        Self { journal, position, bell, ear: Ear::Unset }
    }

    /// The position of the newest entry that was handed over.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The next entries, each with its position, as soon as there are any. Giving up waiting loses
    /// nothing.
    ///
    /// # Errors
    /// When the journal cannot be read; the same entries are tried again by the next call.
    pub async fn next(&mut self) -> Result<Vec<(u64, Entry)>, StoreError> {
        if matches!(self.ear, Ear::Unset) {
            self.ear = Ear::open(&self.journal);
        }
        loop {
            // Whatever rings from here on is heard after the reading.
            self.bell.borrow_and_update();
            self.ear.clear();
            let news = self.journal.read_all_after(self.position, CHUNK).await?;
            if let Some((position, _)) = news.last() {
                self.position = *position;
                return Ok(news);
            }
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let position = self.position;
        loop {
            tokio::select! {
                // The sender lives as long as the journal, which this holds.
                rung = self.bell.changed() => {
                    if rung.is_err() || *self.bell.borrow_and_update() > position {
                        return;
                    }
                }
                heard = self.ear.wait() => {
                    if heard != Some(position) {
                        return;
                    }
                }
            }
        }
    }
}

impl Ear {
    #[cfg(target_os = "linux")]
    fn open(journal: &Journal) -> Self {
        let Some(place) = journal.place() else { return Self::Needless };
        listen::Listener::open(&place.beside(super::writer::BELL)).map_or(Self::Deaf, Self::Listening)
    }

    #[cfg(not(target_os = "linux"))]
    fn open(journal: &Journal) -> Self {
        if journal.place().is_some() { Self::Deaf } else { Self::Needless }
    }

    /// Forgets what was heard so far.
    fn clear(&mut self) {
        #[cfg(target_os = "linux")]
        if let Self::Listening(listener) = self {
            listener.clear();
        }
    }

    /// Waits for another process's bell, or until it is time to look. The position that the bell
    /// tells, if it does.
    async fn wait(&mut self) -> Option<u64> {
        match self {
            Self::Needless => std::future::pending().await,
            Self::Unset | Self::Deaf => {
                tokio::time::sleep(LOOK).await;
                None
            }
            #[cfg(target_os = "linux")]
            Self::Listening(listener) => match tokio::time::timeout(LOOK_ANYWAY, listener.heard()).await {
                Ok(Ok(position)) => position,
                Ok(Err(_)) => {
                    *self = Self::Deaf;
                    None
                }
                Err(_) => None,
            },
        }
    }
}

#[cfg(target_os = "linux")]
mod listen {
    //! Listening to a file through inotify, on a thread that sleeps in the kernel.

    use std::fs::File;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::FileExt;
    use std::path::Path;
    use std::sync::Arc;
    use std::thread;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
    use rustix::io::Errno;
    use tokio::sync::watch;

    /// The bell of other processes.
    #[derive(Debug)]
    pub(super) struct Listener {
        events: Arc<OwnedFd>,
        watched: i32,
        rung: watch::Receiver<Option<u64>>,
    }

    impl Listener {
        /// None where the kernel or the file does not allow it.
        pub fn open(path: &Path) -> Option<Self> {
            let bell = File::open(path).ok()?;
            let events = Arc::new(inotify::init(CreateFlags::CLOEXEC).ok()?);
            let watched = inotify::add_watch(&events, path, WatchFlags::MODIFY).ok()?;
            let (ring, rung) = watch::channel(None);
            let listener = Self { events: Arc::clone(&events), watched, rung };
            let listen = move || listen(&events, &bell, &ring);
            thread::Builder::new().name("journal-bell".into()).spawn(listen).ok()?;
            Some(listener)
        }

        /// Forgets what was heard so far.
        pub fn clear(&mut self) {
            self.rung.borrow_and_update();
        }

        /// Waits for a bell: the position that it tells, if it can be read. An error when it can
        /// never ring again.
        pub async fn heard(&mut self) -> Result<Option<u64>, watch::error::RecvError> {
            self.rung.changed().await?;
            Ok(*self.rung.borrow_and_update())
        }
    }

    impl Drop for Listener {
        /// The kernel tells the thread that the watch is gone, which wakes and ends it.
        fn drop(&mut self) {
            let _ = inotify::remove_watch(&self.events, self.watched);
        }
    }

    /// Passes bells on until the watch is gone.
    fn listen(events: &OwnedFd, bell: &File, ring: &watch::Sender<Option<u64>>) {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut reader = inotify::Reader::new(events, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::IGNORED) => return,
                Ok(_) => {
                    let mut position = [0; 8];
                    let read = bell.read_exact_at(&mut position, 0);
                    ring.send_replace(read.is_ok().then(|| u64::from_be_bytes(position)));
                }
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}
