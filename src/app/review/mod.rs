//! The review as a document: written by a template from what the record proves, and filled anew
//! without losing a person's words.
//!
//! [`document`] writes it, [`refilled`] brings it up to date, [`questions`] finds what nobody has
//! answered yet. Templates are Jinja; what they may use is [`ReviewFacts`] and the filters of
//! [`render()`]. This module reads no file and knows no editor.

mod flaws;
mod markdown;
mod merge;
mod origin;
mod render;

use chrono::SubsecRound as _;

use crate::incident::{Incident, IncidentId, Policy, Record, ReviewFacts, Time};

pub use flaws::TemplateFlaw;
pub(super) use flaws::flaws;
pub use merge::{Conflict, Refill, refill};
pub use origin::Origin;
pub(super) use render::filled;
pub use render::{TemplateError, render};

/// The built-in templates by language.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("en", include_str!("../../../assets/templates/review.en.md.j2")),
    ("zh-Hant", include_str!("../../../assets/templates/review.zh-Hant.md.j2")),
];

/// How a line begins that asks what nobody recorded, in the built-in languages.
pub const QUESTION_MARKS: &[&str] = &["> **QUESTION:**", "> **待確認：**"];

/// The built-in template of a language.
#[must_use]
pub fn template(language: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(name, _)| *name == language).map(|(_, text)| *text)
}

/// Writes the review of an incident.
///
/// # Errors
/// What the template does wrong, with its line.
pub fn document(
    record: &Record,
    policy: &Policy,
    template: &str,
    now: Time,
) -> Result<String, TemplateError> {
    // What is finer than entries are would only make its first line too long for a screen.
    render(template, &ReviewFacts::of(record, policy, now.trunc_subsecs(3)))
}

/// What a template does wrong in every review, seen by one of an incident of which nothing is known,
/// before one is needed.
#[must_use]
pub fn check(template: &str) -> Vec<TemplateFlaw> {
    let nothing = Record { incident: Incident::blank(IncidentId(1)), entries: Vec::new() };
    flaws(template, &ReviewFacts::of(&nothing, &Policy::built_in(), Time::UNIX_EPOCH), 0)
}

/// Fills in what happened since a document was written, and keeps what a person made of it.
///
/// The document says which entries it was written from, so its first form is written again and
/// compared with. One that does not say so any more is only added to.
///
/// # Errors
/// What the template does wrong, with its line.
pub fn refilled(
    record: &Record,
    policy: &Policy,
    template: &str,
    now: Time,
    edited: &str,
) -> Result<Refill, TemplateError> {
    let new = document(record, policy, template, now)?;
    let origin = Origin::of(edited).filter(|origin| origin.incident == record.incident.id);
    let old = match origin {
        Some(origin) => document(&record.until(origin.through), policy, template, origin.as_of)?,
        None => String::new(),
    };
    Ok(refill(&old, edited, &new))
}

/// The lines, counted from 0, that ask what nobody has answered yet.
#[must_use]
pub fn questions(text: &str) -> Vec<usize> {
    let asks = |line: &str| QUESTION_MARKS.iter().any(|mark| line.trim_start().starts_with(mark));
    text.lines().enumerate().filter(|(_, line)| asks(line)).map(|(number, _)| number).collect()
}

/// The line, counted from 0, where writing begins: an answer's empty line above the first question,
/// else the first line below the one that tells what the document was written from, which nobody
/// should type into.
#[must_use]
pub fn beginning(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    match questions(text).first() {
        Some(&asked) if asked > 0 && lines[asked - 1].is_empty() => asked - 1,
        Some(&asked) => asked,
        None => lines.iter().take_while(|line| line.starts_with("<!--")).count(),
    }
}

/// The facts as JSON, in the stable form that [`ReviewFacts`] documents.
#[must_use]
pub fn to_json(facts: &ReviewFacts) -> String {
    let mut json = serde_json::to_string_pretty(facts).expect("facts hold nothing JSON cannot");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests;
