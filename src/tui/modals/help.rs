//! What can be done here: generated from the table of intents and the keymap, so it is never wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::intent::{INTENTS, IntentInfo};
use crate::app::palette::CHATS;
use crate::app::theme::Role;
use crate::incident::playbook::ROWS;
use crate::tui::footer::is_offered;
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{pad, truncate, wrap};

use super::{Seen, across, line, line_cells, span};

/// Cells of the columns for keys and names.
const KEYS: usize = 10;
const NAME: usize = 19;
/// Cells of the column for a rule's name.
const RULE: usize = 5;

/// Draws the help.
pub fn draw(view: &View<'_>, scroll: u16, area: Rect, buf: &mut Buffer) -> Seen {
    let context = view.model.context();
    let title = format!("Help: keys in {} (keymap {})", context.name(), view.model.keymap.name());
    let body = lines(view, line_cells(area));
    let prompt = [line(view, "up, down and page keys scroll; esc closes", Role::Dim)];
    let modal = Modal {
        title: &title,
        body: &body,
        prompt: &prompt,
        scroll: scroll.into(),
        width: across(area),
        danger: false,
    };
    Seen { cursor: None, scroll_max: modal.draw(area, buf, view.skin).scroll_max }
}

fn lines(view: &View<'_>, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut group = None;
    for info in INTENTS {
        if group != Some(info.group) {
            if group.is_some() {
                lines.push(Line::default());
            }
            lines.push(line(view, info.group.title(), Role::Title));
            group = Some(info.group);
        }
        lines.extend(rows(view, info, cells));
    }
    lines.push(Line::default());
    lines.push(line(view, "Chat commands, typed into the palette", Role::Title));
    for chat in CHATS {
        lines.push(Line::from(vec![
            span(view, pad(chat.form, KEYS + NAME + 2, ""), Role::Key),
            span(view, chat.about, Role::Text),
        ]));
    }
    lines.push(Line::default());
    lines.push(line(view, "The rules that are named in brackets, such as [A3]", Role::Title));
    for rule in ROWS {
        let room = cells.saturating_sub(RULE).max(RULE);
        for (index, part) in wrap(rule.about, room).into_iter().enumerate() {
            let id = if index == 0 { rule.id } else { "" };
            lines.push(Line::from(vec![
                span(view, pad(id, RULE, ""), Role::Key),
                span(view, part.to_owned(), Role::Text),
            ]));
        }
    }
    lines
}

/// A row, and what it does in full below each other.
fn rows(view: &View<'_>, info: &IntentInfo, cells: usize) -> Vec<Line<'static>> {
    let room = cells.saturating_sub(KEYS + NAME + 2);
    let first = row(view, info, usize::MAX);
    if room < 20 {
        return vec![first];
    }
    let about = first.spans.last().map_or("", |span| span.content.as_ref()).to_owned();
    let role = first.spans.last().map(|span| span.style).unwrap_or_default();
    let mut parts = wrap(&about, room).into_iter().map(|part| Span::styled(part.to_owned(), role));
    let mut lines =
        vec![Line::from(first.spans[..2].iter().cloned().chain(parts.next()).collect::<Vec<_>>())];
    lines.extend(parts.map(|part| Line::from(vec![Span::raw(" ".repeat(KEYS + NAME + 2)), part])));
    lines
}

/// Keys, name, what it does; without a key the palette finds it by its name.
pub(super) fn row(view: &View<'_>, info: &IntentInfo, cells: usize) -> Line<'static> {
    let keys = view.model.keymap.keys_for(view.model.context(), info.intent).unwrap_or_default();
    let (role, about) = if is_offered(view.model, info.intent) {
        (Role::Text, info.about.to_owned())
    } else {
        (Role::Dim, format!("n/a, no adapter: {}", info.about))
    };
    let room = cells.saturating_sub(KEYS + NAME + 2);
    let about = truncate(&about, room, view.skin.glyphs.ellipsis).into_owned();
    Line::from(vec![
        span(view, format!("{} ", pad(&keys, KEYS, "")), Role::Key),
        span(
            view,
            format!("{} ", pad(info.name, NAME, "")),
            if role == Role::Text { Role::Strong } else { role },
        ),
        span(view, about, role),
    ])
}
