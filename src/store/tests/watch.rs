//! Hearing entries of this process and of others, once and in order.

use std::time::{Duration, Instant};

use super::*;
use crate::store::Watch;

/// Waits for so many entries, each once and in order.
async fn hear(watch: &mut Watch, count: usize) -> Vec<Entry> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let from = watch.position();
        let news = tokio::time::timeout(Duration::from_secs(10), watch.next());
        let news = news.await.expect("the entries are written already").unwrap();
        let positions: Vec<u64> = news.iter().map(|(position, _)| *position).collect();
        let due: Vec<u64> = (from + 1..=from + news.len() as u64).collect();
        assert_eq!(positions, due);
        heard.extend(news.into_iter().map(|(_, entry)| entry));
    }
    heard
}

#[tokio::test]
async fn own_entries_are_heard_in_memory_and_on_file() {
    let (_directory, path) = place();
    for journal in [Journal::memory(Realm::Live).unwrap(), open(&path)] {
        let mut watch = journal.watch(0);
        let written = journal.append(FIRST, 0, vec![declared("leak"), noted("a")]).await.unwrap();
        assert_eq!(hear(&mut watch, 2).await, written);
        let nothing = tokio::time::timeout(Duration::from_millis(20), watch.next()).await;
        assert!(nothing.is_err(), "what was heard is not heard again: {nothing:?}");
        journal.append(FIRST, 2, vec![noted("b")]).await.unwrap();
        assert_eq!(texts(&hear(&mut watch, 1).await), ["b"]);
    }
}

#[tokio::test]
async fn another_process_is_heard_well_within_a_second() {
    let (_directory, path) = place();
    let (here, there) = (open(&path), open(&path));
    let mut watch = here.watch(0);
    for round in 0..5 {
        let writer = there.clone();
        let write = tokio::spawn(async move {
            let entry = if round == 0 { declared("leak") } else { noted("x") };
            writer.append(FIRST, round, vec![entry]).await.unwrap();
            Instant::now()
        });
        hear(&mut watch, 1).await;
        let late = write.await.unwrap().elapsed();
        assert!(late < Duration::from_millis(500), "heard {late:?} after it was acknowledged");
    }
}

#[tokio::test]
async fn without_a_bell_others_are_heard_by_looking() {
    let (directory, path) = place();
    let there = open(&path);
    std::fs::remove_file(directory.path().join("journal.bell")).unwrap();
    let here = Journal::open(&path, &Opening::read()).unwrap();
    let mut watch = here.watch(0);
    let write = async {
        // The watch is known to be waiting when this runs: `join!` polls it first.
        there.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    };
    let (heard, ()) = tokio::join!(hear(&mut watch, 1), write);
    assert_eq!(heard.len(), 1);
}

#[tokio::test]
async fn a_watch_that_begins_late_catches_up_in_order() {
    let (_directory, path) = place();
    let journal = open(&path);
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let many = (0..1_500).map(|n| noted(&n.to_string())).collect();
    journal.append(FIRST, 1, many).await.unwrap();
    let mut watch = journal.watch(1);
    let heard = hear(&mut watch, 1_500).await;
    assert_eq!(texts(&heard), (0..1_500).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn giving_up_waiting_loses_nothing() {
    let (_directory, path) = place();
    let journal = open(&path);
    let mut watch = journal.watch(0);
    for round in 0..50 {
        let entry = if round == 0 { declared("leak") } else { noted("x") };
        let append = journal.append(FIRST, round, vec![entry]);
        // Polled once and dropped, wherever it was.
        tokio::select! { biased; _ = watch.next() => {}, () = std::future::ready(()) => {} }
        append.await.unwrap();
    }
    let missing = 50 - usize::try_from(watch.position()).unwrap();
    hear(&mut watch, missing).await;
    assert_eq!(watch.position(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_journal_in_memory_needs_no_time() {
    let journal = Journal::memory(Realm::Live).unwrap();
    let mut watch = journal.watch(0);
    let before = tokio::time::Instant::now();
    journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    hear(&mut watch, 1).await;
    assert_eq!(before, tokio::time::Instant::now());
}
