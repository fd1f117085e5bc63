//! Reads a log line that is plain text: a leading time, a level word, `name=value` pairs.

use std::borrow::Cow;

use super::{Found, Kinds, Level, LineKind, Text, stamp};

/// How many words from the beginning a level may stand.
const LEVEL_WITHIN: usize = 6;
/// How many words from the beginning `level=` and `time=` may stand.
const PAIRS_WITHIN: usize = 12;

/// Reads any line.
pub(super) fn read(line: &str) -> Found {
    let line = without_colour(line);
    let (at, rest) = match stamp::leading(line.strip_prefix('[').unwrap_or(&line)) {
        Some((at, took)) => (Some(at), after_stamp(&line, took)),
        None => (None, &*line),
    };
    Found {
        at: at.or_else(|| {
            pair(rest, &["time", "ts", "timestamp"], |text| stamp::leading(text).map(|(at, _)| at))
        }),
        level: pair(rest, &["level", "lvl", "severity"], Level::from_word).or_else(|| level(rest)),
        kinds: kinds(rest),
        text: Text::line(if rest.is_empty() { &line } else { rest }),
    }
}

/// The line without its leading time and the punctuation that closed it.
fn after_stamp(line: &str, took: usize) -> &str {
    let took = took + usize::from(line.starts_with('['));
    line[took..].trim_start_matches([']', ' ', '\t', ':', ',', '-', '|'])
}

fn level(rest: &str) -> Option<Level> {
    let words = rest.split_ascii_whitespace().take(LEVEL_WITHIN);
    words.enumerate().find_map(|(place, word)| {
        let inner = word.trim_start_matches(['[', '(', '<', '|']);
        let end = inner.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inner.len());
        let (name, tail) = inner.split_at(end);
        let level = Level::from_word(name)?;
        let loud = name.bytes().all(|b| b.is_ascii_uppercase());
        // In prose a level is just a word: "no error was found". Small letters need punctuation.
        let framed = place < 3 && (inner.len() < word.len() || tail.starts_with([':', ']', '|']));
        let whole = !tail.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '=');
        (whole && (loud || framed)).then_some(level)
    })
}

/// Reads the value of the first `name=value` among the first words.
fn pair<T>(rest: &str, names: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    rest.split_ascii_whitespace().take(PAIRS_WITHIN).find_map(|word| {
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then(|| read(value.trim_matches('"'))).flatten()
    })
}

fn kinds(rest: &str) -> Kinds {
    let mut kinds = Kinds::default();
    for kind in LineKind::FIELDS {
        let named = |(place, _): (usize, &str)| {
            let before = rest[..place].chars().next_back();
            let after = rest[place + kind.word().len()..].chars().next();
            matches!(after, Some('=' | ':')) && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        };
        if rest.match_indices(kind.word()).any(named) {
            kinds.add(kind);
        }
    }
    kinds
}

/// Colour sequences are taken out, since they carry no word; every other escape stays to be seen.
fn without_colour(line: &str) -> Cow<'_, str> {
    if !line.contains("\x1b[") {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(place) = rest.find("\x1b[") {
        let tail = &rest[place + 2..];
        let end = tail.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        match end.filter(|end| tail[*end..].starts_with('m')) {
            Some(end) => {
                out.push_str(&rest[..place]);
                rest = &tail[end + 1..];
            }
            None => {
                out.push_str(&rest[..place + 2]);
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}
