//! How much of a window is used, in one row: a label, a bar, a value, and a word when it is over.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::tui::theme::Skin;

use super::wrap::{pad, truncate, width};
use super::{fill, first_row, put};

/// A bar shorter than this says nothing.
const BAR_MIN: usize = 4;

/// The window of a mark, and how much of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge<'a> {
    /// What the window is for.
    pub label: &'a str,
    /// Cells for the label, so that gauges below each other line up.
    pub label_width: u16,
    /// The time used, in words: the pane chooses how fine, as each change is drawn.
    pub value: &'a str,
    /// The time used.
    pub elapsed: Duration,
    /// The time allowed.
    pub allowed: Duration,
    /// The mark was reached: the time no longer runs.
    pub reached: bool,
}

impl Gauge<'_> {
    /// The word that says how it stands; a colour says it too, but never alone.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.reached, self.is_over()) {
            (false, false) => "",
            (false, true) => "OVER",
            (true, false) => "met",
            (true, true) => "LATE",
        }
    }

    fn is_over(&self) -> bool {
        self.elapsed > self.allowed
    }

    /// Cells of a bar that are used; never all of them before the time is up.
    fn filled(&self, bar: usize) -> usize {
        if self.is_over() || bar == 0 {
            return bar;
        }
        let part = self.elapsed.as_secs_f64() / self.allowed.as_secs_f64().max(f64::EPSILON);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let cells = (part * bar as f64) as usize;
        cells.min(bar - usize::from(self.elapsed < self.allowed))
    }

    /// Draws the gauge into the first row. Too narrow, it loses the bar first, then the label.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let row = first_row(area, buf);
        let glyphs = skin.glyphs;
        let word = self.word();
        let end = match (word, self.value) {
            ("", value) => value.to_owned(),
            (word, "") => word.to_owned(),
            (word, value) => format!("{word} {value}"),
        };
        let all = usize::from(row.width);
        let label = usize::from(self.label_width).max(width(self.label));
        let bar = all.saturating_sub(label + width(&end) + 2);
        let bar = if bar < BAR_MIN { 0 } else { bar };
        let (plain, signal) = match (self.reached, self.is_over()) {
            (false, false) => (Role::GaugeFill, Role::Text),
            (_, true) => (Role::GaugeOver, Role::GaugeOver),
            (true, false) => (Role::MarkDone, Role::MarkDone),
        };
        let mut rest = row;
        let mut step = |text: &str, role: Role, buf: &mut Buffer| {
            let used = put(buf, rest, text, skin.style(role));
            rest.x += used;
            rest.width -= used;
        };
        if bar > 0 {
            step(&pad(self.label, label, glyphs.ellipsis), Role::Text, buf);
            step(" ", Role::Text, buf);
            let filled = self.filled(bar);
            step(&glyphs.gauge_fill.repeat(filled), plain, buf);
            step(&glyphs.gauge_rest.repeat(bar - filled), Role::Dim, buf);
            step(" ", Role::Text, buf);
        } else if width(&end) + 2 < all {
            let room = all - width(&end) - 1;
            step(&truncate(self.label, room, glyphs.ellipsis), Role::Text, buf);
            step(" ", Role::Text, buf);
        }
        step(&truncate(&end, all, glyphs.ellipsis), signal, buf);
        fill(buf, rest, " ", skin.style(Role::Text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn, unicode};

    fn gauge(elapsed: u64, reached: bool) -> Gauge<'static> {
        Gauge {
            label: "control",
            label_width: 8,
            value: "12 of 15 min",
            elapsed: Duration::from_secs(elapsed),
            allowed: Duration::from_secs(900),
            reached,
        }
    }

    fn row(gauge: Gauge<'_>, width: u16) -> String {
        drawn(width, 1, |area, buf| gauge.draw(area, buf, &ascii()))
    }

    #[test]
    fn overtime_is_a_full_bar_and_a_word() {
        for (elapsed, reached, shown) in [
            (0, false, "control  ................. 12 of 15 min"),
            (450, false, "control  ########......... 12 of 15 min"),
            (899, false, "control  ################. 12 of 15 min"),
            (900, false, "control  ################# 12 of 15 min"),
            (901, false, "control  ############ OVER 12 of 15 min"),
            (450, true, "control  ######....... met 12 of 15 min"),
            (901, true, "control  ############ LATE 12 of 15 min"),
        ] {
            assert_eq!(row(gauge(elapsed, reached), 39), shown);
        }
    }

    #[test]
    fn a_narrow_gauge_keeps_the_word_and_the_value() {
        assert_eq!(row(gauge(901, false), 26), "control OVER 12 of 15 min ");
        assert_eq!(row(gauge(901, false), 22), "co.. OVER 12 of 15 min");
        assert_eq!(row(gauge(901, false), 17), "OVER 12 of 15 min");
        assert_eq!(row(gauge(901, false), 6), "OVER..");
    }

    #[test]
    fn a_window_of_no_time_is_over_at_once() {
        let none = Gauge { allowed: Duration::ZERO, ..gauge(0, false) };
        assert_eq!(none.word(), "");
        assert_eq!(Gauge { elapsed: Duration::from_secs(1), ..none }.word(), "OVER");
        drawn(30, 1, |area, buf| none.draw(area, buf, &unicode()));
    }
}
