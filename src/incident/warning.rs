//! What a commander should not overlook: functions of incident, policy and now.

use super::deadline::{Due, Standing, deadlines};
use super::policy::{Involvement, Urgency, WindowName};
use super::{Incident, Lamp, Mark, Policy, Time};

/// One warning, in words, with the row it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// How loud.
    pub weight: Weight,
    /// The playbook's row.
    pub row: &'static str,
    /// The words.
    pub text: String,
}

/// How loud a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Shown.
    Advice,
    /// Shown as a warning.
    Warn,
    /// Shown as an alarm; rings.
    Alarm,
}

/// All warnings, loudest first.
#[must_use]
pub fn warnings(incident: &Incident, policy: &Policy, now: Time) -> Vec<Warning> {
    let mut all = Vec::new();
    if !incident.is_declared() {
        return all;
    }
    let mut warn = |weight, row, text: String| all.push(Warning { weight, row, text });
    for action in incident.actions.values() {
        let title = action.plan.title();
        match action.lamp {
            Lamp::Leaking => {
                let text = format!("{} {title} is LEAKING: {}", action.id, action.lamp.next_step());
                warn(Weight::Alarm, "A3", text);
            }
            Lamp::InDoubt => {
                let text = format!("{} {title} is in doubt: {}", action.id, action.lamp.next_step());
                warn(Weight::Warn, "A3", text);
            }
            Lamp::Unverified => {
                let text = format!("{} {title} is unverified: {}", action.id, action.lamp.next_step());
                warn(Weight::Warn, "A3", text);
            }
            Lamp::Proposed => warn(Weight::Warn, "B4", format!("{} {title} waits for approval", action.id)),
            Lamp::Denied
            | Lamp::Expired
            | Lamp::Requested
            | Lamp::Accepted
            | Lamp::Verified
            | Lamp::Failed
            | Lamp::Undone => {}
        }
    }
    if incident.is_open() {
        if incident.commander().is_none() && incident.is_being_worked() {
            warn(Weight::Warn, "D2", "nobody commands while troubleshooting goes on: take command".into());
        } else if incident.commander().is_none()
            && policy.involvement.of(incident.severity) == Involvement::Required
        {
            warn(Weight::Warn, "A11", "nobody commands: take command".into());
        }
        for deadline in deadlines(incident, policy, now) {
            if deadline.standing(now) != Standing::Over || !deadline.enforced {
                continue;
            }
            match deadline.due {
                Due::Window(name) => {
                    let text = format!("the {name} window is over");
                    warn(Weight::Alarm, "A1", text);
                    if name == WindowName::Control {
                        rollback_advice(incident, policy, &mut warn);
                    }
                }
                Due::Update(audience) => {
                    warn(Weight::Warn, "D3", format!("an update for {audience} is overdue"));
                }
                Due::Hypothesis(id) => {
                    warn(Weight::Warn, "D5", format!("{id} is out of its box: confirm it or move on"));
                }
                Due::Escalation(level) => {
                    warn(Weight::Warn, "D10", format!("escalation level {level} is due"))
                }
                Due::Approval(_) | Due::Verification(_) | Due::Improvement(_) => {}
            }
        }
    }
    all.sort_by_key(|warning| std::cmp::Reverse(warning.weight));
    all
}

/// B13: after a failed repair, how urgent a rollback is.
fn rollback_advice(
    incident: &Incident,
    policy: &Policy,
    warn: &mut impl FnMut(Weight, &'static str, String),
) {
    if incident.mark(Mark::T3).is_some() && incident.leaking_since().is_none() {
        return;
    }
    let (weight, words) = match policy.rollback.of(incident.severity) {
        Urgency::Must => (Weight::Warn, "a rollback must be done now"),
        Urgency::Should => (Weight::Warn, "a rollback should be done"),
        Urgency::May => (Weight::Advice, "a rollback may help"),
    };
    warn(weight, "B13", words.to_owned());
}
