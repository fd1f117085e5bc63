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
use flightdeck::tui::picture::Picture;
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

type Painted = (FrameBackend<Vec<u8>>, Picture);

fn painted() -> Painted {
    let backend = FrameBackend::new(Vec::new(), Size::new(SIZE.width, SIZE.height), Depth::Ansi256);
    (backend, Picture::new(skin()))
}

fn paint((terminal, picture): &mut Painted, model: &Model) {
    terminal.draw(|canvas| picture.draw(model, None, canvas)).unwrap();
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

/// A second goes by on a busy night: most panes tell a time.
#[divan::bench]
fn a_second_of_a_busy_night(bencher: Bencher) {
    second(bencher, fleet::night());
}

/// A second goes by with nothing on record: the clock.
#[divan::bench]
fn a_second_of_an_idle_cockpit(bencher: Bencher) {
    second(bencher, fleet::idle());
}

fn second(bencher: Bencher, model: Model) {
    let (mut model, mut painted) = (sized(model), painted());
    bencher.bench_local(|| {
        let now = model.now() + chrono::TimeDelta::seconds(1);
        update(&mut model, Msg::Tick(now));
        paint(&mut painted, &model);
    });
}

/// Tab: the focus moves, two panes' borders and the footer change.
#[divan::bench]
fn a_key_that_moves_the_focus(bencher: Bencher) {
    press(bencher, &["tab"]);
}

/// Down and up: what is selected changes, and with it every pane.
#[divan::bench]
fn a_key_that_moves_the_selection(bencher: Bencher) {
    press(bencher, &["down", "up"]);
}

fn press(bencher: Bencher, keys: &[&str]) {
    let (mut model, mut painted) = (sized(fleet::night()), painted());
    let mut keys = keys.iter().copied().map(|key| key.parse().unwrap()).cycle();
    bencher.bench_local(|| {
        update(&mut model, Msg::Input(Input::Key(keys.next().unwrap())));
        paint(&mut painted, &model);
    });
}

/// Everything drawn and sent, as after a resize.
#[divan::bench]
fn a_whole_frame(bencher: Bencher) {
    let model = sized(fleet::night());
    bencher.bench_local(|| paint(&mut painted(), &model));
}

/// What the model says of the selected incident; every pane asks.
#[divan::bench]
fn deadlines_and_warnings(bencher: Bencher) {
    let model = sized(fleet::night());
    assert_ne!(model.selection.incident, Some(IncidentId(0)));
    bencher.bench_local(|| (model.deadlines(), model.warned()));
}
