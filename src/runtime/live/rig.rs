//! The adapters of the live realm, each with the readers that its actions name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{http, kubernetes, metrics, pagerduty, process};
use crate::adapters::{Live, LiveAdapter, Mounted, Reader, Rig, SpecProblem};
use crate::config::{self, Adapter, Config, File, Paths, Settings};
use crate::incident::{Op, Text};

/// The readers there are, by name.
/// Readers by their names in the configuration.
pub type Readers = BTreeMap<String, Arc<dyn Reader>>;

/// Something of the configuration that cannot be built; its operations are unavailable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// The keys that lead to it in the file.
    pub keys: Vec<String>,
    /// What is wrong.
    pub words: String,
    /// How to mend it, if that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.keys.join("."), self.words)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

impl Unbuilt {
    fn of(section: &str, name: &str, problem: &SpecProblem) -> Self {
        let below = problem.place.split('.').filter(|key| !key.is_empty()).map(|key| {
            // A list's item is told by the list.
            key.split('[').next().unwrap_or(key).to_owned()
        });
        let keys = [section.to_owned(), name.to_owned()].into_iter().chain(below).collect();
        Self { keys, words: problem.words.clone(), hint: None }
    }
}

/// What is wrong with one adapter, each thing once. A name that a ready-made file needs is one problem
/// however often it stands in there, with what that file says of it.
fn of_adapter(name: &str, preset: Option<&str>, wrong: &[SpecProblem]) -> Vec<Unbuilt> {
    let mut all: Vec<Unbuilt> = Vec::new();
    for problem in wrong {
        let missing = problem
            .words
            .split_once("} stands for nothing here")
            .and_then(|(name, _)| name.strip_prefix('{'));
        let unbuilt = match (preset, missing) {
            (Some(preset), Some(missing)) => Unbuilt {
                keys: ["adapters", name, "preset"].map(str::to_owned).to_vec(),
                words: format!("the preset {preset} needs a value for {{{missing}}}"),
                hint: Some(says(preset, missing)),
            },
            (_, _) => Unbuilt::of("adapters", name, problem),
        };
        if !all.contains(&unbuilt) {
            all.push(unbuilt);
        }
    }
    all
}

/// What the head of a ready-made file says of its values.
fn says(preset: &str, missing: &str) -> String {
    let head = config::preset::built_in(preset).unwrap_or_default();
    let head = head.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let lines: Vec<&str> = head.filter(|line| line.starts_with("values")).collect();
    if lines.is_empty() {
        return format!("values_of.AGENT = {{ {missing} = \"...\" }}, or values.{missing} for every agent");
    }
    format!("such as {}", lines.join("; "))
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
            Adapter::PagerDuty(configured) => match pagerduty::adapter(name, configured, settings) {
                Ok(built) => (Some(Box::new(built) as Box<dyn LiveAdapter>), Vec::new()),
                Err(wrong) => (None, wrong),
            },
            Adapter::Alertmanager(configured) => match metrics::adapter(name, configured, &settings.user) {
                Ok(built) => (Some(Box::new(built) as Box<dyn LiveAdapter>), Vec::new()),
                Err(wrong) => (None, wrong),
            },
        };
        let preset = if let Adapter::Http(http) = adapter { http.preset.as_deref() } else { None };
        problems.extend(of_adapter(name, preset, &wrong));
        if let Some(built) = built {
            let readers = named(adapter, &readers);
            mounted.push(Box::new(Mounted::new(built, readers, adapter.is_read_only())));
        }
    }
    (Rig::Live(Live::new(mounted)), problems)
}

/// The adapters of the live realm, which know what is wrong with what is configured of them; and what
/// cannot be built, at its place.
#[must_use]
pub fn located_rig(config: &Config, paths: &Paths) -> (Rig, Vec<Text>) {
    let (rig, unbuilt) = rig(&config.settings);
    let file = File::read(&paths.config_file).ok();
    let told = |wrong: &Unbuilt| match &file {
        Some(file) => {
            let located = config::located_at(file, &wrong.keys, &wrong.words);
            Text::line(&located.hinted(wrong.hint.clone()).to_string())
        }
        None => Text::line(&wrong.to_string()),
    };
    let unbuilt: Vec<Text> = unbuilt.iter().map(told).collect();
    let of_adapters = config.problems.iter().filter(|problem| problem.message.contains("adapters."));
    let unread = config::unreadable(paths);
    let wrong = unread.iter().chain(of_adapters).map(|problem| Text::line(&problem.to_string()));
    (rig.missing_for(wrong.chain(unbuilt.iter().cloned()).collect()), unbuilt)
}

/// The readers that have names; what cannot be built is left out, and told with the rig.
#[must_use]
pub fn named_readers(settings: &Settings) -> Readers {
    readers(settings, &mut Vec::new())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_preset_needs_is_one_problem_with_what_its_head_says() {
        let problem = |place: &str, words: &str| SpecProblem { place: place.into(), words: words.into() };
        let missing = "{key} stands for nothing here; there is {agent}";
        let wrong = [
            problem("actions.isolate.body", missing),
            problem("actions.isolate.undo.body", missing),
            problem("actions.isolate.probe.path", "{model} stands for nothing here; there is {agent}"),
            problem("url", "no url"),
        ];
        let told = of_adapter("gw", Some("litellm"), &wrong);
        let words: Vec<&str> = told.iter().map(|unbuilt| unbuilt.words.as_str()).collect();
        assert_eq!(
            words,
            [
                "the preset litellm needs a value for {key}",
                "the preset litellm needs a value for {model}",
                "no url"
            ]
        );
        let hint = told[0].hint.as_deref().unwrap_or_default();
        assert!(hint.contains("values_of.support-1 = { key = "), "{hint}");
        assert_eq!(of_adapter("gw", None, &wrong).len(), 4, "its own file has its own places");
    }
}
