//! `flightdeck incidents`: the list of incidents.

use std::cmp::Reverse;

use serde::Serialize;

use super::context::Context;
use super::output::{DONE, Format, Out, Outcome, say};
use super::table::{self, Table, TooWide};
use super::words::shown;
use crate::incident::{AgentId, Board, Realm, Severity, Status, Text, Time};
use crate::runtime::archive::Head;

/// Which ones, and how they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Those that are over too
    #[arg(long)]
    all: bool,
    /// Of the drill's journal
    #[arg(long)]
    drill: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Columns of a title in the list where no terminal cuts it: nobody's title is longer by intent.
const TITLE: usize = 400;

/// The realm that `--drill` speaks of.
pub const fn realm(drill: bool) -> Realm {
    if drill { Realm::Drill } else { Realm::Live }
}

/// Lists them.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let archive = context.archive(realm(args.drill))?;
    let all = archive.heads()?;
    let count = all.len();
    let mut heads: Vec<Head> = all.into_iter().filter(|h| args.all || h.status == Status::Open).collect();
    // Open ones first, worst first, newest first; then the rest, newest first.
    heads.sort_by_key(|head| {
        let open = head.status == Status::Open;
        (!open, if open { head.severity.index() } else { 0 }, Reverse(head.incident))
    });
    if args.format == Format::Json {
        let board = archive.board()?;
        let incidents = heads.iter().map(|head| Listed::of(head, &board)).collect();
        out.json(&Document { format: 1, incidents })?;
        return Ok(DONE);
    }
    match (heads.len(), count) {
        (0, 0) => say(&archive.nothing()),
        (0, over) => say(&format!("no incident is open; --all lists the {over} that are over")),
        (_, _) => {
            let naming = context.config().policy.naming;
            let mut table = Table::new(&["ID", "SEV", "STATUS", "DECLARED (UTC)", "TITLE"], TooWide::Cut);
            for head in &heads {
                table.row([
                    head.incident.to_string(),
                    head.severity.name(naming).to_owned(),
                    status(&head.status),
                    shown(head.declared_at),
                    table::start(head.title.as_str(), TITLE),
                ]);
            }
            for line in table.lines(out.width()) {
                out.line(&line)?;
            }
        }
    }
    Ok(DONE)
}

fn status(status: &Status) -> String {
    match status {
        Status::Open => "open".to_owned(),
        Status::Resolved(_) => "resolved".to_owned(),
        Status::Merged(into) => format!("went on as {into}"),
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Document {
    format: u32,
    incidents: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    title: Text,
    severity: Severity,
    status: &'static str,
    realm: Realm,
    declared_at: Time,
    changed_at: Time,
    resolved_at: Option<Time>,
    merged_into: Option<String>,
    agents: Vec<AgentId>,
    entries: u64,
}

impl Listed {
    fn of(head: &Head, board: &Board) -> Self {
        let (status, resolved_at, merged_into) = match head.status {
            Status::Open => ("open", None, None),
            Status::Resolved(at) => ("resolved", Some(at), None),
            Status::Merged(into) => ("merged", None, Some(into.to_string())),
        };
        Self {
            id: head.incident.to_string(),
            title: head.title.clone(),
            severity: head.severity,
            status,
            realm: head.realm,
            declared_at: head.declared_at,
            changed_at: head.changed_at,
            resolved_at,
            merged_into,
            agents: board.incident(head.incident).map(|i| i.agents.clone()).unwrap_or_default(),
            entries: head.seq,
        }
    }
}
