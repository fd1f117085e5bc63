//! What is due, by when, and how far each window is: a function of incident, policy and now.

use chrono::TimeDelta;

use super::policy::{Level, WindowName};
use super::{ActionId, Audience, HypothesisId, ImprovementId, Incident, Lamp, Mark, Policy, Progress, Time};

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// A window of the severity matrix (A1, B1).
    Window(WindowName),
    /// A proposal that waits for approval (B4).
    Approval(ActionId),
    /// The checks of an accepted action.
    Verification(ActionId),
    /// A status update (D3).
    Update(Audience),
    /// A hypothesis in its box (D5).
    Hypothesis(HypothesisId),
    /// A level to be brought in (C2, D10).
    Escalation(u8),
    /// An improvement (A14).
    Improvement(ImprovementId),
}

/// One thing that falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub due: Due,
    /// How it is called on screen.
    pub label: String,
    /// When its time began.
    pub from: Time,
    /// When it is over.
    pub at: Time,
    /// When it was met, if it was.
    pub met: Option<Time>,
    /// Whether overrunning it alarms.
    pub enforced: bool,
    /// From when on it warns.
    pub warn_at: Time,
}

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Time is left.
    Running,
    /// Little time is left.
    Near,
    /// Time is up and it is not met.
    Over,
    /// Met in time.
    Met,
    /// Met, but late.
    MetLate,
}

impl Deadline {
    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Time) -> Standing {
        match self.met {
            Some(met) if met <= self.at => Standing::Met,
            Some(_) => Standing::MetLate,
            None if now >= self.at => Standing::Over,
            None if now >= self.warn_at => Standing::Near,
            None => Standing::Running,
        }
    }

    /// Time left; negative when over. When met, what was left then.
    #[must_use]
    pub fn left(&self, now: Time) -> TimeDelta {
        self.at - self.met.unwrap_or(now)
    }

    /// The share of its time that has gone, 0.0 to 1.0 and above when over.
    #[must_use]
    pub fn share(&self, now: Time) -> f64 {
        let whole = (self.at - self.from).num_milliseconds().max(1) as f64;
        (self.met.unwrap_or(now) - self.from).num_milliseconds() as f64 / whole
    }

    /// Whether it still counts down or up.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.met.is_none()
    }
}

/// Everything that is or was due, windows first, then by time.
#[must_use]
pub fn deadlines(incident: &Incident, policy: &Policy, now: Time) -> Vec<Deadline> {
    if !incident.is_declared() {
        return Vec::new();
    }
    let clock = Clock { incident, policy, now };
    let mut all = clock.windows();
    let mut rest = Vec::new();
    clock.approvals(&mut rest);
    clock.verifications(&mut rest);
    clock.hypotheses(&mut rest);
    if incident.is_open() {
        clock.updates(&mut rest);
        clock.escalations(&mut rest);
    }
    clock.improvements(&mut rest);
    rest.sort_by_key(|deadline| (deadline.at, deadline.due));
    all.extend(rest);
    all
}

/// The deadline that large digits show: the open, enforced one that is due next, or overdue longest.
#[must_use]
pub fn next_deadline(deadlines: &[Deadline]) -> Option<&Deadline> {
    deadlines.iter().filter(|d| d.is_open() && d.enforced).min_by_key(|d| d.at)
}

struct Clock<'a> {
    incident: &'a Incident,
    policy: &'a Policy,
    now: Time,
}

impl Clock<'_> {
    fn deadline(&self, due: Due, label: String, from: Time, at: Time) -> Deadline {
        let per_cent = i32::from(self.policy.warn_at_percent.min(100));
        let warn_at = from + (at - from) * per_cent / 100;
        Deadline { due, label, from, at, met: None, enforced: true, warn_at }
    }

    fn windows(&self) -> Vec<Deadline> {
        let incident = self.incident;
        let mut all = Vec::new();
        for (name, window) in &self.policy.windows {
            let Some(from) = window.from.of(incident) else { continue };
            let at = window.within.of(incident.severity).after(from);
            let mut deadline = self.deadline(Due::Window(*name), name.word().to_owned(), from, at);
            deadline.met = window.to.of(incident);
            deadline.enforced = window.enforced;
            // A control that leaks is not in force, whatever T3 says (A3).
            if window.to == super::policy::Moment::Mark(Mark::T3) && incident.leaking_since().is_some() {
                deadline.met = None;
            }
            // What never happened before the end was not met then, and does not run for ever.
            if deadline.met.is_none() && *name != WindowName::Review && !incident.is_open() {
                continue;
            }
            all.push(deadline);
        }
        all
    }

    fn approvals(&self, all: &mut Vec<Deadline>) {
        for action in self.incident.actions.values().filter(|a| a.lamp == Lamp::Proposed) {
            if let Some(until) = action.approve_by {
                let label = format!("approve {}", action.id);
                all.push(self.deadline(Due::Approval(action.id), label, action.asked_at, until));
            }
        }
    }

    fn verifications(&self, all: &mut Vec<Deadline>) {
        for action in self.incident.actions.values().filter(|a| a.lamp == Lamp::Accepted) {
            if let Some(from) = action.accepted_at {
                let at = from + TimeDelta::seconds(action.plan.verify_s.into());
                let label = format!("verify {}", action.id);
                let mut deadline = self.deadline(Due::Verification(action.id), label, from, at);
                deadline.enforced = false;
                all.push(deadline);
            }
        }
    }

    fn hypotheses(&self, all: &mut Vec<Deadline>) {
        for (id, hypothesis) in &self.incident.hypotheses {
            if hypothesis.closed.is_none() {
                let label = format!("{id} box");
                let due = Due::Hypothesis(*id);
                all.push(self.deadline(due, label, hypothesis.opened_at, hypothesis.until));
            }
        }
    }

    /// The first update is due one cadence after T0, later ones as promised (D3).
    fn updates(&self, all: &mut Vec<Deadline>) {
        let Some(detected) = self.incident.mark(Mark::T0) else { return };
        for (audience, cadence) in &self.policy.updates {
            let (from, at) = match self.incident.updates.get(audience) {
                Some(update) => (update.at, update.next_at),
                None => (detected, cadence.of(self.incident.severity).after(detected)),
            };
            let label = format!("update {audience}");
            all.push(self.deadline(Due::Update(*audience), label, from, at));
        }
    }

    fn escalations(&self, all: &mut Vec<Deadline>) {
        let Some(detected) = self.incident.mark(Mark::T0) else { return };
        for level in self.due_levels() {
            let at = level.after.after(detected);
            let label = format!("escalate to {}", level.name);
            all.push(self.deadline(Due::Escalation(level.level), label, detected, at));
        }
    }

    fn due_levels(&self) -> impl Iterator<Item = &Level> {
        self.policy.escalation.iter().filter(|level| {
            level.severities.contains(&self.incident.severity)
                && level.when.holds(self.incident)
                && !self.incident.escalations.contains_key(&level.level)
        })
    }

    fn improvements(&self, all: &mut Vec<Deadline>) {
        for (id, improvement) in &self.incident.improvements {
            if improvement.progress == Progress::Open {
                let label = format!("{id} {}", improvement.owner);
                let mut deadline = self.deadline(Due::Improvement(*id), label, self.now, improvement.due);
                deadline.from = self.incident.declared_at;
                deadline.enforced = !self.incident.is_open();
                all.push(deadline);
            }
        }
    }
}
