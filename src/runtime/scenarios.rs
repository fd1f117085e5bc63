//! The scenarios there are: those that come with the program, and the person's own.

use serde::Serialize;

use crate::config::{Paths, Problems, named_files};
use crate::error::{Error, Result};
use crate::incident::{Severity, Text};
use crate::sim::Scenario;

/// A scenario as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// What it is called on the command line.
    pub name: Text,
    /// One line.
    pub title: Text,
    /// What happens in it. It gives the plot away.
    pub about: Text,
    /// How severe its incident is.
    pub severity: Severity,
    /// The seed when nobody gives one.
    pub seed: u64,
}

/// All that can be played, the built-in ones first.
#[must_use]
pub fn list(paths: &Paths) -> Vec<Listed> {
    let listed = |(name, text): (String, String)| {
        let scenario = Scenario::parse(&text).ok()?;
        let Scenario { title, about, severity, seed, .. } = scenario;
        Some(Listed { name: Text::line(&name), title, about, severity, seed })
    };
    texts(paths).into_iter().filter_map(listed).collect()
}

/// The scenario of a name; a file of the person's own comes before a built-in one.
///
/// # Errors
/// When there is none, or something is wrong with it.
pub fn find(paths: &Paths, name: &str) -> Result<Scenario> {
    let texts = texts(paths);
    let Some((_, text)) = texts.iter().rev().find(|(known, _)| known == name) else {
        let shown = Text::line(name);
        return Err(Error::user(format!("there is no scenario '{shown}'"))
            .hint("flightdeck demo --list shows those there are"));
    };
    Scenario::parse(text).map_err(|flaws| {
        let first = flaws.first().map(ToString::to_string).unwrap_or_default();
        Error::config(format!("the scenario '{name}' cannot be played: {first}"))
            .hint("flightdeck check shows everything that is wrong with it, and where")
    })
}

fn texts(paths: &Paths) -> Vec<(String, String)> {
    let built_in = Scenario::built_in().iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    // What cannot be read is for `flightdeck check` to tell.
    let own = named_files(&paths.scenarios(), "toml", &mut Problems::new());
    built_in.chain(own.into_iter().map(|(name, file)| (name, file.text().to_owned()))).collect()
}
