use std::sync::Arc;

use chrono::TimeZone;

use super::*;

mod asking;
mod confirm;
mod keeping;
mod lamps;
mod truth;

use crate::app::effect::{ReviewDeed, Ticket};
use crate::app::form::{Form, Purpose};
use crate::app::intent::Intent;
use crate::app::key::{Input, Key, Mouse, MouseKind};
use crate::app::keymap::{Context, Keymap};
use crate::app::model::{ConfirmStage, Modal, Pane, Screen};
use crate::incident::{
    ActionId, Actor, Command, Event, Op, Params, Passing, Plan, Policy, Reading, Realm, Severity, Text,
    Vitals,
};

fn at(seconds: i64) -> Time {
    chrono::Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap()
}

fn keymap() -> Keymap {
    let mut keymap = Keymap::new("test");
    for (keys, intent) in [
        ("i", Intent::Isolate),
        ("a", Intent::Acknowledge),
        ("c", Intent::TakeCommand),
        ("n", Intent::Note),
        ("R", Intent::Resolve),
        ("D", Intent::Declare),
        ("/", Intent::Filter),
        (":", Intent::Palette),
        ("j", Intent::Down),
        ("q", Intent::Quit),
        ("e", Intent::Review),
        ("]", Intent::NextIncident),
        ("[", Intent::PreviousIncident),
        ("g t", Intent::Timeline),
        ("g k", Intent::InForce),
        ("U", Intent::Undo),
        ("w", Intent::Keep),
        ("s", Intent::Settle),
        ("p", Intent::Read),
    ] {
        let keys = keys.split(' ').map(|k| k.parse().unwrap()).collect();
        keymap.bind(Context::Everywhere, keys, intent);
    }
    keymap.bind(Context::Everywhere, vec!["esc".parse().unwrap()], Intent::Back);
    keymap
}

/// A session with one P0 on its board.
fn session() -> Model {
    let policy = Arc::new(Policy::built_in());
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), at(0));
    model.runner = "test-run".into();
    model.offers = Op::ALL.iter().copied().collect();
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "data leak".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: at(0),
    };
    update(&mut model, Msg::Entries(vec![entry(1, 1, declared)]));
    update(&mut model, Msg::Loaded);
    model
}

fn entry(incident: u32, seq: u64, event: Event) -> Arc<Entry> {
    Arc::new(Entry { incident: IncidentId(incident), seq, at: at(0), actor: Actor::Flightdeck, event })
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        effects.extend(update(model, Msg::Input(Input::Key(key.parse().unwrap()))));
    }
    effects
}

fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        update(model, Msg::Input(Input::Key(Key::char(c))));
    }
}

fn isolate_plan() -> Plan {
    Plan {
        op: Op::Isolate,
        target: "support-1".into(),
        params: Params::new(),
        adapter: "test".into(),
        call: "stop support-1".into(),
        version: None,
        inverse: None,
        checks: vec!["agent_status = stopped".parse().unwrap()],
        cautions: vec![],
        limit_s: 30,
        verify_s: 60,
        already: false,
        blind: false,
        destroys_evidence: false,
    }
}

fn submitted(effects: &[Effect]) -> Vec<&Command> {
    effects
        .iter()
        .filter_map(|e| if let Effect::Submit { command, .. } = e { Some(command) } else { None })
        .collect()
}

#[test]
fn one_key_acknowledges() {
    let mut model = session();
    let effects = press(&mut model, "a");
    assert_eq!(submitted(&effects), [&Command::Acknowledge]);
}

/// A session in which somebody commands the incident.
fn commanded_by(holder: &str) -> Model {
    let mut model = session();
    let assigned = Event::RoleAssigned {
        role: crate::incident::Role::Commander,
        holder: holder.into(),
        from: None,
        passing: Passing::HandedOver,
    };
    let said = Entry { actor: Actor::person(holder), ..Entry::clone(&entry(1, 2, assigned)) };
    update(&mut model, Msg::Entries(vec![Arc::new(said)]));
    model
}

#[test]
fn a11_regression_command_was_taken_from_somebody_without_asking() {
    let mut model = commanded_by("bo");
    update(&mut model, Msg::Tick(at(190)));
    assert_eq!(press(&mut model, "c"), []);
    let Some(Modal::Choose(choose)) = model.modals.last() else { panic!("{:?}", model.modals) };
    assert_eq!(choose.title, "take over INC-1 from bo?");
    assert_eq!(choose.items[0], "leave it with bo, who was heard of 3:10 ago");
    assert_eq!(press(&mut model, "enter"), [], "it is left with bo");
    press(&mut model, "c");
    let effects = press(&mut model, "down enter");
    let taken = Command::Assign { role: crate::incident::Role::Commander, holder: "ana".into() };
    assert_eq!(submitted(&effects), [&taken]);
    let mut free = session();
    assert_eq!(submitted(&press(&mut free, "c")), [&taken], "nobody is asked about nobody");
}

#[test]
fn a11_whoever_loses_command_to_somebody_is_told() {
    for (passing, words) in [
        (Passing::TakenOver, "INC-1: bo took over from you as Incident Commander"),
        (Passing::Reassigned, "INC-1: bo made bo Incident Commander in your place"),
        (Passing::HandedOver, ""),
    ] {
        let mut model = commanded_by("ana");
        let event = Event::RoleAssigned {
            role: crate::incident::Role::Commander,
            holder: "bo".into(),
            from: Some("ana".into()),
            passing,
        };
        let said = Entry { actor: Actor::person("bo"), ..Entry::clone(&entry(1, 3, event)) };
        update(&mut model, Msg::Entries(vec![Arc::new(said)]));
        let told = model.notice.as_ref().map_or("", |(notice, _)| notice.text.as_str());
        assert_eq!(told, words);
    }
}

#[test]
fn isolating_takes_the_typed_target_of_the_very_plan_on_screen() {
    let mut model = session();
    let effects = press(&mut model, "i");
    let [Effect::Plan { ticket, op: Op::Isolate, target, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(*target, "support-1");
    // Nothing can be confirmed before the plan is there.
    assert!(press(&mut model, "enter y").is_empty());
    let ticket = *ticket;
    update(&mut model, Msg::Planned { ticket, answer: Ok(Box::new(isolate_plan())) });
    update(&mut model, Msg::Drawn);
    // Enter alone, a wrong name, or y: nothing is submitted.
    assert!(press(&mut model, "enter").is_empty());
    type_text(&mut model, "support-2");
    assert!(press(&mut model, "enter").is_empty());
    press(&mut model, "ctrl-u");
    type_text(&mut model, "support-1");
    let effects = press(&mut model, "enter");
    let [Command::Act { plan, confirmation, runner }] = submitted(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(confirmation.digest, plan.digest());
    assert_eq!(*runner, "test-run");
    // A second Enter while the hub decides does nothing.
    assert!(press(&mut model, "enter").is_empty());
}

#[test]
fn esc_never_confirms_and_a_late_plan_does_not_reopen_what_was_closed() {
    let mut model = session();
    let effects = press(&mut model, "i");
    let [Effect::Plan { ticket, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let ticket = *ticket;
    assert!(press(&mut model, "esc").is_empty());
    update(&mut model, Msg::Planned { ticket, answer: Ok(Box::new(isolate_plan())) });
    assert!(model.modals.is_empty());
}

#[test]
fn an_action_without_an_adapter_says_how_to_get_one() {
    let mut model = session();
    press(&mut model, "i");
    let why = Text::block("no adapter carries isolate\n[adapters.mine]");
    update(&mut model, Msg::Planned { ticket: Ticket(1), answer: Err(why) });
    let Some(Modal::Confirm(confirm)) = model.modals.last() else { panic!() };
    assert!(matches!(confirm.stage, ConfirmStage::Unavailable { .. }));
    assert!(press(&mut model, "y").is_empty());
}

#[test]
fn a_refusal_of_a_form_stays_under_the_form_with_what_was_typed() {
    let mut model = session();
    press(&mut model, "n");
    let effects = press(&mut model, "enter");
    assert!(effects.is_empty(), "an empty note is refused in rehearsal");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!() };
    assert!(form.error.as_ref().is_some_and(|e| e.contains("empty")), "{form:?}");
    type_text(&mut model, "they sell data");
    let effects = press(&mut model, "enter");
    assert_eq!(submitted(&effects), [&Command::Note { text: "they sell data".into() }]);
    let refused = Msg::Submitted { ticket: Ticket(2), answer: Err("the disk is full".into()) };
    update(&mut model, refused);
    let Some(Modal::Form(form)) = model.modals.last() else { panic!() };
    assert_eq!(form.get("note"), "they sell data");
    assert_eq!(form.error.as_deref(), Some("the disk is full"));
}

/// What is typed on after a key that opens nothing was once read as keys of the cockpit: `X`, "quit
/// it" and Enter left the program.
#[test]
fn words_typed_after_a_refused_key_never_act() {
    let mut nowhere = session();
    nowhere.board = crate::incident::Board::default();
    nowhere.selection = crate::app::model::Selection::default();
    let of = |model: &Model, intents: &[Intent]| {
        intents.iter().map(|intent| (*intent, model.clone())).collect::<Vec<_>>()
    };
    let nothing_to_do = [
        Intent::Approve,
        Intent::Deny,
        Intent::Settle,
        Intent::Keep,
        Intent::Undo,
        Intent::CloseHypothesis,
        Intent::MoveImprovement,
        Intent::Silence,
    ];
    let no_incident =
        [Intent::Isolate, Intent::Rollback, Intent::Escalate, Intent::Resolve, Intent::Note, Intent::Review];
    for (intent, mut model) in [of(&session(), &nothing_to_do), of(&nowhere, &no_incident)].concat() {
        assert_eq!(model.intend(intent), [], "{intent:?}");
        let Some(Modal::Refused { asked, why }) = model.modals.last() else { panic!("{intent:?}") };
        assert!(!why.is_empty() && asked == intent.info().name, "{asked}: {why}");
        let before = model.modals.clone();
        type_text(&mut model, "quit it: ana");
        // Enter ends a field of the form that was meant, and the next words are as harmless.
        assert_eq!(press(&mut model, "enter q enter tab q ctrl-s"), [], "{intent:?}");
        update(&mut model, Msg::Input(Input::Paste("q".into())));
        assert_eq!(model.modals, before, "{intent:?}");
        press(&mut model, "esc");
        assert!(model.modals.is_empty(), "{intent:?}");
    }
}

/// "D declares one" stood over a P0 that had come since.
#[test]
fn a_box_that_says_there_is_no_incident_says_so_when_one_comes() {
    let policy = Arc::new(Policy::built_in());
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), at(0));
    model.loaded = true;
    let why = |model: &Model| match model.modals.last() {
        Some(Modal::Refused { why, .. }) => why.clone(),
        other => panic!("{other:?}"),
    };
    model.intend(Intent::Classify);
    assert!(why(&model).starts_with("no incident is selected"), "{}", why(&model));
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "data leak".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    update(&mut model, Msg::Entries(vec![entry(1, 1, declared)]));
    assert!(why(&model).contains("INC-1 is open"), "{}", why(&model));
    press(&mut model, "esc");
    assert_eq!(model.selection.incident, Some(IncidentId(1)));
}

#[test]
fn esc_in_a_form_loses_nothing_that_was_typed() {
    let mut model = session();
    press(&mut model, "n");
    type_text(&mut model, "half a thought");
    press(&mut model, "esc");
    assert!(model.modals.is_empty());
    press(&mut model, "n");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!() };
    assert_eq!(form.get("note"), "half a thought");
}

#[test]
fn d10_an_escalation_nothing_carries_can_be_recorded_as_done_by_other_means() {
    let mut model = session();
    let effects = model.plan(Op::Escalate, "1".into(), Params::new());
    let [Effect::Plan { ticket, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let answer = Err("no adapter carries escalate".into());
    update(&mut model, Msg::Planned { ticket: *ticket, answer });
    update(&mut model, Msg::Drawn);
    let effects = press(&mut model, "m enter");
    assert!(matches!(submitted(&effects)[..], [Command::Escalate { level: 1, .. }]), "{effects:?}");
}

#[test]
fn keys_go_to_the_foremost_thing_only() {
    let mut model = session();
    press(&mut model, "n");
    assert!(press(&mut model, "q").is_empty(), "q is text in a form");
    press(&mut model, "esc /");
    assert!(press(&mut model, "q").is_empty(), "q is text in the filter");
    press(&mut model, "enter");
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn a_selection_stays_on_its_incident_when_others_arrive() {
    let mut model = session();
    for number in 2..9 {
        let declared = Event::Declared {
            realm: Realm::Live,
            title: "another".into(),
            severity: Severity::P0,
            pattern: None,
            agents: vec![],
            detected_at: at(0),
        };
        update(&mut model, Msg::Entries(vec![entry(number, 1, declared)]));
        assert_eq!(model.selection.incident, Some(IncidentId(1)));
    }
}

/// A proposal of somebody else once took the selection of whoever had not moved it yet, and the
/// next key was about another action than the one they had read.
#[test]
fn a_proposal_that_comes_in_takes_no_selection() {
    let mut model = session();
    let requested = |number: u64| {
        let event = Event::ActionRequested {
            action: ActionId(number as u32),
            plan: Box::new(Plan { target: format!("agent-{number}").into(), ..isolate_plan() }),
            approved_by: None,
            undoes: None,
            runner: "test-run".into(),
        };
        Msg::Entries(vec![entry(1, 1 + number, event)])
    };
    update(&mut model, requested(1));
    let read = |model: &Model| model.selected_action().map(|action| action.id.0);
    assert_eq!(read(&model), Some(1));
    update(&mut model, requested(2));
    assert_eq!(read(&model), Some(1), "the one that is being read");
    // One's own act is what one looks at next.
    press(&mut model, "i");
    let planned = Msg::Planned { ticket: Ticket(1), answer: Ok(Box::new(isolate_plan())) };
    update(&mut model, planned);
    update(&mut model, Msg::Drawn);
    type_text(&mut model, "support-1");
    let effects = press(&mut model, "enter");
    let [Effect::Submit { ticket, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    update(&mut model, requested(3));
    update(&mut model, Msg::Submitted { ticket: *ticket, answer: Ok(IncidentId(1)) });
    assert_eq!(read(&model), Some(3));
}

#[test]
fn while_the_journal_loads_what_burns_is_selected_not_what_came_first() {
    let policy = Arc::new(Policy::built_in());
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), at(0));
    let declared = |severity| Event::Declared {
        realm: Realm::Live,
        title: "an old one".into(),
        severity,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    let over = Event::Resolved { summary: "over".into(), recovery: vec![], despite: None };
    update(&mut model, Msg::Entries(vec![entry(1, 1, declared(Severity::P0)), entry(1, 2, over)]));
    assert_eq!(model.selection.incident, Some(IncidentId(1)));
    update(&mut model, Msg::Entries(vec![entry(2, 1, declared(Severity::P2))]));
    update(&mut model, Msg::Loaded);
    assert_eq!(model.selection.incident, Some(IncidentId(2)));
    update(&mut model, Msg::Entries(vec![entry(3, 1, declared(Severity::P0))]));
    assert_eq!(model.selection.incident, Some(IncidentId(2)), "what burns stays in sight");
}

/// Help was open for 35 s, and keys then answered "no incident is selected; D declares one".
#[test]
fn regression_a_p0_that_came_while_a_box_was_open_stayed_unselected() {
    let policy = Arc::new(Policy::built_in());
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), at(0));
    update(&mut model, Msg::Loaded);
    press(&mut model, ":");
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "data leak".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    update(&mut model, Msg::Entries(vec![entry(1, 1, declared)]));
    assert_eq!(model.selection.incident, None, "nothing moves under a box");
    assert_eq!(model.no_incident(), "no incident is selected; INC-1 is open: ] selects it");
    press(&mut model, "esc");
    assert_eq!(model.selection.incident, Some(IncidentId(1)), "at once, not with the next entry");
}

/// The form of another action opened, with "undo now" preset.
#[test]
fn regression_keep_was_about_another_row_than_the_one_that_has_the_keys() {
    let mut model = session();
    let plan = |target: &str| Plan { target: target.into(), ..isolate_plan() };
    for (seq, action) in [(2, 1), (3, 2)] {
        let requested = Event::ActionRequested {
            action: ActionId(action),
            plan: Box::new(plan("support-1")),
            approved_by: None,
            undoes: None,
            runner: "test-run".into(),
        };
        update(&mut model, Msg::Entries(vec![entry(1, seq, requested)]));
    }
    let accepted = Event::ActionAccepted { action: ActionId(1), answer: "ok".into() };
    let failed = Event::ActionFailed { action: ActionId(2), reason: "no".into(), outdated: false };
    let verified = Event::ActionVerified { action: ActionId(1), readings: vec![] };
    for (seq, event) in [(4, accepted), (5, failed), (6, verified)] {
        update(&mut model, Msg::Entries(vec![entry(1, seq, event)]));
    }
    model.set_focus(Pane::Actions);
    model.selection.action = Some(ActionId(2));
    press(&mut model, "w");
    let Some(Modal::Refused { why, .. }) = model.modals.last() else { panic!("{:?}", model.modals) };
    assert!(why.contains("is not in force; select one that is"), "{why}");
    press(&mut model, "esc");
    model.selection.action = Some(ActionId(1));
    press(&mut model, "w");
    assert!(matches!(model.modals.last(), Some(Modal::Form(_))), "{:?}", model.modals);
}

/// With globs of adapters and no `[[agents]]` nothing could be isolated by a key.
#[test]
fn regression_where_no_agent_is_listed_none_could_be_isolated_by_key() {
    let mut model = session();
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "somebody called".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    update(&mut model, Msg::Entries(vec![entry(2, 1, declared)]));
    model.select_incident(Some(IncidentId(2)));
    press(&mut model, "i");
    assert!(matches!(model.modals.last(), Some(Modal::Form(_))), "{:?}", model.modals);
    type_text(&mut model, "support-9");
    let effects = press(&mut model, "enter");
    let planned =
        effects.iter().any(|effect| matches!(effect, Effect::Plan { target, .. } if *target == "support-9"));
    assert!(planned, "{effects:?}");
}

/// It opened a box that said "not now", in the first milliseconds after the start.
#[test]
fn a_review_asked_for_while_the_journal_is_read_opens_then_unless_something_else_is_done() {
    let asked = || {
        let mut model = session();
        let read = std::mem::take(&mut model.board);
        model.loaded = false;
        assert_eq!(press(&mut model, "e"), []);
        assert!(model.modals.is_empty() && model.notice.is_some());
        model.board = read;
        model
    };
    let opens = Effect::Review(ReviewDeed::Open(IncidentId(1)));
    let mut model = asked();
    assert!(update(&mut model, Msg::Loaded).contains(&opens));
    assert_eq!(model.screen, Screen::Review);
    let mut model = asked();
    press(&mut model, "tab");
    assert!(!update(&mut model, Msg::Loaded).contains(&opens));
    assert_eq!(model.screen, Screen::Cockpit);
}

#[test]
fn the_review_on_screen_is_of_the_incident_named_above_it() {
    // Regression: an alert put another incident above a review that somebody read, and `]` did.
    let mut model = session();
    let over = Event::Resolved { summary: "over".into(), recovery: vec![], despite: None };
    update(&mut model, Msg::Entries(vec![entry(1, 2, over)]));
    let opens = |id| Effect::Review(ReviewDeed::Open(IncidentId(id)));
    assert_eq!(press(&mut model, "e"), [opens(1)]);
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "another".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    update(&mut model, Msg::Entries(vec![entry(2, 1, declared)]));
    assert_eq!(model.selection.incident, Some(IncidentId(1)));
    let selected = model.incidents_in_order().iter().position(|id| *id == IncidentId(1)).unwrap();
    let effects = press(&mut model, if selected == 0 { "]" } else { "[" });
    assert_eq!((effects, model.selection.incident), (vec![opens(2)], Some(IncidentId(2))));
}

#[test]
fn b12_a_new_p0_rings_once() {
    let mut model = session();
    let declared = Event::Declared {
        realm: Realm::Live,
        title: "second leak".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: at(0),
    };
    let effects = update(&mut model, Msg::Entries(vec![entry(2, 1, declared.clone())]));
    assert!(effects.contains(&Effect::Bell), "{effects:?}");
    assert!(
        effects.iter().any(|e| matches!(e, Effect::Notify(text) if text.as_str().contains("second leak")))
    );
    let effects = update(&mut model, Msg::Entries(vec![entry(2, 1, declared)]));
    assert!(effects.is_empty(), "the same news again is no news: {effects:?}");
}

#[test]
fn a1_a_deadline_rings_when_near_and_when_over_each_once() {
    let mut model = session();
    // P0: respond within 5 min; near from 80 %.
    assert!(update(&mut model, Msg::Tick(at(239))).is_empty());
    assert!(!update(&mut model, Msg::Tick(at(240))).is_empty());
    assert!(update(&mut model, Msg::Tick(at(241))).is_empty());
    assert!(!update(&mut model, Msg::Tick(at(300))).is_empty());
    assert!(update(&mut model, Msg::Tick(at(301))).is_empty());
}

#[test]
fn what_was_on_record_before_the_session_does_not_ring() {
    let model = session();
    let mut again =
        Model::new(Actor::person("ben"), Realm::Live, model.policy.clone(), model.keymap.clone(), at(10_000));
    let entries = model.record().unwrap().entries.clone();
    assert!(update(&mut again, Msg::Entries(entries)).is_empty());
    assert!(update(&mut again, Msg::Loaded).is_empty());
    assert!(update(&mut again, Msg::Tick(at(10_001))).is_empty());
}

/// The fleet said `running` for as long as the vitals' own program took, while the probe beside it
/// had read `stopped`, and the other way round.
#[test]
fn a3_the_fleet_shows_no_older_state_than_a_probe_has_read() {
    let mut model = session();
    let requested = Event::ActionRequested {
        action: ActionId(1),
        plan: Box::new(isolate_plan()),
        approved_by: None,
        undoes: None,
        runner: "test-run".into(),
    };
    update(&mut model, Msg::Entries(vec![entry(1, 2, requested)]));
    let vitals = |seconds, status: &str| {
        let values = [("agent_status".to_owned(), status.into()), ("p95".to_owned(), "2".into())];
        Msg::Vitals(vec![Vitals {
            agent: "support-1".parse().unwrap(),
            at: at(seconds),
            values: values.into(),
        }])
    };
    let probed = |seconds, value: &str, replica: Option<&str>| Reading {
        check: "agent_status = stopped".parse().unwrap(),
        replica: replica.map(Text::line),
        source: None,
        value: Some(value.into()),
        why: None,
        at: at(seconds),
    };
    let (incident, action) = (IncidentId(1), ActionId(1));
    let readings = |readings| Msg::Readings { incident, action, readings };
    let (logged, held_until) = (None, None);
    let readings_then = vec![probed(50, "running", None)];
    let leaking = Event::ActionLeaking { action, readings: readings_then, logged, held_until };
    let replicas = vec![probed(30, "stopped", Some("a")), probed(30, "running", Some("b"))];
    for (why, msg, shown) in [
        ("its vitals", vitals(10, "running"), "running"),
        ("read later", readings(vec![probed(12, "stopped", None)]), "stopped"),
        ("vitals that were under way", vitals(11, "running"), "stopped"),
        ("newer vitals", vitals(20, "running"), "running"),
        ("an older reading", readings(vec![probed(19, "stopped", None)]), "running"),
        ("one replica goes on", readings(replicas), "running"),
        ("newer again", vitals(40, "stopped"), "stopped"),
        ("read by another process", Msg::Entries(vec![entry(1, 3, leaking)]), "running"),
    ] {
        update(&mut model, msg);
        let known = model.vitals.values().next().unwrap();
        assert_eq!(known.values["agent_status"], shown, "{why}");
        assert_eq!(known.values["p95"], "2", "{why}");
    }
}

#[test]
fn a_sequence_waits_for_its_next_key() {
    let mut model = session();
    press(&mut model, "g");
    assert_eq!(model.pending.len(), 1);
    press(&mut model, "t");
    assert_eq!((model.screen, model.pending.len()), (Screen::Timeline, 0));
}

#[test]
fn e9_a_chat_command_typed_into_the_palette_plans_an_action() {
    let mut model = session();
    press(&mut model, ":");
    type_text(&mut model, "/agent restart support-1");
    let effects = press(&mut model, "enter");
    assert!(matches!(&effects[..], [Effect::Plan { op: Op::Restart, .. }]), "{effects:?}");
}

#[test]
fn a_click_selects_the_pane_that_was_drawn_there() {
    let mut model = session();
    model.size = (120, 40);
    let layout = model.layout();
    let (_, log) = layout.panes.iter().find(|(pane, _)| *pane == Pane::Log).unwrap();
    let click = Mouse { kind: MouseKind::Down, column: log.x + 2, row: log.y + 2 };
    update(&mut model, Msg::Input(Input::Mouse(click)));
    assert_eq!(model.focus(), Pane::Log);
}

#[test]
fn a_dead_terminal_is_left() {
    assert_eq!(update(&mut session(), Msg::Input(Input::Closed)), [Effect::Quit]);
}

/// `21:00` typed at 03:10 is another day's: whoever types it sees which before it is sent.
#[test]
fn a_time_is_shown_as_it_is_understood_while_it_is_typed() {
    let model = session();
    let now = model.now();
    let t0 = model.incident().unwrap().mark(crate::incident::Mark::T0);
    let minutes = |minutes| Some(now + chrono::TimeDelta::minutes(minutes));
    for (label, typed, moment) in [
        ("at", "5m ago", minutes(-5)),
        ("detected", "90m", minutes(-90)),
        ("next in", "15m", minutes(15)),
        ("due", "7d", minutes(7 * 24 * 60)),
        ("gone by", "2h", minutes(120)),
        ("from", "T0", t0),
        ("to", "1m ago", minutes(-1)),
        ("at", "25:", None),
        ("at", "", None),
        ("reason", "5m", None),
    ] {
        let form = Form::new(Purpose::SetMark, "a form").text(label, "", typed);
        assert_eq!(model.moment(&form), moment, "{label} {typed}");
    }
}

#[test]
fn times_are_read_as_people_write_them() {
    let now = chrono::Utc.with_ymd_and_hms(2026, 11, 21, 3, 10, 0).unwrap();
    for (written, shown) in [
        ("03:05", "2026-11-21 03:05:00"),
        ("03:05:07", "2026-11-21 03:05:07"),
        ("23:50", "2026-11-20 23:50:00"),
        ("5m ago", "2026-11-21 03:05:00"),
        ("90s", "2026-11-21 03:08:30"),
    ] {
        let read = read_time(written, now).unwrap();
        assert_eq!(read.format("%Y-%m-%d %H:%M:%S").to_string(), shown, "{written}");
    }
    for wrong in ["", "soon", "25:00", "-5m"] {
        assert!(read_time(wrong, now).is_err(), "{wrong}");
    }
    // A slip, or a local time, began an incident 21 hours ago and paged for it.
    for later in ["03:11", "21:00"] {
        let refused = read_time(later, now).unwrap_err();
        assert!(refused.contains(&format!("write 2026-11-20T{later}:00Z")), "{refused}");
    }
}

/// It went to customers, who had heard nothing, while engineering was due: unread and at one key.
#[test]
fn c2_no_change_to_those_whom_a_person_tells_is_read_by_that_person_first() {
    let mut model = session();
    let customers = crate::incident::Audience::Customers;
    let id = model.selection.incident.unwrap();
    let incident = model.board.incident(id).unwrap();
    let (seq, actor, at) = (incident.seq + 1, model.actor.clone(), model.now());
    let update = Command::Update {
        audience: customers,
        affected: "mails".into(),
        doing: "isolating".into(),
        next_at: None,
    };
    let events = crate::incident::decide(incident, &model.policy, &update, &actor, at).unwrap();
    let entry = Entry { incident: id, seq, at, actor, event: events[0].clone() };
    crate::app::update(&mut model, Msg::Entries(vec![entry.into()]));
    assert_eq!(model.intend(Intent::NoChange), vec![], "nothing is sent by the key alone");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("{:?}", model.modals) };
    assert_eq!(form.get("audience").as_str(), "customers");
    assert!(form.get("doing").as_str().starts_with("no change since "), "{}", form.get("doing"));
}

#[test]
fn d3_no_change_is_one_key_and_says_since_when() {
    let mut model = session();
    let update = |doing: &str| Command::Update {
        audience: crate::incident::Audience::Engineering,
        affected: "mails".into(),
        doing: doing.into(),
        next_at: None,
    };
    model.intend(Intent::NoChange);
    assert!(matches!(model.modals.last(), Some(Modal::Form(_))), "the first update is to be written");
    press(&mut model, "esc");
    for said in ["isolating", "no change since 11:59 UTC: isolating"] {
        let id = model.selection.incident.unwrap();
        let incident = model.board.incident(id).unwrap();
        let (seq, actor, at) = (incident.seq + 1, model.actor.clone(), model.now());
        let events = crate::incident::decide(incident, &model.policy, &update(said), &actor, at).unwrap();
        let entry = Entry { incident: id, seq, at, actor, event: events[0].clone() };
        crate::app::update(&mut model, Msg::Entries(vec![entry.into()]));
        let effects = model.intend(Intent::NoChange);
        let [Command::Update { doing, .. }] = submitted(&effects)[..] else { panic!("{effects:?}") };
        let since = at.format("%H:%M UTC");
        assert_eq!(
            doing.as_str(),
            format!("no change since {since}: isolating"),
            "the words are not piled up"
        );
    }
}
