//! A log file of any size, read where it is asked.
//!
//! Positioned reads only, never a memory map: a log may be truncated while it is read, and a map
//! would kill the process. Lines may be of any length: of a long one the beginning is kept, and
//! where it ends. Who moves through a file works with offsets and needs no index.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// Bytes read at once while looking for a line's end: a few screens of most logs.
const PIECE: usize = 64 * 1024;

/// One line as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The byte at which it begins.
    pub offset: u64,
    /// Its length in bytes, without the `\n`.
    pub len: u64,
    /// The line, or its first [`Line::HEAD_MAX`] bytes.
    pub head: Box<[u8]>,
    /// The byte at which the next line begins, or the file ends.
    pub next: u64,
}

impl Line {
    /// How much of a line is kept: more than any screen shows of it.
    pub const HEAD_MAX: usize = 16 * 1024;
}

/// A file that is open to be read anywhere in it.
#[derive(Debug)]
pub struct LogFile {
    file: File,
}

impl LogFile {
    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is no file with a beginning and an end.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if !meta.is_file() {
            return Err(io::Error::other("it is no regular file; read it through standard input"));
        }
        Ok(Self { file })
    }

    /// Takes a file that is open already.
    #[must_use]
    pub fn from_file(file: File) -> Self {
        Self { file }
    }

    /// How many bytes it has now.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether it stands at `path`; nothing while there is no file at all.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> Option<bool> {
        let there = std::fs::metadata(path).ok()?;
        let here = self.file.metadata().ok()?;
        Some((there.dev(), there.ino()) == (here.dev(), here.ino()))
    }

    /// When it was last written to, in seconds since 1970; times without a year are read by it.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn modified(&self) -> io::Result<i64> {
        Ok(self.file.metadata()?.mtime())
    }

    /// Fills `buf` from `offset` as far as the file goes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(&self.file, buf, offset)
    }

    /// Where the line that holds the byte `at` begins.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn line_start(&self, at: u64) -> io::Result<u64> {
        Ok(self.starts_before(at + 1, 1)?.first().copied().unwrap_or(0))
    }

    /// Where the last `count` lines begin whose first bytes lie before `end`, in the file's order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn starts_before(&self, end: u64, count: usize) -> io::Result<Vec<u64>> {
        let mut starts = Vec::new();
        if count == 0 || end == 0 {
            return Ok(starts);
        }
        // A line begins behind each `\n`; the one that begins at `end` is not asked for.
        let mut upto = end - 1;
        let mut buf = vec![0; PIECE];
        while upto > 0 {
            let from = upto.saturating_sub(PIECE as u64);
            let piece = &mut buf[..(upto - from) as usize];
            let got = self.read_at(piece, from)?;
            for place in memchr::memrchr_iter(b'\n', &piece[..got]) {
                starts.push(from + place as u64 + 1);
                if starts.len() == count {
                    starts.reverse();
                    return Ok(starts);
                }
            }
            upto = from;
        }
        starts.push(0);
        starts.reverse();
        Ok(starts)
    }

    /// Up to `count` lines from the one that begins at `offset`, of the first `size` bytes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn lines_from(&self, offset: u64, count: usize, size: u64) -> io::Result<Vec<Line>> {
        let mut lines = Vec::new();
        let mut buf = vec![0; PIECE];
        let mut open = Open { offset, head: Vec::new() };
        let mut at = offset;
        while lines.len() < count && at < size {
            let room = (size - at).min(PIECE as u64) as usize;
            let got = self.read_at(&mut buf[..room], at)?;
            if got == 0 {
                break;
            }
            let mut piece = &buf[..got];
            while lines.len() < count
                && let Some(end) = memchr::memchr(b'\n', piece)
            {
                open.keep(&piece[..end]);
                at += end as u64 + 1;
                let next = Open { offset: at, head: Vec::new() };
                lines.push(std::mem::replace(&mut open, next).close(at - 1, at));
                piece = &piece[end + 1..];
            }
            if lines.len() < count {
                open.keep(piece);
                at += piece.len() as u64;
            }
        }
        if lines.len() < count && open.offset < at {
            lines.push(open.close(at, at));
        }
        Ok(lines)
    }
}

/// A line whose end is not reached.
struct Open {
    offset: u64,
    head: Vec<u8>,
}

impl Open {
    fn keep(&mut self, bytes: &[u8]) {
        let room = Line::HEAD_MAX.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn close(self, end: u64, next: u64) -> Line {
        Line { offset: self.offset, len: end - self.offset, head: self.head.into(), next }
    }
}

/// Fills `buf` from `offset` as far as the file goes.
pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut got = 0;
    while got < buf.len() {
        match file.read_at(&mut buf[got..], offset + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use proptest::prelude::*;

    fn holding(bytes: &[u8]) -> LogFile {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        LogFile::from_file(file)
    }

    /// The lines as anybody would find them: offset and bytes.
    fn naive(bytes: &[u8]) -> Vec<(u64, &[u8])> {
        let mut at = 0;
        let mut lines = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            lines.push((at as u64, line.strip_suffix(b"\n").unwrap_or(line)));
            at += line.len();
        }
        lines
    }

    #[test]
    fn a_directory_and_a_pipe_are_no_log_files() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(LogFile::open(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(LogFile::open(Path::new("/dev/null")).is_err());
        assert_eq!(LogFile::open(&dir.path().join("x")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_line_longer_than_any_screen_is_cut_and_its_end_still_found() {
        let mut bytes = b"first\n".to_vec();
        bytes.resize(3 * PIECE + 11, b'x');
        bytes.extend_from_slice(b"\nlast");
        let file = holding(&bytes);
        let size = bytes.len() as u64;
        let lines = file.lines_from(0, 9, size).expect("lines");
        assert_eq!(lines.iter().map(|line| line.len).collect::<Vec<_>>(), [5, size - 6 - 5, 4]);
        assert_eq!(lines[1].head.len(), Line::HEAD_MAX);
        assert_eq!(file.line_start(size - 6).expect("a line"), 6);
        assert_eq!(file.starts_before(size, 2).expect("lines"), [6, size - 4]);
    }

    #[test]
    fn an_empty_file_has_no_line_and_one_that_shrank_gives_what_is_there() {
        let file = holding(b"");
        assert_eq!(file.lines_from(0, 5, 0).expect("lines"), []);
        assert_eq!(file.starts_before(0, 5).expect("lines"), [0_u64; 0]);
        // Its size was asked before it was truncated.
        assert_eq!(file.lines_from(0, 5, 100).expect("lines"), []);
        assert_eq!(file.starts_before(100, 5).expect("lines"), [0]);
    }

    /// Bytes of which many are line ends, carriage returns and zeros, with runs longer than a piece.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![4 => Just(b'\n'), 2 => Just(b'\r'), 1 => Just(0), 6 => any::<u8>()];
        let run = prop_oneof![
            8 => proptest::collection::vec(byte, 0..40),
            1 => (0..2 * PIECE).prop_map(|len| vec![b'x'; len]),
        ];
        proptest::collection::vec(run, 0..12).prop_map(|runs| runs.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_finds_the_lines_a_naive_reader_finds(bytes in any_bytes(), count in 1_usize..9) {
            let file = holding(&bytes);
            let size = bytes.len() as u64;
            let wanted = naive(&bytes);
            let starts: Vec<u64> = wanted.iter().map(|(at, _)| *at).collect();
            let tail = &starts[starts.len().saturating_sub(count)..];
            prop_assert_eq!(file.starts_before(size, count).expect("lines"), tail);
            for (place, (offset, line)) in wanted.iter().enumerate() {
                let got = file.lines_from(*offset, count, size).expect("lines");
                prop_assert_eq!(got.len(), count.min(wanted.len() - place));
                prop_assert_eq!(got[0].len, line.len() as u64);
                prop_assert_eq!(&got[0].head[..], &line[..line.len().min(Line::HEAD_MAX)]);
                prop_assert_eq!(got[0].next, starts.get(place + 1).copied().unwrap_or(size));
                for at in [*offset, offset + line.len() as u64 / 2, offset + (line.len() as u64).saturating_sub(1)] {
                    prop_assert_eq!(file.line_start(at).expect("a line"), *offset);
                }
            }
        }
    }
}
