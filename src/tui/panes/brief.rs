//! What an incident is about, in a few lines: what somebody who was just woken reads first (C1).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::intent::Intent;
use crate::app::keymap::Context;
use crate::app::theme::Role;
use crate::incident::{Glance, Incident, Pattern, Topic};
use crate::tui::row::Row;
use crate::tui::view::View;
use crate::tui::widgets::wrap::wrap;
use crate::tui::words;

/// Cells of a label, with the space behind it.
const LABEL: u16 = 9;

/// Draws as many lines as there are rows, the most telling first, and says how many there are more.
pub fn draw(view: &View<'_>, incident: &Incident, area: Rect, buf: &mut Buffer) {
    let cells = usize::from(area.width.saturating_sub(LABEL)).max(1);
    let lines = lines(view, incident);
    let all: Vec<(&str, &str, Role)> = lines
        .iter()
        .flat_map(|(label, words, role)| {
            let parts = wrap(words, cells).into_iter().enumerate();
            parts.map(move |(index, part)| (if index == 0 { *label } else { "" }, part, *role))
        })
        .collect();
    let height = usize::from(area.height);
    let shown = if all.len() > height { height.saturating_sub(1) } else { height };
    for ((label, part, role), line) in all.iter().take(shown).zip(area.rows()) {
        let mut row = Row::new(line, buf, view.skin);
        row.column(label, usize::from(LABEL) - 1, Role::Dim);
        row.say(part, *role);
    }
    if all.len() > height
        && let Some(last) = area.rows().next_back()
    {
        let zoom = view.model.keymap.keys_for(Context::Incidents, Intent::Zoom);
        let zoom = zoom.map(|key| format!(", {key} shows them")).unwrap_or_default();
        let more = format!("{} more lines{zoom}", all.len() - shown);
        let mut row = Row::new(last, buf, view.skin);
        row.column("", usize::from(LABEL) - 1, Role::Dim);
        row.say(&more, Role::Dim);
    }
}

/// A label that fits.
const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::Deploys => "deploys",
        Topic::Scope => "scope",
        Topic::Dependency => "depends",
        Topic::Drift => "drift",
        Topic::OnCall => "on call",
        Topic::Similar => "before",
    }
}

fn lines(view: &View<'_>, incident: &Incident) -> Vec<(&'static str, String, Role)> {
    let mut lines = vec![("title", incident.title.to_string(), Role::Strong)];
    let pattern = incident.pattern.map_or("pattern unknown", Pattern::word);
    let name = incident.severity.name(view.model.policy.naming);
    lines.push(match incident.classified {
        true => ("class", format!("{name}, {pattern}, confirmed by a person"), Role::Text),
        false => {
            let whence = match incident.declared_by.as_person() {
                Some(person) => format!("as declared by {person}"),
                None => "automatic".to_owned(),
            };
            ("class", format!("{name}, {pattern}: {whence}, not confirmed yet"), Role::Warning)
        }
    });
    for state in &incident.alerts {
        let alert = &state.alert;
        let times = if state.fired > 1 { format!(", {} times", state.fired) } else { String::new() };
        let (how, since, role) = match state.resolved_at {
            None => ("firing", alert.starts_at, Role::Text),
            Some(at) => ("over by its source's word", Some(at), Role::Dim),
        };
        let since = since.map_or("it does not say when".to_owned(), |at| words::hm(at, view.model.now()));
        lines.push((
            "alert",
            format!("{}: {} ({how} since {since}{times})", alert.name, alert.summary),
            role,
        ));
    }
    let agents = incident.agents.iter().map(ToString::to_string).collect::<Vec<_>>();
    lines.push((
        "agents",
        if agents.is_empty() { "none named yet".into() } else { agents.join(", ") },
        Role::Text,
    ));
    for action in incident.actions.values().filter(|a| a.lamp.may_be_in_force()) {
        if action.plan.op.info().mitigation {
            let (_, role) = words::lamp(action.lamp, view.skin.glyphs);
            lines.push(("in force", action.to_string(), role));
        }
    }
    // What was gathered first: what is worth acting on before what is as it should be.
    let mut first: Vec<_> = incident.first.iter().collect();
    first.sort_by_key(|check| (check.glance, check.topic));
    for check in first {
        let role = match check.glance {
            Glance::Alarm => Role::Error,
            Glance::Notable | Glance::NotRead => Role::Warning,
            Glance::Quiet => Role::Dim,
        };
        let words = format!("{} {}: {}", check.glance, check.source, check.found);
        lines.push((topic(check.topic), words, role));
    }
    let unasked: Vec<&str> = Topic::ALL
        .iter()
        .filter(|of| incident.first.iter().all(|check| check.topic != **of))
        .map(|of| of.word())
        .collect();
    if !incident.first.is_empty() && !unasked.is_empty() {
        let words = format!("{}: nothing is configured that could say", unasked.join(", "));
        lines.push(("unasked", words, Role::Dim));
    }
    for (id, hypothesis) in incident.hypotheses.iter().filter(|(_, h)| h.closed.is_none()) {
        lines.push(("suspect", format!("{id} {} ({})", hypothesis.text, hypothesis.owner), Role::Text));
    }
    if !incident.evidence.is_empty() {
        lines.push(("evidence", format!("{} on record", incident.evidence.len()), Role::Text));
    }
    lines
}
