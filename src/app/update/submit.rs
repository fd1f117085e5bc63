//! Handing commands to the hub: rehearsed first, for an instant answer.

use chrono::TimeDelta;

use super::super::effect::{Effect, Ticket};
use super::super::form::{Form, Purpose};
use super::super::model::{Choose, Modal, Model, Screen, Then};
use super::super::msg::Notice;
use crate::incident::recovery::RULE as RECOVERY;
use crate::incident::{Command, Incident, IncidentId, Role, Text, clock_face, decide};

impl Model {
    /// Submits a command for the selected incident; a refusal is shown at once.
    pub(super) fn submit(&mut self, command: Command) -> Vec<Effect> {
        let Some(id) = self.incident().map(|i| i.id) else {
            self.take_notice(Notice::error(self.no_incident()));
            return vec![];
        };
        self.selection.by_hand = true;
        let ticket = self.ticket();
        self.submit_as(ticket, Some(id), command)
    }

    /// Submits under a known ticket. What the rehearsal refuses is answered without a round trip;
    /// the hub decides again on what it allows.
    pub(super) fn submit_as(
        &mut self,
        ticket: Ticket,
        incident: Option<IncidentId>,
        command: Command,
    ) -> Vec<Effect> {
        let blank = Incident::blank(self.board.next_id());
        let rehearsed = match incident {
            Some(id) => self.board.incident(id).unwrap_or(&blank),
            None => &blank,
        };
        match decide(rehearsed, &self.policy, &command, &self.actor, self.now()) {
            Ok(_) => vec![Effect::Submit { ticket, incident, command }],
            // The hub reads the agents first: what was not read here may be in time there.
            Err(refusal) if refusal.rule == RECOVERY => vec![Effect::Submit { ticket, incident, command }],
            Err(refusal) => self.submitted(ticket, Err(Text::line(&refusal.to_string()))),
        }
    }

    /// The hub's answer, or the rehearsal's refusal.
    pub(super) fn submitted(&mut self, ticket: Ticket, answer: Result<IncidentId, Text>) -> Vec<Effect> {
        if self.confirm_answered(ticket, &answer) {
            return vec![];
        }
        match (self.waiting_form(), answer) {
            (Some(form), Err(words)) => {
                form.waiting = false;
                form.fail(words.to_string());
            }
            (Some(form), Ok(id)) => {
                let (purpose, sent) = (form.purpose.clone(), form.clone());
                self.modals.retain(|modal| !matches!(modal, Modal::Form(form) if form.waiting));
                if purpose == Purpose::Declare {
                    self.select_incident(Some(id));
                    if self.screen == Screen::Review {
                        self.go(Screen::Cockpit);
                    }
                } else if self.incident().is_some_and(|incident| incident.id == id) {
                    return self.accounted(&sent);
                }
            }
            (None, Err(words)) => self.take_notice(Notice::error(words.as_str())),
            (None, Ok(_)) => {}
        }
        vec![]
    }

    fn waiting_form(&mut self) -> Option<&mut Form> {
        self.modals.iter_mut().rev().find_map(|modal| match modal {
            Modal::Form(form) if form.waiting => Some(form),
            Modal::Form(_)
            | Modal::Help(_)
            | Modal::Palette(_)
            | Modal::Choose(_)
            | Modal::Confirm(_)
            | Modal::Refused { .. }
            | Modal::Detail { .. } => None,
        })
    }

    /// What came of a form that is no command. Where nothing was done it stays, with what was typed, and
    /// whoever types on does so in its field.
    pub(super) fn done(&mut self, answer: Result<Option<Text>, Text>) {
        match (answer, self.waiting_form()) {
            (Ok(words), _) => {
                self.modals.retain(|modal| !matches!(modal, Modal::Form(form) if form.waiting));
                words.into_iter().for_each(|words| self.take_notice(Notice::info(words.as_str())));
            }
            (Err(words), Some(form)) => {
                form.waiting = false;
                form.fail(words.to_string());
            }
            (Err(words), None) => self.take_notice(Notice::error(words.as_str())),
        }
    }

    pub(super) fn acknowledge(&mut self) -> Vec<Effect> {
        self.submit(Command::Acknowledge)
    }

    /// Takes command; from somebody who holds it only after it was asked whether that is meant.
    pub(super) fn take_command(&mut self) -> Vec<Effect> {
        let me = self.actor.as_person();
        let held = self.incident().and_then(|i| Some((i, i.roles.get(&Role::Commander)?)));
        if let Some((incident, holding)) = held.filter(|(i, h)| i.is_open() && Some(&h.holder) != me) {
            let holder = &holding.holder;
            let silent = match incident.spoke.get(holder) {
                Some(at) => {
                    format!("was heard of {} ago", clock_face((self.now() - *at).max(TimeDelta::zero())))
                }
                None => "was not heard of in this incident".to_owned(),
            };
            // A title is cut where it is long; an item has the whole row.
            let title = format!("take over {} from {holder}?", incident.id);
            let items = [format!("leave it with {holder}, who {silent}"), format!("take over from {holder}")];
            let items = items.iter().map(|item| Text::line(item)).collect();
            self.modals.push(Modal::Choose(Choose { title, then: Then::TakeCommand, items, selected: 0 }));
            return vec![];
        }
        self.become_commander()
    }

    pub(super) fn become_commander(&mut self) -> Vec<Effect> {
        let Some(holder) = self.actor.as_person().cloned() else {
            self.take_notice(Notice::error("only a person commands [rule A11]"));
            return vec![];
        };
        self.submit(Command::Assign { role: Role::Commander, holder })
    }

    pub(super) fn pin(&mut self) -> Vec<Effect> {
        match self.log.selected().map(|line| line.pin()) {
            Some(command) => {
                let effects = self.submit(command);
                if !effects.is_empty() {
                    self.take_notice(Notice::info("pinned to the timeline, with its SHA-256"));
                }
                effects
            }
            None => {
                self.take_notice(Notice::info("no line to pin"));
                vec![]
            }
        }
    }
}
