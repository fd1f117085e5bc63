//! What can be wrong with an agent: one table, and how strongly a fault is felt at a moment.

use serde::Deserialize;

use crate::incident::Op;

/// A way to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A bad prompt makes the agent send customers' data out.
    DataLeak,
    /// The agent does what its job does not cover, with a permission it should not have.
    PermissionOverstep,
    /// The provider of the primary model is down (E3, E4).
    LlmOutage,
    /// A tool client that runs out of connections (E4).
    ToolTimeouts,
    /// Memory that is never given back (E4).
    MemoryLeak,
    /// A conversation that outgrows the model (E4).
    ContextOverflow,
    /// Agents that go on asking each other.
    CallLoop,
    /// A child that hangs and takes its parent down (B4).
    Cascade,
    /// An agent that drowns in its own retries: what is left of another fault (E1).
    RetryStorm,
    /// A running configuration that nobody reviewed (E6).
    ConfigDrift,
}

/// Where a fault lives, and so what takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In the running configuration: it acts as long as that configuration runs.
    Config,
    /// In the running version.
    Version,
    /// In the agent's state.
    State,
    /// Outside the fleet: nothing done to the agent ends it.
    Outside,
}

/// Everything the rest of the simulation needs to know about a fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultInfo {
    /// Which one.
    pub fault: Fault,
    /// Its word in scenario files.
    pub word: &'static str,
    /// Where it lives.
    pub home: Home,
    /// What ends it besides leaving its home.
    pub cured_by: &'static [Op],
    /// Seconds it keeps quiet after a restart of the agent.
    pub rest_s: u32,
    /// Seconds until it is felt in full.
    pub ramp_s: u32,
    /// Seconds it goes on after its home is gone: a token that was handed out lives on.
    pub linger_s: u32,
    /// The dangerous tool that it hands to the agent (A5); empty: none.
    pub grants: &'static str,
}

const fn row(
    fault: Fault,
    word: &'static str,
    home: Home,
    cured_by: &'static [Op],
    rest_s: u32,
    ramp_s: u32,
) -> FaultInfo {
    FaultInfo { fault, word, home, cured_by, rest_s, ramp_s, linger_s: 0, grants: "" }
}

const RESTORED: &[Op] = &[Op::RestoreCheckpoint, Op::RollbackSystem];
const REDEPLOYED: &[Op] = &[Op::RestoreCheckpoint, Op::RollbackBranch, Op::RollbackSystem];
const STARTED_ANEW: &[Op] =
    &[Op::Restart, Op::Release, Op::RestoreCheckpoint, Op::RollbackBranch, Op::RollbackSystem];

/// The faults, in the order of [`Fault`].
pub const FAULTS: &[FaultInfo] = &[
    FaultInfo {
        grants: "crm.export_customers",
        ..row(Fault::DataLeak, "data-leak", Home::Config, &[], 0, 4)
    },
    FaultInfo {
        linger_s: 10,
        grants: "risk.set_limit",
        ..row(Fault::PermissionOverstep, "permission-overstep", Home::Config, &[], 0, 5)
    },
    row(Fault::LlmOutage, "llm-outage", Home::Outside, &[], 0, 6),
    row(Fault::ToolTimeouts, "tool-timeouts", Home::Version, &[], 60, 15),
    row(Fault::MemoryLeak, "memory-leak", Home::Version, &[], 10, 100),
    row(Fault::ContextOverflow, "context-overflow", Home::State, RESTORED, 30, 20),
    row(Fault::CallLoop, "call-loop", Home::Config, &[], 30, 10),
    row(Fault::Cascade, "cascade", Home::State, REDEPLOYED, 10, 5),
    row(Fault::RetryStorm, "retry-storm", Home::State, STARTED_ANEW, 0, 8),
    row(Fault::ConfigDrift, "config-drift", Home::Config, &[], 0, 6),
];

impl Fault {
    /// Its row in the table.
    #[must_use]
    pub fn info(self) -> &'static FaultInfo {
        &FAULTS[self as usize]
    }

    /// Its word in scenario files.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.info().word
    }
}

/// Milliseconds a cured fault takes to vanish from the vitals.
const FADE_MS: u64 = 5_000;

/// A fault of one agent. Times are virtual milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    /// The configuration or version it lives in.
    pub(super) home: String,
    /// From when it is felt; a restart may put it off.
    pub(super) since: u64,
    /// From when it is gone; may lie ahead.
    pub(super) ended: Option<u64>,
}

impl Broken {
    /// Whether it is there at all, felt or not.
    pub(super) fn is_present(&self, now: u64) -> bool {
        self.ended.is_none_or(|end| now < end)
    }

    /// Whether it is felt.
    pub(super) fn is_acting(&self, now: u64) -> bool {
        self.is_present(now) && now >= self.since
    }

    /// How strongly it is felt, from 0 to 1000.
    pub(super) fn strength(&self, now: u64) -> i64 {
        let ramp = u64::from(self.fault.info().ramp_s) * 1_000;
        let rise = |at: u64| (at.saturating_sub(self.since) * 1_000 / ramp.max(1)).min(1_000) as i64;
        match self.ended {
            Some(end) if end <= now => {
                let left = FADE_MS.saturating_sub(now - end);
                rise(end) * left as i64 / FADE_MS as i64
            }
            Some(_) | None => rise(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_fault_in_order() {
        for (place, info) in FAULTS.iter().enumerate() {
            assert_eq!(info.fault as usize, place);
            let read: Fault = serde_json::from_value(serde_json::json!(info.word)).unwrap();
            assert_eq!(read, info.fault);
        }
    }

    #[test]
    fn a_fault_rises_and_fades() {
        let mut broken = Broken { fault: Fault::DataLeak, home: String::new(), since: 10_000, ended: None };
        let felt = |broken: &Broken, now| broken.strength(now);
        assert_eq!((felt(&broken, 9_000), felt(&broken, 12_000), felt(&broken, 60_000)), (0, 500, 1_000));
        broken.ended = Some(60_000);
        assert_eq!((felt(&broken, 59_999), felt(&broken, 62_500), felt(&broken, 65_000)), (1_000, 500, 0));
    }
}
