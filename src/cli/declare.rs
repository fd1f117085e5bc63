//! `flightdeck declare`: an incident that no monitor saw.

use super::context::Context;
use super::output::{DONE, Out, Outcome, say};
use super::words;
use crate::app::update::read_time;
use crate::error::Error;
use crate::incident::{AgentId, Command, Pattern, Realm, Severity, Text};
use crate::runtime::Clock;
use crate::runtime::errand::{Errand, live_hub};

/// What is declared.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What happens, in one line
    title: String,
    /// How bad: P0 to P3, or SEV1 to SEV4
    #[arg(long, short, default_value = "P1")]
    severity: Severity,
    /// Of what kind
    #[arg(long, short, value_parser = words::patterns())]
    pattern: Option<Pattern>,
    /// An agent it is about; may be given more than once
    #[arg(long = "agent", short, value_name = "AGENT")]
    agents: Vec<AgentId>,
    /// When it was detected: 14:05, 5m ago, 2026-11-21T14:05:00Z (UTC) [default: now]
    #[arg(long, value_name = "TIME")]
    detected: Option<String>,
}

/// Declares it; prints its number.
pub fn run(args: Args, context: &Context, out: &mut Out) -> Outcome {
    let config = context.config();
    let actor = context.actor(&config.settings)?;
    let detected_at = match &args.detected {
        Some(written) => Some(
            read_time(written, Clock::wall().now())
                .map_err(|why| Error::user(format!("--detected: {why}")))?,
        ),
        None => None,
    };
    if let Some(at) = detected_at {
        say(&format!("detected at {} UTC", words::shown(at)));
    }
    let command = Command::Declare {
        realm: Realm::Live,
        title: Text::line(args.title.trim()),
        severity: args.severity,
        pattern: args.pattern,
        agents: args.agents,
        detected_at,
    };
    let (hub, _) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    let errand = Errand::start(hub)?;
    let done = errand.submit(None, command, &actor);
    errand.stop();
    out.line(&done?.incident.to_string())?;
    Ok(DONE)
}
