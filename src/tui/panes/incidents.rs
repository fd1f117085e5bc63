//! What burns: every incident there is, the open ones first.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::intent::Intent;
use crate::app::keymap::Context;
use crate::app::layout::{first_in_sight, list_area};
use crate::app::model::Pane;
use crate::app::theme::Role;
use crate::incident::{AgentId, Incident, IncidentId, Mark, Realm, Severity, Status, Text, Time};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{List, fill};
use crate::tui::words;

use super::brief;

/// How many burn.
pub fn hint(view: &View<'_>) -> String {
    let board = &view.model.board;
    let unread = || view.model.heads.iter().filter(|head| board.incident(head.id).is_none());
    let open = board.incidents().filter(|i| i.is_open()).count()
        + unread().filter(|head| head.status == Status::Open).count();
    let all = board.incidents().count() + unread().count();
    if all == 0 { String::new() } else { format!("{open} open of {all}") }
}

/// One line's worth of an incident, loaded or known by name only.
struct Line<'a> {
    id: IncidentId,
    severity: Severity,
    state: (&'static str, Role),
    time: String,
    title: &'a Text,
    agents: &'a [AgentId],
}

fn line<'a>(view: &View<'a>, id: IncidentId) -> Option<Line<'a>> {
    let now = view.model.now();
    if let Some(incident) = view.model.board.incident(id) {
        return Some(Line {
            id,
            severity: incident.severity,
            state: state(incident),
            time: time(incident, now),
            title: &incident.title,
            agents: &incident.agents,
        });
    }
    let head = view.model.heads.iter().find(|head| head.id == id)?;
    let time = match head.status {
        Status::Resolved(at) => words::hm(at, now),
        Status::Open | Status::Merged(_) => String::new(),
    };
    Some(Line {
        id,
        severity: head.severity,
        state: status(head.status),
        time,
        title: &head.title,
        agents: &[],
    })
}

const fn status(status: Status) -> (&'static str, Role) {
    match status {
        Status::Open => ("open", Role::Strong),
        Status::Resolved(_) => ("resolved", Role::Dim),
        Status::Merged(_) => ("merged", Role::Dim),
    }
}

/// A leak is louder than anything, even after the incident.
fn state(incident: &Incident) -> (&'static str, Role) {
    if incident.leaking_since().is_some() { ("LEAKING", Role::LampLeaking) } else { status(incident.status) }
}

/// How long it burns, or when it ended.
fn time(incident: &Incident, now: Time) -> String {
    match incident.status {
        Status::Open => words::age(now - incident.mark(Mark::T0).unwrap_or(incident.declared_at)),
        Status::Resolved(at) => words::hm(at, now),
        Status::Merged(into) => into.to_string(),
    }
}

/// What there is to do when nothing burns.
fn draw_none(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let model = view.model;
    let key = |intent| model.keymap.keys_for(Context::Incidents, intent);
    let mut lines = vec![match (model.loaded, model.realm) {
        (true, Realm::Live) => "no incident on record".to_owned(),
        (true, Realm::Drill) => "the drill runs: something will go wrong within a minute".to_owned(),
        (false, _) => "reading the journal".to_owned(),
    }];
    if let Some(key) = key(Intent::Declare) {
        lines.push(format!("{key} declares what no monitor saw"));
    }
    if let Some(key) = key(Intent::Fleet) {
        lines.push(format!("{key} shows the fleet"));
    }
    for (words, row) in lines.iter().zip(area.rows()) {
        Row::new(row, buf, view.skin).say(words, Role::Dim);
    }
}

/// Draws the list.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let all = model.incidents_in_order();
    if all.is_empty() {
        draw_none(view, area, buf);
        return None;
    }
    let inside = as_area(area);
    let area = rect(list_area(model, Pane::Incidents, inside));
    if let Some(incident) = model.incident() {
        let (rule, below) = inside.split_top(area.height).1.split_top(1);
        fill(buf, rect(rule), view.skin.glyphs.pane.horizontal, view.style(Role::Border));
        brief::draw(view, incident, rect(below), buf);
    }
    let selected = all.iter().position(|id| Some(*id) == model.selection.incident);
    let stands = model.selection.line(Pane::Incidents);
    let top = Top::At(first_in_sight(selected, stands, all.len(), usize::from(area.height)));
    let list = List { len: all.len(), selected, top, focused: view.has_keys(Pane::Incidents) };
    let first = list.first(area.height);
    // Columns are as wide as what is in sight needs.
    let seen: Vec<Line<'_>> =
        all.iter().skip(first).take(usize::from(area.height)).filter_map(|id| line(view, *id)).collect();
    let widest = |cells: &dyn Fn(&Line<'_>) -> usize| seen.iter().map(cells).max().unwrap_or(0);
    let id_cells = widest(&|line| width(&line.id.to_string()));
    let state_cells = widest(&|line| width(line.state.0));
    let time_cells = widest(&|line| width(&line.time));
    list.draw(area, buf, view.skin, |index, area, buf| {
        let Some(line) = index.checked_sub(first).and_then(|at| seen.get(at)) else { return };
        let mut row = Row::new(area, buf, view.skin);
        row.word(line.severity.name(model.policy.naming), words::severity(line.severity));
        row.column(&line.id.to_string(), id_cells, Role::Text);
        row.column(line.state.0, state_cells, line.state.1);
        row.number(&line.time, time_cells, Role::Text);
        // The title says more than the agents do.
        let agents = line.agents.iter().map(AgentId::as_str).collect::<Vec<_>>().join(" ");
        if width(line.title.as_str()) + width(&agents) < row.room() {
            row.right(&agents, Role::Dim);
        }
        let role = if line.state.1 == Role::Dim { Role::Dim } else { Role::Text };
        row.say(line.title.as_str(), role);
    });
    None
}
