//! Telling people, as the person on call sees it: what is due, what arrived, and what did not.

use std::sync::Arc;

use flightdeck::app::model::{Modal, Model, Screen};
use flightdeck::app::msg::Msg;
use flightdeck::incident::rota::Turns;
use flightdeck::incident::{
    Actor, Audience, Command, Confirmation, Doubt, Entry, FirstCheck, Glance, IncidentId, MessageId, Op,
    Plan, Policy, Receipt, Report, Route, Settlement, Text, Topic, decide,
};
use flightdeck::tui::glyphs::UNICODE;

use super::fleet::{night, plan, tell, time};
use super::{asking, press, screen};

const SIZE: (u16, u16) = (80, 24);

/// The same night, with channels: engineers and managers are told, customers have a page.
pub fn told() -> Model {
    let mut model = night();
    let mut policy = Policy::clone(&model.policy);
    policy.routes = vec![
        Route::everything("ops-chat"),
        Route { audiences: vec![Audience::Customers], ..Route::everything("status-page") },
    ];
    let turns = |people: &[&str]| Turns {
        people: people.iter().map(|name| Text::line(name)).collect(),
        channel: "ops-chat".into(),
    };
    policy.rota.starts = time("00:00:00").date_naive();
    policy.rota.levels = [(0, turns(&["ana", "bo"])), (1, turns(&["cy"])), (2, turns(&[]))].into();
    model.policy = Arc::new(policy);
    model
}

fn selected(model: &Model) -> IncidentId {
    model.selection.incident.expect("an incident is selected")
}

/// Somebody says something in the selected incident, and the screen hears of it.
fn says(model: &mut Model, clock: &str, actor: &Actor, command: Command) {
    let id = selected(model);
    let incident = model.board.incident(id).expect("it is loaded");
    let (at, seq) = (time(clock), incident.seq);
    let events = decide(incident, &model.policy, &command, actor, at).expect("allowed");
    let entry = |(seq, event)| Arc::new(Entry { incident: id, seq, at, actor: actor.clone(), event });
    let entries: Vec<_> = (seq + 1..).zip(events).map(entry).collect();
    tell(model, Msg::Entries(entries));
}

fn update(audience: Audience, doing: &str) -> Command {
    Command::Update { audience, affected: "answers by mail".into(), doing: doing.into(), next_at: None }
}

fn becomes(model: &mut Model, clock: &str, message: u32, receipt: Receipt) {
    let message = MessageId(message);
    says(model, clock, &Actor::Flightdeck, Command::Deliver { message, receipt });
}

/// Two updates: one delivered, one of which customers were not told.
fn half_told() -> Model {
    let mut model = told();
    let ana = Actor::person("ana");
    says(&mut model, "03:13:00", &ana, update(Audience::Engineering, "isolating"));
    let answer = "200 ok".into();
    becomes(&mut model, "03:13:01", 1, Receipt::Delivered { answer, reference: None });
    says(&mut model, "03:13:10", &ana, update(Audience::Customers, "we are stopping it"));
    let gone =
        Receipt::Failed { reason: "503 Service Unavailable".into(), again_at: None, doubt: Doubt::None };
    becomes(&mut model, "03:13:30", 2, gone);
    says(&mut model, "03:13:40", &ana, update(Audience::Engineering, "putting the version before back"));
    tell(&mut model, Msg::Tick(time("03:13:42")));
    model
}

#[test]
fn d3_composer_80x24() {
    let mut model = half_told();
    press(&mut model, "u");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

/// Six quiet first checks were all that had changed.
#[test]
fn d3_what_changed_is_not_what_first_checks_found_to_be_as_ever() {
    let mut model = half_told();
    let before = model.briefing(Audience::Executives).join("\n");
    for (glance, found) in [(Glance::Quiet, "connected"), (Glance::Notable, "2 in the 2h before")] {
        let check =
            FirstCheck { topic: Topic::Dependency, source: found.into(), glance, found: found.into() };
        says(&mut model, "03:13:45", &Actor::Flightdeck, Command::FirstCheck { check });
    }
    let lines = model.briefing(Audience::Executives).join("\n");
    assert!(lines.contains("2 in the 2h before") && !lines.contains("connected"), "{before}\n{lines}");
}

/// The words for one audience stayed in the composer when it was to go to another.
#[test]
fn d3_another_audience_begins_with_its_own_words_unless_they_were_edited() {
    let doing = |model: &Model| {
        let Some(Modal::Form(form)) = model.modals.last() else { panic!("{:?}", model.modals) };
        (form.get("audience").to_string(), form.get("affected").to_string(), form.get("doing").to_string())
    };
    let said = |audience: &str, affected: &str, doing: &str| {
        (audience.to_owned(), affected.to_owned(), doing.to_owned())
    };
    let mut model = told();
    let mut policy = Policy::clone(&model.policy);
    policy.people_tell = Audience::ALL.to_vec();
    model.policy = Arc::new(policy);
    let ana = Actor::person("ana");
    says(&mut model, "03:13:05", &ana, update(Audience::Customers, "our words to them"));
    says(&mut model, "03:13:10", &ana, update(Audience::Engineering, "we are stopping it"));
    tell(&mut model, Msg::Tick(time("03:28:00")));
    press(&mut model, "N");
    let first = said("customers", "answers by mail", "no change since 03:13 UTC: our words to them");
    assert_eq!(doing(&model), first);
    press(&mut model, "left");
    assert_eq!(doing(&model), said("executives", "", ""));
    press(&mut model, "left");
    let other = said("engineering", "answers by mail", "no change since 03:13 UTC: we are stopping it");
    assert_eq!(doing(&model), other);
    press(&mut model, "left");
    assert_eq!(doing(&model), first, "and back");
    press(&mut model, "down down x left");
    press(&mut model, "up up left");
    let (to, affected, words) = doing(&model);
    assert_eq!((to.as_str(), affected.as_str()), ("executives", ""));
    assert!(words.contains("our words to the"), "what was edited stays: {words}");
}

#[test]
fn d3_composer_without_a_channel_80x24() {
    let mut model = night();
    press(&mut model, "u");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn b12_messages_80x24() {
    let mut model = half_told();
    press(&mut model, "g u");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn b12_a_message_that_did_not_arrive_80x24() {
    let mut model = half_told();
    press(&mut model, "g s");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn b12_roster_and_warnings_say_who_was_not_told_120x40() {
    insta::assert_snapshot!(screen(half_told(), (120, 40), &UNICODE));
}

/// The pager of level 1 takes nothing; some other process is the one that delivers.
fn unheard() -> Model {
    let mut model = half_told();
    let id = selected(&model);
    let level = Command::Escalate { level: 1, reason: Some("by phone".into()) };
    says(&mut model, "03:13:43", &Actor::person("ana"), level);
    let again_at = Some(time("03:20:00"));
    for clock in ["03:13:44", "03:13:46", "03:13:50"] {
        let receipt = Receipt::Failed { reason: "connection refused".into(), again_at, doubt: Doubt::None };
        becomes(&mut model, clock, 3, receipt);
    }
    assert_eq!(selected(&model), id);
    tell(&mut model, Msg::Tick(time("03:13:52")));
    model
}

#[test]
fn e1_a_channel_that_takes_nothing_is_a_lasting_alarm_and_stands_beside_who_is_paged_120x40() {
    insta::assert_snapshot!(screen(unheard(), (120, 40), &UNICODE));
}

#[test]
fn e1_the_alarm_of_a_channel_ends_with_what_it_takes() {
    let warned = |model: &mut Model, receipt: Receipt, clock: &str| {
        let id = selected(model);
        becomes(model, clock, 3, receipt);
        assert_eq!(selected(model), id);
        model.warned().iter().filter(|one| one.warning.text.contains("DOES NOT DELIVER")).count()
    };
    let mut model = unheard();
    let again_at = Some(time("03:20:00"));
    let failed = Receipt::Failed { reason: "connection refused".into(), again_at, doubt: Doubt::None };
    assert_eq!(warned(&mut model, failed, "03:13:58"), 1, "still");
    let delivered = Receipt::Delivered { answer: "200".into(), reference: None };
    assert_eq!(warned(&mut model, delivered, "03:14:10"), 0, "it works again");
}

#[test]
fn d3_an_update_on_the_timeline_says_whether_it_arrived() {
    let mut model = half_told();
    model.screen = Screen::Timeline;
    let shown = screen(model, (160, 40), &UNICODE);
    let updates: Vec<_> = shown.lines().filter(|line| line.contains("update to")).collect();
    let ends = |index: usize, words: &str| assert!(updates[index].contains(words), "{}", updates[index]);
    let last = updates.len() - 3;
    ends(last, "[1 delivered]");
    ends(last + 1, "[1 NOT TOLD]");
    ends(last + 2, "[1 waiting]");
}

#[test]
fn c2_a_draft_of_an_ai_actor_80x24() {
    let mut model = told();
    let actor = Actor::Ai("writer".into());
    says(&mut model, "03:13:00", &actor, update(Audience::Customers, "we are looking into it"));
    press(&mut model, "u");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn d10_whom_to_bring_in_80x24() {
    let mut model = told();
    press(&mut model, "x");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn d10_who_would_be_paged_is_on_screen_before_it_is_sent_80x24() {
    let mut model = asking("x 1", |op| {
        assert_eq!(op, Op::Escalate);
        let mut plan = plan(op, "1");
        plan.adapter = "outbox".into();
        plan.call = "page cy (until Mon 11 May 10:00 UTC) through pager".into();
        Ok(Box::new(plan))
    });
    model.selection.by_hand = true;
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

#[test]
fn a_drill_says_that_nothing_left_80x24() {
    let mut model = half_told();
    model.realm = flightdeck::incident::Realm::Drill;
    press(&mut model, "g u");
    insta::assert_snapshot!(screen(model, SIZE, &UNICODE));
}

/// What nothing reads says so, how to put on record what was seen, and then who saw what.
#[test]
fn a3_what_nothing_reads_and_a_person_saw_80x24() {
    let mut model = night();
    let ana = Actor::person("ana");
    let limit = Plan { checks: vec![], ..plan(Op::RateLimit, "support-1") };
    let confirmation = Confirmation { digest: limit.digest(), typed: Some(limit.target.clone()) };
    says(&mut model, "03:13:00", &ana, Command::Act { plan: limit, confirmation, runner: "host-1".into() });
    let action = *model.incident().expect("selected").actions.keys().next_back().expect("it was asked for");
    let report = Report::Accepted { answer: "ok".into() };
    says(&mut model, "03:13:01", &Actor::Flightdeck, Command::Report { action, report });
    model.selection.action = Some(action);
    press(&mut model, "5");
    // What was just said is in front of the keys for some seconds.
    model.notice = None;
    let before = screen(model.clone(), SIZE, &UNICODE);
    for words in
        ["nothing verifies it: look for yourself", "by nobody yet: space d puts on record", "space d settle"]
    {
        assert!(before.contains(words), "{words}\n{before}");
    }
    let settlement = Settlement::Witnessed { holds: true };
    says(
        &mut model,
        "03:14:00",
        &ana,
        Command::Settle { action, settlement, reason: "the gateway counts 5".into() },
    );
    let after = screen(model, SIZE, &UNICODE);
    for words in ["accepted", "seen by ana to hold", "by ana at 03:14:00: it holds: the gateway counts 5"] {
        assert!(after.contains(words), "{words}\n{after}");
    }
}

/// "1 NOT TOLD" stood there of what had arrived six times.
#[test]
fn b12_what_may_have_arrived_is_counted_as_not_known_to_be_told() {
    let mut model = told();
    says(&mut model, "03:13:10", &Actor::person("ana"), update(Audience::Engineering, "we are stopping it"));
    let lost = Receipt::Failed { reason: "no answer".into(), again_at: None, doubt: Doubt::Lost };
    becomes(&mut model, "03:13:30", 1, lost);
    assert_eq!(model.told().expect("something was queued").1, "1 NOT KNOWN TO BE TOLD");
}

/// Only the comment in a ready-made file said what else its call reaches.
#[test]
fn what_else_a_call_reaches_is_read_before_it_is_confirmed() {
    let words = "interrupts every run of the deployment, whichever assistant it is of";
    let model = asking("x 1", |op| {
        let mut plan = plan(op, "1");
        plan.cautions = vec![flightdeck::incident::Caution::Also(words.into())];
        Ok(Box::new(plan))
    });
    let shown = screen(model, SIZE, &UNICODE);
    let at = |words: &str| shown.find(words).unwrap_or_else(|| panic!("{words}\n{shown}"));
    assert!(at("also") < at("type y to confirm"), "{shown}");
    at("interrupts every run of the deployment");
}
