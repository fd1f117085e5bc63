//! One file held open, whatever became of its name, and how far it is read.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::file::read_at;
use super::ledger::{FileId, Place};
use super::splitter::{Piece, Splitter};
use crate::incident::name::Time;

/// One of the files that stood at a followed path, one after the other.
#[derive(Debug)]
pub(super) struct Generation {
    file: File,
    id: FileId,
    splitter: Splitter,
    /// The bytes just before the next to be read. When they are no longer there, the file was
    /// truncated and has grown again since the last look.
    anchor: Vec<u8>,
    size: u64,
    modified: (i64, i64),
    /// There may be something to read.
    changed: bool,
    /// It was seen to be shorter than before.
    shrunk: bool,
    /// Bytes that were there at an earlier look and are not read: lost, if it was emptied since.
    at_risk: u64,
    /// When it was last seen to change, or to leave its path.
    stirred: Time,
}

/// How far a read got.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// To the end, as far as is known.
    CaughtUp,
    /// There is more.
    More,
    /// The file was emptied in place; `lost` bytes were seen and not read.
    Truncated {
        /// Bytes seen and not read.
        lost: u64,
    },
}

impl Generation {
    /// Bytes compared to notice that a file was rewritten in place: more than a line of most logs.
    const ANCHOR: usize = 256;
    /// How far back the last lines are looked for when a file is opened.
    const TAIL_MAX: u64 = 4 * 1024 * 1024;

    /// Begins with the last `lines` lines.
    pub fn at_tail(file: File, meta: &Metadata, lines: usize, now: Time) -> io::Result<Self> {
        let at = tail(&file, meta.len(), lines)?;
        Self::at(file, meta, at, false, now)
    }

    /// Begins with the first line.
    pub fn at_beginning(file: File, meta: &Metadata, now: Time) -> io::Result<Self> {
        Self::at(file, meta, 0, false, now)
    }

    /// Begins at a byte where a line begins.
    pub fn at_offset(file: File, meta: &Metadata, offset: u64, now: Time) -> io::Result<Self> {
        Self::at(file, meta, offset, false, now)
    }

    /// Goes on where `place` says, if the file is still the one that was read there.
    pub fn at_place(file: File, meta: &Metadata, place: &Place, now: Time) -> io::Result<Self> {
        let resumed = Self::at(file.try_clone()?, meta, place.at, place.continues, now)?;
        if resumed.anchor == place.anchor { Ok(resumed) } else { Self::at_beginning(file, meta, now) }
    }

    fn at(file: File, meta: &Metadata, at: u64, continues: bool, now: Time) -> io::Result<Self> {
        let begin = at.saturating_sub(Self::ANCHOR as u64);
        let mut anchor = vec![0; (at - begin) as usize];
        let got = read_at(&file, &mut anchor, begin)?;
        anchor.truncate(got);
        let splitter = Splitter::new(at, continues);
        Ok(Self {
            file,
            id: FileId::from(meta),
            splitter,
            anchor,
            size: meta.len(),
            modified: modified(meta),
            changed: true,
            shrunk: false,
            at_risk: 0,
            stirred: now,
        })
    }

    pub fn id(&self) -> FileId {
        self.id
    }

    /// Bytes that are known and not read.
    pub fn unread(&self) -> u64 {
        self.size.saturating_sub(self.splitter.at())
    }

    /// Whether it is read to its known end.
    pub fn is_caught_up(&self) -> bool {
        !self.changed
    }

    /// How long ago it last changed.
    pub fn quiet_for(&self, now: Time) -> Duration {
        // A clock set back counts as no time passed.
        (now - self.stirred).to_std().unwrap_or_default()
    }

    /// Whether no name leads to it any more.
    pub fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| meta.nlink() == 0)
    }

    /// Starts the time it stays open after leaving its path.
    pub fn retire(&mut self, now: Time) {
        self.stirred = now;
    }

    /// Takes in the file's state when its name is gone.
    pub fn look(&mut self, now: Time) -> io::Result<()> {
        let meta = self.file.metadata()?;
        self.look_at(&meta, now);
        Ok(())
    }

    /// Takes in the file's state.
    pub fn look_at(&mut self, meta: &Metadata, now: Time) {
        if meta.len() == self.size && modified(meta) == self.modified {
            return;
        }
        self.at_risk = self.at_risk.max(self.unread());
        self.shrunk |= meta.len() < self.size;
        self.size = meta.len();
        self.modified = modified(meta);
        self.changed = true;
        self.stirred = now;
    }

    /// Reads at most `buf` and at most `room` lines.
    pub fn read(
        &mut self,
        buf: &mut [u8],
        room: &mut usize,
        sink: &mut dyn FnMut(Piece<'_>),
    ) -> io::Result<Outcome> {
        if !self.changed {
            return Ok(Outcome::CaughtUp);
        }
        let before = self.anchor.len();
        let got = read_at(&self.file, buf, self.splitter.at() - before as u64)?;
        let lost = std::mem::take(&mut self.at_risk);
        let shrunk = std::mem::take(&mut self.shrunk);
        if got < before || buf[..before] != self.anchor || (shrunk && before == 0) {
            self.restart(&buf[..got], sink);
            return Ok(Outcome::Truncated { lost });
        }
        let end = before + self.splitter.feed(&buf[before..got], room, sink);
        self.anchor.clear();
        self.anchor.extend_from_slice(&buf[end.saturating_sub(Self::ANCHOR)..end]);
        self.changed = end < got || got == buf.len();
        Ok(if self.changed { Outcome::More } else { Outcome::CaughtUp })
    }

    /// Begins again in a file that was emptied; `there` is what it has where the anchor was.
    fn restart(&mut self, there: &[u8], sink: &mut dyn FnMut(Piece<'_>)) {
        self.splitter.flush(sink);
        let before = self.anchor.len();
        let zeros =
            there.get(..before).filter(|there| !there.is_empty() && there.iter().all(|byte| *byte == 0));
        // A writer that does not append goes on at its old offset and leaves a hole of zeros before
        // it: what it writes comes after what was read, so there is nothing to go back for.
        let at = if zeros.is_some() { self.splitter.at() } else { 0 };
        self.anchor = zeros.unwrap_or_default().to_vec();
        self.splitter = Splitter::new(at, false);
        self.splitter.expect_hole();
    }

    /// Whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.splitter.is_unfinished()
    }

    /// Gives the unfinished line out.
    pub fn flush(&mut self, sink: &mut dyn FnMut(Piece<'_>)) {
        self.splitter.flush(sink);
    }

    /// Lets the file go and says how far it was read.
    pub fn close(mut self, sink: &mut dyn FnMut(Piece<'_>)) -> Place {
        self.splitter.flush(sink);
        Place {
            id: self.id,
            at: self.splitter.at(),
            anchor: self.anchor,
            continues: self.splitter.continues(),
        }
    }
}

fn modified(meta: &Metadata) -> (i64, i64) {
    (meta.mtime(), meta.mtime_nsec())
}

/// Where the last `lines` lines begin: read backwards from the end, never the whole file.
fn tail(file: &File, size: u64, lines: usize) -> io::Result<u64> {
    if lines == 0 {
        return Ok(size);
    }
    let floor = size.saturating_sub(Generation::TAIL_MAX);
    let mut oldest = floor;
    let mut left = lines;
    let mut buf = vec![0; 64 * 1024];
    let mut end = size;
    while end > floor {
        let begin = end.saturating_sub(buf.len() as u64).max(floor);
        let piece = &mut buf[..(end - begin) as usize];
        let got = read_at(file, piece, begin)?;
        for place in memchr::memrchr_iter(b'\n', &piece[..got]) {
            let line = begin + place as u64 + 1;
            // The end of the last line begins no line.
            if line < size {
                oldest = line;
                left -= 1;
            }
            if left == 0 {
                return Ok(oldest);
            }
        }
        end = begin;
    }
    Ok(if floor == 0 { 0 } else { oldest })
}
