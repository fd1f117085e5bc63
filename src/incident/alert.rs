//! An alert as it enters: whatever the source, the same few fields.

use serde::{Deserialize, Serialize};

use super::{AgentId, Pattern, Severity, Text, Time};

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What makes it the same alert when it is sent again (B12): the source's fingerprint.
    pub key: Text,
    /// What makes it belong together with others: the source's group key. May equal `key`.
    pub group: Text,
    /// Where it came from: `alertmanager`, `generic`, `simulated`.
    pub source: Text,
    /// Its name.
    pub name: Text,
    /// What it says.
    pub summary: Text,
    /// How critical the source says it is, verbatim (B3: `CRITICAL` makes P0).
    pub criticality: Text,
    /// What it is about, verbatim (B3: API or Auth, Model, anything else).
    pub category: Text,
    /// A severity the source names outright; wins over B3's.
    pub severity: Option<Severity>,
    /// The agent it is about.
    pub agent: Option<AgentId>,
    /// When it began, by the source's clock; none: the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Time>,
    /// All labels, for the record.
    pub labels: Vec<(Text, Text)>,
}

impl Alert {
    /// Whether it says something that `held`, the same alert as heard before, did not. A source
    /// that sends it again with another time or other labels says nothing new (B12).
    #[must_use]
    pub fn is_news_to(&self, held: &Self) -> bool {
        let told = |alert: &Self| {
            let Self { name, summary, criticality, category, severity, agent, .. } = alert;
            (name.clone(), summary.clone(), criticality.clone(), category.clone(), *severity, agent.clone())
        };
        told(self) != told(held)
    }

    /// Its criticality in one word, or its source where it has none.
    #[must_use]
    pub fn word(&self) -> String {
        let word = if self.criticality.is_blank() { &self.source } else { &self.criticality };
        word.as_str().to_lowercase()
    }

    /// Automatic first class (B3): CRITICAL is P0, anything else P1, unless the source names one.
    #[must_use]
    pub fn first_severity(&self) -> Severity {
        self.severity.unwrap_or({
            if self.criticality.as_str().eq_ignore_ascii_case("critical") {
                Severity::P0
            } else {
                Severity::P1
            }
        })
    }

    /// Automatic first pattern (B3): API or Auth is a tool failure, Model a model failure, else
    /// orchestration. A category that names a pattern outright is taken at its word.
    #[must_use]
    pub fn first_pattern(&self) -> Pattern {
        let category = self.category.as_str();
        let is = |word: &str| category.eq_ignore_ascii_case(word);
        if let Ok(named) = category.parse() {
            named
        } else if is("api") || is("auth") {
            Pattern::ToolFailure
        } else if is("model") {
            Pattern::ModelFailure
        } else {
            Pattern::Orchestration
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(criticality: &str, category: &str) -> Alert {
        Alert {
            key: "k".into(),
            group: "g".into(),
            source: "test".into(),
            name: "n".into(),
            summary: Text::default(),
            criticality: criticality.into(),
            category: category.into(),
            severity: None,
            agent: None,
            starts_at: None,
            labels: vec![],
        }
    }

    #[test]
    fn b3_the_first_class_is_automatic() {
        for (criticality, category, severity, pattern) in [
            ("CRITICAL", "API", Severity::P0, Pattern::ToolFailure),
            ("critical", "auth", Severity::P0, Pattern::ToolFailure),
            ("warning", "Model", Severity::P1, Pattern::ModelFailure),
            ("", "", Severity::P1, Pattern::Orchestration),
            ("info", "loop", Severity::P1, Pattern::Orchestration),
            ("info", "boundary", Severity::P1, Pattern::Boundary),
        ] {
            let alert = alert(criticality, category);
            assert_eq!((alert.first_severity(), alert.first_pattern()), (severity, pattern));
        }
    }

    #[test]
    fn b12_an_alert_sent_again_with_another_time_is_no_news() {
        let held = alert("critical", "api");
        let again = Alert { starts_at: Some(Time::UNIX_EPOCH), ..held.clone() };
        assert!(!again.is_news_to(&held));
        assert!(Alert { summary: "worse".into(), ..held.clone() }.is_news_to(&held));
    }

    #[test]
    fn a_severity_named_by_the_source_wins() {
        let named = Alert { severity: Some(Severity::P3), ..alert("critical", "") };
        assert_eq!(named.first_severity(), Severity::P3);
    }
}
