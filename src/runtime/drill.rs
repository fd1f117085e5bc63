//! A drill: the same hub, keys and policy on a simulated fleet, with a journal of its own.
//!
//! The fleet is the only world a drill can hold: its rig is built from a [`Simulation`] and nothing
//! else. A drill that was cut off goes on where it was: the fleet is played again from its
//! scenario, its seed and the calls on the timeline.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::feed::Feed;
use super::hub::Hub;
use crate::adapters::ask;
use crate::adapters::{Ask, Drill, Evidence, Rig, Simulated, World};
use crate::app::msg::Notice;
use crate::error::{Error, Result};
use crate::incident::{
    Actor, AgentId, Board, Command, Confirmation, FirstCheck, Incident, IncidentId, Lamp, LogBlock, LogLine,
    Op, Params, Release, Report, Settlement, Text, Time,
};
use crate::sim::{Fleet, Happening, Scenario, What};

/// How often the fleet is let run on.
const STEP: Duration = Duration::from_millis(200);

/// How much of the log a snapshot covers whose plan names no time.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// What a run of a drill is made from: enough to play its fleet again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Virtual time at its beginning.
    pub start: Time,
    /// Virtual seconds for each real one.
    pub speed: f64,
}

impl Run {
    fn file(directory: &Path) -> PathBuf {
        directory.join("drill.json")
    }

    /// The run that was begun last in a directory, if its note can be read.
    #[must_use]
    pub fn last(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::file(directory)).ok()?).ok()
    }

    /// Notes this run as the one that was begun last.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn note(&self, directory: &Path) -> Result<()> {
        let file = Self::file(directory);
        let text =
            serde_json::to_vec_pretty(self).map_err(|e| Error::internal("a run is JSON").because(e))?;
        fs::write(&file, text).map_err(|error| {
            Error::user(format!("cannot write {}", file.display()))
                .because(error)
                .hint("name a directory you may write with --data-dir")
        })
    }
}

/// Holds a directory's drill: two processes with a fleet each would contradict each other.
///
/// # Errors
/// When another process runs a drill there.
pub fn lock(directory: &Path) -> Result<File> {
    let path = directory.join("drill.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| {
        Error::user(format!("cannot write {}", path.display()))
            .because(error)
            .hint("name a directory you may write with --data-dir")
    })?;
    file.try_lock().map_err(|_| {
        Error::user("a drill is already running in this data directory")
            .hint("end it first, or name another directory with --data-dir")
    })?;
    Ok(file)
}

/// A fleet and the clock it lives by.
pub struct Simulation {
    fleet: Mutex<Fleet>,
    clock: Clock,
    /// Keys of calls that were made, with their answers: the same key is the same call.
    made: Mutex<BTreeMap<String, std::result::Result<Text, Text>>>,
}

impl Simulation {
    /// The fleet of a run at its beginning.
    #[must_use]
    pub fn new(scenario: &Scenario, run: &Run, clock: Clock) -> Self {
        let fleet = Fleet::new(scenario, run.seed, run.start);
        Self { fleet: Mutex::new(fleet), clock, made: Mutex::default() }
    }

    /// The rig of this drill: it can hold nothing but this.
    #[must_use]
    pub fn rig(self: &Arc<Self>) -> Rig {
        Rig::Drill(Drill::new(Simulated::new(self.clone())))
    }

    /// Plays the calls on a board again, each at its time, and lets the fleet come to `to`. Returns
    /// what it logged last.
    pub fn replay(&self, board: &Board, since: Time, to: Time) -> Vec<Happening> {
        let mut calls: Vec<(Time, Op, Text, Params)> = board
            .incidents()
            .flat_map(|incident| incident.actions.values())
            .filter_map(|a| Some((a.requested_at?, a.plan.op, a.plan.target.clone(), a.plan.params.clone())))
            .filter(|(at, ..)| *at >= since)
            .collect();
        calls.sort_by_key(|(at, ..)| *at);
        let mut fleet = self.fleet();
        let mut happened = Vec::new();
        for (at, op, target, params) in calls {
            happened.extend(fleet.advance(at));
            // What it answered then is on the timeline.
            drop(fleet.call(op, target.as_str(), &params, at));
        }
        happened.extend(fleet.advance(to));
        happened.retain(|h| matches!(h.what, What::Line { .. }));
        happened.split_off(happened.len().saturating_sub(500))
    }

    /// What an undo of this operation puts back, as its parameters.
    fn home(&self, op: Op, target: &str) -> Params {
        let home = self.fleet().home(target);
        let restores = ask::restores(op);
        let put_back = home.into_iter().filter(|(name, _)| restores.contains(*name));
        put_back.map(|(name, value)| (format!("{}{name}", ask::WAS), value)).collect()
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World for Simulation {
    fn knows(&self, op: Op, target: &str) -> bool {
        self.fleet().knows(op, target)
    }

    fn complete(&self, op: Op, target: &str, params: &Params) -> std::result::Result<Params, Text> {
        let home = self.home(op, target);
        let (was, asked): (Params, Params) =
            params.clone().into_iter().partition(|(name, _)| home.contains_key(name));
        let complete = self.fleet().complete(op, target, &asked)?;
        Ok(complete.into_iter().chain(home).chain(was).collect())
    }

    fn version(&self, target: &str) -> Option<Text> {
        self.fleet().version(target)
    }

    fn call(&self, key: &str, op: Op, target: &str, params: &Params) -> std::result::Result<Text, Text> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut params = params.clone();
        params.retain(|name, _| !name.starts_with(ask::WAS));
        let call = || self.fleet().call(op, target, &params, self.clock.now());
        made.entry(key.to_owned()).or_insert_with(call).clone()
    }

    fn read(&self, target: &str) -> BTreeMap<String, Text> {
        self.fleet().read(target)
    }

    fn evidence(&self, target: &str, range: Option<(Time, Time)>, limit: usize) -> Vec<Evidence> {
        let now = self.clock.now();
        let (from, to) = range.unwrap_or((now - BEFORE, now));
        let files = self.fleet().snapshot(target, from, to, limit).unwrap_or_default();
        let dress = |(name, bytes): (String, Vec<u8>)| Evidence {
            name: Text::line(&format!("{target}-{name}")),
            bytes,
            from: Some(from),
            to: Some(to),
        };
        files.into_iter().map(dress).collect()
    }

    fn inverse_params(&self, op: Op, target: &str, _params: &Params) -> Option<Params> {
        let (inverse, params) = self.fleet().inverse(op, target)?;
        Some(params.into_iter().chain(self.home(inverse, target)).collect())
    }

    fn releases(&self, target: &str) -> Vec<Release> {
        self.fleet().releases(target)
    }

    fn first_checks(&self, agents: &[AgentId]) -> Vec<FirstCheck> {
        self.fleet().first_checks(agents)
    }

    fn conflicts(&self, op: Op, target: &str) -> Vec<Text> {
        self.fleet().conflicts(op, target)
    }
}

/// Lets the fleet live, and brings what happens to the hub, until cancelled.
pub async fn run(hub: Hub, simulation: Arc<Simulation>, cancel: CancellationToken) {
    hub.until_loaded().await;
    let mut step = tokio::time::interval(STEP);
    step.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = step.tick() => {}
        }
        let now = hub.clock().now();
        let happened = simulation.fleet().advance(now);
        bring(&hub, happened).await;
        let second = now.timestamp();
        if told != Some(second) {
            told = Some(second);
            let vitals = simulation.fleet().agents();
            hub.tell(Feed::Vitals(vitals.into()));
        }
    }
}

/// Brings what happened to where it belongs: lines to the log, the rest through the one door.
pub async fn bring(hub: &Hub, happened: Vec<Happening>) {
    let mut lines = Vec::new();
    for Happening { at, what } in happened {
        let result = match what {
            What::Line { agent, raw } => {
                lines.push(log_line(agent.as_str(), &raw, at));
                Ok(())
            }
            What::Alert(alert) => hub.fired(alert).await.map(drop).map_err(|e| e.to_string()),
            What::AlertResolved { key } => hub.over(key, at).await.map(drop).map_err(|e| e.to_string()),
            What::Message { from, text } => said(hub, from, text).await,
            What::Proposal { by, op, target, params, reason } => {
                propose(hub, by, Ask { op, target, params }, reason).await
            }
        };
        if let Err(words) = result {
            hub.tell(Feed::Notice(Notice::error(words)));
        }
    }
    if !lines.is_empty() {
        hub.tell_lines(vec![Arc::new(LogBlock::from(lines))]);
    }
}

/// The log lines among what happened.
#[must_use]
pub fn log_lines(happened: Vec<Happening>) -> Vec<LogLine> {
    let line = |h: Happening| match h.what {
        What::Line { agent, raw } => Some(log_line(agent.as_str(), &raw, h.at)),
        What::Alert(_) | What::AlertResolved { .. } | What::Message { .. } | What::Proposal { .. } => None,
    };
    happened.into_iter().filter_map(line).collect()
}

fn log_line(agent: &str, raw: &str, at: Time) -> LogLine {
    LogLine::parse(Text::line(agent), Text::line("simulated"), 0, raw.as_bytes(), at)
}

/// Somebody's words are said, and noted in the newest open incident.
async fn said(hub: &Hub, from: Text, text: Text) -> std::result::Result<(), String> {
    hub.tell(Feed::Said(from.clone(), text.clone()));
    let Some(incident) = newest_open(hub, None) else { return Ok(()) };
    let command = Command::Note { text };
    hub.submit(Some(incident), command, &Actor::Person(from)).await.map(drop).map_err(|e| e.to_string())
}

/// An AI actor proposes: through the same door, by the same policy.
async fn propose(hub: &Hub, by: Text, ask: Ask, reason: Text) -> std::result::Result<(), String> {
    let Some(incident) = newest_open(hub, Some(&ask.target)) else { return Ok(()) };
    let actor = Actor::Ai(by);
    let plan = hub.plan(incident, ask).await.map_err(String::from)?;
    let note = Command::Note { text: reason };
    hub.submit(Some(incident), note, &actor).await.map_err(|e| e.to_string())?;
    let confirmation = Confirmation { digest: plan.digest(), typed: None };
    let command = Command::Act { plan, confirmation, runner: hub.runner() };
    // A refusal by policy is the AI actor's to bear; people have their own hands.
    drop(hub.submit(Some(incident), command, &actor).await);
    Ok(())
}

/// The newest open incident, one about `agent` first.
fn newest_open(hub: &Hub, agent: Option<&Text>) -> Option<IncidentId> {
    let board = hub.board();
    let mut open: Vec<_> = board.incidents().filter(|i| i.is_open()).collect();
    let about =
        |i: &&Incident| agent.is_some_and(|agent| i.agents.iter().any(|a| a.as_str() == agent.as_str()));
    open.sort_by_key(|i| (about(i), i.id));
    open.last().map(|i| i.id)
}

/// Ends what an earlier run left open: its fleet is gone, and nothing pretends otherwise.
///
/// # Errors
/// When the journal cannot be written.
pub async fn end_earlier(hub: &Hub) -> Result<()> {
    let reason = Text::line("the drill was ended by starting another; its fleet is gone");
    let all: Vec<IncidentId> = hub.board().incidents().map(|i| i.id).collect();
    for id in all {
        let commands = {
            let board = hub.board();
            board.incident(id).map(|incident| farewell(incident, &reason)).unwrap_or_default()
        };
        for command in commands {
            hub.submit(Some(id), command, &Actor::Flightdeck)
                .await
                .map_err(|error| Error::internal(format!("cannot end {id}: {error}")))?;
        }
    }
    Ok(())
}

/// What ends an incident of an earlier run: nothing stays in force of a fleet that is gone, whoever
/// was to keep it.
fn farewell(incident: &Incident, reason: &Text) -> Vec<Command> {
    let mut commands = Vec::new();
    // Nobody is asked to approve what would be done to a fleet that is gone.
    for action in incident.actions.values().filter(|a| a.lamp == Lamp::Proposed) {
        commands.push(Command::Deny { action: action.id, reason: reason.clone() });
    }
    for action in incident.actions.values().filter(|a| a.is_in_force()) {
        let (action, reason) = (action.id, reason.clone());
        if incident.actions[&action].lamp == Lamp::Requested {
            let report = Report::Unknown { reason: reason.clone() };
            commands.push(Command::Report { action, report });
        }
        commands.push(Command::Settle { action, settlement: Settlement::Undone, reason });
    }
    if incident.is_open() {
        if !incident.classified {
            let (severity, pattern) = (incident.severity, incident.pattern);
            commands.push(Command::Classify { severity, pattern, reason: Some(reason.clone()) });
        }
        commands.push(Command::Resolve { summary: reason.clone(), despite: Some(reason.clone()) });
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::Story;

    /// A resolved incident went on to warn that a restart waits for approval.
    #[test]
    fn b4_what_waits_for_approval_is_denied_when_its_drill_is_ended() {
        let mut story = Story::p0().by_ai("triage").asks("isolate support-1").lamp(1, Lamp::Proposed);
        story.actor = Actor::Flightdeck;
        for command in farewell(&story.incident, &Text::line("the drill was ended")) {
            story = story.says(command);
        }
        assert!(!story.incident.is_open());
        story.lamp(1, Lamp::Denied);
    }
}
