//! The fleet itself: virtual time, what is due, and what happened.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::incident::{AgentId, Alert, Op, Params, Text, Time, Vitals};

use super::agent::{Agent, Kept};
use super::alarm::Alarm;
use super::chance::Chance;
use super::control::Effect;
use super::fault::Fault;
use super::line::LineWriter;
use super::operate::SetTrap;
use super::people::Contact;
use super::scenario::{Inject, MessageStep, ProposalStep, Scenario, Step};
use super::story::Telling;

/// Something that happened in the fleet or around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An agent wrote a log line.
    Line {
        /// Which agent.
        agent: AgentId,
        /// The line: a JSON object, without a line end.
        raw: String,
    },
    /// Monitoring fired.
    Alert(Alert),
    /// Monitoring no longer sees what it fired for.
    AlertResolved {
        /// The alert's key.
        key: Text,
    },
    /// Somebody wrote.
    Message {
        /// Who.
        from: Text,
        /// What.
        text: Text,
    },
    /// An AI actor proposes an action.
    Proposal {
        /// The AI actor.
        by: Text,
        /// The operation.
        op: Op,
        /// Its target.
        target: Text,
        /// Its parameters, as given.
        params: Params,
        /// Why.
        reason: Text,
    },
}

/// A fleet of simulated agents at a moment of virtual time.
#[derive(Debug)]
pub struct Fleet {
    pub(super) seed: u64,
    pub(super) start: Time,
    /// Milliseconds since the start.
    pub(super) now: u64,
    noise_percent: u8,
    injects: Vec<Inject>,
    pub(super) agents: Vec<Agent>,
    pub(super) contacts: Vec<Contact>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) traps: Vec<SetTrap>,
    /// What is due, by time and then by order of scheduling.
    due: BTreeMap<(u64, u64), Task>,
    scheduled: u64,
    pub(super) chance: Chance,
    out: Vec<Happening>,
}

/// What can be due.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// A step of the script.
    Inject(usize),
    /// The next line of an agent's log.
    Line { place: usize, number: u32 },
    /// A look at the whole fleet, over and over.
    Watch,
    /// One look at the alarms.
    Look,
    /// A call takes effect.
    Begin { place: usize, effect: Effect },
    /// A change of configuration, version or state is done.
    Finish { place: usize, ticket: Option<u64>, op: Op },
    /// An agent has stopped or started.
    Settle { place: usize, turn: u32, by: Op },
    /// An effect stops holding.
    Lapse { place: usize, op: Op, stamp: u64 },
    /// A fault ends by itself.
    Pass { place: usize, fault: usize },
    /// An alert that stands for itself resolves.
    Resolve(usize),
    /// Somebody answers.
    Say { from: Text, text: Text },
}

/// Milliseconds between two looks at the fleet.
const WATCH_MS: u64 = 5_000;

impl Fleet {
    /// The fleet of `scenario` at `start`, all of it healthy.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64, start: Time) -> Self {
        let agents = scenario.agents.iter().enumerate();
        let mut fleet = Self {
            seed,
            start,
            now: 0,
            noise_percent: scenario.noise_percent,
            injects: scenario.injects.clone(),
            agents: agents.map(|(place, spec)| Agent::new(spec, seed, place as u64)).collect(),
            contacts: scenario.people.iter().map(Contact::new).collect(),
            alarms: vec![],
            traps: vec![],
            due: BTreeMap::new(),
            scheduled: 0,
            chance: Chance::new(seed, 0),
            out: vec![],
        };
        for number in 0..fleet.injects.len() {
            let at = u64::from(fleet.injects[number].at.as_seconds()) * 1_000;
            fleet.schedule(at, Task::Inject(number));
        }
        for place in 0..fleet.agents.len() {
            let pace = u64::from(fleet.agents[place].spec.pace.as_seconds()) * 1_000;
            let at = fleet.agents[place].chance.below(pace);
            fleet.schedule(at, Task::Line { place, number: 0 });
        }
        fleet.schedule(WATCH_MS, Task::Watch);
        fleet
    }

    /// Lets time pass until `to`, and says what happened since the last time, oldest first. Time
    /// never goes back: an earlier `to` changes nothing.
    pub fn advance(&mut self, to: Time) -> Vec<Happening> {
        self.run_to(to);
        std::mem::take(&mut self.out)
    }

    /// How far time has come.
    #[must_use]
    pub fn now(&self) -> Time {
        self.time(self.now)
    }

    /// The vitals of every agent, now.
    #[must_use]
    pub fn agents(&self) -> Vec<Vitals> {
        let read = |(place, agent): (usize, &Agent)| Vitals {
            agent: agent.spec.id.clone(),
            at: self.now(),
            values: self.read_agent(place),
        };
        self.agents.iter().enumerate().map(read).collect()
    }

    /// What a probe reads of an agent and of its replicas, an alert, a person or an escalation level. Empty for
    /// whatever the fleet does not know: no data, never a guess.
    #[must_use]
    pub fn read(&self, target: &str) -> BTreeMap<String, Text> {
        match self.place(target) {
            Some(place) => self.probe_agent(place),
            None => self.read_alarm(target).or_else(|| self.read_contact(target)).unwrap_or_default(),
        }
    }

    /// The version the agent runs.
    #[must_use]
    pub fn version(&self, target: &str) -> Option<Text> {
        self.place(target).map(|place| self.agents[place].settings.build.version.clone())
    }

    /// The truth behind the vitals, for whoever leads a drill: every fault that is still there, and
    /// whether it is felt.
    #[must_use]
    pub fn faults(&self) -> Vec<(AgentId, Fault, bool)> {
        let of = |agent: &Agent| {
            let present = agent.broken.iter().filter(|broken| broken.is_present(self.now));
            let felt = agent.is_live();
            let id = &agent.spec.id;
            present.map(|b| (id.clone(), b.fault, felt && b.is_acting(self.now))).collect::<Vec<_>>()
        };
        self.agents.iter().flat_map(of).collect()
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.agents.iter().position(|agent| agent.spec.id.as_str() == id)
    }

    pub(super) fn time(&self, at: u64) -> Time {
        self.start + TimeDelta::milliseconds(i64::try_from(at).unwrap_or(i64::MAX / 1_000))
    }

    pub(super) fn schedule(&mut self, at: u64, task: Task) {
        self.due.insert((at, self.scheduled), task);
        self.scheduled += 1;
    }

    pub(super) fn tell(&mut self, what: What) {
        self.out.push(Happening { at: self.time(self.now), what });
    }

    /// Does everything that is due until `to`.
    pub(super) fn run_to(&mut self, to: Time) {
        let to = u64::try_from((to - self.start).num_milliseconds()).unwrap_or(0);
        while let Some(entry) = self.due.first_entry() {
            let at = entry.key().0;
            if at > to {
                break;
            }
            let task = entry.remove();
            // What is scheduled at once, while time stands still, is done at the present moment.
            self.now = self.now.max(at);
            self.perform(task);
        }
        self.now = self.now.max(to);
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::Inject(number) => self.inject(self.injects[number].step.clone()),
            Task::Line { place, number } => {
                if self.agents[place].next_line == number {
                    self.write_line(place);
                }
            }
            Task::Watch => {
                self.watch();
                self.schedule(self.now + WATCH_MS, Task::Watch);
            }
            Task::Look => self.look_at_alarms(),
            Task::Begin { place, effect } => self.begin(place, effect),
            Task::Finish { place, ticket, op } => self.finish(place, ticket, op),
            Task::Settle { place, turn, by } => self.settle(place, turn, by),
            Task::Lapse { place, op, stamp } => self.lapse(place, op, stamp),
            Task::Pass { place, fault } => self.pass(place, fault),
            Task::Resolve(alarm) => self.resolve(alarm),
            Task::Say { from, text } => self.tell(What::Message { from, text }),
        }
    }

    fn inject(&mut self, step: Step) {
        match step {
            Step::Fault(step) => self.break_agent(step),
            Step::Alert(step) => self.raise(step),
            Step::Message(MessageStep { from, text }) => self.tell(What::Message { from, text }),
            Step::Proposal(ProposalStep { by, op, target, params, reason }) => {
                self.tell(What::Proposal { by, op, target, params, reason });
            }
            Step::Trap(step) => self.traps.push(SetTrap { left: step.times, step }),
        }
    }

    /// Writes the next line of an agent's log and schedules the one after it.
    fn write_line(&mut self, place: usize) {
        let (now, at, noise) = (self.now, self.time(self.now), self.noise_percent);
        let agent = &mut self.agents[place];
        if !agent.is_live() {
            agent.telling = None;
            self.schedule_line(place, 2_000);
            return;
        }
        let mut telling = match agent.telling.take() {
            Some(telling) => telling,
            None => Telling::begin(agent, now, noise),
        };
        let replicas = agent.spec.replicas;
        let replica = if agent.stray.is_some() { replicas } else { telling.replica(replicas) };
        let (raw, is_call) = telling.write(agent, at, replica);
        let pause = if telling.is_over() {
            let pace = u64::from(agent.spec.pace.as_seconds()) * 1_000;
            let pause = pace * agent.chance.between(50, 150) / 100;
            // Trouble is louder than work.
            if agent.loudest(now).is_some_and(|broken| broken.strength(now) > 300) {
                pause / 5
            } else {
                pause
            }
        } else {
            agent.telling = Some(telling);
            agent.chance.between(250, 900)
        };
        self.log(place, raw, is_call);
        self.schedule_line(place, pause.max(500));
    }

    /// The agent's next line comes after `pause`, whatever was scheduled before.
    pub(super) fn schedule_line(&mut self, place: usize, pause: u64) {
        let agent = &mut self.agents[place];
        agent.next_line = agent.next_line.wrapping_add(1);
        let number = agent.next_line;
        self.schedule(self.now + pause, Task::Line { place, number });
    }

    fn log(&mut self, place: usize, raw: String, is_call: bool) {
        let at = self.time(self.now);
        let agent = &mut self.agents[place];
        agent.keep(Kept { at, raw: raw.clone(), is_call });
        let agent = agent.spec.id.clone();
        self.tell(What::Line { agent, raw });
    }

    /// What the platform, not the agent itself, writes into the agent's log.
    pub(super) fn note(&mut self, place: usize, level: &str, event: &str, msg: &str) {
        let line = LineWriter::new(self.time(self.now), level, &self.agents[place].spec.id);
        let raw = line.field("event", event).field("msg", msg).finish();
        self.log(place, raw, false);
    }
}
