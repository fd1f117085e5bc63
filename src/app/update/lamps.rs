//! What the lamps ask of a screen: recovery read before the end (B6), and what an agent logged
//! since its containment began to leak (A3).

use super::super::effect::Effect;
use super::super::field::Field;
use super::super::form::{End, Purpose};
use super::super::model::{Modal, Model, Pane, Screen};
use super::super::msg::Notice;
use crate::incident::{Action, ActionId, Entry, Event, IncidentId, Lamp, Recovery, Time};

/// Seconds between two readings while somebody is about to end an incident.
const READ_AGAIN: i64 = 10;

impl Model {
    /// How the selected incident stands by what was read of its agents.
    #[must_use]
    pub fn recovery(&self) -> Option<Recovery> {
        self.incident().map(|incident| Recovery::of(incident, &self.policy, self.now()))
    }

    /// Has the agents read, unless that was done just now.
    pub(super) fn read_recovery(&mut self) -> Vec<Effect> {
        let Some(incident) = self.incident().filter(|i| i.is_open()).map(|i| i.id) else { return vec![] };
        let just = |(of, at): (IncidentId, Time)| {
            of == incident && (self.now() - at).num_seconds() < READ_AGAIN && self.now() >= at
        };
        if self.recovery_asked.is_some_and(just) {
            return vec![];
        }
        self.recovery_asked = Some((incident, self.now()));
        vec![Effect::Recover(incident)]
    }

    /// Reads on while the end of the incident is being written.
    pub(super) fn read_while_closing(&mut self) -> Vec<Effect> {
        match self.modals.last() {
            Some(Modal::Form(form)) if is_ending(&form.purpose) => self.read_recovery(),
            Some(_) | None => vec![],
        }
    }

    /// Says what became of an action of the selected incident, where its pane is not in sight.
    pub(super) fn say_lamp(&mut self, entry: &Entry) {
        let layout = self.layout();
        let in_sight = layout.panes.iter().any(|(pane, _)| *pane == Pane::Actions);
        if in_sight || self.selection.incident != Some(entry.incident) {
            return;
        }
        let Some(id) = action_of(&entry.event) else { return };
        let Some(action) = self.incident().and_then(|i| i.actions.get(&id)) else { return };
        let words = format!("{id} {}: {}; {}", action.plan.title(), action.lamp, action.next_step());
        let bad = matches!(
            action.lamp,
            Lamp::Leaking | Lamp::Failed | Lamp::Unverified | Lamp::InDoubt | Lamp::Denied | Lamp::Expired
        );
        self.take_notice(if bad { Notice::error(words) } else { Notice::info(words) });
    }

    /// Reads on demand, and says how it stands.
    pub(super) fn ask_recovery(&mut self) -> Vec<Effect> {
        let Some(recovery) = self.recovery() else {
            self.take_notice(Notice::error(self.no_incident()));
            return vec![];
        };
        self.take_notice(Notice::info(match recovery.vitals.is_empty() {
            true => format!("recovery: {}", recovery.against()),
            false => "reading the agents; what is read goes on the timeline".to_owned(),
        }));
        self.recovery_asked = None;
        self.read_recovery()
    }

    /// The leak that a commander looks at: of the selected action, else the newest.
    #[must_use]
    pub fn leak(&self) -> Option<&Action> {
        let leaks = |a: &&Action| a.lamp == Lamp::Leaking;
        let selected = self.selected_action().filter(leaks);
        selected.or_else(|| self.incident()?.actions.values().filter(leaks).max_by_key(|a| a.changed_at))
    }

    /// Shows what the agent logged since the leak began, oldest first.
    pub(super) fn show_since_leak(&mut self) -> Vec<Effect> {
        let Some((agent, since)) = self.leak().map(|a| (a.plan.target.clone(), a.changed_at)) else {
            self.take_notice(Notice::info("nothing is leaking"));
            return vec![];
        };
        self.screen = Screen::Cockpit;
        self.set_focus(Pane::Log);
        self.log.typed = Field::new(&format!("agent={agent}"));
        self.refilter();
        self.log.select_since(since);
        vec![]
    }
}

/// The action whose lamp an event changes.
fn action_of(event: &Event) -> Option<ActionId> {
    if let Event::ActionProposed { action, .. }
    | Event::ActionDenied { action, .. }
    | Event::ActionExpired { action }
    | Event::ActionRequested { action, .. }
    | Event::ActionAccepted { action, .. }
    | Event::ActionFailed { action, .. }
    | Event::ActionVerified { action, .. }
    | Event::ActionUnverified { action, .. }
    | Event::ActionLeaking { action, .. }
    | Event::ActionInDoubt { action, .. }
    | Event::ActionUndone { action, .. } = event
    {
        Some(*action)
    } else {
        None
    }
}

/// Whether a form leads to the end of the incident.
fn is_ending(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Resolve | Purpose::Account(_, Some(End::Resolve)))
}
