//! The forms that lead to a plan: one Enter takes what is offered, and what was typed is never lost.

use super::*;
use crate::app::form::Form;

fn form(model: &Model) -> &Form {
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("{:?}", model.modals) };
    form
}

fn ticket(effects: &[Effect]) -> Ticket {
    let [Effect::Plan { ticket, .. }] = effects else { panic!("{effects:?}") };
    *ticket
}

fn snapshot_form() -> Model {
    let mut model = session();
    model.ask(Op::Snapshot);
    model
}

/// Enter went from field to field, and the `y` of the answer was typed into a number.
#[test]
fn a4_regression_evidence_needed_an_enter_for_each_field_that_was_filled_in_already() {
    let mut model = snapshot_form();
    let effects = press(&mut model, "enter");
    let [Effect::Plan { op: Op::Snapshot, params, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(params.get("limit").map(Text::as_str), Some("1000"));
    assert!(matches!(model.modals.as_slice(), [Modal::Confirm(_)]), "{:?}", model.modals);
    let mut model = session();
    model.ask_rollback();
    assert!(matches!(press(&mut model, "enter")[..], [Effect::Plan { op: Op::RollbackConfig, .. }]));
}

#[test]
fn whoever_changes_a_field_goes_through_the_rest() {
    let mut model = session();
    model.ask_rollback();
    press(&mut model, "right");
    assert_eq!(press(&mut model, "enter"), [], "to the next field");
    assert!(matches!(press(&mut model, "enter")[..], [Effect::Plan { op: Op::RollbackBranch, .. }]));
    let mut model = session();
    model.ask(Op::Snapshot);
    press(&mut model, "ctrl-u");
    assert_eq!(press(&mut model, "enter"), [], "a field is blank");
}

/// A parameter that made no sense closed the form, and what was typed into it was gone.
#[test]
fn a_plan_that_fails_for_what_was_typed_goes_back_to_its_field() {
    let mut model = snapshot_form();
    press(&mut model, "tab");
    assert_eq!(form(&model).entries[form(&model).focus].label, "limit");
    press(&mut model, "y tab");
    let why = "limit = '1000y' makes no sense: log lines, a whole number from 1 to 100000";
    let ticket = ticket(&press(&mut model, "ctrl-s"));
    update(&mut model, Msg::Planned { ticket, answer: Err(why.into()) });
    let form = form(&model);
    assert_eq!((form.error.as_deref(), form.entries[form.focus].label), (Some(why), "limit"));
    assert_eq!(form.get("limit"), "1000y");
}

#[test]
fn esc_goes_from_a_plan_back_to_what_was_typed_and_a_yes_closes_both() {
    let asked = || {
        let mut model = snapshot_form();
        press(&mut model, "tab 9");
        let ticket = ticket(&press(&mut model, "ctrl-s"));
        let plan = Plan { op: Op::Snapshot, checks: vec![], ..isolate_plan() };
        update(&mut model, Msg::Planned { ticket, answer: Ok(Box::new(plan)) });
        update(&mut model, Msg::Drawn);
        model
    };
    let mut model = asked();
    press(&mut model, "esc");
    assert_eq!(form(&model).get("limit"), "10009");
    let mut model = asked();
    press(&mut model, "n enter");
    assert!(model.modals.is_empty(), "{:?}", model.modals);
    let mut model = asked();
    let effects = press(&mut model, "y enter");
    let [Effect::Submit { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    update(&mut model, Msg::Submitted { ticket, answer: Ok(IncidentId(1)) });
    assert!(model.modals.is_empty(), "{:?}", model.modals);
}

#[test]
fn what_was_only_offered_is_no_draft() {
    let mut model = session();
    model.intend(Intent::AssignRole);
    press(&mut model, "esc");
    model.intend(Intent::AssignRole);
    assert!(model.notice.is_none(), "nobody typed anything: {:?}", model.notice);
}

/// The form was closed before anybody knew whether its file could be written; what was typed on was taken
/// for commands.
#[test]
fn regression_whoever_types_on_after_a_refused_form_types_into_its_field() {
    let mut model = session();
    for (intent, answer) in [
        (Intent::Export, Msg::Done(Err("there is a file of that name".into()))),
        (Intent::Search, Msg::Done(Err("not found".into()))),
        (Intent::Note, Msg::Submitted { ticket: Ticket(0), answer: Err("the disk is full".into()) }),
    ] {
        model.intend(intent);
        type_text(&mut model, "quiet");
        press(&mut model, "enter");
        // In the same burst, while the answer is on its way.
        assert_eq!(press(&mut model, "q i enter c"), [], "{intent:?}");
        update(&mut model, answer);
        assert_eq!(press(&mut model, "q"), [], "{intent:?}");
        let form = form(&model);
        assert!(form.entries[0].field.text().ends_with("quietq") && form.error.is_none(), "{form:?}");
        press(&mut model, "esc");
        assert!(model.modals.is_empty());
    }
    model.intend(Intent::Export);
    press(&mut model, "enter");
    update(&mut model, Msg::Done(Ok(Some("written to /x".into()))));
    assert!(model.modals.is_empty() && model.notice.is_some());
}

/// A misspelt id showed an empty log, as if the agent were quiet.
#[test]
fn e9_the_log_of_an_agent_that_nobody_knows_is_refused_in_words() {
    let mut model = session();
    for (typed, known) in [("/agent logs zzz", false), ("/agent logs support-1", true)] {
        press(&mut model, ":");
        type_text(&mut model, typed);
        press(&mut model, "enter");
        assert_eq!(model.modals.is_empty(), known, "{typed}");
        if let Some(Modal::Palette(palette)) = model.modals.last() {
            let said = "there is no agent 'zzz'; there are support-1";
            assert_eq!(palette.error.as_deref(), Some(said));
            press(&mut model, "esc");
        }
    }
    assert_eq!(model.log.typed.text(), "agent=support-1");
}
