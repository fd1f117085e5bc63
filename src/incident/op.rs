//! What can be done to the world: one table, read by policy, adapters, keys, help and the CLI.

use serde::{Deserialize, Serialize};

use super::severity::words;

/// An operation an adapter may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Stop the agent, cut it off, pause its queue (A3).
    Isolate,
    /// Undo an isolation.
    Release,
    /// Cap the agent's calls per minute (A6).
    RateLimit,
    /// Undo a rate limit.
    Lift,
    /// Narrow the agent's scope and check sensitive calls beforehand (A6).
    Restrict,
    /// Undo a restriction.
    RestoreScope,
    /// Move along the degradation ladder L0 to L4 (E3).
    SwitchModel,
    /// Rollback L1: configuration, within 1 min (A10).
    RollbackConfig,
    /// Rollback L2: branch, within 5 min (A10).
    RollbackBranch,
    /// Rollback L3: graceful restart of the system, within 10 min (A10).
    RollbackSystem,
    /// Undo a rollback.
    RollForward,
    /// Restart the agent (B4).
    Restart,
    /// Go back to the last consistent checkpoint (E2).
    RestoreCheckpoint,
    /// Store logs, state and API history as evidence (A4).
    Snapshot,
    /// Silence an alert for some minutes (E9).
    Silence,
    /// End silences that flightdeck set.
    Unsilence,
    /// Bring in the next level (C2, D10).
    Escalate,
    /// Page one person, with context (C1).
    Page,
}

words!(Op, "action", {
    Isolate => "isolate",
    Release => "release",
    RateLimit => "rate-limit",
    Lift => "lift",
    Restrict => "restrict",
    RestoreScope => "restore-scope",
    SwitchModel => "switch-model",
    RollbackConfig => "rollback-config",
    RollbackBranch => "rollback-branch",
    RollbackSystem => "rollback-system",
    RollForward => "roll-forward",
    Restart => "restart",
    RestoreCheckpoint => "restore-checkpoint",
    Snapshot => "snapshot",
    Silence => "silence",
    Unsilence => "unsilence",
    Escalate => "escalate",
    Page => "page",
});

/// What an operation is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A production agent.
    Agent,
    /// An alert, by name.
    Alert,
    /// An escalation level.
    Level,
    /// A person.
    Person,
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in plans, configuration placeholders and on the command line.
    pub name: &'static str,
    /// What is taken when nobody says otherwise; empty: it must be given.
    pub default: &'static str,
    /// What it means, with its unit.
    pub about: &'static str,
}

/// Everything the rest of the program needs to know about an operation.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Which one.
    pub op: Op,
    /// What it does, for help and confirmation.
    pub about: &'static str,
    /// The playbook's row.
    pub row: &'static str,
    /// What it is aimed at.
    pub aim: Aim,
    /// What undoes it, if anything does.
    pub inverse: Option<Op>,
    /// Whether it stays in force until undone and must be accounted for before resolving.
    pub mitigation: bool,
    /// Whether it can take service away: the person types the target to confirm.
    pub destructive: bool,
    /// Whether its verified effect counts as control, stamping T3 (A2, A3).
    pub controls: bool,
    /// What must read true afterwards, unless the adapter's configuration says otherwise.
    pub checks: &'static [&'static str],
    /// Seconds the call may take (A3, A10, B4).
    pub limit_s: u32,
    /// Its parameters.
    pub params: &'static [Param],
}

const fn param(name: &'static str, default: &'static str, about: &'static str) -> Param {
    Param { name, default, about }
}

const BASE: OpInfo = OpInfo {
    op: Op::Isolate,
    about: "",
    row: "",
    aim: Aim::Agent,
    inverse: None,
    mitigation: false,
    destructive: false,
    controls: false,
    checks: &[],
    limit_s: 30,
    params: &[],
};

/// The table of operations, in the order of [`Op::ALL`].
pub const OPS: &[OpInfo] = &[
    OpInfo {
        op: Op::Isolate,
        about: "stop the agent, cut its connections, pause its queue",
        row: "A3",
        inverse: Some(Op::Release),
        mitigation: true,
        destructive: true,
        controls: true,
        checks: &["agent_status = stopped", "task_queue = 0", "api_calls = 0"],
        limit_s: 30,
        ..BASE
    },
    OpInfo {
        op: Op::Release,
        about: "let an isolated agent work again",
        row: "A5",
        inverse: Some(Op::Isolate),
        destructive: true,
        checks: &["agent_status = running"],
        limit_s: 60,
        ..BASE
    },
    OpInfo {
        op: Op::RateLimit,
        about: "cap the agent's API calls",
        row: "A6",
        inverse: Some(Op::Lift),
        mitigation: true,
        controls: true,
        checks: &["api_calls <= {calls_per_minute}"],
        params: &[param("calls_per_minute", "10", "calls allowed in a minute")],
        ..BASE
    },
    OpInfo {
        op: Op::Lift,
        about: "take a rate limit away",
        row: "A6",
        inverse: Some(Op::RateLimit),
        checks: &["rate_limit = none"],
        ..BASE
    },
    OpInfo {
        op: Op::Restrict,
        about: "narrow the agent's scope, check sensitive calls beforehand",
        row: "A6",
        inverse: Some(Op::RestoreScope),
        mitigation: true,
        controls: true,
        checks: &["scope = {scope}", "pre_check = on"],
        params: &[
            param("scope", "data-only", "what the agent may still touch"),
            param("timeout", "60", "seconds a call may take"),
        ],
        ..BASE
    },
    OpInfo {
        op: Op::RestoreScope,
        about: "give the agent its full scope back",
        row: "A6",
        inverse: Some(Op::Restrict),
        destructive: true,
        checks: &["scope = full"],
        ..BASE
    },
    OpInfo {
        op: Op::SwitchModel,
        about: "move along the degradation ladder L0 to L4",
        row: "E3",
        inverse: Some(Op::SwitchModel),
        mitigation: true,
        controls: true,
        checks: &["model_level = {level}"],
        params: &[param(
            "level",
            "L1",
            "L0 primary, L1 fallback, L2 local, L3 cached answers, L4 friendly error",
        )],
        ..BASE
    },
    OpInfo {
        op: Op::RollbackConfig,
        about: "L1: put the backup configuration back",
        row: "A10",
        inverse: Some(Op::RollForward),
        mitigation: true,
        destructive: true,
        controls: true,
        checks: &["config = {to}", "healthy = yes"],
        limit_s: 60,
        params: &[param("to", "backup", "the named backup")],
        ..BASE
    },
    OpInfo {
        op: Op::RollbackBranch,
        about: "L2: put the previous version back",
        row: "A10",
        inverse: Some(Op::RollForward),
        mitigation: true,
        destructive: true,
        controls: true,
        checks: &["version = {to}", "healthy = yes"],
        limit_s: 300,
        params: &[param("to", "backup", "the named version")],
        ..BASE
    },
    OpInfo {
        op: Op::RollbackSystem,
        about: "L3: restart the system gracefully on its backup",
        row: "A10",
        inverse: Some(Op::RollForward),
        mitigation: true,
        destructive: true,
        controls: true,
        checks: &["config = {to}", "healthy = yes"],
        limit_s: 600,
        params: &[param("to", "backup", "the named backup")],
        ..BASE
    },
    OpInfo {
        op: Op::RollForward,
        about: "undo a rollback",
        row: "B13",
        destructive: true,
        checks: &["agent_status = running", "healthy = yes"],
        limit_s: 300,
        ..BASE
    },
    OpInfo {
        op: Op::Restart,
        about: "restart the agent",
        row: "B4",
        destructive: true,
        checks: &["agent_status = running"],
        limit_s: 5,
        ..BASE
    },
    OpInfo {
        op: Op::RestoreCheckpoint,
        about: "go back to the last consistent checkpoint",
        row: "E2",
        destructive: true,
        checks: &["agent_status = running", "memory < 80"],
        limit_s: 60,
        ..BASE
    },
    OpInfo {
        op: Op::Snapshot,
        about: "store logs, state and API history as evidence",
        row: "A4",
        checks: &["evidence_stored = yes"],
        limit_s: 120,
        params: &[
            param("from", "T0", "the first moment: T0 (and ten minutes before it), or a time"),
            param("limit", "1000", "log lines at most"),
            param("to", "T1", "the last moment: T1 (now, while there is none), now, or a time"),
        ],
        ..BASE
    },
    OpInfo {
        op: Op::Silence,
        about: "silence an alert for a while",
        row: "E9",
        aim: Aim::Alert,
        mitigation: true,
        inverse: Some(Op::Unsilence),
        checks: &["silenced = yes"],
        params: &[param("minutes", "", "how long, in minutes")],
        ..BASE
    },
    OpInfo {
        op: Op::Unsilence,
        about: "end the silences of an alert",
        row: "E9",
        aim: Aim::Alert,
        checks: &["silenced = no"],
        ..BASE
    },
    OpInfo {
        op: Op::Escalate,
        about: "bring in the next level",
        row: "D10",
        aim: Aim::Level,
        checks: &["delivered = yes"],
        params: &[param("reason", "", "why")],
        ..BASE
    },
    OpInfo {
        op: Op::Page,
        about: "page one person, with context",
        row: "C1",
        aim: Aim::Person,
        checks: &["delivered = yes"],
        params: &[param("reason", "", "why")],
        ..BASE
    },
];

impl Op {
    /// What to say of how it is undone where it has no inverse.
    #[must_use]
    pub const fn without_inverse(self) -> &'static str {
        match self {
            Self::Snapshot | Self::Escalate | Self::Page | Self::Unsilence => "nothing to undo",
            Self::Isolate
            | Self::Silence
            | Self::Release
            | Self::RateLimit
            | Self::Lift
            | Self::Restrict
            | Self::RestoreScope
            | Self::SwitchModel
            | Self::RollbackConfig
            | Self::RollbackBranch
            | Self::RollbackSystem
            | Self::RollForward
            | Self::Restart
            | Self::RestoreCheckpoint => "cannot be undone from here",
        }
    }

    /// What it may cost, for whoever confirms it; none: it takes nothing from anybody.
    #[must_use]
    pub const fn risk(self) -> Option<&'static str> {
        match self {
            Self::Isolate => Some("takes service away: the agent stops working"),
            Self::Release => Some("the agent works again, and with it whatever it did wrong"),
            Self::RestoreScope => Some("the agent may do again all that it could do before"),
            Self::RollbackConfig | Self::RollbackBranch | Self::RollbackSystem => {
                Some("interrupts service: something else runs from then on")
            }
            Self::RollForward => Some("what was rolled back comes back"),
            Self::Restart => Some("interrupts service: work in hand is lost"),
            Self::RestoreCheckpoint => Some("what the agent did since its checkpoint is lost"),
            Self::RateLimit
            | Self::Lift
            | Self::Restrict
            | Self::SwitchModel
            | Self::Snapshot
            | Self::Silence
            | Self::Unsilence
            | Self::Escalate
            | Self::Page => None,
        }
    }

    /// What a person does when its effect stopped holding.
    #[must_use]
    pub const fn when_lost(self) -> &'static str {
        match self {
            Self::Isolate => "the effect stopped holding: isolate again or go one step further",
            Self::RateLimit => "the effect stopped holding: limit it again, or isolate",
            Self::Restrict => "the effect stopped holding: restrict it again, or isolate",
            Self::SwitchModel => "the effect stopped holding: switch again, or go one level further",
            Self::RollbackConfig | Self::RollbackBranch | Self::RollbackSystem => {
                "the effect stopped holding: find what put the other version back, roll back again, or isolate"
            }
            Self::Release
            | Self::Lift
            | Self::RestoreScope
            | Self::RollForward
            | Self::Restart
            | Self::RestoreCheckpoint
            | Self::Snapshot
            | Self::Silence
            | Self::Unsilence
            | Self::Escalate
            | Self::Page => "the effect stopped holding: do it again or go one step further",
        }
    }

    /// Its row in the table.
    #[must_use]
    pub fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_operation_in_order() {
        let ops: Vec<Op> = OPS.iter().map(|info| info.op).collect();
        assert_eq!(ops, Op::ALL);
    }

    #[test]
    fn a3_isolation_is_proved_by_three_checks() {
        assert_eq!(Op::Isolate.info().checks, ["agent_status = stopped", "task_queue = 0", "api_calls = 0"]);
        assert_eq!(Op::Isolate.info().limit_s, 30);
    }

    #[test]
    fn a10_each_step_of_the_rollback_ladder_has_its_time() {
        let limits = [Op::RollbackConfig, Op::RollbackBranch, Op::RollbackSystem].map(|op| op.info().limit_s);
        assert_eq!(limits, [60, 300, 600]);
    }

    #[test]
    fn b4_the_quick_fixes_have_their_limits() {
        assert_eq!([Op::Restart, Op::SwitchModel].map(|op| op.info().limit_s), [5, 30]);
    }

    #[test]
    fn what_needs_its_targets_name_typed_says_what_it_may_cost() {
        for info in OPS {
            assert_eq!(info.op.risk().is_some(), info.destructive, "{}", info.op);
        }
    }

    #[test]
    fn a_mitigation_can_be_undone() {
        for info in OPS.iter().filter(|info| info.mitigation) {
            assert!(info.inverse.is_some(), "{}", info.op);
        }
    }
}
