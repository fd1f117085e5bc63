//! What an alert says of itself in the source's words, taken as far as it can be.
//!
//! Shape is strict, values are lenient: an alert whose agent or pattern cannot be read is still an
//! alert. What was not taken at its word is said in a note.

use chrono::{Datelike as _, TimeDelta};
use sha2::{Digest as _, Sha256};

use super::incoming::Notes;
use crate::incident::{AgentId, Pattern, Severity, Text, Time};

/// The words by which alerts say how bad they are and what they are about.
#[derive(Default)]
pub(super) struct Said<'a> {
    /// What the alert is called, for notes.
    pub name: &'a str,
    /// The agents named, first choice first.
    pub agents: Vec<&'a str>,
    /// `P0` to `P3` or `SEV1` to `SEV4`, or a word of the source's own.
    pub priority: Option<&'a str>,
    /// The same, or a criticality: `critical`, `warning`, `page`.
    pub severity: Option<&'a str>,
    /// How critical (B3).
    pub criticality: Option<&'a str>,
    /// What it is about (B3).
    pub category: Option<&'a str>,
    /// One of the four patterns (B2).
    pub pattern: Option<&'a str>,
}

/// The same as far as it was understood.
#[derive(Debug, PartialEq)]
pub(super) struct Class {
    pub criticality: Text,
    pub category: Text,
    pub severity: Option<Severity>,
    pub agent: Option<AgentId>,
}

impl Said<'_> {
    /// Reads it; what could not be read is said in `notes`.
    pub(super) fn class(&self, notes: &mut Notes) -> Class {
        let criticality = self.criticality.or(self.severity).unwrap_or_default();
        Class {
            criticality: Text::line(criticality.trim()),
            category: self.category(notes),
            severity: [self.priority, self.severity, self.criticality]
                .into_iter()
                .flatten()
                .find_map(named_severity),
            agent: self.agent(notes),
        }
    }

    /// A pattern that is named outright stands in for the category (B2, B3).
    fn category(&self, notes: &mut Notes) -> Text {
        match self.pattern.map(|word| word.trim().parse::<Pattern>()) {
            Some(Ok(pattern)) => Text::line(pattern.word()),
            Some(Err(why)) => {
                notes.say(&format!("{}: {why}; the category decides instead", self.name));
                Text::line(self.category.unwrap_or_default().trim())
            }
            None => Text::line(self.category.unwrap_or_default().trim()),
        }
    }

    /// The first that is an agent's id.
    fn agent(&self, notes: &mut Notes) -> Option<AgentId> {
        let mut refused = None;
        for word in &self.agents {
            match word.trim().parse() {
                Ok(agent) => return Some(agent),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        if let Some(why) = refused {
            notes.say(&format!("{}: names no agent: {why}; kept as a label", self.name));
        }
        None
    }
}

/// `P1`, `sev2` and `SEV-2` name a severity; `critical` does not.
fn named_severity(word: &str) -> Option<Severity> {
    word.trim().replace(['-', '_', ' '], "").parse().ok()
}

/// A name that stays distinct after cleaning: what was cut or made visible gets a digest at its end,
/// so that two foreign names can never become one.
pub(super) fn name(source: &str, raw: &str) -> Text {
    /// Enough for Alertmanager's group keys, and short enough to be a key.
    const MAX: usize = 512;
    let clean = Text::line(raw);
    if clean.as_str() == raw && raw.len() <= MAX {
        return Text::line(&format!("{source}:{raw}"));
    }
    let digest = Sha256::digest(raw.as_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let start: String = clean.as_str().chars().take(MAX / 4).collect();
    Text::line(&format!("{source}:{start}~{digest}"))
}

/// One line of what may be several.
pub(super) fn one_line(raw: &str) -> Text {
    let words: Vec<&str> = raw.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Text::line(&words.join(" "))
}

/// A time as the source means it: year 1 is Go's "not set", and nothing has happened in the future.
pub(super) fn happened(said: Option<Time>, received_at: Time, name: &str, notes: &mut Notes) -> Time {
    /// Clocks that differ by less are not worth a note.
    const SKEW: TimeDelta = TimeDelta::minutes(1);
    let Some(said) = said.filter(|time| time.year() >= 2000) else { return received_at };
    let ahead = said.signed_duration_since(received_at);
    if ahead > SKEW {
        notes.say(&format!(
            "{name}: the source's clock is {} s ahead; the time of receipt stands instead",
            ahead.num_seconds()
        ));
    }
    said.min(received_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(said: &Said<'_>) -> (Class, Vec<Text>) {
        let mut notes = Notes::default();
        (said.class(&mut notes), notes.done())
    }

    #[test]
    fn d1_a_severity_named_outright_is_found_in_either_naming() {
        for (priority, severity, criticality, found) in [
            (Some("P2"), Some("critical"), None, Some(Severity::P2)),
            (Some("high"), Some("SEV-1"), None, Some(Severity::P0)),
            (None, Some(" sev3 "), Some("critical"), Some(Severity::P2)),
            (None, Some("critical"), Some("p1"), Some(Severity::P1)),
            (Some("P4"), Some("page"), Some("CRITICAL"), None),
            (None, None, None, None),
        ] {
            let said = Said { priority, severity, criticality, ..Said::default() };
            assert_eq!(class(&said).0.severity, found, "{priority:?} {severity:?} {criticality:?}");
        }
    }

    #[test]
    fn b2_a_pattern_stands_in_for_the_category_and_a_wrong_one_is_said() {
        let said = Said { pattern: Some("Boundary"), category: Some("API"), ..Said::default() };
        assert_eq!(class(&said).0.category, "boundary");
        let said = Said { name: "x", pattern: Some("cosmic"), category: Some("API"), ..Said::default() };
        let (class, notes) = class(&said);
        assert_eq!(class.category, "API");
        assert!(notes[0].as_str().contains("x: 'cosmic' is no pattern"), "{notes:?}");
    }

    #[test]
    fn an_agent_that_is_none_is_said_and_never_taken() {
        let said = Said { name: "x", agents: vec!["-rf", "../etc"], ..Said::default() };
        let (read, notes) = class(&said);
        assert_eq!(read.agent, None);
        assert!(notes[0].as_str().contains("x: names no agent: '-rf'"), "{notes:?}");
        let said = Said { agents: vec!["no agent", "support-1"], ..Said::default() };
        let (read, notes) = class(&said);
        assert_eq!(read.agent.unwrap().as_str(), "support-1");
        assert_eq!(notes, Vec::<Text>::new());
    }

    #[test]
    fn names_that_differ_stay_different_after_cleaning() {
        let long = "x".repeat(5_000);
        let longer = "x".repeat(5_001);
        let raw = ["\u{7}", "^G", "a\tb", "a b", &long, &longer, "a", "a\u{200b}"];
        let mut names: Vec<Text> = raw.iter().map(|raw| name("s", raw)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), raw.len(), "{names:?}");
        assert!(names.iter().all(|name| name.as_str().len() < 600));
        assert_ne!(name("a", "k"), name("b", "k"));
    }

    #[test]
    fn a_time_that_is_not_set_or_not_yet_is_the_time_of_receipt() {
        let at = |s: &str| s.parse::<Time>().unwrap();
        let received = at("2026-11-21T06:00:00Z");
        for (said, stands, noted) in [
            (None, received, 0),
            (Some(at("0001-01-01T00:00:00Z")), received, 0),
            (Some(at("2026-11-21T05:00:00Z")), at("2026-11-21T05:00:00Z"), 0),
            (Some(at("2026-11-21T06:00:20Z")), received, 0),
            (Some(at("9999-11-21T06:00:20Z")), received, 1),
        ] {
            let mut notes = Notes::default();
            assert_eq!(happened(said, received, "x", &mut notes), stands, "{said:?}");
            assert_eq!(notes.done().len(), noted, "{said:?}");
        }
    }
}
