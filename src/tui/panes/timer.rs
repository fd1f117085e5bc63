//! How much time is left: the next deadline in large digits, the marks, the windows, what else is due.
//!
//! Seconds are drawn only where they matter, in the last five minutes before the next deadline and
//! the first five after it: nobody
//! reads the seconds of an hour, and the clock in the header shows that time goes on.

use std::time::Duration;

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::Area;
use crate::app::theme::Role;
use crate::incident::policy::{Moment, WindowName};
use crate::incident::{Coverage, Deadline, Due, Incident, Mark, Standing, Time, clock_face, next_deadline};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::wrap::{truncate, width};
use crate::tui::widgets::{Digits, Gauge};
use crate::tui::words;

use super::marks::Marks;

/// From here on seconds are shown.
const SECONDS_BELOW: TimeDelta = TimeDelta::minutes(5);
/// From here on they are as large as the minutes.
const LARGE_BELOW: TimeDelta = TimeDelta::minutes(1);
/// A pane at least so wide has the gauges beside the digits when it is low.
const WIDE: u16 = 70;
/// A pane lower than this has no rows to give away.
const LOW: u16 = 9;
/// Cells for the digits and their words, when the gauges are beside them.
const HEAD: u16 = 37;

/// How soon control was proved, and the severity whose windows run.
pub fn hint(view: &View<'_>) -> String {
    let Some(incident) = view.model.incident() else { return String::new() };
    let name = incident.severity.name(view.model.policy.naming);
    match (containment(incident, view.model.now()), incident.classified) {
        (Some(contained), true) => format!("{contained}, windows of {name}"),
        (Some(contained), false) => format!("{contained}, {name} unconfirmed"),
        (None, true) => format!("windows of {name}"),
        (None, false) => format!("windows of {name}, unconfirmed"),
    }
}

/// How far containment is, and what was lost of it (A3).
fn containment(incident: &Incident, now: Time) -> Option<String> {
    let Coverage { contained, of } = incident.coverage();
    let part = || format!("{contained} of {of} agents contained");
    if incident.leaking_since().is_some() {
        return Some("LEAKING".to_owned());
    }
    match incident.containment() {
        Some(proved) if proved.holds_since.is_none() => Some(part()),
        Some(proved) => {
            let lost = incident.lost_for(now).map(|lost| format!(", LOST {}", clock_face(lost)));
            Some(format!("contained in {}{}", clock_face(proved.within), lost.unwrap_or_default()))
        }
        None => (of > 1 && contained > 0).then(part),
    }
}

/// Draws what fits, the most urgent first.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let Some(incident) = view.model.incident() else {
        Row::new(area, buf, view.skin).say(&view.nothing(), Role::Dim);
        return None;
    };
    let clock = Clock { view, incident, deadlines: view.model.deadlines() };
    let (windows, others) = clock.parts();
    let marks = Marks::of(view, incident, &clock.deadlines);
    let places = Places::of(as_area(area), &marks, windows.len(), others.len());
    clock.draw_next(rect(places.next), buf);
    marks.draw(rect(places.track), buf, view.skin);
    clock.draw_gauges(&windows, rect(places.gauges), buf);
    clock.draw_list(&others, rect(places.list), buf);
    None
}

/// How many lines the list can be scrolled.
pub fn reach(view: &View<'_>, area: Rect) -> usize {
    let Some(incident) = view.model.incident() else { return 0 };
    let clock = Clock { view, incident, deadlines: view.model.deadlines() };
    let (windows, others) = clock.parts();
    let marks = Marks::of(view, incident, &clock.deadlines);
    let list = Places::of(as_area(area), &marks, windows.len(), others.len()).list;
    others.len().saturating_sub(usize::from(list.height))
}

/// Where the parts of the pane are.
struct Places {
    next: Area,
    track: Area,
    gauges: Area,
    list: Area,
}

impl Places {
    fn of(area: Area, marks: &Marks, windows: usize, others: usize) -> Self {
        let low = area.height < LOW;
        let digits = match (area.height, area.width) {
            (..=3, _) => 1,
            (18.., 60..) => 5,
            (_, _) => 3,
        };
        let (head, rest) = area.split_top(digits);
        let beside = low && area.width >= WIDE;
        let (head, gauges) = if beside { head.split_left(HEAD) } else { (head, Area::default()) };
        let next = head.split_left(head.width.saturating_sub(u16::from(beside))).0;
        let (track, rest) = rest.split_top(if low || marks.fit(area.width) { 1 } else { 2 });
        let (gauges, list) = if beside {
            (gauges, rest)
        } else {
            // The list keeps two lines where there is anything to list.
            let kept = cells(others).min(2).min(rest.height.saturating_sub(1));
            rest.split_top(cells(windows).min(rest.height - kept))
        };
        Self { next, track, gauges, list }
    }
}

fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

struct Clock<'a> {
    view: &'a View<'a>,
    incident: &'a Incident,
    deadlines: Vec<Deadline>,
}

impl Clock<'_> {
    /// The windows, and whatever else is due after what the digits show.
    fn parts(&self) -> (Vec<&Deadline>, Vec<&Deadline>) {
        let is_window = |d: &&Deadline| matches!(d.due, Due::Window(_));
        let (windows, mut others): (Vec<_>, Vec<_>) = self.deadlines.iter().partition(is_window);
        let next = next_deadline(&self.deadlines).map(|d| d.due);
        others.retain(|d| d.is_open() && Some(d.due) != next);
        (windows, others)
    }

    /// The next deadline: digits at the left, words beside them.
    fn draw_next(&self, area: Rect, buf: &mut Buffer) {
        let skin = self.view.skin;
        let now = self.view.model.now();
        let Some(next) = next_deadline(&self.deadlines) else {
            let words = if self.incident.is_open() { "nothing is due" } else { "over; nothing is due" };
            Row::new(area, buf, skin).say(words, Role::Dim);
            return;
        };
        let left = next.left(now);
        let over = left < TimeDelta::zero();
        let (large, small) = face(left);
        let digits = Digits { text: &large, over };
        let room = Rect { width: area.width / 2, ..area };
        let (cells, height) = digits.size(room, skin);
        digits.draw(Rect { width: cells, ..area }, buf, skin);
        let beside = Rect { x: area.x + cells, width: area.width - cells.min(area.width), ..area };
        let role = if over { Role::DigitsOver } else { Role::Digits };
        let bottom = Rect { y: area.y + height.saturating_sub(1), height: height.min(1), ..beside };
        let mut row = Row::new(bottom, buf, skin);
        row.say(&small, role);
        let used = row.rest().x - bottom.x;
        // The words keep their place while the digits change.
        let indent = (used + 2).max(if height > 1 { 12_u16.saturating_sub(cells) } else { 0 });
        let words = Rect {
            x: beside.x + indent.min(beside.width),
            width: beside.width.saturating_sub(indent),
            ..beside
        };
        self.draw_words(next, over, words, buf);
    }

    fn draw_words(&self, next: &Deadline, over: bool, area: Rect, buf: &mut Buffer) {
        let skin = self.view.skin;
        let now = self.view.model.now();
        let mut rows = area.rows();
        let Some(first) = rows.next() else { return };
        let mut row = Row::new(first, buf, skin);
        if over {
            row.word("OVER", Role::Error);
        }
        row.say(&next.label, Role::Strong);
        if let Some(line) = rows.next() {
            let word = if over { "was due" } else { "due" };
            let whole = format!("{word} {} UTC", words::stamp(next.at, now));
            let mut row = Row::new(line, buf, skin);
            // Where the seconds of another day find no room, its minutes do; all times are UTC.
            let other_day = next.at.date_naive() != now.date_naive();
            let short = || next.at.format(if other_day { "%m-%d %H:%M" } else { "%H:%M:%S" });
            let words = if width(&whole) <= row.room() { whole } else { format!("{word} {}", short()) };
            row.say(&words, words::standing(next.standing(now)));
        }
        if let Some(line) = rows.next() {
            let then = self.deadlines.iter().filter(|d| d.is_open() && d.enforced && d.due != next.due);
            if let Some(then) = then.min_by_key(|d| d.at) {
                let mut row = Row::new(line, buf, skin);
                let left = format!(" {}", words::left(then.left(now)));
                let head = format!("then {}", then.label);
                // When says more than the end of what.
                let head = truncate(&head, row.room().saturating_sub(width(&left)), skin.glyphs.ellipsis);
                row.say(&format!("{head}{left}"), words::standing(then.standing(now)));
            }
        }
    }

    /// The windows in their order; when there is no room for all, those that matter least are left out.
    fn draw_gauges(&self, windows: &[&Deadline], area: Rect, buf: &mut Buffer) {
        let mut chosen: Vec<(usize, &&Deadline)> = windows.iter().enumerate().collect();
        chosen.sort_by_key(|(_, d)| (!is_core(d), !d.is_open(), !d.enforced));
        chosen.truncate(usize::from(area.height));
        chosen.sort_by_key(|(index, _)| *index);
        let labels = chosen.iter().map(|(_, d)| width(&label(d))).max().unwrap_or(0);
        for ((_, deadline), line) in chosen.iter().zip(area.rows()) {
            self.draw_gauge(deadline, cells(labels), line, buf);
        }
    }

    fn draw_gauge(&self, deadline: &Deadline, label_width: u16, line: Rect, buf: &mut Buffer) {
        let now = self.view.model.now();
        let used = deadline.met.unwrap_or(now) - deadline.from;
        let allowed = deadline.at - deadline.from;
        // Seconds count in a window of seconds, and tick in no other.
        let short = allowed < TimeDelta::minutes(1);
        let used_words = if short { words::fine(used) } else { words::span(used) };
        let of = words::fine(allowed);
        // The bar is worth more than a word between two numbers.
        let between = if line.width < 50 { "/" } else { " of " };
        let value = match (deadline.met, deadline.standing(now)) {
            (Some(_), Standing::Met) => format!("in time {}{between}{of}", clock_face(used)),
            (Some(_), _) => format!("{}{between}{of}", clock_face(used)),
            (None, Standing::Over) => format!("{} past {of}", words::span(-deadline.left(now))),
            (None, _) => format!("{used_words}{between}{of}"),
        };
        let value = match self.lost(deadline) {
            Some(lost) => format!("{value}, LOST {}", clock_face(lost)),
            None => value,
        };
        let gauge = Gauge {
            label: &label(deadline),
            label_width,
            value: &value,
            elapsed: duration(used),
            allowed: duration(allowed),
            reached: deadline.met.is_some(),
        };
        gauge.draw(line, buf, self.view.skin);
        // What is only measured does not alarm.
        if !deadline.enforced && used > allowed {
            buf.set_style(line, self.view.style(Role::Warning));
        }
    }

    /// For how long the control that ends a window was lost after it was proved.
    fn lost(&self, deadline: &Deadline) -> Option<TimeDelta> {
        let Due::Window(name) = deadline.due else { return None };
        let window = self.view.model.policy.windows.get(&name)?;
        let ends = window.to == Moment::Mark(Mark::T3);
        self.incident.lost_for(self.view.model.now()).filter(|_| ends)
    }

    /// What ends the time within which people are to be told (B12).
    fn untold(&self, deadline: &Deadline) -> &'static str {
        if deadline.enforced { "acknowledging ends it" } else { "no channel; acknowledging ends it" }
    }

    /// Everything else that is due, from the line on that the person scrolled to.
    fn draw_list(&self, others: &[&Deadline], area: Rect, buf: &mut Buffer) {
        let now = self.view.model.now();
        let height = usize::from(area.height);
        let scroll = usize::from(self.view.model.selection.timer_scroll);
        let first = scroll.min(others.len().saturating_sub(height));
        let hidden = others.len().saturating_sub(first + height);
        let seen = others.iter().skip(first).take(height);
        let labels = seen.map(|d| width(&d.label)).max().unwrap_or(0);
        for ((index, deadline), line) in others.iter().enumerate().skip(first).zip(area.rows()) {
            let mut row = Row::new(line, buf, self.view.skin);
            if hidden > 0 && index + 1 == first + height {
                row.right(&format!("{} {hidden} more", self.view.skin.glyphs.down), Role::Dim);
            }
            let role = words::standing(deadline.standing(now));
            row.column(&deadline.label, labels.min(row.room().saturating_sub(12)), Role::Text);
            row.column(&words::left(deadline.left(now)), 10, role);
            row.whole(&format!("due {} ", words::hm(deadline.at, now)), Role::Dim);
            if deadline.due == Due::Notify {
                row.whole(self.untold(deadline), Role::Dim);
            }
            if row.room() > 12
                && let Due::Hypothesis(id) = deadline.due
                && let Some(hypothesis) = self.incident.hypotheses.get(&id)
            {
                row.say(hypothesis.text.as_str(), Role::Dim);
            }
        }
    }
}

/// The windows that the task of a commander is measured by (A1, B1).
const fn is_core(deadline: &Deadline) -> bool {
    matches!(deadline.due, Due::Window(WindowName::Respond | WindowName::Control | WindowName::Repair))
}

/// A window that is only measured says so.
fn label(deadline: &Deadline) -> String {
    if deadline.enforced { deadline.label.clone() } else { format!("{} target", deadline.label) }
}

/// The time left in large digits, and what stands small behind them.
fn face(left: TimeDelta) -> (String, String) {
    let over = left < TimeDelta::zero();
    let sign = if over { "+" } else { "" };
    let left = left.abs();
    let (minutes, seconds) = (left.num_minutes(), left.num_seconds() % 60);
    if left < LARGE_BELOW {
        (format!("{sign}{minutes}:{seconds:02}"), String::new())
    } else if left < SECONDS_BELOW {
        (format!("{sign}{minutes}"), format!(":{seconds:02}"))
    } else if minutes < 60 {
        (format!("{sign}{minutes}"), " min".to_owned())
    } else if minutes < 1_440 {
        (format!("{sign}{}:{:02}", minutes / 60, minutes % 60), " h".to_owned())
    } else {
        (format!("{sign}{}", minutes / 1_440), " days".to_owned())
    }
}

fn duration(delta: TimeDelta) -> Duration {
    delta.to_std().unwrap_or_default()
}
