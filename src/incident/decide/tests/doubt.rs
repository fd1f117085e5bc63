//! E1, A3: no answer means nobody knows. The world is read before anything is repeated.

use crate::incident::policy::Again;
use crate::incident::story::{ISOLATED, Story, WORKING, act, plan, seen};
use crate::incident::telling::tell;
use crate::incident::warning::{Weight, warnings};
use crate::incident::{ActionId, Actor, Command, Event, Lamp, Mark, Naming, Plan, Settlement, decide};

fn doubt() -> Story {
    Story::p0().asks("isolate support-1").loses(1).lamp(1, Lamp::InDoubt)
}

fn again() -> Command {
    act(&plan("isolate support-1"))
}

#[test]
fn a3_what_is_in_doubt_is_settled_by_readings_that_all_hold() {
    doubt().reads(1, ISOLATED).lamp(1, Lamp::Verified).mark(Mark::T3, "12:00:00");
}

#[test]
fn a3_what_clearly_does_not_hold_stays_in_doubt_for_a_person_to_settle() {
    let story = doubt().reads(1, WORKING).lamp(1, Lamp::InDoubt);
    let read =
        |story: &Story| story.entries.iter().filter(|e| matches!(e.event, Event::ActionRead { .. })).count();
    assert_eq!(read(&story), 1, "that it was read is on record");
    let story = story.at("12:02:00");
    let same = story.readings(1, WORKING);
    let story = story.ignores(&Command::Report { action: ActionId(1), report: same });
    assert_eq!(story.action(1).checks_held(), 0, "what was read is shown");
    story.settles(1, Settlement::Failed).lamp(1, Lamp::Failed);
    doubt().reads(1, WORKING).at("12:03:00").reads(1, ISOLATED).lamp(1, Lamp::Verified);
}

#[test]
fn a3_regression_what_held_before_a_call_without_an_answer_was_taken_for_its_proof() {
    for (words, read) in [
        ("restart support-1", "agent_status=running"),
        ("release support-1", "agent_status=running"),
        ("restore-checkpoint support-1", "agent_status=running memory=40"),
        ("roll-forward support-1", "agent_status=running healthy=yes"),
        ("isolate support-1", ISOLATED),
    ] {
        let held = Plan { already: true, ..plan(words) };
        let story = Story::p0().says(act(&held)).loses(1).at("12:01:00").reads(1, read);
        let story = story.lamp(1, Lamp::InDoubt).mark(Mark::T3, "-");
        assert!(story.action(1).read_at.is_some(), "{words}: that it was read is on record");
        assert!(story.action(1).next_step().contains("held before the call"), "{words}");
        let again = story.readings(1, read);
        let story = story.ignores(&Command::Report { action: ActionId(1), report: again });
        let story = story.settles(1, Settlement::Witnessed { holds: true }).lamp(1, Lamp::InDoubt);
        story.settles(1, Settlement::Failed).lamp(1, Lamp::Failed);
        // What did not hold before proves that something brought it about.
        Story::p0().asks(words).loses(1).reads(1, read).lamp(1, Lamp::Verified);
        // And a backend that said yes did its part.
        Story::p0().says(act(&held)).accepts(1).reads(1, read).lamp(1, Lamp::Verified);
    }
}

#[test]
fn b4_regression_an_accepted_restart_was_verified_by_an_agent_that_ran_all_the_time() {
    let blind = Plan { blind: true, ..plan("restart support-1") };
    let running = "agent_status=running";
    let story = Story::p0().says(act(&blind)).accepts(1);
    let again = story.readings(1, running);
    let story =
        story.ignores(&Command::Report { action: ActionId(1), report: again }).lamp(1, Lamp::Accepted);
    let story = story.at("12:05:00").reads(1, running).lamp(1, Lamp::Unverified);
    for words in ["running proves no restart", "started_at or pid"] {
        assert!(story.action(1).next_step().contains(words), "{}", story.action(1).next_step());
    }
    let told = tell(story.entries.last().expect("it was told"), Naming::P);
    assert!(told.contains("what is read proves nothing"), "{told}");
    let again = story.readings(1, running);
    let story = story.ignores(&Command::Report { action: ActionId(1), report: again });
    // A person may have seen it; nothing else can tell.
    story.settles(1, Settlement::Witnessed { holds: true }).lamp(1, Lamp::Unverified);
}

#[test]
fn a3_nothing_is_asked_for_again_before_the_world_was_read() {
    let story =
        doubt().refused(again(), "A3 in doubt", "A1 isolate support-1 is in doubt", "until A1 was read");
    // A probe that gave nothing has not read the world.
    let nothing = story.readings(1, "");
    let story = story.ignores(&Command::Report { action: ActionId(1), report: nothing }).refused(
        again(),
        "A3 in doubt",
        "may have taken effect",
        "settle it by hand",
    );
    story.reads(1, WORKING).says(again()).lamp(2, Lamp::Requested);
    doubt().settles(1, Settlement::Failed).says(again()).lamp(2, Lamp::Requested);
    // Another target, another operation, and the way back are not the same again.
    for other in ["isolate billing-2", "rate-limit support-1 calls_per_minute=5", "release support-1"] {
        doubt().says(act(&plan(other)));
    }
}

#[test]
fn a3_a_second_doubt_is_read_anew() {
    let story = doubt().reads(1, WORKING).says(again()).loses(2);
    story.refused(again(), "A3 in doubt", "A2 isolate support-1 is in doubt", "until A2 was read");
}

#[test]
fn a3_what_nothing_can_read_is_settled_by_a_person_first() {
    let mut unread = plan("page bo reason=x");
    unread.checks.clear();
    let story = Story::p0().says(act(&unread)).loses(1);
    story.refused(act(&unread), "A3 in doubt", "is in doubt", "nothing can read A1");
}

#[test]
fn a3_approving_is_asking_too() {
    let (five, ten) = ("rate-limit support-1 calls_per_minute=5", "rate-limit support-1 calls_per_minute=10");
    let story = Story::p0().by_ai("triage").asks(five).by("ana").asks(ten).loses(2);
    let approve =
        Command::Approve { action: ActionId(1), confirmation: seen(&plan(five)), runner: "r".into() };
    story.refused(approve, "A3 in doubt", "A2 rate-limit support-1 is in doubt", "until A2 was read");
}

#[test]
fn when_it_may_be_asked_for_again_is_the_policys() {
    let under = |again| doubt().under(move |policy| policy.probing.again_in_doubt = again);
    under(Again::Always).says(again());
    under(Again::Settled).reads(1, WORKING).refused(again(), "A3 in doubt", "is in doubt", "settle A1 first");
}

/// "Seen to hold: nothing reads it" once stood over readings that said the opposite.
#[test]
fn a3_what_a_person_saw_does_not_stand_over_a_newer_reading_that_says_the_opposite() {
    let mut already = plan("isolate support-1");
    already.already = true;
    let story = Story::p0().says(act(&already)).loses(1).reads(1, ISOLATED);
    let story = story.settles(1, Settlement::Witnessed { holds: true }).at("12:05:00").reads(1, WORKING);
    let action = story.action(1);
    assert!(action.was_seen_failing(), "{action:?}");
    assert!(action.next_step().contains("a probe reads otherwise since"), "{}", action.next_step());
    let said: Vec<_> = warnings(&story.incident, &story.policy, story.now).into_iter().collect();
    assert!(
        said.iter().any(|w| w.weight == Weight::Alarm && w.text.contains("A1 isolate support-1")),
        "{said:?}"
    );
}

#[test]
fn what_probes_read_in_doubt_is_not_said_by_anybody_else() {
    let story = doubt();
    let command = Command::Report { action: ActionId(1), report: story.readings(1, WORKING) };
    let said = decide(&story.incident, &story.policy, &command, &Actor::person("ana"), story.now);
    assert!(said.is_err());
}
