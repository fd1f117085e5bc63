//! Nothing is shown better than it was proved: the real binary, and programs that lie, hang or are
//! not where they were looked for.

#![cfg(unix)]

mod support;

use support::home::{Home, permit};

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
    assert!(said.contains("A1 in doubt") && !said.contains("verified"), "{said}");
    assert!(said.contains("its checks held before the call"), "{said}");
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
