//! Everything at once: what the program starts with, and what `flightdeck check` looks through.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::digest;
use crate::app::review::{self, TemplateFlaw};
use crate::incident::Policy;

use super::file::{File, READABLE};
use super::keymap::Keymaps;
use super::located::{Problem, Problems};
use super::paths::{Env, Paths};
use super::policy;
use super::settings::Settings;
use super::theme::Themes;
use super::tree::Tree;
use super::wording;

/// What a person configured, usable whatever is wrong with it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `config.toml`.
    pub settings: Settings,
    /// The rules.
    pub policy: Policy,
    /// All themes there are.
    pub themes: Themes,
    /// All keymaps there are.
    pub keymaps: Keymaps,
    /// What is wrong; all that is shown at the start.
    pub problems: Vec<Problem>,
}

/// What a first frame needs: everything but the rules, which take longer to read.
#[derive(Clone, Debug)]
pub struct Looks {
    /// `config.toml`.
    pub settings: Settings,
    /// All themes there are.
    pub themes: Themes,
    /// All keymaps there are.
    pub keymaps: Keymaps,
    problems: Problems,
}

/// Reads what the program needs to start. Problems never stop it: defaults hold instead.
#[must_use]
pub fn load(paths: &Paths, env: &Env) -> Config {
    looks(paths, env).with_policy(paths)
}

/// Reads what a first frame needs.
#[must_use]
pub fn looks(paths: &Paths, env: &Env) -> Looks {
    let mut problems = Problems::new();
    let settings = Settings::load(paths, env, &mut problems);
    let mut themes = Themes::default();
    for (name, file) in named_files(&paths.themes(), "toml", &mut problems) {
        themes.add(&name, file);
    }
    let mut keymaps = Keymaps::default();
    for (name, file) in named_files(&paths.keymaps(), "toml", &mut problems) {
        keymaps.add(&name, file);
    }
    names_exist(&settings, &themes, &keymaps, paths, &mut problems);
    Looks { settings, themes, keymaps, problems }
}

impl Looks {
    /// Reads the rules too.
    #[must_use]
    pub fn with_policy(self, paths: &Paths) -> Config {
        let Self { settings, themes, keymaps, mut problems } = self;
        let policy = policy::load(&settings, paths, &mut problems);
        Config { settings, policy, themes, keymaps, problems: problems.into_sorted() }
    }
}

/// Another kind of file in the configuration directory, whose format this layer does not know.
pub struct Kind<'a> {
    /// Its directory.
    pub dir: PathBuf,
    /// How its files' names end, without the dot.
    pub extension: &'a str,
    /// What is wrong with one of them.
    pub look: &'a dyn Fn(&File) -> Vec<Problem>,
}

/// Looks through all there is: configuration, policy, themes, templates, and other kinds of files.
#[must_use]
pub fn check(paths: &Paths, env: &Env, others: &[Kind]) -> Vec<Problem> {
    let config = load(paths, env);
    let mut problems = Problems::new();
    problems.extend(config.problems);
    for name in config.themes.names() {
        let _ = config.themes.read(name, &mut problems);
    }
    for name in config.keymaps.names() {
        let _ = config.keymaps.read(name, &mut problems);
    }
    for (_, file) in named_files(&paths.templates(), "md", &mut problems) {
        problems.extend(review::check(file.text()).into_iter().map(|flaw| template(&file, flaw)));
    }
    for (name, file) in named_files(&paths.templates(), "txt", &mut problems) {
        if name == DIGEST {
            problems.extend(digest::check(file.text()).into_iter().map(|flaw| template(&file, flaw)));
        } else {
            let words = format!("the template of {name} is read by nothing");
            let meant = wording::meant(&name, &[DIGEST], "there is");
            problems.push(Problem::whole(file.name(), words).hinted(meant));
        }
    }
    for kind in others {
        for (_, file) in named_files(&kind.dir, kind.extension, &mut problems) {
            problems.extend((kind.look)(&file));
        }
    }
    problems.into_sorted()
}

/// Why nothing of `config.toml` can be read, if that is so.
#[must_use]
pub fn unreadable(paths: &Paths) -> Vec<Problem> {
    let mut problems = Problems::new();
    match File::read_if_there(&paths.config_file) {
        Ok(Some(file)) => drop(Tree::parse(&file, &mut problems)),
        // One that was named and is not there is none that was left out.
        Ok(None) if paths.config_named => problems.extend(File::read(&paths.config_file).err()),
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    }
    problems.into_sorted()
}

/// A problem with what stands at `keys` in a file, or at as much of the way there as exists: the
/// rest comes from a preset.
#[must_use]
pub fn located_at(file: &File, keys: &[String], words: &str) -> Problem {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let shown = keys.last().map(|key| format!("`{key}`: ")).unwrap_or_default();
    Tree::parse(file, &mut Problems::new()).problem_at(&keys, format!("{shown}{words}"))
}

/// Tells of names in the settings behind which nothing is.
fn names_exist(
    settings: &Settings,
    themes: &Themes,
    keymaps: &Keymaps,
    paths: &Paths,
    problems: &mut Problems,
) {
    let Ok(Some(file)) = File::read_if_there(&paths.config_file) else { return };
    let tree = Tree::parse(&file, &mut Problems::new());
    for (kind, wanted, known) in
        [("theme", &settings.ui.theme, themes.names()), ("keymap", &settings.ui.keymap, keymaps.names())]
    {
        if !known.contains(&wanted.as_str()) {
            let message = format!("`ui.{kind}`: there is no {kind} \"{wanted}\"");
            let problem = tree.problem_at(&["ui", kind], message);
            problems.push(match wording::meant(wanted, &known, "there is") {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
    }
    if let Some(name) = &settings.review.template {
        let file = paths.templates().join(format!("{name}.md"));
        if !is_name(name) || !file.is_file() {
            let message = format!("`review.template`: there is no {}", file.display());
            let known: Vec<String> = named_files(&paths.templates(), "md", &mut Problems::new())
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = wording::meant(name, &known, "there is").unwrap_or_else(|| {
                "put it there, or leave the key out: then the built-in one is taken".to_owned()
            });
            problems.push(tree.problem_at(&["review", "template"], message).hint(hint));
        }
    }
}

/// The files of one kind in a directory, by name, in the alphabet's order. No directory, no files.
pub fn named_files(dir: &Path, extension: &str, problems: &mut Problems) -> Vec<(String, File)> {
    let shown = dir.display().to_string();
    let mut paths: Vec<PathBuf> = match fs::read_dir(dir) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(Problem::whole(&shown, format!("cannot be read: {error}")).hint(READABLE));
            return Vec::new();
        }
    };
    paths.retain(|path| path.extension().is_some_and(|end| end == extension) && path.is_file());
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|name| is_name(name));
        let Some(name) = name else {
            let shown = path.display().to_string();
            problems.push(
                Problem::whole(&shown, "is no name that can be chosen")
                    .hint("use letters, digits, - and _ before the dot"),
            );
            continue;
        };
        match File::read(&path) {
            Ok(file) => files.push((name.to_owned(), file)),
            Err(problem) => problems.push(problem),
        }
    }
    files
}

/// Whether a file's name without its ending can be chosen in the configuration.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// The name of the digest's template.
const DIGEST: &str = "digest";

/// A flaw of a template, with what may have been meant.
fn template(file: &File, flaw: TemplateFlaw) -> Problem {
    let name = file.text().get(flaw.span.clone()).unwrap_or_default();
    let known: Vec<&str> = flaw.known.iter().map(String::as_str).collect();
    let is_said = flaw.message.as_str().contains("; write ");
    let hint = match known.is_empty() {
        true => (!is_said).then(|| "templates are written in the language of Jinja".to_owned()),
        false => wording::meant(name, &known, "there is"),
    };
    Problem::at(file, flaw.span, flaw.message.as_str()).hinted(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cases::each_says_how_to_mend_it;

    struct Home(tempfile::TempDir, Paths);

    fn home(files: &[(&str, &str)]) -> Home {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let paths = Paths {
            config_file: dir.path().join("config.toml"),
            config_named: false,
            config_dir: dir.path().to_owned(),
            data_dir: dir.path().join("data"),
            home: None,
        };
        Home(dir, paths)
    }

    fn told(home: &Home, problems: &[Problem]) -> Vec<String> {
        let dir = format!("{}/", home.0.path().display());
        each_says_how_to_mend_it(problems.iter().filter(|problem| !problem.file.contains("scenarios")));
        problems.iter().map(|problem| problem.to_string().replace(&dir, "")).collect()
    }

    #[test]
    fn nothing_configured_is_nothing_wrong() {
        let home = home(&[]);
        assert_eq!(check(&home.1, &|_| None, &[]), []);
        assert_eq!(load(&home.1, &|_| None).policy, Policy::built_in());
    }

    #[test]
    fn every_problem_of_every_file_is_told_in_one_go() {
        let home = home(&[
            ("config.toml", "[ui]\ntheme = 'drak'\nbell = 1\nkeymap = 'nano'\n[review]\ntemplate = 'ours'\n"),
            ("policy.toml", "warn_at_percent = 'x'\n"),
            ("themes/mine.toml", "inherits = 'dark'\n[roles]\nerorr = {}\n"),
            ("keymaps/mine.toml", "inherits = 'vim'\n[everywhere]\n'i' = 'isolat'\n"),
            ("themes/not a name.toml", ""),
            ("themes/notes.txt", "anything"),
            ("templates/bad.md", "# {{ incident }}\n{% if x %}\n"),
            ("templates/digest.txt", "{{ count }} in force\n{{ who }}\n"),
            ("templates/digset.txt", "x"),
            ("templates/good.md", "{% for e in timeline %}{{ e }}{% endfor %}"),
            ("scenarios/s.toml", "x"),
        ]);
        let look = |file: &File| vec![Problem::at(file, 0..1, "is no scenario")];
        let scenarios = Kind { dir: home.1.scenarios(), extension: "toml", look: &look };
        let problems = told(&home, &check(&home.1, &|_| None, &[scenarios]));
        assert_eq!(
            problems,
            [
                "config.toml:2:9: `ui.theme`: there is no theme \"drak\" (hint: did you mean `dark`?)",
                "config.toml:3:8: `ui.bell`: expected a boolean, found integer `1` (hint: write true)",
                "config.toml:4:10: `ui.keymap`: there is no keymap \"nano\" (hint: there is: default, emacs, mine, vim)",
                "config.toml:6:12: `review.template`: there is no templates/ours.md (hint: there is: bad, good)",
                "keymaps/mine.toml:3:7: there is no intent \"isolat\" (hint: did you mean `isolate`?)",
                "policy.toml:1:19: `warn_at_percent`: expected a whole number from 0 to 255, found string \"x\" (hint: write warn_at_percent = 10, without quotes)",
                "scenarios/s.toml:1:1: is no scenario",
                "templates/bad.md:2:1: unexpected end of input, expected end of block (hint: templates are \
                 written in the language of Jinja)",
                "templates/digest.txt:2:4: nothing is called `who` here (hint: there is: day, count, overdue, unowned, mitigations)",
                "templates/digset.txt: the template of digset is read by nothing (hint: did you mean `digest`?)",
                "themes/mine.toml:3:1: `roles`: there is no role `erorr` (hint: did you mean `error`?)",
                "themes/not a name.toml: is no name that can be chosen (hint: use letters, digits, - and _ \
                 before the dot)",
            ]
        );
    }

    /// Rules that a team had written held nothing, and nobody said so.
    #[test]
    fn a_policy_that_is_not_read_because_another_is_named_is_told() {
        let own = ("policy.toml", "warn_at_percent = 50\n");
        for (config, warns, told) in [
            ("", 50, &[][..]),
            ("policy.file = 'policy.toml'\n", 50, &[]),
            (
                "policy.file = 'other.toml'\n",
                60,
                &["policy.toml: is not read: `policy.file` names other.toml instead"],
            ),
        ] {
            let home = home(&[("config.toml", config), own, ("other.toml", "warn_at_percent = 60\n")]);
            assert_eq!(load(&home.1, &|_| None).policy.warn_at_percent, warns, "{config}");
            let problems = self::told(&home, &check(&home.1, &|_| None, &[]));
            assert_eq!(problems.len(), told.len(), "{problems:?}");
            assert!(
                problems.iter().zip(told).all(|(problem, told)| problem.starts_with(told)),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn the_program_starts_whatever_is_wrong() {
        let home = home(&[("config.toml", "\u{0}\u{1}["), ("policy.toml", "= ="), ("themes/x.toml", "[[[")]);
        let config = load(&home.1, &|_| None);
        assert!(!config.problems.is_empty());
        assert_eq!(config.settings, Settings::unset(&|_| None));
        assert_eq!(config.policy, Policy::built_in());
    }

    #[test]
    fn a_template_name_cannot_climb_out_of_its_directory() {
        let home = home(&[("config.toml", "review.template = '../secret'\n"), ("secret.md", "x")]);
        fs::create_dir_all(home.1.templates()).unwrap();
        assert_eq!(check(&home.1, &|_| None, &[]).len(), 1);
    }
}
