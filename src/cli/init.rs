//! `flightdeck init`: a configuration to start from.

use std::fs;

use super::context::Context;
use super::output::{DONE, Out, Outcome};
use super::words;
use crate::config::starter;
use crate::error::Error;

/// Whether to replace what is there.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Put a configuration that is there already aside, and write a new one
    #[arg(long)]
    force: bool,
}

/// Writes it.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let file = &context.paths.config_file;
    if args.force && file.exists() {
        let aside = file.with_extension("toml.old");
        fs::rename(file, &aside)
            .map_err(|error| Error::remote(format!("cannot put {} aside", file.display())).because(error))?;
        out.line(&format!("the old one is {}", words::path(&aside)))?;
    }
    starter::write(&context.paths)?;
    out.line(&format!("wrote {}; everything in it is optional", words::path(file)))?;
    Ok(DONE)
}
