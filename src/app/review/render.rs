//! A template and the facts make a document.
//!
//! Besides Jinja's own, a template has these filters:
//! - `md` shows foreign text as it is, in any inline place; `code` shows it as code;
//! - `day`, `time` and `minute` write a time as `2026-05-04`, `12:04:05`, `2026-05-04 12:04`.
//!
//! All of them refuse what is not known (`none`), and a name that does not exist is an error: what
//! nobody recorded must be asked for, never left out by accident.

use std::error::Error as _;
use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde::Serialize;

use super::markdown;
use super::origin::Origin;
use crate::incident::{ReviewFacts, Text, Time};

/// Steps a template may take, and how many more for each entry of the timeline. The built-in ones
/// need about 60 for an entry; a template that loops for ever is stopped within a second.
const FUEL: u64 = 1_000_000;
const FUEL_PER_ENTRY: u64 = 1_000;

/// What a template does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Where, counted from 1.
    pub line: Option<usize>,
    /// What, in words.
    pub message: Text,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} of the review template: {}", self.message),
            None => write!(f, "the review template: {}", self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Writes a document. Its first line says what it was written from, see [`Origin`].
///
/// # Errors
/// What the template does wrong, with its line.
pub fn render(template: &str, facts: &ReviewFacts) -> Result<String, TemplateError> {
    let entries = u64::try_from(facts.timeline.len()).unwrap_or(u64::MAX);
    let written = filled(template, facts, entries)?;
    Ok(format!("{}\n{written}", Origin::line(facts)))
}

/// Fills a template in; it may take steps for so many entries, and no more.
///
/// # Errors
/// What the template does wrong, with its line.
pub(in crate::app) fn filled(
    template: &str,
    facts: &impl Serialize,
    entries: u64,
) -> Result<String, TemplateError> {
    let jinja = environment(entries);
    let written = jinja
        .template_from_str(template)
        .and_then(|template| template.render(Serde(facts)))
        .map_err(|error| told(&error))?;
    Ok(tidy(&written))
}

/// A line that holds only a tag leaves nothing behind.
pub(super) fn syntax() -> SyntaxConfig {
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    syntax.expect("the usual delimiters differ from each other")
}

/// What a template is filled in with, besides the facts.
pub(super) fn environment<'t>(entries: u64) -> Environment<'t> {
    let mut jinja = Environment::new();
    jinja.set_auto_escape_callback(|_| AutoEscape::None);
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    jinja.set_syntax(syntax());
    jinja.set_fuel(Some(FUEL.saturating_add(FUEL_PER_ENTRY.saturating_mul(entries))));
    jinja.add_filter("md", |value: &Value| text(value).map(markdown::inline));
    jinja.add_filter("code", |value: &Value| text(value).map(markdown::code));
    jinja.add_filter("day", |value: &Value| written(value, "%Y-%m-%d"));
    jinja.add_filter("time", |value: &Value| written(value, "%H:%M:%S"));
    jinja.add_filter("minute", |value: &Value| written(value, "%Y-%m-%d %H:%M"));
    jinja
}

fn text(value: &Value) -> Result<&str, Error> {
    value.as_str().ok_or_else(|| not_known(value, "text"))
}

fn written(value: &Value, format: &str) -> Result<String, Error> {
    let time = value.as_str().and_then(|text| text.parse::<Time>().ok());
    time.map(|time| time.format(format).to_string()).ok_or_else(|| not_known(value, "a time"))
}

fn not_known(value: &Value, what: &str) -> Error {
    let words = if value.is_none() {
        "this is not known; test it with 'if' and ask a question instead".to_owned()
    } else {
        format!("this is {}, not {what}", value.kind())
    };
    Error::new(ErrorKind::InvalidOperation, words)
}

fn told(error: &Error) -> TemplateError {
    let mut message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let mut below = error.source();
    while let Some(cause) = below {
        message = format!("{message}: {cause}");
        below = cause.source();
    }
    if error.kind() == ErrorKind::OutOfFuel {
        message = "it takes too many steps; does a loop never end?".to_owned();
    }
    TemplateError { line: error.line(), message: Text::line(&message) }
}

/// Blocks of a template leave empty lines behind: at most one stays, and none at either end.
fn tidy(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    let mut blank = true;
    for line in document.lines().map(str::trim_end) {
        if !(blank && line.is_empty()) {
            out.push_str(line);
            out.push('\n');
        }
        blank = line.is_empty();
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
