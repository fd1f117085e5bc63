//! Bars over time: how much there was, and below it how much of it was wrong.
//!
//! Height is never the only sign of an error: errors have a row of their own, so that they are seen
//! in one colour and in ASCII too.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::app::volume::Bar;
use crate::tui::row::Row;
use crate::tui::theme::Skin;

/// Bars, and which of them is selected.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// From the oldest on.
    pub bars: &'a [Bar],
    /// The selected one.
    pub selected: Option<usize>,
    /// What else there is to say in the third row, in front of the times.
    pub note: &'a str,
}

impl Bars<'_> {
    /// The rows that it takes.
    pub const ROWS: u16 = 3;

    /// Draws lines, errors, and the time of the selected bar, as far as there is room.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            self.draw_row("lines", Role::Info, |bar| bar.lines, row, buf, skin);
        }
        if let Some(row) = rows.next() {
            self.draw_row("errors", Role::LogError, |bar| bar.errors, row, buf, skin);
        }
        if let Some(row) = rows.next() {
            let mut row = Row::new(row, buf, skin);
            row.say(&self.words(), Role::Dim);
        }
    }

    fn draw_row(
        &self,
        name: &str,
        role: Role,
        of: impl Fn(&Bar) -> u64,
        area: Rect,
        buf: &mut Buffer,
        skin: &Skin,
    ) {
        let mut row = Row::new(area, buf, skin);
        row.column(name, 6, Role::Dim);
        let cells = row.room();
        // A column of several bars is as high as the highest: a short peak must not vanish.
        let highest_of = |from: usize, to: usize| {
            let bars = self.bars.get(from..to.max(from + 1).min(self.bars.len())).unwrap_or_default();
            bars.iter().map(&of).max().unwrap_or(0)
        };
        let highest = self.bars.iter().map(&of).max().unwrap_or(0);
        for cell in 0..cells {
            let (from, to) = (cell * self.bars.len() / cells, (cell + 1) * self.bars.len() / cells);
            let mark = mark(highest_of(from, to), highest, skin.glyphs.levels);
            let selected = self.selected.is_some_and(|selected| (from..to.max(from + 1)).contains(&selected));
            let style = skin.style(role);
            row.write(mark, if selected { style.patch(skin.style(Role::Selection)) } else { style });
        }
    }

    fn words(&self) -> String {
        let (Some(first), Some(last)) = (self.bars.first(), self.bars.last()) else {
            return "no line states a time".to_owned();
        };
        let clock = |at: crate::incident::Time| at.format("%H:%M:%S").to_string();
        match self.selected.and_then(|selected| self.bars.get(selected)) {
            Some(bar) => {
                let Bar { from, to, lines, errors } = *bar;
                format!("{}{} to {}: {lines} lines, {errors} errors", self.note, clock(from), clock(to))
            }
            None => {
                let (lines, errors) =
                    self.bars.iter().fold((0, 0), |(l, e), bar| (l + bar.lines, e + bar.errors));
                let day = first.from.format("%Y-%m-%d");
                let (from, to) = (clock(first.from), clock(last.to));
                format!(
                    "{}{day} {from} to {to}: {lines} lines, {errors} errors; left and right go there",
                    self.note
                )
            }
        }
    }
}

/// The mark for a height; whatever there is can be seen.
fn mark<'a>(height: u64, highest: u64, levels: &[&'a str]) -> &'a str {
    if height == 0 || levels.is_empty() {
        return " ";
    }
    let steps = levels.len() as u128;
    let step = (u128::from(height) * steps).div_ceil(u128::from(highest.max(1))).clamp(1, steps);
    levels[usize::try_from(step - 1).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::app::theme::{Look, Theme};
    use crate::tui::colour::Depth;
    use crate::tui::glyphs::{ASCII, Glyphs, UNICODE};

    fn bars(counts: &[(u64, u64)]) -> Vec<Bar> {
        let first = DateTime::from_timestamp(1_770_091_500, 0).unwrap();
        let at = |place: usize| first + TimeDelta::seconds(place as i64);
        let bar = |(place, (lines, errors)): (usize, &(u64, u64))| Bar {
            from: at(place),
            to: at(place + 1),
            lines: *lines,
            errors: *errors,
        };
        counts.iter().enumerate().map(bar).collect()
    }

    fn shown(
        bars: &[Bar],
        selected: Option<usize>,
        size: (u16, u16),
        glyphs: &'static Glyphs,
    ) -> Vec<String> {
        let skin = Skin::new(&Theme::new("none", |_| Some(Look::default())), Depth::Mono, glyphs);
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buf = Buffer::empty(area);
        Bars { bars, selected, note: "" }.draw(area, &mut buf, &skin);
        let row = |y| (0..size.0).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..size.1).map(row).collect()
    }

    #[test]
    fn volume_and_errors_are_seen_without_colour_and_in_ascii() {
        let bars = bars(&[(1, 0), (0, 0), (4, 1), (8, 8)]);
        let words = "2026-02-03 04:05:00 to 04:05:04: 13 lines, 9 errors; left and right go there";
        assert_eq!(shown(&bars, None, (11, 2), &UNICODE), ["lines  ▁ ▄█", "errors   ▁█"]);
        assert_eq!(shown(&bars, None, (11, 2), &ASCII), ["lines  . =#", "errors   .#"]);
        assert_eq!(shown(&bars, None, (90, 3), &ASCII)[2], words);
        assert_eq!(shown(&bars, Some(2), (60, 3), &ASCII)[2], "04:05:02 to 04:05:03: 4 lines, 1 errors");
        assert_eq!(shown(&[], None, (30, 3), &ASCII)[2], "no line states a time");
    }

    #[test]
    fn a_peak_does_not_vanish_where_there_are_fewer_cells_than_bars() {
        let mut counts = vec![(1, 0); 60];
        counts[31] = (100, 1);
        let shown = shown(&bars(&counts), None, (17, 2), &ASCII);
        assert_eq!(shown, ["lines  .....#....", "errors      #"]);
    }

    #[test]
    fn no_area_is_too_small() {
        for width in 0..12 {
            for height in 0..4 {
                shown(&bars(&[(1, 1), (2, 0)]), Some(1), (width, height), &UNICODE);
                shown(&[], Some(1), (width, height), &ASCII);
            }
        }
    }
}
