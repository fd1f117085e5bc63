//! Records of several logs, printed in the order of their times.
//!
//! Each log's own order is kept: a record that states no time goes with the one before it, and one
//! that states an earlier time does not overtake. Memory is bounded by how far logs are read ahead.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::incident::record::Moment;

/// Printed bytes that are handed on together.
const BLOCK: usize = 64 * 1024;

/// Printed records, each with the time it states.
#[derive(Debug, Default)]
pub struct Printed;

impl Printed {
    /// Bytes before a record: its time and its length.
    const HEAD: usize = 12;
    /// No time is stated.
    const UNTIMED: i64 = i64::MIN;

    /// Appends a record that states `time`, printed by `print`.
    pub fn append(time: Option<Moment>, out: &mut Vec<u8>, print: impl FnOnce(&mut Vec<u8>)) {
        let at = out.len();
        out.extend_from_slice(&time.map_or(Self::UNTIMED, |time| time.0).to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        print(out);
        // A record is a megabyte at most, and as much again where it is made safe.
        let len = u32::try_from(out.len() - at - Self::HEAD).unwrap_or(u32::MAX);
        out[at + 8..at + Self::HEAD].copy_from_slice(&len.to_le_bytes());
    }

    /// The first record's time, its bytes, and what follows.
    fn first(bytes: &[u8]) -> Option<(i64, &[u8], &[u8])> {
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        Some((i64::from_le_bytes(*time), record, rest))
    }
}

/// Printed records of one log, as they come.
pub struct Strand {
    pieces: Receiver<Vec<u8>>,
    /// How long it is waited for; no longer than that for a pipe, which may never say anything more.
    patience: Option<Duration>,
    piece: Vec<u8>,
    at: usize,
    latest: i64,
    over: bool,
}

impl Strand {
    /// What `pieces` brings, each of them as [`Printed::append`] makes it.
    #[must_use]
    pub fn new(pieces: Receiver<Vec<u8>>, patience: Option<Duration>) -> Self {
        Self { pieces, patience, piece: Vec::new(), at: 0, latest: i64::MIN, over: false }
    }

    /// The time of the next record. Waits for one; nothing when none comes, or none in time.
    fn next(&mut self) -> Option<i64> {
        while !self.over {
            if let Some((time, ..)) = Printed::first(&self.piece[self.at..]) {
                return Some(time.max(self.latest));
            }
            let piece = match self.patience {
                Some(patience) => self.pieces.recv_timeout(patience),
                None => self.pieces.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match piece {
                Ok(piece) => (self.piece, self.at) = (piece, 0),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => self.over = true,
            }
        }
        None
    }

    /// Appends the records up to a time, of those that are here.
    fn give(&mut self, upto: i64, out: &mut Vec<u8>) {
        while let Some((time, record, _)) = Printed::first(&self.piece[self.at..]) {
            let time = time.max(self.latest);
            if time > upto || out.len() >= BLOCK {
                return;
            }
            out.extend_from_slice(record);
            self.latest = time;
            self.at += Printed::HEAD + record.len();
        }
    }
}

/// Hands the records of all strands on in the order of their times, until they end or `sink` has
/// enough. Of one time, the earlier strand's come first.
pub fn merge(mut strands: Vec<Strand>, mut sink: impl FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut out = Vec::with_capacity(2 * BLOCK);
    loop {
        let (mut first, mut second) = (None, i64::MAX);
        for (place, strand) in strands.iter_mut().enumerate() {
            let Some(time) = strand.next() else { continue };
            match first {
                None => first = Some((time, place)),
                Some((least, _)) if time < least => {
                    // An earlier strand's record of that very time comes first.
                    second = least.saturating_sub(1);
                    first = Some((time, place));
                }
                Some(_) => second = second.min(time),
            }
        }
        match first {
            // Never behind its own next record, or nothing would be given.
            Some((time, place)) => strands[place].give(second.max(time), &mut out),
            None if strands.iter().all(|strand| strand.over) => {
                return if out.is_empty() { ControlFlow::Continue(()) } else { sink(&out) };
            }
            None => {}
        }
        if out.len() >= BLOCK || first.is_none() {
            if !out.is_empty() {
                sink(&out)?;
            }
            out.clear();
        }
    }
}

/// Records of followed logs, held back for as long as an earlier one of another may still be read.
#[derive(Debug, Default)]
pub struct Pending {
    printed: Vec<u8>,
    /// Times, and where each record lies in what is printed.
    records: Vec<(i64, std::ops::Range<usize>)>,
    /// The latest time of each log, and of all of them before the last look.
    latest: Vec<i64>,
    before: i64,
}

impl Pending {
    /// Takes a record of a log, printed by `print`.
    pub fn push(&mut self, log: usize, time: Option<Moment>, print: impl FnOnce(&mut Vec<u8>)) {
        if self.latest.len() <= log {
            self.latest.resize(log + 1, i64::MIN);
        }
        let time = time.map_or(self.latest[log], |time| time.0.max(self.latest[log]));
        self.latest[log] = time;
        let begin = self.printed.len();
        print(&mut self.printed);
        self.records.push((time, begin..self.printed.len()));
    }

    /// Appends those to `out` that no other can come before: all, when nothing came at the last look,
    /// or else those up to what had come before it.
    pub fn give(&mut self, came: bool, out: &mut Vec<u8>) {
        // Stable: records of one time stay as they came.
        self.records.sort_by_key(|(time, _)| *time);
        let upto = if came {
            self.records.partition_point(|(time, _)| *time <= self.before)
        } else {
            self.records.len()
        };
        for (_, range) in self.records.drain(..upto) {
            out.extend_from_slice(&self.printed[range]);
        }
        let mut kept = Vec::new();
        for (_, range) in &mut self.records {
            let begin = kept.len();
            kept.extend_from_slice(&self.printed[range.clone()]);
            *range = begin..kept.len();
        }
        self.printed = kept;
        self.before = self.latest.iter().copied().max().unwrap_or(i64::MIN);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn strand(pieces: &[&[(i64, &str)]]) -> Strand {
        let (send, receive) = sync_channel(pieces.len());
        for piece in pieces {
            let mut out = Vec::new();
            for (time, text) in *piece {
                let time = (*time > 0).then_some(Moment(*time));
                Printed::append(time, &mut out, |out| out.extend_from_slice(text.as_bytes()));
            }
            send.send(out).expect("there is room");
        }
        Strand::new(receive, None)
    }

    #[test]
    fn records_come_by_their_times_and_each_log_s_in_its_own_order() {
        let strands = vec![
            strand(&[&[(1, "a1 "), (0, "trace "), (5, "a5 ")], &[], &[(4, "late "), (9, "a9 ")]]),
            strand(&[&[(0, "untimed "), (1, "b1 "), (5, "b5 ")], &[(6, "b6 ")]]),
            strand(&[]),
        ];
        let mut got = String::new();
        let ended = merge(strands, |bytes| {
            got.push_str(&String::from_utf8_lossy(bytes));
            ControlFlow::Continue(())
        });
        assert_eq!((got.as_str(), ended.is_break()), ("untimed a1 trace b1 a5 late b5 b6 a9 ", false));
    }

    #[test]
    fn whoever_has_enough_ends_it_and_a_silent_pipe_holds_nobody_up() {
        let (_held, silent) = sync_channel(1);
        let strands = vec![Strand::new(silent, Some(Duration::from_millis(1))), strand(&[&[(1, "a")]])];
        let mut got = Vec::new();
        let ended = merge(strands, |bytes| {
            got.extend_from_slice(bytes);
            ControlFlow::Break(())
        });
        assert_eq!((got.as_slice(), ended.is_break()), (&b"a"[..], true));
    }

    #[test]
    fn what_is_followed_waits_for_one_look_at_the_others() {
        let mut pending = Pending::default();
        let push = |pending: &mut Pending, log, time: i64, text: &str| {
            let time = (time > 0).then_some(Moment(time));
            pending.push(log, time, |out| out.extend_from_slice(text.as_bytes()));
        };
        let give = |pending: &mut Pending, came| {
            let mut out = Vec::new();
            pending.give(came, &mut out);
            String::from_utf8(out).expect("text")
        };
        push(&mut pending, 0, 5, "a5 ");
        push(&mut pending, 0, 0, "trace ");
        push(&mut pending, 1, 2, "b2 ");
        assert_eq!(give(&mut pending, true), "");
        push(&mut pending, 1, 4, "b4 ");
        push(&mut pending, 0, 7, "a7 ");
        assert_eq!(give(&mut pending, true), "b2 b4 a5 trace ");
        assert_eq!(give(&mut pending, false), "a7 ");
    }
}
