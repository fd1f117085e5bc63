//! When control was lost after it had been proved (A3).

use serde::Serialize;

use super::{Length, Source};
use crate::incident::{ActionId, Entry, Event, Reading, Text, Time};

/// One time during which a verified action leaked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossFact {
    /// The entry that says so.
    pub seq: u64,
    /// The action: `A1`.
    pub action: String,
    /// `isolate support-1`.
    pub title: Text,
    /// Since when.
    pub from: Time,
    /// Until it was verified again or undone; none: it did not hold again.
    pub to: Option<Time>,
    /// How long.
    pub length: Option<Length>,
    /// What was read that should not have been.
    pub read: Vec<Text>,
}

impl Source<'_> {
    pub(super) fn control_lost(&self) -> Vec<LossFact> {
        let mut all: Vec<(ActionId, LossFact)> = Vec::new();
        for entry in self.entries() {
            if let Event::ActionLeaking { action, readings, .. } = &entry.event {
                all.push((*action, self.loss(*action, readings, entry)));
            }
            if let Event::ActionVerified { action, .. } | Event::ActionUndone { action, .. } = &entry.event
                && let Some((_, loss)) = all.iter_mut().find(|(id, loss)| id == action && loss.to.is_none())
            {
                loss.to = Some(entry.at);
                loss.length = Some(Length::between(loss.from, entry.at));
            }
        }
        all.into_iter().map(|(_, loss)| loss).collect()
    }

    fn loss(&self, action: ActionId, readings: &[Reading], entry: &Entry) -> LossFact {
        let title = self.incident.actions.get(&action).map(|a| a.plan.title());
        let wrong = readings.iter().filter(|r| r.value.is_some() && !r.holds());
        LossFact {
            seq: entry.seq,
            action: action.to_string(),
            title: Text::line(&title.unwrap_or_default()),
            from: entry.at,
            to: None,
            length: None,
            read: wrong.map(Reading::to_string).map(|read| Text::line(&read)).collect(),
        }
    }
}
