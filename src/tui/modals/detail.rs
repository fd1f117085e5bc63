//! Something in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;

use super::{across, line};

/// Draws the lines.
pub fn draw(
    view: &View<'_>,
    title: &str,
    lines: &[String],
    scroll: u16,
    area: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    let body: Vec<Line<'static>> = lines.iter().map(|text| line(view, text.clone(), Role::Text)).collect();
    let prompt = [line(view, "up and down scroll, esc closes", Role::Dim)];
    Modal { title, body: &body, prompt: &prompt, scroll: scroll.into(), width: across(area), danger: false }
        .draw(area, buf, view.skin);
    None
}
