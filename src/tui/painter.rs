//! Turns a wanted screen into the fewest bytes that make the terminal show it.
//!
//! The painter remembers what the terminal shows, where its cursor is and which pen is set, so
//! nothing is ever asked of a terminal. It knows no file and no clock: bytes are appended to a
//! buffer that the backend writes.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::{Position, Size};

use super::canvas::Canvas;
use super::colour::Depth;
use super::pen::{Pen, decimal};

mod scroll;

/// A symbol as one number, so that what is shown is compared without looking at texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign(u64);

impl Sign {
    const BLANK: Self = Self(b' ' as u64);
    /// Stands in the remembered screen for the cells that a wide character covers.
    const COVERED: Self = Self(0);
    /// A symbol longer than a number: never taken for shown, so it is drawn again with its part.
    const LONG: Self = Self(u64::MAX);

    fn of(symbol: &str) -> Self {
        match *symbol.as_bytes() {
            [byte] => Self(u64::from(byte)),
            [a, b, c] => Self(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0])),
            ref bytes if bytes.len() < 8 => {
                let mut number = [0; 8];
                number[..bytes.len()].copy_from_slice(bytes);
                Self(u64::from_le_bytes(number))
            }
            _ => Self::LONG,
        }
    }

    fn is(self, other: Self) -> bool {
        self == other && self != Self::LONG
    }

    /// The byte, if it is one letter.
    fn letter(self) -> Option<u8> {
        u8::try_from(self.0).ok().filter(|_| self != Self::COVERED)
    }
}

/// What is seen in a cell of the terminal, colours mapped.
#[derive(Debug, Clone, Copy)]
struct Shown {
    sign: Sign,
    pen: Pen,
}

impl Shown {
    const BLANK: Self = Self { sign: Sign::BLANK, pen: Pen::DEFAULT };

    /// Whether it looks like an erased one.
    fn is_blank(&self) -> bool {
        self.sign == Sign::BLANK && self.pen.on_blank() == Pen::DEFAULT
    }
}

/// Where the terminal's cursor is: the column is unknown after the last cell of a row, where
/// terminals wait to wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    x: Option<u16>,
    y: u16,
}

/// What is to be seen in a cell.
#[derive(Debug, Clone, Copy)]
struct Mark<'a> {
    symbol: &'a str,
    sign: Sign,
    /// Columns that it takes.
    columns: usize,
    /// Whether it is the cell's own symbol, and one column wide in every terminal.
    simple: bool,
    pen: Pen,
}

impl Mark<'_> {
    fn shown(self) -> Shown {
        Shown { sign: self.sign, pen: self.pen }
    }
}

/// The pen mapped last: neighbours mostly look alike.
#[derive(Debug)]
struct Pens {
    wanted: Pen,
    mapped: Pen,
}

impl Pens {
    fn map(&mut self, depth: Depth, wanted: Pen) -> Pen {
        if self.wanted != wanted {
            let mapped = Pen { fg: depth.map(wanted.fg), bg: depth.map(wanted.bg), ..wanted };
            *self = Self { wanted, mapped };
        }
        self.mapped
    }
}

/// What one terminal shows, and how to change it.
#[derive(Debug)]
pub(super) struct Painter {
    depth: Depth,
    size: Size,
    /// What each cell of the terminal shows, colours mapped, row by row.
    shown: Vec<Shown>,
    /// Whether `shown` is true; otherwise the next frame clears the terminal first.
    known: bool,
    at: Option<At>,
    pen: Option<Pen>,
    cursor_visible: Option<bool>,
    pens: Pens,
}

impl Painter {
    /// Nothing is known of the terminal yet.
    pub fn new(depth: Depth) -> Self {
        Self {
            depth,
            size: Size::ZERO,
            shown: Vec::new(),
            known: false,
            at: None,
            pen: None,
            cursor_visible: None,
            pens: Pens { wanted: Pen::DEFAULT, mapped: Pen::DEFAULT },
        }
    }

    /// What the terminal shows is no longer known: somebody else wrote to it, or it has a new size.
    pub fn forget(&mut self) {
        self.known = false;
        self.at = None;
        self.pen = None;
        self.cursor_visible = None;
    }

    /// Puts the terminal's cursor at the top left, as far as this painter knows.
    #[cfg(test)]
    pub fn assume_cursor_home(&mut self) {
        self.at = Some(At { x: Some(0), y: 0 });
    }

    /// Appends what makes the terminal show the canvas, and its cursor at `cursor` (`None`: hidden).
    pub fn paint(&mut self, wanted: &Canvas, cursor: Option<Position>, out: &mut Vec<u8>) {
        let size = wanted.area().as_size();
        let all = !self.known || self.size != size;
        if all {
            self.clear(size, out);
        }
        if cursor.is_none() && self.cursor_visible != Some(false) {
            out.extend_from_slice(b"\x1b[?25l");
            self.cursor_visible = Some(false);
        }
        let moved = if all { 0..0 } else { self.scroll(wanted, out) };
        for y in 0..self.size.height {
            if all || moved.contains(&y) {
                self.paint_row(wanted.buffer(), y, &(0..self.size.width), out);
                continue;
            }
            for columns in wanted.drawn(y) {
                self.paint_row(wanted.buffer(), y, columns, out);
            }
        }
        if let Some(Position { x, y }) = cursor {
            if x < self.size.width && y < self.size.height {
                self.go(x, y, out);
            }
            if self.cursor_visible != Some(true) {
                out.extend_from_slice(b"\x1b[?25h");
                self.cursor_visible = Some(true);
            }
        }
    }

    /// Starts from a blank screen.
    fn clear(&mut self, size: Size, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[m\x1b[H\x1b[2J");
        self.size = size;
        self.shown.clear();
        self.shown.resize(usize::from(size.width) * usize::from(size.height), Shown::BLANK);
        self.known = true;
        self.at = Some(At { x: Some(0), y: 0 });
        self.pen = Some(Pen::DEFAULT);
    }

    /// Paints a row whose changes are all in these columns.
    fn paint_row(&mut self, wanted: &Buffer, y: u16, columns: &Range<u16>, out: &mut Vec<u8>) {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        let row = &wanted.content[start..start + width];
        let end = usize::from(columns.end);
        // From here on the row is blank; found when the first change to a blank asks for it.
        let mut tail = None;
        let mut x = whole_from(row, usize::from(columns.start));
        // What a wide character covered until now may be seen again behind the last column.
        loop {
            let stands = row[x..].iter().zip(&self.shown[start + x..start + width]);
            x += stands.take(end.saturating_sub(x)).take_while(|(a, b)| is_as_shown(a, b)).count();
            if x == width || (x >= end && self.shown[start + x].sign != Sign::COVERED) {
                return;
            }
            let mark = self.mark(&row[x], width - x);
            if self.shows(start + x, mark) {
                // Blanks look alike in several pens: the next time this one is recognized at once.
                self.shown[start + x] = mark.shown();
                x += mark.columns;
                continue;
            }
            let blanks = || width - row.iter().rev().take_while(|c| is_blank(c)).count();
            if mark.symbol == " " && x >= *tail.get_or_insert_with(blanks) && self.erase_rest(x, y, out) {
                return;
            }
            self.draw(x, y, mark, out);
            self.shown[start + x] = mark.shown();
            for covered in &mut self.shown[start + x + 1..start + x + mark.columns] {
                covered.sign = Sign::COVERED;
            }
            x += mark.columns;
            if mark.simple && mark.symbol != " " {
                x += self.draw_on(mark.pen, &row[x..end.max(x)], start + x, out);
            }
        }
    }

    /// Draws what follows a mark in the same pen, letter by letter, up to what the terminal shows
    /// already: a word costs little more than its bytes. How many cells those are.
    fn draw_on(&mut self, pen: Pen, next: &[Cell], index: usize, out: &mut Vec<u8>) -> usize {
        let Some(At { x: Some(x), y }) = self.at else { return 0 };
        let wanted = self.pens.wanted;
        // The last one is left to the way that knows where rows end.
        let most = next.len().saturating_sub(1);
        let mut count = 0;
        for (cell, shown) in next.iter().zip(&mut self.shown[index..]).take(most) {
            let symbol = cell.symbol();
            let now = Shown { sign: Sign::of(symbol), pen };
            let goes_on = is_simple(symbol) && now.sign != Sign::BLANK && pen_of(cell) == wanted;
            if !goes_on || (shown.sign == now.sign && shown.pen == pen) {
                break;
            }
            append(symbol, out);
            *shown = now;
            count += 1;
        }
        self.at = Some(At { x: Some(x + column(count)), y });
        count
    }

    /// A cell as this terminal can show it, with so many columns of room.
    fn mark<'a>(&mut self, cell: &'a Cell, room: usize) -> Mark<'a> {
        let symbol = cell.symbol();
        let simple = is_simple(symbol);
        let (symbol, columns) = if simple { (symbol, 1) } else { seen(symbol, room) };
        let pen = self.pens.map(self.depth, pen_of(cell));
        Mark { symbol, sign: Sign::of(symbol), columns, simple, pen }
    }

    /// Whether the terminal shows this already.
    fn shows(&self, index: usize, mark: Mark<'_>) -> bool {
        let Shown { sign, pen } = self.shown[index];
        sign.is(mark.sign)
            && (pen == mark.pen || (sign == Sign::BLANK && pen.draws_blank_as(mark.pen)))
            && self.shown[index + 1..index + mark.columns].iter().all(|next| next.sign == Sign::COVERED)
    }

    /// Blanks the rest of a row that is to be blank, when that is shorter than spaces.
    ///
    /// Only with the default background: what a terminal erases to with another one varies.
    fn erase_rest(&mut self, x: usize, y: u16, out: &mut Vec<u8>) -> bool {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        let rest = &self.shown[start + x..start + width];
        let spaces = rest.len() - rest.iter().rev().take_while(|s| s.is_blank()).count();
        if spaces <= b"\x1b[K".len() {
            return false;
        }
        self.go(column(x), y, out);
        if self.pen.is_none_or(|pen| pen.on_blank() != Pen::DEFAULT) {
            self.set_pen(Pen::DEFAULT, out);
        }
        out.extend_from_slice(b"\x1b[K");
        self.shown[start + x..start + width].fill(Shown::BLANK);
        true
    }

    /// Draws one cell.
    fn draw(&mut self, x: usize, y: u16, mark: Mark<'_>, out: &mut Vec<u8>) {
        if self.at != Some(At { x: Some(column(x)), y }) && !self.bridge(x, y, out) {
            self.go(column(x), y, out);
        }
        let blank = mark.symbol == " ";
        if !(blank && self.pen.is_some_and(|set| set.draws_blank_as(mark.pen))) {
            self.set_pen(if blank { mark.pen.on_blank() } else { mark.pen }, out);
        }
        append(mark.symbol, out);
        let after = x + mark.columns;
        self.at = if !mark.simple && !has_agreed_width(mark.symbol) {
            None
        } else if after < usize::from(self.size.width) {
            Some(At { x: Some(column(after)), y })
        } else {
            Some(At { x: None, y })
        };
    }

    /// Crosses a short gap by drawing what is there again, when that is no longer than moving.
    fn bridge(&mut self, x: usize, y: u16, out: &mut Vec<u8>) -> bool {
        const LONGEST: usize = b"\x1b[2C".len();
        let (Some(At { x: Some(from), y: row }), Some(pen)) = (self.at, self.pen) else {
            return false;
        };
        let from = usize::from(from);
        let gap = x.saturating_sub(from);
        if row != y || gap == 0 || gap > LONGEST {
            return false;
        }
        let start = usize::from(y) * usize::from(self.size.width);
        let between = &self.shown[start + from..start + x];
        let length = out.len();
        for shown in between {
            let is_set = shown.pen == pen || (shown.sign == Sign::BLANK && pen.draws_blank_as(shown.pen));
            let Some(letter) = shown.sign.letter().filter(|_| is_set) else {
                out.truncate(length);
                return false;
            };
            out.push(letter);
        }
        true
    }

    fn set_pen(&mut self, pen: Pen, out: &mut Vec<u8>) {
        if self.pen != Some(pen) {
            pen.change(self.pen, out);
            self.pen = Some(pen);
        }
    }

    /// Moves the terminal's cursor by the shortest of several ways.
    fn go(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        let to = At { x: Some(x), y };
        if self.at == Some(to) {
            return;
        }
        let absolute = Way::Absolute { x, y };
        let ways = self.at.into_iter().flat_map(|at| Way::all(at, x, y));
        let way = ways.flatten().fold(absolute, |best, way| if way.len() < best.len() { way } else { best });
        way.write(out);
        self.at = Some(to);
    }
}

/// A way to move the terminal's cursor.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// `CSI y ; x H`, with what can be left out left out.
    Absolute { x: u16, y: u16 },
    /// Within the row, to a column.
    Column { x: u16 },
    /// Within the row.
    Right { columns: u16 },
    /// Up or down, then left.
    Rows { rows: u16, letter: u8, left: u16 },
    /// Down to the beginning of a row, then right.
    Lines { down: u16, right: u16 },
}

impl Way {
    /// The ways that need to know where the cursor is.
    fn all(at: At, x: u16, y: u16) -> [Option<Self>; 3] {
        let (rows, letter) = if y < at.y { (at.y - y, b'A') } else { (y - at.y, b'B') };
        [
            (rows == 0).then_some(Self::Column { x }),
            match at.x {
                Some(from) if from >= x => Some(Self::Rows { rows, letter, left: from - x }),
                Some(from) if rows == 0 => Some(Self::Right { columns: x - from }),
                Some(_) | None => None,
            },
            (y >= at.y).then_some(Self::Lines { down: rows, right: x }),
        ]
    }

    /// How many bytes it takes.
    const fn len(self) -> usize {
        match self {
            Self::Absolute { x, y } => {
                let row = if y > 0 { digits(y + 1) } else { 0 };
                let column = if x > 0 { 1 + digits(x + 1) } else { 0 };
                3 + row + column
            }
            Self::Column { x } => length(x + 1),
            Self::Right { columns } => length(columns),
            Self::Rows { rows, left, .. } => {
                let row = if rows > 0 { length(rows) } else { 0 };
                let back = if backspaces(left) { left as usize } else { length(left) };
                row + back
            }
            Self::Lines { down, right } => 1 + down as usize + if right > 0 { length(right) } else { 0 },
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Absolute { x, y } => {
                out.extend_from_slice(b"\x1b[");
                if y > 0 {
                    decimal(y + 1, out);
                }
                if x > 0 {
                    out.push(b';');
                    decimal(x + 1, out);
                }
                out.push(b'H');
            }
            Self::Column { x } => sequence(x + 1, b'G', out),
            Self::Right { columns } => sequence(columns, b'C', out),
            Self::Rows { rows, letter, left } => {
                if rows > 0 {
                    sequence(rows, letter, out);
                }
                if backspaces(left) {
                    out.resize(out.len() + usize::from(left), 8);
                } else {
                    sequence(left, b'D', out);
                }
            }
            Self::Lines { down, right } => {
                out.push(b'\r');
                out.resize(out.len() + usize::from(down), b'\n');
                if right > 0 {
                    sequence(right, b'C', out);
                }
            }
        }
    }
}

/// Whether so many backspaces are no longer than one sequence.
const fn backspaces(left: u16) -> bool {
    left as usize <= length(left)
}

/// Whether a cell is one column wide and stands in the terminal as it is: what most cells do in
/// most frames, so this is asked before anything else.
fn is_as_shown(cell: &Cell, shown: &Shown) -> bool {
    let symbol = cell.symbol();
    Sign::of(symbol) == shown.sign && pen_of(cell) == shown.pen && is_simple(symbol)
}

/// Whether a symbol is a letter or a line: sent as it is, and one column wide.
fn is_simple(symbol: &str) -> bool {
    match symbol.as_bytes() {
        [byte] => !byte.is_ascii_control(),
        [LINES, second, third] => is_line(*second, *third),
        _ => false,
    }
}

/// The first byte of the marks that much of a screen consists of: lines and blocks, which are one
/// column wide, U+2500 to U+259F.
const LINES: u8 = 0xe2;

/// Whether the bytes after the first are those of such a mark.
const fn is_line(second: u8, third: u8) -> bool {
    matches!(second, 0x94 | 0x95) || (second == 0x96 && third < 0xa0)
}

/// Appends a symbol: most are a letter or a line, which need no call to copy.
fn append(symbol: &str, out: &mut Vec<u8>) {
    match *symbol.as_bytes() {
        [byte] => out.push(byte),
        [a, b, c] => out.extend_from_slice(&[a, b, c]),
        ref bytes => out.extend_from_slice(bytes),
    }
}

/// A symbol as it can be shown in so many columns of room, and how many it takes.
fn seen(symbol: &str, room: usize) -> (&str, usize) {
    if is_simple(symbol) {
        return (symbol, 1);
    }
    // The last line of defence: whatever got into a cell, it is not sent as a control.
    if symbol.chars().any(char::is_control) {
        return ("?", 1);
    }
    match usize::from(symbol.cell_width()) {
        columns if (1..=room).contains(&columns) => (symbol, columns),
        _ => (" ", 1),
    }
}

/// The first column from which this one can be painted: the beginning, where a wide character may
/// cover it.
fn whole_from(row: &[Cell], x: usize) -> usize {
    const WIDEST: usize = 4;
    let covers = |back: usize| {
        let symbol = if x >= back { row[x - back].symbol() } else { "" };
        symbol.len() > 1 && seen(symbol, WIDEST).1 > back
    };
    if (1..=WIDEST).any(covers) { 0 } else { x }
}

/// How many bytes [`sequence`] takes.
const fn length(n: u16) -> usize {
    if n > 1 { 3 + digits(n) } else { 3 }
}

/// How many digits a number has.
const fn digits(n: u16) -> usize {
    match n {
        0..10 => 1,
        10..100 => 2,
        100..1_000 => 3,
        1_000..10_000 => 4,
        10_000.. => 5,
    }
}

/// `CSI n letter`, where one is what a missing number means.
fn sequence(n: u16, letter: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    if n > 1 {
        decimal(n, out);
    }
    out.push(letter);
}

fn pen_of(cell: &Cell) -> Pen {
    Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
}

/// Whether a cell looks like an erased one.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && pen_of(cell).on_blank() == Pen::DEFAULT
}

/// Whether all terminals move their cursor alike over this: emoji and joined characters vary, so
/// the next cell after one is found by its absolute place.
fn has_agreed_width(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    matches!((chars.next(), chars.next()), (Some(c), None) if c < '\u{1f000}')
}

/// A column or a row as the terminal counts: screens are never larger than `u16`.
fn column(x: usize) -> u16 {
    u16::try_from(x).expect("a buffer is at most u16::MAX wide and high")
}
