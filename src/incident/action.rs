//! The life of one action, from proposal to undone.
//!
//! Accepted is not contained: a lamp never shows more than was proved.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::severity::words;
use super::{ActionId, Actor, Caution, Check, Judged, Op, Reading, Text, Time};

/// The parameters of an operation, by name.
pub type Params = BTreeMap<String, Text>;

/// What will be done, exactly: what a person confirms and what the timeline keeps before the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The operation.
    pub op: Op,
    /// An agent's id, an alert's name, a level or a person, by the operation's aim.
    pub target: Text,
    /// Parameters, complete.
    pub params: Params,
    /// Which adapter carries it.
    pub adapter: Text,
    /// The exact call, as text.
    pub call: Text,
    /// The target's version as read while planning.
    pub version: Option<Text>,
    /// What undoes it, recorded before it runs.
    pub inverse: Option<Inverse>,
    /// What must read true for it to count as verified.
    pub checks: Vec<Check>,
    /// What to know before it is confirmed: what could fight it, what was not read, what goes with it.
    #[serde(rename = "conflicts")]
    pub cautions: Vec<Caution>,
    /// Seconds the call may take.
    pub limit_s: u32,
    /// Seconds after acceptance within which the checks must hold.
    pub verify_s: u32,
    /// Whether every check held when it was planned: then they prove nothing of the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already: bool,
    /// Whether nothing that its probe reads could tell that the call was made: an agent that runs proves no
    /// restart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
    /// Whether the call takes away what an analysis needs (A4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroys_evidence: bool,
}

/// The call that undoes an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inverse {
    /// The operation.
    pub op: Op,
    /// Its parameters.
    pub params: Params,
    /// The exact call, as text.
    pub call: Text,
}

/// A confirmation is bound to this, never to a row on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The first eight characters, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(8)]
    }
}

/// What is said of a plan for a control measure whose checks hold before the call.
const ALREADY_CONTROLS: &str = "reads so: the checks hold before the call. Nothing would change, and its \
                                proof does not stamp T3";

/// What is said of any other plan whose checks hold before the call.
const ALREADY: &str = "reads so: the checks hold before the call, and cannot tell whether it was made. \
                       Without an answer only a person can settle it";

/// What is said of a plan that its probe cannot prove.
const BLIND: &str = "running proves no restart. It will stay unverified, unless its probe prints started_at \
                     or pid too, before the call and after it";

/// The same of the undo of a rollback (B13).
const BLIND_FORWARD: &str = "running and well proves no way forward. It will stay unverified, unless the probe \
                             of the rollback prints config or version too, before it and after";

impl Plan {
    /// A digest over every field.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).expect("a plan holds nothing JSON cannot");
        Digest(Sha256::digest(json).iter().take(16).map(|b| format!("{b:02x}")).collect())
    }

    /// What a person types to do what destroys evidence although nothing secured it.
    #[must_use]
    pub fn destroying(&self) -> String {
        format!("destroy {}", self.target)
    }

    /// What is to be said before it is confirmed, where its checks hold without it, or could.
    #[must_use]
    pub fn already(&self) -> Option<&'static str> {
        if self.blind {
            return Some(if self.op == Op::RollForward { BLIND_FORWARD } else { BLIND });
        }
        let words = if self.op.info().controls { ALREADY_CONTROLS } else { ALREADY };
        self.already.then_some(words)
    }

    /// Which alerts of the name a silence is about; none: all of them, or it is no silence.
    #[must_use]
    pub fn labels(&self) -> Option<&Text> {
        self.params.get(LABELS)
    }

    /// Whether it puts another setting of the same operation in the place of an older one.
    #[must_use]
    pub fn replaces(&self, older: &Self) -> bool {
        self.target == older.target
            && self.op == older.op
            && self.labels() == older.labels()
            && self.params != older.params
    }

    /// `isolate support-1`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.op, self.target)
    }
}

/// The parameter that says which alerts of a name are meant: `agent=support-1,service=chat`.
pub const LABELS: &str = "labels";

/// What is left to do of what was proved and does not stay in force.
pub const DONE: &str = "done; nothing left to do";

/// The state of an action as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lamp {
    /// Waits for somebody's approval.
    Proposed,
    /// Approval was refused; nothing was called.
    Denied,
    /// Approval did not come in time; nothing was called.
    Expired,
    /// On the timeline; the call is being made.
    Requested,
    /// The backend said yes; nothing is proved yet.
    Accepted,
    /// Independent probes read what they must.
    Verified,
    /// Was verified, and a probe reads otherwise now.
    Leaking,
    /// The backend said no.
    Failed,
    /// Accepted, but the checks did not hold in time.
    Unverified,
    /// Nobody knows whether the call took effect.
    InDoubt,
    /// Its inverse was verified, or a person settled it as undone.
    Undone,
}

words!(Lamp, "lamp", {
    Proposed => "proposed",
    Denied => "denied",
    Expired => "expired",
    Requested => "requested",
    Accepted => "accepted",
    Verified => "verified",
    Leaking => "LEAKING",
    Failed => "failed",
    Unverified => "unverified",
    InDoubt => "in doubt",
    Undone => "undone",
});

impl Lamp {
    /// What it says of the world.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Proposed => "waits for somebody's approval",
            Self::Denied => "approval was refused",
            Self::Expired => "approval did not come in time",
            Self::Requested => "on the timeline; the call is being made",
            Self::Accepted => "the backend said yes; nothing is proved",
            Self::Verified => "independent probes read what they must",
            Self::Leaking => "it was verified, and a probe reads otherwise now",
            Self::Failed => "the backend said no, or was never reached",
            Self::Unverified => "accepted, but the checks did not hold in time",
            Self::InDoubt => "nobody knows whether the call took effect",
            Self::Undone => "its inverse was verified, or a person settled it as undone",
        }
    }

    /// What a person does next.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Proposed => "approve or deny it",
            Self::Denied => "nothing was called; ask again if needed",
            Self::Expired => "nothing was called; ask again if still needed",
            Self::Requested => "wait for the backend's answer",
            Self::Accepted => "not proved yet; wait for the checks",
            Self::Verified => "in force; probes go on",
            Self::Leaking => "the effect stopped holding: do it again or go one step further",
            Self::Failed => "nothing is in force; try another way or escalate",
            Self::Unverified => "do not rely on it: read the checks, try another way",
            Self::InDoubt => "probed, never re-run by itself: settle it by hand if probes cannot",
            Self::Undone => "nothing left to do",
        }
    }

    /// Whether the call may have changed the world and has not been undone.
    #[must_use]
    pub const fn may_be_in_force(self) -> bool {
        match self {
            Self::Requested
            | Self::Accepted
            | Self::Verified
            | Self::Leaking
            | Self::Unverified
            | Self::InDoubt => true,
            Self::Proposed | Self::Denied | Self::Expired | Self::Failed | Self::Undone => false,
        }
    }

    /// Whether probes go on reading it.
    #[must_use]
    pub const fn is_probed(self) -> bool {
        match self {
            Self::Accepted | Self::Verified | Self::Leaking | Self::Unverified | Self::InDoubt => true,
            Self::Requested | Self::Proposed | Self::Denied | Self::Expired | Self::Failed | Self::Undone => {
                false
            }
        }
    }

    /// The one place that says which step may follow which (DESIGN, the life of an action).
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Proposed => matches!(next, Self::Requested | Self::Denied | Self::Expired),
            Self::Requested => matches!(next, Self::Accepted | Self::Failed | Self::InDoubt),
            Self::Accepted => matches!(next, Self::Verified | Self::Unverified | Self::Undone),
            Self::Verified => matches!(next, Self::Leaking | Self::Undone),
            Self::Leaking | Self::Unverified => matches!(next, Self::Verified | Self::Undone),
            Self::InDoubt => matches!(next, Self::Verified | Self::Failed | Self::Undone),
            Self::Denied | Self::Expired | Self::Failed | Self::Undone => false,
        }
    }
}

/// What becomes of a mitigation that is still in force when the incident is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Disposition {
    /// It is to be undone now. Until that is proved it is in force and nobody has it.
    Undo,
    /// Somebody takes it away by a date.
    HandedOver {
        /// Who.
        owner: Text,
        /// By when.
        due: Time,
        /// What they wait for; may be empty.
        #[serde(default)]
        reason: Text,
    },
    /// It stays, somebody owns it, and the reason is written.
    Kept {
        /// Who takes it away later.
        owner: Text,
        /// Why it stays.
        reason: Text,
    },
}

impl Disposition {
    /// Its word in lists.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::HandedOver { .. } => "handed over",
            Self::Kept { .. } => "kept",
        }
    }

    /// Who has it.
    #[must_use]
    pub const fn owner(&self) -> Option<&Text> {
        match self {
            Self::Undo => None,
            Self::HandedOver { owner, .. } | Self::Kept { owner, .. } => Some(owner),
        }
    }

    /// Until when it is to be gone.
    #[must_use]
    pub const fn due(&self) -> Option<Time> {
        match self {
            Self::Undo | Self::Kept { .. } => None,
            Self::HandedOver { due, .. } => Some(*due),
        }
    }

    /// Why it is so, where a reason was given.
    #[must_use]
    pub fn reason(&self) -> Option<&Text> {
        match self {
            Self::Undo => None,
            Self::HandedOver { reason, .. } | Self::Kept { reason, .. } => {
                Some(reason).filter(|reason| !reason.is_blank())
            }
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = self.reason().map_or_else(String::new, |reason| format!(": {reason}"));
        match self {
            Self::Undo => f.pad("to be undone now"),
            Self::HandedOver { owner, due, .. } => {
                f.pad(&format!("handed to {owner}, gone by {}{why}", due.format("%Y-%m-%d %H:%M")))
            }
            Self::Kept { owner, .. } => f.pad(&format!("kept by {owner}{why}")),
        }
    }
}

/// What a person saw of an action that nothing else reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who looked.
    pub by: Actor,
    /// When it was put on record.
    pub at: Time,
    /// Whether it was seen to hold.
    pub holds: bool,
    /// What was seen, and where.
    pub reason: Text,
}

impl Witness {
    /// `seen by ana to hold`.
    #[must_use]
    pub fn verdict(&self) -> String {
        format!("seen by {} {}", self.by, if self.holds { "to hold" } else { "NOT to hold" })
    }

    /// `it holds: the console says stopped`.
    #[must_use]
    pub fn said(&self) -> String {
        format!("{}: {}", if self.holds { "it holds" } else { "it does NOT hold" }, self.reason)
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}: {}", self.verdict(), self.reason))
    }
}

/// One action as folded from the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its number within the incident.
    pub id: ActionId,
    /// What was planned.
    pub plan: Plan,
    /// Where it stands.
    pub lamp: Lamp,
    /// Who asked.
    pub asked_by: Actor,
    /// When it was proposed or requested first.
    pub asked_at: Time,
    /// Who approved, if approval was needed.
    pub approved_by: Option<Actor>,
    /// Until when approval may come, while proposed (B4).
    pub approve_by: Option<Time>,
    /// When the call was written down, just before it was made.
    pub requested_at: Option<Time>,
    /// When the backend said yes.
    pub accepted_at: Option<Time>,
    /// When the checks first held.
    pub verified_at: Option<Time>,
    /// Since when the checks hold, or held before they stopped.
    pub held_since: Option<Time>,
    /// When it was read last and held, once it leaked.
    pub held_until: Option<Time>,
    /// How often its effect stopped holding.
    pub leaks: u32,
    /// When the lamp last changed.
    pub changed_at: Time,
    /// What the backend answered, or why it failed.
    pub answer: Text,
    /// When it was read first since it came into doubt, if that did not settle it.
    pub read_at: Option<Time>,
    /// When it came into doubt last, settled since or not.
    pub doubted_at: Option<Time>,
    /// The newest reading of each check.
    pub readings: Vec<Reading>,
    /// The process that makes the call; when it is gone before the answer, the action is in doubt.
    pub runner: Text,
    /// The action that undoes this one, once asked for.
    pub undoing: Option<ActionId>,
    /// The action that this one undoes.
    pub undoes: Option<ActionId>,
    /// What becomes of it after the incident.
    pub disposition: Option<Disposition>,
    /// When that was said.
    pub accounted_at: Option<Time>,
    /// What a person saw of it last, where nothing else reads it. It proves nothing.
    pub witnessed: Option<Witness>,
    /// Whether its lamp says what readings prove and the journal could not take: it is on no timeline.
    pub unrecorded: bool,
    /// Whether it failed because what was confirmed was not how things were any more.
    pub outdated: bool,
}

impl Action {
    /// What stands behind its lamp where that is not on record.
    #[must_use]
    pub const fn on_record(&self) -> &'static str {
        if self.unrecorded { ", NOT RECORDED" } else { "" }
    }

    /// What a person does next. Where a plan has no checks there is nothing to wait for.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        if self.lamp == Lamp::Leaking {
            return self.plan.op.when_lost();
        }
        // What is no mitigation does not stay in force.
        if self.lamp == Lamp::Verified && !self.plan.op.info().mitigation {
            return DONE;
        }
        if self.asks_again() {
            return "nothing was changed: read what it would do now, and confirm that";
        }
        // Nothing was to stay in force by it.
        if self.lamp == Lamp::Failed && matches!(self.plan.op, Op::Escalate | Op::Page) {
            return "nobody was told by it: ask somebody else, or reach them yourself and note it";
        }
        if self.lamp == Lamp::Failed && !self.plan.op.info().mitigation {
            return "it was not done; try another way or escalate";
        }
        if self.lamp == Lamp::Unverified && self.readings.iter().any(Reading::is_of_a_stopped_one) {
            return "it does not run, so nothing shows it healthy: release it, and it is read again";
        }
        if !self.may_be_witnessed() {
            return self.lamp.next_step();
        }
        if self.witnessed.is_none() && self.plan.blind && self.plan.op == Op::RollForward {
            return "running and well proves no way forward; its probe would have to print config or version: \
                    look for yourself, and settle it";
        }
        if self.witnessed.is_none() && self.plan.blind {
            return "running proves no restart; its probe would have to print started_at or pid: look for \
                    yourself, and settle it";
        }
        if self.witnessed.is_none() && self.proves_nothing() {
            return "its checks held before the call and prove nothing of it: look for yourself, and settle it";
        }
        match &self.witnessed {
            Some(seen) if seen.holds => "seen to hold, not proved: nothing reads it, so look again",
            Some(seen) if seen.by == Actor::Flightdeck => {
                "was seen to hold, and a probe reads otherwise since: do it again or go one step further"
            }
            Some(_) => "seen NOT to hold: do not rely on it, try another way",
            None => "nothing verifies it: look for yourself, and settle what you saw",
        }
    }

    /// Whether it was confirmed on what had changed by then: nothing was called or changed, and the same
    /// is asked for again on what is there now.
    #[must_use]
    pub fn asks_again(&self) -> bool {
        self.lamp == Lamp::Failed && self.outdated
    }

    /// Whether it waits for a person's word: probes cannot settle it, or do not, or there are none.
    #[must_use]
    pub fn asks_for_a_person(&self) -> bool {
        self.may_be_witnessed() || matches!(self.lamp, Lamp::InDoubt | Lamp::Unverified | Lamp::Leaking)
    }

    /// Whether only a person can say how it stands: it was called, and nothing reads it, or nothing that
    /// was not so before.
    #[must_use]
    pub fn may_be_witnessed(&self) -> bool {
        let unread = self.plan.checks.is_empty() && matches!(self.lamp, Lamp::Accepted | Lamp::InDoubt);
        unread || self.proves_nothing()
    }

    /// Whether what is read of it proves nothing: nobody knows whether its call took effect, and its
    /// checks held before it, or nothing that is read would have changed by it.
    #[must_use]
    pub fn proves_nothing(&self) -> bool {
        match self.lamp {
            Lamp::InDoubt => self.plan.already || self.plan.blind,
            Lamp::Accepted | Lamp::Unverified => self.plan.blind,
            Lamp::Proposed
            | Lamp::Denied
            | Lamp::Expired
            | Lamp::Requested
            | Lamp::Verified
            | Lamp::Leaking
            | Lamp::Failed
            | Lamp::Undone => false,
        }
    }

    /// Whether a person looked, and saw that it does not hold.
    #[must_use]
    pub fn was_seen_failing(&self) -> bool {
        self.may_be_witnessed() && self.witnessed.as_ref().is_some_and(|seen| !seen.holds)
    }

    /// When it ends by itself; none: it does not. A backend counts from when it was asked.
    #[must_use]
    pub fn ends_at(&self) -> Option<Time> {
        let is_timed = self.plan.op == Op::Silence;
        let minutes: i64 = self.plan.params.get("minutes").filter(|_| is_timed)?.as_str().parse().ok()?;
        Some(self.requested_at? + chrono::TimeDelta::try_minutes(minutes)?)
    }

    /// A mitigation that may still be in force.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.plan.op.info().mitigation && self.lamp.may_be_in_force()
    }

    /// A mitigation that may still be in force and that nobody has: said to be undone is not undone.
    #[must_use]
    pub fn is_unaccounted(&self) -> bool {
        self.is_in_force() && self.disposition.as_ref().and_then(Disposition::owner).is_none()
    }

    /// By when somebody takes it away, while it is in force.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        self.disposition.as_ref().and_then(Disposition::due).filter(|_| self.is_in_force())
    }

    /// When a check was read last and gave a value, by what is on record.
    #[must_use]
    pub fn read_at(&self) -> Option<Time> {
        self.readings.iter().filter(|reading| reading.value.is_some()).map(|reading| reading.at).max()
    }

    /// From when on what is measured says something of its effect: since the backend said yes, or since
    /// it came into doubt.
    #[must_use]
    pub fn counts_from(&self) -> Time {
        let doubt = (self.lamp == Lamp::InDoubt).then_some(self.changed_at);
        self.accepted_at.or(doubt).or(self.verified_at).or(self.requested_at).unwrap_or(self.asked_at)
    }

    /// Whether probes go on reading it: until it is proved, and a mitigation for as long as it may be in
    /// force. A restart that was proved once is over; what the agent does next is no leak.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        self.lamp.is_probed() && (self.plan.op.info().mitigation || self.lamp != Lamp::Verified)
    }

    /// How many of its checks hold by the newest readings.
    #[must_use]
    pub fn checks_held(&self) -> usize {
        self.plan.checks.iter().filter(|check| Judged::new(check, &self.readings).holds()).count()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}: {}", self.id, self.plan.title(), self.lamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_nothing_verifies_says_so_and_not_to_wait() {
        let mut action = crate::incident::story::Story::isolating().incident.actions[&ActionId(1)].clone();
        assert!(action.next_step().contains("wait for the checks"));
        action.plan.checks.clear();
        assert!(action.next_step().contains("look for yourself"));
    }

    #[test]
    fn a10_regression_a_leaking_rollback_said_to_isolate_again() {
        use crate::incident::story::{ISOLATED, Story, WORKING};
        let story = Story::p0().does("rollback-config support-1 to=r41", "config=r41 healthy=yes");
        let story = story.at("12:05:00").reads(1, "config=r42 healthy=no");
        assert!(story.action(1).next_step().contains("roll back again"), "{}", story.action(1).next_step());
        let story = Story::p0().does("isolate support-1", ISOLATED).at("12:05:00").reads(1, WORKING);
        assert!(story.action(1).next_step().contains("isolate again"));
    }

    #[test]
    fn regression_of_a_page_that_failed_it_was_said_that_nothing_is_in_force() {
        use crate::incident::story::Story;
        for (words, step) in [
            ("escalate 1", "nobody was told by it: ask somebody else, or reach them yourself and note it"),
            ("page bo", "nobody was told by it: ask somebody else, or reach them yourself and note it"),
            ("snapshot support-1", "it was not done; try another way or escalate"),
            ("isolate support-1", "nothing is in force; try another way or escalate"),
        ] {
            let mut action = Story::p0().asks(words).action(1).clone();
            action.lamp = Lamp::Failed;
            assert_eq!(action.next_step(), step, "{words}");
        }
    }

    #[test]
    fn regression_what_was_done_once_was_told_to_be_in_force_and_probed() {
        use crate::incident::story::{ISOLATED, Story};
        for (words, read, step) in [
            ("snapshot support-1", "evidence_stored=yes", DONE),
            ("restart support-1", "agent_status=running", DONE),
            ("isolate support-1", ISOLATED, "in force; probes go on"),
        ] {
            let story = Story::p0().asks(words).accepts(1).reads(1, read);
            assert_eq!(story.action(1).next_step(), step, "{words}");
        }
    }

    #[test]
    fn verified_is_reached_only_through_acceptance_or_doubt() {
        let before: Vec<Lamp> =
            Lamp::ALL.iter().copied().filter(|lamp| lamp.may_become(Lamp::Verified)).collect();
        assert_eq!(before, [Lamp::Accepted, Lamp::Leaking, Lamp::Unverified, Lamp::InDoubt]);
    }

    #[test]
    fn what_ended_without_a_call_stays_ended() {
        for lamp in [Lamp::Denied, Lamp::Expired, Lamp::Failed, Lamp::Undone] {
            assert!(Lamp::ALL.iter().all(|next| !lamp.may_become(*next)), "{lamp}");
        }
    }
}
