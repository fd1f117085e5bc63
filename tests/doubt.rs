//! The process that makes a call is killed between request and answer: the real binary, SIGKILL, a
//! backend that did what it was told and never says so. Nothing is called twice, nothing is called
//! failed, and what happened is found out by reading the world.

#![cfg(unix)]

mod support;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::home::{Home, permit};
use support::program::Program;

/// How long another process may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

const CONFIG: &str = r#"
user = "ana"
[receiver]
listen = "127.0.0.1:0"
[adapters.ops]
type = "process"
probe = ["./probe.sh", "{agent}"]
[adapters.ops.actions.isolate]
run = ["./isolate.sh", "{agent}"]
verify_within = "2s"
"#;

/// A home whose backend hangs once it has noted the call, having isolated the agent before or not.
fn home(isolates: bool) -> Home {
    let home = Home::new();
    home.write("config.toml", CONFIG);
    let deed = if isolates { "echo stopped > state" } else { "true" };
    for (name, body) in [
        ("isolate.sh", format!("echo $$ > pid; {deed}; echo called >> calls; exec sleep 300")),
        (
            "probe.sh",
            "echo agent_status=$(cat state 2>/dev/null || echo running); echo task_queue=0; echo api_calls=0"
                .to_owned(),
        ),
    ] {
        permit(&home.write(name, &format!("#!/bin/sh\n{body}\n")), 0o755);
    }
    assert_eq!(home.run(&["declare", "mail leaks", "-s", "P0", "-a", "support-1"]).ok(), "INC-1\n");
    home
}

/// Asks for the isolation and is killed while the backend has not answered.
fn killed_in_between(home: &Home) {
    let isolate = ["act", "1", "isolate", "-a", "support-1", "--yes"];
    let mut act =
        home.command(&isolate).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let deadline = Instant::now() + SOON;
    while calls(home) == 0 {
        assert!(Instant::now() < deadline, "the backend was never called");
        std::thread::sleep(Duration::from_millis(10));
    }
    kill(&mut act);
    // What it had started goes on, as a backend does: only the answer is lost.
    let pid = fs::read_to_string(home.path().join("pid")).expect("its pid");
    let pid = pid.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it hangs still");
}

fn kill(child: &mut Child) {
    child.kill().expect("it runs");
    child.wait().expect("it is ours");
}

fn calls(home: &Home) -> usize {
    fs::read_to_string(home.path().join("calls")).map_or(0, |calls| calls.lines().count())
}

fn serve(home: &Home) -> Program {
    let (data, config) = (home.data().display().to_string(), home.path().join("config.toml"));
    let arguments = ["--data-dir", &data, "--config", &config.display().to_string(), "serve"];
    Program::start(env!("CARGO_BIN_EXE_flightdeck"), "flightdeck", &arguments).expect("it starts")
}

#[test]
fn a3_e1_what_took_effect_is_found_in_doubt_and_verified_by_reading() {
    let home = home(true);
    killed_in_between(&home);
    let serve = serve(&home);
    serve.wait_for_line("A1 in doubt: the process that made the call is gone", SOON).unwrap();
    serve.wait_for_line("A1 VERIFIED: agent_status = stopped: read stopped", SOON).unwrap();
    serve.wait_for_line("T3 controlled", SOON).unwrap();
    assert_eq!(calls(&home), 1, "called once:\n{}", serve.log());
    assert!(!serve.log().contains("failed"), "{}", serve.log());
}

#[test]
fn a3_e1_what_took_no_effect_is_read_stays_in_doubt_and_only_then_is_asked_for_again() {
    let home = home(false);
    killed_in_between(&home);
    let serve = serve(&home);
    serve.wait_for_line("A1 in doubt: the process that made the call is gone", SOON).unwrap();
    serve.wait_for_line("A1 read while in doubt, which does not settle it", SOON).unwrap();
    assert!(!serve.log().contains("A1 failed") && !serve.log().contains("A1 VERIFIED"), "{}", serve.log());
    assert_eq!(calls(&home), 1, "never repeated by itself:\n{}", serve.log());

    // A person who has seen what was read asks again; the first doubt is shown beforehand.
    permit(&home.write("isolate.sh", "#!/bin/sh\necho called >> calls; echo stopped > state\n"), 0o755);
    let shown = home.run(&["act", "1", "isolate", "-a", "support-1", "--dry-run"]).ok();
    assert!(shown.contains("fights    INC-1 A1 isolate support-1: in doubt"), "{shown}");
    let again = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]).ok();
    assert!(again.contains("A2 verified"), "{again}");
    // The same readings settle the first: its effect is in force, whoever brought it about.
    serve.wait_for_line("A1 VERIFIED", SOON).unwrap();
    assert_eq!(calls(&home), 2);
}

#[test]
fn a3_what_nobody_has_read_yet_is_not_asked_for_again() {
    let home = home(true);
    // Nothing can be read.
    permit(&home.write("probe.sh", "#!/bin/sh\nexit 1\n"), 0o755);
    killed_in_between(&home);
    let serve = serve(&home);
    serve.wait_for_line("A1 in doubt: the process that made the call is gone", SOON).unwrap();
    let again = home.run(&["act", "1", "isolate", "-a", "support-1", "--yes"]);
    assert_eq!(again.code, Some(4), "{}", again.all());
    assert!(
        again.all().contains("A1 isolate support-1 is in doubt")
            && again.all().contains("[rule A3 in doubt]")
    );
    assert_eq!(calls(&home), 1);
}

/// Whoever acted right after the kill was told to wait for an answer that nobody waited for.
#[test]
fn a3_a_call_whose_process_died_is_in_doubt_before_the_next_one_is_decided() {
    let home = home(true);
    killed_in_between(&home);
    let again = home.run(&["act", "1", "isolate", "-a", "support-1", "--dry-run"]);
    let said = again.all();
    assert!(!said.contains("wait for the backend's answer"), "{said}");
    let timeline = home.run(&["timeline", "1"]).ok();
    assert!(timeline.contains("A1 in doubt: the process that made the call is gone"), "{said}\n{timeline}");
    assert_eq!(calls(&home), 1);
}
