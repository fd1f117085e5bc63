//! Nothing is shown better than it was proved: the real binary, and programs that lie, hang or are
//! not where they were looked for.

#![cfg(unix)]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use flightdeck::incident::{Actor, IncidentId, Policy, Realm, Severity};
use flightdeck::runtime::{Clock, Feed, Hub};
use flightdeck::store::{Journal, Opening};
use support::config::rig;
use support::home::{Home, permit};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

const CONFIG: &str = r#"
user = "ana"
[adapters.ops]
type = "process"
probe = ["./probe.sh", "{agent}"]
version = ["./version.sh", "{agent}"]
[adapters.ops.actions.isolate]
run = ["./isolate.sh", "{agent}"]
verify_within = "1s"
[adapters.ops.actions.restart]
run = ["./hang.sh"]
limit = "1s"
kill = "1s"
verify_within = "1s"
"#;

/// A home whose backend isolates, and hangs where it is to restart. `started` is what `hang.sh` does
/// first, and what the probe prints besides.
fn home(does: &str, prints: &str) -> Home {
    let home = Home::new();
    home.write("team/config.toml", CONFIG);
    for (name, body) in [
        ("hang.sh", format!("{does}; trap '' TERM; sleep 60")),
        ("isolate.sh", "echo stopped > state".to_owned()),
        ("version.sh", "echo version=v1".to_owned()),
        (
            "probe.sh",
            format!(
                "echo agent_status=$(cat state 2>/dev/null || echo running); \
                 echo task_queue=0; echo api_calls=0; {prints}"
            ),
        ),
    ] {
        permit(&home.write(&format!("team/{name}"), &format!("#!/bin/sh\n{body}\n")), 0o755);
    }
    assert_eq!(run(&home, &["declare", "mail leaks", "-s", "P0", "-a", "support-1"]).0, Some(0));
    home
}

/// The exit code, and all that was said.
fn run(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = home.command(&["--config", "team/config.toml"]);
    let ran = home.came_to(command.args(arguments).output().expect("the binary runs"));
    (ran.code, ran.all())
}

#[test]
fn a3_regression_a_relative_configuration_started_no_program() {
    let home = home("true", "true");
    assert!(run(&home, &["check"]).1.contains("nothing is wrong"));
    let (code, said) = run(&home, &["act", "1", "isolate", "-a", "support-1", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("A1 verified") && !said.contains("could not be started"), "{said}");
}

#[test]
fn b4_regression_a_restart_that_never_happened_was_verified_by_what_ran_before() {
    let home = home("true", "true");
    let (code, said) = run(&home, &["act", "1", "restart", "-a", "support-1", "--yes"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("A1 in doubt") && !said.contains("A1 verified"), "{said}");
    assert!(said.contains("running proves no restart"), "{said}");
}

#[test]
fn b4_a_probe_that_says_since_when_an_agent_runs_tells_a_restart_from_none() {
    let prints = "echo started_at=$(cat started 2>/dev/null || echo 10:00)";
    for (does, code, words) in
        [("true", Some(5), "A1 in doubt"), ("echo 10:05 > started", Some(0), "A1 verified")]
    {
        let home = home(does, prints);
        let (ended, said) = run(&home, &["act", "1", "restart", "-a", "support-1", "--yes"]);
        assert_eq!(ended, code, "{does}: {said}");
        assert!(said.contains("started_at != 10:00") && said.contains(words), "{does}: {said}");
    }
}

#[test]
fn b4_regression_a_restart_that_a_backend_accepted_was_verified_by_what_ran_before() {
    // It says yes and does nothing; the probe knows only that the agent runs.
    let home = home("true", "true");
    permit(&home.write("team/hang.sh", "#!/bin/sh\necho restarted\n"), 0o755);
    let (code, said) = run(&home, &["act", "1", "restart", "-a", "support-1", "--yes"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("A1 unverified") && !said.contains("A1 verified"), "{said}");
    assert!(said.contains("started_at or pid"), "{said}");
    // A stopped agent that runs afterwards was started by somebody.
    home.write("team/state", "stopped");
    permit(&home.write("team/hang.sh", "#!/bin/sh\nrm state\n"), 0o755);
    let (code, said) = run(&home, &["act", "1", "restart", "-a", "support-1", "--yes"]);
    assert!(code == Some(0) && said.contains("A2 verified"), "{said}");
}

#[test]
fn b4_each_replica_must_have_started_anew() {
    let prints = "echo started_at@1=10:00; echo started_at@2=$(cat started 2>/dev/null || echo 10:01)";
    for (does, words) in [
        ("echo 10:05 > started", "A1 unverified"),
        ("sed -i s/=10:00/=10:06/ probe.sh; echo 10:05 > started", "A1 verified"),
    ] {
        let home = home("true", prints);
        permit(&home.write("team/hang.sh", &format!("#!/bin/sh\n{does}\n")), 0o755);
        let (_, said) = run(&home, &["act", "1", "restart", "-a", "support-1", "--yes"]);
        assert!(said.contains("started_at != 10:00") && said.contains("started_at != 10:01"), "{said}");
        assert!(said.contains(words), "{does}: {said}");
    }
}

/// What is said next of the journal.
async fn said(feed: &mut Receiver<Feed>) -> Option<String> {
    let next = async {
        loop {
            if let Feed::Journal(_, words) = feed.recv().await.expect("the hub is there") {
                return words.map(|words| words.to_string());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("it is said in time")
}

fn fill_up(filler: &Path) {
    let mut file = std::fs::File::create(filler).expect("a file");
    while std::io::Write::write_all(&mut file, &[0; 512]).is_ok() {}
}

/// A cockpit on a full disk looked healthy: `no warnings`, and nothing was recorded.
#[tokio::test]
async fn a_full_disk_is_said_as_long_as_it_is_full() {
    const HERE: &str = "FLIGHTDECK_TEST_FULL";
    let Some(directory) = std::env::var_os(HERE) else {
        let directory = tempfile::tempdir().expect("a directory");
        let mount = r#"mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" --exact "$3" --nocapture"#;
        let ran = Command::new("unshare")
            .args(["-rm", "sh", "-c", mount, "sh"])
            .arg(directory.path())
            .arg(std::env::current_exe().expect("this test"))
            .arg("a_full_disk_is_said_as_long_as_it_is_full")
            .env(HERE, directory.path())
            .output();
        let said = ran.map(|ran| String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned());
        match said {
            Ok(said) if said.contains("running 1 test") => assert!(said.contains("1 passed"), "{said}"),
            Ok(_) | Err(_) => println!("not tested: this machine allows no mount namespaces"),
        }
        return;
    };
    let directory = Path::new(&directory);
    let open = || {
        let journal = Journal::open(directory.join("journal.db"), &Opening::write(Realm::Live));
        let policy = Arc::new(Policy::built_in());
        Hub::new(journal.expect("it opens"), policy, Clock::wall(), rig(""), false)
    };
    let declare = || flightdeck::incident::Command::Declare {
        realm: Realm::Live,
        title: "mail leaks".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    let ana = Actor::person("ana");
    let cancel = CancellationToken::new();
    let hub = open();
    let mut feed = hub.subscribe();
    let running = tokio::spawn(hub.clone().run(cancel.clone()));
    hub.submit(None, declare(), &ana).await.expect("there is room");
    let filler = directory.join("filler");
    fill_up(&filler);
    let note = || flightdeck::incident::Command::Note { text: "x".repeat(4_000).as_str().into() };
    while hub.submit(Some(IncidentId(1)), note(), &ana).await.is_ok() {}
    fill_up(&directory.join("filler-2"));
    // That there is little room left may be said before that there is none.
    loop {
        let words = said(&mut feed).await.expect("it is full");
        if words.starts_with("JOURNAL FULL: nothing is recorded; free some space") {
            break;
        }
        assert!(words.starts_with("DISK FULL: soon nothing is recorded"), "{words}");
    }
    assert_eq!(hub.alarms().len(), 1, "whoever comes later is told too");
    // Somebody opens another cockpit there: it says so before anybody types anything.
    let second = open();
    let mut heard = second.subscribe();
    let running_too = tokio::spawn(second.clone().run(cancel.clone()));
    assert!(said(&mut heard).await.is_some_and(|words| words.contains(" FULL: ")));
    for file in ["filler", "filler-2"] {
        std::fs::remove_file(directory.join(file)).expect("it is there");
    }
    for feed in [&mut heard, &mut feed] {
        while said(feed).await.is_some() {}
    }
    hub.submit(Some(IncidentId(1)), note(), &ana).await.expect("there is room again");
    assert!(hub.alarms().is_empty() && second.alarms().is_empty());
    cancel.cancel();
    running.await.expect("it ends");
    running_too.await.expect("it ends");
}

/// A byte was changed behind flightdeck's back, and the cockpit took it in without a word and appended
/// to it.
#[tokio::test]
async fn what_does_not_verify_is_said_and_its_incident_takes_nothing_more() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.db");
    let open = || {
        let journal = Journal::open(&path, &Opening::write(Realm::Live)).expect("it opens");
        Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig(""), false)
    };
    let declare = |title: &str| flightdeck::incident::Command::Declare {
        realm: Realm::Live,
        title: title.into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    let note = || flightdeck::incident::Command::Note { text: "x".into() };
    let ana = Actor::person("ana");
    for title in ["mail answers leak", "something else"] {
        open().submit(None, declare(title), &ana).await.expect("a new one");
    }
    let changed = "UPDATE entry SET data = replace(data, 'mail', 'mahl') WHERE position = 1";
    rusqlite::Connection::open(&path).and_then(|file| file.execute(changed, [])).expect("changed");
    let hub = open();
    let mut feed = hub.subscribe();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(hub.clone().run(cancel.clone()));
    let words = said(&mut feed).await.expect("it is found");
    let named = "DOES NOT VERIFY: INC-1 entry 1 (position 1): it is not as it was recorded";
    assert!(words.starts_with(named) && words.contains("INC-1 takes nothing more"), "{words}");
    let refused = hub.submit(Some(IncidentId(1)), note(), &ana).await.expect_err("it takes nothing");
    assert!(refused.to_string().contains("does not verify: INC-1 entry 1"), "{refused}");
    hub.submit(Some(IncidentId(2)), note(), &ana).await.expect("the others are as they were");
    cancel.cancel();
    running.await.expect("it ends");
}
