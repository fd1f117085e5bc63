//! Everything that can be wrong with what a person wrote: the files that `config` knows, and those
//! whose form other layers know.

use crate::config::{self, Env, File, Paths, Problem};
use crate::sim::Scenario;

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
    if problems.is_empty() {
        // Channels are built only from what was read without a problem.
        let (_, unbuilt) = live::channels(&config.settings, env);
        let file = paths.config_file.display().to_string();
        problems.extend(unbuilt.iter().map(|words| Problem::whole(&file, words)));
    }
    problems.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    problems
}

fn scenario(file: &File) -> Vec<Problem> {
    match Scenario::parse(file.text()) {
        Ok(_) => Vec::new(),
        Err(flaws) => flaws.into_iter().map(|flaw| Problem::at(file, flaw.span, flaw.message)).collect(),
    }
}
