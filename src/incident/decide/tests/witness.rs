//! What nothing reads: a person looks, and says what they saw.

use crate::incident::story::{Story, act, plan};
use crate::incident::{ActionId, Actor, Command, Event, Lamp, Mark, Plan, Settlement, deadlines};

const HOLDS: Settlement = Settlement::Witnessed { holds: true };
const FAILS: Settlement = Settlement::Witnessed { holds: false };

/// An operation whose adapter declares no checks.
fn unchecked(words: &str) -> Plan {
    Plan { checks: vec![], ..plan(words) }
}

/// A P0 whose isolation was accepted, and that nothing reads.
fn unread() -> Story {
    Story::p0().says(act(&unchecked("isolate support-1"))).accepts(1)
}

fn settle(number: u32, settlement: Settlement, reason: &str) -> Command {
    Command::Settle { action: ActionId(number), settlement, reason: reason.into() }
}

#[test]
fn a3_what_was_seen_to_hold_is_shown_as_seen_and_never_as_verified() {
    let story = unread();
    assert!(story.action(1).next_step().contains("look for yourself"));
    let story = story.at("12:03:00").settles(1, HOLDS).lamp(1, Lamp::Accepted).mark(Mark::T3, "-");
    let action = story.action(1);
    assert_eq!(action.witnessed.as_ref().unwrap().to_string(), "seen by ana to hold: looked myself");
    assert!(action.verified_at.is_none() && action.is_unaccounted(), "{action:?}");
    assert!(action.next_step().contains("not proved"), "{}", action.next_step());
}

#[test]
fn a3_what_was_seen_not_to_hold_may_be_asked_for_again_and_the_last_word_counts() {
    let again = || act(&unchecked("isolate support-1"));
    unread().refused(again(), "A3 in force", "is accepted already", "look for yourself");
    let story = unread().settles(1, HOLDS).settles(1, FAILS);
    assert!(story.action(1).was_seen_failing());
    assert!(story.action(1).next_step().contains("do not rely on it"));
    story.says(again()).lamp(2, Lamp::Requested);
}

#[test]
fn a3_only_a_person_sees_only_what_nothing_reads_and_only_with_words() {
    unread()
        .refused(settle(1, HOLDS, " "), "A3", "how you know is empty", "at least one word")
        .under(|policy| policy.people_only.clear())
        .by_ai("triage")
        .refused(settle(1, HOLDS, "sure"), "C2", "only a person", "ask a person");
    Story::isolating().refused(settle(1, HOLDS, "sure"), "A3", "A1 has checks", "as a note");
    Story::isolated().refused(settle(1, HOLDS, "sure"), "A3", "A1 has checks", "as a note");
    let gone = unread().settles(1, Settlement::Undone);
    gone.refused(settle(1, HOLDS, "sure"), "A3", "A1 is undone", "nothing left to do");
}

#[test]
fn a3_an_undo_that_was_seen_to_hold_takes_what_it_undoes_out_of_force() {
    let undoing = || unread().says(act(&unchecked("release support-1"))).accepts(2);
    assert_eq!(undoing().action(2).undoes, Some(ActionId(1)));
    undoing().settles(2, FAILS).lamp(1, Lamp::Accepted);
    let story = undoing().settles(2, HOLDS).lamp(2, Lamp::Accepted).lamp(1, Lamp::Undone);
    assert_eq!(story.incident.unaccounted().count(), 0);
    let last = &story.entries.last().unwrap().event;
    let Event::ActionUndone { by: None, reason: Some(reason), .. } = last else { panic!("{last:?}") };
    assert_eq!(reason.as_str(), "A2 was seen by ana to hold: looked myself");
}

#[test]
fn a3_what_is_in_doubt_and_unreadable_was_seen_and_may_be_asked_for_again() {
    let doubt = || Story::p0().says(act(&unchecked("isolate support-1"))).loses(1).lamp(1, Lamp::InDoubt);
    let again = || act(&unchecked("isolate support-1"));
    doubt().refused(again(), "A3 in doubt", "may have taken effect", "settle it by hand first");
    doubt().settles(1, FAILS).lamp(1, Lamp::InDoubt).says(again()).lamp(2, Lamp::Requested);
}

#[test]
fn an_escalation_that_somebody_saw_arrive_brings_its_level_in() {
    let story = Story::p0().says(act(&unchecked("escalate 2"))).accepts(1);
    assert!(story.incident.escalations.is_empty());
    assert_eq!(story.settles(1, HOLDS).incident.escalations.keys().collect::<Vec<_>>(), [&2]);
}

#[test]
fn nobody_waits_for_checks_that_there_are_none_of() {
    let waits = |story: &Story| {
        let all = deadlines(&story.incident, &story.policy, story.now);
        all.iter().any(|deadline| deadline.label == "verify A1")
    };
    assert!(waits(&Story::isolating()));
    assert!(!waits(&unread()));
}

#[test]
fn the_review_says_who_saw_it_and_asks_where_nobody_looked() {
    let told = |story: &Story| {
        let facts = crate::incident::ReviewFacts::of(&story.record(), &story.policy, story.now);
        facts.actions.into_iter().next().unwrap()
    };
    assert!(told(&unread()).unseen);
    let fact = told(&unread().settles(1, HOLDS));
    assert_eq!((fact.unseen, fact.witnessed.len(), fact.lamp), (false, 1, "accepted"));
    assert_eq!(fact.witnessed[0].by, Actor::person("ana").to_string());
}
