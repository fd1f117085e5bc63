//! A log that was left behind, by a crash: what of it is there, and what somebody changed.

use std::fs;
use std::path::Path;

use super::*;
use crate::store::log::damage;

/// What lies beside a journal while it is open.
const BESIDE: [&str; 3] = ["journal.db", "journal.db-wal", "journal.bell"];

/// What a killed process leaves of a journal of `notes` notes, in a directory of its own.
async fn left_behind(notes: u64) -> (TempDir, PathBuf) {
    let (from, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    for n in 1..=notes {
        journal.append(FIRST, n, vec![noted(&format!("note {n}"))]).await.unwrap();
    }
    let (directory, path) = place();
    for name in BESIDE {
        fs::copy(from.path().join(name), directory.path().join(name)).unwrap();
    }
    (directory, path)
}

fn log_of(directory: &TempDir) -> PathBuf {
    directory.path().join("journal.db-wal")
}

/// What `verify` says of a journal that is only looked at.
async fn verified(path: &Path) -> Result<u64, String> {
    let journal = Journal::open(path, &Opening::read()).map_err(|error| error.to_string())?;
    journal.verify().await.map(|verified| verified.entries).map_err(|broken| broken[0].to_string())
}

/// Bytes of a frame: its header, and a page.
const FRAME: usize = 24 + 4096;

#[tokio::test]
async fn a_flipped_byte_in_a_log_that_was_left_behind_is_found() {
    let (directory, path) = left_behind(8).await;
    assert_eq!(verified(&path).await, Ok(9));
    let whole = fs::read(log_of(&directory)).unwrap();
    let headers = (0..whole.len()).filter(|at| *at < 32 || (at - 32) % FRAME < 24).step_by(5);
    for offset in headers.chain((0..whole.len()).step_by(1_009)) {
        let mut flipped = whole.clone();
        flipped[offset] ^= 1 << (offset % 8);
        fs::write(log_of(&directory), flipped).unwrap();
        // The wal-index is made anew, as after a reboot.
        let _ = fs::remove_file(directory.path().join("journal.db-shm"));
        let said = verified(&path).await;
        assert!(said.is_err(), "byte {offset} was flipped, and verify says {said:?}");
    }
}

#[tokio::test]
async fn a_tail_that_a_crash_tore_is_no_damage() {
    let (directory, path) = left_behind(8).await;
    let whole = fs::read(log_of(&directory)).unwrap();
    let (directory_before, _) = left_behind(7).await;
    // The newest entry was not acknowledged yet: the bell knows nothing of it.
    let mut bell = fs::read(directory.path().join("journal.bell")).unwrap();
    bell[..8].copy_from_slice(&8_u64.to_be_bytes());
    fs::write(directory.path().join("journal.bell"), bell).unwrap();
    let before = fs::metadata(log_of(&directory_before)).unwrap().len();
    for end in [before + 10, before + 3_000, whole.len() as u64 - 1] {
        fs::write(log_of(&directory), &whole[..usize::try_from(end).unwrap()]).unwrap();
        assert_eq!(damage(&log_of(&directory)), None);
        let _ = fs::remove_file(directory.path().join("journal.db-shm"));
        assert_eq!(verified(&path).await, Ok(8), "torn at {end}");
    }
}

#[tokio::test]
async fn a_damaged_log_is_kept_the_cockpit_opens_and_says_so() {
    let (directory, path) = left_behind(8).await;
    let mut flipped = fs::read(log_of(&directory)).unwrap();
    let frame = (flipped.len() - 32) / FRAME * 3 / 4;
    flipped[32 + (frame - 1) * FRAME + 100] ^= 1;
    fs::write(log_of(&directory), &flipped).unwrap();
    let found = damage(&log_of(&directory)).unwrap();
    assert_eq!(found.frame, frame as u64);
    assert!(found.behind > 0, "{found:?}");
    let journal = open(&path);
    let words = journal.missing().unwrap().to_string();
    assert!(words.contains("were recorded and are missing"), "{words}");
    assert!(words.contains("damaged-wal"), "{words}");
    assert_eq!(fs::read(directory.path().join("journal.damaged-wal")).unwrap(), flipped);
    let next = journal.next_incident().await.unwrap();
    let appended = journal.append(next, 0, vec![declared("next")]).await;
    assert!(appended.is_ok(), "{appended:?}");
    drop(journal);
    let said = verified(&path).await.unwrap_err();
    assert!(said.contains("a damaged log was kept as journal.damaged-wal"), "{said}");
}

#[tokio::test]
async fn a_journal_that_is_older_than_its_bell_says_what_is_missing() {
    let (directory, path) = left_behind(8).await;
    fs::remove_file(log_of(&directory)).unwrap();
    let _ = fs::remove_file(directory.path().join("journal.db-shm"));
    let words = verified(&path).await.unwrap_err();
    assert!(words.contains("9 entries (1 to 9) were recorded and are missing"), "{words}");
    // What is appended then rings the bell anew, and makes nothing forgotten.
    let journal = open(&path);
    assert!(journal.missing().is_some_and(|words| words.as_str().contains("9 entries (1 to 9)")));
    journal.append(FIRST, 0, vec![declared("after")]).await.unwrap();
    for _ in 0..2 {
        let words = verified(&path).await.unwrap_err();
        assert!(
            words.contains("9 entries (1 to 9) were recorded and are missing; that is noted in"),
            "{words}"
        );
        drop(open(&path));
    }
    drop(journal);
    fs::remove_file(directory.path().join("journal.missing")).unwrap();
    assert_eq!(verified(&path).await, Ok(1));
    // Another journal's bell says nothing of this one.
    let (directory, path) = left_behind(2).await;
    fs::write(directory.path().join("journal.bell"), b"\0\0\0\0\0\0\0\x63ffffffff").unwrap();
    assert_eq!(verified(&path).await, Ok(3));
}
