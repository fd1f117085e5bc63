//! What is wrong with the journal, and what readings prove that it could not take: a screen never
//! shows a better state than was proved, whether that can be recorded or not.

use chrono::TimeDelta;

use super::model::Model;
use crate::incident::{
    ActionId, Actor, Command, Event, Incident, IncidentId, Lamp, Reading, Report, Text, Time, decide,
};

/// What is wrong with the journal, until it is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JournalAlarm {
    /// Nothing can be written to it.
    Unwritten,
    /// It can be written, and soon nothing can.
    LittleRoom,
    /// What is in it is not what was recorded.
    Altered,
}

/// What stands on top of every screen: the words up to their colon.
#[must_use]
pub fn flag(words: &Text) -> &str {
    words.as_str().split(':').next().unwrap_or_default()
}

/// How long an entry may take to follow the readings that it is decided from.
const FOLLOWS: TimeDelta = TimeDelta::seconds(2);

impl Model {
    /// Shows as leaking what live readings prove to leak and no entry says, and takes it back when they
    /// do not any more. What they prove is decided as the hub decides it.
    pub(super) fn suppose(&mut self) {
        let all: Vec<_> = self.readings.keys().copied().collect();
        for (incident, action) in all {
            self.suppose_of(incident, action);
        }
    }

    pub(super) fn suppose_of(&mut self, id: IncidentId, action: ActionId) {
        let Some(record) = self.board.record(id) else { return };
        let Some(shown) = record.incident.actions.get(&action) else { return };
        let Some(readings) = self.readings.get(&(id, action)) else { return };
        if shown.unrecorded {
            if self.proved(&record.recorded(), action, readings).is_none() {
                self.board.take_back(id);
            }
            return;
        }
        let newest = |all: &[Reading]| all.iter().map(|reading| reading.at).max();
        if shown.lamp != Lamp::Verified || newest(readings) <= newest(&shown.readings) {
            return;
        }
        let failing = readings.iter().filter(|reading| reading.value.is_some() && !reading.holds());
        let Some(since) = failing.map(|reading| reading.at).min() else { return };
        if !self.journal.contains_key(&JournalAlarm::Unwritten) && self.now() - since < FOLLOWS {
            return;
        }
        if let Some(event) = self.proved(&record.incident, action, readings) {
            self.board.suppose(id, action, event, since);
        }
    }

    /// That an action leaks, if readings prove it of what is on record.
    fn proved(&self, incident: &Incident, action: ActionId, readings: &[Reading]) -> Option<Event> {
        let report = Report::Readings(readings.to_vec());
        let command = Command::Report { action, report };
        let decided = decide(incident, &self.policy, &command, &Actor::Flightdeck, self.now()).ok()?;
        decided.into_iter().find(|event| matches!(event, Event::ActionLeaking { .. }))
    }

    /// The newest of what probes read here and of what is on record.
    pub(super) fn newer_of<'a>(live: Option<&'a [Reading]>, recorded: &'a [Reading]) -> &'a [Reading] {
        let newest = |all: &[Reading]| -> Option<Time> { all.iter().map(|reading| reading.at).max() };
        match live {
            // Another process may be the one that reads now, and its entries say so.
            Some(live) if newest(live) >= newest(recorded) => live,
            Some(_) | None => recorded,
        }
    }
}
