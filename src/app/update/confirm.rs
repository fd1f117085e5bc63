//! A plan on screen, and the answer to it.
//!
//! A plan comes when its adapter has said it, while somebody may be typing. So no single key answers
//! it: an answer is a line of its own, begun when the question was on the screen. A line that was
//! begun before is thrown away whole.

#![expect(clippy::wildcard_enum_match_arm, reason = "every key that is not named means nothing here")]

use super::super::effect::{Effect, Ticket};
use super::super::field::Field;
use super::super::form::End;
use super::super::key::{Code, Key};
use super::super::model::{Confirm, ConfirmAct, ConfirmStage, Modal, Model, Pane, Screen};
use super::keeping::Said;
use crate::incident::policy::Confirm as ConfirmRule;
use crate::incident::{ActionId, Command, Confirmation, Entry, Event, IncidentId, Plan, Text};

/// What is said of a line that was begun too early.
const AHEAD: &str = "that line was begun before this was shown: press enter, then answer";

/// What is said once such a line was ended.
const THROWN: &str = "what you typed before this was shown was thrown away: answer now";

/// What a person answered.
enum Answer {
    /// Do it.
    Yes,
    /// It was done by other means: record this level.
    ByHand(u8),
    /// Do nothing.
    Leave,
    /// None of that; this was asked for.
    Wrong(String),
}

impl Confirm {
    /// A question nobody has seen yet.
    pub(super) fn new(
        incident: IncidentId,
        act: ConfirmAct,
        then: Option<(End, ActionId)>,
        stage: ConfirmStage,
    ) -> Self {
        Self {
            incident,
            act,
            then,
            again: None,
            stage,
            typed: Field::default(),
            shown: false,
            ahead: false,
            thrown: false,
            scroll: 0,
            error: None,
        }
    }

    /// Asks something else in the same place: nobody has seen that either.
    fn turn_to(&mut self, stage: ConfirmStage, error: Option<String>) {
        self.stage = stage;
        self.typed = Field::default();
        self.shown = false;
        self.error = error;
        self.complain();
    }

    /// Whether it waits for a person.
    const fn asks(&self) -> bool {
        match self.stage {
            ConfirmStage::Ready { .. } | ConfirmStage::Unavailable { .. } => true,
            ConfirmStage::Planning { .. } | ConfirmStage::Submitted { .. } => false,
        }
    }

    /// Whether what is typed now is the answer.
    pub(super) const fn listens(&self) -> bool {
        self.shown && !self.ahead
    }

    /// Takes a key that answers nothing.
    fn take_ahead(&mut self, key: Key) {
        match key.code {
            Code::Enter => {
                self.thrown |= self.ahead && !self.shown;
                self.ahead = false;
                self.error.take_if(|error| error == AHEAD);
            }
            Code::Char(_) => self.ahead = true,
            _ => {}
        }
        self.complain();
    }

    /// What the line that was typed says.
    fn answer(&self) -> Answer {
        let line = self.typed.text().trim();
        match &self.stage {
            ConfirmStage::Ready { plan, .. } if plan.destroys_evidence => match line {
                "n" | "N" => Answer::Leave,
                _ if line == plan.destroying() => Answer::Yes,
                _ => Answer::Wrong(plan.destroying()),
            },
            ConfirmStage::Ready { plan, typed: true, .. } if line == plan.target.as_str() => Answer::Yes,
            ConfirmStage::Ready { plan, typed: true, .. } => Answer::Wrong(plan.target.to_string()),
            ConfirmStage::Ready { typed: false, .. } => match line {
                "y" | "Y" => Answer::Yes,
                "n" | "N" => Answer::Leave,
                _ => Answer::Wrong("y".to_owned()),
            },
            ConfirmStage::Unavailable { .. } if line.is_empty() => Answer::Leave,
            ConfirmStage::Unavailable { by_hand: Some(level), .. } if line == "m" => Answer::ByHand(*level),
            ConfirmStage::Unavailable { by_hand: Some(_), .. } => Answer::Wrong("m".to_owned()),
            // Nothing was asked, and whoever typed may go on typing.
            ConfirmStage::Unavailable { by_hand: None, .. }
            | ConfirmStage::Planning { .. }
            | ConfirmStage::Submitted { .. } => Answer::Wrong(String::new()),
        }
    }

    /// Says of a line that was begun too early that it is none, where one is asked for.
    fn complain(&mut self) {
        if self.asks() && self.ahead {
            self.error = Some(AHEAD.to_owned());
        } else if self.asks() && self.thrown && self.error.is_none() {
            self.thrown = false;
            self.error = Some(THROWN.to_owned());
        }
    }
}

impl Model {
    /// What stands in front was painted. Nothing is written where that is nothing new.
    pub(super) fn shown(&mut self) {
        if let Some(Modal::Confirm(confirm)) = self.modals.last()
            && confirm.asks()
            && !confirm.shown
            && let Some(Modal::Confirm(confirm)) = self.modals.last_mut()
        {
            confirm.shown = true;
        }
    }

    /// The plan as it is asked about, by the rule of its operation.
    pub(super) fn ready(&self, plan: Box<Plan>) -> ConfirmStage {
        let typed = self.policy.actions.get(&plan.op).is_none_or(|rule| rule.confirm == ConfirmRule::Typed);
        ConfirmStage::Ready { digest: plan.digest(), plan, typed }
    }

    /// The adapter's answer. A confirmation that was closed meanwhile stays closed.
    pub(super) fn planned(&mut self, ticket: Ticket, answer: Result<Box<Plan>, Text>) -> Vec<Effect> {
        if let Err(why) = &answer
            && self.back_to_form(ticket, why)
        {
            return vec![];
        }
        let ready = answer.map(|plan| self.ready(plan));
        for modal in &mut self.modals {
            if let Modal::Confirm(confirm) = modal
                && let ConfirmStage::Planning { what, level, ticket: waiting } = &confirm.stage
                && *waiting == ticket
            {
                let (what, by_hand) = (what.clone(), *level);
                let stage = match ready {
                    Ok(stage) => stage,
                    Err(why) => ConfirmStage::Unavailable { what, why, by_hand },
                };
                confirm.turn_to(stage, None);
                break;
            }
        }
        vec![]
    }

    /// What cannot be planned because of what was typed is said at its field, with all of it there.
    fn back_to_form(&mut self, ticket: Ticket, why: &Text) -> bool {
        let waits = |modal: &Modal| {
            matches!(modal, Modal::Confirm(Confirm { stage: ConfirmStage::Planning { ticket: t, level: None, .. }, .. })
                if *t == ticket)
        };
        let Some(at) = self.modals.iter().position(waits) else { return false };
        let Some(below) = at.checked_sub(1) else { return false };
        let Some(Modal::Form(form)) = self.modals.get_mut(below) else { return false };
        if !form.plans() || form.quoted(why.as_str()).is_none() {
            return false;
        }
        form.fail(why.to_string());
        self.modals.remove(at);
        true
    }

    /// Closes a confirmation that was answered, and the form below that led to it.
    fn close_confirm(&mut self, at: usize) -> Option<Confirm> {
        let Modal::Confirm(confirm) = self.modals.remove(at) else { return None };
        let below = at.checked_sub(1);
        if let Some(below) = below
            && matches!(self.modals.get(below), Some(Modal::Form(form)) if form.plans())
        {
            self.modals.remove(below);
        }
        Some(confirm)
    }

    /// What somebody confirmed here is not how things are any more, and nothing was changed: what it
    /// would do now is asked about, if nothing else is.
    pub(super) fn ask_again(&mut self, entry: &Entry) -> Vec<Effect> {
        let Event::ActionFailed { action, reason, .. } = &entry.event else { return vec![] };
        if self.selection.incident != Some(entry.incident) || !self.modals.is_empty() {
            return vec![];
        }
        let Some(action) = self.incident().and_then(|incident| incident.actions.get(action)) else {
            return vec![];
        };
        if !action.asks_again() || action.asked_by != self.actor || action.runner != self.runner {
            return vec![];
        }
        let Plan { op, target, params, .. } = action.plan.clone();
        let words = format!("{} was not done, and nothing was changed: {reason}", action.id);
        let effects = self.plan(op, target, params);
        // In the question itself: it covers the line where notices stand.
        if let Some(Modal::Confirm(confirm)) = self.modals.last_mut() {
            confirm.again = Some(Text::line(&words));
        }
        effects
    }

    pub(super) fn confirm_key(&mut self, key: Key) -> Vec<Effect> {
        match key.code {
            Code::Up => self.scroll_modal(-1),
            Code::Down => self.scroll_modal(1),
            Code::PageUp => self.page_modal(-1),
            Code::PageDown => self.page_modal(1),
            _ => return self.answer_confirm(key),
        }
        vec![]
    }

    fn answer_confirm(&mut self, key: Key) -> Vec<Effect> {
        let Some(Modal::Confirm(confirm)) = self.modals.last_mut() else { return vec![] };
        if !confirm.listens() {
            confirm.take_ahead(key);
            return vec![];
        }
        if key.code != Code::Enter {
            confirm.typed.key(key);
            confirm.error = None;
            return vec![];
        }
        match confirm.answer() {
            Answer::Yes => self.confirmed(),
            Answer::ByHand(level) => {
                self.close_confirm(self.modals.len() - 1);
                let reason = Some(Text::line("reached by other means"));
                self.submit(Command::Escalate { level, reason })
            }
            Answer::Leave => {
                self.close_confirm(self.modals.len() - 1);
                vec![]
            }
            Answer::Wrong(wanted) => {
                confirm.error = match wanted.is_empty() {
                    true => Some("nothing is asked here; esc closes".to_owned()),
                    false => Some(format!("that is not '{wanted}'; nothing was done")),
                };
                vec![]
            }
        }
    }

    /// Submits what was confirmed: this digest and no other.
    fn confirmed(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        let runner = self.runner.clone();
        let Some(Modal::Confirm(confirm)) = self.modals.last_mut() else { return vec![] };
        let ConfirmStage::Ready { plan, digest, typed } = &confirm.stage else { return vec![] };
        let typed = typed.then(|| match plan.destroys_evidence {
            true => plan.target.clone(),
            false => confirm.typed.as_text(),
        });
        let confirmation = Confirmation { digest: digest.clone(), typed };
        let command = match confirm.act {
            ConfirmAct::Ask => Command::Act { plan: (**plan).clone(), confirmation, runner },
            ConfirmAct::Approve(action) => Command::Approve { action, confirmation, runner },
        };
        let incident = confirm.incident;
        let stage = ConfirmStage::Submitted { plan: plan.clone(), ticket };
        confirm.turn_to(stage, None);
        self.submit_as(ticket, Some(incident), command)
    }

    /// A refusal of what was confirmed goes back to the confirmation, with the plan still there.
    pub(super) fn confirm_answered(&mut self, ticket: Ticket, answer: &Result<IncidentId, Text>) -> bool {
        let at = self.modals.iter().position(|modal| {
            matches!(modal, Modal::Confirm(Confirm { stage: ConfirmStage::Submitted { ticket: t, .. }, .. }) if *t == ticket)
        });
        let Some(at) = at else { return false };
        match answer {
            Ok(_) => {
                let Some(confirm) = self.close_confirm(at) else { return true };
                // Whoever acted looks at what was done: what they approved, or the newest.
                if self.screen != Screen::InForce {
                    self.selection.action = match confirm.act {
                        ConfirmAct::Ask => None,
                        ConfirmAct::Approve(action) => Some(action),
                    };
                    self.selection.lines.remove(&Pane::Actions);
                }
                if let Some((end, undone)) = confirm.then
                    && self.selection.incident == Some(confirm.incident)
                {
                    self.go_on_ending(end, Said::Undone(undone));
                }
            }
            Err(words) => {
                let plan = match &self.modals[at] {
                    Modal::Confirm(Confirm { stage: ConfirmStage::Submitted { plan, .. }, .. }) => {
                        plan.clone()
                    }
                    _ => return true,
                };
                let stage = self.ready(plan);
                if let Some(Modal::Confirm(confirm)) = self.modals.get_mut(at) {
                    confirm.turn_to(stage, Some(words.to_string()));
                }
            }
        }
        true
    }
}
