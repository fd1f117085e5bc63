//! What the world around the fleet says when an incident begins (C1, D11): deploys, dependencies by
//! E5's thresholds, drift from the reviewed configuration, and who can be paged first.

use chrono::TimeDelta;

use crate::incident::{AgentId, FirstCheck, Glance, Release, Text, Time, Topic};

use super::chance::flicker;
use super::fault::Fault;
use super::fleet::Fleet;

/// Days for which the fleet had run before the play began.
const RAN_DAYS: i64 = 3;

/// A system that the fleet depends on.
struct Dependency {
    name: &'static str,
    /// What it answers when it is well.
    answer: &'static str,
    /// In how many milliseconds.
    usual: i64,
    /// What takes it down, and what it says then.
    down: Option<(Fault, &'static str)>,
}

const DEPENDENCIES: &[Dependency] = &[
    Dependency {
        name: "llm provider",
        answer: "200",
        usual: 420,
        down: Some((Fault::LlmOutage, "it answers 503, not 200")),
    },
    Dependency { name: "vector store", answer: "SELECT 1 answered", usual: 38, down: None },
    Dependency { name: "session cache", answer: "PONG", usual: 2, down: None },
    Dependency { name: "tool gateway", answer: "200", usual: 95, down: None },
];

impl Fleet {
    /// What was put to run as an agent, the newest first.
    #[must_use]
    pub fn releases(&self, target: &str) -> Vec<Release> {
        let Some(place) = self.place(target) else { return Vec::new() };
        let agent = &self.agents[place];
        let since_then = agent.releases.iter().rev().map(|(at, words)| (self.time(*at), Text::line(words)));
        let spec = &agent.spec;
        let first = Text::line(&format!("version {} with configuration {}", spec.version, spec.config));
        let long_ago: Time = self.start - TimeDelta::days(RAN_DAYS);
        let all = since_then.chain([(long_ago, first)]);
        all.enumerate().map(|(index, (at, what))| Release { at: Some(at), what, runs: index == 0 }).collect()
    }

    /// What a commander asks first about these agents.
    #[must_use]
    pub fn first_checks(&self, agents: &[AgentId]) -> Vec<FirstCheck> {
        let dependencies = DEPENDENCIES.iter().enumerate().map(|(index, dependency)| {
            let Dependency { name, answer, usual, down } = dependency;
            let down = down.filter(|(fault, _)| self.faults().iter().any(|(_, is, _)| is == fault));
            let took = usual + flicker(self.seed, index as u64, 7, self.now, usual / 4);
            let (glance, found) = match down {
                Some((_, why)) => (Glance::Alarm, format!("DOWN: {why}")),
                None => (Glance::Quiet, format!("{answer} in {took} ms")),
            };
            check(Topic::Dependency, name, glance, &found)
        });
        let mut all: Vec<FirstCheck> = dependencies.collect();
        all.extend(agents.iter().filter_map(|agent| self.drift(agent)));
        let first = self.contacts.iter().filter(|contact| contact.person.level.is_some());
        all.extend(first.min_by_key(|contact| contact.person.level).map(|contact| {
            let person = &contact.person;
            let level = person.level.unwrap_or_default();
            let title = person.title.as_str();
            let title = if title.is_empty() { String::new() } else { format!(", {title}") };
            let found = format!("{}{title} at level {level}", person.name);
            check(Topic::OnCall, "who can be paged here", Glance::Quiet, &found)
        }));
        all
    }

    /// What runs beside what was reviewed (E6).
    fn drift(&self, id: &AgentId) -> Option<FirstCheck> {
        let agent = &self.agents[self.place(id.as_str())?];
        let (runs, reviewed) = (&agent.settings.build.config, &agent.spec.config);
        let (glance, found) = match runs == reviewed {
            true => (Glance::Quiet, format!("{runs} runs, as reviewed")),
            false => (Glance::Alarm, format!("DRIFT: {runs} runs, and {reviewed} is what was reviewed")),
        };
        Some(check(Topic::Drift, &format!("configuration of {id}"), glance, &found))
    }
}

fn check(topic: Topic, source: &str, glance: Glance, found: &str) -> FirstCheck {
    FirstCheck { topic, source: Text::line(source), glance, found: Text::line(found) }
}
