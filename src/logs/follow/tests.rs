//! A follower against everything that happens to log files, step by step and without waiting.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use super::{Follower, Found, Patience, Start};
use crate::incident::name::Time;
use crate::logs::batch::Happening;
use crate::logs::ledger::Ledger;

/// One followed path in a directory that goes away.
struct Bench {
    dir: tempfile::TempDir,
    follower: Follower,
    ledger: Ledger,
    now: Time,
    buf: Vec<u8>,
    lines: Vec<(u64, String)>,
    happenings: Vec<Happening>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Start::Tail(10), |_| {})
    }

    fn with(start: Start, before: impl FnOnce(PathBuf)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.log");
        before(path.clone());
        let patience = Patience { linger: Duration::from_secs(10), unfinished: Duration::from_secs(2) };
        Self {
            follower: Follower::new(path, start, patience),
            dir,
            ledger: Ledger::default(),
            now: DateTime::UNIX_EPOCH,
            buf: vec![0; 4 * 1024],
            lines: Vec::new(),
            happenings: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        append(&self.path(name), bytes.as_ref());
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("renamed");
    }

    fn look(&mut self) {
        let (lines, happenings) = (&mut self.lines, &mut self.happenings);
        self.follower.look(self.now, &mut self.ledger, &mut |found| note(lines, happenings, found));
    }

    /// Looks and reads until nothing more is there.
    fn poll(&mut self) {
        self.look();
        self.read();
    }

    fn read(&mut self) {
        loop {
            let (lines, happenings) = (&mut self.lines, &mut self.happenings);
            let mut room = 7;
            self.follower.read(self.now, &mut self.buf, &mut room, &mut self.ledger, &mut |found| {
                note(lines, happenings, found);
            });
            if self.follower.is_caught_up() {
                return;
            }
        }
    }

    fn poll_after(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.poll();
    }

    /// What came since this was asked last.
    fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines).into_iter().map(|(_, line)| line).collect()
    }

    fn happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }
}

fn note(lines: &mut Vec<(u64, String)>, happenings: &mut Vec<Happening>, found: Found<'_>) {
    match found {
        Found::Lines(some) => {
            some.each(|line| lines.push((line.offset, String::from_utf8_lossy(line.bytes).into_owned())))
        }
        Found::Happening(what) => happenings.push(what),
    }
}

fn append(path: &PathBuf, bytes: &[u8]) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("opened");
    file.write_all(bytes).expect("written");
}

/// The cause: when an emptied file was read, all that lay beside it was taken for copies of it.
#[test]
fn a_file_that_came_and_went_after_the_one_before_it_was_emptied_is_no_copy_of_that() {
    let mut bench = Bench::new();
    bench.append("a.log", "one\n");
    bench.poll();
    fs::copy(bench.path("a.log"), bench.path("a.log.1")).expect("copied");
    fs::write(bench.path("a.log"), "2\n").expect("emptied");
    bench.look();
    for line in ["three\n", "four\n"] {
        for (from, to) in [("a.log.2", "a.log.3"), ("a.log.1", "a.log.2"), ("a.log", "a.log.1")] {
            let _ = fs::rename(bench.path(from), bench.path(to));
        }
        bench.append("a.log", line);
    }
    bench.read();
    bench.poll();
    assert_eq!(bench.lines(), ["one", "2", "three", "four"]);
}

#[test]
fn appends_in_pieces_become_whole_lines() {
    let mut bench = Bench::new();
    bench.append("a.log", "one\ntw");
    bench.poll();
    assert_eq!(bench.lines(), ["one"]);
    bench.append("a.log", "o\r\n\nthree");
    bench.poll();
    assert_eq!(bench.lines, [(4, "two\r".to_owned()), (9, String::new())]);
    assert_eq!(bench.lines().len(), 2);
    bench.append("a.log", "\n");
    bench.poll();
    assert_eq!(bench.lines(), ["three"]);
    assert_eq!(bench.happenings(), []);
}

#[test]
fn a_line_without_end_is_held_back_and_given_out_when_nothing_follows() {
    let mut bench = Bench::new();
    bench.append("a.log", "no end");
    bench.poll();
    bench.poll_after(1);
    assert_eq!(bench.lines(), [""; 0]);
    bench.poll_after(1);
    assert_eq!(bench.lines(), ["no end"]);
    bench.append("a.log", "\nnext\n");
    bench.poll();
    assert_eq!(bench.lines(), ["next"]);
}

#[test]
fn an_existing_file_begins_with_its_last_lines() {
    for (content, tail, wanted) in [
        ("a\nb\nc\n", 2, vec!["b", "c"]),
        ("a\nb\nc\nd", 2, vec!["c", "d"]),
        ("a\nb\n", 9, vec!["a", "b"]),
        ("\n\n\n", 2, vec!["", ""]),
        ("a\nb\n", 0, vec![]),
        ("", 5, vec![]),
    ] {
        let mut bench = Bench::with(Start::Tail(tail), |path| append(&path, content.as_bytes()));
        bench.poll();
        bench.poll_after(3);
        assert_eq!(bench.lines(), wanted, "{content:?}");
    }
}

#[test]
fn a_file_of_many_gigabytes_is_not_read_to_find_its_end() {
    let size = 8 << 30;
    let mut bench = Bench::with(Start::Tail(2), |path| {
        let mut file = File::create(path).expect("created");
        file.set_len(size).expect("sparse");
        file.seek(SeekFrom::End(0)).expect("sought");
        file.write_all(b"\nlast but one\nlast\n").expect("written");
    });
    bench.poll();
    assert_eq!(bench.lines, [(size + 1, "last but one".to_owned()), (size + 14, "last".to_owned())]);
}

#[test]
fn rename_and_create_loses_nothing_that_is_still_written_to_the_old_file() {
    let mut bench = Bench::new();
    bench.append("a.log", "1\n");
    bench.poll();
    bench.append("a.log", "2\n");
    bench.rename("a.log", "a.log.1");
    bench.append("a.log", "");
    bench.append("a.log.1", "3\n");
    bench.poll();
    bench.append("a.log.1", "4\n");
    bench.poll_after(9);
    bench.append("a.log.1", "5\n");
    bench.append("a.log", "6\n");
    bench.poll_after(9);
    assert_eq!(bench.lines(), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(bench.happenings(), [Happening::Rotated]);
    bench.poll_after(11);
    bench.append("a.log", "7\n");
    bench.poll();
    assert_eq!(bench.lines(), ["7"]);
}

#[test]
fn rotations_are_caught_while_there_is_no_room_to_read() {
    let mut bench = Bench::new();
    bench.append("a.log", "0\n");
    bench.look();
    for turn in 1..20 {
        bench.rename("a.log", &format!("a.log.{turn}"));
        bench.append("a.log", format!("{turn}\n"));
        bench.now += Duration::from_secs(60);
        bench.look();
    }
    assert_eq!(bench.lines(), [""; 0]);
    bench.poll();
    assert_eq!(bench.lines(), (0..20).map(|turn| turn.to_string()).collect::<Vec<_>>());
}

#[test]
fn too_many_unread_rotations_are_counted_as_lost() {
    let mut bench = Bench::new();
    bench.append("a.log", "0\n");
    bench.look();
    for turn in 1..=64 {
        bench.rename("a.log", &format!("a.log.{turn}"));
        bench.append("a.log", format!("{turn}\n"));
        bench.look();
    }
    assert_eq!(bench.happenings().last(), Some(&Happening::Abandoned { lost: 2 }));
    bench.poll();
    assert_eq!(bench.lines().len(), 64);
}

#[test]
fn copytruncate_begins_again_and_says_what_is_lost() {
    let mut bench = Bench::new();
    bench.append("a.log", "1\n2\nunfinished");
    bench.poll();
    assert_eq!(bench.lines(), ["1", "2"]);
    File::create(bench.path("a.log")).expect("truncated");
    bench.poll();
    assert_eq!(bench.lines(), ["unfinished"]);
    assert_eq!(bench.happenings(), [Happening::Truncated { lost: 0 }]);
    bench.append("a.log", "3\n");
    bench.poll();
    assert_eq!(bench.lines, [(0, "3".to_owned())]);
    bench.lines();
    bench.append("a.log", "seen but not read\n");
    bench.look();
    File::create(bench.path("a.log")).expect("truncated");
    bench.append("a.log", "4\n");
    bench.poll();
    assert_eq!(bench.lines(), ["4"]);
    assert_eq!(bench.happenings(), [Happening::Truncated { lost: 18 }]);
}

#[test]
fn a_file_truncated_and_grown_beyond_the_old_end_between_two_looks_is_noticed() {
    let mut bench = Bench::new();
    bench.append("a.log", "1\n2\n");
    bench.poll();
    bench.lines();
    fs::write(bench.path("a.log"), "x\ny\nmore than before\n").expect("rewritten");
    bench.poll();
    assert_eq!(bench.lines(), ["x", "y", "more than before"]);
    assert_eq!(bench.happenings(), [Happening::Truncated { lost: 0 }]);
}

#[test]
fn a_writer_that_keeps_its_offset_across_truncation_leaves_a_hole_that_is_no_text() {
    let mut bench = Bench::new();
    let mut writer = File::create(bench.path("a.log")).expect("created");
    writer.write_all(b"1\n2\n").expect("written");
    bench.poll();
    writer.set_len(0).expect("truncated");
    bench.poll();
    writer.write_all(b"3\n").expect("written");
    bench.poll();
    assert_eq!(bench.lines(), ["1", "2", "3"]);
    writer.set_len(0).expect("truncated");
    writer.write_all(b"4\n").expect("written at once");
    bench.poll();
    assert_eq!(bench.lines(), ["4"]);
    assert_eq!(bench.happenings().len(), 2);
}

#[test]
fn a_missing_file_is_read_from_its_beginning_when_it_comes() {
    let mut bench = Bench::with(Start::Tail(1), |_| {});
    bench.poll();
    bench.poll();
    assert_eq!(bench.happenings(), [Happening::Missing]);
    bench.append("a.log", "1\n2\n3\n");
    bench.poll();
    assert_eq!(bench.lines(), ["1", "2", "3"]);
    assert_eq!(bench.happenings(), [Happening::Appeared]);
}

#[test]
fn a_deleted_file_is_read_to_its_end_and_its_successor_from_the_beginning() {
    let mut bench = Bench::new();
    bench.append("a.log", "1\n");
    bench.poll();
    let mut writer = OpenOptions::new().append(true).open(bench.path("a.log")).expect("opened");
    fs::remove_file(bench.path("a.log")).expect("removed");
    writer.write_all(b"2\n").expect("written");
    bench.poll();
    assert_eq!(bench.happenings(), [Happening::Missing]);
    bench.poll_after(60);
    bench.poll_after(60);
    assert!(bench.follower.is_over(), "a deleted file is not held open: its space is needed");
    bench.append("a.log", "3\n");
    bench.poll();
    assert_eq!(bench.lines(), ["1", "2", "3"]);
    assert_eq!(bench.happenings(), [Happening::Returned]);
}

#[test]
fn a_file_moved_away_and_back_goes_on_where_it_was() {
    for absent in [0, 60] {
        let mut bench = Bench::new();
        bench.append("a.log", "1\n");
        bench.poll();
        bench.rename("a.log", "b.log");
        bench.append("b.log", "2\nhal");
        bench.poll();
        bench.poll_after(absent);
        bench.poll_after(absent);
        bench.append("b.log", "f\n3\n");
        bench.rename("b.log", "a.log");
        bench.poll();
        let halves = if absent == 0 { vec!["half"] } else { vec!["hal", "f"] };
        assert_eq!(bench.lines(), [vec!["1", "2"], halves, vec!["3"]].concat());
        assert_eq!(bench.happenings(), [Happening::Missing, Happening::Returned]);
    }
}

#[test]
fn a_symbolic_link_that_is_turned_is_a_rotation() {
    let mut bench = Bench::new();
    bench.append("day1", "1\n");
    bench.append("day2", "2\n");
    std::os::unix::fs::symlink("day1", bench.path("a.log")).expect("linked");
    bench.poll();
    std::os::unix::fs::symlink("day2", bench.path("new")).expect("linked");
    bench.rename("new", "a.log");
    bench.poll();
    assert_eq!(bench.lines(), ["1", "2"]);
    assert_eq!(bench.happenings(), [Happening::Rotated]);
}

#[test]
fn what_is_no_file_is_said_once_and_never_opened() {
    let mut bench = Bench::new();
    fs::create_dir(bench.path("a.log")).expect("a directory");
    bench.poll();
    bench.poll();
    let [Happening::Unreadable { why }] = &bench.happenings()[..] else { panic!("one notice") };
    assert_eq!(why, "it is not a file");
}

#[test]
fn long_and_broken_lines_come_through() {
    let mut bench = Bench::new();
    bench.append("a.log", [b"bad \xff\n".to_vec(), vec![b'x'; 1 << 20], b"\nend\n".to_vec()].concat());
    bench.poll();
    let lines = bench.lines();
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [7, 1 << 20, 3]);
    assert_eq!(lines[0], "bad \u{fffd}");
}

/// What may happen between two looks.
#[derive(Debug, Clone)]
enum Step {
    /// Pieces of lines, each its own, and line ends (true).
    Write(Vec<bool>),
    WriteOld,
    Rotate,
    Look,
    Poll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => proptest::collection::vec(any::<bool>(), 0..9).prop_map(Step::Write),
        1 => Just(Step::WriteOld),
        1 => Just(Step::Rotate),
        1 => Just(Step::Look),
        3 => Just(Step::Poll),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each file that stood at the path gives its lines once and in order, whatever the interleaving.
    #[test]
    fn every_line_once_and_in_order(steps in steps()) {
        let mut bench = Bench::with(Start::Beginning, |path| append(&path, b""));
        let mut written = vec![String::new()];
        let mut pieces = 0;
        for step in steps {
            let newest = written.len() - 1;
            let mut piece = |file: usize| {
                pieces += 1;
                format!("f{file}:{pieces} ")
            };
            match step {
                Step::Write(ends) => {
                    let text: String =
                        ends.into_iter().map(|end| if end { "\n".to_owned() } else { piece(newest) }).collect();
                    bench.append("a.log", &text);
                    written[newest].push_str(&text);
                }
                Step::WriteOld if newest > 0 => {
                    let text = piece(newest - 1) + "\n";
                    bench.append(&format!("a.log.{}", newest - 1), &text);
                    written[newest - 1].push_str(&text);
                }
                Step::WriteOld => {}
                Step::Rotate => {
                    // Two rotations between two looks hide the file in the middle from everybody.
                    bench.look();
                    bench.rename("a.log", &format!("a.log.{newest}"));
                    bench.append("a.log", "");
                    written.push(String::new());
                }
                Step::Look => bench.look(),
                Step::Poll => bench.poll(),
            }
        }
        bench.poll();
        bench.poll_after(60);
        bench.poll_after(60);
        let seen = bench.lines();
        for (file, text) in written.iter().enumerate() {
            let of_file: Vec<_> = seen.iter().filter(|line| line.starts_with(&format!("f{file}:"))).collect();
            prop_assert_eq!(of_file, text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>());
        }
        let blank = |line: &&str| line.is_empty();
        let blank_written = written.iter().flat_map(|text| text.lines()).filter(blank).count();
        prop_assert_eq!(seen.iter().map(String::as_str).filter(blank).count(), blank_written);
        prop_assert_eq!(bench.happenings().len(), written.len() - 1);
    }
}
