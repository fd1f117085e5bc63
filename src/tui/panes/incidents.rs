//! What burns: every incident there is, the open ones first.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::first_in_sight;
use crate::app::model::Pane;
use crate::app::theme::Role;
use crate::incident::{AgentId, Incident, IncidentId, Mark, Severity, Status, Text, Time};
use crate::tui::row::Row;
use crate::tui::view::View;
use crate::tui::widgets::List;
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::width;
use crate::tui::words;

/// From this width on the agents are shown too.
const WITH_AGENTS: usize = 64;

/// How many burn.
pub fn hint(view: &View<'_>) -> String {
    let open = view.model.board.incidents().filter(|i| i.is_open()).count();
    let all = view.model.incidents_in_order().len();
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
    let now = view.model.now;
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

/// Draws the list.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let all = model.incidents_in_order();
    if all.is_empty() {
        let words = if model.loaded { "no incident on record" } else { "reading the journal" };
        Row::new(area, buf, view.skin).say(words, Role::Dim);
        return None;
    }
    let selected = all.iter().position(|id| Some(*id) == model.selection.incident);
    let top = Top::At(first_in_sight(selected, all.len(), usize::from(area.height)));
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
        let wide = row.room() >= WITH_AGENTS;
        row.word(line.severity.name(model.policy.naming), words::severity(line.severity));
        row.column(&line.id.to_string(), id_cells, Role::Text);
        row.column(line.state.0, state_cells, line.state.1);
        row.number(&line.time, time_cells, Role::Text);
        if wide && !line.agents.is_empty() {
            let agents: Vec<&str> = line.agents.iter().map(AgentId::as_str).collect();
            row.right(&agents.join(" "), Role::Dim);
        }
        let role = if line.state.1 == Role::Dim { Role::Dim } else { Role::Text };
        row.say(line.title.as_str(), role);
    });
    None
}
