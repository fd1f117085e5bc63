//! Bytes to lines. Knows no file: it is fed, and remembers the line that is not finished.

use sha2::{Digest, Sha256};

use crate::incident::line::{LogLine, Whole};

/// One line as it stands in its file, without the line end.
#[derive(Debug)]
pub(super) struct RawLine<'a> {
    pub offset: u64,
    /// The line, or its first [`Splitter::LINE_MAX`] bytes.
    pub bytes: &'a [u8],
    /// What is known of all of it, when `bytes` is not all of it.
    pub whole: Option<Whole>,
}

/// Whole lines, one behind the other as they stand in their file.
#[derive(Debug)]
pub(super) struct RawLines<'a> {
    pub offset: u64,
    /// With their ends, none of them longer than [`LogLine::RAW_MAX`].
    pub bytes: &'a [u8],
    /// Where in `bytes` each of them ends, behind its `\n`.
    pub ends: &'a [u32],
}

/// What a splitter gives out: in a flood, many lines at once.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Lines(RawLines<'a>),
    Line(RawLine<'a>),
}

impl Piece<'_> {
    /// How many lines it has.
    pub fn count(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.ends.len(),
            Self::Line(_) => 1,
        }
    }

    /// How many of its bytes are kept.
    pub fn kept(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.bytes.len(),
            Self::Line(line) => line.bytes.len().min(LogLine::RAW_MAX),
        }
    }

    /// Each line on its own.
    #[cfg(test)]
    pub fn each(self, mut sink: impl FnMut(RawLine<'_>)) {
        match self {
            Self::Lines(RawLines { offset, bytes, ends }) => {
                let mut begin = 0;
                for end in ends.iter().map(|end| *end as usize) {
                    let bytes = &bytes[begin..end - 1];
                    sink(RawLine { offset: offset + begin as u64, bytes, whole: None });
                    begin = end;
                }
            }
            Self::Line(line) => sink(line),
        }
    }
}

/// Cuts what it is fed at each `\n` and holds back what comes after the last.
#[derive(Debug)]
pub(super) struct Splitter {
    /// The offset of the next byte to be fed.
    at: u64,
    /// The beginning of the unfinished line.
    held: Vec<u8>,
    /// The length of the unfinished line so far.
    len: u64,
    /// The digest of the unfinished line, once it is too long to be held.
    digest: Option<Sha256>,
    /// The unfinished line goes on one that was given out unfinished.
    continues: bool,
    /// Zeros before the next line are no text: the file has a hole here.
    hole: bool,
    /// Where the lines end that are given out together; kept for its memory.
    ends: Vec<u32>,
}

impl Splitter {
    /// Lines up to this length are held whole: agents log whole prompts in one line, and those must
    /// still be read as JSON. Of longer ones only the beginning and the digest are kept.
    pub const LINE_MAX: usize = 1024 * 1024;

    pub fn new(at: u64, continues: bool) -> Self {
        Self { at, held: Vec::new(), len: 0, digest: None, continues, hole: false, ends: Vec::new() }
    }

    /// The offset of the next byte to be fed.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.len > 0
    }

    /// Whether what was given out last was an unfinished line.
    pub fn continues(&self) -> bool {
        self.continues
    }

    /// Zeros that follow stand for bytes nobody wrote.
    pub fn expect_hole(&mut self) {
        self.hole = true;
    }

    /// Takes bytes until they end or `room`, the number of lines still wanted, is used up. Returns
    /// how many bytes it took.
    pub fn feed(&mut self, bytes: &[u8], room: &mut usize, sink: &mut dyn FnMut(Piece<'_>)) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && *room > 0 {
            let rest = &bytes[taken..];
            taken += if self.hole && self.len == 0 {
                self.pass_hole(rest)
            } else if let Some(end) = self.give_lines(rest, room, sink) {
                end
            } else if let Some(end) = memchr::memchr(b'\n', rest) {
                if self.finish(&rest[..end], sink) {
                    *room -= 1;
                }
                self.at += 1;
                end + 1
            } else {
                self.hold(rest);
                rest.len()
            };
        }
        taken
    }

    /// Gives out the unfinished line as it is; what is fed next goes on with it.
    pub fn flush(&mut self, sink: &mut dyn FnMut(Piece<'_>)) {
        if self.is_unfinished() {
            self.give_held(sink);
            self.continues = true;
        }
    }

    /// Gives out the lines that bytes begin with, if they are whole and short, and says where the last
    /// of them ends: a flood of lines costs little more than its bytes.
    fn give_lines(
        &mut self,
        rest: &[u8],
        room: &mut usize,
        sink: &mut dyn FnMut(Piece<'_>),
    ) -> Option<usize> {
        if self.is_unfinished() || self.continues {
            return None;
        }
        self.ends.clear();
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', rest).take(*room) {
            // A number has room for what is read at once, and more.
            if end - begin > LogLine::RAW_MAX || end >= u32::MAX as usize {
                break;
            }
            begin = end + 1;
            self.ends.push(begin as u32);
        }
        if begin == 0 {
            return None;
        }
        *room -= self.ends.len();
        sink(Piece::Lines(RawLines { offset: self.at, bytes: &rest[..begin], ends: &self.ends }));
        self.at += begin as u64;
        Some(begin)
    }

    fn pass_hole(&mut self, rest: &[u8]) -> usize {
        let zeros = rest.iter().position(|byte| *byte != 0).unwrap_or(rest.len());
        self.hole = zeros == rest.len();
        self.at += zeros as u64;
        zeros
    }

    /// Ends the line with `rest`; says whether a line was given out.
    fn finish(&mut self, rest: &[u8], sink: &mut dyn FnMut(Piece<'_>)) -> bool {
        let continues = std::mem::take(&mut self.continues);
        if !self.is_unfinished() && continues && matches!(rest, b"" | b"\r") {
            // The line was given out before its end came: the end alone is no line.
            self.at += rest.len() as u64;
            return false;
        }
        if !self.is_unfinished() && rest.len() <= Self::LINE_MAX {
            sink(Piece::Line(RawLine { offset: self.at, bytes: rest, whole: None }));
            self.at += rest.len() as u64;
        } else {
            self.hold(rest);
            self.give_held(sink);
        }
        true
    }

    fn hold(&mut self, rest: &[u8]) {
        let kept = rest.len().min(Self::LINE_MAX - self.held.len());
        if kept < rest.len() {
            self.digest.get_or_insert_with(|| Sha256::new_with_prefix(&self.held)).update(rest);
        }
        self.held.extend_from_slice(&rest[..kept]);
        self.len += rest.len() as u64;
        self.at += rest.len() as u64;
    }

    fn give_held(&mut self, sink: &mut dyn FnMut(Piece<'_>)) {
        let whole =
            self.digest.take().map(|digest| Whole { len: self.len, sha256: digest.finalize().into() });
        sink(Piece::Line(RawLine { offset: self.at - self.len, bytes: &self.held, whole }));
        self.len = 0;
        self.held.clear();
        // One long line must not cost its length for as long as the file is followed.
        self.held.shrink_to(4 * 1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Seen = (u64, Vec<u8>, Option<u64>);

    fn feed_all(splitter: &mut Splitter, bytes: &[u8], seen: &mut Vec<Seen>) {
        let mut room = usize::MAX;
        splitter.feed(bytes, &mut room, &mut |piece| {
            piece.each(|line| {
                seen.push((line.offset, line.bytes.to_vec(), line.whole.map(|whole| whole.len)))
            });
        });
    }

    #[test]
    fn an_unfinished_line_is_given_out_once_and_its_end_alone_is_no_line() {
        let mut seen = Vec::new();
        let mut splitter = Splitter::new(100, false);
        feed_all(&mut splitter, b"a\nhal", &mut seen);
        splitter.flush(&mut |piece| piece.each(|line| seen.push((line.offset, line.bytes.to_vec(), None))));
        splitter.flush(&mut |_| unreachable!("nothing is left to give"));
        feed_all(&mut splitter, b"\r\n\nb\n", &mut seen);
        let wanted = [(100, &b"a"[..]), (102, b"hal"), (107, b""), (108, b"b")];
        assert_eq!(seen, wanted.map(|(at, bytes)| (at, bytes.to_vec(), None)));
    }

    #[test]
    fn of_a_line_too_long_to_hold_the_digest_is_right() {
        let long: Vec<u8> = (0..Splitter::LINE_MAX * 3 + 7).map(|i| b'a' + (i % 23) as u8).collect();
        let mut splitter = Splitter::new(0, false);
        let mut seen = Vec::new();
        let mut room = 9;
        for piece in long.chunks(300_000).chain([&b"\nnext\n"[..]]) {
            splitter.feed(piece, &mut room, &mut |piece| {
                piece.each(|line| seen.push((line.bytes.len(), line.whole)));
            });
        }
        let whole = Whole { len: long.len() as u64, sha256: Sha256::digest(&long).into() };
        assert_eq!(seen, vec![(Splitter::LINE_MAX, Some(whole)), (4, None)]);
        assert!(splitter.held.capacity() < 64 * 1024);
    }

    #[test]
    fn zeros_of_a_hole_are_passed_over_and_other_zeros_kept() {
        let mut splitter = Splitter::new(0, false);
        let mut seen = Vec::new();
        splitter.expect_hole();
        for piece in [&[0, 0][..], &[0, b'a', 0, b'\n'], &[0, b'\n']] {
            feed_all(&mut splitter, piece, &mut seen);
        }
        assert_eq!(seen, vec![(3, vec![b'a', 0], None), (6, vec![0], None)]);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_lines(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..400),
            cuts in proptest::collection::vec(0usize..400, 0..12),
            step in 1usize..5,
        ) {
            let mut wanted: Vec<Seen> = Vec::new();
            let mut offset = 0;
            let mut pieces: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
            let last = pieces.pop();
            for piece in pieces {
                wanted.push((offset, piece.to_vec(), None));
                offset += piece.len() as u64 + 1;
            }
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut splitter = Splitter::new(0, false);
            let mut seen = Vec::new();
            for cut in cuts.windows(2) {
                let mut piece = &bytes[cut[0]..cut[1]];
                while !piece.is_empty() {
                    let mut room = step;
                    let taken = splitter.feed(piece, &mut room, &mut |piece| {
                        piece.each(|line| seen.push((line.offset, line.bytes.to_vec(), None)));
                    });
                    piece = &piece[taken..];
                }
            }
            prop_assert_eq!(&seen, &wanted);
            prop_assert_eq!(splitter.is_unfinished(), last.is_some_and(|last| !last.is_empty()));
            prop_assert_eq!(splitter.at(), bytes.len() as u64);
        }
    }
}
