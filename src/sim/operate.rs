//! The backend's side of a call: what it answers, and what it sets in motion.

use crate::incident::{Aim, Op, Params, Text, Time};

use super::agent::{Agent, Build, Run};
use super::control::Effect;
use super::deploy::rung_ms;
use super::fleet::{Fleet, Task};
use super::request::{number, param};
use super::scenario::{Trap, TrapStep};

/// A trap of the script that has been set.
#[derive(Clone, Debug)]
pub(super) struct SetTrap {
    pub(super) step: TrapStep,
    /// How many times it still snaps.
    pub(super) left: u32,
}

/// What a call comes to.
enum Intent {
    /// Nothing is to be done.
    Already(String),
    /// This is to be done; the answer says so.
    Do(Effect, String),
}

/// Milliseconds a gateway takes to hear of a new setting.
const GATEWAY_MS: u64 = 1_500;

impl Fleet {
    /// Makes a call at `at`: the backend's answer. That it was accepted proves nothing; what becomes
    /// of it is read by probes later. The same call again does no harm. An `at` before the fleet's
    /// own time counts as now.
    ///
    /// # Errors
    /// In words: an unknown target, a parameter without sense, an operation that is not possible.
    pub fn call(&mut self, op: Op, target: &str, params: &Params, at: Time) -> Result<Text, Text> {
        self.run_to(at);
        let params = self.complete(op, target, params)?;
        let answer = match (op.info().aim, self.place(target)) {
            (Aim::Agent, Some(place)) => self.call_agent(op, place, &params)?,
            (Aim::Agent, None) => return Err(self.unknown(op, target)),
            (Aim::Alert, _) if op == Op::Unsilence => self.unsilence(target),
            (Aim::Alert, _) => self.silence(target, number(&params, "minutes")),
            (Aim::Level | Aim::Person, _) => self.page(op, target),
        };
        Ok(Text::line(&answer))
    }

    fn call_agent(&mut self, op: Op, place: usize, params: &Params) -> Result<String, Text> {
        if op == Op::Snapshot {
            let agent = &mut self.agents[place];
            agent.evidence = true;
            return Ok(format!("evidence taken of {}: {} lines at hand", agent.spec.id, agent.kept.len()));
        }
        let (effect, answer) = match intent(&self.agents[place], op, params) {
            Ok(Intent::Do(effect, answer)) => (effect, answer),
            Ok(Intent::Already(answer)) => return Ok(answer),
            Err(words) => return Err(Text::line(&words)),
        };
        let mut late = match effect {
            Effect::Limit(_) | Effect::Restrict(_) | Effect::Level(_) => GATEWAY_MS,
            Effect::Isolate | Effect::Release | Effect::Restart | Effect::Checkpoint | Effect::Put(..) => 0,
        };
        let stamp = self.chance.next();
        self.agents[place].stamps.insert(op, stamp);
        match self.snap(op, place) {
            Some(Trap::Refused(words)) => return Err(words),
            Some(Trap::Late(span)) => late += u64::from(span.as_seconds()) * 1_000,
            Some(Trap::Holds(span)) => {
                let settled = rung_ms(op).max(5_000);
                let at = self.now + settled + u64::from(span.as_seconds()) * 1_000;
                self.schedule(at, Task::Lapse { place, op, stamp });
            }
            None => {}
        }
        match late {
            0 => self.begin(place, effect),
            late => self.schedule(self.now + late, Task::Begin { place, effect }),
        }
        Ok(answer)
    }

    /// The trap that this call walks into.
    fn snap(&mut self, op: Op, place: usize) -> Option<Trap> {
        let id = &self.agents[place].spec.id;
        let fits = |trap: &&mut SetTrap| trap.left > 0 && trap.step.op == op && trap.step.agent == *id;
        let trap = self.traps.iter_mut().find(fits)?;
        trap.left -= 1;
        Some(trap.step.trap.clone())
    }
}

/// What a call to an agent comes to, by the agent's state. Parameters are complete.
fn intent(agent: &Agent, op: Op, params: &Params) -> Result<Intent, String> {
    let id = &agent.spec.id;
    let settings = &agent.settings;
    let has_stray = agent.stray.is_some();
    let accepted = |effect, words: String| Ok(Intent::Do(effect, format!("202 accepted: {words}")));
    let already = |words: &str| Ok(Intent::Already(format!("200: {id} {words} already")));
    match op {
        Op::Isolate if agent.isolated && !has_stray => already("is isolated"),
        Op::Isolate => {
            accepted(Effect::Isolate, format!("{id} is draining, {} replica(s)", agent.spec.replicas))
        }
        Op::Release if !agent.isolated => already("is not isolated"),
        Op::Release => accepted(Effect::Release, format!("{id} is starting")),
        Op::RateLimit => match number(params, "calls_per_minute") {
            limit if settings.rate_limit == Some(limit) => already("is limited to that"),
            limit => accepted(Effect::Limit(Some(limit)), format!("{limit} calls a minute for {id}")),
        },
        Op::Lift if settings.rate_limit.is_none() => already("has no rate limit"),
        Op::Lift => accepted(Effect::Limit(None), format!("no rate limit for {id}")),
        Op::Restrict => {
            let restricted = (param(params, "scope"), number(params, "timeout"));
            if settings.restricted.as_ref() == Some(&restricted) && !has_stray {
                return already("is restricted to that");
            }
            let words = format!("scope {} for {id}, pre-check on", restricted.0);
            accepted(Effect::Restrict(Some(restricted)), words)
        }
        Op::RestoreScope if settings.restricted.is_none() => already("has its full scope"),
        Op::RestoreScope => accepted(Effect::Restrict(None), format!("full scope for {id}")),
        Op::SwitchModel => {
            let level = param(params, "level").as_str().trim_start_matches('L').parse().unwrap_or(0);
            if level == settings.level {
                return already("is on that level");
            }
            if level < 3 && usize::from(level) >= agent.spec.models.len() {
                return Err(format!("{id} has no model at L{level}; take L3 for cached answers"));
            }
            accepted(Effect::Level(level), format!("{id} goes to L{level}"))
        }
        Op::Restart if agent.isolated => {
            Err(format!("{id} is isolated: a restart would let it work again; release it instead"))
        }
        Op::Restart if agent.run != Run::Running => already("is on its way"),
        Op::Restart => accepted(Effect::Restart, format!("{id} is restarting")),
        Op::RestoreCheckpoint => {
            accepted(Effect::Checkpoint, format!("{id} goes back to its last checkpoint"))
        }
        Op::RollbackConfig => {
            let version = settings.build.version.clone();
            Ok(rollback(agent, op, Build { config: param(params, "to"), version }))
        }
        Op::RollbackBranch => {
            let config = first(&agent.spec.backups.config);
            Ok(rollback(agent, op, Build { config, version: param(params, "to") }))
        }
        Op::RollbackSystem => {
            let version = first(&agent.spec.backups.version);
            Ok(rollback(agent, op, Build { config: param(params, "to"), version }))
        }
        Op::RollForward => match &agent.before {
            None => Err(format!("nothing was rolled back on {id}: there is nothing to undo")),
            Some(build) => accepted(
                Effect::Put(op, build.clone()),
                format!("{id} goes forward to {} with {}", build.version, build.config),
            ),
        },
        Op::Snapshot | Op::Silence | Op::Unsilence | Op::Escalate | Op::Page => {
            Err(format!("{op} is not done to an agent"))
        }
    }
}

fn first(names: &[Text]) -> Text {
    names.first().cloned().unwrap_or_default()
}

/// A rung of the ladder takes the lower ones with it: a version comes with its configuration.
fn rollback(agent: &Agent, op: Op, build: Build) -> Intent {
    let id = &agent.spec.id;
    let is_coming = agent.pending.as_ref().is_some_and(|(_, coming)| *coming == build);
    let is_there = op == Op::RollbackConfig
        && agent.pending.is_none()
        && agent.settings.build == build
        && agent.stray.is_none();
    if is_coming || is_there {
        return Intent::Already(format!("200: {id} has {} with {} already", build.version, build.config));
    }
    let words = format!("202 accepted: {id} goes back to {} with {}", build.version, build.config);
    Intent::Do(Effect::Put(op, build), words)
}
