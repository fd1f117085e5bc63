//! A part of a log becomes evidence, from the Log pane (A4).

use std::fs;
use std::io::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::support::home::Home;
use super::support::screen::{End, Screen};

fn line(at: DateTime<Utc>, message: &str) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let raw = serde_json::json!({"ts": at, "level": "info", "msg": message});
    format!("{raw}\n")
}

#[test]
fn a4_a_time_range_of_the_log_is_stored_without_its_secrets_rotated_files_too() {
    let home = Home::new();
    home.write(
        "config.toml",
        "user = 'ana'\n[[agents]]\nid = 'support-1'\nlogs = ['support-1.log']\n\
         [redaction.customer]\npattern = 'CUST-\\d+'\n",
    );
    let now = Utc::now();
    let at = |minutes: i64| now - TimeDelta::minutes(minutes);
    home.write(
        "support-1.log",
        &[
            line(at(4), "mail to ana@example.com for CUST-17"),
            line(at(3), "Authorization: Bearer abcdef-123456"),
            line(at(2), "card 4111 1111 1111 1111, order 4111 1111 1111 1112"),
            line(at(1), "done \u{202e}"),
        ]
        .concat(),
    );
    // What was rotated away meanwhile, and what is older than what an analysis looks at.
    let rotated = fs::File::create(home.path().join("support-1.log.1.gz")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(rotated, flate2::Compression::fast());
    let older = line(at(60), "an hour ago") + &line(at(5), "password=correct-horse");
    packer.write_all(older.as_bytes()).unwrap();
    packer.finish().unwrap();
    home.run(&["declare", "it sends mail to everybody", "--severity", "P1", "--agent", "support-1"]);

    let mut screen = Screen::open(&home, (120, 40), &[]);
    screen.wait_for("it sends mail to everybody");
    screen.press("4");
    screen.wait_for("done <U+202E>");
    screen.press("s");
    screen.wait_for("store a part of the log as evidence");
    screen.press("tab tab tab");
    screen.press("enter");
    screen.wait_for("evidence: 5 lines of support-1, 5 secrets redacted, sha256");
    screen.press("f3");
    screen.wait_for("5 secrets redacted");
    screen.press("ctrl-c");
    assert_eq!(screen.wait_end(), End::Code(0));

    let told = home.run(&["evidence", "1", "--format", "json", "--out", "out"]);
    let told: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let piece = &told["evidence"][0];
    assert_eq!((&piece["redacted"], &piece["name"]), (&5.into(), &"support-1-log.jsonl".into()));
    let [file] =
        &fs::read_dir(home.path().join("out")).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>()
            [..]
    else {
        panic!("one file")
    };
    let stored = fs::read_to_string(file).unwrap();
    let sha256: String = Sha256::digest(&stored).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(piece["sha256"], sha256.as_str(), "the digest is of what is stored");
    let texts: Vec<String> = stored
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned()
        })
        .map(|text| {
            serde_json::from_str::<serde_json::Value>(&text).unwrap()["msg"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        texts,
        [
            "password=[redacted named-secret]",
            "mail to [redacted e-mail] for [redacted customer]",
            "Authorization: Bearer [redacted bearer-token]",
            "card [redacted card-number], order 4111 1111 1111 1112",
            "done \u{202e}",
        ]
    );
}
