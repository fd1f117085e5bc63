//! Nothing left behind, by keys: before the end of an incident, and from the list after it.

use super::*;
use crate::app::form::Form;
use crate::incident::{Disposition, Inverse, Reading};

fn undoable(agent: &str) -> Plan {
    let inverse = Inverse { op: Op::Release, params: Params::new(), call: "release".into() };
    Plan { target: agent.into(), inverse: Some(inverse), ..isolate_plan() }
}

fn requested(action: u32, plan: Plan, undoes: Option<u32>) -> Event {
    Event::ActionRequested {
        action: ActionId(action),
        plan: Box::new(plan),
        approved_by: None,
        undoes: undoes.map(ActionId),
        runner: "test-run".into(),
    }
}

fn tell(model: &mut Model, incident: u32, event: Event) {
    let seq = model.board.incident(IncidentId(incident)).map_or(0, |i| i.seq) + 1;
    update(model, Msg::Entries(vec![entry(incident, seq, event)]));
}

/// A session whose first incident is classified, and has these agents isolated, by A1, A2 …
fn isolated(agents: &[&str]) -> Model {
    let mut model = session();
    tell(&mut model, 1, Event::Classified { severity: Severity::P0, pattern: None, reason: None });
    for (agent, number) in agents.iter().zip(1..) {
        tell(&mut model, 1, requested(number, undoable(agent), None));
        let accepted = Event::ActionAccepted { action: ActionId(number), answer: "ok".into() };
        tell(&mut model, 1, accepted);
        let readings = vec![];
        tell(&mut model, 1, Event::ActionVerified { action: ActionId(number), readings });
    }
    model
}

fn form(model: &Model) -> &Form {
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("{:?}", model.modals) };
    form
}

fn refusal(model: &Model) -> &str {
    let Some(Modal::Refused { why, .. }) = model.modals.last() else { panic!("{:?}", model.modals) };
    why
}

/// Answers the one command that was submitted; its entry comes before the answer, or after it.
fn answered(model: &mut Model, effects: &[Effect], events: Vec<Event>, entry_first: bool) -> Vec<Effect> {
    let [Effect::Submit { ticket, incident: Some(incident), .. }] = effects else { panic!("{effects:?}") };
    let answer = Msg::Submitted { ticket: *ticket, answer: Ok(*incident) };
    let mut effects = Vec::new();
    if !entry_first {
        effects = update(model, answer.clone());
    }
    for event in events {
        tell(model, incident.0, event);
    }
    if entry_first { update(model, answer) } else { effects }
}

/// Submits what the foremost form says of a mitigation, and puts it on record.
fn account(model: &mut Model, key: &str, entry_first: bool) -> (Disposition, Vec<Effect>) {
    let effects = press(model, key);
    let [Effect::Submit { command: Command::Account { action, disposition }, .. }] = &effects[..] else {
        panic!("{effects:?} {:?}", model.modals.last())
    };
    let event = Event::ActionAccounted { action: *action, disposition: disposition.clone(), leaking: false };
    let said = disposition.clone();
    let more = answered(model, &effects, vec![event], entry_first);
    (said, more)
}

#[test]
fn the_way_to_the_end_asks_for_each_mitigation_in_turn() {
    let mut model = isolated(&["support-1", "mailer-3"]);
    press(&mut model, "R");
    for (number, agent, choice) in [(1, "support-1", "k"), (2, "mailer-3", "h")] {
        let title = format!("A{number} isolate {agent} is in force: what becomes of it?");
        assert_eq!(form(&model).title, title);
        press(&mut model, choice);
        press(&mut model, "tab tab tab");
        type_text(&mut model, "until the fix is deployed");
        // The answer comes before the entry, or after it.
        let (said, _) = account(&mut model, "enter", number == 2);
        let reason = "until the fix is deployed".into();
        let expected = match choice {
            "k" => Disposition::Kept { owner: "ana".into(), reason },
            _ => Disposition::HandedOver { owner: "ana".into(), due: at(86_400), reason },
        };
        assert_eq!(said, expected);
    }
    assert_eq!((form(&model).title.as_str(), model.modals.len()), ("end the incident", 1));
}

#[test]
fn undoing_on_the_way_to_the_end_is_an_action_of_its_own_and_the_end_waits_for_its_proof() {
    for entry_first in [true, false] {
        let mut model = isolated(&["support-1"]);
        press(&mut model, "R");
        // Enter on 'undo now' is enough: nobody has to own what goes away.
        // It is on record once it was confirmed.
        let effects = press(&mut model, "enter");
        let [Effect::Plan { ticket, incident, op: Op::Release, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(*incident, IncidentId(1));
        let release = Plan { op: Op::Release, inverse: None, ..undoable("support-1") };
        update(&mut model, Msg::Planned { ticket: *ticket, answer: Ok(Box::new(release.clone())) });
        update(&mut model, Msg::Drawn);
        type_text(&mut model, "support-1");
        let effects = press(&mut model, "enter");
        assert!(matches!(submitted(&effects)[..], [Command::Act { .. }]), "{effects:?}");
        answered(&mut model, &effects, vec![requested(2, release, Some(1))], entry_first);
        assert!(refusal(&model).starts_with("A1 isolate support-1 is being undone"), "{}", refusal(&model));
        press(&mut model, "esc R");
        let words = "A1 isolate support-1 is being undone by A2 (requested)";
        assert!(refusal(&model).starts_with(words), "{}", refusal(&model));
        let undone = Event::ActionUndone { action: ActionId(1), by: Some(ActionId(2)), reason: None };
        tell(&mut model, 1, undone);
        press(&mut model, "esc R");
        assert_eq!(form(&model).title, "end the incident");
    }
}

#[test]
fn regression_to_be_undone_now_was_on_record_before_anybody_confirmed_the_undoing() {
    let mut model = isolated(&["support-1"]);
    let effects = press(&mut model, "R enter");
    assert!(submitted(&effects).is_empty(), "{effects:?}");
    assert!(matches!(effects[..], [.., Effect::Plan { .. }]), "{effects:?}");
    press(&mut model, "esc");
    assert_eq!(model.incident().unwrap().actions[&ActionId(1)].disposition, None);
    press(&mut model, "R");
    assert!(form(&model).title.starts_with("A1 isolate support-1 is in force"), "it is asked again");
}

#[test]
fn b13_regression_a_hurried_enter_took_back_the_rollback_that_mended_it() {
    let mut model = session();
    tell(&mut model, 1, Event::Classified { severity: Severity::P0, pattern: None, reason: None });
    let plan = Plan { op: Op::RollbackConfig, ..undoable("support-1") };
    tell(&mut model, 1, requested(1, plan, None));
    press(&mut model, "R");
    assert_eq!(form(&model).get("it").as_str(), "keep");
    press(&mut model, "esc");
    let mut model = isolated(&["support-1"]);
    press(&mut model, "R");
    assert_eq!(form(&model).get("it").as_str(), "undo now");
}

#[test]
fn d1_regression_the_end_was_refused_only_after_everything_was_typed() {
    let mut model = session();
    press(&mut model, "R");
    assert!(refusal(&model).contains("nobody has confirmed the class"), "{}", refusal(&model));
    let mut model = isolated(&["support-1"]);
    assert_eq!(model.intend(Intent::Reopen), []);
    assert!(refusal(&model).contains("INC-1 is open"), "{}", refusal(&model));
}

#[test]
fn an_undo_that_failed_or_was_not_proved_is_asked_about_again() {
    let (action, reason, readings) = (ActionId(2), "409".into(), vec![]);
    for outcome in [
        Event::ActionFailed { action, reason, outdated: false },
        Event::ActionUnverified { action, readings },
    ] {
        let mut model = isolated(&["support-1"]);
        tell(
            &mut model,
            1,
            Event::ActionAccounted { action: ActionId(1), disposition: Disposition::Undo, leaking: false },
        );
        tell(&mut model, 1, requested(2, undoable("support-1"), Some(1)));
        tell(&mut model, 1, outcome);
        press(&mut model, "R");
        assert!(form(&model).title.starts_with("A1 isolate support-1 is in force"));
    }
}

#[test]
fn ending_as_a_duplicate_asks_the_same_first() {
    let mut model = isolated(&["support-1"]);
    let effects = model.intend(Intent::Merge);
    assert_eq!(effects, []);
    press(&mut model, "k tab tab tab");
    type_text(&mut model, "the other one goes on with it");
    account(&mut model, "enter", true);
    assert_eq!(form(&model).title, "end it as a duplicate");
}

#[test]
fn a_hand_over_without_a_date_says_what_is_missing() {
    let mut model = isolated(&["support-1"]);
    press(&mut model, "w h tab tab ctrl-u ctrl-s");
    assert_eq!(form(&model).error.as_deref(), Some("'' is no due date; write 7d or 2026-12-01"));
}

/// A second incident, resolved, whose isolation somebody keeps.
fn kept_elsewhere() -> Model {
    let mut model = session();
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "an old one".into(),
        severity: Severity::P2,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    tell(&mut model, 2, declared);
    tell(&mut model, 2, requested(1, undoable("billing-2"), None));
    tell(&mut model, 2, Event::ActionAccepted { action: ActionId(1), answer: "ok".into() });
    tell(&mut model, 2, Event::ActionVerified { action: ActionId(1), readings: vec![] });
    let disposition = Disposition::Kept { owner: "bo".into(), reason: "until v13".into() };
    tell(&mut model, 2, Event::ActionAccounted { action: ActionId(1), disposition, leaking: false });
    tell(&mut model, 2, Event::Resolved { summary: "over".into(), recovery: vec![], despite: None });
    model
}

#[test]
fn the_list_of_what_is_in_force_selects_nothing_of_another_incident_by_itself() {
    let mut model = kept_elsewhere();
    press(&mut model, "g k");
    assert_eq!((model.screen, model.selection.incident), (Screen::InForce, Some(IncidentId(1))));
    for key in ["U", "w", "s", "p"] {
        assert_eq!(press(&mut model, key), [], "{key}");
        assert!(refusal(&model).contains("is selected"), "{key}: {}", refusal(&model));
        press(&mut model, "esc");
    }
    press(&mut model, "j");
    assert_eq!(model.selection.incident.zip(model.selection.action), Some((IncidentId(2), ActionId(1))));
}

#[test]
fn what_somebody_keeps_is_undone_handed_over_settled_and_read_from_the_list() {
    let open = || {
        let mut model = kept_elsewhere();
        press(&mut model, "g k j");
        model
    };
    let mut model = open();
    let effects = press(&mut model, "U");
    assert!(
        matches!(&effects[..], [Effect::Plan { incident: IncidentId(2), op: Op::Release, .. }]),
        "{effects:?}"
    );
    let mut model = open();
    press(&mut model, "w");
    assert_eq!(form(&model).get("owner").as_str(), "bo", "what was said last is where one begins");
    assert_eq!(form(&model).get("it").as_str(), "keep");
    press(&mut model, "h");
    let (said, effects) = account(&mut model, "ctrl-s", true);
    assert_eq!(
        said,
        Disposition::HandedOver { owner: "bo".into(), due: at(86_400), reason: "until v13".into() }
    );
    assert_eq!((effects, model.modals.len()), (vec![], 0), "an incident that is over does not end again");
    let mut model = open();
    press(&mut model, "s tab");
    assert_eq!(form(&model).get("it").as_str(), "is undone");
    type_text(&mut model, "scaled up again by hand");
    let effects = press(&mut model, "enter");
    assert!(matches!(submitted(&effects)[..], [Command::Settle { .. }]), "{effects:?}");
    let mut model = open();
    let reads = Effect::Read { incident: IncidentId(2), action: ActionId(1) };
    assert_eq!(press(&mut model, "p"), [reads]);
}

#[test]
fn when_it_was_read_last_is_when_a_value_came() {
    let mut model = kept_elsewhere();
    let (incident, action) = (IncidentId(2), ActionId(1));
    assert_eq!(model.read_at(incident, action), None);
    let checks = undoable("billing-2").checks;
    let read = |value: Option<&str>, seconds, count| -> Vec<Reading> {
        let reading = |check: &crate::incident::Check| Reading {
            check: check.clone(),
            value: value.map(Text::line),
            why: None,
            at: at(seconds),
            replica: None,
            source: None,
        };
        checks.iter().take(count).map(reading).collect()
    };
    let all = checks.len();
    // What nobody can read any more was read then, and not never.
    for (readings, read) in [
        (read(Some("stopped"), 5, all), Some(at(5))),
        (read(None, 9, all), Some(at(5))),
        (read(Some("stopped"), 12, all - 1), Some(at(5))),
        (read(Some("stopped"), 15, all), Some(at(15))),
    ] {
        update(&mut model, Msg::Readings { incident, action, readings });
        assert_eq!(model.read_at(incident, action), read);
    }
}

#[test]
fn a_date_that_passes_rings_although_the_incident_is_over() {
    let mut model = kept_elsewhere();
    let disposition = Disposition::HandedOver { owner: "bo".into(), due: at(100), reason: Text::default() };
    tell(&mut model, 2, Event::ActionAccounted { action: ActionId(1), disposition, leaking: false });
    let effects = update(&mut model, Msg::Tick(at(99)));
    let told = |effects: &[Effect]| {
        let words = |e: &Effect| matches!(e, Effect::Notify(t) if t.as_str().contains("A1 gone, bo is OVER"));
        effects.iter().any(words)
    };
    assert!(!told(&effects));
    assert!(told(&update(&mut model, Msg::Tick(at(100)))));
    assert!(!told(&update(&mut model, Msg::Tick(at(101)))), "once");
}

/// A session with one isolation that was accepted and that nothing reads.
fn unread() -> Model {
    let mut model = session();
    tell(&mut model, 1, Event::Classified { severity: Severity::P0, pattern: None, reason: None });
    tell(&mut model, 1, requested(1, Plan { checks: vec![], ..undoable("support-1") }, None));
    tell(&mut model, 1, Event::ActionAccepted { action: ActionId(1), answer: "ok".into() });
    model
}

#[test]
fn a3_what_nothing_reads_is_settled_by_what_a_person_saw() {
    for (choice, holds) in [("", true), ("right", false)] {
        let mut model = unread();
        assert_eq!(press(&mut model, "s"), []);
        assert_eq!(form(&model).get("it").as_str(), "seen to hold");
        if !choice.is_empty() {
            press(&mut model, choice);
        }
        press(&mut model, "tab");
        type_text(&mut model, "its console");
        let effects = press(&mut model, "enter");
        let witnessed = Command::Settle {
            action: ActionId(1),
            settlement: crate::incident::Settlement::Witnessed { holds },
            reason: "its console".into(),
        };
        assert_eq!(submitted(&effects), [&witnessed]);
    }
}

#[test]
fn a3_only_what_can_be_true_of_an_action_is_offered() {
    let choices = |model: &mut Model| {
        press(model, "s");
        let choices = form(model).entries[0].choices.clone();
        press(model, "esc");
        choices
    };
    assert_eq!(choices(&mut unread()), ["seen to hold", "seen NOT to hold", "is undone"]);
    let mut doubt = session();
    tell(&mut doubt, 1, requested(1, undoable("support-1"), None));
    tell(&mut doubt, 1, Event::ActionInDoubt { action: ActionId(1), reason: "no answer".into() });
    assert_eq!(choices(&mut doubt), ["never took effect", "is undone"]);
}

#[test]
fn a3_the_way_to_the_end_says_who_saw_what_is_asked_about_and_what_an_undo_waits_for() {
    let mut model = unread();
    let reason: Text = "its console".into();
    tell(&mut model, 1, Event::ActionWitnessed { action: ActionId(1), holds: true, reason });
    press(&mut model, "R");
    let title = "A1 isolate support-1 was seen by flightdeck to hold: what becomes of it?";
    assert_eq!(form(&model).title, title);
    press(&mut model, "esc");
    let release = Plan { op: Op::Release, inverse: None, checks: vec![], ..undoable("support-1") };
    tell(&mut model, 1, requested(2, release, Some(1)));
    tell(&mut model, 1, Event::ActionAccepted { action: ActionId(2), answer: "ok".into() });
    press(&mut model, "R");
    assert!(refusal(&model).contains("settle what you saw"), "{}", refusal(&model));
}

/// It was asked as "A1 isolate support-1 is in force", and the end said no word of the leak.
#[test]
fn what_leaks_is_asked_about_and_ended_with_as_what_it_is() {
    let mut model = isolated(&["support-1"]);
    let leaks =
        Event::ActionLeaking { action: ActionId(1), readings: vec![], logged: None, held_until: None };
    tell(&mut model, 1, leaks);
    press(&mut model, "R");
    assert_eq!(form(&model).title, "A1 isolate support-1 LEAKS: what becomes of it?");
    press(&mut model, "k tab tab tab");
    type_text(&mut model, "the gateway blocks it too");
    account(&mut model, "enter", true);
    assert_eq!(form(&model).title, "end the incident: A1 LEAKS, and stays so");
}
