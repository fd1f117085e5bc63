//! What was done about it: each action with its lamp, and of one of them everything that is known.
//!
//! Accepted is not contained: the checks with what was read stand above what the backend said.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::intent::Intent;
use crate::app::layout::{first_in_sight, list_area};
use crate::app::model::{Model, Pane};
use crate::app::theme::Role;
use crate::incident::telling::brief;
use crate::incident::{Action, Check, Incident, Judged, Lamp, Params, Reading, Time, Verdict};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::{pad, truncate, width, wrap, wrap_line};
use crate::tui::widgets::{List, fill, put, put_line};
use crate::tui::words;

/// How many are leaking or in force.
pub fn hint(view: &View<'_>) -> String {
    let Some(incident) = view.model.incident() else { return String::new() };
    let count = |lamp: Lamp| incident.actions.values().filter(|a| a.lamp == lamp).count();
    let parts = [Lamp::Leaking, Lamp::InDoubt, Lamp::Unverified, Lamp::Proposed, Lamp::Verified];
    let parts = parts.iter().filter(|lamp| count(**lamp) > 0).map(|lamp| format!("{} {lamp}", count(*lamp)));
    parts.collect::<Vec<_>>().join(", ")
}

/// The action that the pane is about: the selected one, else the newest.
fn subject<'a>(model: &'a Model, incident: &'a Incident) -> Option<&'a Action> {
    match model.selection.action {
        Some(id) => incident.actions.get(&id),
        None => incident.actions.values().next_back(),
    }
}

/// Draws the list, and below it what is known of the selected action.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let Some(incident) = model.incident() else {
        Row::new(area, buf, view.skin).say(&view.nothing(), Role::Dim);
        return None;
    };
    let all = model.actions_in_order();
    if all.is_empty() {
        let words = if incident.is_open() { "nothing was done yet" } else { "nothing was done" };
        Row::new(area, buf, view.skin).say(words, Role::Dim);
        return None;
    }
    let place = list_area(model, Pane::Actions, as_area(area));
    let chosen = subject(model, incident).map(|action| action.id);
    let selected = all.iter().position(|id| Some(*id) == chosen);
    let line = model.selection.line(Pane::Actions);
    let top = Top::At(first_in_sight(selected, line, all.len(), usize::from(place.height)));
    let list = List { len: all.len(), selected, top, focused: view.has_keys(Pane::Actions) };
    list.draw(rect(place), buf, view.skin, |index, line, buf| {
        if let Some(action) = all.get(index).and_then(|id| incident.actions.get(id)) {
            draw_line(view, incident, action, Row::new(line, buf, view.skin));
        }
    });
    let (rule, below) = as_area(area).split_top(place.height).1.split_top(1);
    let lines = view.skin.glyphs.pane;
    fill(buf, rect(rule), lines.horizontal, view.style(Role::Border));
    if let Some(action) = subject(model, incident) {
        draw_detail(view, incident, action, rect(below), buf);
    }
    None
}

/// `isolate support-1 grace=0`, with what differs from nothing.
fn title(action: &Action) -> String {
    let params = params(&action.plan.params);
    if params.is_empty() { action.plan.title() } else { format!("{} {params}", action.plan.title()) }
}

fn params(params: &Params) -> String {
    params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn draw_line(view: &View<'_>, incident: &Incident, action: &Action, mut row: Row<'_>) {
    let (mark, role) = words::lamp(action.lamp, view.skin.glyphs);
    row.word(mark, role);
    row.column(action.lamp.word(), 10, role);
    row.column(&action.id.to_string(), 3, Role::Text);
    let age = words::age(view.model.now() - action.changed_at);
    row.right(&format!("{age:>3}"), Role::Dim);
    let title = title(action);
    let unread = view.model.unread_since(incident.id, action).filter(|_| incident.is_open());
    let held = match unread {
        Some(at) => (format!("not read for {}", words::age(view.model.now() - at)), Role::Warning),
        None => (held(view, incident, action), Role::Dim),
    };
    let held = if action.unrecorded { ("NOT RECORDED".to_owned(), Role::LampLeaking) } else { held };
    let by = (format!("by {}", action.asked_by), Role::Dim);
    let fit = |beside: &str, words: usize| width(beside) + words < row.room();
    // Whether it holds says more than who asked, and more than the parameters, which stand below.
    let told = if fit(&title, width(&by.0) + 1 + width(&held.0)) {
        vec![by, held]
    } else if held.0.is_empty() {
        Vec::from_iter(fit(&title, width(&by.0)).then_some(by))
    } else {
        Vec::from_iter(fit(&action.plan.title(), width(&held.0)).then_some(held))
    };
    for (words, role) in told {
        row.right(&words, role);
    }
    let role = if action.lamp.may_be_in_force() { Role::Text } else { Role::Dim };
    row.say(&title, role);
}

/// How many checks hold, of an action that is probed.
fn held(view: &View<'_>, incident: &Incident, action: &Action) -> String {
    let readings = view.model.readings_of(incident.id, action.id);
    let checks = &action.plan.checks;
    let holds = |check: &&Check| Judged::new(check, readings).holds();
    if let Some(seen) = action.witnessed.as_ref().filter(|_| checks.is_empty()) {
        return seen.verdict();
    }
    if checks.is_empty() || !action.lamp.is_probed() {
        return String::new();
    }
    // That nothing was read is not that nothing holds.
    if checks.iter().all(|check| Judged::new(check, readings).verdict() == Verdict::Unread) {
        return "not read".to_owned();
    }
    format!("{} of {} hold", checks.iter().filter(holds).count(), checks.len())
}

/// Cells of a label.
const LABEL: usize = 8;

/// Lines of what is known of an action, the most telling first.
struct Detail<'a> {
    view: &'a View<'a>,
    cells: usize,
    lines: Vec<Line<'static>>,
    /// How many of them must not be out of sight: what is read, and since when it leaks.
    telling: usize,
}

impl Detail<'_> {
    /// A label and words, which are wrapped beside it.
    fn say(&mut self, label: &str, words: &str, role: Role) {
        let cells = self.cells.saturating_sub(LABEL).max(1);
        for (index, part) in wrap(words, cells).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = Span::styled(format!("{label:<LABEL$}"), self.view.style(Role::Dim));
            self.lines.push(Line::from(vec![label, Span::styled(part.to_owned(), self.view.style(role))]));
        }
    }

    /// What a person saw of it, and how to say so where nothing else can.
    fn seen(&mut self, action: &Action) {
        let model = self.view.model;
        let key = model.keymap.keys_for(model.context(), Intent::Settle);
        let key = key.filter(|_| action.may_be_witnessed());
        match (&action.witnessed, key) {
            (Some(seen), _) => {
                let role = if seen.holds { Role::Text } else { Role::Warning };
                let at = words::stamp(seen.at, model.now());
                self.say("seen", &format!("by {} at {at}: {}", seen.by, seen.said()), role);
            }
            (None, Some(key)) => {
                self.say("seen", &format!("by nobody yet: {key} puts on record what you saw"), Role::Warning);
            }
            (None, None) => {}
        }
    }

    /// What each check must read and what was read; the word says whether it holds. What was read
    /// goes on below only where there are rows for it.
    fn checks(&mut self, checks: &[Check], readings: &[Reading], roomy: bool) {
        let skin = self.view.skin;
        let widest = checks.iter().map(|check| width(&check.to_string())).max().unwrap_or(0);
        for check in checks {
            let judged = Judged::new(check, readings);
            let (mark, word, role) = words::verdict(judged.verdict(), skin.glyphs);
            let at = judged.at().map_or_else(String::new, |at| format!(" at {}", words::hms(at)));
            let read = judged.at().map_or_else(String::new, |_| format!("read {}", judged.words()));
            // Mark, word and check stand before it, and two cells between.
            let taken = 9 + widest.min(self.cells / 2);
            let room = self.cells.saturating_sub(taken + 2);
            let whole = format!("{read}{at}");
            let fits = width(&whole) <= room;
            let below = if fits || !roomy {
                Vec::new()
            } else {
                wrap(&whole, self.cells - LABEL.min(self.cells - 1))
            };
            let beside = match (fits, below.is_empty()) {
                (true, _) => whole.clone(),
                (false, true) => truncate(&read, room, skin.glyphs.ellipsis).into_owned(),
                (false, false) => String::new(),
            };
            let gap = if beside.is_empty() { "" } else { "  " };
            let look = skin.style(if role == Role::LampFailed { role } else { Role::Text });
            self.lines.push(Line::from(vec![
                Span::styled(format!("{mark} {word:<6} "), skin.style(role)),
                Span::styled(
                    pad(&check.to_string(), widest.min(self.cells / 2), ".."),
                    skin.style(Role::Text),
                ),
                Span::styled(format!("{gap}{beside}"), look),
            ]));
            let indent = Span::raw(format!("{:LABEL$}", ""));
            self.lines.extend(
                below
                    .into_iter()
                    .map(|part| Line::from(vec![indent.clone(), Span::styled(part.to_owned(), look)])),
            );
        }
    }
}

/// What a person does next. What is in force after its incident is read when somebody asks.
fn next_step(incident: &Incident, action: &Action) -> &'static str {
    if action.lamp == Lamp::Verified && incident.stands_before(action).is_some() {
        "a further rung stands in its place: undo that one, and it is read again"
    } else if action.lamp == Lamp::Verified && action.plan.op.info().mitigation && !incident.is_open() {
        "in force when it was read last; since the incident ended nothing reads it by itself"
    } else {
        action.next_step()
    }
}

/// Everything known of an action, the most telling first.
pub(super) fn draw_detail(
    view: &View<'_>,
    incident: &Incident,
    action: &Action,
    area: Rect,
    buf: &mut Buffer,
) {
    let shown = usize::from(area.height);
    let whole = told(view, incident, action, area, true);
    // What was read goes before what was asked for, as long as the most telling part is in sight.
    let fits = whole.lines.len() <= shown || whole.telling < shown;
    let lines = if fits { whole.lines } else { told(view, incident, action, area, false).lines };
    let hidden = lines.len().saturating_sub(shown);
    for (index, (line, row)) in lines.iter().zip(area.rows()).enumerate() {
        put_line(buf, row, line);
        if hidden > 0 && index + 1 == shown {
            put_more(view, hidden, row, buf);
        }
    }
}

/// The lines of what is known of an action; in a roomy pane nothing of them is cut.
fn told<'a>(view: &'a View<'a>, incident: &Incident, action: &Action, area: Rect, roomy: bool) -> Detail<'a> {
    let now = view.model.now();
    let (_, role) = words::lamp(action.lamp, view.skin.glyphs);
    let cells = usize::from(area.width).max(1);
    let mut detail = Detail { view, cells, lines: Vec::new(), telling: 0 };
    let head = Line::from(vec![
        Span::styled(format!("{} {}{}: ", action.id, action.lamp, action.on_record()), view.style(role)),
        Span::styled(next_step(incident, action), view.style(Role::Strong)),
    ]);
    detail.lines.extend(wrap_line(&head, cells));
    detail.seen(action);
    detail.checks(&action.plan.checks, view.model.readings_of(incident.id, action.id), roomy);
    if let Some(held) = action.held_for() {
        detail.say("leaks", &leak(view, action, held), Role::LampLeaking);
    }
    detail.telling = detail.lines.len();
    if let Some(until) = action.approve_by.filter(|_| action.lamp == Lamp::Proposed) {
        let left = words::left(until - now);
        detail.say("waits", &format!("for approval until {}, {left}", words::hms(until)), Role::Warning);
    }
    if !action.answer.is_blank() {
        let label = if matches!(action.lamp, Lamp::Failed | Lamp::Denied) { "why" } else { "answer" };
        detail.say(label, &brief(action.answer.as_str()), Role::Text);
    }
    detail.say("life", &life(action, now), Role::Text);
    let version = action.plan.version.as_ref().map_or_else(String::new, |v| format!(" at version {v}"));
    detail.say("what", &format!("{}{version}", title(action)), Role::Text);
    detail.say("call", &format!("{}: {}", action.plan.adapter, action.plan.call), Role::Text);
    detail.say("undo", &undo(action), Role::Text);
    if incident.is_open() && action.is_probed() && !action.plan.checks.is_empty() {
        let every = view.model.policy.probing.probe_every;
        detail.say("probes", &format!("go on, at least every {every}"), Role::Text);
    }
    if let Some(disposition) = &action.disposition {
        detail.say("fate", &disposition.to_string(), Role::Text);
    }
    for (label, words) in action.plan.cautions() {
        detail.say(label, words.as_str(), Role::Warning);
    }
    detail
}

/// What there is no room for is said over the end of the last line, with the key that shows it all.
fn put_more(view: &View<'_>, hidden: usize, line: Rect, buf: &mut Buffer) {
    let key = view.model.keymap.keys_for(view.model.context(), Intent::Open);
    let key = key.filter(|_| matches!(view.model.pane(), Pane::Actions | Pane::InForce));
    let key = key.map_or_else(String::new, |key| format!(", {key} shows all"));
    let more = format!(" {} {hidden} more{key}", view.skin.glyphs.down);
    let cells = u16::try_from(width(&more)).unwrap_or(u16::MAX).min(line.width);
    let at = Rect { x: line.right() - cells, width: cells, ..line };
    put(buf, at, &more, view.style(Role::Dim));
}

/// How long it leaks, how long it had held before, and what the agent logged since.
fn leak(view: &View<'_>, action: &Action, held: chrono::TimeDelta) -> String {
    let since = action.changed_at;
    let (lines, more) = view.model.log.count_since(&action.plan.target, since);
    let least = if more { "at least " } else { "" };
    let age = words::span(view.model.now() - since);
    let held = crate::incident::clock_face(held);
    let logged = match lines {
        0 => "no line of its log was read since".to_owned(),
        1 => format!("it has logged {least}1 line since"),
        lines => format!("it has logged {least}{lines} lines since"),
    };
    format!("since {}, {age}; it had held {held}; {logged}", words::hms(since))
}

/// Who asked and allowed it, and when which step was reached.
fn life(action: &Action, now: Time) -> String {
    let at = |at: Time| words::stamp(at, now);
    let mut life = vec![format!("asked by {} {}", action.asked_by, at(action.asked_at))];
    if let Some(approver) = &action.approved_by {
        life.push(format!("allowed by {approver}"));
    }
    life.extend(action.accepted_at.map(|when| format!("accepted {}", at(when))));
    let doubted = action.doubted_at.filter(|_| action.lamp != Lamp::InDoubt);
    life.extend(doubted.map(|when| format!("in doubt {}", at(when))));
    let since = |when: Time| format!("verified {}, {} ago", at(when), words::span(now - when));
    life.extend(action.verified_at.map(since));
    life.extend(action.witnessed.as_ref().map(|seen| format!("{} {}", seen.verdict(), at(seen.at))));
    if !matches!(action.lamp, Lamp::Proposed | Lamp::Requested | Lamp::Accepted | Lamp::Verified) {
        life.push(format!("{} {}", action.lamp, at(action.changed_at)));
    }
    life.join(", ")
}

/// How it is undone.
fn undo(action: &Action) -> String {
    if let Some(by) = action.undoing {
        return format!("asked for: {by}");
    }
    match (&action.plan.inverse, action.undoes) {
        (Some(inverse), _) => format!("{}: {}", inverse.op, inverse.call),
        (None, Some(other)) => format!("this undoes {other}"),
        (None, None) => "nothing undoes it".to_owned(),
    }
}
