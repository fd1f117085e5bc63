//! A flood all the way from a writer to what people see: every line comes once and in order, or is
//! counted as one that did not come.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::app::log::{KEPT, LogView};
use crate::logs::{self, LogSource, Settings};

/// Lines that are written: some seconds of the worst flood.
const LINES: usize = 300_000;
/// Messages that a screen may lag behind: few, so that the slow one does.
const CAPACITY: usize = 4;
/// Longer than any of it takes on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(120);

fn line(number: usize) -> String {
    format!("{{\"n\":{number},\"pad\":\"{}\"}}\n", "x".repeat(number * 7 % 200))
}

/// Writes numbered lines as fast as it can, torn anywhere, into a file that is rotated now and then.
/// The first one is there already.
fn pour(path: &Path) {
    let mut file = File::options().append(true).open(path).expect("a file");
    let mut held = Vec::new();
    for number in 1..LINES {
        held.extend_from_slice(line(number).as_bytes());
        if number % 97 == 0 {
            let torn = held.len() - number % 40;
            file.write_all(&held[..torn]).expect("written");
            held.drain(..torn);
        }
        if number % 100_000 == 99_999 {
            file.write_all(&std::mem::take(&mut held)).expect("written");
            fs::rename(path, path.with_extension(format!("log.{number}"))).expect("rotated");
            file = File::create(path).expect("a file");
        }
    }
    file.write_all(&held).expect("written");
}

/// The number that a line was written with.
fn number(line: &[u8]) -> usize {
    let digits = line.iter().skip(b"{\"n\":".len()).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// What one person's screen took in.
#[derive(Default)]
struct Screen {
    log: LogView,
    heard: Heard,
    seen: Vec<usize>,
}

impl Screen {
    /// Takes news as a session does.
    fn take(&mut self, news: &Feed) {
        let Feed::Lines(blocks, before) = news else { return };
        self.log.dropped += self.heard.lines(blocks, *before);
        self.log.extend(blocks);
        let lines = blocks.iter().flat_map(|block| (0..block.len()).map(|place| number(block.bytes(place))));
        self.seen.extend(lines);
    }

    /// Everything that was written is on it, let go of, or said to be missing.
    fn accounted(&self) -> u64 {
        self.log.len() as u64 + self.log.let_go() + self.log.dropped
    }

    fn kept(&self) -> Vec<usize> {
        self.log.lines().map(|line| number(line.bytes())).collect()
    }
}

async fn follow(path: PathBuf, feed: broadcast::Sender<Feed>, cancel: CancellationToken) {
    let (out, mut batches) = mpsc::channel(4);
    let sources = vec![LogSource { agent: Text::line("a"), path }];
    let follower = logs::spawn(sources, Settings::default(), chrono::Utc::now, out, cancel);
    let mut told = 0;
    while let Some(batch) = batches.recv().await {
        assert_eq!(batch.lost_bytes, 0);
        let lines = count(&batch.blocks);
        // Nobody may be listening any more.
        drop(feed.send(Feed::Lines(batch.blocks, told)));
        told += lines;
    }
    follower.await.expect("it ends when it is cancelled");
}

#[test]
fn in_a_flood_every_line_comes_once_or_is_counted_as_one_that_did_not() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let all = async {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.log");
        fs::write(&path, line(0)).expect("a file");
        let cancel = CancellationToken::new();
        let (feed, mut news) = broadcast::channel(CAPACITY);
        let mut late = feed.subscribe();
        let following = tokio::spawn(follow(path.clone(), feed, cancel.clone()));
        let mut prompt = Screen::default();
        // It is read to its end: what comes from here on is followed.
        prompt.take(&news.recv().await.expect("the line that was there"));
        let writer = std::thread::spawn(move || pour(&path));
        let (told, mut turn) = watch::channel(0);

        // One who takes one message while several come: as slow a screen as there is.
        let slow = tokio::spawn(async move {
            let mut slow = Screen::default();
            loop {
                match late.recv().await {
                    Ok(news) => slow.take(&news),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return slow,
                }
                let next = *turn.borrow_and_update() + 2 * CAPACITY;
                // At the end nobody tells any more.
                drop(turn.wait_for(|told| *told >= next).await);
            }
        });
        while prompt.log.dropped + (prompt.seen.len() as u64) < LINES as u64 {
            match news.recv().await {
                Ok(news) => prompt.take(&news),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
            told.send_modify(|told| *told += 1);
        }
        drop(told);
        cancel.cancel();
        following.await.expect("followed");
        writer.join().expect("written");
        (prompt, slow.await.expect("seen"))
    };
    let runtime = runtime.expect("threads");
    let all = runtime.block_on(async { tokio::time::timeout(PATIENCE, all).await });
    let (prompt, slow) = all.expect("every line came in time");

    for screen in [&prompt, &slow] {
        assert_eq!(screen.accounted(), LINES as u64);
        assert_eq!(screen.seen.len() as u64 + screen.log.dropped, LINES as u64);
        assert!(screen.seen.is_sorted_by(|one, next| one < next), "no line comes twice or out of its turn");
        // What is on the screen is the newest of what came, as it came.
        assert_eq!(screen.kept(), screen.seen[screen.seen.len() - screen.log.len()..]);
        assert_eq!(screen.seen.last(), Some(&(LINES - 1)), "up to the last one");
    }
    assert!(prompt.log.dropped > 0 || prompt.seen.iter().copied().eq(0..LINES));
    assert_eq!(prompt.log.len(), KEPT);
    assert!(slow.log.dropped > 0, "this one was too slow, and says so");
}
