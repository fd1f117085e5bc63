//! Whole files, good, broken and hostile, and exactly what is said about them.

mod channel;
mod cluster;
mod first;
mod hostile;
mod process;
mod settings;

use super::*;
use crate::incident::{Op, Span, Text};

/// Reads `text` as `c.toml` in `/etc/fd`, with a `PATH` on which nothing but `/bin` lies.
fn read(text: &str) -> (Settings, Vec<String>) {
    let (settings, problems) = read_file(&File::embedded("c.toml", text));
    (settings, problems.iter().map(ToString::to_string).collect())
}

fn read_file(file: &File) -> (Settings, Vec<Problem>) {
    let mut problems = Problems::new();
    let settings = Settings::read(file, &paths(), &env, &mut problems);
    let problems = problems.into_sorted();
    each_says_how_to_mend_it(&problems);
    (settings, problems)
}

fn paths() -> Paths {
    Paths {
        config_file: "/etc/fd/c.toml".into(),
        config_named: true,
        config_dir: "/etc/fd".into(),
        data_dir: "/var/fd".into(),
        home: Some("/home/ana".into()),
    }
}

fn env(name: &str) -> Option<String> {
    match name {
        "USER" => Some("ana".to_owned()),
        "PATH" => Some("/bin".to_owned()),
        // Where secrets lie that are there.
        name if name.len() == 1 || name.starts_with("FLIGHTDECK_") => Some("x".to_owned()),
        _ => None,
    }
}

const CANVAS: Canvas = Canvas { colour: false, unicode: false, width: 80 };

/// Whoever is told what is wrong is told what would be right: by a hint, or by the words themselves.
#[track_caller]
pub(crate) fn each_says_how_to_mend_it<'a>(problems: impl IntoIterator<Item = &'a Problem>) {
    /// What words say that need no hint.
    const SAID: &[&str] = &[
        "write ",
        "use ",
        "leave it out",
        "exactly one of",
        "name it in 'becomes'",
        "lacks the key",
        "the key `",
        ", expected ",
        ", such as ",
        "expected a whole number",
        "expected 1 to",
        "begins with https:// or http://",
    ];
    for problem in problems {
        let is_said = SAID.iter().any(|said| problem.message.contains(said));
        assert!(problem.hint.is_some() || is_said, "nobody knows how to mend this: {problem}");
    }
}
