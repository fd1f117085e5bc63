//! What the keys pressed so far can still become.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::keymap::show;
use crate::app::theme::Role;
use crate::tui::footer::is_offered;
use crate::tui::row::Row;
use crate::tui::view::View;
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{PaneFrame, Stress, fill};

/// Cells of a column of the box.
const COLUMN: u16 = 26;

/// Draws the box above the footer, while a sequence of keys is unfinished.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let model = view.model;
    if model.pending.is_empty() {
        return;
    }
    let mut next: Vec<(String, _)> = model
        .keymap
        .in_reach(model.context())
        .filter(|(keys, _)| keys.len() > model.pending.len() && keys.starts_with(&model.pending))
        .map(|(keys, intent)| (show(&keys[model.pending.len()..]), intent))
        .collect();
    next.sort();
    let all = u16::try_from(next.len()).unwrap_or(u16::MAX);
    let columns = (area.width.saturating_sub(2) / COLUMN).clamp(1, all.max(1));
    let rows = all.div_ceil(columns);
    let footer = model.layout().footer.height;
    let size = (COLUMN * columns + 2, rows + 2);
    let (across, down) = (size.0.min(area.width), size.1.min(area.height.saturating_sub(footer)));
    let outer = Rect {
        x: area.right() - across,
        y: area.bottom().saturating_sub(footer + down).max(area.y),
        width: across,
        height: down,
    };
    fill(buf, outer, " ", view.style(Role::Text));
    let title = show(&model.pending);
    let inner =
        PaneFrame { title: &title, hint: "esc forgets it", stress: Stress::Over }.draw(outer, buf, view.skin);
    let keys = next.iter().map(|(keys, _)| width(keys)).max().unwrap_or(0);
    for (index, (shown, intent)) in (0_u16..).zip(&next) {
        let (column, line) = (index / rows, index % rows);
        let x = inner.x + column * COLUMN;
        if line >= inner.height || x >= inner.right() {
            continue;
        }
        let place = Rect { x, y: inner.y + line, width: COLUMN.min(inner.right() - x), height: 1 };
        let mut row = Row::new(place, buf, view.skin);
        let offered = is_offered(model, *intent);
        row.gap(1);
        row.column(shown, keys, Role::Key);
        row.say(intent.info().name, if offered { Role::Text } else { Role::Dim });
        row.say(if offered { "" } else { " n/a" }, Role::Dim);
    }
}
