//! How much each agent logged lately: what a leak is told with.
//!
//! Only counts are kept. What a line says may be what leaks, and does not go out to channels.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::incident::{LogBlock, Text, Time};

/// Lines of one agent that are told apart; more are "at least" so many.
pub const LINES_MAX: usize = 1_000;

/// Agents whose lines are counted at most.
const AGENTS_MAX: usize = 256;

/// When each agent logged, the newest last.
#[derive(Debug, Default)]
pub struct Logged(BTreeMap<Text, VecDeque<Time>>);

impl Logged {
    /// Takes note of lines.
    pub fn take(&mut self, blocks: &[Arc<LogBlock>]) {
        for block in blocks {
            // Of one agent alone, those before would be let go of.
            let is_one_s = (1..block.len()).all(|place| Arc::ptr_eq(block.agent(place), block.agent(0)));
            let skipped = if is_one_s { block.len().saturating_sub(LINES_MAX) } else { 0 };
            for place in skipped..block.len() {
                self.take_one(block, place);
            }
        }
    }

    fn take_one(&mut self, block: &LogBlock, place: usize) {
        let agent = block.agent(place).as_ref();
        if !self.0.contains_key(agent) {
            if self.0.len() >= AGENTS_MAX {
                return;
            }
            self.0.insert(agent.clone(), VecDeque::new());
        }
        let Some((of, at)) = self.0.get_mut(agent).zip(block.written(place)) else { return };
        of.push_back(at);
        if of.len() > LINES_MAX {
            of.pop_front();
        }
    }

    /// How many lines an agent logged since; none where its log is not followed here.
    pub fn since(&self, agent: &Text, since: Time) -> Option<u32> {
        let of = self.0.get(agent)?;
        u32::try_from(of.iter().filter(|at| **at >= since).count()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::LogLine;
    use crate::incident::story::time;

    #[test]
    fn lines_are_counted_since_a_moment_and_an_agent_without_a_log_has_no_count() {
        let line = |agent: &str, clock: &str| {
            LogLine::parse(Text::line(agent), Text::line("x"), 0, b"secret", time(clock))
        };
        let mut logged = Logged::default();
        let block = |lines: Vec<LogLine>| [Arc::new(LogBlock::from(lines))];
        logged.take(&block(vec![line("a", "12:00:00"), line("a", "12:00:05"), line("b", "12:00:09")]));
        for (agent, clock, count) in [
            ("a", "12:00:05", Some(1)),
            ("a", "11:00:00", Some(2)),
            ("b", "13:00:00", Some(0)),
            ("c", "11:00:00", None),
        ] {
            assert_eq!(logged.since(&agent.into(), time(clock)), count, "{agent} {clock}");
        }
        let flood: Vec<LogLine> = (0..5_000).map(|_| line("a", "12:01:00")).collect();
        logged.take(&block(flood));
        assert_eq!(logged.since(&"a".into(), time("11:00:00")), Some(1_000));
        assert!(!format!("{logged:?}").contains("secret"));
    }
}
