//! Nothing left behind: what becomes of each mitigation, before the end, after it, and after a
//! second beginning.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::incident::story::{ISOLATED, Story, WORKING, time};
use crate::incident::{
    ActionId, Actor, Board, Command, Disposition, Due, Entry, IncidentId, Lamp, Severity, deadlines, warnings,
};

const RULE: &str = "A3 in force";

fn account(number: u32, disposition: Disposition) -> Command {
    Command::Account { action: ActionId(number), disposition }
}

fn kept(owner: &str, reason: &str) -> Disposition {
    Disposition::Kept { owner: owner.into(), reason: reason.into() }
}

fn handed(owner: &str, clock: &str) -> Disposition {
    Disposition::HandedOver { owner: owner.into(), due: time(clock), reason: "until v13".into() }
}

fn resolve() -> Command {
    Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) }
}

fn classified(story: Story) -> Story {
    story.says(Command::Classify { severity: Severity::P0, pattern: None, reason: None })
}

fn isolated() -> Story {
    classified(Story::isolated())
}

#[test]
fn resolving_and_merging_ask_about_every_mitigation_that_may_be_in_force() {
    let merge = || Command::Merge { into: IncidentId(7), reason: "the same".into() };
    for (lamp, story) in [
        (Lamp::Requested, classified(Story::p0().asks("isolate support-1"))),
        (Lamp::Accepted, classified(Story::isolating())),
        (Lamp::Verified, isolated()),
        (Lamp::Leaking, isolated().reads(1, WORKING)),
        (Lamp::Unverified, classified(Story::isolating()).at("12:03:00").reads(1, WORKING)),
        (Lamp::InDoubt, classified(Story::p0().asks("isolate support-1").loses(1))),
    ] {
        let left = format!("would leave A1 isolate support-1 ({lamp}) behind");
        let story = story.lamp(1, lamp);
        for end in [resolve(), merge()] {
            let story = story.clone().refused(end.clone(), RULE, &left, "undo each, hand it over");
            for said in [kept("bo", "the fix is out tomorrow"), handed("bo", "+1 09:00:00")] {
                story.clone().says(account(1, said)).says(end.clone());
            }
        }
    }
}

#[test]
fn what_is_said_to_be_undone_holds_up_the_end_until_it_is_proved_undone() {
    let story = isolated()
        .says(account(1, Disposition::Undo))
        .refused(resolve(), RULE, "A1 isolate support-1 (verified)", "undo each")
        .asks("release support-1")
        .refused(resolve(), RULE, "(verified; its undo A2 is requested)", "wait until it is proved undone")
        .accepts(2)
        .refused(resolve(), RULE, "(verified; its undo A2 is accepted)", "wait until");
    story.clone().reads(2, "agent_status=running").lamp(1, Lamp::Undone).says(resolve());
    // The release was accepted, and the agent never came back: it is asked about again.
    let unproved = story.at("12:05:00").reads(2, "agent_status=stopped").lamp(2, Lamp::Unverified);
    unproved
        .refused(resolve(), RULE, "A1 isolate support-1 (verified)", "undo each")
        .says(account(1, handed("bo", "+1 09:00:00")))
        .says(resolve());
    // And an undo that the backend refused leaves everything as it was.
    isolated().says(account(1, Disposition::Undo)).asks("release support-1").fails(2).refused(
        resolve(),
        RULE,
        "A1 isolate support-1 (verified)",
        "undo each",
    );
}

#[test]
fn what_is_said_of_a_mitigation_must_say_who_and_why_or_until_when() {
    let story = isolated();
    for (said, why, instead) in [
        (kept(" ", "why"), "who keeps it is empty", "at least one word"),
        (kept("bo", ""), "why it stays is empty", "at least one word"),
        (handed("", "13:00:00"), "who takes it away is empty", "at least one word"),
        (handed("bo", "12:01:05"), "lies in the past", "a date to come"),
    ] {
        story.clone().refused(account(1, said), RULE, why, instead);
    }
    let page = Story::p0().does("page bo", "delivered=yes");
    page.refused(account(1, kept("bo", "why")), RULE, "A1 is verified and needs no account", "nothing to do");
    story.does("release support-1", "agent_status=running").refused(
        account(1, kept("bo", "why")),
        RULE,
        "A1 is undone and needs no account",
        "nothing to do",
    );
    let mut plan = crate::incident::story::plan("isolate support-1");
    plan.inverse = None;
    let one_way = Story::p0().says(crate::incident::story::act(&plan));
    one_way.refused(account(1, Disposition::Undo), RULE, "A1 has no inverse", "settle it by hand");
}

#[test]
fn c2_only_people_say_what_becomes_of_a_mitigation() {
    isolated().by_ai("triage").refused(
        account(1, kept("bo", "why")),
        "C2 people_only",
        "'account' is for people only",
        "propose it",
    );
}

#[test]
fn who_has_it_may_change_after_the_end_and_saying_it_twice_is_saying_it_once() {
    let story = isolated().says(account(1, kept("bo", "until v13"))).says(resolve());
    let story = story
        .ignores(&account(1, kept("bo", "until v13")))
        .says(account(1, handed("cy", "+2 09:00:00")))
        .ignores(&account(1, handed("cy", "+2 09:00:00")));
    assert_eq!(story.action(1).disposition, Some(handed("cy", "+2 09:00:00")));
    assert_eq!(story.action(1).accounted_at, Some(story.now));
}

#[test]
fn when_it_burns_again_what_was_said_before_is_asked_again_at_the_next_end() {
    let again = isolated()
        .says(account(1, kept("bo", "until v13")))
        .says(resolve())
        .at("13:00:00")
        .says(Command::Reopen { reason: "it came back".into() })
        .refused(resolve(), RULE, "A1 isolate support-1 (verified)", "undo each");
    again.clone().at("13:10:00").says(account(1, kept("bo", "until v13"))).says(resolve());
    again.does("release support-1", "agent_status=running").says(resolve());
}

#[test]
fn a_handed_over_mitigation_falls_due_however_long_its_incident_is_over() {
    let story = isolated().says(account(1, handed("bo", "+1 09:00:00"))).says(resolve());
    let due = |story: &Story| {
        let all = deadlines(&story.incident, &story.policy, story.now);
        all.into_iter().find(|d| d.due == Due::Mitigation(ActionId(1))).map(|d| (d.at, d.enforced, d.label))
    };
    let warned = |story: &Story| {
        let all = warnings(&story.incident, &story.policy, story.now);
        all.iter().any(|w| w.text.contains("A1 isolate support-1 was to be gone by now: bo has it"))
    };
    assert_eq!(due(&story), Some((time("+1 09:00:00"), true, "A1 gone, bo".to_owned())));
    assert!(!warned(&story));
    let late = story.at("+1 09:00:00");
    assert!(warned(&late));
    let moved = late.clone().says(account(1, handed("bo", "+2 09:00:00")));
    assert!(!warned(&moved));
    let gone = late.does("release support-1", "agent_status=running");
    assert_eq!((due(&gone), warned(&gone)), (None, false));
}

#[test]
fn the_list_of_what_is_in_force_spans_all_incidents_and_nothing_drops_out_of_it_by_itself() {
    let resolved = |story: Story| classified(story).says(resolve());
    let overdue = Story::isolated().says(account(1, handed("bo", "13:00:00")));
    let kept = Story::isolated().says(account(1, kept("cy", "for ever")));
    let undone = Story::isolated().does("release support-1", "agent_status=running");
    let settled = Story::isolated().settles(1, crate::incident::Settlement::Undone);
    let stories = vec![
        resolved(kept),
        Story::p0().by("dee").does("rate-limit support-1 calls_per_minute=5", "api_calls=4"),
        resolved(overdue),
        resolved(undone),
        resolved(settled),
        Story::p0().at("12:10:00").does("isolate billing-2", ISOLATED).reads(1, WORKING),
        Story::p0().does("restart support-1", "agent_status=running healthy=yes"),
    ];
    let mut board = Board::default();
    for (story, number) in stories.into_iter().zip(1..) {
        for entry in story.entries {
            board.apply(&Arc::new(Entry { incident: IncidentId(number), ..Entry::clone(&entry) }));
        }
    }
    let listed: Vec<_> = board
        .in_force(time("+300 12:00:00"))
        .iter()
        .map(|one| format!("{} {} {} {}", one.incident.id, one.action.plan.title(), one.owner(), one.fate()))
        .collect();
    assert_eq!(
        listed,
        [
            "INC-6 isolate billing-2 ana -",
            "INC-3 isolate support-1 bo handed over",
            "INC-2 rate-limit support-1 dee -",
            "INC-1 isolate support-1 cy kept",
        ]
    );
}

#[test]
fn the_digest_of_a_day_is_on_record_once_and_only_the_program_makes_it() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 5, day).unwrap();
    let digest = |day, count| Command::Digest { day, count, text: "1 mitigation".into() };
    let made = |story: &Story, command: &Command| {
        let decided =
            crate::incident::decide(&story.incident, &story.policy, command, &Actor::Flightdeck, story.now);
        decided.unwrap()
    };
    let story = isolated();
    assert_eq!(made(&story, &digest(day(5), 0)), [], "nothing in force, nothing to tell");
    let events = made(&story, &digest(day(5), 1));
    let story = events.into_iter().fold(story, |story, event| story.records(Actor::Flightdeck, event));
    for (again, written) in [(day(5), 0), (day(4), 0), (day(6), 1)] {
        assert_eq!(made(&story, &digest(again, 1)).len(), written, "{again}");
    }
    story.refused(digest(day(7), 1), RULE, "made by the program itself", "mitigations --digest");
}

/// A leaking isolation was recorded as one that stays in force.
#[test]
fn a_leaking_mitigation_that_is_kept_is_on_record_as_what_it_is() {
    let kept = || account(1, kept("ana", "the gateway blocks it too"));
    for (story, said) in [
        (isolated(), "A1 stays in force, kept by ana: the gateway blocks it too"),
        (isolated().reads(1, WORKING), "A1 LEAKS and is left so, kept by ana: the gateway blocks it too"),
    ] {
        let events = story.tries(&kept()).unwrap();
        let told: Vec<String> = events
            .iter()
            .map(|event| {
                crate::incident::telling::tell_event(event, time("12:10:00"), crate::incident::Naming::P)
            })
            .collect();
        assert_eq!(told, [said]);
    }
}
