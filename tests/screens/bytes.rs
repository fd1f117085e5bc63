//! What a frame costs on the wire: an idle cockpit is nearly silent.

use flightdeck::app::model::Model;
use flightdeck::app::msg::Msg;
use flightdeck::incident::IncidentId;
use flightdeck::tui::backend::FrameBackend;
use flightdeck::tui::colour::Depth;
use flightdeck::tui::glyphs::UNICODE;
use flightdeck::tui::picture::Picture;
use ratatui::layout::Size;

use super::fleet::{idle, night, tell};
use super::skin;

/// The bytes of the first frame and of each of the seconds after it.
fn seconds(mut model: Model, size: (u16, u16), count: i64) -> (usize, Vec<usize>) {
    model.size = size;
    let mut picture = Picture::new(skin(Depth::TrueColor, &UNICODE));
    let mut terminal = FrameBackend::new(Vec::new(), Size::new(size.0, size.1), Depth::TrueColor);
    let mut frame = |model: &Model| {
        let before = terminal.sent().bytes;
        terminal.draw(|canvas| picture.draw(model, None, canvas)).unwrap();
        usize::try_from(terminal.sent().bytes - before).unwrap()
    };
    let first = frame(&model);
    let start = model.now();
    let ticks = (1..=count).map(|second| {
        tell(&mut model, Msg::Tick(start + chrono::TimeDelta::seconds(second)));
        frame(&model)
    });
    (first, ticks.collect())
}

#[test]
fn a_second_on_an_idle_cockpit_costs_at_most_ten_bytes() {
    let (first, ticks) = seconds(idle(), (120, 40), 60);
    assert!(first <= 8_192, "{first}");
    // The first one finds the cursor where the first frame left it.
    assert!(ticks[1..].iter().all(|bytes| *bytes <= 10), "{ticks:?}");
    assert!(ticks.iter().sum::<usize>() <= 200, "{ticks:?}");
}

#[test]
fn a_second_of_an_open_incident_costs_little_more() {
    let (first, ticks) = seconds(night(), (120, 40), 60);
    assert!(first <= 8_192, "{first}");
    let all: usize = ticks.iter().sum();
    assert!(all <= 2_400, "{all}: {ticks:?}");
}

#[test]
fn while_nothing_is_near_only_the_header_s_clock_runs() {
    let mut model = night();
    model.selection.incident = Some(IncidentId(43));
    let (_, ticks) = seconds(model, (120, 40), 60);
    let all: usize = ticks.iter().sum();
    assert!(all <= 600, "{all}: {ticks:?}");
}
