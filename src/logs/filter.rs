//! What a person types to see fewer records, asked of raw bytes at the speed of the disk.
//!
//! The language of `incident::LineFilter`, and more: terms stand side by side and all must hold.
//! Words, `"several words"`, `/expressions/`, `level>=warn`, `agent=prod-*`, `kind=tool_call`,
//! `time>=14:05`, any field by its path (`tool_call.name=export*`, `status>=500`); a leading `!`
//! hides what the term would show. Small letters find capitals too; one capital makes the case
//! count. A record is looked at as a whole, stack trace and all; its fields are those of its first
//! line. Text is looked for as it stands in the file.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::record::{Moment, Reading, Record};
use crate::incident::filter::{Comparison, bad_expression, close, comparison, has_capital};
use crate::incident::{FilterError, Glob, Level, LineKind, Text, Time};

mod plan;
pub mod when;

pub(super) use plan::{Anchor, Plan};

/// A filter that is ready to be asked; the default shows everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    source: String,
    terms: Vec<Term>,
    plan: Plan,
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
            let (term, end) = term(input, at, now)?;
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
        self.terms.iter().all(|term| term.test.holds(record, reading) != term.hides)
    }

    /// How to find candidates without reading records.
    pub(super) const fn plan(&self) -> &Plan {
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

impl Test {
    fn holds(&self, record: &Record<'_>, reading: &Reading) -> bool {
        match self {
            Self::Literal(finder) => finder.find(record.text()).is_some(),
            Self::Expression { regex, .. } => regex.is_match(record.text()),
            Self::Level(comparison, level) => {
                comparison.admits(record.level().map(|stated| stated.cmp(level)))
            }
            Self::Kind(kind, is) => record.carries(*kind) == *is,
            Self::Time(comparison, moment) => {
                comparison.admits(record.time(reading.newest).map(|stated| stated.cmp(moment)))
            }
            Self::Field(field) => field.holds(record, reading),
        }
    }
}

impl Field {
    fn holds(&self, record: &Record<'_>, reading: &Reading) -> bool {
        match record.field(self.path.as_bytes()) {
            Some(value) => self.admits(&value.text(), value.number()),
            // A record that names no agent is its source's.
            None if self.path == "agent" && !reading.agent.is_blank() => {
                self.admits(reading.agent.as_str().as_bytes(), None)
            }
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

/// Reads the term that begins at `at` and returns where it ends.
fn term(input: &str, at: usize, now: Time) -> Result<(Term, usize), FilterError> {
    let hides = input[at..].starts_with('!');
    let begin = at + usize::from(hides);
    let rest = &input[begin..];
    let (test, end) = if rest.is_empty() || rest.starts_with(char::is_whitespace) {
        return Err(error(at, "! hides what follows it: write a word or /expression/ right after it"));
    } else if rest.starts_with('/') {
        let (inside, end) = close(input, begin + 1, '/')?;
        (expression(&input[begin + 1..inside], begin + 1)?, end)
    } else if rest.starts_with('"') {
        let (inside, end) = close(input, begin + 1, '"')?;
        (literal(&input[begin + 1..inside], begin)?, end)
    } else {
        word(input, begin, now)?
    };
    Ok((Term { hides, test }, end))
}

/// A word, or a test of a field; its value may stand in quotes.
fn word(input: &str, begin: usize, now: Time) -> Result<(Test, usize), FilterError> {
    let rest = &input[begin..];
    let end = begin + rest.find(char::is_whitespace).unwrap_or(rest.len());
    let word = &input[begin..end];
    let Some((name, sign, value)) = comparison(word).filter(|(name, _, _)| is_path(name)) else {
        return Ok((literal(word, begin)?, end));
    };
    let value_at = end - value.len();
    if value.starts_with('"') {
        let (inside, end) = close(input, value_at + 1, '"')?;
        let value = &input[value_at + 1..inside];
        return Ok((field(name, sign, value, value_at + 1, begin, now)?, end));
    }
    Ok((field(name, sign, value, value_at, begin, now)?, end))
}

/// Whether a field can be called so: otherwise the word is looked for as it stands.
fn is_path(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@'))
}

fn field(
    name: &str,
    comparison: Comparison,
    value: &str,
    value_at: usize,
    at: usize,
    now: Time,
) -> Result<Test, FilterError> {
    let same = match comparison {
        Comparison::Is => Some(true),
        Comparison::IsNot => Some(false),
        Comparison::Less | Comparison::AtMost | Comparison::AtLeast | Comparison::More => None,
    };
    match (name, same) {
        ("level", _) => match Level::from_word(value) {
            Some(level) => Ok(Test::Level(comparison, level)),
            None => {
                Err(error(value_at, &format!("level is one of {}", Level::ALL.map(Level::word).join(", "))))
            }
        },
        ("kind", Some(same)) => match LineKind::from_word(value) {
            Some(kind) => Ok(Test::Kind(kind, same)),
            None => {
                let kinds = LineKind::ALL.map(LineKind::word).join(", ");
                Err(error(value_at, &format!("kind is one of {kinds}")))
            }
        },
        ("time", _) => match when::read(value, now) {
            Some(moment) => Ok(Test::Time(comparison, moment)),
            None => Err(error(value_at, when::FORMS)),
        },
        ("agent" | "kind", None) => {
            Err(error(at + name.len(), &format!("{name} has no order: write {name}=... or {name}!=...")))
        }
        ("agent", Some(_)) if value.is_empty() => {
            Err(error(value_at, "agent is a name, with * for any run of characters"))
        }
        (_, None) if value.is_empty() => {
            Err(error(value_at, "a number or a word is missing to compare with"))
        }
        (_, _) => {
            // An agent is one name however it is written.
            let cased = name != "agent" && value.chars().any(char::is_uppercase);
            let glob = if cased { Glob::new(value) } else { Glob::new(&value.to_lowercase()) };
            let number = value.parse().ok().filter(|number: &f64| number.is_finite());
            Ok(Test::Field(Field {
                path: name.to_owned(),
                comparison,
                wanted: value.to_owned(),
                glob,
                cased,
                number,
            }))
        }
    }
}

fn literal(text: &str, at: usize) -> Result<Test, FilterError> {
    let caseless = |c: char| c.to_lowercase().eq(c.to_uppercase());
    let cased = text.chars().any(char::is_uppercase);
    if text.is_empty() || cased || text.chars().all(caseless) {
        return Ok(Test::Literal(Finder::new(text.as_bytes()).into_owned()));
    }
    let pattern = regex::escape(text);
    let regex = build(&pattern, cased).map_err(|_| error(at, "this is too long to look for"))?;
    Ok(Test::Expression { regex, pattern, cased })
}

/// `/expression/`, with `\/` for a slash in it.
fn expression(pattern: &str, at: usize) -> Result<Test, FilterError> {
    let cased = has_capital(pattern);
    let regex = build(pattern, cased).map_err(|cause| bad_expression(pattern, at, &cause))?;
    Ok(Test::Expression { regex, pattern: pattern.to_owned(), cased })
}

/// `^` and `$` are the ends of every line of a record.
fn build(pattern: &str, cased: bool) -> Result<Regex, regex::Error> {
    // Bounded: a person waits at the next key, and an expression can be built to take gigabytes.
    RegexBuilder::new(pattern)
        .case_insensitive(!cased)
        .multi_line(true)
        .crlf(true)
        .size_limit(1 << 20)
        .dfa_size_limit(4 << 20)
        .build()
}

fn error(at: usize, message: &str) -> FilterError {
    FilterError { at, message: message.to_owned() }
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
