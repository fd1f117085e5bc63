//! Lines that a command prints, such as `kubectl logs -f`: restarted when it ends, ever more patiently.
//!
//! A command that goes on printing has no file behind it: while the receiver has no room, nothing is
//! read and the pipe makes the command wait.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::batch::{Happening, LogBatch, Notice, append};
use super::splitter::{Piece, Splitter};
use crate::incident::Text;
use crate::incident::block::Origin;
use crate::incident::name::Time;

/// A command that prints an agent's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCommand {
    /// The agent.
    pub agent: Text,
    /// The program and its arguments.
    pub run: Vec<String>,
}

/// How long to wait before a command is started again (playbook E1): 1, 2, 4 ... s, each spread.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// Before the second start.
    pub first: Duration,
    /// At most.
    pub most: Duration,
    /// A command that ran so long did well: the waits begin anew.
    pub well: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first: seconds(1), most: seconds(60), well: seconds(60) }
    }
}

/// Bytes read at once.
const BUF: usize = 64 * 1024;
/// How long a last line may stay without its end before it is given out as it is.
const UNFINISHED: Duration = Duration::from_secs(2);

/// Runs a command until `cancel` or until the receiver is gone.
pub fn spawn(
    command: LogCommand,
    waits: Waits,
    clock: impl Fn() -> Time + Send + Sync + 'static,
    out: mpsc::Sender<LogBatch>,
    cancel: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Cancelled, or the receiver is gone: either way there is nobody left to tell.
        let _end = cancel.run_until_cancelled(run(command, waits, clock, out)).await;
    })
}

/// Ends when the receiver is gone.
async fn run(
    command: LogCommand,
    waits: Waits,
    clock: impl Fn() -> Time,
    out: mpsc::Sender<LogBatch>,
) -> Option<()> {
    let agent = Arc::new(command.agent.clone());
    let source = Arc::new(Text::line(&command.run.join(" ")));
    let steps = || {
        let steps = ExponentialBuilder::new().with_min_delay(waits.first).with_max_delay(waits.most);
        steps.with_factor(2.0).without_max_times().build()
    };
    let mut wait = steps();
    let mut offset = 0;
    loop {
        let begun = Instant::now();
        let why = match start(&command.run) {
            Ok(mut running) => {
                let pipe = running.child.stdout.take();
                offset = pass_on(pipe, offset, (&agent, &source), &clock, &out).await?;
                running.child.wait().await.map_or_else(|error| error.to_string(), ended)
            }
            Err(error) => error.to_string(),
        };
        if begun.elapsed() >= waits.well {
            wait = steps();
        }
        // Many that end at once do not come back at once.
        let next = wait.next().unwrap_or(waits.most).mul_f64(0.5 + fastrand::f64()).min(waits.most);
        let what = Happening::Ended { why: Text::line(&why), again: next };
        let notice = Notice { agent: agent.clone(), source: source.clone(), at: clock(), what };
        out.send(LogBatch { notices: vec![notice], ..LogBatch::default() }).await.ok()?;
        sleep(next).await;
    }
}

/// A child that goes with all it started.
struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(id) = id {
            // It may have ended just now.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

fn start(run: &[String]) -> std::io::Result<Running> {
    let (program, arguments) =
        run.split_first().ok_or_else(|| std::io::Error::other("no program is named"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.process_group(0).kill_on_drop(true);
    Ok(Running { child: command.spawn()? })
}

fn ended(status: ExitStatus) -> String {
    status.to_string()
}

/// Hands lines on until the pipe ends; where the next byte would stand. Nothing if nobody listens.
async fn pass_on(
    pipe: Option<tokio::process::ChildStdout>,
    offset: u64,
    (agent, source): (&Arc<Text>, &Arc<Text>),
    clock: &impl Fn() -> Time,
    out: &mpsc::Sender<LogBatch>,
) -> Option<u64> {
    let Some(mut pipe) = pipe else { return Some(offset) };
    let mut splitter = Splitter::new(offset, false);
    let mut buf = vec![0; BUF];
    loop {
        let read = timeout(UNFINISHED, pipe.read(&mut buf)).await;
        let mut blocks = Vec::new();
        let origin = Origin { agent: agent.clone(), source: source.clone(), seen: clock(), backlog: false };
        let mut take = |piece: Piece<'_>| append(&mut blocks, &origin, &piece);
        let is_over = match read {
            Ok(Ok(got @ 1..)) => {
                splitter.feed(&buf[..got], &mut usize::MAX.clone(), &mut take);
                false
            }
            // Nothing came for a while, or nothing comes any more.
            Err(_) => {
                splitter.flush(&mut take);
                false
            }
            Ok(Ok(0) | Err(_)) => {
                splitter.flush(&mut take);
                true
            }
        };
        if !blocks.is_empty() {
            let blocks = blocks.into_iter().map(Arc::new).collect();
            out.send(LogBatch { blocks, ..LogBatch::default() }).await.ok()?;
        }
        if is_over {
            return Some(splitter.at());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(script: &str) -> LogCommand {
        LogCommand { agent: Text::line("a"), run: ["sh", "-c", script].map(str::to_owned).to_vec() }
    }

    fn spawned(command: LogCommand) -> (mpsc::Receiver<LogBatch>, CancellationToken, JoinHandle<()>) {
        let (out, batches) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let short = Duration::from_millis(2);
        let waits = Waits { first: short, most: short * 4, well: Duration::from_secs(60) };
        (batches, cancel.clone(), spawn(command, waits, || Time::UNIX_EPOCH, out, cancel))
    }

    async fn next(batches: &mut mpsc::Receiver<LogBatch>) -> LogBatch {
        timeout(Duration::from_secs(30), batches.recv()).await.expect("in time").expect("it goes on")
    }

    #[tokio::test]
    async fn e1_what_a_command_prints_comes_as_lines_and_it_is_started_again_when_it_ends() {
        let (mut batches, cancel, task) = spawned(command("printf 'one\\ntwo without end'; exit 3"));
        for round in 0..3 {
            let mut lines = Vec::new();
            let why = loop {
                let batch = next(&mut batches).await;
                lines.extend(batch.lines().map(|line| (line.offset, line.text.to_string())));
                if let Some(notice) = batch.notices.first() {
                    break notice.to_string();
                }
            };
            let at = round * 19;
            assert_eq!(lines, [(at, "one".to_owned()), (at + 4, "two without end".to_owned())]);
            assert!(why.contains("exit status: 3; it is started again in 0"), "{why}");
        }
        cancel.cancel();
        task.await.expect("it ends when it is cancelled");
    }

    #[tokio::test]
    async fn a_command_that_cannot_be_started_is_said_and_tried_again() {
        let missing = LogCommand { agent: Text::line("a"), run: vec!["/nowhere/at-all".to_owned()] };
        let (mut batches, ..) = spawned(missing);
        for _ in 0..2 {
            let notice = next(&mut batches).await.notices[0].to_string();
            assert!(notice.starts_with("/nowhere/at-all ended: No such file"), "{notice}");
        }
    }

    #[tokio::test]
    async fn whoever_stops_listening_ends_the_command_and_what_it_started() {
        let (mut batches, cancel, task) = spawned(command("sleep 1000 & echo $!; wait"));
        let child: i32 =
            next(&mut batches).await.lines().next().expect("a line").text.as_str().parse().expect("a number");
        cancel.cancel();
        task.await.expect("it ends");
        let child = rustix::process::Pid::from_raw(child).expect("a process");
        let gone = async {
            while rustix::process::test_kill_process(child).is_ok() {
                let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_pid()));
                // Ended, and nobody asked how: whoever adopted it does.
                if stat.is_ok_and(|stat| stat.contains(") Z ")) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), gone).await.expect("the child is gone");
    }
}
