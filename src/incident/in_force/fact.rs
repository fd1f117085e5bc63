//! One mitigation told as facts: the command line's JSON and the digest's template read the same.

use serde::Serialize;

use super::InForce;
use crate::incident::{Disposition, Judged, LABELS, Params, Reading, Text, Time, Verdict, Witness};

/// What an alert without labels of its own is said to have.
const NONE: &str = "none";

/// One mitigation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MitigationFact {
    /// `INC-42`.
    pub incident: String,
    /// The incident's title.
    pub title: Text,
    /// `open`, `resolved` or `merged`.
    pub status: &'static str,
    /// `A1`.
    pub action: String,
    /// The operation.
    pub op: &'static str,
    /// What it was aimed at.
    pub target: Text,
    /// Its parameters.
    pub params: Params,
    /// The lamp it shows, as a word.
    pub lamp: &'static str,
    /// Whether it may still be in force.
    pub in_force: bool,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Time,
    /// How long ago, roughly: `3d`.
    pub age: String,
    /// When its checks first held.
    pub verified_at: Option<Time>,
    /// When a check was read last and gave a value.
    pub read_at: Option<Time>,
    /// Whether probes go on reading it by themselves.
    pub watched: bool,
    /// Each check with what was read last.
    pub checks: Vec<CheckedFact>,
    /// What a person saw of it last, where it has no checks.
    pub witnessed: Option<WitnessFact>,
    /// Who answers for it.
    pub owner: Text,
    /// What is to become of it: `undo`, `handed-over`, `kept`; none: nobody said.
    pub disposition: Option<&'static str>,
    /// Why.
    pub reason: Option<Text>,
    /// By when it is to be gone.
    pub due: Option<Time>,
    /// Whether that is over.
    pub overdue: bool,
    /// The exact call that undoes it.
    pub undo: Option<Text>,
    /// The action that is undoing it.
    pub undoing: Option<String>,
    /// When it ends by itself, where it does: a silence.
    pub ends: Option<Time>,
}

impl MitigationFact {
    /// What it is, with what tells it from another one of the same: `silence LeakAlert agent=good-2`.
    #[must_use]
    pub fn what(&self) -> String {
        let labels = self.params.get(LABELS).filter(|labels| labels.as_str() != NONE);
        let labels = labels.map(|labels| format!(" {labels}")).unwrap_or_default();
        let ends = self.ends.map(|at| format!(" until {}", at.format("%H:%M"))).unwrap_or_default();
        format!("{} {}{labels}{ends}", self.op, self.target)
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedFact {
    /// What it must read.
    pub expected: String,
    /// What was read.
    pub read: String,
    /// When.
    pub at: Option<Time>,
    /// Whether it holds; none: it was not read.
    pub holds: Option<bool>,
}

/// What a person saw.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WitnessFact {
    /// Who looked.
    pub by: String,
    /// When it was put on record.
    pub at: Time,
    /// Whether it was seen to hold.
    pub holds: bool,
    /// What was seen, and where.
    pub reason: Text,
}

impl From<&Witness> for WitnessFact {
    fn from(seen: &Witness) -> Self {
        Self { by: seen.by.to_string(), at: seen.at, holds: seen.holds, reason: seen.reason.clone() }
    }
}

impl MitigationFact {
    /// As it is now, with the newest readings known.
    #[must_use]
    pub fn of(one: &InForce<'_>, readings: &[Reading], now: Time) -> Self {
        let InForce { incident, action } = one;
        let plan = &action.plan;
        let said = action.disposition.as_ref();
        let value = |reading: &&Reading| reading.value.is_some();
        let checks = plan.checks.iter().map(|check| {
            let judged = Judged::new(check, readings);
            let holds = match judged.verdict() {
                Verdict::Unread => None,
                Verdict::Holds => Some(true),
                Verdict::Fails => Some(false),
            };
            CheckedFact { expected: check.to_string(), read: judged.words(), at: judged.at(), holds }
        });
        Self {
            incident: incident.id.to_string(),
            title: incident.title.clone(),
            status: incident.status.word(),
            action: action.id.to_string(),
            op: plan.op.word(),
            target: plan.target.clone(),
            params: plan.params.clone(),
            lamp: action.lamp.word(),
            in_force: action.is_in_force(),
            asked_by: action.asked_by.to_string(),
            asked_at: action.asked_at,
            age: rough(now - action.asked_at),
            verified_at: action.verified_at,
            read_at: readings.iter().filter(value).map(|reading| reading.at).max(),
            watched: one.is_watched(),
            checks: checks.collect(),
            witnessed: action.witnessed.as_ref().map(WitnessFact::from),
            owner: one.owner(),
            disposition: said.map(|said| match said {
                Disposition::Undo => "undo",
                Disposition::HandedOver { .. } => "handed-over",
                Disposition::Kept { .. } => "kept",
            }),
            reason: said.and_then(Disposition::reason).cloned(),
            due: said.and_then(Disposition::due),
            overdue: one.is_overdue(now),
            undo: plan.inverse.as_ref().map(|inverse| inverse.call.clone()),
            ends: action.ends_at(),
            undoing: incident.undoing(action).map(|undo| undo.id.to_string()),
        }
    }
}

/// A length of time in its largest unit: `3d`, `5h`, `12m`, `<1m`.
#[must_use]
pub fn rough(length: chrono::TimeDelta) -> String {
    let units = [(length.num_days(), "d"), (length.num_hours(), "h"), (length.num_minutes(), "m")];
    let found = units.into_iter().find(|(count, _)| *count > 0);
    found.map_or_else(|| "<1m".to_owned(), |(count, unit)| format!("{count}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::ActionId;
    use crate::incident::story::{ISOLATED, Story, time};

    fn fact(story: &Story) -> MitigationFact {
        let one = InForce { incident: &story.incident, action: &story.incident.actions[&ActionId(1)] };
        MitigationFact::of(&one, &[], time("12:10:00"))
    }

    /// The list said "silence LeakAlert" of several, whichever agents' alerts each kept quiet, and until
    /// when.
    #[test]
    fn a_silence_is_told_with_its_labels_and_its_end() {
        for (words, what) in [
            (
                "silence LeakAlert minutes=30 labels=agent=good-2",
                "silence LeakAlert agent=good-2 until 12:30",
            ),
            ("silence LeakAlert minutes=5 labels=none", "silence LeakAlert until 12:05"),
            ("isolate support-1", "isolate support-1"),
        ] {
            assert_eq!(fact(&Story::p0().asks(words).accepts(1)).what(), what);
        }
    }

    #[test]
    fn an_undo_that_runs_is_told_with_its_mitigation() {
        let story = Story::p0().does("isolate support-1", ISOLATED);
        assert_eq!(fact(&story).undoing, None);
        let undone = story.asks("release support-1").accepts(2);
        assert_eq!(fact(&undone).undoing.as_deref(), Some("A2"));
    }
}
