//! `flightdeck init`: a configuration to start from.

use std::fs;
use std::path::{Path, PathBuf};

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
        let aside = aside(file);
        fs::rename(file, &aside)
            .map_err(|error| Error::remote(format!("cannot put {} aside", file.display())).because(error))?;
        out.line(&format!("the old one is {}", words::path(&aside)))?;
    }
    starter::write(&context.paths)?;
    out.line(&format!("wrote {}; everything in it is optional", words::path(file)))?;
    Ok(DONE)
}

/// A name beside the file that nothing has: what was put aside before may be the one that a person wrote.
fn aside(file: &Path) -> PathBuf {
    let name = |number: u32| match number {
        1 => file.with_extension("toml.old"),
        _ => file.with_extension(format!("toml.old-{number}")),
    };
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    (1..).map(name).find(is_free).expect("some number is free")
}
