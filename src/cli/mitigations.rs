//! `flightdeck mitigations`: what may be in force, across all incidents.

use serde::Serialize;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Failure, Format, Out, Outcome, say};
use super::table::{Table, TooWide};
use super::words::shown;
use crate::app::digest::{DigestFacts, digest};
use crate::error::Error;
use crate::incident::in_force::rough;
use crate::incident::{Board, InForce, MitigationFact, Reading, Realm, Text, Time};
use crate::runtime::errand::{Errand, ReadNow, live_hub};
use crate::runtime::{Clock, launch};

/// Which ones, and how they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Those that are undone, settled or failed too
    #[arg(long, conflicts_with = "digest")]
    all: bool,
    /// Of the drill's journal
    #[arg(long, conflicts_with = "read")]
    drill: bool,
    /// Read each one's checks now; a lamp that changes is recorded
    #[arg(long)]
    read: bool,
    /// Print the digest that is told once a day
    #[arg(long, conflicts_with_all = ["format", "read"])]
    digest: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists them.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let now = Clock::wall().now();
    // Reading begins no journal.
    let (board, read) = if args.read && context.paths.journal_of(Realm::Live).exists() {
        read_now(context)?
    } else {
        (context.archive(realm(args.drill))?.board_as_read()?, Vec::new())
    };
    let listed = if args.all { board.mitigations() } else { board.in_force(now) };
    if args.digest {
        return print_digest(&listed, context, now, out);
    }
    let facts: Vec<MitigationFact> =
        listed.iter().map(|one| MitigationFact::of(one, newest(one, &read), now)).collect();
    if args.format == Format::Json {
        out.json(&Document { format: 1, mitigations: facts })?;
        return Ok(DONE);
    }
    if facts.is_empty() {
        say("nothing is in force");
        return Ok(DONE);
    }
    let heading = ["INCIDENT", "ACTION", "LAMP", "FOR", "LAST READ (UTC)", "OWNER", "FATE", "WHAT"];
    let mut table = Table::new(&heading, TooWide::Cut);
    for fact in &facts {
        table.row([
            fact.incident.clone(),
            fact.action.clone(),
            fact.lamp.to_owned(),
            fact.age.clone(),
            last_read(fact),
            fact.owner.to_string(),
            fate(fact, now),
            fact.what(),
        ]);
    }
    for line in table.lines(out.width()) {
        out.line(&line)?;
    }
    Ok(DONE)
}

/// What was read just now, where that was asked for; else what is on record.
fn newest<'a>(one: &InForce<'a>, read: &'a [ReadNow]) -> &'a [Reading] {
    let found = read.iter().find(|r| (r.incident, r.action) == (one.incident.id, one.action.id));
    found.map_or(one.action.readings.as_slice(), |r| r.readings.as_slice())
}

/// Reads all of them by an engine of its own.
fn read_now(context: &Context) -> Result<(Board, Vec<ReadNow>), Failure> {
    let config = context.config();
    let (hub, problems) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    for problem in problems {
        say(&format!("flightdeck: {problem}"));
    }
    let errand = Errand::start(hub)?;
    let read = errand.read_in_force();
    let board = errand.hub().board().clone();
    errand.stop();
    Ok((board, read))
}

fn print_digest(listed: &[InForce<'_>], context: &Context, now: Time, out: &mut Out) -> Outcome {
    if listed.is_empty() {
        say("nothing is in force; no digest would be told");
        return Ok(DONE);
    }
    let config = context.config();
    let day = Text::line(&config.policy.digest.day(now).to_string());
    let template = launch::digest_template(&context.paths, &config.settings);
    let text = digest(&template, &DigestFacts::of(&day, listed, now))
        .map_err(|wrong| Error::config(wrong.to_string()).hint("it is templates/digest.txt"))?;
    for line in text.as_str().lines() {
        out.line(line)?;
    }
    Ok(DONE)
}

fn last_read(fact: &MitigationFact) -> String {
    if let Some(seen) = &fact.witnessed {
        let how = if seen.holds { "to hold" } else { "NOT to hold" };
        return format!("{} seen by {} {how}", shown(seen.at), seen.by);
    }
    match (fact.read_at, fact.checks.is_empty()) {
        (Some(at), _) => shown(at),
        (None, true) => "has no checks".to_owned(),
        (None, false) => "never".to_owned(),
    }
}

fn fate(fact: &MitigationFact, now: Time) -> String {
    if let Some(undo) = &fact.undoing {
        return format!("undoing by {undo}");
    }
    match (fact.disposition, fact.due) {
        (_, Some(due)) if fact.overdue => format!("OVERDUE {}", rough(now - due)),
        (_, Some(due)) => format!("gone by {}", due.format("%Y-%m-%d %H:%M")),
        (Some(word), None) => word.to_owned(),
        (None, None) if !fact.in_force => "over".to_owned(),
        (None, None) => "nobody said".to_owned(),
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Document {
    format: u32,
    mitigations: Vec<MitigationFact>,
}
