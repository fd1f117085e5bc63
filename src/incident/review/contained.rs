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
        let leaked = seconds_of_any(lost.iter().filter_map(|loss| Some((loss.from, loss.to?))).collect());
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

/// How long any of these lasted: what leaked at the same time did not leak for longer.
fn seconds_of_any(mut spans: Vec<(Time, Time)>) -> u32 {
    spans.sort_unstable();
    let mut until = Time::MIN_UTC;
    let seconds = spans.into_iter().map(|(from, to)| {
        let more = (to - from.max(until)).num_seconds().max(0);
        until = until.max(to);
        more
    });
    u32::try_from(seconds.sum::<i64>()).unwrap_or(u32::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::time;

    #[test]
    fn regression_what_leaked_at_the_same_time_was_counted_twice() {
        for (spans, seconds) in [
            (&[][..], 0),
            (&[("12:00:00", "12:04:28")], 268),
            (&[("12:10:00", "12:16:34"), ("12:00:00", "12:04:28"), ("12:10:00", "12:16:34")], 662),
            (&[("12:00:00", "12:05:00"), ("12:01:00", "12:02:00"), ("12:04:00", "12:06:00")], 360),
        ] {
            let all = spans.iter().map(|(from, to)| (time(from), time(to))).collect();
            assert_eq!(seconds_of_any(all), seconds, "{spans:?}");
        }
    }
}
