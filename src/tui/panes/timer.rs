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
use crate::incident::{Deadline, Due, Incident, Mark, Standing, clock_face, next_deadline};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{Digits, Gauge, Progress, Step, Track};
use crate::tui::words;

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

/// The severity whose windows run.
pub fn hint(view: &View<'_>) -> String {
    let Some(incident) = view.model.incident() else { return String::new() };
    let name = incident.severity.name(view.model.policy.naming);
    if incident.classified { format!("windows of {name}") } else { format!("windows of {name}, unconfirmed") }
}

/// Draws what fits, the most urgent first.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let Some(incident) = view.model.incident() else {
        Row::new(area, buf, view.skin).say("no incident selected", Role::Dim);
        return None;
    };
    let clock = Clock { view, incident, deadlines: view.model.deadlines() };
    let is_window = |d: &&Deadline| matches!(d.due, Due::Window(_));
    let (windows, mut others): (Vec<_>, Vec<_>) = clock.deadlines.iter().partition(is_window);
    let next = next_deadline(&clock.deadlines).map(|d| d.due);
    others.retain(|d| d.is_open() && Some(d.due) != next);
    let low = area.height < LOW;
    let digits = match (area.height, area.width) {
        (..=3, _) => 1,
        (18.., 60..) => 5,
        (_, _) => 3,
    };
    let (head, rest) = as_area(area).split_top(digits);
    let beside = low && area.width >= WIDE;
    let (head, gauges) = if beside { head.split_left(HEAD) } else { (head, Area::default()) };
    clock.draw_next(rect(head.split_left(head.width.saturating_sub(u16::from(beside))).0), buf);
    let (track, rest) = rest.split_top(if low || clock.track_fits(area.width) { 1 } else { 2 });
    clock.draw_track(rect(track), buf);
    let (gauges, list) = if beside {
        (gauges, rest)
    } else {
        // The list keeps two lines where there is anything to list.
        let kept = cells(others.len()).min(2).min(rest.height.saturating_sub(1));
        rest.split_top(cells(windows.len()).min(rest.height - kept))
    };
    clock.draw_gauges(&windows, rect(gauges), buf);
    clock.draw_list(&others, rect(list), buf);
    None
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
    /// The next deadline: digits at the left, words beside them.
    fn draw_next(&self, area: Rect, buf: &mut Buffer) {
        let skin = self.view.skin;
        let now = self.view.model.now;
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
        let now = self.view.model.now;
        let mut rows = area.rows();
        let Some(first) = rows.next() else { return };
        let mut row = Row::new(first, buf, skin);
        if over {
            row.word("OVER", Role::Error);
        }
        row.say(&next.label, Role::Strong);
        if let Some(line) = rows.next() {
            let word = if over { "was due" } else { "due" };
            let words = format!("{word} {} UTC", words::stamp(next.at, now));
            Row::new(line, buf, skin).say(&words, words::standing(next.standing(now)));
        }
        if let Some(line) = rows.next() {
            let then = self.deadlines.iter().filter(|d| d.is_open() && d.enforced && d.due != next.due);
            if let Some(then) = then.min_by_key(|d| d.at) {
                let words = format!("then {} {}", then.label, words::left(then.left(now)));
                Row::new(line, buf, skin).say(&words, words::standing(then.standing(now)));
            }
        }
    }

    /// How each mark stands, with its time, or with what is missing.
    fn steps(&self) -> Vec<(Mark, Progress, String)> {
        let now = self.view.model.now;
        // A control that leaks is lost, whatever its mark says: it comes next again.
        let lost = self.incident.leaking_since().is_some();
        let missing = |mark: &&Mark| self.incident.mark(**mark).is_none() || (lost && **mark == Mark::T3);
        let next = Mark::ALL.iter().find(missing);
        Mark::ALL
            .iter()
            .map(|mark| {
                let progress = self.progress(*mark, next);
                let note = match (self.incident.mark(*mark), progress) {
                    (Some(_), Progress::Overdue | Progress::Next) => "LOST".to_owned(),
                    (Some(at), _) => words::hm(at, now),
                    (None, Progress::Overdue) => "OVER".to_owned(),
                    (None, _) => short(*mark).to_owned(),
                };
                (*mark, progress, note)
            })
            .collect()
    }

    /// Whether the marks and their times fit into one line.
    fn track_fits(&self, room: u16) -> bool {
        // A mark, a name, a word, a note, and what is between two.
        let steps = self.steps();
        let all: usize = steps.iter().map(|(_, p, note)| 4 + word(*p) + 1 + width(note) + 4).sum();
        all <= usize::from(room) + 4
    }

    /// The marks T0 to T5, each with its time or what is missing; in two lines where there are two.
    fn draw_track(&self, area: Rect, buf: &mut Buffer) {
        let steps = self.steps();
        if area.height < 2 {
            let steps: Vec<Step<'_>> = steps
                .iter()
                .map(|(mark, progress, note)| Step { name: mark.word(), note, progress: *progress })
                .collect();
            Track { steps: &steps }.draw(area, buf, self.view.skin);
            return;
        }
        let glyphs = self.view.skin.glyphs;
        let column = area.width / cells(steps.len()).max(1);
        for ((mark, progress, note), x) in steps.iter().zip((area.x..).step_by(usize::from(column.max(1)))) {
            let (sign, role) = match progress {
                Progress::Done => (glyphs.mark_done, Role::MarkDone),
                Progress::Late => (glyphs.mark_done, Role::Warning),
                Progress::Next => (glyphs.mark_next, Role::Strong),
                Progress::Overdue => (glyphs.mark_next, Role::GaugeOver),
                Progress::Open => (glyphs.mark_open, Role::MarkOpen),
            };
            let place = Rect { x, width: column, height: 1, ..area };
            Row::new(place, buf, self.view.skin).say(&format!("{sign} {mark}"), role);
            let below = Rect { y: place.y + 1, width: column.saturating_sub(1), ..place };
            let role = if *progress == Progress::Overdue { Role::GaugeOver } else { Role::Dim };
            Row::new(below, buf, self.view.skin).say(note, role);
        }
    }

    fn progress(&self, mark: Mark, next: Option<&Mark>) -> Progress {
        let window = self.deadlines.iter().find(|d| match d.due {
            Due::Window(name) => {
                d.enforced
                    && self.view.model.policy.windows.get(&name).is_some_and(|w| w.to == Moment::Mark(mark))
            }
            Due::Approval(_)
            | Due::Verification(_)
            | Due::Update(_)
            | Due::Hypothesis(_)
            | Due::Escalation(_)
            | Due::Improvement(_) => false,
        });
        let standing = window.map(|d| d.standing(self.view.model.now));
        match (self.incident.mark(mark), standing) {
            (_, Some(Standing::Over)) => Progress::Overdue,
            (Some(_), Some(Standing::MetLate)) => Progress::Late,
            (Some(_), Some(Standing::Running | Standing::Near)) => Progress::Next,
            (Some(_), Some(Standing::Met) | None) => Progress::Done,
            (None, _) if next == Some(&mark) => Progress::Next,
            (None, _) => Progress::Open,
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
        let now = self.view.model.now;
        let used = deadline.met.unwrap_or(now) - deadline.from;
        let allowed = deadline.at - deadline.from;
        let of = words::span(allowed);
        // The bar is worth more than a word between two numbers.
        let between = if line.width < 50 { "/" } else { " of " };
        let value = match (deadline.met, deadline.standing(now)) {
            (Some(_), Standing::Met) => format!("in time {}{between}{of}", clock_face(used)),
            (Some(_), _) => format!("{}{between}{of}", clock_face(used)),
            (None, Standing::Over) => format!("{} past {of}", words::span(-deadline.left(now))),
            (None, _) => format!("{}{between}{of}", words::span(used)),
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
    }

    /// Everything else that is due, from the line on that the person scrolled to.
    fn draw_list(&self, others: &[&Deadline], area: Rect, buf: &mut Buffer) {
        let now = self.view.model.now;
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
            if let Due::Hypothesis(id) = deadline.due
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

/// A mark that was not reached yet, in one short word.
const fn short(mark: Mark) -> &'static str {
    match mark {
        Mark::T0 => "detect",
        Mark::T1 => "ack",
        Mark::T2 => "class",
        Mark::T3 => "control",
        Mark::T4 => "cause",
        Mark::T5 => "review",
    }
}

/// Cells of the word that the track sets behind a mark, with the space before it.
const fn word(progress: Progress) -> usize {
    match progress {
        Progress::Late | Progress::Overdue => 5,
        Progress::Done | Progress::Next | Progress::Open => 0,
    }
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
