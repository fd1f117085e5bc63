//! A confirmation takes nothing that was typed before it was on the screen.

use super::*;
use crate::app::model::Confirm;

/// A plan that asks for the key: `silence` in the built-in policy.
fn by_key() -> Plan {
    Plan { op: Op::Silence, target: "very-ready".into(), inverse: None, checks: vec![], ..isolate_plan() }
}

fn asked(plan: &Plan) -> (Model, Ticket) {
    let mut model = session();
    let effects = model.plan(plan.op, plan.target.clone(), Params::new());
    let [Effect::Plan { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    (model, ticket)
}

fn confirm(model: &Model) -> &Confirm {
    let Some(Modal::Confirm(confirm)) = model.modals.last() else { panic!("{:?}", model.modals) };
    confirm
}

/// What a person's hands do, and what comes in between.
enum Step<'a> {
    /// Whole words, key by key.
    Types(&'a str),
    Presses(&'a str),
    Pastes(&'a str),
    /// The adapter's answer.
    Planned,
    /// A frame.
    Drawn,
}

fn play(plan: &Plan, steps: &[Step<'_>]) -> (Model, Vec<Effect>) {
    let (mut model, ticket) = asked(plan);
    let mut effects = Vec::new();
    for step in steps {
        match step {
            Step::Types(text) => text.chars().for_each(|c| effects.extend(key(&mut model, Key::char(c)))),
            Step::Presses(keys) => effects.extend(press(&mut model, keys)),
            Step::Pastes(text) => {
                effects.extend(update(&mut model, Msg::Input(Input::Paste((*text).into()))))
            }
            Step::Planned => {
                let answer = Ok(Box::new(plan.clone()));
                effects.extend(update(&mut model, Msg::Planned { ticket, answer }));
            }
            Step::Drawn => effects.extend(update(&mut model, Msg::Drawn)),
        }
    }
    (model, effects)
}

fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Msg::Input(Input::Key(key)))
}

/// A plan that came while somebody typed the target's name was confirmed by a `y` of that name.
#[test]
fn a_plan_that_comes_while_somebody_types_a_name_is_not_confirmed_by_a_letter_of_it() {
    use Step::{Drawn, Planned, Presses, Types};
    for name in ["very-ready", "y", "yes", "sydney", "try"] {
        for at in 0..=name.len() {
            for painted in [true, false] {
                let (before, after) = name.split_at(at);
                let shows = |painted| if painted { Drawn } else { Types("") };
                let (model, effects) = play(
                    &by_key(),
                    &[Types(before), Planned, shows(painted), Types(after), shows(true), Presses("enter")],
                );
                // The one word that is the answer, when it was asked for first.
                let is_answer = name == "y" && at == 0 && painted;
                assert_eq!(effects.is_empty(), !is_answer, "{before}|{after} {painted} {effects:?}");
                assert!(is_answer || !model.modals.is_empty());
            }
        }
    }
}

#[test]
fn what_was_begun_before_the_plan_was_shown_is_no_answer() {
    use Step::{Drawn, Pastes, Planned, Presses, Types};
    let typed = isolate_plan();
    let cases: [(&str, &Plan, &[Step<'_>]); 8] = [
        (
            "y in one write with the key that asked",
            &by_key(),
            &[Types("y"), Planned, Drawn, Presses("enter")],
        ),
        ("y and Enter before the frame", &by_key(), &[Planned, Types("y"), Presses("enter"), Drawn]),
        ("Enter after it", &by_key(), &[Planned, Types("y"), Drawn, Presses("enter")]),
        ("y alone", &by_key(), &[Planned, Drawn, Types("y")]),
        (
            "the target, blind",
            &typed,
            &[Types("support-1"), Presses("enter"), Planned, Drawn, Presses("enter")],
        ),
        (
            "the target, half blind",
            &typed,
            &[Types("sup"), Planned, Drawn, Types("port-1"), Presses("enter")],
        ),
        ("the target, before the frame", &typed, &[Planned, Types("support-1"), Drawn, Presses("enter")]),
        (
            "a word pasted before, and its end",
            &by_key(),
            &[Pastes("read"), Planned, Drawn, Types("y"), Presses("enter")],
        ),
    ];
    for (what, plan, steps) in cases {
        let (mut model, effects) = play(plan, steps);
        assert_eq!(effects, [], "{what}");
        // It says so, and the next line is an answer.
        press(&mut model, "esc");
        assert!(model.modals.is_empty(), "{what}");
    }
    let late = [Types("sup"), Planned, Drawn, Types("port-1")];
    let (mut model, _) = play(&typed, &late);
    assert!(confirm(&model).error.as_ref().is_some_and(|e| e.contains("begun before this was shown")));
    press(&mut model, "enter");
    assert_eq!(confirm(&model).error, None);
    type_text(&mut model, "support-1");
    assert_eq!(submitted(&press(&mut model, "enter")).len(), 1);
}

#[test]
fn y_and_enter_confirm_and_n_and_enter_go_back() {
    use Step::{Drawn, Planned, Presses, Types};
    let (_, effects) = play(&by_key(), &[Planned, Drawn, Types("y"), Presses("enter")]);
    assert!(matches!(submitted(&effects)[..], [Command::Act { .. }]), "{effects:?}");
    // An `n` of a name left the rest of it to the keys of the cockpit.
    let (model, effects) = play(&by_key(), &[Planned, Drawn, Types("n")]);
    assert!(effects.is_empty() && !model.modals.is_empty());
    let (model, effects) = play(&by_key(), &[Planned, Drawn, Types("n"), Presses("enter")]);
    assert!(effects.is_empty() && model.modals.is_empty());
}

/// An Enter that was pressed twice asked a second time for what had just been refused.
#[test]
fn what_was_refused_is_typed_again() {
    use Step::{Drawn, Planned, Presses, Types};
    let (mut model, effects) = play(&isolate_plan(), &[Planned, Drawn, Types("support-1"), Presses("enter")]);
    let Some(Effect::Submit { ticket, .. }) = effects.last() else { panic!("{effects:?}") };
    let answer = Err("409: it changed".into());
    update(&mut model, Msg::Submitted { ticket: *ticket, answer });
    assert_eq!(confirm(&model).error.as_deref(), Some("409: it changed"));
    for drawn in [false, true] {
        if drawn {
            update(&mut model, Msg::Drawn);
        }
        assert_eq!(press(&mut model, "enter"), []);
    }
    type_text(&mut model, "support-1");
    assert_eq!(submitted(&press(&mut model, "enter")).len(), 1);
}

/// An `m` of a name recorded an escalation that nobody had made.
#[test]
fn a_letter_of_a_name_records_nothing_as_done_by_hand() {
    let mut model = session();
    let effects = model.plan(Op::Escalate, "1".into(), Params::new());
    let [Effect::Plan { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    type_text(&mut model, "the com");
    let answer = Err("no adapter carries escalate".into());
    update(&mut model, Msg::Planned { ticket, answer });
    type_text(&mut model, "m");
    update(&mut model, Msg::Drawn);
    type_text(&mut model, "mander");
    assert_eq!(press(&mut model, "enter"), []);
    type_text(&mut model, "mike");
    assert_eq!(press(&mut model, "enter"), []);
    assert!(matches!(confirm(&model).stage, ConfirmStage::Unavailable { .. }));
}

/// Whoever typed the whole answer while the plan was made saw an empty prompt, and no word why.
#[test]
fn an_answer_that_was_thrown_away_whole_is_said_to_be() {
    let plan = Plan { target: "support-1".into(), ..isolate_plan() };
    let ahead = [Step::Types("support-1"), Step::Presses("enter"), Step::Planned, Step::Drawn];
    let (mut model, effects) = play(&plan, &ahead);
    assert!(effects.is_empty(), "{effects:?}");
    assert!(confirm(&model).error.as_deref().is_some_and(|words| words.contains("thrown away")));
    type_text(&mut model, "support-1");
    assert_eq!(confirm(&model).error, None);
    assert_eq!(submitted(&press(&mut model, "enter")).len(), 1, "{:?}", model.modals);
}

/// A 409 closed the dialog: whoever still wanted it had to begin from the start.
#[test]
fn what_changed_since_it_was_confirmed_is_asked_again_with_what_it_would_do_now() {
    let failing = |words: &str, outdated: bool| {
        let mut model = session();
        model.runner = "host".into();
        let plan = isolate_plan();
        let requested = Event::ActionRequested {
            action: ActionId(1),
            plan: Box::new(plan),
            runner: "host".into(),
            approved_by: None,
            undoes: None,
        };
        let failed = Event::ActionFailed { action: ActionId(1), reason: words.into(), outdated };
        let by_me = model.actor.clone();
        let first = model.incident().unwrap().seq + 1;
        let entry = |seq, actor: &Actor, event| Entry {
            incident: model.incident().unwrap().id,
            seq,
            at: model.now(),
            actor: actor.clone(),
            event,
        };
        let entries =
            vec![entry(first, &by_me, requested).into(), entry(first + 1, &Actor::Flightdeck, failed).into()];
        let effects = update(&mut model, Msg::Entries(entries));
        (model, effects)
    };
    let (model, effects) = failing("409: it was modified", true);
    let plans = effects.iter().filter(|effect| matches!(effect, Effect::Plan { .. })).count();
    assert_eq!(plans, 1, "{effects:?}");
    assert!(matches!(confirm(&model).stage, ConfirmStage::Planning { .. }));
    // In the question itself: as a notice it stood in the row that the question covers.
    let again = confirm(&model).again.as_ref().map_or("", Text::as_str);
    assert_eq!(again, "A1 was not done, and nothing was changed: 409: it was modified");
    let next = model.incident().unwrap().actions[&ActionId(1)].next_step();
    assert!(next.contains("confirm that"), "{next}");
    let (model, effects) = failing("500: no", false);
    assert!(model.modals.is_empty(), "{effects:?}");
}

/// Evidence went by the same word as anything else.
#[test]
fn a4_what_destroys_evidence_is_confirmed_by_saying_so() {
    for plan in [isolate_plan(), by_key()] {
        let plan = Plan { destroys_evidence: true, ..plan };
        let target = plan.target.to_string();
        for (typed, done) in [(target.as_str(), false), ("y", false), (plan.destroying().as_str(), true)] {
            let answer = [Step::Planned, Step::Drawn, Step::Types(typed), Step::Presses("enter")];
            let (model, effects) = play(&plan, &answer);
            assert_eq!(!effects.is_empty(), done, "{typed}: {effects:?}");
            assert_eq!(confirm(&model).error.is_none(), done, "{typed}");
        }
    }
}
