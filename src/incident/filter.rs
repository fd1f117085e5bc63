//! What a person types to see fewer log lines.
//!
//! Terms stand side by side and all must hold: words, `/expressions/`, `level>=warn`, `agent=prod-*`,
//! `kind=tool_call`; a leading `!` hides what the term would show. It is parsed at every key, so an
//! expression that is still open counts as closed by the end of the input.

use std::cmp::Ordering;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::glob::Glob;
use super::line::{Level, LineKind, LogLine};

/// A parsed filter; the default shows everything.
#[derive(Debug, Clone, Default)]
pub struct LineFilter {
    source: String,
    terms: Vec<Term>,
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
    Text(Regex),
    Level(Comparison, Level),
    Agent(Glob, bool),
    Kind(LineKind, bool),
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl LineFilter {
    /// Reads what the person typed.
    ///
    /// # Errors
    /// The first place at which it is no filter.
    pub fn parse(input: &str) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        let mut at = 0;
        while let Some(space) = input[at..].find(|c: char| !c.is_whitespace()) {
            at += space;
            let (term, end) = term(input, at)?;
            terms.push(term);
            at = end;
        }
        Ok(Self { source: input.to_owned(), terms })
    }

    /// Whether the filter shows this line.
    #[must_use]
    pub fn matches(&self, line: &LogLine) -> bool {
        self.terms.iter().all(|term| term.test.holds(line) != term.hides)
    }

    /// Whether every line is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What was typed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The byte ranges of `text` that the filter looks for, to be set off on the screen.
    #[must_use]
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let shown = self.terms.iter().filter(|term| !term.hides);
        let mut ranges: Vec<_> = shown
            .filter_map(|term| if let Test::Text(regex) = &term.test { Some(regex) } else { None })
            .flat_map(|regex| regex.find_iter(text.as_bytes()).map(|found| found.range()))
            // An expression may ask for bytes inside a character; the screen cannot show that.
            .filter(|r| !r.is_empty() && text.is_char_boundary(r.start) && text.is_char_boundary(r.end))
            .collect();
        ranges.sort_by_key(|range| range.start);
        ranges
    }
}

/// Filters are the same when the same was typed.
impl PartialEq for LineFilter {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for LineFilter {}

impl Test {
    fn holds(&self, line: &LogLine) -> bool {
        match self {
            // The raw line too: what is cut off or rendered otherwise can still be looked for.
            Self::Text(regex) => {
                regex.is_match(line.text.as_str().as_bytes()) || regex.is_match(line.bytes())
            }
            Self::Level(comparison, level) => comparison.holds(line.level, *level),
            Self::Agent(glob, is) => glob.matches(&line.agent.as_str().to_lowercase()) == *is,
            Self::Kind(kind, is) => line.is(*kind) == *is,
        }
    }
}

impl Comparison {
    /// The signs, longer ones first so that `>=` is not read as `>`.
    const SIGNS: [(&str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::IsNot),
        ("=", Self::Is),
        (">", Self::More),
        ("<", Self::Less),
    ];

    /// A line that states no level is neither above nor below any.
    fn holds(self, stated: Option<Level>, wanted: Level) -> bool {
        self.admits(stated.map(|level| level.cmp(&wanted)))
    }

    /// Whether it holds for a value that stands so to the wanted one; nothing for no value.
    #[must_use]
    pub fn admits(self, stands: Option<Ordering>) -> bool {
        match self {
            Self::Less => stands.is_some_and(Ordering::is_lt),
            Self::AtMost => stands.is_some_and(Ordering::is_le),
            Self::Is => stands.is_some_and(Ordering::is_eq),
            Self::IsNot => !stands.is_some_and(Ordering::is_eq),
            Self::AtLeast => stands.is_some_and(Ordering::is_ge),
            Self::More => stands.is_some_and(Ordering::is_gt),
        }
    }
}

/// Reads the term that begins at `at` and returns where it ends.
fn term(input: &str, at: usize) -> Result<(Term, usize), FilterError> {
    let hides = input[at..].starts_with('!');
    let begin = at + usize::from(hides);
    let rest = &input[begin..];
    let (test, end) = if rest.is_empty() || rest.starts_with(char::is_whitespace) {
        return Err(error(at, "! hides what follows it: write a word or /expression/ right after it"));
    } else if rest.starts_with('/') {
        expression(input, begin)?
    } else if rest.starts_with('"') {
        quoted(input, begin)?
    } else {
        let end = begin + rest.find(char::is_whitespace).unwrap_or(rest.len());
        (word(&input[begin..end], begin)?, end)
    };
    Ok((Term { hides, test }, end))
}

/// `/expression/`, with `\/` for a slash in it.
fn expression(input: &str, at: usize) -> Result<(Test, usize), FilterError> {
    let inside = at + 1;
    let (close, end) = close(input, inside, '/')?;
    let pattern = &input[inside..close];
    let regex =
        smart(pattern, has_capital(pattern)).map_err(|cause| bad_expression(pattern, inside, &cause))?;
    Ok((Test::Text(regex), end))
}

/// `"several words"`, taken as they stand.
fn quoted(input: &str, at: usize) -> Result<(Test, usize), FilterError> {
    let inside = at + 1;
    let (close, end) = close(input, inside, '"')?;
    Ok((literal(&input[inside..close], at)?, end))
}

/// Where the term opened by `mark` closes, and where the next may begin. What is still open closes
/// with the input.
///
/// # Errors
/// When something stands right behind the close.
pub fn close(input: &str, inside: usize, mark: char) -> Result<(usize, usize), FilterError> {
    let mut escaped = false;
    for (place, c) in input[inside..].char_indices() {
        let here = inside + place;
        if c == mark && !escaped {
            let end = here + 1;
            if input[end..].chars().next().is_none_or(char::is_whitespace) {
                return Ok((here, end));
            }
            let hint = format!(
                "a space is missing after {mark}; to look for the sign itself, put the word in \"...\""
            );
            return Err(error(end, &hint));
        }
        escaped = c == '\\' && mark == '/' && !escaped;
    }
    Ok((input.len(), input.len()))
}

/// A word, or one of the named tests.
fn word(word: &str, at: usize) -> Result<Test, FilterError> {
    let Some((name, comparison, value)) = comparison(word) else { return literal(word, at) };
    let value_at = at + word.len() - value.len();
    let same = match comparison {
        Comparison::Is => Some(true),
        Comparison::IsNot => Some(false),
        Comparison::Less | Comparison::AtMost | Comparison::AtLeast | Comparison::More => None,
    };
    match (name, same) {
        ("level", _) => match Level::from_word(value) {
            Some(level) => Ok(Test::Level(comparison, level)),
            None => Err(error(value_at, &format!("level is one of {}", list(Level::ALL.map(Level::word))))),
        },
        ("agent", Some(_)) if value.is_empty() => {
            Err(error(value_at, "agent is a name, with * for any run of characters"))
        }
        ("agent", Some(same)) => Ok(Test::Agent(Glob::new(&value.to_lowercase()), same)),
        ("kind", Some(same)) => match LineKind::from_word(value) {
            Some(kind) => Ok(Test::Kind(kind, same)),
            None => {
                Err(error(value_at, &format!("kind is one of {}", list(LineKind::ALL.map(LineKind::word)))))
            }
        },
        ("agent" | "kind", None) => {
            Err(error(at + name.len(), &format!("{name} has no order: write {name}=... or {name}!=...")))
        }
        // `status=500` is looked for as it stands: that is how fields are shown.
        _ => literal(word, at),
    }
}

/// Splits `level>=warn`.
#[must_use]
pub fn comparison(word: &str) -> Option<(&str, Comparison, &str)> {
    let sign = word.find(['=', '!', '<', '>'])?;
    let (text, comparison) =
        Comparison::SIGNS.into_iter().find(|(text, _)| word[sign..].starts_with(text))?;
    Some((&word[..sign], comparison, &word[sign + text.len()..]))
}

fn literal(text: &str, at: usize) -> Result<Test, FilterError> {
    let regex = smart(&regex::escape(text), text.chars().any(char::is_uppercase));
    regex.map(Test::Text).map_err(|_| error(at, "this is too long to look for"))
}

/// Small letters find capitals too; one capital makes the case count.
fn smart(pattern: &str, cased: bool) -> Result<Regex, regex::Error> {
    // Bounded: a person waits at the next key, and an expression can be built to take gigabytes.
    RegexBuilder::new(pattern).case_insensitive(!cased).size_limit(1 << 20).dfa_size_limit(4 << 20).build()
}

/// Whether an expression asks for a capital; the one in `\S` does not count.
#[must_use]
pub fn has_capital(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let counts = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        counts
    })
}

/// What is wrong with an expression that begins at `at`, and where. The regex crate draws a caret
/// under the place; here it becomes a number.
#[must_use]
pub fn bad_expression(pattern: &str, at: usize, cause: &regex::Error) -> FilterError {
    let text = cause.to_string();
    let caret = text.lines().find_map(|line| {
        let place = line.strip_prefix("    ")?.find('^')?;
        line.trim_matches([' ', '^']).is_empty().then_some(place)
    });
    let place = caret.and_then(|chars| pattern.char_indices().nth(chars)).map_or(0, |(place, _)| place);
    let message = text.lines().rev().find_map(|line| line.strip_prefix("error: "));
    let fallback = if matches!(cause, regex::Error::CompiledTooBig(_)) {
        "too large an expression"
    } else {
        "no expression"
    };
    error(at + place, message.unwrap_or(fallback))
}

fn list<const N: usize>(words: [&str; N]) -> String {
    words.join(", ")
}

fn error(at: usize, message: &str) -> FilterError {
    FilterError { at, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Text;
    use proptest::prelude::*;

    fn line(agent: &str, raw: &str) -> LogLine {
        LogLine::parse(
            Text::line(agent),
            Text::line("a.log"),
            0,
            raw.as_bytes(),
            chrono::DateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn all_terms_must_hold() {
        let error = line(
            "Prod-7",
            r#"{"level":"error","msg":"Refund failed","tool_call":{"name":"refund"},"status":500}"#,
        );
        let plain = line("lab", "no level here, a path /var/log");
        for (filter, shows_error, shows_plain) in [
            ("", true, true),
            ("   ", true, true),
            ("refund", true, false),
            ("Refund failed", true, false),
            ("REFUND", false, false),
            ("\"refund failed\"", true, false),
            ("\"failed refund\"", false, false),
            ("!refund", false, true),
            ("!/fail|path/", false, false),
            ("/fail(ed|ure)/", true, false),
            ("/fail", true, false),
            (r"/\/var\/log/", false, true),
            ("\"/var/log\"", false, true),
            (r"/\Srefund/", true, false),
            ("/(?-u:\\xff)|x{0}/", true, true),
            ("level>=warn", true, false),
            ("level<warn", false, false),
            ("level=error", true, false),
            ("level!=error", false, true),
            ("!level>=warn", false, true),
            ("level>error", false, false),
            ("level<=fatal level>debug", true, false),
            ("agent=prod-*", true, false),
            ("agent!=prod-*", false, true),
            ("kind=tool_call", true, false),
            ("kind=other", false, true),
            ("status=500", true, false),
            ("tool_call.name=refund", true, false),
            ("a=b!=c", false, false),
            ("refund !failed", false, false),
        ] {
            let parsed = LineFilter::parse(filter).expect(filter);
            assert_eq!(
                (parsed.matches(&error), parsed.matches(&plain)),
                (shows_error, shows_plain),
                "{filter}"
            );
        }
    }

    #[test]
    fn a_bad_filter_says_where() {
        for (filter, at, message) in [
            ("level>=loud", 7, "level is one of debug, info, warn, error, fatal"),
            ("ok level=", 9, "level is one of debug, info, warn, error, fatal"),
            ("kind=tol", 5, "kind is one of agent_decision, tool_call, permission_check, user_input, other"),
            ("kind>=tool_call", 4, "kind has no order: write kind=... or kind!=..."),
            ("agent=", 6, "agent is a name, with * for any run of characters"),
            ("x !", 2, "! hides what follows it: write a word or /expression/ right after it"),
            ("漢 /a(b/", 6, "unclosed group"),
            ("/漢字(/", 7, "unclosed group"),
            (
                "/var/log",
                5,
                "a space is missing after /; to look for the sign itself, put the word in \"...\"",
            ),
            (r"/\w{1000}{1000}/", 1, "too large an expression"),
        ] {
            assert_eq!(LineFilter::parse(filter).expect_err(filter), error(at, message), "{filter}");
        }
    }

    #[test]
    fn what_is_looked_for_is_set_off() {
        let filter = LineFilter::parse("/b+/ a !c level=info").expect("a filter");
        assert_eq!(filter.found_in("abbcA"), vec![0..1, 1..3, 4..5]);
    }

    proptest! {
        #[test]
        fn no_input_is_too_strange(input in any::<String>(), tame in "[a-z/!\"=<>\\\\ (*漢]{0,24}") {
            for input in [input, tame] {
                match LineFilter::parse(&input) {
                    Ok(filter) => prop_assert!(filter.matches(&line("a", &input)) || !filter.is_empty()),
                    Err(error) => prop_assert!(input.is_char_boundary(error.at), "{error:?}"),
                }
            }
        }
    }
}
