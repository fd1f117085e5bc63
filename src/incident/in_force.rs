//! What may be in force, across all incidents, open and over: the list that nothing drops out of
//! before it is undone or settled.

mod fact;

use std::cmp::Reverse;

pub use fact::{CheckedFact, MitigationFact, WitnessFact, rough};

use super::{Action, Board, Check, Compare, Disposition, Incident, Lamp, Plan, Text, Time};

/// One mitigation that may be in force, with the incident it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct InForce<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The action.
    pub action: &'a Action,
}

impl InForce<'_> {
    /// Who answers for it: who was said to have it, else who commands, else who asked for it.
    #[must_use]
    pub fn owner(&self) -> Text {
        let said = self.action.disposition.as_ref().and_then(Disposition::owner);
        let commander = self.incident.commander();
        said.or(commander).cloned().unwrap_or_else(|| Text::line(&self.action.asked_by.to_string()))
    }

    /// What is to become of it, in one word; a dash where nobody said.
    #[must_use]
    pub fn fate(&self) -> &'static str {
        self.action.disposition.as_ref().map_or("-", Disposition::word)
    }

    /// Whether it was to be gone by now.
    #[must_use]
    pub fn is_overdue(&self, now: Time) -> bool {
        self.action.due().is_some_and(|due| now >= due)
    }

    /// Whether probes go on reading it by themselves: they stop where its incident ends.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.incident.is_open() && !self.action.plan.checks.is_empty()
    }
}

impl Incident {
    /// The newer action that stands in the place of this one while it may be in force: a further rung
    /// of the same ladder (A10), after which this one's checks cannot hold.
    #[must_use]
    pub fn stands_before(&self, action: &Action) -> Option<&Action> {
        let plan = &action.plan;
        // What is its own inverse replaces what was there before.
        let ladder = plan.op.info().inverse.filter(|inverse| *inverse != plan.op)?;
        let contradicts = |newer: &Plan| {
            let is = |check: &&Check| check.compare == Compare::Equal;
            newer.checks.iter().filter(is).any(|new| {
                plan.checks.iter().filter(is).any(|old| new.name == old.name && new.expected != old.expected)
            })
        };
        let is_it = |newer: &&Action| {
            newer.id > action.id
                && newer.plan.target == plan.target
                && newer.plan.op.info().inverse == Some(ladder)
                && matches!(newer.lamp, Lamp::Requested | Lamp::Accepted | Lamp::Verified | Lamp::Leaking)
                && contradicts(&newer.plan)
        };
        self.actions.values().rev().find(is_it)
    }
}

impl Board {
    /// Every mitigation that there ever was and that was called, the newest first.
    #[must_use]
    pub fn mitigations(&self) -> Vec<InForce<'_>> {
        let all = self.incidents().rev().flat_map(|incident| {
            incident.actions.values().rev().map(move |action| InForce { incident, action })
        });
        let called = |one: &InForce<'_>| one.action.requested_at.is_some();
        all.filter(|one| one.action.plan.op.info().mitigation && called(one)).collect()
    }

    /// Every mitigation that may be in force, worst first: what leaks, what is overdue, what is not
    /// known to hold, what nobody has, and then the oldest.
    #[must_use]
    pub fn in_force(&self, now: Time) -> Vec<InForce<'_>> {
        let mut all: Vec<InForce<'_>> = self
            .incidents()
            .flat_map(|incident| incident.actions.values().map(move |action| InForce { incident, action }))
            .filter(|one| one.action.is_in_force())
            .collect();
        all.sort_by_key(|one| {
            let leaks = one.action.lamp == Lamp::Leaking;
            let trouble =
                matches!(one.action.lamp, Lamp::Unverified | Lamp::InDoubt) || one.action.was_seen_failing();
            let orphan = !one.incident.is_open() && one.incident.is_unaccounted(one.action);
            let urgent = (leaks, one.is_overdue(now), trouble, orphan);
            (Reverse(urgent), one.action.asked_at, one.incident.id, one.action.id)
        });
        all
    }
}
