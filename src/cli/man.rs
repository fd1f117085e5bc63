//! `flightdeck man`: the manual, from the same table as the parser.

use std::fmt::Write as _;

use clap_mangen::Man;

use super::output::{DONE, Failure, Out, Outcome};
use crate::error::{EXIT_CODES, Error};

/// Which page.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A command's own page
    command: Option<String>,
}

/// What of the environment counts, besides flags.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("FLIGHTDECK_DATA_DIR", "as --data-dir"),
    ("FLIGHTDECK_CONFIG", "as --config"),
    ("USER", "who you are, unless the configuration or --as says"),
    ("NO_COLOR", "set and not empty: no colours"),
    ("VISUAL, EDITOR", "the program that a review is handed to"),
];

/// The person's files. The manual is the same on every machine, so no home is named.
const FILES: &[(&str, &str)] = &[
    ("~/.config/flightdeck/config.toml", "the configuration; flightdeck init writes one to start from"),
    ("~/.config/flightdeck/policy.toml", "rules that are laid over the built-in policy, key by key"),
    ("~/.config/flightdeck/{keymaps,themes,templates,scenarios}/", "files of your own, by name"),
    ("~/.local/share/flightdeck/journal.db", "the journal: timelines, reviews, evidence"),
    ("~/.local/share/flightdeck/drill.db", "the same of drills"),
];

/// Prints a page: `flightdeck man | man -l -`.
pub fn run(args: &Args, command: clap::Command, out: &mut Out) -> Outcome {
    let page = match &args.command {
        None => whole(command),
        Some(name) => part(command, name)?,
    };
    out.text(&page)?;
    Ok(DONE)
}

fn whole(command: clap::Command) -> String {
    let mut page = render(command);
    let codes =
        EXIT_CODES.iter().map(|(code, name, about)| (format!("{code} ({name})"), (*about).to_owned()));
    section(&mut page, "EXIT STATUS", codes);
    let variables = ENVIRONMENT.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned()));
    section(&mut page, "ENVIRONMENT", variables);
    let files = FILES.iter().map(|(path, about)| ((*path).to_owned(), (*about).to_owned()));
    section(&mut page, "FILES", files);
    let more = "prints a command's own page: flightdeck man act | man -l -".to_owned();
    section(&mut page, "SEE ALSO", std::iter::once(("flightdeck man COMMAND".to_owned(), more)));
    page
}

fn part(mut command: clap::Command, name: &str) -> Result<String, Failure> {
    command.build();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let names = names.join(", ");
    let found = command.find_subcommand(name).cloned();
    let found = found.ok_or_else(|| {
        Error::user(format!("there is no command '{name}'")).hint(format!("commands: {names}"))
    })?;
    Ok(render(found))
}

fn render(command: clap::Command) -> String {
    let mut page = Vec::new();
    // Writing to memory does not fail.
    drop(Man::new(command).render(&mut page));
    String::from_utf8_lossy(&page).into_owned()
}

fn section(page: &mut String, title: &str, items: impl Iterator<Item = (String, String)>) {
    let _ = writeln!(page, ".SH \"{title}\"");
    for (term, about) in items {
        let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}", escape(&term), escape(&about));
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
