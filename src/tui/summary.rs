//! What a terminal too small for panes shows: the same truths in a few plain lines.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::intent::Intent;
use crate::app::journal::flag;
use crate::app::layout::SMALLEST;
use crate::app::model::Screen;
use crate::app::theme::Role;
use crate::app::warned::Warned;
use crate::incident::playbook::cited;
use crate::incident::{Lamp, Realm, clock_face, next_deadline};

use super::footer::due;
use super::row::Row;
use super::view::View;
use super::widgets::wrap::{width, wrap};
use super::words;

/// Draws as many lines as there are rows, the most important first.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut rows = area.rows();
    draw_first(view, rows.next()?, buf);
    let rest = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if view.model.log.typing {
        return draw_filter(view, rest, buf);
    }
    if view.model.screen == Screen::Review
        && let Some(editor) = view.editor
    {
        return editor.draw(rest, buf, view.skin).filter(|_| view.model.editing);
    }
    let lines = lines(view);
    // Where rows are left, a line takes as many as it needs.
    let mut spare = usize::from(rest.height).saturating_sub(lines.len());
    for (words, role) in lines {
        let mut parts = wrap(&words, usize::from(area.width)).into_iter();
        let (first, mut behind) = (parts.next().unwrap_or_default(), parts.collect::<Vec<_>>());
        if behind.len() > spare {
            Row::new(rows.next()?, buf, view.skin).say(&words, role);
            continue;
        }
        spare -= behind.len();
        behind.insert(0, first);
        for part in behind {
            Row::new(rows.next()?, buf, view.skin).say(part, role);
        }
    }
    None
}

fn draw_first(view: &View<'_>, line: Rect, buf: &mut Buffer) {
    let model = view.model;
    let mut row = Row::new(line, buf, view.skin);
    match model.realm {
        Realm::Live => row.word("LIVE", Role::Live),
        Realm::Drill => row.word("DRILL", Role::Drill),
    }
    row.right(&format!("{}Z", words::hms(model.now())), Role::Dim);
    match (model.incident(), model.selection.incident) {
        (Some(incident), _) => {
            let name = incident.severity.name(model.policy.naming);
            row.word(name, words::severity(incident.severity));
            row.word(&incident.id.to_string(), Role::Strong);
            if !incident.is_open() {
                row.say("over", Role::Ok);
            }
        }
        (None, Some(id)) => row.word(&id.to_string(), Role::Strong),
        (None, None) => row.word("no incident", Role::Dim),
    }
}

fn lines(view: &View<'_>) -> Vec<(String, Role)> {
    let model = view.model;
    let mut lines: Vec<_> =
        model.journal.values().map(|words| (flag(words).to_owned(), Role::Error)).collect();
    if let Some(incident) = model.incident() {
        for action in incident.actions.values().filter(|a| a.lamp == Lamp::Leaking) {
            let (title, unrecorded) = (action.plan.title(), action.on_record());
            lines.push((format!("{} {title} LEAKING{unrecorded}", action.id), Role::LampLeaking));
        }
        if let Some(next) = next_deadline(&model.deadlines()) {
            let left = next.left(model.now());
            let words = if left < chrono::TimeDelta::zero() {
                format!("{} OVER by {}", next.label, clock_face(-left))
            } else {
                format!("{} in {}", next.label, clock_face(left))
            };
            lines.push((words, words::standing(next.standing(model.now()))));
        }
        lines.push((incident.title.to_string(), Role::Text));
        let commander = incident.commander().map_or("nobody", |name| name.as_str());
        lines.push((format!("commander: {commander}"), Role::Text));
    }
    let keys = due(model).into_iter().chain([Intent::Isolate, Intent::Palette, Intent::Help]);
    let keys = keys.filter_map(|intent| {
        let key = model.keymap.keys_for(model.context(), intent)?;
        Some(format!("{key} {}", intent.info().name))
    });
    lines.push((keys.collect::<Vec<_>>().join("  "), Role::Dim));
    if let Some((notice, _)) = &model.notice {
        lines.push((notice.text.to_string(), Role::Warning));
    }
    for Warned { warning, .. } in model.warned() {
        let sign = words::sign(warning.weight);
        let words = format!("{sign} {} {}", warning.text, cited(warning.row));
        lines.push((words, words::weight(warning.weight)));
    }
    let (columns, rows) = SMALLEST;
    lines.push((format!("the panes need {columns}x{rows} cells"), Role::Dim));
    lines
}

fn draw_filter(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let log = &view.model.log;
    let mut rows = area.rows();
    let line = rows.next()?;
    let mut row = Row::new(line, buf, view.skin);
    row.word("filter:", Role::Prompt);
    let start = row.rest().x;
    row.say(log.typed.text(), Role::Prompt);
    let error = log.error.as_ref().map_or("", |error| error.message.as_str());
    if let Some(line) = rows.next() {
        Row::new(line, buf, view.skin).say(error, Role::Error);
    }
    let before = u16::try_from(width(log.typed.around_cursor().0)).unwrap_or(u16::MAX);
    let cursor = start.saturating_add(before).min(line.right().saturating_sub(1));
    Some(Position::new(cursor, line.y))
}
