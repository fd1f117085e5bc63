//! When each check of an action was read last and gave a value: a probe that reads nothing any more
//! must not look like one that reads what it should.

use std::collections::BTreeMap;

use super::{Check, Reading, Text, Time};

/// When each check was read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRead(BTreeMap<Text, Time>);

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
            let at = self.0.entry(reading.check.name.clone()).or_insert(reading.at);
            *at = reading.at.max(*at);
        }
    }

    /// When all of these were read last: the one that was not read for longest says it.
    #[must_use]
    pub fn at(&self, checks: &[Check]) -> Option<Time> {
        let each: Option<Vec<Time>> = checks.iter().map(|check| self.0.get(&check.name).copied()).collect();
        each?.into_iter().min()
    }
}
