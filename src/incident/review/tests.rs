//! What the record proves, and what it does not.

use super::*;
use crate::incident::story::{ISOLATED, Story, WORKING, alert, rich, time};
use crate::incident::{Audience, Command, Mark, Role};

fn facts(story: &Story) -> ReviewFacts {
    ReviewFacts::of(&story.record(), &story.policy, story.now)
}

fn window(story: &Story, name: &str) -> WindowFact {
    facts(story).windows.into_iter().find(|window| window.window.word() == name).unwrap()
}

fn resolved(story: Story) -> Story {
    let classify = Command::Classify { severity: story.incident.severity, pattern: None, reason: None };
    story
        .says(classify)
        .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) })
}

#[test]
fn a8_windows_are_measured_in_words() {
    let acknowledged = |clock| Story::p0().at(clock).says(Command::Acknowledge);
    for (story, name, outcome, words) in [
        (acknowledged("12:01:05"), "respond", WindowOutcome::Met, "met in 1m5s of 5m, 3m55s to spare"),
        (
            acknowledged("12:06:30"),
            "respond",
            WindowOutcome::Late,
            "met after 6m30s, over by 1m30s (5m allowed)",
        ),
        (acknowledged("12:05:00"), "respond", WindowOutcome::Late, "met after 5m, over by 0s (5m allowed)"),
        (
            Story::p0().at("12:02:00"),
            "control",
            WindowOutcome::Open,
            "not met yet, due at 2026-05-04 12:15:00 (15m allowed)",
        ),
        (
            Story::p0().at("12:15:00"),
            "control",
            WindowOutcome::Overdue,
            "not met, over since 2026-05-04 12:15:00 (15m allowed)",
        ),
        (
            resolved(Story::p0().at("12:10:00")),
            "control",
            WindowOutcome::Missed,
            "not met before the end (15m allowed)",
        ),
        (
            Story::p0(),
            "detect",
            WindowOutcome::Unknown,
            "not measured: its beginning is not on record (30s allowed)",
        ),
        (
            resolved(Story::p0().at("12:10:00")),
            "review",
            WindowOutcome::Open,
            "not met yet, due at 2026-05-05 12:10:00 (1d allowed)",
        ),
    ] {
        let window = window(&story, name);
        assert_eq!((window.outcome, window.words.as_str()), (outcome, words), "{name}");
    }
}

#[test]
fn a2_a_mark_that_nobody_set_is_none_and_a_corrected_one_tells_all_its_words() {
    let correct = Command::SetMark {
        mark: Mark::T1,
        at: Some(time("12:00:40")),
        reason: Some("answered by phone".into()),
    };
    let story = Story::p0().at("12:02:00").says(Command::Acknowledge).at("12:30:00").by("bo").says(correct);
    let marks = facts(&story).marks;
    assert_eq!(marks.len(), 6);
    assert_eq!(marks[1].after_detection.as_ref().map(|length| length.seconds), Some(40));
    let said: Vec<_> = marks[1].words.iter().map(|word| (word.at, word.by.as_str())).collect();
    assert_eq!(said, [(time("12:02:00"), "ana"), (time("12:00:40"), "bo")]);
    assert_eq!((marks[2].at, marks[2].words.len()), (None, 0));
}

#[test]
fn a3_the_time_without_control_is_told() {
    let story = Story::isolated().at("12:05:00").reads(1, WORKING);
    let lost = &facts(&story).control_lost[0];
    assert_eq!((lost.from, lost.to, lost.action.as_str()), (time("12:05:00"), None, "A1"));
    assert_eq!(lost.read[0].as_str(), "agent_status = stopped: read running");
    let story = story.at("12:07:30").reads(1, ISOLATED);
    let lost = &facts(&story).control_lost;
    assert_eq!((lost.len(), lost[0].length.as_ref().unwrap().text.as_str()), (1, "2m30s"));
}

#[test]
fn an_action_is_told_with_its_exact_call_its_lamps_and_its_readings() {
    let story = Story::isolated().at("12:05:00").reads(1, "agent_status=stopped task_queue=0 api_calls=4");
    let action = &facts(&story).actions[0];
    assert_eq!(action.call, "fleetctl isolate support-1");
    assert_eq!(action.inverse_call.as_ref().unwrap().as_str(), "fleetctl release support-1");
    let lamps: Vec<_> = action.steps.iter().map(|step| step.lamp).collect();
    assert_eq!(lamps, ["requested", "accepted", "verified", "LEAKING"]);
    let held: Vec<_> = action.checks.iter().map(|check| (check.read.clone().unwrap(), check.held)).collect();
    assert_eq!(held, [("stopped".into(), true), ("0".into(), true), ("4".into(), false)]);
    assert_eq!(action.proved_in.as_ref().unwrap().text, "35s");
    let asked = Story::p0().asks("isolate support-1");
    let action = &facts(&asked).actions[0];
    assert_eq!((&action.checks[0].read, action.checks[0].held), (&None, false), "nothing was read");
}

#[test]
fn a11_roles_are_told_with_their_hand_overs_and_empty_when_nobody_held_them() {
    let assign = |holder: &str| Command::Assign { role: Role::Commander, holder: holder.into() };
    let story = Story::p0().at("12:01:00").says(assign("ana")).at("12:20:00").says(assign("bo"));
    let story = story.at("12:40:00").says(Command::ReleaseRole { role: Role::Commander });
    let roles = facts(&story).roles;
    let held: Vec<_> = roles[0].holders.iter().map(|h| (h.holder.as_str(), h.from, h.to)).collect();
    assert_eq!(
        held,
        [("ana", time("12:01:00"), Some(time("12:20:00"))), ("bo", time("12:20:00"), Some(time("12:40:00")))]
    );
    assert!(roles[1..].iter().all(|role| role.holders.is_empty()));
}

#[test]
fn d3_whether_the_cadence_was_kept_is_counted_until_the_end() {
    let update = |story: Story, clock| {
        story.at(clock).says(Command::Update {
            audience: Audience::Customers,
            affected: "mails".into(),
            doing: "isolating".into(),
            next_at: None,
        })
    };
    let cadence = |story: &Story| {
        let all = facts(story).cadence;
        let heard = all.into_iter().find(|heard| heard.audience == Audience::Customers).unwrap();
        let late = heard.late.iter().map(|late| late.over.as_ref().map(|over| over.text.clone())).collect();
        (heard.sent, heard.due, late)
    };
    let none: Vec<Option<String>> = vec![];
    assert_eq!(cadence(&Story::p0().at("12:14:00")), (0, 0, none.clone()));
    assert_eq!(cadence(&Story::p0().at("12:16:00")), (0, 1, vec![None]), "never sent");
    let story = update(Story::p0(), "12:10:00");
    assert_eq!(cadence(&story), (1, 0, none.clone()), "the first was owed at 12:15");
    let story = update(story, "12:27:00");
    assert_eq!(cadence(&story), (2, 2, vec![Some("2m".into())]), "the second came two minutes late");
    let story = resolved(story.at("12:30:00")).at("15:00:00");
    assert_eq!(cadence(&story), (2, 2, vec![Some("2m".into())]), "after the end nobody owes one");
}

#[test]
fn b1_an_alert_says_when_the_fault_began() {
    let story = Story::blank().says(Command::Alert { realm: Realm::Live, alert: alert("k1") });
    let facts = facts(&story);
    assert_eq!(facts.started_at, Some(time("11:59:40")));
    assert_eq!(facts.windows[0].words, "met in 20s of 30s, 10s to spare");
    assert!(!facts.classified);
}

#[test]
fn d1_the_class_is_named_as_the_policy_names_it() {
    let story = Story::p0().under(|policy| policy.naming = Naming::Sev);
    let facts = facts(&story);
    assert_eq!((facts.severity, facts.classes[0].severity), ("SEV1", "SEV1"));
    // The timeline once said P0 of it.
    assert!(facts.timeline[0].text.as_str().contains(" SEV1, "), "{}", facts.timeline[0].text);
}

#[test]
fn what_ended_is_told_with_its_length_and_what_goes_on_without() {
    let ended = facts(&rich());
    assert_eq!((ended.status, ended.duration.unwrap().text.as_str()), ("resolved", "1h30m"));
    let open = facts(&Story::p0().at("12:30:00"));
    assert_eq!((open.status, open.duration, open.ending, open.resolved_at), ("open", None, None, None));
    let again = resolved(Story::p0()).says(Command::Reopen { reason: "it came back".into() });
    let again = facts(&again);
    assert_eq!((again.ending, again.reopened[0].text.as_str()), (None, "it came back"));
}
