//! A disk that is really full, a directory that really cannot be written.
//!
//! Each test runs again as a child in a mount namespace of its own, with a small file system of its
//! own. Where the kernel does not allow that, there is nothing to test on and the test says so.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::store::{AppendError, Room, StoreError};

const HERE: &str = "FLIGHTDECK_TEST_TIGHT";

/// Runs the test of that name as a child in which the directory is a file system of its own. Returns
/// the directory in the child, and none in the parent.
fn on_a_file_system_of_its_own(test: &str) -> Option<PathBuf> {
    if let Some(directory) = std::env::var_os(HERE) {
        return Some(directory.into());
    }
    let directory = tempfile::tempdir().unwrap();
    let mut tried = Command::new("unshare");
    tried.args(["-rm", "mount", "-t", "tmpfs", "tmpfs"]).arg(directory.path());
    if !tried.output().is_ok_and(|output| output.status.success()) {
        println!("not tested: this machine allows no mount namespaces");
        return None;
    }
    let script = r#"mount -t tmpfs -o size=400k tmpfs "$1" && exec "$2" --exact "$3" --nocapture"#;
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .arg(directory.path())
        .arg(std::env::current_exe().unwrap())
        .arg(format!("store::tests::tight::{test}"))
        .env(HERE, directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}

/// Takes all the space that is left.
fn fill_up(filler: &Path) {
    let mut file = std::fs::File::create(filler).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 512]).is_ok() {}
}

fn remount(directory: &Path, options: &str) {
    let options = format!("remount,{options}");
    assert!(Command::new("mount").args(["-o", &options]).arg(directory).status().unwrap().success());
}

#[tokio::test]
async fn a_full_file_system_refuses_in_words_and_loses_nothing() {
    let Some(directory) =
        on_a_file_system_of_its_own("a_full_file_system_refuses_in_words_and_loses_nothing")
    else {
        return;
    };
    let path = directory.join("journal.db");
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let (mut kept, mut refusal) = (1, None);
    while refusal.is_none() {
        match journal.append(FIRST, kept, vec![noted(&"x".repeat(3_000))]).await {
            Ok(_) => kept += 1,
            Err(error) => refusal = Some(error),
        }
        assert!(kept < 1_000, "it never filled up");
    }
    assert!(matches!(refusal, Some(AppendError::Store(StoreError::Full { .. }))), "{refusal:?}");
    assert_eq!(journal.read(FIRST, 0).await.unwrap().len() as u64, kept);
    assert_eq!(journal.verify().await.unwrap().entries, kept);
    // Somebody else opens it while the disk is full.
    let second = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
    assert_eq!(second.read(FIRST, 0).await.unwrap().len() as u64, kept);
    drop((second, journal));
    // So does somebody after everybody has gone and something else has taken the last byte.
    let filler = directory.join("filler");
    fill_up(&filler);
    let again = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
    assert_eq!(again.read(FIRST, 0).await.unwrap().len() as u64, kept);
    let tried = again.try_writing().await;
    assert!(
        matches!(tried, Ok(Room::Little) | Err(StoreError::Full { .. })),
        "before it is needed: {tried:?}"
    );
    remount(&directory, "size=2m");
    assert_eq!(again.try_writing().await, Ok(Room::Enough));
    assert_eq!(again.degraded(), None);
    fill_up(&filler);
    drop(again);
    // Without even the few pages that an index over the log takes, the words are still the right ones.
    std::fs::remove_file(directory.join("journal.db-shm")).unwrap();
    fill_up(&directory.join("filler-2"));
    let error = Journal::open(&path, &Opening::write(Realm::Live)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    std::fs::remove_file(directory.join("filler-2")).unwrap();
    std::fs::remove_file(&filler).unwrap();
    remount(&directory, "size=4m");
    let roomy = open(&path);
    roomy.append(FIRST, kept, vec![noted("there is room")]).await.unwrap();
    assert_eq!(roomy.verify().await.unwrap().entries, kept + 1);
}

#[tokio::test]
async fn what_is_opened_on_a_full_disk_writes_as_soon_as_there_is_room() {
    let Some(directory) =
        on_a_file_system_of_its_own("what_is_opened_on_a_full_disk_writes_as_soon_as_there_is_room")
    else {
        return;
    };
    let path = directory.join("journal.db");
    open(&path).append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let filler = directory.join("filler");
    fill_up(&filler);
    // There is no log beside it, and no room for one.
    let journal = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
    assert!(!journal.is_read_only(), "a full disk passes");
    let notice = journal.degraded().unwrap();
    assert!(notice.as_str().contains("the disk is full"), "{notice}");
    let refused = journal.append(FIRST, 1, vec![noted("x")]).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::Full { .. }))), "{refused:?}");
    assert_eq!(journal.read(FIRST, 0).await.unwrap().len(), 1);
    // Somebody else is first when there is room, and is heard.
    std::fs::remove_file(&filler).unwrap();
    let second = open(&path);
    second.append(FIRST, 1, vec![noted("second")]).await.unwrap();
    assert_eq!(texts(&journal.read(FIRST, 1).await.unwrap()), ["second"]);
    journal.append(FIRST, 2, vec![noted("first")]).await.unwrap();
    assert_eq!(journal.degraded(), None);
    assert_eq!(texts(&second.read(FIRST, 2).await.unwrap()), ["first"]);
    assert_eq!(journal.verify().await.unwrap().entries, 3);
}

#[tokio::test]
async fn a_file_system_that_cannot_be_written_is_read_with_a_word_about_why() {
    let Some(directory) =
        on_a_file_system_of_its_own("a_file_system_that_cannot_be_written_is_read_with_a_word_about_why")
    else {
        return;
    };
    // A name that must be escaped where SQLite reads it as part of an address.
    let path = directory.join("a?b#c %20.db");
    open(&path).append(FIRST, 0, vec![declared("leak"), noted("a")]).await.unwrap();
    remount(&directory, "ro");
    let journal = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
    assert!(journal.is_read_only());
    let notice = journal.degraded().unwrap();
    assert!(notice.as_str().contains("read-only"), "{notice}");
    assert_eq!(texts(&journal.read(FIRST, 0).await.unwrap()), ["a"]);
    assert_eq!(journal.heads().await.unwrap()[0].seq, 2);
    assert_eq!(journal.verify().await.unwrap().entries, 2);
    let refused = journal.append(FIRST, 2, vec![noted("x")]).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::ReadOnly { .. }))), "{refused:?}");
    assert!(journal.lease_runner().is_err() && journal.lease_watch().is_err());
    let read = Journal::open(&path, &Opening::read()).unwrap();
    assert_eq!(read.read(FIRST, 0).await.unwrap().len(), 2);
    assert_eq!(read.degraded(), None);
    // A new one cannot be made.
    let new = Journal::open(directory.join("new.db"), &Opening::write(Realm::Live)).unwrap_err();
    assert!(!new.hint().is_empty(), "{new}");
}

#[tokio::test]
async fn a_log_beside_a_file_that_cannot_be_written_is_not_passed_over() {
    let Some(directory) =
        on_a_file_system_of_its_own("a_log_beside_a_file_that_cannot_be_written_is_not_passed_over")
    else {
        return;
    };
    let path = directory.join("journal.db");
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak"), noted("only in the log")]).await.unwrap();
    let (copy, log) = (directory.join("copy.db"), directory.join("copy.db-wal"));
    for (from, to) in [(path.clone(), &copy), (directory.join("journal.db-wal"), &log)] {
        assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
    }
    drop(journal);
    remount(&directory, "ro");
    match Journal::open(&copy, &Opening::read()) {
        Ok(journal) => assert_eq!(journal.read(FIRST, 0).await.unwrap().len(), 2),
        Err(error) => assert!(error.to_string().contains("copy both files elsewhere"), "{error}"),
    }
}
