//! The lines that a screen keeps: blocks as they came, and the order of their lines.

use std::cell::OnceCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::incident::hint::Given;
use crate::incident::{Filter, Level, LogBlock, LogLine, Text, Time};

/// A line, where it lies among the blocks.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The number of its block since the start.
    pub block: u64,
    line: usize,
    /// Whether the filter shows it.
    pub shown: bool,
    /// The time it states, once somebody asked.
    at: OnceCell<Option<Time>>,
    /// What it was counted as, once it was.
    pub counted: Option<Counted>,
}

/// What a line counts for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub second: i64,
    pub is_error: bool,
    pub given: Given,
}

/// Blocks, and their lines in the order in which they are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Each with how many of its lines are kept.
    blocks: VecDeque<(Arc<LogBlock>, usize)>,
    /// How many blocks were let go of before the first one kept.
    gone: u64,
    lines: VecDeque<Place>,
}

impl Kept {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn block(&self, number: u64) -> &LogBlock {
        &self.blocks[(number - self.gone) as usize].0
    }

    /// Keeps a block, from a line on, behind all others.
    pub fn append(&mut self, block: Arc<LogBlock>, from: usize) {
        let places = self.take(block, from);
        self.lines.extend(places);
    }

    /// Keeps a block, from a line on; the places of its lines, which are not in the order yet.
    pub fn take(&mut self, block: Arc<LogBlock>, from: usize) -> impl Iterator<Item = Place> + use<> {
        let number = self.gone + self.blocks.len() as u64;
        let lines = from..block.len();
        self.blocks.push_back((block, lines.len()));
        lines.map(move |line| Place { block: number, line, shown: true, at: OnceCell::new(), counted: None })
    }

    pub fn push(&mut self, place: Place) {
        self.lines.push_back(place);
    }

    /// Takes the newest line out of the order; its block stays.
    pub fn pop_newest(&mut self) -> Option<Place> {
        self.lines.pop_back()
    }

    /// Lets go of so many of the oldest lines.
    pub fn pop_oldest(&mut self, count: usize, mut gone: impl FnMut(&Place)) {
        // Lines of one block mostly stand together.
        let mut run = (0, 0);
        for place in self.lines.drain(..count) {
            gone(&place);
            if place.block != run.0 {
                let (block, lines) = std::mem::replace(&mut run, (place.block, 0));
                leave(&mut self.blocks, self.gone, block, lines);
            }
            run.1 += 1;
        }
        leave(&mut self.blocks, self.gone, run.0, run.1);
        while self.blocks.front().is_some_and(|(_, left)| *left == 0) {
            self.blocks.pop_front();
            self.gone += 1;
        }
    }

    pub fn places(&self) -> &VecDeque<Place> {
        &self.lines
    }

    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.lines.iter_mut()
    }

    pub fn set_counted(&mut self, at: usize, counted: Counted) {
        self.lines[at].counted = Some(counted);
    }

    pub fn at(&self, place: &Place) -> Option<Time> {
        *place.at.get_or_init(|| self.block(place.block).at(place.line))
    }

    pub fn seen(&self, place: &Place) -> Time {
        self.block(place.block).seen(place.line)
    }

    /// The time to sort by.
    pub fn time(&self, place: &Place) -> Time {
        self.at(place).unwrap_or_else(|| self.seen(place))
    }

    /// When it was written, as far as that is known.
    pub fn written(&self, place: &Place) -> Option<Time> {
        let is_new = !self.block(place.block).is_backlog(place.line);
        self.at(place).or_else(|| is_new.then(|| self.seen(place)))
    }

    pub fn agent(&self, place: &Place) -> &Arc<Text> {
        self.block(place.block).agent(place.line)
    }

    pub fn source(&self, place: &Place) -> &Arc<Text> {
        self.block(place.block).source(place.line)
    }

    pub fn bytes(&self, place: &Place) -> &[u8] {
        self.block(place.block).bytes(place.line)
    }

    pub fn is_error(&self, place: &Place) -> bool {
        self.block(place.block).level(place.line) >= Some(Level::Error)
    }

    /// The line, read.
    pub fn line(&self, place: &Place) -> LogLine {
        self.block(place.block).line(place.line)
    }

    /// Notes which lines a filter shows that are not of a muted agent, of those from `from` on in the
    /// order.
    pub fn show(&mut self, filter: &Filter, muted: &BTreeSet<String>, from: usize) {
        self.pass(filter, from);
        if !muted.is_empty() {
            for at in from..self.lines.len() {
                let is_muted = muted.contains(self.agent(&self.lines[at]).as_str());
                self.lines[at].shown &= !is_muted;
            }
        }
    }

    fn pass(&mut self, filter: &Filter, from: usize) {
        if filter.is_empty() {
            return self.lines.range_mut(from..).for_each(|place| place.shown = true);
        }
        // Lines of one block stand together, or in few runs.
        let mut at = from;
        while at < self.lines.len() {
            let (number, first) = (self.lines[at].block, self.lines[at].line);
            let run = self.lines.range(at..).take_while(|place| place.block == number).count();
            let block = self.blocks[(number - self.gone) as usize].0.clone();
            let mut run = self.lines.range_mut(at..at + run).peekable();
            at += run.len();
            let mut hide_upto = |line: usize, shown: bool| {
                while let Some(place) =
                    run.next_if(|place| place.line < line || (shown && place.line == line))
                {
                    place.shown = shown && place.line == line;
                }
            };
            block.each_shown(filter, first, |line| hide_upto(line, true));
            hide_upto(usize::MAX, false);
        }
    }
}

/// Notes that a block has so many lines fewer that are kept.
fn leave(blocks: &mut VecDeque<(Arc<LogBlock>, usize)>, gone: u64, block: u64, lines: usize) {
    if lines > 0
        && let Some((_, left)) = blocks.get_mut((block - gone) as usize)
    {
        *left = left.saturating_sub(lines);
    }
}
