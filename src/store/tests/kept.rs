//! Revisions, evidence and leases.

use super::*;
use crate::store::{NewRevision, StoreError};

fn revision(second: i64, author: &str, draft: bool, text: &str) -> NewRevision {
    NewRevision {
        incident: FIRST,
        at: at(second),
        author: author.into(),
        language: "en".into(),
        draft,
        after: None,
        text: text.into(),
    }
}

#[tokio::test]
async fn an_autosave_replaces_its_writers_last_within_a_minute_and_nothing_else() {
    let (_directory, path) = place();
    let journal = open(&path);
    // (second, author, draft, text) and the number it gets; at(40) begins a minute.
    let mut last = std::collections::BTreeMap::new();
    for (second, author, draft, text, number) in [
        (41, "ada", true, "a", 1),
        (42, "ada", true, "ab", 1),
        (43, "bob", true, "b", 2),
        (44, "ada", true, "abc", 3),
        (45, "ada", false, "abcd", 4),
        (46, "ada", true, "abcde", 5),
        (47, "ada", true, "abcdef", 5),
        (100, "ada", true, "abcdefg", 6),
    ] {
        let new = revision(second, author, draft, text);
        let new = NewRevision { after: last.get(author).copied(), ..new };
        let saved = journal.save_revision(new).await.unwrap();
        assert_eq!(saved.number, number, "{text}");
        last.insert(author, saved.number);
        assert_eq!(journal.latest_revision(FIRST).await.unwrap(), Some(saved));
    }
    let texts: Vec<_> = journal.revisions(FIRST).await.unwrap().into_iter().map(|r| r.text).collect();
    assert_eq!(texts, ["ab", "b", "abc", "abcd", "abcdef", "abcdefg"]);
    assert_eq!(journal.latest_revision(IncidentId(2)).await.unwrap(), None);
    journal.verify().await.unwrap();
}

/// Two cockpits of one person wrote over each other's autosaves of the same minute.
#[tokio::test]
async fn autosaves_of_one_person_at_two_screens_replace_only_their_own() {
    let journal = Journal::memory(Realm::Live).unwrap();
    let mut last = [None, None];
    for (screen, text, number) in
        [(0, "here", 1), (1, "there", 2), (1, "there too", 2), (0, "here too", 3), (1, "there again", 4)]
    {
        let new = NewRevision { after: last[screen], ..revision(41, "ada", true, text) };
        let saved = journal.save_revision(new).await.unwrap();
        assert_eq!(saved.number, number, "{text}");
        last[screen] = Some(saved.number);
    }
    let texts: Vec<_> = journal.revisions(FIRST).await.unwrap().into_iter().map(|r| r.text).collect();
    assert_eq!(texts, ["here", "there too", "here too", "there again"]);
}

#[tokio::test]
async fn a_review_keeps_every_character_its_author_typed() {
    let journal = Journal::memory(Realm::Live).unwrap();
    let text = "事後檢討\n\ttab, \u{200d} and e\u{301}\r\n";
    journal.save_revision(revision(0, "ada", false, text)).await.unwrap();
    assert_eq!(journal.latest_revision(FIRST).await.unwrap().unwrap().text, text);
}

#[tokio::test]
async fn a4_evidence_is_found_by_its_digest_and_kept_once() {
    let (_directory, path) = place();
    let journal = open(&path);
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let sha256 = journal.store_evidence(&"logs.json".into(), at(0), bytes.clone()).await.unwrap();
    let again = journal.store_evidence(&"other".into(), at(9), bytes.clone()).await.unwrap();
    assert_eq!(sha256, again);
    let file = journal.evidence(&sha256).await.unwrap().unwrap();
    assert_eq!((file.name.as_str(), file.stored_at, file.bytes), ("logs.json", at(0), bytes));
    assert_eq!(journal.evidence("00").await.unwrap(), None);
    let empty = journal.store_evidence(&"empty".into(), at(0), vec![]).await.unwrap();
    assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let large = vec![0; super::super::evidence::MAX_BYTES + 1];
    let refused = journal.store_evidence(&"large".into(), at(0), large).await;
    assert!(matches!(refused, Err(StoreError::Unfit { .. })));
    journal.verify().await.unwrap();
}

#[tokio::test]
async fn a_runner_is_alive_as_long_as_its_lease_is_held() {
    let (_directory, path) = place();
    for (here, there) in [(open(&path), open(&path)), {
        let journal = Journal::memory(Realm::Live).unwrap();
        (journal.clone(), journal)
    }] {
        let lease = here.lease_runner().unwrap();
        let id = lease.id().to_string();
        assert!(here.runner_is_alive(&id) && there.runner_is_alive(&id));
        let other = there.lease_runner().unwrap();
        assert_ne!(other.id(), lease.id());
        assert!(here.runner_is_alive(&id), "another runner's coming does not sweep this one away");
        drop(lease);
        assert!(!there.runner_is_alive(&id));
        assert!(there.runner_is_alive(other.id().as_str()));
    }
}

#[test]
fn what_a_killed_runner_left_is_dead_and_swept_away() {
    let (directory, path) = place();
    let journal = open(&path);
    let left = directory.path().join("journal.runners").join("00ff.lock");
    std::fs::create_dir_all(left.parent().unwrap()).unwrap();
    std::fs::write(&left, "").unwrap();
    assert!(!journal.runner_is_alive("00ff"));
    let _lease = journal.lease_runner().unwrap();
    assert!(!left.exists());
}

#[test]
fn a_runners_id_from_a_timeline_does_not_lead_out_of_the_directory() {
    let (directory, path) = place();
    let journal = open(&path);
    let _lease = journal.lease_runner().unwrap();
    let outside = std::fs::File::create(directory.path().join("outside.lock")).unwrap();
    outside.lock().unwrap();
    for attack in ["../outside", "", ".", "a/b", "a\0b"] {
        assert!(!journal.runner_is_alive(attack), "{attack:?}");
    }
}

#[test]
fn one_process_at_a_time_watches() {
    let (_directory, path) = place();
    for (here, there) in [(open(&path), open(&path)), {
        let journal = Journal::memory(Realm::Live).unwrap();
        (journal.clone(), journal)
    }] {
        let lease = here.lease_watch().unwrap();
        assert!(lease.is_some());
        assert!(there.lease_watch().unwrap().is_none());
        drop(lease);
        assert!(there.lease_watch().unwrap().is_some());
    }
}
