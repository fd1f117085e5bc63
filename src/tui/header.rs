//! The top of every screen: live or drill, which incident, what time it is, and what not to overlook.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::intent::Intent;
use crate::app::journal::flag;
use crate::app::model::{Model, Screen};
use crate::app::theme::Role;
use crate::app::warned::Warned;
use crate::incident::playbook::cited;
use crate::incident::{Incident, IncidentId, Realm, Severity, Status, Text, Weight};

use super::row::Row;
use super::view::View;
use super::widgets::wrap::{truncate, width, wrap};
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
    if model.read_only.is_some() {
        row.word("READ-ONLY", Role::Warning);
    }
    for words in model.journal.values() {
        row.word(flag(words), Role::Error);
    }
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

/// One thing not to overlook, and the row of the playbook it comes from.
struct Line {
    weight: Weight,
    text: String,
    row: String,
}

/// Draws the warnings, worst first, each with the row of the playbook it comes from. Rows that no
/// warning needs are for the ends of those above: what to do about it stands there.
pub fn draw_warnings(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    // First of all that nothing can be acted on from here, or recorded, and why.
    let warnings = view.model.warned();
    let height = usize::from(area.height);
    let read_only = view.model.read_only.as_ref().map(|read_only| Line {
        weight: Weight::Warn,
        text: format!("READ-ONLY: {}", read_only.why),
        row: String::new(),
    });
    let mut lines: Vec<Line> = read_only.into_iter().collect();
    for said in view.model.journal.values() {
        // A leak is not covered by it: the line on top says it too.
        if lines.len() + usize::from(!warnings.is_empty()) < height {
            lines.push(Line { weight: Weight::Alarm, text: said.to_string(), row: String::new() });
        }
    }
    let hidden = warnings.get(height.saturating_sub(lines.len())..).unwrap_or_default();
    let of = |warned: &Warned| Line {
        weight: warned.warning.weight,
        text: warned.warning.text.clone(),
        row: format!(" {}", cited(warned.warning.row)),
    };
    lines.extend(warnings.iter().map(of));
    let mut spare = usize::from(area.height).saturating_sub(lines.len());
    let mut rows = area.rows();
    for (index, line) in lines.iter().take(area.height.into()).enumerate() {
        let mark = words::sign(line.weight);
        let indent = width(mark) + 1;
        let room = usize::from(area.width).saturating_sub(indent).max(1);
        let parts = wrap(&line.text, room);
        let shown = parts.len().min(1 + spare);
        spare -= shown - 1;
        let role = words::weight(line.weight);
        for (nth, place) in rows.by_ref().take(shown).enumerate() {
            let mut row = Row::new(place, buf, view.skin);
            if index + 1 == usize::from(area.height) && !hidden.is_empty() {
                row.right(&rest(view, hidden), Role::Warning);
            } else if nth + 1 == shown && shown < parts.len() {
                // What is cut stands in the list in full.
                row.right(&list_key(view), Role::Warning);
            }
            if nth == 0 {
                row.word(mark, role);
            } else {
                row.gap(indent);
            }
            if nth + 1 < shown {
                row.say(parts[nth], role);
                continue;
            }
            // What to do about it is worth more than the name of the rule, which stands in the list too.
            let words = parts[nth..].join(" ");
            let fits = width(&words) + line.row.len() <= row.room();
            row.say(&truncate(&words, row.room(), view.skin.glyphs.ellipsis), role);
            if fits {
                row.say(&line.row, Role::Dim);
            }
        }
    }
    if lines.is_empty() && view.model.journal.is_empty() {
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

/// What there is no room for, and the key that lists it: `+4 more, 1 LEAKING: g w`.
fn rest(view: &View<'_>, hidden: &[Warned]) -> String {
    let leaks = hidden.iter().filter(|one| one.is_leak()).count();
    let leaks = if leaks > 0 { format!(", {leaks} LEAKING") } else { String::new() };
    let key = list_key(view);
    let key = if key.is_empty() { key } else { format!(": {key}") };
    format!("+{} more{leaks}{key}", hidden.len())
}

/// The key that lists every warning in full.
fn list_key(view: &View<'_>) -> String {
    view.model.keymap.keys_for(view.model.context(), Intent::Warnings).unwrap_or_default()
}
