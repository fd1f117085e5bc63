//! How long it took until containment was proved, and whether it still holds (A3).

use chrono::TimeDelta;

use super::{Action, ActionId, Incident, Lamp, Mark, Time};

/// When control was proved first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Containment {
    /// The action that proved it.
    pub by: ActionId,
    /// When.
    pub at: Time,
    /// From detection (T0).
    pub within: TimeDelta,
    /// Since when it holds without a leak; none: it leaks.
    pub holds_since: Option<Time>,
}

impl Incident {
    /// The time to verified containment: from T0 until probes first proved a control measure. Not a
    /// mark that somebody set, and never the backend's word.
    #[must_use]
    pub fn containment(&self) -> Option<Containment> {
        let detected = self.mark(Mark::T0)?;
        let controls = |a: &&Action| a.plan.op.info().controls && a.undoes.is_none();
        let proved = self.actions.values().filter(controls).filter_map(|a| Some((a.verified_at?, a.id)));
        let (at, by) = proved.min()?;
        let held_again = self.actions.values().filter(|a| a.leaks > 0).filter_map(|a| a.held_since);
        let holds_since = held_again.max().map_or(at, |again| again.max(at));
        Some(Containment {
            by,
            at,
            within: at - detected,
            holds_since: self.leaking_since().is_none().then_some(holds_since),
        })
    }
}

impl Action {
    /// How long it had held before it began to leak, while it leaks.
    #[must_use]
    pub fn held_for(&self) -> Option<TimeDelta> {
        let held = self.held_since.filter(|_| self.lamp == Lamp::Leaking)?;
        Some(self.changed_at - held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Command;
    use crate::incident::story::{ISOLATED, Story, WORKING, time};

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
    fn a3_a_leak_leaves_the_first_proof_and_ends_that_it_holds() {
        let leaking = Story::isolated().at("12:05:00").reads(1, WORKING);
        let contained = leaking.incident.containment().unwrap();
        assert_eq!((contained.within.num_seconds(), contained.holds_since), (65, None));
        assert_eq!(leaking.action(1).held_for(), Some(TimeDelta::seconds(235)));
        let again = leaking.at("12:07:00").reads(1, ISOLATED);
        let contained = again.incident.containment().unwrap();
        assert_eq!((contained.at, contained.holds_since), (time("12:01:05"), Some(time("12:07:00"))));
        assert_eq!((again.action(1).held_for(), again.action(1).leaks), (None, 1));
    }
}
