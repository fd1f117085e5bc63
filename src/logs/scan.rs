//! Finds the records in a stretch of bytes that a filter shows.
//!
//! A record belongs to the stretch in which it begins, so stretches can be looked at in any order
//! and by any thread, and together they show each record once.

use std::io;
use std::ops::Range;

use super::file::LogFile;
use crate::incident::filter::{Anchor, Filter};
use crate::incident::record::{Reading, Record, Shape};

/// Bytes of a record that are looked at; of a longer one this much is, and that is counted.
pub const RECORD_MAX: usize = 1024 * 1024;

/// Bytes read behind a stretch to see its last record end.
const BEHIND: usize = 8 * 1024;

/// A stretch of a file in memory, with what its last record needs behind it.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    buf: Vec<u8>,
    /// The offset in the file of the first byte in `buf`.
    at: u64,
    /// Where the records that begin in the stretch lie in `buf`.
    records: Range<usize>,
    /// Its last record is longer than is looked at.
    pub cut: bool,
}

impl Stretch {
    /// Reads the stretch from `begin` to `end` of a file that is `size` bytes long.
    pub fn load(&mut self, file: &LogFile, shape: Shape, begin: u64, end: u64, size: u64) -> io::Result<()> {
        // The byte before says whether a line begins here.
        self.at = begin.saturating_sub(1);
        self.cut = false;
        let mut want = (end - self.at) as usize + BEHIND;
        let upto = (end - self.at) as usize;
        loop {
            let room = want.min((size - self.at) as usize);
            if self.buf.len() < room {
                self.buf.resize(room, 0);
            }
            let got = file.read_at(&mut self.buf[..room], self.at)?;
            let is_all = got < want;
            let bytes = &self.buf[..got];
            let first = if begin == 0 { Some(0) } else { next_record(bytes, 1, shape, is_all) };
            let Some(first) = first.filter(|first| *first < upto.min(got)) else {
                // No record begins here, as far as can be seen; what begins behind is another's.
                self.records = 0..0;
                return Ok(());
            };
            if let Some(last) = next_record(bytes, upto.max(1), shape, is_all) {
                self.records = first..last;
                return Ok(());
            }
            if is_all || want - upto > RECORD_MAX {
                self.cut = !is_all;
                self.records = first..got;
                return Ok(());
            }
            want = upto + (want - upto) * 4;
        }
    }

    /// The offset in the file of a place in the stretch.
    pub fn offset(&self, place: usize) -> u64 {
        self.at + place as u64
    }

    /// Calls `found` with the range of each record that the filter shows, in order.
    pub fn scan(&self, filter: &Filter, reading: &Reading, found: impl FnMut(Range<usize>, Record<'_>)) {
        scan(&self.buf[..self.records.end], self.records.start, filter, reading, found);
    }
}

/// Where the first record begins whose line begins at `from` or behind it; the byte before `from` is
/// there to be seen. Nothing when none does, or when that cannot be told from these bytes.
fn next_record(bytes: &[u8], from: usize, shape: Shape, is_all: bool) -> Option<usize> {
    let mut line = from - 1 + memchr::memchr(b'\n', bytes.get(from - 1..)?)? + 1;
    loop {
        if line >= bytes.len() || (!is_all && bytes.len() - line < Shape::LOOK) {
            return None;
        }
        if shape.begins(&bytes[line..]) {
            return Some(line);
        }
        line += memchr::memchr(b'\n', &bytes[line..])? + 1;
    }
}

/// Calls `found` with the range of each record in `bytes` from `begin`, where one begins, that the
/// filter shows.
pub(super) fn scan(
    bytes: &[u8],
    begin: usize,
    filter: &Filter,
    reading: &Reading,
    mut found: impl FnMut(Range<usize>, Record<'_>),
) {
    let shape = reading.shape;
    let plan = filter.plan();
    let mut at = begin;
    while at < bytes.len() {
        let candidate = match &plan.anchor {
            Anchor::None => Some(at),
            Anchor::Literal(finder) => finder.find(&bytes[at..]).map(|place| at + place),
            // Where a match ends is known sooner than where it begins, and will do.
            Anchor::Pattern(regex) => regex.shortest_match_at(bytes, at).map(|end| end - 1),
        };
        let Some(place) = candidate else { return };
        let start = if place == at { at } else { start_of(bytes, at, place, shape) };
        let end = end_of(bytes, place, shape);
        let whole = start..without_end(bytes, start, end);
        let record = Record::new(&bytes[whole.clone()]);
        if plan.exact || filter.matches(&record, reading) {
            found(whole, record);
        }
        at = end;
    }
}

/// Where the record begins that holds the byte at `place`; one begins at `floor`.
fn start_of(bytes: &[u8], floor: usize, place: usize, shape: Shape) -> usize {
    let mut line = place;
    loop {
        match memchr::memrchr(b'\n', &bytes[floor..line]) {
            None => return floor,
            Some(before) => line = floor + before,
        }
        if shape.begins(&bytes[line + 1..]) {
            return line + 1;
        }
    }
}

/// Where the record that holds the byte at `place` ends and the next begins.
fn end_of(bytes: &[u8], place: usize, shape: Shape) -> usize {
    let mut at = place;
    while let Some(end) = memchr::memchr(b'\n', &bytes[at..]) {
        at += end + 1;
        if at < bytes.len() && shape.begins(&bytes[at..]) {
            return at;
        }
    }
    bytes.len()
}

/// The end of a record without its last line's end.
fn without_end(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\n' { end - 1 } else { end }
}
