//! A program that a test talks to: started with its log kept, stopped when dropped.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A running program.
pub struct Program {
    name: String,
    child: Child,
    log: Arc<Log>,
}

/// What it wrote so far, and a bell for who waits for more.
#[derive(Default)]
struct Log {
    written: Mutex<Written>,
    more: Condvar,
}

#[derive(Default)]
struct Written {
    text: String,
    open_streams: usize,
}

impl Program {
    /// Starts `name` with `args`; `package` is what brings it on Debian.
    pub fn start(name: &str, package: &str, args: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(name);
        command.args(args);
        Self::run(name, command)
            .map_err(|error| format!("cannot start {name}: {error}; ./tests/run installs it ({package})"))
    }

    /// Starts a command that is called `name` in what is said of it.
    pub fn run(name: &str, mut command: Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let log = Arc::new(Log::default());
        let out = child.stdout.take().expect("it was asked for");
        let err = child.stderr.take().expect("it was asked for");
        keep(Box::new(out), &log);
        keep(Box::new(err), &log);
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits for a line that contains `words`, and gives it.
    pub fn wait_for_line(&self, words: &str, within: Duration) -> Result<String, String> {
        let found = |text: &str| text.lines().find(|line| line.contains(words)).map(str::to_owned);
        let written = self.log.written.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |written: &mut Written| found(&written.text).is_none() && written.open_streams > 0;
        let (written, _) =
            self.log.more.wait_timeout_while(written, within, waits).unwrap_or_else(PoisonError::into_inner);
        found(&written.text).ok_or_else(|| {
            format!("{} did not say '{words}' within {within:?}:\n{}", self.name, written.text)
        })
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self, within: Duration) -> Result<ExitStatus, String> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .map_err(|error| format!("cannot signal {}: {error}", self.name))?;
        let written = self.log.written.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = |written: &mut Written| written.open_streams > 0;
        let (written, waited) =
            self.log.more.wait_timeout_while(written, within, runs).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(format!("{} did not end within {within:?}:\n{}", self.name, written.text));
        }
        drop(written);
        self.child.wait().map_err(|error| format!("{}: {error}", self.name))
    }

    /// Sends SIGHUP, which most servers take as: read your configuration again.
    pub fn hang_up(&self) -> Result<(), String> {
        self.signal(rustix::process::Signal::HUP)
    }

    /// Stops it where it is; its connections stay open.
    pub fn pause(&self) -> Result<(), String> {
        self.signal(rustix::process::Signal::STOP)
    }

    /// Lets it go on.
    pub fn resume(&self) -> Result<(), String> {
        self.signal(rustix::process::Signal::CONT)
    }

    fn signal(&self, signal: rustix::process::Signal) -> Result<(), String> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal)
            .map_err(|error| format!("cannot signal {}: {error}", self.name))
    }

    /// All that it wrote, for a failure's message.
    pub fn log(&self) -> String {
        self.log.written.lock().unwrap_or_else(PoisonError::into_inner).text.clone()
    }
}

/// Reads one stream to its end, in a thread of its own.
fn keep(stream: Box<dyn Read + Send>, log: &Arc<Log>) {
    let log = Arc::clone(log);
    log.written.lock().unwrap_or_else(PoisonError::into_inner).open_streams += 1;
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut written = log.written.lock().unwrap_or_else(PoisonError::into_inner);
            written.text.push_str(&line);
            written.text.push('\n');
            drop(written);
            log.more.notify_all();
        }
        log.written.lock().unwrap_or_else(PoisonError::into_inner).open_streams -= 1;
        log.more.notify_all();
    });
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
