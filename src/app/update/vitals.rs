//! What is known of agents' health: their vitals, and what probes of actions read later.

use super::super::model::Model;
use crate::incident::{ActionId, Aim, Event, IncidentId, Judged, Reading, VITALS, Vitals};

/// What was read of the world, where an event comes from that.
pub(super) fn read(event: &Event) -> Option<(ActionId, &[Reading])> {
    if let Event::ActionVerified { action, readings }
    | Event::ActionUnverified { action, readings }
    | Event::ActionLeaking { action, readings, .. } = event
    {
        Some((*action, readings))
    } else {
        None
    }
}

impl Model {
    /// An agent was examined. What a probe read later than that stands.
    pub(super) fn examined(&mut self, mut vitals: Vitals) {
        if let Some(probed) = self.probed.get_mut(&vitals.agent) {
            probed.retain(|_, (_, at)| *at > vitals.at);
            let later = probed.iter().map(|(name, (value, _))| (name.clone(), value.clone()));
            vitals.values.extend(later);
        }
        self.vitals.insert(vitals.agent.clone(), vitals);
    }

    /// A probe read something: an agent must not look better, or worse, than it was seen last. Of
    /// several replicas the one that speaks most against the action is shown.
    pub(super) fn probed(&mut self, incident: IncidentId, action: ActionId, readings: &[Reading]) {
        let action = self.board.incident(incident).and_then(|i| i.actions.get(&action));
        let Some(plan) = action.map(|a| &a.plan).filter(|plan| plan.op.info().aim == Aim::Agent) else {
            return;
        };
        let Ok(agent) = plan.target.as_str().parse() else { return };
        let facts = &mut **self;
        let Some(vitals) = facts.vitals.get_mut(&agent) else { return };
        for reading in Judged::all(readings).iter().filter_map(Judged::worst) {
            let name = reading.check.name.as_str();
            let vital = VITALS.iter().any(|vital| vital.name == name);
            let Some(value) = reading.value.as_ref().filter(|_| vital && reading.at > vitals.at) else {
                continue;
            };
            vitals.values.insert(name.to_owned(), value.clone());
            let known = facts.probed.entry(vitals.agent.clone()).or_default();
            known.insert(name.to_owned(), (value.clone(), reading.at));
        }
    }
}
