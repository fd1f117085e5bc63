//! Finds rows that only moved up or down, as the lines of a log do, and lets the terminal move them.
//!
//! A terminal moves whole rows only, so this helps where what moves is about as wide as the screen.
//! Whatever was moved is compared with what is wanted afterwards like everything else: a guess that
//! is wrong costs bytes and shows nothing wrong.

use std::ops::Range;

use ratatui::buffer::Buffer;

use super::{At, Canvas, Painter, Shown, Sign, column, seen, sequence};
use crate::tui::pen::{Pen, decimal};

/// Fewer rows than this are drawn again.
const FEWEST: usize = 3;

/// About what it takes to have rows moved, in bytes: letters that this saves at least.
const COST: usize = 24;

/// Rows of the terminal that move together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scroll {
    /// The first row of those that move or are overwritten.
    top: usize,
    /// The last one.
    bottom: usize,
    /// How far.
    rows: usize,
    up: bool,
}

impl Scroll {
    /// The row that comes to stand in a row; none, where a blank one does.
    fn source(self, row: usize) -> Option<usize> {
        let from = if self.up { row.checked_add(self.rows) } else { row.checked_sub(self.rows) };
        from.filter(|from| (self.top..=self.bottom).contains(from))
    }
}

impl Painter {
    /// Lets the terminal move rows, where that is shorter than drawing them again: which rows are to
    /// be compared as a whole from here on.
    pub(super) fn scroll(&mut self, wanted: &Canvas, out: &mut Vec<u8>) -> Range<u16> {
        let Some(scroll) = self.find_scroll(wanted) else { return 0..0 };
        let width = usize::from(self.size.width);
        let Scroll { top, bottom, rows, up } = scroll;
        // Terminals fill new rows with the background that is set.
        if self.pen.is_none_or(|pen| pen.on_blank() != Pen::DEFAULT) {
            self.set_pen(Pen::DEFAULT, out);
        }
        let [first, last] = [top, bottom].map(column);
        let whole = bottom - top + 1 == usize::from(self.size.height);
        if !whole {
            out.extend_from_slice(b"\x1b[");
            decimal(first + 1, out);
            out.push(b';');
            decimal(last + 1, out);
            out.push(b'r');
            // The cursor is at the top now; of what, is not the same in every terminal.
            self.at = None;
        }
        let moved = &mut self.shown[top * width..(bottom + 1) * width];
        // A line feed at the bottom and its reverse at the top: every terminal knows these.
        let new = if up {
            moved.rotate_left(rows * width);
            let blank = moved.len() - rows * width;
            moved[blank..].fill(Shown::BLANK);
            self.go(0, last, out);
            out.resize(out.len() + rows, b'\n');
            bottom + 1 - rows..bottom + 1
        } else {
            moved.rotate_right(rows * width);
            moved[..rows * width].fill(Shown::BLANK);
            self.go(0, first, out);
            (0..rows).for_each(|_| out.extend_from_slice(b"\x1bM"));
            top..top + rows
        };
        // The cursor is there already.
        for y in new {
            self.paint_row(wanted.buffer(), column(y), &(0..self.size.width), out);
        }
        if !whole {
            sequence(0, b'r', out);
            self.at = Some(At { x: Some(0), y: 0 });
        }
        first..last + 1
    }

    /// What may best be moved.
    fn find_scroll(&self, wanted: &Canvas) -> Option<Scroll> {
        let (first, last) = self.drawn_wide(wanted).filter(|(first, last)| last - first + 1 >= FEWEST)?;
        let width = usize::from(self.size.width);
        let buffer = wanted.buffer();
        let new: Vec<u64> = (first..=last).map(|y| print(wanted_in(buffer, y, width))).collect();
        let old: Vec<u64> = (first..=last).map(|y| print(self.shown_in(y))).collect();
        let changed = new.iter().zip(&old).filter(|(new, old)| new != old).count();
        if changed < 2 {
            return None;
        }
        let found = (1..new.len())
            .flat_map(|rows| [true, false].map(|up| most_alike(&new, &old, rows, up)))
            .flatten()
            // Of equals the first: what moves least.
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (_, scroll) = found?;
        let scroll = Scroll { top: scroll.top + first, bottom: scroll.bottom + first, ..scroll };
        let (mut without, mut with) = (0, 0);
        for y in scroll.top..=scroll.bottom {
            without += unlike(wanted_in(buffer, y, width), self.shown_in(y));
            with += match scroll.source(y) {
                Some(from) => unlike(wanted_in(buffer, y, width), self.shown_in(from)),
                None => wanted_in(buffer, y, width).filter(|sign| *sign != Sign::BLANK).count(),
            };
        }
        (without > with + COST).then_some(scroll)
    }

    /// The first and the last of the most rows on end that are drawn over most of their width.
    fn drawn_wide(&self, wanted: &Canvas) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        let mut from = None;
        for y in 0..self.size.height {
            let drawn: usize = wanted.drawn(y).iter().map(ExactSizeIterator::len).sum();
            if drawn * 4 < usize::from(self.size.width) * 3 {
                from = None;
                continue;
            }
            let from = *from.get_or_insert(usize::from(y));
            if best.is_none_or(|(first, last)| usize::from(y) - from > last - first) {
                best = Some((from, usize::from(y)));
            }
        }
        best
    }

    /// What stands in a row of the terminal.
    fn shown_in(&self, y: usize) -> impl Iterator<Item = Sign> {
        let width = usize::from(self.size.width);
        let row = &self.shown[y * width..(y + 1) * width];
        row.iter().map(|shown| shown.sign).filter(|sign| *sign != Sign::COVERED)
    }
}

/// What is to stand in a row of the terminal.
fn wanted_in(buffer: &Buffer, y: usize, width: usize) -> impl Iterator<Item = Sign> {
    let row = &buffer.content[y * width..(y + 1) * width];
    let mut x = 0;
    std::iter::from_fn(move || {
        let cell = row.get(x)?;
        let (symbol, columns) = seen(cell.symbol(), width - x);
        x += columns;
        Some(Sign::of(symbol))
    })
}

/// A number that stands for what is in a row.
fn print(row: impl Iterator<Item = Sign>) -> u64 {
    row.fold(7, |print: u64, Sign(sign)| (print.rotate_left(5) ^ sign).wrapping_mul(0x517c_c1b7_2722_0a95))
}

/// How many signs of two rows differ, about.
fn unlike(one: impl Iterator<Item = Sign>, other: impl Iterator<Item = Sign>) -> usize {
    one.zip(other).filter(|(one, other)| !one.is(*other)).count()
}

/// The rows that gain most when all move so far, and how much that is; none, when nothing does.
fn most_alike(new: &[u64], old: &[u64], rows: usize, up: bool) -> Option<(i32, Scroll)> {
    let pairs = new.len() - rows;
    // Of each pair, the row before and the row after the move.
    let (sources, targets) = if up { (rows, 0) } else { (0, rows) };
    let (mut best, mut sum, mut from) = (None, 0, 0);
    for pair in 0..pairs {
        let (target, source) = (pair + targets, pair + sources);
        let moves = new[target] == old[source];
        let stands = new[target] == old[target];
        if sum <= 0 {
            (sum, from) = (0, pair);
        }
        sum += match (moves, stands) {
            (true, false) => 2,
            (true, true) => 0,
            (false, false) => -1,
            (false, true) => -2,
        };
        if sum > best.map_or(0, |(most, _)| most) {
            let (top, bottom) = (from, pair + rows);
            best = Some((sum, Scroll { top, bottom, rows, up }));
        }
    }
    best
}
