//! Programs with arguments, as a file writes them: checked as far as they can be before they run.

use std::path::{Path, PathBuf};

use super::located::Problems;
use super::paths::{Env, Paths};
use super::program;
use super::tree::Tree;
use super::wording;

/// How programs are found and what their arguments may hold.
pub(super) struct Commands<'a> {
    paths: &'a Paths,
    env: &'a Env<'a>,
    /// Where programs with a relative path lie.
    dir: PathBuf,
}

impl<'a> Commands<'a> {
    /// Programs lie beside the configuration unless somebody says otherwise.
    pub(super) fn new(paths: &'a Paths, env: &'a Env<'a>) -> Self {
        Self { paths, env, dir: paths.config_dir.clone() }
    }

    /// They lie there instead.
    pub(super) fn work_in(&mut self, dir: &str) {
        self.dir = self.paths.written(dir);
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, written: &str) -> String {
        match written.starts_with("~/") {
            true => self.paths.written(written),
            false => self.dir.join(written.trim_start_matches("./")),
        }
        .display()
        .to_string()
    }

    /// A program with arguments: `None` if something is wrong with it, `Some(None)` if there is none.
    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    pub(super) fn read(
        &self,
        tree: &Tree,
        key: &str,
        written: Option<Vec<String>>,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Option<Vec<String>>> {
        let Some(mut run) = written else { return Some(None) };
        let Some(program) = run.first().filter(|p| !p.trim().is_empty() && !p.starts_with('-')) else {
            let problem = tree.problem_at(&[key], format!("`{key}` names no program"));
            problems.push(problem.hint("write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved"));
            return None;
        };
        if named(program).next().is_some() {
            let message = format!("`{key}`: the program itself cannot be a placeholder");
            let hint = "write the program itself, and the placeholder as one of its arguments";
            problems.push(tree.problem_at(&[key], message).hint(hint));
            return None;
        }
        if program.contains(char::is_whitespace) && run.len() == 1 && !program.contains('/') {
            let message = format!("`{key}` is one text with spaces, and no shell takes it apart");
            let parts: Vec<_> = program.split_whitespace().map(|part| format!("{part:?}")).collect();
            let hint = format!("write [{}]", parts.join(", "));
            problems.push(tree.problem_at(&[key], message).hint(hint));
            return None;
        }
        if run.iter().any(|argument| argument.contains('\0')) {
            let problem = tree.problem_at(&[key], format!("`{key}` holds a NUL, which no program can get"));
            problems.push(problem.hint("leave \\u0000 out"));
            return None;
        }
        let mut is_known = true;
        for argument in &run {
            is_known &= known_placeholders(tree, key, argument, known, problems).is_some();
        }
        if program.contains('/') {
            run[0] = self.path(program);
        }
        if let Some(missing) = program::missing(&run[0], self.env) {
            // Told, and kept: it may be there when it is needed.
            let problem = tree.problem_at(&[key], format!("`{key}`: {}", missing.why));
            problems.push(match missing.hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        is_known.then_some(Some(run))
    }
}

/// Tells of variables that cannot be passed on to a program.
pub(super) fn passable(tree: &Tree, env: &[String], problems: &mut Problems) -> Option<()> {
    let is_wrong =
        |name: &&String| name.is_empty() || name.contains(['=', '\0']) || name.starts_with("FLIGHTDECK_");
    let mut fine = Some(());
    for name in env.iter().filter(is_wrong) {
        let message = format!("`env`: \"{name}\" is no variable that can be passed on");
        let hint = "write the name of a variable alone; flightdeck's own are set by flightdeck";
        problems.push(tree.problem_at(&["env"], message).hint(hint));
        fine = None;
    }
    fine
}

/// Tells of names in braces that stand for nothing there.
pub(super) fn known_placeholders(
    tree: &Tree,
    key: &str,
    text: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Option<()> {
    known_placeholders_at(tree, &[key], text, known, problems)
}

/// The same at the end of a longer way.
pub(super) fn known_placeholders_at(
    tree: &Tree,
    place: &[&str],
    text: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Option<()> {
    let mut fine = Some(());
    for wrong in named(text).filter(|name| !known.contains(name)) {
        let message = format!("`{}`: nothing is called {{{wrong}}} here", place.join("."));
        let hint = wording::meant(wrong, known, "known here")
            .unwrap_or_else(|| "no name in braces stands for anything here: leave it out".to_owned());
        problems.push(tree.problem_at(place, message).hint(hint));
        fine = None;
    }
    fine
}

/// The names that stand in braces in a text. Braces around anything else are no placeholder, so
/// that JSON can be an argument.
pub(super) fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_name.then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_around_a_name_are_a_placeholder_and_json_is_none() {
        let names = |text| named(text).collect::<Vec<_>>();
        assert_eq!(names("--id={agent}/{to}"), ["agent", "to"]);
        assert_eq!(names("{\"a\": {\"b\": 1}} {} { x } {A}"), [""; 0]);
        assert_eq!(names("{{agent}}"), ["agent"]);
    }
}
