//! The screen as it is drawn, part by part, and where it was drawn since it was last shown.
//!
//! What nobody draws again stays as it was, so a clock that runs in one line costs one line.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

/// All cells of a screen, and which were drawn since [`Canvas::shown`].
#[derive(Debug)]
pub struct Canvas {
    buffer: Buffer,
    /// The drawn columns of each row; those between two parts count as drawn.
    drawn: Vec<Range<u16>>,
}

impl Canvas {
    /// A blank screen, all of it to be shown.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let area = Rect::from((Position::ORIGIN, size));
        Self { buffer: Buffer::empty(area), drawn: vec![0..size.width; usize::from(size.height)] }
    }

    /// All of it.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// The cells as they are.
    #[must_use]
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// A part of the screen to be drawn anew: it is blank now, and looks like `ground`. Draw
    /// nowhere else: that would be shown late.
    pub fn part(&mut self, area: Rect, ground: Style) -> &mut Buffer {
        let area = area.intersection(self.buffer.area);
        let mut blank = Cell::EMPTY;
        blank.set_style(ground);
        for y in area.top()..area.bottom() {
            let start = self.buffer.index_of(area.x, y);
            self.buffer.content[start..start + usize::from(area.width)].fill(blank.clone());
            let drawn = &mut self.drawn[usize::from(y)];
            *drawn = if Range::is_empty(drawn) {
                area.left()..area.right()
            } else {
                drawn.start.min(area.left())..drawn.end.max(area.right())
            };
        }
        &mut self.buffer
    }

    /// The columns of a row that may differ from what was shown last.
    pub(super) fn drawn(&self, y: u16) -> Range<u16> {
        self.drawn[usize::from(y)].clone()
    }

    /// The terminal shows it now.
    pub(super) fn shown(&mut self) {
        self.drawn.fill(0..0);
    }
}
