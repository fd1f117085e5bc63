//! The screen as it is drawn, part by part, and where it was drawn since it was last shown.
//!
//! What nobody draws again stays as it was, so a clock that runs in one line costs one line.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

/// All cells of a screen, and which were drawn since it was last shown.
#[derive(Debug)]
pub struct Canvas {
    buffer: Buffer,
    /// The drawn columns of each row, from left to right; parts may overlap.
    drawn: Vec<Vec<Range<u16>>>,
    /// Nothing of it was shown yet.
    new: bool,
}

impl Canvas {
    /// A blank screen, all of it to be shown.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let area = Rect::from((Position::ORIGIN, size));
        let drawn = vec![Vec::new(); usize::from(size.height)];
        Self { buffer: Buffer::empty(area), drawn, new: true }
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
        self.parts([area], ground)
    }

    /// Several parts to be drawn anew.
    pub fn parts(&mut self, areas: impl IntoIterator<Item = Rect>, ground: Style) -> &mut Buffer {
        for area in areas {
            self.blank(area.intersection(self.buffer.area), ground);
        }
        &mut self.buffer
    }

    fn blank(&mut self, area: Rect, ground: Style) {
        for y in area.top()..area.bottom() {
            let start = self.buffer.index_of(area.x, y);
            for cell in &mut self.buffer.content[start..start + usize::from(area.width)] {
                cell.reset();
                cell.set_style(ground);
            }
            let drawn = &mut self.drawn[usize::from(y)];
            let place = drawn.partition_point(|other| other.start <= area.left());
            drawn.insert(place, area.left()..area.right());
        }
    }

    /// How many cells were drawn since they were shown.
    #[must_use]
    pub fn drawn_cells(&self) -> usize {
        self.drawn.iter().flatten().map(Range::len).sum()
    }

    /// Whether nothing of it was shown yet: nothing can be left as it was.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// The columns of a row that may differ from what was shown last.
    pub(super) fn drawn(&self, y: u16) -> &[Range<u16>] {
        &self.drawn[usize::from(y)]
    }

    /// The terminal shows it now.
    pub(super) fn shown(&mut self) {
        self.drawn.iter_mut().for_each(Vec::clear);
        self.new = false;
    }
}
