//! Records as plain output: for people in a pipe, or as JSON lines for programs.
//!
//! A pipe may end on a terminal, so nothing that could repaint it goes through: what is harmless
//! stays byte for byte, everything else is shown as `incident::Text` shows it.

use std::borrow::Cow;
use std::io::Write as _;

use chrono::SecondsFormat;

use crate::incident::record::{Reading, Record};
use crate::incident::text::is_hidden;
use crate::incident::{LineKind, Text};

/// Appends a record's lines, each behind `mark`, made safe.
pub fn text(mark: &str, record: &Record<'_>, out: &mut Vec<u8>) {
    for line in record.text().split(|byte| *byte == b'\n') {
        out.extend_from_slice(mark.as_bytes());
        safe(line.strip_suffix(b"\r").unwrap_or(line), out);
        out.push(b'\n');
    }
}

/// Appends one line, made safe; a tab stays one.
fn safe(line: &[u8], out: &mut Vec<u8>) {
    // A whole piece at a time, without a way out in its middle, is many bytes at once.
    let is_safe = |piece: &[u8]| {
        piece.iter().fold(true, |safe, byte| safe & ((0x20..0x7f).contains(byte) | (*byte == b'\t')))
    };
    if line.chunks(64).all(is_safe) {
        out.extend_from_slice(line);
        return;
    }
    let line = String::from_utf8_lossy(line);
    if !line.chars().any(|c| (c.is_control() && c != '\t') || is_hidden(c)) {
        out.extend_from_slice(line.as_bytes());
        return;
    }
    for (place, piece) in line.split('\t').enumerate() {
        if place > 0 {
            out.push(b'\t');
        }
        out.extend_from_slice(Text::block(piece).as_str().as_bytes());
    }
}

/// Appends a record as a line of JSON: `source`, `offset`, `time`, `level`, `kind`, `text`. What it
/// does not state is null; `text` is all its lines, as they stand.
pub fn json(source: &str, offset: u64, record: &Record<'_>, reading: &Reading, out: &mut Vec<u8>) {
    let time = record.time(reading.newest).and_then(super::Moment::time);
    let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let kind = LineKind::ALL.into_iter().find(|kind| *kind != LineKind::Other && record.carries(*kind));
    let text = String::from_utf8_lossy(record.text());
    out.extend_from_slice(b"{\"source\":");
    quoted(source, out);
    // Writing to memory does not fail.
    let _ = write!(out, ",\"offset\":{offset},\"time\":");
    word(time.as_deref(), out);
    out.extend_from_slice(b",\"level\":");
    word(record.level().map(crate::incident::Level::word), out);
    out.extend_from_slice(b",\"kind\":");
    word(kind.map(LineKind::word), out);
    out.extend_from_slice(b",\"text\":");
    quoted(&text, out);
    out.extend_from_slice(b"}\n");
}

fn word(word: Option<&str>, out: &mut Vec<u8>) {
    match word {
        Some(word) => quoted(word, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON text in which nothing invisible stands as itself: it is escaped, so nothing is lost either.
fn quoted(text: &str, out: &mut Vec<u8>) {
    let hides = |c: char| c >= '\u{7f}' && (c.is_control() || is_hidden(c));
    // A text is always JSON.
    let json = serde_json::to_string(text).unwrap_or_default();
    let json: Cow<'_, str> = if json.is_ascii() && !json.contains('\u{7f}') || !json.chars().any(hides) {
        Cow::Owned(json)
    } else {
        let mut escaped = String::with_capacity(json.len() + 16);
        for c in json.chars() {
            if hides(c) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                escaped.push(c);
            }
        }
        Cow::Owned(escaped)
    };
    out.extend_from_slice(json.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Moment, Shape};
    use proptest::prelude::*;

    fn printed(raw: &[u8]) -> String {
        let mut out = Vec::new();
        text("", &Record::new(raw), &mut out);
        String::from_utf8(out).expect("text")
    }

    fn as_json(raw: &[u8]) -> String {
        let reading = Reading { shape: Shape::Structured, newest: Moment(0), agent: Text::default() };
        let mut out = Vec::new();
        json("a.log", 7, &Record::new(raw), &reading, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_hostile_line_in_a_pipe_repaints_nothing() {
        for (raw, shown) in [
            (&b"plain\ttext"[..], "plain\ttext\n"),
            (b"windows\r\n  trace\r", "windows\n  trace\n"),
            ("漢字 stay".as_bytes(), "漢字 stay\n"),
            (b"\x1b]0;owned\x07\tx", "^[]0;owned^G\tx\n"),
            (b"bad \xff \x9b31m", "bad \u{fffd} \u{fffd}31m\n"),
            ("safe\u{202e}gpj.exe".as_bytes(), "safe<U+202E>gpj.exe\n"),
            (b"nul\0", "nul^@\n"),
            (b"", "\n"),
        ] {
            assert_eq!(printed(raw), shown);
        }
        let mut out = Vec::new();
        text("a.log: ", &Record::new(b"one\n  two"), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "a.log: one\na.log:   two\n");
    }

    #[test]
    fn a_program_gets_one_line_of_json_for_each_record() {
        let raw = r#"{"ts":"2026-02-03T04:05:06.5Z","level":"warn","tool_call":{"name":"x"}}"#;
        assert_eq!(
            as_json(raw.as_bytes()),
            concat!(
                r#"{"source":"a.log","offset":7,"time":"2026-02-03T04:05:06.500Z","level":"warn","kind":"tool_call","#,
                r#""text":"{\"ts\":\"2026-02-03T04:05:06.5Z\",\"level\":\"warn\",\"tool_call\":{\"name\":\"x\"}}"}"#,
                "\n"
            )
        );
        assert_eq!(
            as_json("a\u{202e}\u{9b}\u{7f}\u{e0001}\nb".as_bytes()),
            concat!(
                r#"{"source":"a.log","offset":7,"time":null,"level":null,"kind":null,"#,
                r#""text":"a\u202e\u009b\u007f\udb40\udc01\nb"}"#,
                "\n"
            )
        );
    }

    proptest! {
        #[test]
        fn nothing_invisible_is_printed_and_nothing_is_lost_in_json(raw in any::<String>()) {
            let shown = printed(raw.as_bytes());
            prop_assert!(shown.chars().all(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_hidden(c))));
            let line = as_json(raw.as_bytes());
            let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            prop_assert_eq!(read["text"].as_str(), Some(raw.as_str()));
            prop_assert!(line.trim_end().chars().all(|c| !(c.is_control() || is_hidden(c))));
        }
    }
}
