//! Writes one line of an agent's log: a JSON object with its keys in the order people read them.

use chrono::SecondsFormat;

use crate::incident::{AgentId, Time};

/// A line under construction.
pub(super) struct LineWriter(String);

impl LineWriter {
    /// A line by `agent` at `at`.
    pub(super) fn new(at: Time, level: &str, agent: &AgentId) -> Self {
        let ts = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut line = String::with_capacity(320);
        line.push_str("{\"ts\":\"");
        line.push_str(&ts);
        line.push_str("\",\"level\":\"");
        line.push_str(level);
        line.push_str("\",\"agent\":\"");
        line.push_str(agent.as_str()); // an agent's id holds nothing that JSON escapes
        line.push('"');
        Self(line)
    }

    /// Adds a field: a number where `value` is a whole number, else a string.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.0.push(',');
        push_string(&mut self.0, name);
        self.0.push(':');
        let digits = !value.is_empty() && value.len() < 16 && value.bytes().all(|b| b.is_ascii_digit());
        if digits && (value == "0" || !value.starts_with('0')) {
            self.0.push_str(value);
        } else {
            push_string(&mut self.0, value);
        }
        self
    }

    /// Ends the line.
    pub(super) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn push_string(out: &mut String, text: &str) {
    let plain = |b: u8| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a string is always JSON"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_whatever_is_in_it() {
        let id: AgentId = "a-1".parse().unwrap();
        let line = LineWriter::new(Time::UNIX_EPOCH, "info", &id)
            .field("msg", "he said \"no\"\n\u{1b}[2J")
            .field("rows", "48")
            .field("order", "0048")
            .finish();
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["ts"], "1970-01-01T00:00:00.000Z");
        assert_eq!(read["msg"], "he said \"no\"\n\u{1b}[2J");
        assert_eq!((&read["rows"], &read["order"]), (&48.into(), &"0048".into()));
    }
}
