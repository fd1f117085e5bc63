//! How bad, of what kind, and by which alerts it became known.

use serde::Serialize;

use super::Source;
use crate::incident::{AgentId, Entry, Event, Pattern, Severity, Text, Time};

/// One word on the class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// The severity under the policy's naming.
    pub severity: &'static str,
    /// The pattern.
    pub pattern: Option<Pattern>,
    /// Why it changed.
    pub reason: Option<Text>,
    /// Whether it was the first word, which may have been automatic (B3).
    pub first: bool,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertFact {
    /// Where it came from.
    pub source: Text,
    /// Its name.
    pub name: Text,
    /// What it says.
    pub summary: Text,
    /// The agent it is about.
    pub agent: Option<AgentId>,
    /// How often it was received.
    pub fired: u32,
    /// When it began, by the source's clock, if the source says so.
    pub starts_at: Option<Time>,
    /// When the source said it was over.
    pub resolved_at: Option<Time>,
}

impl Source<'_> {
    pub(super) fn classes(&self) -> Vec<ClassFact> {
        let class =
            |entry: &Entry, severity: Severity, pattern: Option<Pattern>, reason: Option<&Text>| ClassFact {
                seq: entry.seq,
                at: entry.at,
                by: entry.actor.to_string(),
                severity: self.name(severity),
                pattern,
                reason: reason.cloned(),
                first: matches!(entry.event, Event::Declared { .. }),
            };
        let of = |entry: &Entry| {
            if let Event::Declared { severity, pattern, .. } = &entry.event {
                return Some(class(entry, *severity, *pattern, None));
            }
            if let Event::Raised { severity, by } = &entry.event {
                let why = Text::line(&format!("alert {by} raised it by itself"));
                return Some(class(entry, *severity, self.incident.pattern, Some(&why)));
            }
            let Event::Classified { severity, pattern, reason } = &entry.event else { return None };
            Some(class(entry, *severity, *pattern, reason.as_ref()))
        };
        self.entries().filter_map(of).collect()
    }

    pub(super) fn alerts(&self) -> Vec<AlertFact> {
        let fact = |state: &crate::incident::state::AlertState| AlertFact {
            source: state.alert.source.clone(),
            name: state.alert.name.clone(),
            summary: state.alert.summary.clone(),
            agent: state.alert.agent.clone(),
            fired: state.fired,
            starts_at: state.alert.starts_at,
            resolved_at: state.resolved_at,
        };
        self.incident.alerts.iter().map(fact).collect()
    }
}
