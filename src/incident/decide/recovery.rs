//! Whether an incident is over: by what was read of its agents, or by the word of who answers for it.

use super::{Context, Decision};
use crate::incident::policy::Unproved;
use crate::incident::recovery::RULE;
use crate::incident::{AgentReadings, Event, Recovery, Refusal, Text, Verdict};

impl Context<'_> {
    /// Takes in what was read. What says the same as a reading that is still fresh is not told twice.
    pub(super) fn recover(&self, agents: &[AgentReadings]) -> Decision {
        if !self.is_flightdeck() {
            let why = "recovery is read by the program, not said by anybody";
            return Err(Refusal::new("B6", why, "resolve it, and say why where not all of it holds"));
        }
        self.needs_open("reading recovery")?;
        let rule = &self.policy.recovery;
        let newest = self.incident.recovery.iter().flat_map(|read| &read.readings).map(|r| r.at).max();
        let is_fresh = newest.is_some_and(|at| (self.now - at) * 2 < rule.fresh.delta());
        if is_fresh && self.verdicts(&self.incident.recovery) == self.verdicts(agents) {
            return Ok(vec![]);
        }
        Ok(vec![Event::RecoveryRead { agents: agents.to_vec() }])
    }

    fn verdicts(&self, agents: &[AgentReadings]) -> Vec<Verdict> {
        let rule = &self.policy.recovery;
        let vitals = agents.iter().flat_map(|read| rule.vitals(&read.agent, &read.readings, self.now));
        vitals.map(|vital| vital.verdict).collect()
    }

    /// The reason that goes on record with an end that readings do not prove; none where they do.
    pub(super) fn recovered(&self, despite: Option<&Text>) -> Result<Option<Text>, Refusal> {
        let recovery = Recovery::of(self.incident, self.policy, self.now);
        let despite = despite.filter(|reason| !reason.is_blank());
        if !recovery.needs_reason() {
            return Ok(None);
        }
        let why = format!("recovery is not proved: {}", recovery.against());
        let may_say = match recovery.unproved {
            Unproved::Refused => {
                return Err(Refusal::new(RULE, why, "wait until all of it holds"));
            }
            // An end that the program itself brings about is a drill's that was given up.
            Unproved::Commander if !self.is_flightdeck() => match self.incident.commander() {
                Some(commander) if self.actor.as_person() != Some(commander) => Some(commander),
                Some(_) | None => None,
            },
            Unproved::Commander | Unproved::Reason | Unproved::Allowed => None,
        };
        if let Some(commander) = may_say {
            let instead = format!("wait until all of it holds, or ask {commander}, who commands");
            return Err(Refusal::new(RULE, why, instead));
        }
        match despite {
            Some(reason) => Ok(Some(reason.clone())),
            None => {
                let instead = "wait until all of it holds, or say why it is over all the same";
                Err(Refusal::new(RULE, why, instead))
            }
        }
    }
}
