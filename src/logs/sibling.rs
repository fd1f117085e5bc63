//! Rotated siblings of a followed file: where the one went that stood at the path between two looks.
//!
//! A log that is rotated twice between two looks hides the file in the middle: it came after the one
//! that is held open, and left before it was seen. It is still there under a rotated name.
//!
//! Names change hands while they are looked at, and a list of a directory misses a file that moves
//! from a name not yet listed to one that was. But files move one way only, to older names: who
//! walks the names in that direction meets every file, and the newer before the older.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::ledger::FileId;

/// Numbers beyond this are no count of rotations; far more than anybody keeps.
const COUNT_MAX: u64 = 1_024;

/// Numbers without a file after which no more follow: one is empty while files are moved on.
const GAP: u64 = 2;

/// Names that share everything but a number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    /// What stands before the number.
    base: String,
    /// As many digits at least.
    width: usize,
}

/// The names that rotation gave to siblings of a path.
#[derive(Debug, Default)]
struct Names {
    /// Counted ones, each with its greatest number: files move on to the next.
    counted: BTreeMap<Series, u64>,
    /// Others: a file keeps such a name.
    dated: Vec<PathBuf>,
}

impl Names {
    /// Of what lies in the directory. What cannot be listed has none.
    fn of(dir: &Path, name: &str) -> Self {
        let mut names = Self::default();
        // A file that moves while the directory is listed may be in no list.
        names.counted.insert(Series { base: format!("{name}."), width: 0 }, 0);
        let Ok(listed) = fs::read_dir(dir) else { return names };
        for entry in listed.flatten() {
            if is_rotated(entry.file_name().as_encoded_bytes(), name.as_bytes()) {
                names.add(&entry.path(), name);
            }
        }
        names.dated.sort_by_cached_key(|path| age(path));
        names
    }

    fn add(&mut self, path: &Path, of: &str) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (base, digits) = name.split_at(name.trim_end_matches(|c: char| c.is_ascii_digit()).len());
        match digits.parse::<u64>() {
            // One separator: `2026-01-02` is a date.
            Ok(number) if number <= COUNT_MAX && base.len() == of.len() + 1 => {
                let width = if digits.starts_with('0') { digits.len() } else { 0 };
                let greatest = self.counted.entry(Series { base: base.to_owned(), width }).or_default();
                *greatest = number.max(*greatest);
            }
            Ok(_) | Err(_) => self.dated.push(path.to_owned()),
        }
    }
}

/// Walks the rotated siblings of `path` from the newest name to the oldest. `stat` says what stands
/// at a name; a file may be met again when it moves on.
pub(super) fn walk(path: &Path, mut stat: impl FnMut(&Path) -> bool) {
    let Some(name) = path.file_name() else { return };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Names { counted, dated } = Names::of(dir, &name.to_string_lossy());
    for (Series { base, width }, greatest) in counted {
        let mut end = greatest.saturating_add(GAP);
        let mut number = 0;
        while number <= end.min(COUNT_MAX) {
            if stat(&dir.join(format!("{base}{number:0width$}"))) {
                end = end.max(number + GAP);
            }
            number += 1;
        }
    }
    for path in dated.iter().rev() {
        stat(path);
    }
}

/// The file that stands at a name.
pub(super) fn standing(path: &Path) -> Option<FileId> {
    // Not through a link: its target is rotated by its own name, if at all.
    fs::symlink_metadata(path).ok().filter(Metadata::is_file).map(|meta| FileId::from(&meta))
}

/// The siblings of `path`, the newest first.
pub(super) fn siblings(path: &Path) -> Vec<FileId> {
    let mut found = Vec::new();
    walk(path, |name| {
        let id = standing(name);
        found.extend(id.filter(|id| !found.contains(id)));
        id.is_some()
    });
    found
}

/// Whether a name is one that rotation gives: `app.log.1`, `app.log-20260101`; never `app.log.gz`, of
/// which no line can be read where it lies, nor `app.log.bak`, which is somebody's copy.
fn is_rotated(name: &[u8], of: &[u8]) -> bool {
    name.strip_prefix(of).is_some_and(|rest| {
        matches!(rest, [b'.' | b'-' | b'_', rest @ ..] if rest.iter().any(u8::is_ascii_digit)
            && rest.iter().all(|byte| byte.is_ascii_digit() || b"-_.:T".contains(byte)))
    })
}

/// Whether a name says that the file is compressed.
pub(super) fn is_packed(name: &[u8]) -> bool {
    let ends: [&[u8]; 6] = [b".gz", b".zst", b".bz2", b".xz", b".lz4", b".zip"];
    ends.iter().any(|end| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end))
}

/// Sorts rotated siblings oldest first: `app.log-20260101`, `app.log.2.gz`, `app.log.1`, `app.log`.
pub(super) fn age(path: &Path) -> (PathBuf, String, u8, Reverse<u64>, String) {
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let packed = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    let digits = packed.len() - packed.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').len();
    let (base, number) = packed.split_at(packed.len() - digits);
    match (base.strip_suffix(['.', '-']).unwrap_or(base), number.trim_start_matches('-')) {
        (_, "") => (directory, packed.to_owned(), 2, Reverse(0), name),
        // A date: the smallest is the oldest.
        (base, number) if number.len() >= 8 => (directory, base.to_owned(), 0, Reverse(0), number.to_owned()),
        (base, number) => {
            let count = number.parse().unwrap_or(u64::MAX);
            (directory, base.to_owned(), 1, Reverse(count), name.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rotation_left_behind_is_walked_the_newest_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("app.log");
        let rotated = ["app.log.1", "app.log.9", "app.log.10", "app.log.2026-01-03", "app.log.2026-01-02"];
        for name in rotated.iter().chain(&["app.log", "app.log.3.gz", "app.logger", "app.log.bak", "b"]) {
            fs::File::create(dir.path().join(name)).expect("a file");
        }
        std::os::unix::fs::symlink(dir.path().join("b"), dir.path().join("app.log.2")).expect("a link");
        fs::create_dir(dir.path().join("app.log.4")).expect("a directory");
        let mut found = Vec::new();
        walk(&path, |name| {
            let stands = standing(name).is_some();
            found.extend(stands.then(|| name.to_owned()));
            stands
        });
        assert_eq!(found, rotated.map(|name| dir.path().join(name)));
        assert_eq!(siblings(Path::new("/nowhere/at/all.log")), []);
    }

    #[test]
    fn numbers_are_walked_beyond_what_was_listed_and_padded_ones_as_they_are_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut asked = Vec::new();
        for name in ["a.log.01", "a.log.1700000000", "a.log_3", "a.log-0"] {
            fs::File::create(dir.path().join(name)).expect("a file");
        }
        walk(&dir.path().join("a.log"), |name| {
            asked.push(name.file_name().expect("a name").to_string_lossy().into_owned());
            asked.last().is_some_and(|name| name == "a.log.2")
        });
        let wanted = "-0 -1 -2 .0 .1 .2 .3 .4 .00 .01 .02 .03 _0 _1 _2 _3 _4 _5 .1700000000";
        assert_eq!(asked, wanted.split(' ').map(|end| format!("a.log{end}")).collect::<Vec<_>>());
    }
}
