//! `flightdeck adapters`: what carries actions, and whether anybody is there.

use serde::Serialize;

use super::context::Context;
use super::output::{DONE, Format, Out, Outcome, say};
use super::table::{Table, TooWide};
use crate::incident::outbox::{ChannelStanding, Undelivered};
use crate::incident::{Op, Realm, Text, Time};
use crate::runtime::Clock;
use crate::runtime::archive::Reception;
use crate::runtime::backends::{self, Backend, Beside, Standing};

/// How they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists them. Looks at each backend; calls nothing.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let found = backends::look(&context.config().settings, &context.env())?;
    for problem in &found.problems {
        say(&format!("flightdeck: {problem}"));
    }
    let (outbox, reception) = on_record(context);
    let told = |beside: &Beside| outbox.iter().find(|it| beside.is_channel && it.channel == beside.name);
    if args.format == Format::Json {
        let adapters = found.backends.iter().map(Listed::of).collect();
        let of = |channels| found.beside.iter().filter(move |it| it.is_channel == channels);
        let channels = of(true).map(|it| Along::of(it, told(it))).collect();
        let probes = of(false).map(|it| Along::of(it, None)).collect();
        let receiver = reception.as_ref();
        out.json(&Document { format: 1, adapters, channels, probes, receiver, missing: &found.missing })?;
        return Ok(DONE);
    }
    if found.backends.is_empty() {
        say("no adapter is configured; flightdeck init writes a configuration to start from");
        say(&format!(
            "types: {}; ready-made http files (preset = \"NAME\"): {}",
            crate::config::adapter::TYPES.join(", "),
            crate::config::preset::NAMES.join(", ")
        ));
    }
    if found.backends.is_empty() && found.beside.is_empty() && reception.is_none() {
        return Ok(DONE);
    }
    let mut table = Table::new(&["ADAPTER", "TYPE", "HEALTH", "CARRIES"], TooWide::Wrap);
    for backend in &found.backends {
        let carried =
            if backend.operations.is_empty() { "nothing".to_owned() } else { words(&backend.operations) };
        let carries = if backend.read_only { format!("read-only: {carried}") } else { carried };
        table.row([backend.name.to_string(), backend.kind.to_owned(), health(backend), carries]);
    }
    for beside in &found.beside {
        let what = if beside.is_channel { "channel" } else { "probe" };
        let kind = format!("{what} {}", beside.kind);
        let told = told(beside).map(ChannelStanding::words).filter(|words| !words.is_empty());
        let told = told.map(|words| format!("; of the outbox: {words}")).unwrap_or_default();
        let health = format!("{}{told}", shown(beside.standing, &beside.health));
        table.row([beside.name.to_string(), kind, health, beside.serves.clone()]);
    }
    if let Some(reception) = &reception {
        let health = match reception.wrong() {
            Some(wrong) => format!("ILL: {wrong}"),
            None => format!("well: {} requests taken on {}", reception.taken, reception.listen),
        };
        table.row(["receiver".to_owned(), "alerts in".to_owned(), health, "declares incidents".to_owned()]);
    }
    for line in table.lines(out.width()) {
        out.line(&line)?;
    }
    if !found.missing.is_empty() {
        out.line(&format!("nothing carries: {}", words(&found.missing)))?;
    }
    Ok(DONE)
}

/// How the channels stand and alerts come in, as the journal and the process that serves it tell. Where it
/// cannot be read, that is said, and what can be looked at is shown all the same.
fn on_record(context: &Context) -> (Vec<ChannelStanding>, Option<Reception>) {
    let read = context.archive(Realm::Live).and_then(|archive| Ok((archive.board()?, archive.reception())));
    match read {
        Ok((board, reception)) => (ChannelStanding::all(board.incidents()), reception),
        Err(error) => {
            say(&format!("flightdeck: what the channels took is not known: {error}"));
            (Vec::new(), None)
        }
    }
}

fn words(ops: &[Op]) -> String {
    ops.iter().map(|op| op.word()).collect::<Vec<_>>().join(", ")
}

fn health(backend: &Backend) -> String {
    match backend.standing {
        Standing::Unseen => Standing::Unseen.word().to_owned(),
        seen @ (Standing::Well | Standing::Reached | Standing::Ill) => {
            format!("{}{}", shown(seen, &backend.health), circuits(backend))
        }
    }
}

fn shown(standing: Standing, health: &Text) -> String {
    match standing {
        Standing::Ill => format!("ILL: {health}"),
        Standing::Well | Standing::Reached | Standing::Unseen => format!("{}: {health}", standing.word()),
    }
}

/// The circuits that are not as ever; nothing where all are closed.
fn circuits(backend: &Backend) -> String {
    let open = backend.circuits.iter().filter(|(_, state)| *state != *"closed");
    let one = |(name, state): &(Text, Text)| match *name == backend.name {
        true => format!("; circuit {state}"),
        false => format!("; circuit to {name} {state}"),
    };
    open.map(one).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    adapters: Vec<Listed<'a>>,
    channels: Vec<Along<'a>>,
    probes: Vec<Along<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<&'a Reception>,
    missing: &'a [Op],
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a Text,
    #[serde(rename = "type")]
    kind: &'static str,
    operations: &'a [Op],
    read_only: bool,
    well: Option<bool>,
    state: &'static str,
    health: &'a Text,
    circuits: Vec<Circuit<'a>>,
}

#[derive(Serialize)]
struct Circuit<'a> {
    to: &'a Text,
    state: &'a Text,
}

impl<'a> Listed<'a> {
    fn of(backend: &'a Backend) -> Self {
        let Backend { name, kind, operations, read_only, standing, health, circuits } = backend;
        let circuits = circuits.iter().map(|(to, state)| Circuit { to, state }).collect();
        let (well, state) = (well(*standing), standing.word());
        Self { name, kind, operations, read_only: *read_only, well, state, health, circuits }
    }
}

/// Whether it does what it is for; none: that was not shown.
const fn well(standing: Standing) -> Option<bool> {
    match standing {
        Standing::Well => Some(true),
        Standing::Ill => Some(false),
        Standing::Reached | Standing::Unseen => None,
    }
}

/// A channel or a probe.
#[derive(Serialize)]
struct Along<'a> {
    name: &'a Text,
    #[serde(rename = "type")]
    kind: &'static str,
    serves: &'a str,
    read_only: bool,
    well: Option<bool>,
    state: &'static str,
    health: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    outbox: Option<Told<'a>>,
}

/// What the outbox tells of a channel.
#[derive(Serialize)]
struct Told<'a> {
    delivers: bool,
    failed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Time>,
    waiting: u32,
    given_up: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<Oldest>,
}

/// The oldest message that was not delivered.
#[derive(Serialize)]
struct Oldest {
    id: String,
    queued_at: Time,
    seconds: i64,
}

impl<'a> Told<'a> {
    fn of(standing: &'a ChannelStanding, now: Time) -> Self {
        let oldest = |Undelivered { incident, message, since }| Oldest {
            id: format!("{incident}/{message}"),
            queued_at: since,
            seconds: (now - since).num_seconds().max(0),
        };
        Self {
            delivers: !standing.is_failing(),
            failed: standing.failed,
            failed_at: standing.failed_at,
            why: standing.failed_at.map(|_| &standing.why),
            delivered_at: standing.delivered_at,
            waiting: standing.waiting,
            given_up: standing.given_up,
            oldest: standing.oldest.map(oldest),
        }
    }
}

impl<'a> Along<'a> {
    fn of(beside: &'a Beside, told: Option<&'a ChannelStanding>) -> Self {
        let Beside { name, is_channel: _, kind, serves, read_only, standing, health } = beside;
        let (well, state) = (well(*standing), standing.word());
        let outbox = told.map(|standing| Told::of(standing, Clock::wall().now()));
        Self { name, kind, serves, read_only: *read_only, well, state, health, outbox }
    }
}
