//! What was done is undone to what was there before it, and nothing of it is left behind: the real
//! binary, and small programs for a backend.

#![cfg(unix)]

mod support;

use std::fs;

use support::home::{Home, permit};

const CONFIG: &str = r#"
user = "ana"
[adapters.ops]
type = "process"
probe = ["./probe.sh"]
version = ["./version.sh"]
[adapters.ops.actions.restrict]
run = ["./scope.sh", "{scope}", "{action}"]
undo = ["./scope.sh", "{version}", "{action}"]
checks = ["scope = {scope}"]
"#;

fn home() -> Home {
    let home = Home::new();
    home.write("team/config.toml", CONFIG);
    home.write("team/scope", "full");
    for (name, body) in [
        ("scope.sh", "printf %s \"$1\" > scope; echo \"$2\" >> keys"),
        ("probe.sh", "echo scope=$(cat scope)"),
        ("version.sh", "cat scope"),
    ] {
        permit(&home.write(&format!("team/{name}"), &format!("#!/bin/sh\n{body}\n")), 0o755);
    }
    run(&home, &["declare", "mail leaks", "-s", "P0", "-a", "support-1"]);
    home
}

/// All that was said by a command that succeeded.
fn run(home: &Home, arguments: &[&str]) -> String {
    let mut command = home.command(&["--config", "team/config.toml"]);
    let ran = home.came_to(command.args(arguments).output().expect("the binary runs"));
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.all());
    ran.all()
}

fn scope(home: &Home) -> String {
    fs::read_to_string(home.path().join("team/scope")).expect("the backend's only file")
}

/// The second setting remembered the first as what was there before, while the first had long left
/// every list: undoing the second left the first in force, and nobody knew.
#[test]
fn a_setting_that_took_anothers_place_is_undone_to_what_was_there_before_both() {
    let home = home();
    let restrict = |scope: &str| {
        let scope = format!("scope={scope}");
        run(&home, &["act", "1", "restrict", "-a", "support-1", "-p", &scope, "--yes"])
    };
    assert!(restrict("read-only").contains("A1 verified"));
    assert!(restrict("data-only").contains("A2 verified"));
    assert!(run(&home, &["timeline", "1"]).contains("A1 undone by A2"));
    assert_eq!(scope(&home), "data-only");
    let said = run(&home, &["undo", "1", "A2", "--yes"]);
    assert!(said.contains("A3 verified"), "{said}");
    assert!(run(&home, &["mitigations"]).contains("nothing is in force"));
    assert_eq!(scope(&home), "full");
    // Each call had the key that its entry names.
    let keys = fs::read_to_string(home.path().join("team/keys")).expect("written by each call");
    let keys: Vec<&str> = keys.lines().collect();
    assert!(keys.len() == 3 && keys[0].ends_with("-INC-1-A1") && keys[2].ends_with("-INC-1-A3"), "{keys:?}");
}
