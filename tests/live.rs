//! The whole program among real systems: Prometheus, Alertmanager, a log file that is rotated, a
//! process that is stopped and comes back, and a journal that somebody changed.
#![cfg(unix)]
#![expect(clippy::panic, reason = "what does not come true shows what the servers said")]

mod support;

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use memchr::memmem;
use rustix::process::{Pid, Signal, kill_process};
use support::home::{Home, Ran, permit};
use support::program::Program;
use support::prometheus::{Stack, rule};
use support::screen::{End, Screen};

/// For one change to arrive, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

const TOKEN: &str = "planted-token";

/// The line before the last.
const PINNED: &str = "mail 13 to an outside address";

const PROGRAMS: &[(&str, &str)] = &[
    ("isolate.sh", "kill \"$(cat \"$1.pid\")\" && echo \"stopping $1\""),
    ("release.sh", "echo \"somebody starts $1 by hand\""),
    // The world, not what the call said: is there such a process?
    (
        "probe.sh",
        "if kill -0 \"$(cat \"$1.pid\")\" 2>/dev/null; then echo agent_status=running; echo api_calls=12; \
         else echo agent_status=stopped; echo api_calls=0; fi; echo task_queue=0",
    ),
];

fn config(receiver: SocketAddr) -> String {
    format!(
        r#"user = "ana"
[receiver]
listen = "{receiver}"
token_env = "ALERT_TOKEN"
[[agents]]
id = "support-1"
logs = ["support-1.log"]
[adapters.ops]
type = "process"
probe = ["./probe.sh", "{{agent}}"]
[adapters.ops.actions.isolate]
run = ["./isolate.sh", "{{agent}}"]
undo = ["./release.sh", "{{agent}}"]
"#
    )
}

/// The rule, firing or not: the same alert either way.
fn rules(fires: bool) -> String {
    let expr = if fires { "vector(1) > 0" } else { "vector(1) > 1" };
    let labels = ["severity: P0", "category: boundary", "agent: support-1"];
    rule("CustomerDataEgress", expr, &labels, "support-1 sends records out of the company")
}

/// The agent: a process of its own. Its id is in a file, as a supervisor keeps it.
struct Agent {
    pid: Pid,
    ended: Receiver<()>,
}

impl Agent {
    fn start(home: &Home) -> Self {
        let mut process = Command::new("sleep").arg("600").spawn().expect("a process");
        let pid = Pid::from_child(&process);
        home.write("support-1.pid", &pid.as_raw_nonzero().to_string());
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            process.wait().expect("it is our child");
            // Nobody may wait for it any more.
            let _ = end.send(());
        });
        Self { pid, ended }
    }

    #[track_caller]
    fn wait_stopped(&self) {
        self.ended.recv_timeout(DEADLINE).expect("somebody stopped it");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may be stopped already.
        let _ = kill_process(self.pid, Signal::KILL);
    }
}

/// The agent's log file, as the agent has it open.
struct AgentLog {
    path: PathBuf,
    open: File,
    written: u32,
}

impl AgentLog {
    fn new(home: &Home) -> Self {
        let path = home.path().join("support-1.log");
        let open = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        Self { path, open, written: 0 }
    }

    fn write(&mut self, lines: u32) {
        for _ in 0..lines {
            self.written += 1;
            let line = format!("{{\"level\":\"warn\",\"msg\":\"{}\"}}\n", Self::line(self.written));
            self.open.write_all(line.as_bytes()).expect("it is written");
        }
    }

    fn line(number: u32) -> String {
        format!("mail {number:02} to an outside address")
    }

    /// Renames the file, writes on to it until the new one is open: as logrotate and a daemon do.
    fn rotate(&mut self) {
        fs::rename(&self.path, self.path.with_extension("log.1")).expect("renamed");
        self.write(2);
        let mut created = OpenOptions::new();
        self.open = created.create_new(true).append(true).open(&self.path).expect("a new file");
    }

    /// Waits until every line is on the screen, in order and once.
    #[track_caller]
    fn wait_shown(&self, screen: &Screen) {
        screen.wait(&format!("all {} lines in order", self.written), |view| {
            let text = view.text();
            let shown = text.split("mail ").skip(1).map(|rest| &rest[..2]);
            let wanted = (1..=self.written).map(|number| format!("{number:02}"));
            shown.eq(wanted).then_some(())
        });
    }
}

/// What an HTTP request without the right token is answered.
fn answer_to_a_stranger(receiver: SocketAddr) -> String {
    let mut stream = TcpStream::connect(receiver).expect("somebody listens");
    let request = "POST /v1/alerts/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guessed\r\n\
                   Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    answer.lines().next().unwrap_or_default().to_owned()
}

/// At night nobody looks: the alert is taken without a screen, from whoever has the token.
fn take_the_alert_without_a_screen(home: &Home, receiver: SocketAddr) -> Stack {
    let mut serve = home.command(&["serve"]);
    serve.env("ALERT_TOKEN", TOKEN);
    let serve = Program::run("flightdeck serve", serve).expect("the binary runs");
    serve.wait_for_line("taking alerts on", DEADLINE).expect("it listens");
    let stranger = answer_to_a_stranger(receiver);
    assert!(stranger.contains("401"), "{stranger}");
    let webhook = format!("http://{receiver}/v1/alerts/alertmanager");
    let stack = Stack::start(&webhook, TOKEN, &rules(true)).expect("both servers are up");
    let fired = "INC-1 2 flightdeck: alert fired (alertmanager): CustomerDataEgress";
    serve.wait_for_line(fired, DEADLINE).unwrap_or_else(|error| panic!("{error}\n{}", stack.log()));
    assert!(serve.end(DEADLINE).expect("it ends").success());
    stack
}

/// What the agent logs is on the screen through a rotation; a line is evidence when it is pinned.
fn follow_the_log_and_pin(screen: &mut Screen, log: &mut AgentLog) {
    screen.press("4 z");
    log.wait_shown(screen);
    log.write(3);
    log.wait_shown(screen);
    log.rotate();
    log.write(6);
    log.wait_shown(screen);
    screen.press("up p f3");
    screen.wait_for(PINNED);
    screen.press("f2 z");
}

fn command(screen: &mut Screen) {
    screen.press("a");
    screen.wait_for("✓ T1");
    screen.press("c");
    screen.wait_gone("nobody commands");
    screen.press("t");
    screen.wait_for("confirm severity and pattern (T2)");
    screen.press("ctrl-s");
    screen.wait_for("✓ T2");
}

fn isolate(screen: &mut Screen) {
    screen.press("5 i");
    screen.wait_for("/isolate.sh support-1");
    screen.wait_for("type support-1 to confirm");
    screen.type_text("support-1");
    screen.press("enter");
    screen.wait_for("✓ T3");
    screen.wait_for("✓ holds  agent_status = stopped");
}

/// Changes one byte of the pinned line where the journal holds it; says what is found out. What a
/// page left behind when it was split is no part of the record, and is passed over.
fn find_a_changed_byte(home: &Home) -> Vec<Ran> {
    let journal = home.data().join("journal.db");
    let held = fs::read(&journal).expect("the journal");
    let changed = memmem::find_iter(&held, PINNED).map(|at| {
        let mut bytes = held.clone();
        bytes[at + "mail 1".len()] ^= 1;
        fs::write(&journal, bytes).expect("somebody may");
        home.run(&["verify"])
    });
    changed.filter(|ran| ran.code != Some(0)).collect()
}

/// What a command prints where the receiver's token is known.
fn told(home: &Home, arguments: &[&str]) -> String {
    let ran = home.command(arguments).env("ALERT_TOKEN", TOKEN).output().expect("it starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn a3_b12_from_a_real_alert_to_a_contained_agent_that_comes_back_and_a_record_that_holds() {
    let home = Home::new();
    // Free a moment ago: both receivers have it, one after the other.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let receiver = free.local_addr().expect("an address");
    drop(free);
    home.write("config.toml", &config(receiver));
    for (name, body) in PROGRAMS {
        permit(&home.write(name, &format!("#!/bin/sh\n{body}\n")), 0o755);
    }
    let agent = Agent::start(&home);
    let mut log = AgentLog::new(&home);
    log.write(3);
    let stack = take_the_alert_without_a_screen(&home, receiver);

    let mut screen = Screen::with(&home, (120, 40), &[], &[("ALERT_TOKEN", TOKEN)]);
    screen.wait_for("P0 INC-1 open");
    screen.wait_for("CustomerDataEgress: support-1 sends");
    follow_the_log_and_pin(&mut screen, &mut log);
    command(&mut screen);
    isolate(&mut screen);
    agent.wait_stopped();

    // Accepted is not contained: somebody starts it again, and tells nobody.
    let again = Agent::start(&home);
    screen.wait_for("LEAKING");
    screen.wait_for("✗ FAILS  agent_status = stopped");
    // Stopped once more, it is verified again: the probe says so, nobody else does.
    drop(again);
    screen.wait_gone("LEAKING");
    screen.wait_for("✓ holds  agent_status = stopped");

    // The source says that it is over. That is noted, and ends nothing.
    stack.set_rules(&rules(false)).expect("Prometheus reads it");
    screen.press("1");
    screen.wait_for("(over by");
    screen.wait_for("P0 INC-1 open");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();

    // Everything is on the record, and the record holds until somebody changes it.
    let timeline = told(&home, &["timeline", "INC-1"]);
    let mut rest = timeline.as_str();
    for words in [
        "alert fired (alertmanager)",
        PINNED,
        "A1 requested: isolate support-1",
        "A1 accepted: stopping support-1",
        "A1 VERIFIED: agent_status = stopped: read stopped",
        "T3 controlled",
        "A1 LEAKING: agent_status = stopped: read running",
        "A1 VERIFIED",
        "alert over by its source's word",
    ] {
        let Some((_, after)) = rest.split_once(words) else { panic!("{words}, in its place:\n{timeline}") };
        rest = after;
    }
    assert!(told(&home, &["verify"]).contains("all holds; incidents: 1"));
    let found = find_a_changed_byte(&home);
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let pinned =
        timeline.lines().find(|line| line.contains(PINNED)).and_then(|line| line.split_whitespace().next());
    let pinned = pinned.expect("it is on the timeline, with its number");
    assert!(found.out.contains(&format!("INC-1 entry {pinned} ")), "{found:?}");
}
