//! When to ring: a new P0 or P1, a deadline that comes near or is over, a leak. Each once (B12).

use super::effect::Effect;
use super::journal::JournalAlarm;
use super::model::Model;
use crate::incident::{
    ActionId, Disposition, Due, IncidentId, Lamp, Severity, Standing, Text, clock_face, deadlines,
};

/// What was told already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// An incident of this severity.
    Incident(IncidentId, Severity),
    /// A deadline, near or over.
    Deadline(IncidentId, Due, bool),
    /// A leak, by how many there were before: recorded later, it is the same.
    Leak(IncidentId, ActionId, u32),
    /// A channel does not deliver.
    Channel(Text),
    /// Something is wrong with the journal.
    Journal(JournalAlarm),
}

impl Model {
    /// Everything that is worth ringing for and was not told yet. What was on record before this
    /// session began is not news.
    pub(super) fn attend(&mut self) -> Vec<Effect> {
        let mut news = Vec::new();
        let settled_after = self.policy.probing.settled_after;
        // What is over rings for nothing but what somebody was to take away by now.
        for incident in self.board.incidents().filter(|i| !i.is_open()) {
            for action in incident.actions.values().filter(|a| a.due().is_some_and(|due| self.now() >= due)) {
                let told = Told::Deadline(incident.id, Due::Mitigation(action.id), true);
                if !self.told.contains(&told) {
                    let owner = action.disposition.as_ref().and_then(Disposition::owner);
                    let owner = owner.map_or("", Text::as_str);
                    news.push((told, format!("{}: {} gone, {owner} is OVER", incident.id, action.id)));
                }
            }
        }
        for incident in self.board.incidents().filter(|i| i.is_open()) {
            let name = incident.severity.name(self.policy.naming);
            let mut tell = |told: Told, words: String| {
                if !self.told.contains(&told) {
                    news.push((told, words));
                }
            };
            if incident.severity <= Severity::P1 {
                let words = format!("{name} {}: {}", incident.id, incident.title);
                tell(Told::Incident(incident.id, incident.severity), words);
            }
            for action in incident.actions.values().filter(|a| a.lamp == Lamp::Leaking) {
                let told = Told::Leak(incident.id, action.id, action.leaks);
                // One that comes and goes is one alarm, until it has held long enough.
                let settled = action.held_for().is_none_or(|held| held >= settled_after.delta());
                if action.leaks > 1 && !settled {
                    continue;
                }
                let held = action.held_for().map(|held| format!(", it had held {}", clock_face(held)));
                let held = held.unwrap_or_default();
                let since = action.held_since.unwrap_or(action.changed_at);
                let (lines, more) = self.log.count_since(&action.plan.target, since);
                let least = if more { "at least " } else { "" };
                let logged =
                    if lines == 0 { String::new() } else { format!(", {least}{lines} log lines since") };
                let (title, unrecorded) = (action.plan.title(), action.on_record());
                let words = format!("{} LEAKING{unrecorded}: {title}{held}{logged}", incident.id);
                tell(told, words);
            }
            for deadline in deadlines(incident, &self.policy, self.now()) {
                let over = match deadline.standing(self.now()) {
                    Standing::Near => false,
                    Standing::Over => true,
                    Standing::Running | Standing::Met | Standing::MetLate => continue,
                };
                if deadline.enforced {
                    let how = if over { "is OVER" } else { "is near" };
                    let words = format!("{name} {}: {} {how}", incident.id, deadline.label);
                    tell(Told::Deadline(incident.id, deadline.due, over), words);
                }
            }
        }
        let failing = self.failing_channels();
        for standing in &failing {
            let told = Told::Channel(standing.channel.clone());
            if !self.told.contains(&told) {
                let words = format!("{} DOES NOT DELIVER: {}", standing.channel, standing.words());
                news.push((told, words));
            }
        }
        let mended = |told: &Told| match told {
            Told::Journal(alarm) => !self.journal.contains_key(alarm),
            Told::Channel(name) => failing.iter().all(|standing| standing.channel != *name),
            Told::Incident(..) | Told::Deadline(..) | Told::Leak(..) => false,
        };
        let mended: Vec<Told> = self.told.iter().filter(|told| mended(told)).cloned().collect();
        for (alarm, words) in self.journal.iter().filter(|(a, _)| !self.told.contains(&Told::Journal(**a))) {
            news.push((Told::Journal(*alarm), words.to_string()));
        }
        for told in mended {
            self.told.remove(&told);
        }
        let quiet = !self.loaded;
        let mut effects = Vec::new();
        for (told, words) in news {
            self.told.insert(told);
            if quiet {
                continue;
            }
            if self.attention.notify {
                effects.push(Effect::Notify(Text::line(&format!("{}: {words}", self.realm))));
            }
            if self.attention.bell && !effects.contains(&Effect::Bell) {
                effects.push(Effect::Bell);
            }
        }
        effects
    }
}
