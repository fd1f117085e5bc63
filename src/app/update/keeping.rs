//! Nothing left behind: what becomes of each mitigation, asked before an incident ends and, from the
//! screen of what is in force, at any time after.

use super::super::effect::Effect;
use super::super::form::{End, Form, Purpose, UNDO_NOW};
use super::super::intent::Intent;
use super::super::model::{Modal, Model, Pane, Screen};
use super::super::msg::Notice;
use super::forms::Built;
use crate::incident::{Action, ActionId, Command, DONE, Disposition, Incident, Lamp, Op, Settlement, Text};

const HAND_OVER: &str = "hand over";
const KEEP: &str = "keep";
const FAILED: &str = "never took effect";
const UNDONE: &str = "is undone";
const HOLDS: &str = "seen to hold";
const FAILS: &str = "seen NOT to hold";

/// What was said of a mitigation just now. Its entry may be on its way yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Somebody has it.
    Has(ActionId),
    /// Its undoing was asked for.
    Undone(ActionId),
}

impl Model {
    /// Goes to the screen of what is in force. What is selected stays so, if it is on the list; else
    /// the first of the same incident is. Of another incident nothing is selected by itself.
    pub(super) fn go_to_in_force(&mut self) {
        self.screen = Screen::InForce;
        self.editing = false;
        let all = self.in_force_in_order();
        let chosen = self.selection.incident.zip(self.selection.action);
        if !chosen.is_some_and(|chosen| all.contains(&chosen)) {
            let here = all.iter().find(|(incident, _)| Some(*incident) == self.selection.incident);
            self.selection.action = here.map(|(_, action)| *action);
        }
    }

    /// The form of the way to the end: what becomes of each mitigation that nobody has, then the end
    /// itself.
    ///
    /// # Errors
    /// What the end waits for: an undo that is not proved yet.
    pub(super) fn end_form(&self, end: End, said: Option<Said>) -> Result<Form, String> {
        let incident = self.incident().ok_or("no incident is selected")?;
        let open = || incident.unaccounted().filter(|a| said != Some(Said::Has(a.id)));
        let under_way = |a: &&Action| incident.undoing(a).is_some() || said == Some(Said::Undone(a.id));
        if let Some(next) = open().find(|a| !under_way(a)) {
            return Ok(self.account_form(next, Some(end)));
        }
        let waits: Vec<String> = open().map(|a| waits_for(incident, a)).collect();
        if !waits.is_empty() {
            return Err(format!("{}; when that is proved, ask for the end again", waits.join(", ")));
        }
        Ok(match end {
            End::Resolve => Form::new(Purpose::Resolve, format!("end the incident{}", leaks(incident)))
                .text("summary", "what ended it", "")
                .text("despite", "needed where recovery is not proved: why it is over all the same", ""),
            End::Merge => Form::new(Purpose::Merge, format!("end it as a duplicate{}", leaks(incident)))
                .text("into", "the incident that goes on, such as INC-7", "")
                .text("reason", "why they are the same", ""),
        })
    }

    /// Goes on with the end of the incident after it was said what becomes of one mitigation.
    pub(super) fn go_on_ending(&mut self, end: End, said: Said) {
        match self.end_form(end, Some(said)) {
            Ok(form) => {
                let form = self.draft_of(&form).unwrap_or(form);
                self.modals.push(Modal::Form(form));
            }
            Err(words) => drop(self.refuse(end.intent().info().name, words)),
        }
    }

    /// What becomes of the selected mitigation, else of the first that nobody has.
    pub(super) fn keep_form(&self) -> Result<Form, String> {
        let first = || self.incident().and_then(|i| i.unaccounted().next());
        let selected = self.selected_action().filter(|a| a.is_in_force());
        // The row that has the keys is meant, and no other.
        if self.pane() == Pane::Actions
            && let Some(action) = self.selected_action().filter(|a| !a.is_in_force())
        {
            return Err(format!("{} is not in force; select one that is", self.named(action.id)));
        }
        let elsewhere = if self.screen == Screen::InForce { None } else { first() };
        let action = selected.or(elsewhere).ok_or("no mitigation in force is selected")?;
        Ok(self.account_form(action, None))
    }

    fn account_form(&self, action: &Action, end: Option<End>) -> Form {
        let said = action.disposition.as_ref();
        let me = self.actor.as_person().map_or("", Text::as_str);
        let owner = said.and_then(Disposition::owner).map_or(me, Text::as_str);
        let due = said.and_then(Disposition::due).filter(|due| *due > self.now());
        let due = due.map_or_else(|| "1d".to_owned(), |due| due.format("%Y-%m-%d").to_string());
        let mut fates = vec![HAND_OVER.to_owned(), KEEP.to_owned()];
        if action.plan.inverse.is_some() {
            fates.insert(0, UNDO_NOW.to_owned());
        }
        // What mended the incident is not taken away again by a hurried Enter.
        let mends = matches!(action.plan.op, Op::RollbackConfig | Op::RollbackBranch | Op::RollbackSystem);
        let fate = match said {
            Some(Disposition::HandedOver { .. }) => HAND_OVER,
            Some(Disposition::Kept { .. }) => KEEP,
            None if mends => KEEP,
            Some(Disposition::Undo) | None => fates[0].as_str(),
        };
        let fate = fate.to_owned();
        let how = match action.witnessed.as_ref().filter(|_| action.may_be_witnessed()) {
            Some(seen) if seen.holds => format!("was {}", seen.verdict()),
            Some(seen) => format!("was {}, and may be in force", seen.verdict()),
            None if action.lamp == Lamp::Leaking => "LEAKS".to_owned(),
            None => "is in force".to_owned(),
        };
        let title = format!("{} {how}: what becomes of it?", self.named(action.id));
        Form::new(Purpose::Account(action.id, end), title)
            .choice("it", fates, &fate)
            .text("owner", "who has it from now on", owner)
            .text("gone by", "for a hand-over: a span such as 2d, or YYYY-MM-DD", &due)
            .text(
                "reason",
                "why it stays; needed to keep it",
                said.and_then(Disposition::reason).map_or("", Text::as_str),
            )
    }

    pub(super) fn account_from(&self, action: ActionId, form: &Form) -> Built {
        let (owner, reason) = (form.get("owner"), form.get("reason"));
        let disposition = match form.get("it").as_str() {
            // It is on record once the undoing was confirmed, and not before.
            UNDO_NOW => return Err(format!("{action} is undone by an action of its own")),
            HAND_OVER => Disposition::HandedOver { owner, due: self.read_due(&form.get("gone by"))?, reason },
            _ => Disposition::Kept { owner, reason },
        };
        Ok(Command::Account { action, disposition })
    }

    /// What follows when it is on record what becomes of a mitigation.
    pub(super) fn accounted(&mut self, form: &Form) -> Vec<Effect> {
        let Purpose::Account(id, end) = form.purpose else { return vec![] };
        if let Some(end) = end {
            self.go_on_ending(end, Said::Has(id));
        }
        vec![]
    }

    /// Undoes an action by its recorded inverse: an action of its own, confirmed and proved like any.
    pub(super) fn undo(&mut self, id: ActionId, end: Option<End>) -> Vec<Effect> {
        let word = Intent::Undo.info().name;
        let Some(action) = self.incident().and_then(|i| i.actions.get(&id)) else {
            return self.refuse(word, "no action is selected");
        };
        match (&action.plan.inverse, action.lamp.may_be_in_force()) {
            (Some(inverse), true) => {
                let (op, target, params) = (inverse.op, action.plan.target.clone(), inverse.params.clone());
                self.plan_to(op, target, params, end.map(|end| (end, id)))
            }
            (None, true) if action.lamp == Lamp::Verified && !action.is_in_force() => {
                self.refuse(word, format!("{id} is {DONE}, and nothing undoes it"))
            }
            (None, true) => {
                let words = format!("{id} has no inverse: settle it, hand it over, or say who keeps it");
                self.refuse(word, words)
            }
            (_, false) => {
                let words = format!("{id} is {}: nothing to undo", action.lamp);
                self.refuse(word, words)
            }
        }
    }

    /// Reads the selected action's checks now: after the end of an incident nobody else does.
    pub(super) fn read_now(&mut self) -> Vec<Effect> {
        let word = Intent::Read.info().name;
        let Some((incident, action)) = self.incident().map(|i| i.id).zip(self.selected_action()) else {
            return self.refuse(word, "no action is selected");
        };
        let (id, checks) = (action.id, action.plan.checks.len());
        if !action.lamp.is_probed() {
            let words = format!("{id} is {}: there is nothing to read of it", action.lamp);
            return self.refuse(word, words);
        }
        if checks == 0 {
            return self.refuse(word, format!("{id} has no checks: nothing reads it"));
        }
        let noun = if checks == 1 { "check" } else { "checks" };
        self.take_notice(Notice::info(format!("reading {checks} {noun} of {incident} {id}")));
        vec![Effect::Read { incident, action: id }]
    }

    pub(super) fn settle_form(&self) -> Result<Form, String> {
        let action = self.to_settle()?;
        let title = format!("settle {action}");
        let can = [
            (HOLDS, action.may_be_witnessed()),
            (FAILS, action.may_be_witnessed()),
            (FAILED, action.lamp.may_become(Lamp::Failed)),
            (UNDONE, action.lamp.may_become(Lamp::Undone)),
        ];
        let kinds: Vec<String> =
            can.iter().filter(|(_, can)| *can).map(|(kind, _)| (*kind).to_owned()).collect();
        let Some(likely) = kinds.first().cloned() else {
            return Err(format!("{action}: {}", action.next_step()));
        };
        let likely = likely.as_str();
        Ok(Form::new(Purpose::Settle(action.id), title).choice("it", kinds, likely).text(
            "how you know",
            "what you saw, where",
            "",
        ))
    }

    fn to_settle(&self) -> Result<&Action, String> {
        let open = |a: &&Action| a.asks_for_a_person();
        let unseen = |a: &&Action| open(a) && a.witnessed.is_none();
        if self.screen == Screen::InForce {
            let selected = self.selected_action().filter(|a| a.is_in_force());
            return selected.ok_or_else(|| "no mitigation in force is selected".to_owned());
        }
        self.selected_action()
            .filter(|a| open(a) || (a.is_in_force() && !self.incident().is_some_and(Incident::is_open)))
            .or_else(|| self.incident()?.actions.values().rev().find(unseen))
            .or_else(|| self.incident()?.actions.values().rev().find(open))
            .ok_or_else(|| "no action is in doubt, unverified, leaking or without checks".to_owned())
    }
}

impl End {
    /// What asks for it.
    const fn intent(self) -> Intent {
        match self {
            Self::Resolve => Intent::Resolve,
            Self::Merge => Intent::Merge,
        }
    }
}

/// `A1 isolate support-1 is being undone by A4 (accepted)`.
fn waits_for(incident: &Incident, action: &Action) -> String {
    let undo = incident.undoing(action).map(|undo| {
        // Where nothing reads the undo, waiting does not help.
        let look = if undo.may_be_witnessed() { "; nothing reads it: settle what you saw" } else { "" };
        format!(" by {} ({}{look})", undo.id, undo.lamp)
    });
    format!("{} {} is being undone{}", action.id, action.plan.title(), undo.unwrap_or_default())
}

/// `: A1 LEAKS, and stays so`: whoever ends it knows of it.
fn leaks(incident: &Incident) -> String {
    let all = incident.actions.values().filter(|action| action.lamp == Lamp::Leaking);
    let all: Vec<String> = all.map(|action| action.id.to_string()).collect();
    match all.len() {
        0 => String::new(),
        1 => format!(": {} LEAKS, and stays so", all[0]),
        _ => format!(": {} LEAK, and stay so", all.join(", ")),
    }
}

/// Reads a submitted settlement.
pub(super) fn settle_from(action: ActionId, form: &Form) -> Command {
    let settlement = match form.get("it").as_str() {
        HOLDS => Settlement::Witnessed { holds: true },
        FAILS => Settlement::Witnessed { holds: false },
        UNDONE => Settlement::Undone,
        _ => Settlement::Failed,
    };
    Command::Settle { action, settlement, reason: form.get("how you know") }
}
