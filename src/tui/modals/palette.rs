//! Every command by name, and chat commands (E9).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::layout::first_in_sight;
use crate::app::palette::{self, Palette};
use crate::app::theme::Role;
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{pad, width, wrap};

use super::{across, help, in_prompt, line, line_cells, span, typed};

/// Matches in sight. Always so many lines, so that the box stands still while somebody types.
const LINES: usize = 14;

/// Draws the palette.
pub fn draw(view: &View<'_>, palette: &Palette, area: Rect, buf: &mut Buffer) -> Option<Position> {
    // Border, prompt, and the line between.
    let height = LINES.min(usize::from(area.height).saturating_sub(5)).max(1);
    let mut body = if palette.typed.text().trim_start().starts_with('/') {
        chats(view, palette.typed.text())
    } else {
        matches(view, palette, height, line_cells(area))
    };
    body.resize(height, Line::default());
    let mark = "> ";
    let (text, at) = typed(&palette.typed, line_cells(area).saturating_sub(width(mark)));
    let mut prompt = vec![line(view, format!("{mark}{text}"), Role::Prompt)];
    match &palette.error {
        Some(error) => {
            prompt.extend(
                wrap(error, line_cells(area)).into_iter().take(3).map(|l| line(view, l, Role::Error)),
            );
        }
        None => prompt.push(line(
            view,
            "enter does it, up and down choose, esc closes; / for chat commands",
            Role::Dim,
        )),
    }
    let drawn = Modal {
        title: "Commands",
        body: &body,
        prompt: &prompt,
        scroll: 0,
        width: across(area),
        danger: false,
    }
    .draw(area, buf, view.skin);
    in_prompt(&drawn, 0, width(mark) + at)
}

fn matches(view: &View<'_>, palette: &Palette, height: usize, cells: usize) -> Vec<Line<'static>> {
    let matches = palette.matches();
    if matches.is_empty() {
        return vec![line(view, "nothing is called like that", Role::Dim)];
    }
    let first = first_in_sight(Some(palette.selected), height, matches.len(), height);
    let shown = matches.iter().enumerate().skip(first).take(height);
    shown
        .map(|(index, intent)| {
            let selected = index == palette.selected;
            let mark = if selected { view.skin.glyphs.selected } else { " " };
            let mut line = help::row(view, intent.info(), cells.saturating_sub(2));
            line.spans.insert(0, span(view, format!("{mark} "), Role::Strong));
            if selected { line.patch_style(view.style(Role::Selection)) } else { line }
        })
        .collect()
}

fn chats(view: &View<'_>, typed: &str) -> Vec<Line<'static>> {
    let row = |form: &str, about: &str| {
        Line::from(vec![span(view, pad(form, 28, ""), Role::Key), span(view, about, Role::Text)])
    };
    palette::chats(typed).iter().map(|chat| row(chat.form, chat.about)).collect()
}
