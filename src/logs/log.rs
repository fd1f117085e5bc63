//! One log file as a whole: opened at once whatever its size, asked by filter and by time.
//!
//! It is the file as it was when it was opened, or last refreshed: what is appended meanwhile is a
//! follower's business. Nothing here waits longer than a read; a search runs on threads of its own
//! and can be stopped.

use std::io;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::crew;
use super::file::LogFile;
use super::scan::Stretch;
use crate::incident::Text;
use crate::incident::filter::Filter;
use crate::incident::record::{Moment, Reading, Record, Shape};

/// Bytes that a thread looks at between two hand-overs.
pub const STRETCH: u64 = 1024 * 1024;

/// Lines of one file are nearly in order; one may come so much too early or too late.
const DISORDER: i64 = 60_000_000;

/// An open log file. A clone reads the same file, and stays as it was.
#[derive(Debug, Clone)]
pub struct Log {
    file: Arc<LogFile>,
    size: u64,
    reading: Reading,
}

/// How many records a filter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Records.
    pub records: u64,
    /// Records too long to be looked at to their end.
    pub cut: u64,
}

/// What a search asks, and where.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Which records.
    pub filter: &'a Filter,
    /// The bytes in which they begin.
    pub range: Range<u64>,
    /// On how many threads.
    pub threads: usize,
}

impl Log {
    /// Opens a file; `agent` is whose log it is, for records that do not say.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path, agent: Text) -> io::Result<Self> {
        Self::of(LogFile::open(path)?, agent)
    }

    /// Takes an open file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(file: LogFile, agent: Text) -> io::Result<Self> {
        let size = file.size()?;
        let newest = Moment(file.modified()?.saturating_mul(1_000_000));
        let file = Arc::new(file);
        let mut log = Self { file, size, reading: Reading { shape: Shape::default(), newest, agent } };
        log.reading.shape = log.shape()?;
        Ok(log)
    }

    /// What the lines look like, at the beginning and at the end.
    fn shape(&self) -> io::Result<Shape> {
        let mut sample = vec![0; Shape::SAMPLE];
        let half = Shape::SAMPLE / 2;
        let mut got = self.file.read_at(&mut sample[..half], 0)?;
        if self.size > Shape::SAMPLE as u64 {
            // What is cut off at either end is a line that looks like nothing: one is no matter.
            got += self.file.read_at(&mut sample[got..], self.size - half as u64)?;
        } else {
            got += self.file.read_at(&mut sample[got..], got as u64)?;
        }
        Ok(Shape::of(&sample[..got]))
    }

    /// Takes in how large the file is now; true if it is smaller than before, so that nothing
    /// known about it holds.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn refresh(&mut self) -> io::Result<bool> {
        let before = self.size;
        self.size = self.file.size()?;
        self.reading.newest = Moment(self.file.modified()?.saturating_mul(1_000_000));
        if self.size < before || before < Shape::SAMPLE as u64 {
            self.reading.shape = self.shape()?;
        }
        Ok(self.size < before)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &LogFile {
        &self.file
    }

    /// The file, for another thread.
    #[must_use]
    pub fn handle(&self) -> Arc<LogFile> {
        Arc::clone(&self.file)
    }

    /// How many bytes it had when that was last asked.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How its records are read.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Where the last record begins: more may be appended to it, so whoever goes on by following
    /// begins there. A trace of more lines than anybody reads is not traced back to its beginning.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_record(&self) -> io::Result<u64> {
        const LINES: usize = 1_000;
        let starts = self.file.starts_before(self.size, LINES)?;
        let mut line = [0; Shape::LOOK];
        for start in starts.iter().rev() {
            let got = self.file.read_at(&mut line, *start)?;
            if *start == 0 || self.reading.shape.begins(&line[..got]) {
                return Ok(*start);
            }
        }
        Ok(starts.last().copied().unwrap_or(0))
    }

    /// Counts the records that a filter shows.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count(&self, query: &Query<'_>) -> io::Result<Count> {
        let mut total = Count::default();
        let cut = AtomicU64::new(0);
        let outcome = self.stretches(
            query,
            |stretch| {
                cut.fetch_add(u64::from(stretch.cut), Ordering::Relaxed);
                let mut records = 0;
                stretch.scan(query.filter, &self.reading, |_, _| records += 1);
                records
            },
            |records: u64| {
                total.records += records;
                ControlFlow::Continue(())
            },
        );
        total.cut = cut.into_inner();
        outcome.map(|()| total)
    }

    /// Renders the records that a filter shows, in the file's order: `render` appends one to the
    /// buffer, on any thread; `sink` is handed what many records became, and may end it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn render(
        &self,
        query: &Query<'_>,
        render: impl Fn(u64, &Record<'_>, &mut Vec<u8>) + Sync,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> io::Result<()> {
        self.stretches(
            query,
            |stretch| {
                let mut out = Vec::new();
                stretch.scan(query.filter, &self.reading, |range, record| {
                    render(stretch.offset(range.start), &record, &mut out);
                });
                out
            },
            |out| if out.is_empty() { ControlFlow::Continue(()) } else { sink(&out) },
        )
    }

    /// The offsets of the records that a filter shows among those that begin in a range, which is
    /// best a few stretches long.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn offsets(&self, filter: &Filter, range: Range<u64>) -> io::Result<Vec<u64>> {
        let mut stretch = Stretch::default();
        let end = range.end.min(self.size);
        let mut offsets = Vec::new();
        if range.start < end {
            stretch.load(&self.file, self.reading.shape, range.start, end, self.size)?;
            stretch.scan(filter, &self.reading, |found, _| offsets.push(stretch.offset(found.start)));
        }
        Ok(offsets)
    }

    fn stretches<T: Send>(
        &self,
        query: &Query<'_>,
        work: impl Fn(&Stretch) -> T + Sync,
        mut sink: impl FnMut(T) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let Range { start, end } = query.range.start..query.range.end.min(self.size);
        let mut outcome = Ok(());
        let load = |piece: usize, stretch: &mut Stretch| {
            let begin = start + piece as u64 * STRETCH;
            let upto = (begin + STRETCH).min(end);
            stretch.load(&self.file, self.reading.shape, begin, upto, self.size)?;
            Ok(work(stretch))
        };
        let pieces = end.saturating_sub(start).div_ceil(STRETCH) as usize;
        crew::in_order(pieces, query.threads, Stretch::default, load, |_, done: io::Result<T>| match done {
            Ok(done) => sink(done),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        });
        outcome
    }

    /// The bytes in which records of a time span begin, wide enough for lines that come a little out
    /// of order: [`Filter`]'s `time>=` and `time<` decide about each.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn span(&self, since: Option<Moment>, until: Option<Moment>) -> io::Result<Range<u64>> {
        let begin = since.map_or(Ok(0), |since| self.seek(since.plus(-DISORDER)))?;
        let end = until.map_or(Ok(self.size), |until| self.seek(until.plus(DISORDER)))?;
        Ok(begin..end.max(begin))
    }

    /// Where the first record stands that states `moment` or later, found by halving; the size if
    /// there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn seek(&self, moment: Moment) -> io::Result<u64> {
        let (mut low, mut high) = (0, self.size);
        // Before `low` every record is earlier; at `high` none is.
        while high - low > STRETCH / 4 {
            let middle = low + (high - low) / 2;
            match self.first_time(middle, high)? {
                Some((at, time)) if time < moment => low = at,
                Some(_) | None => high = middle,
            }
        }
        let mut at = low;
        while at < self.size {
            let end = (at + STRETCH).min(self.size);
            let mut found = None;
            self.each_time(at, end, |offset, time| {
                found = (time >= moment).then_some(offset);
                found.is_some()
            })?;
            if let Some(found) = found {
                return Ok(found);
            }
            at = end;
        }
        Ok(self.size)
    }

    /// The first record from `begin` on that states a time, and the time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn first_time(&self, begin: u64, end: u64) -> io::Result<Option<(u64, Moment)>> {
        let mut at = begin;
        let mut step = STRETCH / 16;
        while at < end {
            let upto = (at + step).min(end);
            let mut found = None;
            self.each_time(at, upto, |offset, time| {
                found = Some((offset, time));
                true
            })?;
            if found.is_some() {
                return Ok(found);
            }
            (at, step) = (upto, STRETCH);
        }
        Ok(None)
    }

    /// Calls `found` with the times that records state, until it says that this is enough.
    fn each_time(&self, begin: u64, end: u64, mut found: impl FnMut(u64, Moment) -> bool) -> io::Result<()> {
        let mut stretch = Stretch::default();
        stretch.load(&self.file, self.reading.shape, begin, end, self.size)?;
        let mut enough = false;
        stretch.scan(&Filter::default(), &self.reading, |range, record| {
            if !enough && let Some(time) = record.time(self.reading.newest) {
                enough = found(stretch.offset(range.start), time);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
