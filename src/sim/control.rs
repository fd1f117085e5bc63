//! What calls do to an agent, and how long that takes.

use crate::incident::{Op, Text};

use super::agent::{Build, Run};
use super::fleet::{Fleet, Task};

/// What a call does once it takes effect.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Isolate,
    Release,
    Limit(Option<u32>),
    Restrict(Option<(Text, u32)>),
    Level(u8),
    Restart,
    Checkpoint,
    /// Puts a configuration and a version in place, as this operation does.
    Put(Op, Build),
}

/// Milliseconds until traffic is gone after the last replica has stopped: calls in flight.
const IN_FLIGHT_MS: u64 = 800;
/// Milliseconds a released agent takes to come up.
const START_MS: u64 = 2_000;
/// Milliseconds of a restart (B4).
const RESTART_MS: u64 = 5_000;
/// Milliseconds a checkpoint takes to be loaded.
const CHECKPOINT_MS: u64 = 6_000;

impl Fleet {
    /// An effect begins now.
    pub(super) fn begin(&mut self, place: usize, effect: Effect) {
        match effect {
            Effect::Isolate => self.isolate(place),
            Effect::Release => {
                let agent = &mut self.agents[place];
                (agent.isolated, agent.solid, agent.stray) = (false, false, None);
                self.note(place, "info", "control", "isolation lifted, connections open, queue resumed");
                self.turn(place, Run::Starting, START_MS, 0, Op::Release);
            }
            Effect::Limit(limit) => {
                self.agents[place].settings.rate_limit = limit;
                let words = match limit {
                    Some(limit) => format!("gateway: at most {limit} calls a minute"),
                    None => "gateway: no rate limit".to_owned(),
                };
                self.note(place, "info", "control", &words);
            }
            Effect::Restrict(restricted) => {
                let words = match &restricted {
                    Some((scope, seconds)) => {
                        format!("gateway: scope {scope}, pre-check on, {seconds} s a call")
                    }
                    None => "gateway: full scope, pre-check off".to_owned(),
                };
                if restricted.is_some() {
                    self.close_off(place);
                }
                self.agents[place].settings.restricted = restricted;
                self.note(place, "info", "control", &words);
            }
            Effect::Level(level) => {
                let now = self.now;
                self.agents[place].go_to_level(level, now);
                self.note(place, "info", "control", &format!("model router: level L{level}"));
            }
            Effect::Restart => {
                self.note(place, "warn", "control", "restarting");
                self.turn(place, Run::Restarting, RESTART_MS, 2_000, Op::Restart);
            }
            Effect::Checkpoint => {
                self.note(place, "warn", "control", "loading the last consistent checkpoint");
                self.schedule(
                    self.now + CHECKPOINT_MS,
                    Task::Finish { place, ticket: None, op: Op::RestoreCheckpoint },
                );
                self.turn(place, Run::Restarting, CHECKPOINT_MS, 2_000, Op::RestoreCheckpoint);
            }
            Effect::Put(op, build) => self.put(place, op, build),
        }
    }

    fn isolate(&mut self, place: usize) {
        let drain = self.chance.between(1_000, 4_000);
        let agent = &mut self.agents[place];
        if agent.isolated {
            self.close_off(place);
            self.note(place, "warn", "control", "isolation repeated: the last replica lost its cached key");
            return;
        }
        agent.isolated = true;
        agent.solid = false;
        let replicas = agent.spec.replicas;
        self.note(
            place,
            "warn",
            "control",
            &format!("isolating: {replicas} replica(s) draining, connections cut, queue paused"),
        );
        self.turn(place, Run::Stopping, drain, drain + IN_FLIGHT_MS, Op::Isolate);
    }

    /// Nothing comes back from behind an isolation whose replicas were all told anew.
    pub(super) fn close_off(&mut self, place: usize) {
        let agent = &mut self.agents[place];
        if agent.isolated {
            (agent.solid, agent.stray) = (true, None);
        }
    }

    /// Sends the agent into `run`, to settle after `takes`; its traffic ebbs away over `ebb`. An
    /// isolated agent is not started by anything but its release.
    pub(super) fn turn(&mut self, place: usize, run: Run, takes: u64, ebb: u64, by: Op) {
        let now = self.now;
        let agent = &mut self.agents[place];
        if agent.isolated && run != Run::Stopping {
            return;
        }
        let flows = agent.share(now) > 0;
        agent.ebb = (now, if flows { now + ebb } else { now });
        agent.run = run;
        agent.turn += 1;
        let turn = agent.turn;
        self.schedule(now + takes, Task::Settle { place, turn, by });
    }

    /// The agent has stopped or started, unless something else was asked of it meanwhile.
    pub(super) fn settle(&mut self, place: usize, turn: u32, by: Op) {
        let now = self.now;
        let agent = &mut self.agents[place];
        if agent.turn != turn {
            return;
        }
        match agent.run {
            Run::Stopping | Run::Stopped => {
                agent.run = Run::Stopped;
                self.note(place, "info", "control", "stopped: no replica runs, queue is empty");
            }
            Run::Starting | Run::Restarting | Run::Running => {
                agent.run = Run::Running;
                agent.started = now;
                self.cure(place, by);
                for broken in &mut self.agents[place].broken {
                    let rest = u64::from(broken.fault.info().rest_s) * 1_000;
                    broken.since = broken.since.max(now + rest);
                }
                self.note(place, "info", "control", "running");
            }
        }
    }

    /// An effect stops holding, unless the operation was repeated or undone meanwhile.
    pub(super) fn lapse(&mut self, place: usize, op: Op, stamp: u64) {
        let now = self.now;
        let agent = &mut self.agents[place];
        if agent.stamps.get(&op) != Some(&stamp) {
            return;
        }
        match op {
            Op::Isolate => {
                if agent.isolated && !agent.solid && agent.stray.is_none() {
                    agent.stray = Some(now);
                    for broken in &mut agent.broken {
                        broken.since = broken.since.max(now);
                    }
                    self.schedule_line(place, 1_000);
                }
            }
            Op::RateLimit if agent.settings.rate_limit.is_some() => self.begin(place, Effect::Limit(None)),
            Op::Restrict if agent.settings.restricted.is_some() => self.begin(place, Effect::Restrict(None)),
            Op::SwitchModel if agent.settings.level > 0 => self.begin(place, Effect::Level(0)),
            Op::RateLimit | Op::Restrict | Op::SwitchModel => {}
            Op::RollbackConfig | Op::RollbackBranch | Op::RollbackSystem => {
                if let Some(build) = agent.before.take() {
                    self.note(place, "warn", "config_sync", "controller: desired state applied again");
                    self.install(place, build);
                }
            }
            Op::Release
            | Op::Lift
            | Op::RestoreScope
            | Op::RollForward
            | Op::Restart
            | Op::RestoreCheckpoint
            | Op::Snapshot
            | Op::Silence
            | Op::Unsilence
            | Op::Escalate
            | Op::Page => {}
        }
    }
}
