//! First checks (C1, D11): what a commander asks first, gathered before anybody asks. Each answer is
//! an entry with its source; what did not come is said too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::outbox::plural;
use super::severity::words;
use super::{Board, Incident, IncidentId, Text, Time, VITALS, Vitals};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Did it follow a deploy (D11)?
    Deploys,
    /// Total or partial failure (D11)?
    Scope,
    /// Which dependency is down (D11, E5)?
    Dependency,
    /// Does the running configuration differ from the repository's (E6)?
    Drift,
    /// Who is on call (C1)?
    OnCall,
    /// Has it happened before?
    Similar,
}

words!(Topic, "topic", {
    Deploys => "deploys",
    Scope => "scope",
    Dependency => "dependency",
    Drift => "drift",
    OnCall => "on-call",
    Similar => "similar",
});

/// What an answer amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Glance {
    /// Worth acting on.
    Alarm,
    /// Worth a look.
    Notable,
    /// Nothing came; that proves nothing.
    NotRead,
    /// As it should be.
    Quiet,
}

words!(Glance, "glance", {
    Alarm => "ALARM",
    Notable => "look",
    NotRead => "not read",
    Quiet => "quiet",
});

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstCheck {
    /// What was asked.
    pub topic: Topic,
    /// Whom or what: a repository, a dependency's name.
    pub source: Text,
    /// What it amounts to.
    pub glance: Glance,
    /// The answer in words, or why there is none.
    pub found: Text,
}

/// How long after its declaration an incident is still asked about: later it is somebody's work.
pub const FRESH_MINUTES: i64 = 10;

impl Incident {
    /// Whether first checks are still to be gathered for it.
    #[must_use]
    pub fn is_fresh(&self, now: Time) -> bool {
        self.is_open() && (now - self.declared_at).num_minutes() < FRESH_MINUTES
    }

    /// Whether this was asked already.
    #[must_use]
    pub fn has_first(&self, topic: Topic, source: &str) -> bool {
        self.first.iter().any(|check| check.topic == topic && check.source.as_str() == source)
    }
}

/// Total or partial: how many of the fleet are out of their ranges, by what was read of them.
#[must_use]
pub fn scope(fleet: &[Vitals], now: Time) -> FirstCheck {
    const STALE_SECONDS: i64 = 120;
    let fresh: Vec<&Vitals> = fleet.iter().filter(|v| (now - v.at).num_seconds() < STALE_SECONDS).collect();
    // What the fleet's screen calls out of its range now; a lesser model is somebody's choice.
    let now_told = || VITALS.iter().filter(|vital| !vital.is_history() && vital.name != "model_level");
    let of = |v: &&Vitals| {
        let value = |name: &str| v.values.get(name).map(Text::as_str);
        now_told().any(|vital| value(vital.name).and_then(|value| vital.is_healthy(value)) == Some(false))
    };
    let ill: Vec<String> = fresh.iter().copied().filter(|v| of(v)).map(|v| v.agent.to_string()).collect();
    let source = Text::line("vitals of the fleet");
    let unread = fleet.len() - fresh.len();
    let read_at = fresh.iter().map(|v| v.at).max().unwrap_or(now).format("%H:%M:%S");
    let all = plural(u32::try_from(fresh.len()).unwrap_or(u32::MAX), "agent", "agents");
    let count = fresh.len();
    let (glance, found) = match ill.len() {
        _ if count == 0 => {
            (Glance::NotRead, "no agent's vitals were read in the last two minutes".to_owned())
        }
        0 => (Glance::Quiet, format!("no vital of {count} {all} is out of its range at {read_at}")),
        // What was not read may be as it should be.
        some if some == count && unread == 0 && some > 1 => {
            (Glance::Alarm, format!("TOTAL: all {count} agents are out of their ranges at {read_at}"))
        }
        some => {
            let names = ill.join(", ");
            let words = format!("{some} of {count} {all} read out of range at {read_at}: {names}");
            if some == count && unread == 0 { (Glance::Alarm, words) } else { (Glance::Notable, words) }
        }
    };
    let unread = if unread > 0 { format!("; {unread} not read") } else { String::new() };
    FirstCheck { topic: Topic::Scope, source, glance, found: Text::line(&format!("{found}{unread}")) }
}

/// How many earlier incidents are named.
const NAMED: usize = 3;

/// Incidents that are like this one: the same alert, agent or pattern, the likest and newest first.
#[must_use]
pub fn similar(board: &Board, to: IncidentId) -> Option<FirstCheck> {
    let this = board.incident(to)?;
    let alerts = |i: &Incident| -> BTreeSet<Text> { i.alerts.iter().map(|s| s.alert.name.clone()).collect() };
    let mine = alerts(this);
    let likeness = |other: &Incident| {
        let alert = !mine.is_disjoint(&alerts(other));
        let agent = other.agents.iter().any(|agent| this.agents.contains(agent));
        let pattern = this.pattern.is_some() && this.pattern == other.pattern;
        // A pattern alone is shared by a quarter of everything there ever was.
        let score = 4 * u8::from(alert) + 2 * u8::from(agent) + u8::from(pattern);
        let shared: Vec<&str> = [(alert, "alert"), (agent, "agent"), (pattern, "pattern")]
            .into_iter()
            .filter_map(|(is, word)| is.then_some(word))
            .collect();
        (score, shared.join(" and "))
    };
    let mut found: Vec<(u8, IncidentId, String)> = board
        .incidents()
        .filter(|other| other.id != to && other.realm == this.realm)
        .map(|other| (likeness(other), other))
        .filter(|((score, _), _)| *score >= 2)
        .map(|((score, shared), other)| {
            let words = format!("{} {} ({}, same {shared})", other.id, other.title, other.status.word());
            (score, other.id, words)
        })
        .collect();
    found.sort_by_key(|(score, id, _)| std::cmp::Reverse((*score, *id)));
    let count = found.len();
    let named: Vec<String> = found.into_iter().take(NAMED).map(|(_, _, words)| words).collect();
    let (glance, words) = match count {
        0 => (Glance::Quiet, "nothing like it is on record".to_owned()),
        count if count > NAMED => (Glance::Notable, format!("{count}: {} ..", named.join("; "))),
        count => (Glance::Notable, format!("{count}: {}", named.join("; "))),
    };
    let source = Text::line("incidents on record");
    Some(FirstCheck { topic: Topic::Similar, source, glance, found: Text::line(&words) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::incident::story::{Story, alert, time};
    use crate::incident::{Command, Entry, Realm};

    #[test]
    fn d11_a_failure_is_total_partial_or_not_read() {
        let agent = |id: &str, rate: &str, clock: &str| Vitals {
            agent: id.parse().unwrap(),
            at: time(clock),
            values: [("error_rate".to_owned(), Text::line(rate))].into(),
        };
        for (fleet, glance, words) in [
            (vec![], Glance::NotRead, "no agent's vitals"),
            (vec![agent("a", "9", "11:00:00")], Glance::NotRead, "no agent's vitals"),
            (
                vec![agent("a", "0.1", "12:00:00")],
                Glance::Quiet,
                "no vital of 1 agent is out of its range at 12:00:00",
            ),
            (vec![agent("a", "9", "12:00:00"), agent("b", "7", "12:00:00")], Glance::Alarm, "TOTAL: all 2"),
            (
                vec![agent("a", "9", "12:00:00")],
                Glance::Alarm,
                "1 of 1 agent read out of range at 12:00:00: a",
            ),
            // Regression: it was TOTAL, although most were not read.
            (
                vec![agent("a", "9", "12:00:00"), agent("b", "9", "11:00:00")],
                Glance::Notable,
                "1 of 1 agent read out of range at 12:00:00: a; 1 not read",
            ),
            (
                vec![agent("a", "9", "12:00:00"), agent("b", "0", "12:00:00"), agent("c", "9", "11:00:00")],
                Glance::Notable,
                "1 of 2 agents read out of range at 12:00:00: a; 1 not read",
            ),
        ] {
            let check = scope(&fleet, time("12:00:30"));
            assert_eq!(check.glance, glance, "{words}");
            assert!(check.found.as_str().contains(words), "{}", check.found);
        }
    }

    #[test]
    fn what_happened_before_is_found_by_alert_and_agent_never_by_pattern_alone() {
        let alerted = |key: &str, name: &str, agent: &str| {
            let alert = crate::incident::Alert {
                name: name.into(),
                agent: Some(agent.parse().unwrap()),
                ..alert(key)
            };
            Story::blank().says(Command::Alert { realm: Realm::Live, alert })
        };
        let stories = [
            alerted("k1", "DataLeak", "support-1"),
            alerted("k2", "Loop", "support-1"),
            alerted("k3", "DataLeak", "billing-2"),
            alerted("k4", "Loop", "billing-2"),
            alerted("k5", "DataLeak", "support-1"),
        ];
        let mut board = Board::default();
        for (story, number) in stories.into_iter().zip(1..) {
            for entry in story.entries {
                board.apply(&Arc::new(Entry { incident: IncidentId(number), ..Entry::clone(&entry) }));
            }
        }
        let found = similar(&board, IncidentId(5)).unwrap();
        let words = found.found.as_str();
        assert!(words.starts_with("3: INC-1"), "{words}");
        assert!(words.contains("INC-3") && words.contains("INC-2") && !words.contains("INC-4"), "{words}");
        let lonely = similar(&board, IncidentId(4)).unwrap();
        assert_eq!(lonely.glance, Glance::Notable);
    }
}
