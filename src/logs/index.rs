//! Which line is where, in a file of any size: the number of line ends before every block of it.
//!
//! The index is sparse: eight bytes for each 64 KiB of the file, whatever its lines look like. A
//! line is found by a binary search and one block read; a line that spans many blocks costs no
//! more. It is built in the background, from the beginning on, and asked meanwhile: what is not
//! covered yet is not known, and says so.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::crew;
use super::file::LogFile;

/// Bytes of the file for which one number is kept.
const BLOCK: u64 = 64 * 1024;
/// Blocks that are read at once: few enough to stay in a core's cache.
const RUN: u64 = 8;

/// A sparse index of the lines of one file.
#[derive(Debug, Default)]
pub struct Index {
    known: RwLock<Known>,
    /// Held by whoever extends it.
    work: Mutex<()>,
}

/// What is known so far.
#[derive(Debug, Default, Clone)]
struct Known {
    /// Line ends before the end of each whole block.
    ends: Vec<u64>,
    /// Bytes behind the last whole block that are counted too.
    rest: u64,
    /// Line ends in them.
    rest_ends: u64,
}

impl Known {
    fn covered(&self) -> u64 {
        self.ends.len() as u64 * BLOCK + self.rest
    }

    fn line_ends(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0) + self.rest_ends
    }

    /// Line ends before a block.
    fn before(&self, block: usize) -> u64 {
        block.checked_sub(1).map_or(0, |last| self.ends[last])
    }
}

impl Index {
    /// How many bytes from the beginning are covered.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.read().covered()
    }

    /// How many line ends are covered.
    #[must_use]
    pub fn line_ends(&self) -> u64 {
        self.read().line_ends()
    }

    /// Bytes of memory it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.read().ends.capacity() * size_of::<u64>()
    }

    /// Begins again: the file was truncated.
    pub fn forget(&self) {
        let _work = self.work();
        *self.write() = Known::default();
    }

    /// Covers the file up to `size`, on so many threads, until `stop`. What is found is known at
    /// once to whoever asks meanwhile. Where the file turns out to be shorter, it covers what is there.
    ///
    /// # Errors
    /// When the file cannot be read; what was covered stays covered.
    pub fn extend(&self, file: &LogFile, size: u64, threads: usize, stop: &AtomicBool) -> io::Result<()> {
        let _work = self.work();
        let from = self.read().ends.len() as u64;
        let blocks = size.div_ceil(BLOCK).saturating_sub(from);
        let mut outcome = Ok(());
        let run = |run: usize, buf: &mut Vec<u8>| {
            let begin = (from + run as u64 * RUN) * BLOCK;
            count(file, buf, begin, size.min(begin + RUN * BLOCK))
        };
        let scratch = || vec![0; (RUN * BLOCK) as usize];
        crew::in_order(blocks.div_ceil(RUN) as usize, threads, scratch, run, |_, counted| {
            if stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            match counted {
                Ok(counts) => self.append(&counts),
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            }
        });
        outcome
    }

    /// Takes the counts of the next blocks; a block that is not full ends it.
    fn append(&self, counts: &[Counted]) -> ControlFlow<()> {
        let mut known = self.write();
        for Counted { bytes, ends } in counts {
            (known.rest, known.rest_ends) = (*bytes, *ends);
            if *bytes < BLOCK {
                return ControlFlow::Break(());
            }
            let ends = known.line_ends();
            known.ends.push(ends);
            (known.rest, known.rest_ends) = (0, 0);
        }
        ControlFlow::Continue(())
    }

    /// The number of the line that holds the byte at `offset`, from 0; nothing while it is not covered.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn line_at(&self, file: &LogFile, offset: u64) -> io::Result<Option<u64>> {
        let (before, begin) = {
            let known = self.read();
            if offset > known.covered() {
                return Ok(None);
            }
            let block = ((offset / BLOCK) as usize).min(known.ends.len());
            (known.before(block), block as u64 * BLOCK)
        };
        let mut buf = vec![0; (offset - begin) as usize];
        let got = file.read_at(&mut buf, begin)?;
        Ok(Some(before + memchr::memchr_iter(b'\n', &buf[..got]).count() as u64))
    }

    /// Where the line with this number, from 0, begins; nothing while it is not covered, or if there
    /// is no such line.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn start_of(&self, file: &LogFile, line: u64) -> io::Result<Option<u64>> {
        if line == 0 {
            return Ok(Some(0));
        }
        let (nth, begin, len) = {
            let known = self.read();
            if line > known.line_ends() {
                return Ok(None);
            }
            // The first block behind whose end enough lines have ended holds the end of the line before.
            let block = known.ends.partition_point(|ends| *ends < line);
            let len = if block < known.ends.len() { BLOCK } else { known.rest };
            (line - known.before(block), block as u64 * BLOCK, len)
        };
        let mut buf = vec![0; len as usize];
        let got = file.read_at(&mut buf, begin)?;
        let end = memchr::memchr_iter(b'\n', &buf[..got]).nth(nth as usize - 1);
        Ok(end.map(|place| begin + place as u64 + 1))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> MutexGuard<'_, ()> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a block holds.
#[derive(Debug, Clone, Copy)]
struct Counted {
    bytes: u64,
    ends: u64,
}

/// Counts line ends from `begin` to `end`, block by block, as far as the file goes.
fn count(file: &LogFile, buf: &mut [u8], begin: u64, end: u64) -> io::Result<Vec<Counted>> {
    let got = file.read_at(&mut buf[..(end - begin) as usize], begin)?;
    let block = |block: &[u8]| Counted {
        bytes: block.len() as u64,
        ends: memchr::memchr_iter(b'\n', block).count() as u64,
    };
    let mut counts: Vec<Counted> = buf[..got].chunks(BLOCK as usize).map(block).collect();
    if (got as u64) < end - begin && counts.last().is_none_or(|last| last.bytes == BLOCK) {
        // The file ends sooner than it did: nothing behind this is there.
        counts.push(Counted { bytes: 0, ends: 0 });
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use super::*;
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    fn holding(bytes: &[u8]) -> (File, LogFile) {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        (file.try_clone().expect("a handle"), LogFile::from_file(file))
    }

    fn indexed(bytes: &[u8], threads: usize) -> (LogFile, Index) {
        let (_, file) = holding(bytes);
        let index = Index::default();
        index.extend(&file, bytes.len() as u64, threads, &GO).expect("indexed");
        (file, index)
    }

    /// Compares with a reader that looks at every byte.
    fn check(bytes: &[u8], file: &LogFile, index: &Index) {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|place| place as u64 + 1));
        assert_eq!(index.covered(), bytes.len() as u64);
        assert_eq!(index.line_ends(), starts.len() as u64 - 1);
        let step = (starts.len() / 50).max(1);
        for (number, start) in starts.iter().enumerate().step_by(step) {
            assert_eq!(index.start_of(file, number as u64).expect("read"), Some(*start), "line {number}");
            assert_eq!(index.line_at(file, *start).expect("read"), Some(number as u64), "at {start}");
            let end = starts.get(number + 1).map_or(bytes.len() as u64, |next| next - 1);
            assert_eq!(index.line_at(file, end).expect("read"), Some(number as u64), "at {end}");
        }
        assert_eq!(index.start_of(file, starts.len() as u64).expect("read"), None);
        assert_eq!(index.line_at(file, bytes.len() as u64 + 1).expect("read"), None);
    }

    #[test]
    fn every_line_is_found_in_files_of_every_shape() {
        let block = BLOCK as usize;
        let mut long = vec![b'x'; 10 * 1024 * 1024];
        long.extend_from_slice(b"\nafter ten megabytes\n");
        for bytes in [
            vec![],
            b"\n".to_vec(),
            b"no end".to_vec(),
            b"a\r\nb\r\n\r\nc".to_vec(),
            b"\0\0\n\0\n".to_vec(),
            vec![b'\n'; block],
            vec![b'\n'; 3 * block + 1],
            [vec![b'x'; block - 1], vec![b'\n'; 2]].concat(),
            [vec![b'x'; block], vec![b'\n']].concat(),
            b"0123456789\n".repeat(20_000),
            long,
        ] {
            for threads in [1, 2, 5] {
                let (file, index) = indexed(&bytes, threads);
                check(&bytes, &file, &index);
            }
        }
    }

    #[test]
    fn it_grows_with_the_file_and_begins_again_when_that_is_truncated() {
        let (mut writer, file) = holding(b"");
        let index = Index::default();
        let mut bytes = Vec::new();
        for round in 0..40_u32 {
            let more = format!("{round}\n{}", "y".repeat(round as usize * 700)).repeat(3);
            writer.write_all(more.as_bytes()).expect("written");
            bytes.extend_from_slice(more.as_bytes());
            index.extend(&file, bytes.len() as u64, 2, &GO).expect("indexed");
            check(&bytes, &file, &index);
        }
        index.forget();
        assert_eq!((index.covered(), index.line_ends()), (0, 0));
        index.extend(&file, bytes.len() as u64, 2, &GO).expect("indexed");
        check(&bytes, &file, &index);
    }

    #[test]
    fn a_file_that_is_shorter_than_it_was_is_covered_as_far_as_it_goes() {
        for len in [0, 10, BLOCK as usize, RUN as usize * BLOCK as usize, 700_000] {
            let bytes = b"123456789\n".repeat(len.div_ceil(10));
            let bytes = &bytes[..len];
            let (_, file) = holding(bytes);
            let index = Index::default();
            index.extend(&file, 5_000_000, 2, &GO).expect("indexed");
            check(bytes, &file, &index);
        }
    }

    #[test]
    fn it_stops_when_asked_and_goes_on_later() {
        let bytes = b"123456789\n".repeat(200_000);
        let (_, file) = holding(&bytes);
        let index = Index::default();
        index.extend(&file, bytes.len() as u64, 2, &AtomicBool::new(true)).expect("stopped");
        assert_eq!(index.covered(), 0);
        assert_eq!(index.start_of(&file, 7).expect("read"), None, "what is not covered is not known");
        index.extend(&file, bytes.len() as u64, 2, &GO).expect("indexed");
        check(&bytes, &file, &index);
    }

    #[test]
    fn it_takes_little_memory() {
        let (_, index) = indexed(&b"\n".repeat(1 << 22), 2);
        assert!(index.weight() <= 16 * (1 << 22) / BLOCK as usize, "{}", index.weight());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_finds_what_a_naive_reader_finds(
            runs in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200),
                    (0..300_000_usize).prop_map(|len| vec![b'x'; len]),
                    (0..3_000_usize).prop_map(|len| vec![b'\n'; len]),
                ],
                0..8,
            ),
            threads in 1_usize..4,
        ) {
            let bytes = runs.concat();
            let (file, index) = indexed(&bytes, threads);
            check(&bytes, &file, &index);
        }
    }
}
