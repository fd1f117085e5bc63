//! What a commander should not overlook: functions of incident, policy and now.

use super::deadline::{Due, Standing, deadlines};
use super::policy::{Involvement, Urgency, WindowName};
use super::{Disposition, Incident, Lamp, Mark, Policy, Text, Time};

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
                let text = format!("{} {title} is LEAKING: {}", action.id, action.lamp.next_step());
                warn(Weight::Alarm, "A3", text);
            }
            Lamp::InDoubt => {
                let read = match action.read_at {
                    Some(_) if action.witnessed.is_some() => String::new(),
                    Some(at) => format!("; read at {}, and not all of it holds", at.format("%H:%M:%S")),
                    None => "; nothing was read since".to_owned(),
                };
                let text = format!("{} {title} is in doubt: {}{read}", action.id, action.next_step());
                warn(Weight::Warn, "A3", text);
            }
            Lamp::Unverified => {
                let text = format!("{} {title} is unverified: {}", action.id, action.lamp.next_step());
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
        let text = format!("{} NOT TOLD through {}: {}", message.to, message.channel, sent.answer);
        warn(Weight::Alarm, "B12", format!("{} {text}", message.id));
    }
    for (id, draft) in &incident.drafts {
        let text =
            format!("{id}, an update for {} by {}, waits for a person to send it", draft.audience, draft.by);
        warn(Weight::Warn, "C2", text);
    }
    if incident.is_open() {
        if incident.commander().is_none() && incident.is_being_worked() {
            warn(Weight::Warn, "D2", "nobody commands while troubleshooting goes on: take command".into());
        } else if incident.commander().is_none()
            && policy.involvement.of(incident.severity) == Involvement::Required
        {
            warn(Weight::Warn, "A11", "nobody commands: take command".into());
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

/// B13: after a failed repair, how urgent a rollback is.
fn rollback_advice(
    incident: &Incident,
    policy: &Policy,
    warn: &mut impl FnMut(Weight, &'static str, String),
) {
    if incident.mark(Mark::T3).is_some() && incident.leaking_since().is_none() {
        return;
    }
    let (weight, words) = match policy.rollback.of(incident.severity) {
        Urgency::Must => (Weight::Warn, "a rollback must be done now"),
        Urgency::Should => (Weight::Warn, "a rollback should be done"),
        Urgency::May => (Weight::Advice, "a rollback may help"),
    };
    warn(weight, "B13", words.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{Story, WORKING};
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
        assert!(says(&story, "B13: a rollback must be done now"), "{all:?}");
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
    fn b13_how_urgent_a_rollback_is_depends_on_the_severity() {
        for (severity, clock, words) in [
            (Severity::P0, "12:15:00", "a rollback must be done now"),
            (Severity::P1, "12:30:00", "a rollback should be done"),
            (Severity::P2, "13:00:00", "a rollback may help"),
        ] {
            let story = Story::of(severity).at(clock);
            assert!(says(&story, words), "{severity}: {:?}", said(&story));
        }
        let early = Story::p0().at("12:14:59");
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
