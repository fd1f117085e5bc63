//! A few fields that become one command. The field that takes the keys is always in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::form::{Entry, Form, Purpose};
use crate::app::intent::Intent;
use crate::app::keymap::Context;
use crate::app::theme::Role;
use crate::incident::{Audience, Verdict};
use crate::tui::view::View;
use crate::tui::widgets::wrap::{pad, truncate, width, wrap};
use crate::tui::widgets::{Modal, modal::Drawn};
use crate::tui::words;

use super::{across, line, line_cells, span, typed};

/// A refusal takes up to one row in so many of the screen.
const SHARE: usize = 5;
/// From so many cells on there is room for one key more.
const ROOMY: usize = 70;

/// Draws the form.
pub fn draw(view: &View<'_>, form: &Form, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let labels = form.entries.iter().map(|entry| width(entry.label)).max().unwrap_or(0);
    // The mark of the focused field, the label, two cells between.
    let indent = labels + 4;
    let room = line_cells(area).saturating_sub(indent);
    let mut at = None;
    let mut body: Vec<Line<'static>> = form
        .entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let focused = index == form.focus;
            let (line, cursor) = field(view, entry, labels, room, focused);
            if focused {
                at = cursor;
            }
            line
        })
        .collect();
    let rows = usize::from(area.height) / SHARE;
    if form.purpose == Purpose::Update {
        body.extend(briefing(view, form, line_cells(area), usize::from(area.height)));
    }
    if form.purpose == Purpose::Resolve {
        body.extend(recovery(view, line_cells(area), usize::from(area.height) / 3));
    }
    let mut prompt = answer(view, form, line_cells(area), rows);
    prompt.push(keys(view, form, line_cells(area)));
    let modal = |scroll| Modal {
        title: &form.title,
        body: &body,
        prompt: &prompt,
        scroll,
        width: across(area),
        danger: false,
    };
    let mut drawn = modal(0).draw(area, buf, view.skin);
    let mut scroll = 0;
    let height = usize::from(drawn.body.height);
    if height > 0 && form.focus >= height {
        scroll = form.focus + 1 - height;
        drawn = modal(scroll).draw(area, buf, view.skin);
    }
    at.filter(|_| !form.waiting)
        .and_then(|cells| in_body(&drawn, form.focus.saturating_sub(scroll), indent + cells))
}

/// What whoever writes an update should know, below the fields as far as the screen is high (D3).
fn briefing(view: &View<'_>, form: &Form, cells: usize, height: usize) -> Vec<Line<'static>> {
    let Ok(audience) = form.get("audience").as_str().parse::<Audience>() else { return vec![] };
    let ellipsis = view.skin.glyphs.ellipsis;
    // The frame, the fields, the prompt and a line between stay in sight.
    let rows = height.saturating_sub(form.entries.len() + 7);
    if rows == 0 {
        return vec![];
    }
    let say = |text: String| line(view, truncate(&text, cells, ellipsis).into_owned(), Role::Dim);
    let lines = view.model.briefing(audience).into_iter().take(rows).map(say);
    std::iter::once(Line::default()).chain(lines).collect()
}

/// Whether the agents have recovered (B6), worst first, in at most `rows` lines below the fields.
fn recovery(view: &View<'_>, cells: usize, rows: usize) -> Vec<Line<'static>> {
    let Some(recovery) = view.model.recovery() else { return vec![] };
    let skin = view.skin;
    let held = recovery.vitals.iter().filter(|vital| vital.verdict == Verdict::Holds).count();
    let head = match (recovery.vitals.len(), recovery.needs_reason()) {
        (0, _) => format!("recovery (B6): {}", recovery.against()),
        (all, false) => format!("recovery (B6): {held} of {all} checks hold"),
        (all, true) => format!("recovery (B6): {held} of {all} checks hold; without all, say why"),
    };
    let role = if recovery.needs_reason() { Role::Warning } else { Role::Text };
    let cut = |text: &str| truncate(text, cells, skin.glyphs.ellipsis).into_owned();
    let mut lines = vec![Line::default(), line(view, cut(&head), role)];
    let rows = rows.max(3) - 1;
    let hidden = recovery.vitals.len().saturating_sub(rows);
    for vital in recovery.vitals.iter().take(if hidden > 0 { rows - 1 } else { rows }) {
        let (mark, word, role) = words::verdict(vital.verdict, skin.glyphs);
        let read = match (vital.at, &vital.trouble) {
            (_, Some(why)) => why.to_string(),
            (Some(at), None) => format!("read {} at {}", vital.read, words::hms(at)),
            (None, None) => "nothing was read".to_owned(),
        };
        let text = format!("{mark} {word:<6} {} {}  {read}", vital.agent, vital.check);
        lines.push(line(view, cut(&text), role));
    }
    if hidden > 0 {
        lines.push(line(view, format!("{} more", hidden + 1), Role::Dim));
    }
    lines
}

/// Where the cursor is in a row of the body.
fn in_body(drawn: &Drawn, row: usize, cells: usize) -> Option<Position> {
    let row = u16::try_from(row).ok().filter(|row| *row < drawn.body.height)?;
    let x = drawn.body.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX));
    Some(Position::new(x.min(drawn.body.right().saturating_sub(1)), drawn.body.y + row))
}

/// One field, and where its cursor is.
fn field(
    view: &View<'_>,
    entry: &Entry,
    labels: usize,
    room: usize,
    focused: bool,
) -> (Line<'static>, Option<usize>) {
    let mark = if focused { view.skin.glyphs.selected } else { " " };
    let label = format!("{mark} {}  ", pad(entry.label, labels, ""));
    let label = span(view, label, if focused { Role::Strong } else { Role::Dim });
    let ellipsis = view.skin.glyphs.ellipsis;
    let text = entry.field.text();
    let (shown, role, at) = if !entry.choices.is_empty() {
        let shown = if focused { format!("< {text} >") } else { text.to_owned() };
        (shown, if focused { Role::Prompt } else { Role::Text }, None)
    } else if focused {
        let (shown, at) = typed(&entry.field, room);
        (shown, Role::Prompt, Some(at))
    } else if text.is_empty() {
        (entry.hint.clone(), Role::Dim, None)
    } else {
        (text.to_owned(), Role::Text, None)
    };
    let shown = truncate(&shown, room, if focused { "" } else { ellipsis }).into_owned();
    (Line::from(vec![label, span(view, shown, role)]), at)
}

/// What is wrong, in as many as `rows`, else how the field is understood or what belongs into it.
fn answer(view: &View<'_>, form: &Form, cells: usize, rows: usize) -> Vec<Line<'static>> {
    let ellipsis = view.skin.glyphs.ellipsis;
    let cut = |text: &str| truncate(text, cells, ellipsis).into_owned();
    if form.waiting {
        return vec![line(view, "waiting for the journal", Role::Dim)];
    }
    if let Some(error) = &form.error {
        // What would make it allowed comes last.
        return wrap(error, cells)
            .into_iter()
            .take(rows.max(1))
            .map(|l| line(view, l, Role::Error))
            .collect();
    }
    if let Some(moment) = view.model.moment(form) {
        return vec![line(view, cut(&words::moment(moment, view.model.now())), Role::Text)];
    }
    vec![match form.entries.get(form.focus) {
        Some(entry) if !entry.choices.is_empty() => line(view, cut(&entry.choices.join(" | ")), Role::Dim),
        Some(entry) => line(view, cut(&entry.hint), Role::Dim),
        None => Line::default(),
    }]
}

fn keys(view: &View<'_>, form: &Form, cells: usize) -> Line<'static> {
    let at_last = form.focus + 1 >= form.entries.len();
    let words = match (form.is_at_end(), form.plans()) {
        (true, false) if form.entries.len() < 2 => "enter sends it, esc goes back",
        (true, false) if at_last => "enter sends it, tab to the first field, esc goes back",
        (true, false) => "enter sends it, tab to the next field, esc goes back",
        (false, false) => "enter to the next field, ctrl-s sends it, esc goes back",
        // Nothing is done before the plan is confirmed.
        (true, true) if at_last => "enter shows the plan, tab to the first field, esc goes back",
        (true, true) => "enter shows the plan, tab to the next field, esc goes back",
        (false, true) => "enter to the next field, ctrl-s shows the plan, esc goes back",
    };
    let help = view.model.keymap.keys_for(Context::Editing, Intent::Help);
    let help = help.filter(|_| cells >= ROOMY).map_or_else(String::new, |key| format!(", {key} help"));
    line(view, format!("{words}{help}"), Role::Dim)
}
