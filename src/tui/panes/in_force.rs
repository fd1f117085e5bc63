//! What is in force, across all incidents: nothing drops out of this list before it is undone or
//! settled.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::intent::Intent;
use crate::app::layout::{first_in_sight, list_area};
use crate::app::model::Pane;
use crate::app::theme::Role;
use crate::incident::{InForce, Status, Time};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{List, fill};
use crate::tui::words;

use super::actions::draw_detail;

/// How many there are, and how many are past their date.
pub fn hint(view: &View<'_>) -> String {
    let (now, all) = (view.model.now(), view.model.board.in_force(view.model.now()));
    let overdue = all.iter().filter(|one| one.is_overdue(now)).count();
    match (all.len(), overdue) {
        (0, _) => String::new(),
        (count, 0) => format!("{count} in force"),
        (count, overdue) => format!("{count} in force, {overdue} OVERDUE"),
    }
}

/// Draws the list, and below it the selected one.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let all = model.board.in_force(model.now());
    if all.is_empty() {
        let words = if model.loaded { "nothing is in force" } else { "reading the journal" };
        Row::new(area, buf, view.skin).say(words, Role::Dim);
        return None;
    }
    let columns = Columns::of(&all, model.now(), usize::from(area.width));
    let (heading, _) = as_area(area).split_top(1);
    columns.draw_heading(Row::new(rect(heading), buf, view.skin));
    let place = list_area(model, Pane::InForce, as_area(area));
    let chosen = model.selection.incident.zip(model.selection.action);
    let selected = all.iter().position(|one| Some((one.incident.id, one.action.id)) == chosen);
    let line = model.selection.line(Pane::InForce);
    let top = Top::At(first_in_sight(selected, line, all.len(), usize::from(place.height)));
    let list = List { len: all.len(), selected, top, focused: view.has_keys(Pane::InForce) };
    list.draw(rect(place), buf, view.skin, |index, line, buf| {
        if let Some(one) = all.get(index) {
            columns.draw(view, one, Row::new(line, buf, view.skin));
        }
    });
    let below = as_area(area).split_top(1 + place.height).1;
    let (rule, below) = below.split_top(1);
    fill(buf, rect(rule), view.skin.glyphs.pane.horizontal, view.style(Role::Border));
    match selected.and_then(|at| all.get(at)) {
        Some(one) => draw_one(view, one, rect(below), buf),
        // What keys act on is chosen by a person; what is worst is shown before they do.
        None => {
            let (line, below) = below.split_top(1);
            let key = model.keymap.keys_for(model.context(), Intent::Down);
            let key = key.map_or_else(String::new, |key| format!("; {key} selects it"));
            let words = format!("of what is selected nothing is in force: the worst of all{key}");
            Row::new(rect(line), buf, view.skin).say(&words, Role::Dim);
            if let Some(worst) = all.first() {
                draw_one(view, worst, rect(below), buf);
            }
        }
    }
    None
}

/// How wide each column is.
struct Columns {
    whose: usize,
    what: usize,
    owner: usize,
    fate: usize,
}

/// Cells of a lamp's word, its mark and what is behind them.
const LAMP: usize = 13;

/// Cells of an age with its gap.
const AGE: usize = 6;

impl Columns {
    /// What is done to whom has what the others leave.
    fn of(all: &[InForce<'_>], now: Time, room: usize) -> Self {
        let widest = |of: &dyn Fn(&InForce<'_>) -> String| all.iter().map(|one| width(&of(one))).max();
        let whose = widest(&|one| whose(one)).unwrap_or(0).max(8);
        let owner = widest(&|one| one.owner().to_string()).unwrap_or(0).clamp(5, 14);
        let fate = widest(&|one| fate(one, now)).unwrap_or(0).max(5);
        // The mark of the selected row, and one cell behind each column.
        let taken = 2 + LAMP + whose + 1 + owner + 1 + fate + 1 + AGE + AGE;
        Self { whose, what: room.saturating_sub(taken + 1).max(8), owner, fate }
    }

    fn draw_heading(&self, mut row: Row<'_>) {
        row.gap(2);
        row.column("lamp", LAMP - 1, Role::Dim);
        row.column("action", self.whose, Role::Dim);
        row.column("what", self.what, Role::Dim);
        row.column("owner", self.owner, Role::Dim);
        row.column("fate", self.fate, Role::Dim);
        row.column("age", AGE - 1, Role::Dim);
        row.say("proved", Role::Dim);
    }

    fn draw(&self, view: &View<'_>, one: &InForce<'_>, mut row: Row<'_>) {
        let now = view.model.now();
        let (mark, role) = words::lamp(one.action.lamp, view.skin.glyphs);
        row.word(mark, role);
        row.column(one.action.lamp.word(), LAMP - 1 - width(mark) - 1, role);
        row.column(&whose(one), self.whose, Role::Text);
        row.column(&one.action.plan.title(), self.what, Role::Text);
        row.column(one.owner().as_str(), self.owner, Role::Text);
        let orphan = !one.incident.is_open() && one.incident.is_unaccounted(one.action);
        let role = match (one.is_overdue(now), orphan) {
            (true, _) => Role::Error,
            (false, true) => Role::Warning,
            (false, false) => Role::Text,
        };
        row.column(&fate(one, now), self.fate, role);
        row.column(&words::age(now - one.action.asked_at), AGE - 1, Role::Text);
        let proved = one.action.verified_at.map_or_else(|| "never".to_owned(), |at| words::age(now - at));
        row.say(&proved, Role::Dim);
    }
}

/// `INC-12 A3`.
fn whose(one: &InForce<'_>) -> String {
    format!("{} {}", one.incident.id, one.action.id)
}

/// `kept`, or until when somebody takes it away.
fn fate(one: &InForce<'_>, now: Time) -> String {
    if let Some(undo) = one.incident.undoing(one.action) {
        return format!("undoing {}", undo.id);
    }
    match one.action.due() {
        Some(due) if now >= due => format!("OVERDUE {}", words::age(now - due)),
        Some(due) => format!("gone by {}", words::stamp(due, now)),
        None => one.fate().to_owned(),
    }
}

/// When it was read last, what was said of it, and everything else that is known of the action.
fn draw_one(view: &View<'_>, one: &InForce<'_>, area: Rect, buf: &mut Buffer) {
    let (read, said) = (read(view, one), said(one));
    let mut rest = as_area(area);
    for (words, role) in [(read.0.as_str(), read.1), (said.0.as_str(), said.1)] {
        let (line, below) = rest.split_top(1);
        Row::new(rect(line), buf, view.skin).say(words, role);
        rest = below;
    }
    draw_detail(view, one.incident, one.action, rect(rest), buf);
}

/// How old the newest reading is, and whether there will be another by itself.
fn read(view: &View<'_>, one: &InForce<'_>) -> (String, Role) {
    let model = view.model;
    let last = match model.read_at(one.incident.id, one.action.id) {
        Some(at) => format!("last read {} ago", words::span(model.now() - at)),
        None => "never read".to_owned(),
    };
    if one.is_watched() {
        return (format!("{last}; probes go on"), Role::Text);
    }
    if one.action.plan.checks.is_empty() {
        let words = match &one.action.witnessed {
            Some(seen) => {
                let ago = words::span(model.now() - seen.at);
                format!("{}, {ago} ago; it has no checks", seen.verdict())
            }
            None => "it has no checks: nothing can read whether it holds".to_owned(),
        };
        return (words, Role::Warning);
    }
    let key = model.keymap.keys_for(model.context(), Intent::Read);
    let key = key.map_or_else(String::new, |key| format!("; {key} reads it now"));
    (format!("{last}; {} is over, and nothing reads it by itself{key}", one.incident.id), Role::Warning)
}

/// What was said of it, by the incident it belongs to.
fn said(one: &InForce<'_>) -> (String, Role) {
    let incident = one.incident;
    let stands = match incident.status {
        Status::Open => "open".to_owned(),
        Status::Resolved(at) => format!("resolved {}", at.format("%Y-%m-%d")),
        Status::Merged(into) => format!("went on as {into}"),
    };
    let head = format!("{} {} ({stands})", incident.id, incident.title);
    match &one.action.disposition {
        Some(disposition) => (format!("{disposition} - {head}"), Role::Text),
        None if incident.is_open() => (format!("nobody has said what becomes of it - {head}"), Role::Text),
        None => (format!("NOBODY HAS IT - {head}"), Role::Warning),
    }
}
