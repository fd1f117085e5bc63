//! Something in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;

use super::{Seen, across, line};

/// Draws the lines.
pub fn draw(
    view: &View<'_>,
    title: &str,
    lines: &[String],
    scroll: u16,
    area: Rect,
    buf: &mut Buffer,
) -> Seen {
    let body: Vec<Line<'static>> = lines.iter().map(|text| line(view, text.clone(), Role::Text)).collect();
    let prompt = [line(view, "up and down scroll, esc closes", Role::Dim)];
    let modal = Modal {
        title,
        body: &body,
        prompt: &prompt,
        scroll: scroll.into(),
        width: across(area),
        danger: false,
    };
    Seen { cursor: None, scroll_max: modal.draw(area, buf, view.skin).scroll_max }
}
