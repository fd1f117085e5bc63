//! `flightdeck`: the cockpit itself.

use super::context::Context;
use crate::error::Result;

/// Opens it. Nothing is done before its first frame that the frame does not need.
///
/// # Errors
/// When there is no terminal, or the journal can be neither written nor read.
pub fn run(context: &Context) -> Result<()> {
    let env = context.env();
    context.launch(&env)?.cockpit()
}
