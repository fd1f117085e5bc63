//! When the file is not what it should be: clear words, nothing lost, never overwritten.

use std::process::Command;
use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::store::writer::Failure;
use crate::store::{AppendError, Mode, StoreError};

fn opening(mode: Mode) -> Opening {
    Opening { mode, ..Opening::write(Realm::Live) }
}

#[tokio::test]
async fn acknowledged_means_on_disk() {
    let (_directory, path) = place();
    let journal = open(&path);
    for (setting, expected) in [("synchronous", "2"), ("journal_mode", "wal")] {
        let sql = format!("SELECT CAST({setting} AS TEXT) FROM pragma_{setting}");
        let get = move |conn: &Connection| Ok(conn.query_row(&sql, [], |row| row.get(0))?);
        let value: Result<String, StoreError> = journal.write(get).await;
        assert_eq!(value.as_deref(), Ok(expected), "{setting}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_refused_and_left_alone() {
    let other = {
        let (_directory, path) = place();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        std::fs::read(&path).unwrap()
    };
    for content in
        [&b"x"[..], b"0123456789", &[0; 600], &[0xff; 5_000], "notes\n".repeat(900).as_bytes(), &other]
    {
        let (_directory, path) = place();
        std::fs::write(&path, content).unwrap();
        for mode in [Mode::ReadWrite, Mode::ReadOnly] {
            let error = Journal::open(&path, &opening(mode)).unwrap_err();
            assert!(matches!(error, StoreError::NotAJournal { .. }), "{error}");
            assert!(error.to_string().contains("journal.db: not a flightdeck journal"), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_missing_file_is_made_for_writing_and_named_when_reading() {
    let (directory, _) = place();
    let path = directory.path().join("deep/er/journal.db");
    let error = Journal::open(&path, &Opening::read()).unwrap_err();
    assert!(error.to_string().ends_with("there is no such file"), "{error}");
    open(&path);
    Journal::open(&path, &Opening::read()).unwrap();
    let under_a_file = path.join("journal.db");
    let error = Journal::open(&under_a_file, &Opening::write(Realm::Live)).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
}

/// An index over the log that was made while the file could not be written.
#[cfg(unix)]
#[tokio::test]
async fn an_index_that_may_not_be_written_does_not_outlast_a_file_that_might_not() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let index = directory.path().join("journal.db-shm");
    set_permissions(&index, Permissions::from_mode(0o444)).unwrap();
    open(&path).append(FIRST, 1, vec![noted("x")]).await.unwrap();
    assert!(!metadata(&index).unwrap().permissions().readonly());
}

#[tokio::test]
async fn an_empty_file_becomes_a_journal() {
    let (_directory, path) = place();
    std::fs::write(&path, "").unwrap();
    assert!(Journal::open(&path, &Opening::read()).is_err());
    open(&path).append(FIRST, 0, vec![declared("leak")]).await.unwrap();
}

#[tokio::test]
async fn a_live_file_is_not_opened_as_a_drill_nor_the_other_way_round() {
    let (_directory, path) = place();
    open(&path);
    let error = Journal::open(&path, &Opening::write(Realm::Drill)).unwrap_err();
    assert!(error.to_string().ends_with("this is a live journal, and a drill one was asked for"), "{error}");
    let (_directory, path) = place();
    let id = Some("d0d0cafe".to_owned());
    let drill = Journal::open(&path, &Opening { id, ..Opening::write(Realm::Drill) }).unwrap();
    assert_eq!((drill.id(), drill.realm()), ("d0d0cafe", Realm::Drill));
    assert!(matches!(Journal::open(&path, &Opening::write(Realm::Live)), Err(StoreError::OtherRealm { .. })));
    assert_eq!(Journal::open(&path, &Opening::read()).unwrap().realm(), Realm::Drill);
}

#[tokio::test]
async fn a_newer_file_is_read_as_far_as_it_is_known_and_never_written() {
    let (_directory, path) = place();
    open(&path).append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let newer = "ALTER TABLE entry ADD COLUMN place TEXT; PRAGMA user_version = 99";
    Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let journal = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
    let notice = journal.degraded().unwrap();
    assert!(
        notice.as_str().contains("written by a newer flightdeck (form 99; this one knows 1)"),
        "{notice}"
    );
    assert_eq!(journal.heads().await.unwrap()[0].title.as_str(), "leak");
    let refused = journal.append(FIRST, 1, vec![noted("x")]).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::Newer { .. }))), "{refused:?}");
    drop(journal);
    Connection::open(&path).unwrap().execute_batch("DROP TABLE head").unwrap();
    let error = Journal::open(&path, &Opening::write(Realm::Live)).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn opened_to_be_read_it_says_so_when_asked_to_write() {
    let (_directory, path) = place();
    open(&path).append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let journal = Journal::open(&path, &Opening::read()).unwrap();
    assert!(journal.is_read_only());
    assert_eq!(journal.degraded(), None, "it is as it was asked to be");
    let refused = journal.append(FIRST, 1, vec![noted("x")]).await.unwrap_err();
    assert!(refused.to_string().ends_with("read-only: it was opened to be read"), "{refused}");
}

/// Changes a setting of the writer's connection.
async fn set(journal: &Journal, pragma: &'static str, value: i64) {
    let set = move |conn: &Connection| {
        conn.pragma_update_and_check(None, pragma, value, |_| Ok(())).map_err(Failure::Sqlite)
    };
    journal.write::<(), StoreError, _>(set).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_over_when_there_is_room() {
    let (_directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    set(&journal, "max_page_count", 20).await;
    let (mut kept, mut refusal) = (1, None);
    while refusal.is_none() {
        match journal.append(FIRST, kept, vec![noted(&"x".repeat(3_000))]).await {
            Ok(_) => kept += 1,
            Err(error) => refusal = Some(error),
        }
        assert!(kept < 100, "it never filled up");
    }
    assert!(matches!(refusal, Some(AppendError::Store(StoreError::Full { .. }))), "{refusal:?}");
    let notice = journal.degraded().unwrap();
    assert!(
        notice.as_str().contains("the disk is full, nothing more can be recorded; free some space"),
        "{notice}"
    );
    assert_eq!(journal.read(FIRST, 0).await.unwrap().len() as u64, kept);
    set(&journal, "max_page_count", 100_000).await;
    journal.append(FIRST, kept, vec![noted(&"x".repeat(3_000))]).await.unwrap();
    assert_eq!(journal.degraded(), None);
    assert_eq!(journal.verify().await.unwrap().entries, kept + 1);
}

#[tokio::test]
async fn one_request_that_is_too_large_does_not_take_the_others_with_it() {
    let (_directory, path) = place();
    let journal = open(&path);
    set(&journal, "max_page_count", 30).await;
    let name = Text::line("large");
    let large = journal.store_evidence(&name, at(0), vec![7; 400_000]);
    let small: Vec<_> = (1..=5).map(|n| journal.append(IncidentId(n), 0, vec![declared("x")])).collect();
    // Polled together, they wait together.
    let (large, small) = tokio::join!(large, futures::future::join_all(small));
    assert!(matches!(large, Err(StoreError::Full { .. })), "{large:?}");
    assert!(small.iter().all(Result::is_ok), "{small:?}");
}

#[tokio::test]
async fn a_lock_that_another_process_keeps_is_a_word_and_not_a_hang() {
    let (_directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    journal
        .write::<(), StoreError, _>(|conn| Ok(conn.busy_timeout(Duration::from_millis(30))?))
        .await
        .unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = journal.append(FIRST, 1, vec![noted("x")]).await.unwrap_err();
    assert!(refused.to_string().contains("another process has kept the journal locked"), "{refused}");
    assert!(journal.degraded().is_some());
    assert_eq!(journal.read(FIRST, 0).await.unwrap().len(), 1, "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    journal.append(FIRST, 1, vec![noted("x")]).await.unwrap();
    assert_eq!(journal.degraded(), None);
}

#[tokio::test]
async fn a_half_written_tail_is_cut_off_and_everything_before_it_is_kept() {
    let (directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    for n in 1..20 {
        journal.append(FIRST, n, vec![noted(&format!("{n}"))]).await.unwrap();
    }
    let (crashed, log) = (directory.path().join("crashed.db"), directory.path().join("crashed.db-wal"));
    // As a crash leaves it. By another process: see `file`, closing a handle would drop our locks.
    let copy = |from: &PathBuf, to: &PathBuf| {
        assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
    };
    let live_log = PathBuf::from(format!("{}-wal", path.display()));
    copy(&live_log, &log);
    let whole = std::fs::read(&log).unwrap();
    assert!(whole.len() > 50_000, "the log was merged already: {}", whole.len());
    let mut longest = 0;
    for cut in [0, 1, 31, 32, 33, 4_000, 5_000, 50_001, whole.len() - 4_097, whole.len() - 1, whole.len()] {
        copy(&path, &crashed);
        // It was rung for what came after an earlier cut.
        let _ = std::fs::remove_file(directory.path().join("crashed.bell"));
        std::fs::write(&log, &whole[..cut]).unwrap();
        let journal = match Journal::open(&crashed, &Opening::write(Realm::Live)) {
            Ok(journal) => journal,
            Err(error) => panic!("cut at {cut}: {error}"),
        };
        assert_eq!(journal.degraded(), None);
        let entries = journal.read(FIRST, 0).await.unwrap();
        let expected: Vec<String> = (1..entries.len()).map(|n| n.to_string()).collect();
        assert_eq!(texts(&entries), expected, "cut at {cut}");
        assert!(entries.len() >= longest, "a longer log holds no less");
        longest = entries.len();
        journal.verify().await.unwrap();
        let next = if longest == 0 { declared("again") } else { noted("on") };
        journal.append(FIRST, longest as u64, vec![next]).await.unwrap();
    }
    assert_eq!(longest, 20);
}

#[tokio::test]
async fn regression_a_file_that_was_cut_off_could_not_be_looked_at_at_all() {
    let (_directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    for seq in 1..60 {
        journal.append(FIRST, seq, vec![noted(&"x".repeat(900))]).await.unwrap();
    }
    drop(journal);
    let bytes = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(bytes * 2 / 3).unwrap();
    for opening in [Opening::write(Realm::Live), Opening::read()] {
        let journal = Journal::open(&path, &opening).unwrap();
        assert!(journal.is_read_only());
        assert!(journal.degraded().unwrap().as_str().contains("the journal is damaged"));
        let last = journal.position().await.unwrap();
        assert!((1..60).contains(&last), "{last}");
        let read = journal.read_all_after(0, 1_000).await.unwrap();
        assert_eq!(read.len() as u64, last, "as far as it goes");
        assert!(journal.read_all_after(last, 1_000).await.is_err(), "and there it says why");
        let broken = journal.verify().await.unwrap_err().remove(0);
        assert_eq!(broken.position, Some(last + 1), "{broken}");
        let refused = journal.append(FIRST, last, vec![noted("x")]).await;
        assert!(matches!(refused, Err(AppendError::Store(StoreError::Damaged { .. }))), "{refused:?}");
    }
}
