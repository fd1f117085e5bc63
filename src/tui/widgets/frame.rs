//! The border around a pane, with its title and a hint.
//!
//! The pane that has the keyboard differs by more than colour: a heavier upper side and `[Title]`. Only
//! that side, because a key that moves on to the next pane draws both anew, maybe over a thin line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::theme::Role;
use crate::tui::glyphs::{Edge, Lines};
use crate::tui::theme::Skin;

use super::wrap::{truncate, width};
use super::{fill, put};

/// How much a border stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stress {
    /// A pane beside others.
    #[default]
    Plain,
    /// The pane that has the keyboard.
    Keys,
    /// What lies over the panes.
    Over,
}

/// A pane's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaneFrame<'a> {
    /// What the pane shows.
    pub title: &'a str,
    /// What can be done, or where one is; at the right end, and left out first.
    pub hint: &'a str,
    /// How much it stands out.
    pub stress: Stress,
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
        self.draw_top(area, buf, skin);
        self.draw_sides(area, buf, skin);
        Self::inside(area.intersection(buf.area))
    }

    /// Draws the upper side, with the title and the hint.
    pub fn draw_top(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let area = area.intersection(buf.area);
        let inner = Self::inside(area);
        if inner == area {
            return;
        }
        let lines = self.lines(skin);
        let edge = Edge { left: lines.top_left, line: lines.horizontal, right: lines.top_right };
        let (edge, border, title) = match self.stress {
            Stress::Plain => (edge, Role::Border, Role::Title),
            Stress::Keys => (skin.glyphs.focus, Role::BorderFocus, Role::TitleFocus),
            Stress::Over => (edge, Role::BorderFocus, Role::TitleFocus),
        };
        edge.draw(area, buf, skin.style(border));
        self.draw_words(Rect { y: area.y, height: 1, ..inner }, buf, skin, title);
    }

    /// Draws the other three sides.
    pub fn draw_sides(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let area = area.intersection(buf.area);
        if Self::inside(area) == area {
            return;
        }
        let lines = self.lines(skin);
        let border = if self.stress == Stress::Over { Role::BorderFocus } else { Role::Border };
        let style = skin.style(border);
        for x in [area.x, area.right() - 1] {
            fill(buf, Rect { x, y: area.y + 1, width: 1, height: area.height - 2 }, lines.vertical, style);
        }
        let edge = Edge { left: lines.bottom_left, line: lines.horizontal, right: lines.bottom_right };
        edge.draw(Rect { y: area.bottom() - 1, ..area }, buf, style);
    }

    fn lines(&self, skin: &Skin) -> &'static Lines {
        if self.stress == Stress::Over { &skin.glyphs.modal } else { &skin.glyphs.pane }
    }

    fn draw_words(&self, line: Rect, buf: &mut Buffer, skin: &Skin, title: Role) {
        if self.title.is_empty() {
            return;
        }
        let (open, close) = if self.stress == Stress::Plain { (" ", " ") } else { ("[", "]") };
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

impl Edge {
    /// Draws it along the first row of an area.
    fn draw(self, area: Rect, buf: &mut Buffer, style: Style) {
        let right = area.right() - 1;
        put(buf, Rect { height: 1, ..area }, self.left, style);
        fill(buf, Rect { x: area.x + 1, width: area.width - 2, height: 1, ..area }, self.line, style);
        put(buf, Rect { x: right, width: 1, height: 1, ..area }, self.right, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn, unicode};

    fn frame(stress: Stress, width: u16) -> String {
        let frame = PaneFrame { title: "Incidents", hint: "3/12", stress };
        drawn(width, 3, |area, buf| {
            frame.draw(area, buf, &unicode());
        })
    }

    #[test]
    fn focus_is_shown_by_more_than_colour() {
        assert_eq!(
            frame(Stress::Plain, 24),
            "┌ Incidents ───── 3/12 ┐\n│                      │\n└──────────────────────┘"
        );
        assert_eq!(
            frame(Stress::Keys, 24),
            "┍[Incidents]━━━━━ 3/12 ┑\n│                      │\n└──────────────────────┘"
        );
        assert_eq!(
            frame(Stress::Over, 24),
            "┏[Incidents]━━━━━ 3/12 ┓\n┃                      ┃\n┗━━━━━━━━━━━━━━━━━━━━━━┛"
        );
        let ascii = drawn(16, 3, |area, buf| {
            PaneFrame { title: "Log", hint: "", stress: Stress::Keys }.draw(area, buf, &ascii());
        });
        assert_eq!(ascii, "#[Log]=========#\n|              |\n+--------------+");
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_right() {
        assert_eq!(frame(Stress::Plain, 18).lines().next(), Some("┌ Incidents ─────┐"));
        assert_eq!(frame(Stress::Plain, 10).lines().next(), Some("┌ Inci.. ┐"));
        assert_eq!(frame(Stress::Plain, 3), "   \n   \n   ");
    }
}
