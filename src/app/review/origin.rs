//! From which entries a review was written: its first line says so, unseen by readers.

use chrono::SecondsFormat;

use crate::incident::{IncidentId, ReviewFacts, Time};

const BEGINS: &str = "<!-- flightdeck review ";
const ENDS: &str = " -->";

/// What a review was written from. With it the same document can be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whose review it is.
    pub incident: IncidentId,
    /// The last entry that was read.
    pub through: u64,
    /// When.
    pub as_of: Time,
}

impl Origin {
    /// What a document says of itself, if it still does.
    #[must_use]
    pub fn of(document: &str) -> Option<Self> {
        let line = document.lines().find(|line| line.starts_with(BEGINS))?;
        let mut words = line.strip_prefix(BEGINS)?.strip_suffix(ENDS)?.split(' ');
        Some(Self {
            incident: words.next()?.parse().ok()?,
            through: words.next()?.strip_prefix("through=")?.parse().ok()?,
            as_of: words.next()?.strip_prefix("as-of=")?.parse().ok()?,
        })
    }

    /// The line that says so.
    pub fn line(facts: &ReviewFacts) -> String {
        let as_of = facts.as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        format!("{BEGINS}{} through={} as-of={as_of}{ENDS}", facts.incident, facts.through)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{Story, time};

    #[test]
    fn a_document_says_what_it_was_written_from_unless_somebody_cut_it_out() {
        let story = Story::isolated();
        let facts = ReviewFacts::of(&story.record(), &story.policy, time("13:00:00"));
        let line = Origin::line(&facts);
        assert_eq!(line, "<!-- flightdeck review INC-42 through=5 as-of=2026-05-04T13:00:00Z -->");
        let origin = Origin { incident: IncidentId(42), through: 5, as_of: time("13:00:00") };
        assert_eq!(Origin::of(&format!("my words\n{line}\n# Review")), Some(origin));
        for gone in ["# Review", "<!-- flightdeck review INC-42 through=x as-of=y -->", ""] {
            assert_eq!(Origin::of(gone), None);
        }
    }
}
