//! Large digits for the time until the next deadline.
//!
//! Five rows high, three, or plain text: the largest form that fits. Each change of a large digit
//! costs some forty bytes; show seconds this way only when they matter.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::tui::glyphs::Halves;
use crate::tui::theme::Skin;

use super::put;
use super::wrap::width;

/// Rows of pixels in a character.
const PIXELS: usize = 5;

/// The characters that have a large form, as rows of pixels.
const FONT: [(char, [&str; PIXELS]); 13] = [
    ('0', ["###", "# #", "# #", "# #", "###"]),
    ('1', [" # ", "## ", " # ", " # ", "###"]),
    ('2', ["###", "  #", "###", "#  ", "###"]),
    ('3', ["###", "  #", "###", "  #", "###"]),
    ('4', ["# #", "# #", "###", "  #", "  #"]),
    ('5', ["###", "#  ", "###", "  #", "###"]),
    ('6', ["###", "#  ", "###", "# #", "###"]),
    ('7', ["###", "  #", "  #", "  #", "  #"]),
    ('8', ["###", "# #", "###", "# #", "###"]),
    ('9', ["###", "# #", "###", "  #", "###"]),
    (':', [" ", "#", " ", "#", " "]),
    ('-', ["   ", "   ", "###", "   ", "   "]),
    ('+', ["   ", " # ", "###", " # ", "   "]),
];

/// The same in three rows of ASCII.
const STROKES: [(char, [&str; 3]); 13] = [
    ('0', [" _ ", "| |", "|_|"]),
    ('1', ["   ", "  |", "  |"]),
    ('2', [" _ ", " _|", "|_ "]),
    ('3', [" _ ", " _|", " _|"]),
    ('4', ["   ", "|_|", "  |"]),
    ('5', [" _ ", "|_ ", " _|"]),
    ('6', [" _ ", "|_ ", "|_|"]),
    ('7', [" _ ", "  |", "  |"]),
    ('8', [" _ ", "|_|", "|_|"]),
    ('9', [" _ ", "|_|", " _|"]),
    (':', [" ", ".", "."]),
    ('-', ["   ", " _ ", "   "]),
    ('+', ["   ", " + ", "   "]),
];

/// A text of digits, `:`, `-` and `+`; other characters stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits<'a> {
    /// What to draw, `12:34` or `+02:10`.
    pub text: &'a str,
    /// The deadline has passed. Say so in a word beside it too.
    pub over: bool,
}

impl Digits<'_> {
    /// Columns and rows that the largest form takes in an area of this size.
    #[must_use]
    pub fn size(&self, area: Rect, skin: &Skin) -> (u16, u16) {
        let rows = self.rows(area, skin);
        let columns = rows.iter().map(|row| width(row)).max().unwrap_or(0);
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        (cells(columns), cells(rows.len()))
    }

    /// Draws the largest form that fits, at the top left.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let area = area.intersection(buf.area);
        let style = skin.style(if self.over { Role::DigitsOver } else { Role::Digits });
        for (row, line) in self.rows(area, skin).iter().zip(area.rows()) {
            put(buf, line, row, style);
        }
    }

    fn rows(&self, area: Rect, skin: &Skin) -> Vec<String> {
        let fits = |rows: &Vec<String>| {
            rows.len() <= usize::from(area.height)
                && rows.iter().all(|row| width(row) <= usize::from(area.width))
        };
        let small = match skin.glyphs.halves {
            Some(halves) => self.halves(halves),
            None => self.spaced(|c| strokes(c).map(|rows| rows.map(str::to_owned).to_vec()), 3, " "),
        };
        [self.blocks(skin.glyphs.block), small]
            .into_iter()
            .find(fits)
            .unwrap_or_else(|| vec![self.text.chars().filter(|c| !c.is_control()).collect()])
    }

    /// Five rows; a pixel is two cells wide, about as wide as it is high.
    fn blocks(&self, block: &str) -> Vec<String> {
        let row = |pixels: &str| {
            pixels.chars().map(|pixel| if pixel == '#' { block.repeat(2) } else { "  ".into() }).collect()
        };
        self.spaced(|c| pixels(c).map(|rows| rows.iter().map(|pixels| row(pixels)).collect()), PIXELS, "  ")
    }

    /// Three rows; a cell is two pixels high.
    fn halves(&self, halves: Halves) -> Vec<String> {
        let cell = |upper, lower| match (upper, lower) {
            ('#', '#') => halves.full,
            ('#', _) => halves.upper,
            (_, '#') => halves.lower,
            (_, _) => " ",
        };
        let rows = |pixels: [&str; PIXELS]| {
            pixels
                .chunks(2)
                .map(|pair| {
                    let lower = pair.get(1).copied().unwrap_or("   ");
                    pair[0].chars().zip(lower.chars()).map(|(upper, lower)| cell(upper, lower)).collect()
                })
                .collect()
        };
        self.spaced(|c| pixels(c).map(rows), PIXELS.div_ceil(2), " ")
    }

    /// Puts characters beside each other; one without a large form stands small at the bottom.
    fn spaced(&self, large: impl Fn(char) -> Option<Vec<String>>, height: usize, gap: &str) -> Vec<String> {
        let mut rows = vec![String::new(); height];
        for (index, c) in self.text.chars().filter(|c| !c.is_control()).enumerate() {
            let form = large(c).unwrap_or_else(|| {
                let mut form = vec![" ".repeat(width(c.encode_utf8(&mut [0; 4]))); height - 1];
                form.push(c.to_string());
                form
            });
            for (row, part) in rows.iter_mut().zip(form) {
                row.push_str(if index > 0 { gap } else { "" });
                row.push_str(&part);
            }
        }
        rows
    }
}

fn pixels(c: char) -> Option<[&'static str; PIXELS]> {
    FONT.iter().find(|(known, _)| *known == c).map(|(_, rows)| *rows)
}

fn strokes(c: char) -> Option<[&'static str; 3]> {
    STROKES.iter().find(|(known, _)| *known == c).map(|(_, rows)| *rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn, unicode};

    fn shown(text: &str, width: u16, height: u16, skin: &Skin) -> String {
        drawn(width, height, |area, buf| Digits { text, over: false }.draw(area, buf, skin))
    }

    #[test]
    fn the_largest_form_that_fits_is_drawn() {
        assert_eq!(shown("1:4", 12, 3, &unicode()), "▄█  ▄ █ █   \n █  ▄ ▀▀█   \n▀▀▀     ▀   ");
        assert_eq!(shown("-8", 7, 3, &ascii()), "     _ \n _  |_|\n    |_|");
        let five = [
            "  ##        ##  ##",
            "####    ##  ##  ##",
            "  ##        ######",
            "  ##    ##      ##",
            "######          ##",
        ];
        assert_eq!(shown("1:4", 18, 5, &ascii()), five.join("\n"));
        assert_eq!(shown("12:34", 6, 5, &unicode()).lines().next(), Some("12:34 "));
        assert_eq!(shown("12:34", 40, 2, &ascii()).lines().next().map(str::trim_end), Some("12:34"));
    }

    #[test]
    fn what_has_no_large_form_stands_small_at_the_bottom() {
        assert_eq!(shown("7m", 6, 3, &ascii()), " _    \n  |   \n  | m ");
    }

    #[test]
    fn the_size_is_known_before_drawing() {
        let area = Rect::new(0, 0, 60, 5);
        assert_eq!(Digits { text: "12:34", over: false }.size(area, &unicode()), (34, 5));
        assert_eq!(
            Digits { text: "12:34", over: false }.size(Rect { height: 3, ..area }, &unicode()),
            (17, 3)
        );
    }

    #[test]
    fn every_form_of_a_character_has_rows_of_one_width() {
        for (c, rows) in FONT {
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{c}");
        }
        for ((c, rows), (same, _)) in STROKES.iter().zip(FONT) {
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{c}");
            assert_eq!(*c, same);
        }
    }
}
