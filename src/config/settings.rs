//! `config.toml`: what a person may set. Everything is optional; without a file there are defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};

use crate::incident::hint::Hint;
use crate::incident::redact::Rule;
use crate::incident::{AgentId, Naming, Rota, Span, Text};

use super::adapter::{self, Adapter};
use super::channel::{self, Channel};
use super::file::File;
use super::first::{self, First};
use super::hints;
use super::located::Problems;
use super::oncall;
use super::pagerduty;
use super::paths::{Env, Paths};
use super::program;
use super::reader::{self, Reader};
use super::receiver::{self, Receiver};
use super::redaction;
use super::tree::Tree;

/// The person's settings, complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Who sits here: the name on the timeline. `$USER` unless set.
    pub user: Text,
    /// How the screen looks and behaves.
    pub ui: Ui,
    /// How severities are called; nothing leaves it to the policy.
    pub naming: Option<Naming>,
    /// Where alerts come in.
    pub receiver: Receiver,
    /// The production agents that incidents are about, in the order written.
    pub agents: Vec<Agent>,
    /// What carries actions, by name.
    pub adapters: BTreeMap<String, Adapter>,
    /// What reads the world for the actions of any adapter, by name.
    pub probes: BTreeMap<String, Reader>,
    /// What reads agents for their recovery.
    pub recovery: Recovery,
    /// Through what people are told, by name.
    pub channels: BTreeMap<String, Channel>,
    /// Who is on call.
    pub rota: Rota,
    /// What is asked when an incident begins.
    pub first: First,
    /// The policy file that was named, if one was.
    pub policy: Option<PathBuf>,
    /// How reviews are written.
    pub review: Review,
    /// What is taken out of evidence, besides what is taken out anyway.
    pub redaction: Vec<Rule>,
    /// What a line of a log may hint at, besides what is known anyway.
    pub hints: Vec<Hint>,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ui {
    /// The theme's name.
    pub theme: String,
    /// The keymap's name.
    pub keymap: String,
    /// What may be drawn.
    pub glyphs: Glyphs,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether a new P0 or P1 rings the bell.
    pub bell: bool,
    /// Whether it is also sent to the terminal as a notification (OSC 9).
    pub notify: bool,
    /// The most frames painted in a second, 1 to 60.
    #[serde(deserialize_with = "frames")]
    pub frames_per_second: u8,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: "dark".to_owned(),
            keymap: "default".to_owned(),
            glyphs: Glyphs::Auto,
            mouse: true,
            bell: true,
            notify: true,
            frames_per_second: 30,
        }
    }
}

/// Which characters the screen is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    /// As the locale says.
    Auto,
    /// Box drawing.
    Unicode,
    /// Nothing but ASCII.
    Ascii,
}

/// A production agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id, as alerts and adapters name it.
    pub id: AgentId,
    /// Its name for people; the id unless set.
    pub name: Text,
    /// What it does.
    pub about: Text,
    /// Who answers for it.
    pub owner: Text,
    /// Its log files. `*` in the last part of a path stands for any run of characters.
    pub logs: Vec<PathBuf>,
    /// What prints its log, and is started again when it ends; empty for nothing.
    pub log_command: Vec<String>,
    /// The program that prints its vitals as `name=value` lines, and its arguments; empty: none.
    pub vitals: Vec<String>,
    /// How often it is run.
    pub vitals_every: Span,
}

/// How reviews are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// The template's name; nothing takes the built-in one of the language.
    pub template: Option<String>,
    /// The language of the built-in template.
    pub language: Language,
}

/// What reads agents for their recovery (B6), besides their vitals. What must hold is the policy's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recovery {
    /// Names of probes.
    pub probes: Vec<String>,
}

/// The languages of the built-in review templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Traditional Chinese.
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    user: Line,
    ui: Ui,
    severity: WrittenSeverity,
    receiver: Option<receiver::Written>,
    agents: Vec<WrittenAgent>,
    policy: WrittenPolicy,
    review: Review,
    recovery: Recovery,
    /// Taken out and read one by one; named here for the list of known keys.
    #[serde(rename = "adapters")]
    _adapters: Option<IgnoredAny>,
    #[serde(rename = "probes")]
    _probes: Option<IgnoredAny>,
    #[serde(rename = "channels")]
    _channels: Option<IgnoredAny>,
    oncall: oncall::Written,
    first: first::Written,
    dependencies: BTreeMap<String, first::WrittenDependency>,
    drift: BTreeMap<String, first::WrittenDrift>,
    redaction: BTreeMap<String, redaction::Written>,
    hints: BTreeMap<String, hints::Written>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenSeverity {
    naming: Option<Naming>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenPolicy {
    file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAgent {
    id: AgentId,
    #[serde(default)]
    name: Line,
    #[serde(default)]
    about: Line,
    #[serde(default)]
    owner: Line,
    #[serde(default)]
    logs: Vec<String>,
    #[serde(default)]
    log_command: Vec<String>,
    #[serde(default)]
    vitals: Vec<String>,
    #[serde(default = "half_a_minute")]
    vitals_every: Span,
}

const fn half_a_minute() -> Span {
    Span::seconds(30)
}

/// Foreign text of one line.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "String")]
struct Line(Text);

impl From<String> for Line {
    fn from(raw: String) -> Self {
        Self(Text::line(raw.trim()))
    }
}

impl Line {
    fn or(self, other: &str) -> Text {
        if self.0.is_blank() { Text::line(other) } else { self.0 }
    }
}

fn frames<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    match i64::deserialize(from)? {
        frames @ 1..=60 => u8::try_from(frames).map_err(D::Error::custom),
        other => Err(D::Error::custom(format!("expected 1 to 60 frames in a second, found {other}"))),
    }
}

impl Settings {
    /// The settings of a person who has set nothing.
    #[must_use]
    pub fn unset(env: &Env) -> Self {
        let nothing = File::embedded("", "");
        let nowhere = Paths {
            config_file: PathBuf::new(),
            config_named: false,
            config_dir: PathBuf::new(),
            data_dir: PathBuf::new(),
            home: None,
        };
        Self::read(&nothing, &nowhere, env, &mut Problems::new())
    }

    /// Reads the file that `paths` names. What is wrong is reported and left to the defaults.
    #[must_use]
    pub fn load(paths: &Paths, env: &Env, problems: &mut Problems) -> Self {
        let file = match paths.config_named {
            true => File::read(&paths.config_file).map(Some),
            false => File::read_if_there(&paths.config_file),
        };
        match file {
            Ok(Some(file)) => Self::read(&file, paths, env, problems),
            Ok(None) => Self::unset(env),
            Err(problem) => {
                problems.push(problem);
                Self::unset(env)
            }
        }
    }

    /// Reads the settings out of a file.
    #[must_use]
    pub fn read(file: &File, paths: &Paths, env: &Env, problems: &mut Problems) -> Self {
        let mut tree = Tree::parse(file, problems);
        let whole = tree.clone();
        let mut adapters = match tree.take("adapters", problems) {
            Some(adapters) => adapter::read_all(adapters, paths, env, problems),
            None => BTreeMap::new(),
        };
        let probes = match tree.take("probes", problems) {
            Some(probes) => reader::read_all(probes, paths, env, problems),
            None => BTreeMap::new(),
        };
        reader::all_exist(&adapters, &probes, &whole, problems);
        let channels = match tree.take("channels", problems) {
            Some(channels) => channel::read_all(channels, paths, env, problems),
            None => BTreeMap::new(),
        };
        pagerduty::have_accounts(&mut adapters, &channels, &whole, problems);
        let written: Written = tree.read(problems).unwrap_or_default();
        reader::all_named(&written.recovery.probes, &["recovery", "probes"], &probes, &whole, problems);
        reader::all_named(&written.first.probes, &["first", "probes"], &probes, &whole, problems);
        let rota = written.oncall.meant(&channels, &whole, problems);
        let agents = agents(written.agents, &whole, paths, problems);
        vitals_can_be_read(&agents, &whole, env, problems);
        adapter::no_two_for_a_level(&rota, &adapters, &whole, problems);
        adapter::no_two_for_one(&agents, &adapters, &whole, problems);
        let user = env("USER").or_else(|| env("LOGNAME")).filter(|name| !name.trim().is_empty());
        Self {
            user: written.user.or(user.as_deref().unwrap_or("unnamed")),
            ui: written.ui,
            naming: written.severity.naming,
            receiver: match written.receiver {
                Some(receiver) => receiver.meant(&whole, paths, env, problems),
                None => Receiver::default(),
            },
            agents,
            adapters,
            probes,
            recovery: written.recovery,
            channels,
            rota,
            first: written.first.meant(written.dependencies, written.drift, &whole, paths, env, problems),
            policy: written.policy.file.map(|file| paths.written(&file)),
            review: written.review,
            redaction: redaction::meant(written.redaction, &whole, problems),
            hints: hints::meant(written.hints, &whole, problems),
        }
    }
}

/// Tells when a program that prints vitals cannot be started.
fn vitals_can_be_read(agents: &[Agent], tree: &Tree, env: &Env, problems: &mut Problems) {
    for agent in agents {
        let Some(missing) = agent.vitals.first().and_then(|program| program::missing(program, env)) else {
            continue;
        };
        let message = format!("`vitals` of {}: {}", agent.id, missing.why);
        let span = tree.span_in_list("agents", ("id", agent.id.as_str()), "vitals");
        let problem = tree.problem(span, message);
        problems.push(match missing.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }
}

/// A command whose program, where it is a path, is found from wherever flightdeck was started.
fn with_path(mut command: Vec<String>, paths: &Paths) -> Vec<String> {
    if let Some(program) = command.first_mut().filter(|program| program.contains('/')) {
        *program = paths.written(program.trim_start_matches("./")).display().to_string();
    }
    command
}

/// The agents, each id once.
fn agents(written: Vec<WrittenAgent>, tree: &Tree, paths: &Paths, problems: &mut Problems) -> Vec<Agent> {
    for (id, span) in tree.doubles_in_list("agents", "id") {
        problems.push(
            tree.problem(span, format!("the agent `{id}` is described twice")).hint("keep one of them"),
        );
    }
    let mut known = BTreeSet::new();
    written
        .into_iter()
        .filter(|agent| known.insert(agent.id.clone()))
        .map(|agent| Agent {
            name: agent.name.or(agent.id.as_str()),
            about: agent.about.0,
            owner: agent.owner.0,
            logs: agent.logs.iter().map(|log| paths.written(log)).collect(),
            log_command: with_path(agent.log_command, paths),
            vitals: with_path(agent.vitals, paths),
            vitals_every: agent.vitals_every,
            id: agent.id,
        })
        .collect()
}
