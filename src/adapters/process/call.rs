//! Makes the call that was confirmed, and no other.

use std::ffi::OsString;
use std::mem;
use std::time::Duration;

use crate::adapters::{CallOutcome, Evidence, Unmade};
use crate::incident::{Op, Plan, Text};

use super::capture::Capture;
use super::child::{self, How, Program, WhenDropped};
use super::{ProcessAdapter, answer, collect, env};

/// Bytes of standard output that are kept of a call; with standard error and notes it stays below
/// 64 KiB, which is what a `Text` holds.
const ANSWER_MAX: usize = 40 * 1024;

/// Bytes of standard output that are kept of a snapshot, whose output is the evidence.
const SNAPSHOT_MAX: usize = 16 * 1024 * 1024;

/// A call ready to be made.
struct Prepared {
    program: Option<Program>,
    files: Vec<String>,
}

impl ProcessAdapter {
    fn prepare(&self, key: &str, plan: &Plan) -> Result<Prepared, Unmade> {
        let (route, values) = self.book.confirmed(key, plan)?;
        let Some(command) = route.call() else { return Ok(Prepared { program: None, files: vec![] }) };
        let files = command.files(&values)?;
        let Some(argv) = &command.argv else { return Ok(Prepared { program: None, files }) };
        let mut env = env(plan.op, &plan.target);
        env.push(("FLIGHTDECK_ACTION_ID", OsString::from(key)));
        let program = Program {
            argv: argv.fill(&values)?,
            place: self.place.clone(),
            env,
            limit: Duration::from_secs(plan.limit_s.into()) + command.grace,
            kill: command.kill,
            keep: if plan.op == Op::Snapshot { SNAPSHOT_MAX } else { ANSWER_MAX },
            when_dropped: WhenDropped::Leave,
        };
        Ok(Prepared { program: Some(program), files })
    }

    pub(super) async fn make_call(&self, key: &str, plan: &Plan) -> CallOutcome {
        let Prepared { program, files } = match self.prepare(key, plan) {
            Ok(prepared) => prepared,
            Err(unmade) => return unmade.into(),
        };
        let mut brought = Vec::new();
        let mut words = Vec::new();
        if let Some(program) = program {
            let name = program.argv[0].clone();
            // A task of its own: when the wait for it is given up, its limit is still kept.
            let Ok(mut ran) = tokio::spawn(child::run(program)).await else {
                return CallOutcome::Unknown(Text::line("flightdeck stopped waiting for the call"));
            };
            if plan.op == Op::Snapshot && matches!(ran.how, How::Exited(0)) {
                // What a snapshot prints is the evidence, and not repeated in the answer.
                let output = mem::replace(&mut ran.stdout, Capture::new(0));
                if output.cut() > 0 {
                    words.push(format!("{} bytes in the middle of its output were left out", output.cut()));
                }
                brought.extend(printed(plan, output.bytes()));
            }
            match answer::outcome(&name, plan.limit_s, &ran) {
                CallOutcome::Accepted { answer, .. } => words.push(answer.as_str().to_owned()),
                other @ (CallOutcome::Failed(_)
                | CallOutcome::Outdated(_)
                | CallOutcome::Refused(_)
                | CallOutcome::Unknown(_)) => {
                    return other;
                }
            }
        }
        if !files.is_empty() {
            let base = self.place.dir.clone();
            let limit = plan.params.get("limit").and_then(|limit| limit.as_str().parse().ok());
            let gathering =
                tokio::task::spawn_blocking(move || collect::gather(base.as_deref(), &files, limit));
            match gathering.await {
                Ok(gathered) => {
                    brought.extend(gathered.evidence);
                    words.extend(gathered.notes);
                }
                Err(_) => words.push("collecting files was broken off".to_owned()),
            }
        }
        if plan.op == Op::Snapshot {
            self.book.brought.note(plan, &brought);
            words.insert(0, listed(&brought));
        }
        words.retain(|part| !part.is_empty());
        CallOutcome::Accepted { answer: Text::block(&words.join("\n")), evidence: brought }
    }
}

/// A snapshot's output as evidence, if there is any.
fn printed(plan: &Plan, bytes: Vec<u8>) -> Option<Evidence> {
    let name = collect::file_name(&format!("{}-snapshot.txt", plan.target));
    let is_something = !bytes.trim_ascii().is_empty();
    is_something.then_some(Evidence { name, bytes, from: None, to: None })
}

/// `support-1-snapshot.txt (120 bytes)`.
fn listed(brought: &[Evidence]) -> String {
    let one = |e: &Evidence| format!("{} ({} bytes)", e.name, e.bytes.len());
    let all: Vec<String> = brought.iter().map(one).collect();
    if all.is_empty() { "it brought no evidence".to_owned() } else { all.join(", ") }
}
