//! Log lines that are plain text: a leading time, a level word, `name=value` pairs.
//!
//! On bytes, and without building what is shown.

use std::borrow::Cow;

use super::json::Value;
use super::stamp::{self, Moment};
use crate::incident::{Level, LineKind};

/// How many words from the beginning a level may stand.
const LEVEL_WITHIN: usize = 6;
/// How many words from the beginning `level=` and `time=` may stand.
const PAIRS_WITHIN: usize = 12;

/// The time a line states.
pub(super) fn time(line: &[u8], newest: Moment) -> Option<Moment> {
    let line = &*without_colour(line);
    stamp(line, newest).map(|(at, _)| at).or_else(|| {
        pair(line, &[b"time", b"ts", b"timestamp"], |text| stamp::leading(text, newest).map(|(at, _)| at))
    })
}

/// How grave a line says it is.
pub(super) fn level(line: &[u8]) -> Option<Level> {
    let line = &*without_colour(line);
    let rest = stamp(line, Moment(0)).map_or(line, |(_, took)| after_stamp(line, took));
    pair(rest, &[b"level", b"lvl", b"severity"], level_of).or_else(|| leading_level(rest))
}

/// Whether a line carries a key field (A4): its name, and a sign behind it.
pub(super) fn carries(line: &[u8], kind: LineKind) -> bool {
    let word = kind.word().as_bytes();
    memchr::memmem::find_iter(line, word).any(|place| {
        let before = place.checked_sub(1).map(|at| line[at]);
        let after = line.get(place + word.len());
        matches!(after, Some(b'=' | b':')) && !before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// The value of the first `name=value`, with or without quotes.
pub(super) fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<Value<'a>> {
    let mut from = 0;
    while let Some(place) = memchr::memmem::find(&line[from..], name) {
        let (begin, end) = (from + place, from + place + name.len());
        from = begin + 1;
        let starts = begin.checked_sub(1).is_none_or(|at| !is_name(line[at]));
        if starts && line.get(end) == Some(&b'=') {
            return Some(value(&line[end + 1..]));
        }
    }
    None
}

/// Whether a line begins with `name=`.
pub(super) fn begins_with_pair(line: &[u8]) -> bool {
    let name = line.iter().take(64).take_while(|byte| is_name(**byte)).count();
    name > 0 && line.get(name) == Some(&b'=')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@')
}

fn value(rest: &[u8]) -> Value<'_> {
    if let Some(inside) = rest.strip_prefix(b"\"") {
        let mut at = 0;
        while let Some(place) = memchr::memchr2(b'"', b'\\', &inside[at..]) {
            at += place;
            if inside[at] == b'"' {
                return Value::Text(&inside[..at]);
            }
            at = (at + 2).min(inside.len());
        }
    }
    let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
    let value = &rest[..end];
    Value::Plain(value.strip_suffix(b",").or_else(|| value.strip_suffix(b";")).unwrap_or(value))
}

/// The time at the beginning, and the byte behind it; syslog's priority and a bracket may come first.
pub(in crate::incident) fn stamp(line: &[u8], newest: Moment) -> Option<(Moment, usize)> {
    let skipped = prefix(line);
    stamp::leading(&line[skipped..], newest).map(|(at, took)| (at, skipped + took))
}

/// Bytes before the time: `[`, or `<34>` and the version that may follow it.
pub(super) fn prefix(line: &[u8]) -> usize {
    match line.first() {
        Some(b'[') => 1,
        Some(b'<') => {
            let digits = line[1..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 || line.get(1 + digits) != Some(&b'>') {
                return 0;
            }
            let end = digits + 2;
            if line[end..].starts_with(b"1 ") { end + 2 } else { end }
        }
        _ => 0,
    }
}

/// The line without its leading time and the punctuation that closed it.
pub(in crate::incident) fn after_stamp(line: &[u8], took: usize) -> &[u8] {
    let rest = &line[took..];
    let gap = rest.iter().take_while(|byte| b"] \t:,-|".contains(byte)).count();
    &rest[gap..]
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

fn leading_level(rest: &[u8]) -> Option<Level> {
    words(rest).take(LEVEL_WITHIN).enumerate().find_map(|(place, word)| {
        let open = word.iter().take_while(|byte| b"[(<|".contains(byte)).count();
        let inner = &word[open..];
        let end = inner.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, tail) = inner.split_at(end);
        let level = level_of(name)?;
        let loud = name.iter().all(u8::is_ascii_uppercase);
        // In prose a level is just a word: "no error was found". Small letters need punctuation.
        let framed = place < 3 && (open > 0 || matches!(tail.first(), Some(b':' | b']' | b'|')));
        (is_whole(tail) && (loud || framed)).then_some(level)
    })
}

/// Whether a word ends where its letters do.
fn is_whole(tail: &[u8]) -> bool {
    match tail.first() {
        None => true,
        Some(byte) if byte.is_ascii() => !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=')),
        Some(_) => {
            let text = String::from_utf8_lossy(&tail[..tail.len().min(4)]);
            !text.starts_with(char::is_alphanumeric)
        }
    }
}

/// Whether a line begins with a level that is no word of a sentence: in capitals, or in brackets.
pub(super) fn begins_with_level(line: &[u8]) -> bool {
    let open = line.iter().take_while(|byte| b"[(<|".contains(byte)).count();
    let inner = &line[open..];
    let end = inner.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, tail) = inner.split_at(end);
    (open > 0 || name.iter().all(u8::is_ascii_uppercase)) && is_whole(tail) && level_of(name).is_some()
}

/// Whether a line begins as Kubernetes' own components write it: `I0203 04:05:06.789`.
pub(super) fn begins_with_klog(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'I' | b'W' | b'E' | b'F'))
        && line.get(1..6).is_some_and(|rest| rest[..4].iter().all(u8::is_ascii_digit) && rest[4] == b' ')
}

/// Reads a level by its name.
pub(super) fn level_of(word: &[u8]) -> Option<Level> {
    // Most words are no level, and can be told by their length and first letter.
    if !(3..=13).contains(&word.len()) || !b"tvdinwesfcapTVDINWESFCAP".contains(&word[0]) {
        return None;
    }
    Level::from_word(std::str::from_utf8(word).ok()?)
}

/// Reads the value of the first `name=value` among the first words.
fn pair<T>(rest: &[u8], names: &[&[u8]], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    words(rest).take(PAIRS_WITHIN).find_map(|word| {
        let sign = memchr::memchr(b'=', word)?;
        let quoted = |byte: &u8| *byte == b'"';
        names.contains(&&word[..sign]).then(|| {
            let value = &word[sign + 1..];
            let open = value.iter().take_while(|byte| quoted(byte)).count();
            let close = value[open..].iter().rev().take_while(|byte| quoted(byte)).count();
            read(&value[open..value.len() - close])
        })?
    })
}

/// Colour sequences are taken out, since they carry no word.
pub(in crate::incident) fn without_colour(line: &[u8]) -> Cow<'_, [u8]> {
    const OPEN: &[u8] = b"\x1b[";
    if memchr::memchr(0x1b, line).is_none() {
        return Cow::Borrowed(line);
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(place) = memchr::memmem::find(rest, OPEN) {
        let tail = &rest[place + OPEN.len()..];
        let end = tail.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if tail.get(end) == Some(&b'm') {
            out.extend_from_slice(&rest[..place]);
            rest = &tail[end + 1..];
        } else {
            out.extend_from_slice(&rest[..place + OPEN.len()]);
            rest = tail;
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}
