//! `flightdeck review`: what a person kept of an incident's review, else what its timeline proves.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Out, Outcome, say};
use super::words;
use crate::app::review;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::incident::{IncidentId, Realm, Record, ReviewFacts, Time};
use crate::runtime::{Archive, Clock};

/// Whose review, and how it is printed.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// The document, or the facts it is written from
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Write to a file that is not there yet
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The language of the built-in template [default: the configured template]
    #[arg(long, value_enum)]
    language: Option<Language>,
    /// Of the drill's journal
    #[arg(long)]
    drill: bool,
}

/// In which form a review is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The Markdown document.
    #[default]
    Md,
    /// The facts; stable.
    Json,
}

/// The languages of the built-in templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// English.
    #[value(name = "en")]
    English,
    /// Traditional Chinese.
    #[value(name = "zh-Hant")]
    TraditionalChinese,
}

impl Language {
    const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::TraditionalChinese => "zh-Hant",
        }
    }
}

/// Prints it, or writes it to a file.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let archive = context.archive(realm(args.drill))?;
    let record = archive.record(args.id)?;
    context.say_if_broken(&archive, args.id)?;
    let config = context.config();
    let now = as_of(&record);
    let text = match args.format {
        Form::Json => review::to_json(&ReviewFacts::of(&record, &config.policy, now)),
        Form::Md => document(args, context, &archive, &record, &config)?,
    };
    match &args.out {
        None => out.text(&text)?,
        Some(file) => {
            write_new(file, &text)?;
            say(&format!("wrote {}", words::path(file)));
        }
    }
    Ok(DONE)
}

/// What a person kept; where nobody has, or in another language, what the timeline fills in.
fn document(
    args: &Args,
    context: &Context,
    archive: &Archive,
    record: &Record,
    config: &Config,
) -> Result<String> {
    let id = args.id;
    match (archive.kept_review(id)?, args.language) {
        (Some(kept), None) => return Ok(kept.text),
        (Some(kept), Some(language)) if kept.language == language.tag() => return Ok(kept.text),
        (Some(kept), Some(_)) => say(&format!(
            "{} keeps a review of {id} in another language ({}); this one is filled in from the timeline",
            kept.author, kept.language
        )),
        (None, _) => {
            say(&format!("nobody keeps a review of {id} yet; this one is filled in from the timeline"))
        }
    }
    let template = match args.language.and_then(|language| review::template(language.tag())) {
        Some(built_in) => built_in.to_owned(),
        None => context.template(config),
    };
    review::document(record, &config.policy, &template, as_of(record)).map_err(|error| {
        Error::config(error.to_string()).hint("flightdeck check shows what is wrong with templates")
    })
}

/// The time that a review is as of. A drill has a clock of its own, which stands still now.
fn as_of(record: &Record) -> Time {
    match record.incident.realm {
        Realm::Live => Clock::wall().now(),
        Realm::Drill => record.incident.changed_at,
    }
}

fn write_new(file: &Path, text: &str) -> Result<()> {
    let cannot = |error: io::Error| {
        let shown = words::path(file);
        match error.kind() == io::ErrorKind::AlreadyExists {
            true => {
                Error::user(format!("{shown} exists already")).hint("name another file, or print to > FILE")
            }
            false => Error::user(format!("cannot write {shown}")).because(error),
        }
    };
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(cannot)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).map_err(cannot)
}
