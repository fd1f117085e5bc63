//! `flightdeck settle`: what a person saw of an action, where probes cannot say it.

use clap::ValueEnum;

use super::context::Context;
use super::output::{DONE, Out, Outcome};
use super::words;
use crate::error::Error;
use crate::incident::telling::tell_event;
use crate::incident::{ActionId, Command, IncidentId, Settlement, Text};
use crate::runtime::errand::{Errand, live_hub};

/// Which action, and what is true of it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// The action: A3 or 3
    #[arg(value_parser = words::action)]
    action: ActionId,
    /// What is true of it
    #[arg(value_enum)]
    what: What,
    /// How you know: what you saw, where
    #[arg(long, short)]
    reason: String,
}

/// What a person says is true of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// It has no checks, and you saw that it holds; it is shown as seen, never as verified
    Holds,
    /// It has no checks, and you saw that it does not hold
    Fails,
    /// Its effect is gone
    Undone,
    /// It is in doubt, and never took effect
    NeverTookEffect,
}

impl What {
    const fn settlement(self) -> Settlement {
        match self {
            Self::Holds => Settlement::Witnessed { holds: true },
            Self::Fails => Settlement::Witnessed { holds: false },
            Self::Undone => Settlement::Undone,
            Self::NeverTookEffect => Settlement::Failed,
        }
    }
}

/// Puts it on record, and says what followed.
pub fn run(args: Args, context: &Context, out: &mut Out) -> Outcome {
    let config = context.config();
    let actor = context.actor(&config.settings)?;
    let naming = config.policy.naming;
    let (hub, _) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    let errand = Errand::start(hub)?;
    let reason = Text::line(args.reason.trim());
    let command = Command::Settle { action: args.action, settlement: args.what.settlement(), reason };
    let known = errand.incident(args.id);
    let known = known.and_then(|incident| match incident.actions.contains_key(&args.action) {
        true => Ok(()),
        false => Err(Error::user(format!("{} has no action {}", args.id, args.action)).hint(format!(
            "flightdeck mitigations --all lists the actions, flightdeck timeline {} all of it",
            args.id
        ))),
    });
    let done = known.and_then(|()| errand.submit(Some(args.id), command, &actor));
    errand.stop();
    for entry in &done?.entries {
        let at = entry.at.format("%H:%M:%S");
        out.line(&format!("{at} {} {}", entry.actor, tell_event(&entry.event, entry.at, naming)))?;
    }
    Ok(DONE)
}
