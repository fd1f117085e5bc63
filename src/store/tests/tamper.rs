//! What was done behind flightdeck's back is found, and the entry is named.

use rusqlite::Connection;

use super::*;
use crate::store::{Broken, NewRevision};

/// Three incidents, their entries interleaved: positions 1 to 12 hold INC-1, 2, 3, 1, 2, 3 and so on.
async fn fill(path: &PathBuf) {
    let journal = open(path);
    for round in 0..4_u64 {
        for incident in 1..=3 {
            let entry = if round == 0 { declared("leak") } else { noted(&format!("{incident}/{round}")) };
            journal.append(IncidentId(incident), round, vec![entry]).await.unwrap();
        }
    }
    let revision = NewRevision {
        incident: FIRST,
        at: at(0),
        author: "ada".into(),
        language: "en".into(),
        draft: false,
        after: None,
        text: "# What happened".into(),
    };
    journal.save_revision(revision).await.unwrap();
    journal.store_evidence(&"logs.json".into(), at(0), b"[]".to_vec()).await.unwrap();
    assert_eq!(journal.verify().await.unwrap().entries, 12);
}

async fn found(path: &PathBuf) -> Broken {
    match Journal::open(path, &Opening::read()) {
        Ok(journal) => journal.verify().await.unwrap_err().remove(0),
        Err(error) => Broken::whole(&error),
    }
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_and_named() {
    // (what was done, the name of what is broken)
    for (tampering, named) in [
        (
            "UPDATE entry SET data = replace(data, '2/1', '2/9') WHERE position = 5",
            "INC-2 entry 2 (position 5)",
        ),
        ("UPDATE entry SET at = at + 1 WHERE position = 5", "INC-2 entry 2 (position 5)"),
        (
            "UPDATE entry SET actor = replace(actor, 'ada', 'bob') WHERE position = 5",
            "INC-2 entry 2 (position 5)",
        ),
        ("UPDATE entry SET kind = 'decided' WHERE position = 5", "INC-2 entry 2 (position 5)"),
        ("UPDATE entry SET version = 2 WHERE position = 5", "INC-2 entry 2 (position 5)"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE position = 5", "INC-2 entry 2 (position 5)"),
        ("UPDATE entry SET hash = x'00' WHERE position = 12", "INC-3 entry 4 (position 12)"),
        ("UPDATE entry SET incident = 4 WHERE position = 1", "INC-4 entry 1 (position 1)"),
        ("UPDATE entry SET position = 99 WHERE position = 12", "INC-3 entry 4 (position 99)"),
        // Deleted at the beginning, in the middle, at the end of a stream and of the journal.
        ("DELETE FROM entry WHERE position = 1", "INC-1 entry 1 (position 1)"),
        ("DELETE FROM entry WHERE position = 5", "INC-2 entry 2 (position 5)"),
        ("DELETE FROM entry WHERE position = 10", "INC-1 entry 4 (position 10)"),
        ("DELETE FROM entry WHERE position = 12", "INC-3 entry 4"),
        ("DELETE FROM entry WHERE incident = 3", "INC-3 entry 1 (position 3)"),
        (
            "DELETE FROM entry WHERE incident = 3; DELETE FROM head WHERE incident = 3",
            "the journal (position 3)",
        ),
        (
            "DELETE FROM entry WHERE position = 12; UPDATE head SET seq = 3, \
             hash = (SELECT hash FROM entry WHERE position = 9) WHERE incident = 3",
            "the journal (position 12)",
        ),
        // Two entries change places.
        (
            "UPDATE entry SET seq = 9 WHERE position = 5; UPDATE entry SET seq = 2 WHERE position = 8; \
             UPDATE entry SET seq = 3 WHERE position = 5",
            "INC-2 entry 2",
        ),
        (
            "UPDATE entry SET position = 99 WHERE position = 5; UPDATE entry SET position = 5 WHERE \
             position = 8; UPDATE entry SET position = 8 WHERE position = 99",
            "INC-2 entry 2",
        ),
        (
            "UPDATE entry SET data = (SELECT data FROM entry WHERE position = 8) WHERE position = 5",
            "INC-2 entry 2 (position 5)",
        ),
        // A forged one at the end.
        (
            "INSERT INTO entry SELECT 13, incident, 5, at, actor, kind, version, data, hash FROM entry \
             WHERE position = 12",
            "INC-3 entry 5 (position 13)",
        ),
        // The list of incidents.
        ("UPDATE head SET title = 'nothing' WHERE incident = 2", "INC-2 entry 4"),
        ("UPDATE head SET severity = 'P3' WHERE incident = 2", "INC-2 entry 4"),
        ("UPDATE head SET status = 'resolved', resolved_at = 0 WHERE incident = 2", "INC-2 entry 4"),
        ("UPDATE head SET seq = 9 WHERE incident = 2", "INC-2 entry 5"),
        ("UPDATE head SET seq = 3 WHERE incident = 2", "INC-2 entry 4"),
        ("UPDATE head SET hash = zeroblob(32) WHERE incident = 2", "INC-2 entry 4"),
        ("DELETE FROM head WHERE incident = 2", "INC-2 entry 4"),
        // What belongs to incidents without being an entry.
        ("UPDATE revision SET text = '# Nothing happened'", "INC-1: revision 1 of its review"),
        ("UPDATE revision SET author = 'eve'", "INC-1: revision 1 of its review"),
        ("UPDATE evidence SET name = 'x'", "the journal: evidence 'x'"),
        ("UPDATE evidence SET bytes = x'00'", "the journal: evidence 'logs.json'"),
        // The whole timeline passed off as another journal's.
        ("UPDATE meta SET value = '00000000' WHERE key = 'id'", "INC-1 entry 1 (position 1)"),
        ("UPDATE meta SET value = 'drill' WHERE key = 'realm'", "INC-1 entry 1 (position 1)"),
        ("UPDATE meta SET value = 'both' WHERE key = 'realm'", "the journal: "),
    ] {
        let (_directory, path) = place();
        fill(&path).await;
        Connection::open(&path).unwrap().execute_batch(tampering).unwrap();
        let broken = found(&path).await;
        assert!(broken.to_string().starts_with(named), "{tampering}\nfound: {broken}\nis:    {named}");
        // The walk through one incident finds the same as the walk through all.
        let (Some(incident), Ok(journal)) = (broken.incident, Journal::open(&path, &Opening::read())) else {
            continue;
        };
        let own = journal.find_broken(incident).await.unwrap();
        assert_eq!(own.map(|own| own.seq), Some(broken.seq), "{tampering}");
    }
}

/// An incident's own walk is for whoever prints it: what is wrong with another is none of it.
#[tokio::test]
async fn what_is_wrong_with_one_incident_is_not_said_of_another() {
    let (_directory, path) = place();
    fill(&path).await;
    Connection::open(&path).unwrap().execute_batch("DELETE FROM entry WHERE position = 5").unwrap();
    let journal = Journal::open(&path, &Opening::read()).unwrap();
    for incident in [1, 3, 9] {
        assert_eq!(journal.find_broken(IncidentId(incident)).await.unwrap(), None);
    }
    assert!(journal.find_broken(IncidentId(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_type_that_does_not_belong_is_found() {
    let (_directory, path) = place();
    fill(&path).await;
    // STRICT refuses this; a damaged page does not ask.
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE \
         name = 'entry'; PRAGMA writable_schema = reset; UPDATE entry SET seq = 'x' WHERE position = 5",
    )
    .unwrap();
    drop(conn);
    let broken = found(&path).await;
    assert_eq!(broken.position, Some(5), "{broken}");
}

#[tokio::test]
async fn entries_of_a_newer_flightdeck_verify_too() {
    let (_directory, path) = place();
    fill(&path).await;
    // Appended as a newer binary would: an unknown kind, rightly chained.
    let meta = crate::store::migrate::Meta { id: open(&path).id().to_owned(), realm: Realm::Live };
    let row = crate::store::codec::Row {
        position: 13,
        incident: 4,
        seq: 1,
        at: 0,
        actor: r#"{"kind":"flightdeck"}"#.into(),
        kind: "teleported".into(),
        version: 3,
        data: r#"{"to":"mars"}"#.into(),
    };
    let hash = crate::store::chain::link(&crate::store::chain::genesis(&meta, IncidentId(4)), &row);
    let conn = Connection::open(&path).unwrap();
    conn.execute(
        "INSERT INTO entry VALUES (13, 4, 1, 0, ?1, ?2, 3, ?3, ?4)",
        rusqlite::params![row.actor, row.kind, row.data, hash],
    )
    .unwrap();
    conn.execute("INSERT INTO head VALUES (4, 1, ?1, 'new', 'P0', 'open', NULL, NULL, 'live', 0, 0)", [hash])
        .unwrap();
    drop(conn);
    let journal = open(&path);
    let verified = journal.verify().await.unwrap();
    assert_eq!((verified.entries, verified.unknown), (13, 1));
    assert!(matches!(journal.read(IncidentId(4), 0).await.unwrap()[0].event, Event::Unknown { .. }));
    journal.append(IncidentId(4), 1, vec![noted("here too")]).await.unwrap();
    assert_eq!(journal.verify().await.unwrap().entries, 14);
}

/// It stopped at the first bad entry of the first bad incident, as if the others were as they had been.
#[tokio::test]
async fn regression_what_is_wrong_with_one_incident_hid_what_is_wrong_with_the_next() {
    for (tampering, named) in [
        (
            "UPDATE entry SET at = at + 1 WHERE position IN (5, 8, 7, 10)",
            &[
                "INC-2 entry 2 (position 5): it is not as it was",
                "INC-1 entry 3 (position 7): it is not as it was",
            ][..],
        ),
        (
            "DELETE FROM entry WHERE position IN (4, 6, 12)",
            &[
                "INC-1 entry 2 (position 4): it is missing",
                "INC-3 entry 2 (position 6): it is missing",
                "the journal (position 12): an entry is missing here",
            ],
        ),
        (
            "UPDATE entry SET hash = x'00' WHERE position = 1; DELETE FROM head WHERE incident = 2; \
             UPDATE head SET title = 'x' WHERE incident = 3; UPDATE revision SET author = 'eve'; \
             UPDATE evidence SET name = 'x'",
            &["INC-1 entry 1 (position 1)", "INC-3 entry 4", "INC-2 entry 4", "the journal: evidence 'x'"],
        ),
    ] {
        let (_directory, path) = place();
        fill(&path).await;
        Connection::open(&path).unwrap().execute_batch(tampering).unwrap();
        let journal = Journal::open(&path, &Opening::read()).unwrap();
        let broken: Vec<String> =
            journal.verify().await.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(broken.len(), named.len(), "{tampering}\n{broken:#?}");
        for (broken, named) in broken.iter().zip(named) {
            assert!(broken.starts_with(named), "{tampering}\nfound: {broken}\nis:    {named}");
        }
    }
}
