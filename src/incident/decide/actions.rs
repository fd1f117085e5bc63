//! The life of an action: asked for, approved, called, proved, undone.

use super::{Context, Decision};
use crate::incident::policy::{ActorKind, Approval, Confirm, Rule};
use crate::incident::{
    Action, ActionId, Actor, Confirmation, Disposition, Event, Lamp, Mark, Op, Plan, Reading, Refusal,
    Report, Settlement, Text,
};

impl Context<'_> {
    pub(super) fn act(&self, plan: &Plan, confirmation: &Confirmation, runner: &Text) -> Decision {
        let rule = self.rule(plan.op)?;
        let undoes = self.undone_by(plan).map(|a| a.id);
        if undoes.is_none() {
            self.needs_open(&plan.title())?;
        }
        self.actor_may_ask(plan.op, rule)?;
        self.not_already_under_way(plan)?;
        if self.needs_approval(rule) {
            let approve_by = self.policy.confirm_within.of(self.incident.severity).after(self.now);
            let action = self.incident.next_action();
            return Ok(vec![Event::ActionProposed { action, plan: plan.clone(), approve_by, undoes }]);
        }
        self.confirmed(plan, rule, confirmation)?;
        Ok(vec![Event::ActionRequested {
            action: self.incident.next_action(),
            plan: plan.clone(),
            runner: runner.clone(),
            approved_by: None,
            undoes,
        }])
    }

    /// What is not listed is refused.
    fn rule(&self, op: Op) -> Result<&Rule, Refusal> {
        self.policy.actions.get(&op).ok_or_else(|| {
            let why = format!("the policy '{}' does not list '{op}', and what is not listed is refused", self.policy.name);
            Refusal::new("C5 actions", why, format!("add a line '{op} = {{ who = [\"person\"], approval = \"commander\", confirm = \"typed\" }}' under [actions]"))
        })
    }

    fn actor_may_ask(&self, op: Op, rule: &Rule) -> Result<(), Refusal> {
        let kind = match self.actor {
            Actor::Person(_) => ActorKind::Person,
            // The program only ever carries out what somebody else asked for.
            Actor::Ai(_) | Actor::Flightdeck => ActorKind::Ai,
        };
        if rule.who.contains(&kind) {
            return Ok(());
        }
        let why = format!("'{op}' is not for {}", if kind == ActorKind::Ai { "AI actors" } else { "people" });
        Err(Refusal::new("C2 actions.who", why, "ask a person to decide"))
    }

    fn needs_approval(&self, rule: &Rule) -> bool {
        let Actor::Person(name) = self.actor else { return true };
        match rule.approval {
            Approval::None => false,
            Approval::Commander => self.incident.commander().is_some_and(|commander| commander != name),
            Approval::Second => true,
        }
    }

    fn not_already_under_way(&self, plan: &Plan) -> Result<(), Refusal> {
        let same = self.incident.actions.values().rev().find(|a| {
            a.plan.op == plan.op
                && a.plan.target == plan.target
                && a.plan.params == plan.params
                && matches!(a.lamp, Lamp::Proposed | Lamp::Requested | Lamp::Accepted | Lamp::Verified)
                && (a.plan.op.info().mitigation || a.lamp != Lamp::Verified)
        });
        match same {
            None => Ok(()),
            Some(a) => {
                let why = format!("{} is {} already, as {}", plan.title(), a.lamp, a.id);
                Err(Refusal::new("A3 in force", why, a.lamp.next_step()))
            }
        }
    }

    /// A confirmation is bound to the plan's digest; a typed one also to the target's name.
    fn confirmed(&self, plan: &Plan, rule: &Rule, confirmation: &Confirmation) -> Result<(), Refusal> {
        if confirmation.digest != plan.digest() {
            let why = "what was confirmed is not what would be done now";
            return Err(Refusal::new("confirmation", why, "read the plan again and confirm it"));
        }
        let typed = confirmation.typed.as_ref();
        if rule.confirm == Confirm::Typed && typed.is_none_or(|text| text.as_str() != plan.target.as_str()) {
            let why = format!("{} needs the target's name typed", plan.title());
            return Err(Refusal::new("confirmation", why, format!("type: {}", plan.target)));
        }
        Ok(())
    }

    /// The action in force that this plan would undo.
    pub(super) fn undone_by(&self, plan: &Plan) -> Option<&Action> {
        self.incident.actions.values().rev().find(|a| {
            a.plan.target == plan.target
                && a.plan.op.info().mitigation
                && a.lamp.may_be_in_force()
                && a.lamp != Lamp::Requested
                && a.plan
                    .inverse
                    .as_ref()
                    .is_some_and(|i| i.op == plan.op && (i.op != a.plan.op || i.params == plan.params))
        })
    }

    pub(super) fn approve(&self, id: ActionId, confirmation: &Confirmation, runner: &Text) -> Decision {
        let action = self.action(id)?;
        let rule = self.rule(action.plan.op)?;
        if action.lamp != Lamp::Proposed {
            let why = format!("{id} is {}, not proposed", action.lamp);
            return Err(Refusal::new("B4", why, action.lamp.next_step()));
        }
        if action.approve_by.is_some_and(|until| self.now >= until) {
            let why = format!("the time to approve {id} has run out");
            return Err(Refusal::new("B4 confirm_within", why, "ask for the action again"));
        }
        self.may_approve(action)?;
        self.confirmed(&action.plan, rule, confirmation)?;
        Ok(vec![Event::ActionRequested {
            action: id,
            plan: action.plan.clone(),
            runner: runner.clone(),
            approved_by: Some(self.actor.clone()),
            undoes: action.undoes,
        }])
    }

    fn may_approve(&self, action: &Action) -> Result<(), Refusal> {
        let Some(name) = self.actor.as_person() else {
            return Err(Refusal::new("C2", "only a person approves", "ask a person"));
        };
        if action.asked_by == *self.actor {
            let why = "nobody approves their own request";
            return Err(Refusal::new("C2", why, "ask a second person"));
        }
        match self.incident.commander() {
            Some(commander) if commander != name => {
                let why = format!("{commander} commands and decides this");
                Err(Refusal::new("A11", why, "ask the commander, or take command first"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn deny(&self, id: ActionId, reason: &Text) -> Decision {
        let action = self.action(id)?;
        if action.lamp != Lamp::Proposed {
            let why = format!("{id} is {}, not proposed", action.lamp);
            return Err(Refusal::new("B4", why, action.lamp.next_step()));
        }
        Ok(vec![Event::ActionDenied { action: id, reason: reason.clone() }])
    }

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
            Report::Failed { reason } => {
                step(Lamp::Failed, Event::ActionFailed { action: id, reason: reason.clone() })
            }
            Report::Unknown { reason } => {
                step(Lamp::InDoubt, Event::ActionInDoubt { action: id, reason: reason.clone() })
            }
            Report::Readings(readings) => Ok(self.readings(action, readings)),
        }
    }

    /// What readings prove. Every check of the plan must be read and hold: no data proves nothing.
    fn readings(&self, action: &Action, readings: &[Reading]) -> Vec<Event> {
        let complete = action.plan.checks.iter().all(|check| readings.iter().any(|r| r.check == *check));
        let hold = complete && !readings.is_empty() && readings.iter().all(Reading::holds);
        let readings = readings.to_vec();
        let id = action.id;
        if hold && action.lamp.may_become(Lamp::Verified) {
            return self.verified(action, readings);
        }
        if hold {
            return vec![];
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
                if self.is_being_undone(action) {
                    return vec![];
                }
                vec![Event::ActionLeaking { action: id, readings }]
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

    fn is_being_undone(&self, action: &Action) -> bool {
        let undoing = action.undoing.and_then(|id| self.incident.actions.get(&id));
        undoing.is_some_and(|u| u.lamp.may_be_in_force())
    }

    /// Proof has consequences: control is stamped (T3), and what it undoes or replaces is undone.
    fn verified(&self, action: &Action, readings: Vec<Reading>) -> Vec<Event> {
        let mut events = vec![Event::ActionVerified { action: action.id, readings }];
        let info = action.plan.op.info();
        if info.controls && action.undoes.is_none() && self.incident.mark(Mark::T3).is_none() {
            events.push(Event::MarkSet { mark: Mark::T3, at: self.now, reason: None });
        }
        for other in self.incident.actions.values().filter(|a| a.id != action.id) {
            let mitigation = other.plan.op.info().mitigation;
            if !mitigation || other.plan.target != action.plan.target || !other.lamp.may_become(Lamp::Undone)
            {
                continue;
            }
            let undone = other
                .plan
                .inverse
                .as_ref()
                .is_some_and(|inverse| inverse.op == action.plan.op && inverse.op != other.plan.op)
                || action.undoes == Some(other.id);
            let replaced = other.plan.op == action.plan.op
                && other.plan.params != action.plan.params
                && other.asked_at <= action.asked_at;
            if undone || replaced {
                events.push(Event::ActionUndone { action: other.id, by: Some(action.id), reason: None });
            }
        }
        // The inverse of a ladder step is a step of its own; back at the start nothing is in force.
        if action.undoes.is_some() && info.mitigation {
            let reason = Some(Text::line("back where it was before"));
            events.push(Event::ActionUndone { action: action.id, by: None, reason });
        }
        events
    }

    pub(super) fn settle(&self, id: ActionId, settlement: Settlement, reason: &Text) -> Decision {
        let action = self.action(id)?;
        self.needs_text("A3", reason, "how you know")?;
        if !self.actor.is_person() {
            return Err(Refusal::new("C2", "only a person settles what probes cannot", "ask a person"));
        }
        let (lamp, event) = match settlement {
            Settlement::Failed => (Lamp::Failed, Event::ActionFailed { action: id, reason: reason.clone() }),
            Settlement::Undone => {
                (Lamp::Undone, Event::ActionUndone { action: id, by: None, reason: Some(reason.clone()) })
            }
        };
        if !action.lamp.may_become(lamp) {
            let why = format!("{id} is {}; it cannot be settled as {lamp}", action.lamp);
            return Err(Refusal::new("A3", why, action.lamp.next_step()));
        }
        Ok(vec![event])
    }

    pub(super) fn account(&self, id: ActionId, disposition: &Disposition) -> Decision {
        let action = self.action(id)?;
        let Disposition::Kept { owner, reason } = disposition;
        self.needs_text("A3 in force", owner, "who keeps it")?;
        self.needs_text("A3 in force", reason, "why it stays")?;
        if !action.is_unaccounted() {
            let why = format!("{id} is {} and needs no account", action.lamp);
            return Err(Refusal::new("A3 in force", why, "nothing to do"));
        }
        Ok(vec![Event::ActionAccounted { action: id, disposition: disposition.clone() }])
    }

    fn action(&self, id: ActionId) -> Result<&Action, Refusal> {
        self.incident.actions.get(&id).ok_or_else(|| {
            let why = format!("{} has no action {id}", self.incident.id);
            Refusal::new("D4", why, "read the list of actions")
        })
    }
}
