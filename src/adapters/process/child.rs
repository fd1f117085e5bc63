//! One run of one program: its own process group, a time limit, bounded output.
//!
//! Knows nothing of operations: it says how a program ended, not what that proves.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::capture::Capture;

/// How long after a program's end its output is waited for. What it wrote itself is in the pipe by
/// then; only something that it left running can keep the pipe open longer.
const HELD: Duration = Duration::from_millis(500);

/// How often a group that was told to stop is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long a killed program is waited for. One stuck in the kernel is given up on.
const REAP: Duration = Duration::from_secs(5);

/// Bytes of standard error that are kept.
const STDERR_MAX: usize = 20 * 1024;

/// Where programs run and what they see of the environment.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The working directory; programs with a relative path are looked for there.
    pub dir: Option<PathBuf>,
    /// Variables passed on, besides [`PASSED`].
    pub env: Vec<String>,
}

/// Variables of flightdeck's own environment that every program gets. The rest is kept back:
/// tokens and keys go to the programs that are configured to have them.
pub const PASSED: &[&str] = &["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"];

/// What to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where.
    pub place: Place,
    /// Further variables.
    pub env: Vec<(&'static str, OsString)>,
    /// After this long the group is told to stop (SIGTERM).
    pub limit: Duration,
    /// After this much longer it is killed (SIGKILL).
    pub kill: Duration,
    /// Bytes of standard output that are kept.
    pub keep: usize,
    /// What becomes of the group when the run is given up (its future dropped).
    pub when_dropped: WhenDropped,
}

/// What becomes of a program that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenDropped {
    /// It is killed, and so is what it leaves running: a reading that nobody wants.
    Kill,
    /// It goes on: a call cut off half-way is worse than one that ends unseen.
    Leave,
}

/// How it ended.
#[derive(Debug)]
pub enum How {
    /// It was never started: nothing happened.
    NotStarted(io::Error),
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that flightdeck did not send.
    Signalled(i32),
    /// It was stopped because its time was up.
    TimeLimit,
    /// The system could not say.
    Lost(io::Error),
}

/// A run that is over.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub how: How,
    /// Standard output.
    pub stdout: Capture,
    /// Standard error.
    pub stderr: Capture,
    /// Whether something that it started still holds its output.
    pub left_running: bool,
}

/// Runs a program to its end, however long it takes within limit and kill.
pub async fn run(program: Program) -> Ran {
    let mut stdout = Capture::new(program.keep);
    let mut stderr = Capture::new(STDERR_MAX);
    let mut child = match command(&program).spawn() {
        Ok(child) => child,
        Err(why) => return Ran { how: How::NotStarted(why), stdout, stderr, left_running: false },
    };
    let mut group = Group::of(&child, program.when_dropped);
    let mut out = child.stdout.take().expect("standard output was asked for as a pipe");
    let mut err = child.stderr.take().expect("standard error was asked for as a pipe");
    let (how, left_running) = {
        let mut reading = pin!(async { tokio::join!(stdout.fill(&mut out), stderr.fill(&mut err)) });
        let mut ending = pin!(end(&mut child, &mut group, program.limit, program.kill));
        tokio::select! {
            how = &mut ending => (how, timeout(HELD, &mut reading).await.is_err()),
            _ = &mut reading => (ending.await, false),
        }
    };
    if !left_running {
        group.is_over();
    }
    Ran { how, stdout, stderr, left_running }
}

fn command(program: &Program) -> Command {
    let name = &program.argv[0];
    let place = &program.place;
    // A relative path means the configured directory, on every platform alike.
    let path = match &place.dir {
        Some(dir) if name.contains('/') => dir.join(name),
        Some(_) | None => PathBuf::from(name),
    };
    let mut command = Command::new(path);
    command.args(&program.argv[1..]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(dir) = &place.dir {
        command.current_dir(dir);
    }
    command.env_clear();
    for name in PASSED.iter().copied().chain(place.env.iter().map(String::as_str)) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(program.env.iter().map(|(name, value)| (name, value)));
    // A group of its own: a key press in flightdeck's terminal does not reach it, and what it
    // starts is stopped with it.
    #[cfg(unix)]
    command.process_group(0);
    command
}

async fn end(child: &mut Child, group: &mut Group, limit: Duration, kill: Duration) -> How {
    if let Ok(ended) = timeout(limit, child.wait()).await {
        return how(ended);
    }
    group.stop();
    let gone = async {
        let _ = child.wait().await;
        while group.is_there() {
            tokio::time::sleep(LOOK).await;
        }
    };
    if timeout(kill, gone).await.is_err() {
        group.kill();
        // The group is dead already or cannot be killed: either way there is no more to do.
        let _ = child.start_kill();
        let _ = timeout(REAP, child.wait()).await;
    }
    group.is_over();
    How::TimeLimit
}

fn how(ended: io::Result<ExitStatus>) -> How {
    match ended {
        Ok(status) => match status.code() {
            Some(code) => How::Exited(code),
            None => How::Signalled(signal_of(status)),
        },
        Err(why) => How::Lost(why),
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.signal().unwrap_or_default()
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> i32 {
    0
}

/// The processes that a program and its children make up.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
    when_dropped: WhenDropped,
}

impl Group {
    fn of(child: &Child, when_dropped: WhenDropped) -> Self {
        #[cfg(not(unix))]
        let _ = child;
        Self {
            // The leader's number is the group's.
            #[cfg(unix)]
            id: child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)),
            when_dropped,
        }
    }

    /// It is gone: from now on its number may belong to somebody else.
    fn is_over(&mut self) {
        #[cfg(unix)]
        {
            self.id = None;
        }
    }

    fn stop(&self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
    }

    fn is_there(&self) -> bool {
        #[cfg(unix)]
        return self.id.is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok());
        #[cfg(not(unix))]
        false
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id {
            // It fails when the group is gone, which is what is wanted.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.when_dropped == WhenDropped::Kill {
            self.kill();
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    use super::*;

    fn sh(script: &str, args: &[&str]) -> Program {
        let argv = ["/bin/sh", "-c", script, "sh"].iter().chain(args).map(|s| (*s).to_owned()).collect();
        Program {
            argv,
            place: Place::default(),
            env: Vec::new(),
            limit: Duration::from_secs(20),
            kill: Duration::from_secs(20),
            keep: 40 * 1024,
            when_dropped: WhenDropped::Leave,
        }
    }

    /// A zombie is gone too: nobody in a container may be there to bury it.
    fn is_gone(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
    }

    async fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn written(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
    }

    #[tokio::test]
    async fn a_program_says_how_it_ended_and_what_it_printed() {
        let ran = run(sh("echo out; echo err >&2; exit 3", &[])).await;
        assert!(matches!(ran.how, How::Exited(3)), "{:?}", ran.how);
        assert_eq!((ran.stdout.text().as_str(), ran.stderr.text().as_str()), ("out", "err"));
        assert!(!ran.left_running);
        let ran = run(sh("kill -9 $$", &[])).await;
        assert!(matches!(ran.how, How::Signalled(9)), "{:?}", ran.how);
    }

    #[tokio::test]
    async fn arguments_pass_no_shell() {
        let hostile = ["$(id)", "`id`", "a b", "*", "; exit 9", "'\"", ""];
        let ran = run(sh("for a; do printf '<%s>' \"$a\"; done", &hostile)).await;
        assert_eq!(ran.stdout.text(), "<$(id)><`id`><a b><*><; exit 9><'\"><>");
    }

    #[tokio::test]
    async fn what_cannot_be_started_did_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("plain.txt");
        std::fs::write(&plain, "echo hi").unwrap();
        for name in ["/nowhere/at-all", "no-such-program-anywhere", plain.to_str().unwrap(), "/"] {
            let mut program = sh("", &[]);
            program.argv = vec![name.to_owned()];
            assert!(matches!(run(program).await.how, How::NotStarted(_)), "{name}");
        }
    }

    #[tokio::test]
    async fn a3_a_group_that_ignores_sigterm_is_killed_whole() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = "trap '' TERM; sleep 1000 & echo $! > \"$1\"; wait";
        let mut program = sh(script, &[pid.to_str().unwrap()]);
        (program.limit, program.kill) = (Duration::from_secs(2), Duration::from_millis(300));
        let ran = run(program).await;
        assert!(matches!(ran.how, How::TimeLimit), "{:?}", ran.how);
        assert!(!written(&pid).is_empty(), "the program had time to start");
        until("the grandchild is gone", || is_gone(&written(&pid))).await;
    }

    #[tokio::test]
    async fn a3_a_grandchild_that_outlives_its_parents_sigterm_is_killed_too() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = "(trap '' TERM; exec sleep 1000) & echo $! > \"$1\"; wait";
        let mut program = sh(script, &[pid.to_str().unwrap()]);
        (program.limit, program.kill) = (Duration::from_secs(2), Duration::from_millis(300));
        assert!(matches!(run(program).await.how, How::TimeLimit));
        assert!(!written(&pid).is_empty(), "the program had time to start");
        until("the grandchild is gone", || is_gone(&written(&pid))).await;
    }

    #[tokio::test]
    async fn a_program_that_stops_when_told_is_not_waited_for_longer() {
        let mut program = sh("trap 'echo stopping; exit 0' TERM; sleep 1000 & wait", &[]);
        (program.limit, program.kill) = (Duration::from_secs(2), Duration::from_secs(600));
        let ran = run(program).await;
        assert!(matches!(ran.how, How::TimeLimit), "its time was up all the same: {:?}", ran.how);
        assert_eq!(ran.stdout.text(), "stopping");
    }

    #[tokio::test]
    async fn ten_megabytes_of_output_are_read_and_bounded() {
        let ran = run(sh("echo first; yes | head -c 10485760; echo last", &[])).await;
        assert!(matches!(ran.how, How::Exited(0)), "{:?}", ran.how);
        assert_eq!(ran.stdout.total(), 10_485_760 + 11);
        let text = ran.stdout.text();
        assert!(text.len() < 41 * 1024 && text.starts_with("first\n") && text.ends_with("last"));
        assert!(text.contains("bytes cut here"));
    }

    #[tokio::test]
    async fn a_daemon_that_holds_the_pipe_does_not_hold_the_call() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let ran = run(sh("sleep 1000 & echo $! > \"$1\"; echo done", &[pid.to_str().unwrap()])).await;
        assert!(matches!(ran.how, How::Exited(0)), "{:?}", ran.how);
        assert_eq!((ran.stdout.text().as_str(), ran.left_running), ("done", true));
        let daemon = written(&pid);
        assert!(!is_gone(&daemon), "what a call left running on purpose is left alone");
        assert!(matches!(run(sh("kill -9 \"$1\"", &[&daemon])).await.how, How::Exited(0)));
    }

    #[tokio::test]
    async fn a_program_that_closes_its_output_is_still_waited_for() {
        let ran = run(sh("exec >&- 2>&-; sleep 0.1; exit 4", &[])).await;
        assert!(matches!(ran.how, How::Exited(4)), "{:?}", ran.how);
    }

    #[tokio::test]
    async fn only_what_is_listed_is_passed_on() {
        let plain = |name: &String| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let mut others: Vec<String> = std::env::vars().map(|(name, _)| name).filter(plain).collect();
        // What a shell sets by itself says nothing.
        let of_shell = ["PWD", "OLDPWD", "SHLVL", "_", "IFS", "OPTIND", "PPID"];
        others.retain(|name| !PASSED.contains(&name.as_str()) && !of_shell.contains(&name.as_str()));
        let mut program = sh("export -p", &[]);
        program.place.env = others.first().cloned().into_iter().collect();
        program.env = vec![("FLIGHTDECK_X", "x".into())];
        let seen = run(program).await.stdout.text();
        let has = |name: &str| seen.lines().any(|line| line.starts_with(&format!("export {name}=")));
        assert!(has("FLIGHTDECK_X") && has("PATH"), "{seen}");
        assert!(others.first().is_none_or(|listed| has(listed)), "{seen}");
        for kept_back in others.iter().skip(1) {
            assert!(!has(kept_back), "{kept_back}: {seen}");
        }
    }

    #[tokio::test]
    async fn a_relative_program_is_the_one_in_the_configured_directory() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/bin/sh", dir.path().join("mine")).unwrap();
        for name in ["./mine", "sh"] {
            let mut program = sh("pwd -P", &[]);
            program.argv[0] = name.to_owned();
            program.place.dir = Some(dir.path().to_owned());
            let ran = run(program).await;
            let here = dir.path().canonicalize().unwrap();
            assert_eq!(ran.stdout.text(), here.to_str().unwrap(), "{name}: {:?}", ran.how);
        }
    }

    #[tokio::test]
    async fn what_a_reading_leaves_running_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let mut program = sh("sleep 1000 & echo $! > \"$1\"; echo x=1", &[pid.to_str().unwrap()]);
        program.when_dropped = WhenDropped::Kill;
        let ran = run(program).await;
        assert_eq!((ran.stdout.text().as_str(), ran.left_running), ("x=1", true));
        until("it is gone", || is_gone(&written(&pid))).await;
    }

    #[tokio::test]
    async fn a_reading_that_nobody_wants_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let mut program = sh("sleep 1000 & echo $! > \"$1\"; wait", &[pid.to_str().unwrap()]);
        program.when_dropped = WhenDropped::Kill;
        {
            let mut running = pin!(run(program));
            let started = until("it has started", || !written(&pid).is_empty());
            tokio::select! {
                _ = &mut running => panic!("it sleeps for long"),
                () = started => {}
            }
        }
        until("all of it is gone", || is_gone(&written(&pid))).await;
    }
}
