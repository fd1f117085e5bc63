//! What an incident is about, in a few lines: what somebody who was just woken reads first (C1).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::intent::Intent;
use crate::app::theme::Role;
use crate::incident::{FirstCheck, Glance, Incident, Pattern, Topic};
use crate::tui::row::Row;
use crate::tui::view::View;
use crate::tui::widgets::wrap::wrap;
use crate::tui::words;

/// Cells of a label, with the space behind it.
const LABEL: u16 = 9;

/// Draws as many lines as there are rows, the most telling first, and says how many there are more.
pub fn draw(view: &View<'_>, incident: &Incident, area: Rect, buf: &mut Buffer) {
    let cells = usize::from(area.width.saturating_sub(LABEL)).max(1);
    let mut all = Vec::new();
    for (label, words, role) in lines(view, incident) {
        let parts = wrap(&words, cells).into_iter().map(str::to_owned).enumerate();
        all.extend(parts.map(|(index, part)| (if index == 0 { label } else { "" }, part, role)));
    }
    let shown = usize::from(area.height);
    let hidden = all.len().saturating_sub(shown);
    for (index, ((label, part, role), line)) in all.into_iter().zip(area.rows()).enumerate() {
        let mut row = Row::new(line, buf, view.skin);
        if hidden > 0 && index + 1 == shown {
            row.right(&more(view, hidden), Role::Dim);
        }
        row.column(label, usize::from(LABEL) - 1, Role::Dim);
        row.say(&part, role);
    }
}

/// What there is no room for, and the key that shows the first checks in full.
fn more(view: &View<'_>, hidden: usize) -> String {
    let key = view.model.keymap.keys_for(view.model.context(), Intent::FirstChecks);
    let key = key.map_or_else(String::new, |key| format!(", {key} first checks"));
    format!("{} {hidden} more{key}", view.skin.glyphs.down)
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

/// What was asked once says when: what it says may have been mended since.
fn answer(incident: &Incident, check: &FirstCheck) -> (&'static str, String, Role) {
    let role = match check.glance {
        Glance::Alarm => Role::Error,
        Glance::Notable | Glance::NotRead => Role::Warning,
        Glance::Quiet => Role::Dim,
    };
    let at = incident.first_at.get(&(check.topic, check.source.clone()));
    let at = at.filter(|_| check.glance == Glance::Alarm && check.topic != Topic::Scope);
    let at = at.map(|at| format!(" at {}", words::hms(*at))).unwrap_or_default();
    (topic(check.topic), format!("{} {}{at}: {}", check.glance, check.source, check.found), role)
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
    // What was gathered first: what is worth acting on before everything else.
    let mut first: Vec<_> = incident.first.iter().collect();
    first.sort_by_key(|check| (check.glance, check.topic));
    let (alarms, rest): (Vec<_>, Vec<_>) = first.into_iter().partition(|c| c.glance == Glance::Alarm);
    lines.extend(alarms.into_iter().map(|check| answer(incident, check)));
    for state in &incident.alerts {
        let alert = &state.alert;
        let times = if state.fired > 1 { format!(", {} times", state.fired) } else { String::new() };
        let (how, since, role) = match state.resolved_at {
            None => ("firing", alert.starts_at, Role::Text),
            Some(at) => ("over by its source's word", Some(at), Role::Dim),
        };
        let since = match since {
            Some(at) => format!("{how} since {}", words::hm(at, view.model.now())),
            None => format!("{how}, since when it does not say"),
        };
        let summary = if alert.summary.is_blank() { "" } else { &format!(": {}", alert.summary) };
        lines.push(("alert", format!("{}{summary} ({since}{times})", alert.name), role));
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
    lines.extend(rest.into_iter().map(|check| answer(incident, check)));
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
