//! One record of a log, read where it lies: its time, its level, its fields.
//!
//! A record is a line and what goes on it, such as a stack trace. Nothing is built: a filter asks
//! millions of records, and shows few. [`LogLine`](super::LogLine) reads by it, and adds what is shown.

use super::Text;
use super::line::{Level, LineKind};

pub mod json;
mod plain;
mod shape;
mod stamp;

pub(in crate::incident) use plain::{after_stamp, stamp as leading_stamp, without_colour};

pub use json::{Members, Value};
pub use shape::Shape;
pub use stamp::Moment;

/// What must be known of a file to read its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What its lines look like.
    pub shape: Shape,
    /// No record is much newer than this: by it, times without a year get one.
    pub newest: Moment,
    /// Whose log it is, for records that do not say.
    pub agent: Text,
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    text: &'a [u8],
    first: &'a [u8],
}

const TIMES: [&[u8]; 5] = [b"ts", b"time", b"timestamp", b"@timestamp", b"asctime"];
const LEVELS: [&[u8]; 6] = [b"level", b"severity", b"lvl", b"log.level", b"levelname", b"severity_text"];
/// Fields whose value may name what the record is about.
const TOPICS: [&[u8]; 4] = [b"event", b"kind", b"type", b"event_type"];

impl<'a> Record<'a> {
    /// A record's lines, without the last line's end.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
        let first = &text[..end];
        Self { text, first: first.strip_suffix(b"\r").unwrap_or(first) }
    }

    /// All its lines.
    #[must_use]
    pub const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Its first line, which says the time, the level and the fields.
    #[must_use]
    pub const fn first(&self) -> &'a [u8] {
        self.first
    }

    /// The value at a path such as `tool_call.name`.
    #[must_use]
    pub fn field(&self, path: &[u8]) -> Option<Value<'a>> {
        match self.members() {
            Some(members) => json::find(members, path),
            None => plain::field(self.first, path),
        }
    }

    /// The time it states.
    #[must_use]
    pub fn time(&self, newest: Moment) -> Option<Moment> {
        match self.members() {
            Some(members) => time_member(members, newest).map(|(_, time)| time),
            None => plain::time(self.first, newest),
        }
    }

    /// How grave it says it is.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match self.members() {
            Some(members) => level_member(members).map(|(_, level)| level),
            None => plain::level(self.first),
        }
    }

    /// The members of the object that its first line is.
    #[must_use]
    pub fn members(&self) -> Option<Members<'a>> {
        json::members(self.first)
    }

    /// Whether it carries a key field (A4); [`LineKind::Other`] when it carries none.
    #[must_use]
    pub fn carries(&self, kind: LineKind) -> bool {
        if kind == LineKind::Other {
            return !LineKind::ALL.iter().any(|kind| *kind != LineKind::Other && self.carries(*kind));
        }
        let word = kind.word().as_bytes();
        match self.members() {
            Some(mut members) => members.any(|(name, value)| {
                if name == word {
                    !value.is_nothing()
                } else {
                    TOPICS.contains(&name) && value == Value::Text(word)
                }
            }),
            None => plain::carries(self.first, kind),
        }
    }
}

/// The member that states the time, by its name.
pub(super) fn time_member(members: Members<'_>, newest: Moment) -> Option<(&[u8], Moment)> {
    best(members, &TIMES, |value| match value {
        Value::Text(_) => stamp::leading(&value.text(), newest).map(|(at, _)| at),
        Value::Word(_) => value.number().and_then(stamp::since_1970),
        Value::Nested(_) | Value::Plain(_) => None,
    })
}

/// The member that states the level, by its name.
pub(super) fn level_member(members: Members<'_>) -> Option<(&[u8], Level)> {
    best(members, &LEVELS, |value| match value {
        Value::Text(raw) => plain::level_of(raw),
        Value::Word(raw) => Level::from_number(std::str::from_utf8(raw).ok()?.parse().ok()?),
        Value::Nested(_) | Value::Plain(_) => None,
    })
}

/// The first of several names whose value can be read.
fn best<'a, T>(
    members: Members<'a>,
    names: &[&[u8]],
    read: impl Fn(Value<'a>) -> Option<T>,
) -> Option<(&'a [u8], T)> {
    let mut found = None;
    let mut upto = names.len();
    for (name, value) in members {
        let Some(place) = names[..upto].iter().position(|wanted| *wanted == name) else { continue };
        if let Some(value) = read(value) {
            found = Some((name, value));
            upto = place;
            if upto == 0 {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEWEST: Moment = Moment(1_800_000_000_000_000);

    #[test]
    fn fields_are_found_in_json_and_in_pairs() {
        for (raw, path, value) in [
            (r#"{"tool_call":{"name":"export \"all\""}}"#, "tool_call.name", Some("export \"all\"")),
            ("t=1 msg=\"two words\" status=500, x", "msg", Some("two words")),
            ("t=1 msg=\"two words\" status=500, x", "status", Some("500")),
            ("t=1 last_status=500", "status", None),
            ("a.status=1 status=2", "status", Some("2")),
            ("status=", "status", Some("")),
            ("msg=\"open", "msg", Some("\"open")),
            ("first=1\nsecond=2", "second", None),
        ] {
            let found = Record::new(raw.as_bytes()).field(path.as_bytes());
            let found = found.map(|value| String::from_utf8_lossy(&value.text()).into_owned());
            assert_eq!(found.as_deref(), value, "{path} in {raw}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_strange(raw in proptest::collection::vec(any::<u8>(), 0..120)) {
            let record = Record::new(&raw);
            let _ = (record.level(), record.time(NEWEST), record.carries(LineKind::Other), record.field(b"a"));
        }
    }
}
