//! The live realm from the configuration: adapters, log sources, the alert receiver.

use std::sync::Arc;

use super::engine::Extras;
use super::vitals::Patient;
use crate::adapters::{ActionSpec, Format, Live, LiveAdapter, ProbeSpec, ProcessAdapter, ProcessSpec, Rig};
use crate::app::msg::Notice;
use crate::config::{Adapter, Agent, Config, Env, Paths, ProbeFormat, ProcessAction, Settings};
use crate::incident::Text;
use crate::logs::LogSource;
use crate::sources::{ReceiverSpec, Token};

/// The adapters of the live realm; what cannot be built is said and left out, and its operations
/// are unavailable.
#[must_use]
pub fn rig(settings: &Settings) -> (Rig, Vec<Text>) {
    let mut built: Vec<Box<dyn LiveAdapter>> = Vec::new();
    let mut problems = Vec::new();
    for (name, adapter) in &settings.adapters {
        let Adapter::Process(process) = adapter;
        let actions = process.actions.iter().map(|(op, action)| (*op, spec(action))).collect();
        let spec = ProcessSpec {
            agents: process.agents.clone(),
            actions,
            dir: Some(process.dir.clone()),
            env: process.env.clone(),
        };
        match ProcessAdapter::new(name, spec) {
            Ok(adapter) => built.push(Box::new(adapter)),
            Err(all) => {
                let words = |problem| Text::line(&format!("adapters.{name}.{problem}"));
                problems.extend(all.into_iter().map(words));
            }
        }
    }
    (Rig::Live(Live::new(built)), problems)
}

fn spec(action: &ProcessAction) -> ActionSpec {
    let probe = action.probe.as_ref().map(|probe| ProbeSpec {
        run: probe.run.clone(),
        format: match probe.format {
            ProbeFormat::Lines => Format::Lines,
            ProbeFormat::Json => Format::Json,
        },
        limit: probe.limit.duration(),
    });
    ActionSpec {
        run: action.run.clone(),
        undo: action.undo.clone(),
        collect: action.collect.clone(),
        probe,
        checks: action.checks.clone(),
        version: action.version.clone(),
        limit: Some(action.limit.duration()),
        grace: action.grace.duration(),
        kill: action.kill.duration(),
        verify_within: action.verify_within.duration(),
        destroys_evidence: action.destroys_evidence,
    }
}

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

/// What the alert receiver is to be, if it is wanted.
///
/// # Errors
/// In words: a token that cannot be had.
pub fn receiver(settings: &Settings, env: &Env<'_>) -> Result<Option<ReceiverSpec>, String> {
    let wanted = &settings.receiver;
    if !wanted.enabled {
        return Ok(None);
    }
    let mut spec = ReceiverSpec::new(wanted.listen, Arc::new(chrono::Utc::now));
    spec.max_body = wanted.max_body;
    if let Some(source) = &wanted.token {
        let secret = source.fetch(env)?;
        let token = Token::new(secret.expose().as_bytes()).map_err(|error| error.to_string())?;
        spec.token = Some(token);
    }
    Ok(Some(spec))
}

/// What runs beside the live hub, and what could not be set up.
#[must_use]
pub fn extras(config: &Config, paths: &Paths, env: &Env<'_>) -> Extras {
    let settings = &config.settings;
    let mut problems = Vec::new();
    if let Some(first) = config.problems.first() {
        let count = config.problems.len();
        let words = format!("{count} problems in the configuration ('flightdeck check' lists them): {first}");
        problems.push(Notice::lasting("configuration", words));
    }
    let receiver = receiver(settings, env).unwrap_or_else(|words| {
        problems.push(Notice::lasting("receiver", format!("no alerts are taken: {words}")));
        None
    });
    let mut patients = Vec::new();
    for agent in &settings.agents {
        match Patient::new(agent, &paths.config_dir) {
            Ok(patient) => patients.push(patient),
            Err(words) => problems.push(Notice::lasting("vitals", words)),
        }
    }
    Extras { receiver, logs: log_sources(settings), patients, problems, ..Extras::default() }
}
