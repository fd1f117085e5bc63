//! What is reported of an action, what readings prove, and what follows from proof.

use super::{Context, Decision};
use crate::incident::{
    Action, ActionId, Event, Judged, Lamp, Mark, Op, Params, Reading, Refusal, Report, Text, Time,
    with_vanished,
};

impl Context<'_> {
    pub(super) fn report(&self, id: ActionId, report: &Report) -> Decision {
        if !self.is_flightdeck() {
            let why = "what became of a call is reported by the program that made it";
            return Err(Refusal::new("A3", why, "settle it by hand, with a reason"));
        }
        let action = self.action(id)?;
        let step = |lamp: Lamp, event: Event| {
            // News that comes twice, or too late, changes nothing.
            Ok(if action.lamp.may_become(lamp) { vec![event] } else { vec![] })
        };
        match report {
            Report::Accepted { answer } => {
                step(Lamp::Accepted, Event::ActionAccepted { action: id, answer: answer.clone() })
            }
            Report::Failed { reason, outdated } => {
                let (reason, outdated) = (reason.clone(), *outdated);
                step(Lamp::Failed, Event::ActionFailed { action: id, reason, outdated })
            }
            Report::Unknown { reason } => {
                step(Lamp::InDoubt, Event::ActionInDoubt { action: id, reason: reason.clone() })
            }
            Report::Readings(readings) => Ok(self.readings(action, readings, (None, None))),
            Report::Watched { readings, logged, held_at } => {
                Ok(self.readings(action, readings, (*logged, *held_at)))
            }
        }
    }

    /// What readings prove. Every check of the plan must be read, and hold in every replica: no data
    /// proves nothing.
    fn readings(
        &self,
        action: &Action,
        readings: &[Reading],
        (logged, held_at): (Option<u32>, Option<Time>),
    ) -> Vec<Event> {
        let checks = &action.plan.checks;
        // A replica that was seen doing wrong and is not spoken of any more was not seen stopping.
        let readings = with_vanished(&action.readings, readings.to_vec(), self.now);
        let hold = !checks.is_empty() && checks.iter().all(|check| Judged::new(check, &readings).holds());
        let id = action.id;
        // What somebody saw to hold is no more than what they saw, once a probe reads otherwise.
        if let Some(reason) = belied(action, &readings) {
            return vec![Event::ActionWitnessed { action: id, holds: false, reason }];
        }
        // Nobody knows what became of the call, and what held before it says nothing of it.
        if hold && action.proves_nothing() && action.lamp == Lamp::InDoubt {
            let events = vec![Event::ActionRead { action: id, readings }];
            return if action.read_at.is_none() { events } else { vec![] };
        }
        // What proves nothing does not hold in time either.
        let proves = hold && !action.proves_nothing();
        if proves && action.lamp.may_become(Lamp::Verified) {
            return self.verified(action, readings);
        }
        if proves {
            return vec![];
        }
        let ended = action.ends_at().filter(|end| self.now >= *end && action.lamp.may_become(Lamp::Undone));
        if let Some(end) = ended.filter(|_| readings.iter().any(|r| r.value.is_some())) {
            let reason = format!("its time was over at {}", end.format("%H:%M:%S"));
            return vec![Event::ActionUndone { action: id, by: None, reason: Some(Text::line(&reason)) }];
        }
        match action.lamp {
            Lamp::Accepted => {
                let until =
                    action.accepted_at.map(|at| at + chrono::TimeDelta::seconds(action.plan.verify_s.into()));
                if until.is_some_and(|until| self.now >= until) {
                    return vec![Event::ActionUnverified { action: id, readings }];
                }
                vec![]
            }
            // A reading that failed is not a reading of the world: it cannot prove a leak.
            Lamp::Verified if readings.iter().any(|r| r.value.is_some() && !r.holds()) => {
                if !action.plan.op.info().mitigation || self.is_making_way(action) {
                    return vec![];
                }
                // What nobody looked at is not counted as time in which it held.
                let held_until = held_at.filter(|at| action.held_since.is_some_and(|since| *at >= since));
                vec![Event::ActionLeaking { action: id, readings, logged, held_until }]
            }
            // It stays in doubt: a call may still take effect. But now it is known how the world is.
            Lamp::InDoubt if action.read_at.is_none() && readings.iter().any(|r| r.value.is_some()) => {
                vec![Event::ActionRead { action: id, readings }]
            }
            Lamp::Verified
            | Lamp::Leaking
            | Lamp::Unverified
            | Lamp::InDoubt
            | Lamp::Proposed
            | Lamp::Denied
            | Lamp::Expired
            | Lamp::Requested
            | Lamp::Failed
            | Lamp::Undone => vec![],
        }
    }

    /// Whether its effect goes away on purpose: an undo was sent out, another setting of the same
    /// operation is on its way to take its place, or a further rung of the ladder stands there (A10).
    fn is_making_way(&self, action: &Action) -> bool {
        // What was done twice is undone once.
        let the_same = self.incident.actions.values().filter(|other| is_the_same(action, other));
        let mut undoing = the_same.filter_map(|other| self.incident.actions.get(&other.undoing?));
        undoing.any(|undo| undo.lamp.may_be_in_force())
            || self.incident.actions.values().any(|newer| {
                replaces(newer, action) && matches!(newer.lamp, Lamp::Requested | Lamp::Accepted)
            })
            || self.incident.stands_before(action).is_some()
    }

    /// Proof has consequences: once every agent is contained control is stamped (T3), and what it
    /// undoes or replaces is undone.
    fn verified(&self, action: &Action, readings: Vec<Reading>) -> Vec<Event> {
        let mut events = vec![Event::ActionVerified { action: action.id, readings }];
        let info = action.plan.op.info();
        let is_home = info.mitigation && (action.undoes.is_some() || self.leads_home(action));
        let completes = !is_home && self.incident.is_contained_with(action);
        if completes && self.incident.mark(Mark::T3).is_none() {
            events.push(Event::MarkSet { mark: Mark::T3, at: self.now, reason: None });
        }
        events.extend(self.brings_in(action));
        let undone = |other| Event::ActionUndone { action: other, by: Some(action.id), reason: None };
        events.extend(self.takes_away(action).map(undone));
        // The inverse of a ladder step is a step of its own; back at the start nothing is in force.
        if is_home {
            let reason = Some(Text::line("back where it was before"));
            events.push(Event::ActionUndone { action: action.id, by: None, reason });
        }
        events
    }

    /// What is not in force any more where this is: what it undoes, and what it replaces.
    pub(super) fn takes_away(&self, action: &Action) -> impl Iterator<Item = ActionId> {
        let undone = action.undoes.and_then(|id| self.incident.actions.get(&id));
        let gone = move |other: &&Action| {
            undone.is_some_and(|undone| is_the_same(undone, other) || ends_all(action, other))
                || takes_back(action, other)
                || replaces(action, other)
        };
        let others = self.incident.actions.values().filter(|other| other.id != action.id);
        let may_be = |a: &&Action| a.plan.op.info().mitigation && a.lamp.may_become(Lamp::Undone);
        others.filter(gone).filter(may_be).map(|other| other.id)
    }

    /// Where a ladder such as L0 to L4 stood before its first step, while it stands elsewhere.
    pub(super) fn ladder_home(&self, op: Op, target: &Text) -> Option<&Params> {
        let verified = self.incident.actions.values().filter(|a| a.verified_at.is_some());
        Self::climb(verified.filter(|a| a.plan.op == op && a.plan.target == *target).collect())
    }

    /// A delivered escalation puts its level on record (C2, D10).
    pub(super) fn brings_in(&self, action: &Action) -> Option<Event> {
        if action.plan.op != Op::Escalate {
            return None;
        }
        let level = action.plan.target.as_str().parse().ok()?;
        let rule = self.policy.escalation.iter().find(|l| l.level == level)?;
        let reason = action.plan.params.get("reason").filter(|text| !text.is_blank());
        let trigger = reason.unwrap_or(&rule.trigger).clone();
        Some(Event::Escalated { level, name: rule.name.clone(), trigger })
    }

    /// Whether a step, once verified, puts its ladder back where it stood before the first.
    fn leads_home(&self, step: &Action) -> bool {
        let verified = self.incident.actions.values().filter(|a| a.verified_at.is_some() && a.id != step.id);
        let before =
            verified.filter(|a| a.plan.op == step.plan.op && a.plan.target == step.plan.target).collect();
        step.plan.op.info().inverse == Some(step.plan.op)
            && Self::climb(before).or(inverse_params(step)) == Some(&step.plan.params)
    }

    /// Takes verified steps in their order and says where the run began that the last one is part of;
    /// none when it led back there.
    fn climb(mut steps: Vec<&Action>) -> Option<&Params> {
        steps.sort_by_key(|a| (a.verified_at, a.id));
        steps.into_iter().fold(None, |home, step| {
            let began = home.or(inverse_params(step));
            began.filter(|began| step.undoes.is_none() && **began != step.plan.params)
        })
    }
}

/// What a probe read after a person saw it hold that says the opposite.
fn belied(action: &Action, readings: &[Reading]) -> Option<Text> {
    let seen = action.witnessed.as_ref().filter(|seen| seen.holds && action.proves_nothing())?;
    let is_newer = |reading: &&Reading| reading.at > seen.at && reading.value.is_some() && !reading.holds();
    let reading = readings.iter().find(is_newer)?;
    let (check, value) = (&reading.check, reading.value.as_ref()?);
    Some(Text::line(&format!("{check} was to be read, and {value} was; {} had seen it hold", seen.by)))
}

fn inverse_params(action: &Action) -> Option<&Params> {
    action.plan.inverse.as_ref().map(|inverse| &inverse.params)
}

/// Whether `action` is, word for word, the inverse that was recorded for `other`.
fn takes_back(action: &Action, other: &Action) -> bool {
    let (plan, before) = (&action.plan, &other.plan);
    plan.target == before.target
        && plan.op != before.op
        && before
            .inverse
            .as_ref()
            .is_some_and(|inverse| inverse.op == plan.op && inverse.params == plan.params)
}

/// Whether it ends whatever is like `other`: silences of an alert, whatever their labels.
fn ends_all(action: &Action, other: &Action) -> bool {
    let (plan, before) = (&action.plan, &other.plan);
    plan.target == before.target
        && before.op == Op::Silence
        && before.op.info().inverse == Some(plan.op)
        && plan.labels().is_none()
}

/// Whether both did the same to the same target: what is done twice is in force once.
fn is_the_same(one: &Action, other: &Action) -> bool {
    let (plan, again) = (&one.plan, &other.plan);
    plan.target == again.target && plan.op == again.op && plan.params == again.params
}

/// Whether `newer` puts another setting of the same operation in the place of `older`.
fn replaces(newer: &Action, older: &Action) -> bool {
    newer.id > older.id && newer.plan.replaces(&older.plan)
}
