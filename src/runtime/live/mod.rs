//! The live realm from the configuration: adapters, log sources, the alert receiver.

pub mod first;
mod http;
mod kubernetes;
mod metrics;
mod pagerduty;
mod post;
mod process;
mod recovery;
mod rig;

use std::path::PathBuf;
use std::sync::Arc;

use super::engine::Extras;
use super::launch;
use super::spool::Spool;
use super::vitals::Patient;
use crate::app::msg::Notice;
use crate::config::{Agent, Config, Env, Paths, Settings};
use crate::incident::Text;
use crate::logs::{LogCommand, LogSource};
use crate::sources::pagerduty::Webhooks;
use crate::sources::{ReceiverSpec, Telemetry, Token};

pub use post::channels;
pub use recovery::readers;
pub use rig::{Readers, Unbuilt, located_rig, named_readers, rig};

/// The log files of the configured agents.
#[must_use]
pub fn log_sources(settings: &Settings) -> Vec<LogSource> {
    let of = |agent: &Agent| {
        let id = Text::line(agent.id.as_str());
        agent
            .logs
            .iter()
            .map(move |path| LogSource { agent: id.clone(), path: path.clone() })
            .collect::<Vec<_>>()
    };
    settings.agents.iter().flat_map(of).collect()
}

/// The commands that print the configured agents' logs.
fn log_commands(settings: &Settings) -> Vec<LogCommand> {
    let of =
        |agent: &Agent| LogCommand { agent: Text::line(agent.id.as_str()), run: agent.log_command.clone() };
    settings.agents.iter().filter(|agent| !agent.log_command.is_empty()).map(of).collect()
}

/// What the alert receiver is to be, if it is wanted.
///
/// # Errors
/// In words: a token that cannot be had.
pub fn receiver(settings: &Settings, paths: &Paths, env: &Env<'_>) -> Result<Option<ReceiverSpec>, String> {
    let wanted = &settings.receiver;
    if !wanted.enabled {
        return Ok(None);
    }
    let mut spec = ReceiverSpec::new(wanted.listen, Arc::new(chrono::Utc::now));
    spec.max_body = wanted.max_body;
    if wanted.otlp {
        let agents = settings.agents.iter().map(|agent| Text::line(agent.id.as_str())).collect();
        spec.telemetry = Some(Telemetry { keep: Arc::new(Spool::new(paths.telemetry())), agents });
    }
    if let Some(source) = &wanted.token {
        let secret = source.fetch(env)?;
        let token = Token::new(secret.expose().as_bytes()).map_err(|error| error.to_string())?;
        spec.token = Some(token);
    }
    if let Some(webhooks) = &wanted.pagerduty {
        let secret = webhooks.secret.fetch(env).map_err(|why| format!("pagerduty: {why}"))?;
        spec.pagerduty = Some(Webhooks { secret, declare: webhooks.declare });
    }
    Ok(Some(spec))
}

/// The agents whose vitals are read.
#[must_use]
pub fn patients(settings: &Settings, paths: &Paths, problems: &mut Vec<Notice>) -> Vec<Patient> {
    let mut patients = Vec::new();
    for agent in &settings.agents {
        match Patient::new(agent, &paths.config_dir) {
            Ok(patient) => patients.push(patient),
            Err(words) => problems.push(Notice::lasting("vitals", words)),
        }
    }
    patients
}

/// What runs beside the live hub, and what could not be set up.
#[must_use]
pub fn extras(config: &Config, paths: &Paths, env: &Env<'_>) -> Extras {
    let settings = &config.settings;
    let mut problems = Vec::new();
    if let Some(first) = config.problems.first() {
        // As many as the command counts that lists them: it looks further.
        let count = super::check::problems(paths, env).len().max(config.problems.len());
        let problems_are = if count == 1 { "problem" } else { "problems" };
        let words =
            format!("{count} {problems_are} in the configuration ('flightdeck check' lists them): {first}");
        problems.push(Notice::lasting("configuration", words));
    }
    let receiver = receiver(settings, paths, env).unwrap_or_else(|words| {
        problems.push(Notice::lasting("receiver", format!("no alerts are taken: {words}")));
        None
    });
    let patients = patients(settings, paths, &mut problems);
    let digest = Some(launch::digest_template(paths, settings));
    let mut unasked = Vec::new();
    let first = first::questions(settings, env, &mut unasked);
    problems.extend(unasked.iter().map(Notice::error));
    let followed = followed(settings, paths, &mut problems);
    let hints = crate::config::hints::hints(settings);
    Extras { digest, first, receiver, patients, hints, problems, ..followed }
}

/// The logs of a configuration, as every process follows them that watches what is in force: how much
/// an agent logged since is told with a leak.
pub fn followed(settings: &Settings, paths: &Paths, problems: &mut Vec<Notice>) -> Extras {
    let mut logs = log_sources(settings);
    let spool = spool(settings, paths, problems);
    logs.extend(spool.clone().map(|path| LogSource { agent: Text::line("otlp"), path }));
    Extras { logs, log_commands: log_commands(settings), spool, ..Extras::default() }
}

/// Where what comes by OTLP is read from: whichever process takes it.
fn spool(settings: &Settings, paths: &Paths, problems: &mut Vec<Notice>) -> Option<PathBuf> {
    let path = paths.telemetry();
    let is_taken = settings.receiver.otlp && (settings.receiver.enabled || path.exists());
    if !is_taken {
        return None;
    }
    // It is followed from the beginning, so it must have one.
    match Spool::new(path.clone()).make() {
        Ok(()) => Some(path),
        Err(error) => {
            let words = format!("no logs are taken by OTLP: {}: {error}", path.display());
            problems.push(Notice::lasting("otlp", words));
            None
        }
    }
}
