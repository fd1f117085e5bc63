//! Appending and reading back: versions, numbers, heads.

use super::*;
use crate::incident::Status;
use crate::store::{Append, AppendError, StoreError};

/// The same behaviour is asked of a file and of memory.
async fn both(test: impl AsyncFn(Journal)) {
    test(Journal::memory(Realm::Live).unwrap()).await;
    let (_directory, path) = place();
    test(open(&path)).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_read_back_as_it_was() {
    both(async |journal| {
        let written = journal.append(FIRST, 0, vec![declared("leak"), noted("a"), noted("b")]).await.unwrap();
        assert_eq!(written.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(journal.read(FIRST, 0).await.unwrap(), written);
        assert_eq!(journal.read(FIRST, 2).await.unwrap(), written[2..]);
        assert_eq!(journal.position().await.unwrap(), 3);
        let all = journal.read_all_after(1, 1).await.unwrap();
        assert_eq!(all, [(2, written[1].clone())]);
        let verified = journal.verify().await.unwrap();
        assert_eq!((verified.incidents, verified.entries, verified.unknown), (1, 3, 0));
    })
    .await;
}

#[tokio::test]
async fn a_writer_that_is_behind_is_told_where_the_incident_is() {
    both(async |journal| {
        journal.append(FIRST, 0, vec![declared("leak")]).await.unwrap();
        for expected in [0, 2] {
            let late = journal.append(FIRST, expected, vec![noted("late")]).await;
            assert_eq!(late, Err(AppendError::Conflict { incident: FIRST, expected, actual: 1 }));
        }
        assert_eq!(journal.read(FIRST, 0).await.unwrap().len(), 1);
        journal.append(FIRST, 1, vec![noted("in time")]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn entries_for_several_incidents_are_written_all_or_none() {
    both(async |journal| {
        journal.append(FIRST, 0, vec![declared("one")]).await.unwrap();
        journal.append(IncidentId(2), 0, vec![declared("two")]).await.unwrap();
        let merge = |expected| {
            let into = Event::MergedInto { into: FIRST, reason: "same".into() };
            let absorbed = Event::Absorbed { other: IncidentId(2) };
            vec![
                Append { incident: FIRST, expected: 1, entries: vec![new(2, absorbed)] },
                Append { incident: IncidentId(2), expected, entries: vec![new(2, into)] },
            ]
        };
        assert!(matches!(journal.append_all(merge(7), None).await, Err(AppendError::Conflict { .. })));
        assert_eq!(journal.position().await.unwrap(), 2, "the half that was in time is not kept either");
        journal.append_all(merge(1), None).await.unwrap();
        let status: Vec<_> = journal.heads().await.unwrap().into_iter().map(|head| head.status).collect();
        assert_eq!(status, [Status::Open, Status::Merged(FIRST)]);
        journal.verify().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_new_incident_is_not_declared_past_entries_its_declarer_has_not_seen() {
    both(async |journal| {
        let declare = async |title, guard| {
            let incident = journal.next_incident().await.unwrap();
            let append = Append { incident, expected: 0, entries: vec![declared(title)] };
            journal.append_all(vec![append], guard).await
        };
        let first = declare("one", Some(0)).await.unwrap();
        assert_eq!(first[0].incident, FIRST);
        let late = declare("the same alert", Some(0)).await;
        assert_eq!(late, Err(AppendError::Moved { expected: 0, actual: 1 }));
        let second = declare("two", None).await.unwrap();
        assert_eq!(second[0].incident, IncidentId(2));
    })
    .await;
}

#[tokio::test]
async fn the_list_of_incidents_follows_their_entries() {
    both(async |journal| {
        let resolved =
            new(60, Event::Resolved { summary: "rolled back".into(), recovery: vec![], despite: None });
        let classified = Event::Classified { severity: Severity::P0, pattern: None, reason: None };
        let entries = vec![declared("leak"), new(5, classified), resolved];
        journal.append(FIRST, 0, entries).await.unwrap();
        let head = journal.heads().await.unwrap().remove(0);
        assert_eq!((head.seq, head.title.as_str(), head.severity), (3, "leak", Severity::P0));
        assert_eq!((head.declared_at, head.changed_at), (at(0), at(60)));
        assert_eq!(head.status, Status::Resolved(at(60)));
        journal.append(FIRST, 3, vec![new(61, Event::Reopened { reason: "again".into() })]).await.unwrap();
        assert_eq!(journal.heads().await.unwrap()[0].status, Status::Open);
        journal.verify().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_drill_never_enters_a_live_journal() {
    both(async |journal| {
        let mut drill = declared("exercise");
        if let Event::Declared { realm, .. } = &mut drill.event {
            *realm = Realm::Drill;
        }
        let refused = journal.append(FIRST, 0, vec![drill]).await;
        assert!(matches!(refused, Err(AppendError::Store(StoreError::Unfit { .. }))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn times_are_handed_back_as_they_are_stored() {
    let journal = Journal::memory(Realm::Live).unwrap();
    let mut entry = declared("leak");
    entry.at = Time::from_timestamp(1_700_000_000, 123_456_789).unwrap();
    let written = journal.append(FIRST, 0, vec![entry]).await.unwrap();
    assert_eq!(written[0].at, Time::from_timestamp(1_700_000_000, 123_456_000).unwrap());
    assert_eq!(journal.read(FIRST, 0).await.unwrap(), written);
}

#[tokio::test]
async fn a_journal_is_found_again_after_it_was_closed() {
    let (_directory, path) = place();
    let journal = open(&path);
    let written = journal.append(FIRST, 0, vec![declared("leak"), noted("a")]).await.unwrap();
    let id = journal.id().to_owned();
    drop(journal);
    let journal = open(&path);
    assert_eq!(journal.id(), id);
    assert_eq!(journal.read(FIRST, 0).await.unwrap(), written);
    assert_eq!(texts(&journal.append(FIRST, 2, vec![noted("b")]).await.unwrap()), ["b"]);
}
