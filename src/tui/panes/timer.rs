//! How much time is left: the next deadline in large digits, the marks, the windows, what else is due.
//!
//! Seconds are drawn only where they matter, in the last ten minutes of the next deadline: nobody
//! reads the seconds of an hour, and the clock in the header shows that time goes on.

use std::time::Duration;

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::theme::Role;
use crate::incident::policy::{Moment, WindowName};
use crate::incident::{Deadline, Due, Incident, Mark, Standing, clock_face, next_deadline};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::{Digits, Gauge, Progress, Step, Track};
use crate::tui::words;

/// From here on seconds are shown.
const SECONDS_BELOW: TimeDelta = TimeDelta::minutes(10);
/// From here on they are as large as the minutes.
const LARGE_BELOW: TimeDelta = TimeDelta::minutes(1);
/// Rows of the digits.
const DIGITS: u16 = 3;
/// Cells of a gauge's label.
const LABEL: u16 = 17;

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
    let (windows, mut others): (Vec<&Deadline>, Vec<&Deadline>) =
        clock.deadlines.iter().partition(|d| matches!(d.due, Due::Window(_)));
    others.retain(|d| d.is_open());
    let (head, rest) = as_area(area).split_top(if area.height > DIGITS { DIGITS } else { 1 });
    clock.draw_next(rect(head), buf);
    let (track, rest) = rest.split_top(1);
    clock.draw_track(rect(track), buf);
    // The list keeps two lines where there is anything to list.
    let listed = u16::try_from(others.len()).unwrap_or(u16::MAX);
    let kept = listed.min(2).min(rest.height.saturating_sub(1));
    let (gauges, list) = rest.split_top(clock.gauges(&windows, rest.height - kept));
    clock.draw_gauges(&windows, rect(gauges), buf);
    clock.draw_list(&others, rect(list), buf);
    None
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
        let indent = (used + 2).max(if height > 1 { 10 } else { 0 });
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
            let words = format!("{word} {} UTC", words::hms(next.at));
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

    /// The marks T0 to T5, each with its time or its meaning.
    fn draw_track(&self, area: Rect, buf: &mut Buffer) {
        let now = self.view.model.now;
        let next = Mark::ALL.iter().find(|mark| self.incident.mark(**mark).is_none());
        let notes: Vec<String> = Mark::ALL
            .iter()
            .map(|mark| match self.incident.mark(*mark) {
                Some(at) => words::hm(at, now),
                None => mark.meaning().to_owned(),
            })
            .collect();
        let steps: Vec<Step<'_>> = Mark::ALL
            .iter()
            .zip(&notes)
            .map(|(mark, note)| Step { name: mark.word(), note, progress: self.progress(*mark, next) })
            .collect();
        Track { steps: &steps }.draw(area, buf, self.view.skin);
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
            // A control that leaks is lost, whatever its mark says.
            (_, Some(Standing::Over)) => Progress::Overdue,
            (Some(_), Some(Standing::MetLate)) => Progress::Late,
            (Some(_), Some(Standing::Running | Standing::Near)) => Progress::Next,
            (Some(_), Some(Standing::Met) | None) => Progress::Done,
            (None, _) if next == Some(&mark) => Progress::Next,
            (None, _) => Progress::Open,
        }
    }

    /// How many gauges are drawn in so many rows.
    fn gauges(&self, windows: &[&Deadline], rows: u16) -> u16 {
        u16::try_from(windows.len()).unwrap_or(u16::MAX).min(rows)
    }

    /// The windows in their order; when there is no room for all, those that matter least are left out.
    fn draw_gauges(&self, windows: &[&Deadline], area: Rect, buf: &mut Buffer) {
        let mut chosen: Vec<(usize, &&Deadline)> = windows.iter().enumerate().collect();
        chosen.sort_by_key(|(_, d)| (!d.is_open(), !d.enforced, !is_core(d)));
        chosen.truncate(usize::from(area.height));
        chosen.sort_by_key(|(index, _)| *index);
        for ((_, deadline), line) in chosen.iter().zip(area.rows()) {
            self.draw_gauge(deadline, line, buf);
        }
    }

    fn draw_gauge(&self, deadline: &Deadline, line: Rect, buf: &mut Buffer) {
        let now = self.view.model.now;
        let used = deadline.met.unwrap_or(now) - deadline.from;
        let allowed = deadline.at - deadline.from;
        let label =
            if deadline.enforced { deadline.label.clone() } else { format!("{} target", deadline.label) };
        let of = words::span(allowed);
        let value = match (deadline.met, deadline.standing(now)) {
            (Some(_), Standing::Met) => format!("in time {} of {of}", clock_face(used)),
            (Some(_), _) => format!("{} of {of}", clock_face(used)),
            (None, Standing::Over) => format!("{} past {of}", words::span(-deadline.left(now))),
            (None, _) => format!("{} of {of}", words::span(used)),
        };
        let gauge = Gauge {
            label: &label,
            label_width: LABEL,
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
        for ((index, deadline), line) in others.iter().enumerate().skip(first).zip(area.rows()) {
            let mut row = Row::new(line, buf, self.view.skin);
            if hidden > 0 && index + 1 == first + height {
                row.right(&format!("{} {hidden} more", self.view.skin.glyphs.down), Role::Dim);
            }
            let role = words::standing(deadline.standing(now));
            row.column(&deadline.label, usize::from(LABEL) + 4, Role::Text);
            row.column(&words::left(deadline.left(now)), 10, role);
            row.word(&format!("due {}", words::hm(deadline.at, now)), Role::Dim);
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
