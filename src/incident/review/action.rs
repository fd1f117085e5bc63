//! What was done to the world: who asked, the exact call, every lamp, what was read.

use serde::Serialize;

use super::{Length, Source};
use crate::incident::{
    Action, ActionId, Check, Disposition, Entry, Event, Judged, Lamp, Op, Params, Reading, Text, Time,
};

/// One action.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActionFact {
    /// `A1`.
    pub id: String,
    /// The operation.
    pub op: Op,
    /// What it was aimed at.
    pub target: Text,
    /// Its parameters.
    pub params: Params,
    /// The lamp it shows, as a word.
    pub lamp: &'static str,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Time,
    /// Who approved, if approval was needed.
    pub approved_by: Option<String>,
    /// Which adapter carried it.
    pub adapter: Text,
    /// The exact call.
    pub call: Text,
    /// The target's version as read while planning.
    pub version: Option<Text>,
    /// The exact call that undoes it.
    pub inverse_call: Option<Text>,
    /// When the call was written down, just before it was made; none: nothing was called.
    pub requested_at: Option<Time>,
    /// When the backend said yes.
    pub accepted_at: Option<Time>,
    /// When the checks first held.
    pub verified_at: Option<Time>,
    /// From the request to the proof.
    pub proved_in: Option<Length>,
    /// What the backend answered, or why it ended.
    pub answer: Option<Text>,
    /// What had to be read, and what was read last.
    pub checks: Vec<CheckFact>,
    /// What people saw of it where nothing else reads it, in order. It proves nothing.
    pub witnessed: Vec<SeenFact>,
    /// Whether nothing reads it, and nobody looked.
    pub unseen: bool,
    /// Every lamp it has shown, in order.
    pub steps: Vec<StepFact>,
    /// What it could have had to fight, as known beforehand.
    pub conflicts: Vec<Text>,
    /// The action that it undoes.
    pub undoes: Option<String>,
    /// The action that undid it.
    pub undone_by: Option<String>,
    /// Whether it is in force and nobody has said what becomes of it.
    pub unaccounted: bool,
    /// Who keeps it in force after the incident, or takes it away by a date.
    pub kept_by: Option<Text>,
    /// Why it stays.
    pub kept_because: Option<Text>,
    /// By when it is taken away, if it was handed over with a date.
    pub gone_by: Option<Time>,
}

/// One check with its newest reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckFact {
    /// What had to be: `agent_status = stopped`.
    pub expected: String,
    /// What was read; none: nothing.
    pub read: Option<Text>,
    /// When it was read.
    pub at: Option<Time>,
    /// Whether it held: read, and in every replica.
    pub held: bool,
    /// What was read of each replica, worst first; none where the target was read as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<ReplicaFact>,
}

/// One replica's reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplicaFact {
    /// Which.
    pub replica: Text,
    /// What was read; none: nothing.
    pub read: Option<Text>,
    /// Whether that held.
    pub held: bool,
}

/// What one person saw of an action.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenFact {
    /// The entry.
    pub seq: u64,
    /// When it was put on record.
    pub at: Time,
    /// Who looked.
    pub by: String,
    /// Whether it was seen to hold.
    pub holds: bool,
    /// What was seen, and where.
    pub reason: Text,
}

/// One lamp an action has shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: String,
    /// The lamp, as a word.
    pub lamp: &'static str,
}

impl Source<'_> {
    pub(super) fn actions(&self) -> Vec<ActionFact> {
        self.incident.actions.values().map(|action| self.action(action)).collect()
    }

    fn action(&self, action: &Action) -> ActionFact {
        let plan = &action.plan;
        let said = action.disposition.as_ref();
        let proved = action.requested_at.zip(action.verified_at);
        ActionFact {
            id: action.id.to_string(),
            op: plan.op,
            target: plan.target.clone(),
            params: plan.params.clone(),
            lamp: action.lamp.word(),
            asked_by: action.asked_by.to_string(),
            asked_at: action.asked_at,
            approved_by: action.approved_by.as_ref().map(ToString::to_string),
            adapter: plan.adapter.clone(),
            call: plan.call.clone(),
            version: plan.version.clone(),
            inverse_call: plan.inverse.as_ref().map(|inverse| inverse.call.clone()),
            requested_at: action.requested_at,
            accepted_at: action.accepted_at,
            verified_at: action.verified_at,
            proved_in: proved.map(|(from, to)| Length::between(from, to)),
            answer: Some(&action.answer).filter(|answer| !answer.is_blank()).cloned(),
            checks: plan.checks.iter().map(|check| checked(check, &action.readings)).collect(),
            witnessed: self.witnessed(action.id),
            unseen: action.may_be_witnessed() && action.witnessed.is_none(),
            steps: self.steps(action.id),
            conflicts: plan.cautions().map(|(_, words)| words).collect(),
            undoes: action.undoes.map(|id| id.to_string()),
            undone_by: self.undone_by(action.id),
            unaccounted: self.incident.is_unaccounted(action),
            kept_by: said.and_then(Disposition::owner).cloned(),
            kept_because: said.and_then(Disposition::reason).cloned(),
            gone_by: said.and_then(Disposition::due),
        }
    }

    fn steps(&self, of: ActionId) -> Vec<StepFact> {
        let step = |entry: &Entry| {
            let (action, lamp) = lamp_of(&entry.event)?;
            let by = entry.actor.to_string();
            (action == of).then(|| StepFact { seq: entry.seq, at: entry.at, by, lamp: lamp.word() })
        };
        self.entries().filter_map(step).collect()
    }

    fn witnessed(&self, of: ActionId) -> Vec<SeenFact> {
        let seen = |entry: &Entry| {
            let Event::ActionWitnessed { action, holds, reason } = &entry.event else { return None };
            let (by, reason) = (entry.actor.to_string(), reason.clone());
            (*action == of).then_some(SeenFact { seq: entry.seq, at: entry.at, by, holds: *holds, reason })
        };
        self.entries().filter_map(seen).collect()
    }

    fn undone_by(&self, of: ActionId) -> Option<String> {
        self.entries().find_map(|entry| {
            let Event::ActionUndone { action, by: Some(by), .. } = &entry.event else { return None };
            (*action == of).then(|| by.to_string())
        })
    }
}

pub(super) fn checked(check: &Check, readings: &[Reading]) -> CheckFact {
    let judged = Judged::new(check, readings);
    let replica = |r: &&Reading| {
        Some(ReplicaFact { replica: r.replica.clone()?, read: r.value.clone(), held: r.holds() })
    };
    let was_read = judged.readings.iter().any(|r| r.value.is_some());
    CheckFact {
        expected: check.to_string(),
        read: was_read.then(|| Text::line(&judged.words())),
        at: judged.at(),
        held: judged.holds(),
        replicas: judged.readings.iter().filter_map(replica).collect(),
    }
}

/// Which lamp an event lights.
fn lamp_of(event: &Event) -> Option<(ActionId, Lamp)> {
    let (action, lamp) = match event {
        Event::ActionProposed { action, .. } => (action, Lamp::Proposed),
        Event::ActionDenied { action, .. } => (action, Lamp::Denied),
        Event::ActionExpired { action } => (action, Lamp::Expired),
        Event::ActionRequested { action, .. } => (action, Lamp::Requested),
        Event::ActionAccepted { action, .. } => (action, Lamp::Accepted),
        Event::ActionFailed { action, .. } => (action, Lamp::Failed),
        Event::ActionVerified { action, .. } => (action, Lamp::Verified),
        Event::ActionUnverified { action, .. } => (action, Lamp::Unverified),
        Event::ActionLeaking { action, .. } => (action, Lamp::Leaking),
        Event::ActionInDoubt { action, .. } => (action, Lamp::InDoubt),
        Event::ActionUndone { action, .. } => (action, Lamp::Undone),
        Event::Declared { .. }
        | Event::AlertFired { .. }
        | Event::AlertResolved { .. }
        | Event::AgentAdded { .. }
        | Event::MarkSet { .. }
        | Event::Classified { .. }
        | Event::Raised { .. }
        | Event::RoleAssigned { .. }
        | Event::RoleReleased { .. }
        | Event::ActionAccounted { .. }
        | Event::ActionRead { .. }
        | Event::ActionWitnessed { .. }
        | Event::EvidenceStored { .. }
        | Event::HypothesisOpened { .. }
        | Event::HypothesisClosed { .. }
        | Event::UpdateDrafted { .. }
        | Event::DraftSettled { .. }
        | Event::MessageQueued { .. }
        | Event::MessageDelivered { .. }
        | Event::MessageFailed { .. }
        | Event::MessageRetried { .. }
        | Event::MessageDropped { .. }
        | Event::UpdateSent { .. }
        | Event::Noted { .. }
        | Event::Decided { .. }
        | Event::LinePinned { .. }
        | Event::Escalated { .. }
        | Event::Absorbed { .. }
        | Event::MergedInto { .. }
        | Event::Resolved { .. }
        | Event::Reopened { .. }
        | Event::RecoveryRead { .. }
        | Event::ImprovementAdded { .. }
        | Event::ImprovementMoved { .. }
        | Event::ReviewSaved { .. }
        | Event::DigestMade { .. }
        | Event::FirstChecked { .. }
        | Event::HeardElsewhere { .. }
        | Event::Unknown { .. } => return None,
    };
    Some((*action, lamp))
}
