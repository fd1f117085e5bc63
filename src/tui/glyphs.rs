//! The marks that are drawn besides text: one set for Unicode terminals, one in pure ASCII.
//!
//! In the Unicode set the lines and blocks of tables and gauges are of those that terminals show
//! one cell wide; every other mark is of a width that no setting changes, and none has a coloured
//! emoji form. A mark is never alone: the word it stands for is beside it.

/// The six parts of a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// From left to right.
    pub horizontal: &'static str,
    /// From top to bottom.
    pub vertical: &'static str,
    /// Where the top and the left side meet.
    pub top_left: &'static str,
    /// Where the top and the right side meet.
    pub top_right: &'static str,
    /// Where the bottom and the left side meet.
    pub bottom_left: &'static str,
    /// Where the bottom and the right side meet.
    pub bottom_right: &'static str,
}

/// The upper side of a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Where it meets the left side.
    pub left: &'static str,
    /// From left to right.
    pub line: &'static str,
    /// Where it meets the right side.
    pub right: &'static str,
}

/// Marks for the states of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamps {
    /// Waiting for somebody to approve it.
    pub proposed: &'static str,
    /// Asked for.
    pub requested: &'static str,
    /// The call was accepted; no effect seen yet.
    pub accepted: &'static str,
    /// The effect was seen.
    pub verified: &'static str,
    /// The effect stopped holding.
    pub leaking: &'static str,
    /// Failed, denied or expired.
    pub failed: &'static str,
    /// Nobody knows whether it ran.
    pub doubt: &'static str,
    /// Taken back.
    pub undone: &'static str,
}

/// A set of marks.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// The border of a pane.
    pub pane: Lines,
    /// The upper side of the pane that has the keyboard.
    pub focus: Edge,
    /// The border of what lies over the panes.
    pub modal: Lines,
    /// The states of an action.
    pub lamps: Lamps,
    /// A mark that was reached.
    pub mark_done: &'static str,
    /// The mark that comes next.
    pub mark_next: &'static str,
    /// A mark after that.
    pub mark_open: &'static str,
    /// Between two marks.
    pub mark_line: &'static str,
    /// The used part of a gauge.
    pub gauge_fill: &'static str,
    /// The rest of a gauge.
    pub gauge_rest: &'static str,
    /// The part of a scroll bar that shows where one is.
    pub scroll_thumb: &'static str,
    /// The rest of a scroll bar.
    pub scroll_track: &'static str,
    /// In front of the selected row.
    pub selected: &'static str,
    /// In front of an item.
    pub bullet: &'static str,
    /// From one thing to the next.
    pub arrow: &'static str,
    /// More above.
    pub up: &'static str,
    /// More below.
    pub down: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// Cells that are filled higher and higher.
    pub levels: &'static [&'static str],
    /// Half-filled cells, if there are any.
    pub halves: Option<Halves>,
    /// A filled cell of a large digit.
    pub block: &'static str,
}

/// Half-filled cells, with which a digit has twice the height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halves {
    /// The upper half.
    pub upper: &'static str,
    /// The lower half.
    pub lower: &'static str,
    /// Both.
    pub full: &'static str,
}

/// For terminals that show Unicode.
pub static UNICODE: Glyphs = Glyphs {
    pane: Lines {
        horizontal: "─",
        vertical: "│",
        top_left: "┌",
        top_right: "┐",
        bottom_left: "└",
        bottom_right: "┘",
    },
    focus: Edge { left: "┍", line: "━", right: "┑" },
    modal: Lines {
        horizontal: "━",
        vertical: "┃",
        top_left: "┏",
        top_right: "┓",
        bottom_left: "┗",
        bottom_right: "┛",
    },
    lamps: Lamps {
        proposed: "◦",
        requested: "▯",
        accepted: "▮",
        verified: "✓",
        leaking: "!",
        failed: "✗",
        doubt: "?",
        undone: "-",
    },
    mark_done: "✓",
    mark_next: "►",
    mark_open: "◦",
    mark_line: "─",
    gauge_fill: "█",
    gauge_rest: "░",
    scroll_thumb: "█",
    scroll_track: "░",
    selected: "►",
    bullet: "◦",
    arrow: "►",
    up: "▴",
    down: "▾",
    ellipsis: "..",
    levels: &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    halves: Some(Halves { upper: "▀", lower: "▄", full: "█" }),
    block: "█",
};

/// For all others.
pub static ASCII: Glyphs = Glyphs {
    pane: Lines {
        horizontal: "-",
        vertical: "|",
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
    },
    focus: Edge { left: "#", line: "=", right: "#" },
    modal: Lines {
        horizontal: "=",
        vertical: "|",
        top_left: "#",
        top_right: "#",
        bottom_left: "#",
        bottom_right: "#",
    },
    lamps: Lamps {
        proposed: ".",
        requested: "o",
        accepted: "O",
        verified: "+",
        leaking: "!",
        failed: "x",
        doubt: "?",
        undone: "-",
    },
    mark_done: "*",
    mark_next: ">",
    mark_open: ".",
    mark_line: "-",
    gauge_fill: "#",
    gauge_rest: ".",
    scroll_thumb: "#",
    scroll_track: "|",
    selected: ">",
    bullet: "*",
    arrow: ">",
    up: "^",
    down: "v",
    ellipsis: "..",
    levels: &[".", ":", "-", "=", "+", "*", "#"],
    halves: None,
    block: "#",
};

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn all(glyphs: &Glyphs) -> Vec<&'static str> {
        let lines = |l: &Lines| {
            [l.horizontal, l.vertical, l.top_left, l.top_right, l.bottom_left, l.bottom_right].to_vec()
        };
        let Lamps { proposed, requested, accepted, verified, leaking, failed, doubt, undone } = glyphs.lamps;
        let mut all = [lines(&glyphs.pane), lines(&glyphs.modal)].concat();
        let Edge { left, line, right } = glyphs.focus;
        all.extend([left, line, right]);
        all.extend([proposed, requested, accepted, verified, leaking, failed, doubt, undone]);
        all.extend([glyphs.mark_done, glyphs.mark_next, glyphs.mark_open, glyphs.mark_line]);
        all.extend([glyphs.gauge_fill, glyphs.gauge_rest, glyphs.scroll_thumb, glyphs.scroll_track]);
        all.extend([glyphs.selected, glyphs.bullet, glyphs.arrow, glyphs.up, glyphs.down, glyphs.block]);
        all.extend(glyphs.halves.iter().flat_map(|h| [h.upper, h.lower, h.full]));
        all
    }

    #[test]
    fn every_mark_is_one_cell_wide_on_every_terminal() {
        for mark in all(&UNICODE) {
            assert_eq!(mark.width(), 1, "{mark}");
            let line_or_block = mark.chars().all(|c| ('\u{2500}'..='\u{259f}').contains(&c));
            assert!(line_or_block || mark.width_cjk() == 1, "{mark} is wide where ambiguous ones are");
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        for mark in all(&ASCII) {
            assert!(mark.len() == 1 && mark.is_ascii(), "{mark}");
        }
        assert!(ASCII.ellipsis.is_ascii());
    }

    #[test]
    fn no_two_lamps_look_alike() {
        for glyphs in [&UNICODE, &ASCII] {
            let Lamps { proposed, requested, accepted, verified, leaking, failed, doubt, undone } =
                glyphs.lamps;
            let mut lamps = [proposed, requested, accepted, verified, leaking, failed, doubt, undone];
            lamps.sort_unstable();
            assert!(lamps.windows(2).all(|pair| pair[0] != pair[1]), "{lamps:?}");
        }
    }
}
