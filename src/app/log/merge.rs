//! Where a line belongs among those of other sources: by its time, and never before one of its own.

use std::sync::Arc;

use chrono::TimeDelta;

use super::kept::{Kept, Place};
use crate::incident::{LogBlock, Text, Time};

/// Lines are put in among those that were read so little before: a source whose clock is far behind
/// is still followed at the end.
const TOGETHER: TimeDelta = TimeDelta::seconds(10);

/// Lines that are moved at most for new ones.
const MOVED_MAX: usize = 5_000;

/// The sources that were read lately, and when they were last.
#[derive(Clone, Debug, Default)]
pub(super) struct Lately(Vec<(Arc<Text>, Time)>);

impl Lately {
    /// Takes note of new lines; whether they and all that was read lately are of one source. Then
    /// nothing is to be merged, and nobody need know when its lines were written.
    pub fn is_one_source(&mut self, new: &[Arc<LogBlock>]) -> bool {
        let Some(read) = new.iter().rev().find_map(|block| Some(block.seen(block.len().checked_sub(1)?)))
        else {
            return true;
        };
        for block in new {
            if let Some(source) = block.one_source() {
                self.heard(source, read);
                continue;
            }
            let mut before: Option<&Arc<Text>> = None;
            for source in (0..block.len()).map(|place| block.source(place)) {
                if before.is_none_or(|before| !Arc::ptr_eq(before, source)) {
                    self.heard(source, read);
                }
                before = Some(source);
            }
        }
        self.0.retain(|(_, at)| read - *at <= TOGETHER);
        self.0.len() <= 1
    }

    fn heard(&mut self, source: &Arc<Text>, read: Time) {
        match self.0.iter_mut().find(|(known, _)| known == source) {
            Some((_, at)) => *at = read,
            None => self.0.push((source.clone(), read)),
        }
    }
}

/// How many of the last kept lines belong behind the first of the new ones.
pub(super) fn overtaken(kept: &Kept, new: &[Place]) -> usize {
    let Some(earliest) = new.iter().filter_map(|place| kept.at(place)).min() else { return 0 };
    let Some(read) = new.last().map(|place| kept.seen(place)) else { return 0 };
    let later =
        |place: &&Place| kept.at(place).is_none_or(|at| at > earliest) && read - kept.seen(place) <= TOGETHER;
    kept.places().iter().rev().take(MOVED_MAX).take_while(later).count()
}

/// Whether lines come in the order of their times as they are.
pub(super) fn is_sorted(kept: &Kept, lines: &[Place]) -> bool {
    lines.iter().filter_map(|place| kept.at(place)).is_sorted()
}

/// The lines by their times, each source's in its own order, and where each stood before. A line
/// without a time goes with the one before it.
pub(super) fn sorted(kept: &Kept, lines: Vec<Place>) -> (Vec<Place>, Vec<usize>) {
    // Few sources speak at once.
    let mut latest: Vec<(Arc<Text>, Time)> = Vec::new();
    let mut placed: Vec<(Time, usize, Place)> = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let source = kept.source(&line);
        let known = latest.iter().position(|(known, _)| Arc::ptr_eq(known, source) || known == source);
        let time = match (known, kept.at(&line)) {
            (Some(known), at) => at.map_or(latest[known].1, |at| at.max(latest[known].1)),
            (None, _) => kept.time(&line),
        };
        match known {
            Some(known) => latest[known].1 = time,
            None => latest.push((source.clone(), time)),
        }
        placed.push((time, place, line));
    }
    // Stable: lines of one time stay as they came.
    placed.sort_by_key(|(time, ..)| *time);
    placed.into_iter().map(|(_, place, line)| (line, place)).unzip()
}
