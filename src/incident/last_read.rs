//! When each check of an action was read last and gave a value: a probe that reads nothing any more
//! must not look like one that reads what it should.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{Check, Reading, Text, Time};

/// When each check was read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRead {
    each: BTreeMap<Text, Time>,
    /// When it was said last that all is read, or still being read.
    told_at: Option<Time>,
}

/// For how long what is still being read is not called unread.
const PATIENCE: TimeDelta = TimeDelta::seconds(30);

impl LastRead {
    /// Nothing read yet but what is on record.
    #[must_use]
    pub fn of(readings: &[Reading]) -> Self {
        let mut last = Self::default();
        last.take(readings);
        last
    }

    /// Takes in what was read.
    pub fn take(&mut self, readings: &[Reading]) {
        for reading in readings.iter().filter(|reading| reading.value.is_some()) {
            let at = self.each.entry(reading.check.name.clone()).or_insert(reading.at);
            *at = reading.at.max(*at);
        }
    }

    /// Takes in what a probe says now. A word that it keeps from before is still being read; one that is
    /// lost is not.
    pub fn hear(&mut self, readings: &[Reading], now: Time) {
        self.take(readings);
        let is_whole = readings.iter().all(|reading| reading.value.is_some());
        self.told_at = Some(now).filter(|_| is_whole);
    }

    /// Whether it is still being read: not called unread yet, however long a slow probe takes.
    #[must_use]
    pub fn is_being_read(&self, checks: &[Check], now: Time, pace: TimeDelta) -> bool {
        let told = self.told_at.is_some_and(|at| now - at <= pace);
        told && self.at(checks).is_some_and(|at| now - at <= PATIENCE)
    }

    /// When all of these were read last: the one that was not read for longest says it.
    #[must_use]
    pub fn at(&self, checks: &[Check]) -> Option<Time> {
        let each: Option<Vec<Time>> =
            checks.iter().map(|check| self.each.get(&check.name).copied()).collect();
        each?.into_iter().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::time;

    #[test]
    fn regression_what_was_still_being_read_was_warned_of_as_unread() {
        let check: Check = "agent_status = stopped".parse().unwrap();
        let read = |value: Option<&str>| Reading {
            check: check.clone(),
            replica: None,
            source: None,
            value: value.map(Text::line),
            why: None,
            at: time("12:00:00"),
        };
        let (checks, pace) = ([check.clone()], TimeDelta::seconds(10));
        let mut last = LastRead::default();
        last.hear(&[read(Some("stopped"))], time("12:00:20"));
        for (clock, is) in [("12:00:20", true), ("12:00:30", true), ("12:00:31", false)] {
            assert_eq!(last.is_being_read(&checks, time(clock), pace), is, "{clock}: nobody said so since");
        }
        last.hear(&[read(Some("stopped"))], time("12:00:31"));
        assert!(!last.is_being_read(&checks, time("12:00:31"), pace), "patience ends");
        last.hear(&[read(None)], time("12:00:22"));
        assert!(!last.is_being_read(&checks, time("12:00:22"), pace), "it failed");
    }
}
