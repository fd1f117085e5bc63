//! One record of a log, read where it lies: its time, its level, its fields.
//!
//! A record is a line and what goes on it, such as a stack trace. Nothing is built: a filter asks
//! millions of records, and shows few. What is shown is `incident::LogLine`'s business, and the two
//! agree on what a line says.

use crate::incident::{Level, LineKind, Text};

pub mod json;
mod plain;
mod shape;
mod stamp;

pub use json::Value;
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
        match json::members(self.first) {
            Some(members) => json::find(members, path),
            None => plain::field(self.first, path),
        }
    }

    /// The time it states.
    #[must_use]
    pub fn time(&self, newest: Moment) -> Option<Moment> {
        match json::members(self.first) {
            Some(_) => self.best(&TIMES, |value| match value {
                Value::Text(_) => stamp::leading(&value.text(), newest).map(|(at, _)| at),
                Value::Word(_) => value.number().and_then(stamp::since_1970),
                Value::Nested(_) | Value::Plain(_) => None,
            }),
            None => plain::time(self.first, newest),
        }
    }

    /// How grave it says it is.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match json::members(self.first) {
            Some(_) => self.best(&LEVELS, |value| match value {
                Value::Text(raw) => plain::level_of(raw),
                Value::Word(raw) => Level::from_number(std::str::from_utf8(raw).ok()?.parse().ok()?),
                Value::Nested(_) | Value::Plain(_) => None,
            }),
            None => plain::level(self.first),
        }
    }

    /// Whether it carries a key field (A4); [`LineKind::Other`] when it carries none.
    #[must_use]
    pub fn carries(&self, kind: LineKind) -> bool {
        if kind == LineKind::Other {
            return !LineKind::ALL.iter().any(|kind| *kind != LineKind::Other && self.carries(*kind));
        }
        let word = kind.word().as_bytes();
        match json::members(self.first) {
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

    /// The first of several names whose value can be read.
    fn best<T>(&self, names: &[&[u8]], read: impl Fn(Value<'a>) -> Option<T>) -> Option<T> {
        let mut found = None;
        let mut upto = names.len();
        for (name, value) in json::members(self.first)? {
            let Some(place) = names[..upto].iter().position(|wanted| *wanted == name) else { continue };
            if let Some(value) = read(value) {
                found = Some(value);
                upto = place;
                if upto == 0 {
                    break;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::LogLine;
    use chrono::DateTime;
    use proptest::prelude::*;

    const NEWEST: Moment = Moment(1_800_000_000_000_000);

    fn line(raw: &[u8]) -> LogLine {
        LogLine::parse(Text::line("a"), Text::line("f"), 0, raw, DateTime::UNIX_EPOCH)
    }

    /// The screen and the filter read a line alike.
    fn agrees(raw: &[u8]) {
        let (record, line) = (Record::new(raw), line(raw));
        let shown = String::from_utf8_lossy(raw);
        assert_eq!(record.level(), line.level, "the level of {shown}");
        if line.at.is_some() {
            assert_eq!(record.time(NEWEST), line.at.map(Into::into), "the time of {shown}");
        }
        for kind in LineKind::ALL {
            assert_eq!(record.carries(kind), line.is(kind), "{kind} in {shown}");
        }
    }

    #[test]
    fn a4_a_record_says_what_its_line_on_the_screen_says() {
        for raw in [
            r#"{"ts":"2026-02-03T04:05:06Z","level":"warn","msg":"slow"}"#,
            r#"{"time":1770091506,"level":50,"message":"down","n":3}"#,
            r#"{"timestamp":1770091506000,"severity":"CRITICAL","msg":"x"}"#,
            r#"{"@timestamp":"2026-02-03 04:05:06,000","lvl":"dbg","event":"boot"}"#,
            r#"{"asctime":"2026-02-03 04:05:06,000","ts":"nonsense","levelname":"ERROR","level":"loud"}"#,
            r#"{"severity":"error","level":"info"}"#,
            r#"{"tool_call":{"name":"export","rows":9}}"#,
            r#"{"permission_check":"denied","user_input":""}"#,
            r#"{"event":"tool_call","user_input":null,"agent_decision":false}"#,
            r#"{}"#,
            "2026-02-03T04:05:06Z INFO ready",
            "2026-02-03 04:05:06,000 - app - ERROR - broke",
            "[2026-02-03T05:05:06.000+01:00] [warn] slow",
            "2026/02/03 04:05:06 listening",
            "time=2026-02-03T04:05:06Z level=error msg=\"no key\"",
            "level=\"warn\" tool_call=export agent_decision: refund not_user_input=3",
            "ERROR:root:bad",
            "warning: disk",
            "\x1b[31mFATAL\x1b[0m gone",
            "there was no error at all",
            "2026-13-45 99:99:99 not a time",
            "windows line\r",
            "",
        ] {
            agrees(raw.as_bytes());
        }
    }

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
        fn whatever_a_logger_writes_is_read_alike(
            time in prop_oneof![
                Just("\"2026-02-03T04:05:06.123456+02:00\"".to_owned()),
                (1_000_000_000_u64..2_000_000_000_000).prop_map(|n| n.to_string()),
                Just("null".to_owned()),
            ],
            time_name in prop_oneof![Just("ts"), Just("time"), Just("@timestamp"), Just("x")],
            level_name in prop_oneof![Just("level"), Just("severity"), Just("log.level")],
            level in prop_oneof![Just("\"WARN\"".to_owned()), Just("40".to_owned()), Just("[1]".to_owned())],
            text: String,
            kind in prop_oneof![Just("event"), Just("tool_call"), Just("type")],
        ) {
            let text = serde_json::Value::from(text).to_string();
            agrees(format!(r#"{{"{time_name}":{time},"a":{{"b":[{text}]}},"{level_name}":{level},"msg":{text},"{kind}":"tool_call"}}"#).as_bytes());
        }

        #[test]
        fn plain_text_is_read_alike(
            raw in "(2026-02-03[T ]04:05:06(Z|,123|)? )?(\\[|<)?(INFO|error|Warn|fatal|x)[:\\]= ]{0,2}[a-z =:_]{0,20}(level=warn|tool_call=1)?",
        ) {
            agrees(raw.as_bytes());
        }

        #[test]
        fn nothing_is_too_strange(raw in proptest::collection::vec(any::<u8>(), 0..120)) {
            let record = Record::new(&raw);
            let _ = (record.level(), record.time(NEWEST), record.carries(LineKind::Other), record.field(b"a"));
        }
    }
}
