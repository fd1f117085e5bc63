//! Whether the agents of an incident are contained, how long that took, and when it was lost (A3).
//!
//! Control is in force when every agent of the incident has a measure that was proved and holds. What
//! is done to an agent that the incident is not about proves nothing of it, and neither does a call
//! whose checks held before it was made.

use chrono::TimeDelta;

use super::{Action, ActionId, AgentId, Event, Incident, Lamp, Mark, Time};

/// When control was proved first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Containment {
    /// The action whose proof completed it.
    pub by: ActionId,
    /// When.
    pub at: Time,
    /// From detection (T0).
    pub within: TimeDelta,
    /// Since when it holds without a loss; none: it is lost.
    pub holds_since: Option<Time>,
}

/// How many agents of the incident are contained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Those with a measure that was proved and holds.
    pub contained: usize,
    /// All of them.
    pub of: usize,
}

/// What the timeline says of control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// The action whose proof completed it first, and when.
    proved: Option<(ActionId, Time)>,
    /// The agents it extends to since T3: one that joins later is not among them.
    covers: Vec<AgentId>,
    /// Each time it was lost after T3.
    losses: Vec<Loss>,
}

/// A time during which control was lost after it had been in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Since when.
    pub from: Time,
    /// Until when; none: it is lost.
    pub to: Option<Time>,
}

impl Incident {
    /// The agents that it is about; where nobody named any, those that a control measure was taken on.
    #[must_use]
    pub fn scope(&self) -> Vec<&str> {
        if !self.agents.is_empty() {
            return self.agents.iter().map(AgentId::as_str).collect();
        }
        let measures = self.actions.values().filter(|a| a.is_control() && a.lamp.may_be_in_force());
        let mut all: Vec<&str> = measures.map(|a| a.plan.target.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether an agent has a measure that was proved and holds.
    #[must_use]
    pub fn contains(&self, agent: &str) -> bool {
        let holds = |a: &Action| a.is_control() && a.lamp == Lamp::Verified;
        self.actions.values().any(|a| a.plan.target.as_str() == agent && holds(a))
    }

    /// How many of its agents are contained.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let scope = self.scope();
        let contained = scope.iter().filter(|agent| self.contains(agent)).count();
        Coverage { contained, of: scope.len() }
    }

    /// Whether the proof of this action leaves no agent of the incident without control.
    #[must_use]
    pub fn is_contained_with(&self, action: &Action) -> bool {
        let (scope, target) = (self.scope(), action.plan.target.as_str());
        let covered = |agent: &&str| *agent == target || self.contains(agent);
        action.is_control() && scope.contains(&target) && scope.iter().all(covered)
    }

    /// The time to verified containment: from T0 until probes first proved a control measure on every
    /// agent. Not a mark that somebody set, and never the backend's word.
    #[must_use]
    pub fn containment(&self) -> Option<Containment> {
        let detected = self.mark(Mark::T0)?;
        let (by, at) = self.control.proved?;
        let holds_since = self.controlled_since().map(|since| since.max(at));
        Some(Containment { by, at, within: at - detected, holds_since })
    }

    /// Since when control holds: T3, or when it was last got back; none: it never was in force, or
    /// it is lost.
    #[must_use]
    pub fn controlled_since(&self) -> Option<Time> {
        let stamped = self.mark(Mark::T3)?;
        match self.control.losses.last() {
            None => Some(stamped),
            Some(loss) => loss.to.map(|back| back.max(stamped)),
        }
    }

    /// Each time control was lost after it had been in force.
    #[must_use]
    pub fn losses(&self) -> &[Loss] {
        &self.control.losses
    }

    /// For how long control was lost in all, as of now; none: never.
    #[must_use]
    pub fn lost_for(&self, now: Time) -> Option<TimeDelta> {
        let lengths =
            self.control.losses.iter().map(|loss| loss.to.unwrap_or(now).max(loss.from) - loss.from);
        lengths.reduce(|sum, length| sum + length)
    }

    /// The agents that joined after T3 and that nothing contains.
    pub fn uncovered(&self) -> impl Iterator<Item = &AgentId> {
        let joined = self.agents.iter().filter(|agent| !self.control.covers.contains(agent));
        joined.filter(|agent| self.mark(Mark::T3).is_some() && !self.contains(agent.as_str()))
    }

    /// Folds what an entry says of control. It comes after the entry itself was folded in.
    pub(super) fn weigh_control(&mut self, event: &Event, at: Time) {
        if let Event::ActionVerified { action, .. } = event
            && self.control.proved.is_none()
            && self.actions.get(action).is_some_and(|action| self.is_contained_with(action))
        {
            self.control.proved = Some((*action, at));
        }
        if matches!(event, Event::MarkSet { mark: Mark::T3, .. }) {
            self.control.covers.clone_from(&self.agents);
        }
        if self.mark(Mark::T3).is_none() {
            return;
        }
        let scope = self.scope();
        let leaks =
            |a: &Action| a.lamp == Lamp::Leaking && a.is_control() && scope.contains(&a.plan.target.as_str());
        let lost = self.actions.values().any(leaks) || self.uncovered().next().is_some();
        let contained: Vec<AgentId> =
            self.agents.iter().filter(|agent| self.contains(agent.as_str())).cloned().collect();
        let control = &mut self.control;
        // What was contained once may be let go on purpose without a loss.
        control.covers.extend(contained);
        control.covers.sort_unstable();
        control.covers.dedup();
        match control.losses.last_mut().filter(|loss| loss.to.is_none()) {
            Some(loss) if !lost => loss.to = Some(at),
            None if lost => control.losses.push(Loss { from: at, to: None }),
            Some(_) | None => {}
        }
    }
}

impl Action {
    /// Whether its proof counts as control: a measure of its own, not the way back from another, and
    /// not one whose checks held before it was called.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.plan.op.info().controls && self.undoes.is_none() && !self.plan.already
    }

    /// How long it is known to have held before it began to leak, while it leaks: until it was read
    /// last and held.
    #[must_use]
    pub fn held_for(&self) -> Option<TimeDelta> {
        let held = self.held_since.filter(|_| self.lamp == Lamp::Leaking)?;
        Some(self.held_until.unwrap_or(self.changed_at) - held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{ISOLATED, Story, WORKING, act, alert, plan, time};
    use crate::incident::{Command, Plan, Realm, Report};

    /// A P0 about support-1 and triage-med.
    fn of_two() -> Story {
        let both = ["support-1", "triage-med"].map(|agent| agent.parse().unwrap());
        Story::blank().says(Command::Declare {
            realm: Realm::Live,
            title: "the LLM API is down".into(),
            severity: crate::incident::Severity::P0,
            pattern: None,
            agents: both.to_vec(),
            detected_at: None,
        })
    }

    fn coverage(story: &Story) -> (usize, usize) {
        let Coverage { contained, of } = story.incident.coverage();
        (contained, of)
    }

    #[test]
    fn a3_containment_is_measured_by_proof_alone() {
        assert_eq!(Story::p0().incident.containment(), None);
        assert_eq!(Story::isolating().incident.containment(), None, "accepted is not contained");
        let by_hand = Command::SetMark { mark: Mark::T3, at: None, reason: Some("I saw it".into()) };
        assert_eq!(Story::p0().says(by_hand).incident.containment(), None, "nor is somebody's word");
        let contained = Story::isolated().incident.containment().unwrap();
        assert_eq!((contained.at, contained.within.num_seconds()), (time("12:01:05"), 65));
        assert_eq!((contained.by, contained.holds_since), (ActionId(1), Some(time("12:01:05"))));
    }

    #[test]
    fn a_time_in_which_nobody_looked_is_not_counted_as_held() {
        // Regression: the watcher was gone for half an hour, and "it had held 30:39" was said.
        let story = Story::isolated().at("12:35:00");
        let Report::Readings(readings) = story.readings(1, WORKING) else { unreachable!() };
        let held_at = Some(time("12:01:44"));
        let leaking = story.hears(1, Report::Watched { readings, logged: None, held_at });
        assert_eq!(leaking.action(1).held_for(), Some(TimeDelta::seconds(39)));
    }

    #[test]
    fn a3_a_leak_leaves_the_first_proof_and_ends_that_it_holds() {
        let leaking = Story::isolated().at("12:05:00").reads(1, WORKING);
        let contained = leaking.incident.containment().unwrap();
        assert_eq!((contained.within.num_seconds(), contained.holds_since), (65, None));
        assert_eq!(leaking.action(1).held_for(), Some(TimeDelta::seconds(235)));
        let again = leaking.at("12:07:00").reads(1, ISOLATED);
        let contained = again.incident.containment().unwrap();
        assert_eq!((contained.at, contained.holds_since), (time("12:01:05"), Some(time("12:07:00"))));
        assert_eq!((again.action(1).held_for(), again.action(1).leaks), (None, 1));
        let lost = Loss { from: time("12:05:00"), to: Some(time("12:07:00")) };
        assert_eq!(again.incident.losses(), [lost]);
        assert_eq!(again.incident.lost_for(again.now), Some(TimeDelta::minutes(2)));
    }

    #[test]
    fn a3_regression_t3_was_stamped_by_proof_of_an_agent_that_the_incident_is_not_about() {
        let story = Story::p0().at("12:01:00").does("isolate trader-1", ISOLATED).mark(Mark::T3, "-");
        assert_eq!((story.incident.containment(), coverage(&story)), (None, (0, 1)));
        let story = story.at("12:02:00").does("isolate support-1", ISOLATED).mark(Mark::T3, "12:02:00");
        let story = story.at("12:03:00").reads(1, WORKING);
        assert_eq!(story.incident.controlled_since(), Some(time("12:02:00")), "what leaks is not of it");
    }

    #[test]
    fn a3_regression_t3_was_stamped_when_one_of_two_agents_was_contained() {
        let story = of_two().at("12:01:00").does("isolate support-1", ISOLATED).mark(Mark::T3, "-");
        assert_eq!((story.incident.containment(), coverage(&story)), (None, (1, 2)));
        let story = story.at("12:02:00").does("switch-model triage-med level=L1", "model_level=L1");
        let story = story.mark(Mark::T3, "12:02:00");
        assert_eq!(story.incident.containment().unwrap().by, ActionId(2));
        // One that was let go before the other was contained is not contained.
        let story = of_two().at("12:01:00").does("isolate support-1", ISOLATED);
        let story = story.does("release support-1", "agent_status=running");
        let story = story.at("12:02:00").does("isolate triage-med", ISOLATED).mark(Mark::T3, "-");
        assert_eq!(coverage(&story), (1, 2));
    }

    #[test]
    fn a3_regression_t3_was_stamped_by_checks_that_held_before_the_call() {
        let done = Plan { already: true, ..plan("rollback-branch support-1 to=v7") };
        let story = Story::p0().at("12:01:00").says(act(&done)).accepts(1);
        let story = story.reads(1, "version=v7 healthy=yes").mark(Mark::T3, "-");
        assert_eq!(story.action(1).lamp, Lamp::Verified, "it reads what it must");
        assert_eq!((story.incident.containment(), coverage(&story)), (None, (0, 1)));
        let by_hand = Command::SetMark { mark: Mark::T3, at: None, reason: Some("I saw it".into()) };
        assert_eq!(story.says(by_hand).incident.controlled_since(), Some(time("12:01:00")));
    }

    #[test]
    fn a3_an_agent_that_joins_after_t3_is_not_contained_until_it_is_or_a_person_says_so() {
        let joins = |story: Story| {
            let alert = crate::incident::Alert { agent: Some("billing-2".parse().unwrap()), ..alert("k9") };
            story.at("12:10:00").says(Command::Alert { realm: Realm::Live, alert })
        };
        let story = joins(Story::isolated());
        assert_eq!((story.incident.controlled_since(), coverage(&story)), (None, (1, 2)));
        let contained = story.clone().at("12:12:00").does("isolate billing-2", ISOLATED);
        assert_eq!(contained.incident.controlled_since(), Some(time("12:12:00")));
        let reason = Some("billing-2 only shows it".into());
        let said = story.at("12:11:00").says(Command::SetMark { mark: Mark::T3, at: None, reason });
        assert_eq!(said.incident.controlled_since(), Some(time("12:11:00")));
    }

    #[test]
    fn a3_what_is_let_go_on_purpose_is_not_lost() {
        let story = Story::isolated().at("12:30:00").does("release support-1", "agent_status=running");
        assert_eq!(story.incident.controlled_since(), Some(time("12:01:05")));
        assert_eq!((story.incident.losses(), story.incident.lost_for(story.now)), (&[][..], None));
    }

    #[test]
    fn a3_where_nobody_named_an_agent_those_that_were_acted_on_count() {
        let story = Story::blank().says(Command::Declare {
            realm: Realm::Live,
            title: "customers see nothing".into(),
            severity: crate::incident::Severity::P0,
            pattern: None,
            agents: vec![],
            detected_at: None,
        });
        assert_eq!(coverage(&story), (0, 0));
        let story = story.asks("isolate support-1").at("12:01:00");
        let story = story.does("isolate trader-1", ISOLATED).mark(Mark::T3, "-");
        story.accepts(1).reads(1, ISOLATED).mark(Mark::T3, "12:01:00");
    }
}
