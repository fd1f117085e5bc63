//! What every subcommand starts from: the flags that all share, and what follows from them.

use std::env;
use std::path::PathBuf;

use clap::Args;

use super::output::say;
use crate::config::{self, Canvas, Config, Env, Flags, Glyphs, Paths, Places, Settings};
use crate::error::{Error, Result};
use crate::incident::{Actor, IncidentId, Realm, Text};
use crate::runtime::archive::Archive;
use crate::runtime::launch::{self, Launch};

fn var(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Flags that every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Where the journal and the evidence lie [env: FLIGHTDECK_DATA_DIR]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    pub data_dir: Option<PathBuf>,
    /// The configuration file [env: FLIGHTDECK_CONFIG]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Refuse whatever acts on the world
    #[arg(long, global = true, help_heading = "Global options")]
    pub read_only: bool,
    /// Who you are on the timeline; ai:NAME for an AI actor [default: user, else $USER]
    #[arg(long = "as", value_name = "NAME", global = true, help_heading = "Global options")]
    pub name: Option<String>,
    /// No colours, and nothing but ASCII
    #[arg(long, visible_alias = "no-color", global = true, help_heading = "Global options")]
    pub plain: bool,
}

/// The flags, and the places they lead to.
pub struct Context {
    /// The flags.
    pub global: Global,
    /// Files and directories.
    pub paths: Paths,
}

impl Context {
    /// Finds the places.
    ///
    /// # Errors
    /// Without a home and without being told.
    pub fn new(global: Global) -> Result<Self> {
        let flags = Flags { config: global.config.clone(), data_dir: global.data_dir.clone() };
        let paths = Paths::resolve(&flags, &var, &Places::of_this_machine())?;
        Ok(Self { global, paths })
    }

    /// The environment as the flags leave it.
    pub fn env(&self) -> impl Fn(&str) -> Option<String> + use<> {
        let plain = self.global.plain;
        move |name| if plain && name == "NO_COLOR" { Some("1".to_owned()) } else { var(name) }
    }

    /// What the cockpit starts from. It shows the configuration's problems itself.
    ///
    /// # Errors
    /// When who sits here is nobody, or not a person.
    pub fn launch<'a>(&self, env: &'a Env<'a>) -> Result<Launch<'a>> {
        let mut looks = config::looks(&self.paths, env);
        if self.global.plain {
            looks.settings.ui.glyphs = Glyphs::Ascii;
        }
        let user = match self.actor(&looks.settings)? {
            Actor::Person(name) => name,
            Actor::Ai(_) | Actor::Flightdeck => {
                return Err(Error::user("the cockpit is for people")
                    .hint("AI actors speak through flightdeck act and their own fronts"));
            }
        };
        Ok(Launch { paths: self.paths.clone(), looks, user, read_only: self.global.read_only, env })
    }

    /// The configured review template.
    #[must_use]
    pub fn template(&self, config: &Config) -> String {
        launch::template(&self.paths, &config.settings)
    }

    /// Reads the configuration; what is wrong is counted, and the defaults hold instead. What is wrong
    /// with the receiver alone is for whoever serves.
    #[must_use]
    pub fn config(&self) -> Config {
        let config = config::load(&self.paths, &var);
        match config.problems.iter().filter(|problem| !problem.of_receiver).count() {
            0 => {}
            1 => say("flightdeck: 1 problem in the configuration; flightdeck check shows it"),
            n => say(&format!("flightdeck: {n} problems in the configuration; flightdeck check shows them")),
        }
        config
    }

    /// Opens a journal to be read. That nothing could be written to it is said beside the list.
    ///
    /// # Errors
    /// When there is one and it cannot be read.
    pub fn archive(&self, realm: Realm) -> Result<Archive> {
        let archive = Archive::open(&self.paths, realm)?;
        if let Some(why) = archive.read_only() {
            say(&format!("flightdeck: READ-ONLY: {why}"));
        }
        if let Some(words) = archive.missing() {
            say(&format!("flightdeck: entries may be missing, see flightdeck verify: {words}"));
        }
        Ok(archive)
    }

    /// Says beside what is printed of an incident that it is not what was recorded.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn say_if_broken(&self, archive: &Archive, id: IncidentId) -> Result<()> {
        if let Some(broken) = archive.find_broken(id)? {
            say(&format!("flightdeck: DOES NOT VERIFY: {broken}; see flightdeck verify"));
        }
        Ok(())
    }

    /// Who speaks.
    ///
    /// # Errors
    /// When the name is empty.
    pub fn actor(&self, settings: &Settings) -> Result<Actor> {
        let Some(name) = &self.global.name else { return Ok(Actor::Person(settings.user.clone())) };
        let (name, is_ai) = match name.strip_prefix("ai:") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let name = Text::line(name.trim());
        if name.is_blank() {
            return Err(Error::user("--as names nobody").hint("give a name: --as ana, or --as ai:triage"));
        }
        Ok(if is_ai { Actor::Ai(name) } else { Actor::Person(name) })
    }

    /// What problems are drawn on, for a person at a terminal of this width.
    #[must_use]
    pub fn canvas(&self, width: usize) -> Canvas {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_none_or(|term| term == "dumb");
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Canvas {
            colour: !self.global.plain && !dumb && set("NO_COLOR").is_none(),
            unicode: !self.global.plain && (locale.contains("utf-8") || locale.contains("utf8")),
            width,
        }
    }
}
