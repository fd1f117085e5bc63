//! The terminal's drawing state, and the fewest bytes that change it.

use ratatui::style::{Color, Modifier};

/// Modifiers that can be seen on a cell without a mark in it.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// Each modifier with the number that sets it and the number that takes it away.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Colours and modifiers of what is drawn next. Colours are `Reset`, `Indexed` or `Rgb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Pen {
    /// What a terminal starts with.
    pub const DEFAULT: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// Forgets what cannot be seen on a blank cell, so that more blanks are alike.
    pub fn on_blank(self) -> Self {
        if self.modifier.intersects(SEEN_ON_BLANK) {
            self
        } else {
            Self { fg: Color::Reset, bg: self.bg, modifier: Modifier::empty() }
        }
    }

    /// Whether a blank drawn with this pen looks like one drawn with `wanted`.
    pub fn draws_blank_as(self, wanted: Self) -> bool {
        self.on_blank() == wanted.on_blank()
    }

    /// Appends what makes `from` (`None`: unknown) this pen: the shorter of a change and a reset.
    pub fn change(self, from: Option<Self>, out: &mut Vec<u8>) {
        if from == Some(self) {
            return;
        }
        if self == Self::DEFAULT {
            out.extend_from_slice(b"\x1b[m");
            return;
        }
        let change = from.map(|from| self.difference(from));
        if let Some(change) = change.as_ref().filter(|change| change.len <= SHORTEST_RESET) {
            return change.write(out);
        }
        let mut reset = Parameters::new();
        reset.number(0);
        self.added(Modifier::empty(), &mut reset);
        self.colours(Self::DEFAULT, &mut reset);
        change.filter(|change| change.len <= reset.len).unwrap_or(reset).write(out);
    }

    /// The numbers that turn `from` into this pen without a reset.
    fn difference(self, from: Self) -> Parameters {
        let mut numbers = Parameters::new();
        if self.modifier == from.modifier {
            self.colours(from, &mut numbers);
            return numbers;
        }
        let gone = from.modifier - self.modifier;
        let mut kept = from.modifier;
        for (modifier, _, off) in MODIFIERS {
            if gone.contains(modifier) && kept.contains(modifier) {
                numbers.number(off);
                // One number takes bold and dim away together, and another both blinks.
                for (other, _, _) in MODIFIERS.iter().filter(|(_, _, same)| *same == off) {
                    kept -= *other;
                }
            }
        }
        self.added(kept, &mut numbers);
        self.colours(from, &mut numbers);
        numbers
    }

    /// The numbers of the modifiers that `kept` lacks.
    fn added(self, kept: Modifier, numbers: &mut Parameters) {
        for (modifier, on, _) in MODIFIERS {
            if (self.modifier - kept).contains(modifier) {
                numbers.number(on);
            }
        }
    }

    /// The numbers of the colours that differ from those of `from`.
    fn colours(self, from: Self, numbers: &mut Parameters) {
        if self.fg != from.fg {
            numbers.colour(self.fg, 30);
        }
        if self.bg != from.bg {
            numbers.colour(self.bg, 40);
        }
    }
}

/// The length of `0;1`: a reset to anything but the default pen has at least one number more.
const SHORTEST_RESET: usize = 3;

/// The numbers of one `CSI … m`: no more than nine modifiers taken away and set, and two colours.
struct Parameters {
    bytes: [u8; 96],
    len: usize,
}

impl Parameters {
    const fn new() -> Self {
        Self { bytes: [0; 96], len: 0 }
    }

    fn number(&mut self, n: u8) {
        if self.len > 0 {
            self.push(b';');
        }
        if n >= 100 {
            self.push(b'0' + n / 100);
        }
        if n >= 10 {
            self.push(b'0' + n / 10 % 10);
        }
        self.push(b'0' + n % 10);
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// `base` is 30 for the text and 40 for what is behind it.
    fn colour(&mut self, colour: Color, base: u8) {
        if let Color::Indexed(index) = colour {
            match index {
                0..8 => self.number(base + index),
                8..16 => self.number(base + 60 + index - 8),
                16.. => {
                    self.number(base + 8);
                    self.number(5);
                    self.number(index);
                }
            }
        } else if let Color::Rgb(r, g, b) = colour {
            self.number(base + 8);
            for n in [2, r, g, b] {
                self.number(n);
            }
        } else {
            self.number(base + 9);
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&self.bytes[..self.len]);
        out.push(b'm');
    }
}

/// Appends a number as decimal digits.
pub(super) fn decimal(n: u16, out: &mut Vec<u8>) {
    let mut digits = [0; 5];
    let mut start = digits.len();
    let mut rest = n;
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: Option<Pen>, to: Pen) -> String {
        let mut out = Vec::new();
        to.change(from, &mut out);
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn a_pen_changes_in_the_fewest_bytes() {
        let pen = |fg, bg, modifier| Pen { fg, bg, modifier };
        let red = pen(Color::Indexed(1), Color::Reset, Modifier::empty());
        let bold_red = pen(Color::Indexed(1), Color::Reset, Modifier::BOLD);
        let both = pen(Color::Indexed(1), Color::Reset, Modifier::BOLD | Modifier::DIM);
        let bright = pen(Color::Indexed(9), Color::Indexed(12), Modifier::empty());
        let true_red = pen(Color::Rgb(1, 2, 3), Color::Indexed(200), Modifier::REVERSED);
        for (from, to, bytes) in [
            (Some(red), red, ""),
            (None, red, "^[0;31m"),
            (None, Pen::DEFAULT, "^[m"),
            (Some(bold_red), Pen::DEFAULT, "^[m"),
            (Some(red), bold_red, "^[1m"),
            (Some(bold_red), red, "^[22m"),
            (Some(both), bold_red, "^[22;1m"),
            (Some(red), bright, "^[91;104m"),
            (Some(Pen::DEFAULT), true_red, "^[7;38;2;1;2;3;48;5;200m"),
            (Some(true_red), red, "^[0;31m"),
        ] {
            assert_eq!(change(from, to), bytes, "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn blanks_differ_only_in_what_is_seen() {
        let red = Pen { fg: Color::Indexed(1), ..Pen::DEFAULT };
        let bold = Pen { modifier: Modifier::BOLD, ..red };
        let reversed = Pen { modifier: Modifier::REVERSED, ..red };
        assert!(red.draws_blank_as(Pen::DEFAULT));
        assert!(bold.draws_blank_as(red));
        assert!(!reversed.draws_blank_as(red));
        assert!(!Pen { bg: Color::Indexed(4), ..red }.draws_blank_as(red));
    }

    #[test]
    fn numbers_are_written_as_decimals() {
        for n in [0, 7, 10, 99, 100, 65_535] {
            let mut out = Vec::new();
            decimal(n, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
    }
}
