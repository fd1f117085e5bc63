//! Moves through a log by lines, seeing only what a filter shows.
//!
//! Nothing is remembered of what a filter showed: around the place that is looked at the file is
//! read again, which is faster than a key is pressed. Where the next shown record is far away it
//! may take longer: `stop` ends it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::file::Line;
use super::log::{Log, STRETCH};
use super::scan::RECORD_MAX;
use crate::incident::filter::Filter;
use crate::incident::record::Shape;

/// A log seen through a filter.
#[derive(Debug, Clone, Copy)]
pub struct Pages<'a> {
    log: &'a Log,
    filter: &'a Filter,
    stop: &'a AtomicBool,
}

/// The stretch looked at first: what lies close is found at once.
const FIRST: u64 = STRETCH / 8;

/// Lines of a record that are gone back over to find where it begins.
const LINES: usize = 1_000;

impl<'a> Pages<'a> {
    /// Sees `log` through `filter` until `stop`.
    #[must_use]
    pub const fn new(log: &'a Log, filter: &'a Filter, stop: &'a AtomicBool) -> Self {
        Self { log, filter, stop }
    }

    /// Up to `count` shown lines, from the first that begins at `offset` or behind it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn from(&self, offset: u64, count: usize) -> io::Result<Vec<Line>> {
        let size = self.log.size();
        if self.filter.is_empty() {
            return self.log.file().lines_from(offset.min(size), count, size);
        }
        let mut lines = Vec::new();
        let mut at = self.record_at(offset)?;
        let mut step = FIRST;
        while at < size && lines.len() < count && !self.is_stopped() {
            let end = (at + step).min(size);
            for record in self.log.offsets(self.filter, at..end)? {
                let more = count - lines.len();
                lines.extend(self.lines_of(record, offset, more)?);
                if lines.len() >= count {
                    break;
                }
            }
            (at, step) = (end, STRETCH);
        }
        Ok(lines)
    }

    /// Where up to `count` shown lines begin that begin before `offset`, in the file's order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn before(&self, offset: u64, count: usize) -> io::Result<Vec<u64>> {
        if self.filter.is_empty() {
            return self.log.file().starts_before(offset, count);
        }
        // From the last one to the first.
        let mut starts: Vec<u64> = Vec::new();
        let mut end = offset;
        let mut step = FIRST;
        while end > 0 && starts.len() < count && !self.is_stopped() {
            let begin = end.saturating_sub(step);
            for record in self.log.offsets(self.filter, begin..end)?.into_iter().rev() {
                let lines = self.lines_of(record, 0, LINES)?;
                starts.extend(lines.iter().map(|line| line.offset).filter(|at| *at < offset).rev());
                if starts.len() >= count {
                    break;
                }
            }
            (end, step) = (begin, STRETCH);
        }
        starts.truncate(count);
        starts.reverse();
        Ok(starts)
    }

    /// The first record behind `offset`, or the last before it, that this filter shows and `other`
    /// shows too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(&self, other: &Filter, offset: u64, back: bool) -> io::Result<Option<u64>> {
        let both = other.clone().and(self.filter);
        let both = Pages { filter: &both, ..*self };
        if back { both.last_before(offset) } else { both.first_behind(offset) }
    }

    /// The first record at `offset` or behind it that this filter shows and `other` shows too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find_from(&self, other: &Filter, offset: u64) -> io::Result<Option<u64>> {
        let both = other.clone().and(self.filter);
        Pages { filter: &both, ..*self }.first_from(offset)
    }

    fn first_behind(&self, offset: u64) -> io::Result<Option<u64>> {
        self.first_from(offset + 1)
    }

    fn first_from(&self, offset: u64) -> io::Result<Option<u64>> {
        let (mut at, mut step) = (offset, FIRST);
        while at < self.log.size() && !self.is_stopped() {
            let end = (at + step).min(self.log.size());
            if let Some(found) = self.log.offsets(self.filter, at..end)?.first() {
                return Ok(Some(*found));
            }
            (at, step) = (end, STRETCH);
        }
        Ok(None)
    }

    fn last_before(&self, offset: u64) -> io::Result<Option<u64>> {
        let (mut end, mut step) = (offset, FIRST);
        while end > 0 && !self.is_stopped() {
            let begin = end.saturating_sub(step);
            if let Some(found) = self.log.offsets(self.filter, begin..end)?.last() {
                return Ok(Some(*found));
            }
            (end, step) = (begin, STRETCH);
        }
        Ok(None)
    }

    /// Where the record begins that holds the byte at `offset`.
    fn record_at(&self, offset: u64) -> io::Result<u64> {
        if offset >= self.log.size() {
            return Ok(offset);
        }
        let starts = self.log.file().starts_before(offset + 1, LINES)?;
        for start in starts.iter().rev() {
            if *start == 0 || self.begins(*start)? {
                return Ok(*start);
            }
        }
        Ok(starts.first().copied().unwrap_or(0))
    }

    /// The lines of the record at `record` that begin at `floor` or behind it, `count` at most.
    fn lines_of(&self, record: u64, floor: u64, count: usize) -> io::Result<Vec<Line>> {
        let mut lines: Vec<Line> = Vec::new();
        let mut at = record;
        let mut step = 4;
        // A record that is longer than is looked at ends here too.
        while lines.len() < count && at - record < RECORD_MAX as u64 {
            let some = self.log.file().lines_from(at, step, self.log.size())?;
            let Some(last) = some.last() else { break };
            at = last.next;
            for line in some {
                if line.offset != record && self.begins_with(&line.head) {
                    return Ok(lines);
                }
                if line.offset >= floor && lines.len() < count {
                    lines.push(line);
                }
            }
            step = 64;
        }
        Ok(lines)
    }

    fn begins(&self, start: u64) -> io::Result<bool> {
        let mut head = [0; Shape::LOOK];
        let got = self.log.file().read_at(&mut head, start)?;
        Ok(self.begins_with(&head[..got]))
    }

    fn begins_with(&self, head: &[u8]) -> bool {
        self.log.reading().shape.begins(head)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::incident::{Text, Time};
    use crate::logs::LogFile;
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    fn holding(bytes: &[u8]) -> Log {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        Log::of(LogFile::from_file(file), Text::default()).expect("a log")
    }

    fn filter(text: &str) -> Filter {
        Filter::parse(text, Time::UNIX_EPOCH).expect(text)
    }

    /// Where the shown lines begin.
    fn shown(log: &Log, bytes: &[u8], filter: &Filter) -> Vec<u64> {
        let records = log.offsets(filter, 0..bytes.len() as u64).expect("read");
        let all = log.offsets(&Filter::default(), 0..bytes.len() as u64).expect("read");
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|place| place as u64 + 1));
        starts.retain(|start| {
            let record = all.iter().rfind(|record| *record <= start);
            *start < bytes.len() as u64 && record.is_some_and(|record| records.contains(record))
        });
        starts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn from_every_place_the_next_and_the_last_lines_are_those_that_are_shown(
            lines in proptest::collection::vec(
                prop_oneof![
                    3 => "level=(info|error) [a-c]{0,9}",
                    2 => "( +|\t)[a-c]{0,6}",
                ],
                0..25,
            ),
            end in any::<bool>(),
            which in 0_usize..4,
            count in 1_usize..6,
        ) {
            let mut bytes = lines.join("\n").into_bytes();
            if end {
                bytes.push(b'\n');
            }
            let log = holding(&bytes);
            let (shows, wanted_too) = (filter(["", "level=error", "a", "!b level=info"][which]), filter("c"));
            let wanted = shown(&log, &bytes, &shows);
            let pages = Pages::new(&log, &shows, &GO);
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', &bytes).map(|place| place as u64 + 1));
            for start in starts {
                let got: Vec<u64> = pages.from(start, count).expect("read").iter().map(|line| line.offset).collect();
                let next: Vec<u64> = wanted.iter().copied().filter(|at| *at >= start).take(count).collect();
                prop_assert_eq!(got, next, "from {}", start);
                let last: Vec<u64> = wanted.iter().copied().filter(|at| *at < start).collect();
                let last = &last[last.len().saturating_sub(count)..];
                prop_assert_eq!(pages.before(start, count).expect("read"), last, "before {}", start);
            }
            let records = log.offsets(&shows.clone().and(&wanted_too), 0..log.size()).expect("read");
            for at in 0..bytes.len() as u64 {
                let next = records.iter().copied().find(|record| *record > at);
                prop_assert_eq!(pages.find(&wanted_too, at, false).expect("read"), next);
                let last = records.iter().copied().rfind(|record| *record < at);
                prop_assert_eq!(pages.find(&wanted_too, at, true).expect("read"), last);
            }
        }
    }
}
