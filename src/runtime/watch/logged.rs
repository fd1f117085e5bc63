//! How much each agent logged lately: what a leak is told with.
//!
//! Only counts are told. What a line says may be what leaks, and does not go out to channels.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::incident::{LogBlock, Text, Time};

/// Lines of one agent that are told apart; more are "at least" so many.
pub const LINES_MAX: usize = 1_000;

/// Agents whose lines are counted at most.
const AGENTS_MAX: usize = 256;

/// Bytes of lines whose times nobody has read yet, at most: a flood costs less than that, for of one
/// agent's lines only the newest are kept.
const UNREAD_MAX: usize = 4 * 1024 * 1024;

/// When each agent logged.
#[derive(Default)]
pub struct Logged {
    agents: BTreeMap<Text, Lately>,
    /// What the lines take whose times are not read.
    unread: usize,
}

/// When one agent logged, the newest last. In a flood nobody asks for most lines before they are too
/// old to count, so the times of the newest are not read before somebody asks.
#[derive(Default)]
struct Lately {
    read: VecDeque<Time>,
    unread: VecDeque<Arc<LogBlock>>,
    /// Lines of `unread`.
    lines: usize,
}

impl Logged {
    /// Takes note of lines.
    pub fn take(&mut self, blocks: &[Arc<LogBlock>]) {
        for block in blocks {
            match block.one_agent() {
                Some(agent) => {
                    let Some(of) = self.of(agent) else { continue };
                    let change = of.put_off(block);
                    self.unread = self.unread.saturating_add_signed(change);
                }
                None => (0..block.len()).for_each(|place| self.take_one(block, place)),
            }
        }
        if self.unread > UNREAD_MAX {
            self.agents.values_mut().for_each(Lately::read);
            self.unread = 0;
        }
    }

    fn take_one(&mut self, block: &LogBlock, place: usize) {
        if let Some((of, at)) = self.of(block.agent(place)).zip(block.written(place)) {
            let freed: usize = of.unread.iter().map(|block| block.weight()).sum();
            of.read();
            of.push(at);
            self.unread = self.unread.saturating_sub(freed);
        }
    }

    /// What is known of an agent; none, where that is one too many.
    fn of(&mut self, agent: &Text) -> Option<&mut Lately> {
        if !self.agents.contains_key(agent) {
            if self.agents.len() >= AGENTS_MAX {
                return None;
            }
            self.agents.insert(agent.clone(), Lately::default());
        }
        self.agents.get_mut(agent)
    }

    /// How many lines an agent logged since; none where its log is not followed here.
    pub fn since(&self, agent: &Text, since: Time) -> Option<u32> {
        let of = self.agents.get(agent)?;
        let unread = of.unread();
        let left = LINES_MAX.saturating_sub(unread.len());
        let read = of.read.iter().rev().take(left).copied();
        u32::try_from(read.chain(unread).filter(|at| *at >= since).count()).ok()
    }
}

/// Whose lines, and how many: not what they say.
impl fmt::Debug for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.agents.iter().map(|(agent, of)| (agent, of.read.len() + of.lines));
        f.debug_map().entries(counts).finish()
    }
}

impl Lately {
    /// Keeps lines to be read when somebody asks: by how many bytes what is not read grew.
    fn put_off(&mut self, block: &Arc<LogBlock>) -> isize {
        let weight = |block: &LogBlock| isize::try_from(block.weight()).unwrap_or(isize::MAX);
        let mut change = weight(block);
        self.lines += block.len();
        self.unread.push_back(block.clone());
        // Those before would be let go of.
        while let Some(oldest) = self.unread.front()
            && self.lines - oldest.len() >= LINES_MAX
        {
            change -= weight(oldest);
            self.lines -= oldest.len();
            self.unread.pop_front();
            self.read.clear();
        }
        change
    }

    /// The times of the newest lines that are not read.
    fn unread(&self) -> Vec<Time> {
        let lines = self.unread.iter().flat_map(|block| (0..block.len()).map(move |place| (block, place)));
        let skipped = self.lines.saturating_sub(LINES_MAX);
        lines.skip(skipped).filter_map(|(block, place)| block.written(place)).collect()
    }

    /// Reads them, and lets go of their lines.
    fn read(&mut self) {
        let unread = self.unread();
        self.unread.clear();
        self.lines = 0;
        unread.into_iter().for_each(|at| self.push(at));
    }

    fn push(&mut self, at: Time) {
        self.read.push_back(at);
        if self.read.len() > LINES_MAX {
            self.read.pop_front();
        }
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

    #[test]
    fn lines_whose_times_are_read_late_or_never_count_like_those_read_at_once() {
        let line = |agent: &str, second: usize, text: &str| {
            let at = time("12:00:00") + chrono::TimeDelta::seconds(second as i64);
            LogLine::parse(Text::line(agent), Text::line("x"), 0, text.as_bytes(), at)
        };
        let long = "x".repeat(4_000);
        let (mut logged, mut counts) = (Logged::default(), BTreeMap::<&str, VecDeque<usize>>::new());
        for round in 1..60 {
            let agent = ["a", "b", "c"][round % 3];
            let lines: Vec<usize> = (0..round * 7).map(|place| round * 10 + place).collect();
            let text = if round % 5 == 0 { &long } else { "short" };
            let block = lines.iter().map(|second| line(agent, *second, text)).collect::<Vec<_>>();
            logged.take(&[Arc::new(LogBlock::from(block))]);
            let of = counts.entry(agent).or_default();
            of.extend(lines);
            of.drain(..of.len().saturating_sub(LINES_MAX));
            assert!(logged.unread <= UNREAD_MAX);
            let held = logged.agents.values().flat_map(|of| &of.unread).map(|block| block.weight());
            assert_eq!(logged.unread, held.sum::<usize>());
            for (agent, of) in &counts {
                for since in [0, 300, 900] {
                    let wanted = of.iter().filter(|second| **second >= since).count();
                    let since = time("12:00:00") + chrono::TimeDelta::seconds(since as i64);
                    assert_eq!(logged.since(&(*agent).into(), since), Some(wanted as u32), "{round} {agent}");
                }
            }
        }
    }
}
