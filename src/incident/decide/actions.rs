//! The life of an action as people steer it: asked for, approved, denied, settled, accounted for.

use super::{Context, Decision};
use crate::incident::policy::{ActorKind, Again, Approval, Confirm, Rule};
use crate::incident::{
    Action, ActionId, Actor, Confirmation, Event, Lamp, Op, Plan, Policy, Realm, Refusal, Settlement, Text,
};

/// What is not listed is refused.
fn rule(policy: &Policy, op: Op) -> Result<&Rule, Refusal> {
    policy.actions.get(&op).ok_or_else(|| {
        let why = format!("the policy '{}' does not list '{op}', and what is not listed is refused", policy.name);
        Refusal::new("C5 actions", why, format!("add a line '{op} = {{ who = [\"person\"], approval = \"commander\", confirm = \"typed\" }}' under [actions]"))
    })
}

/// Whether somebody may ask for an operation at all, whatever its target.
///
/// # Errors
/// The rule that says no, and what would allow it.
pub fn may_ask(policy: &Policy, op: Op, actor: &Actor) -> Result<(), Refusal> {
    let rule = rule(policy, op)?;
    let kind = match actor {
        Actor::Person(_) => ActorKind::Person,
        // The program only ever carries out what somebody else asked for.
        Actor::Ai(_) | Actor::Flightdeck => ActorKind::Ai,
    };
    if rule.who.contains(&kind) {
        return Ok(());
    }
    let allow = format!("[actions] {op} = {{ who = [\"person\"] }} in the policy would allow it to people");
    let (whom, instead) = match (rule.who.is_empty(), kind) {
        (true, _) => ("anybody", allow),
        (false, ActorKind::Person) => ("people", allow),
        (false, ActorKind::Ai) => ("AI actors", "ask a person to decide".to_owned()),
    };
    Err(Refusal::new("C2 actions.who", format!("'{op}' is not for {whom}"), instead))
}

impl Context<'_> {
    pub(super) fn act(&self, plan: &Plan, confirmation: &Confirmation, runner: &Text) -> Decision {
        let rule = self.rule(plan.op)?;
        let undoes = self.undone_by(plan).map(|a| a.id);
        if undoes.is_none() {
            self.needs_open(&plan.title())?;
        }
        self.reaches_whom_it_says(plan)?;
        may_ask(self.policy, plan.op, self.actor)?;
        self.not_already_under_way(plan)?;
        self.not_in_doubt(plan)?;
        if self.needs_approval(rule) {
            let approve_by = self.policy.confirm_within.of(self.incident.severity).after(self.now);
            let action = self.incident.next_action();
            return Ok(vec![Event::ActionProposed {
                action,
                plan: Box::new(plan.clone()),
                approve_by,
                undoes,
            }]);
        }
        self.confirmed(plan, rule, confirmation)?;
        Ok(vec![Event::ActionRequested {
            action: self.incident.next_action(),
            plan: Box::new(plan.clone()),
            runner: runner.clone(),
            approved_by: None,
            undoes,
        }])
    }

    fn rule(&self, op: Op) -> Result<&Rule, Refusal> {
        rule(self.policy, op)
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
                && !a.was_seen_failing()
                && (a.plan.op.info().mitigation || a.lamp != Lamp::Verified)
        });
        match same {
            None => Ok(()),
            Some(a) => {
                let why = format!("{} is {} already, as {}", plan.title(), a.lamp, a.id);
                Err(Refusal::new("A3 in force", why, a.next_step()))
            }
        }
    }

    /// What had no answer may have happened: the world is read before it is asked for again.
    fn not_in_doubt(&self, plan: &Plan) -> Result<(), Refusal> {
        let same =
            |a: &&Action| a.lamp == Lamp::InDoubt && a.plan.op == plan.op && a.plan.target == plan.target;
        let Some(doubtful) = self.incident.actions.values().rev().find(same) else { return Ok(()) };
        let may = match self.policy.probing.again_in_doubt {
            Again::Always => true,
            Again::Read => doubtful.read_at.is_some(),
            Again::Settled => false,
        };
        if may {
            return Ok(());
        }
        let id = doubtful.id;
        let why = format!("{id} {} is in doubt, and may have taken effect", doubtful.plan.title());
        let instead = match (self.policy.probing.again_in_doubt, doubtful.plan.checks.is_empty()) {
            (Again::Read, false) => {
                format!(
                    "wait until {id} was read (a cockpit does, or flightdeck mitigations --read), or settle it by hand"
                )
            }
            (Again::Read, true) => format!("nothing can read {id}: settle it by hand first"),
            (Again::Settled | Again::Always, _) => format!("settle {id} first"),
        };
        Err(Refusal::new("A3 in doubt", why, instead))
    }

    /// A confirmation is bound to the plan's digest; a typed one also to the target's name.
    fn confirmed(&self, plan: &Plan, rule: &Rule, confirmation: &Confirmation) -> Result<(), Refusal> {
        if confirmation.digest != plan.digest() {
            let why = "what was confirmed is not what would be done now";
            return Err(Refusal::new("C5 confirmation", why, "read the plan again and confirm it"));
        }
        let typed = confirmation.typed.as_ref();
        if rule.confirm == Confirm::Typed && typed.is_none_or(|text| text.as_str() != plan.target.as_str()) {
            let why = format!("{} needs the target's name typed", plan.title());
            return Err(Refusal::new("C5 confirmation", why, format!("type: {}", plan.target)));
        }
        Ok(())
    }

    /// The action in force that this plan would undo: the newest whose inverse it is, word for word
    /// if there is one.
    pub(super) fn undone_by(&self, plan: &Plan) -> Option<&Action> {
        let undone = |a: &&Action| {
            a.plan.target == plan.target
                && a.plan.op.info().mitigation
                && a.lamp.may_be_in_force()
                && a.lamp != Lamp::Requested
        };
        let in_force = || self.incident.actions.values().rev().filter(undone);
        if plan.op.info().inverse == Some(plan.op) {
            // A step of a ladder undoes the one before only when it leads back to where it began.
            let home = self.ladder_home(plan.op, &plan.target);
            return in_force().filter(|a| a.plan.op == plan.op).find(|a| {
                let began = home.or(a.plan.inverse.as_ref().map(|inverse| &inverse.params));
                began == Some(&plan.params)
            });
        }
        let takes_back = |a: &&Action| {
            a.plan.inverse.as_ref().is_some_and(|inverse| inverse.op == plan.op)
                && plan.labels().is_none_or(|labels| a.plan.labels() == Some(labels))
        };
        let word_for_word =
            |a: &&Action| a.plan.inverse.as_ref().is_some_and(|i| i.op == plan.op && i.params == plan.params);
        in_force().find(word_for_word).or_else(|| in_force().find(takes_back))
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
        if action.undoes.is_none() {
            self.needs_open(&action.plan.title())?;
        }
        self.reaches_whom_it_says(&action.plan)?;
        self.may_approve(action)?;
        self.not_in_doubt(&action.plan)?;
        self.confirmed(&action.plan, rule, confirmation)?;
        Ok(vec![Event::ActionRequested {
            action: id,
            plan: Box::new(action.plan.clone()),
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
        // A commander who asks for what needs a second person gets it from any second person.
        match self.incident.commander().filter(|commander| action.asked_by.as_person() != Some(commander)) {
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

    pub(super) fn settle(&self, id: ActionId, settlement: Settlement, reason: &Text) -> Decision {
        let action = self.action(id)?;
        self.needs_text("A3", reason, "how you know")?;
        // A drill's fleet goes with the program, which therefore knows.
        let knows = self.is_flightdeck() && self.incident.realm == Realm::Drill;
        if !self.actor.is_person() && !knows {
            return Err(Refusal::new("C2", "only a person settles what probes cannot", "ask a person"));
        }
        if action.lamp == Lamp::Requested {
            let why = format!("the call of {id} is being made; its answer would be lost");
            return Err(Refusal::new("A3", why, action.lamp.next_step()));
        }
        let (lamp, event) = match settlement {
            Settlement::Witnessed { holds } => return self.witness(action, holds, reason),
            Settlement::Failed => {
                let reason = reason.clone();
                (Lamp::Failed, Event::ActionFailed { action: id, reason, outdated: false })
            }
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

    /// Takes a person's word for what nothing reads. It is no proof: the lamp and the marks stay. But an
    /// inverse that was seen to hold has undone what it is for, which a person could say anyway.
    fn witness(&self, action: &Action, holds: bool, reason: &Text) -> Decision {
        let id = action.id;
        if !self.actor.is_person() {
            return Err(Refusal::new("C2", "only a person can have seen it", "ask a person to look"));
        }
        if !action.plan.checks.is_empty() && !action.proves_nothing() {
            let why = format!("{id} has checks: what they read counts, not what somebody saw");
            return Err(Refusal::new("A3", why, "read its checks; write down what you saw as a note"));
        }
        if !action.may_be_witnessed() {
            let why = format!("{id} is {}: there is nothing to see of it", action.lamp);
            return Err(Refusal::new("A3", why, action.lamp.next_step()));
        }
        let mut events = vec![Event::ActionWitnessed { action: id, holds, reason: reason.clone() }];
        if holds {
            let because = Text::line(&format!("{id} was seen by {} to hold: {reason}", self.actor));
            let undone = |action| Event::ActionUndone { action, by: None, reason: Some(because.clone()) };
            events.extend(self.brings_in(action));
            events.extend(self.takes_away(action).map(undone));
        }
        Ok(events)
    }

    pub(super) fn action(&self, id: ActionId) -> Result<&Action, Refusal> {
        self.incident.actions.get(&id).ok_or_else(|| {
            let why = format!("{} has no action {id}", self.incident.id);
            Refusal::new("D4", why, "read the list of actions")
        })
    }
}
