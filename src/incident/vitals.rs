//! What is read of an agent's health, and what it should be (A9, E10).

use std::collections::BTreeMap;

use super::{AgentId, Text, Time};

/// The newest vitals of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Which agent.
    pub agent: AgentId,
    /// When they were read; the epoch, if never.
    pub at: Time,
    /// Values by the names of [`VITALS`] and of the operations' checks.
    pub values: BTreeMap<String, Text>,
}

impl Vitals {
    /// Of an agent that is known, and was never read.
    #[must_use]
    pub const fn unread(agent: AgentId) -> Self {
        Self { agent, at: Time::UNIX_EPOCH, values: BTreeMap::new() }
    }

    /// Whether they were ever read.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.at > Time::UNIX_EPOCH
    }
}

/// One vital sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VitalInfo {
    /// Its name in readings.
    pub name: &'static str,
    /// Its heading.
    pub label: &'static str,
    /// Its unit, for drawing behind the value.
    pub unit: &'static str,
    /// The check that holds while it is healthy; empty: there is no range for it.
    pub healthy: &'static str,
    /// The playbook's row.
    pub row: &'static str,
}

const fn vital(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    healthy: &'static str,
    row: &'static str,
) -> VitalInfo {
    VitalInfo { name, label, unit, healthy, row }
}

/// The vital signs, in the order they are shown.
pub const VITALS: &[VitalInfo] = &[
    vital("agent_status", "status", "", "agent_status = running", "A3"),
    vital("model_level", "model", "", "model_level = L0", "E3"),
    vital("api_calls", "calls", "/min", "api_calls < 100", "A9"),
    vital("error_rate", "errors", "%", "error_rate < 1", "A9"),
    vital("p95", "p95", "s", "p95 < 5", "A9"),
    vital("memory", "mem", "%", "memory < 80", "E10"),
    vital("context", "ctx", "%", "context < 85", "E10"),
    vital("permissions", "perm", "%", "permissions < 80", "A9"),
    vital("mean", "mean", "s", "mean < 5", "E10"),
    vital("p99", "p99", "s", "p99 < 30", "E10"),
    vital("retry_success", "retry", "%", "retry_success > 90", "E10"),
    vital("uptime", "uptime", "%", "uptime > 99.5", "E10"),
    vital("degradations", "degr", "%/d", "degradations < 1", "E10"),
    vital("task_queue", "queue", "", "", ""),
    vital("version", "version", "", "", ""),
    vital("config", "config", "", "", ""),
];

impl VitalInfo {
    /// Whether it tells of the past day rather than of now: it is out of its range long after what was
    /// wrong is mended.
    #[must_use]
    pub fn is_history(&self) -> bool {
        matches!(self.name, "uptime" | "degradations")
    }

    /// Whether `value` is in its healthy range; none where there is no range.
    #[must_use]
    pub fn is_healthy(&self, value: &str) -> Option<bool> {
        self.healthy.parse::<super::Check>().ok().map(|check| check.holds(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a9_e10_the_healthy_ranges() {
        for (name, good, bad) in [
            ("api_calls", "99", "100"),
            ("error_rate", "0.9", "1"),
            ("p95", "4.9", "5"),
            ("memory", "79", "80"),
            ("context", "84", "85"),
            ("permissions", "79", "80"),
            ("model_level", "L0", "L2"),
            ("mean", "4.9", "5"),
            ("p99", "29.9", "30"),
            ("retry_success", "91", "90"),
            ("uptime", "99.6", "99.5"),
            ("degradations", "0.9", "1"),
        ] {
            let vital = VITALS.iter().find(|v| v.name == name).unwrap();
            assert_eq!((vital.is_healthy(good), vital.is_healthy(bad)), (Some(true), Some(false)), "{name}");
            assert_eq!(vital.is_healthy(""), Some(false), "no data is not healthy: {name}");
        }
    }
}
