//! The daily digest as a text: what is in force, written by a template.

use serde::Serialize;

use super::review::{TemplateError, TemplateFlaw, filled, flaws};
use crate::incident::in_force::{CheckedFact, WitnessFact};
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

/// Writes a digest of mitigations as they can be: one of which nothing is known, one past its date,
/// one that is kept. What a template does wrong with any of them shows here, before a morning on
/// which nobody hears of what is in force.
#[must_use]
pub fn check(template: &str) -> Vec<TemplateFlaw> {
    let unknown = MitigationFact {
        incident: "INC-1".to_owned(),
        title: Text::line("an example"),
        status: "open",
        action: "A1".to_owned(),
        op: "isolate",
        target: Text::line("support-1"),
        params: crate::incident::Params::new(),
        lamp: "unverified",
        in_force: true,
        asked_by: "ana".to_owned(),
        asked_at: Time::UNIX_EPOCH,
        age: "3d".to_owned(),
        verified_at: None,
        read_at: None,
        watched: true,
        checks: Vec::new(),
        witnessed: None,
        owner: Text::line("ana"),
        disposition: None,
        reason: None,
        due: None,
        overdue: false,
        undo: None,
        undoing: None,
        ends: None,
    };
    let at = Some(Time::UNIX_EPOCH);
    let known = MitigationFact {
        verified_at: at,
        read_at: at,
        reason: Some(Text::line("until the fix")),
        undo: Some(Text::line("release support-1")),
        undoing: Some("A2".to_owned()),
        ends: at,
        checks: vec![CheckedFact {
            expected: "agent_status = stopped".to_owned(),
            read: "stopped".to_owned(),
            at,
            holds: Some(true),
        }],
        ..unknown.clone()
    };
    let late = MitigationFact { disposition: Some("handed-over"), due: at, overdue: true, ..known.clone() };
    let witnessed = WitnessFact {
        by: "bo".to_owned(),
        at: Time::UNIX_EPOCH,
        holds: true,
        reason: Text::line("seen at the gateway"),
    };
    let witnessed = Some(witnessed);
    let kept = MitigationFact { disposition: Some("kept"), status: "resolved", witnessed, ..known };
    let mitigations = vec![unknown, late, kept];
    let facts = DigestFacts { day: Text::line("1970-01-01"), count: 3, overdue: 1, unowned: 1, mitigations };
    flaws(template, &facts, 3)
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

    #[test]
    fn what_a_template_would_do_wrong_one_morning_is_known_before() {
        for (_, text) in TEMPLATES {
            assert_eq!(check(text), []);
        }
        for (template, told) in [
            ("{{ count }}\n{{ cuont }}", &["cuont"][..]),
            ("{% for one in mitigations %}{{ one.due|minute }}{% endfor %}", &["{% for"]),
            ("ok\n\n{% for one in mitigations %}", &["{% for"]),
            ("{% for one in mitigations %}\n{{ one.ownr }}\n{% endfor %}", &["ownr"]),
            (
                "{% if false %}{{ a|mdd }}{% include 'b.txt' %}{{ count is evn }}{% endif %}{{ x }}",
                &["a|", "mdd", "'b.txt'", "evn", "x }}"],
            ),
            (
                "{% set y = 1 %}{{ y }}{{ z is defined }}{{ z|default('') }}{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
                &["b }}"],
            ),
        ] {
            let flaws = check(template);
            let right = flaws
                .iter()
                .zip(told)
                .all(|(flaw, told)| template[flaw.span.clone().start..].starts_with(told));
            assert!(right && flaws.len() == told.len(), "{template} {flaws:?}");
        }
    }
}
