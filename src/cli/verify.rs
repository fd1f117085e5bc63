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

/// Walks every entry; names the first one of each incident that is wrong.
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
            for one in &broken {
                out.line(&format!("{place}: {one}"))?;
            }
            // Where nothing can be named, nothing is known of the rest either.
            let named = broken.iter().all(|one| one.incident.is_some() || one.position.is_some());
            let before = match broken.len() {
                _ if !named => "",
                1 => "what comes before it holds; ",
                _ => "of each, what comes before it holds; ",
            };
            out.line(&format!("{before}keep a copy of the file, then restore a backup"))?;
            Ok(FOUND)
        }
    }
}
