//! `flightdeck completions`: for the shell.

use clap_complete::Shell;

use super::output::{DONE, Out, Outcome};

/// Which shell.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell that reads them
    shell: Shell,
}

/// Prints them.
pub fn run(args: &Args, mut command: clap::Command, out: &mut Out) -> Outcome {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "flightdeck", &mut script);
    out.text(&String::from_utf8_lossy(&script))?;
    Ok(DONE)
}
