//! What happened: the entries of the timeline, in the past tense.
//!
//! The names in `serde` attributes are the stored form: files written by old binaries keep them.
//! They never change; a changed meaning gets a new name. What a newer binary wrote is kept as
//! [`Event::Unknown`] and shown as such.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::severity::words;
use super::{
    ActionId, Actor, AgentId, AgentReadings, Alert, Disposition, Doubt, DraftId, Elsewhere, FirstCheck,
    HypothesisId, ImprovementId, IncidentId, Mark, Message, MessageId, Pattern, Plan, Reading, Realm, Role,
    Severity, Text, Time,
};

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which incident.
    pub incident: IncidentId,
    /// 1 for the first entry of the incident.
    pub seq: u64,
    /// When it was recorded.
    pub at: Time,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

/// What happened. The large ones are boxed: a journal's open incidents are held in memory whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The incident began its record.
    Declared {
        /// Live or drill.
        realm: Realm,
        /// One line.
        title: Text,
        /// First class, automatic when an alert declared it (B3).
        severity: Severity,
        /// First pattern (B2).
        pattern: Option<Pattern>,
        /// The agents it is about.
        agents: Vec<AgentId>,
        /// T0: when it was detected.
        detected_at: Time,
    },
    /// An alert joined, or fired again with news.
    AlertFired {
        /// The alert.
        alert: Box<Alert>,
    },
    /// The alert's source says it is over. That is not recovery.
    AlertResolved {
        /// The alert's key.
        key: Text,
        /// Its name; blank in entries of older versions.
        #[serde(default, skip_serializing_if = "Text::is_blank")]
        name: Text,
        /// When, by the source's word.
        at: Time,
    },
    /// An agent was found to be involved.
    AgentAdded {
        /// Which.
        agent: AgentId,
    },
    /// A mark was set, or set anew; the old time stays on the timeline.
    MarkSet {
        /// Which.
        mark: Mark,
        /// When it happened, which may be before it was recorded.
        at: Time,
        /// Why, when it is back-dated or corrected.
        reason: Option<Text>,
    },
    /// A person confirmed or changed the class.
    Classified {
        /// Severity.
        severity: Severity,
        /// Pattern.
        pattern: Option<Pattern>,
        /// Why it changed, if it did.
        reason: Option<Text>,
    },
    /// A worse alert raised the severity by itself, while no person had confirmed the class (B3).
    Raised {
        /// Severity.
        severity: Severity,
        /// The alert that did.
        by: Text,
    },
    /// A role is held by somebody from now on.
    RoleAssigned {
        /// Which.
        role: Role,
        /// By whom.
        holder: Text,
        /// Who held it before.
        from: Option<Text>,
        /// How it passed from one to the other.
        #[serde(default, skip_serializing_if = "Passing::is_hand_over")]
        passing: Passing,
    },
    /// A role is held by nobody from now on.
    RoleReleased {
        /// Which.
        role: Role,
    },
    /// An action waits for approval.
    ActionProposed {
        /// Its number.
        action: ActionId,
        /// What would be done.
        plan: Box<Plan>,
        /// Until when approval may come (B4).
        approve_by: Time,
        /// The action it would undo.
        #[serde(default)]
        undoes: Option<ActionId>,
    },
    /// Approval was refused.
    ActionDenied {
        /// Which.
        action: ActionId,
        /// Why.
        reason: Text,
    },
    /// Approval did not come in time.
    ActionExpired {
        /// Which.
        action: ActionId,
    },
    /// The call is about to be made. Always written before it.
    ActionRequested {
        /// Its number.
        action: ActionId,
        /// What is done.
        plan: Box<Plan>,
        /// The process that makes the call.
        runner: Text,
        /// Who approved, if approval was needed.
        approved_by: Option<Actor>,
        /// The action it undoes.
        #[serde(default)]
        undoes: Option<ActionId>,
    },
    /// The backend said yes.
    ActionAccepted {
        /// Which.
        action: ActionId,
        /// What it said.
        answer: Text,
    },
    /// The backend said no, or the call could not be made.
    ActionFailed {
        /// Which.
        action: ActionId,
        /// Why.
        reason: Text,
        /// Whether what was confirmed was not how things were any more: nothing was called or changed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        outdated: bool,
    },
    /// All checks hold.
    ActionVerified {
        /// Which.
        action: ActionId,
        /// What was read.
        readings: Vec<Reading>,
    },
    /// The checks did not hold in time.
    ActionUnverified {
        /// Which.
        action: ActionId,
        /// What was read last.
        readings: Vec<Reading>,
    },
    /// A check of a verified action stopped holding.
    ActionLeaking {
        /// Which.
        action: ActionId,
        /// What was read.
        readings: Vec<Reading>,
        /// How many lines the agent logged since its effect was proved last; none: nobody who
        /// watches follows its log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logged: Option<u32>,
        /// When all of it was read and held last, if that was before: nobody looked in between.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_until: Option<Time>,
    },
    /// Nobody knows whether the call took effect.
    ActionInDoubt {
        /// Which.
        action: ActionId,
        /// Why.
        reason: Text,
    },
    /// An action in doubt was read, and what was read does not settle it. Once for each doubt: from
    /// then on it is known how the world is.
    ActionRead {
        /// Which.
        action: ActionId,
        /// What was read.
        readings: Vec<Reading>,
    },
    /// A person looked at what nothing else reads. Seen is not proved: the lamp stays.
    ActionWitnessed {
        /// Which.
        action: ActionId,
        /// Whether it was seen to hold.
        holds: bool,
        /// What was seen, and where.
        reason: Text,
    },
    /// The action's effect is gone.
    ActionUndone {
        /// Which.
        action: ActionId,
        /// The verified action that undid it, or none when a person settled it.
        by: Option<ActionId>,
        /// Why, when a person settled it.
        reason: Option<Text>,
    },
    /// It was said what becomes of a mitigation.
    ActionAccounted {
        /// Which.
        action: ActionId,
        /// What.
        disposition: Disposition,
        /// Whether its effect did not hold when that was said.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leaking: bool,
    },
    /// Evidence was stored (A4).
    EvidenceStored {
        /// The action that brought it.
        action: Option<ActionId>,
        /// A file name.
        name: Text,
        /// Its size in bytes.
        bytes: u64,
        /// Its SHA-256 in hex.
        sha256: Text,
        /// The first moment it covers.
        from: Option<Time>,
        /// The last moment it covers.
        to: Option<Time>,
        /// How many secrets were taken out of it before; nothing: it was not searched for any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redacted: Option<u64>,
    },
    /// Somebody supposes a cause; the clock of D5 runs.
    HypothesisOpened {
        /// Its number.
        hypothesis: HypothesisId,
        /// What is supposed.
        text: Text,
        /// Who follows it.
        owner: Text,
        /// When its box ends (D5).
        until: Time,
    },
    /// A hypothesis ended.
    HypothesisClosed {
        /// Which.
        hypothesis: HypothesisId,
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Text,
    },
    /// An AI actor wrote an update that a person has to send (C2).
    UpdateDrafted {
        /// Its number.
        draft: DraftId,
        /// To whom.
        audience: Audience,
        /// What is affected.
        affected: Text,
        /// What is being done.
        doing: Text,
    },
    /// A draft was sent by a person, or dropped.
    DraftSettled {
        /// Which.
        draft: DraftId,
        /// Whether it was sent, perhaps in other words.
        sent: bool,
        /// Why it was dropped.
        reason: Text,
    },
    /// A status update was written (D3). Whether it reached anybody, its messages say.
    UpdateSent {
        /// To whom.
        audience: Audience,
        /// What is affected.
        affected: Text,
        /// What is being done.
        doing: Text,
        /// When the next one comes.
        next_at: Time,
    },
    /// Somebody wrote something down.
    Noted {
        /// What.
        text: Text,
    },
    /// A decision was taken.
    Decided {
        /// What.
        text: Text,
        /// Why.
        reason: Text,
    },
    /// A log line was kept.
    LinePinned {
        /// The agent that logged it.
        agent: Text,
        /// The file or stream it came from.
        source: Text,
        /// The byte at which it starts.
        offset: u64,
        /// SHA-256 of the raw line, in hex.
        sha256: Text,
        /// When the line says it happened.
        logged_at: Option<Time>,
        /// The line.
        text: Text,
    },
    /// The next level was brought in (C2, D10).
    Escalated {
        /// Which level.
        level: u8,
        /// Its name.
        name: Text,
        /// The trigger, as written in the policy, or a person's reason.
        trigger: Text,
    },
    /// Another incident turned out to be this one.
    Absorbed {
        /// The duplicate.
        other: IncidentId,
    },
    /// This one turned out to be another.
    MergedInto {
        /// The one that goes on.
        into: IncidentId,
        /// Why.
        reason: Text,
    },
    /// It is over.
    Resolved {
        /// What ended it.
        summary: Text,
        /// What was read of the agents (B6).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recovery: Vec<AgentReadings>,
        /// Why it was ended although recovery was not proved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        despite: Option<Text>,
    },
    /// The agents involved were read, for recovery (B6).
    RecoveryRead {
        /// By agent.
        agents: Vec<AgentReadings>,
    },
    /// It was not over.
    Reopened {
        /// Why.
        reason: Text,
    },
    /// Something to be improved (A14, D7).
    ImprovementAdded {
        /// Its number.
        improvement: ImprovementId,
        /// Technical, process or documentation.
        area: Area,
        /// What.
        text: Text,
        /// Who.
        owner: Text,
        /// By when.
        due: Time,
    },
    /// An improvement moved on.
    ImprovementMoved {
        /// Which.
        improvement: ImprovementId,
        /// To where.
        progress: Progress,
        /// How it was verified, or what happened.
        note: Text,
    },
    /// A revision of the review was saved for the record.
    ReviewSaved {
        /// Which revision.
        revision: u32,
        /// Its SHA-256 in hex.
        sha256: Text,
    },
    /// The daily digest of what is still in force, in all incidents, was made.
    DigestMade {
        /// Whose day it is, in the policy's zone.
        day: NaiveDate,
        /// How many mitigations it names.
        count: u32,
        /// Its words.
        text: Text,
    },
    /// Somebody is to be told: always recorded before it is sent (B12).
    MessageQueued {
        /// What, to whom, through which channel.
        message: Box<Message>,
    },
    /// The channel took a message.
    MessageDelivered {
        /// Which.
        message: MessageId,
        /// What the channel answered.
        answer: Text,
        /// What the channel calls the incident or the message, if it says so: a thread, an alert.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Text>,
    },
    /// A message was not delivered, or nobody knows whether it was.
    MessageFailed {
        /// Which.
        message: MessageId,
        /// Why.
        reason: Text,
        /// When it is tried again; none: it is given up.
        again_at: Option<Time>,
        /// Whether it may have arrived all the same.
        #[serde(default, skip_serializing_if = "Doubt::is_none")]
        doubt: Doubt,
    },
    /// A person has a message tried again.
    MessageRetried {
        /// Which.
        message: MessageId,
    },
    /// A person decided that a message need not be told.
    MessageDropped {
        /// Which.
        message: MessageId,
        /// Why.
        reason: Text,
    },
    /// Something that a commander asks first was gathered (C1, D11).
    FirstChecked {
        /// The answer.
        check: FirstCheck,
    },
    /// Another system tells of its own record of the incident.
    HeardElsewhere {
        /// What it says.
        heard: Box<Elsewhere>,
    },
    /// An entry that a newer flightdeck wrote.
    #[serde(skip)]
    Unknown {
        /// Its kind, as stored.
        kind: Text,
        /// The whole of it, as stored JSON.
        stored: Text,
    },
}

/// How a role passed from one person to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passing {
    /// Whoever held it gave it away, or nobody held it.
    #[default]
    HandedOver,
    /// Whoever holds it now took it.
    TakenOver,
    /// Somebody else gave it to them.
    Reassigned,
}

impl Passing {
    const fn is_hand_over(&self) -> bool {
        matches!(self, Self::HandedOver)
    }
}

/// How a hypothesis ended (D5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was the cause.
    Confirmed,
    /// It was not.
    Rejected,
    /// No answer within its box: moved on.
    MovedOn,
}

words!(Outcome, "outcome", { Confirmed => "confirmed", Rejected => "rejected", MovedOn => "moved-on" });

/// Who a status update is for (D3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Those who work on it.
    Engineering,
    /// Those who answer for it.
    Executives,
    /// Those who suffer from it.
    Customers,
}

words!(Audience, "audience", {
    Engineering => "engineering",
    Executives => "executives",
    Customers => "customers",
});

/// The kind of an improvement (A14, B14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Code, configuration, monitoring.
    Technical,
    /// How people work.
    Process,
    /// What is written down.
    Documentation,
}

words!(Area, "area", { Technical => "technical", Process => "process", Documentation => "documentation" });

/// How far an improvement is (A14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// To be done.
    Open,
    /// Done, not yet verified.
    Done,
    /// Proved to work.
    Verified,
    /// Given up.
    Dropped,
}

words!(Progress, "progress", {
    Open => "open",
    Done => "done",
    Verified => "verified",
    Dropped => "dropped",
});

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of a cockpit on a long journal is this, and the texts.
    #[test]
    fn a_hundred_thousand_entries_take_few_bytes_each() {
        assert!(size_of::<Entry>() <= 152, "{}", size_of::<Entry>());
    }
}
