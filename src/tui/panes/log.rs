//! What the agents log: the newest lines, or those around the selected one.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::{bar_rows, filter_rows};
use crate::app::log::LogView;
use crate::app::model::Pane;
use crate::app::theme::Role;
use crate::incident::{Level, LineKind, LogLine, filter};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::wrap::{truncate, width};
use crate::tui::widgets::{Bars, fill, put};
use crate::tui::words;

/// Whether the newest lines are followed, and what is not shown.
pub fn hint(view: &View<'_>) -> String {
    let log = &view.model.log;
    let mut hint = Vec::new();
    if log.dropped > 0 {
        hint.push(format!("{} dropped", log.dropped));
    }
    if log.let_go() > 0 {
        hint.push(format!("{} let go", log.let_go()));
    }
    let muted: Vec<&str> = log.muted().collect();
    if !muted.is_empty() {
        hint.push(format!("without {}", muted.join(" ")));
    }
    if let Some(leak) = view.model.leak() {
        let (lines, _) = log.count_since(&leak.plan.target, leak.changed_at);
        hint.push(format!("{lines} since LEAKING"));
    }
    // Counted even where nobody looks for them; the bars say which.
    let hinted = log.hinted();
    if !log.barred && !hinted.is_empty() {
        hint.push(format!("hints: {hinted}"));
    }
    hint.push(match log.selected_number() {
        None => "following".to_owned(),
        Some(number) => {
            let newer = (log.let_go() + log.len() as u64).saturating_sub(number + 1);
            let what = if log.filter().is_empty() { "newer" } else { "newer before the filter" };
            format!("paused, {newer} {what}")
        }
    });
    hint.join(", ")
}

/// Draws the lines, and the filter below them.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let log = &view.model.log;
    let (lines, below) = as_area(area).split_bottom(filter_rows(view.model));
    let (above, lines) = lines.split_top(bar_rows(view.model, lines.height));
    let (above, lines, below) = (rect(above), rect(lines), rect(below));
    draw_bars(view, log, above, buf);
    let shown = log.window(usize::from(lines.height));
    if shown.is_empty() {
        let words = match (log.is_empty(), log.filter().is_empty()) {
            (true, _) => "no line yet",
            (false, _) => "no line passes the filter",
        };
        Row::new(lines, buf, view.skin).say(words, Role::Dim);
    }
    let agents = shown.iter().map(|(_, line)| width(line.agent.as_str())).max().unwrap_or(0);
    let columns = Columns { agents: agents.min(usize::from(lines.width) / 5), wide: lines.width >= 90 };
    let leak = view.model.leak().map(|action| (action.plan.target.as_str(), action.changed_at));
    for ((number, line), place) in shown.iter().zip(lines.rows()) {
        columns.draw(view, line, place, buf);
        if leak.is_some_and(|(agent, since)| {
            line.agent.as_str() == agent && line.written().is_some_and(|at| at >= since)
        }) {
            let mark = view.skin.glyphs.lamps.leaking;
            put(buf, Rect { width: 1, ..place }, mark, view.style(Role::LampLeaking));
        }
        if log.selected_number() == Some(*number) {
            put(buf, Rect { width: 1, ..place }, view.skin.glyphs.selected, view.style(Role::Strong));
            if view.has_keys(Pane::Log) {
                buf.set_style(place, view.style(Role::Selection));
            }
        }
    }
    if below.is_empty() { None } else { draw_filter(view, log, below, buf) }
}

/// How much was logged when, and what of it may hint at trouble.
fn draw_bars(view: &View<'_>, log: &LogView, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let bars = log.bars();
    Bars { bars: &bars, selected: log.bar(&bars), note: "" }.draw(area, buf, view.skin);
    if let Some(place) = area.rows().nth(usize::from(Bars::ROWS)) {
        let mut row = Row::new(place, buf, view.skin);
        let hinted = log.hinted();
        match hinted.is_empty() {
            true => row.say("no known pattern of trouble in these lines", Role::Dim),
            false => row.say(&format!("hints, no causes (D5): {hinted}"), Role::Warning),
        }
    }
}

/// How a level looks, and its short word.
pub(in crate::tui) const fn level(level: Option<Level>) -> (&'static str, Role) {
    match level {
        Some(Level::Debug) => ("debug", Role::LogDebug),
        Some(Level::Info) => ("info", Role::LogInfo),
        Some(Level::Warn) => ("WARN", Role::LogWarn),
        Some(Level::Error) => ("ERROR", Role::LogError),
        Some(Level::Fatal) => ("FATAL", Role::LogError),
        None => ("", Role::LogInfo),
    }
}

/// The key field a line carries (A4), short.
pub(in crate::tui) const fn kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Decision => "decision",
        LineKind::ToolCall => "tool",
        LineKind::PermissionCheck => "perm",
        LineKind::UserInput => "input",
        LineKind::Other => "",
    }
}

/// In place of a time that nobody knows.
const UNTIMED: &str = "--:--:--";

struct Columns {
    agents: usize,
    wide: bool,
}

impl Columns {
    fn draw(&self, view: &View<'_>, line: &LogLine, place: Rect, buf: &mut Buffer) {
        let (word, role) = level(line.level);
        let mut row = Row::new(place, buf, view.skin);
        row.gap(1);
        row.column(&line.written().map_or_else(|| UNTIMED.to_owned(), words::hms), 8, Role::Dim);
        row.column(word, 5, role);
        if self.agents > 0 {
            row.column(line.agent.as_str(), self.agents, Role::Text);
        }
        let kind = kind(line.kind);
        if self.wide {
            row.column(kind, 8, Role::Info);
        } else {
            row.word(kind, Role::Info);
        }
        let text = truncate(line.text.as_str(), row.room(), view.skin.glyphs.ellipsis);
        let found = view.model.log.filter().found_in(&text);
        draw_found(&mut row, &text, &found, view, role);
    }
}

/// Writes a text with what the filter looks for set off.
fn draw_found(row: &mut Row<'_>, text: &str, found: &[Range<usize>], view: &View<'_>, role: Role) {
    let plain = view.style(if role == Role::LogInfo { Role::Text } else { role });
    let mut at = 0;
    for range in found {
        if range.start < at {
            continue;
        }
        row.write(&text[at..range.start], plain);
        row.write(&text[range.clone()], plain.patch(view.style(Role::Match)));
        at = range.end;
    }
    row.write(&text[at..], plain);
}

/// What can be typed, as much as fits: half a form would be read as another one.
pub(in crate::tui) fn say_forms(row: &mut Row<'_>, forms: &str) {
    for form in forms.split("  ") {
        if row.room() < width(form) {
            return;
        }
        row.word(form, Role::Dim);
        row.gap(1);
    }
}

/// The filter; while it is typed, what can be written, or what is wrong and where.
fn draw_filter(view: &View<'_>, log: &LogView, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut lines = area.rows();
    let place = lines.next()?;
    fill(buf, place, " ", view.style(Role::Prompt));
    let mut row = Row::new(place, buf, view.skin);
    row.word("filter:", Role::Prompt);
    let start = row.rest();
    row.say(log.typed.text(), if log.error.is_some() { Role::Error } else { Role::Prompt });
    if !log.typing {
        return None;
    }
    let column = |text: &str| start.x.saturating_add(u16::try_from(width(text)).unwrap_or(u16::MAX));
    if let Some(line) = lines.next() {
        let mut row = Row::new(line, buf, view.skin);
        match &log.error {
            Some(error) => {
                let typed = log.typed.text();
                let at = column(typed.get(..error.at).unwrap_or(typed));
                row.gap(usize::from(at.saturating_sub(line.x)).min(usize::from(line.width) / 2));
                row.word(view.skin.glyphs.up, Role::Error);
                row.say(&error.message, Role::Error);
            }
            None => say_forms(&mut row, filter::FORMS),
        }
    }
    let (before, _) = log.typed.around_cursor();
    Some(Position::new(column(before).min(place.right().saturating_sub(1)), place.y))
}
