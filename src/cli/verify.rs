//! `flightdeck verify`: is the journal as it was recorded?

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, FOUND, Out, Outcome};
use super::words;
use crate::runtime::archive::Archive;

/// Which journal.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The drill's journal
    #[arg(long)]
    drill: bool,
}

/// Walks every entry; names the first one that is wrong.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let realm = realm(args.drill);
    let place = words::path(&context.paths.journal_of(realm));
    match Archive::verify(&context.paths, realm)? {
        Ok(verified) => {
            let (incidents, entries) = (verified.incidents, verified.entries);
            out.line(&format!("{place}: all holds; incidents: {incidents}, entries: {entries}"))?;
            if verified.unknown > 0 {
                out.line(&format!("{} of them a newer flightdeck wrote; they hold too", verified.unknown))?;
            }
            Ok(DONE)
        }
        Err(broken) => {
            out.line(&format!("{place}: {broken}"))?;
            // Where nothing can be named, nothing is known of the rest either.
            let named = broken.incident.is_some() || broken.position.is_some();
            let before = if named { "what comes before it holds; " } else { "" };
            out.line(&format!("{before}keep a copy of the file, then restore a backup"))?;
            Ok(FOUND)
        }
    }
}
