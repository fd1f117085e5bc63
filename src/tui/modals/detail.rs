//! Something in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{width, wrap};

use super::{Seen, across, line, line_cells};

/// Draws the lines.
pub fn draw(
    view: &View<'_>,
    title: &str,
    lines: &[String],
    scroll: u16,
    area: Rect,
    buf: &mut Buffer,
) -> Seen {
    let cells = line_cells(area);
    let whole = lines.iter().flat_map(|text| hung(text, cells));
    let body: Vec<Line<'static>> = whole.map(|text| line(view, text, Role::Text)).collect();
    let prompt = [line(view, "up and down scroll, esc closes", Role::Dim)];
    let modal = Modal {
        title,
        body: &body,
        prompt: &prompt,
        scroll: scroll.into(),
        width: across(area),
        danger: false,
    };
    Seen::read(&modal.draw(area, buf, view.skin))
}

/// The widest name or indent that the rest of a line hangs below.
const HANGS: usize = 16;

/// A line in as many as it needs: what follows a name stays beside it.
fn hung(text: &str, cells: usize) -> Vec<String> {
    let name = text.find("  ").unwrap_or(0);
    let gap = text[name..].len() - text[name..].trim_start().len();
    let (head, rest) = text.split_at(if gap > 0 { name + gap } else { 0 });
    let indent = width(head);
    if text.is_empty() || indent > HANGS || indent * 2 > cells {
        return vec![text.to_owned()];
    }
    let parts = wrap(rest, (cells - indent).max(1)).into_iter().enumerate();
    parts
        .map(
            |(index, part)| {
                if index == 0 { format!("{head}{part}") } else { format!("{:indent$}{part}", "") }
            },
        )
        .collect()
}
