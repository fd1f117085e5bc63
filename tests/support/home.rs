//! A person's home: a configuration, a data directory and small programs, and the real binary run
//! in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use regex::Regex;

/// A home that goes away.
pub struct Home {
    dir: tempfile::TempDir,
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, with times and places made the same everywhere.
    pub out: String,
    /// Standard error, likewise.
    pub err: String,
}

/// The agents of [`Home::with_programs`] have their state in a file each; the programs read and
/// write it. `api` cannot be called, and `slow` says yes without doing anything,
/// and restoring a checkpoint hangs.
const CONFIG: &str = r#"
user = "ana"
[adapters.ops]
type = "process"
probe = ["./probe.sh", "{agent}"]
[adapters.ops.actions.isolate]
run = ["./isolate.sh", "{agent}"]
undo = ["./release.sh", "{agent}"]
verify_within = "1s"
[adapters.ops.actions.restart]
run = ["./fail.sh", "{agent}"]
[adapters.ops.actions.restore-checkpoint]
run = ["./hang.sh"]
[adapters.ops.actions.page]
run = ["./page.sh", "{person}", "{reason}"]
checks = []
"#;

const PROGRAMS: &[(&str, &str)] = &[
    ("isolate.sh", "case $1 in slow*) ;; *) echo stopped > \"state-$1\" ;; esac; echo \"stopping $1\""),
    ("release.sh", "rm -f \"state-$1\"; echo \"started $1\""),
    (
        "probe.sh",
        "echo agent_status=$(cat \"state-$1\" 2>/dev/null || echo running); echo task_queue=0; echo api_calls=0",
    ),
    ("fail.sh", "echo 'no such backend' >&2; exit 3"),
    ("hang.sh", "exec sleep 5"),
    ("page.sh", "echo \"paged $1: $2\""),
];

impl Home {
    /// Nothing in it.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// With an adapter made of small programs.
    pub fn with_programs() -> Self {
        let home = Self::new();
        home.write("config.toml", CONFIG);
        for (name, body) in PROGRAMS {
            let file = home.write(name, &format!("#!/bin/sh\n{body}\n"));
            permit(&file, 0o755);
        }
        home
    }

    /// The directory of the configuration.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The directory of the journal.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes a file beside the configuration.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        fs::create_dir_all(file.parent().expect("it is in the home")).expect("a directory");
        fs::write(&file, text).expect("a file");
        file
    }

    /// The real binary, with nothing of this machine's own in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("USER", "ana")
            .env("LC_ALL", "C.UTF-8")
            .env("FLIGHTDECK_CONFIG", self.dir.path().join("config.toml"))
            .env("FLIGHTDECK_DATA_DIR", self.data())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .args(arguments);
        if !self.dir.path().join("config.toml").exists() {
            command.env_remove("FLIGHTDECK_CONFIG");
        }
        command
    }

    /// The environment of [`Self::command`].
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        let command = self.command(&[]);
        let owned = |(name, value): (&OsStr, &OsStr)| (name.to_owned(), value.to_owned());
        set_variables(&command).into_iter().map(owned).collect()
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.came_to(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs it at a terminal of 80 columns, where `answer` is typed at the first question.
    pub fn at_a_terminal(&self, arguments: &[&str], answer: &str) -> (u32, String) {
        self.answering(arguments, &[answer])
    }

    /// Runs it at a terminal of 80 columns, where these are typed at its questions, one after the other.
    pub fn answering(&self, arguments: &[&str], answers: &[&str]) -> (u32, String) {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flightdeck"));
        command.args(arguments);
        command.env_clear();
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.cwd(self.dir.path());
        let mut child = pty.slave.spawn_command(command).expect("the binary runs");
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("the terminal's screen");
        let mut writer = pty.master.take_writer().expect("the terminal's keyboard");
        let mut said = Vec::new();
        let mut answers = answers.iter().filter(|answer| !answer.is_empty());
        let mut heard = 0;
        let mut bytes = [0; 4096];
        // The end of a terminal is an error on Linux.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            said.extend_from_slice(&bytes[..count]);
            let seen = String::from_utf8_lossy(&said[heard..]);
            if (seen.contains("to confirm: ") || seen.contains("[y/N] "))
                && let Some(answer) = answers.next()
            {
                heard = said.len();
                writer.write_all(format!("{answer}\r").as_bytes()).expect("somebody listens");
            }
        }
        let code = child.wait().expect("it ends").exit_code();
        (code, self.normal(&String::from_utf8_lossy(&said)))
    }

    /// The program and arguments that run it as somebody who may not write, even when the tests run
    /// as root.
    pub fn nobody(&self, arguments: &[&str]) -> (String, Vec<String>) {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        if !rustix::process::geteuid().is_root() {
            return (env!("CARGO_BIN_EXE_flightdeck").to_owned(), arguments.collect());
        }
        // The binary may lie where nobody else can reach it.
        let binary = self.dir.path().join("flightdeck");
        if !binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_flightdeck"), &binary).expect("room for the binary");
            permit(self.dir.path(), 0o755);
        }
        let become_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned);
        let binary = binary.display().to_string();
        ("setpriv".to_owned(), become_nobody.into_iter().chain([binary]).chain(arguments).collect())
    }

    /// Runs it as somebody who may not write; none where that cannot be.
    pub fn run_as_nobody(&self, arguments: &[&str]) -> Option<Ran> {
        let (program, arguments) = self.nobody(arguments);
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.variables());
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command.output().ok().map(|output| self.came_to(output))
    }

    /// What an output came to.
    pub fn came_to(&self, output: Output) -> Ran {
        let text = |bytes: &[u8]| self.normal(&String::from_utf8_lossy(bytes));
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Times, places and random ids made the same everywhere.
    pub fn normal(&self, text: &str) -> String {
        let mut text = text.replace(&self.dir.path().display().to_string(), "~");
        for (pattern, with) in [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD hh:mm:ss"),
            (r"\b\d\d:\d\d:\d\d\b", "hh:mm:ss"),
        ] {
            text = Regex::new(pattern).expect("a constant").replace_all(&text, with).into_owned();
        }
        text
    }
}

impl Ran {
    /// Its standard output, when it ended well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Everything it wrote.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// The variables that a command was given.
fn set_variables(command: &Command) -> Vec<(&OsStr, &OsStr)> {
    command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Sets what may be done with a file.
pub fn permit(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("its owner may");
}
