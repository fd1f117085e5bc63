//! What a person types to see fewer records, asked of raw bytes at the speed of the disk.
//!
//! One language, in the Log pane, in the pager and on the command line: terms stand side by side and
//! all must hold. Words, `"several words"`, `/expressions/`, `level>=warn`, `agent=prod-*`, `kind=tool_call`,
//! `time>=14:05`, any field by its path (`tool_call.name=export*`, `status>=500`); a leading `!`
//! hides what the term would show. Small letters find capitals too; one capital makes the case
//! count. A record is looked at as a whole, stack trace and all; its fields are those of its first
//! line. Text is looked for as it stands in the file. It is parsed at every key, so what is still
//! open counts as closed by the end of the input.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use super::line::{Level, LineKind, LogLine};
use super::name::Time;
use super::record::{Moment, Reading, Record};
use super::{Glob, Text};

mod asked;
mod comparison;
mod plan;
mod typed;
pub mod when;

pub use comparison::Comparison;
pub use plan::{Anchor, Plan};

use asked::{Asked, InFile, Raw};

/// What can be typed, in a line below the prompt; the commonest first, since a narrow screen cuts it.
pub const FORMS: &str =
    "words  /expression/  level>=warn  agent=prod-*  kind=tool_call  !not  status>=500  time>=14:05";

/// A filter that is ready to be asked; the default shows everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    source: String,
    terms: Vec<Term>,
    plan: Plan,
}

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// The byte of the input at which it goes wrong.
    pub at: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

#[derive(Debug, Clone)]
struct Term {
    hides: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    /// The same bytes, whatever their case means.
    Literal(Finder<'static>),
    Expression {
        regex: Regex,
        pattern: String,
        cased: bool,
    },
    Level(Comparison, Level),
    Kind(LineKind, bool),
    Time(Comparison, Moment),
    Field(Field),
}

/// A test of a field by its path.
#[derive(Debug, Clone)]
struct Field {
    path: String,
    comparison: Comparison,
    wanted: String,
    glob: Glob,
    cased: bool,
    number: Option<f64>,
}

impl Filter {
    /// Reads what the person typed; `now` is what a time of day or `10m` is counted from.
    ///
    /// # Errors
    /// The first place at which it is no filter.
    pub fn parse(input: &str, now: Time) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        let mut at = 0;
        while let Some(space) = input[at..].find(|c: char| !c.is_whitespace()) {
            at += space;
            let (term, end) = typed::term(input, at, now)?;
            terms.push(term);
            at = end;
        }
        let plan = Plan::of(&terms);
        Ok(Self { source: input.to_owned(), terms, plan })
    }

    /// The same, of a time span only: records that state no time are in none.
    #[must_use]
    pub fn within(mut self, since: Option<Moment>, until: Option<Moment>) -> Self {
        let since = since.map(|since| Test::Time(Comparison::AtLeast, since));
        let until = until.map(|until| Test::Time(Comparison::Less, until));
        self.terms.extend(since.into_iter().chain(until).map(|test| Term { hides: false, test }));
        self.plan = Plan::of(&self.terms);
        self
    }

    /// What passes this one and the other.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.terms.extend_from_slice(&other.terms);
        self.plan = Plan::of(&self.terms);
        self
    }

    /// What was typed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether every record is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the filter shows this record.
    #[must_use]
    pub fn matches(&self, record: &Record<'_>, reading: &Reading) -> bool {
        self.holds(&InFile { record, reading })
    }

    /// The same, of a line that was read already: whose log it is, was settled then.
    #[must_use]
    pub fn shows(&self, line: &LogLine) -> bool {
        self.holds(line)
    }

    /// The same, of a line nobody read yet, whose agent is known.
    #[must_use]
    pub(super) fn shows_raw(&self, line: &[u8], agent: &Text, seen: Time) -> bool {
        self.holds(&Raw { record: &Record::new(line), agent, newest: Moment::from(seen) })
    }

    fn holds(&self, asked: &impl Asked) -> bool {
        self.terms.iter().all(|term| term.test.holds(asked) != term.hides)
    }

    /// How to find candidates without reading records.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The byte ranges of `text` that the filter looks for, to be set off on the screen.
    #[must_use]
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for term in self.terms.iter().filter(|term| !term.hides) {
            match &term.test {
                Test::Literal(finder) => ranges.extend(
                    finder.find_iter(text.as_bytes()).map(|place| place..place + finder.needle().len()),
                ),
                Test::Expression { regex, .. } => {
                    ranges.extend(regex.find_iter(text.as_bytes()).map(|found| found.range()));
                }
                Test::Level(..) | Test::Kind(..) | Test::Time(..) | Test::Field(_) => {}
            }
        }
        // An expression may ask for bytes inside a character; the screen cannot show that.
        ranges.retain(|r| !r.is_empty() && text.is_char_boundary(r.start) && text.is_char_boundary(r.end));
        ranges.sort_by_key(|range| range.start);
        ranges
    }
}

/// Filters are the same when the same was typed.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Filter {}

impl Test {
    fn holds(&self, asked: &impl Asked) -> bool {
        match self {
            Self::Literal(finder) => finder.find(asked.bytes()).is_some(),
            Self::Expression { regex, .. } => regex.is_match(asked.bytes()),
            Self::Level(comparison, level) => {
                comparison.admits(asked.level().map(|stated| stated.cmp(level)))
            }
            Self::Kind(kind, is) => asked.carries(*kind) == *is,
            Self::Time(comparison, moment) => {
                comparison.admits(asked.time().map(|stated| stated.cmp(moment)))
            }
            Self::Field(field) => field.holds(asked),
        }
    }
}

impl Field {
    fn holds(&self, asked: &impl Asked) -> bool {
        if self.path == "agent"
            && let Some(agent) = asked.agent()
        {
            return self.admits(&agent, None);
        }
        match asked.field(self.path.as_bytes()) {
            Some(value) => self.admits(&value.text(), value.number()),
            None => self.comparison.admits(None),
        }
    }

    fn admits(&self, text: &[u8], number: Option<f64>) -> bool {
        let by_number = match (number, self.number) {
            (Some(stated), Some(wanted)) => stated.partial_cmp(&wanted),
            (_, _) => None,
        };
        match self.comparison {
            Comparison::Is | Comparison::IsNot => {
                let is = by_number == Some(Ordering::Equal) || self.fits(text);
                is == (self.comparison == Comparison::Is)
            }
            Comparison::Less | Comparison::AtMost | Comparison::AtLeast | Comparison::More => {
                // A number is not compared with a word.
                let stands = match self.number {
                    Some(_) => by_number,
                    None => Some(text.cmp(self.wanted.as_bytes())),
                };
                self.comparison.admits(stands)
            }
        }
    }

    fn fits(&self, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        if self.cased { self.glob.matches(&text) } else { self.glob.matches(&text.to_lowercase()) }
    }
}

/// A filter's error as two lines: what was typed, and below it the place and what is wrong.
#[must_use]
pub fn pointed(input: &str, error: &FilterError) -> (Text, String) {
    use unicode_width::UnicodeWidthStr as _;
    let before = Text::line(input.get(..error.at).unwrap_or(input));
    (Text::line(input), format!("{}^ {}", " ".repeat(before.as_str().width()), error.message))
}

#[cfg(test)]
mod tests;
