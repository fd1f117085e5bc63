//! What stood at a followed path between two looks and left again.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::path::Path;

use super::ledger::FileId;
use super::sibling::walk;

/// What stood at a path between two looks.
#[derive(Debug)]
pub(super) struct Passed {
    /// The oldest first.
    pub files: Vec<(File, Metadata)>,
    /// All rotated siblings that are older than what stands at the path.
    pub older: HashSet<FileId>,
    /// Whether nothing is known to have got away while this looked.
    pub is_all: bool,
}

/// Opens the rotated siblings that are `wanted` and older than `current`, which stood at the path when
/// this was called. `stat` says what stands at a name.
///
/// They are moved on while this looks. One walk meets all that were there when it began, in their
/// order, but may take one that came since for an older one. A second walk begins when that one is
/// there as well, and shows it to be newer.
pub(super) fn passed(
    path: &Path,
    current: FileId,
    wanted: impl Fn(FileId) -> bool,
    mut stat: impl FnMut(&Path) -> Option<FileId>,
) -> Passed {
    let mut opened: Vec<(FileId, File, Metadata)> = Vec::new();
    let mut newest_first = || {
        // While it stands at the path it is the newest, whatever it is met as later.
        let standing = fs::metadata(path).ok().map(|meta| FileId::from(&meta));
        let mut met: Vec<FileId> = standing.into_iter().filter(|id| *id == current).collect();
        walk(path, |name| {
            let Some(id) = stat(name) else { return false };
            if !met.contains(&id) {
                met.push(id);
            }
            if id != current && wanted(id) && !opened.iter().any(|(known, ..)| *known == id) {
                // Where it is not what was seen, that has moved on and is met again.
                let file = File::open(name).and_then(|file| file.metadata().map(|meta| (file, meta)));
                opened.extend(
                    file.ok()
                        .filter(|(_, meta)| FileId::from(meta) == id)
                        .map(|(file, meta)| (id, file, meta)),
                );
            }
            true
        });
        met
    };
    let (first, second) = (newest_first(), newest_first());
    let after = |met: &[FileId]| met.iter().position(|id| *id == current).map(|place| place + 1);
    let newer = &second[..after(&second).unwrap_or(0)];
    let older: Vec<FileId> =
        first[after(&first).unwrap_or(0)..].iter().filter(|id| !newer.contains(id)).copied().collect();
    let mut files = Vec::new();
    let mut is_all = true;
    for id in older.iter().rev().filter(|id| wanted(**id)) {
        match opened.iter().position(|(known, ..)| known == id) {
            Some(place) => {
                let (_, file, meta) = opened.swap_remove(place);
                files.push((file, meta));
            }
            None => is_all = false,
        }
    }
    // Without it, nothing tells those that came after it from those before.
    is_all &= files.is_empty() || after(&second).is_some();
    Passed { files, older: older.into_iter().collect(), is_all }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::PathBuf;

    use super::*;
    use crate::logs::sibling::standing;

    const KEPT: u64 = 6;

    /// A directory in which `a.log` is rotated; each file holds the number of its making.
    struct Rotated {
        dir: tempfile::TempDir,
        made: u64,
    }

    impl Rotated {
        fn new(files: u64) -> Self {
            let mut rotated = Self { dir: tempfile::tempdir().expect("a directory"), made: 0 };
            (0..files).for_each(|_| rotated.make());
            rotated
        }

        fn path(&self, number: u64) -> PathBuf {
            self.dir.path().join(if number == 0 { "a.log".to_owned() } else { format!("a.log.{number}") })
        }

        /// One of the renames of a rotation; the last makes the new file.
        fn step(&mut self, step: u64) {
            let number = KEPT - 1 - step % KEPT;
            let _ = fs::rename(self.path(number), self.path(number + 1));
            if number == 0 {
                fs::write(self.path(0), self.made.to_string()).expect("made");
                self.made += 1;
            }
        }

        fn make(&mut self) {
            (0..KEPT).for_each(|step| self.step(step));
        }
    }

    fn numbers(passed: Passed) -> Vec<u64> {
        let read = |(mut file, _): (File, Metadata)| {
            let mut text = String::new();
            file.read_to_string(&mut text).expect("read");
            text.parse().expect("a number")
        };
        passed.files.into_iter().map(read).collect()
    }

    /// The cause: two lists of the directory in a row could miss the same file, which moved from a
    /// name not yet listed to one that was; it was read after the files that came after it.
    #[test]
    fn a_file_that_moves_while_its_siblings_are_looked_at_is_not_passed_over() {
        // Four files passed; rotation goes on by `pace` renames before each look at a name.
        for pace in 0..=2 * KEPT {
            for begun in 0..KEPT {
                let mut rotated = Rotated::new(5);
                let current = standing(&rotated.path(0)).expect("it stands there");
                (0..begun).for_each(|step| rotated.step(step));
                let mut step = begun;
                let path = rotated.path(0);
                let seen = passed(
                    &path,
                    current,
                    |_| true,
                    |name| {
                        // No more than as many rotations as leave what passed where it can be found.
                        for _ in 0..pace {
                            if step < 2 * KEPT {
                                rotated.step(step);
                                step += 1;
                            }
                        }
                        standing(name)
                    },
                );
                let (is_all, older) = (seen.is_all, seen.older.len());
                assert_eq!(
                    (numbers(seen), older, is_all),
                    (vec![0, 1, 2, 3], 4, true),
                    "{pace} from {begun}"
                );
            }
        }
    }

    #[test]
    fn what_came_after_the_current_file_is_not_among_what_passed() {
        for rotations in 0..3 {
            let mut rotated = Rotated::new(3);
            let current = standing(&rotated.path(0)).expect("it stands there");
            (0..rotations).for_each(|_| rotated.make());
            let seen = passed(&rotated.path(0), current, |_| true, standing);
            assert_eq!((seen.is_all, numbers(seen)), (true, vec![0, 1]), "{rotations}");
        }
    }

    #[test]
    fn what_cannot_be_opened_or_told_apart_is_said() {
        let rotated = Rotated::new(3);
        let current = standing(&rotated.path(0)).expect("it stands there");
        let gone = passed(
            &rotated.path(0),
            current,
            |_| true,
            |name| {
                let id = standing(name);
                let _ = fs::remove_file(name);
                id
            },
        );
        assert_eq!((gone.is_all, gone.files.len(), gone.older.len()), (false, 0, 2));
        let rotated = Rotated::new(3);
        let current = standing(&rotated.path(0)).expect("it stands there");
        fs::remove_file(rotated.path(0)).expect("removed");
        let seen = passed(&rotated.path(0), current, |_| true, standing);
        assert_eq!((seen.is_all, numbers(seen)), (false, vec![0, 1]));
    }
}
