//! Programs: from what is configured to what runs.

use std::sync::Arc;

use crate::adapters::{
    ActionSpec, Format, LiveAdapter, Place, ProbeSpec, ProcessAdapter, ProcessReader, ProcessSpec, Reader,
    SpecProblem,
};
use crate::config::{self, Probe, ProbeFormat, Process, ProcessAction};

/// The adapter.
pub fn adapter(name: &str, process: &Process) -> Result<Box<dyn LiveAdapter>, Vec<SpecProblem>> {
    let actions = process.actions.iter().map(|(op, action)| (*op, spec(action))).collect();
    let spec = ProcessSpec {
        agents: process.agents.clone(),
        actions,
        dir: Some(process.dir.clone()),
        env: process.env.clone(),
    };
    Ok(Box::new(ProcessAdapter::new(name, spec)?))
}

/// The reader.
pub fn reader(name: &str, program: &config::ProcessReader) -> Result<Arc<dyn Reader>, Vec<SpecProblem>> {
    let place = Place { dir: Some(program.dir.clone()), env: program.env.clone() };
    match ProcessReader::new(name, &probe(&program.probe), place) {
        Ok(reader) => Ok(Arc::new(reader)),
        Err(problems) => {
            let told = |(_, words)| SpecProblem { place: "run".to_owned(), words };
            Err(problems.into_iter().map(told).collect())
        }
    }
}

fn probe(probe: &Probe) -> ProbeSpec {
    ProbeSpec {
        run: probe.run.clone(),
        format: match probe.format {
            ProbeFormat::Lines => Format::Lines,
            ProbeFormat::Json => Format::Json,
        },
        limit: probe.limit.duration(),
    }
}

fn spec(action: &ProcessAction) -> ActionSpec {
    ActionSpec {
        run: action.run.clone(),
        undo: action.undo.clone(),
        collect: action.collect.clone(),
        probe: action.probe.as_ref().map(probe),
        probed: !action.probes.is_empty(),
        checks: action.checks.clone(),
        version: action.version.clone(),
        limit: Some(action.limit.duration()),
        grace: action.grace.duration(),
        kill: action.kill.duration(),
        verify_within: action.verify_within.duration(),
        destroys_evidence: action.destroys_evidence,
    }
}
