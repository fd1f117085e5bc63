//! One simulated agent: what it runs, whether it runs, and what is wrong with it.

use std::collections::{BTreeMap, VecDeque};

use crate::incident::{Op, Text, Time};

use super::chance::Chance;
use super::fault::Broken;
use super::scenario::AgentSpec;
use super::story::Telling;

/// An agent. Times are virtual milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    pub(super) spec: AgentSpec,
    pub(super) run: Run,
    /// Counts changes of `run`, so that an older one's end is not taken for the newest one's.
    pub(super) turn: u32,
    /// When its traffic begins to fall and when none is left, while it does not run.
    pub(super) ebb: (u64, u64),
    /// Since when it runs; 0: it ran when the play began.
    pub(super) started: u64,
    /// Whether it is cut off.
    pub(super) isolated: bool,
    /// Whether nothing can come back from behind the isolation.
    pub(super) solid: bool,
    /// Since when one replica goes on working in spite of the isolation.
    pub(super) stray: Option<u64>,
    pub(super) settings: Settings,
    /// Configuration and version before the first rollback.
    pub(super) before: Option<Build>,
    /// The newest change of configuration or version, until it is done.
    pub(super) pending: Option<(u64, Build)>,
    /// What was put to run since the play began, in words.
    pub(super) releases: Vec<(u64, String)>,
    pub(super) broken: Vec<Broken>,
    /// What marks the newest call of each operation: an older one's effect cannot lapse any more.
    pub(super) stamps: BTreeMap<Op, u64>,
    /// Milliseconds that it was served by a lesser model until the newest change, and since when it is.
    pub(super) lesser: (u64, Option<u64>),
    /// Whether evidence was taken of it.
    pub(super) evidence: bool,
    /// Its newest lines.
    pub(super) kept: VecDeque<Kept>,
    pub(super) chance: Chance,
    pub(super) telling: Option<Telling>,
    /// Which of its scheduled lines is the one to write.
    pub(super) next_line: u32,
}

/// Whether an agent runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Running,
    Stopping,
    Stopped,
    Starting,
    Restarting,
}

impl Run {
    const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Restarting => "restarting",
        }
    }
}

/// A configuration and a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Build {
    pub(super) config: Text,
    pub(super) version: Text,
}

/// What can be set on an agent.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) build: Build,
    /// The step of the degradation ladder.
    pub(super) level: u8,
    pub(super) rate_limit: Option<u32>,
    /// The narrowed scope and the seconds a call may take; none: full scope, no pre-check.
    pub(super) restricted: Option<(Text, u32)>,
}

/// A line that is kept as evidence.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) at: Time,
    pub(super) raw: String,
    /// Whether it reports an API call.
    pub(super) is_call: bool,
}

/// How many lines of each agent are kept: twice what A4 asks for.
pub(super) const KEPT_MAX: usize = 2_000;

/// Milliseconds an agent's traffic takes to come back after a start.
const FLOOD_MS: u64 = 4_000;

impl Agent {
    pub(super) fn new(spec: &AgentSpec, seed: u64, place: u64) -> Self {
        Self {
            run: Run::Running,
            turn: 0,
            ebb: (0, 0),
            started: 0,
            isolated: false,
            solid: false,
            stray: None,
            settings: Settings {
                build: Build { config: spec.config.clone(), version: spec.version.clone() },
                level: 0,
                rate_limit: None,
                restricted: None,
            },
            before: None,
            pending: None,
            releases: vec![],
            broken: vec![],
            stamps: BTreeMap::new(),
            lesser: (0, None),
            evidence: false,
            kept: VecDeque::new(),
            chance: Chance::new(seed, place + 1),
            telling: None,
            next_line: 0,
            spec: spec.clone(),
        }
    }

    /// Whether any of it works.
    pub(super) fn is_live(&self) -> bool {
        self.run == Run::Running || self.stray.is_some()
    }

    /// Milliseconds that it was down, as far as the newest stop goes.
    pub(super) fn down_ms(&self, now: u64) -> u64 {
        match self.run {
            Run::Running => self.started.saturating_sub(self.ebb.0),
            Run::Stopping | Run::Stopped | Run::Starting | Run::Restarting => now.saturating_sub(self.ebb.0),
        }
    }

    /// Milliseconds that it was served by a lesser model.
    pub(super) fn degraded_ms(&self, now: u64) -> u64 {
        self.lesser.0 + self.lesser.1.map_or(0, |since| now.saturating_sub(since))
    }

    /// Goes to a step of the degradation ladder.
    pub(super) fn go_to_level(&mut self, level: u8, now: u64) {
        self.lesser = (self.degraded_ms(now), (level > 0).then_some(now));
        self.settings.level = level;
    }

    /// Its traffic as a share of the full one, from 0 to 1000.
    pub(super) fn share(&self, now: u64) -> i64 {
        let ramp = |from: u64, to: u64| {
            let passed = now.saturating_sub(from).min(to - from);
            passed as i64 * 1_000 / (to - from).max(1) as i64
        };
        let own = match self.run {
            Run::Running if self.started == 0 => 1_000,
            Run::Running => ramp(self.started, self.started + FLOOD_MS),
            Run::Stopping | Run::Stopped | Run::Starting | Run::Restarting if now >= self.ebb.1 => 0,
            Run::Stopping | Run::Stopped | Run::Starting | Run::Restarting => {
                1_000 - ramp(self.ebb.0, self.ebb.1)
            }
        };
        let stray = self
            .stray
            .map_or(0, |since| ramp(since, since + FLOOD_MS).max(1) / i64::from(self.spec.replicas.max(1)));
        own.max(stray)
    }

    /// `running`, `stopped`, or how much of it goes on working.
    pub(super) fn status(&self) -> String {
        if self.stray.is_some() {
            return format!("1 of {} running", self.spec.replicas);
        }
        self.run.word().to_owned()
    }

    /// What one of its replicas does. The last one is the one that goes astray.
    pub(super) fn status_of(&self, replica: u8) -> &'static str {
        if self.stray.is_some() && replica == self.spec.replicas { Run::Running } else { self.run }.word()
    }

    /// One replica's part of what all of them do together.
    pub(super) fn part_of(&self, replica: u8, all: i64) -> i64 {
        let replicas = i64::from(self.spec.replicas.max(1));
        match self.stray {
            Some(_) if replica == self.spec.replicas => all,
            Some(_) => 0,
            None => all / replicas + i64::from(i64::from(replica) <= all % replicas),
        }
    }

    /// How many of its replicas do what: `2/2 running`.
    pub(super) fn replicas(&self) -> String {
        let all = self.spec.replicas;
        match self.run {
            _ if self.stray.is_some() => format!("1/{all} running"),
            Run::Running => format!("{all}/{all} running"),
            Run::Stopped => format!("{all}/{all} stopped"),
            Run::Stopping => format!("{all}/{all} stopping"),
            Run::Starting => format!("{all}/{all} starting"),
            Run::Restarting => format!("{all}/{all} restarting"),
        }
    }

    /// What a self-test says: no fault is there, or only one that keeps quiet after a start. Nothing can be
    /// tested of what does not run.
    pub(super) fn health(&self, now: u64) -> String {
        match self.run {
            Run::Running if self.broken.iter().any(|broken| broken.is_acting(now)) => "no".to_owned(),
            Run::Running => "yes".to_owned(),
            Run::Stopping | Run::Stopped | Run::Starting | Run::Restarting => {
                format!("no: {}", self.run.word())
            }
        }
    }

    /// The fault that shapes its log now.
    pub(super) fn loudest(&self, now: u64) -> Option<&Broken> {
        let felt = self.broken.iter().filter(|broken| broken.is_acting(now));
        felt.max_by_key(|broken| (broken.strength(now), broken.fault))
    }

    pub(super) fn keep(&mut self, line: Kept) {
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }
}
