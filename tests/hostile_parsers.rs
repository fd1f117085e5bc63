//! Whatever a log, a filter or a sender says: no parser falls over it, and nothing of it reaches a
//! terminal that could take it over.
//!
//! Fuzzing without a fuzzer, so that it runs in every run and on a stable compiler: real lines are cut,
//! spliced, repeated and sprinkled with what terminals and parsers stumble over. `PROPTEST_CASES=1000000
//! cargo test --release --test hostile_parsers` goes on for as long as a fuzzer would. OTLP's two forms are
//! fuzzed beside their parser, in `sources::otlp`.

#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use flightdeck::config::{Settings, hints, redaction};
use flightdeck::incident::hint::Hints;
use flightdeck::incident::record::{Moment, Reading, Record, Shape};
use flightdeck::incident::redact::Redactor;
use flightdeck::incident::{Filter, LineKind, LogLine, Text, Time};
use flightdeck::logs::print;
use proptest::prelude::*;

/// What programs write.
const SEEDS: &[&str] = &[
    r#"{"ts":"2026-02-03T04:05:06.123+02:00","level":"warn","msg":"slow","tool_call":{"name":"export","n":[1,2]}}"#,
    r#"{"@timestamp":1770091506123,"severity":"ERROR","gen_ai.usage.input_tokens":812,"user_input":"\u202e\u001b[2J"}"#,
    "2026-02-03 04:05:06,000 - app - ERROR - broke status=500 msg=\"two words\"",
    "Feb  3 04:05:06 host agent[12]: <warn> permission_check=denied",
    "\u{1b}[31mFATAL\u{1b}[0m gone \u{1b}]0;t\u{7} \u{1b}]52;c;eA==\u{7}",
    "Traceback (most recent call last):\n  File \"x.py\", line 3\nKeyError: 'a'",
    "Authorization: Bearer abc.def-123456 ana@example.com 4111 1111 1111 1111",
    "資料庫連線逾時 429 Too Many Requests 🇹🇼👩‍👩‍👧 \u{301}\u{301}\u{301}",
];

/// What parsers and terminals stumble over.
const SPICE: &[&[u8]] = &[
    b"\x1b[",
    b"\x1b]52;c;",
    b"\x07",
    b"\x00",
    b"\xff\xfe",
    b"\xc2\x9b",
    b"\xf0\x9f",
    b"\r",
    b"\n",
    b"\\u",
    b"\\",
    b"\"",
    b"{",
    b"}",
    b"[[[[",
    b":",
    b",",
    "\u{202e}".as_bytes(),
    "\u{2066}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}".as_bytes(),
    b"9999999999999999999999",
    b"-0",
    b"1e999",
    b"null",
    b"-----BEGIN RSA PRIVATE KEY-----",
];

/// A line made of pieces of lines.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let cut = (0..SEEDS.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let piece = prop_oneof![
        4 => cut.prop_map(|(seed, from, to)| {
            let seed = SEEDS[seed].as_bytes();
            let (from, to) = (from.index(seed.len() + 1), to.index(seed.len() + 1));
            seed[from.min(to)..from.max(to)].to_vec()
        }),
        3 => (0..SPICE.len()).prop_map(|spice| SPICE[spice].to_vec()),
        1 => (0..SPICE.len(), 1..3_000_usize).prop_map(|(spice, times)| SPICE[spice].repeat(times)),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn is_harmless(shown: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !shown.chars().any(|c| c.is_control() || turns(c))
}

/// Few, where nobody asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150)
}

fn seen() -> Time {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn hostile_lines_are_read_and_shown_harmlessly(raw in hostile()) {
        let line = LogLine::parse(Text::line("a"), Text::line("f"), 0, &raw, seen());
        prop_assert!(is_harmless(line.text.as_str()), "{:?}", line.text);
        prop_assert!(is_harmless(line.raw().as_str()));
        prop_assert_eq!(line.len(), raw.len() as u64);
        let record = Record::new(&raw);
        let reading = Reading { shape: Shape::of(&raw), newest: seen().into(), agent: Text::line("a") };
        let _ = (record.level(), record.time(Moment::from(seen())), record.field(b"tool_call.name"));
        // It carries a key field, or it is one of the others.
        prop_assert!(LineKind::ALL.iter().any(|kind| record.carries(*kind)));
        let mut out = Vec::new();
        print::text("", &record, &mut out);
        let printed = String::from_utf8(out).unwrap();
        prop_assert!(printed.split(['\n', '\t']).all(is_harmless), "{printed:?}");
        let mut out = Vec::new();
        print::json("f", 0, &record, &reading, &mut out);
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert!(json["text"].is_string());
    }

    #[test]
    fn hostile_filters_are_read_or_refused_at_a_place_in_them(
        typed in hostile(),
        raw in hostile(),
        begins in prop::sample::select(vec!["", "level>=", "time>=", "tool_call.name=", "/", "!", "\"", "agent=*"]),
    ) {
        let typed = format!("{begins}{}", String::from_utf8_lossy(&typed[..typed.len().min(200)]));
        let line = LogLine::parse(Text::line("a"), Text::line("f"), 0, &raw, seen());
        match Filter::parse(&typed, seen()) {
            Ok(filter) => {
                let reading = Reading { shape: Shape::of(&raw), newest: seen().into(), agent: Text::line("a") };
                drop((filter.matches(&Record::new(&raw), &reading), filter.found_in(line.text.as_str())));
            }
            Err(error) => prop_assert!(typed.is_char_boundary(error.at) && error.at <= typed.len()),
        }
    }

    #[test]
    fn hostile_evidence_is_redacted_once_and_hints_are_only_looked_for(raw in hostile()) {
        // Built once: in a debug build that takes longer than all the rest.
        static RULES: LazyLock<(Redactor, Hints)> =
            LazyLock::new(|| (redaction::built_in(), hints::hints(&Settings::unset(&|_| None))));
        let (redactor, hints) = &*RULES;
        prop_assert!(hints.given_by(&raw).places().count() <= hints.all().len());
        if let Some(once) = redactor.redact(&raw) {
            prop_assert_eq!(once.count() == 0, once.bytes == raw);
        }
    }

    #[test]
    fn hostile_files_are_counted_as_they_are_printed(lines in prop::collection::vec(hostile(), 0..6)) {
        use flightdeck::logs::{Log, Query};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hostile.log");
        std::fs::write(&path, lines.join(&b"\n"[..])).unwrap();
        let log = Log::open(&path, Text::line("a")).unwrap();
        let filter = Filter::default();
        let query = Query { filter: &filter, range: 0..log.size(), threads: 2 };
        let mut printed = 0_u64;
        log.render(&query, |_, _, out| out.push(b'.'), |out| {
            printed += out.len() as u64;
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert_eq!(log.count(&query).unwrap().records, printed);
        prop_assert!(log.seek(Moment::from(seen())).unwrap() <= log.size());
        prop_assert!(log.first_time(0, log.size()).unwrap().is_none_or(|(at, _)| at < log.size()));
    }
}
