//! The command line as scripts and people meet it: the real binary, its words and its exit codes.
//!
//! Exit codes are a promise (`src/error.rs`): 1 found problems, 2 the person, 3 the configuration,
//! 4 refused by a rule, 5 something outside.

#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flightdeck::incident::{IncidentId, Realm, Text, Time};
use flightdeck::store::{Journal, NewRevision, Opening};
use serde_json::Value;

use support::home::{Home, Ran, permit};
use support::program::Program;

/// How long another process may take on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A home in which INC-1 was declared.
fn declared() -> Home {
    let home = Home::with_programs();
    let declare = ["declare", "mail answers leak", "-s", "P0", "-p", "boundary", "-a", "support-1"];
    assert_eq!(home.run(&declare).ok(), "INC-1\n");
    home
}

#[track_caller]
fn says(ran: &Ran, code: i32, words: &[&str]) {
    let all = ran.all();
    assert_eq!(ran.code, Some(code), "{all}");
    for words in words {
        assert!(all.contains(words), "'{words}' is not in:\n{all}");
    }
}

#[test]
fn adapters_says_who_is_there_and_what_nothing_carries() {
    let home = Home::with_programs();
    // Nobody listens there.
    let more = "[adapters.runtime]\ntype = 'http'\nurl = 'http://127.0.0.1:1'\nread_only = true\n\
                [adapters.runtime.actions.silence]\npath = '/silence'\nchecks = []\n";
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", &format!("{config}{more}"));
    says(
        &home.run(&["adapters"]),
        0,
        &[
            "ops",
            "process",
            "not seen",
            "isolate",
            "runtime",
            "ILL",
            "read-only: silence",
            "nothing carries: ",
        ],
    );
    let listed: Value = serde_json::from_str(&home.run(&["adapters", "--format", "json"]).ok()).unwrap();
    assert_eq!(listed["adapters"][1]["well"], false);
    assert_eq!(listed["adapters"][0]["well"], Value::Null);
    assert!(listed["missing"].as_array().unwrap().contains(&Value::from("snapshot")));

    assert_eq!(home.run(&["declare", "noise", "-s", "P2"]).ok(), "INC-1\n");
    let silence = ["act", "1", "silence", "-t", "Noise", "-p", "minutes=5"];
    let shown = home.run(&[&silence[..], &["--dry-run"]].concat());
    says(&shown, 0, &["POST http://127.0.0.1:1/silence", "nothing was called"]);
    let refused = home.run(&[&silence[..], &["--yes"]].concat());
    says(&refused, 4, &["configured to read only"]);
}

/// What a channel took is in the journal: whoever asks sees it, also where another process delivers.
#[test]
fn e1_adapters_tells_which_channel_takes_nothing_and_what_waits_for_it() {
    let home = Home::new();
    // Nobody listens there.
    home.write(
        "config.toml",
        "user = 'ana'\n[channels.pager]\ntype = 'webhook'\nurl = 'http://127.0.0.1:1/x'\n",
    );
    let listed =
        || -> Value { serde_json::from_str(&home.run(&["adapters", "--format", "json"]).ok()).unwrap() };
    assert_eq!(listed()["channels"][0]["outbox"], Value::Null, "nothing was to be told yet");
    for _ in 0..3 {
        home.run(&["declare", "mails leave", "-s", "P1"]);
    }
    let pager = &listed()["channels"][0]["outbox"];
    assert_eq!((&pager["delivers"], &pager["waiting"]), (&Value::from(false), &Value::from(3)), "{pager}");
    assert!(pager["failed"].as_u64() >= Some(3) && pager["why"].is_string(), "{pager}");
    assert_eq!(pager["oldest"]["id"], "INC-1/M1");
    assert!(pager["oldest"]["seconds"].is_u64() && pager["oldest"]["queued_at"].is_string(), "{pager}");
    says(&home.run(&["adapters"]), 0, &["of the outbox:", "tries failed", "3 wait,"]);
}

#[test]
fn an_incident_is_declared_listed_and_told() {
    let home = declared();
    insta::assert_snapshot!(home.run(&["incidents"]).ok(), @r"
    ID     SEV  STATUS  DECLARED (UTC)       TITLE
    INC-1  P0   open    YYYY-MM-DD hh:mm:ss  mail answers leak
    ");
    insta::assert_snapshot!(home.run(&["timeline", "1"]).ok(), @r"
    #  TIME (UTC)           WHO  WHAT
    1  YYYY-MM-DD hh:mm:ss  ana  declared (live) P0, boundary: mail answers leak [support-1], detected at hh:mm:ss
    ");
    let verified = "~/data/journal.db: all holds; incidents: 1, entries: 1\n";
    assert_eq!(home.run(&["verify"]).ok(), verified);
}

#[test]
fn json_is_what_the_documentation_says() {
    let home = declared();
    insta::assert_snapshot!(home.run(&["incidents", "--format", "json"]).ok(), @r#"
    {
      "format": 1,
      "incidents": [
        {
          "id": "INC-1",
          "title": "mail answers leak",
          "severity": "P0",
          "status": "open",
          "realm": "live",
          "declared_at": "[time]",
          "changed_at": "[time]",
          "resolved_at": null,
          "merged_into": null,
          "agents": [
            "support-1"
          ],
          "entries": 1
        }
      ]
    }
    "#);
    insta::assert_snapshot!(home.run(&["timeline", "INC-1", "--format", "json"]).ok(), @r#"
    {
      "format": 1,
      "incident": "INC-1",
      "entries": [
        {
          "seq": 1,
          "at": "[time]",
          "actor": {
            "kind": "person",
            "name": "ana"
          },
          "text": "declared (live) P0, boundary: mail answers leak [support-1], detected at hh:mm:ss",
          "event": {
            "kind": "declared",
            "data": {
              "realm": "live",
              "title": "mail answers leak",
              "severity": "P0",
              "pattern": "boundary",
              "agents": [
                "support-1"
              ],
              "detected_at": "[time]"
            }
          }
        }
      ]
    }
    "#);
    let empty = Home::new().run(&["incidents", "--format", "json"]);
    assert_eq!(empty.ok(), "{\n  \"format\": 1,\n  \"incidents\": []\n}\n");
}

#[test]
fn a3_an_isolation_is_said_lamp_by_lamp_and_ends_well_when_it_is_proved() {
    let home = declared();
    let isolated = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]).ok();
    insta::assert_snapshot!(isolated, @r"
    isolate support-1 for INC-1 (P0 mail answers leak)
      does      stop the agent, cut its connections, pause its queue
      calls     ~/isolate.sh support-1
      by        ops, within 30s
      checks    agent_status = stopped
                task_queue = 0
                api_calls = 0
                within 1s of acceptance
      undo      ~/release.sh support-1
    hh:mm:ss A1 requested
    hh:mm:ss A1 accepted: stopping support-1
    hh:mm:ss A1 verified: agent_status = stopped: read stopped, task_queue = 0: read 0, api_calls = 0: read 0
    ");
    let timeline = home.run(&["timeline", "1"]).ok();
    for words in ["A1 requested: isolate support-1", "A1 accepted: stopping", "A1 VERIFIED", "T3 controlled"]
    {
        assert!(timeline.contains(words), "{words}:\n{timeline}");
    }
    let again = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]);
    says(&again, 4, &["isolate support-1 is verified already, as A1 [rule A3 in force]", "hint: in force"]);
    let released = home.run(&["act", "1", "release", "-a", "support-1", "--yes"]).ok();
    assert!(released.contains("A2 verified: agent_status = running: read running"), "{released}");
    assert!(home.run(&["timeline", "1"]).ok().contains("A1 undone by A2"));
}

#[test]
fn a3_what_nothing_reads_is_settled_by_what_a_person_saw() {
    let home = declared();
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    let limit = "[adapters.ops.actions.rate-limit]\nrun = ['./isolate.sh', '{agent}']\nchecks = []\n";
    home.write("config.toml", &format!("{config}{limit}"));
    let asked = home.run(&["act", "1", "rate-limit", "-a", "support-1", "--yes"]);
    let settle = "flightdeck settle INC-1 A1 holds --reason";
    says(&asked, 0, &["A1 accepted", "there is no check that could prove it", settle]);
    says(&home.run(&["settle", "1", "A1", "holds"]), 2, &["--reason"]);
    says(&home.run(&["settle", "1", "A1", "never-took-effect", "-r", "x"]), 4, &["cannot be settled"]);
    says(
        &home.run(&["settle", "1", "A9", "holds", "-r", "x"]),
        2,
        &["INC-1 has no action A9", "timeline INC-1"],
    );
    let told = "ana A1 seen to hold, which nothing else can prove: the gateway counts 5 a minute";
    let reason = "the gateway counts 5 a minute";
    says(&home.run(&["settle", "1", "A1", "holds", "--reason", reason]), 0, &[told]);
    says(&home.run(&["mitigations"]), 0, &["accepted", "seen by ana to hold"]);
    let listed: Value = serde_json::from_str(&home.run(&["mitigations", "--format", "json"]).ok()).unwrap();
    let one = &listed["mitigations"][0];
    assert_eq!((&one["lamp"], &one["verified_at"]), (&Value::from("accepted"), &Value::Null), "{one}");
    let seen = &one["witnessed"];
    assert_eq!((&seen["by"], &seen["holds"]), (&Value::from("ana"), &Value::Bool(true)), "{one}");
    says(&home.run(&["mitigations", "--digest"]), 0, &["seen by ana", "to hold: the gateway"]);
    says(&home.run(&["review", "1"]), 0, &["Seen by ana at", "which nothing else proves: the gateway"]);
    says(&home.run(&["settle", "1", "1", "undone", "-r", "limit taken off"]), 0, &["A1 undone"]);
}

#[test]
fn what_is_in_force_is_listed_read_and_told_of() {
    let home = declared();
    says(&home.run(&["mitigations"]), 0, &["nothing is in force"]);
    let json = home.run(&["mitigations", "--format", "json"]);
    assert_eq!(json.ok(), "{\n  \"format\": 1,\n  \"mitigations\": []\n}\n");
    says(&home.run(&["mitigations", "--digest"]), 0, &["nothing is in force; no digest"]);
    home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]).ok();
    insta::assert_snapshot!(home.run(&["mitigations"]).ok(), @r"
    INCIDENT  ACTION  LAMP      FOR  LAST READ (UTC)      OWNER  FATE         WHAT
    INC-1     A1      verified  <1m  YYYY-MM-DD hh:mm:ss  ana    nobody said  isolate support-1
    ");
    let listed: Value = serde_json::from_str(&home.run(&["mitigations", "--format", "json"]).ok()).unwrap();
    let one = &listed["mitigations"][0];
    for (field, value) in [
        ("incident", "INC-1"),
        ("action", "A1"),
        ("op", "isolate"),
        ("lamp", "verified"),
        ("status", "open"),
        ("owner", "ana"),
    ] {
        assert_eq!(one[field], value, "{one}");
    }
    assert_eq!((&one["watched"], &one["disposition"]), (&Value::Bool(true), &Value::Null), "{one}");
    // Somebody started it again behind everybody's back.
    fs::remove_file(home.path().join("state-support-1")).expect("it was stopped");
    says(&home.run(&["mitigations", "--read"]), 0, &["LEAKING", "isolate support-1"]);
    says(
        &home.run(&["mitigations", "--digest"]),
        0,
        &["1 mitigation is still in force", "isolate support-1"],
    );
    home.run(&["act", "1", "release", "-a", "support-1", "--yes"]).ok();
    says(&home.run(&["mitigations"]), 0, &["nothing is in force"]);
    says(&home.run(&["mitigations", "--all"]), 0, &["undone", "over", "isolate support-1"]);
}

#[test]
fn a3_accepted_is_not_contained() {
    let home = declared();
    let accepted = home.run(&["act", "1", "isolate", "-a", "slow-1", "--yes", "--wait=accepted"]);
    says(&accepted, 0, &["A1 accepted: stopping slow-1", "it is not proved yet"]);
    let waited = home.run(&["act", "1", "isolate", "-a", "slow-2", "--yes"]);
    says(&waited, 5, &["A2 accepted: stopping slow-2", "A2 unverified", "read running", "do not rely on it"]);
}

#[test]
fn an_action_without_checks_is_accepted_and_never_called_proved() {
    let home = declared();
    let paged = home.run(&["act", "1", "page", "-t", "Bo Li", "-p", "reason=mail leaks", "--yes"]);
    says(&paged, 0, &["A1 accepted: paged Bo Li: mail leaks", "there is no check that could prove it"]);
}

#[test]
fn each_other_end_of_an_action_has_its_words_and_its_code() {
    let home = declared();
    for (arguments, code, words) in [
        (
            &["restart", "-a", "support-1", "--yes"][..],
            5,
            &["no such backend", "it was not done; try another way"][..],
        ),
        (
            &["rate-limit", "-a", "support-1", "--yes"],
            3,
            &["no adapter carries it", "[adapters.mine.actions.rate-limit]", "undo = [\"./lift.sh\""],
        ),
        (
            &["isolate", "-a", "support-1"],
            4,
            &["nobody is there to confirm it", "--yes", "nothing was called"],
        ),
        (&["page", "-a", "support-1", "--yes"], 2, &["aimed at", "a person", "--target"]),
        (&["page", "-t", "bo", "--yes"], 2, &["needs reason"]),
        (&["page", "-t", "bo", "-p", "reason=x", "-p", "colour=red", "--yes"], 2, &["no parameter 'colour'"]),
        (&["page", "-t", "bo", "-p", "reason"], 2, &["NAME=VALUE"]),
        (&["isolate", "-t", "$(reboot)", "--yes"], 2, &["not an agent's id"]),
        (&["isolate", "-a", "../../etc", "--yes"], 2, &["not an agent's id"]),
        (&["isolat", "-a", "support-1"], 2, &["a similar value exists: 'isolate'"]),
        (&["isolate"], 2, &["--agent", "--target"]),
        (&["isolate", "-a", "support-1", "--yes", "--dry-run"], 2, &["cannot be used with"]),
        (&["isolate", "-a", "support-1", "--yes", "--read-only"], 4, &["read-only", "nothing was called"]),
        (&["isolate", "-a", "support-1", "--yes", "--as", " "], 2, &["--as names nobody"]),
        (
            &["release", "-a", "support-1", "--yes", "--as", "ai:triage"],
            4,
            &["'release' is not for AI actors [rule C2 actions.who]", "hint: ask a person to decide"],
        ),
        (
            &["isolate", "-a", "support-1", "--yes", "--as", "ai:triage"],
            0,
            &["it will wait for approval", "proposed: to be approved by", "nothing is called before"],
        ),
    ] {
        says(&home.run(&[&["act", "1"], arguments].concat()), code, words);
    }
    assert!(!home.path().join("state-support-1").exists(), "nothing was called");
}

#[test]
fn c5_what_the_policy_does_not_allow_is_refused_before_anything_is_called() {
    let home = declared();
    home.write("policy.toml", "[actions.isolate]\nwho = []\n[actions.page]\napproval = 'second'\n");
    let isolate = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]);
    says(&isolate, 4, &["'isolate' is not for anybody [rule C2 actions.who]", "would allow it"]);
    assert_eq!(home.run(&["timeline", "1"]).ok().lines().count(), 2, "nothing is on record");
    let page = home.run(&["act", "1", "page", "-t", "bo", "-p", "reason=x", "--yes"]);
    says(&page, 4, &["A1 proposed", "somebody else approves it"]);
}

#[test]
fn a_dry_run_shows_everything_and_does_nothing() {
    let home = declared();
    let ran = home.run(&["act", "INC-1", "isolate", "--agent", "support-1", "--dry-run"]).ok();
    for words in ["calls     ~/isolate.sh support-1", "undo      ~/release.sh", "nothing was called"] {
        assert!(ran.contains(words), "{words}:\n{ran}");
    }
    assert!(!home.path().join("state-support-1").exists());
    assert_eq!(home.run(&["timeline", "1"]).ok().lines().count(), 2, "nothing is on record");
}

#[test]
fn what_an_action_would_fight_is_said_beforehand() {
    let home = declared();
    home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]).ok();
    let ran = home.run(&["act", "1", "restart", "-a", "support-1", "--dry-run"]).ok();
    assert!(ran.contains("fights    INC-1 A1 isolate support-1: verified"), "{ran}");
}

#[test]
fn at_a_terminal_the_target_is_typed_or_nothing_is_called() {
    let home = declared();
    let isolate = ["act", "1", "isolate", "-a", "support-1"];
    for wrong in ["support-2", "y", "SUPPORT-1"] {
        let (code, said) = home.at_a_terminal(&isolate, wrong);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("that is not the target's name; nothing was called"), "{said}");
    }
    let (code, said) = home.at_a_terminal(&isolate, "support-1");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("type support-1 to confirm:") && said.contains("A1 verified"), "{said}");
}

#[test]
fn at_a_terminal_a_harmless_action_takes_a_yes() {
    let home = declared();
    let page = ["act", "1", "page", "-t", "bo", "-p", "reason=x"];
    let (code, said) = home.at_a_terminal(&page, "n");
    assert!(code == 4 && said.contains("not confirmed"), "{said}");
    let (code, said) = home.at_a_terminal(&page, "y");
    assert!(code == 0 && said.contains("A1 accepted"), "{said}");
}

#[test]
fn at_a_terminal_tables_fit_it() {
    let home = declared();
    let long = "a title that goes on and on ".repeat(10);
    home.run(&["declare", &long]).ok();
    for list in [&["incidents"][..], &["timeline", "2"], &["keys"], &["demo", "--list"]] {
        let (code, said) = home.at_a_terminal(list, "");
        assert_eq!(code, 0, "{said}");
        let widest = said.lines().map(|line| line.trim_end().chars().count()).max();
        assert!(widest <= Some(80), "{list:?} is {widest:?} wide:\n{said}");
        assert!(!said.contains('\u{1b}'), "no colours are needed: {said:?}");
    }
    assert!(home.run(&["incidents"]).ok().contains(long.trim_end()), "whole where nobody looks");
}

#[test]
fn a_review_is_filled_from_the_timeline_until_somebody_keeps_one() {
    let home = declared();
    let review = home.run(&["review", "INC-1"]);
    says(&review, 0, &["# Review of INC-1: mail answers leak", "nobody keeps a review of INC-1 yet"]);
    let chinese = home.run(&["review", "1", "--language", "zh-Hant"]);
    says(&chinese, 0, &["# INC-1 事後檢討"]);
    let json = home.run(&["review", "1", "--format", "json"]).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["format"], &json["incident"]), (&Value::from(1), &Value::from("INC-1")));
    assert_eq!(json["timeline"][0]["seq"], 1);
}

#[test]
fn a_review_that_somebody_keeps_is_printed_as_they_wrote_it() {
    let home = declared();
    let kept = NewRevision {
        incident: IncidentId(1),
        at: Time::UNIX_EPOCH,
        author: Text::line("bo"),
        language: Text::line("en"),
        draft: true,
        after: None,
        text: "# Ours\n\nwhat we learnt\n".to_owned(),
    };
    let journal = Journal::open(home.data().join("journal.db"), &Opening::write(Realm::Live)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(journal.save_revision(kept)).unwrap();
    drop(journal);
    assert_eq!(home.run(&["review", "1"]).ok(), "# Ours\n\nwhat we learnt\n");
    assert_eq!(home.run(&["review", "1", "--language", "en"]).ok(), "# Ours\n\nwhat we learnt\n");
    let other = home.run(&["review", "1", "--language", "zh-Hant"]);
    says(&other, 0, &["INC-1 事後檢討", "bo keeps a review of INC-1 in another language (en)"]);
}

#[test]
fn a_review_is_written_to_a_file_that_is_not_there_yet() {
    let home = declared();
    says(&home.run(&["review", "1", "--out", "review.md"]), 0, &["wrote review.md"]);
    let written = fs::read_to_string(home.path().join("review.md")).unwrap();
    assert!(written.contains("# Review of INC-1"), "{written}");
    says(&home.run(&["review", "1", "--out", "review.md"]), 2, &["review.md exists already"]);
    says(&home.run(&["review", "1", "--out", "no/such/review.md"]), 2, &["cannot write"]);
    assert_eq!(fs::read_to_string(home.path().join("review.md")).unwrap(), written);
}

#[test]
fn the_teams_own_template_is_used() {
    let home = declared();
    home.write("templates/ours.md", "Ours: {{ title | md }}\n");
    home.write("config.toml", "[review]\ntemplate = 'ours'\n");
    says(&home.run(&["review", "1"]), 0, &["Ours: mail answers leak"]);
    home.write("templates/ours.md", "{{ titel }}\n");
    says(&home.run(&["review", "1"]), 3, &["line 1 of the review template", "flightdeck check"]);
}

#[test]
fn a_flipped_byte_in_the_middle_of_the_journal_is_named() {
    let home = declared();
    for title in ["second", "third"] {
        home.run(&["declare", title]).ok();
    }
    let file = home.data().join("journal.db");
    let mut bytes = fs::read(&file).unwrap();
    // The entry itself, not the list's copy of the title.
    let needle = br#""title":"second""#;
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at + 10] ^= 1;
    fs::write(&file, bytes).unwrap();
    says(&home.run(&["verify"]), 1, &["~/data/journal.db: INC-2 entry 1 (position 2)"]);
    says(&home.run(&["incidents"]), 0, &["INC-3"]);
    // Whoever prints it, or hands it on, hears of it too.
    for print in ["timeline", "review"] {
        says(&home.run(&[print, "2"]), 0, &["DOES NOT VERIFY: INC-2 entry 1: it is not as it was recorded"]);
        let other = home.run(&[print, "1"]).all();
        assert!(!other.contains("VERIFY"), "{other}");
    }
}

#[test]
fn a_journal_that_is_none_is_left_alone() {
    let home = Home::new();
    says(&home.run(&["verify"]), 2, &["there is no journal ~/data/journal.db"]);
    says(&home.run(&["incidents"]), 0, &["there is no journal", "data/journal.db"]);
    says(&home.run(&["mitigations", "--read"]), 0, &["nothing is in force"]);
    assert!(!home.data().exists(), "reading begins no journal");
    home.write("data/journal.db", "my diary, dear diary, this is no database at all");
    for command in [&["incidents"][..], &["declare", "x"], &["timeline", "1"]] {
        says(&home.run(command), 2, &["not a flightdeck journal", "hint: nothing was changed"]);
    }
    says(&home.run(&["verify"]), 1, &["not a flightdeck journal"]);
    assert!(fs::read_to_string(home.data().join("journal.db")).unwrap().starts_with("my diary"));
}

#[test]
fn a_newer_flightdecks_journal_is_read_and_not_written() {
    let home = declared();
    let newer = rusqlite::Connection::open(home.data().join("journal.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let act = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]);
    says(&act, 2, &["written by a newer flightdeck", "nothing was done", "hint: use the newer flightdeck"]);
    says(&home.run(&["declare", "x"]), 2, &["written by a newer flightdeck", "nothing was done"]);
    let read = "READ-ONLY: ";
    says(&home.run(&["incidents"]), 0, &["mail answers leak", read, "written by a newer flightdeck"]);
    says(&home.run(&["timeline", "1"]), 0, &[read, "written by a newer flightdeck"]);
    assert!(!home.path().join("state-support-1").exists());
}

#[test]
fn a_read_only_data_directory_is_said_and_can_be_read() {
    let home = declared();
    let set = |mode: u32, file_mode: u32| {
        for file in fs::read_dir(home.data()).unwrap().flatten() {
            if file.path().is_file() {
                permit(&file.path(), file_mode);
            }
        }
        permit(&home.data(), mode);
    };
    set(0o555, 0o444);
    if let Some(ran) = home.run_as_nobody(&["declare", "x"]) {
        says(&ran, 5, &["read-only", "nothing was done", "hint: make the file and its directory writable"]);
        let list = home.run_as_nobody(&["incidents"]).unwrap();
        says(&list, 0, &["mail answers leak", "READ-ONLY: ", "may not be written"]);
    }
    set(0o755, 0o644);
    assert_eq!(home.run(&["incidents"]).ok().lines().count(), 2);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_said() {
    let home = Home::new();
    home.write("file", "");
    let ran = home.run(&["declare", "x", "--data-dir", "file/below"]);
    says(&ran, 5, &["the journal cannot be reached", "hint: check the path"]);
}

#[test]
fn two_processes_that_declare_at_the_same_time_get_two_incidents() {
    let home = Home::new();
    let declare = |n: usize| {
        let mut command = home.command(&["declare", &format!("incident of process {n}")]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..6).map(declare).collect();
    let ids: BTreeSet<String> =
        children.into_iter().map(|child| home.came_to(child.wait_with_output().unwrap()).ok()).collect();
    assert_eq!(ids, (1..=6).map(|n| format!("INC-{n}\n")).collect());
    assert_eq!(home.run(&["incidents"]).ok().lines().count(), 7);
    says(&home.run(&["verify"]), 0, &["incidents: 6, entries: 6"]);
}

#[test]
fn whoever_stops_reading_ends_a_command_quietly() {
    let home = declared();
    for command in [&["incidents", "--format", "json"][..], &["keys"], &["completions", "bash"], &["--help"]]
    {
        let mut child = home.command(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = home.came_to(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{command:?}");
    }
}

#[test]
fn a_program_that_may_not_be_run_is_found_before_the_incident() {
    let home = Home::with_programs();
    home.write("config.toml", "[[agents]]\nid = 'a'\nvitals = ['./probe.sh', '{agent}']\n");
    says(&home.run(&["check"]), 0, &["nothing is wrong"]);
    permit(&home.path().join("probe.sh"), 0o644);
    says(
        &home.run(&["check"]),
        1,
        &["config.toml:3:10:", "`vitals` of a", "probe.sh may not be run", "chmod +x"],
    );
}

#[test]
fn check_tells_everything_at_once_with_its_place_and_a_hint() {
    let home = Home::new();
    says(&home.run(&["check"]), 0, &["nothing is wrong"]);
    home.write("config.toml", "usr = 'ana'\n[ui]\ntheme = 'drak'\n");
    home.write("policy.toml", "[windows.respond]\nwithin.P0 = 3\n");
    home.write("keymaps/mine.toml", "inherits = 'default'\n[everywhere]\n'ctrl-q' = 'quitt'\n");
    home.write("themes/mine.toml", "inherits = 'dark'\n[roles]\nerrr = {}\n");
    home.write("templates/mine.md", "{% if %}\n");
    home.write("scenarios/mine.toml", "name = 'x'\nseverity = 'P9'\n");
    let ran = home.run(&["check"]);
    says(
        &ran,
        1,
        &[
            "~/config.toml:1:1: unknown key `usr` (hint: did you mean `user`?)",
            "~/config.toml:3:9: ",
            "did you mean `dark`?",
            "~/policy.toml:2:13: ",
            "~/keymaps/mine.toml:3:12: ",
            "~/themes/mine.toml:3:1: ",
            "~/templates/mine.md:1:1: ",
            "~/scenarios/mine.toml:",
            "9 problems",
        ],
    );
    let json: Value = serde_json::from_str(&home.run(&["check", "--format", "json"]).out).unwrap();
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(9));
    assert_eq!(json["problems"][0]["line"], 1);
    let (code, said) = home.at_a_terminal(&["check", "--plain"], "");
    assert!(code == 1 && said.contains("usr = 'ana'"), "{said}");
    assert!(said.is_ascii() && !said.contains('\u{1b}'), "{said}");
    // Everything else goes on, and says that something is wrong.
    says(&home.run(&["declare", "x"]), 0, &["INC-1", "3 problems in the configuration"]);
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let home = Home::new();
    says(&home.run(&["check", "--config", "nowhere.toml"]), 1, &["nowhere.toml: there is no such file"]);
}

#[test]
fn init_writes_a_configuration_and_never_over_one() {
    let home = Home::new();
    let init = ["init", "--config", "new/config.toml"];
    says(&home.run(&init), 0, &["wrote new/config.toml"]);
    says(&home.run(&["check", "--config", "new/config.toml"]), 0, &["nothing is wrong"]);
    home.write("new/config.toml", "user = 'ana'\n");
    says(&home.run(&init), 2, &["exists already"]);
    says(&home.run(&[&init[..], &["--force"]].concat()), 0, &["the old one is new/config.toml.old", "wrote"]);
    let old = fs::read_to_string(home.path().join("new/config.toml.old")).unwrap();
    assert_eq!(old, "user = 'ana'\n");
    // A second time put the starter over what a person had written.
    says(
        &home.run(&[&init[..], &["--force"]].concat()),
        0,
        &["the old one is new/config.toml.old-2", "wrote"],
    );
    assert_eq!(fs::read_to_string(home.path().join("new/config.toml.old")).unwrap(), old);
}

#[test]
fn one_wrong_word_in_an_adapter_is_named_where_its_action_is_missing() {
    let home = declared();
    let adapter =
        "[adapters.op]\ntype = 'process'\n[adapters.op.actions.isolate]\nrun = ['sh']\nchecks = []\n";
    let asked = ["act", "1", "isolate", "-a", "support-1"];
    for (config, named) in [
        (format!("{adapter}limit = '5 minutes'\n"), "config.toml:6:9: `adapters.op.actions.isolate.limit`"),
        (format!("{adapter}limit = '5m\n"), "config.toml:6:"),
    ] {
        home.write("config.toml", &config);
        let ran = home.run(&asked);
        says(&ran, 3, &["because what is configured cannot be used", named]);
        assert!(!ran.all().contains("[adapters.mine]"), "{}", ran.all());
    }
    let named = [&asked[..], &["--config", "confg.toml"]].concat();
    says(&home.run(&named), 3, &["confg.toml: there is no such file"]);
}

#[test]
fn what_is_not_there_is_said_with_where_to_look() {
    let home = declared();
    for (arguments, words) in [
        (
            &["timeline", "9"][..],
            &["there is no INC-9 in ~/data/journal.db", "flightdeck incidents --all"][..],
        ),
        (&["review", "INC-9"], &["there is no INC-9"]),
        (&["act", "9", "isolate", "-a", "support-1", "--yes"], &["there is no INC-9"]),
        (&["timeline", "INC-0"], &["names no incident"]),
        (&["timeline", "1", "--drill"], &["there is no INC-1 in ~/data/drill.db"]),
        (&["keys", "--keymap", "vi"], &["there is no keymap 'vi'", "vim"]),
        (&["man", "acct"], &["there is no command 'acct'", "act"]),
        (&["declare", ""], &["the title of an incident is empty"]),
        (&["declare", "x", "-s", "P7"], &["use P0 to P3 or SEV1 to SEV4"]),
        (&["declare", "x", "--detected", "soon"], &["--detected: 'soon' is no time"]),
        (&["demo", "--speed", "-1"], &["0.1 to 1000"]),
        (&["incidents", "--format", "xml"], &["table, json"]),
        (&["frobnicate"], &["unrecognized subcommand"]),
    ] {
        let ran = home.run(arguments);
        let code = if arguments == ["declare", ""] { 4 } else { 2 };
        says(&ran, code, words);
    }
    says(&home.run(&[]), 2, &["the cockpit needs a terminal"]);
    says(&home.run(&["--as", "ai:triage"]), 2, &["the cockpit is for people"]);
}

#[test]
fn hostile_arguments_are_shown_never_obeyed() {
    let home = declared();
    let title = "\u{1b}]0;owned\u{7}leak\u{202e}gpj.exe\nINC-99 fake";
    home.run(&["declare", title, "-s", "P0"]).ok();
    let list = home.run(&["incidents"]).ok();
    assert!(list.contains("^[]0;owned^Gleak<U+202E>gpj.exe^JINC-99 fake"), "{list}");
    let attack = "\u{1b}[2J\u{202e}";
    for arguments in [
        &["timeline", attack][..],
        &["act", "1", attack, "-a", "x"],
        &["act", "1", "isolate", "-a", attack],
        &["act", "1", "isolate", "-t", attack],
        &["act", "1", "page", "-t", attack, "-p", attack],
        &["act", "1", "page", "-t", attack, "-p", "=", "--yes"],
        &["declare", "x", "--detected", attack],
        &["declare", "x", "-s", attack],
        &["review", "1", "--out", attack, "--format", attack],
        &["keys", "--keymap", attack],
        &["man", attack],
        &["check", "--config", attack],
        &["verify", "--data-dir", attack],
        &["demo", "--scenario", attack],
        &["demo", "--seed", "18446744073709551616"],
        &["demo", "--speed", "NaN"],
        &["timeline", "4294967296"],
        &["timeline", "99999999999999999999999999"],
        &["act", "1", "isolate", "-a", &"x".repeat(10_000)],
        &["declare", "x", "--detected", "99999999d ago"],
        &["declare", "x", "--detected", "-262143-01-01T00:00:00Z"],
        &[attack],
    ] {
        let ran = home.run(arguments);
        assert!(matches!(ran.code, Some(1..=5)), "{arguments:?} ended with {:?}: {}", ran.code, ran.err);
        let all = ran.all();
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{arguments:?} drew: {all:?}");
    }
    let mut not_text = home.command(&["declare"]);
    not_text.arg(std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe") as &std::ffi::OsStr);
    assert_eq!(not_text.output().unwrap().status.code(), Some(2));
}

#[test]
fn the_manual_the_completions_and_the_keys_come_from_the_tables() {
    let home = Home::new();
    says(&home.run(&["man"]), 0, &[".TH flightdeck 1", "EXIT STATUS", "4 (refused)", "FLIGHTDECK_DATA_DIR"]);
    says(&home.run(&["man", "act"]), 0, &[".TH flightdeck-act 1", "isolate"]);
    for (shell, words) in [("bash", "rollback-config"), ("zsh", "rollback-config"), ("fish", "dry-run")] {
        says(&home.run(&["completions", shell]), 0, &[words]);
    }
    says(&home.run(&["keys"]), 0, &["i, space i", "isolate", "stop an agent"]);
    says(&home.run(&["keys", "--format", "md", "--keymap", "vim"]), 0, &["**Act**", "| `i`"]);
    let json: Value = serde_json::from_str(&home.run(&["keys", "--format", "json"]).ok()).unwrap();
    let isolate = json["intents"].as_array().unwrap().iter().find(|one| one["intent"] == "isolate").unwrap();
    assert_eq!(isolate["keys"][0], serde_json::json!({"keys": "i", "context": "everywhere"}));
    says(&home.run(&["demo", "--list"]), 0, &["data-leak", "leaking-isolation"]);
    let json: Value = serde_json::from_str(&home.run(&["demo", "--list", "--format", "json"]).ok()).unwrap();
    assert_eq!(json["scenarios"][0]["name"], "data-leak");
}

#[test]
fn serve_takes_alerts_says_what_it_records_and_ends_when_told() {
    let home = Home::new();
    home.write("config.toml", "[receiver]\nlisten = '127.0.0.1:0'\n");
    let mut child = home.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ready = lines.next().unwrap();
    let address = ready.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();

    let body = r#"{"key": "leak-1", "name": "Leak", "summary": "mail answers leak", "agent": "support-1", "severity": "P0"}"#;
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /v1/alerts/generic HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // By the time it is answered it is on disk; the log follows.
    let first = home.normal(&lines.next().unwrap());
    assert!(first.contains("INC-1 1 flightdeck: declared (live) P0"), "{first}");
    assert!(lines.next().unwrap().contains("INC-1 2 flightdeck: alert fired"));
    // What another process records is said too.
    assert_eq!(home.run(&["declare", "by hand"]).ok(), "INC-2\n");
    // First checks come in as they are read, so its line is one of the next.
    assert!(lines.any(|line| line.contains("INC-2 1 ana: declared")));

    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(lines.all(|line| line.contains(" flightdeck: ")), "nothing but its own words until the end");
    let ran = home.came_to(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(home.run(&["incidents"]).ok().contains("mail answers leak"));
}

/// A second flightdeck on the home's journal, which watches it and says what is recorded.
fn serving(home: &Home) -> Program {
    let mut config = fs::read_to_string(home.path().join("config.toml")).expect("a configuration");
    config.push_str("[receiver]\nlisten = '127.0.0.1:0'\n");
    home.write("config.toml", &config);
    let (data, config) = (home.data().display().to_string(), home.path().join("config.toml"));
    let config = config.display().to_string();
    let arguments = ["--data-dir", &data, "--config", &config, "serve"];
    let serve =
        Program::start(env!("CARGO_BIN_EXE_flightdeck"), "flightdeck", &arguments).expect("it starts");
    serve.wait_for_line("taking alerts on", SOON).expect("it is ready");
    serve
}

#[test]
fn a3_another_flightdeck_that_watches_the_journal_proves_an_action_too() {
    let home = declared();
    let serve = serving(&home);
    let isolated = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]).ok();
    assert!(isolated.contains("A1 verified"), "{isolated}");
    serve.wait_for_line("flightdeck: A1 VERIFIED", SOON).unwrap();
}

#[test]
fn an_action_whose_process_was_killed_is_in_doubt_and_never_run_again() {
    let home = declared();
    let serve = serving(&home);
    let hang = ["act", "1", "restore-checkpoint", "-a", "support-1", "--yes"];
    let mut act = home.command(&hang).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    serve.wait_for_line("A1 requested", SOON).unwrap();
    act.kill().unwrap();
    act.wait().unwrap();
    serve.wait_for_line("A1 in doubt: the process that made the call is gone", SOON).unwrap();
    assert!(!serve.log().contains("A2"), "{}", serve.log());
}

#[test]
fn serve_goes_on_probing_where_the_port_is_taken_or_no_receiver_is_wanted() {
    // Regression: it ended, although it is what keeps reading what is in force; and it opened a
    // receiver that the file says is not to be.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    for (more, says) in [("", "is in use by another program"), ("enabled = false\n", "enabled = false")] {
        let home = Home::new();
        home.write("config.toml", &format!("[receiver]\nlisten = '{listen}'\n{more}"));
        let serve = Program::run("flightdeck serve", home.command(&["serve"])).unwrap();
        let line = serve.wait_for_line("no alerts are taken", Duration::from_secs(60)).unwrap();
        assert!(line.contains(says) && line.contains("probing goes on"), "{line}");
        serve.hang_up().unwrap();
        assert!(serve.end(Duration::from_secs(60)).unwrap().success());
    }
}

/// What went wrong with the receiver of `flightdeck serve` stood in its own log only.
#[test]
fn what_is_wrong_with_the_receiver_that_serves_is_told_by_every_other_process() {
    let home = Home::new();
    let listed =
        || -> Value { serde_json::from_str(&home.run(&["adapters", "--format", "json"]).ok()).unwrap() };
    let until = |what: &str, so: &dyn Fn(&Value) -> bool| {
        let deadline = std::time::Instant::now() + SOON;
        loop {
            let receiver = listed()["receiver"].clone();
            if so(&receiver) {
                return receiver;
            }
            assert!(std::time::Instant::now() < deadline, "never {what}: {receiver}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    home.write("secret", "hunter2");
    home.write("config.toml", "[receiver]\nlisten = '127.0.0.1:0'\ntoken_file = 'secret'\n");
    let serve = Program::run("flightdeck serve", home.command(&["serve"])).unwrap();
    let ready = serve.wait_for_line("taking alerts on", SOON).unwrap();
    let address = ready.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    until("there", &|receiver| receiver["listen"] == *address && receiver["refused"] == 0);
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = "Host: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        write!(stream, "POST /v1/alerts/generic HTTP/1.1\r\n{head}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let receiver = until("refused", &|receiver| receiver["refused"] == 2);
    assert!(receiver["last_refusal"][1].as_str().unwrap().starts_with("401"), "{receiver}");
    says(&home.run(&["adapters"]), 0, &["receiver", "ILL: 2 requests to", "401"]);
    serve.wait_for_line("2 requests to", SOON).unwrap();
    assert!(serve.end(SOON).unwrap().success());
    until("gone with its process", &Value::is_null);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    home.write("config.toml", &format!("[receiver]\nlisten = '{}'\n", taken.local_addr().unwrap()));
    let serve = Program::run("flightdeck serve", home.command(&["serve"])).unwrap();
    serve.wait_for_line("no alerts are taken", SOON).unwrap();
    let receiver = until("in trouble", &|receiver| receiver["trouble"].is_string());
    assert!(receiver["trouble"].as_str().unwrap().contains("in use by another program"), "{receiver}");
    says(&home.run(&["adapters"]), 0, &["ILL: no alerts are taken on"]);
    assert!(serve.end(SOON).unwrap().success());
}

#[test]
fn serve_says_why_it_cannot() {
    let home = Home::new();
    home.write("config.toml", "[receiver]\ntoken_env = 'NO_SUCH_TOKEN'\n");
    says(&home.run(&["serve"]), 3, &["NO_SUCH_TOKEN is not set"]);
}

/// Four records of an agent, one with a stack trace, and what a terminal must never be sent.
const LOG: &str = concat!(
    r#"{"ts":"2026-02-03T04:05:06Z","level":"info","agent":"mail-1","tool_call":{"name":"search"},"ms":12}"#,
    "\n",
    r#"{"ts":"2026-02-03T04:06:06Z","level":"error","agent":"mail-1","tool_call":{"name":"exportAll"},"ms":900}"#,
    "\nTraceback (most recent call last):\n  File \"x.py\", line 3\nTimeoutError: no answer\n",
    r#"{"ts":"2026-02-03T06:07:06+02:00","level":"warn","agent":"mail-2","user_input":"send \u001b[2J"}"#,
    "\n2026-02-03 04:08:06 INFO plain \x1b[2Jtext \u{202e}gpj.exe\n",
);

#[test]
fn a4_logs_are_searched_counted_and_handed_on_without_an_incident() {
    let home = Home::new();
    home.write("mail.log", LOG);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(LOG.as_bytes()).unwrap();
    fs::write(home.path().join("mail.log.1.gz"), gzip.finish().unwrap()).unwrap();
    for (arguments, count) in [
        (&[][..], 4),
        (&["--filter", "level>=warn"], 2),
        (&["--filter", "tool_call.name=export*"], 1),
        (&["--filter", "kind=tool_call ms>100"], 1),
        (&["--filter", "TimeoutError"], 1),
        (&["--filter", "!kind=other agent=mail-*"], 3),
        (&["--since", "2026-02-03T04:06:00Z", "--until", "2026-02-03T04:08:00Z"], 2),
        (&["--filter", "nothing is so"], 0),
    ] {
        for (file, times) in [("mail.log", 1), ("mail.log.1.gz", 1), ("mail.log*", 2)] {
            let ran = home.run(&[&["logs", file, "--count"][..], arguments].concat());
            assert_eq!(ran.ok(), format!("{}\n", count * times), "{file} {arguments:?}");
        }
    }
    // As it stands: with its times.
    let exactly = |arguments: &[&str]| {
        let out = home.command(&[&["logs", "mail.log"][..], arguments].concat()).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let shown = exactly(&["--filter", "level=error"]);
    assert_eq!(shown, LOG.lines().skip(1).take(4).map(|line| format!("{line}\n")).collect::<String>());
    says(&home.run(&["logs", "mail.log"]), 0, &["INFO plain ^[[2Jtext <U+202E>gpj.exe"]);
    let both = home.run(&["logs", "mail.log*", "--filter", "TimeoutError"]);
    says(&both, 0, &["mail.log.1.gz: TimeoutError", "mail.log: TimeoutError"]);
    let json = exactly(&["--format", "json", "--filter", "plain"]);
    let record: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["time"], "2026-02-03T04:08:06Z");
    assert_eq!(record["offset"], LOG.find("2026-02-03 04:08:06").unwrap());
    assert_eq!(record["text"], LOG.lines().last().unwrap());
}

#[test]
fn what_is_wrong_with_a_filter_is_said_under_its_place() {
    let home = Home::new();
    home.write("mail.log", LOG);
    says(
        &home.run(&["logs", "mail.log", "--filter", "agent=mail-1 level>=loud"]),
        2,
        &[
            "agent=mail-1 level>=loud\n",
            "                    ^ level is one of debug, info, warn, error, fatal",
        ],
    );
    says(&home.run(&["logs", "mail.log", "--since", "soon"]), 2, &["--since soon is no time", "10m (ago)"]);
    says(&home.run(&["logs", "nothing*"]), 2, &["no file fits nothing*"]);
    says(&home.run(&["logs", "gone.log"]), 2, &["cannot read gone.log", "'logs/*.log'"]);
    says(&home.run(&["logs", "."]), 2, &["cannot read .", "name its files"]);
}

#[test]
fn a_pipe_is_read_as_it_comes_and_a_followed_file_as_it_grows() {
    let home = Home::new();
    let file = home.write("mail.log", LOG);
    let follow = home.command(&["logs", "mail.log", "--follow", "--filter", "level>=warn"]);
    let piped = home.command(&["logs", "-", "--filter", "level>=warn"]);
    for (mut command, is_piped) in [(follow, false), (piped, true)] {
        if is_piped {
            command.stdin(Stdio::piped());
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            stdin.write_all(LOG.as_bytes()).unwrap();
        }
        let mut next = || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            line
        };
        assert!(next().contains("exportAll"));
        assert_eq!([next(), next(), next()][2], "TimeoutError: no answer\n");
        assert!(next().contains("user_input"));
        let more = "{\"level\":\"fatal\",\"msg\":\"gone\"}\n";
        match &mut stdin {
            Some(stdin) => stdin.write_all(more.as_bytes()).unwrap(),
            None => {
                fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(more.as_bytes()).unwrap()
            }
        }
        assert_eq!(next(), more, "it is shown although nothing follows it");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// At which version the agent is, and the stops that came.
type Versioned = Arc<Mutex<(u32, Vec<String>)>>;

/// A backend that serves one agent: `GET /agent` says its state and version, and a stop must name the
/// version that it is at. Somebody else moves it on before the first stop.
fn versioned() -> (String, Versioned) {
    let state = Arc::new(Mutex::new((7, Vec::new())));
    let shared = Arc::clone(&state);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, state) = (stream.expect("a connection"), Arc::clone(&shared));
            std::thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
                while reader.read_line(&mut head).expect("a head") > 2 {}
                let asked = head.lines().next().unwrap_or_default().to_owned();
                let (status, body) = {
                    let mut state = state.lock().expect("not poisoned");
                    if let Some(path) = asked.strip_prefix("POST /stop/") {
                        let version: u32 = path
                            .split(' ')
                            .next()
                            .and_then(|version| version.parse().ok())
                            .expect("a version");
                        state.0 += u32::from(state.1.is_empty());
                        let same = version == state.0;
                        state.1.push(format!("stop at {version}"));
                        if same { ("200 OK", "{}".to_owned()) } else { ("409 Conflict", String::new()) }
                    } else {
                        let stopped =
                            state.1.last().is_some_and(|call| *call == format!("stop at {}", state.0));
                        let word = if stopped { "stopped" } else { "running" };
                        ("200 OK", format!(r#"{{"state":"{word}","version":"{}"}}"#, state.0))
                    }
                };
                let length = body.len();
                drop(write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                ));
            });
        }
    });
    (url, state)
}

fn with_versions(url: &str) -> Home {
    let home = Home::new();
    let action = "path = '/stop/{version}'\nchecks = ['agent_status = stopped']\nverify_within = '5s'\n";
    let reads = "probe = { path = '/agent', read = { agent_status = '/state' } }\n\
                 version = { path = '/agent', read = '/version' }\n";
    home.write(
        "config.toml",
        &format!(
            "user = 'ana'\n[adapters.runtime]\ntype = 'http'\nurl = '{url}'\n{reads}\
             [adapters.runtime.actions.isolate]\n{action}"
        ),
    );
    assert_eq!(home.run(&["declare", "mail answers leak", "-s", "P0", "-a", "support-1"]).ok(), "INC-1\n");
    home
}

/// What was confirmed is refused with a 409 because somebody moved it on: what it would do now is shown
/// and asked about anew, never done by itself.
#[test]
fn what_changed_while_it_was_confirmed_is_a_second_question_at_a_terminal() {
    let isolate = ["act", "1", "isolate", "-a", "support-1"];
    let calls = |state: &Versioned| state.lock().unwrap().1.clone();
    let (url, state) = versioned();
    let (code, said) = with_versions(&url).answering(&isolate, &["support-1", "support-1"]);
    assert_eq!(code, 0, "{said}");
    for words in ["A1 failed: it answered 409", "now it would do this:", "/stop/8", "A2 verified"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(said.matches("type support-1 to confirm:").count(), 2, "{said}");
    assert_eq!(calls(&state), ["stop at 7", "stop at 8"]);

    let (url, state) = versioned();
    let (code, said) = with_versions(&url).answering(&isolate, &["support-1", "no"]);
    assert_eq!(code, 4, "{said}");
    assert_eq!(calls(&state), ["stop at 7"], "nothing more without a second yes");

    // Where nobody can be asked it is not taken for confirmed.
    let (url, state) = versioned();
    let ran = with_versions(&url).run(&[&isolate[..], &["--yes"]].concat());
    says(&ran, 5, &["/stop/8", "nothing was changed", "run the same command again to confirm it"]);
    assert_eq!(calls(&state), ["stop at 7"]);
}

/// A token that is not there was found out by the call, after somebody had confirmed it.
#[test]
fn a_credential_that_is_missing_is_said_in_the_plan() {
    let (url, state) = versioned();
    let home = with_versions(&url);
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    let config = config
        .replace("type = 'http'\n", "type = 'http'\ntoken_command = ['./token.sh']\n")
        .replace("/stop/{version}", "/stop/7");
    home.write("config.toml", &config);
    let token = home.write("token.sh", "#!/bin/sh\necho 'no such login' >&2; exit 1\n");
    permit(&token, 0o755);
    let dry = ["act", "1", "isolate", "-a", "support-1", "--dry-run"];
    let said = home.run(&dry).all();
    for words in ["blocked   the call cannot be made: ~/token.sh ended", "version   not read, because"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    home.write("token.sh", "#!/bin/sh\necho hunter2\n");
    let said = home.run(&dry).all();
    assert!(!said.contains("blocked") && !said.contains("hunter2"), "{said}");
    assert!(state.lock().unwrap().1.is_empty());
}

#[test]
fn several_logs_are_printed_by_their_times_and_followed_so() {
    let home = Home::new();
    let line = |second: u32, word: &str| format!("2026-02-03T04:05:{second:02}Z INFO {word}\n");
    let one = home.write("one.log", &(line(1, "a") + &line(5, "b\n  its trace")));
    let other = home.write("two.log", &(line(2, "c") + &line(9, "d")));
    let printed = home.run(&["logs", "one.log", "two.log"]).ok();
    let words = |printed: &str| -> Vec<String> {
        printed.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(words(&printed), ["a", "c", "b", "trace", "d"]);
    assert!(printed.starts_with("one.log: ") && printed.contains("two.log: [time] INFO c"), "{printed}");
    let mut command =
        home.command(&["logs", "one.log", "two.log", "--follow", "--since", "2026-02-03T04:05:02Z"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        words(&line).pop().unwrap()
    };
    assert_eq!([next(), next(), next(), next()], ["c", "b", "trace", "d"]);
    let append = |file: &std::path::Path, text: String| {
        fs::OpenOptions::new().append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
    };
    append(&one, line(11, "e"));
    append(&other, line(12, "f"));
    assert_eq!([next(), next()], ["e", "f"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn undo_runs_the_inverse_that_was_recorded_and_proves_it() {
    let home = declared();
    says(&home.run(&["undo", "1", "A1", "--yes"]), 2, &["INC-1 has no action A1", "flightdeck mitigations"]);
    says(&home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]), 0, &["A1 verified"]);
    says(
        &home.run(&["undo", "1", "A1", "--dry-run"]),
        0,
        &["release support-1", "dry run: nothing was called"],
    );
    says(&home.run(&["undo", "1", "A1"]), 4, &["nobody is there to confirm it"]);
    says(&home.run(&["undo", "INC-1", "1", "--yes"]), 0, &["A2 verified"]);
    says(&home.run(&["undo", "1", "A1", "--yes"]), 2, &["A1 is undone: nothing to undo"]);
}

#[test]
fn what_destroys_evidence_needs_its_own_word() {
    let home = declared();
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    let isolate = "[adapters.ops.actions.isolate]\n";
    let config = config.replace(isolate, &format!("{isolate}destroys_evidence = true\n"));
    home.write("config.toml", &config);
    let act = ["act", "1", "isolate", "-a", "support-1", "--yes"];
    says(
        &home.run(&act),
        4,
        &["destroys  EVIDENCE", "snapshot support-1 first, then say --destroy-evidence"],
    );
    says(&home.run(&[&act[..], &["--destroy-evidence"]].concat()), 0, &["A1 verified"]);
}

/// A token of the receiver that this shell does not have was told at every command of an incident.
#[test]
fn what_is_wrong_with_the_receiver_alone_is_told_to_nobody_who_does_not_serve() {
    let home = declared();
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", &format!("{config}\n[receiver]\ntoken_env = 'NOBODY_HAS_THIS'\n"));
    for command in
        [&["timeline", "1"][..], &["mitigations"], &["act", "1", "isolate", "-a", "support-1", "-n"]]
    {
        let said = home.run(command).all();
        assert!(!said.contains("problem in the configuration"), "{command:?}: {said}");
    }
    assert!(home.run(&["check"]).all().contains("NOBODY_HAS_THIS"));
}
