//! The panes, one file each. A new one is a file, and a line in [`PANES`].

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::model::Pane;

use super::view::View;

pub use timer::reach as timer_reach;

mod actions;
mod brief;
mod fleet;
mod in_force;
mod incidents;
pub(in crate::tui) mod log;
mod marks;
mod review;
mod roster;
mod timeline;
mod timer;

/// How a pane is drawn.
#[derive(Debug, Clone, Copy)]
pub struct PaneInfo {
    /// Which one.
    pub pane: Pane,
    /// The words at the right end of its title.
    pub hint: fn(&View<'_>) -> String,
    /// Draws what is inside its border, and says where the cursor belongs, if a person types there.
    pub draw: fn(&View<'_>, Rect, &mut Buffer) -> Option<Position>,
}

/// Every pane, in the order of [`Pane`].
pub const PANES: &[PaneInfo] = &[
    PaneInfo { pane: Pane::Incidents, hint: incidents::hint, draw: incidents::draw },
    PaneInfo { pane: Pane::Timer, hint: timer::hint, draw: timer::draw },
    PaneInfo { pane: Pane::Roster, hint: roster::hint, draw: roster::draw },
    PaneInfo { pane: Pane::Log, hint: log::hint, draw: log::draw },
    PaneInfo { pane: Pane::Actions, hint: actions::hint, draw: actions::draw },
    PaneInfo { pane: Pane::Timeline, hint: timeline::hint, draw: timeline::draw },
    PaneInfo { pane: Pane::Fleet, hint: fleet::hint, draw: fleet::draw },
    PaneInfo { pane: Pane::InForce, hint: in_force::hint, draw: in_force::draw },
    PaneInfo { pane: Pane::Review, hint: review::hint, draw: review::draw },
];

/// How one pane is drawn.
#[must_use]
pub fn info(pane: Pane) -> &'static PaneInfo {
    &PANES[pane as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pane_has_its_row() {
        for (index, info) in PANES.iter().enumerate() {
            assert_eq!(info.pane as usize, index);
        }
        assert_eq!(PANES.last().map(|info| info.pane), Some(Pane::Review));
    }
}
