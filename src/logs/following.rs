//! Goes on with files where a search left off: what is appended, filtered, as it comes.
//!
//! It has no clock and never waits: whoever drives it says what time it is and when to look.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::batch::Notice;
use super::follow::{Follower, Found, Patience, Start};
use super::ledger::Ledger;
use super::splitter::Piece;
use super::stream::Stream;
use crate::incident::filter::Filter;
use crate::incident::record::{Reading, Record};
use crate::incident::{Text, Time};

/// Bytes read at once.
const BUF: usize = 256 * 1024;
/// Lines taken from one file before the next has its turn.
const TURN: usize = 10_000;

/// Files that are followed from where they were read to.
pub struct Following {
    files: Vec<Followed>,
    /// One file may be reached by several names.
    ledger: Ledger,
    buf: Vec<u8>,
    /// Lines that were read and not looked at yet.
    fresh: Vec<u8>,
}

/// What a step brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// No line.
    Nothing,
    /// All that there was.
    All,
    /// There is more at once.
    More,
}

struct Followed {
    name: Arc<Text>,
    follower: Follower,
    stream: Stream,
    /// Where the next line stands if it goes on in the same file.
    next: u64,
}

impl Following {
    /// How long a file that left its path is held open after its last change.
    const LINGER: Duration = Duration::from_secs(10);
    /// How long a last line may stay without its end before it is shown as it is.
    const UNFINISHED: Duration = Duration::from_secs(2);

    /// Follows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { files: Vec::new(), ledger: Ledger::default(), buf: vec![0; BUF], fresh: Vec::new() }
    }

    /// Follows a file from a byte where a record begins.
    pub fn add(&mut self, path: &Path, reading: Reading, from: u64) {
        let patience = Patience { linger: Self::LINGER, unfinished: Self::UNFINISHED };
        self.files.push(Followed {
            name: Arc::new(Text::line(&path.to_string_lossy())),
            follower: Follower::new(PathBuf::from(path), Start::At(from), patience),
            stream: Stream::going_on(reading, from),
            next: from,
        });
    }

    /// Looks and reads: calls `found` with the number of the file, the offset and the record, and
    /// `tell` with what happened to a file. After a while without any line, what was held back is
    /// given out.
    pub fn step(
        &mut self,
        now: Time,
        filter: &Filter,
        mut found: impl FnMut(usize, u64, Record<'_>),
        mut tell: impl FnMut(Notice),
    ) -> Came {
        let (mut came, mut behind) = (false, false);
        for (place, file) in self.files.iter_mut().enumerate() {
            let Followed { name, follower, stream, next } = file;
            let mut found = |at: u64, record: Record<'_>| found(place, at, record);
            // Lines are handed on together: a filter looks through many bytes as fast as through few.
            let fresh = &mut self.fresh;
            let mut lines = 0;
            let mut take = |what: Found<'_>| match what {
                Found::Lines(some) => {
                    lines += some.count();
                    let (offset, len) = match &some {
                        Piece::Lines(some) => (some.offset, some.bytes.len() as u64),
                        Piece::Line(line) => {
                            let len = line.whole.map_or(line.bytes.len() as u64, |whole| whole.len);
                            (line.offset, len + 1)
                        }
                    };
                    if offset != *next {
                        // Another file, or the same begun again: no record goes on there.
                        stream.feed(fresh, filter, &mut found);
                        fresh.clear();
                        stream.finish(filter, &mut found);
                        stream.locate(offset);
                    }
                    *next = offset + len;
                    match some {
                        Piece::Lines(some) => fresh.extend_from_slice(some.bytes),
                        Piece::Line(line) => {
                            fresh.extend_from_slice(line.bytes);
                            fresh.push(b'\n');
                            if line.whole.is_some() {
                                // What is not here is not counted by the stream.
                                stream.feed(fresh, filter, &mut found);
                                fresh.clear();
                                stream.finish(filter, &mut found);
                                stream.locate(*next);
                            }
                        }
                    }
                }
                Found::Happening(what) => {
                    tell(Notice { agent: Arc::clone(name), source: Arc::clone(name), at: now, what });
                }
            };
            follower.look(now, &mut self.ledger, &mut take);
            let mut room = TURN;
            while room > 0 && !follower.is_caught_up() {
                let before = room;
                follower.read(now, &mut self.buf, &mut room, &mut self.ledger, &mut take);
                if room == before {
                    break;
                }
            }
            behind |= !follower.is_caught_up();
            stream.feed(&self.fresh, filter, &mut found);
            self.fresh.clear();
            if lines == 0 {
                stream.flush(filter, &mut found);
            }
            came |= lines > 0;
        }
        match (came, behind) {
            (_, true) => Came::More,
            (true, false) => Came::All,
            (false, false) => Came::Nothing,
        }
    }
}

impl Default for Following {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;

    use super::*;
    use crate::logs::{Happening, Moment, Shape};

    #[test]
    fn what_is_appended_is_shown_once_across_a_rotation() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.log");
        let append = |text: &str| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("opened");
            file.write_all(text.as_bytes()).expect("written");
        };
        append("level=info read\nlevel=info last\n");
        let reading = Reading { shape: Shape::Structured, newest: Moment(0), agent: Text::default() };
        let mut following = Following::new();
        following.add(&path, reading, 16);
        let mut got = Vec::new();
        let mut told = Vec::new();
        let mut now = Time::UNIX_EPOCH;
        let mut step = |got: &mut Vec<String>| {
            now += Duration::from_millis(100);
            let found = |_, at: u64, record: Record<'_>| {
                got.push(format!("{at} {}", String::from_utf8_lossy(record.text())));
            };
            following.step(now, &Filter::default(), found, |notice| told.push(notice.what))
        };
        step(&mut got);
        append("  its trace\nlevel=info new\n");
        step(&mut got);
        fs::rename(&path, dir.path().join("a.log.1")).expect("renamed");
        append("level=warn other\n");
        for _ in 0..4 {
            step(&mut got);
        }
        fs::write(&path, "level=warn again\n").expect("truncated");
        for _ in 0..4 {
            step(&mut got);
        }
        assert_eq!(
            got,
            [
                "16 level=info last\n  its trace",
                "44 level=info new",
                "0 level=warn other",
                "0 level=warn again"
            ]
        );
        assert_eq!(told, [Happening::Rotated, Happening::Truncated { lost: 0 }]);
    }
}
