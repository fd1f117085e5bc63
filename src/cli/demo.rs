//! `flightdeck demo`: an incident on a simulated fleet.

use serde::Serialize;

use super::context::Context;
use super::output::{DONE, Format, Out, Outcome};
use super::table::{Table, TooWide};
use super::words;
use crate::runtime::DemoArgs;
use crate::runtime::scenarios::{self, Listed};

/// What is played, and how fast.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What happens: a name from --list, or of a file of yours in scenarios/
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// The same seed plays the same; each scenario has its own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Seconds of the drill that pass in a real one
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = words::speed)]
    speed: Option<f64>,
    /// Begin anew, even if the last one is not over
    #[arg(long)]
    fresh: bool,
    /// List the scenarios and play none
    #[arg(long)]
    list: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t, requires = "list")]
    format: Format,
}

/// Plays it, or lists what there is.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    if args.list {
        return list(args.format, &scenarios::list(&context.paths), out);
    }
    let env = context.env();
    let (scenario, seed, speed, fresh) = (args.scenario.clone(), args.seed, args.speed, args.fresh);
    context.launch(&env)?.demo(&DemoArgs { scenario, seed, speed, fresh })?;
    Ok(DONE)
}

fn list(format: Format, scenarios: &[Listed], out: &mut Out) -> Outcome {
    if format == Format::Json {
        out.json(&Document { format: 1, scenarios })?;
        return Ok(DONE);
    }
    let mut table = Table::new(&["NAME", "SEV", "TITLE"], TooWide::Wrap);
    for scenario in scenarios {
        table.row([scenario.name.to_string(), scenario.severity.to_string(), scenario.title.to_string()]);
    }
    for line in table.lines(out.width()) {
        out.line(&line)?;
    }
    Ok(DONE)
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    scenarios: &'a [Listed],
}
