//! What scrolls stops where nothing new comes into sight, and stands still under a click.

use flightdeck::app::key::Input;
use flightdeck::app::layout::list_area;
use flightdeck::app::model::{Modal, Model, Pane, Screen};
use flightdeck::app::msg::Msg;
use flightdeck::incident::{Command, IncidentId, Op, Severity};
use flightdeck::tui::colour::Depth;
use flightdeck::tui::glyphs::ASCII;

use super::fleet::{self, burning, night, tell};
use super::{clicking, confirming, drawn, focused, press, skin, text};

fn shown(model: &Model) -> String {
    text(&drawn(model, &skin(Depth::Mono, &ASCII)).0)
}

fn reading() -> Model {
    let mut model = night();
    let lines = (0..90).map(|n| format!("line {n}: {}", "long ".repeat(30))).collect();
    model.modals.push(Modal::Detail { title: "t".into(), lines, scroll: 0 });
    model
}

fn helped() -> Model {
    let mut model = night();
    press(&mut model, "?");
    model
}

/// An incident with more due than the strip of the timer has room for.
fn pressed() -> Model {
    let mut model = focused(Pane::Timer);
    let mut story = burning();
    for n in 0..9 {
        story = story.says(Command::Suppose { text: format!("cause {n}").into(), owner: "bo".into() });
    }
    tell(&mut model, Msg::Entries(story.entries));
    model
}

/// Keys beyond the end of a view were once kept: so many keys later, the way back did nothing yet.
#[test]
fn a_view_scrolled_past_its_end_turns_at_the_first_key_back() {
    let mut long = confirming();
    long.size = (60, 12);
    for (name, mut model, down, up) in [
        ("detail", reading(), "pagedown", "up"),
        ("help", helped(), "pagedown", "up"),
        ("confirmation", long, "pagedown", "up"),
        ("timer", pressed(), "down", "up"),
    ] {
        let top = shown(&model);
        let mut last = top.clone();
        for _ in 0..40 {
            press(&mut model, down);
            last = shown(&model);
        }
        assert_ne!(last, top, "{name} scrolls");
        press(&mut model, up);
        assert_ne!(shown(&model), last, "{name}\n{last}");
        press(&mut model, down);
        assert_eq!(shown(&model), last, "{name}");
        if name == "timer" {
            continue;
        }
        // What a larger screen shows without scrolling is not scrolled there.
        tell(&mut model, Msg::Input(Input::Resize { columns: 200, rows: 400 }));
        tell(&mut model, Msg::Input(Input::Resize { columns: 80, rows: 24 }));
        press(&mut model, "up");
        let mut anew = model.clone();
        press(&mut anew, "pageup");
        assert_eq!(shown(&model), shown(&anew), "{name} is at its top");
    }
}

/// An upper row of a scrolled list, clicked, once became the last row in sight.
#[test]
fn a_click_moves_no_row_of_a_scrolled_list() {
    for (pane, screen) in [
        (Pane::Incidents, Screen::Cockpit),
        (Pane::Log, Screen::Cockpit),
        (Pane::Actions, Screen::Cockpit),
        (Pane::Timeline, Screen::Timeline),
        (Pane::Fleet, Screen::Fleet),
    ] {
        let mut model = crowded();
        model.size = (80, 24);
        model.set_focus(pane);
        model.screen = screen;
        press(&mut model, "home pagedown pagedown");
        let (_, area) = *model.layout().panes.iter().find(|(p, _)| *p == pane).unwrap();
        let list = list_area(&model, pane, area.inside());
        assert!(list.height > 2, "{pane:?}");
        let rows = |model: &Model| -> Vec<String> {
            let screen = shown(model);
            let rows = screen.lines().skip(list.y.into()).take(list.height.into());
            // Without border, mark and scroll bar.
            rows.map(|row| row.chars().skip(3).take(60).collect()).collect()
        };
        for row in [list.height - 1, 0, list.height / 2] {
            let before = rows(&model);
            clicking(&mut model, list.x + 4, list.y + row);
            assert_eq!(rows(&model), before, "{pane:?} row {row}");
            assert!(
                shown(&model).lines().nth((list.y + row).into()).unwrap().contains('>'),
                "{pane:?} {row}"
            );
            // The keys go on from there: one row up, as long as there is one.
            if row > 0 {
                press(&mut model, "up");
                assert_eq!(rows(&model), before, "{pane:?} row {row}");
            }
        }
    }
}

/// A row that comes in above the selected one once pushed it down under the hand.
#[test]
fn what_comes_in_does_not_move_the_selected_row_of_a_full_list() {
    let mut model = crowded();
    model.size = (80, 24);
    model.set_focus(Pane::Actions);
    press(&mut model, "down down");
    let selected = |model: &Model| {
        let screen = shown(model);
        let row = screen.lines().position(|row| row.contains("> ")).unwrap();
        (row, screen.lines().nth(row).unwrap()[..40].to_owned())
    };
    let before = selected(&model);
    let story = many_actions().proposed_by_ai(Op::Restart, "mailer-9");
    tell(&mut model, Msg::Entries(story.entries));
    assert_eq!(selected(&model), before);
}

fn many_actions() -> fleet::Story {
    let mut story = burning();
    for number in 0..9 {
        story = story.proposed_by_ai(Op::Restart, &format!("mailer-{number}"));
    }
    story
}

/// More of everything than a screen has rows for.
fn crowded() -> Model {
    let mut model = night();
    tell(&mut model, Msg::Entries(many_actions().entries));
    for number in 100..140 {
        let story = fleet::Story::of(number, "03:11:30", Severity::P2, &format!("another {number}"), &[]);
        tell(&mut model, Msg::Entries(story.entries));
    }
    for _ in 0..9 {
        tell(&mut model, Msg::Lines(vec![std::sync::Arc::new(fleet::lines().into())]));
    }
    let mut vitals = fleet::vitals();
    for number in 0..40 {
        let mut more = vitals[0].clone();
        more.agent = format!("agent-{number}").parse().unwrap();
        vitals.push(more);
    }
    tell(&mut model, Msg::Vitals(vitals));
    model.selection.incident = Some(IncidentId(42));
    model
}
