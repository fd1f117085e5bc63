//! What is read of an agent: its vitals now, and every value that a check may name.

use std::collections::BTreeMap;

use crate::incident::{Text, VITALS};

use super::agent::{Agent, Run};
use super::chance::flicker;
use super::fault::{Broken, Fault};
use super::fleet::Fleet;

/// Vitals in whole numbers: rates and seconds in tenths, shares in per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Measure {
    calls: i64,
    errors: i64,
    p95: i64,
    memory: i64,
    context: i64,
    permissions: i64,
    queue: i64,
}

/// What a fault drives the vitals to; 0 leaves one alone.
const CALM: Measure =
    Measure { calls: 0, errors: 0, p95: 0, memory: 0, context: 0, permissions: 0, queue: 0 };

/// Vitals hold still for so many milliseconds, as a monitor's scrapes do.
const SCRAPE_MS: u64 = 4_000;

/// What `fault` drives the vitals of `agent` to, given what was done about it.
fn symptoms(fault: Fault, agent: &Agent) -> Measure {
    let settings = &agent.settings;
    let (restricted, limited) = (settings.restricted.is_some(), settings.rate_limit.is_some());
    match fault {
        // A pre-check refuses the export: what is left is an agent that keeps trying.
        Fault::DataLeak if restricted => CALM,
        Fault::DataLeak => Measure { calls: 168, permissions: 96, errors: 8, p95: 26, queue: 14, ..CALM },
        Fault::PermissionOverstep if restricted => CALM,
        Fault::PermissionOverstep => Measure { calls: 88, permissions: 98, errors: 6, ..CALM },
        Fault::LlmOutage => match settings.level {
            0 => Measure { errors: 470, p95: 262, queue: 180, ..CALM },
            1 => Measure { errors: 7, p95: 41, ..CALM },
            _ => CALM,
        },
        Fault::ToolTimeouts if limited => Measure { errors: 24, p95: 82, queue: 40, ..CALM },
        Fault::ToolTimeouts => Measure { errors: 84, p95: 281, queue: 46, ..CALM },
        // The nearer to the limit, the more time goes into collecting garbage.
        Fault::MemoryLeak => Measure { memory: 104, p95: 58, ..CALM },
        Fault::ContextOverflow => Measure { context: 99, errors: 215, p95: 84, queue: 22, ..CALM },
        Fault::CallLoop => Measure { calls: 640, context: 82, p95: 37, queue: 60, ..CALM },
        Fault::Cascade => Measure { errors: 930, p95: 299, queue: 64, ..CALM },
        Fault::RetryStorm if limited => Measure { errors: 31, p95: 61, queue: 90, ..CALM },
        Fault::RetryStorm => Measure { calls: 240, errors: 186, p95: 148, queue: 120, memory: 84, ..CALM },
        Fault::ConfigDrift if restricted => CALM,
        Fault::ConfigDrift => Measure { errors: 27, permissions: 86, p95: 21, ..CALM },
    }
}

impl Measure {
    /// Moves every vital towards `to` by `strength` thousandths of the way, never down.
    fn drive(&mut self, to: Self, strength: i64) {
        let drive = |value: &mut i64, to: i64| {
            if to > *value {
                *value += (to - *value) * strength / 1_000;
            }
        };
        drive(&mut self.calls, to.calls);
        drive(&mut self.errors, to.errors);
        drive(&mut self.p95, to.p95);
        drive(&mut self.memory, to.memory);
        drive(&mut self.context, to.context);
        drive(&mut self.permissions, to.permissions);
        drive(&mut self.queue, to.queue);
    }
}

impl Fleet {
    fn measure(&self, place: usize) -> Measure {
        let agent = &self.agents[place];
        let normal = &agent.spec.normal;
        let when = self.now / SCRAPE_MS;
        let noise = |what: u64, reach: i64| flicker(self.seed, place as u64, what, when, reach);
        let tenths = |rate: f64| (rate * 10.0).round() as i64;
        let calls = i64::from(normal.api_calls);
        let p95 = tenths(normal.p95);
        let mut m = Measure {
            calls: calls + noise(0, calls / 12),
            errors: (tenths(normal.error_rate) + noise(1, 1)).max(0),
            p95: p95 + noise(2, p95 / 10),
            memory: i64::from(normal.memory) + noise(3, 1),
            context: i64::from(normal.context) + noise(4, 3),
            permissions: i64::from(normal.permissions) + noise(5, 2),
            queue: (i64::from(normal.task_queue) + noise(6, 2)).max(0),
        };
        self.drive_by_faults(agent, &mut m);
        if self.parent_is_storming(agent) {
            m.drive(Measure { p95: 63, queue: 30, ..CALM }, 1_000);
        }
        match agent.settings.level {
            0 => {}
            1 => m.p95 += 3,
            2 => m.p95 = m.p95.max(2) / 2,
            // Cached answers and friendly errors ask no model.
            _ => m.p95 = m.p95.min(3),
        }
        if let Some((_, timeout)) = &agent.settings.restricted {
            m.p95 = m.p95.min(i64::from(*timeout) * 10);
        }
        if let Some(limit) = agent.settings.rate_limit {
            m.calls = m.calls.min(i64::from(limit));
        }
        let share = agent.share(self.now);
        // Work that is left is a whole task; no work is none at all.
        let part =
            |value: i64| if share == 0 { 0 } else { (value * share / 1_000).max(i64::from(value > 0)) };
        Measure {
            calls: part(m.calls),
            queue: part(m.queue),
            permissions: if agent.is_live() { m.permissions } else { 0 },
            memory: if agent.is_live() { m.memory.clamp(0, 100) } else { 0 },
            context: if agent.is_live() { m.context.clamp(0, 100) } else { 0 },
            ..m
        }
    }

    /// Memory in use, in per cent.
    pub(super) fn memory(&self, place: usize) -> i64 {
        self.measure(place).memory
    }

    fn drive_by_faults(&self, agent: &Agent, m: &mut Measure) {
        for broken in &agent.broken {
            let strength = broken.strength(self.now);
            let mut to = symptoms(broken.fault, agent);
            // Only the memory itself leaks from the first moment.
            if broken.fault == Fault::MemoryLeak && strength < 700 {
                to.p95 = 0;
            }
            // Trouble swings, as everything measured does.
            let swing = flicker(self.seed, 99, broken.fault as u64, self.now / SCRAPE_MS, 20);
            to.calls += to.calls * swing / 400;
            to.errors += to.errors * swing / 300;
            to.p95 += to.p95 * swing / 500;
            m.drive(to, strength);
        }
    }

    /// Whether the agent's parent has been drowning long enough for its children to wait for it.
    pub(super) fn parent_is_storming(&self, agent: &Agent) -> bool {
        let parent = agent.spec.parent.as_ref().and_then(|id| self.agents.iter().find(|a| a.spec.id == *id));
        let storms = |b: &Broken| {
            b.fault == Fault::RetryStorm && b.is_acting(self.now) && b.strength(self.now) == 1_000
        };
        parent.is_some_and(|parent| parent.run == Run::Running && parent.broken.iter().any(storms))
    }

    /// Every value that can be read of the agent in this place.
    pub(super) fn read_agent(&self, place: usize) -> BTreeMap<String, Text> {
        let agent = &self.agents[place];
        let settings = &agent.settings;
        let m = self.measure(place);
        let tenths = |n: i64| format!("{}.{}", n / 10, n % 10);
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let restricted = settings.restricted.as_ref();
        let granted = agent.broken.iter().filter(|broken| broken.is_present(self.now));
        let dangerous = granted.map(|broken| broken.fault.info().grants).find(|tool| !tool.is_empty());
        let mut values = vec![
            ("agent_status", agent.status()),
            ("replicas", agent.replicas()),
            ("model_level", format!("L{}", settings.level)),
            ("model", self.model_of(agent)),
            ("api_calls", m.calls.to_string()),
            ("task_queue", m.queue.to_string()),
            ("memory", m.memory.to_string()),
            ("context", m.context.to_string()),
            ("permissions", m.permissions.to_string()),
            ("version", settings.build.version.to_string()),
            ("config", settings.build.config.to_string()),
            ("rate_limit", settings.rate_limit.map_or("none".to_owned(), |limit| limit.to_string())),
            ("scope", restricted.map_or("full".to_owned(), |(scope, _)| scope.to_string())),
            ("pre_check", if restricted.is_some() { "on" } else { "off" }.to_owned()),
            ("timeout", restricted.map_or("none".to_owned(), |(_, seconds)| seconds.to_string())),
            ("dangerous_tools", dangerous.unwrap_or("none").to_owned()),
            ("healthy", agent.health(self.now)),
            ("started_at", self.time(agent.started).format("%H:%M:%S").to_string()),
            ("isolated", yes(agent.isolated)),
            ("evidence_stored", yes(agent.evidence)),
        ];
        let hundredths = |n: u64| format!("{}.{:02}", n / 100, n % 100);
        values.push(("uptime", hundredths(9_998_u64.saturating_sub(agent.down_ms(self.now) / 8_640))));
        values.push(("degradations", hundredths((agent.degraded_ms(self.now) / 8_640).min(10_000))));
        // An agent that takes no calls has no rates: no data, not zero.
        if agent.is_live() {
            values.push(("error_rate", tenths(m.errors.clamp(0, 1_000))));
            values.push(("p95", tenths(m.p95.max(0))));
            // People mind wrong answers more than late ones.
            let missed = m.errors.max(0) / 5 + (m.p95 - 20).max(0) / 4;
            values.push(("mean", tenths(m.p95.max(0) * 6 / 10)));
            values.push(("p99", tenths(m.p95.max(0) * 16 / 10)));
            // A call that fails once mostly passes the second time, unless most fail.
            values.push(("retry_success", (99 - m.errors.max(0) / 12).clamp(0, 100).to_string()));
            values.push(("satisfaction", (97 - missed).clamp(0, 100).to_string()));
        }
        values.into_iter().map(|(name, value)| (name.to_owned(), Text::line(&value))).collect()
    }

    /// The same, and of an agent with several replicas what each of them does, as `name@replica`.
    pub(super) fn probe_agent(&self, place: usize) -> BTreeMap<String, Text> {
        let mut values = self.read_agent(place);
        let agent = &self.agents[place];
        let replicas = agent.spec.replicas;
        let m = self.measure(place);
        for replica in (1..=replicas).filter(|_| replicas > 1) {
            let mut add =
                |name: &str, value: String| values.insert(format!("{name}@{replica}"), Text::line(&value));
            add("agent_status", agent.status_of(replica).to_owned());
            add("api_calls", agent.part_of(replica, m.calls).to_string());
            add("task_queue", agent.part_of(replica, m.queue).to_string());
        }
        values
    }

    fn model_of(&self, agent: &Agent) -> String {
        let level = usize::from(agent.settings.level);
        match (agent.spec.models.get(level), level) {
            (Some(model), _) => model.to_string(),
            (None, 3) => "cached answers".to_owned(),
            (None, 4..) => "friendly error".to_owned(),
            (None, _) => "none".to_owned(),
        }
    }

    /// Whether a vital of this agent is out of its range by what it does, not by what was done to it.
    pub(super) fn is_out_of_range(&self, place: usize) -> bool {
        let values = self.read_agent(place);
        VITALS
            .iter()
            .filter(|vital| !vital.is_history() && !matches!(vital.name, "agent_status" | "model_level"))
            .any(|vital| {
                values.get(vital.name).is_some_and(|value| vital.is_healthy(value.as_str()) == Some(false))
            })
    }
}
