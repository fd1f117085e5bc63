//! What a commander should not overlook: functions of incident, policy and now.

use super::deadline::{Due, Standing, deadlines};
use super::policy::{Involvement, Level, Urgency, WindowName};
use super::{Action, ActionId, Actor, Aim, Coverage, Disposition, Incident, Lamp, Op, Policy, Text, Time};

/// One warning, in words, with the row it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// How loud.
    pub weight: Weight,
    /// The playbook's row.
    pub row: &'static str,
    /// The words.
    pub text: String,
}

/// How loud a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Shown.
    Advice,
    /// Shown as a warning.
    Warn,
    /// Shown as an alarm; rings.
    Alarm,
}

/// All warnings, loudest first.
#[must_use]
pub fn warnings(incident: &Incident, policy: &Policy, now: Time) -> Vec<Warning> {
    let mut all = Vec::new();
    if !incident.is_declared() {
        return all;
    }
    let mut warn = |weight, row, text: String| all.push(Warning { weight, row, text });
    for action in incident.actions.values() {
        let title = action.plan.title();
        match action.lamp {
            Lamp::Leaking => {
                let (unrecorded, step) = (action.on_record(), action.next_step());
                let text = format!("{} {title} is LEAKING{unrecorded}: {step}", action.id);
                warn(Weight::Alarm, "A3", text);
            }
            Lamp::InDoubt => {
                let read = match action.read_at {
                    Some(_) if action.witnessed.is_some() || action.proves_nothing() => String::new(),
                    Some(at) => format!("; read at {}, and not all of it holds", at.format("%H:%M:%S")),
                    None => "; nothing was read since".to_owned(),
                };
                let text = format!("{} {title} is in doubt: {}{read}", action.id, action.next_step());
                let belied = action.witnessed.as_ref().is_some_and(|seen| seen.by == Actor::Flightdeck);
                warn(if belied { Weight::Alarm } else { Weight::Warn }, "A3", text);
            }
            Lamp::Unverified => {
                let text = format!("{} {title} is unverified: {}", action.id, action.next_step());
                warn(Weight::Warn, "A3", text);
            }
            Lamp::Proposed => warn(Weight::Warn, "B4", format!("{} {title} waits for approval", action.id)),
            Lamp::Denied
            | Lamp::Expired
            | Lamp::Requested
            | Lamp::Accepted
            | Lamp::Verified
            | Lamp::Failed
            | Lamp::Undone => {}
        }
    }
    for sent in incident.outbox.given_up() {
        let message = &sent.message;
        let text = format!("{} {} through {}: {}", message.to, sent.not_told(), message.channel, sent.answer);
        warn(Weight::Alarm, "B12", format!("{} {text}", message.id));
    }
    // Late, and still tried: whoever waits for it must not take it for told.
    for sent in incident.outbox.waiting().filter(|sent| sent.tries > 0 && now >= sent.message.tell_by) {
        let message = &sent.message;
        let text = format!("{} NOT TOLD YET through {}: {}", message.to, message.channel, sent.answer);
        warn(Weight::Alarm, "B12", format!("{} {text}", message.id));
    }
    for (id, draft) in &incident.drafts {
        let text =
            format!("{id}, an update for {} by {}, waits for a person to send it", draft.audience, draft.by);
        warn(Weight::Warn, "C2", text);
    }
    for text in not_brought_in(incident, policy) {
        warn(Weight::Alarm, "C2", text);
    }
    if incident.is_open() {
        if incident.commander().is_none() && incident.is_being_worked() {
            warn(Weight::Warn, "D2", "nobody commands while troubleshooting goes on: take command".into());
        } else if incident.commander().is_none()
            && policy.involvement.of(incident.severity) == Involvement::Required
        {
            warn(Weight::Warn, "A11", "nobody commands: take command".into());
        }
        for state in incident.alerts.iter().filter(|state| state.is_worse_than(incident)) {
            let (alert, was) = (&state.alert, incident.severity.name(policy.naming));
            let of = alert.first_severity().name(policy.naming);
            let text = format!(
                "{} alert {} joined a {was}: it alone makes a {of}; classify it anew",
                alert.word(),
                alert.name
            );
            warn(Weight::Alarm, "B3", text);
        }
        if let Some(text) = uncontained(incident) {
            warn(Weight::Warn, "A3", text);
        }
        for deadline in deadlines(incident, policy, now) {
            if deadline.standing(now) != Standing::Over || !deadline.enforced {
                continue;
            }
            match deadline.due {
                Due::Window(name) => {
                    let text = format!("the {name} window is over");
                    warn(Weight::Alarm, "A1", text);
                    if name == WindowName::Control {
                        rollback_advice(incident, policy, &mut warn);
                    }
                }
                Due::Update(audience) => {
                    warn(Weight::Warn, "D3", format!("an update for {audience} is overdue"));
                }
                Due::Hypothesis(id) => {
                    warn(Weight::Warn, "D5", format!("{id} is out of its box: confirm it or move on"));
                }
                Due::Escalation(level) => {
                    warn(Weight::Warn, "D10", format!("escalation level {level} is due"))
                }
                Due::Notify => {
                    warn(
                        Weight::Alarm,
                        "B12",
                        "nobody was told in time: acknowledge, page or escalate".into(),
                    );
                }
                Due::Message(id) => {
                    // What was given up has been said already.
                    if let Some(sent) = incident.outbox.get(id).filter(|sent| sent.is_waiting()) {
                        let message = &sent.message;
                        let text = format!("{id} to {} through {} is late", message.to, message.channel);
                        warn(Weight::Warn, "B12", text);
                    }
                }
                Due::Approval(_) | Due::Verification(_) | Due::Improvement(_) | Due::Mitigation(_) => {}
            }
        }
    }
    for action in incident.actions.values().filter(|a| a.due().is_some_and(|due| now >= due)) {
        let owner = action.disposition.as_ref().and_then(Disposition::owner).map_or("nobody", Text::as_str);
        let text = format!(
            "{} {} was to be gone by now: {owner} has it; undo it or give a new date",
            action.id,
            action.plan.title()
        );
        warn(Weight::Warn, "A3", text);
    }
    all.sort_by_key(|warning| std::cmp::Reverse(warning.weight));
    all
}

/// The levels that are due, and that flightdeck itself could not bring in (C2, D10): as long as nobody
/// does, nobody is told.
fn not_brought_in(incident: &Incident, policy: &Policy) -> Vec<String> {
    let of_level = |level: &Level| {
        level.due(incident).filter(|_| incident.is_open())?;
        let target = level.level.to_string();
        let own = incident.actions.values().rev().find(|action| {
            action.plan.op == Op::Escalate
                && action.plan.target.as_str() == target
                && action.asked_by == Actor::Flightdeck
        })?;
        let why = match own.lamp {
            Lamp::Failed => own.answer.as_str().lines().next().unwrap_or_default().to_owned(),
            Lamp::Unverified | Lamp::InDoubt => {
                format!("level {target} is due, and nothing shows that it was brought in")
            }
            Lamp::Proposed
            | Lamp::Denied
            | Lamp::Expired
            | Lamp::Requested
            | Lamp::Accepted
            | Lamp::Verified
            | Lamp::Leaking
            | Lamp::Undone => return None,
        };
        Some(format!("{} {why}", own.id))
    };
    policy.escalation.iter().filter_map(of_level).collect()
}

/// Which agents nothing contains, once another is contained or T3 was set (A3).
fn uncontained(incident: &Incident) -> Option<String> {
    let Coverage { contained, of } = incident.coverage();
    let joined = incident.uncovered().next().is_some();
    if incident.controlled_since().is_some() || contained == of || (contained == 0 && !joined) {
        return None;
    }
    let scope = incident.scope();
    let free: Vec<&str> = scope.into_iter().filter(|agent| !incident.contains(agent)).collect();
    Some(format!("{contained} of {of} agents contained: not {}", free.join(", ")))
}

/// Whether anything was tried that did not mend it: before that no repair has failed (B13).
fn was_tried(incident: &Incident) -> bool {
    incident.actions.values().filter(|a| a.plan.op.info().aim == Aim::Agent && a.requested_at.is_some()).any(
        |a| match a.plan.op {
            Op::Restart | Op::RestoreCheckpoint | Op::RollForward | Op::SwitchModel => true,
            Op::Snapshot => false,
            Op::Isolate
            | Op::Release
            | Op::RateLimit
            | Op::Lift
            | Op::Restrict
            | Op::RestoreScope
            | Op::RollbackConfig
            | Op::RollbackBranch
            | Op::RollbackSystem
            | Op::Silence
            | Op::Unsilence
            | Op::Escalate
            | Op::Page => matches!(a.lamp, Lamp::Failed | Lamp::Unverified | Lamp::Leaking | Lamp::InDoubt),
        },
    )
}

/// Readings that may fail to come before somebody is told, besides the one that is due.
const MISSED: i32 = 2;

/// Since when a mitigation that was proved has not been read any more, if that is too long ago: nobody
/// knows whether it holds. Of what nobody has looked at yet there is nothing to say.
#[must_use]
pub fn unread_since(action: &Action, read_at: Option<Time>, policy: &Policy, now: Time) -> Option<Time> {
    let is_believed = action.lamp == Lamp::Verified && action.is_probed() && !action.plan.checks.is_empty();
    let read_at = read_at.filter(|_| is_believed)?;
    let every = policy.probing.probe_every.delta();
    (now - read_at > every * (1 + MISSED)).then_some(read_at)
}

/// A warning for each mitigation of an open incident that nobody could read for too long; `read_at`
/// says when that was last.
#[must_use]
pub fn unread(
    incident: &Incident,
    policy: &Policy,
    now: Time,
    read_at: impl Fn(ActionId) -> Option<Time>,
) -> Vec<Warning> {
    let since = |action: &Action| unread_since(action, read_at(action.id), policy, now);
    let unread = incident.actions.values().filter(|_| incident.is_open());
    let unread = unread.filter_map(|action| Some((action, since(action)?)));
    unread
        .map(|(action, since)| Warning {
            weight: Weight::Warn,
            row: "A3",
            text: format!(
                "{} {} was verified and is not read since {}: nobody knows whether it holds",
                action.id,
                action.plan.title(),
                since.format("%H:%M:%S")
            ),
        })
        .collect()
}

/// B13: after a failed repair, how urgent a rollback is.
fn rollback_advice(
    incident: &Incident,
    policy: &Policy,
    warn: &mut impl FnMut(Weight, &'static str, String),
) {
    if incident.controlled_since().is_some() || !was_tried(incident) {
        return;
    }
    let (weight, words) = match policy.rollback.of(incident.severity) {
        Urgency::Must => (Weight::Warn, "what was tried has not mended it: a rollback must be done now"),
        Urgency::Should => (Weight::Warn, "what was tried has not mended it: a rollback should be done"),
        Urgency::May => (Weight::Advice, "what was tried has not mended it: a rollback may help"),
    };
    warn(weight, "B13", words.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{ISOLATED, Story, WORKING, alert};
    use crate::incident::{Command, Role, Severity};

    /// What is warned of, as `row: words`, loudest first.
    fn said(story: &Story) -> Vec<String> {
        let all = warnings(&story.incident, &story.policy, story.now);
        all.into_iter().map(|w| format!("{}: {}", w.row, w.text)).collect()
    }

    fn says(story: &Story, words: &str) -> bool {
        said(story).iter().any(|warning| warning.contains(words))
    }

    fn commanded(story: Story) -> Story {
        story.says(Command::Assign { role: Role::Commander, holder: "ana".into() })
    }

    #[test]
    fn d2_troubleshooting_without_a_commander_is_warned_of() {
        let supposed =
            |story: Story| story.says(Command::Suppose { text: "a loop".into(), owner: "bo".into() });
        let story = supposed(Story::of(Severity::P3));
        assert!(says(&story, "D2: nobody commands while troubleshooting goes on"), "{:?}", said(&story));
        assert_eq!(said(&supposed(commanded(Story::of(Severity::P3)))), [""; 0]);
        assert_eq!(said(&Story::of(Severity::P3)), [""; 0]);
    }

    #[test]
    fn b1_a_p0_without_a_commander_is_warned_of_at_once() {
        assert_eq!(said(&Story::p0()), ["A11: nobody commands: take command"]);
        assert_eq!(said(&Story::of(Severity::P1)), [""; 0]);
        assert_eq!(said(&commanded(Story::p0())), [""; 0]);
    }

    #[test]
    fn a3_a_leak_is_the_loudest() {
        let story = commanded(Story::isolated()).at("12:20:00").reads(1, WORKING);
        let all = warnings(&story.incident, &story.policy, story.now);
        assert_eq!((all[0].weight, all[0].row), (Weight::Alarm, "A3"));
        assert!(all[0].text.starts_with("A1 isolate support-1 is LEAKING: the effect stopped"), "{all:?}");
        assert!(says(&story, "A1: the control window is over"), "{all:?}");
        assert!(says(&story, "a rollback must be done now"), "{all:?}");
    }

    #[test]
    fn a3_agents_that_nothing_contains_are_named_once_another_is_contained() {
        let joins = |story: Story| {
            let alert = crate::incident::Alert { agent: Some("billing-2".parse().unwrap()), ..alert("k9") };
            story.says(Command::Alert { realm: crate::incident::Realm::Live, alert })
        };
        let words = "A3: 1 of 2 agents contained: not billing-2";
        assert!(!says(&joins(commanded(Story::p0())), "contained"));
        let before = joins(commanded(Story::p0())).does("isolate support-1", ISOLATED);
        let after = joins(commanded(Story::isolated()));
        for story in [before, after] {
            assert!(says(&story, words), "{:?}", said(&story));
            assert!(!says(&story.does("isolate billing-2", ISOLATED), "contained"));
        }
    }

    #[test]
    fn b3_regression_a_critical_alert_joined_a_lower_class_without_a_word() {
        let fires = |key: &str, criticality: &str| Command::Alert {
            realm: crate::incident::Realm::Live,
            alert: crate::incident::Alert { criticality: criticality.into(), ..alert(key) },
        };
        let classify = Command::Classify { severity: Severity::P1, pattern: None, reason: None };
        let story = Story::blank().says(fires("k1", "warning")).at("12:01:00").says(classify.clone());
        let joined = story.at("12:05:00").says(fires("k2", "critical"));
        assert_eq!(joined.incident.severity, Severity::P1, "a person's word stands");
        let words = "B3: critical alert DataLeak joined a P1";
        assert!(says(&joined, words), "{:?}", said(&joined));
        let seen = joined.at("12:06:00").says(classify);
        assert!(!says(&seen, words), "whoever classified it since has seen it");
    }

    #[test]
    fn a3_what_proves_nothing_is_warned_of() {
        let doubt = commanded(Story::p0()).asks("isolate support-1").loses(1);
        assert!(says(&doubt, "A3: A1 isolate support-1 is in doubt: probed, never re-run"));
        let unverified = commanded(Story::isolating()).at("12:02:00").reads(1, WORKING);
        assert!(says(&unverified, "A3: A1 isolate support-1 is unverified: do not rely on it"));
        let proposed = commanded(Story::p0()).by("bo").asks("rollback-config support-1");
        assert!(says(&proposed, "B4: A1 rollback-config support-1 waits for approval"));
    }

    #[test]
    fn a3_a_verified_mitigation_that_nobody_can_read_any_more_is_warned_of() {
        // Regression: the way to the probe was gone for 45 s, and the lamp stayed green without a word.
        let story = Story::isolated();
        let warned = |clock: &str, read: &str| {
            let now = crate::incident::story::time(clock);
            let read = crate::incident::story::time(read);
            unread(&story.incident, &story.policy, now, |_| Some(read)).pop().map(|w| w.text)
        };
        assert_eq!(warned("12:05:14", "12:05:00"), None, "two readings may be missed");
        let text = warned("12:05:16", "12:05:00").unwrap_or_default();
        assert!(text.contains("A1 isolate support-1 was verified and is not read since 12:05:00"), "{text}");
        let leaking = story.at("12:05:00").reads(1, WORKING);
        let later = crate::incident::story::time("13:00:00");
        assert_eq!(unread(&leaking.incident, &leaking.policy, later, |_| None), [], "louder already");
    }

    #[test]
    fn b13_how_urgent_a_rollback_is_depends_on_the_severity() {
        for (severity, clock, words) in [
            (Severity::P0, "12:15:00", "a rollback must be done now"),
            (Severity::P1, "12:30:00", "a rollback should be done"),
            (Severity::P2, "13:00:00", "a rollback may help"),
        ] {
            let untried = Story::of(severity).at(clock);
            assert!(!says(&untried, "rollback"), "no repair was tried: {:?}", said(&untried));
            let story = Story::of(severity).asks("restart support-1").fails(1).at(clock);
            assert!(says(&story, words), "{severity}: {:?}", said(&story));
        }
        let early = Story::p0().asks("restart support-1").fails(1).at("12:14:59");
        assert!(!says(&early, "rollback"), "{:?}", said(&early));
        let controlled = Story::isolated().at("12:40:00");
        assert!(!says(&controlled, "rollback"), "{:?}", said(&controlled));
    }

    #[test]
    fn a1_d3_d5_d10_what_is_overdue_is_named() {
        let story = Story::p0()
            .says(Command::Suppose { text: "the deploy".into(), owner: "bo".into() })
            .at("12:16:00");
        for words in [
            "A1: the respond window is over",
            "D3: an update for customers is overdue",
            "D5: H1 is out of its box",
            "D10: escalation level 1 is due",
        ] {
            assert!(says(&story, words), "{words}: {:?}", said(&story));
        }
    }

    #[test]
    fn what_is_over_warns_of_nothing_but_its_actions() {
        let classify = Command::Classify { severity: Severity::P0, pattern: None, reason: None };
        let story = Story::p0()
            .says(classify)
            .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) })
            .at("15:00:00");
        assert_eq!(said(&story), [""; 0]);
        assert_eq!(said(&Story::blank()), [""; 0]);
    }
}
