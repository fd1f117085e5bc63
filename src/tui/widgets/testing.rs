//! What the widgets' tests share, and the rule that all of them keep.

use std::time::Duration;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::app::theme::{Look, Theme};
use crate::tui::colour::Depth;
use crate::tui::glyphs::{ASCII, Glyphs, UNICODE};
use crate::tui::theme::Skin;

use super::list::Top;
use super::{Digits, Gauge, List, Modal, PaneFrame, Progress, Step, Stress, Track};

fn skin(glyphs: &'static Glyphs) -> Skin {
    Skin::new(&Theme::new("plain", |_| Some(Look::default())), Depth::Mono, glyphs)
}

/// A plain skin with the marks for Unicode terminals.
pub(super) fn unicode() -> Skin {
    skin(&UNICODE)
}

/// A plain skin with ASCII marks.
pub(super) fn ascii() -> Skin {
    skin(&ASCII)
}

/// What is drawn on an empty screen of this size, as text.
pub(super) fn drawn(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// Draws every widget with a text, each into the same area.
fn every_widget(text: &str, n: usize, skin: &Skin, mut with: impl FnMut(&mut dyn FnMut(Rect, &mut Buffer))) {
    let time = |n: usize| Duration::from_secs(n as u64);
    let step = Step { name: text, note: text, progress: Progress::Late };
    let lines = vec![text.into(); n];
    let stress = [Stress::Plain, Stress::Keys, Stress::Over][n % 3];
    with(&mut |area, buf| {
        PaneFrame { title: text, hint: text, stress }.draw(area, buf, skin);
    });
    with(&mut |area, buf| {
        let label_width = u16::try_from(n).unwrap();
        let gauge = Gauge {
            label: text,
            label_width,
            value: text,
            elapsed: time(n),
            allowed: time(7),
            reached: n == 3,
        };
        gauge.draw(area, buf, skin);
    });
    with(&mut |area, buf| Track { steps: &vec![step; n] }.draw(area, buf, skin));
    with(&mut |area, buf| Digits { text, over: n == 1 }.draw(area, buf, skin));
    with(&mut |area, buf| Digits { text: "-12:34h", over: n == 1 }.draw(area, buf, skin));
    with(&mut |area, buf| {
        let list = List { len: n * 3, selected: n.checked_sub(1), top: Top::At(n / 2), focused: n == 2 };
        list.draw(area, buf, skin, |_, row, buf| {
            super::put(buf, row, text, skin.style(crate::app::theme::Role::Text));
        });
    });
    with(&mut |area, buf| {
        Modal {
            title: text,
            body: &lines,
            prompt: &lines[..n.min(2)],
            scroll: n / 2,
            width: 30,
            danger: n == 1,
        }
        .draw(area, buf, skin);
    });
}

proptest! {
    #[test]
    fn no_widget_panics_or_draws_outside_its_area(
        text in "([a-z0-9: ]|漢|é|\u{301}|\n){0,24}",
        n in 0..9_usize,
        (x, y, width, height) in (0..24_u16, 0..12_u16, 0..40_u16, 0..16_u16),
        wide in any::<bool>(),
    ) {
        let mut untouched = Cell::new("~");
        untouched.set_bg(Color::Red);
        let screen = Rect::new(0, 0, 24, 12);
        let area = Rect::new(x, y, width, height);
        let skin = if wide { unicode() } else { ascii() };
        every_widget(&text, n, &skin, |draw| {
            let mut buffer = Buffer::filled(screen, untouched.clone());
            draw(area, &mut buffer);
            for position in screen.positions().filter(|position| !area.contains(*position)) {
                assert_eq!(buffer[position], untouched, "outside {area:?} at {position:?}");
            }
        });
    }
}
