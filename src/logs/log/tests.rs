use std::io::Write as _;

use super::*;
use crate::incident::Time;
use crate::logs::scan::RECORD_MAX;
use proptest::prelude::*;

fn now() -> Time {
    "2026-02-03T12:00:00Z".parse().expect("a time")
}

fn holding(bytes: &[u8]) -> Log {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    Log::of(LogFile::from_file(file), Text::line("lab")).expect("a log")
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, now()).expect(text)
}

/// What is shown, on so many threads: offset and text of each record.
fn shown(log: &Log, text: &str, threads: usize) -> Vec<(u64, Vec<u8>)> {
    let filter = filter(text);
    let query = Query { filter: &filter, range: 0..log.size(), threads };
    let mut bytes = Vec::new();
    let render = |offset: u64, record: &Record<'_>, out: &mut Vec<u8>| {
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&record.text().len().to_le_bytes());
        out.extend_from_slice(record.text());
    };
    log.render(&query, render, |out| {
        bytes.extend_from_slice(out);
        ControlFlow::Continue(())
    })
    .expect("read");
    let mut records = Vec::new();
    let mut rest = &bytes[..];
    while let Some((offset, tail)) = rest.split_first_chunk() {
        let (len, tail) = tail.split_first_chunk().expect("a length");
        let (text, tail) = tail.split_at(usize::from_le_bytes(*len));
        records.push((u64::from_le_bytes(*offset), text.to_vec()));
        rest = tail;
    }
    let count = log.count(&query).expect("counted");
    assert_eq!(count.records, records.len() as u64, "{text}");
    records
}

/// The same by reading every record, one after the other.
fn naive(bytes: &[u8], reading: &Reading, text: &str) -> Vec<(u64, Vec<u8>)> {
    let filter = filter(text);
    let mut records: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match records.last_mut() {
            Some((_, record)) if !reading.shape.begins(line) => record.extend_from_slice(line),
            _ => records.push((at, line.to_vec())),
        }
        at += line.len() as u64;
    }
    for (_, record) in &mut records {
        if record.ends_with(b"\n") {
            record.pop();
        }
    }
    records.retain(|(_, record)| filter.matches(&Record::new(record), reading));
    records
}

const FILTERS: [&str; 14] = [
    "",
    "Boom",
    "boom",
    "!boom",
    "/bo+m/",
    r"/m\s+File/",
    "/[^x]*tail/",
    "/x$/",
    "level>=error",
    "kind=tool_call",
    "tool_call.name=ex*",
    "n>=40",
    "Boom level=error",
    "/^ValueError/",
];

#[test]
fn a_record_is_shown_once_with_its_trace_wherever_it_stands() {
    let mut bytes = Vec::new();
    for n in 0..30_000 {
        let kind = [r#""tool_call":{"name":"export"}"#, r#""msg":"Boom""#, r#""msg":"漢字 x""#][n % 3];
        writeln!(
            bytes,
            r#"{{"ts":"2026-02-03T0{}:00:00Z","level":"{}","n":{},{kind}}}"#,
            n / 6_000,
            ["info", "error"][n % 2],
            n % 50
        )
        .expect("written");
        if n % 7 == 0 {
            bytes.extend_from_slice(b"Traceback boom\n  File \"x\"\n\nValueError: tail x\r\n");
        }
    }
    let log = holding(&bytes);
    assert_eq!(log.reading().shape, Shape::Structured);
    assert!(log.size() > 2 * STRETCH);
    for text in FILTERS {
        let wanted = naive(&bytes, log.reading(), text);
        for threads in [1, 3] {
            assert!(shown(&log, text, threads) == wanted, "{text} on {threads} threads");
        }
    }
}

#[test]
fn a_hundred_megabytes_without_a_line_end_are_harmless_and_said() {
    let mut bytes = b"2026-02-03 04:05:06 first\n2026-02-03 04:05:07 ".to_vec();
    bytes.resize(100 * 1024 * 1024, b'x');
    bytes.extend_from_slice(b" needle\n2026-02-03 04:05:08 last needle\n");
    let log = holding(&bytes);
    let filter = filter("needle");
    let query = Query { filter: &filter, range: 0..log.size(), threads: 2 };
    let count = log.count(&query).expect("counted");
    assert_eq!(count, Count { records: 1, cut: 1 });
    assert_eq!(log.seek(Moment::from(now())).expect("read"), log.size());
    let all = Filter::default();
    let query = Query { filter: &all, range: 0..log.size(), threads: 2 };
    let mut most = 0;
    log.render(
        &query,
        |_, record, out| out.extend_from_slice(record.text()),
        |out| {
            most = most.max(out.len());
            ControlFlow::Continue(())
        },
    )
    .expect("read");
    assert!(most <= 2 * RECORD_MAX + 4 * STRETCH as usize, "{most}");
}

#[test]
fn a_time_is_found_by_halving_among_lines_that_state_none() {
    let mut bytes = Vec::new();
    let mut offsets = Vec::new();
    for second in 0..20_000_u64 {
        offsets.push(bytes.len() as u64);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        writeln!(bytes, "2026-02-03T{h:02}:{m:02}:{s:02}Z INFO line").expect("written");
        if second % 5_000 == 0 {
            bytes.extend(b"  no time in this trace\n".repeat(20_000));
        }
    }
    let log = holding(&bytes);
    let base = Moment::from(now().date_naive().and_hms_opt(0, 0, 0).expect("midnight").and_utc());
    for second in [0, 1, 4_999, 5_000, 5_001, 12_345, 19_999] {
        let at = log.seek(base.plus(second * 1_000_000)).expect("read");
        assert_eq!(at, offsets[second as usize], "second {second}");
    }
    assert_eq!(log.seek(base.plus(-1)).expect("read"), 0);
    assert_eq!(log.seek(base.plus(20_000_000_000)).expect("read"), log.size());
    let span = log.span(Some(base.plus(12_000_000_000)), Some(base.plus(12_010_000_000))).expect("read");
    assert_eq!(span, offsets[11_940]..offsets[12_070]);
}

#[test]
fn the_last_record_is_where_following_goes_on() {
    for (bytes, at) in [
        ("", 0),
        ("2026-02-03 04:05:06 a\n2026-02-03 04:05:07 b\n  trace\n\n", 22),
        ("2026-02-03 04:05:06 a\n2026-02-03 04:05:07 unfini", 22),
        ("2026-02-03 04:05:06 a\n", 0),
    ] {
        assert_eq!(holding(bytes.as_bytes()).last_record().expect("read"), at, "{bytes}");
    }
}

#[test]
fn a_file_that_is_truncated_while_it_is_searched_ends_early() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&b"2026-02-03 04:05:06 x\n".repeat(200_000)).expect("written");
    let mut log =
        Log::of(LogFile::from_file(file.try_clone().expect("a handle")), Text::default()).expect("a log");
    file.set_len(44).expect("truncated");
    assert_eq!(shown(&log, "x", 2).len(), 2);
    assert!(log.refresh().expect("refreshed"));
    assert_eq!(log.size(), 44);
    file.set_len(0).expect("truncated");
    assert_eq!(shown(&log, "x", 2), []);
    assert_eq!(log.seek(Moment(0)).expect("read"), 44);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_way_of_reading_shows_the_same(
        lines in proptest::collection::vec(
            prop_oneof![
                4 => "\\{\"level\":\"(info|error)\",\"n\":[0-9]{1,2},\"msg\":\"(Boom|x|\\\\\\\\u0062oom)\"\\}",
                2 => "2026-02-03 04:0[0-9]:06 (ERROR|INFO) (Boom|boom|tail x)",
                2 => "( |\t)?(File|Traceback|boom|ValueError: tail|x)?\r?",
                1 => "\\PC{0,12}",
            ],
            0..40,
        ),
        end in any::<bool>(),
        cuts in proptest::collection::vec(0.0_f64..1.0, 0..4),
        which in 0..FILTERS.len(),
    ) {
        let mut bytes = lines.join("\n").into_bytes();
        if end {
            bytes.push(b'\n');
        }
        let log = holding(&bytes);
        let text = FILTERS[which];
        let wanted = naive(&bytes, log.reading(), text);
        prop_assert_eq!(shown(&log, text, 2), wanted.clone());
        // However the file is cut into ranges, each record is shown in one of them.
        let mut bounds: Vec<u64> = cuts.iter().map(|cut| (cut * bytes.len() as f64) as u64).collect();
        bounds.extend([0, bytes.len() as u64]);
        bounds.sort_unstable();
        let mut offsets = Vec::new();
        for pair in bounds.windows(2) {
            offsets.extend(log.offsets(&filter(text), pair[0]..pair[1]).expect("read"));
        }
        prop_assert_eq!(offsets, wanted.iter().map(|(at, _)| *at).collect::<Vec<_>>());
    }
}
