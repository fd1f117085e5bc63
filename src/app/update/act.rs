//! From a wish to act to its plan: target, parameters, plan.

use std::collections::BTreeSet;

use super::super::effect::Effect;
use super::super::field::Field;
use super::super::form::{End, Form, Purpose};
use super::super::intent::Intent;
use super::super::model::{Choose, Confirm, ConfirmAct, ConfirmStage, Modal, Model, Pane, Screen, Then};
use super::super::palette::Chat;
use crate::incident::decide::may_ask;
use crate::incident::{Action, ActionId, AgentId, Aim, Lamp, Op, Params, Text};

/// Agents that are named where one is not known.
const NAMED: usize = 8;

impl Model {
    /// The action that keys in Actions are about: the selected one, else the newest.
    #[must_use]
    pub fn selected_action(&self) -> Option<&Action> {
        let incident = self.incident()?;
        match self.selection.action {
            Some(id) => incident.actions.get(&id),
            // What is in force elsewhere is not meant because it is the newest here.
            None if self.screen == Screen::InForce => None,
            None => incident.actions.values().next_back(),
        }
    }

    /// Begins an operation: finds its target, asks for parameters that have no default.
    pub(super) fn ask(&mut self, op: Op) -> Vec<Effect> {
        let Some(incident) = self.incident() else { return self.refuse(op.word(), self.no_incident()) };
        match op.info().aim {
            Aim::Agent => match self.agents_at_hand().as_slice() {
                // Where nobody is listed, whoever asks knows the name.
                [] if self.vitals.is_empty() => self.open_ask_form(op, None),
                [] => {
                    self.screen = Screen::Fleet;
                    self.refuse(op.word(), "no agent is involved yet; select one in Fleet")
                }
                [only] => {
                    let only = only.clone();
                    self.plan_or_ask(op, only)
                }
                several => {
                    let items = several.to_vec();
                    self.choose(
                        format!("{op}: which agent?"),
                        Then::Target { op, params: Params::new() },
                        items,
                    )
                }
            },
            Aim::Alert => {
                let names: Vec<Text> = incident.alerts.iter().map(|a| a.alert.name.clone()).collect();
                match names.as_slice() {
                    [] => self.refuse(op.word(), "no alert has joined this incident"),
                    [only] => self.plan_or_ask(op, only.clone()),
                    _ => self.choose(
                        format!("{op}: which alert?"),
                        Then::Target { op, params: Params::new() },
                        names,
                    ),
                }
            }
            Aim::Level => self.choose_whom(),
            Aim::Person if !self.offers.contains(&op) => self.plan_or_ask(op, "somebody".into()),
            Aim::Person => self.choose_person(),
        }
    }

    /// The agents an operation may mean: the one selected in Fleet, else those of the incident.
    fn agents_at_hand(&self) -> Vec<Text> {
        if self.screen == Screen::Fleet
            && let Some(agent) = &self.selection.agent
        {
            return vec![Text::line(agent.as_str())];
        }
        self.incident().map(|i| i.agents.iter().map(|a| Text::line(a.as_str())).collect()).unwrap_or_default()
    }

    fn choose(&mut self, title: String, then: Then, items: Vec<Text>) -> Vec<Effect> {
        self.modals.push(Modal::Choose(Choose { title, then, items, selected: 0 }));
        vec![]
    }

    /// Takes the selected choice.
    pub(super) fn chosen(&mut self) -> Vec<Effect> {
        let Some(Modal::Choose(choose)) = self.modals.pop() else { return vec![] };
        let Some(item) = choose.items.get(choose.selected).cloned() else { return vec![] };
        match choose.then {
            Then::Target { op, params } => {
                let target = match op.info().aim {
                    // A level is chosen with its name behind it.
                    Aim::Level => Text::line(item.as_str().split(' ').next().unwrap_or_default()),
                    Aim::Agent | Aim::Alert | Aim::Person => item,
                };
                if params.is_empty() { self.plan_or_ask(op, target) } else { self.plan(op, target, params) }
            }
            Then::Whom(targets) => match targets.into_iter().nth(choose.selected) {
                Some((op, target)) if target.is_blank() => self.open_ask_form(op, None),
                Some((op, target)) => self.plan_or_ask(op, target),
                None => vec![],
            },
            Then::Rollback => self.rollback_form(&item),
            Then::TakeCommand if choose.selected == 0 => vec![],
            Then::TakeCommand => self.become_commander(),
        }
    }

    /// Plans at once where there is nothing to ask, else asks for the parameters. What nothing here
    /// carries is planned at once too: why it cannot be is said before anybody types.
    fn plan_or_ask(&mut self, op: Op, target: Text) -> Vec<Effect> {
        let nobody = op == Op::Escalate && target.as_str().parse().is_ok_and(|level| self.is_nobody(level));
        if op.info().params.is_empty() || nobody || !self.offers.contains(&op) {
            self.plan(op, target, Params::new())
        } else {
            self.open_ask_form(op, Some(target))
        }
    }

    fn open_ask_form(&mut self, op: Op, target: Option<Text>) -> Vec<Effect> {
        let mut form = Form::new(Purpose::Ask(op), format!("{op}: {}", op.info().about));
        let hint = match op.info().aim {
            Aim::Agent => "the agent's id",
            Aim::Alert => "the alert's name",
            Aim::Level => "the level",
            Aim::Person => "who",
        };
        form = form.text("target", hint, target.as_ref().map_or("", Text::as_str));
        for param in op.info().params {
            form = if (op, param.name) == (Op::SwitchModel, "level") {
                let levels = ["L0", "L1", "L2", "L3", "L4"].map(str::to_owned).to_vec();
                form.choice(param.name, levels, param.default)
            } else {
                form.text(param.name, param.about, param.default)
            };
        }
        if target.is_some() {
            form.focus = 1;
        }
        self.modals.push(Modal::Form(form));
        vec![]
    }

    /// The rollback ladder (A10): which step, on what, to what.
    pub(super) fn ask_rollback(&mut self) -> Vec<Effect> {
        if self.incident().is_none() {
            return self.refuse(Intent::Rollback.info().name, self.no_incident());
        }
        let steps = [Op::RollbackConfig, Op::RollbackBranch, Op::RollbackSystem];
        if let (Some(agent), false) =
            (self.agents_at_hand().first(), steps.iter().any(|op| self.offers.contains(op)))
        {
            let agent = agent.clone();
            return self.plan(Op::RollbackConfig, agent, Params::new());
        }
        match self.agents_at_hand().as_slice() {
            [only] => {
                let only = only.clone();
                self.rollback_form(&only)
            }
            [] => self.rollback_form(&Text::default()),
            several => {
                let items = several.to_vec();
                self.choose("rollback: which agent?".to_owned(), Then::Rollback, items)
            }
        }
    }

    fn rollback_form(&mut self, target: &Text) -> Vec<Effect> {
        let steps = vec!["L1 configuration".to_owned(), "L2 version".to_owned(), "L3 system".to_owned()];
        let first = steps[0].clone();
        let form = Form::new(Purpose::Rollback, "rollback: L1 within 1 min, L2 within 5, L3 within 10 (A10)")
            .text("target", "the agent's id", target.as_str())
            .choice("step", steps, &first)
            .text("to", "the named backup", "backup");
        self.modals.push(Modal::Form(Form { focus: 1, ..form }));
        vec![]
    }

    /// Takes a submitted rollback form.
    pub(super) fn rollback_from(&mut self, form: &Form) -> Vec<Effect> {
        let op = match form.get("step").as_str().get(..2) {
            Some("L2") => Op::RollbackBranch,
            Some("L3") => Op::RollbackSystem,
            _ => Op::RollbackConfig,
        };
        self.plan(op, form.get("target"), Params::from([("to".to_owned(), form.get("to"))]))
    }

    /// Asks the adapter what it would do; the confirmation opens at once and fills in.
    pub(super) fn plan(&mut self, op: Op, target: Text, params: Params) -> Vec<Effect> {
        self.plan_to(op, target, params, None)
    }

    /// The same on the way to the end of the incident.
    pub(super) fn plan_to(
        &mut self,
        op: Op,
        target: Text,
        params: Params,
        then: Option<(End, ActionId)>,
    ) -> Vec<Effect> {
        let Some(incident) = self.incident().map(|i| i.id) else {
            return self.refuse(op.word(), self.no_incident());
        };
        // Nobody reads a plan, and types its target, for what is refused whatever it says.
        if let Err(refusal) = may_ask(&self.policy, op, &self.actor) {
            return self.refuse(op.word(), refusal.to_string());
        }
        let ticket = self.ticket();
        let level = if op == Op::Escalate { target.as_str().parse().ok() } else { None };
        let stage = ConfirmStage::Planning { what: format!("{op} {target}"), level, ticket };
        self.modals.push(Modal::Confirm(Confirm::new(incident, ConfirmAct::Ask, then, stage)));
        vec![Effect::Plan { ticket, incident, op, target, params }]
    }

    /// Undoes the selected action by its recorded inverse.
    pub(super) fn ask_undo(&mut self) -> Vec<Effect> {
        match self.selected_action().map(|action| action.id) {
            Some(id) => self.undo(id, None),
            None => self.refuse(Intent::Undo.info().name, "no action is selected"),
        }
    }

    /// Opens the confirmation of the selected proposal, or of the newest one.
    pub(super) fn approve(&mut self) -> Vec<Effect> {
        let proposed = self.proposal().map(|a| (a.id, a.plan.clone()));
        let (Some((id, plan)), Some(incident)) = (proposed, self.incident().map(|i| i.id)) else {
            return self.refuse(Intent::Approve.info().name, "nothing waits for approval");
        };
        let stage = self.ready(Box::new(plan));
        self.modals.push(Modal::Confirm(Confirm::new(incident, ConfirmAct::Approve(id), None, stage)));
        vec![]
    }

    /// The proposal that approving and denying are about.
    pub(super) fn proposal(&self) -> Option<&Action> {
        self.selected_action()
            .filter(|a| a.lamp == Lamp::Proposed)
            .or_else(|| self.incident()?.actions.values().rev().find(|a| a.lamp == Lamp::Proposed))
    }

    /// Refuses a chat command about an agent that nothing here has heard of: an empty log would say
    /// that it is quiet. What acts is refused by the adapter's own words.
    pub(super) fn known(&self, chat: Chat) -> Result<Chat, String> {
        let Chat::Logs(wanted) = &chat else { return Ok(chat) };
        let mut agents: BTreeSet<&str> =
            self.cards.keys().chain(self.vitals.keys()).map(AgentId::as_str).collect();
        agents.extend(self.board.incidents().flat_map(|i| &i.agents).map(AgentId::as_str));
        agents.extend(self.log.agents());
        if agents.contains(wanted.as_str()) {
            return Ok(chat);
        }
        let some: Vec<&str> = agents.iter().copied().take(NAMED).collect();
        let more = agents.len() - some.len();
        Err(match (some.as_slice(), more) {
            ([], _) => format!("there is no agent '{wanted}', and no other is known yet"),
            (some, 0) => format!("there is no agent '{wanted}'; there are {}", some.join(", ")),
            (some, more) => {
                format!("there is no agent '{wanted}'; there are {} and {more} more", some.join(", "))
            }
        })
    }

    /// Does what a chat command asks for (E9).
    pub(super) fn chat(&mut self, chat: Chat) -> Vec<Effect> {
        if let (Chat::Act { op, .. }, Some(why)) = (&chat, self.forbids(Intent::Isolate)) {
            return self.refuse(op.word(), why);
        }
        match chat {
            Chat::Status => {
                self.screen = Screen::Fleet;
                vec![]
            }
            Chat::Logs(agent) => {
                self.screen = Screen::Cockpit;
                self.set_focus(Pane::Log);
                self.log.typed = Field::new(&format!("agent={agent}"));
                self.refilter();
                self.log.follow(true);
                vec![]
            }
            Chat::Act { op, target: Some(target), params } => self.plan(op, target, params),
            Chat::Act { op, target: None, params } => {
                let targets: Vec<Text> = match (op.info().aim, self.incident()) {
                    (_, None) => return self.refuse(op.word(), self.no_incident()),
                    (Aim::Alert, Some(i)) => i.alerts.iter().map(|a| a.alert.name.clone()).collect(),
                    (Aim::Agent | Aim::Level | Aim::Person, Some(_)) => self.agents_at_hand(),
                };
                match targets.as_slice() {
                    [only] => self.plan(op, only.clone(), params),
                    [] => self.refuse(op.word(), "this incident has nothing to aim at"),
                    several => {
                        let items = several.to_vec();
                        self.choose(format!("{op}: on which?"), Then::Target { op, params }, items)
                    }
                }
            }
        }
    }
}
