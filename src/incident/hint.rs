//! What a line of a log may hint at: known patterns of trouble (B2, B5, E4).
//!
//! The patterns are data. A hint is counted and shown as one, never as a conclusion: what is written
//! first in a log need not be the cause (D5).

use std::sync::OnceLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

/// One pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// Its name: `rate-limit`.
    pub name: String,
    /// What it may mean.
    pub about: String,
    /// Where the playbook speaks of it: `B2`.
    pub row: String,
    /// The expression.
    pub pattern: String,
}

impl Hint {
    /// Whether it can be used.
    ///
    /// # Errors
    /// In words: what is wrong with the expression.
    pub fn check(&self) -> Result<(), String> {
        let set = build(std::slice::from_ref(&self.pattern)).map_err(|error| {
            let words = error.to_string();
            words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        let everywhere = || "the expression fits where nothing is, which is everywhere".to_owned();
        if set.is_match(b"") { Err(everywhere()) } else { Ok(()) }
    }
}

fn build(patterns: &[String]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).case_insensitive(true).unicode(false).size_limit(16 << 20).build()
}

/// Which hints a line gives, by their places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given(u32);

impl Given {
    /// As a number, for whoever keeps many.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// From such a number.
    #[must_use]
    pub const fn of(bits: u32) -> Self {
        Self(bits)
    }

    /// The places.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..u32::BITS as usize).filter(move |place| self.0 & (1 << place) != 0)
    }
}

/// All patterns.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    all: Vec<Hint>,
    /// Built when the first line comes: whoever opens no log needs none.
    set: OnceLock<Option<RegexSet>>,
}

impl Hints {
    /// As many as fit into [`Given`].
    pub const MOST: usize = u32::BITS as usize;

    /// Of these patterns, the first [`Hints::MOST`].
    #[must_use]
    pub fn new(mut all: Vec<Hint>) -> Self {
        all.truncate(Self::MOST);
        Self { all, set: OnceLock::new() }
    }

    /// The patterns.
    #[must_use]
    pub fn all(&self) -> &[Hint] {
        &self.all
    }

    /// What a line hints at. Only its beginning is looked at: a longer one carries somebody's data.
    #[must_use]
    pub fn given_by(&self, line: &[u8]) -> Given {
        const LOOK: usize = 2 * 1024;
        let build = || {
            let patterns: Vec<String> = self.all.iter().map(|hint| hint.pattern.clone()).collect();
            build(&patterns).ok()
        };
        let Some(set) = self.set.get_or_init(build) else { return Given::default() };
        let line = &line[..line.len().min(LOOK)];
        if !set.is_match(line) {
            return Given::default();
        }
        Given(set.matches(line).iter().fold(0, |bits, place| bits | 1 << place))
    }
}

/// How often each hint was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<u64>);

impl Tally {
    /// Counts a line's.
    pub fn add(&mut self, given: Given) {
        for place in given.places() {
            if self.0.len() <= place {
                self.0.resize(place + 1, 0);
            }
            self.0[place] += 1;
        }
    }

    /// Counts a line's no more.
    pub fn remove(&mut self, given: Given) {
        for place in given.places() {
            if let Some(count) = self.0.get_mut(place) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// `rate-limit 12, time-out 3`, the most frequent first; nothing when there is none.
    #[must_use]
    pub fn words(&self, hints: &Hints) -> String {
        let counted = self.0.iter().zip(hints.all()).filter(|(count, _)| **count > 0);
        let mut counted: Vec<_> = counted.map(|(count, hint)| (*count, hint.name.as_str())).collect();
        counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        counted.iter().map(|(count, name)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(name: &str, pattern: &str) -> Hint {
        let text = |text: &str| text.to_owned();
        Hint { name: text(name), about: String::new(), row: text("B2"), pattern: text(pattern) }
    }

    #[test]
    fn b2_hints_are_counted_and_lines_that_go_are_not() {
        let hints = Hints::new(vec![hint("slow", "slow"), hint("red", "red|crimson")]);
        let mut tally = Tally::default();
        for line in ["it is SLOW", "crimson and slow", "nothing", "red"] {
            tally.add(hints.given_by(line.as_bytes()));
        }
        tally.add(hints.given_by(b"red"));
        assert_eq!((tally.words(&hints).as_str(), tally.total()), ("red 3, slow 2", 5));
        tally.remove(hints.given_by(b"crimson and slow"));
        assert_eq!(tally.words(&hints), "red 2, slow 1");
        assert_eq!(Tally::default().words(&hints), "");
    }

    #[test]
    fn what_cannot_be_used_says_why_and_gives_no_hint() {
        assert_eq!(hint("x", "(").check(), Err("unclosed group".to_owned()));
        assert!(hint("x", "a*").check().is_err());
        assert_eq!(hint("x", "a+").check(), Ok(()));
        assert_eq!(Hints::new(vec![hint("x", "(")]).given_by(b"("), Given::default());
        let many = (0..40).map(|n| hint(&format!("h{n}"), "x")).collect();
        assert_eq!(Hints::new(many).given_by(b"x").places().count(), Hints::MOST);
    }
}
