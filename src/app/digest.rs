//! The daily digest as a text: what is in force, written by a template.

use serde::Serialize;

use super::review::{TemplateError, filled};
use crate::incident::{InForce, MitigationFact, Text, Time};

/// The built-in templates by language.
const TEMPLATES: &[(&str, &str)] = &[
    ("en", include_str!("../../assets/templates/digest.en.txt.j2")),
    ("zh-Hant", include_str!("../../assets/templates/digest.zh-Hant.txt.j2")),
];

/// The built-in template of a language, else the English one.
#[must_use]
pub fn template(language: &str) -> &'static str {
    let of = |wanted: &str| TEMPLATES.iter().find(|(name, _)| *name == wanted).map(|(_, text)| *text);
    of(language).or_else(|| of("en")).unwrap_or_default()
}

/// What a template may use.
#[derive(Clone, Debug, Serialize)]
pub struct DigestFacts {
    /// Whose day it is.
    pub day: Text,
    /// How many there are.
    pub count: usize,
    /// How many were to be gone by now.
    pub overdue: usize,
    /// How many of incidents that are over nobody has.
    pub unowned: usize,
    /// Each of them, most pressing first.
    pub mitigations: Vec<MitigationFact>,
}

impl DigestFacts {
    /// What is in force, as it is on record.
    #[must_use]
    pub fn of(day: &Text, all: &[InForce<'_>], now: Time) -> Self {
        let unowned = |one: &&InForce<'_>| !one.incident.is_open() && one.incident.is_unaccounted(one.action);
        Self {
            day: day.clone(),
            count: all.len(),
            overdue: all.iter().filter(|one| one.is_overdue(now)).count(),
            unowned: all.iter().filter(unowned).count(),
            mitigations: all.iter().map(|one| MitigationFact::of(one, &one.action.readings, now)).collect(),
        }
    }
}

/// Writes the digest.
///
/// # Errors
/// What the template does wrong, with its line.
pub fn digest(template: &str, facts: &DigestFacts) -> Result<Text, TemplateError> {
    let entries = u64::try_from(facts.count).unwrap_or(u64::MAX);
    filled(template, facts, entries).map(|text| Text::block(text.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::incident::story::{Story, WORKING, time};
    use crate::incident::{ActionId, Board, Command, Disposition, Entry, IncidentId, Severity};

    fn board() -> Board {
        let said = |disposition| Command::Account { action: ActionId(1), disposition };
        let resolved = |story: Story| {
            let classify = Command::Classify { severity: Severity::P0, pattern: None, reason: None };
            story
                .says(classify)
                .says(Command::Resolve { summary: "over".into(), despite: Some("read by hand".into()) })
        };
        let handed =
            Disposition::HandedOver { owner: "bo".into(), due: time("13:00:00"), reason: "until v13".into() };
        let kept = Disposition::Kept { owner: "cy".into(), reason: "it needs \u{1b}[31mno more".into() };
        let stories = [
            resolved(Story::isolated().says(said(kept))),
            resolved(Story::isolated().says(said(handed))),
            Story::isolated().reads(1, WORKING),
        ];
        let mut board = Board::default();
        for (story, number) in stories.into_iter().zip(1..) {
            for entry in story.entries {
                board.apply(&Arc::new(Entry { incident: IncidentId(number), ..Entry::clone(&entry) }));
            }
        }
        board
    }

    fn written(language: &str) -> String {
        let (board, now) = (board(), time("+2 09:00:00"));
        let facts = DigestFacts::of(&"2026-05-06".into(), &board.in_force(now), now);
        digest(template(language), &facts).unwrap().to_string()
    }

    #[test]
    fn the_digest_says_what_is_in_force_who_has_it_and_what_is_late() {
        insta::assert_snapshot!("digest_en", written("en"));
    }

    #[test]
    fn the_digest_is_written_in_traditional_chinese_too() {
        insta::assert_snapshot!("digest_zh_hant", written("zh-Hant"));
    }

    #[test]
    fn a_template_that_is_wrong_says_where() {
        let (board, now) = (board(), time("+2 09:00:00"));
        let facts = DigestFacts::of(&"2026-05-06".into(), &board.in_force(now), now);
        let wrong = digest("fine\n{{ nothing.here }}", &facts).unwrap_err();
        assert_eq!(wrong.line, Some(2), "{wrong}");
    }
}
