//! What somebody wants, in the imperative. Keys, chat, the command line, AI actors, drills and the
//! program's own watch all speak through these.

use chrono::NaiveDate;

use super::{
    ActionId, AgentId, AgentReadings, Alert, Area, Audience, Digest, Disposition, Doubt, DraftId, Elsewhere,
    FirstCheck, HypothesisId, ImprovementId, IncidentId, Mark, MessageId, Outcome, Pattern, Plan, Progress,
    Reading, Realm, Role, Severity, Text, Time,
};

/// A wish, to be decided by policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin an incident that no monitor saw.
    Declare {
        /// Live or drill.
        realm: Realm,
        /// One line.
        title: Text,
        /// How bad.
        severity: Severity,
        /// Of what kind.
        pattern: Option<Pattern>,
        /// The agents it is about.
        agents: Vec<AgentId>,
        /// When it was detected; none: now.
        detected_at: Option<Time>,
    },
    /// An alert fired: declare with it or join it.
    Alert {
        /// Live or drill, should it declare.
        realm: Realm,
        /// The alert.
        alert: Alert,
    },
    /// The source says an alert is over.
    ResolveAlert {
        /// Its key.
        key: Text,
        /// When, by the source's word.
        at: Time,
    },
    /// Another agent is involved.
    AddAgent {
        /// Which.
        agent: AgentId,
    },
    /// I am on it (T1).
    Acknowledge,
    /// Set or correct a mark.
    SetMark {
        /// Which.
        mark: Mark,
        /// When it happened; none: now.
        at: Option<Time>,
        /// Why; needed to back-date or correct.
        reason: Option<Text>,
    },
    /// Confirm or change the class (T2).
    Classify {
        /// Severity.
        severity: Severity,
        /// Pattern.
        pattern: Option<Pattern>,
        /// Why; needed to lower the severity.
        reason: Option<Text>,
    },
    /// Give a role to somebody: take it, or hand it over.
    Assign {
        /// Which.
        role: Role,
        /// To whom.
        holder: Text,
    },
    /// Lay a role down.
    ReleaseRole {
        /// Which.
        role: Role,
    },
    /// Do something to the world.
    Act {
        /// Exactly what.
        plan: Plan,
        /// That somebody saw just this plan and said yes.
        confirmation: Confirmation,
        /// The process that will make the call.
        runner: Text,
    },
    /// Let a proposal go ahead.
    Approve {
        /// Which.
        action: ActionId,
        /// That the approver saw just this plan.
        confirmation: Confirmation,
        /// The process that will make the call.
        runner: Text,
    },
    /// Refuse a proposal.
    Deny {
        /// Which.
        action: ActionId,
        /// Why.
        reason: Text,
    },
    /// What became of a call, or what probes read.
    Report {
        /// Which action.
        action: ActionId,
        /// The news.
        report: Report,
    },
    /// A person says what is true of an action that probes cannot settle.
    Settle {
        /// Which.
        action: ActionId,
        /// What is true.
        settlement: Settlement,
        /// How they know.
        reason: Text,
    },
    /// Say what becomes of a mitigation that stays.
    Account {
        /// Which.
        action: ActionId,
        /// What.
        disposition: Disposition,
    },
    /// Record stored evidence (A4).
    StoreEvidence {
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
        redacted: Option<u64>,
    },
    /// Suppose a cause (D5).
    Suppose {
        /// What.
        text: Text,
        /// Who follows it.
        owner: Text,
    },
    /// End a hypothesis.
    CloseHypothesis {
        /// Which.
        hypothesis: HypothesisId,
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Text,
    },
    /// Tell an audience (D3).
    Update {
        /// Whom.
        audience: Audience,
        /// What is affected.
        affected: Text,
        /// What is being done.
        doing: Text,
        /// When the next one comes; none: by the policy's cadence.
        next_at: Option<Time>,
    },
    /// Send an AI actor's draft of an update, perhaps in other words (C2).
    SendDraft {
        /// Which.
        draft: DraftId,
        /// What is affected.
        affected: Text,
        /// What is being done.
        doing: Text,
        /// When the next one comes; none: by the policy's cadence.
        next_at: Option<Time>,
    },
    /// Do not send a draft.
    DropDraft {
        /// Which.
        draft: DraftId,
        /// Why.
        reason: Text,
    },
    /// What became of a message that was sent.
    Deliver {
        /// Which.
        message: MessageId,
        /// What became of it.
        receipt: Receipt,
    },
    /// Try a message again that was given up.
    RetryMessage {
        /// Which.
        message: MessageId,
    },
    /// Do not tell a message any more.
    DropMessage {
        /// Which.
        message: MessageId,
        /// Why.
        reason: Text,
    },
    /// Write something down.
    Note {
        /// What.
        text: Text,
    },
    /// Record a decision.
    Decide {
        /// What.
        text: Text,
        /// Why.
        reason: Text,
    },
    /// Keep a log line.
    PinLine {
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
    /// Record that a level was brought in.
    Escalate {
        /// Which.
        level: u8,
        /// Why; none: the policy's trigger.
        reason: Option<Text>,
    },
    /// Bring in a level that is due and that the on-call table does not reach.
    BringIn {
        /// Which.
        level: u8,
        /// What brings it in, or why nobody can be told.
        found: Result<Box<Plan>, Text>,
        /// The process that makes the call.
        runner: Text,
    },
    /// Note that another incident is this one.
    Absorb {
        /// The duplicate.
        other: IncidentId,
    },
    /// End this one as a duplicate.
    Merge {
        /// The one that goes on.
        into: IncidentId,
        /// Why.
        reason: Text,
    },
    /// End it.
    Resolve {
        /// What ended it.
        summary: Text,
        /// Why it is ended although recovery is not proved (B6).
        despite: Option<Text>,
    },
    /// What was read of the agents involved (B6).
    Recover {
        /// By agent.
        agents: Vec<AgentReadings>,
    },
    /// It was not over.
    Reopen {
        /// Why.
        reason: Text,
    },
    /// Plan an improvement (A14, D7).
    Improve {
        /// Of which kind.
        area: Area,
        /// What.
        text: Text,
        /// Who.
        owner: Text,
        /// By when.
        due: Time,
    },
    /// Move an improvement on.
    MoveImprovement {
        /// Which.
        improvement: ImprovementId,
        /// To where.
        progress: Progress,
        /// How it was verified, or what happened.
        note: Text,
    },
    /// Put a saved revision of the review on record.
    SaveReview {
        /// Which revision.
        revision: u32,
        /// Its SHA-256 in hex.
        sha256: Text,
    },
    /// Put the daily digest of what is still in force on record: once a day.
    Digest {
        /// Whose day it is, in the policy's zone.
        day: NaiveDate,
        /// How many mitigations it names.
        count: u32,
        /// Its words.
        text: Text,
    },
    /// Put on record what a commander asks first (C1, D11): each answer once.
    FirstCheck {
        /// The answer.
        check: FirstCheck,
    },
    /// Another system's word about its own record of the incident.
    Hear {
        /// What it says.
        heard: Elsewhere,
    },
    /// Time went by: let run out what has run out.
    Tick,
}

/// That somebody saw one exact plan and said yes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The digest of the plan they saw.
    pub digest: Digest,
    /// What they typed, if they typed.
    pub typed: Option<Text>,
}

/// News of an action, from the dispatch or from probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The backend said yes.
    Accepted {
        /// What it said.
        answer: Text,
    },
    /// The backend said no, or the call could not be made at all.
    Failed {
        /// Why.
        reason: Text,
        /// Whether what was confirmed was not how things were any more: nothing was called or changed.
        outdated: bool,
    },
    /// No answer: nobody knows.
    Unknown {
        /// Why.
        reason: Text,
    },
    /// What probes read, one reading for each check of the plan.
    Readings(Vec<Reading>),
    /// The same from whoever goes on watching: it follows the agent's log too, and knows when all held.
    Watched {
        /// What probes read.
        readings: Vec<Reading>,
        /// How many lines it logged since its effect was proved last; none: nobody follows its log.
        logged: Option<u32>,
        /// When all checks were read and held last.
        held_at: Option<Time>,
    },
}

/// What became of a message, from whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The channel took it.
    Delivered {
        /// What it answered.
        answer: Text,
        /// What it calls the incident or the message: a thread, an alert.
        reference: Option<Text>,
    },
    /// It did not, or nobody knows.
    Failed {
        /// Why.
        reason: Text,
        /// When it is tried again; none: never by itself.
        again_at: Option<Time>,
        /// Whether it may have arrived all the same.
        doubt: Doubt,
    },
}

/// What a person says is true of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It never took effect.
    Failed,
    /// Its effect is gone.
    Undone,
    /// Nothing else reads it, and a person looked.
    Witnessed {
        /// Whether it was seen to hold.
        holds: bool,
    },
}

/// One word for each command, and the list of all words, from one table.
macro_rules! command_words {
    ($($command:pat => $word:literal,)+) => {
        /// Every command's word.
        pub const WORDS: &'static [&'static str] = &[$($word),+];

        /// Its word in policies and refusals.
        #[must_use]
        pub const fn word(&self) -> &'static str {
            match self { $($command => $word,)+ }
        }
    };
}

impl Command {
    command_words! {
        Self::Declare { .. } => "declare",
        Self::Alert { .. } => "alert",
        Self::ResolveAlert { .. } => "resolve-alert",
        Self::AddAgent { .. } => "add-agent",
        Self::Acknowledge => "acknowledge",
        Self::SetMark { .. } => "set-mark",
        Self::Classify { .. } => "classify",
        Self::Assign { .. } => "assign",
        Self::ReleaseRole { .. } => "release-role",
        Self::Act { .. } => "act",
        Self::Approve { .. } => "approve",
        Self::Deny { .. } => "deny",
        Self::Report { .. } => "report",
        Self::Settle { .. } => "settle",
        Self::Account { .. } => "account",
        Self::StoreEvidence { .. } => "store-evidence",
        Self::Suppose { .. } => "suppose",
        Self::CloseHypothesis { .. } => "close-hypothesis",
        Self::Update { .. } => "update",
        Self::SendDraft { .. } => "send-draft",
        Self::DropDraft { .. } => "drop-draft",
        Self::Deliver { .. } => "deliver",
        Self::RetryMessage { .. } => "retry-message",
        Self::DropMessage { .. } => "drop-message",
        Self::Note { .. } => "note",
        Self::Decide { .. } => "decide",
        Self::PinLine { .. } => "pin-line",
        Self::Escalate { .. } => "escalate",
        Self::BringIn { .. } => "bring-in",
        Self::Absorb { .. } => "absorb",
        Self::Merge { .. } => "merge",
        Self::Resolve { .. } => "resolve",
        Self::Recover { .. } => "recover",
        Self::Reopen { .. } => "reopen",
        Self::Improve { .. } => "improve",
        Self::MoveImprovement { .. } => "move-improvement",
        Self::SaveReview { .. } => "save-review",
        Self::Digest { .. } => "digest",
        Self::FirstCheck { .. } => "first-check",
        Self::Hear { .. } => "hear",
        Self::Tick => "tick",
    }
}
