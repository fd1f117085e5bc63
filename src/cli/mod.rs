//! The command line: one file per subcommand, all of them fronts of `runtime`.
//!
//! It parses, asks `runtime` and prints; what is allowed is decided by the hub, as for a key. It
//! must not know stores, adapters or screens.
//!
//! # Output
//!
//! Results go to standard output, everything said about them to standard error. Tables fit the
//! terminal; where there is none, lines are as long as they are, but for a text of a thousand
//! characters, of which the beginning is shown: the JSON form has all. A reader that goes away ends the
//! command quietly.
//!
//! # JSON
//!
//! `--format json` prints one document. `format` is its version: fields are added, never renamed or
//! given another meaning without raising it. Times are RFC 3339 in UTC; severities are `P0` to `P3`
//! whatever the policy calls them (in a review they are called as the policy says).
//!
//! `incidents`: in the order of the table.
//!
//! ```json
//! {"format": 1, "incidents": [
//!   {"id": "INC-1", "title": "mail answers leak", "severity": "P0", "status": "open",
//!    "realm": "live", "declared_at": "2026-11-21T12:00:00Z", "changed_at": "2026-11-21T12:04:05Z",
//!    "resolved_at": null, "merged_into": null, "agents": ["support-1"], "entries": 9}]}
//! ```
//!
//! `status` is `open`, `resolved` or `merged`; `merged_into` names the incident it went on as.
//!
//! `timeline INC-1`: the entries, first one first.
//!
//! ```json
//! {"format": 1, "incident": "INC-1", "entries": [
//!   {"seq": 1, "at": "2026-11-21T12:00:00Z", "actor": {"kind": "person", "name": "ana"},
//!    "text": "declared (live) P0, …", "event": {"kind": "declared", "data": {}}}]}
//! ```
//!
//! `actor.kind` is `person`, `ai` or `flightdeck` (without a name). `event` is the entry as stored:
//! its kinds are those of [`crate::incident::Event`]; an entry that a newer flightdeck wrote is
//! handed on as it stands. `text` is for people and may change.
//!
//! `evidence INC-1`: `{"format": 1, "incident", "evidence": [{"seq", "action", "name", "bytes",
//! "sha256", "from", "to"}]}`; `seq` is the entry, `from` and `to` are what the file covers, if known.
//!
//! `logs FILE`: one object a line instead, since a log has no end: `{"source", "offset", "time",
//! "level", "kind", "text"}`. `offset` is the byte of the file (unpacked) at which the record begins,
//! `text` all its lines as they stand; `time`, `level` and `kind` are null where it does not say.
//!
//! `mitigations`: what is overdue first, then what is known not to hold, then the oldest.
//!
//! ```json
//! {"format": 1, "mitigations": [
//!   {"incident": "INC-1", "title": "mail answers leak", "status": "resolved", "action": "A1",
//!    "op": "isolate", "target": "support-1", "params": {}, "lamp": "verified", "in_force": true,
//!    "asked_by": "ana", "asked_at": "2026-11-21T12:00:00Z", "age": "3d",
//!    "verified_at": "2026-11-21T12:01:05Z", "read_at": "2026-11-21T12:01:05Z", "watched": false,
//!    "checks": [{"expected": "agent_status = stopped", "read": "stopped",
//!                "at": "2026-11-21T12:01:05Z", "holds": true}],
//!    "owner": "bo", "disposition": "handed-over", "reason": "until v13",
//!    "due": "2026-11-24T23:59:59Z", "overdue": false, "undo": "release support-1",
//!    "undoing": null}]}
//! ```
//!
//! `disposition` is `undo`, `handed-over`, `kept`, or null where nobody has said what becomes of it;
//! `owner` is who has it, else who commands, else who asked. `watched` is false where nothing reads it
//! by itself: after the end of its incident, or without checks. A check's `holds` is null where it
//! was not read. `witnessed` is `{"by", "at", "holds", "reason"}` where it has no checks and a person
//! said what they saw, else null. `in_force` is false only with `--all`.
//!
//! `adapters`: `{"format": 1, "adapters": [{"name", "type", "operations", "read_only", "well",
//! "state", "health", "circuits": [{"to", "state"}]}], "channels": [{"name", "type", "serves",
//! "read_only", "well", "state", "health"}], "probes": [], "missing"}`; `state` is `well`, `reached`,
//! `ill` or `not seen`, and `well` is null where it is `reached` or `not seen`. `probes` are as
//! `channels`; `missing` are the operations that nothing carries.
//!
//! `outbox`: `{"format": 1, "messages": [{"incident", "id", "channel", "to", "kind", "state", "tries",
//! "queued_at", "changed_at", "tell_by", "subject", "answer"}]}`; `to` is `{"audience"}`, `{"person"}` or
//! `{"level"}`, `state` is `waiting`, `delivered`, `given up` or `dropped`.
//!
//! `check`: `{"format": 1, "problems": [{"file", "line", "column", "message", "hint"}]}`; `line` and
//! `column` count from 1 and are null when the file as a whole is the problem, `hint` may be null.
//!
//! `keys`: `{"format": 1, "keymap", "intents": [{"intent", "about", "keys": [{"keys", "context"}]}]}`;
//! `context` is `everywhere`, or the only place where the keys hold.
//!
//! `demo --list`: `{"format": 1, "scenarios": [{"name", "title", "about", "severity", "seed"}]}`.
//!
//! `review INC-1`: the facts that the document is written from, the fields of
//! [`crate::incident::ReviewFacts`] in `src/incident/review.rs`; what nobody recorded is null or an
//! empty list.
//!
//! # Exit codes
//!
//! [`crate::error::EXIT_CODES`]. `act` ends with 0 only when what was waited for has come true; a
//! proposal that waits for approval is 4, a call that failed or was not proved is 5.

mod act;
mod adapters;
mod check;
mod cockpit;
mod completions;
mod context;
mod declare;
mod demo;
mod evidence;
mod incidents;
mod init;
mod keys;
mod logs;
mod man;
mod mitigations;
mod outbox;
mod output;
mod prompt;
mod review;
mod serve;
mod settle;
mod table;
mod timeline;
mod undo;
mod verify;
mod words;

use std::ffi::OsString;
use std::io::Write as _;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::incident::Text;
use context::{Context, Global};
use output::{DONE, Failure, Out, Outcome};

/// An incident cockpit for people who run AI agents in production
#[derive(Parser, Debug)]
#[command(name = "flightdeck", version, about, after_help = AFTER_HELP, max_term_width = 100)]
// Else a mistyped option is answered with the options that were given as if they were all there are.
#[command(override_usage = "flightdeck [OPTIONS] [COMMAND]")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The cockpit's own arguments. Whoever opens it waits for its first frame, and does not wait for
/// a dozen subcommands to be described first.
#[derive(Parser, Debug)]
#[command(name = "flightdeck", disable_help_flag = true)]
struct Bare {
    #[command(flatten)]
    global: Global,
}

const AFTER_HELP: &str = "\
Without a command it opens the cockpit. New here? flightdeck demo plays an incident on a simulated
fleet; flightdeck init writes a configuration to start from.";

/// The subcommands, in the order help shows them.
#[derive(Subcommand, Debug)]
enum Command {
    /// Play an incident on a simulated fleet: same cockpit, wires cut
    Demo(demo::Args),
    /// Take alerts without a screen, and print what is recorded
    Serve,
    /// Declare an incident that no monitor saw
    Declare(declare::Args),
    /// List incidents
    Incidents(incidents::Args),
    /// List what may be in force, across all incidents
    Mitigations(mitigations::Args),
    /// Show an incident's timeline
    Timeline(timeline::Args),
    /// Do something to the world: isolate an agent, limit it, roll it back, page somebody
    Act(act::Args),
    /// Undo an action by its recorded inverse: planned, confirmed and proved like any
    Undo(undo::Args),
    /// Say what you saw of an action that probes cannot settle
    Settle(settle::Args),
    /// List what carries actions, and look whether anybody is there
    Adapters(adapters::Args),
    /// Print an incident's review
    Review(review::Args),
    /// List an incident's evidence, or write it out
    Evidence(evidence::Args),
    /// Look at logs of any size, search, count and follow them
    Logs(logs::Args),
    /// List what people were to be told and have not been
    Outbox(outbox::Args),
    /// Prove that the journal is as it was recorded
    Verify(verify::Args),
    /// Look for problems in the configuration, all of them
    Check(check::Args),
    /// Write a configuration to start from
    Init(init::Args),
    /// List the keys
    Keys(keys::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the manual
    Man(man::Args),
}

/// The parser, from which help, completions, the manual and the README are made.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Does what the arguments say; the exit code when that is done.
///
/// # Errors
/// Why it could not be done.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<u8> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Ok(bare) = Bare::try_parse_from(&arguments) {
        return cockpit::run(&Context::new(bare.global)?).map(|()| DONE);
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return Ok(explain(&error)),
    };
    let context = Context::new(cli.global)?;
    let Some(command) = cli.command else { return cockpit::run(&context).map(|()| DONE) };
    let mut out = Out::new();
    match dispatch(command, &context, &mut out).and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => Ok(code),
        Err(Failure::Closed) => Ok(DONE),
        Err(Failure::Error(error)) => {
            // What was printed before belongs before the error.
            drop(out.flush());
            Err(error)
        }
    }
}

fn dispatch(wanted: Command, context: &Context, out: &mut Out) -> Outcome {
    match wanted {
        Command::Demo(args) => demo::run(&args, context, out),
        Command::Serve => serve::run(context, out),
        Command::Declare(args) => declare::run(args, context, out),
        Command::Incidents(args) => incidents::run(&args, context, out),
        Command::Mitigations(args) => mitigations::run(&args, context, out),
        Command::Timeline(args) => timeline::run(&args, context, out),
        Command::Act(args) => act::run(args, context, out),
        Command::Undo(args) => undo::run(args, context, out),
        Command::Settle(args) => settle::run(args, context, out),
        Command::Adapters(args) => adapters::run(&args, context, out),
        Command::Review(args) => review::run(&args, context, out),
        Command::Evidence(args) => evidence::run(&args, context, out),
        Command::Logs(args) => logs::run(args, context, out),
        Command::Outbox(args) => outbox::run(&args, context, out),
        Command::Verify(args) => verify::run(&args, context, out),
        Command::Check(args) => check::run(&args, context, out),
        Command::Init(args) => init::run(&args, context, out),
        Command::Keys(args) => keys::run(&args, context, out),
        Command::Completions(args) => completions::run(&args, command(), out),
        Command::Man(args) => man::run(&args, command(), out),
    }
}

/// Prints help, the version, or what is wrong with the arguments; the exit code.
fn explain(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        // It quotes arguments, and those may come from an alert.
        output::say(Text::block(&error.render().to_string()).as_str().trim_end());
        return crate::error::Kind::User.exit_code();
    }
    // Nobody reading the help is no error.
    drop(error.print());
    DONE
}

/// Tells an error on standard error.
pub fn tell(error: &Error) {
    // It may quote what a file, a backend or an argument said.
    let words = Text::block(&format!("flightdeck: {error}"));
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        command().debug_assert();
    }
}
