//! Which files of an agent are being read, and how far those went that are no longer held open.
//!
//! One file can be reached by several names: `app.log` becomes `app.log.1` and a pattern finds both,
//! or a symbolic link points at it. The ledger is why its lines are read once.

use std::collections::{HashSet, VecDeque};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;

/// What makes a file the same file whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
    /// A new file is given the number of a deleted one at once; it was born later.
    born: Option<SystemTime>,
}

impl From<&Metadata> for FileId {
    fn from(meta: &Metadata) -> Self {
        Self { device: meta.dev(), inode: meta.ino(), born: meta.created().ok() }
    }
}

/// How far a file was read before it was let go.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub id: FileId,
    pub at: u64,
    /// The bytes just before `at`: a new file under a used inode number does not have them.
    pub anchor: Vec<u8>,
    /// Whether the last line was given out unfinished.
    pub continues: bool,
}

/// The files of one agent.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    held: HashSet<FileId>,
    places: VecDeque<Place>,
}

impl Ledger {
    /// Files let go that are remembered. Enough for a directory of rotated siblings; about 300 bytes each.
    const PLACES_MAX: usize = 1_024;

    /// Whether some follower holds the file open.
    pub fn holds(&self, id: FileId) -> bool {
        self.held.contains(&id)
    }

    /// How far the file was read before.
    pub fn place(&self, id: FileId) -> Option<&Place> {
        self.places.iter().rfind(|place| place.id == id)
    }

    /// Notes that a follower opened the file.
    pub fn take(&mut self, id: FileId) {
        self.held.insert(id);
        self.places.retain(|place| place.id != id);
    }

    /// Notes that the file was let go.
    pub fn give_back(&mut self, place: Place) {
        self.held.remove(&place.id);
        if self.places.len() == Self::PLACES_MAX {
            self.places.pop_front();
        }
        self.places.push_back(place);
    }
}
