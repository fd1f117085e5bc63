//! What to know of a plan before it is confirmed: values, whose words are made here and nowhere else.

use serde::{Deserialize, Serialize};

use super::{ActionId, Plan, Text, Time};

/// One thing to know before a plan is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub enum Caution {
    /// Something could fight it, in the words of whoever knows: another action in force, a controller, a
    /// second replica.
    Fights(Text),
    /// What else the call reaches, or by which of two ways it goes.
    Also(Text),
    /// The version of its target, which should have been read, was not; why.
    UnreadVersion(Text),
    /// The call would not be made, or be refused, as things are; why.
    Blocked(Text),
    /// The call takes something along that an analysis needs (A4).
    EvidenceGoes {
        /// What goes.
        what: Text,
        /// What secured it.
        secured: Option<Secured>,
    },
}

/// A snapshot that was taken of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secured {
    /// By which action of the incident.
    pub by: ActionId,
    /// When it was proved.
    pub at: Time,
}

impl Caution {
    /// Its label, before its words.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Fights(_) => "fights",
            Self::Also(_) => "also",
            Self::UnreadVersion(_) => "version",
            Self::Blocked(_) => "blocked",
            Self::EvidenceGoes { .. } => "evidence",
        }
    }

    /// Its words, of a plan for this target.
    #[must_use]
    pub fn words(&self, target: &Text) -> Text {
        match self {
            Self::Fights(words) | Self::Also(words) | Self::Blocked(words) => words.clone(),
            Self::UnreadVersion(why) => Text::line(&format!("not read, because {why}")),
            Self::EvidenceGoes { what, secured: None } => {
                Text::line(&format!("{what}: {}", snapshot_first(target)))
            }
            Self::EvidenceGoes { what, secured: Some(Secured { by, at }) } => {
                Text::line(&format!("{what}: {by} took a snapshot at {}", at.format("%H:%M:%S")))
            }
        }
    }
}

impl From<Text> for Caution {
    /// What an adapter says in words of its own could fight the plan.
    fn from(words: Text) -> Self {
        Self::Fights(words)
    }
}

/// What to do before evidence goes (A4).
fn snapshot_first(target: &Text) -> String {
    format!("snapshot {target} first")
}

impl Plan {
    /// What to know before it is confirmed, each with its label, as it is said.
    pub fn cautions(&self) -> impl Iterator<Item = (&'static str, Text)> {
        self.cautions.iter().map(|caution| (caution.label(), caution.words(&self.target)))
    }

    /// What is said of a plan that takes away what an analysis needs; none where it does not.
    #[must_use]
    pub fn destroys(&self) -> Option<String> {
        let first = snapshot_first(&self.target);
        self.destroys_evidence.then(|| format!("EVIDENCE that an analysis needs (A4): {first}"))
    }

    /// Takes into account that a snapshot of the target was taken: what an analysis needs is kept (A4).
    pub fn secure(&mut self, by: Secured) {
        self.destroys_evidence = false;
        for caution in &mut self.cautions {
            if let Caution::EvidenceGoes { secured, .. } = caution {
                *secured = Some(by);
            }
        }
    }
}

/// How a caution is stored: in words where it has nothing but words, as it was before there were others.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Words(Text),
    Named(Named),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Also(Text),
    UnreadVersion(Text),
    Blocked(Text),
    EvidenceGoes {
        what: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secured: Option<Secured>,
    },
}

/// How the words began once that say why a version was not read.
const UNREAD_VERSION: &str = "version: not read, because ";

impl From<Stored> for Caution {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Words(words) => match words.as_str().strip_prefix(UNREAD_VERSION) {
                Some(why) => Self::UnreadVersion(Text::line(why)),
                None => Self::Fights(words),
            },
            Stored::Named(Named::Also(words)) => Self::Also(words),
            Stored::Named(Named::UnreadVersion(why)) => Self::UnreadVersion(why),
            Stored::Named(Named::Blocked(why)) => Self::Blocked(why),
            Stored::Named(Named::EvidenceGoes { what, secured }) => Self::EvidenceGoes { what, secured },
        }
    }
}

impl From<Caution> for Stored {
    fn from(caution: Caution) -> Self {
        match caution {
            Caution::Fights(words) => Self::Words(words),
            Caution::Also(words) => Self::Named(Named::Also(words)),
            Caution::UnreadVersion(why) => Self::Named(Named::UnreadVersion(why)),
            Caution::Blocked(why) => Self::Named(Named::Blocked(why)),
            Caution::EvidenceGoes { what, secured } => Self::Named(Named::EvidenceGoes { what, secured }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{plan, time};

    fn goes(secured: Option<Secured>) -> Caution {
        Caution::EvidenceGoes { what: "its pods go".into(), secured }
    }

    #[test]
    fn every_caution_is_said_under_its_label_and_comes_back_from_the_journal() {
        let by = Secured { by: ActionId(3), at: time("12:04:05") };
        for (caution, stored, said) in [
            (Caution::Fights("a second replica".into()), r#""a second replica""#, "fights a second replica"),
            (Caution::Also("every run".into()), r#"{"also":"every run"}"#, "also every run"),
            (
                Caution::UnreadVersion("it timed out".into()),
                r#"{"unread_version":"it timed out"}"#,
                "version not read, because it timed out",
            ),
            (
                Caution::Blocked("there is no token".into()),
                r#"{"blocked":"there is no token"}"#,
                "blocked there is no token",
            ),
            (
                goes(None),
                r#"{"evidence_goes":{"what":"its pods go"}}"#,
                "evidence its pods go: snapshot support-1 first",
            ),
            (
                goes(Some(by)),
                r#"{"evidence_goes":{"what":"its pods go","secured":{"by":3,"at":"2026-05-04T12:04:05Z"}}}"#,
                "evidence its pods go: A3 took a snapshot at 12:04:05",
            ),
        ] {
            assert_eq!(serde_json::to_string(&caution).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Caution>(stored).unwrap(), caution);
            assert_eq!(format!("{} {}", caution.label(), caution.words(&"support-1".into())), said);
        }
    }

    #[test]
    fn a_journal_written_before_there_were_labels_is_read_as_it_was_meant() {
        for (stored, meant) in [
            (r#""version: not read, because 503""#, Caution::UnreadVersion("503".into())),
            (r#""version: none of ours""#, Caution::Fights("version: none of ours".into())),
        ] {
            assert_eq!(serde_json::from_str::<Caution>(stored).unwrap(), meant);
        }
    }

    /// The words of the conflict were replaced in the hub: an adapter that said it otherwise kept
    /// asking for a snapshot that was there.
    #[test]
    fn a4_once_a_snapshot_was_taken_no_plan_asks_for_it_however_the_adapter_says_what_goes() {
        let mut plan = plan("isolate support-1");
        plan.destroys_evidence = true;
        plan.cautions = vec![Caution::Fights("snapshot support-1 first".into()), goes(None)];
        assert!(plan.destroys().is_some_and(|words| words.ends_with("snapshot support-1 first")));
        plan.secure(Secured { by: ActionId(1), at: time("12:00:00") });
        assert_eq!(plan.destroys(), None);
        let said: Vec<_> = plan.cautions().map(|(label, words)| format!("{label} {words}")).collect();
        assert_eq!(
            said,
            ["fights snapshot support-1 first", "evidence its pods go: A1 took a snapshot at 12:00:00"]
        );
    }
}
