//! Records from a source that has no size and cannot be read twice: a pipe, a compressed file, what
//! a follower brings.
//!
//! It is fed bytes as they come and holds back the last record until the next one begins, since a
//! stack trace may still follow. What is held is bounded.

use super::scan::{RECORD_MAX, scan};
use crate::incident::filter::Filter;
use crate::incident::record::{Reading, Record, Shape};

/// Bytes to records.
#[derive(Debug)]
pub struct Stream {
    reading: Reading,
    /// Whether the shape is known.
    sampled: bool,
    held: Vec<u8>,
    /// The offset in the stream of the first byte held.
    at: u64,
    /// The rest of a record that was too long to hold is passed over.
    skipping: bool,
    /// Records that were too long.
    cut: u64,
}

impl Stream {
    /// Nothing is known yet of what its lines look like.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self { reading, sampled: false, held: Vec::new(), at: 0, skipping: false, cut: 0 }
    }

    /// Goes on at `offset` in a file whose shape is known.
    #[must_use]
    pub fn going_on(reading: Reading, offset: u64) -> Self {
        Self { sampled: true, at: offset, ..Self::new(reading) }
    }

    /// How many records were too long to be looked at to their end.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    /// Takes bytes, and calls `found` with each record that the filter shows and is known to be whole.
    pub fn feed(&mut self, bytes: &[u8], filter: &Filter, mut found: impl FnMut(u64, Record<'_>)) {
        if bytes.is_empty() {
            return;
        }
        self.held.extend_from_slice(bytes);
        if !self.sampled && self.held.len() < Shape::SAMPLE {
            return;
        }
        self.sample();
        if self.skipping && !self.skip(false) {
            return;
        }
        self.give(self.last_record(), filter, &mut found);
        if self.held.len() > RECORD_MAX {
            self.cut += 1;
            self.give(RECORD_MAX, filter, &mut found);
            self.skipping = true;
            self.skip(false);
        }
    }

    /// Gives out what is there up to the last line end: nothing came for a while.
    pub fn flush(&mut self, filter: &Filter, found: impl FnMut(u64, Record<'_>)) {
        self.sample();
        if !self.skipping || self.skip(false) {
            let end = memchr::memrchr(b'\n', &self.held).map_or(0, |end| end + 1);
            self.give(end, filter, found);
        }
    }

    /// Gives out what is there: nothing will come any more.
    pub fn finish(&mut self, filter: &Filter, found: impl FnMut(u64, Record<'_>)) {
        self.sample();
        if !self.skipping || self.skip(true) {
            self.give(self.held.len(), filter, found);
        }
        self.skipping = false;
    }

    /// Says where in its file the next byte stands that is fed.
    pub fn locate(&mut self, offset: u64) {
        self.at = offset.saturating_sub(self.held.len() as u64);
    }

    fn sample(&mut self) {
        if !self.sampled && !self.held.is_empty() {
            self.reading.shape = Shape::of(&self.held[..self.held.len().min(Shape::SAMPLE)]);
            self.sampled = true;
        }
    }

    /// Where the last record begins that can be told to begin one.
    fn last_record(&self) -> usize {
        let mut end = self.held.len();
        while let Some(place) = memchr::memrchr(b'\n', &self.held[..end]) {
            let line = &self.held[place + 1..];
            if can_tell(line) && self.reading.shape.begins(line) {
                return place + 1;
            }
            end = place;
        }
        0
    }

    /// Gives out the first `end` bytes, where a record ends.
    fn give(&mut self, end: usize, filter: &Filter, mut found: impl FnMut(u64, Record<'_>)) {
        let at = self.at;
        scan(&self.held[..end], 0, filter, &self.reading, |range, record| {
            found(at + range.start as u64, record);
        });
        self.let_go(end);
    }

    /// Passes over the rest of a record that was too long; true once the next one begins. `is_all`
    /// says that no more will come.
    fn skip(&mut self, is_all: bool) -> bool {
        let mut at = 0;
        while let Some(place) = memchr::memchr(b'\n', &self.held[at..]) {
            let line = at + place + 1;
            if !is_all && !can_tell(&self.held[line..]) {
                // The line end stays, to be seen again.
                self.let_go(line - 1);
                return false;
            }
            if line < self.held.len() && self.reading.shape.begins(&self.held[line..]) {
                self.let_go(line);
                self.skipping = false;
                return true;
            }
            at = line;
        }
        self.let_go(self.held.len());
        false
    }

    fn let_go(&mut self, bytes: usize) {
        self.held.drain(..bytes);
        self.at += bytes as u64;
    }
}

/// Whether enough of a line is there to tell whether it begins a record.
fn can_tell(line: &[u8]) -> bool {
    line.len() >= Shape::LOOK || memchr::memchr(b'\n', line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Text;
    use crate::incident::record::Moment;
    use proptest::prelude::*;

    fn reading() -> Reading {
        Reading { shape: Shape::Structured, newest: Moment(0), agent: Text::default() }
    }

    /// The records of pieces that come one after the other.
    fn records(pieces: &[&[u8]], sampled: bool) -> (Vec<(u64, Vec<u8>)>, u64) {
        let filter = Filter::default();
        let mut stream = if sampled { Stream::going_on(reading(), 0) } else { Stream::new(reading()) };
        let mut got = Vec::new();
        let mut found = |at: u64, record: Record<'_>| got.push((at, record.text().to_vec()));
        for piece in pieces {
            stream.feed(piece, &filter, &mut found);
            assert!(stream.held.len() <= RECORD_MAX + piece.len());
        }
        stream.finish(&filter, &mut found);
        (got, stream.cut())
    }

    #[test]
    fn a_record_is_held_back_until_the_next_begins_or_nothing_comes() {
        let filter = Filter::default();
        let mut stream = Stream::going_on(reading(), 100);
        let mut got = Vec::new();
        let mut take = |at: u64, record: Record<'_>| {
            got.push(format!("{at} {}", String::from_utf8_lossy(record.text())));
        };
        stream.feed(b"level=error one\n  trace\nlevel=in", &filter, &mut take);
        stream.feed(b"fo two\n", &filter, &mut take);
        stream.feed(b"  of two\nlevel=info three", &filter, &mut take);
        stream.flush(&filter, &mut take);
        stream.feed(b" is long\n", &filter, &mut take);
        stream.flush(&filter, &mut take);
        stream.flush(&filter, &mut take);
        stream.finish(&filter, &mut take);
        assert_eq!(
            got,
            ["100 level=error one\n  trace", "124 level=info two\n  of two", "148 level=info three is long"]
        );
    }

    #[test]
    fn a_record_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        let long = vec![b'x'; 5 * RECORD_MAX / 2];
        let after = b"\n  its trace\nlevel=info after\n  trace\nlevel=info last";
        for size in [1000, 65_536, 1 << 20] {
            let bytes = [b"level=info before\nlevel=warn ", &long[..], after].concat();
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let (got, cut) = records(&pieces, true);
            let texts: Vec<_> = got.iter().map(|(_, text)| String::from_utf8_lossy(text)).collect();
            assert_eq!(texts.len(), 4, "pieces of {size}");
            assert_eq!((texts[0].as_ref(), texts[1].len(), cut), ("level=info before", RECORD_MAX, 1));
            assert_eq!(texts[2], "level=info after\n  trace");
            assert_eq!(texts[3], "level=info last");
            assert_eq!(got[3].0, bytes.len() as u64 - 15);
        }
    }

    proptest! {
        #[test]
        fn however_it_comes_it_is_the_same(
            lines in proptest::collection::vec("(level=info |  |\\{\"a\":1\\}|2026-02-03 04:05:06 )?[a-c]{0,30}", 0..30),
            cuts in proptest::collection::vec(0.0_f64..1.0, 0..9),
            sampled in any::<bool>(),
        ) {
            let bytes = lines.join("\n").into_bytes();
            let mut bounds: Vec<usize> = cuts.iter().map(|cut| (cut * bytes.len() as f64) as usize).collect();
            bounds.extend([0, bytes.len()]);
            bounds.sort_unstable();
            let pieces: Vec<&[u8]> = bounds.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(records(&pieces, sampled), records(&[&bytes], sampled));
            let (got, _) = records(&pieces, sampled);
            let again: usize = got.iter().map(|(_, text)| text.len() + 1).sum();
            prop_assert!(again == bytes.len() + 1 || again == bytes.len() || bytes.is_empty());
        }
    }
}
