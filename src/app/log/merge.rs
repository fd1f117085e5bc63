//! Where a line belongs among those of other sources: by its time, and never before one of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::incident::{LogLine, Time};

/// Lines are put in among those that were read so little before: a source whose clock is far behind
/// is still followed at the end.
const TOGETHER: TimeDelta = TimeDelta::seconds(10);

/// Lines that are moved at most for new ones.
const MOVED_MAX: usize = 5_000;

/// How many of the last kept lines belong behind the first of the new ones.
pub(super) fn overtaken(kept: &VecDeque<LogLine>, new: &[LogLine]) -> usize {
    let Some(earliest) = new.iter().filter_map(|line| line.at).min() else { return 0 };
    let Some(read) = new.last().map(|line| line.seen) else { return 0 };
    let later = |line: &&LogLine| line.at.is_none_or(|at| at > earliest) && read - line.seen <= TOGETHER;
    kept.iter().rev().take(MOVED_MAX).take_while(later).count()
}

/// Whether lines come in the order of their times as they are.
pub(super) fn is_sorted(lines: &[LogLine]) -> bool {
    lines.iter().filter_map(|line| line.at).is_sorted()
}

/// The lines by their times, each source's in its own order, and where each stood before. A line
/// without a time goes with the one before it.
pub(super) fn sorted(lines: Vec<LogLine>) -> (Vec<LogLine>, Vec<usize>) {
    // Few sources speak at once.
    let mut latest: Vec<(Arc<crate::incident::Text>, Time)> = Vec::new();
    let mut placed: Vec<(Time, usize, LogLine)> = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let known = latest.iter().position(|(source, _)| *source == line.source);
        let time = match (known, line.at) {
            (Some(known), at) => at.map_or(latest[known].1, |at| at.max(latest[known].1)),
            (None, _) => line.time(),
        };
        match known {
            Some(known) => latest[known].1 = time,
            None => latest.push((line.source.clone(), time)),
        }
        placed.push((time, place, line));
    }
    // Stable: lines of one time stay as they came.
    placed.sort_by_key(|(time, ..)| *time);
    placed.into_iter().map(|(_, place, line)| (line, place)).unzip()
}
