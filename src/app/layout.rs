//! Where the panes are, as plain rectangles: the view draws by them, a click is found by them.

use super::model::{Model, Pane, Screen};

/// A rectangle in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Cells across.
    pub width: u16,
    /// Cells down.
    pub height: u16,
}

impl Area {
    /// A rectangle.
    #[must_use]
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// What is left inside a border; nothing when there is no room for one.
    #[must_use]
    pub const fn inside(self) -> Self {
        if self.width < 4 || self.height < 3 {
            return self;
        }
        Self { x: self.x + 1, y: self.y + 1, width: self.width - 2, height: self.height - 2 }
    }

    /// Its last `rows` rows cut off, and those rows.
    #[must_use]
    pub const fn split_bottom(self, rows: u16) -> (Self, Self) {
        let rows = if rows < self.height { rows } else { self.height };
        let upper = Self { height: self.height - rows, ..self };
        (upper, Self { y: self.y + upper.height, height: rows, ..self })
    }

    /// Its first `rows` rows cut off: those rows, and the rest.
    #[must_use]
    pub const fn split_top(self, rows: u16) -> (Self, Self) {
        let rows = if rows < self.height { rows } else { self.height };
        self.split_bottom(self.height - rows)
    }

    /// Its first `columns` columns cut off: those columns, and the rest.
    #[must_use]
    pub const fn split_left(self, columns: u16) -> (Self, Self) {
        let columns = if columns < self.width { columns } else { self.width };
        let left = Self { width: columns, ..self };
        (left, Self { x: self.x + columns, width: self.width - columns, ..self })
    }

    /// Whether a cell lies in it.
    #[must_use]
    pub const fn contains(self, column: u16, row: u16) -> bool {
        column >= self.x && column < self.x + self.width && row >= self.y && row < self.y + self.height
    }
}

/// The parts of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The line on top: realm, incident, clock.
    pub header: Area,
    /// The warnings below it; may be of no height.
    pub warnings: Area,
    /// The panes in sight.
    pub panes: Vec<(Pane, Area)>,
    /// The last lines: keys and notices.
    pub footer: Area,
}

/// Below this nothing but a plain summary is shown.
pub const SMALLEST: (u16, u16) = (60, 15);

/// The least width and height at which all five panes fit side by side.
pub const ROOMY: (u16, u16) = (110, 30);

/// Whether the terminal is too small for panes.
#[must_use]
pub const fn is_tiny(columns: u16, rows: u16) -> bool {
    columns < SMALLEST.0 || rows < SMALLEST.1
}

/// Lays a frame out.
///
/// In a roomy terminal all panes are in sight. In a smaller one the focused pane has the upper
/// part and Timer, or Incidents when Timer is focused, keeps a strip below: time is never out of
/// sight. A zoomed pane has everything. Nothing here depends on how many warnings there are: a new
/// one must not move what somebody is reading.
#[must_use]
pub fn layout(screen: Screen, focus: Pane, zoomed: bool, columns: u16, rows: u16) -> Layout {
    let all = Area::new(0, 0, columns, rows);
    let (header, below) = all.split_top(1);
    let (below, footer) = below.split_bottom(if rows >= SMALLEST.1 { 2 } else { 1 });
    let (warnings, body) = below.split_top(match rows {
        50.. => 3,
        24.. => 2,
        _ => 1,
    });
    let panes = match screen {
        Screen::Cockpit if zoomed => vec![(focus, body)],
        Screen::Cockpit if columns >= ROOMY.0 && rows >= ROOMY.1 => roomy(body),
        Screen::Cockpit => narrow(focus, body),
        Screen::Timeline => vec![(Pane::Timeline, body)],
        Screen::Fleet => vec![(Pane::Fleet, body)],
        Screen::InForce => vec![(Pane::InForce, body)],
        Screen::Review => vec![(Pane::Review, body)],
    };
    Layout { header, warnings, panes, footer }
}

/// The part of a pane's inside that is its list: what the view draws rows into and a click selects
/// from.
#[must_use]
pub fn list_area(model: &Model, pane: Pane, inside: Area) -> Area {
    match pane {
        Pane::Timeline => inside,
        Pane::Incidents => inside.split_top(incident_rows(model, inside.height)).0,
        Pane::Roster => inside.split_top(4).0,
        Pane::Log => {
            let lines = inside.split_bottom(filter_rows(model)).0;
            lines.split_top(bar_rows(model, lines.height)).1
        }
        Pane::Actions => {
            let count = model.incident().map_or(0, |i| i.actions.len());
            let count = u16::try_from(count).unwrap_or(u16::MAX);
            // What is known of the selected one has the larger part.
            inside.split_top(count.min((inside.height / 3).max(2))).0
        }
        Pane::Fleet => {
            // Below a heading; what is known of the selected agent has at least a third.
            let (_, rows) = inside.split_top(1);
            let most = if rows.height >= 12 { rows.height * 2 / 3 } else { rows.height };
            rows.split_top(u16::try_from(model.vitals.len()).unwrap_or(u16::MAX).min(most)).0
        }
        Pane::InForce => {
            // Below a heading; what is known of the selected one has at least half.
            let (_, rows) = inside.split_top(1);
            let most = if rows.height >= 12 { rows.height / 2 } else { rows.height };
            let count = model.board.in_force(model.now()).len();
            rows.split_top(u16::try_from(count).unwrap_or(u16::MAX).min(most)).0
        }
        Pane::Timer | Pane::Review => Area { height: 0, ..inside },
    }
}

/// Rows that the list of incidents has: what it leaves is for the selected one, which has half of a
/// pane that is high enough, however many burn.
fn incident_rows(model: &Model, height: u16) -> u16 {
    const ENOUGH: u16 = 4;
    let unloaded = model.heads.iter().filter(|head| model.board.incident(head.id).is_none()).count();
    let count = u16::try_from(model.board.incidents().count() + unloaded).unwrap_or(u16::MAX);
    match model.incident() {
        Some(_) if count.saturating_add(ENOUGH) <= height => count,
        Some(_) if height >= 2 * ENOUGH => count.min(height / 2),
        Some(_) | None => height,
    }
}

/// Rows that the log has for the bars above it, and for what its lines hint at; none where they would
/// leave too few for lines.
#[must_use]
pub fn bar_rows(model: &Model, height: u16) -> u16 {
    const BARS: u16 = 4;
    const LINES: u16 = 3;
    if model.log.barred && height >= BARS + LINES { BARS } else { 0 }
}

/// Rows that the log has for its filter: while it is typed, one more for what is wrong with it.
#[must_use]
pub fn filter_rows(model: &Model) -> u16 {
    let log = &model.log;
    match (log.typing, log.typed.text().is_empty()) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

/// The first item of a list in sight, when the selected one stands in line `line`, as far as the
/// list's ends allow. The view draws by it and a click is found by it.
#[must_use]
pub fn first_in_sight(selected: Option<usize>, line: usize, count: usize, height: usize) -> usize {
    let selected = selected.unwrap_or(0).min(count.saturating_sub(1));
    let line = line.min(height.saturating_sub(1));
    selected.saturating_sub(line).min(count.saturating_sub(height))
}

/// Incidents, Timer and Roster on top, Log and Actions below.
fn roomy(body: Area) -> Vec<(Pane, Area)> {
    let upper = (body.height * 2 / 5).clamp(14, 20);
    let lower = body.height - upper;
    let timer = (body.width * 2 / 5).clamp(44, 72);
    let roster = (body.width / 5).clamp(24, 36);
    let incidents = body.width - timer - roster;
    let actions = (body.width * 9 / 20).clamp(46, 90);
    let log = body.width - actions;
    let (y, below) = (body.y, body.y + upper);
    vec![
        (Pane::Incidents, Area::new(0, y, incidents, upper)),
        (Pane::Timer, Area::new(incidents, y, timer, upper)),
        (Pane::Roster, Area::new(incidents + timer, y, roster, upper)),
        (Pane::Log, Area::new(0, below, log, lower)),
        (Pane::Actions, Area::new(log, below, actions, lower)),
    ]
}

/// The focused pane, and a strip that keeps time in sight.
fn narrow(focus: Pane, body: Area) -> Vec<(Pane, Area)> {
    let strip = match body.height {
        14.. => 7,
        // The next deadline, and the marks.
        9.. => 4,
        _ => return vec![(focus, body)],
    };
    let other = if focus == Pane::Timer { Pane::Incidents } else { Pane::Timer };
    let main = Area { height: body.height - strip, ..body };
    let below = Area { y: body.y + main.height, height: strip, ..body };
    vec![(focus, main), (other, below)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_tile_the_body_at_every_size() {
        for columns in 1..=220 {
            for rows in 1..=70 {
                for zoomed in [false, true] {
                    let l = layout(Screen::Cockpit, Pane::Log, zoomed, columns, rows);
                    let cells: u32 =
                        l.panes.iter().map(|(_, a)| u32::from(a.width) * u32::from(a.height)).sum();
                    let body = u32::from(rows.saturating_sub(1 + l.warnings.height + l.footer.height))
                        * u32::from(columns);
                    assert_eq!(cells, body, "{columns}x{rows}");
                    for (pane, area) in &l.panes {
                        assert!(area.x + area.width <= columns && area.y + area.height <= rows, "{pane:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn all_five_panes_are_in_sight_at_120_by_40_and_two_at_80_by_24() {
        let panes = |columns, rows| layout(Screen::Cockpit, Pane::Log, false, columns, rows).panes.len();
        assert_eq!((panes(120, 40), panes(200, 60), panes(80, 24)), (5, 5, 2));
    }
}
