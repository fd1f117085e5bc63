//! The top of every screen: live or drill, which incident, what time it is, and what not to overlook.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::intent::Intent;
use crate::app::keymap::Context;
use crate::app::model::{Model, Screen};
use crate::app::theme::Role;
use crate::incident::{Incident, IncidentId, Mark, Realm, Severity, Status, Text, Warning, Weight, warnings};

use super::row::Row;
use super::view::View;
use super::widgets::wrap::truncate;
use super::words;

/// From this width on nothing is abbreviated.
const WIDE: usize = 100;

/// The incident that everything on the screen is about, as far as it is known.
struct Subject<'a> {
    id: IncidentId,
    severity: Severity,
    status: Status,
    title: &'a Text,
}

fn subject<'a>(view: &View<'a>) -> Option<Subject<'a>> {
    let model = view.model;
    let id = model.selection.incident?;
    if let Some(incident) = model.board.incident(id) {
        let Incident { severity, status, title, .. } = incident;
        return Some(Subject { id, severity: *severity, status: *status, title });
    }
    let head = model.heads.iter().find(|head| head.id == id)?;
    Some(Subject { id, severity: head.severity, status: head.status, title: &head.title })
}

/// The line on top in two parts: what it says, and the clock at its right end, where nothing but the
/// drill's sign follows it. A second that goes by redraws no more than the clock.
pub fn split(model: &Model, line: Rect) -> (Rect, Rect) {
    let sign = if model.realm == Realm::Drill { sign(model.realm).0.len() + 1 } else { 0 };
    let cells = sign + "00:00:00".len() + zone(is_wide(line.width)).len() + 1;
    let width = u16::try_from(cells).unwrap_or(u16::MAX).min(line.width);
    let words = Rect { width: line.width - width, ..line };
    (words, Rect { x: words.right(), width, ..line })
}

const fn is_wide(width: u16) -> bool {
    width as usize >= WIDE
}

/// What is behind the time of day.
const fn zone(wide: bool) -> &'static str {
    if wide { " UTC" } else { "Z" }
}

const fn sign(realm: Realm) -> (&'static str, Role) {
    match realm {
        Realm::Live => (" LIVE ", Role::Live),
        Realm::Drill => (" DRILL ", Role::Drill),
    }
}

/// Draws the clock.
pub fn draw_clock(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let zone = zone(is_wide(buf.area.width));
    let mut row = Row::new(area, buf, view.skin);
    if view.model.realm == Realm::Drill {
        let (sign, role) = sign(view.model.realm);
        row.right(sign, role);
    }
    row.right(&format!("{}{zone}", words::hms(view.model.now())), Role::Strong);
}

/// Draws the line on top, but for the clock.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let model = view.model;
    let wide = is_wide(buf.area.width);
    let mut row = Row::new(area, buf, view.skin);
    let (sign, role) = sign(model.realm);
    row.word(sign, role);
    if let Some(drill) = &model.drill {
        let words = format!("{} seed {} x{}", drill.scenario, drill.seed, drill.speed);
        row.word(&words, Role::Dim);
    }
    if wide {
        row.right(&format!("{} ", model.actor), Role::Dim);
    }
    if wide || model.screen != Screen::Cockpit {
        row.word(model.screen.title(), Role::Title);
    }
    match subject(view) {
        Some(Subject { id, severity, status, title }) => {
            row.word(&id.to_string(), Role::Strong);
            row.word(severity.name(model.policy.naming), words::severity(severity));
            match status {
                Status::Open => {}
                Status::Resolved(_) => row.word("RESOLVED", Role::Ok),
                Status::Merged(into) => row.word(&format!("MERGED into {into}"), Role::Ok),
            }
            row.say(title.as_str(), Role::Text);
        }
        None => row.say("no incident selected", Role::Dim),
    }
}

/// The selected incident's warnings, and of every other one its loudest: what burns elsewhere must
/// not be out of sight because somebody works here.
pub fn warnings_of(model: &Model) -> Vec<Warning> {
    let mut all = model.warnings();
    let here = |id: IncidentId| model.selection.incident == Some(id);
    for other in model.board.incidents().filter(|i| !here(i.id)) {
        let untold = other.outbox.given_up().next().is_some();
        if !other.is_open() && other.leaking_since().is_none() && !untold {
            continue;
        }
        let alarm =
            warnings(other, &model.policy, model.now()).into_iter().find(|w| w.weight == Weight::Alarm);
        let name = format!("{} {}", other.id, other.severity.name(model.policy.naming));
        if let Some(alarm) = alarm {
            all.push(Warning { text: format!("{name}: {}", alarm.text), ..alarm });
        } else if other.mark(Mark::T1).is_none() {
            let text = format!("{name}: nobody has acknowledged it");
            all.push(Warning { weight: Weight::Warn, row: "A2", text });
        }
    }
    // Without an incident nothing here asks the time, and a second changes nothing.
    let any = model.board.incidents().next();
    let late = any.into_iter().flat_map(|_| model.board.in_force(model.now()));
    let late: Vec<_> = late.filter(|one| one.is_overdue(model.now()) && !here(one.incident.id)).collect();
    if let Some(first) = late.first() {
        let (incident, action) = (first.incident.id, first.action);
        let more = if late.len() > 1 { format!(", and {} more", late.len() - 1) } else { String::new() };
        let key = model.keymap.keys_for(Context::Everywhere, Intent::InForce);
        let key = key.map_or_else(String::new, |key| format!("; {key} lists them"));
        let text =
            format!("{incident}: {} {} was to be gone by now{more}{key}", action.id, action.plan.title());
        all.push(Warning { weight: Weight::Warn, row: "A3", text });
    }
    // Stable: of what is equally loud, what is here comes first.
    all.sort_by_key(|warning| Reverse(warning.weight));
    all
}

/// Draws the warnings, loudest first, each with the row of the playbook it comes from.
pub fn draw_warnings(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let warnings = warnings_of(view.model);
    let shown = usize::from(area.height);
    let hidden = warnings.len().saturating_sub(shown);
    for (index, (warning, line)) in warnings.iter().zip(area.rows()).enumerate() {
        let mut row = Row::new(line, buf, view.skin);
        if index + 1 == shown && hidden > 0 {
            row.right(&format!("+{hidden} more"), Role::Warning);
        }
        let role = words::weight(warning.weight);
        let id = format!(" [{}]", warning.row);
        row.word(words::sign(warning.weight), role);
        let room = row.room().saturating_sub(id.len());
        row.say(&truncate(&warning.text, room, view.skin.glyphs.ellipsis), role);
        row.say(&id, Role::Dim);
    }
    if warnings.is_empty() {
        let open = view.model.board.incidents().any(|i| i.is_open());
        let reading = format!("reading the journal: {} incidents known", view.model.heads.len());
        let words = match (view.model.loaded, open) {
            (true, true) => "no warnings",
            (true, false) => "no incident is open",
            (false, _) => reading.as_str(),
        };
        let mut row = Row::new(area, buf, view.skin);
        row.gap(3);
        row.say(words, Role::Dim);
    }
}
