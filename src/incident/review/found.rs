//! What was supposed, found, decided and planned (D5, D4, A4, A14).

use serde::Serialize;

use super::Source;
use crate::incident::{Area, Entry, Event, HypothesisId, ImprovementId, Outcome, Progress, Text, Time};

/// One hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HypothesisFact {
    /// `H1`.
    pub id: String,
    /// What was supposed.
    pub text: Text,
    /// Who followed it.
    pub owner: Text,
    /// Since when.
    pub opened_at: Time,
    /// When its box ended.
    pub until: Time,
    /// How it ended; none: nobody ended it.
    pub outcome: Option<Outcome>,
    /// Why.
    pub reason: Option<Text>,
    /// When.
    pub closed_at: Option<Time>,
    /// Whether it ended within its box.
    pub in_box: Option<bool>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who recorded it.
    pub by: String,
    /// What.
    pub text: Text,
    /// Why.
    pub reason: Text,
}

/// One piece of stored evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvidenceFact {
    /// The entry.
    pub seq: u64,
    /// The action that brought it.
    pub action: Option<String>,
    /// A file name.
    pub name: Text,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: Text,
    /// The first moment it covers.
    pub from: Option<Time>,
    /// The last moment it covers.
    pub to: Option<Time>,
    /// How many secrets were taken out of it; nothing: it was not searched for any.
    pub redacted: Option<u64>,
}

/// One log line that was kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PinnedFact {
    /// The entry.
    pub seq: u64,
    /// Who kept it.
    pub by: String,
    /// The agent that logged it.
    pub agent: Text,
    /// The file or stream it came from.
    pub source: Text,
    /// The byte at which it starts.
    pub offset: u64,
    /// When the line says it happened.
    pub logged_at: Option<Time>,
    /// The line.
    pub text: Text,
    /// SHA-256 of the raw line, in hex.
    pub sha256: Text,
}

/// One improvement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImprovementFact {
    /// `I1`.
    pub id: String,
    /// Its kind.
    pub area: Area,
    /// What.
    pub text: Text,
    /// Who.
    pub owner: Text,
    /// By when.
    pub due: Time,
    /// How far.
    pub progress: Progress,
    /// Whether its date has passed and it is still open.
    pub overdue: bool,
    /// How it moved on.
    pub moves: Vec<MoveFact>,
}

/// One step of an improvement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoveFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// To where.
    pub progress: Progress,
    /// How it was verified, or what happened.
    pub note: Text,
}

impl Source<'_> {
    pub(super) fn hypotheses(&self) -> Vec<HypothesisFact> {
        let fact = |(id, h): (&HypothesisId, &crate::incident::state::Hypothesis)| {
            let closed = h.closed.as_ref();
            HypothesisFact {
                id: id.to_string(),
                text: h.text.clone(),
                owner: h.owner.clone(),
                opened_at: h.opened_at,
                until: h.until,
                outcome: closed.map(|(outcome, ..)| *outcome),
                reason: closed.map(|(_, reason, _)| reason.clone()),
                closed_at: closed.map(|(.., at)| *at),
                in_box: closed.map(|(.., at)| *at <= h.until),
            }
        };
        self.incident.hypotheses.iter().map(fact).collect()
    }

    pub(super) fn decisions(&self) -> Vec<DecisionFact> {
        let fact = |entry: &Entry| {
            let Event::Decided { text, reason } = &entry.event else { return None };
            Some(DecisionFact {
                seq: entry.seq,
                at: entry.at,
                by: entry.actor.to_string(),
                text: text.clone(),
                reason: reason.clone(),
            })
        };
        self.entries().filter_map(fact).collect()
    }

    pub(super) fn evidence(&self) -> Vec<EvidenceFact> {
        let fact = |entry: &Entry| {
            let Event::EvidenceStored { action, name, bytes, sha256, from, to, redacted } = &entry.event
            else {
                return None;
            };
            Some(EvidenceFact {
                seq: entry.seq,
                action: action.map(|id| id.to_string()),
                name: name.clone(),
                bytes: *bytes,
                sha256: sha256.clone(),
                from: *from,
                to: *to,
                redacted: *redacted,
            })
        };
        self.entries().filter_map(fact).collect()
    }

    pub(super) fn pinned(&self) -> Vec<PinnedFact> {
        let fact = |entry: &Entry| {
            let Event::LinePinned { agent, source, offset, sha256, logged_at, text } = &entry.event else {
                return None;
            };
            Some(PinnedFact {
                seq: entry.seq,
                by: entry.actor.to_string(),
                agent: agent.clone(),
                source: source.clone(),
                offset: *offset,
                logged_at: *logged_at,
                text: text.clone(),
                sha256: sha256.clone(),
            })
        };
        self.entries().filter_map(fact).collect()
    }

    pub(super) fn improvements(&self) -> Vec<ImprovementFact> {
        let fact = |(id, i): (&ImprovementId, &crate::incident::state::Improvement)| ImprovementFact {
            id: id.to_string(),
            area: i.area,
            text: i.text.clone(),
            owner: i.owner.clone(),
            due: i.due,
            progress: i.progress,
            overdue: i.progress == Progress::Open && self.now >= i.due,
            moves: self.moves(*id),
        };
        self.incident.improvements.iter().map(fact).collect()
    }

    fn moves(&self, of: ImprovementId) -> Vec<MoveFact> {
        let fact = |entry: &Entry| {
            let Event::ImprovementMoved { improvement, progress, note } = &entry.event else { return None };
            let fact = MoveFact { seq: entry.seq, at: entry.at, progress: *progress, note: note.clone() };
            (*improvement == of).then_some(fact)
        };
        self.entries().filter_map(fact).collect()
    }
}
