//! `flightdeck logs FILE` where a person looks: one log on the whole screen.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use super::support::home::Home;
use super::support::screen::{End, Screen};

/// Five thousand records, one a second; every hundredth is an error with a trace.
fn log() -> String {
    let record = |n: u32| {
        let (hour, minute, second) = (n / 3_600, n / 60 % 60, n % 60);
        let (level, trace) = match n % 100 {
            0 => ("error", format!("Traceback of {n}\n  File \"x.py\" \x1b[2J\u{202e}\n")),
            _ => ("info", String::new()),
        };
        let ts = format!("2026-02-03T{hour:02}:{minute:02}:{second:02}Z");
        format!("{{\"ts\":\"{ts}\",\"level\":\"{level}\",\"n\":{n},\"msg\":\"record {n}.\"}}\n{trace}")
    };
    (0..5_000).map(record).collect()
}

#[test]
fn a_log_opens_at_its_end_and_is_moved_through_and_filtered() {
    let home = Home::new();
    let file = home.write("mail.log", &log());
    let mut screen = Screen::open(&home, (100, 20), &["logs", "mail.log"]);
    screen.wait_for("record 4999.");
    screen.wait_for("following");
    // The first of the shown lines: 5,100 with the traces, less the 18 that fit, from 1.
    screen.wait_for("line 5083");
    screen.press("g");
    screen.wait_for("record 0.");
    screen.wait_for("line 1 ");
    screen.wait_for("x.py\" ^[[2J<U+202E>");
    screen.press(":");
    screen.type_text("00:50");
    screen.press("enter");
    screen.wait_for("record 3000.");
    screen.press("/");
    screen.type_text("n=3205");
    screen.press("enter");
    screen.wait_for("00:53:25.000");
    screen.press("f");
    screen.type_text("level>=loud");
    screen.wait_for("level is one of debug, info, warn, error, fatal");
    screen.press("ctrl-u");
    screen.type_text("level>=warn !/record 41/");
    screen.press("enter");
    screen.wait_for("(49 records)");
    screen.wait_gone("record 3201.");
    screen.press("G");
    screen.wait_for("record 4900.");
    screen.wait_for("Traceback of 4900");
    let more = "{\"level\":\"info\",\"msg\":\"hidden\"}\n{\"level\":\"fatal\",\"msg\":\"the end\"}\n";
    OpenOptions::new().append(true).open(&file).unwrap().write_all(more.as_bytes()).unwrap();
    screen.wait_for("FATAL");
    fs::write(&file, "{\"level\":\"error\",\"msg\":\"anew\"}\n").unwrap();
    screen.wait_for("mail.log was truncated");
    screen.wait_for("anew");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}

#[test]
fn several_logs_are_one_view_by_their_times_and_what_was_rotated_stays_in_it() {
    let home = Home::new();
    let line = |second: u32, word: &str| format!("2026-02-03T04:05:{second:02}Z INFO {word}\n");
    let mail = home.write("mail.log", &[line(1, "first of mail"), line(3, "third of mail")].concat());
    home.write(
        "db.log",
        &[line(2, "second of db"), "  its trace\n".to_owned(), line(4, "fourth of db")].concat(),
    );
    let mut screen = Screen::open(&home, (100, 20), &["logs", "mail.log", "db.log"]);
    screen.wait_for("fourth of db");
    screen.wait_for("2 logs");
    let shown = screen.text();
    let at = |word: &str| shown.find(word).unwrap_or_else(|| panic!("{word} in {shown}"));
    let order = ["first of mail", "second of db", "its trace", "third of mail", "fourth of db"].map(at);
    assert!(order.is_sorted(), "{shown}");
    assert!(shown.lines().any(|line| line.contains("second of db") && line.contains(" db ")), "{shown}");
    screen.press("m");
    screen.type_text("db");
    screen.press("enter");
    screen.wait_gone("second of db");
    screen.wait_for("(1 muted)");
    fs::rename(&mail, mail.with_extension("log.1")).unwrap();
    fs::write(&mail, line(6, "after the rotation")).unwrap();
    screen.wait_for("after the rotation");
    screen.wait_for("what it held stays above");
    screen.wait_for("third of mail");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let home = Home::new();
    home.write("a.log", "one line of a\n");
    let screen = Screen::open(&home, (80, 24), &["logs", "a.log"]);
    screen.wait_for("following");
    screen.signal(rustix::process::Signal::TERM);
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}

#[test]
fn standard_input_is_looked_at_like_a_file_and_the_keys_come_from_the_terminal() {
    let home = Home::new();
    home.write("a.log", &log());
    let pipe = format!("cat a.log | '{}' logs -", env!("CARGO_BIN_EXE_flightdeck"));
    let mut screen = Screen::program(&home, (100, 20), "sh", &["-c", &pipe], &[("PATH", "/usr/bin:/bin")]);
    screen.wait_for("record 4999.");
    screen.press("g");
    screen.wait_for("record 0.");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}
/// B2, D5: bars of volume and errors above a log of any size, and what it hints at.
#[test]
fn b2_d5_bars_take_one_to_where_the_errors_are_and_hints_are_no_causes() {
    let home = Home::new();
    let line = |n: u32| {
        let (level, message) = match n {
            1_800..1_810 => ("ERROR", "openai.RateLimitError: 429 Too Many Requests"),
            2_000 => ("ERROR", "httpx.ReadTimeout: timed out"),
            _ => ("INFO", "fine"),
        };
        let (hour, minute, second) = (n / 3_600, n / 60 % 60, n % 60);
        format!("2026-02-03T{hour:02}:{minute:02}:{second:02}Z {level} {message} {n}.\n")
    };
    home.write("agent.log", &(0..3_600).map(line).collect::<String>());
    let mut screen = Screen::open(&home, (110, 24), &["logs", "agent.log"]);
    screen.wait_for("fine 3599.");
    screen.press("v");
    screen.wait_for("2026-02-03 00:00:00 to 00:59:59: 3600 lines, 11 errors");
    screen.wait_for("hints, no causes (D5): rate-limit 10, time-out 1");
    screen.press("f");
    screen.type_text("level>=error");
    screen.press("enter");
    screen.wait_for("11 lines, 11 errors");
    screen.press("left");
    screen.wait_for(": 1 lines, 1 errors");
    screen.press("left");
    screen.wait_for("00:29:59 to 00:30:59: 10 lines, 10 errors");
    screen.press("f");
    screen.press("ctrl-u");
    screen.press("enter");
    screen.wait_for("3600 lines, 11 errors");
    screen.press("v");
    screen.wait_gone("3600 lines");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}

/// The attack: a log line that takes over the terminal of whoever reads it, turns text around, or is so
/// long that nothing else is ever seen.
#[test]
fn hostile_lines_and_a_hundred_megabytes_without_an_end_are_shown_harmlessly() {
    let home = Home::new();
    let hostile: &[&[u8]] = &[
        b"the beginning\n",
        b"clear \x1b[2J\x1b[H title \x1b]0;owned\x07 clip \x1b]52;c;b3duZWQ=\x07 dcs \x1bP+q544e\x1b\\ end1\n",
        "bidi \u{202e}gnp.exe\u{2066} zero\u{200b}width end2\n".as_bytes(),
        b"c1 \xc2\x9b31m raw \x9b2J nul \0 bell \x07 back \x08\x08\x08 cr\rover end3\n",
        b"broken \xff\xfe\xf0\x9f utf-8 end4\n",
        b"{\"level\":\"\\u001b[2J\",\"msg\":\"json \\u001b]0;x\\u0007 \\u202e end5\"}\n",
    ];
    let mut log = hostile.concat();
    let block = b"\x1b[2J and on and on ".repeat(5_400);
    while log.len() < 100 * 1024 * 1024 {
        log.extend_from_slice(&block);
    }
    log.extend_from_slice(b"\nthe end\n");
    let file = home.path().join("hostile.log");
    fs::write(&file, &log).unwrap();

    let mut screen = Screen::open(&home, (120, 24), &["logs", "hostile.log"]);
    screen.wait_for("the end");
    let entered = screen.mark();
    screen.press("v");
    screen.wait_for("no line states a time");
    screen.press("v");
    screen.press("g");
    screen.wait_for("the beginning");
    screen.wait_for("clear ^[[2J^[[H title ^[]0;owned^G clip ^[]52;c;b3duZWQ=^G dcs ^[P+q544e^[\\ end1");
    screen.wait_for("bidi <U+202E>gnp.exe<U+2066> zero<U+200B>width end2");
    for words in ["end3", "end4", "end5", "^[[2J and on and on"] {
        screen.wait_for(words);
    }
    screen.press("/");
    screen.type_text("the end");
    screen.wait_for("search: the end");
    screen.press("enter");
    // Until it is looked for, what is typed belongs to the prompt.
    screen.wait_gone("search:");
    screen.press("G");
    screen.wait_for("following");
    let bytes = screen.since(entered);
    for attack in [
        &b"\x1b]0;owned"[..],
        b"\x1b]52;",
        b"\x1bP+q",
        b"\x1b[2J",
        "\u{202e}".as_bytes(),
        b"\xc2\x9b",
        b"\x9b2J",
    ] {
        assert!(!bytes.windows(attack.len()).any(|part| part == attack), "{attack:?}");
    }
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();

    // In a pipe, which may end on a terminal, as well.
    let printed = home.run(&["logs", "hostile.log"]).out;
    assert!(
        printed.contains("clear ^[[2J") && printed.contains("<U+202E>gnp") && printed.contains("the end")
    );
    assert!(!printed.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}'));
}
