//! Reads a log line that is a JSON object.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{Found, Kinds, Level, LineKind, Text, stamp};

const TIMES: &[&str] = &["ts", "time", "timestamp", "@timestamp", "asctime"];
const LEVELS: &[&str] = &["level", "severity", "lvl", "log.level", "levelname", "severity_text"];
const MESSAGES: &[&str] = &["msg", "message", "event"];
/// Fields whose value may name what the line is about.
const TOPICS: &[&str] = &["event", "kind", "type", "event_type"];

/// Reads `line` if it is one JSON object.
pub(super) fn read(line: &str) -> Option<Found> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Fields(mut fields) = serde_json::from_str(line).ok()?;
    let kinds = kinds(&fields);
    let at = take(&mut fields, TIMES, time);
    let level = take(&mut fields, LEVELS, level);
    let message = take(&mut fields, MESSAGES, |value| value.as_str().map(|text| text.replace('\n', "\\n")));
    let mut shown = Shown(message.unwrap_or_default());
    for (name, value) in key_fields_first(&fields) {
        shown.field(name, value);
    }
    let text = Text::line(if shown.0.is_empty() { line } else { &shown.0 });
    Some(Found { at, level, kinds, text })
}

/// Removes and reads the first of `names` whose value can be read; the others stay to be shown.
fn take<T>(
    fields: &mut Vec<(String, Value)>,
    names: &[&str],
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| {
        let (place, found) = fields.iter().enumerate().find_map(|(place, (key, value))| {
            (key == name).then(|| read(value)).flatten().map(|found| (place, found))
        })?;
        fields.remove(place);
        Some(found)
    })
}

fn time(value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    match value {
        Value::String(text) => stamp::leading(text).map(|(at, _)| at),
        Value::Number(number) => stamp::since_1970(number.as_f64()?),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn level(value: &Value) -> Option<Level> {
    match value {
        Value::String(word) => Level::from_word(word),
        Value::Number(number) => Level::from_number(number.as_u64()?),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn kinds(fields: &[(String, Value)]) -> Kinds {
    let mut kinds = Kinds::default();
    for kind in LineKind::FIELDS {
        let named = |(key, value): &(String, Value)| {
            if key == kind.word() {
                !(value.is_null() || value == "" || value == &Value::Bool(false))
            } else {
                TOPICS.contains(&key.as_str()) && value == kind.word()
            }
        };
        if fields.iter().any(named) {
            kinds.add(kind);
        }
    }
    kinds
}

/// The key fields of A4 come right after the message, so that they are seen on a narrow screen.
fn key_fields_first(fields: &[(String, Value)]) -> impl Iterator<Item = (&str, &Value)> {
    let is_key = |name: &str| LineKind::FIELDS.iter().any(|kind| kind.word() == name);
    let keys = fields.iter().filter(move |(name, _)| is_key(name));
    let others = fields.iter().filter(move |(name, _)| !is_key(name));
    keys.chain(others).map(|(name, value)| (name.as_str(), value))
}

/// The one line that is shown: `message name=value other.name=value`.
struct Shown(String);

impl Shown {
    fn field(&mut self, name: &str, value: &Value) {
        // What would be cut anyway is not rendered.
        if self.0.len() > 4 * Text::LINE_MAX {
            return;
        }
        match value {
            Value::Null => {}
            Value::Object(inner) if !inner.is_empty() => {
                for (key, value) in inner {
                    self.field(&format!("{name}.{key}"), value);
                }
            }
            Value::String(text) if is_bare(text) => self.put(name, text),
            Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.put(name, value);
            }
        }
    }

    fn put(&mut self, name: &str, value: impl fmt::Display) {
        let gap = if self.0.is_empty() { "" } else { " " };
        write!(self.0, "{gap}{name}={value}").expect("writing to a string does not fail");
    }
}

/// Whether a value reads well without quotes.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '=')
}

/// The fields of an object in the order in which the writer put them.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
