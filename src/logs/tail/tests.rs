//! The engine from its outside: sources in, batches out.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use chrono::DateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Settings, Tail, spawn};
use crate::incident::Text;
use crate::incident::name::Time;
use crate::logs::{Happening, LogBatch, LogSource};

fn source(agent: &str, dir: &Path, path: &str) -> LogSource {
    LogSource { agent: Text::line(agent), path: dir.join(path) }
}

fn append(dir: &Path, name: &str, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(dir.join(name)).expect("opened");
    file.write_all(text.as_bytes()).expect("written");
}

fn texts(batch: &LogBatch) -> Vec<String> {
    batch.lines().map(|line| line.text.to_string()).collect()
}

/// Drives the tail by hand, three seconds a step, so that each step looks and scans.
struct Steps(Tail, Time);

impl Steps {
    fn new(sources: Vec<LogSource>) -> Self {
        Self(Tail::new(sources, Settings::default()), DateTime::UNIX_EPOCH)
    }

    fn next(&mut self) -> LogBatch {
        self.1 += Duration::from_secs(3);
        self.0.step(self.1)
    }

    /// Everything that comes within a minute, the names of the files with it.
    fn minute(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..20 {
            all.extend(self.next().lines().map(|line| {
                let name = line.source.as_str().rsplit('/').next().unwrap_or_default();
                format!("{} {name} {}", line.agent, line.text)
            }));
        }
        all
    }
}

#[test]
fn regression_a_line_that_was_there_before_got_the_time_at_which_it_was_read() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "a.log", "was there\n2026-05-04T12:00:00Z with a time\nis not finished");
    let mut steps = Steps::new(vec![source("a", dir.path(), "a.log"), source("a", dir.path(), "later.log")]);
    let written = |batch: &LogBatch| batch.lines().map(|l| l.written().is_some()).collect::<Vec<_>>();
    let first = steps.next();
    assert_eq!(texts(&first)[0], "was there");
    assert_eq!(written(&first), [false, true], "{first:?}");
    let unfinished = steps.next();
    assert_eq!((texts(&unfinished), written(&unfinished)), (vec!["is not finished".to_owned()], vec![false]));
    append(dir.path(), "a.log", "\ncame now\n");
    append(dir.path(), "later.log", "in a new file\n");
    for batch in [steps.next(), steps.next()] {
        for line in batch.lines().filter(|line| !line.is_empty()) {
            assert_eq!(line.written(), Some(line.seen), "{line:?}");
        }
    }
}

#[test]
fn a_pattern_picks_up_a_new_file_from_its_beginning() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut steps = Steps::new(vec![source("a", dir.path(), "*.log")]);
    let first = steps.next();
    assert_eq!(first.notices[0].what, Happening::NoMatch);
    assert!(first.notices[0].to_string().ends_with("*.log yet; waiting for one"), "{}", first.notices[0]);
    append(dir.path(), "x.log", "1\n2\n");
    assert_eq!(steps.minute(), ["a x.log 1", "a x.log 2"]);
    append(dir.path(), "y.log", "3\n");
    assert_eq!(steps.minute(), ["a y.log 3"]);
    fs::remove_file(dir.path().join("x.log")).expect("removed");
    steps.minute();
    assert_eq!(steps.0.files.len(), 1, "a file that is gone for good is not waited for");
}

#[test]
fn a_pattern_that_finds_rotated_siblings_gives_every_line_once() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "app.log.1", "old\n");
    append(dir.path(), "app.log", "0\n");
    let mut steps = Steps::new(vec![source("a", dir.path(), "app.log*")]);
    assert_eq!(steps.minute(), ["a app.log 0", "a app.log.1 old"]);
    let mut wanted = Vec::new();
    let mut seen = Vec::new();
    for turn in 1..5 {
        for number in (1..=turn).rev() {
            let name = |number: usize| dir.path().join(format!("app.log.{number}"));
            fs::rename(name(number), name(number + 1)).expect("renamed");
        }
        fs::rename(dir.path().join("app.log"), dir.path().join("app.log.1")).expect("renamed");
        append(dir.path(), "app.log.1", &format!("late {turn}\n"));
        append(dir.path(), "app.log", &format!("{turn}\n"));
        seen.extend(steps.minute());
        // Long after the linger, and still by the name it has now.
        append(dir.path(), "app.log.1", &format!("later {turn}\n"));
        seen.extend(steps.minute());
        wanted.extend([
            format!("a app.log late {turn}"),
            format!("a app.log {turn}"),
            format!("a app.log.1 later {turn}"),
        ]);
    }
    assert_eq!(seen, wanted);
}

#[test]
fn one_file_under_two_names_is_read_once_for_each_agent() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "real.log", "1\n");
    std::os::unix::fs::symlink("real.log", dir.path().join("now.log")).expect("linked");
    let path = dir.path();
    let mut steps = Steps::new(vec![
        source("a", path, "real.log"),
        source("a", path, "*.log"),
        source("b", path, "now.log"),
        source("b", path, "now.log"),
    ]);
    assert_eq!(steps.minute(), ["a real.log 1", "b now.log 1"]);
}

#[test]
fn a_file_that_pours_does_not_silence_the_others() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "loud.log", &"noise\n".repeat(10 * Tail::LINES_MAX));
    append(dir.path(), "quiet.log", "word\n");
    let settings = Settings { tail_lines: usize::MAX, ..Settings::default() };
    let path = dir.path();
    let sources = vec![source("a", path, "loud.log"), source("b", path, "quiet.log")];
    let mut tail = Tail::new(sources, settings);
    let now = DateTime::UNIX_EPOCH;
    let first = texts(&tail.step(now));
    assert_eq!(first.len(), Tail::LINES_MAX);
    assert_eq!(tail.wait(), Duration::ZERO, "there is more");
    assert_eq!(first.iter().filter(|line| *line == "word").count(), 1);
}

#[test]
fn a_batch_is_bounded_by_its_weight_too() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "a.log", &("x".repeat(60_000) + "\n").repeat(900));
    let settings = Settings { tail_lines: usize::MAX, ..Settings::default() };
    let mut tail = Tail::new(vec![source("a", dir.path(), "a.log")], settings);
    let batch = tail.step(DateTime::UNIX_EPOCH);
    assert!(batch.blocks.iter().map(|block| block.weight()).sum::<usize>() < 2 * Tail::WEIGHT_MAX);
}

/// The clock of the paused runtime.
fn clock() -> impl Fn() -> Time + Send + 'static {
    let begin = Instant::now();
    move || DateTime::UNIX_EPOCH + begin.elapsed()
}

async fn next(lines: &mut mpsc::Receiver<LogBatch>) -> LogBatch {
    let batch = timeout(Duration::from_secs(600), lines.recv()).await;
    batch.expect("within ten virtual minutes").expect("the tail lives")
}

#[tokio::test(start_paused = true)]
async fn lines_come_as_they_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "a.log", "{\"msg\":\"one\",\"level\":\"warn\"}\n");
    let (out, mut batches) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let sources = vec![source("a", dir.path(), "a.log"), source("b", dir.path(), "b.log")];
    let task = spawn(sources, Settings::default(), clock(), out, cancel.clone());
    let first = next(&mut batches).await;
    assert_eq!(texts(&first), ["one"]);
    assert_eq!(first.notices[0].what, Happening::Missing);
    assert!(first.notices[0].to_string().ends_with("b.log is missing; waiting for it"));
    append(dir.path(), "a.log", "two\n");
    assert_eq!(texts(&next(&mut batches).await), ["two"]);
    append(dir.path(), "b.log", "three\n");
    let third = next(&mut batches).await;
    assert_eq!((texts(&third), third.blocks[0].agent(0).as_str()), (vec!["three".to_owned()], "b"));
    cancel.cancel();
    task.await.expect("ends when cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_slow_receiver_loses_nothing_even_across_rotations() {
    let dir = tempfile::tempdir().expect("a directory");
    append(dir.path(), "a.log", "0\n");
    let (out, mut batches) = mpsc::channel(1);
    let sources = vec![source("a", dir.path(), "a.log")];
    let task = spawn(sources, Settings::default(), clock(), out, CancellationToken::new());
    for turn in 1..30 {
        tokio::time::sleep(Duration::from_secs(30)).await;
        fs::rename(dir.path().join("a.log"), dir.path().join(format!("a.log.{turn}"))).expect("renamed");
        append(dir.path(), "a.log", &format!("{turn}\n"));
    }
    let mut seen = Vec::new();
    while seen.len() < 30 {
        seen.extend(next(&mut batches).await.lines().map(|line| line.text.to_string()));
    }
    assert_eq!(seen, (0..30).map(|turn| turn.to_string()).collect::<Vec<_>>());
    drop(batches);
    task.await.expect("ends when nobody listens");
}
