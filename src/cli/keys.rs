//! `flightdeck keys`: the keys as configured, from the tables of intents and keymaps.

use clap::ValueEnum;
use serde::Serialize;

use super::context::Context;
use super::output::{DONE, Out, Outcome};
use super::table::{Table, TooWide};
use crate::app::intent::{Group, INTENTS, Intent};
use crate::app::keymap::{Context as Place, Keymap, show};
use crate::config::Problems;
use crate::error::Error;

/// Which keymap, in which form.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The keymap [default: the configured one]
    #[arg(long)]
    keymap: Option<String>,
    /// For a terminal or for a document
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// In which form the keys are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal.
    #[default]
    Table,
    /// Markdown, as in the README.
    Md,
    /// JSON; stable.
    Json,
}

/// Lists them.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let config = context.config();
    let name = args.keymap.as_ref().unwrap_or(&config.settings.ui.keymap);
    let known = config.keymaps.names();
    if args.keymap.is_some() && !known.contains(&name.as_str()) {
        let hint = format!("there are {}", known.join(", "));
        return Err(Error::user(format!("there is no keymap '{name}'")).hint(hint).into());
    }
    let keymap = config.keymaps.read(name, &mut Problems::new());
    match args.format {
        Form::Md => out.text(&markdown(&keymap))?,
        Form::Json => out.json(&Document::of(&keymap))?,
        Form::Table => {
            let mut table = Table::new(&["KEYS", "MEANS", ""], TooWide::Wrap);
            for info in INTENTS {
                let keys: Vec<String> = keys(&keymap, info.intent).iter().map(Bound::to_string).collect();
                table.row([keys.join(", "), info.name.to_owned(), info.about.to_owned()]);
            }
            for line in table.lines(out.width()) {
                out.line(&line)?;
            }
        }
    }
    Ok(DONE)
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    keymap: &'a str,
    intents: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    intent: &'static str,
    about: &'static str,
    keys: Vec<Held>,
}

#[derive(Serialize)]
struct Held {
    keys: String,
    context: &'static str,
}

impl<'a> Document<'a> {
    fn of(keymap: &'a Keymap) -> Self {
        let held = |bound: Bound| Held { keys: bound.keys, context: bound.place.name() };
        let listed = |intent| keys(keymap, intent).into_iter().map(held).collect();
        let intents = INTENTS
            .iter()
            .map(|info| Listed { intent: info.name, about: info.about, keys: listed(info.intent) })
            .collect();
        Self { format: 1, keymap: keymap.name(), intents }
    }
}

/// Keys, and where they hold if not everywhere.
struct Bound {
    keys: String,
    place: Place,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.keys)?;
        if self.place != Place::Everywhere {
            write!(f, " ({})", self.place.name())?;
        }
        Ok(())
    }
}

/// All keys of an intent: those that hold everywhere first, shortest first.
fn keys(keymap: &Keymap, intent: Intent) -> Vec<Bound> {
    let everywhere: Vec<_> = keymap.in_reach(Place::Everywhere).collect();
    let mut found = Vec::new();
    for place in Place::ALL {
        let here = keymap.in_reach(place).filter(|(_, bound)| *bound == intent);
        let own = here.filter(|binding| place == Place::Everywhere || !everywhere.contains(binding));
        let mut all: Vec<String> = own.map(|(keys, _)| show(keys)).collect();
        all.sort_by_key(|keys| (keys.split(' ').count(), keys.len()));
        found.extend(all.into_iter().map(|keys| Bound { keys, place }));
    }
    found
}

/// One table for each group.
fn markdown(keymap: &Keymap) -> String {
    let mut text = String::new();
    let mut group: Option<Group> = None;
    for info in INTENTS {
        if group != Some(info.group) {
            if group.is_some() {
                text.push('\n');
            }
            group = Some(info.group);
            text.push_str(&format!("**{}**\n\n| keys | means | |\n|---|---|---|\n", info.group.title()));
        }
        let keys: Vec<String> = keys(keymap, info.intent).iter().map(code).collect();
        text.push_str(&format!("| {} | {} | {} |\n", keys.join(", "), info.name, info.about));
    }
    text
}

fn code(bound: &Bound) -> String {
    let keys = bound.keys.replace('|', "\\|");
    let keys = if keys.contains('`') { format!("`` {keys} ``") } else { format!("`{keys}`") };
    match bound.place {
        Place::Everywhere => keys,
        Place::Incidents
        | Place::Timer
        | Place::Roster
        | Place::Log
        | Place::Actions
        | Place::Timeline
        | Place::Fleet
        | Place::InForce
        | Place::Review
        | Place::Editing => format!("{keys} ({})", bound.place.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keymap::Keymaps;

    fn built_in() -> Keymap {
        Keymaps::default().read("default", &mut Problems::new())
    }

    #[test]
    fn every_intent_is_listed_with_all_its_keys() {
        let text = markdown(&built_in());
        for info in INTENTS {
            assert!(text.contains(&format!("| {} |", info.name)), "{}", info.name);
        }
        for (row, keys) in [
            ("isolate", "| `i`, `space i` | isolate |"),
            ("palette", "| `:`, `ctrl-p` | palette |"),
            ("open", "| `enter` | open |"),
            ("pin", "| `p` (log) | pin |"),
            ("note", "| `n` | note |"),
            ("save-review", "| `s` (review), `ctrl-s` (editing) | save-review |"),
        ] {
            assert!(text.contains(keys), "{row}:\n{text}");
        }
    }
}
