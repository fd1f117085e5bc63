//! Deploys: a configuration and a version take another's place, and faults come and go with them.

use crate::incident::Op;

use super::agent::{Build, Run};
use super::fault::Home;
use super::fleet::{Fleet, Task};

/// Milliseconds from a deploy to the first thing that goes wrong with it.
pub(super) const LATENT_MS: u64 = 3_000;

/// Milliseconds each rung of the ladder takes (A10).
pub(super) const fn rung_ms(op: Op) -> u64 {
    match op {
        Op::RollbackSystem => 20_000,
        Op::RollbackBranch | Op::RollForward => 8_000,
        Op::Isolate
        | Op::Release
        | Op::RateLimit
        | Op::Lift
        | Op::Restrict
        | Op::RestoreScope
        | Op::SwitchModel
        | Op::RollbackConfig
        | Op::Restart
        | Op::RestoreCheckpoint
        | Op::Snapshot
        | Op::Silence
        | Op::Unsilence
        | Op::Escalate
        | Op::Page => 3_000,
    }
}

impl Fleet {
    /// Begins to put `build` in place, as `op` does.
    pub(super) fn put(&mut self, place: usize, op: Op, build: Build) {
        let ticket = self.chance.next();
        let agent = &mut self.agents[place];
        let redeploys = agent.settings.build.version != build.version || op != Op::RollForward;
        let takes = if redeploys { rung_ms(op) } else { rung_ms(Op::RollbackConfig) };
        let words = format!("deploying {} with {}", build.version, build.config);
        agent.pending = Some((ticket, build));
        self.note(place, "warn", "control", &words);
        self.schedule(self.now + takes, Task::Finish { place, ticket: Some(ticket), op });
        if op != Op::RollbackConfig && redeploys {
            self.turn(place, Run::Restarting, takes, takes / 2, op);
        }
    }

    /// A change of configuration, version or state is in place.
    pub(super) fn finish(&mut self, place: usize, ticket: Option<u64>, op: Op) {
        let agent = &mut self.agents[place];
        if let Some(ticket) = ticket {
            // A newer change has taken this one's place.
            if agent.pending.as_ref().is_none_or(|(newest, _)| *newest != ticket) {
                return;
            }
            let Some((_, build)) = agent.pending.take() else { return };
            if op == Op::RollForward {
                agent.before = None;
            } else if agent.settings.build != build {
                agent.before.get_or_insert(agent.settings.build.clone());
            }
            self.install(place, build);
        }
        self.close_off(place);
        self.cure(place, op);
    }

    /// Runs `build` from now on: faults that live in it come, those that lived in the last one go.
    pub(super) fn install(&mut self, place: usize, build: Build) {
        let now = self.now;
        let agent = &mut self.agents[place];
        let old = std::mem::replace(&mut agent.settings.build, build);
        let build = &agent.settings.build;
        for broken in &mut agent.broken {
            let info = broken.fault.info();
            let is_home = match info.home {
                Home::Config => build.config == broken.home.as_str(),
                Home::Version => build.version == broken.home.as_str(),
                Home::State | Home::Outside => continue,
            };
            if is_home && broken.ended.is_some() {
                (broken.since, broken.ended) = (now + LATENT_MS, None);
            } else if !is_home && broken.ended.is_none() {
                broken.ended = Some(now + u64::from(info.linger_s) * 1_000);
            }
        }
        // A deploy shows in the log: the first thing to look for is one shortly before (D11).
        let mut words = vec![];
        if old.version != build.version {
            words.push(format!("version {} -> {}", old.version, build.version));
        }
        if old.config != build.config {
            words.push(format!("configuration {} -> {}", old.config, build.config));
        }
        if words.is_empty() {
            words.push(format!("{} with {} deployed anew", build.version, build.config));
        }
        let words = words.join(", ");
        agent.releases.push((now, words.clone()));
        self.note(place, "info", "deployed", &words);
    }

    /// Ends the faults that `op` cures.
    pub(super) fn cure(&mut self, place: usize, op: Op) {
        let now = self.now;
        for broken in &mut self.agents[place].broken {
            if broken.is_present(now) && broken.fault.info().cured_by.contains(&op) {
                broken.ended = Some(now);
            }
        }
    }
}
