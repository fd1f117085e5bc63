//! The top of every screen: live or drill, which incident, what time it is, and what not to overlook.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::model::Screen;
use crate::app::theme::Role;
use crate::incident::{Realm, Severity, Text};

use super::row::Row;
use super::view::View;
use super::words;

/// From this width on nothing is abbreviated.
const WIDE: usize = 100;

/// The incident that everything on the screen is about, as far as it is known.
fn subject<'a>(view: &View<'a>) -> Option<(String, Severity, &'a Text)> {
    let model = view.model;
    let id = model.selection.incident?;
    match model.board.incident(id) {
        Some(incident) => Some((id.to_string(), incident.severity, &incident.title)),
        None => {
            let head = model.heads.iter().find(|head| head.id == id)?;
            Some((id.to_string(), head.severity, &head.title))
        }
    }
}

/// Draws the line on top.
///
/// The clock stands at the right end, where nothing but the drill's sign follows it: a second that
/// goes by changes one cell of a known place.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let model = view.model;
    let mut row = Row::new(area, buf, view.skin);
    let wide = row.room() >= WIDE;
    let (sign, role) = match model.realm {
        Realm::Live => (" LIVE ", Role::Live),
        Realm::Drill => (" DRILL ", Role::Drill),
    };
    if model.realm == Realm::Drill {
        row.right(sign, role);
    }
    row.word(sign, role);
    let clock = if wide { " UTC" } else { "Z" };
    row.right(&format!("{}{clock}", words::hms(model.now)), Role::Strong);
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
        Some((id, severity, title)) => {
            row.word(&id, Role::Strong);
            row.word(severity.name(model.policy.naming), words::severity(severity));
            row.say(title.as_str(), Role::Text);
        }
        None => row.say("no incident selected", Role::Dim),
    }
}

/// Draws the warnings, loudest first, each with the row of the playbook it comes from.
pub fn draw_warnings(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let warnings = view.model.warnings();
    let shown = usize::from(area.height);
    for (index, (warning, line)) in warnings.iter().zip(area.rows()).enumerate() {
        let mut row = Row::new(line, buf, view.skin);
        let hidden = warnings.len() - shown.min(warnings.len());
        if index + 1 == shown && hidden > 0 {
            row.right(&format!("+{hidden} more"), Role::Warning);
        }
        let role = words::weight(warning.weight);
        let id = format!(" [{}]", warning.row);
        row.word(" !", role);
        let room = row.room().saturating_sub(id.len());
        let text = super::widgets::wrap::truncate(&warning.text, room, view.skin.glyphs.ellipsis);
        row.say(&text, role);
        row.say(&id, Role::Dim);
    }
    if warnings.is_empty() {
        let open = view.model.board.incidents().filter(|i| i.is_open()).count();
        let words = match (view.model.incident(), open) {
            (Some(incident), _) if incident.is_open() => "   no warnings".to_owned(),
            (_, 0) if view.model.loaded => "   no incident is open".to_owned(),
            (_, 0) => String::new(),
            (_, 1) => "   one other incident is open".to_owned(),
            (_, open) => format!("   {open} other incidents are open"),
        };
        Row::new(area, buf, view.skin).say(&words, Role::Dim);
    }
}
