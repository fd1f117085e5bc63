//! What is left alone would have come out the same, and most of a screen is left alone.

use flightdeck::app::key::Input;
use flightdeck::app::model::{Model, Pane};
use flightdeck::app::msg::{Msg, Notice};
use flightdeck::incident::IncidentId;
use flightdeck::tui::backend::FrameBackend;
use flightdeck::tui::colour::Depth;
use flightdeck::tui::editor::Editor;
use flightdeck::tui::glyphs::UNICODE;
use flightdeck::tui::picture::Picture;
use ratatui::layout::Size;

use super::fleet::{idle, night, tell};
use super::{REVIEW, skin};

/// One session's screen, and how many cells each frame drew.
struct Shown {
    backend: FrameBackend<Vec<u8>>,
    picture: Picture,
}

impl Shown {
    fn new(model: &Model) -> Self {
        let size = Size::new(model.size.0, model.size.1);
        let backend = FrameBackend::new(Vec::new(), size, Depth::TrueColor);
        let mut shown = Self { backend, picture: Picture::new(skin(Depth::TrueColor, &UNICODE)) };
        shown.draw(model, None);
        shown
    }

    /// Draws a frame, which is compared with one drawn from nothing, and counts its cells.
    fn draw(&mut self, model: &Model, editor: Option<&Editor>) -> usize {
        let (picture, mut cells) = (&mut self.picture, 0);
        self.backend.set_size(Size::new(model.size.0, model.size.1));
        let draw = |canvas: &mut flightdeck::tui::canvas::Canvas| {
            let cursor = picture.draw(model, editor, canvas);
            cells = canvas.drawn_cells();
            cursor
        };
        self.backend.draw(draw).unwrap();
        cells
    }
}

fn at_120x40(mut model: Model) -> Model {
    model.size = (120, 40);
    model
}

fn press(model: &mut Model, key: &str) {
    tell(model, Msg::Input(Input::Key(key.parse().unwrap())));
}

fn tick(model: &mut Model) {
    let now = model.now() + chrono::TimeDelta::seconds(1);
    tell(model, Msg::Tick(now));
}

#[test]
fn a_frame_without_news_draws_nothing() {
    let model = at_120x40(night());
    assert_eq!(Shown::new(&model).draw(&model, None), 0);
}

#[test]
fn a_second_on_an_idle_cockpit_draws_the_clock() {
    let mut model = at_120x40(idle());
    let mut shown = Shown::new(&model);
    for _ in 0..60 {
        tick(&mut model);
        assert_eq!(shown.draw(&model, None), " 00:00:00 UTC".len());
    }
}

#[test]
fn a_key_that_moves_the_focus_draws_two_titles_and_the_footer() {
    let mut model = at_120x40(idle());
    let mut shown = Shown::new(&model);
    for _ in Pane::COCKPIT {
        press(&mut model, "tab");
        let cells = shown.draw(&model, None);
        assert!((260..=360).contains(&cells), "{cells}");
    }
}

#[test]
fn an_entry_a_notice_and_a_line_are_drawn_when_they_come() {
    let mut model = at_120x40(night());
    let mut shown = Shown::new(&model);
    for msg in [
        Msg::Notice(Notice::info("heard")),
        Msg::LinesDropped(3),
        Msg::Heads(vec![]),
        Msg::Offers(vec![]),
        Msg::Loaded,
    ] {
        tell(&mut model, msg);
        assert!(shown.draw(&model, None) > 0);
    }
    model.selection.incident = Some(IncidentId(43));
    assert!(shown.draw(&model, None) > 0, "whoever writes to the model changes it");
}

/// Numbers from a seed (xorshift): every run does the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

#[test]
fn whatever_is_pressed_told_or_resized_nothing_stale_is_left() {
    // Each frame is compared with one drawn from nothing, where assertions are on: here.
    const KEYS: &[&str] = &[
        "tab",
        "tab",
        "shift-tab",
        "j",
        "k",
        "down",
        "up",
        "pagedown",
        "G",
        "g",
        "enter",
        "esc",
        "esc",
        "esc",
        "z",
        "?",
        ":",
        "/",
        "f",
        "a",
        "i",
        "t",
        "n",
        "v",
        "space",
        "F",
        "T",
        "e",
        "1",
        "2",
        "3",
        "4",
        "5",
        "q",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for mut model in [at_120x40(night()), at_120x40(idle())] {
        let editor = Editor::open(REVIEW);
        let mut shown = Shown::new(&model);
        for _ in 0..400 {
            match dice.roll(10) {
                0 | 1 => tick(&mut model),
                2 => tell(&mut model, Msg::Notice(Notice::info(format!("news {}", dice.roll(9))))),
                3 if dice.roll(4) == 0 => {
                    let sizes = [(120, 40), (80, 24), (40, 10), (200, 60), (61, 16), (1, 1)];
                    let (columns, rows) = sizes[dice.roll(sizes.len())];
                    tell(&mut model, Msg::Input(Input::Resize { columns, rows }));
                }
                _ => press(&mut model, KEYS[dice.roll(KEYS.len())]),
            }
            shown.draw(&model, Some(&editor).filter(|_| dice.roll(2) == 0));
        }
    }
}
