//! What the journal costs, beside what the disk costs anyway: compare within one run, never across.
//!
//! `cargo bench --bench journal`

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use divan::Bencher;
use flightdeck::incident::{Actor, Event, IncidentId, Realm, Severity, Time};
use flightdeck::store::{Journal, NewEntry, Opening};
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

const FIRST: IncidentId = IncidentId(1);

/// An entry of about 300 stored bytes.
fn noted() -> NewEntry {
    let text = "support-1 answers with another customer's address again; ".repeat(5);
    let event = Event::Noted { text: text.as_str().into() };
    NewEntry { at: Time::UNIX_EPOCH, actor: Actor::person("ada"), event }
}

fn declared() -> NewEntry {
    let event = Event::Declared {
        realm: Realm::Live,
        title: "data leak".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: Time::UNIX_EPOCH,
    };
    NewEntry { at: Time::UNIX_EPOCH, actor: Actor::person("ada"), event }
}

/// On the disk that the build is on: a directory in memory would flatter everybody.
fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's directory is writable")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

fn open(path: &PathBuf) -> Journal {
    Journal::open(path, &Opening::write(Realm::Live)).expect("a journal")
}

/// A journal of 100,000 entries in 1,000 incidents.
fn large(runtime: &Runtime) -> (TempDir, PathBuf) {
    let directory = directory();
    let path = directory.path().join("journal.db");
    let journal = open(&path);
    runtime.block_on(async {
        for incident in 1..=1_000 {
            let entries = std::iter::once(declared()).chain((1..100).map(|_| noted())).collect();
            journal.append(IncidentId(incident), 0, entries).await.expect("appended");
        }
    });
    (directory, path)
}

/// What keeping a log by hand would cost: as many bytes at the end of a file, and fdatasync.
#[divan::bench(sample_count = 500)]
fn bare_append_and_fdatasync(bencher: Bencher) {
    let directory = directory();
    let mut file = File::create(directory.path().join("bare")).expect("a file");
    bencher.bench_local(|| {
        file.write_all(&[2; 400]).expect("written");
        file.sync_data().expect("synced");
    });
}

/// The floor of the disk: as many bytes into a file that has its size already, and fdatasync.
#[divan::bench(sample_count = 500)]
fn bare_overwrite_and_fdatasync(bencher: Bencher) {
    let directory = directory();
    let file = File::create(directory.path().join("bare")).expect("a file");
    file.write_all_at(&[1; 4 * 1024 * 1024], 0).expect("written");
    file.sync_all().expect("synced");
    let mut offset = 0;
    bencher.bench_local(|| {
        file.write_all_at(&[2; 400], offset % (4 * 1024 * 1024 - 400)).expect("written");
        file.sync_data().expect("synced");
        offset += 400;
    });
}

/// One entry, from the call to its acknowledgement.
#[divan::bench(sample_count = 500)]
fn append_one(bencher: Bencher) {
    let (runtime, directory) = (runtime(), directory());
    let journal = open(&directory.path().join("journal.db"));
    let mut expected = 0;
    bencher.bench_local(|| {
        let append = journal.append(FIRST, expected, vec![noted()]);
        expected = runtime.block_on(append).expect("appended")[0].seq;
    });
}

/// 64 callers at once, one entry each.
#[divan::bench(sample_count = 50)]
fn append_from_64_callers(bencher: Bencher) {
    let (runtime, directory) = (runtime(), directory());
    let journal = open(&directory.path().join("journal.db"));
    let mut expected = 0;
    bencher.bench_local(|| {
        runtime.block_on(async {
            let one = |incident| journal.append(IncidentId(incident), expected, vec![noted()]);
            let all = futures::future::join_all((1..=64).map(one)).await;
            assert!(all.iter().all(Result::is_ok));
        });
        expected += 1;
    });
}

/// What the first frame waits for.
#[divan::bench(sample_count = 50)]
fn open_and_list_1_000_incidents_of_100_entries(bencher: Bencher) {
    let runtime = runtime();
    let (_directory, path) = large(&runtime);
    bencher.bench_local(|| runtime.block_on(open(&path).heads()).expect("heads").len());
}

/// An empty journal that exists.
#[divan::bench(sample_count = 50)]
fn open_an_empty_journal(bencher: Bencher) {
    let (runtime, directory) = (runtime(), directory());
    let path = directory.path().join("journal.db");
    drop(open(&path));
    bencher.bench_local(|| runtime.block_on(open(&path).heads()).expect("heads").len());
}

/// What follows the first frame, in the chunks that a session loads.
#[divan::bench(sample_count = 10)]
fn read_100_000_entries(bencher: Bencher) {
    let runtime = runtime();
    let (_directory, path) = large(&runtime);
    let journal = open(&path);
    bencher.bench_local(|| {
        let (mut position, mut count) = (0, 0);
        loop {
            let chunk = runtime.block_on(journal.read_all_after(position, 2_000)).expect("read");
            match chunk.last() {
                Some((last, _)) => position = *last,
                None => return count,
            }
            count += chunk.len();
        }
    });
}

/// One incident of 100 entries among 1,000.
#[divan::bench(sample_count = 50)]
fn read_one_incident_of_100_entries(bencher: Bencher) {
    let runtime = runtime();
    let (_directory, path) = large(&runtime);
    let journal = open(&path);
    bencher.bench_local(|| runtime.block_on(journal.read(IncidentId(500), 0)).expect("read").len());
}

#[divan::bench(sample_count = 5)]
fn verify_100_000_entries(bencher: Bencher) {
    let runtime = runtime();
    let (_directory, path) = large(&runtime);
    let journal = open(&path);
    bencher.bench_local(|| runtime.block_on(journal.verify()).expect("verified").entries);
}
