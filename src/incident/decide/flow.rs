//! From detection to the end: declaring, alerts, marks, class, roles, merging, resolving.

use super::{Context, Decision};
use crate::incident::telling::clock;
use crate::incident::{
    Actor, AgentId, Alert, Event, IncidentId, Mark, Passing, Pattern, Realm, Refusal, Role, Severity, Status,
    Text, Time,
};

impl Context<'_> {
    pub(super) fn declare(
        &self,
        realm: Realm,
        title: &Text,
        severity: Severity,
        pattern: Option<Pattern>,
        agents: &[AgentId],
        detected_at: Option<Time>,
    ) -> Decision {
        if self.incident.is_declared() {
            let why = format!("{} is declared already", self.incident.id);
            return Err(Refusal::new("D4", why, "declare another, or add a note"));
        }
        self.needs_text("D4", title, "the title of an incident")?;
        let detected_at = detected_at.unwrap_or(self.now);
        self.not_in_the_future(Mark::T0, detected_at)?;
        Ok(vec![Event::Declared {
            realm,
            title: title.clone(),
            severity,
            pattern,
            agents: agents.to_vec(),
            detected_at,
        }])
    }

    /// An alert declares (B3), joins, or is the same one again: then it is not told twice (B12).
    pub(super) fn alert(&self, realm: Realm, alert: &Alert) -> Vec<Event> {
        let fired = Event::AlertFired { alert: Box::new(alert.clone()) };
        if !self.incident.is_declared() {
            let title = if alert.summary.is_blank() { &alert.name } else { &alert.summary };
            let declared = Event::Declared {
                realm,
                title: title.clone(),
                severity: alert.first_severity(),
                pattern: Some(alert.first_pattern()),
                agents: alert.agent.iter().cloned().collect(),
                detected_at: self.now,
            };
            return vec![declared, fired];
        }
        match self.incident.alerts.iter().find(|state| state.alert.key == alert.key) {
            Some(state) if state.resolved_at.is_none() && !alert.is_news_to(&state.alert) => vec![],
            _ => std::iter::once(fired).chain(self.raised(alert)).collect(),
        }
    }

    /// A worse alert raises the severity, as long as no person has confirmed the class (B3); after that
    /// it is warned of.
    fn raised(&self, alert: &Alert) -> Option<Event> {
        let severity = alert.first_severity();
        let raises =
            self.incident.is_open() && !self.incident.classified && severity < self.incident.severity;
        raises.then(|| Event::Raised { severity, by: alert.name.clone() })
    }

    /// The source's word is noted once; it never closes an incident.
    pub(super) fn resolve_alert(&self, key: &Text, at: Time) -> Vec<Event> {
        let known = self.incident.alerts.iter().find(|s| s.alert.key == *key && s.resolved_at.is_none());
        let over = |name: &Text| Event::AlertResolved { key: key.clone(), name: name.clone(), at };
        known.map(|state| over(&state.alert.name)).into_iter().collect()
    }

    pub(super) fn add_agent(&self, agent: &AgentId) -> Vec<Event> {
        if self.incident.agents.contains(agent) {
            return vec![];
        }
        vec![Event::AgentAdded { agent: agent.clone() }]
    }

    pub(super) fn acknowledge(&self) -> Decision {
        if !self.actor.is_person() {
            let why = "only a person acknowledges: T1 means that somebody is on it";
            return Err(Refusal::new("A2", why, "notify a person"));
        }
        if let Some(words) = self.incident.marks.get(&Mark::T1)
            && let Some(word) = words.last()
        {
            let why = format!("acknowledged already, by {}", word.actor);
            return Err(Refusal::new("A2", why, "correct T1 with a reason if the time is wrong"));
        }
        Ok(vec![Event::MarkSet { mark: Mark::T1, at: self.now, reason: None }])
    }

    pub(super) fn set_mark(&self, mark: Mark, at: Option<Time>, reason: Option<&Text>) -> Decision {
        let reason = reason.filter(|text| !text.is_blank());
        let at = at.unwrap_or(self.now);
        let earlier = self.incident.mark(mark);
        if (earlier.is_some() || at != self.now) && reason.is_none() {
            let why = match earlier {
                Some(_) => format!("{mark} is set already; a correction needs a reason"),
                None => format!("{mark} would be back-dated; that needs a reason"),
            };
            return Err(Refusal::new("A2", why, "give the reason; both times stay on the timeline"));
        }
        if mark == Mark::T3 && earlier.is_none() && reason.is_none() {
            let why = "T3 is set by probes when they verify a control measure";
            return Err(Refusal::new("A3", why, "give a reason to set it by hand"));
        }
        if mark == Mark::T2 && earlier.is_none() && reason.is_none() && !self.incident.classified {
            let why = "T2 is when somebody confirms the class, and nobody has";
            return Err(Refusal::new("A2", why, "classify it, or give a reason to set T2 by hand"));
        }
        self.not_in_the_future(mark, at)?;
        let detected = self.incident.mark(Mark::T0).filter(|_| mark != Mark::T0);
        if let Some(detected) = detected.filter(|t0| at < *t0) {
            let why = format!("{mark} would lie before T0 ({})", clock(detected, self.now));
            return Err(Refusal::new("A2", why, "correct T0 first, or give a later time"));
        }
        let later = || Mark::ALL.iter().filter(|other| **other != Mark::T0);
        let overtaken = later().find(|other| self.incident.mark(**other).is_some_and(|other| other < at));
        if let Some(other) = overtaken.filter(|_| mark == Mark::T0) {
            let why = format!("T0 would lie after {other}");
            return Err(Refusal::new("A2", why, format!("correct {other} first, or give an earlier time")));
        }
        Ok(vec![Event::MarkSet { mark, at, reason: reason.cloned() }])
    }

    fn not_in_the_future(&self, mark: Mark, at: Time) -> Result<(), Refusal> {
        if at > self.now {
            let why = format!("{mark} would lie in the future ({})", clock(at, self.now));
            return Err(Refusal::new("A2", why, "give the time it happened"));
        }
        Ok(())
    }

    pub(super) fn classify(
        &self,
        severity: Severity,
        pattern: Option<Pattern>,
        reason: Option<&Text>,
    ) -> Decision {
        self.needs_open("classifying")?;
        let lowers = severity > self.incident.severity;
        if lowers && reason.is_none_or(Text::is_blank) {
            let why = format!("{} would be lowered to {severity}", self.incident.severity);
            return Err(Refusal::new("D1", why, "severity drives escalation: give the reason"));
        }
        let mut events = vec![Event::Classified { severity, pattern, reason: reason.cloned() }];
        if self.incident.mark(Mark::T2).is_none() {
            events.push(Event::MarkSet { mark: Mark::T2, at: self.now, reason: None });
        }
        Ok(events)
    }

    /// Takes a role or hands it over. Whoever takes command has acknowledged (T1).
    pub(super) fn assign(&self, role: Role, holder: &Text) -> Decision {
        self.needs_open("assigning a role")?;
        self.needs_text("D2", holder, "the holder of a role")?;
        let from = self.incident.roles.get(&role).map(|holding| holding.holder.clone());
        if from.as_ref() == Some(holder) {
            let why = format!("{holder} is {} already", role.title());
            return Err(Refusal::new("D2", why, "name somebody else"));
        }
        let by_own_hand = self.actor.as_person() == Some(holder);
        let passing = match &from {
            Some(from) if self.actor.as_person() == Some(from) => Passing::HandedOver,
            Some(_) if by_own_hand => Passing::TakenOver,
            Some(_) => Passing::Reassigned,
            None => Passing::HandedOver,
        };
        let mut events = vec![Event::RoleAssigned { role, holder: holder.clone(), from, passing }];
        if role == Role::Commander && by_own_hand && self.incident.mark(Mark::T1).is_none() {
            events.push(Event::MarkSet { mark: Mark::T1, at: self.now, reason: None });
        }
        Ok(events)
    }

    pub(super) fn release_role(&self, role: Role) -> Decision {
        if !self.incident.roles.contains_key(&role) {
            let why = format!("nobody is {}", role.title());
            return Err(Refusal::new("D2", why, "nothing to lay down"));
        }
        if role == Role::Commander && self.incident.is_open() && self.incident.is_being_worked() {
            let why = "command is never laid down while the incident is worked on";
            return Err(Refusal::new("D2", why, "hand it over to somebody"));
        }
        Ok(vec![Event::RoleReleased { role }])
    }

    pub(super) fn escalate(&self, level: u8, reason: Option<&Text>) -> Decision {
        self.needs_open("escalating")?;
        let Some(rule) = self.policy.escalation.iter().find(|l| l.level == level) else {
            let levels: Vec<_> = self.policy.escalation.iter().map(|l| l.level.to_string()).collect();
            let why = format!("the policy has no escalation level {level}");
            return Err(Refusal::new("C2 escalation", why, format!("use one of: {}", levels.join(", "))));
        };
        let reason = reason.filter(|text| !text.is_blank());
        if reason.is_none() && self.incident.escalations.contains_key(&level) {
            let why = format!("level {level} ({}) was brought in already", rule.name);
            return Err(Refusal::new("C2 escalation", why, "go one level up, or give a reason"));
        }
        let due = || rule.due(self.incident).map_or_else(|| rule.trigger.clone(), |(_, _, due)| due.trigger);
        let trigger = reason.cloned().unwrap_or_else(due);
        Ok(vec![Event::Escalated { level, name: rule.name.clone(), trigger }])
    }

    pub(super) fn absorb(&self, other: IncidentId) -> Decision {
        if other == self.incident.id {
            return Err(Refusal::new("B12 merged", "an incident cannot absorb itself", "name the duplicate"));
        }
        if let Status::Merged(into) = self.incident.status {
            let why = format!("{} itself went on as {into}", self.incident.id);
            return Err(Refusal::new("B12 merged", why, format!("merge into {into}")));
        }
        if self.incident.absorbed.contains(&other) {
            return Ok(vec![]);
        }
        Ok(vec![Event::Absorbed { other }])
    }

    pub(super) fn merge(&self, into: IncidentId, reason: &Text) -> Decision {
        self.needs_open("merging")?;
        self.needs_text("B12 merged", reason, "the reason of a merge")?;
        if into == self.incident.id {
            let why = "an incident cannot go on as itself";
            return Err(Refusal::new("B12 merged", why, "name the incident that it duplicates"));
        }
        self.nothing_left_behind("merging")?;
        Ok(vec![Event::MergedInto { into, reason: reason.clone() }])
    }

    pub(super) fn resolve(&self, summary: &Text, despite: Option<&Text>) -> Decision {
        self.needs_open("resolving")?;
        self.needs_text("D4", summary, "the summary of what ended it")?;
        // What somebody must do before all else comes first: nobody accounts for mitigations in vain.
        if !self.incident.classified {
            let why = "severity is never skipped: nobody has confirmed the class";
            return Err(Refusal::new("D1", why, "classify it first"));
        }
        self.nothing_left_behind("resolving")?;
        let despite = self.recovered(despite)?;
        let recovery = self.incident.recovery.clone();
        Ok(vec![Event::Resolved { summary: summary.clone(), recovery, despite }])
    }

    pub(super) fn reopen(&self, reason: &Text) -> Decision {
        match self.incident.status {
            Status::Open => {
                let why = format!("{} is open", self.incident.id);
                Err(Refusal::new("A2 open", why, "go on working on it"))
            }
            Status::Merged(into) => {
                let why = format!("{} went on as {into}", self.incident.id);
                Err(Refusal::new("B12 merged", why, format!("reopen {into}")))
            }
            Status::Resolved(_) => {
                self.needs_text("D4", reason, "the reason for reopening")?;
                Ok(vec![Event::Reopened { reason: reason.clone() }])
            }
        }
    }

    /// Lets proposals run out that nobody approved in time (B4), and brings in the levels that are
    /// due and can be reached (C2, D10).
    pub(super) fn tick(&self) -> Vec<Event> {
        let mut events = self.expired();
        events.extend(self.due_levels());
        events
    }

    fn expired(&self) -> Vec<Event> {
        self.incident
            .actions
            .values()
            .filter(|a| a.lamp == crate::incident::Lamp::Proposed)
            .filter(|a| a.approve_by.is_some_and(|until| self.now >= until))
            .map(|a| Event::ActionExpired { action: a.id })
            .collect()
    }

    /// Whether the actor is the program itself.
    pub(super) fn is_flightdeck(&self) -> bool {
        matches!(self.actor, Actor::Flightdeck)
    }
}
