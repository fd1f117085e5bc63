//! The border around a pane, with its title and a hint.
//!
//! The pane that has the keyboard differs by more than colour: a heavier upper side and `[Title]`. Only
//! that side, because a key that moves on to the next pane draws both anew, maybe over a thin line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::theme::Role;
use crate::tui::glyphs::Edge;
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
        let area = area.intersection(buf.area);
        let inner = Self::inside(area);
        if inner == area {
            return area;
        }
        let glyphs = skin.glyphs;
        let lines = if self.stress == Stress::Over { glyphs.modal } else { glyphs.pane };
        let top = Edge { left: lines.top_left, line: lines.horizontal, right: lines.top_right };
        let (top, above, around, title) = match self.stress {
            Stress::Plain => (top, Role::Border, Role::Border, Role::Title),
            Stress::Keys => (glyphs.focus, Role::BorderFocus, Role::Border, Role::TitleFocus),
            Stress::Over => (top, Role::BorderFocus, Role::BorderFocus, Role::TitleFocus),
        };
        let bottom = Edge { left: lines.bottom_left, line: lines.horizontal, right: lines.bottom_right };
        let (above, around) = (skin.style(above), skin.style(around));
        let right = area.right() - 1;
        for (y, edge, style) in [(area.y, top, above), (area.bottom() - 1, bottom, around)] {
            put(buf, Rect { y, height: 1, ..area }, edge.left, style);
            fill(buf, Rect { x: area.x + 1, y, width: area.width - 2, height: 1 }, edge.line, style);
            put(buf, Rect { x: right, y, width: 1, height: 1 }, edge.right, style);
        }
        for x in [area.x, right] {
            fill(buf, Rect { x, y: area.y + 1, width: 1, height: area.height - 2 }, lines.vertical, around);
        }
        self.draw_words(Rect { y: area.y, height: 1, ..inner }, buf, skin, title);
        inner
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
