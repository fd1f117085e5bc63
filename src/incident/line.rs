//! One line of an agent's log as a value: where it stands, when it was, how grave it is, what to show.
//!
//! Real files and the simulated fleet both come through [`LogLine::parse`], so a drill reads like the
//! real thing. The module opens no file and asks no clock.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::record::{Moment, Record};
use super::{Command, Text};

mod kind;
mod level;
mod shown;

pub use kind::LineKind;
pub use level::Level;

use kind::Kinds;

/// One line of an agent's log. A screen keeps thousands, so names are shared and long lines cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The agent that wrote the line.
    pub agent: Arc<Text>,
    /// The file the line stands in, as it is reached.
    pub source: Arc<Text>,
    /// The byte in that file at which the line begins.
    pub offset: u64,
    /// The time the line itself states; without an offset it is taken as UTC.
    pub at: Option<DateTime<Utc>>,
    /// When flightdeck read the line.
    pub seen: DateTime<Utc>,
    /// Whether it was there before its file was followed: when it was read says nothing of when it was
    /// written.
    pub backlog: bool,
    /// How grave the line says it is, if it says so.
    pub level: Option<Level>,
    /// The first key field the line carries; [`LogLine::is`] asks for any of them.
    pub kind: LineKind,
    /// What to show: the message and its fields, without the time and level that have columns.
    pub text: Text,
    kinds: Kinds,
    raw: Box<[u8]>,
    whole: Option<Box<Whole>>,
}

/// What stays known of a line that is too long to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Its length in bytes, without the line end.
    pub len: u64,
    /// The SHA-256 of exactly those bytes.
    pub sha256: [u8; 32],
}

impl LogLine {
    /// The most bytes of the raw line that are kept; of longer ones the digest is taken at once.
    pub const RAW_MAX: usize = 4 * 1024;

    /// Reads `raw`, the exact bytes of one line without its `\n`.
    #[must_use]
    pub fn parse(
        agent: impl Into<Arc<Text>>,
        source: impl Into<Arc<Text>>,
        offset: u64,
        raw: &[u8],
        seen: DateTime<Utc>,
    ) -> Self {
        let whole = (raw.len() > Self::RAW_MAX)
            .then(|| Whole { len: raw.len() as u64, sha256: Sha256::digest(raw).into() });
        Self::parse_head(agent, source, offset, raw, whole, seen)
    }

    /// Reads the beginning of a line whose end was too far away to keep; `whole` measures all of it.
    #[must_use]
    pub fn parse_head(
        agent: impl Into<Arc<Text>>,
        source: impl Into<Arc<Text>>,
        offset: u64,
        head: &[u8],
        whole: Option<Whole>,
        seen: DateTime<Utc>,
    ) -> Self {
        let record = Record::new(head);
        let kinds = Kinds::of(&record);
        Self {
            agent: agent.into(),
            source: source.into(),
            offset,
            at: record.time(Moment::from(seen)).and_then(Moment::time),
            seen,
            backlog: false,
            level: record.level(),
            kind: kinds.first(),
            text: shown::text(&record),
            kinds,
            raw: head[..head.len().min(Self::RAW_MAX)].into(),
            whole: whole.map(Box::new),
        }
    }

    /// When it was written, as far as that is known: the line's own time, else when it was read as it
    /// came. Of one that was there before nobody knows.
    #[must_use]
    pub fn written(&self) -> Option<DateTime<Utc>> {
        self.at.or((!self.backlog).then_some(self.seen))
    }

    /// The time to sort by: the line's own, else when it was read.
    #[must_use]
    pub fn time(&self) -> DateTime<Utc> {
        self.at.unwrap_or(self.seen)
    }

    /// Whether the line carries the key field `kind`; [`LineKind::Other`] when it carries none.
    #[must_use]
    pub fn is(&self, kind: LineKind) -> bool {
        self.kinds.has(kind)
    }

    /// The line as the file has it, made safe to show; at most [`LogLine::RAW_MAX`] bytes of it.
    #[must_use]
    pub fn raw(&self) -> Text {
        Text::line(&String::from_utf8_lossy(&self.raw))
    }

    /// The bytes that are kept: all of the line unless it is longer than [`LogLine::RAW_MAX`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The length in bytes the line has in its file, without the line end.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.whole.as_ref().map_or(self.raw.len() as u64, |whole| whole.len)
    }

    /// Whether the line has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The SHA-256 of the line's exact bytes, in hex: what a pin records.
    ///
    /// The same as `tail -c +$((offset + 1)) FILE | head -c LEN | sha256sum`.
    #[must_use]
    pub fn sha256(&self) -> String {
        let digest: [u8; 32] = match &self.whole {
            Some(whole) => whole.sha256,
            None => Sha256::digest(&self.raw).into(),
        };
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The command that keeps this line on the timeline.
    #[must_use]
    pub fn pin(&self) -> Command {
        Command::PinLine {
            agent: (*self.agent).clone(),
            source: (*self.source).clone(),
            offset: self.offset,
            sha256: Text::line(&self.sha256()),
            logged_at: self.at,
            text: self.text.clone(),
        }
    }

    /// About how many bytes of memory the line takes, so that a tail can be bounded by size too.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.text.as_str().len() + self.raw.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn seen() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single().expect("a real time")
    }

    fn line(raw: impl AsRef<[u8]>) -> LogLine {
        LogLine::parse(Text::line("support-1"), Text::line("/var/log/a.log"), 7, raw.as_ref(), seen())
    }

    #[test]
    fn lines_say_their_time_their_level_and_what_to_show() {
        use Level::{Debug, Error, Fatal, Info, Warn};
        let t = "2026-02-03T04:05:06Z";
        for (raw, at, level, shown) in [
            // JSON, as agents write it
            (r#"{"ts":"2026-02-03T04:05:06Z","level":"warn","msg":"slow"}"#, t, Some(Warn), "slow"),
            (r#"{"time":1770091506,"level":50,"message":"down","n":3}"#, t, Some(Error), "down n=3"),
            (r#"{"timestamp":1770091506000,"severity":"CRITICAL","msg":"x"}"#, t, Some(Fatal), "x"),
            (
                r#"{"@timestamp":"2026-02-03 04:05:06,000","lvl":"dbg","event":"boot"}"#,
                t,
                Some(Debug),
                "boot",
            ),
            (r#"{"ts":1770091506.0,"msg":"a\nb","who":"two words"}"#, t, None, r#"a\nb who="two words""#),
            (
                r#" {"msg":"call","args":{"limit":5,"to":[1,2]},"nil":null}"#,
                "",
                None,
                "call args.limit=5 args.to=[1,2]",
            ),
            (r#"{"b":1,"a":2}"#, "", None, "b=1 a=2"),
            (r#"{}"#, "", None, "{}"),
            // plain, with the common beginnings
            ("2026-02-03T04:05:06Z INFO ready", t, Some(Info), "INFO ready"),
            ("2026-02-03 04:05:06,000 - app - ERROR - broke", t, Some(Error), "app - ERROR - broke"),
            ("[2026-02-03T05:05:06.000+01:00] [warn] slow", t, Some(Warn), "[warn] slow"),
            ("2026/02/03 04:05:06 listening", t, None, "listening"),
            (
                "time=2026-02-03T04:05:06Z level=error msg=\"no key\"",
                t,
                Some(Error),
                "time=2026-02-03T04:05:06Z level=error msg=\"no key\"",
            ),
            ("ERROR:root:bad", "", Some(Error), "ERROR:root:bad"),
            ("warning: disk", "", Some(Warn), "warning: disk"),
            ("\x1b[31mFATAL\x1b[0m gone", "", Some(Fatal), "FATAL gone"),
            ("there was no error at all", "", None, "there was no error at all"),
            ("2026-02-03T04:05:06Z", t, None, "2026-02-03T04:05:06Z"),
            ("2026-13-45 99:99:99 not a time", "", None, "2026-13-45 99:99:99 not a time"),
            ("windows line\r", "", None, "windows line"),
            ("", "", None, ""),
            // of broken JSON what can be read is, and it is shown as it stands
            (r#"{"level":"error","msg":"cut of"#, "", Some(Error), r#"{"level":"error","msg":"cut of"#),
        ] {
            let read = line(raw);
            let at = DateTime::parse_from_rfc3339(at).ok().map(|at| at.to_utc());
            assert_eq!((read.at, read.level, read.text.as_str()), (at, level, shown), "{raw}");
        }
    }

    #[test]
    fn a4_the_key_fields_of_an_agents_log_are_recognised() {
        use LineKind::{Decision, Other, PermissionCheck, ToolCall, UserInput};
        for (raw, first, all) in [
            (r#"{"msg":"x","agent_decision":"refund"}"#, Decision, vec![Decision]),
            (r#"{"tool_call":{"name":"export","rows":9}}"#, ToolCall, vec![ToolCall]),
            (r#"{"permission_check":"denied"}"#, PermissionCheck, vec![PermissionCheck]),
            (r#"{"user_input":"hello"}"#, UserInput, vec![UserInput]),
            (r#"{"event":"tool_call","tool":"export"}"#, ToolCall, vec![ToolCall]),
            (
                r#"{"permission_check":"ok","tool_call":"export","user_input":null}"#,
                ToolCall,
                vec![ToolCall, PermissionCheck],
            ),
            ("level=info tool_call=export", ToolCall, vec![ToolCall]),
            ("an ordinary line", Other, vec![Other]),
        ] {
            let read = line(raw);
            assert_eq!(read.kind, first, "{raw}");
            for kind in LineKind::ALL {
                assert_eq!(read.is(kind), all.contains(&kind), "{raw} {kind}");
            }
        }
        assert_eq!(
            line(r#"{"a":1,"tool_call":{"name":"export","rows":9},"msg":"m"}"#).text,
            "m tool_call.name=export tool_call.rows=9 a=1"
        );
    }

    #[test]
    fn the_digest_is_of_the_exact_bytes_however_broken_or_long() {
        let of = |raw: &[u8]| -> String { Sha256::digest(raw).iter().map(|b| format!("{b:02x}")).collect() };
        for raw in [b"abc\r".to_vec(), vec![0xff, 0xfe, 0, b'x'], vec![b'y'; LogLine::RAW_MAX + 1], vec![]] {
            let read = line(&raw);
            assert_eq!(read.sha256(), of(&raw));
            assert_eq!(read.len(), raw.len() as u64);
        }
    }

    #[test]
    fn a_hostile_line_is_shown_harmlessly() {
        assert_eq!(line(b"bad \xff byte\x07").text, "bad \u{fffd} byte^G");
        assert_eq!(line("{\"msg\":\"\\u001b[2Jgone \\u202e\"}").text, "^[[2Jgone <U+202E>");
        let long = line("x".repeat(1 << 20));
        assert!(long.text.as_str().ends_with("...[cut]"));
        assert!(long.weight() < 8 * 1024, "a long line is kept short");
        let deep = line("{\"a\":".repeat(100_000));
        assert_eq!(deep.kind, LineKind::Other);
    }

    proptest! {
        #[test]
        fn any_bytes_become_a_line(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read = line(&raw);
            prop_assert_eq!(read.bytes(), &raw[..]);
        }

        #[test]
        fn any_json_becomes_a_line(key in "[a-z@_]{1,9}", value in any::<String>(), n in any::<f64>()) {
            let raw = serde_json::json!({ key: value, "ts": n, "level": n, "o": { "p": [n] } }).to_string();
            line(raw);
        }
    }
}
