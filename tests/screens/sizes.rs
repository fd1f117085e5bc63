//! Any size: nothing panics, and what a person answers is never off the screen.

use flightdeck::app::model::{Modal, Model, Pane, Screen};
use flightdeck::incident::Realm;
use flightdeck::tui::colour::Depth;
use flightdeck::tui::editor::Editor;
use flightdeck::tui::glyphs::{ASCII, UNICODE};
use flightdeck::tui::view;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fleet::{drill, idle, night, plan};
use super::{asking, confirming, drawn, filtering, press, skin, text, unavailable};

/// Screens of every kind.
fn models() -> Vec<Model> {
    let mut all = vec![idle(), drill(), confirming(), unavailable(), filtering("level>=loud")];
    for pane in Pane::COCKPIT {
        let mut model = night();
        model.set_focus(pane);
        model.zoomed = pane == Pane::Timer;
        all.push(model);
    }
    for screen in [Screen::Timeline, Screen::Fleet, Screen::InForce, Screen::Review] {
        let mut model = night();
        model.screen = screen;
        model.editing = screen == Screen::Review;
        model.review.incident = model.selection.incident;
        all.push(model);
    }
    for keys in ["?", ":", ": /", "space", "g", "u", "t", "D", "h", "r"] {
        let mut model = night();
        press(&mut model, keys);
        all.push(model);
    }
    let mut reading = night();
    reading.loaded = false;
    reading.modals.push(Modal::Detail { title: "t".into(), lines: vec!["long ".repeat(99); 40], scroll: 7 });
    all.push(reading);
    all
}

fn sized(model: &Model, size: (u16, u16)) -> Model {
    let mut model = model.clone();
    model.size = size;
    model
}

#[test]
fn no_size_panics() {
    let models = models();
    let editor = Editor::open("# Review\n\nWhat happened is not known yet.\n");
    let skins = [skin(Depth::Mono, &ASCII), skin(Depth::Mono, &UNICODE)];
    let config = ProptestConfig::with_cases(64);
    proptest!(config, |(columns in 1..220_u16, rows in 1..70_u16, skin in 0..2_usize)| {
        for model in &models {
            let model = sized(model, (columns, rows));
            let area = Rect::new(0, 0, columns, rows);
            let mut buf = Buffer::empty(area);
            let cursor = view::draw(&model, &skins[skin], Some(&editor), area, &mut buf);
            prop_assert!(cursor.is_none_or(|at| area.contains(at)), "{cursor:?} in {area:?}");
            // A frame may be drawn while the terminal is smaller than the model knows.
            let smaller = Rect::new(0, 0, columns / 2, rows / 2);
            view::draw(&model, &skins[skin], Some(&editor), smaller, &mut Buffer::empty(smaller));
        }
    });
}

#[test]
fn an_open_prompt_is_never_off_the_screen() {
    let skin = skin(Depth::Mono, &ASCII);
    let mut form = night();
    press(&mut form, "u tab tab tab 1 5 m");
    let by_key = asking("space e", |op| Ok(Box::new(plan(op, "support-1"))));
    let cases: [(&Model, &[&str], bool); 4] = [
        (&confirming(), &["type support-1 to confirm", "> supp", "esc goes back"], true),
        (&filtering("retry"), &["filter: retry"], true),
        (&form, &["15m", "enter sends it"], true),
        (&by_key, &["type y to confirm"], true),
    ];
    for (model, words, typed) in cases {
        for columns in (40..=200).step_by(8) {
            for rows in (10..=60).step_by(5) {
                let model = sized(model, (columns, rows));
                let (buf, cursor) = drawn(&model, &skin);
                let screen = text(&buf);
                for word in words {
                    assert!(screen.contains(word), "{columns}x{rows}: {word}\n{screen}");
                }
                assert_eq!(cursor.is_some(), typed, "{columns}x{rows}");
            }
        }
    }
}

#[test]
fn a_drill_says_so_on_every_frame() {
    let skin = skin(Depth::Mono, &ASCII);
    let models = models();
    for size in [(40, 10), (60, 15), (80, 24), (120, 40), (200, 60)] {
        for model in &models {
            let mut model = sized(model, size);
            model.realm = Realm::Drill;
            let (buf, _) = drawn(&model, &skin);
            let first = text(&buf).lines().next().unwrap().to_owned();
            assert!(first.contains("DRILL"), "{size:?}: {first}");
        }
    }
}
