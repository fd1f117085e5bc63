//! Nothing is left behind: what becomes of each mitigation that may be in force, before an incident
//! ends and after it.

use chrono::NaiveDate;

use super::{Context, Decision};
use crate::incident::{Action, ActionId, Disposition, Event, Lamp, Refusal, Text};

/// The rule all of this is about.
pub const RULE: &str = "A3 in force";

impl Context<'_> {
    /// Says what becomes of a mitigation; it may be said anew as long as it is in force.
    pub(super) fn account(&self, id: ActionId, disposition: &Disposition) -> Decision {
        let action = self.action(id)?;
        if !action.is_in_force() {
            let why = format!("{id} is {} and needs no account", action.lamp);
            return Err(Refusal::new(RULE, why, "nothing to do"));
        }
        match disposition {
            Disposition::Undo if action.plan.inverse.is_none() => {
                let why = format!("{id} has no inverse");
                return Err(Refusal::new(RULE, why, "settle it by hand, hand it over, or keep it"));
            }
            Disposition::Undo => {}
            Disposition::HandedOver { owner, due, .. } => {
                self.needs_text(RULE, owner, "who takes it away")?;
                if *due <= self.now {
                    let why = format!("the date on which {id} is to be gone lies in the past");
                    return Err(Refusal::new(RULE, why, "give a date to come"));
                }
            }
            Disposition::Kept { owner, reason } => {
                self.needs_text(RULE, owner, "who keeps it")?;
                self.needs_text(RULE, reason, "why it stays")?;
            }
        }
        let said_already = action.disposition.as_ref() == Some(disposition);
        if said_already && (*disposition == Disposition::Undo || !self.incident.is_unaccounted(action)) {
            return Ok(vec![]);
        }
        let leaking = action.lamp == Lamp::Leaking;
        Ok(vec![Event::ActionAccounted { action: id, disposition: disposition.clone(), leaking }])
    }

    /// No incident ends while a mitigation may be in force that nobody has.
    pub(super) fn nothing_left_behind(&self, what: &str) -> Result<(), Refusal> {
        let left: Vec<String> = self.incident.unaccounted().map(|a| self.left(a)).collect();
        if left.is_empty() {
            return Ok(());
        }
        let why = format!("{what} would leave {} behind", left.join(", "));
        let under_way = self.incident.unaccounted().all(|a| self.incident.undoing(a).is_some());
        let instead = if under_way {
            "wait until it is proved undone, or say who has it and until when"
        } else {
            "undo each, hand it over with a date, or say who keeps it and why"
        };
        Err(Refusal::new(RULE, why, instead))
    }

    fn left(&self, action: &Action) -> String {
        let undo =
            self.incident.undoing(action).map(|undo| format!("; its undo {} is {}", undo.id, undo.lamp));
        format!("{} {} ({}{})", action.id, action.plan.title(), action.lamp, undo.unwrap_or_default())
    }

    /// One digest a day: made twice, by two processes or after a restart, it is on record once.
    pub(super) fn digest(&self, day: NaiveDate, count: u32, text: &Text) -> Decision {
        if !self.is_flightdeck() {
            let why = "the digest of what is in force is made by the program itself";
            return Err(Refusal::new(RULE, why, "flightdeck mitigations --digest prints it at any time"));
        }
        if count == 0 || self.incident.digest.is_some_and(|newest| newest >= day) {
            return Ok(vec![]);
        }
        Ok(vec![Event::DigestMade { day, count, text: text.clone() }])
    }
}
