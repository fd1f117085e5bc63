//! What goes wrong with agents: by the script, and by itself, where faults spread and memory runs out.

use super::agent::Run;
use super::control::Effect;
use super::deploy::LATENT_MS;
use super::fault::{Broken, Fault, Home};
use super::fleet::{Fleet, Task};
use super::scenario::FaultStep;

/// Milliseconds a parent stands a child that hangs.
const PATIENCE_MS: u64 = 20_000;
/// The share of memory at which the platform kills an agent.
const KILLED_AT: i64 = 98;

impl Fleet {
    /// Something breaks, by the script.
    pub(super) fn break_agent(&mut self, step: FaultStep) {
        let Some(place) = self.place(step.agent.as_str()) else { return };
        let mut home = String::new();
        let mut since = self.now;
        if let Some(becomes) = step.becomes {
            home = becomes.to_string();
            since += LATENT_MS;
            let mut build = self.agents[place].settings.build.clone();
            match step.kind.info().home {
                Home::Config => build.config = becomes,
                Home::Version => build.version = becomes,
                Home::State | Home::Outside => {}
            }
            self.install(place, build);
        }
        let fault = self.add_fault(place, step.kind, home, since);
        if let Some(lasts) = step.lasts {
            let end = self.now + u64::from(lasts.as_seconds()) * 1_000;
            self.schedule(end, Task::Pass { place, fault });
        }
        if let Some(text) = step.alert {
            self.watch_for(text, place, since);
        }
        self.schedule_line(place, since - self.now + 1_000);
    }

    /// Gives the agent a fault and says which of its faults it is.
    pub(super) fn add_fault(&mut self, place: usize, fault: Fault, home: String, since: u64) -> usize {
        let broken = &mut self.agents[place].broken;
        broken.push(Broken { fault, home, since, ended: None });
        broken.len() - 1
    }

    /// A fault outside ends. An agent that hammered it all the while drowns in its retries (E1).
    pub(super) fn pass(&mut self, place: usize, fault: usize) {
        let now = self.now;
        let agent = &mut self.agents[place];
        agent.broken[fault].ended = Some(now);
        if agent.run == Run::Running && agent.settings.level == 0 {
            self.add_fault(place, Fault::RetryStorm, String::new(), now);
        }
    }

    /// One look at every agent.
    pub(super) fn watch(&mut self) {
        for place in 0..self.agents.len() {
            if self.agents[place].broken.is_empty() {
                continue;
            }
            self.spread(place);
            self.kill_when_full(place);
        }
        self.look_at_alarms();
    }

    /// A child that hangs makes its parent retry until the parent drowns (B4).
    fn spread(&mut self, place: usize) {
        let now = self.now;
        let child = &self.agents[place];
        let hangs = |b: &&Broken| b.fault == Fault::Cascade && b.is_acting(now);
        let Some(since) = child.broken.iter().find(hangs).map(|broken| broken.since) else { return };
        if !child.is_live() {
            return;
        }
        let since = since.max(child.started);
        let parent = child.spec.parent.as_ref().and_then(|id| self.place(id.as_str()));
        let Some(parent) = parent.filter(|parent| self.agents[*parent].run == Run::Running) else { return };
        let agent = &self.agents[parent];
        let drowns = agent.broken.iter().any(|b| b.fault == Fault::RetryStorm && b.is_present(now));
        if !drowns && now >= since.max(agent.started) + PATIENCE_MS {
            self.note(parent, "error", "retry_storm", "a child does not answer: everything is tried again");
            self.add_fault(parent, Fault::RetryStorm, String::new(), now);
            self.schedule_line(parent, 1_000);
        }
    }

    /// An agent out of memory is killed and started again, and leaks on.
    fn kill_when_full(&mut self, place: usize) {
        let agent = &self.agents[place];
        let leaks = agent.broken.iter().any(|b| b.fault == Fault::MemoryLeak && b.is_acting(self.now));
        if leaks && agent.run == Run::Running && self.memory(place) >= KILLED_AT {
            self.note(place, "fatal", "oom_killed", "out of memory: killed by the platform");
            self.begin(place, Effect::Restart);
        }
    }
}
