//! What agents log: small stories of a few lines that share a trace, by kind of agent and by fault.

mod broken;
mod daily;
mod words;

use crate::incident::Time;

use super::agent::Agent;
use super::chance::Chance;
use super::line::LineWriter;

/// One line of a story.
#[derive(Debug)]
struct Step {
    level: &'static str,
    /// The key field (A4): `agent_decision`, `tool_call`, `permission_check`, `user_input`; else `event`.
    key: &'static str,
    /// The key field's value.
    value: &'static str,
    /// Further fields, with their values.
    fields: &'static [(&'static str, &'static str)],
    msg: &'static str,
}

/// A story. In its texts, `{order}` and the like stand for words that stay the same to its end.
type Story = &'static [Step];

const fn step(
    level: &'static str,
    key: &'static str,
    value: &'static str,
    fields: &'static [(&'static str, &'static str)],
    msg: &'static str,
) -> Step {
    Step { level, key, value, fields, msg }
}

const fn decision(value: &'static str, msg: &'static str) -> Step {
    step("info", "agent_decision", value, &[], msg)
}

const fn tool(
    value: &'static str,
    fields: &'static [(&'static str, &'static str)],
    msg: &'static str,
) -> Step {
    step("info", "tool_call", value, fields, msg)
}

const fn allowed(fields: &'static [(&'static str, &'static str)], msg: &'static str) -> Step {
    step("info", "permission_check", "allowed", fields, msg)
}

const fn asked(value: &'static str, msg: &'static str) -> Step {
    step("info", "user_input", value, &[], msg)
}

/// A story that an agent is in the middle of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    story: Story,
    next: usize,
    /// What the story's words are chosen by.
    seed: u64,
}

impl Telling {
    /// A story for `agent` to begin with now.
    pub(super) fn begin(agent: &mut Agent, now: u64, noise_percent: u8) -> Self {
        let faulty = agent.loudest(now).map(|broken| (broken.fault, broken.strength(now)));
        let restricted = agent.settings.restricted.is_some();
        let level = agent.settings.level;
        let kind = agent.spec.kind;
        let chance = &mut agent.chance;
        let stories: &[Story] = match faulty {
            Some((fault, strength)) if chance.percent((strength as u64 / 12).min(80)) => {
                broken::stories(fault, restricted, level)
            }
            Some(_) | None if chance.percent(u64::from(noise_percent)) => daily::WARNINGS,
            Some(_) | None => daily::stories(kind),
        };
        Self { story: chance.pick(stories), next: 0, seed: chance.next() }
    }

    /// Writes the next line; says whether it reports an API call.
    pub(super) fn write(&mut self, agent: &Agent, at: Time, replica: u8) -> (String, bool) {
        let step = &self.story[self.next.min(self.story.len() - 1)];
        self.next += 1;
        let fill = |text: &str| words::fill(text, self.seed);
        let mut line = LineWriter::new(at, step.level, &agent.spec.id).field(step.key, &fill(step.value));
        for (name, value) in step.fields {
            line = line.field(name, &fill(value));
        }
        let trace = Chance::new(self.seed, 0).next();
        line = line.field("msg", &fill(step.msg)).field("trace_id", &format!("{trace:016x}"));
        if agent.spec.replicas > 1 {
            line = line.field("replica", &replica.to_string());
        }
        (line.finish(), step.key == "tool_call")
    }

    /// Whether nothing is left to tell.
    pub(super) fn is_over(&self) -> bool {
        self.next >= self.story.len()
    }

    /// The replica that tells it, of so many: one story is told by one replica.
    pub(super) fn replica(&self, replicas: u8) -> u8 {
        1 + (self.seed % u64::from(replicas.max(1))) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fault::FAULTS;
    use crate::sim::scenario::Kind;

    #[test]
    fn every_story_names_only_words_that_can_be_filled_in_and_key_fields_that_exist() {
        let kinds =
            [Kind::Support, Kind::Planner, Kind::Research, Kind::Writer, Kind::Trading, Kind::Medical];
        let mut all: Vec<Story> = daily::WARNINGS.to_vec();
        all.extend(kinds.iter().flat_map(|kind| daily::stories(*kind)));
        for info in FAULTS {
            for (restricted, level) in [(false, 0), (true, 0), (false, 1)] {
                all.extend(broken::stories(info.fault, restricted, level));
            }
        }
        for step in all.into_iter().flatten() {
            let keys = ["agent_decision", "tool_call", "permission_check", "user_input", "event"];
            assert!(keys.contains(&step.key), "{step:?}");
            let texts = step.fields.iter().map(|(_, value)| *value).chain([step.value, step.msg]);
            for text in texts {
                let filled = words::fill(text, 7);
                assert!(!filled.contains(['{', '}']), "{text} became {filled}");
            }
        }
    }
}
