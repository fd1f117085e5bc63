//! The marks T0 to T5 (A2): which were reached and when, which comes next, which is overdue or lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::incident::policy::{Moment, Window};
use crate::incident::{Deadline, Due, Incident, Mark, Policy, Standing, Time};
use crate::tui::row::Row;
use crate::tui::theme::Skin;
use crate::tui::view::View;
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{Progress, Step, Track};
use crate::tui::words;

/// How each mark stands, with its time or with what is missing.
pub struct Marks {
    steps: Vec<(Mark, Progress, String)>,
}

impl Marks {
    /// The marks of an incident.
    pub fn of(view: &View<'_>, incident: &Incident, deadlines: &[Deadline]) -> Self {
        let now = view.model.now();
        // A control that was lost is not in force, whatever its mark says: it comes next again.
        let lost = incident.controlled_since().is_none();
        let missing = |mark: &&Mark| incident.mark(**mark).is_none() || (lost && **mark == Mark::T3);
        let next = Mark::ALL.iter().find(missing);
        let step = |mark: &Mark| {
            let reached = incident.mark(*mark);
            let standing = standing(*mark, &view.model.policy, deadlines, now);
            let progress = progress(reached.is_some(), standing, next == Some(mark));
            let note = match (reached, progress) {
                (Some(_), Progress::Overdue | Progress::Next) => "LOST".to_owned(),
                (Some(at), _) if *mark == Mark::T3 => held(incident, at, now),
                (Some(at), _) => words::hm(at, now),
                (None, Progress::Overdue) => OVER.to_owned(),
                (None, _) => short(*mark).to_owned(),
            };
            (*mark, progress, note)
        };
        Self { steps: Mark::ALL.iter().map(step).collect() }
    }

    /// Whether the marks and their times fit into one line.
    pub fn fit(&self, room: u16) -> bool {
        // A mark, a name, a word, a note, and what is between two.
        let cells = |(_, progress, note): &(Mark, Progress, String)| {
            4 + word(*progress) + 1 + width(beside(*progress, note)) + 4
        };
        self.steps.iter().map(cells).sum::<usize>() <= usize::from(room) + 4
    }

    /// Draws them in one line, or where there are two, each with its note below it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        if area.height >= 2 {
            self.draw_columns(area, buf, skin);
            return;
        }
        let mut steps = Vec::new();
        for (mark, progress, note) in &self.steps {
            steps.push(Step { name: mark.word(), note: beside(*progress, note), progress: *progress });
        }
        Track { steps: &steps }.draw(area, buf, skin);
    }

    fn draw_columns(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let glyphs = skin.glyphs;
        let column = usize::from(area.width) / self.steps.len().max(1);
        let width = u16::try_from(column).unwrap_or(u16::MAX);
        for ((mark, progress, note), x) in self.steps.iter().zip((area.x..).step_by(column.max(1))) {
            let (sign, role, below) = match progress {
                Progress::Done => (glyphs.mark_done, Role::MarkDone, Role::Dim),
                Progress::Late => (glyphs.mark_done, Role::Warning, Role::Warning),
                Progress::Next => (glyphs.mark_next, Role::Strong, Role::Dim),
                Progress::Overdue => (glyphs.mark_next, Role::GaugeOver, Role::GaugeOver),
                Progress::Open => (glyphs.mark_open, Role::MarkOpen, Role::Dim),
            };
            let place = Rect { x, width, height: 1, ..area };
            Row::new(place, buf, skin).say(&format!("{sign} {mark}"), role);
            let place = Rect { y: place.y + 1, width: width.saturating_sub(1), ..place };
            Row::new(place, buf, skin).say(note, below);
        }
    }
}

/// What stands below a mark whose window is over; beside one, the track says it itself.
const OVER: &str = "OVER";

/// What stands beside a mark in one line: nothing that the track says already.
fn beside(progress: Progress, note: &str) -> &str {
    if progress == Progress::Overdue && note == OVER { "" } else { note }
}

/// Since when control holds, and for how long it was lost before that.
fn held(incident: &Incident, stamped: Time, now: Time) -> String {
    let since = words::hm(incident.controlled_since().unwrap_or(stamped), now);
    match incident.lost_for(now) {
        Some(lost) => format!("{since} LOST {}", words::fine(lost)),
        None => since,
    }
}

/// How the enforced window that a mark ends stands, if there is one.
fn standing(mark: Mark, policy: &Policy, deadlines: &[Deadline], now: Time) -> Option<Standing> {
    let ends = |window: &Window| window.to == Moment::Mark(mark);
    let window = deadlines.iter().find(|deadline| {
        deadline.enforced
            && matches!(deadline.due, Due::Window(name) if policy.windows.get(&name).is_some_and(ends))
    });
    window.map(|deadline| deadline.standing(now))
}

const fn progress(reached: bool, standing: Option<Standing>, next: bool) -> Progress {
    match (reached, standing) {
        (_, Some(Standing::Over)) => Progress::Overdue,
        (true, Some(Standing::MetLate)) => Progress::Late,
        (true, Some(Standing::Running | Standing::Near)) => Progress::Next,
        (true, Some(Standing::Met) | None) => Progress::Done,
        (false, _) if next => Progress::Next,
        (false, _) => Progress::Open,
    }
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
