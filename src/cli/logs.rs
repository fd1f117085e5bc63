//! `flightdeck logs`: logs of any size, looked at, searched, counted and followed.

use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::ValueEnum;

use super::context::Context;
use super::output::{DONE, Failure, Out, Outcome, say};
use crate::incident::Text;
use crate::runtime::Clock;
use crate::runtime::logs::{Form, Logs, Request};

/// Which logs, and what of them.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Files, patterns in quotes, or - for standard input; several are shown by time, .gz and .zst unpacked
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only records for which every term holds
    #[arg(long, short, value_name = "EXPR", default_value = "", hide_default_value = true)]
    filter: String,
    /// Only records of this time or later: 2026-02-03T04:05:06Z, 04:05, 10m
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only records before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Go on with what is appended
    #[arg(long, conflicts_with = "count")]
    follow: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print how many records there are, and nothing else
    #[arg(long)]
    count: bool,
}

const AFTER_HELP: &str = "\
A record is a line and what goes on it, such as a stack trace. Terms of a filter stand side by side:
words, \"several words\", /expressions/, level>=warn, agent=prod-*, kind=tool_call, time>=14:05, any
field by its path (tool_call.name=export*, status>=500); ! before a term hides what it would show.";

/// In which form records are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As they stand, made safe for a terminal.
    #[default]
    Text,
    /// One JSON object a line; stable.
    Json,
}

/// Shows them on the whole screen where a person looks; prints them otherwise.
pub fn run(args: Args, context: &Context, out: &mut Out) -> Outcome {
    let request = Request {
        files: args.files,
        filter: args.filter,
        since: args.since,
        until: args.until,
        follow: args.follow,
    };
    let logs = Logs::new(&request, Clock::wall())?;
    // Standard input may be what is looked at; the keys come from the terminal all the same.
    let (inputs, filter) = logs.asked();
    let is_looked_at = out.is_terminal() && (io::stdin().is_terminal() != logs.reads_stdin());
    if is_looked_at && !args.count && args.format == Format::Text {
        let env = context.env();
        if context.launch(&env)?.logs(inputs, filter.clone())? {
            return Ok(DONE);
        }
    }
    let total = if args.count {
        let total = logs.count()?;
        out.line(&total.records.to_string())?;
        total
    } else {
        let form = match args.format {
            Format::Text => Form::Text,
            Format::Json => Form::Json,
        };
        let mut failed: Option<Failure> = None;
        let sink = |bytes: &[u8]| match out.bytes(bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                failed = Some(failure);
                ControlFlow::Break(())
            }
        };
        let total = logs.print(form, sink, |notice| say(Text::line(&notice).as_str()))?;
        if let Some(failure) = failed {
            return Err(failure);
        }
        total
    };
    match total.cut {
        0 => {}
        1 => say("1 record is longer than 1 MiB; only its beginning was looked at"),
        n => say(&format!("{n} records are longer than 1 MiB; only their beginnings were looked at")),
    }
    Ok(DONE)
}
