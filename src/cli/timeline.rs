//! `flightdeck timeline`: what happened, entry by entry.

use serde::Serialize;
use serde_json::Value;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Format, Out, Outcome};
use super::table::{self, Table, TooWide};
use super::words::shown;
use crate::incident::telling::tell_event;
use crate::incident::{Actor, Entry, Event, IncidentId, Naming, Text, Time};

/// Whose timeline, and how it is shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// Of the drill's journal
    #[arg(long)]
    drill: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Columns of what is told of one entry: the rest is in the JSON form and on the Timeline screen.
const TOLD: usize = 1_000;

/// Shows it.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let archive = context.archive(realm(args.drill))?;
    let record = archive.record(args.id)?;
    context.say_if_broken(&archive, args.id)?;
    let naming = context.config().policy.naming;
    if args.format == Format::Json {
        let entries = record.entries.iter().map(|entry| Told::of(entry, naming)).collect();
        out.json(&Document { format: 1, incident: args.id.to_string(), entries })?;
        return Ok(DONE);
    }
    let mut table = Table::new(&["#", "TIME (UTC)", "WHO", "WHAT"], TooWide::Wrap);
    for entry in &record.entries {
        table.row([
            entry.seq.to_string(),
            shown(entry.at),
            entry.actor.to_string(),
            table::start(&tell_event(&entry.event, entry.at, naming), TOLD),
        ]);
    }
    for line in table.lines(out.width()) {
        out.line(&line)?;
    }
    Ok(DONE)
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    incident: String,
    entries: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    seq: u64,
    at: Time,
    actor: &'a Actor,
    text: String,
    event: Stored<'a>,
}

/// An event as stored; what a newer flightdeck wrote is handed on as it stands.
#[derive(Serialize)]
#[serde(untagged)]
enum Stored<'a> {
    Known(&'a Event),
    Unknown { kind: &'a Text, data: Value },
}

impl<'a> Told<'a> {
    fn of(entry: &'a Entry, naming: Naming) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: &entry.actor,
            text: tell_event(&entry.event, entry.at, naming),
            event: Stored::of(&entry.event),
        }
    }
}

impl<'a> Stored<'a> {
    fn of(event: &'a Event) -> Self {
        let Event::Unknown { kind, stored } = event else { return Self::Known(event) };
        let data = serde_json::from_str(stored.as_str()).unwrap_or_else(|_| Value::from(stored.as_str()));
        Self::Unknown { kind, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_as_stored_and_one_of_a_newer_flightdeck_as_it_stands() {
        let unknown = |stored: &str| Event::Unknown { kind: "moon_paged".into(), stored: stored.into() };
        for (event, json) in [
            (Event::Noted { text: "the deploy".into() }, r#"{"kind":"noted","data":{"text":"the deploy"}}"#),
            (unknown(r#"{"dish": 3}"#), r#"{"kind":"moon_paged","data":{"dish":3}}"#),
            (unknown("{"), r#"{"kind":"moon_paged","data":"{"}"#),
        ] {
            assert_eq!(serde_json::to_string(&Stored::of(&event)).unwrap(), json);
        }
    }
}
