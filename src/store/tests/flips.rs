//! One byte of the file is flipped: it is found, or nothing is missing.

use super::*;
use crate::store::{EvidenceFile, Head, NewRevision, Revision};

/// Everything a journal holds.
#[derive(PartialEq)]
struct Content {
    realm: Realm,
    entries: Vec<(u64, Entry)>,
    heads: Vec<Head>,
    revisions: Vec<Revision>,
    evidence: Option<EvidenceFile>,
}

async fn fill(path: &PathBuf) -> String {
    let journal = open(path);
    for incident in 1..=4 {
        journal.append(IncidentId(incident), 0, vec![declared("leak")]).await.unwrap();
        for n in 1..30 {
            let text = format!("note {n} of {incident}: {}", "x".repeat(usize::try_from(n * 7).unwrap()));
            journal.append(IncidentId(incident), n, vec![noted(&text)]).await.unwrap();
        }
    }
    let revision = NewRevision {
        incident: FIRST,
        at: at(0),
        author: "ada".into(),
        language: "en".into(),
        draft: false,
        after: None,
        text: "what happened ".repeat(500),
    };
    journal.save_revision(revision).await.unwrap();
    journal.store_evidence(&"logs".into(), at(0), b"0123456789".repeat(1_000)).await.unwrap()
}

/// What is read from a file, or none when something is found to be wrong with it.
async fn read(path: &PathBuf, sha256: &str) -> Option<Content> {
    let journal = Journal::open(path, &Opening::read()).ok()?;
    journal.verify().await.ok()?;
    Some(Content {
        realm: journal.realm(),
        entries: journal.read_all_after(0, 10_000).await.ok()?,
        heads: journal.heads().await.ok()?,
        revisions: journal.revisions(FIRST).await.ok()?,
        evidence: journal.evidence(sha256).await.ok()?,
    })
}

#[tokio::test]
async fn a_flipped_byte_is_found_or_hits_nothing() {
    let (directory, path) = place();
    let sha256 = fill(&path).await;
    let whole = read(&path, &sha256).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let flipped = directory.path().join("flipped.db");
    let (mut found, mut harmless) = (0, 0);
    // A prime step, so that every place within a page is hit; and the whole of the header.
    for offset in (0..100).chain((100..bytes.len()).step_by(71)) {
        let mut copy = bytes.clone();
        copy[offset] ^= 1 << (offset % 8);
        std::fs::write(&flipped, copy).unwrap();
        match read(&flipped, &sha256).await {
            None => found += 1,
            Some(content) => {
                assert!(content == whole, "byte {offset} was flipped and nothing was said");
                harmless += 1;
            }
        }
    }
    assert!(found > harmless, "found {found}, harmless {harmless}");
}

#[tokio::test]
async fn a_flipped_byte_in_an_entry_names_the_entry() {
    let (_directory, path) = place();
    fill(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let needle = b"note 17 of 3:";
    let place = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[place + 5] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let broken = open(&path).verify().await.unwrap_err().remove(0);
    assert_eq!((broken.incident, broken.seq), (Some(IncidentId(3)), Some(18)), "{broken}");
}

#[tokio::test]
async fn a_page_of_zeros_names_the_first_entry_that_was_on_it() {
    let (_directory, path) = place();
    fill(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let needle = b"note 17 of 3:";
    let place = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    let page = place / 4096 * 4096;
    bytes[page..page + 4096].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let broken = open(&path).verify().await.unwrap_err().remove(0);
    assert_eq!(broken.incident, Some(IncidentId(3)), "{broken}");
    assert!(broken.seq.is_some_and(|seq| seq <= 18), "{broken}");
}
