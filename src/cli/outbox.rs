//! `flightdeck outbox`: what people were to be told, and what became of it.

use serde::Serialize;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Format, Out, Outcome, say};
use super::table::{Table, TooWide};
use super::words::shown;
use crate::incident::{IncidentId, MessageKind, Outgoing, Recipient, Text, Time};

/// Which messages, and how they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Of this incident only
    incident: Option<IncidentId>,
    /// Those that were delivered or dropped too
    #[arg(long)]
    all: bool,
    /// Of the drill's journal
    #[arg(long)]
    drill: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists them, in the order of incidents and of their messages.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let archive = context.archive(realm(args.drill))?;
    let incidents = match args.incident {
        Some(incident) => vec![incident],
        None => archive.heads()?.into_iter().map(|head| head.incident).collect(),
    };
    let mut listed = Vec::new();
    for id in incidents {
        let record = archive.record(id)?;
        let wanted = |sent: &&Outgoing| args.all || sent.is_waiting() || sent.is_given_up();
        listed.extend(record.incident.outbox.all().filter(wanted).map(|sent| Listed::of(id, sent)));
    }
    if args.format == Format::Json {
        out.json(&Document { format: 1, messages: listed })?;
        return Ok(DONE);
    }
    if listed.is_empty() {
        say(if args.all {
            "nobody was to be told anything"
        } else {
            "no message waits, and none was given up"
        });
        return Ok(DONE);
    }
    let head = ["INCIDENT", "ID", "STATE", "KIND", "TO", "CHANNEL", "QUEUED (UTC)", "WHY", "SUBJECT"];
    let mut table = Table::new(&head, TooWide::Cut);
    for message in &listed {
        table.row([
            message.incident.clone(),
            message.id.clone(),
            message.state.to_owned(),
            message.kind.to_string(),
            message.to.to_string(),
            message.channel.to_string(),
            shown(message.queued_at),
            message.answer.to_string(),
            message.subject.to_string(),
        ]);
    }
    for line in table.lines(out.width()) {
        out.line(&line)?;
    }
    Ok(DONE)
}

/// The JSON form.
#[derive(Serialize)]
struct Document {
    format: u32,
    messages: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    incident: String,
    id: String,
    channel: Text,
    to: Recipient,
    kind: MessageKind,
    state: &'static str,
    tries: u32,
    queued_at: Time,
    changed_at: Time,
    tell_by: Time,
    subject: Text,
    answer: Text,
}

impl Listed {
    fn of(incident: IncidentId, sent: &Outgoing) -> Self {
        Self {
            incident: incident.to_string(),
            id: sent.message.id.to_string(),
            channel: sent.message.channel.clone(),
            to: sent.message.to.clone(),
            kind: sent.message.kind,
            state: sent.state.word(),
            tries: sent.tries,
            queued_at: sent.queued_at,
            changed_at: sent.changed_at,
            tell_by: sent.message.tell_by,
            subject: sent.message.subject.clone(),
            answer: sent.answer.clone(),
        }
    }
}
