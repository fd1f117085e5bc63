//! What a program prints, bounded: its beginning and its end are kept, the middle is counted.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The kept part of a stream.
#[derive(Debug)]
pub struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_max: usize,
    tail_max: usize,
    total: u64,
}

impl Capture {
    /// Keeps at most `max` bytes: a quarter from the beginning, for what it was about, and the
    /// rest from the end, where programs say why they failed.
    pub fn new(max: usize) -> Self {
        let head_max = max / 4;
        Self { head: Vec::new(), tail: VecDeque::new(), head_max, tail_max: max - head_max, total: 0 }
    }

    /// Reads until the stream ends. What was read so far is kept when this future is dropped.
    pub async fn fill(&mut self, pipe: &mut (impl AsyncRead + Unpin)) {
        let mut buffer = [0; 8192];
        loop {
            match pipe.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => self.push(&buffer[..count]),
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (first, rest) = bytes.split_at(bytes.len().min(self.head_max - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        self.tail.drain(..self.tail.len().saturating_sub(self.tail_max));
    }

    /// How many bytes came in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes were not kept.
    pub fn cut(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }

    /// What was kept, with a line that says what was cut where it was cut.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.head.clone();
        if self.cut() > 0 {
            out.extend_from_slice(format!("\n...[{} bytes cut here]...\n", self.cut()).as_bytes());
        }
        out.extend(&self.tail);
        out
    }

    /// The same as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(max: usize, chunks: &[&str]) -> Capture {
        let mut capture = Capture::new(max);
        for chunk in chunks {
            capture.push(chunk.as_bytes());
        }
        capture
    }

    #[test]
    fn what_fits_is_kept_as_it_came() {
        let capture = captured(8, &["ab", "cdef", "gh"]);
        assert_eq!((capture.text().as_str(), capture.cut()), ("abcdefgh", 0));
        assert_eq!(captured(8, &[]).text(), "");
    }

    #[test]
    fn the_beginning_and_the_end_are_kept_and_the_cut_is_said() {
        let capture = captured(8, &["abcdefgh", "ijklmnop"]);
        assert_eq!(capture.text(), "ab\n...[8 bytes cut here]...\nklmnop");
        assert_eq!((capture.total(), capture.cut()), (16, 8));
    }

    #[test]
    fn a_character_cut_in_two_is_replaced() {
        assert!(captured(4, &["漢字漢字"]).text().contains('\u{fffd}'));
    }
}
