//! What a log line looks like on a screen: the message and its fields, without the time and the
//! level, which have columns of their own.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{LineKind, Text};
use crate::incident::record::{
    Members, Moment, Record, Value, after_stamp, json, leading_stamp, level_member, time_member,
    without_colour,
};

/// Fields that say what happened, the best first.
const MESSAGES: [&[u8]; 3] = [b"msg", b"message", b"event"];

/// Objects in objects are opened up so deep; what lies deeper stays as it is written.
const DEPTH: usize = 8;

/// The line that is shown.
pub(super) fn text(record: &Record<'_>) -> Text {
    match record.members().and_then(fields) {
        Some(shown) => Text::line(&shown),
        None => Text::line(&plain(record.first())),
    }
}

/// `message name=value other.name=value`; nothing if the line is no whole object, or an empty one.
fn fields(members: Members<'_>) -> Option<String> {
    let mut rest = members.clone();
    let all: Vec<_> = rest.by_ref().collect();
    if !rest.is_whole() {
        return None;
    }
    let time = time_member(members.clone(), Moment(0)).map(|(name, _)| name);
    let level = level_member(members).map(|(name, _)| name);
    let message = MESSAGES
        .iter()
        .find_map(|name| all.iter().position(|(key, value)| key == name && matches!(value, Value::Text(_))));
    let mut shown = String::new();
    if let Some(place) = message {
        shown.push_str(&lossy(&all[place].1.text()).replace('\n', "\\n"));
    }
    let is_shown =
        |place: usize, name: &[u8]| Some(place) != message && Some(name) != time && Some(name) != level;
    // The key fields of A4 come right after the message, so that they are seen on a narrow screen.
    for keys in [true, false] {
        for (place, (name, value)) in all.iter().enumerate() {
            if is_key(name) == keys && is_shown(place, name) {
                field(&lossy(name), *value, DEPTH, &mut shown);
            }
        }
    }
    Some(shown).filter(|shown| !shown.is_empty())
}

fn is_key(name: &[u8]) -> bool {
    LineKind::FIELDS.iter().any(|kind| kind.word().as_bytes() == name)
}

fn field(name: &str, value: Value<'_>, depth: usize, shown: &mut String) {
    // What would be cut anyway is not rendered.
    if shown.len() > 4 * Text::LINE_MAX {
        return;
    }
    let mut put = |value: &str| {
        let gap = if shown.is_empty() { "" } else { " " };
        write!(shown, "{gap}{name}={value}").expect("writing to a string does not fail");
    };
    match value {
        Value::Word(b"null") => {}
        Value::Text(raw) => {
            let text = value.text();
            let text = lossy(&text);
            if is_bare(&text) { put(&text) } else { put(&format!("\"{}\"", lossy(raw))) }
        }
        Value::Nested(raw) => {
            let mut inner = json::members(raw).filter(|_| depth > 0).into_iter().flatten().peekable();
            if inner.peek().is_none() {
                return put(&lossy(raw));
            }
            for (key, value) in inner {
                field(&format!("{name}.{}", lossy(key)), value, depth - 1, shown);
            }
        }
        Value::Word(raw) | Value::Plain(raw) => put(&lossy(raw)),
    }
}

/// Whether a value reads well without quotes.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '=')
}

/// The line without its time and its colours: those carry no word, every other escape stays to be seen.
fn plain(line: &[u8]) -> String {
    let line = without_colour(line);
    let rest = match leading_stamp(&line, Moment(0)) {
        Some((_, took)) => after_stamp(&line, took),
        None => &line,
    };
    lossy(if rest.is_empty() { &line } else { rest }).into_owned()
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
