//! The adapters of the live realm, each with the readers that its actions name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{http, kubernetes, metrics, process};
use crate::adapters::{Live, LiveAdapter, Mounted, Reader, Rig, SpecProblem};
use crate::config::{self, Adapter, Settings};
use crate::incident::Op;

/// The readers there are, by name.
pub(super) type Readers = BTreeMap<String, Arc<dyn Reader>>;

/// Something of the configuration that cannot be built; its operations are unavailable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// The keys that lead to it in the file.
    pub keys: Vec<String>,
    /// What is wrong.
    pub words: String,
}

impl fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.keys.join("."), self.words)
    }
}

impl Unbuilt {
    fn of(section: &str, name: &str, problem: &SpecProblem) -> Self {
        let below = problem.place.split('.').filter(|key| !key.is_empty()).map(|key| {
            // A list's item is told by the list.
            key.split('[').next().unwrap_or(key).to_owned()
        });
        let keys = [section.to_owned(), name.to_owned()].into_iter().chain(below).collect();
        Self { keys, words: problem.words.clone() }
    }
}

/// The adapters of the live realm; what cannot be built is said and left out.
#[must_use]
pub fn rig(settings: &Settings) -> (Rig, Vec<Unbuilt>) {
    let mut problems = Vec::new();
    let readers = readers(settings, &mut problems);
    let mut mounted: Vec<Box<dyn LiveAdapter>> = Vec::new();
    for (name, adapter) in &settings.adapters {
        let (built, wrong) = match adapter {
            Adapter::Process(process) => match process::adapter(name, process) {
                Ok(built) => (Some(built), Vec::new()),
                Err(wrong) => (None, wrong),
            },
            Adapter::Http(configured) => {
                let (built, wrong) = http::adapter(name, configured);
                (built.map(|built| Box::new(built) as Box<dyn LiveAdapter>), wrong)
            }
            Adapter::Kubernetes(configured) => match kubernetes::adapter(name, configured) {
                Ok(built) => (Some(built), Vec::new()),
                Err(wrong) => (None, wrong),
            },
            Adapter::Alertmanager(configured) => match metrics::adapter(name, configured, &settings.user) {
                Ok(built) => (Some(Box::new(built) as Box<dyn LiveAdapter>), Vec::new()),
                Err(wrong) => (None, wrong),
            },
        };
        problems.extend(wrong.iter().map(|problem| Unbuilt::of("adapters", name, problem)));
        if let Some(built) = built {
            let readers = named(adapter, &readers);
            mounted.push(Box::new(Mounted::new(built, readers, adapter.is_read_only())));
        }
    }
    (Rig::Live(Live::new(mounted)), problems)
}

pub(super) fn readers(settings: &Settings, problems: &mut Vec<Unbuilt>) -> Readers {
    let mut readers = Readers::new();
    for (name, reader) in &settings.probes {
        let built = match reader {
            config::Reader::Process(program) => process::reader(name, program),
            config::Reader::Http(configured) => {
                http::reader(name, configured).map(|built| Arc::new(built) as Arc<dyn Reader>)
            }
            config::Reader::Prometheus(configured) => {
                metrics::reader(name, configured).map(|built| Arc::new(built) as Arc<dyn Reader>)
            }
        };
        match built {
            Ok(built) => drop(readers.insert(name.clone(), built)),
            Err(wrong) => problems.extend(wrong.iter().map(|p| Unbuilt::of("probes", name, p))),
        }
    }
    readers
}

/// The readers that the actions of an adapter name. One that could not be built reads nothing.
fn named(adapter: &Adapter, readers: &Readers) -> BTreeMap<Op, Vec<Arc<dyn Reader>>> {
    let of = |names: &[String]| names.iter().filter_map(|name| readers.get(name).cloned()).collect();
    adapter.probes().map(|(op, names)| (op, of(names))).collect()
}
