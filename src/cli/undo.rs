//! `flightdeck undo`: take back an action by the inverse that was recorded before it ran.
//!
//! An action of its own: planned on how things are now, confirmed, and proved by its own checks.

use super::act::{Deed, How, What};
use super::context::Context;
use super::output::{Out, Outcome};
use super::words;
use crate::incident::{ActionId, IncidentId};

/// Which action is undone.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// The action: A3 or 3
    #[arg(value_parser = words::action)]
    action: ActionId,
    #[command(flatten)]
    how: How,
}

/// Plans its inverse, has that confirmed, does it and follows it.
pub fn run(args: Args, context: &Context, out: &mut Out) -> Outcome {
    Deed::run(args.id, What::Undo(args.action), args.how, context, out)
}
