//! The one place where a command becomes events, or is refused.
//!
//! [`decide`] takes values and returns values. The screen rehearses it for an instant answer; the
//! hub decides again under the journal's expected version. A refusal says which rule, and what
//! would make it allowed.

mod actions;
mod flow;
mod keeping;
mod outbox;
mod proof;
mod record;
mod recovery;

use super::outbox::{announced, settled};
use super::{Actor, Command, Event, Incident, Policy, Refusal, Status, Time};

/// What a refusal calls the rule that nothing is left in force by accident.
pub use keeping::RULE as IN_FORCE;

pub use actions::may_ask;

/// What a command leads to.
pub type Decision = Result<Vec<Event>, Refusal>;

/// What a decision may look at besides the command.
#[derive(Clone, Copy)]
struct Context<'a> {
    incident: &'a Incident,
    policy: &'a Policy,
    actor: &'a Actor,
    now: Time,
}

/// Decides a command by policy.
///
/// # Errors
/// A [`Refusal`] naming the rule and the way out. Nothing happened then.
pub fn decide(incident: &Incident, policy: &Policy, command: &Command, actor: &Actor, now: Time) -> Decision {
    let context = Context { incident, policy, actor, now };
    context.may_speak(command)?;
    let events = context.decided(command)?;
    // Whom it concerns is told by the same decision: what happened and who hears of it is one entry
    // after the other, in one moment.
    let news = matches!(command, Command::Report { .. } | Command::Tick) && events.is_empty();
    Ok(if news { settled(incident, policy, now) } else { announced(incident, policy, actor, now, events) })
}

impl Context<'_> {
    fn decided(&self, command: &Command) -> Decision {
        match command {
            Command::Declare { realm, title, severity, pattern, agents, detected_at } => {
                self.declare(*realm, title, *severity, *pattern, agents, *detected_at)
            }
            Command::Alert { realm, alert } => Ok(self.alert(*realm, alert)),
            Command::ResolveAlert { key, at } => Ok(self.resolve_alert(key, *at)),
            Command::AddAgent { agent } => Ok(self.add_agent(agent)),
            Command::Acknowledge => self.acknowledge(),
            Command::SetMark { mark, at, reason } => self.set_mark(*mark, *at, reason.as_ref()),
            Command::Classify { severity, pattern, reason } => {
                self.classify(*severity, *pattern, reason.as_ref())
            }
            Command::Assign { role, holder } => self.assign(*role, holder),
            Command::ReleaseRole { role } => self.release_role(*role),
            Command::Act { plan, confirmation, runner } => self.act(plan, confirmation, runner),
            Command::Approve { action, confirmation, runner } => self.approve(*action, confirmation, runner),
            Command::Deny { action, reason } => self.deny(*action, reason),
            Command::Report { action, report } => self.report(*action, report),
            Command::Settle { action, settlement, reason } => self.settle(*action, *settlement, reason),
            Command::Account { action, disposition } => self.account(*action, disposition),
            Command::StoreEvidence { action, name, bytes, sha256, from, to, redacted } => {
                if let Some(id) = action {
                    self.action(*id)?;
                }
                Ok(vec![Event::EvidenceStored {
                    action: *action,
                    name: name.clone(),
                    bytes: *bytes,
                    sha256: sha256.clone(),
                    from: *from,
                    to: *to,
                    redacted: *redacted,
                }])
            }
            Command::Suppose { text, owner } => self.suppose(text, owner),
            Command::CloseHypothesis { hypothesis, outcome, reason } => {
                self.close_hypothesis(*hypothesis, *outcome, reason)
            }
            Command::Update { audience, affected, doing, next_at } => {
                self.update(*audience, affected, doing, *next_at)
            }
            Command::SendDraft { draft, affected, doing, next_at } => {
                self.send_draft(*draft, affected, doing, *next_at)
            }
            Command::DropDraft { draft, reason } => self.drop_draft(*draft, reason),
            Command::Deliver { message, receipt } => self.deliver(*message, receipt),
            Command::RetryMessage { message } => self.retry_message(*message),
            Command::DropMessage { message, reason } => self.drop_message(*message, reason),
            Command::Note { text } => {
                self.needs_text("D4", text, "a note")?;
                Ok(vec![Event::Noted { text: text.clone() }])
            }
            Command::Decide { text, reason } => {
                self.needs_text("D4", text, "a decision")?;
                self.needs_text("D4", reason, "the reason of a decision")?;
                Ok(vec![Event::Decided { text: text.clone(), reason: reason.clone() }])
            }
            Command::PinLine { agent, source, offset, sha256, logged_at, text } => {
                Ok(vec![Event::LinePinned {
                    agent: agent.clone(),
                    source: source.clone(),
                    offset: *offset,
                    sha256: sha256.clone(),
                    logged_at: *logged_at,
                    text: text.clone(),
                }])
            }
            Command::Escalate { level, reason } => self.escalate(*level, reason.as_ref()),
            Command::BringIn { level, found, runner } => self.bring_in(*level, found.as_deref(), runner),
            Command::Absorb { other } => self.absorb(*other),
            Command::Merge { into, reason } => self.merge(*into, reason),
            Command::Resolve { summary, despite } => self.resolve(summary, despite.as_ref()),
            Command::Recover { agents } => self.recover(agents),
            Command::Reopen { reason } => self.reopen(reason),
            Command::Improve { area, text, owner, due } => self.improve(*area, text, owner, *due),
            Command::MoveImprovement { improvement, progress, note } => {
                self.move_improvement(*improvement, *progress, note)
            }
            Command::SaveReview { revision, sha256 } => {
                Ok(vec![Event::ReviewSaved { revision: *revision, sha256: sha256.clone() }])
            }
            Command::FirstCheck { check } => self.first_check(check),
            Command::Hear { heard } => self.hear(heard),
            Command::Digest { day, count, text } => self.digest(*day, *count, text),
            Command::Tick => Ok(self.tick()),
        }
    }

    /// What holds for every command: it needs a record, a right to speak, and an incident that has
    /// not ended as another.
    fn may_speak(&self, command: &Command) -> Result<(), Refusal> {
        let begins = matches!(command, Command::Declare { .. } | Command::Alert { .. });
        if !self.incident.is_declared() && !begins {
            let why = format!("{} has not been declared", self.incident.id);
            return Err(Refusal::new("D4", why, "declare it first, or name another incident"));
        }
        if matches!(self.actor, Actor::Ai(_))
            && self.policy.people_only.iter().any(|word| word == command.word())
        {
            let why = format!("'{}' is for people only", command.word());
            return Err(Refusal::new("C2 people_only", why, "propose it to a person, or change the policy"));
        }
        if let Status::Merged(into) = self.incident.status
            && self.is_a_new_deed(command)
        {
            let why = format!("{} went on as {into}", self.incident.id);
            return Err(Refusal::new("B12 merged", why, format!("do it in {into}")));
        }
        Ok(())
    }

    /// Whether the command begins something, rather than ending or recording what already is.
    fn is_a_new_deed(&self, command: &Command) -> bool {
        match command {
            Command::Act { plan, .. } => self.undone_by(plan).is_none(),
            Command::Declare { .. }
            | Command::Alert { .. }
            | Command::Classify { .. }
            | Command::Assign { .. }
            | Command::Suppose { .. }
            | Command::Escalate { .. }
            | Command::Merge { .. }
            | Command::Resolve { .. }
            | Command::Reopen { .. } => true,
            Command::ResolveAlert { .. }
            | Command::AddAgent { .. }
            | Command::Acknowledge
            | Command::SetMark { .. }
            | Command::ReleaseRole { .. }
            | Command::Approve { .. }
            | Command::Deny { .. }
            | Command::Report { .. }
            | Command::Settle { .. }
            | Command::Account { .. }
            | Command::Recover { .. }
            | Command::StoreEvidence { .. }
            | Command::CloseHypothesis { .. }
            | Command::Update { .. }
            | Command::SendDraft { .. }
            | Command::DropDraft { .. }
            | Command::Deliver { .. }
            | Command::RetryMessage { .. }
            | Command::DropMessage { .. }
            | Command::Note { .. }
            | Command::Decide { .. }
            | Command::PinLine { .. }
            | Command::BringIn { .. }
            | Command::Absorb { .. }
            | Command::Improve { .. }
            | Command::MoveImprovement { .. }
            | Command::SaveReview { .. }
            | Command::Digest { .. }
            | Command::FirstCheck { .. }
            | Command::Hear { .. }
            | Command::Tick => false,
        }
    }

    fn needs_text(&self, rule: &'static str, text: &super::Text, what: &str) -> Result<(), Refusal> {
        if text.is_blank() {
            return Err(Refusal::new(rule, format!("{what} is empty"), "write at least one word"));
        }
        Ok(())
    }

    fn needs_open(&self, what: &str) -> Result<(), Refusal> {
        match self.incident.status {
            Status::Open => Ok(()),
            Status::Resolved(_) => {
                let why = format!("{what}: {} is resolved", self.incident.id);
                Err(Refusal::new("A2 resolved", why, "reopen it first, with a reason"))
            }
            Status::Merged(into) => {
                let why = format!("{what}: {} went on as {into}", self.incident.id);
                Err(Refusal::new("B12 merged", why, format!("do it in {into}")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
