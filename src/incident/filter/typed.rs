//! Reads what a person typed into a filter: terms, and the place of what is wrong with one.

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::{Comparison, Field, FilterError, Glob, Level, LineKind, Term, Test, Time, when};

/// Reads the term that begins at `at` and returns where it ends.
pub(super) fn term(input: &str, at: usize, now: Time) -> Result<(Term, usize), FilterError> {
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
    let Some((name, sign, value)) = Comparison::split(word).filter(|(name, _, _)| is_path(name)) else {
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

/// Where the term opened by `mark` closes, and where the next may begin. What is still open closes
/// with the input.
///
/// # Errors
/// When something stands right behind the close.
fn close(input: &str, inside: usize, mark: char) -> Result<(usize, usize), FilterError> {
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

/// Whether an expression asks for a capital; the one in `\S` does not count.
fn has_capital(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let counts = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        counts
    })
}

/// What is wrong with an expression that begins at `at`, and where. The regex crate draws a caret
/// under the place; here it becomes a number.
fn bad_expression(pattern: &str, at: usize, cause: &regex::Error) -> FilterError {
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

pub(super) fn error(at: usize, message: &str) -> FilterError {
    FilterError { at, message: message.to_owned() }
}
