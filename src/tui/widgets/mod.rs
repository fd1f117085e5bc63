//! Small drawings used by more than one pane.
//!
//! Each draws into an area of a buffer with a [`Skin`](super::theme::Skin): never outside it, and
//! never with a panic, however small the area. None knows the model or the time.

pub mod bars;
pub mod digits;
pub mod frame;
pub mod gauge;
pub mod list;
pub mod modal;
pub mod rows;
#[cfg(test)]
mod testing;
pub mod track;
pub mod wrap;

pub use bars::Bars;
pub use digits::Digits;
pub use frame::{PaneFrame, Stress};
pub use gauge::Gauge;
pub use list::List;
pub use modal::Modal;
pub use track::{Progress, Step, Track};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// The first row of an area, as far as it is on the screen.
fn first_row(area: Rect, buf: &Buffer) -> Rect {
    let area = area.intersection(buf.area);
    Rect { height: area.height.min(1), ..area }
}

/// Draws a text into the first row of an area, cut at its end; says how many cells it took.
pub fn put(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    if wrap::is_plain(text) {
        let start = buf.index_of(area.x, area.y);
        let cells = &mut buf.content[start..start + usize::from(area.width)];
        for (cell, byte) in cells.iter_mut().zip(text.bytes()) {
            cell.set_char(char::from(byte)).set_style(style);
        }
        return u16::try_from(text.len()).unwrap_or(u16::MAX).min(area.width);
    }
    let (end, _) = buf.set_stringn(area.x, area.y, text, usize::from(area.width), style);
    end - area.x
}

/// Draws a line of several styles into the first row of an area, cut at its end.
pub fn put_line(buf: &mut Buffer, area: Rect, line: &Line<'_>) -> u16 {
    let mut rest = area.intersection(buf.area);
    let start = rest.x;
    for span in &line.spans {
        let used = put(buf, rest, &span.content, line.style.patch(span.style));
        rest.x += used;
        rest.width -= used;
    }
    rest.x - start
}

/// Draws one mark, a cell wide, into every cell of an area.
pub fn fill(buf: &mut Buffer, area: Rect, mark: &str, style: Style) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    for y in area.top()..area.bottom() {
        let start = buf.index_of(area.x, y);
        for cell in &mut buf.content[start..start + usize::from(area.width)] {
            cell.set_symbol(mark).set_style(style);
        }
    }
}
