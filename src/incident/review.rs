//! What the record proves about an incident, for its review (A8, B7): values, no words of a language.
//!
//! [`ReviewFacts`] are drawn from timeline, policy and now alone. What nobody recorded is `None` or
//! missing, never guessed: a template turns it into a visible question. Serialised, they are the
//! stable form of `flightdeck review --format json`: fields are added, never renamed; a changed
//! meaning raises [`FORMAT`]. Times are RFC 3339 in UTC, and `seq` is the entry that says so.

mod action;
mod class;
mod contained;
mod control;
mod found;
mod people;
mod told;
mod window;

use std::sync::Arc;

use serde::Serialize;

use super::{
    AgentId, Entry, Event, Incident, IncidentId, Naming, Pattern, Policy, Realm, Record, Severity, Span,
    Status, Text, Time, telling,
};

pub use action::{ActionFact, CheckFact, StepFact};
pub use class::{AlertFact, ClassFact};
pub use contained::{AgentFact, ContainmentFact, RecoveryFact};
pub use control::LossFact;
pub use found::{DecisionFact, EvidenceFact, HypothesisFact, ImprovementFact, MoveFact, PinnedFact};
pub use people::{HolderFact, RoleFact};
pub use told::{CadenceFact, EscalationFact, LateFact, UpdateFact};
pub use window::{MarkFact, Outcome as WindowOutcome, WindowFact, WordFact};

/// The version of the serialised form.
pub const FORMAT: u32 = 1;

/// Everything a review can be filled with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewFacts {
    /// [`FORMAT`].
    pub format: u32,
    /// `INC-42`.
    pub incident: String,
    /// Live or drill.
    pub realm: Realm,
    /// One line.
    pub title: Text,
    /// `open`, `resolved` or `merged`.
    pub status: &'static str,
    /// The incident that it went on as.
    pub merged_into: Option<String>,
    /// Duplicates that ended in this one.
    pub absorbed: Vec<String>,
    /// The severity under the policy's naming: `P0` or `SEV1`.
    pub severity: &'static str,
    /// Whether a person confirmed the class.
    pub classified: bool,
    /// The pattern, if one is known (B2).
    pub pattern: Option<Pattern>,
    /// How the class came about, first word first.
    pub classes: Vec<ClassFact>,
    /// The agents it is about: its scope.
    pub agents: Vec<AgentId>,
    /// When the fault began, by the earliest alert's own clock.
    pub started_at: Option<Time>,
    /// T0.
    pub detected_at: Option<Time>,
    /// When it was resolved, if it is.
    pub resolved_at: Option<Time>,
    /// From T0 to the end, if it has ended.
    pub duration: Option<Length>,
    /// What ended it, in the words of whoever resolved it.
    pub ending: Option<Text>,
    /// How often it turned out not to be over.
    pub reopened: Vec<SaidFact>,
    /// T0 to T5 in order, each with its time, if it has one (A2).
    pub marks: Vec<MarkFact>,
    /// The windows with what was measured (A1, B1).
    pub windows: Vec<WindowFact>,
    /// How soon control was proved (A3); none: it never was.
    pub containment: Option<ContainmentFact>,
    /// What the end rests on (B6).
    pub recovery: Option<RecoveryFact>,
    /// When control was lost after it had been proved (A3).
    pub control_lost: Vec<LossFact>,
    /// Alerts in the order they joined.
    pub alerts: Vec<AlertFact>,
    /// The whole timeline, one line each.
    pub timeline: Vec<LineFact>,
    /// All roles with their holders, in order (A11).
    pub roles: Vec<RoleFact>,
    /// All actions, in order.
    pub actions: Vec<ActionFact>,
    /// Evidence on record (A4).
    pub evidence: Vec<EvidenceFact>,
    /// Log lines that were kept.
    pub pinned: Vec<PinnedFact>,
    /// Hypotheses in order (D5).
    pub hypotheses: Vec<HypothesisFact>,
    /// Decisions in order.
    pub decisions: Vec<DecisionFact>,
    /// Updates in order (D3).
    pub updates: Vec<UpdateFact>,
    /// Whether each audience heard as often as the policy says (D3).
    pub cadence: Vec<CadenceFact>,
    /// Levels that were brought in (C2, D10).
    pub escalations: Vec<EscalationFact>,
    /// Improvements in order (A14, D7).
    pub improvements: Vec<ImprovementFact>,
    /// The last entry that was read.
    pub through: u64,
    /// When the facts were drawn.
    pub as_of: Time,
}

/// A length of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Length {
    /// In whole seconds.
    pub seconds: u32,
    /// For people: `4m5s`; below a second `0s`.
    pub text: String,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineFact {
    /// The entry.
    pub seq: u64,
    /// When it was recorded.
    pub at: Time,
    /// Who did it.
    pub by: String,
    /// What happened.
    pub text: Text,
}

/// Something somebody said at some time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SaidFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// What.
    pub text: Text,
}

impl ReviewFacts {
    /// Draws them from the record, by policy, as of now.
    #[must_use]
    pub fn of(record: &Record, policy: &Policy, now: Time) -> Self {
        let Record { incident, entries } = record;
        let source = Source { incident, entries, policy, now };
        let (detected_at, resolved_at) = (incident.mark(super::Mark::T0), incident.resolved_at());
        Self {
            format: FORMAT,
            incident: incident.id.to_string(),
            realm: incident.realm,
            title: incident.title.clone(),
            status: match incident.status {
                Status::Open => "open",
                Status::Resolved(_) => "resolved",
                Status::Merged(_) => "merged",
            },
            merged_into: match incident.status {
                Status::Merged(into) => Some(into.to_string()),
                Status::Open | Status::Resolved(_) => None,
            },
            absorbed: incident.absorbed.iter().map(IncidentId::to_string).collect(),
            severity: source.name(incident.severity),
            classified: incident.classified,
            pattern: incident.pattern,
            classes: source.classes(),
            agents: incident.agents.clone(),
            started_at: incident.started_at(),
            detected_at,
            resolved_at,
            duration: detected_at.zip(resolved_at).map(|(from, to)| Length::between(from, to)),
            ending: resolved_at.and_then(|_| source.ending()),
            reopened: source.reopened(),
            marks: source.marks(),
            windows: source.windows(),
            containment: source.containment(),
            recovery: source.recovery(),
            control_lost: source.control_lost(),
            alerts: source.alerts(),
            timeline: source.entries().map(|entry| line(entry, policy.naming)).collect(),
            roles: source.roles(),
            actions: source.actions(),
            evidence: source.evidence(),
            pinned: source.pinned(),
            hypotheses: source.hypotheses(),
            decisions: source.decisions(),
            updates: source.updates(),
            cadence: source.cadence(),
            escalations: source.escalations(),
            improvements: source.improvements(),
            through: incident.seq,
            as_of: now,
        }
    }
}

impl Length {
    /// From one moment to another; nothing when they are the wrong way round.
    #[must_use]
    pub fn between(from: Time, to: Time) -> Self {
        Self::seconds(u32::try_from((to - from).num_seconds().max(0)).unwrap_or(u32::MAX))
    }

    /// So many seconds.
    fn seconds(seconds: u32) -> Self {
        Self { seconds, text: Span::seconds(seconds).to_string() }
    }
}

/// What facts are drawn from.
#[derive(Clone, Copy)]
struct Source<'a> {
    incident: &'a Incident,
    entries: &'a [Arc<Entry>],
    policy: &'a Policy,
    now: Time,
}

impl<'a> Source<'a> {
    fn entries(&self) -> impl DoubleEndedIterator<Item = &'a Entry> + use<'a> {
        self.entries.iter().map(Arc::as_ref)
    }

    fn name(&self, severity: Severity) -> &'static str {
        severity.name(self.policy.naming)
    }

    fn ending(&self) -> Option<Text> {
        self.entries().rev().find_map(|entry| {
            let Event::Resolved { summary, .. } = &entry.event else { return None };
            Some(summary.clone())
        })
    }

    fn reopened(&self) -> Vec<SaidFact> {
        let said = |entry: &Entry| {
            let Event::Reopened { reason } = &entry.event else { return None };
            Some(SaidFact::of(entry, reason))
        };
        self.entries().filter_map(said).collect()
    }

    /// Until when things were due: the end if it has ended, else now.
    fn end(&self) -> Time {
        match self.incident.status {
            Status::Open => self.now,
            Status::Resolved(at) => at,
            Status::Merged(_) => self.incident.changed_at,
        }
    }
}

impl SaidFact {
    fn of(entry: &Entry, text: &Text) -> Self {
        Self { seq: entry.seq, at: entry.at, by: entry.actor.to_string(), text: text.clone() }
    }
}

fn line(entry: &Entry, naming: Naming) -> LineFact {
    let text = telling::tell_event(&entry.event, entry.at, naming).replace('\n', " / ");
    LineFact { seq: entry.seq, at: entry.at, by: entry.actor.to_string(), text: Text::line(&text) }
}

#[cfg(test)]
mod tests;
