//! Hearing that something happened where logs lie, so that a line is shown at once.
//!
//! On Linux their directories are listened to. Elsewhere, and where listening fails or the change is
//! made by another machine, nothing is heard and logs are looked at now and then all the same: a bell
//! that is missed or rung for nothing delays, and never loses or doubles a line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

/// Rings when something happens beside one of the files.
#[derive(Debug)]
pub struct Bell {
    ear: Option<ear::Ear>,
    directories: HashSet<PathBuf>,
    /// It rang last time: what rings without a pause is not answered without one.
    rung: bool,
}

impl Bell {
    /// Directories that are listened to; more are looked at now and then.
    const DIRECTORIES_MAX: usize = 1_000;

    /// Listens to nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { ear: ear::Ear::open(), directories: HashSet::new(), rung: false }
    }

    /// Listens to what happens to a file too, and to the one that a link leads to.
    pub fn listen(&mut self, path: &Path) {
        let target = std::fs::canonicalize(path).ok();
        for path in [Some(path), target.as_deref()].into_iter().flatten() {
            let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if self.directories.len() < Self::DIRECTORIES_MAX
                && !self.directories.contains(directory)
                && self.ear.as_ref().is_some_and(|ear| ear.listen(directory))
            {
                self.directories.insert(directory.to_owned());
            }
        }
    }

    /// Waits until it rings, and `most` at the longest; `least`, when it rings again and again.
    pub async fn wait(&mut self, most: Duration, least: Duration) {
        if std::mem::take(&mut self.rung) || most <= least {
            sleep(least.min(most)).await;
        } else if let Some(ear) = &mut self.ear {
            tokio::select! {
                () = sleep(most) => {}
                () = ear.rung() => self.rung = true,
            }
        } else {
            sleep(most).await;
        }
        // What rings from here on is heard by the next wait.
        self.clear();
    }

    /// The same, for a thread that has nothing else to do.
    pub fn wait_here(&mut self, most: Duration, least: Duration) {
        match &self.ear {
            Some(ear) if most > least && !std::mem::take(&mut self.rung) => self.rung = ear.wait(most),
            Some(_) | None => {
                self.rung = false;
                std::thread::sleep(least.min(most));
            }
        }
        self.clear();
    }

    fn clear(&self) {
        if let Some(ear) = &self.ear {
            ear.clear();
        }
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
mod ear {
    //! Listening through inotify.

    use std::fs::File;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use tokio::net::unix::pipe::Receiver;

    #[derive(Debug)]
    pub(super) struct Ear {
        events: OwnedFd,
        /// The same, for a task: what is read of it comes like out of a pipe.
        pipe: Option<Receiver>,
    }

    impl Ear {
        pub fn open() -> Option<Self> {
            inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
                .ok()
                .map(|events| Self { events, pipe: None })
        }

        pub fn listen(&self, directory: &Path) -> bool {
            let happens =
                WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
            inotify::add_watch(&self.events, directory, happens).is_ok()
        }

        /// Until something happened; for ever, where that cannot be waited for.
        pub async fn rung(&mut self) {
            if self.pipe.is_none() {
                let events = self.events.try_clone().map(File::from);
                self.pipe = events.and_then(Receiver::from_file_unchecked).ok();
            }
            match &self.pipe {
                // An error is found by whoever looks.
                Some(pipe) => drop(pipe.readable().await),
                None => std::future::pending().await,
            }
        }

        pub fn wait(&self, most: Duration) -> bool {
            let most = Timespec::try_from(most).ok();
            let mut events = [PollFd::new(&self.events, PollFlags::IN)];
            poll(&mut events, most.as_ref()).is_ok_and(|ready| ready > 0)
        }

        pub fn clear(&self) {
            if let Some(pipe) = &self.pipe {
                let mut buffer = [0; 4 * 1024];
                while pipe.try_read(&mut buffer).is_ok_and(|got| got > 0) {}
            } else {
                let mut buffer = [MaybeUninit::uninit(); 4 * 1024];
                let mut reader = inotify::Reader::new(&self.events, &mut buffer);
                while reader.next().is_ok() {}
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod ear {
    //! There is nothing to listen through.

    use std::path::Path;
    use std::time::Duration;

    #[derive(Debug)]
    pub(super) struct Ear;

    impl Ear {
        pub fn open() -> Option<Self> {
            None
        }

        pub fn listen(&self, _: &Path) -> bool {
            false
        }

        pub async fn rung(&mut self) {
            std::future::pending().await
        }

        pub fn wait(&self, _: Duration) -> bool {
            false
        }

        pub fn clear(&self) {}
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn it_rings_when_a_file_grows_comes_or_is_moved_to_its_place() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, other) = (dir.path().join("a.log"), dir.path().join("b"));
        let mut bell = Bell::new();
        bell.listen(&path);
        let begun = Instant::now();
        type Deed<'a> = &'a dyn Fn() -> std::io::Result<()>;
        let deeds: [Deed<'_>; 3] =
            [&|| fs::write(&path, "one\n"), &|| fs::write(&other, "two\n"), &|| fs::rename(&other, &path)];
        for deed in deeds {
            // It rang before it was asked: that is not lost either.
            deed().expect("done");
            bell.wait(LONG, SHORT).await;
            assert!(bell.rung);
            bell.wait(LONG, SHORT).await;
            assert!(!bell.rung, "a pause, however much it rings");
        }
        fs::write(&path, "three\n").expect("written");
        bell.wait_here(LONG, SHORT);
        assert!(begun.elapsed() < LONG);
    }

    #[tokio::test]
    async fn where_nothing_can_be_heard_it_is_waited_for_so_long() {
        let mut bell = Bell::new();
        bell.listen(Path::new("/nowhere/at/all.log"));
        bell.wait(2 * SHORT, SHORT).await;
        assert!(!bell.rung);
        bell.wait_here(2 * SHORT, SHORT);
        assert!(!bell.rung);
    }
}
