//! Recovery (B6): what must read true of every agent involved before an incident is over.
//!
//! Readings come in as entries, reported by the program alone. What was not read, or long ago,
//! proves nothing; whoever ends an incident all the same says why.

use serde::{Deserialize, Serialize};

use super::policy::{RecoveryRule, Unproved};
use super::{AgentId, Check, Glob, Incident, Judged, Policy, Reading, Text, Time, Verdict};

/// What a refusal calls the rule.
pub const RULE: &str = "B6 recovery";

/// What was read of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReadings {
    /// Which agent.
    pub agent: AgentId,
    /// A reading for each check, and one for each replica where there are several.
    pub readings: Vec<Reading>,
    /// Why something could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Text>,
}

/// One check of one agent, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vital {
    /// The agent.
    pub agent: AgentId,
    /// The check.
    pub check: Check,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was read, in words.
    pub read: String,
    /// When.
    pub at: Option<Time>,
    /// Why it was not read.
    pub trouble: Option<Text>,
}

impl Vital {
    /// `support-1 error_rate < 1: read 0.4`.
    #[must_use]
    pub fn words(&self) -> String {
        match self.verdict {
            Verdict::Unread => {
                let why = self.trouble.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                format!("{} {}: not read{why}", self.agent, self.check)
            }
            Verdict::Holds | Verdict::Fails => format!("{} {}: read {}", self.agent, self.check, self.read),
        }
    }
}

/// Every check of every agent involved, worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The checks. Empty: no agent is involved, so there is nothing to read.
    pub vitals: Vec<Vital>,
    /// What the policy says of ending the incident while they do not all hold.
    pub unproved: Unproved,
}

impl Recovery {
    /// How an incident stands, by what was read of it last.
    #[must_use]
    pub fn of(incident: &Incident, policy: &Policy, now: Time) -> Self {
        let rule = &policy.recovery;
        let read = |agent: &AgentId| incident.recovery.iter().find(|read| read.agent == *agent);
        let mut vitals: Vec<Vital> = incident
            .agents
            .iter()
            .flat_map(|agent| {
                let read = read(agent);
                let mut vitals = rule.vitals(agent, read.map_or(&[], |r| &r.readings), now);
                for vital in vitals.iter_mut().filter(|vital| vital.verdict == Verdict::Unread) {
                    let trouble = read.and_then(|read| read.trouble.as_ref());
                    vital.trouble = trouble.and_then(|trouble| rule.trouble_of(agent, &vital.check, trouble));
                }
                vitals
            })
            .collect();
        vitals.sort_by_key(|vital| vital.verdict);
        Self { vitals, unproved: rule.unproved.of(incident.severity) }
    }

    /// Whether every agent was read and every check holds.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        !self.vitals.is_empty() && self.vitals.iter().all(|vital| vital.verdict == Verdict::Holds)
    }

    /// Whether ending the incident now takes a reason.
    #[must_use]
    pub fn needs_reason(&self) -> bool {
        self.unproved != Unproved::Allowed && !self.is_proved()
    }

    /// What speaks against it: `support-1 error_rate < 1: read 3.1, …`.
    #[must_use]
    pub fn against(&self) -> String {
        if self.vitals.is_empty() {
            return "no agent is involved, so nothing can be read".to_owned();
        }
        let wrong = self.vitals.iter().filter(|vital| vital.verdict != Verdict::Holds);
        wrong.map(Vital::words).collect::<Vec<_>>().join(", ")
    }
}

impl RecoveryRule {
    /// The checks of one agent with what was read, not longer ago than counts as fresh. A check
    /// that only counts where it is read is left out where it is not.
    #[must_use]
    pub fn vitals(&self, agent: &AgentId, readings: &[Reading], now: Time) -> Vec<Vital> {
        let fresh: Vec<Reading> =
            readings.iter().filter(|r| now - r.at <= self.fresh.delta()).cloned().collect();
        let vital = |check: &Check| {
            let judged = Judged::new(check, &fresh);
            Vital {
                agent: agent.clone(),
                check: check.clone(),
                verdict: judged.verdict(),
                read: judged.words(),
                at: judged.at(),
                trouble: None,
            }
        };
        let needed = self.checks_of(agent).iter().map(vital);
        let wished = self.where_read.iter().map(vital).filter(|v| v.verdict != Verdict::Unread);
        needed.chain(wished).collect()
    }

    /// Why one check was not read: what names it, else what names no other check. Another value's failure
    /// explains nothing.
    fn trouble_of(&self, agent: &AgentId, check: &Check, trouble: &Text) -> Option<Text> {
        let names = |line: &str, check: &Check| line.contains(&format!("{}: ", check.name));
        let lines = || trouble.as_str().lines();
        let mut own: Vec<&str> = lines().filter(|line| names(line, check)).collect();
        if own.is_empty() {
            own = lines().filter(|line| !self.all_checks(agent).any(|other| names(line, other))).collect();
        }
        (!own.is_empty()).then(|| Text::line(&own.join("; ")))
    }

    /// What is needed of an agent: its own checks, or everybody's.
    #[must_use]
    pub fn checks_of(&self, agent: &AgentId) -> &[Check] {
        let own = self.agents.iter().filter(|(name, _)| Glob::new(name).matches(agent.as_str()));
        let own = own.max_by_key(|(name, _)| (*name == agent.as_str(), name.len()));
        own.map_or(&self.checks, |(_, own)| &own.0)
    }

    /// Every check of an agent that is read.
    pub fn all_checks(&self, agent: &AgentId) -> impl Iterator<Item = &Check> {
        self.checks_of(agent).iter().chain(&self.where_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::policy::OwnChecks;

    #[test]
    fn b6_an_agent_may_have_checks_of_its_own_and_the_nearest_name_counts() {
        let mut rule = Policy::built_in().recovery;
        let own = |raw: &str| OwnChecks(vec![raw.parse().unwrap()]);
        rule.agents = [
            ("batch-*".to_owned(), own("error_rate < 5")),
            ("batch-7".to_owned(), own("error_rate < 9")),
            ("*".to_owned(), own("error_rate < 2")),
        ]
        .into();
        for (agent, first) in
            [("batch-1", "error_rate < 5"), ("batch-7", "error_rate < 9"), ("chat", "error_rate < 2")]
        {
            let agent = agent.parse().unwrap();
            assert_eq!(rule.checks_of(&agent)[0].to_string(), first, "{agent}");
            assert_eq!(rule.all_checks(&agent).count(), 2, "and what counts where it is read");
        }
        rule.agents.remove("*");
        assert_eq!(rule.checks_of(&"chat".parse().unwrap()), rule.checks);
    }
}
