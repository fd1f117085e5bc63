//! What is due, by when, and how far each window is: a function of incident, policy and now.

use chrono::TimeDelta;

use super::outbox::plural;
use super::policy::{Condition, Moment, WindowName};
use super::{
    Action, ActionId, Audience, Disposition, HypothesisId, ImprovementId, Incident, Lamp, Mark, MessageId,
    Policy, Progress, Text, Time,
};

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// A window of the severity matrix (A1, B1).
    Window(WindowName),
    /// People are told of it (B12).
    Notify,
    /// A proposal that waits for approval (B4).
    Approval(ActionId),
    /// The checks of an accepted action.
    Verification(ActionId),
    /// A status update (D3).
    Update(Audience),
    /// A hypothesis in its box (D5).
    Hypothesis(HypothesisId),
    /// A level to be brought in (C2, D10).
    Escalation(u8),
    /// A message that is late, failing or given up (B12).
    Message(MessageId),
    /// An improvement (A14).
    Improvement(ImprovementId),
    /// A mitigation that somebody takes away by a date.
    Mitigation(ActionId),
}

/// One thing that falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub due: Due,
    /// How it is called on screen.
    pub label: String,
    /// When its time began.
    pub from: Time,
    /// When it is over.
    pub at: Time,
    /// When it was met, if it was.
    pub met: Option<Time>,
    /// Whether overrunning it alarms.
    pub enforced: bool,
    /// From when on it warns.
    pub warn_at: Time,
}

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Time is left.
    Running,
    /// Little time is left.
    Near,
    /// Time is up and it is not met.
    Over,
    /// Met in time.
    Met,
    /// Met, but late.
    MetLate,
}

impl Deadline {
    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Time) -> Standing {
        match self.met {
            // A window of five minutes means less than five (A1).
            Some(met) if met < self.at => Standing::Met,
            Some(_) => Standing::MetLate,
            None if now >= self.at => Standing::Over,
            None if now >= self.warn_at => Standing::Near,
            None => Standing::Running,
        }
    }

    /// Time left; negative when over. When met, what was left then.
    #[must_use]
    pub fn left(&self, now: Time) -> TimeDelta {
        self.at - self.met.unwrap_or(now)
    }

    /// The share of its time that has gone, 0.0 to 1.0 and above when over.
    #[must_use]
    pub fn share(&self, now: Time) -> f64 {
        let whole = (self.at - self.from).num_milliseconds().max(1) as f64;
        (self.met.unwrap_or(now) - self.from).num_milliseconds() as f64 / whole
    }

    /// Whether it still counts down or up.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.met.is_none()
    }
}

/// Everything that is or was due, windows first, then by time.
#[must_use]
pub fn deadlines(incident: &Incident, policy: &Policy, now: Time) -> Vec<Deadline> {
    if !incident.is_declared() {
        return Vec::new();
    }
    let clock = Clock { incident, policy, now };
    let mut all = clock.windows();
    let mut rest = Vec::new();
    clock.notify(&mut rest);
    clock.messages(&mut rest);
    clock.approvals(&mut rest);
    clock.verifications(&mut rest);
    clock.hypotheses(&mut rest);
    if incident.is_open() {
        clock.updates(&mut rest);
        clock.escalations(&mut rest);
    }
    clock.improvements(&mut rest);
    clock.mitigations(&mut rest);
    rest.sort_by_key(|deadline| (deadline.at, deadline.due));
    all.extend(rest);
    all
}

/// The deadline that large digits show: the open, enforced one that is due next, or overdue longest.
#[must_use]
pub fn next_deadline(deadlines: &[Deadline]) -> Option<&Deadline> {
    deadlines.iter().filter(|d| d.is_open() && d.enforced).min_by_key(|d| d.at)
}

struct Clock<'a> {
    incident: &'a Incident,
    policy: &'a Policy,
    now: Time,
}

impl Clock<'_> {
    fn deadline(&self, due: Due, label: String, from: Time, at: Time) -> Deadline {
        let per_cent = i32::from(self.policy.warn_at_percent.min(100));
        let warn_at = from + (at - from) * per_cent / 100;
        Deadline { due, label, from, at, met: None, enforced: true, warn_at }
    }

    fn windows(&self) -> Vec<Deadline> {
        let incident = self.incident;
        let mut all = Vec::new();
        for (name, window) in &self.policy.windows {
            let Some(from) = window.from.of(incident) else { continue };
            let at = window.within.of(incident.severity).after(from);
            let is_telling = window.to == Moment::Told;
            // Without a channel flightdeck can tell nobody, and the same time for the same thing is
            // shown once (B12).
            let is_notice = self.notify_by().is_some_and(|notice| notice == (from, at));
            if is_telling && (self.policy.routes.is_empty() || is_notice) {
                continue;
            }
            let mut deadline = self.deadline(Due::Window(*name), name.word().to_owned(), from, at);
            deadline.met = window.to.of(incident);
            // A review held before the incident was resolved anew is not the review of its end (A8).
            if window.from == Moment::Resolved {
                deadline.met = deadline.met.filter(|met| *met >= from);
            }
            deadline.enforced = window.enforced;
            // What never happened before the end was not met then, and does not run for ever.
            if deadline.met.is_none() && *name != WindowName::Review && !incident.is_open() {
                continue;
            }
            all.push(deadline);
        }
        all
    }

    /// From when and until when people are told (B12).
    fn notify_by(&self) -> Option<(Time, Time)> {
        let detected = self.incident.mark(Mark::T0)?;
        Some((detected, self.policy.notify_within.of(self.incident.severity).after(detected)))
    }

    /// People are told within the time of the severity, from T0 (B12). It is met by whatever told
    /// them first.
    fn notify(&self, all: &mut Vec<Deadline>) {
        let Some((detected, at)) = self.notify_by() else { return };
        let mut deadline = self.deadline(Due::Notify, "notify".to_owned(), detected, at);
        deadline.met = self.incident.told_at();
        // Without a channel flightdeck can tell nobody: then it is measured, and the window to
        // respond alarms.
        deadline.enforced = !self.policy.routes.is_empty();
        if at > detected && (self.incident.is_open() || deadline.met.is_some()) {
            all.push(deadline);
        }
    }

    /// Each message has its time too (B12); one that goes its way in time is nobody's worry.
    fn messages(&self, all: &mut Vec<Deadline>) {
        let outbox = &self.incident.outbox;
        for sent in outbox.waiting().chain(outbox.given_up()) {
            let message = &sent.message;
            let label = format!("tell {} through {}", message.to, message.channel);
            let due = Due::Message(message.id);
            let mut deadline = self.deadline(due, label, sent.queued_at, message.tell_by);
            if sent.is_given_up() {
                let tries = plural(sent.tries, "try", "tries");
                deadline.label = format!("{} after {} {tries}: {}", sent.not_told(), sent.tries, message.to);
                // What is given up is over, however much time there would have been.
                deadline.at = deadline.at.min(sent.changed_at);
            }
            if sent.is_given_up() || sent.tries > 0 || self.now >= deadline.warn_at {
                all.push(deadline);
            }
        }
    }

    fn approvals(&self, all: &mut Vec<Deadline>) {
        for action in self.incident.actions.values().filter(|a| a.lamp == Lamp::Proposed) {
            if let Some(until) = action.approve_by {
                let label = format!("approve {}", action.id);
                all.push(self.deadline(Due::Approval(action.id), label, action.asked_at, until));
            }
        }
    }

    fn verifications(&self, all: &mut Vec<Deadline>) {
        // Where there are no checks, no time makes it verified.
        let awaited = |a: &&Action| a.lamp == Lamp::Accepted && !a.plan.checks.is_empty();
        for action in self.incident.actions.values().filter(awaited) {
            if let Some(from) = action.accepted_at {
                let at = from + TimeDelta::seconds(action.plan.verify_s.into());
                let label = format!("verify {}", action.id);
                let mut deadline = self.deadline(Due::Verification(action.id), label, from, at);
                deadline.enforced = false;
                all.push(deadline);
            }
        }
    }

    fn hypotheses(&self, all: &mut Vec<Deadline>) {
        for (id, hypothesis) in &self.incident.hypotheses {
            if hypothesis.closed.is_none() {
                let label = format!("{id} box");
                let due = Due::Hypothesis(*id);
                all.push(self.deadline(due, label, hypothesis.opened_at, hypothesis.until));
            }
        }
    }

    /// The first update is due one cadence after T0, later ones as promised (D3).
    fn updates(&self, all: &mut Vec<Deadline>) {
        let Some(detected) = self.incident.mark(Mark::T0) else { return };
        for (audience, cadence) in &self.policy.updates {
            let (from, at) = match self.incident.updates.get(audience) {
                Some(update) => (update.at, update.next_at),
                None => (detected, cadence.of(self.incident.severity).after(detected)),
            };
            let label = format!("update {audience}");
            all.push(self.deadline(Due::Update(*audience), label, from, at));
        }
    }

    fn escalations(&self, all: &mut Vec<Deadline>) {
        for level in &self.policy.escalation {
            let Some((from, at, trigger)) = level.due(self.incident) else { continue };
            let label = format!("escalate to {}", level.name);
            let deadline = self.deadline(Due::Escalation(level.level), label, from, at);
            // As long as somebody writes, nobody needs to read that nobody might.
            if trigger.when != Condition::Forgotten || self.now >= deadline.warn_at {
                all.push(deadline);
            }
        }
    }

    /// What was handed over is to be gone by its date, however long the incident is over.
    fn mitigations(&self, all: &mut Vec<Deadline>) {
        for action in self.incident.actions.values() {
            if let Some((from, at)) = action.accounted_at.zip(action.due()) {
                let owner = action.disposition.as_ref().and_then(Disposition::owner);
                let label = format!("{} gone, {}", action.id, owner.map_or("", Text::as_str));
                all.push(self.deadline(Due::Mitigation(action.id), label, from, at));
            }
        }
    }

    fn improvements(&self, all: &mut Vec<Deadline>) {
        for (id, improvement) in &self.incident.improvements {
            if improvement.progress == Progress::Open {
                let label = format!("{id} {}", improvement.owner);
                let mut deadline = self.deadline(Due::Improvement(*id), label, self.now, improvement.due);
                deadline.from = self.incident.declared_at;
                deadline.enforced = !self.incident.is_open();
                all.push(deadline);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{ISOLATED, Story, WORKING, alert, time};
    use crate::incident::{Area, Command, Outcome, Role, Severity};

    fn due(story: &Story, due: Due) -> Option<Deadline> {
        deadlines(&story.incident, &story.policy, story.now).into_iter().find(|d| d.due == due)
    }

    fn window(story: &Story, name: WindowName) -> Deadline {
        due(story, Due::Window(name)).unwrap()
    }

    fn stands(story: &Story, name: WindowName) -> Standing {
        window(story, name).standing(story.now)
    }

    fn resolved(story: Story) -> Story {
        let classify = Command::Classify { severity: story.incident.severity, pattern: None, reason: None };
        story
            .says(classify)
            .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) })
    }

    #[test]
    fn a1_each_severity_has_its_windows_counted_from_detection() {
        for (severity, respond, control) in [
            (Severity::P0, "12:05:00", "12:15:00"),
            (Severity::P1, "12:15:00", "12:30:00"),
            (Severity::P2, "12:30:00", "13:00:00"),
            (Severity::P3, "13:00:00", "14:00:00"),
        ] {
            let story = Story::of(severity);
            let at = |name| window(&story, name).at;
            assert_eq!(
                (at(WindowName::Respond), at(WindowName::Control)),
                (time(respond), time(control)),
                "{severity}"
            );
        }
    }

    #[test]
    fn a1_a_window_warns_near_its_end_and_then_counts_what_is_over() {
        for (clock, standing, left) in [
            ("12:00:00", Standing::Running, 300),
            ("12:03:59", Standing::Running, 61),
            ("12:04:00", Standing::Near, 60),
            ("12:04:59", Standing::Near, 1),
            ("12:05:00", Standing::Over, 0),
            ("12:06:30", Standing::Over, -90),
        ] {
            let story = Story::p0().at(clock);
            let respond = window(&story, WindowName::Respond);
            assert_eq!(
                (respond.standing(story.now), respond.left(story.now).num_seconds()),
                (standing, left),
                "{clock}"
            );
        }
    }

    #[test]
    fn a1_less_than_five_minutes_is_met_and_five_is_late() {
        for (clock, standing) in [("12:04:59", Standing::Met), ("12:05:00", Standing::MetLate)] {
            let story = Story::p0().at(clock).says(Command::Acknowledge).at("13:00:00");
            assert_eq!(stands(&story, WindowName::Respond), standing, "{clock}");
            assert!(window(&story, WindowName::Respond).share(story.now) <= 1.0, "it stopped counting");
        }
    }

    #[test]
    fn a2_a_corrected_mark_moves_what_is_measured() {
        let correct = |mark, clock| Command::SetMark {
            mark,
            at: Some(time(clock)),
            reason: Some("the log says so".into()),
        };
        let story = Story::p0().at("12:06:00").says(Command::Acknowledge);
        assert_eq!(stands(&story, WindowName::Respond), Standing::MetLate);
        let story = story.says(correct(Mark::T1, "12:02:00"));
        assert_eq!(stands(&story, WindowName::Respond), Standing::Met);
        let story = story.says(correct(Mark::T0, "11:50:00"));
        assert_eq!(stands(&story, WindowName::Respond), Standing::MetLate);
        assert_eq!(window(&story, WindowName::Control).at, time("12:05:00"));
    }

    #[test]
    fn d1_raising_the_class_shortens_the_windows() {
        let raise = Command::Classify { severity: Severity::P0, pattern: None, reason: None };
        let story = Story::of(Severity::P2).at("12:10:00").says(raise);
        assert_eq!(stands(&story, WindowName::Respond), Standing::Over);
    }

    #[test]
    fn a3_control_is_met_by_proof_and_open_again_while_it_leaks() {
        let story = Story::isolating();
        assert_eq!(stands(&story, WindowName::Control), Standing::Running, "accepted is not controlled");
        let story = Story::isolated().at("12:05:00");
        assert_eq!(stands(&story, WindowName::Control), Standing::Met);
        let story = story.reads(1, WORKING).at("12:16:00");
        assert_eq!(stands(&story, WindowName::Control), Standing::Over);
        // Regression: it ended with the first proof, whatever was lost after it.
        let late = story.reads(1, ISOLATED);
        assert_eq!(stands(&late, WindowName::Control), Standing::MetLate);
        let story = Story::isolated().at("12:05:00").reads(1, WORKING).at("12:12:00").reads(1, ISOLATED);
        assert_eq!(stands(&story, WindowName::Control), Standing::Met);
        assert_eq!(window(&story, WindowName::Control).met, Some(time("12:12:00")));
    }

    #[test]
    fn b1_detection_is_measured_from_the_alerts_own_start_and_alarms_nobody() {
        let story =
            Story::blank().says(Command::Alert { realm: crate::incident::Realm::Live, alert: alert("k1") });
        let detect = window(&story, WindowName::Detect);
        assert_eq!(
            (detect.from, detect.met, detect.enforced),
            (time("11:59:40"), Some(time("12:00:00")), false)
        );
        assert_eq!(due(&Story::p0(), Due::Window(WindowName::Detect)), None, "no alert says when it began");
    }

    #[test]
    fn a8_the_review_is_due_a_day_after_the_end_and_again_after_a_second_end() {
        assert_eq!(due(&Story::p0(), Due::Window(WindowName::Review)), None);
        let reviewed = Command::SetMark { mark: Mark::T5, at: None, reason: Some("held".into()) };
        let story = resolved(Story::p0().at("12:30:00"));
        assert_eq!(window(&story, WindowName::Review).at, time("+1 12:30:00"));
        let story = story.at("+1 09:00:00").says(reviewed);
        assert_eq!(stands(&story, WindowName::Review), Standing::Met);
        let again = story.says(Command::Reopen { reason: "it came back".into() }).at("+1 11:00:00");
        let again =
            again.says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) });
        assert_eq!(stands(&again, WindowName::Review), Standing::Running);
    }

    #[test]
    fn what_was_not_met_by_the_end_does_not_run_for_ever() {
        let story = resolved(Story::p0().at("12:02:00").says(Command::Acknowledge)).at("15:00:00");
        assert_eq!(due(&story, Due::Window(WindowName::Control)), None);
        assert_eq!(stands(&story, WindowName::Respond), Standing::Met);
        assert_eq!(due(&story, Due::Update(Audience::Customers)), None);
    }

    #[test]
    fn b4_approvals_and_checks_run_out() {
        let story = Story::p0()
            .says(Command::Assign { role: Role::Commander, holder: "ana".into() })
            .by("bo")
            .asks("rollback-config support-1");
        assert_eq!(due(&story, Due::Approval(ActionId(1))).unwrap().at, time("12:02:00"));
        let verification = due(&Story::isolating(), Due::Verification(ActionId(1))).unwrap();
        assert_eq!((verification.at, verification.enforced), (time("12:02:00"), false));
        assert_eq!(due(&Story::isolated(), Due::Verification(ActionId(1))), None);
    }

    #[test]
    fn d3_updates_are_due_by_cadence_and_then_as_promised() {
        let story = Story::p0();
        assert_eq!(due(&story, Due::Update(Audience::Customers)).unwrap().at, time("12:15:00"));
        assert_eq!(due(&story, Due::Update(Audience::Executives)).unwrap().at, time("12:30:00"));
        let story = story.at("12:12:00").says(Command::Update {
            audience: Audience::Customers,
            affected: "mail answers".into(),
            doing: "isolating".into(),
            next_at: None,
        });
        assert_eq!(due(&story, Due::Update(Audience::Customers)).unwrap().at, time("12:27:00"));
    }

    #[test]
    fn d5_a_hypothesis_is_due_until_it_is_closed() {
        let story = Story::p0().says(Command::Suppose { text: "the deploy".into(), owner: "bo".into() });
        let in_box = due(&story, Due::Hypothesis(HypothesisId(1))).unwrap();
        assert_eq!((in_box.at, in_box.enforced), (time("12:15:00"), true));
        let (hypothesis, outcome) = (HypothesisId(1), Outcome::MovedOn);
        let story = story.says(Command::CloseHypothesis { hypothesis, outcome, reason: "no answer".into() });
        assert_eq!(due(&story, Due::Hypothesis(HypothesisId(1))), None);
    }

    #[test]
    fn c2_d10_levels_fall_due_while_their_condition_lasts() {
        let story = Story::p0();
        let at = |level| due(&story, Due::Escalation(level)).map(|d| d.at);
        assert_eq!([1, 2, 3].map(at), ["12:15:00", "12:30:00", "13:00:00"].map(time).map(Some));
        let story = Story::p0().at("12:01:00").says(Command::Acknowledge);
        assert_eq!(due(&story, Due::Escalation(1)), None, "acknowledged");
        let story = Story::isolated();
        assert_eq!(due(&story, Due::Escalation(2)), None, "controlled");
        let story = story.reads(1, WORKING);
        assert!(due(&story, Due::Escalation(2)).is_some(), "control leaks");
        let story = Story::p0().at("12:15:00").says(Command::Escalate { level: 1, reason: None });
        assert_eq!(due(&story, Due::Escalation(1)), None, "brought in");
        assert_eq!(due(&Story::of(Severity::P3), Due::Escalation(1)), None, "not for a P3");
    }

    #[test]
    fn a14_an_improvement_is_due_on_its_day_and_alarms_once_the_incident_is_over() {
        let improve = Command::Improve {
            area: Area::Technical,
            text: "pre-check on".into(),
            owner: "bo".into(),
            due: time("+7 12:00:00"),
        };
        let story = Story::p0().says(improve);
        let improvement = |story: &Story| due(story, Due::Improvement(ImprovementId(1))).unwrap();
        assert_eq!((improvement(&story).at, improvement(&story).enforced), (time("+7 12:00:00"), false));
        assert!(improvement(&resolved(story)).enforced);
    }

    #[test]
    fn the_large_digits_show_what_is_due_next_or_overdue_longest() {
        let next = |story: &Story| {
            let all = deadlines(&story.incident, &story.policy, story.now);
            next_deadline(&all).map(|d| d.due)
        };
        let story = Story::p0().at("12:20:00");
        assert_eq!(next(&story), Some(Due::Window(WindowName::Respond)), "overdue longest");
        let story = story.says(Command::Acknowledge);
        assert_eq!(next(&story), Some(Due::Window(WindowName::Control)));
        assert_eq!(next(&Story::blank()), None);
    }
}
