//! What stands in front of the panes, one file each. What a person types there is always in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::field::Field;
use crate::app::model::Modal;
use crate::app::theme::Role;

use super::view::View;
use super::widgets::modal::Drawn;
use super::widgets::wrap::width;

mod choose;
mod confirm;
mod detail;
mod form;
mod help;
mod palette;
mod refused;
pub mod which_key;

/// Cells across, where there are so many. A narrow screen is taken whole: a rest of the panes at
/// its edges would only be in the way.
const fn across(area: Rect) -> u16 {
    if area.width < 92 { area.width } else { 84 }
}

/// What is known of a modal once it is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// Where the cursor belongs.
    pub cursor: Option<Position>,
    /// The most that it can be scrolled.
    pub scroll_max: usize,
    /// Lines of it that are seen at once.
    pub page: usize,
}

impl Seen {
    /// Of what is only read.
    fn read(drawn: &Drawn) -> Self {
        Self { cursor: None, scroll_max: drawn.scroll_max, page: drawn.body.height.into() }
    }
}

/// Draws the foremost modal.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Seen {
    let typing = |cursor| Seen { cursor, ..Seen::default() };
    match view.model.modals.last() {
        Some(Modal::Help(help)) => help::draw(view, help, area, buf),
        Some(Modal::Palette(palette)) => typing(palette::draw(view, palette, area, buf)),
        Some(Modal::Form(form)) => typing(form::draw(view, form, area, buf)),
        Some(Modal::Choose(choose)) => typing(choose::draw(view, choose, area, buf)),
        Some(Modal::Confirm(confirm)) => confirm::draw(view, confirm, area, buf),
        Some(Modal::Refused { asked, why }) => typing(refused::draw(view, asked, why, area, buf)),
        Some(Modal::Detail { title, lines, scroll }) => detail::draw(view, title, lines, *scroll, area, buf),
        None => Seen::default(),
    }
}

/// A piece of a line.
fn span(view: &View<'_>, text: impl Into<String>, role: Role) -> Span<'static> {
    Span::styled(text.into(), view.style(role))
}

/// A line of one piece.
fn line(view: &View<'_>, text: impl Into<String>, role: Role) -> Line<'static> {
    Line::from(span(view, text, role))
}

/// Cells that a line of a modal has on a screen so wide.
fn line_cells(area: Rect) -> usize {
    usize::from(across(area).saturating_sub(4)).max(1)
}

/// What is typed as far as it fits, always with the cursor in it, and the cursor's place in that.
fn typed(field: &Field, room: usize) -> (String, usize) {
    let (before, after) = field.around_cursor();
    // The cursor stands behind the last character, so one cell is its own.
    let room = room.saturating_sub(1);
    let mut start = before;
    while width(start) > room {
        let mut chars = start.chars();
        chars.next();
        start = chars.as_str();
    }
    let at = width(start);
    (format!("{start}{after}"), at)
}

/// Where the cursor is in a row of the prompt.
fn in_prompt(drawn: &Drawn, row: u16, cells: usize) -> Option<Position> {
    let place = Rect { y: drawn.prompt.y + row, height: 1, ..drawn.prompt };
    let x = place.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX));
    (row < drawn.prompt.height && place.width > 0).then(|| Position::new(x.min(place.right() - 1), place.y))
}
