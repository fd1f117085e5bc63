//! The life of one action: who may ask, what was confirmed, who approves, what probes prove.

use crate::incident::policy::{Approval, Confirm};
use crate::incident::story::{ISOLATED, Story, WORKING, act, plan, seen, time};
use crate::incident::{
    ActionId, Actor, Command, Confirmation, Disposition, Lamp, Mark, Op, Report, Role, Settlement, Severity,
    Text,
};

fn commands(story: Story, name: &str) -> Story {
    let by = story.actor.clone();
    let story = story.by(name).says(Command::Assign { role: Role::Commander, holder: name.into() });
    Story { actor: by, ..story }
}

/// Bo asks while Ana commands: A1 waits for her.
fn proposed() -> Story {
    let story = commands(Story::p0(), "ana").by("bo").at("12:05:00");
    story.asks("rollback-branch support-1 to=v11 back to=v12").lamp(1, Lamp::Proposed)
}

fn deny(number: u32) -> Command {
    Command::Deny { action: ActionId(number), reason: "too early".into() }
}

fn settle(number: u32, settlement: Settlement, reason: &str) -> Command {
    Command::Settle { action: ActionId(number), settlement, reason: reason.into() }
}

#[test]
fn c5_what_the_policy_does_not_list_is_refused_in_words() {
    let story = Story::p0().under(|policy| drop(policy.actions.remove(&Op::Isolate)));
    let why = "the policy 'built-in' does not list 'isolate'";
    story.asks_in_vain("isolate support-1", "C5 actions", why, "add a line 'isolate = {");
}

#[test]
fn c2_an_ai_actor_may_not_roll_back() {
    Story::p0().by_ai("triage").asks_in_vain(
        "rollback-branch support-1 to=v11",
        "C2 actions.who",
        "not for AI actors",
        "ask a person",
    );
}

#[test]
fn c2_what_an_ai_actor_may_ask_for_is_a_proposal_until_a_person_approves() {
    Story::p0()
        .by_ai("triage")
        .asks("isolate support-1")
        .lamp(1, Lamp::Proposed)
        .refused(Story::p0().by_ai("triage").asks("isolate support-1").approval(1), "C2 people_only", "", "")
        .under(|policy| policy.people_only.clear())
        .refused(Story::p0().by_ai("triage").asks("isolate support-1").approval(1), "C2", "only a person", "")
        .by("ana")
        .approves(1)
        .lamp(1, Lamp::Requested);
}

#[test]
fn a_confirmation_is_bound_to_the_plan_that_was_seen() {
    let read = plan("rate-limit support-1 calls_per_minute=10");
    let mut newer = read.clone();
    newer.version = Some("v13".into());
    for other in [plan("rate-limit support-1 calls_per_minute=100"), plan("rate-limit billing-2"), newer] {
        let command = Command::Act { plan: other, confirmation: seen(&read), runner: "host-1".into() };
        Story::p0().refused(command, "C5 confirmation", "not what would be done now", "read the plan again");
    }
}

#[test]
fn a_destructive_action_needs_the_targets_name_typed_exactly() {
    let isolate = plan("isolate support-1");
    for typed in [None, Some(""), Some("support-2"), Some("SUPPORT-1"), Some("support-1 ")] {
        let confirmation = Confirmation { digest: isolate.digest(), typed: typed.map(Text::from) };
        let command = Command::Act { plan: isolate.clone(), confirmation, runner: "host-1".into() };
        Story::p0().refused(command, "C5 confirmation", "needs the target's name typed", "type: support-1");
    }
    let confirmation = Confirmation { digest: plan("snapshot support-1").digest(), typed: None };
    let key = Command::Act { plan: plan("snapshot support-1"), confirmation, runner: "host-1".into() };
    Story::p0().says(key).lamp(1, Lamp::Requested);
}

#[test]
fn an_approval_is_bound_to_the_plan_and_typed_too() {
    let story = proposed().by("ana");
    let approve = |digest, typed: Option<&str>| Command::Approve {
        action: ActionId(1),
        confirmation: Confirmation { digest, typed: typed.map(Text::from) },
        runner: "host-1".into(),
    };
    let (right, wrong) = (story.digest(1), plan("rollback-branch support-1 to=v10").digest());
    story
        .refused(approve(wrong, Some("support-1")), "C5 confirmation", "not what would be done now", "read")
        .refused(approve(right, None), "C5 confirmation", "name typed", "type: support-1")
        .approves(1)
        .lamp(1, Lamp::Requested);
}

#[test]
fn the_same_thing_is_not_under_way_twice() {
    let again = |story: Story, why: &str, instead: &str| {
        story.asks_in_vain("isolate support-1", "A3 in force", why, instead)
    };
    again(Story::p0().asks("isolate support-1"), "is requested already, as A1", "wait for the backend");
    again(Story::isolating(), "is accepted already", "not proved yet");
    again(Story::isolated(), "is verified already", "probes go on");
    Story::isolated().reads(1, WORKING).asks("isolate support-1").lamp(2, Lamp::Requested);
    Story::isolated().asks("isolate billing-2").lamp(2, Lamp::Requested);
    Story::p0()
        .does("restart support-1", "agent_status=running")
        .asks("restart support-1")
        .lamp(2, Lamp::Requested);
}

#[test]
fn a11_the_commander_approves_and_nobody_else() {
    proposed()
        .refused(proposed().approval(1), "C2", "nobody approves their own request", "a second person")
        .by("cy")
        .refused(proposed().approval(1), "A11", "ana commands and decides this", "ask the commander")
        .by("ana")
        .at("12:06:00")
        .approves(1)
        .lamp(1, Lamp::Requested)
        .refused(proposed().approval(1), "B4", "A1 is requested, not proposed", "wait for the backend")
        .refused(deny(1), "B4", "not proposed", "wait for the backend");
    let approved = proposed().by("ana").approves(1);
    assert_eq!(approved.action(1).asked_by, Actor::person("bo"));
    assert_eq!(approved.action(1).approved_by, Some(Actor::person("ana")));
}

#[test]
fn a11_the_commander_asks_nobody_and_without_one_nobody_is_asked() {
    commands(Story::p0(), "ana").asks("rollback-config support-1").lamp(1, Lamp::Requested);
    Story::p0().by("bo").asks("rollback-config support-1").lamp(1, Lamp::Requested);
}

#[test]
fn a_commander_who_needs_a_second_person_gets_it_from_any() {
    let two = |story: Story| {
        story.under(|policy| policy.actions.get_mut(&Op::Isolate).unwrap().approval = Approval::Second)
    };
    let story = two(commands(Story::p0(), "ana")).asks("isolate support-1").lamp(1, Lamp::Proposed);
    let approval = story.approval(1);
    story.refused(approval, "C2", "their own request", "second person").by("bo").approves(1);
    let story = two(commands(Story::p0(), "ana")).by("bo").asks("isolate support-1").by("cy");
    let approval = story.approval(1);
    story.refused(approval, "A11", "ana commands", "ask the commander").by("ana").approves(1);
}

#[test]
fn b4_a_proposal_runs_out_after_two_minutes_for_a_p0_and_ten_for_a_p2() {
    assert_eq!(proposed().action(1).approve_by, Some(time("12:07:00")));
    proposed()
        .at("12:06:59")
        .ignores(&Command::Tick)
        .by("ana")
        .at("12:07:00")
        .refused(proposed().approval(1), "B4 confirm_within", "has run out", "ask for the action again")
        .ticks()
        .lamp(1, Lamp::Expired)
        .ignores(&Command::Tick)
        .refused(proposed().approval(1), "B4", "A1 is expired", "ask again")
        .asks("rollback-branch support-1 to=v11 back to=v12")
        .lamp(2, Lamp::Requested);
    let p2 = commands(Story::of(Severity::P2), "ana").by("bo").asks("rollback-config support-1");
    assert_eq!(p2.action(1).approve_by, Some(time("12:10:00")));
}

#[test]
fn a_denied_proposal_was_never_called() {
    let story = proposed().by("ana").says(deny(1)).lamp(1, Lamp::Denied);
    assert_eq!(story.action(1).answer, "too early");
    story
        .refused(proposed().approval(1), "B4", "A1 is denied", "nothing was called")
        .ignores(&Command::Report { action: ActionId(1), report: Report::Accepted { answer: "ok".into() } });
}

#[test]
fn what_waits_for_approval_does_not_begin_after_the_end() {
    let classified = Command::Classify { severity: Severity::P0, pattern: None, reason: None };
    let story = proposed()
        .by("ana")
        .says(classified)
        .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) });
    let approval = story.approval(1);
    story.refused(approval, "A2 resolved", "INC-42 is resolved", "reopen it first");
}

#[test]
fn c5_whose_rule_went_away_meanwhile_is_not_approved() {
    let story = proposed().by("ana").under(|policy| policy.actions.clear());
    let approval = story.approval(1);
    story.refused(approval, "C5 actions", "what is not listed is refused", "add a line");
}

#[test]
fn a3_accepted_is_not_verified_and_control_is_stamped_only_by_proof() {
    Story::isolating()
        .lamp(1, Lamp::Accepted)
        .mark(Mark::T3, "-")
        .at("12:01:05")
        .reads(1, ISOLATED)
        .lamp(1, Lamp::Verified)
        .mark(Mark::T3, "12:01:05");
    Story::p0().does("snapshot support-1", "evidence_stored=yes").lamp(1, Lamp::Verified).mark(Mark::T3, "-");
}

#[test]
fn a3_nothing_but_complete_readings_that_all_hold_verifies() {
    for read in [
        "",
        "agent_status=stopped",
        "agent_status=stopped task_queue=0",
        "agent_status=stopped task_queue=0 api_calls=1",
        "agent_status=running task_queue=0 api_calls=0",
        "agent_status=stopped task_queue=0 api_calls=unknown",
    ] {
        let story = Story::isolating();
        let report = story.readings(1, read);
        story.ignores(&Command::Report { action: ActionId(1), report });
    }
    let story = Story::isolating();
    let Report::Readings(mut readings) = story.readings(1, ISOLATED) else { unreachable!() };
    let doubled = [readings.clone(), readings.clone()].concat();
    readings.pop();
    let report = Report::Readings(readings);
    story
        .ignores(&Command::Report { action: ActionId(1), report })
        .hears(1, Report::Readings(doubled))
        .lamp(1, Lamp::Verified);
}

#[test]
fn a_plan_without_checks_is_never_verified() {
    let mut bare = plan("isolate support-1");
    bare.checks.clear();
    let readings = Story::isolating().readings(1, ISOLATED);
    let story = Story::p0().says(act(&bare)).accepts(1);
    story
        .ignores(&Command::Report { action: ActionId(1), report: Report::Readings(vec![]) })
        .ignores(&Command::Report { action: ActionId(1), report: readings })
        .at("12:01:00")
        .hears(1, Report::Readings(vec![]))
        .lamp(1, Lamp::Unverified);
}

#[test]
fn a3_checks_that_do_not_hold_in_time_leave_it_unverified_until_they_do() {
    let story = Story::isolating().at("12:01:59");
    let early = story.readings(1, WORKING);
    story
        .ignores(&Command::Report { action: ActionId(1), report: early })
        .at("12:02:00")
        .reads(1, WORKING)
        .lamp(1, Lamp::Unverified)
        .mark(Mark::T3, "-")
        .at("12:04:00")
        .reads(1, ISOLATED)
        .lamp(1, Lamp::Verified)
        .mark(Mark::T3, "12:04:00");
}

#[test]
fn a3_a_verified_effect_that_stops_holding_leaks_until_it_holds_again() {
    let story = Story::isolated().at("12:05:00").reads(1, WORKING).lamp(1, Lamp::Leaking);
    assert_eq!(story.incident.leaking_since(), Some(time("12:05:00")));
    let doubled = story.readings(1, WORKING);
    let story = story
        .ignores(&Command::Report { action: ActionId(1), report: doubled })
        .at("12:07:00")
        .reads(1, ISOLATED)
        .lamp(1, Lamp::Verified)
        .mark(Mark::T3, "12:01:05");
    assert_eq!(story.incident.leaking_since(), None);
    assert_eq!(story.action(1).verified_at, Some(time("12:01:05")));
}

#[test]
fn a3_no_data_proves_neither_control_nor_a_leak() {
    for read in ["", "agent_status=stopped", "task_queue=0 api_calls=0"] {
        let story = Story::isolated();
        let report = story.readings(1, read);
        story.ignores(&Command::Report { action: ActionId(1), report });
    }
    Story::isolated().reads(1, "api_calls=41").lamp(1, Lamp::Leaking);
}

#[test]
fn what_does_not_stay_in_force_cannot_leak() {
    let story = Story::p0().does("restart support-1", "agent_status=running").lamp(1, Lamp::Verified);
    assert!(!story.action(1).is_probed(), "a proved restart is over");
    let stopped = story.readings(1, "agent_status=stopped");
    story.ignores(&Command::Report { action: ActionId(1), report: stopped });
}

#[test]
fn late_and_doubled_reports_change_nothing() {
    let accepted = || Report::Accepted { answer: "again".into() };
    let failed = || Report::Failed { reason: "late".into(), outdated: false };
    let lost = || Report::Unknown { reason: "late".into() };
    let stories: [(Story, Vec<Report>); 5] = [
        (Story::isolating(), vec![accepted(), failed(), lost()]),
        (Story::isolated(), vec![accepted(), failed(), lost(), Story::isolated().readings(1, ISOLATED)]),
        (Story::p0().asks("isolate support-1").fails(1), vec![accepted(), failed(), lost()]),
        (Story::p0().asks("isolate support-1").loses(1), vec![accepted(), lost()]),
        (
            Story::p0().asks("isolate support-1"),
            vec![Story::isolated().readings(1, ISOLATED), Story::isolated().readings(1, WORKING)],
        ),
    ];
    for (mut story, reports) in stories {
        for report in reports {
            story = story.ignores(&Command::Report { action: ActionId(1), report });
        }
    }
}

#[test]
fn only_the_program_that_makes_the_calls_reports_on_them() {
    let story = Story::isolating();
    let command = Command::Report { action: ActionId(1), report: story.readings(1, ISOLATED) };
    for actor in [Actor::person("ana"), Actor::Ai("triage".into())] {
        let refusal =
            super::super::decide(&story.incident, &story.policy, &command, &actor, story.now).unwrap_err();
        assert_eq!((refusal.rule, refusal.instead.as_str()), ("A3", "settle it by hand, with a reason"));
    }
    let unknown = Command::Report { action: ActionId(9), report: Report::Accepted { answer: "ok".into() } };
    story.refused(unknown, "D4", "INC-42 has no action A9", "read the list of actions");
}

#[test]
fn in_doubt_is_settled_by_probes_or_by_a_person_and_never_run_again() {
    let doubt = || Story::p0().asks("isolate support-1").loses(1).lamp(1, Lamp::InDoubt);
    doubt().reads(1, WORKING).lamp(1, Lamp::InDoubt);
    doubt().reads(1, ISOLATED).lamp(1, Lamp::Verified).mark(Mark::T3, "12:00:00");
    doubt().settles(1, Settlement::Failed).lamp(1, Lamp::Failed);
    doubt().settles(1, Settlement::Undone).lamp(1, Lamp::Undone);
    doubt()
        .refused(settle(1, Settlement::Failed, " "), "A3", "how you know is empty", "at least one word")
        .under(|policy| policy.people_only.clear())
        .by_ai("triage")
        .refused(settle(1, Settlement::Failed, "sure"), "C2", "only a person settles", "ask a person");
}

#[test]
fn a_call_that_is_being_made_cannot_be_settled_and_what_is_proved_cannot_have_failed() {
    Story::p0().asks("isolate support-1").refused(
        settle(1, Settlement::Failed, "I saw it"),
        "A3",
        "is being made",
        "wait for the backend",
    );
    Story::isolated()
        .refused(settle(1, Settlement::Failed, "no"), "A3", "cannot be settled as failed", "in force")
        .settles(1, Settlement::Undone)
        .lamp(1, Lamp::Undone);
}

#[test]
fn a_mitigation_that_stays_has_an_owner_and_a_reason() {
    let keep = |owner: &str, reason: &str| Command::Account {
        action: ActionId(1),
        disposition: Disposition::Kept { owner: owner.into(), reason: reason.into() },
    };
    Story::isolated()
        .refused(keep("", "x"), "A3 in force", "who keeps it is empty", "at least one word")
        .refused(keep("bo", ""), "A3 in force", "why it stays is empty", "at least one word")
        .says(keep("bo", "until the fix"));
    Story::p0().does("restart support-1", "agent_status=running").refused(
        keep("bo", "x"),
        "A3 in force",
        "A1 is verified and needs no account",
        "nothing to do",
    );
}

#[test]
fn the_policy_says_how_an_action_is_confirmed() {
    let isolate = plan("isolate support-1");
    let confirmation = Confirmation { digest: isolate.digest(), typed: None };
    Story::p0()
        .under(|policy| policy.actions.get_mut(&Op::Isolate).unwrap().confirm = Confirm::Key)
        .says(Command::Act { plan: isolate, confirmation, runner: "host-1".into() })
        .lamp(1, Lamp::Requested);
}
