//! How many colours a terminal has, and how a colour is shown with fewer.
//!
//! Works on ratatui's colours, after themes are resolved. It knows no terminal: the depth is
//! decided in `tui/env`, once per session.

use ratatui::style::Color;

/// How many colours a session's terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, underline and reverse carry what colour would.
    Mono,
    /// The sixteen that every colour terminal has.
    Ansi16,
    /// The indexed 256.
    Ansi256,
    /// Any.
    TrueColor,
}

impl Depth {
    /// The nearest colour at this depth, in one form: `Reset`, `Indexed` or `Rgb`.
    #[must_use]
    pub fn map(self, colour: Color) -> Color {
        let colour = plain(colour);
        match self {
            Self::Mono => Color::Reset,
            Self::TrueColor => colour,
            Self::Ansi256 => {
                if let Color::Rgb(r, g, b) = colour {
                    Color::Indexed(nearest_256([r, g, b]))
                } else {
                    colour
                }
            }
            Self::Ansi16 => {
                if let Color::Rgb(r, g, b) = colour {
                    Color::Indexed(nearest_16([r, g, b]))
                } else if let Color::Indexed(index @ 16..) = colour {
                    Color::Indexed(nearest_16(rgb_of(index)))
                } else {
                    colour
                }
            }
        }
    }
}

/// A named colour as its number, so that one colour has one form.
fn plain(colour: Color) -> Color {
    match colour {
        Color::Black => Color::Indexed(0),
        Color::Red => Color::Indexed(1),
        Color::Green => Color::Indexed(2),
        Color::Yellow => Color::Indexed(3),
        Color::Blue => Color::Indexed(4),
        Color::Magenta => Color::Indexed(5),
        Color::Cyan => Color::Indexed(6),
        Color::Gray => Color::Indexed(7),
        Color::DarkGray => Color::Indexed(8),
        Color::LightRed => Color::Indexed(9),
        Color::LightGreen => Color::Indexed(10),
        Color::LightYellow => Color::Indexed(11),
        Color::LightBlue => Color::Indexed(12),
        Color::LightMagenta => Color::Indexed(13),
        Color::LightCyan => Color::Indexed(14),
        Color::White => Color::Indexed(15),
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => colour,
    }
}

/// The sixteen colours as xterm shows them; a person's own palette is not known without asking.
const XTERM: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The six steps of one side of the 6x6x6 cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What an indexed colour looks like.
fn rgb_of(index: u8) -> [u8; 3] {
    match index {
        0..16 => XTERM[usize::from(index)],
        16..232 => {
            let cube = usize::from(index - 16);
            [STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6]]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// How different two colours look; green counts most, as to the eye.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [r, g, b] = [0, 1, 2].map(|i| u32::from(a[i].abs_diff(b[i])));
    2 * r * r + 4 * g * g + 3 * b * b
}

/// The nearest of the sixteen.
fn nearest_16(rgb: [u8; 3]) -> u8 {
    (0..16).min_by_key(|index| distance(rgb, rgb_of(*index))).expect("the range is not empty")
}

/// The nearest of the cube and the greys, which no palette changes.
fn nearest_256(rgb: [u8; 3]) -> u8 {
    let step = |v: u8| -> u8 {
        (0..6).min_by_key(|i| STEPS[usize::from(*i)].abs_diff(v)).expect("the range is not empty")
    };
    let cube = 16 + 36 * step(rgb[0]) + 6 * step(rgb[1]) + step(rgb[2]);
    let mean = (u16::from(rgb[0]) + u16::from(rgb[1]) + u16::from(rgb[2])) / 3;
    let grey = 232 + u8::try_from((mean.saturating_sub(3) / 10).min(23)).expect("at most 23");
    if distance(rgb, rgb_of(grey)) < distance(rgb, rgb_of(cube)) { grey } else { cube }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_shown_with_what_the_terminal_has() {
        let orange = Color::Rgb(0xe6, 0x9f, 0x00);
        for (depth, given, shown) in [
            (Depth::TrueColor, orange, orange),
            (Depth::Ansi256, orange, Color::Indexed(178)),
            (Depth::Ansi16, orange, Color::Indexed(3)),
            (Depth::Mono, orange, Color::Reset),
            (Depth::Ansi16, Color::Indexed(208), Color::Indexed(3)),
            (Depth::Ansi16, Color::LightRed, Color::Indexed(9)),
            (Depth::Ansi256, Color::Rgb(128, 128, 128), Color::Indexed(244)),
            (Depth::Ansi256, Color::Indexed(17), Color::Indexed(17)),
            (Depth::TrueColor, Color::Black, Color::Indexed(0)),
            (Depth::Ansi16, Color::Reset, Color::Reset),
        ] {
            assert_eq!(depth.map(given), shown, "{depth:?} {given:?}");
        }
    }

    #[test]
    fn mapping_twice_changes_nothing() {
        for depth in [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
            for index in 0..=255 {
                let once = depth.map(Color::Rgb(index, index.wrapping_mul(7), 255 - index));
                assert_eq!(depth.map(once), once);
            }
        }
    }
}
