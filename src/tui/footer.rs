//! The last lines: the keys that matter now, and what there is to say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::intent::Intent;
use crate::app::keymap::show;
use crate::app::model::{Model, Pane, Screen};
use crate::app::msg::{Notice, NoticeLevel};
use crate::app::theme::Role;
use crate::incident::decide::may_ask;
use crate::incident::{Action, Deadline, Due, Incident, Lamp, Mark, Op, Standing};

use super::row::Row;
use super::view::View;
use super::widgets::wrap::width;

/// Draws the last lines.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let mut rows = area.rows();
    let mut keys = Keys { model: view.model, shown: Vec::new() };
    if let Some(row) = rows.next() {
        keys.draw(&mut Row::new(row, buf, view.skin));
    }
    if let Some(row) = rows.next() {
        draw_words(&mut keys, &mut Row::new(row, buf, view.skin));
    }
}

/// What the person should do next, in the order of the flow (A2).
#[must_use]
pub fn due(model: &Model) -> Vec<Intent> {
    let Some(incident) = model.incident() else { return Vec::new() };
    let mut due = Vec::new();
    if !incident.is_open() {
        // What is left to do is to learn from it.
        let there = model.screen == Screen::Review;
        if !there && incident.resolved_at().is_some() && incident.mark(Mark::T5).is_none() {
            due.push(Intent::Review);
        }
        return due;
    }
    if incident.actions.values().any(|a| a.lamp == Lamp::Proposed) {
        due.push(Intent::Approve);
    }
    if incident.mark(Mark::T1).is_none() {
        due.push(Intent::Acknowledge);
    }
    if incident.commander().is_none() {
        due.push(Intent::TakeCommand);
    }
    if !incident.classified || incident.mark(Mark::T2).is_none() {
        due.push(Intent::Classify);
    }
    let is_late = |deadline: &Deadline| {
        matches!(deadline.due, Due::Update(_)) && deadline.standing(model.now()) == Standing::Over
    };
    if model.deadlines().iter().any(is_late) {
        due.push(Intent::Update);
    }
    due
}

/// The same where there are panes: what the agent logged since a leak can be looked at.
fn due_here(model: &Model) -> Vec<Intent> {
    let leak = model.leak().map(|_| Intent::SinceLeak);
    leak.into_iter().chain(due(model)).collect()
}

/// Whether some adapter carries what an intent asks for, and it may be asked for here, and by policy.
#[must_use]
pub fn is_offered(model: &Model, intent: Intent) -> bool {
    if model.forbids(intent).is_some() {
        return false;
    }
    let may = |op: &Op| may_ask(&model.policy, *op, &model.actor).is_ok();
    let any = |ops: &[Op]| ops.iter().any(|op| model.offers.contains(op) && may(op));
    match (intent, intent.op()) {
        (Intent::Rollback, _) => any(&[Op::RollbackConfig, Op::RollbackBranch, Op::RollbackSystem]),
        (_, Some(op)) => any(&[op]),
        (_, None) => true,
    }
}

/// Whether there is something that an intent could be about: no key is shown for an answer that
/// nothing asks for.
fn is_timely(model: &Model, intent: Intent) -> bool {
    let any = |is: fn(&Action) -> bool| model.incident().is_some_and(|i| i.actions.values().any(is));
    // Where a row has the keys, they are about that row.
    let subject = model.selected_action().filter(|_| model.pane() == Pane::Actions);
    let here = |is: fn(&Action) -> bool| subject.map_or_else(|| any(is), is);
    if is_about_an_incident(intent) && model.incident().is_none() {
        false
    } else if matches!(intent, Intent::Resolve) {
        model.incident().is_some_and(Incident::is_open)
    } else if intent == Intent::CloseHypothesis {
        model.incident().is_some_and(|i| i.hypotheses.values().any(|h| h.closed.is_none()))
    } else if matches!(intent, Intent::Approve | Intent::Deny) {
        any(|action| action.lamp == Lamp::Proposed)
    } else if intent == Intent::Settle && model.screen != Screen::InForce {
        any(Action::asks_for_a_person)
    } else if intent == Intent::Keep {
        here(Action::is_in_force)
    } else if intent == Intent::Undo {
        here(|action| action.lamp.may_be_in_force() && action.plan.inverse.is_some())
    } else {
        true
    }
}

/// Whether an intent that a pane offers can do nothing without an incident.
const fn is_about_an_incident(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::FirstChecks
            | Intent::Resolve
            | Intent::Update
            | Intent::SetMark
            | Intent::Suppose
            | Intent::CloseHypothesis
            | Intent::TakeCommand
            | Intent::AssignRole
            | Intent::Pin
            | Intent::Note
            | Intent::Decide
    )
}

/// The four that are always in sight on the cockpit.
const ACTS: [Intent; 4] = [Intent::Isolate, Intent::RateLimit, Intent::Rollback, Intent::Escalate];

/// What is worth knowing of a pane besides.
pub(super) const fn own_keys(pane: Pane) -> &'static [Intent] {
    match pane {
        Pane::Incidents => {
            &[Intent::Open, Intent::FirstChecks, Intent::Declare, Intent::Resolve, Intent::Zoom]
        }
        Pane::Timer => &[Intent::Update, Intent::SetMark, Intent::Suppose, Intent::CloseHypothesis],
        Pane::Roster => &[Intent::TakeCommand, Intent::AssignRole],
        Pane::Log => &[
            Intent::Filter,
            Intent::Follow,
            Intent::Pin,
            Intent::KeepLog,
            Intent::Volume,
            Intent::Mute,
            Intent::Open,
            Intent::ClearFilter,
        ],
        Pane::Actions => &[Intent::Undo, Intent::Approve, Intent::Deny, Intent::Settle, Intent::Keep],
        Pane::Timeline => &[Intent::Open, Intent::Note, Intent::Decide, Intent::Back],
        Pane::InForce => {
            &[Intent::Undo, Intent::Keep, Intent::Settle, Intent::Read, Intent::Open, Intent::Back]
        }
        Pane::Fleet => &[Intent::Isolate, Intent::Restart, Intent::SwitchModel, Intent::Back],
        Pane::Review => &[
            Intent::Edit,
            Intent::SaveReview,
            Intent::Undone,
            Intent::Redo,
            Intent::Refill,
            Intent::Search,
            Intent::SearchNext,
            Intent::External,
            Intent::Export,
            Intent::Back,
        ],
    }
}

/// From this width on nothing is abbreviated.
const WIDE: usize = 100;

/// Below this width the acts need the whole line.
const NARROW: usize = 66;

/// The keys of one frame's footer, none of them twice.
struct Keys<'a> {
    model: &'a Model,
    shown: Vec<Intent>,
}

impl Keys<'_> {
    fn key(&self, intent: Intent) -> Option<String> {
        self.model.keymap.keys_for(self.model.context(), intent)
    }

    /// The acts, which are always there; then what is due, as far as there is room.
    fn draw(&mut self, row: &mut Row<'_>) {
        let more = if row.room() >= WIDE { "commands" } else { "more" };
        // Where the acts would drop out, the words of these two do.
        let narrow = row.room() < NARROW;
        row.gap(1);
        for (intent, word) in [(Intent::Palette, more), (Intent::Help, "help")] {
            if let Some(key) = self.key(intent) {
                let words = if narrow { key } else { format!("{key} {word} ") };
                row.right(&words, Role::Key);
                self.shown.push(intent);
            }
        }
        let pane = self.model.pane();
        if self.model.screen == Screen::Cockpit {
            self.say_all(row, &ACTS, Role::Text);
            self.say_all(row, &due_here(self.model), Role::Strong);
        }
        self.say_all(row, own_keys(pane), Role::Text);
    }

    fn say_all(&mut self, row: &mut Row<'_>, intents: &[Intent], role: Role) {
        for intent in intents {
            let wanted = !self.shown.contains(intent) && is_timely(self.model, *intent);
            if wanted && self.say(row, *intent, role) {
                self.shown.push(*intent);
            }
        }
    }

    /// One key and what it does, if there is a key and room for both.
    fn say(&self, row: &mut Row<'_>, intent: Intent, role: Role) -> bool {
        let Some(key) = self.key(intent) else { return false };
        let offered = is_offered(self.model, intent);
        let word =
            if offered { intent.info().name.to_owned() } else { format!("{} n/a", intent.info().name) };
        let fits = width(&key) + 1 + width(&word) <= row.room();
        // While something else takes the keys, these are only a reminder.
        let taken = !self.model.modals.is_empty() || self.model.log.typing;
        let (key_role, role) = if offered && !taken { (Role::Key, role) } else { (Role::Dim, Role::Dim) };
        if fits {
            row.word(&key, key_role);
            row.say(&word, role);
            row.gap(2);
        }
        fits
    }
}

const fn notice_role(notice: &Notice) -> Role {
    match notice.level {
        NoticeLevel::Info | NoticeLevel::Clear => Role::Info,
        NoticeLevel::Warn => Role::Warning,
        NoticeLevel::Error => Role::Error,
    }
}

/// The second line: keys pressed so far, then what was just said, then what lasts; without any of
/// these, the keys that found no room above.
fn draw_words(keys: &mut Keys<'_>, row: &mut Row<'_>) {
    let model = keys.model;
    if !model.loaded && model.notice.is_none() {
        row.right(&format!("reading the journal: {} incidents known ", model.heads.len()), Role::Dim);
    }
    row.gap(1);
    if !model.pending.is_empty() {
        row.word(&show(&model.pending), Role::Key);
        row.say("... esc forgets it", Role::Dim);
        return;
    }
    // What lasts gives way to what was just said, and is listed with the warnings.
    let passing = model.notice.as_slice().iter().map(|(notice, _)| notice);
    let lasting = model.lasting.iter().filter(|_| model.notice.is_none());
    let mut said = false;
    for notice in passing.chain(lasting) {
        if said {
            row.say("  |  ", Role::Dim);
        }
        row.word(if notice.level == NoticeLevel::Info { "" } else { "!" }, notice_role(notice));
        // What does not fit is among the warnings, in full.
        if width(notice.text.as_str()) > row.room()
            && let Some(key) = keys.key(Intent::Warnings)
        {
            row.right(&format!("{key} shows all"), Role::Key);
        }
        row.say(notice.text.as_str(), notice_role(notice));
        said = true;
    }
    if !said {
        keys.say_all(row, &due_here(model), Role::Strong);
        keys.say_all(row, own_keys(model.pane()), Role::Dim);
    }
}
