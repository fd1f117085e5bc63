//! Log records and spans as the JSON lines that agents write: what is filtered, shown and pinned is
//! of one form, wherever it came from.

use std::collections::HashSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Number, Value, json};

use super::genai;
use super::message::{Any, AnyValue, KeyValue, LogRecord, Resource, Span, SpanStatus};
use crate::incident::{LineKind, Text, Time};

/// Fields that every line has, and that no attribute may be taken for.
const OWN: &[&str] = &[
    "ts",
    "level",
    "agent",
    "msg",
    "event",
    "body",
    "duration_ms",
    "start",
    "error",
    "trace_id",
    "span_id",
    "parent_span_id",
    // What readers of JSON lines look for besides.
    "time",
    "timestamp",
    "@timestamp",
    "asctime",
    "severity",
    "lvl",
    "log.level",
    "levelname",
    "severity_text",
    "message",
];

/// Attributes by name; of those that come twice the first.
#[derive(Default)]
pub(super) struct Attributes(Vec<(String, Value)>);

impl Attributes {
    fn of(attributes: Vec<KeyValue>) -> Self {
        Self(attributes.into_iter().map(|pair| (pair.key, json_of(pair.value))).collect())
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of one that is a text with something in it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// Who sent a group of records.
pub(super) struct Sender<'a> {
    resource: Attributes,
    /// The agents that are configured here.
    known: &'a [Text],
    /// When it came.
    seen: Time,
}

impl<'a> Sender<'a> {
    pub fn new(resource: Option<Resource>, known: &'a [Text], seen: Time) -> Self {
        let attributes = resource.map(|resource| resource.attributes).unwrap_or_default();
        Self { resource: Attributes::of(attributes), known, seen }
    }

    /// A log record's line.
    pub fn log(&self, record: LogRecord) -> String {
        let attributes = Attributes::of(record.attributes);
        let at = [record.time_unix_nano, record.observed_time_unix_nano];
        let level = level(record.severity_number, &record.severity_text);
        let body = record.body.map(|body| json_of(Some(body)));
        let event = match record.event_name.as_str() {
            // Where events had no name of their own yet.
            "" => attributes.text("event.name").unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        let text = body.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut line = self.begin(at, level, text.unwrap_or(&event), &attributes);
        line.key_fields(genai::key_fields(&attributes, &event, body.as_ref()));
        if text.is_some() && !event.is_empty() {
            line.put("event", &json!(event));
        }
        if let (None, Some(body)) = (text, &body) {
            line.put("body", body);
        }
        line.attributes(&attributes);
        line.ids([("trace_id", &record.trace_id), ("span_id", &record.span_id)]);
        line.done()
    }

    /// A span's lines: its events, then the span, each by the time at which it was over.
    pub fn span(&self, span: Span) -> impl Iterator<Item = String> + use<'_, 'a> {
        let attributes = Attributes::of(span.attributes);
        let ids = [("trace_id", span.trace_id), ("span_id", span.span_id)];
        let mut lines = Vec::with_capacity(span.events.len() + 1);
        for event in span.events {
            let of = Attributes::of(event.attributes);
            let level = if event.name == "exception" { Some("error") } else { None };
            let agent = [&of, &attributes];
            let mut line = self.begin_for(&agent, [event.time_unix_nano, 0], level, &event.name);
            line.key_fields(genai::key_fields(&of, &event.name, None));
            line.attributes(&of);
            line.ids(ids.each_ref().map(|(name, id)| (*name, id)));
            lines.push(line.done());
        }
        let status = span.status.unwrap_or_default();
        let failed = status.code == SpanStatus::ERROR || attributes.get("error.type").is_some();
        let level = if failed { "error" } else { "info" };
        let at = [span.end_time_unix_nano, span.start_time_unix_nano];
        let mut line = self.begin(at, Some(level), &span.name, &attributes);
        line.key_fields(genai::key_fields(&attributes, "", None));
        if !status.message.is_empty() {
            line.put("error", &json!(status.message));
        }
        let took = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
        line.put("duration_ms", &json!(took as f64 / 1e6));
        line.put("event", &json!("span"));
        line.attributes(&attributes);
        line.ids(ids.each_ref().map(|(name, id)| (*name, id)));
        line.ids([("parent_span_id", &span.parent_span_id)]);
        lines.push(line.done());
        lines.into_iter()
    }

    fn begin(&self, at: [u64; 2], level: Option<&str>, message: &str, attributes: &Attributes) -> Line {
        self.begin_for(&[attributes], at, level, message)
    }

    fn begin_for(&self, of: &[&Attributes], at: [u64; 2], level: Option<&str>, message: &str) -> Line {
        let mut line = Line::default();
        let at = at.into_iter().find_map(time).unwrap_or(self.seen);
        line.put("ts", &json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)));
        if let Some(level) = level {
            line.put("level", &json!(level));
        }
        line.put("agent", &json!(self.agent(of)));
        line.put("msg", &json!(if message.is_empty() { "(no text)" } else { message }));
        line
    }

    /// Whose record it is: the first name of an agent that is known here, else the first name.
    fn agent(&self, of: &[&Attributes]) -> String {
        const NAMES: [&str; 2] = ["gen_ai.agent.name", "gen_ai.agent.id"];
        const SERVICE: [&str; 2] = ["service.name", "service.instance.id"];
        let mut said: Vec<&str> = Vec::new();
        for attributes in of.iter().copied().chain([&self.resource]) {
            said.extend(NAMES.iter().filter_map(|name| attributes.text(name)));
        }
        said.extend(SERVICE.iter().filter_map(|name| self.resource.text(name)));
        let known = said.iter().find(|said| self.known.iter().any(|known| known.as_str() == **said));
        known.or(said.first()).copied().unwrap_or("unknown").to_owned()
    }
}

/// A line of JSON as it grows. Its members stand in the order in which they are read best.
#[derive(Default)]
struct Line {
    text: String,
    /// What stands in it already.
    names: HashSet<String>,
}

impl Line {
    /// Of two members of one name the first stands.
    fn put(&mut self, name: &str, value: &Value) {
        if self.names.insert(name.to_owned()) {
            let sign = if self.text.is_empty() { '{' } else { ',' };
            write!(self.text, "{sign}{}:{value}", json!(name)).expect("writing to a string does not fail");
        }
    }

    fn key_fields(&mut self, fields: Vec<(&'static str, Value)>) {
        for (name, value) in fields {
            self.put(name, &value);
        }
    }

    /// The sender's own; one whose name says something else here gets another.
    fn attributes(&mut self, attributes: &Attributes) {
        for (name, value) in &attributes.0 {
            let is_key = LineKind::FIELDS.iter().any(|kind| kind.word() == name) && self.names.contains(name);
            if is_key || OWN.contains(&name.as_str()) {
                self.put(&format!("attr.{name}"), value);
            } else {
                self.put(name, value);
            }
        }
    }

    /// Identifiers in hex; an empty one, or one of zeros, is none.
    fn ids<const N: usize>(&mut self, ids: [(&str, &Vec<u8>); N]) {
        for (name, id) in ids {
            if id.iter().any(|byte| *byte != 0) {
                let hex: String = id.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
                self.put(name, &json!(hex));
            }
        }
    }

    fn done(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A time in nanoseconds since 1970; 0 is none.
fn time(nanos: u64) -> Option<Time> {
    (nanos > 0).then(|| DateTime::from_timestamp_nanos(i64::try_from(nanos).unwrap_or(i64::MAX)))
}

/// The level by its number, four of which make one; else by the sender's word.
fn level(number: i32, word: &str) -> Option<&str> {
    match number {
        1..=4 => Some("trace"),
        5..=8 => Some("debug"),
        9..=12 => Some("info"),
        13..=16 => Some("warn"),
        17..=20 => Some("error"),
        21..=24 => Some("fatal"),
        _ => Some(word).filter(|word| !word.is_empty()),
    }
}

/// A value as JSON has it.
fn json_of(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Any::Text(text)) => Value::String(text),
        Some(Any::Bool(value)) => Value::Bool(value),
        Some(Any::Int(number)) => Value::Number(number.into()),
        Some(Any::Double(number)) => {
            Number::from_f64(number).map_or_else(|| json!(number.to_string()), Value::Number)
        }
        Some(Any::List(list)) => Value::Array(list.values.into_iter().map(|v| json_of(Some(v))).collect()),
        Some(Any::Map(map)) => Value::Object(
            map.values.into_iter().map(|pair| (pair.key, json_of(pair.value))).collect::<Map<_, _>>(),
        ),
        Some(Any::Bytes(bytes)) => Value::String(STANDARD.encode(bytes)),
    }
}
