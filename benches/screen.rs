//! What a key press costs on the way to the terminal: compare within one run, never across.
//!
//! `cargo bench --bench screen`

#![allow(clippy::unwrap_used, dead_code, reason = "the night on call is shared with the screen tests")]

use divan::Bencher;
use flightdeck::app::key::Input;
use flightdeck::app::model::Model;
use flightdeck::app::msg::Msg;
use flightdeck::app::update;
use flightdeck::config::Problems;
use flightdeck::config::theme::Themes;
use flightdeck::incident::IncidentId;
use flightdeck::tui::backend::FrameBackend;
use flightdeck::tui::colour::Depth;
use flightdeck::tui::glyphs::UNICODE;
use flightdeck::tui::theme::Skin;
use flightdeck::tui::view;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

#[path = "../tests/screens/fleet.rs"]
mod fleet;

fn main() {
    divan::main();
}

const SIZE: Rect = Rect { x: 0, y: 0, width: 120, height: 40 };

fn skin() -> Skin {
    let theme = Themes::default().read("dark", &mut Problems::default()).unwrap();
    Skin::new(&theme, Depth::Ansi256, &UNICODE)
}

fn sized(mut model: Model) -> Model {
    model.size = (SIZE.width, SIZE.height);
    model
}

type Painted = FrameBackend<Vec<u8>>;

fn terminal() -> Painted {
    FrameBackend::new(Vec::new(), Size::new(SIZE.width, SIZE.height), Depth::Ansi256)
}

fn paint(terminal: &mut Painted, model: &Model, skin: &Skin) {
    terminal.draw(|canvas| view::show(model, skin, None, canvas)).unwrap();
    terminal.out_mut().clear();
}

/// Drawing alone: from the model to cells.
#[divan::bench]
fn draw_a_busy_night(bencher: Bencher) {
    let (model, skin, mut buffer) = (sized(fleet::night()), skin(), Buffer::empty(SIZE));
    bencher.bench_local(|| view::draw(&model, &skin, None, SIZE, &mut buffer));
}

/// The same with nothing on record.
#[divan::bench]
fn draw_an_idle_cockpit(bencher: Bencher) {
    let (model, skin, mut buffer) = (sized(fleet::idle()), skin(), Buffer::empty(SIZE));
    bencher.bench_local(|| view::draw(&model, &skin, None, SIZE, &mut buffer));
}

/// A frame in which nothing changed: drawn, compared, not written.
#[divan::bench]
fn a_frame_without_news(bencher: Bencher) {
    let (model, skin, mut terminal) = (sized(fleet::night()), skin(), terminal());
    bencher.bench_local(|| paint(&mut terminal, &model, &skin));
}

/// Tab: the focus moves, two frames' borders and the footer change.
#[divan::bench]
fn a_key_that_moves_the_focus(bencher: Bencher) {
    let (mut model, skin, mut terminal) = (sized(fleet::night()), skin(), terminal());
    bencher.bench_local(|| {
        update(&mut model, Msg::Input(Input::Key("tab".parse().unwrap())));
        paint(&mut terminal, &model, &skin);
    });
}

/// What the model says of the selected incident; every pane asks.
#[divan::bench]
fn deadlines_and_warnings(bencher: Bencher) {
    let model = sized(fleet::night());
    assert_ne!(model.selection.incident, Some(IncidentId(0)));
    bencher.bench_local(|| (model.deadlines(), model.warnings()));
}
