//! A list that scrolls, with a selection.
//!
//! The selection is the model's and is bound to an item's identity; the pane looks up in which
//! row that item is now. So refreshed data may move the row, but never the selection.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::tui::theme::Skin;

use super::{fill, put};

/// Which rows are seen when not all fit. The selected one always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Top {
    /// Those around the selected one; without one, the first.
    #[default]
    AroundSelection,
    /// The last.
    AtEnd,
    /// From this one on.
    At(usize),
}

/// The rows of a list, whose drawing the pane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// How many rows there are.
    pub len: usize,
    /// The row of the selected item.
    pub selected: Option<usize>,
    /// Which rows are seen.
    pub top: Top,
    /// The list has the keyboard.
    pub focused: bool,
}

impl List {
    /// Cells in front of each row: the mark of the selected one.
    const MARK: u16 = 2;

    /// The first row that is seen in so many rows.
    #[must_use]
    pub fn first(&self, height: u16) -> usize {
        let height = usize::from(height);
        let last = self.len.saturating_sub(height);
        let selected = self.selected.filter(|row| *row < self.len);
        let top = match (self.top, selected) {
            (Top::AroundSelection, None) => 0,
            (Top::AroundSelection, Some(row)) => row.saturating_sub(height / 2),
            (Top::AtEnd, _) => last,
            (Top::At(top), _) => top,
        };
        let top = top.min(last);
        match selected {
            Some(row) if height > 0 => top.clamp((row + 1).saturating_sub(height), row),
            Some(_) | None => top,
        }
    }

    /// Which row is drawn in the `offset`th line of an area so high; for the mouse.
    #[must_use]
    pub fn row_at(&self, height: u16, offset: u16) -> Option<usize> {
        let row = self.first(height) + usize::from(offset);
        (offset < height && row < self.len).then_some(row)
    }

    /// Where one is, for the pane's hint: `3/12`, or how many there are.
    #[must_use]
    pub fn position(&self) -> String {
        match self.selected {
            Some(row) if row < self.len => format!("{}/{}", row + 1, self.len),
            Some(_) | None => self.len.to_string(),
        }
    }

    /// Draws the rows that are seen: `row` draws one, by its number, into its area.
    pub fn draw(
        &self,
        area: Rect,
        buf: &mut Buffer,
        skin: &Skin,
        mut row: impl FnMut(usize, Rect, &mut Buffer),
    ) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let scrolls = self.len > usize::from(area.height) && area.width > 1;
        // A cell of air: beside a text, or a heavy border, the bar would look like a part of it.
        let width = area.width.saturating_sub(if scrolls { 2 } else { 0 });
        let first = self.first(area.height);
        let shown = (first..self.len).zip(area.y..area.bottom());
        for (index, y) in shown {
            let line = Rect { y, height: 1, width, ..area };
            let mark = Self::MARK.min(width.saturating_sub(1));
            row(index, Rect { x: line.x + mark, width: width - mark, ..line }, buf);
            if self.selected == Some(index) {
                self.mark(Rect { width: mark, ..line }, line, buf, skin);
            }
        }
        if scrolls {
            self.draw_bar(Rect { x: area.right() - 1, width: 1, ..area }, first, buf, skin);
        }
    }

    /// The selected row has a mark, and where the keyboard is, the selection's look.
    fn mark(&self, mark: Rect, line: Rect, buf: &mut Buffer, skin: &Skin) {
        put(buf, mark, skin.glyphs.selected, skin.style(Role::Strong));
        if self.focused {
            buf.set_style(line, skin.style(Role::Selection));
        }
    }

    fn draw_bar(&self, bar: Rect, first: usize, buf: &mut Buffer, skin: &Skin) {
        let height = usize::from(bar.height);
        let thumb = (height * height / self.len).max(1);
        let last = self.len - height;
        // At the ends only when really there.
        let room = height - thumb;
        let start = match first {
            0 => 0,
            first if first >= last => room,
            first => (first * room / last).max(1).min(room.saturating_sub(1)),
        };
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        fill(buf, bar, skin.glyphs.scroll_track, skin.style(Role::Border));
        let thumb = Rect { y: bar.y + cells(start), height: cells(thumb), ..bar };
        fill(buf, thumb, skin.glyphs.scroll_thumb, skin.style(Role::Dim));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn};

    fn list(len: usize, selected: Option<usize>, top: Top) -> List {
        List { len, selected, top, focused: true }
    }

    fn shown(list: List, height: u16) -> String {
        drawn(8, height, |area, buf| {
            let skin = ascii();
            list.draw(area, buf, &skin, |row, area, buf| {
                put(buf, area, &format!("row{row}"), skin.style(Role::Text));
            });
        })
    }

    #[test]
    fn a_list_that_fits_has_no_bar() {
        assert_eq!(shown(list(2, Some(1), Top::default()), 3), "  row0  \n> row1  \n        ");
    }

    #[test]
    fn a_list_that_does_not_fit_shows_where_one_is() {
        assert_eq!(shown(list(9, Some(0), Top::default()), 3), "> row0 #\n  row1 |\n  row2 |");
        assert_eq!(shown(list(9, Some(4), Top::default()), 3), "  row3 |\n> row4 #\n  row5 |");
        assert_eq!(shown(list(9, None, Top::AtEnd), 3), "  row6 |\n  row7 |\n  row8 #");
    }

    #[test]
    fn the_selected_row_is_always_seen() {
        for (list, height, first) in [
            (list(9, Some(8), Top::At(0)), 3, 6),
            (list(9, Some(0), Top::At(5)), 3, 0),
            (list(9, Some(4), Top::At(3)), 3, 3),
            (list(9, Some(2), Top::AtEnd), 3, 2),
            (list(9, Some(99), Top::At(99)), 3, 6),
            (list(0, Some(0), Top::default()), 3, 0),
            (list(9, Some(4), Top::default()), 0, 4),
        ] {
            assert_eq!(list.first(height), first, "{list:?}");
        }
    }

    #[test]
    fn the_mouse_finds_the_row_under_it() {
        let list = list(5, Some(4), Top::default());
        assert_eq!(list.row_at(3, 0), Some(2));
        assert_eq!(list.row_at(3, 3), None);
        assert_eq!(List { len: 1, ..list }.row_at(3, 1), None);
    }

    #[test]
    fn the_position_is_words_for_the_hint() {
        assert_eq!(list(12, Some(2), Top::default()).position(), "3/12");
        assert_eq!(list(12, None, Top::default()).position(), "12");
        assert_eq!(list(0, Some(0), Top::default()).position(), "0");
    }
}
