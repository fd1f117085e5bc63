//! What reads the live agents for their recovery (B6): each agent's own vitals, and the named probes
//! of `[recovery]`.

use std::sync::Arc;

use super::rig;
use crate::adapters::{Format, Place, ProbeSpec, ProcessReader};
use crate::config::{Agent, Paths, Settings};
use crate::runtime::recovery::RecoveryReader;

/// The readers. What is wrong with one is told where it is built for its other use.
#[must_use]
pub fn readers(settings: &Settings, paths: &Paths) -> Vec<RecoveryReader> {
    let named = rig::readers(settings, &mut Vec::new());
    let mut all: Vec<RecoveryReader> =
        settings.agents.iter().filter_map(|agent| vitals(agent, paths)).collect();
    let wanted = settings.recovery.probes.iter().filter_map(|name| named.get(name));
    all.extend(wanted.map(|reader| RecoveryReader { of: None, reader: reader.clone() }));
    all
}

fn vitals(agent: &Agent, paths: &Paths) -> Option<RecoveryReader> {
    if agent.vitals.is_empty() {
        return None;
    }
    let place = Place { dir: Some(paths.config_dir.clone()), ..Place::default() };
    let spec = ProbeSpec::new(agent.vitals.clone(), Format::Lines);
    let reader = ProcessReader::new("vitals", &spec, place).ok()?;
    Some(RecoveryReader { of: Some(agent.id.clone()), reader: Arc::new(reader) })
}
