//! Everything that can be wrong with what a person wrote: the files that `config` knows, and those
//! whose form other layers know.

use crate::config::{self, Env, File, Paths, Problem, Problems, Settings, Tree};
use crate::sim::{Described, ScenarioFile};

use super::live;

/// All problems, in the order of files and places.
#[must_use]
pub fn problems(paths: &Paths, env: &Env<'_>) -> Vec<Problem> {
    let scenarios = config::Kind { dir: paths.scenarios(), extension: "toml", look: &scenario };
    let mut problems = config::check(paths, env, &[scenarios]);
    // What was read without a problem may still be nothing that can be built.
    let config = config::load(paths, env);
    let (_, unbuilt) = live::rig(&config.settings);
    if let Ok(file) = File::read(&paths.config_file) {
        problems.extend(
            unbuilt
                .iter()
                .map(|wrong| config::located_at(&file, &wrong.keys, &wrong.words).hinted(wrong.hint.clone())),
        );
    }
    problems.extend(unbuilt_channels(&config.settings, paths, env, &problems));
    problems.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    problems
}

/// Channels that were read and cannot be built, but for those of which something is told already.
fn unbuilt_channels(settings: &Settings, paths: &Paths, env: &Env<'_>, told: &[Problem]) -> Vec<Problem> {
    let Ok(file) = File::read(&paths.config_file) else { return Vec::new() };
    let tree = Tree::parse(&file, &mut Problems::new());
    let mut found = Vec::new();
    for (name, channel) in &settings.channels {
        let keys = ["channels", name.as_str()];
        let Some(extent) = tree.extent_of(&keys) else { continue };
        let (first, last) = (file.place(extent.start).line, file.place(extent.end).line);
        let is_of_it = |problem: &&Problem| {
            let line = problem.place.map_or(0, |place| place.line);
            problem.file == file.name() && (first..=last).contains(&line)
        };
        if told.iter().find(is_of_it).is_some() {
            continue;
        }
        let alone = Settings { channels: [(name.clone(), channel.clone())].into(), ..settings.clone() };
        let (_, unbuilt) = live::channels(&alone, env);
        found.extend(unbuilt.iter().map(|words| tree.problem_at(&keys, words.as_str()).hint(UNBUILT)));
    }
    found
}

/// What helps a channel that was read and cannot be built.
const UNBUILT: &str = "mend it, or write read_only = true until it can be";

/// What is wrong with a scenario: every flaw of form, and those of sense in what is written right.
fn scenario(file: &File) -> Vec<Problem> {
    let mut problems = Problems::new();
    let left = config::salvage(file.text());
    let tree = Tree::parse(file, &mut problems);
    let tree = match &left {
        Some(left) => Tree::parse_left(file, left),
        None => tree,
    };
    let (written, spoilt) = tree.read_around::<ScenarioFile>(&mut problems);
    // What is missing may stand in a line that cannot be read.
    if let Some(written) = written.filter(|_| !tree.is_broken()) {
        let described = Described { keys: tree.keys(), agents: tree.texts_in_list("agent", "id") };
        let flaws = written.scenario(&described).err().unwrap_or_default();
        let flaws = flaws.into_iter().filter(|flaw| !spoilt.holds(flaw.span.start));
        problems.extend(flaws.map(|flaw| Problem::at(file, flaw.span, flaw.message)));
    }
    problems.into_sorted()
}

#[cfg(test)]
mod hostile;
