//! Rotated siblings of a followed file: where the one went that stood at the path between two looks.
//!
//! A log that is rotated twice between two looks hides the file in the middle: it came after the one
//! that is held open, and left before it was seen. It is still there under a rotated name.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use super::ledger::FileId;

/// A file beside a followed one that looks like it was rotated away from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sibling {
    pub path: PathBuf,
    pub id: FileId,
}

/// Rotated siblings that are looked at: far more than anybody keeps.
const SIBLINGS_MAX: usize = 1_024;

/// The siblings of `path` that can be read, the oldest first. What cannot be listed has none.
pub(super) fn siblings(path: &Path) -> Vec<Sibling> {
    let Some(name) = path.file_name() else { return Vec::new() };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(listed) = fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<Sibling> = listed
        .flatten()
        .filter(|entry| is_rotated(entry.file_name().as_encoded_bytes(), name.as_encoded_bytes()))
        .take(SIBLINGS_MAX)
        .filter_map(|entry| {
            // Not through a link: its target is rotated by its own name, if at all.
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Sibling { path: entry.path(), id: FileId::from(&meta) })
        })
        .collect();
    found.sort_by_cached_key(|sibling| age(&sibling.path));
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
    fn what_rotation_left_behind_is_found_the_oldest_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("app.log");
        for name in ["app.log.9", "app.log.10", "app.log.1", "app.log-20260101", "app.log", "app.log.3.gz"] {
            fs::File::create(dir.path().join(name)).expect("a file");
        }
        for name in ["app.logger", "app.log.bak", "app.log.1.swp", "b"] {
            fs::File::create(dir.path().join(name)).expect("a file");
        }
        let found: Vec<_> = siblings(&path).into_iter().map(|sibling| sibling.path).collect();
        let wanted = ["app.log-20260101", "app.log.10", "app.log.9", "app.log.1"];
        assert_eq!(found, wanted.map(|name| dir.path().join(name)));
        assert_eq!(siblings(Path::new("/nowhere/at/all.log")), []);
    }
}
