//! One of several.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::layout::first_in_sight;
use crate::app::model::Choose;
use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{truncate, width};

use super::{across, line, line_cells, span};

/// Draws the choices.
pub fn draw(view: &View<'_>, choose: &Choose, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let height = usize::from(area.height).saturating_sub(4).max(1);
    let first = first_in_sight(Some(choose.selected), height, choose.items.len(), height);
    let room = line_cells(area).saturating_sub(5);
    let body: Vec<Line<'static>> = choose
        .items
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(index, item)| {
            let selected = index == choose.selected;
            let mark = if selected { view.skin.glyphs.selected } else { " " };
            let digit = if index < 9 { (index + 1).to_string() } else { String::new() };
            let text = truncate(item.as_str(), room, view.skin.glyphs.ellipsis).into_owned();
            let line = Line::from(vec![
                span(view, format!("{mark} "), Role::Strong),
                span(view, format!("{digit:<2} "), Role::Key),
                span(view, text, Role::Text),
            ]);
            if selected { line.patch_style(view.style(Role::Selection)) } else { line }
        })
        .collect();
    let prompt = [line(view, "enter or a digit takes it, esc goes back", Role::Dim)];
    // As wide as what there is to choose from, where there is room.
    let widest = choose.items.iter().map(|item| width(item.as_str()) + 9).max().unwrap_or(0);
    let cells = u16::try_from(widest).unwrap_or(u16::MAX).clamp(50, across(area).max(50));
    Modal { title: &choose.title, body: &body, prompt: &prompt, scroll: 0, width: cells, danger: false }
        .draw(area, buf, view.skin);
    None
}
