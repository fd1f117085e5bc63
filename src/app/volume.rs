//! How much was logged when, and how much of it was an error: the bars above a log.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta};

use crate::incident::Time;

/// Bars above a log, whatever its width: a key goes to the next one.
pub const BARS: usize = 60;

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// From when on.
    pub from: Time,
    /// To when, not included.
    pub to: Time,
    /// Lines.
    pub lines: u64,
    /// Of these, errors and worse.
    pub errors: u64,
}

/// Empty bars over a time.
#[must_use]
pub fn bars(first: Time, last: Time) -> Vec<Bar> {
    let span = (last - first).num_milliseconds().max(0) + 1;
    let at = |place: usize| {
        let millis = i128::from(span) * place as i128 / BARS as i128;
        first + TimeDelta::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX))
    };
    let bar = |place| Bar { from: at(place), to: at(place + 1), lines: 0, errors: 0 };
    (0..BARS).map(bar).filter(|bar| bar.to > bar.from).collect()
}

/// The bar that a moment belongs to.
#[must_use]
pub fn place(bars: &[Bar], at: Time) -> Option<usize> {
    let next = bars.partition_point(|bar| bar.from <= at);
    next.checked_sub(1).filter(|place| at < bars[*place].to)
}

/// A second of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Second {
    at: i64,
    lines: u64,
    errors: u64,
}

/// The lines that are kept, counted by the second: in a flood a line costs next to nothing.
#[derive(Clone, Debug, Default)]
pub struct Volume(VecDeque<Second>);

impl Volume {
    /// Counts a line of a second since 1970.
    pub fn add(&mut self, at: i64, is_error: bool) {
        let place = match self.0.back() {
            Some(last) if last.at == at => self.0.len() - 1,
            Some(_) | None => {
                let place = self.0.partition_point(|second| second.at < at);
                if self.0.get(place).is_none_or(|second| second.at != at) {
                    self.0.insert(place, Second { at, lines: 0, errors: 0 });
                }
                place
            }
        };
        let second = &mut self.0[place];
        second.lines += 1;
        second.errors += u64::from(is_error);
    }

    /// Counts a line no more.
    pub fn remove(&mut self, at: i64, is_error: bool) {
        let place = self.0.partition_point(|second| second.at < at);
        let Some(second) = self.0.get_mut(place).filter(|second| second.at == at) else { return };
        second.lines = second.lines.saturating_sub(1);
        second.errors = second.errors.saturating_sub(u64::from(is_error));
        if second.lines == 0 {
            self.0.remove(place);
        }
    }

    /// The bars; none where there is no line.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar> {
        let time = |second: Option<&Second>| second.and_then(|second| DateTime::from_timestamp(second.at, 0));
        let (Some(first), Some(last)) = (time(self.0.front()), time(self.0.back())) else {
            return Vec::new();
        };
        let mut bars = bars(first, last + TimeDelta::milliseconds(999));
        for second in &self.0 {
            let at = time(Some(second));
            if let Some(place) = at.and_then(|at| place(&bars, at)) {
                bars[place].lines += second.lines;
                bars[place].errors += second.errors;
            }
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(volume: &Volume) -> Vec<(u64, u64)> {
        volume.bars().iter().map(|bar| (bar.lines, bar.errors)).filter(|bar| *bar != (0, 0)).collect()
    }

    #[test]
    fn lines_are_counted_when_they_come_and_when_they_go_in_any_order() {
        let mut volume = Volume::default();
        assert_eq!(volume.bars(), []);
        let lines = [(0, false), (600, true), (30, false), (600, true), (601, false)];
        let lines = lines.map(|(second, is_error)| (1_770_000_000 + second, is_error));
        lines.iter().for_each(|(at, is_error)| volume.add(*at, *is_error));
        assert_eq!(counted(&volume), [(1, 0), (1, 0), (3, 2)]);
        let remove = |volume: &mut Volume, line: usize| volume.remove(lines[line].0, lines[line].1);
        remove(&mut volume, 1);
        remove(&mut volume, 0);
        assert_eq!(counted(&volume), [(1, 0), (2, 1)]);
        [2, 3, 4].into_iter().for_each(|line| remove(&mut volume, line));
        assert_eq!(volume.bars(), []);
    }

    #[test]
    fn bars_lie_next_to_each_other_and_each_moment_has_one() {
        for millis in [0, 1, 59, 60, 999, 86_400_000 * 400] {
            let first = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
            let last = first + TimeDelta::milliseconds(millis);
            let bars = bars(first, last);
            assert!((1..=BARS).contains(&bars.len()), "{millis}");
            assert!(bars.windows(2).all(|pair| pair[0].to == pair[1].from));
            assert_eq!(
                (place(&bars, first), place(&bars, last)),
                (Some(0), Some(bars.len() - 1)),
                "{millis}"
            );
            assert_eq!(place(&bars, first - TimeDelta::milliseconds(1)), None);
            assert_eq!(place(&bars, last + TimeDelta::milliseconds(1)), None);
        }
    }
}
