//! What is written down along the way: hypotheses, updates, improvements.

use super::{Context, Decision};
use crate::incident::{
    Area, Audience, Elsewhere, Event, FirstCheck, HypothesisId, ImprovementId, Mark, Outcome, Progress,
    Refusal, Text, Time, Topic,
};

impl Context<'_> {
    pub(super) fn suppose(&self, text: &Text, owner: &Text) -> Decision {
        self.needs_open("supposing a cause")?;
        self.needs_text("D5", text, "a hypothesis")?;
        self.needs_text("D5", owner, "the owner of a hypothesis")?;
        let next = self.incident.hypotheses.keys().next_back().map_or(1, |id| id.0 + 1);
        Ok(vec![Event::HypothesisOpened {
            hypothesis: HypothesisId(next),
            text: text.clone(),
            owner: owner.clone(),
            until: self.policy.hypothesis_box.after(self.now),
        }])
    }

    /// A confirmed hypothesis is the root cause: T4.
    pub(super) fn close_hypothesis(&self, id: HypothesisId, outcome: Outcome, reason: &Text) -> Decision {
        let Some(hypothesis) = self.incident.hypotheses.get(&id) else {
            let why = format!("{} has no hypothesis {id}", self.incident.id);
            return Err(Refusal::new("D5", why, "read the list of hypotheses"));
        };
        if let Some((outcome, ..)) = &hypothesis.closed {
            let why = format!("{id} ended already: {outcome}");
            return Err(Refusal::new("D5", why, "suppose it anew if there is news"));
        }
        self.needs_text("D5", reason, "what was found")?;
        let mut events = vec![Event::HypothesisClosed { hypothesis: id, outcome, reason: reason.clone() }];
        if outcome == Outcome::Confirmed && self.incident.mark(Mark::T4).is_none() {
            events.push(Event::MarkSet { mark: Mark::T4, at: self.now, reason: None });
        }
        Ok(events)
    }

    /// An update says what is affected, what is being done, and when the next one comes (D3).
    pub(super) fn update(
        &self,
        audience: Audience,
        affected: &Text,
        doing: &Text,
        next_at: Option<Time>,
    ) -> Decision {
        self.needs_text("D3", affected, "what is affected")?;
        self.needs_text("D3", doing, "what is being done")?;
        let next_at = match (next_at, self.policy.updates.get(&audience)) {
            (Some(at), _) => at,
            (None, Some(cadence)) => cadence.of(self.incident.severity).after(self.now),
            (None, None) => {
                let why = format!("the policy has no cadence for {audience}");
                return Err(Refusal::new("D3 updates", why, "say when the next update comes"));
            }
        };
        if next_at <= self.now {
            let why = "the next update would lie in the past";
            return Err(Refusal::new("D3", why, "promise a time to come"));
        }
        if !self.actor.is_person() && self.policy.people_tell.contains(&audience) {
            return Ok(vec![self.drafted(audience, affected, doing)]);
        }
        Ok(vec![Event::UpdateSent { audience, affected: affected.clone(), doing: doing.clone(), next_at }])
    }

    /// What was gathered first is the program's word, and said once.
    pub(super) fn first_check(&self, check: &FirstCheck) -> Decision {
        if !self.is_flightdeck() {
            let why = "first checks are gathered by the program itself";
            return Err(Refusal::new("C1", why, "write what you found as a note"));
        }
        // What changes by the minute may be read again; all else is said once.
        let again = check.topic == Topic::Scope && !self.incident.first.contains(check);
        if self.incident.has_first(check.topic, check.source.as_str()) && !again {
            return Ok(vec![]);
        }
        Ok(vec![Event::FirstChecked { check: check.clone() }])
    }

    /// What another system tells is taken once (B12). Somebody who acknowledged there is on it as
    /// much as somebody who does it here (T1); nothing that is told ends an incident.
    pub(super) fn hear(&self, heard: &Elsewhere) -> Decision {
        if !self.is_flightdeck() {
            let why = "what another system says is taken from that system";
            return Err(Refusal::new("B12", why, "write what you know as a note"));
        }
        if self.incident.heard.contains(&(heard.source.clone(), heard.id.clone())) {
            return Ok(vec![]);
        }
        let mut events = vec![Event::HeardElsewhere { heard: Box::new(heard.clone()) }];
        let by = heard.by.as_ref().filter(|_| heard.acknowledges);
        if let (Some(by), None, true) = (by, self.incident.mark(Mark::T1), self.incident.is_open()) {
            // By another clock: never before it was detected, and never in the future.
            let from = self.incident.mark(Mark::T0).unwrap_or(self.now).min(self.now);
            let reason = Text::line(&format!("{by} acknowledged it in {}", heard.source));
            let at = heard.at.clamp(from, self.now);
            events.push(Event::MarkSet { mark: Mark::T1, at, reason: Some(reason) });
        }
        Ok(events)
    }

    pub(super) fn improve(&self, area: Area, text: &Text, owner: &Text, due: Time) -> Decision {
        self.needs_text("A14", text, "an improvement")?;
        self.needs_text("D7", owner, "the owner of an improvement")?;
        if due <= self.now {
            return Err(Refusal::new("D7", "the due date lies in the past", "give a date to come"));
        }
        let next = self.incident.improvements.keys().next_back().map_or(1, |id| id.0 + 1);
        Ok(vec![Event::ImprovementAdded {
            improvement: ImprovementId(next),
            area,
            text: text.clone(),
            owner: owner.clone(),
            due,
        }])
    }

    pub(super) fn move_improvement(&self, id: ImprovementId, progress: Progress, note: &Text) -> Decision {
        if !self.incident.improvements.contains_key(&id) {
            let why = format!("{} has no improvement {id}", self.incident.id);
            return Err(Refusal::new("A14", why, "read the list of improvements"));
        }
        if progress != Progress::Open {
            self.needs_text("A14", note, "how it was done or verified")?;
        }
        Ok(vec![Event::ImprovementMoved { improvement: id, progress, note: note.clone() }])
    }
}
