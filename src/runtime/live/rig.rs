//! The adapters of the live realm, each with the readers that its actions name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::process;
use crate::adapters::{Live, LiveAdapter, Mounted, Reader, Rig};
use crate::config::{self, Adapter, Settings};
use crate::incident::{Op, Text};

/// The readers there are, by name.
pub(super) type Readers = BTreeMap<String, Arc<dyn Reader>>;

/// The adapters of the live realm; what cannot be built is said and left out, and its operations
/// are unavailable.
#[must_use]
pub fn rig(settings: &Settings) -> (Rig, Vec<Text>) {
    let mut problems = Vec::new();
    let readers = readers(settings, &mut problems);
    let mut mounted: Vec<Box<dyn LiveAdapter>> = Vec::new();
    for (name, adapter) in &settings.adapters {
        let built = match adapter {
            Adapter::Process(process) => process::adapter(name, process),
        };
        match built {
            Ok(built) => {
                let readers = named(adapter, &readers);
                mounted.push(Box::new(Mounted::new(built, readers, adapter.is_read_only())));
            }
            Err(all) => {
                let words = |problem| Text::line(&format!("adapters.{name}.{problem}"));
                problems.extend(all.into_iter().map(words));
            }
        }
    }
    (Rig::Live(Live::new(mounted)), problems)
}

pub(super) fn readers(settings: &Settings, problems: &mut Vec<Text>) -> Readers {
    let mut readers = Readers::new();
    for (name, reader) in &settings.probes {
        let built = match reader {
            config::Reader::Process(program) => process::reader(name, program),
        };
        match built {
            Ok(built) => drop(readers.insert(name.clone(), built)),
            Err(words) => problems.push(Text::line(&format!("probes.{name}: {words}"))),
        }
    }
    readers
}

/// The readers that the actions of an adapter name. One that could not be built reads nothing.
fn named(adapter: &Adapter, readers: &Readers) -> BTreeMap<Op, Vec<Arc<dyn Reader>>> {
    let of = |names: &[String]| names.iter().filter_map(|name| readers.get(name).cloned()).collect();
    adapter.probes().map(|(op, names)| (op, of(names))).collect()
}
