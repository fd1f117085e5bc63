//! Messages on their way, drafts that wait for a person, and levels that are due.

use super::{Context, Decision};
use crate::incident::outbox::{DueLevel, OUTBOX, levels, plan};
use crate::incident::{
    ActionId, Audience, DraftId, Event, MessageId, MessageState, Op, Outgoing, Plan, Receipt, Refusal, Role,
    Text, Time,
};

impl Context<'_> {
    /// What became of a message, from the process that sent it. News that comes twice changes
    /// nothing; news of a message that was given up or dropped meanwhile still counts, when it is
    /// that it arrived.
    pub(super) fn deliver(&self, id: MessageId, receipt: &Receipt) -> Decision {
        if !self.is_flightdeck() {
            let why = "what became of a message is reported by the program that sent it";
            return Err(Refusal::new("B12", why, "try it again, or drop it with a reason"));
        }
        let sent = self.message(id)?;
        Ok(match (receipt, &sent.state) {
            (_, MessageState::Delivered) => vec![],
            (Receipt::Delivered { answer, reference }, _) => vec![Event::MessageDelivered {
                message: id,
                answer: answer.clone(),
                reference: reference.clone(),
            }],
            (Receipt::Failed { reason, again_at, doubt }, MessageState::Waiting { .. }) => {
                // A try that surely failed takes no doubt from the one before it.
                let doubt = sent.doubt.max(*doubt);
                let (reason, again_at) = (reason.clone(), *again_at);
                vec![Event::MessageFailed { message: id, reason, again_at, doubt }]
            }
            (Receipt::Failed { .. }, MessageState::GivenUp | MessageState::Dropped) => vec![],
        })
    }

    pub(super) fn retry_message(&self, id: MessageId) -> Decision {
        let sent = self.message(id)?;
        match sent.state {
            MessageState::GivenUp | MessageState::Dropped => Ok(vec![Event::MessageRetried { message: id }]),
            // One that waits for its next try is tried now.
            MessageState::Waiting { .. } if sent.tries > 0 => Ok(vec![Event::MessageRetried { message: id }]),
            MessageState::Waiting { .. } => {
                Err(Refusal::new("B12", format!("{id} is about to be sent"), "wait a moment"))
            }
            MessageState::Delivered => {
                let why = format!("{id} was delivered; the same alert is not sent twice");
                Err(Refusal::new("B12", why, "send an update if there is news"))
            }
        }
    }

    /// Not telling somebody is a decision: the commander's or Comms', while there is one.
    pub(super) fn drop_message(&self, id: MessageId, reason: &Text) -> Decision {
        let sent = self.message(id)?;
        self.needs_text("B12", reason, "why it need not be told")?;
        if !matches!(sent.state, MessageState::Waiting { .. } | MessageState::GivenUp) {
            let why = format!("{id} is {}", sent.state.word());
            return Err(Refusal::new("B12", why, "nothing to drop"));
        }
        let decides = [Role::Commander, Role::Comms].map(|role| self.incident.roles.get(&role));
        let held = decides[0].is_some();
        let by_them = decides.iter().flatten().any(|held| self.actor.as_person() == Some(&held.holder));
        if held && !by_them {
            let why = "who is told what is for the commander or Comms to decide";
            return Err(Refusal::new("A11", why, "ask them, or try the message again"));
        }
        Ok(vec![Event::MessageDropped { message: id, reason: reason.clone() }])
    }

    fn message(&self, id: MessageId) -> Result<&Outgoing, Refusal> {
        self.incident.outbox.get(id).ok_or_else(|| {
            let why = format!("{} has no message {id}", self.incident.id);
            Refusal::new("B12", why, "read the list of messages")
        })
    }

    /// An AI actor's update for people outside waits for a person (C2).
    pub(super) fn drafted(&self, audience: Audience, affected: &Text, doing: &Text) -> Event {
        let draft = DraftId(self.incident.drafted + 1);
        Event::UpdateDrafted { draft, audience, affected: affected.clone(), doing: doing.clone() }
    }

    pub(super) fn send_draft(
        &self,
        id: DraftId,
        affected: &Text,
        doing: &Text,
        next_at: Option<Time>,
    ) -> Decision {
        let audience = self.draft(id)?;
        if !self.actor.is_person() {
            return Err(Refusal::new("C2", "only a person sends a draft", "ask a person"));
        }
        let mut events = self.update(audience, affected, doing, next_at)?;
        events.push(Event::DraftSettled { draft: id, sent: true, reason: Text::default() });
        Ok(events)
    }

    pub(super) fn drop_draft(&self, id: DraftId, reason: &Text) -> Decision {
        self.draft(id)?;
        self.needs_text("C2", reason, "why it is not sent")?;
        Ok(vec![Event::DraftSettled { draft: id, sent: false, reason: reason.clone() }])
    }

    fn draft(&self, id: DraftId) -> Result<Audience, Refusal> {
        self.incident.drafts.get(&id).map(|draft| draft.audience).ok_or_else(|| {
            let why = format!("no draft {id} waits in {}", self.incident.id);
            Refusal::new("C2", why, "write the update yourself")
        })
    }

    /// A page through the outbox reaches just those whom the plan named: between reading and
    /// confirming, the duty may have been handed over.
    pub(super) fn reaches_whom_it_says(&self, given: &Plan) -> Result<(), Refusal> {
        if given.adapter.as_str() != OUTBOX {
            return Ok(());
        }
        let now = plan(self.policy, given.op, &given.target, &given.params, self.now);
        match now {
            Ok(now) if (&now.call, &now.checks) == (&given.call, &given.checks) => Ok(()),
            Ok(_) => {
                let why = "who is on call is not who the plan named";
                Err(Refusal::new("D10", why, "read the plan again and confirm it"))
            }
            Err(why) => Err(Refusal::new("D10", why, "add them to [oncall] in the configuration")),
        }
    }

    /// The levels that are due and that a channel reaches: requested and queued in one moment.
    pub(super) fn due_levels(&self) -> Vec<Event> {
        let plans = self.levels_due().into_iter().filter_map(|due| due.plan);
        let request = |(number, plan)| requested(ActionId(number), plan, Text::default());
        (self.incident.next_action().0..).zip(plans).map(request).collect()
    }

    /// Brings in a level that no channel reaches, by an adapter; or puts it on record that nobody can
    /// be told. Whether it is still wanted is decided now.
    pub(super) fn bring_in(&self, level: u8, found: Result<&Plan, &Text>, runner: &Text) -> Decision {
        if !self.is_flightdeck() {
            let why = "a level that is due is brought in by the program";
            return Err(Refusal::new("C2 escalation", why, "escalate by hand"));
        }
        let wanted = self.levels_due().into_iter().find(|due| due.level == level && due.plan.is_none());
        let Some(due) = wanted else { return Ok(vec![]) };
        let action = self.incident.next_action();
        Ok(match found {
            Ok(plan) if (plan.op, &plan.target) == (Op::Escalate, &due.target()) => {
                vec![requested(action, plan.clone(), runner.clone())]
            }
            Ok(plan) => {
                let why = format!("{} does not bring in level {level}", plan.title());
                return Err(Refusal::new("C2 escalation", why, "escalate by hand"));
            }
            Err(why) => {
                let reason = Text::block(&format!("level {level} is due and nobody can be told: {why}"));
                let request = requested(action, due.nobody(), Text::default());
                vec![request, Event::ActionFailed { action, reason, outdated: false }]
            }
        })
    }

    fn levels_due(&self) -> Vec<DueLevel> {
        let mut due = levels(self.incident, self.policy, self.now);
        due.retain(|due| self.now >= due.at);
        due
    }
}

fn requested(action: ActionId, plan: Plan, runner: Text) -> Event {
    Event::ActionRequested { action, plan: Box::new(plan), runner, approved_by: None, undoes: None }
}
