//! A writer that records what it wrote, against a follower that looks whenever it gets to.
//!
//! The two run on threads of their own and wait for each other only where the file system itself
//! would hide what happened: then the writer waits for a look, never for a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Condition, Follower, Found, Patience, Start};
use crate::incident::name::Time;
use crate::logs::batch::Happening;
use crate::logs::ledger::Ledger;

/// Rotated files that the writer keeps.
const KEPT: u64 = 6;

/// What the writer and the follower know of each other.
#[derive(Default)]
struct Shared {
    /// Looks at the path that were finished.
    looks: AtomicU64,
    /// Those that saw a file there.
    sights: AtomicU64,
    /// Lines that were read.
    read: AtomicU64,
    done: AtomicBool,
    /// Every line the writer finished, in order.
    written: Mutex<Vec<String>>,
}

impl Shared {
    fn wait(&self, what: &str, until: impl Fn() -> bool) {
        let begun = Instant::now();
        while !until() {
            assert!(begun.elapsed() < Duration::from_secs(120), "the follower never {what}");
            thread::yield_now();
        }
    }

    /// Until the follower has begun and finished a look after now.
    fn wait_for_a_look(&self) {
        let seen = self.looks.load(Ordering::Acquire);
        self.wait("looked", || self.looks.load(Ordering::Acquire) >= seen + 2);
    }

    /// Until it has seen a file in such a look.
    fn wait_for_a_sight(&self) {
        let seen = self.sights.load(Ordering::Acquire);
        self.wait("saw", || self.sights.load(Ordering::Acquire) >= seen + 2);
    }
}

/// Ends the follower, also when the writer panics.
struct End<'a>(&'a Shared);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::Release);
    }
}

/// What the writer does to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rotation {
    /// `a.log` to `a.log.1`, that to `a.log.2`: several may pass between two looks.
    Rename,
    /// Deleted, and made again.
    Delete,
    /// Deleted, and absent for a while.
    Absent,
    /// A link is turned to another file.
    Turn,
    /// Copied and emptied in place, once everything in it is read.
    Truncate,
}

struct Writer<'a> {
    dir: PathBuf,
    shared: &'a Shared,
    rng: fastrand::Rng,
    file: File,
    lines: u64,
    rotations: u64,
    /// How many sights there had been at each of the last renames.
    renames: Vec<u64>,
}

impl Writer<'_> {
    fn path(&self) -> PathBuf {
        self.dir.join("a.log")
    }

    /// Writes some lines, torn anywhere.
    fn write(&mut self) {
        for _ in 0..self.rng.usize(0..6) {
            let text = format!("{:08} {}", self.lines, "x".repeat(self.rng.usize(0..90)));
            self.lines += 1;
            let at = self.rng.usize(0..=text.len());
            let _ = self.file.write_all(&text.as_bytes()[..at]);
            if self.rng.bool() {
                thread::yield_now();
            }
            self.file.write_all(format!("{}\n", &text[at..]).as_bytes()).expect("written");
            self.shared.written.lock().expect("no writer panicked").push(text);
        }
    }

    fn create(&mut self) {
        self.file = OpenOptions::new().create(true).append(true).open(self.path()).expect("opened");
    }

    /// Moves each rotated file on by one; the oldest goes.
    fn shift(&self) {
        for number in (1..KEPT).rev() {
            let name = |number: u64| self.dir.join(format!("a.log.{number}"));
            let _ = fs::rename(name(number), name(number + 1));
        }
    }

    fn rotate(&mut self, how: Rotation) {
        self.rotations += 1;
        match how {
            Rotation::Rename => {
                // As many as are kept may pass unseen; one more would be gone.
                let sights = self.shared.sights.load(Ordering::Acquire);
                self.renames.retain(|at| sights < at + 2);
                if self.renames.len() as u64 + 2 >= KEPT {
                    self.shared.wait_for_a_sight();
                    self.renames.clear();
                }
                self.shift();
                fs::rename(self.path(), self.dir.join("a.log.1")).expect("renamed");
                // It goes on writing to the old one until it reopens.
                self.write();
                self.create();
                self.renames.push(self.shared.sights.load(Ordering::Acquire));
            }
            Rotation::Delete | Rotation::Absent => {
                self.shared.wait_for_a_sight();
                fs::remove_file(self.path()).expect("removed");
                self.write();
                if how == Rotation::Absent {
                    self.shared.wait_for_a_look();
                }
                self.create();
            }
            Rotation::Turn => {
                self.shared.wait_for_a_sight();
                let target = self.dir.join(format!("day-{}", self.rotations));
                self.file = OpenOptions::new().create(true).append(true).open(&target).expect("opened");
                let link = self.dir.join("next");
                std::os::unix::fs::symlink(&target, &link).expect("linked");
                fs::rename(link, self.path()).expect("turned");
            }
            Rotation::Truncate => {
                // Otherwise lines are lost by design; that those are counted is tested beside this.
                let lines = self.lines;
                self.shared.wait("read", || self.shared.read.load(Ordering::Acquire) == lines);
                self.shift();
                fs::copy(self.path(), self.dir.join("a.log.1")).expect("copied");
                OpenOptions::new().write(true).truncate(true).open(self.path()).expect("emptied");
                self.shared.wait_for_a_look();
            }
        }
    }
}

/// Follows until the writer is done and nothing more comes; what was read and what happened.
fn follow(path: &Path, shared: &Shared) -> (Vec<String>, Vec<Happening>) {
    let patience = Patience { linger: Duration::from_secs(3_600), unfinished: Duration::from_secs(3_600) };
    let mut follower = Follower::new(path.to_owned(), Start::Beginning, patience);
    let (mut ledger, mut buf) = (Ledger::default(), vec![0; 16 * 1024]);
    let (mut lines, mut happenings) = (Vec::new(), Vec::new());
    loop {
        let last = shared.done.load(Ordering::Acquire);
        let now = Time::UNIX_EPOCH;
        let mut sink = |found: Found<'_>| match found {
            Found::Lines(some) => {
                some.each(|line| lines.push(String::from_utf8_lossy(line.bytes).into_owned()));
            }
            Found::Happening(what) => happenings.push(what),
        };
        follower.look(now, &mut ledger, &mut sink);
        shared.looks.fetch_add(1, Ordering::AcqRel);
        if follower.condition == Condition::Open {
            shared.sights.fetch_add(1, Ordering::AcqRel);
        }
        // Not always to the end: reading may be held up while files come and go.
        let mut room = if last { usize::MAX } else { 200 };
        while room > 0 && !follower.is_caught_up() {
            let before = room;
            follower.read(now, &mut buf, &mut room, &mut ledger, &mut sink);
            if room == before {
                break;
            }
        }
        while last && !follower.is_caught_up() {
            follower.read(now, &mut buf, &mut usize::MAX.clone(), &mut ledger, &mut sink);
        }
        shared.read.store(lines.len() as u64, Ordering::Release);
        if last {
            return (lines, happenings);
        }
    }
}

fn torture(seed: u64, rotations: u64, ways: &[Rotation]) -> Vec<Happening> {
    let dir = tempfile::tempdir().expect("a directory");
    let shared = Shared::default();
    let path = dir.path().join("a.log");
    let turns = ways.contains(&Rotation::Turn);
    if turns {
        File::create(dir.path().join("day-0")).expect("created");
        std::os::unix::fs::symlink(dir.path().join("day-0"), &path).expect("linked");
    }
    let file = OpenOptions::new().create(true).append(true).open(&path).expect("opened");
    let mut writer = Writer {
        dir: dir.path().to_owned(),
        shared: &shared,
        rng: fastrand::Rng::with_seed(seed),
        file,
        lines: 0,
        rotations: 0,
        renames: Vec::new(),
    };
    let (read, happenings) = thread::scope(|scope| {
        let follower = scope.spawn(|| follow(&path, &shared));
        let end = End(&shared);
        // What is there when it is first looked at is old; rotation before that is not its business.
        shared.wait_for_a_sight();
        for _ in 0..rotations {
            writer.write();
            let way = ways[writer.rng.usize(0..ways.len())];
            writer.rotate(way);
        }
        writer.write();
        drop(end);
        follower.join().expect("the follower ends")
    });
    let written = shared.written.lock().expect("no writer panicked");
    let told = || &happenings[happenings.len().saturating_sub(5)..];
    if let Some(at) = read.iter().zip(written.iter()).position(|(read, written)| read != written) {
        let later = read[at..].contains(&written[at]);
        let again = read[..at].contains(&read[at]);
        panic!(
            "seed {seed}: {} where {} was written as line {at} of {}; it comes later: {later}; doubled: {again}; {:?}",
            read[at],
            written[at],
            written.len(),
            told(),
        );
    }
    assert_eq!(read.len(), written.len(), "seed {seed}: {:?}", told());
    happenings
}

#[test]
fn thousands_of_renames_lose_and_double_nothing_however_many_pass_between_two_looks() {
    for seed in 0..2 {
        let happenings = torture(seed, 1_500, &[Rotation::Rename]);
        assert!(!happenings.contains(&Happening::Overtaken), "seed {seed}");
    }
}

#[test]
fn files_that_are_deleted_emptied_and_made_again_lose_and_double_nothing() {
    use Rotation::{Absent, Delete, Rename, Truncate};
    for seed in 10..13 {
        torture(seed, 400, &[Rename, Delete, Absent, Truncate]);
    }
}

#[test]
fn a_link_that_is_turned_again_and_again_loses_and_doubles_nothing() {
    for seed in 20..22 {
        torture(seed, 400, &[Rotation::Turn]);
    }
}
