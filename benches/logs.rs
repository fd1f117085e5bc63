//! What the log engine costs, beside what reading the file costs anyway: compare within one run,
//! never across.
//!
//! `cargo bench --bench logs`; `LOG=FILE` measures on that file instead of a generated one, and
//! `LOG_MB` says how large that is. After the times come ratios: each question is asked in turn of the
//! engine and of the few lines that anybody would write first, so that a busy machine slows both.
//! `cargo bench --bench logs -- RATIOS` prints these alone.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use divan::Bencher;
use flightdeck::incident::{Text, Time};
use flightdeck::logs::{Filter, Index, Log, LogFile, Pages, Query, crew};
use tempfile::TempDir;

fn main() {
    // No benchmark is called RATIOS: with that name, none runs.
    divan::main();
    if !std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        print_ratios();
    }
}

/// How often each question is asked, of both in turn.
const ROUNDS: usize = 5;

/// Asks a question of the whole log.
type Ask<'a> = Box<dyn Fn() -> u64 + 'a>;

/// Prints how the engine compares with a naive program, on one thread and line by line, and with
/// counting line ends, which no program can beat by much.
#[allow(clippy::print_stdout, reason = "a benchmark prints")]
fn print_ratios() {
    let log = log();
    let file = LogFile::open(path()).expect("a log");
    let size = file.size().expect("a size");
    let index = || {
        let index = Index::default();
        index.extend(&file, size, crew::threads(), &AtomicBool::new(false)).expect("indexed");
        black_box(index.line_ends());
        size
    };
    let count = |text: &str| {
        let filter = filter(text);
        let query = Query { filter: &filter, range: 0..log.size(), threads: crew::threads() };
        log.count(&query).expect("counted").records
    };
    let literal = memchr::memmem::Finder::new("connection reset");
    let regex = regex::bytes::Regex::new("retry|reset by p[a-z]+r").expect("an expression");
    let exports = |line: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
        value["tool_call"]["name"].as_str().is_some_and(|name| name.starts_with("export"))
    };
    let questions: [(&str, Ask<'_>, Ask<'_>); 5] = [
        ("index of all lines", Box::new(index), Box::new(|| naive(|_| true))),
        ("count of records", Box::new(|| count("")), Box::new(|| naive(|line| !line.starts_with(b" ")))),
        (
            "literal",
            Box::new(|| count("\"connection reset\"")),
            Box::new(|| naive(|line| literal.find(line).is_some())),
        ),
        (
            "regex",
            Box::new(|| count("/retry|reset by p[a-z]+r/")),
            Box::new(|| naive(|line| regex.is_match(line))),
        ),
        ("field filter", Box::new(|| count("tool_call.name=export*")), Box::new(|| naive(exports))),
    ];
    println!("\n{:<20} {:>10} {:>10} {:>10} {:>14}", "", "engine", "naive", "faster", "of line ends");
    for (what, engine, naive) in &questions {
        let (mut ours, mut theirs, mut limit) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(timed(engine));
            theirs.push(timed(naive));
            limit.push(timed(&line_ends));
        }
        let [ours, theirs, limit] = [ours, theirs, limit].map(median);
        println!(
            "{what:<20} {:>7.1} ms {:>7.1} ms {:>9.1}x {:>13.2}x",
            ours * 1e3,
            theirs * 1e3,
            theirs / ours,
            ours / limit
        );
    }
}

fn timed(work: &dyn Fn() -> u64) -> f64 {
    let began = std::time::Instant::now();
    black_box(work());
    began.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// How many lines pass a test, the way one writes it first.
fn naive(passes: impl Fn(&[u8]) -> bool) -> u64 {
    let mut file = BufReader::new(File::open(path()).expect("a log"));
    let (mut line, mut count) = (Vec::new(), 0);
    while file.read_until(b'\n', &mut line).expect("read") > 0 {
        count += u64::from(passes(&line));
        line.clear();
    }
    count
}

/// What `wc -l` does.
fn line_ends() -> u64 {
    let file = File::open(path()).expect("a log");
    let (mut buf, mut at, mut lines) = (vec![0; 256 * 1024], 0, 0);
    while let got @ 1.. = file.read_at(&mut buf, at).expect("read") {
        lines += memchr::memchr_iter(b'\n', &buf[..got]).count() as u64;
        at += got as u64;
    }
    lines
}

/// Agents' lines as JSON: the same number makes the same line. Every seventh error brings a trace.
fn line(number: u64, out: &mut impl Write) -> std::io::Result<()> {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let level = ["info", "info", "debug", "info", "warn", "info", "error", "info"][(mixed % 8) as usize];
    let tool = ["search", "export_rows", "refund", "send_mail", "curl"][(mixed / 8 % 5) as usize];
    let said = ["heartbeat ok", "connection reset by peer", "数据库连接池耗尽", "step finished", "retrying"]
        [(mixed / 64 % 5) as usize];
    let (ms, agent) = (mixed / 512 % 9_000, mixed / 4_096 % 12);
    let (hour, minute, second) = (number / 3_600_000 % 24, number / 60_000 % 60, number / 1_000 % 60);
    writeln!(
        out,
        r#"{{"ts":"2026-02-03T{hour:02}:{minute:02}:{second:02}.{:03}Z","level":"{level}","agent":"prod-{agent}","trace":"{mixed:016x}","tool_call":{{"name":"{tool}","args":{{"limit":{}}},"ms":{ms}}},"msg":"{said}"}}"#,
        number % 1_000,
        mixed % 100
    )?;
    if level == "error" && mixed.is_multiple_of(7) {
        writeln!(
            out,
            "Traceback (most recent call last):\n  File \"agent.py\", line {ms}\nTimeoutError: {said}"
        )?;
    }
    Ok(())
}

/// The file that is measured on, made once.
fn path() -> &'static Path {
    static MADE: OnceLock<(Option<TempDir>, PathBuf)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        if let Some(path) = std::env::var_os("LOG") {
            return (None, path.into());
        }
        let size = std::env::var("LOG_MB").ok().and_then(|mb| mb.parse().ok()).unwrap_or(256) * 1_000_000;
        let dir =
            tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's directory is writable");
        let path = dir.path().join("agents.log");
        let mut out = BufWriter::new(File::create(&path).expect("a file"));
        for number in 0.. {
            line(number, &mut out).expect("written");
            if number.is_multiple_of(10_000) && out.get_ref().metadata().expect("a size").len() >= size {
                break;
            }
        }
        out.flush().expect("written");
        (Some(dir), path)
    });
    path
}

fn log() -> Log {
    Log::open(path(), Text::default()).expect("a log")
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, Time::UNIX_EPOCH).expect(text)
}

/// The limit: every byte is read once, on one thread, and its line ends are counted, as `wc -l` does.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn a_naive_count_of_lines(bencher: Bencher<'_, '_>) {
    path();
    bencher.bench_local(line_ends);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn an_index_of_all_lines(bencher: Bencher<'_, '_>) {
    let file = LogFile::open(path()).expect("a log");
    let size = file.size().expect("a size");
    bencher.bench_local(|| {
        let index = Index::default();
        index.extend(&file, size, crew::threads(), &AtomicBool::new(false)).expect("indexed");
        index.line_ends()
    });
}

#[divan::bench(sample_count = 100)]
fn open_and_show_the_tail(bencher: Bencher<'_, '_>) {
    path();
    bencher.bench_local(|| {
        let (log, all, go) = (log(), Filter::default(), AtomicBool::new(false));
        let pages = Pages::new(&log, &all, &go);
        let starts = pages.before(log.size(), 50).expect("read");
        pages.from(starts[0], 50).expect("read").len()
    });
}

#[divan::bench(args = [
    "Timeout",                              // a literal
    "\"connection reset\"",                 // in any case
    "/retry|reset by p[a-z]+r/",            // an expression
    "level>=error",                         // every record is read
    "tool_call.name=export*",               // a field with something to look for
    "tool_call.ms>8900 agent=prod-7",       // numbers
], sample_count = 10, sample_size = 1)]
fn count(bencher: Bencher<'_, '_>, text: &str) {
    let (log, filter) = (log(), filter(text));
    let query = Query { filter: &filter, range: 0..log.size(), threads: crew::threads() };
    bencher.bench_local(|| black_box(log.count(&query).expect("counted")));
}

#[divan::bench(sample_count = 100)]
fn seek_a_time(bencher: Bencher<'_, '_>) {
    let log = log();
    let middle = log.first_time(log.size() / 2, log.size()).expect("read").expect("a time").1;
    bencher.bench_local(|| log.seek(middle).expect("read"));
}
