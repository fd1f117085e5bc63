//! Who does what: the four roles (A11), who acknowledged, which agents and levels are involved.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::list_area;
use crate::app::model::Pane;
use crate::app::theme::Role;
use crate::incident::{AgentId, Incident, Mark, Role as Duty};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::List;
use crate::tui::widgets::wrap::{width, wrap};
use crate::tui::words;

/// How many roles are held.
pub fn hint(view: &View<'_>) -> String {
    let held = view.model.incident().map_or(0, |i| i.roles.len());
    format!("{held} of {}", Duty::ALL.len())
}

/// Draws the roles, and below them who else is on the incident.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let Some(incident) = view.model.incident() else {
        Row::new(area, buf, view.skin).say(&view.nothing(), Role::Dim);
        return None;
    };
    let selected = view.model.selection.role;
    let list = List {
        len: Duty::ALL.len(),
        selected: selected.and_then(|role| Duty::ALL.iter().position(|duty| *duty == role)),
        focused: view.has_keys(Pane::Roster),
        ..List::default()
    };
    let roles = list_area(view.model, Pane::Roster, as_area(area));
    list.draw(rect(roles), buf, view.skin, |index, line, buf| {
        if let Some(duty) = Duty::ALL.get(index) {
            draw_role(view, incident, *duty, Row::new(line, buf, view.skin));
        }
    });
    let below = as_area(area).split_top(roles.height).1;
    draw_others(view, incident, rect(below), buf);
    None
}

fn draw_role(view: &View<'_>, incident: &Incident, duty: Duty, mut row: Row<'_>) {
    let wide = row.room() >= 56;
    row.column(if wide { duty.title() } else { duty.word() }, if wide { 18 } else { 9 }, Role::Text);
    let widest = incident.roles.values().map(|h| width(h.holder.as_str())).max().unwrap_or(0).max(6);
    let holder = if wide { widest.min(row.room() / 3) } else { row.room() };
    match incident.roles.get(&duty) {
        Some(holding) => {
            let since = words::hm(holding.since, view.model.now());
            let since = if wide { format!("since {since}") } else { since };
            // Who it is comes before since when.
            if wide || width(holding.holder.as_str()) + width(&since) < row.room() {
                row.right(&since, Role::Dim);
            }
            row.column(holding.holder.as_str(), holder.min(row.room()), Role::Strong);
        }
        None => {
            let missed = duty == Duty::Commander && incident.is_open();
            row.column("nobody", holder, if missed { Role::Warning } else { Role::Dim });
        }
    }
    if wide {
        row.say(duty.duty(), Role::Dim);
    }
}

fn draw_others(view: &View<'_>, incident: &Incident, area: Rect, buf: &mut Buffer) {
    let now = view.model.now();
    let mut lines: Vec<(&str, String, Role)> = Vec::new();
    match incident.marks.get(&Mark::T1).and_then(|words| words.last()) {
        Some(word) => {
            lines.push(("ack", format!("{} {}", word.actor, words::hm(word.at, now)), Role::Text));
        }
        None if incident.is_open() => lines.push(("ack", "nobody acknowledged".to_owned(), Role::Warning)),
        None => {}
    }
    if let Some((tally, words)) = view.model.told() {
        let role = match (tally.given_up, tally.waiting) {
            (1.., _) => Role::Error,
            (0, 1..) => Role::Warning,
            (0, 0) => Role::Text,
        };
        lines.push(("told", words, role));
    }
    let failing = view.model.failing_channels();
    for standing in &failing {
        lines.push(("", format!("{} DOES NOT DELIVER", standing.channel), Role::Error));
    }
    let agents: Vec<&str> = incident.agents.iter().map(AgentId::as_str).collect();
    let agents = if agents.is_empty() { "none named yet".to_owned() } else { agents.join(", ") };
    lines.push(("agents", agents, Role::Text));
    for (level, at) in &incident.escalations {
        let name = view.model.policy.escalation.iter().find(|l| l.level == *level);
        let name = name.map_or_else(String::new, |level| level.name.to_string());
        let duty = view.model.policy.rota.on_call(*level, *at);
        let unheard = duty.filter(|duty| failing.iter().any(|standing| standing.channel == duty.channel));
        let (unheard, role) = match unheard {
            Some(duty) => (format!(", but {} does not deliver", duty.channel), Role::Error),
            None => (String::new(), Role::Text),
        };
        lines.push(("level", format!("{level} {name} {}{unheard}", words::hm(*at, now)), role));
    }
    if !incident.absorbed.is_empty() {
        let others: Vec<String> = incident.absorbed.iter().map(ToString::to_string).collect();
        lines.push(("merged", others.join(", "), Role::Dim));
    }
    let mut rows = area.rows().skip(usize::from(area.height > 4));
    for (label, words, role) in &lines {
        // Label, and a space behind it.
        let cells = usize::from(area.width).saturating_sub(7);
        for (index, part) in wrap(words, cells).into_iter().enumerate() {
            let Some(line) = rows.next() else { return };
            let mut row = Row::new(line, buf, view.skin);
            row.column(if index == 0 { label } else { "" }, 6, Role::Dim);
            row.say(part, *role);
        }
    }
}
