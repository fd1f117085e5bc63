//! The border around a pane, with its title and a hint.
//!
//! The pane that has the keyboard differs by more than colour: heavier lines and `[Title]`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::theme::Role;
use crate::tui::theme::Skin;

use super::wrap::{truncate, width};
use super::{fill, put};

/// A pane's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaneFrame<'a> {
    /// What the pane shows.
    pub title: &'a str,
    /// What can be done, or where one is; at the right end, and left out first.
    pub hint: &'a str,
    /// The pane has the keyboard.
    pub focused: bool,
}

impl PaneFrame<'_> {
    /// What is left of an area within its border.
    #[must_use]
    pub const fn inside(area: Rect) -> Rect {
        if area.width < 4 || area.height < 3 {
            return area;
        }
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// Draws the border, and says what is left for the pane. An area too small for a border is
    /// all left.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) -> Rect {
        let area = area.intersection(buf.area);
        let inner = Self::inside(area);
        if inner == area {
            return area;
        }
        let (lines, border, title) = if self.focused {
            (skin.glyphs.focus, Role::BorderFocus, Role::TitleFocus)
        } else {
            (skin.glyphs.pane, Role::Border, Role::Title)
        };
        let style = skin.style(border);
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for (y, left_end, right_end) in
            [(area.y, lines.top_left, lines.top_right), (bottom, lines.bottom_left, lines.bottom_right)]
        {
            put(buf, Rect { y, height: 1, ..area }, left_end, style);
            fill(buf, Rect { x: area.x + 1, y, width: area.width - 2, height: 1 }, lines.horizontal, style);
            put(buf, Rect { x: right, y, width: 1, height: 1 }, right_end, style);
        }
        for x in [area.x, right] {
            fill(buf, Rect { x, y: area.y + 1, width: 1, height: area.height - 2 }, lines.vertical, style);
        }
        self.draw_words(Rect { y: area.y, height: 1, ..inner }, buf, skin, title);
        inner
    }

    fn draw_words(&self, line: Rect, buf: &mut Buffer, skin: &Skin, title: Role) {
        if self.title.is_empty() {
            return;
        }
        let (open, close) = if self.focused { ("[", "]") } else { (" ", " ") };
        let room = usize::from(line.width).saturating_sub(2);
        let words = format!("{open}{}{close}", truncate(self.title, room, skin.glyphs.ellipsis));
        let used = put(buf, line, &words, skin.style(title));
        let hint = format!(" {} ", self.hint);
        let cells = u16::try_from(width(&hint)).unwrap_or(u16::MAX);
        // One piece of the border stays between the two.
        if !self.hint.is_empty() && used.saturating_add(cells) < line.width {
            // The border's colour must not shine through.
            let style = Style::reset().patch(skin.style(Role::Text)).patch(skin.style(Role::Dim));
            put(buf, Rect { x: line.right() - cells, width: cells, ..line }, &hint, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn, unicode};

    fn frame(focused: bool, width: u16) -> String {
        let frame = PaneFrame { title: "Incidents", hint: "3/12", focused };
        drawn(width, 3, |area, buf| {
            frame.draw(area, buf, &unicode());
        })
    }

    #[test]
    fn focus_is_shown_by_more_than_colour() {
        assert_eq!(
            frame(false, 24),
            "┌ Incidents ───── 3/12 ┐\n│                      │\n└──────────────────────┘"
        );
        assert_eq!(
            frame(true, 24),
            "┏[Incidents]━━━━━ 3/12 ┓\n┃                      ┃\n┗━━━━━━━━━━━━━━━━━━━━━━┛"
        );
        let ascii = drawn(16, 3, |area, buf| {
            PaneFrame { title: "Log", hint: "", focused: true }.draw(area, buf, &ascii());
        });
        assert_eq!(ascii, "#[Log]=========#\n|              |\n#==============#");
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_right() {
        assert_eq!(frame(false, 18).lines().next(), Some("┌ Incidents ─────┐"));
        assert_eq!(frame(false, 10).lines().next(), Some("┌ Inci.. ┐"));
        assert_eq!(frame(false, 3), "   \n   \n   ");
    }
}
