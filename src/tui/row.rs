//! One line of the screen, written from left to right; what does not fit is cut and marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::theme::Role;

use super::theme::Skin;
use super::widgets::wrap::{truncate, width};
use super::widgets::{fill, put};

/// What is left of a line to write into.
#[derive(Debug)]
pub struct Row<'a> {
    rest: Rect,
    buf: &'a mut Buffer,
    skin: &'a Skin,
}

impl<'a> Row<'a> {
    /// The first row of an area.
    pub fn new(area: Rect, buf: &'a mut Buffer, skin: &'a Skin) -> Self {
        let area = area.intersection(buf.area);
        Self { rest: Rect { height: area.height.min(1), ..area }, buf, skin }
    }

    /// Cells that are left.
    #[must_use]
    pub const fn room(&self) -> usize {
        if self.rest.height == 0 { 0 } else { self.rest.width as usize }
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> Rect {
        self.rest
    }

    /// Writes a text.
    pub fn say(&mut self, text: &str, role: Role) {
        let cut = truncate(text, self.room(), self.skin.glyphs.ellipsis);
        self.write(&cut, self.skin.style(role));
    }

    /// Writes a text and a space, if there is a text.
    pub fn word(&mut self, text: &str, role: Role) {
        if !text.is_empty() {
            self.say(text, role);
            self.gap(1);
        }
    }

    /// Writes a text only if all of it fits.
    pub fn whole(&mut self, text: &str, role: Role) {
        if width(text) <= self.room() {
            self.say(text, role);
        }
    }

    /// Writes a text into a column so wide, and a space behind it.
    pub fn column(&mut self, text: &str, cells: usize, role: Role) {
        let cells = cells.min(self.room());
        let text = truncate(text, cells, self.skin.glyphs.ellipsis);
        self.write(&text, self.skin.style(role));
        // A look with a background ends with its word.
        self.gap(cells - width(&text) + 1);
    }

    /// Writes a text to the right end of a column so wide, and a space behind it.
    pub fn number(&mut self, text: &str, cells: usize, role: Role) {
        self.gap(cells.saturating_sub(width(text)));
        self.column(text, cells.min(width(text)), role);
    }

    /// Leaves cells free.
    pub fn gap(&mut self, cells: usize) {
        let cells = u16::try_from(cells.min(self.room())).unwrap_or(u16::MAX);
        let free = Rect { width: cells, ..self.rest };
        fill(self.buf, free, " ", self.skin.style(Role::Text));
        self.rest.x += cells;
        self.rest.width -= cells;
    }

    /// Writes a text at the right end, if all of it and a space before it fit.
    pub fn right(&mut self, text: &str, role: Role) -> bool {
        let cells = width(text);
        if cells == 0 || cells + 1 > self.room() {
            return false;
        }
        let cells = u16::try_from(cells).unwrap_or(u16::MAX);
        let at = Rect { x: self.rest.right() - cells, width: cells, ..self.rest };
        put(self.buf, at, text, self.skin.style(role));
        self.rest.width -= cells + 1;
        true
    }

    /// Writes a text in any style, cut without a mark.
    pub fn write(&mut self, text: &str, style: Style) {
        let used = put(self.buf, self.rest, text, style);
        self.rest.x += used;
        self.rest.width -= used;
    }
}
