//! `flightdeck outbox`: what people were to be told, what became of it, and what a person decides
//! about it: to try it again, or that it need not be told.

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Format, Out, Outcome, say};
use super::table::{Table, TooWide};
use super::words::shown;
use crate::error::Error;
use crate::incident::{
    Command, Incident, IncidentId, MessageId, MessageKind, Outgoing, Recipient, Text, Time,
};
use crate::runtime::errand::{Errand, live_hub};

/// Which messages, and how they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    decide: Option<Decide>,
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

/// What is decided about one message.
#[derive(Subcommand, Debug)]
enum Decide {
    /// Send a message again that was given up or dropped, under the same key
    Retry {
        /// The message: INC-42/M3
        #[arg(value_name = "ID")]
        message: Wanted,
    },
    /// Decide that a message need not be told
    Drop {
        /// The message: INC-42/M3
        #[arg(value_name = "ID")]
        message: Wanted,
        /// Why, for the record
        #[arg(long, short)]
        reason: String,
    },
}

/// One message of all incidents: `INC-42/M3`.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    incident: IncidentId,
    message: MessageId,
}

impl std::str::FromStr for Wanted {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let parts = written.split_once(['/', ' ']).ok_or("write INCIDENT/MESSAGE, as INC-42/M3")?;
        let number = parts.1.trim_start_matches(['M', 'm']).parse().ok().filter(|number| *number > 0);
        let message =
            number.map(MessageId).ok_or_else(|| format!("'{}' names no message, as M3 does", parts.1))?;
        Ok(Self { incident: parts.0.parse()?, message })
    }
}

/// Lists them, or does what is decided.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    match &args.decide {
        Some(decide) => decided(decide, context, out),
        None => list(args, context, out),
    }
}

/// Puts the decision on record, as a person's; what is to be tried again is tried before this ends,
/// unless somebody else delivers for the journal.
fn decided(decide: &Decide, context: &Context, out: &mut Out) -> Outcome {
    let config = context.config();
    let actor = context.actor(&config.settings)?;
    let (Wanted { incident, message }, command) = match decide {
        Decide::Retry { message } => (*message, Command::RetryMessage { message: message.message }),
        Decide::Drop { message, reason } => {
            let reason = Text::line(reason.trim());
            (*message, Command::DropMessage { message: message.message, reason })
        }
    };
    let (hub, problems) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    for problem in problems {
        say(&format!("flightdeck: {problem}"));
    }
    let errand = Errand::start(hub)?;
    let done = errand.incident(incident).and_then(|_| errand.submit(Some(incident), command, &actor));
    let errand = errand.stop();
    done?;
    let now = errand.board().incident(incident).and_then(|i| standing(i, message));
    let now = now.ok_or_else(|| Error::internal("a message that is gone"))?;
    out.line(&format!("{incident} {message}: {now}"))?;
    Ok(DONE)
}

fn standing(incident: &Incident, message: MessageId) -> Option<String> {
    incident.outbox.get(message).map(Outgoing::standing)
}

/// Lists them, in the order of incidents and of their messages.
fn list(args: &Args, context: &Context, out: &mut Out) -> Outcome {
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
    let head = ["ID", "STATE", "KIND", "TO", "CHANNEL", "QUEUED (UTC)", "WHY", "SUBJECT"];
    let mut table = Table::new(&head, TooWide::Cut);
    for message in &listed {
        table.row([
            format!("{}/{}", message.incident, message.id),
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
