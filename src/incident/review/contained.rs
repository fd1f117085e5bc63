//! How soon containment was proved, and what recovery was proved by (A3, B6).

use serde::Serialize;

use super::{Length, Source};
use crate::incident::{AgentReadings, Event, Text, Time};

/// The time to verified containment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContainmentFact {
    /// The action whose effect was proved first.
    pub action: String,
    /// When.
    pub at: Time,
    /// From detection.
    pub after_detection: Length,
    /// How often it leaked.
    pub leaks: u32,
    /// For how long in all, as far as leaks have ended.
    pub leaked: Length,
    /// Since when it holds without a leak; none: it leaks, or leaked at the end.
    pub holds_since: Option<Time>,
}

/// What the end rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecoveryFact {
    /// Whether every check of every agent held.
    pub proved: bool,
    /// Why it was ended all the same.
    pub despite: Option<Text>,
    /// What was read of the agents.
    pub agents: Vec<AgentFact>,
}

/// What was read of one agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentFact {
    /// Which.
    pub agent: Text,
    /// Its checks.
    pub checks: Vec<super::CheckFact>,
    /// Why something could not be read.
    pub trouble: Option<Text>,
}

impl Source<'_> {
    pub(super) fn containment(&self) -> Option<ContainmentFact> {
        let contained = self.incident.containment()?;
        let lost = self.control_lost();
        let leaked = lost.iter().filter_map(|loss| loss.length.as_ref()).map(|length| length.seconds).sum();
        Some(ContainmentFact {
            action: contained.by.to_string(),
            at: contained.at,
            after_detection: Length::between(contained.at - contained.within, contained.at),
            leaks: u32::try_from(lost.len()).unwrap_or(u32::MAX),
            leaked: Length::seconds(leaked),
            holds_since: contained.holds_since,
        })
    }

    /// What the newest end rests on; none while the incident is open, or where an older flightdeck
    /// ended it.
    pub(super) fn recovery(&self) -> Option<RecoveryFact> {
        self.incident.resolved_at()?;
        self.entries().rev().find_map(|entry| {
            let Event::Resolved { recovery, despite, .. } = &entry.event else { return None };
            let proved = despite.is_none() && !recovery.is_empty();
            let agents = recovery.iter().map(agent).collect();
            (proved || despite.is_some()).then(|| RecoveryFact { proved, despite: despite.clone(), agents })
        })
    }
}

fn agent(read: &AgentReadings) -> AgentFact {
    let mut checks = Vec::new();
    for reading in &read.readings {
        if !checks.contains(&&reading.check) {
            checks.push(&reading.check);
        }
    }
    AgentFact {
        agent: Text::line(read.agent.as_str()),
        checks: checks.into_iter().map(|check| super::action::checked(check, &read.readings)).collect(),
        trouble: read.trouble.clone(),
    }
}
