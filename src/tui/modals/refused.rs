//! Why something was not opened, in the place where it would have stood.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;

use super::line;

/// Cells across: a sentence.
const ACROSS: u16 = 64;

/// Draws the refusal.
pub fn draw(view: &View<'_>, asked: &str, why: &str, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let title = format!("{asked}: not now");
    let body = [line(view, why, Role::Warning)];
    let prompt = [line(view, "nothing was done, and keys do nothing here; esc closes", Role::Dim)];
    Modal { title: &title, body: &body, prompt: &prompt, scroll: 0, width: ACROSS, danger: false }
        .draw(area, buf, view.skin);
    None
}
