//! The review: where it stands, and its text.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::intent::Intent;
use crate::app::theme::Role;
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};

/// Which revision, and whether it is saved.
pub fn hint(view: &View<'_>) -> String {
    let review = &view.model.review;
    let saved = if review.dirty { "not saved yet" } else { "saved" };
    match (review.incident, review.revision) {
        (None, _) => String::new(),
        (Some(_), 0) if review.dirty => saved.to_owned(),
        (Some(_), 0) => "as filled in from the timeline".to_owned(),
        (Some(_), revision) => format!("revision {revision}, {saved}"),
    }
}

/// Draws the status line and the text.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let (status, text) = as_area(area).split_top(1);
    let mut row = Row::new(rect(status), buf, view.skin);
    let Some(id) = model.review.incident else {
        row.say("the review is being opened", Role::Dim);
        return None;
    };
    row.word(&id.to_string(), Role::Strong);
    if model.editing {
        row.word("EDITING, esc ends it", Role::Prompt);
        if let Some(key) = model.keymap.keys_for(model.context(), Intent::Help) {
            row.word(&format!("{key} help"), Role::Dim);
        }
    } else {
        row.word("reading", Role::Dim);
    }
    match model.review.questions {
        0 => row.word("no question left", Role::Ok),
        1 => row.word("1 question left", Role::Warning),
        n => row.word(&format!("{n} questions left"), Role::Warning),
    }
    let editor = view.editor?;
    let (line, column) = editor.cursor();
    row.right(&format!("{}:{}", line + 1, column + 1), Role::Dim);
    editor.draw(rect(text), buf, view.skin).filter(|_| model.editing)
}
