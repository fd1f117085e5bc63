//! Several writers: in one process, and several journals on one file as processes have them.

use std::collections::BTreeSet;

use super::*;
use crate::incident::Actor;
use crate::store::{Append, AppendError};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_on_one_incident_lose_nothing_by_trying_again() {
    let (_directory, path) = place();
    let journals: Vec<_> = (0..4).map(|_| open(&path)).collect();
    journals[0].append(FIRST, 0, vec![declared("leak")]).await.unwrap();
    let writers: Vec<_> = journals
        .iter()
        .cloned()
        .enumerate()
        .map(|(writer, journal)| tokio::spawn(async move { write(&journal, writer, 25).await }))
        .collect();
    let mut conflicts = 0;
    for writer in writers {
        conflicts += writer.await.unwrap();
    }
    assert!(conflicts > 0, "the writers never met: this proves nothing");
    let entries = journals[1].read(FIRST, 0).await.unwrap();
    let told: BTreeSet<&str> = texts(&entries).into_iter().collect();
    assert_eq!((entries.len(), told.len()), (101, 100));
    assert_eq!(journals[2].verify().await.unwrap().entries, 101);
}

/// Appends so many notes, reading and trying again on conflict; how often it had to.
async fn write(journal: &Journal, writer: usize, count: usize) -> usize {
    let (mut expected, mut conflicts) = (1, 0);
    for n in 0..count {
        loop {
            match journal.append(FIRST, expected, vec![noted(&format!("{writer}/{n}"))]).await {
                Ok(entries) => {
                    expected = entries[0].seq;
                    break;
                }
                Err(AppendError::Conflict { actual, .. }) => {
                    conflicts += 1;
                    expected = actual;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    conflicts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_never_share_an_incidents_number() {
    let (_directory, path) = place();
    let journals = [open(&path), open(&path)];
    let declare = |journal: &Journal| {
        let journal = journal.clone();
        tokio::spawn(async move {
            loop {
                let incident = journal.next_incident().await.unwrap();
                let append = Append { incident, expected: 0, entries: vec![declared("x")] };
                match journal.append_all(vec![append], None).await {
                    Ok(entries) => return entries[0].incident,
                    Err(AppendError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        })
    };
    let tasks: Vec<_> = (0..40).map(|n| declare(&journals[n % 2])).collect();
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.insert(task.await.unwrap());
    }
    assert_eq!(numbers, (1..=40).map(IncidentId).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_hear_one_alert_declare_one_incident() {
    let (_directory, path) = place();
    let journals = [open(&path), open(&path)];
    let tasks = journals.map(|journal| {
        tokio::spawn(async move {
            let incident = journal.next_incident().await.unwrap();
            let append = Append { incident, expected: 0, entries: vec![declared("alert")] };
            journal.append_all(vec![append], Some(0)).await.is_ok()
        })
    });
    let mut declared = 0;
    for task in tasks {
        declared += u32::from(task.await.unwrap());
    }
    assert_eq!(declared, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_wait_together_are_each_judged_on_their_own() {
    let (_directory, path) = place();
    let journal = open(&path);
    let tasks: Vec<_> = (1..=300_u32)
        .map(|n| {
            let journal = journal.clone();
            // Every third one believes something wrong.
            let expected = u64::from(n % 3 == 0);
            tokio::spawn(
                async move { journal.append(IncidentId(n), expected, vec![declared("x")]).await.is_ok() },
            )
        })
        .collect();
    let mut kept = 0;
    for task in tasks {
        kept += u32::from(task.await.unwrap());
    }
    assert_eq!((kept, journal.heads().await.unwrap().len()), (200, 200));
    journal.verify().await.unwrap();
}

#[tokio::test]
async fn a_new_file_may_be_opened_by_many_at_once() {
    let (_directory, path) = place();
    let identify = |path: PathBuf| std::thread::spawn(move || open(&path).id().to_owned());
    let threads: Vec<_> = (0..8).map(|_| identify(path.clone())).collect();
    let ids: BTreeSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(ids.len(), 1, "one of them made it, the others found it");
}

#[tokio::test]
async fn what_is_queued_when_the_journal_closes_is_still_written() {
    let (_directory, path) = place();
    let journal = open(&path);
    let mut waiting = Vec::new();
    for n in 1..=20 {
        let mut append = Box::pin({
            let journal = journal.clone();
            async move { journal.append(IncidentId(n), 0, vec![declared("x")]).await }
        });
        // Polled once: queued, and nobody waits for the answer.
        tokio::select! { biased; _ = &mut append => {}, () = std::future::ready(()) => {} }
        waiting.push(append);
    }
    drop((waiting, journal));
    assert_eq!(open(&path).heads().await.unwrap().len(), 20);
}

#[tokio::test]
async fn actors_of_every_kind_come_back() {
    let journal = Journal::memory(Realm::Live).unwrap();
    let actors = [Actor::person("ada"), Actor::Ai("helper".into()), Actor::Flightdeck];
    let entries = actors.clone().map(|actor| NewEntry { actor, ..noted("x") });
    journal.append(FIRST, 0, entries.to_vec()).await.unwrap();
    let read = journal.read(FIRST, 0).await.unwrap();
    assert_eq!(read.into_iter().map(|entry| entry.actor).collect::<Vec<_>>(), actors);
}
