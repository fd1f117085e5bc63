//! `flightdeck check`: every problem of the configuration at once.

use serde::Serialize;

use super::context::Context;
use super::output::{DONE, FOUND, Format, Out, Outcome};
use super::words;
use crate::config::Problem;
use crate::runtime::check::problems;

/// How the problems are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Columns that problems are drawn on where the terminal's are not known.
const WIDTH: usize = 80;

/// Looks through configuration, policy, keymaps, themes, templates and scenarios.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let problems = problems(&context.paths, &context.env());
    let code = if problems.is_empty() { DONE } else { FOUND };
    if args.format == Format::Json {
        let problems = problems.iter().map(Found::of).collect();
        out.json(&Document { format: 1, problems })?;
        return Ok(code);
    }
    for problem in &problems {
        if out.is_terminal() {
            let canvas = context.canvas(out.width().unwrap_or(WIDTH));
            out.text(&problem.render(canvas))?;
        } else {
            out.line(&problem.to_string())?;
        }
    }
    let file = words::path(&context.paths.config_file);
    match problems.len() {
        0 if context.paths.config_file.exists() => out.line(&format!("{file}: nothing is wrong"))?,
        0 => out.line(&format!("{file} is not there, and all that holds are defaults: nothing is wrong"))?,
        1 => out.line("1 problem")?,
        n => out.line(&format!("{n} problems"))?,
    }
    Ok(code)
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    problems: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn of(problem: &'a Problem) -> Self {
        Self {
            file: &problem.file,
            line: problem.place.map(|place| place.line),
            column: problem.place.map(|place| place.column),
            message: &problem.message,
            hint: problem.hint.as_deref(),
        }
    }
}
