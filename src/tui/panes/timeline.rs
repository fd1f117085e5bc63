//! The record: every entry of an incident, the newest at the bottom unless one is selected.
//!
//! Only the entries in sight are looked at: a timeline may be 100,000 long.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::first_in_sight;
use crate::app::model::Pane;
use crate::app::outbox::standing_of;
use crate::app::theme::Role;
use crate::incident::telling::tell_event;
use crate::incident::{Entry, Event, Lamp};
use crate::tui::row::Row;
use crate::tui::view::View;
use crate::tui::widgets::List;
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::width;
use crate::tui::words;

/// Which entry is selected.
pub fn hint(view: &View<'_>) -> String {
    let Some(record) = view.model.record() else { return String::new() };
    match view.model.selection.entry {
        Some(seq) => format!("{seq} of {}", record.entries.len()),
        None => format!("{}, following", record.entries.len()),
    }
}

/// Draws the entries in sight.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let Some(record) = view.model.record() else {
        Row::new(area, buf, view.skin).say(&view.nothing(), Role::Dim);
        return None;
    };
    let count = record.entries.len();
    let chosen = view.model.selection.entry.and_then(|seq| usize::try_from(seq.saturating_sub(1)).ok());
    let at = chosen.unwrap_or(count.saturating_sub(1));
    let line = view.model.selection.line(Pane::Timeline);
    let top = Top::At(first_in_sight(Some(at), line, count, usize::from(area.height)));
    let list = List { len: count, selected: Some(at), top, focused: view.has_keys(Pane::Timeline) };
    let digits = count.to_string().len();
    let first = list.first(area.height);
    let now = view.model.now();
    let seen = || record.entries.iter().skip(first).take(usize::from(area.height));
    let actors = seen().map(|e| width(&e.actor.to_string())).max().unwrap_or(0);
    let actors = actors.min(usize::from(area.width) / 5);
    let times = seen().map(|e| width(&words::stamp(e.at, now))).max().unwrap_or(0);
    list.draw(area, buf, view.skin, |index, line, buf| {
        let Some(entry) = record.entries.get(index) else { return };
        let mut row = Row::new(line, buf, view.skin);
        row.number(&entry.seq.to_string(), digits, Role::Dim);
        row.number(&words::stamp(entry.at, now), times, Role::Dim);
        row.column(&entry.actor.to_string(), actors, Role::Text);
        let (mark, role) = look(view, entry);
        row.column(mark, 1, role);
        row.say(&tell_event(&entry.event, entry.at, view.model.policy.naming), role);
        let told = standing_of(&record.incident, entry);
        if !told.is_empty() {
            row.say(&told, Role::Dim);
        }
    });
    None
}

/// What stands out on the record: lamps and marks, and what begins and ends the incident.
fn look(view: &View<'_>, entry: &Entry) -> (&'static str, Role) {
    let glyphs = view.skin.glyphs;
    let lamp = |lamp| words::lamp(lamp, glyphs);
    match &entry.event {
        Event::MarkSet { .. } => (glyphs.mark_next, Role::Strong),
        Event::ActionProposed { .. } => lamp(Lamp::Proposed),
        Event::ActionDenied { .. } => lamp(Lamp::Denied),
        Event::ActionExpired { .. } => lamp(Lamp::Expired),
        Event::ActionRequested { .. } => lamp(Lamp::Requested),
        Event::ActionAccepted { .. } => lamp(Lamp::Accepted),
        Event::ActionFailed { .. } => lamp(Lamp::Failed),
        Event::ActionVerified { .. } => lamp(Lamp::Verified),
        Event::ActionUnverified { .. } => lamp(Lamp::Unverified),
        Event::ActionLeaking { .. } => lamp(Lamp::Leaking),
        Event::ActionInDoubt { .. } => lamp(Lamp::InDoubt),
        Event::ActionUndone { .. } => lamp(Lamp::Undone),
        Event::Declared { .. }
        | Event::Classified { .. }
        | Event::Raised { .. }
        | Event::RoleAssigned { .. }
        | Event::RoleReleased { .. }
        | Event::Escalated { .. }
        | Event::Resolved { .. }
        | Event::Reopened { .. }
        | Event::MergedInto { .. }
        | Event::ActionWitnessed { .. } => ("", Role::Strong),
        Event::AlertFired { .. }
        | Event::AlertResolved { .. }
        | Event::AgentAdded { .. }
        | Event::ActionAccounted { .. }
        | Event::ActionRead { .. }
        | Event::EvidenceStored { .. }
        | Event::RecoveryRead { .. }
        | Event::HypothesisOpened { .. }
        | Event::HypothesisClosed { .. }
        | Event::UpdateSent { .. }
        | Event::UpdateDrafted { .. }
        | Event::DraftSettled { .. }
        | Event::Noted { .. }
        | Event::Decided { .. }
        | Event::LinePinned { .. }
        | Event::Absorbed { .. }
        | Event::ImprovementAdded { .. }
        | Event::ImprovementMoved { .. }
        | Event::ReviewSaved { .. }
        | Event::FirstChecked { .. }
        | Event::HeardElsewhere { .. }
        | Event::DigestMade { .. } => ("", Role::Text),
        Event::MessageFailed { again_at: Some(_), .. } => ("", Role::Warning),
        Event::MessageFailed { again_at: None, .. } => ("!", Role::Error),
        Event::MessageQueued { .. }
        | Event::MessageDelivered { .. }
        | Event::MessageRetried { .. }
        | Event::MessageDropped { .. } => ("", Role::Dim),
        Event::Unknown { .. } => ("?", Role::Dim),
    }
}
