//! What the Log pane shows: the newest lines, a filter, a selection that stays on its line.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::TimeDelta;

use super::field::Field;
use super::volume::{self, Bar, Volume};
use crate::incident::hint::{Hint, Hints, Tally};
use crate::incident::{Filter, FilterError, LogBlock, LogLine, Text, Time};

/// How many lines the pane keeps. More than anybody scrolls through by hand, and bounded.
pub const KEPT: usize = 20_000;

/// How much later than others a line of the same moment may come.
const LATE: TimeDelta = TimeDelta::seconds(10);

/// Lines that are counted in a flood: a small part of a frame's work.
const COUNTED_A_MILLISECOND: usize = 1;

/// Lines that are counted at once: less work than a frame.
const COUNTED_AT_ONCE: usize = 2_000;

/// The log as one person sees it.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    kept: Kept,
    lately: merge::Lately,
    /// How many lines were let go of before the first one kept.
    let_go: u64,
    /// How many lines were never shown.
    pub dropped: u64,
    /// What is typed into the filter, while it is being typed or in force.
    pub typed: Field,
    /// Whether the filter takes the keys.
    pub typing: bool,
    filter: Filter,
    /// Agents whose lines are left out.
    muted: BTreeSet<String>,
    /// Why what is typed is no filter; the last good one stays in force.
    pub error: Option<FilterError>,
    /// The selected line, by its number since the start; none follows the newest.
    selected: Option<u64>,
    /// Lines in sight below the selected one.
    below: usize,
    /// The first line that may be in sight, by its number: what is older was not asked for.
    top: u64,
    /// Whether bars stand above the lines.
    pub barred: bool,
    volume: Volume,
    /// What lines may hint at, what each of those kept does, and how often.
    hints: Arc<Hints>,
    tally: Tally,
    /// How many of the lines that are kept are not counted yet.
    uncounted: usize,
    /// When some were last, and how many may be without anybody noticing.
    counted_at: Option<Time>,
    may_count: usize,
}

mod kept;
mod merge;

use kept::{Counted, Kept, Place};

impl LogView {
    /// Takes lines in, each at its time among those of other sources that came a moment before.
    pub fn extend(&mut self, blocks: &[Arc<LogBlock>]) {
        let mut left: usize = blocks.iter().map(|block| block.len()).sum();
        let seen = |block: &Arc<LogBlock>| Some(block.seen(block.len().checked_sub(1)?));
        let Some(seen) = blocks.iter().rev().find_map(seen) else { return };
        let is_one_source = self.lately.is_one_source(blocks);
        // What would be let go of at once is not looked at.
        let mut skipped = 0;
        let mut from = self.kept.len();
        let mut new = Vec::new();
        for block in blocks {
            let skip = left.saturating_sub(KEPT).min(block.len());
            left -= block.len();
            skipped += skip;
            match block.len() - skip {
                0 => {}
                _ if is_one_source => self.kept.append(block.clone(), skip),
                _ => new.extend(self.kept.take(block.clone(), skip)),
            }
        }
        let mut came = self.kept.len() - from;
        let back = if is_one_source { 0 } else { merge::overtaken(&self.kept, &new) };
        if back > 0 || !(is_one_source || merge::is_sorted(&self.kept, &new)) {
            from -= back;
            let first = self.let_go + from as u64;
            let mut taken_back = Vec::with_capacity(back + new.len());
            for _ in 0..back {
                taken_back.extend(self.kept.pop_newest());
            }
            taken_back.reverse();
            taken_back.append(&mut new);
            let places;
            (new, places) = merge::sorted(&self.kept, taken_back);
            // What is selected has another number now.
            let moved = |number: u64| places.iter().position(|place| first + *place as u64 == number);
            if let Some(place) = self.selected.filter(|number| *number >= first).and_then(moved) {
                self.selected = Some(first + place as u64);
            }
        }
        came += new.len() - back;
        new.into_iter().for_each(|place| self.kept.push(place));
        self.uncounted += came;
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.let_go_of_the_oldest(surplus);
        from = from.saturating_sub(surplus);
        if !self.filter.is_empty() || !self.muted.is_empty() {
            self.kept.show(&self.filter, &self.muted, from);
        }
        self.count(seen);
        if skipped > 0 {
            // Everything before was let go of too.
            self.let_go += skipped as u64;
        }
        if self.selected.is_some_and(|number| number < self.let_go) {
            self.selected = Some(self.let_go);
        }
    }

    fn let_go_of_the_oldest(&mut self, count: usize) {
        let Self { kept, volume, tally, uncounted, .. } = self;
        kept.pop_oldest(count, |place| match place.counted {
            Some(Counted { second, is_error, given }) => {
                volume.remove(second, is_error);
                tally.remove(given);
            }
            None => *uncounted = uncounted.saturating_sub(1),
        });
        self.let_go += count as u64;
    }

    /// How many of the lines that are kept are not counted yet.
    #[must_use]
    pub const fn uncounted(&self) -> usize {
        self.uncounted
    }

    /// Counts lines that are kept and not counted yet, the newest first: so many a second that nobody
    /// notices the work. In a flood some are let go of before their turn; that is said.
    pub fn count(&mut self, now: Time) {
        let passed = self.counted_at.map_or(i64::MAX, |at| (now - at).num_milliseconds().max(0));
        self.counted_at = Some(now);
        let earned = usize::try_from(passed).unwrap_or(usize::MAX).saturating_mul(COUNTED_A_MILLISECOND);
        self.may_count = self.may_count.saturating_add(earned).min(COUNTED_AT_ONCE);
        let counted = self.count_most(self.may_count);
        self.may_count -= counted;
    }

    /// Counts so many at most, and says how many there were.
    fn count_most(&mut self, most: usize) -> usize {
        let uncounted =
            self.kept.places().iter().enumerate().rev().filter(|(_, place)| place.counted.is_none());
        let most = most.min(self.uncounted);
        let counted: Vec<_> = uncounted.take(most).map(|(at, place)| (at, self.counted_as(place))).collect();
        self.uncounted -= counted.len();
        for (at, counted) in &counted {
            self.volume.add(counted.second, counted.is_error);
            self.tally.add(counted.given);
            self.kept.set_counted(*at, *counted);
        }
        counted.len()
    }

    fn counted_as(&self, place: &Place) -> Counted {
        Counted {
            second: self.kept.time(place).timestamp(),
            is_error: self.kept.is_error(place),
            given: self.hints.given_by(self.kept.bytes(place)),
        }
    }

    /// Looks for hints by these patterns from now on, in what is kept too.
    pub fn hint_by(&mut self, hints: Arc<Hints>) {
        self.hints = hints;
        self.tally = Tally::default();
        self.volume = Volume::default();
        self.kept.places_mut().for_each(|place| place.counted = None);
        self.uncounted = self.kept.len();
        self.count_most(usize::MAX);
    }

    /// What the lines that are kept hint at, and how often: `rate-limit 12, time-out 3`.
    #[must_use]
    pub fn hinted(&self) -> String {
        let words = self.tally.words(&self.hints);
        if self.uncounted == 0 || words.is_empty() {
            return words;
        }
        format!("{words} in {} of {} lines", self.kept.len() - self.uncounted, self.kept.len())
    }

    /// What a line hints at.
    pub fn hints_of(&self, line: &LogLine) -> impl Iterator<Item = &Hint> {
        self.hints.given_by(line.bytes()).places().filter_map(|place| self.hints.all().get(place))
    }

    /// How much was logged when, of what is kept.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar> {
        self.volume.bars()
    }

    /// The bar that the selected line belongs to.
    #[must_use]
    pub fn bar(&self, bars: &[Bar]) -> Option<usize> {
        let place = self.selected_place().filter(|_| self.selected.is_some())?;
        volume::place(bars, self.kept.time(place))
    }

    /// Goes to the next bar that has lines, or to the one before; past the newest it follows again.
    pub fn step_bar(&mut self, forward: bool) {
        self.barred = true;
        let bars = self.bars();
        let at = self.bar(&bars).unwrap_or(bars.len());
        let next = if forward {
            (at.saturating_add(1)..bars.len()).find(|place| bars[*place].lines > 0)
        } else {
            (0..at.min(bars.len())).rev().find(|place| bars[*place].lines > 0)
        };
        match next {
            Some(place) => self.select_at(bars[place].from),
            None if forward => self.follow(true),
            None => {}
        }
    }

    /// Selects the first line of this time or later that passes the filter.
    fn select_at(&mut self, at: Time) {
        let found = self.matching_from(0).find(|(_, place)| self.kept.time(place) >= at);
        let found = found.map(|(number, _)| number);
        self.selected = found.or(self.selected);
    }

    /// Whether the newest lines are followed.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.selected.is_none()
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = LogLine> {
        self.kept.places().iter().map(|place| self.kept.line(place))
    }

    /// The lines of an agent that were written, or else read, from a time to another, oldest first.
    pub fn lines_of(&self, agent: &Text, times: RangeInclusive<Time>) -> impl Iterator<Item = LogLine> {
        let is_of = move |place: &&Place| {
            self.kept.agent(place).as_str() == agent.as_str() && times.contains(&self.kept.time(place))
        };
        self.kept.places().iter().filter(is_of).map(|place| self.kept.line(place))
    }

    /// How many lines are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many lines were let go of to stay bounded.
    #[must_use]
    pub const fn let_go(&self) -> u64 {
        self.let_go
    }

    /// Reads the filter anew from what is typed; `now` is what `time>=10m` is counted from.
    pub fn refilter(&mut self, now: Time) {
        match Filter::parse(self.typed.text(), now) {
            Ok(filter) => {
                self.filter = filter;
                self.kept.show(&self.filter, &self.muted, 0);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Leaves out the lines of the agent whose line is selected, or else is the newest; who that is.
    pub fn mute_selected(&mut self) -> Option<Text> {
        let agent = self.selected_place().map(|place| self.kept.agent(place).as_ref().clone())?;
        self.muted.insert(agent.to_string());
        self.kept.show(&self.filter, &self.muted, 0);
        // What is in sight stays, as far as it is shown at all.
        if let Some(selected) = self.selected {
            let next = self.matching_from(selected).next().or_else(|| self.matching_back(selected).next());
            self.selected = next.map(|(number, _)| number);
        }
        Some(agent)
    }

    /// Shows the lines of all agents again.
    pub fn hear_all(&mut self) {
        self.muted.clear();
        self.kept.show(&self.filter, &self.muted, 0);
    }

    /// The agents whose lines are left out.
    pub fn muted(&self) -> impl Iterator<Item = &str> {
        self.muted.iter().map(String::as_str)
    }

    /// The lines to show in a pane of `height` lines, oldest first, each with its number.
    #[must_use]
    pub fn window(&self, height: usize) -> Vec<(u64, LogLine)> {
        self.in_sight(height).into_iter().map(|(number, place)| (number, self.kept.line(place))).collect()
    }

    fn in_sight(&self, height: usize) -> Vec<(u64, &Place)> {
        let Some(selected) = self.selected else {
            let mut shown: Vec<_> = self.matching_back(u64::MAX).take(height).collect();
            shown.reverse();
            return shown;
        };
        let after: Vec<_> = self.matching_from(selected + 1).take(height).collect();
        let top = self.top;
        let back = self.matching_back(selected).take_while(|(number, _)| *number >= top);
        let mut shown: Vec<_> = back.take(height).collect();
        // Near the top there are not enough lines before the selected one: more of what follows.
        let below = self.below.min(height.saturating_sub(1)).max(height - shown.len()).min(after.len());
        shown.truncate(height - below);
        shown.reverse();
        shown.extend(after.into_iter().take(below));
        shown
    }

    /// Selects the line shown in a row; what is shown stays as it is.
    pub fn select_row(&mut self, row: usize, height: usize) {
        let shown = self.in_sight(height);
        let clicked = shown.get(row).map(|(number, _)| (*number, shown.len() - 1 - row));
        if let Some((number, below)) = clicked {
            self.selected = Some(number);
            self.below = below;
        }
    }

    /// The number of the selected line.
    #[must_use]
    pub const fn selected_number(&self) -> Option<u64> {
        self.selected
    }

    /// The selected line; the newest while following.
    #[must_use]
    pub fn selected(&self) -> Option<LogLine> {
        self.selected_place().map(|place| self.kept.line(place))
    }

    fn selected_place(&self) -> Option<&Place> {
        self.matching_back(self.selected.unwrap_or(u64::MAX)).next().map(|(_, place)| place)
    }

    /// Follows the newest lines, or stops where it is.
    pub fn follow(&mut self, follow: bool) {
        let newest = self.matching_back(u64::MAX).next().map(|(n, _)| n);
        self.selected = newest.filter(|_| !follow);
        self.top = 0;
    }

    /// Moves the selection up (back in time) or down by lines; past the newest it follows again.
    /// What is shown in `height` lines moves only where the selection would leave it.
    pub fn move_by(&mut self, lines: i32, height: usize) {
        let count = lines.unsigned_abs() as usize;
        let from = self.selected.unwrap_or(u64::MAX);
        let shown = self.in_sight(height);
        let upto = shown.partition_point(|(number, _)| *number <= from);
        let below = shown.len() - upto;
        if lines < 0 {
            let back: Vec<u64> = self.matching_back(from).take(count + 1).map(|(n, _)| n).collect();
            self.below = (below + back.len().saturating_sub(1)).min(height.saturating_sub(1));
            self.selected = back.last().copied().or(self.selected);
            if self.selected.is_some_and(|number| number < self.top) {
                self.top = 0;
            }
        } else if self.selected.is_some() {
            let moved =
                self.matching_from(from.saturating_add(1)).map(|(n, _)| n).nth(count.saturating_sub(1));
            self.selected = moved;
            self.below = below.saturating_sub(count);
        }
    }

    /// Selects the first line that passes the filter and was read at `since` or later, and puts it on
    /// top: what follows is what is looked for. Follows when there is none yet.
    pub fn select_since(&mut self, since: Time) {
        self.selected = self.since(since).filter(|(_, place)| place.shown).last().map(|(n, _)| n);
        self.top = self.selected.unwrap_or(0);
        self.below = 0;
    }

    /// How many lines an agent logged since, of those that are kept; and whether lines of that time
    /// were let go of.
    #[must_use]
    pub fn count_since(&self, agent: &Text, since: Time) -> (usize, bool) {
        let of = self.since(since).filter(|(_, place)| self.kept.agent(place).as_str() == agent.as_str());
        let oldest_is_later = self.kept.places().front().is_some_and(|place| self.kept.time(place) >= since);
        (of.count(), self.let_go > 0 && oldest_is_later)
    }

    /// Lines since a moment, newest first. Lines come nearly in order: the first one that is clearly
    /// older ends the search, so that a long log costs nothing.
    fn since(&self, since: Time) -> impl Iterator<Item = (u64, &Place)> {
        let late = since - LATE;
        let newest = self.kept.places().iter().enumerate().rev();
        newest
            .take_while(move |(_, place)| self.kept.time(place) >= late)
            // Of what was there before nobody knows when it was written.
            .filter(move |(_, place)| self.kept.written(place).is_some_and(|at| at >= since))
            .map(|(index, place)| (self.let_go + index as u64, place))
    }

    /// Whose lines are kept.
    pub fn agents(&self) -> impl Iterator<Item = &str> {
        self.kept.places().iter().map(|place| self.kept.agent(place).as_str())
    }

    /// Selects the oldest line.
    pub fn to_top(&mut self) {
        let oldest = self.matching_from(0).next().map(|(n, _)| n);
        self.selected = oldest;
        self.top = 0;
    }

    fn matching_back(&self, end: u64) -> impl Iterator<Item = (u64, &Place)> {
        let upto = end.saturating_sub(self.let_go).saturating_add(1).min(self.kept.len() as u64) as usize;
        let places = self.kept.places().range(..upto).enumerate().rev();
        places.map(|(index, place)| (self.let_go + index as u64, place)).filter(|(_, place)| place.shown)
    }

    fn matching_from(&self, start: u64) -> impl Iterator<Item = (u64, &Place)> {
        let from = start.saturating_sub(self.let_go).min(self.kept.len() as u64) as usize;
        let places = self.kept.places().range(from..).enumerate();
        places
            .map(move |(index, place)| (self.let_go + (from + index) as u64, place))
            .filter(|(_, place)| place.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<LogLine> {
        let agent = Arc::new(Text::line("a"));
        let source = Arc::new(Text::line("f"));
        texts
            .iter()
            .map(|t| LogLine::parse(agent.clone(), source.clone(), 0, t.as_bytes(), Time::UNIX_EPOCH))
            .collect()
    }

    fn extend(view: &mut LogView, lines: Vec<LogLine>) {
        view.extend(&[Arc::new(LogBlock::from(lines))]);
    }

    fn shown(view: &LogView, height: usize) -> Vec<String> {
        view.window(height).iter().map(|(_, line)| line.text.to_string()).collect()
    }

    #[test]
    fn the_newest_lines_are_followed_until_somebody_scrolls() {
        let mut view = LogView::default();
        extend(&mut view, lines(&["one", "two", "three"]));
        assert_eq!(shown(&view, 2), ["two", "three"]);
        view.move_by(-1, 2);
        assert_eq!(view.selected().map(|l| l.text.to_string()).as_deref(), Some("two"));
        extend(&mut view, lines(&["four"]));
        assert_eq!(shown(&view, 2), ["two", "three"], "what is read does not move away");
        view.move_by(-1, 2);
        assert_eq!(shown(&view, 2), ["one", "two"]);
        for _ in 0..4 {
            view.move_by(1, 2);
        }
        assert!(view.is_following());
        assert_eq!(shown(&view, 2), ["three", "four"]);
    }

    #[test]
    fn lines_of_several_sources_are_merged_by_their_times_and_the_selection_stays_on_its_line() {
        let line = |source: &str, second: u32, word: &str| {
            let raw = match second {
                0 => format!("  {word}"),
                _ => format!("2026-02-03T04:05:{second:02}Z {word}"),
            };
            let seen = Time::UNIX_EPOCH;
            LogLine::parse(Text::line(source), Text::line(source), 0, raw.as_bytes(), seen)
        };
        let mut view = LogView::default();
        extend(
            &mut view,
            vec![line("a", 1, "a1"), line("a", 4, "a4"), line("a", 0, "trace"), line("a", 9, "a9")],
        );
        view.move_by(-1, 9);
        assert_eq!(view.selected().map(|l| l.text.to_string()).as_deref(), Some("  trace"));
        extend(
            &mut view,
            vec![line("b", 2, "b2"), line("b", 5, "b5"), line("c", 3, "c3"), line("b", 4, "late")],
        );
        let shown = || shown(&view, 20);
        assert_eq!(shown(), ["a1", "b2", "c3", "a4", "  trace", "b5", "late", "a9"]);
        assert_eq!(view.selected().map(|l| l.text.to_string()).as_deref(), Some("  trace"));
        extend(&mut view, vec![line("c", 10, "c10")]);
        assert_eq!(view.selected_number(), Some(4));
    }

    #[test]
    fn a_click_selects_a_line_and_leaves_the_others_where_they_are() {
        let mut view = LogView::default();
        extend(&mut view, lines(&["one", "two", "three", "four", "five"]));
        for row in [1, 0, 2] {
            view.select_row(row, 3);
            assert_eq!(shown(&view, 3), ["three", "four", "five"]);
            let clicked = ["three", "four", "five"][row];
            assert_eq!(view.selected().map(|l| l.text.to_string()).as_deref(), Some(clicked));
        }
        view.select_row(9, 3);
        assert_eq!(view.selected_number(), Some(4), "below the last line there is nothing to select");
        view.move_by(-2, 3);
        assert_eq!(shown(&view, 3), ["three", "four", "five"], "up to its first line the view stands");
        view.move_by(-1, 3);
        assert_eq!(shown(&view, 3), ["two", "three", "four"]);
        assert_eq!(shown(&view, 2), ["two", "three"], "the selected one is in sight in a smaller pane");
        assert_eq!(shown(&view, 9), ["one", "two", "three", "four", "five"]);
    }

    #[test]
    fn a_filter_applies_as_it_is_typed_and_a_wrong_one_changes_nothing() {
        let mut view = LogView::default();
        extend(&mut view, lines(&["alpha", "beta", "alphabet"]));
        view.typed = Field::new("alpha");
        view.refilter(Time::UNIX_EPOCH);
        assert_eq!(shown(&view, 9), ["alpha", "alphabet"]);
        view.typed = Field::new("/[/");
        view.refilter(Time::UNIX_EPOCH);
        assert!(view.error.is_some());
        assert_eq!(shown(&view, 9), ["alpha", "alphabet"]);
    }

    #[test]
    fn an_agent_that_is_muted_is_left_out_also_of_what_comes_until_all_are_heard_again() {
        let line = |agent: &str, word: &str| {
            LogLine::parse(Text::line(agent), Text::line("f"), 0, word.as_bytes(), Time::UNIX_EPOCH)
        };
        let mut view = LogView::default();
        assert_eq!(view.mute_selected(), None);
        extend(&mut view, vec![line("a", "one"), line("b", "two"), line("a", "three"), line("b", "four")]);
        view.move_by(-1, 9);
        assert_eq!(view.mute_selected().as_ref().map(Text::as_str), Some("a"));
        assert_eq!(view.selected().map(|line| line.text.to_string()).as_deref(), Some("four"));
        extend(&mut view, vec![line("a", "five"), line("b", "six")]);
        assert_eq!(shown(&view, 9), ["two", "four", "six"]);
        view.typed = Field::new("o");
        view.refilter(Time::UNIX_EPOCH);
        assert_eq!(
            (shown(&view, 9), view.muted().collect::<Vec<_>>()),
            (vec!["two".into(), "four".into()], vec!["a"])
        );
        view.hear_all();
        assert_eq!(shown(&view, 9), ["one", "two", "four"]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_let_go_is_counted() {
        let mut view = LogView::default();
        extend(&mut view, lines(&["x"]));
        view.to_top();
        for _ in 0..=KEPT {
            extend(&mut view, lines(&["y"]));
        }
        assert_eq!((view.len(), view.let_go()), (KEPT, 2));
        assert_eq!(view.selected_number(), Some(2), "the selection stays on a kept line");
    }

    #[test]
    fn in_a_flood_hints_are_counted_as_far_as_there_is_time_and_that_is_said() {
        let mut view = LogView::default();
        let hint = Hint { name: "slow".into(), pattern: "slow".into(), ..Hint::default() };
        view.hint_by(Arc::new(Hints::new(vec![hint])));
        extend(&mut view, lines(&["slow"; 5_000]));
        assert_eq!(view.hinted(), "slow 2000 in 2000 of 5000 lines");
        view.count(Time::UNIX_EPOCH + TimeDelta::milliseconds(100));
        assert_eq!(view.hinted(), "slow 2100 in 2100 of 5000 lines");
        for second in 1..5 {
            view.count(Time::UNIX_EPOCH + TimeDelta::seconds(second));
        }
        assert_eq!((view.hinted().as_str(), view.uncounted()), ("slow 5000", 0), "all, once it is over");
        extend(&mut view, lines(&["fast"; KEPT]));
        assert_eq!(
            view.bars().iter().map(|bar| bar.lines).sum::<u64>() + view.uncounted() as u64,
            KEPT as u64
        );
    }

    #[test]
    fn a3_what_was_logged_since_a_leak_is_counted_and_found() {
        let agent = |name: &str| Arc::new(Text::line(name));
        let at = |seconds: i64| Time::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let line =
            |name: &str, seconds: i64| LogLine::parse(agent(name), agent("f"), 0, b"export", at(seconds));
        let mut view = LogView::default();
        extend(&mut view, vec![line("a", 0), line("a", 100), line("b", 101), line("a", 99), line("a", 103)]);
        assert_eq!(view.count_since(&"a".into(), at(100)), (2, false));
        assert_eq!(view.count_since(&"b".into(), at(100)), (1, false));
        let mut before = line("a", 104);
        before.backlog = true;
        extend(&mut view, vec![before]);
        assert_eq!(view.count_since(&"a".into(), at(100)), (2, false), "it was read late, not written");
        view.typed = Field::new("agent=a");
        view.refilter(Time::UNIX_EPOCH);
        view.select_since(at(100));
        assert_eq!(view.selected_number(), Some(1), "the first one, of this agent");
        view.select_since(at(200));
        assert!(view.is_following(), "nothing yet: what comes is seen");
    }

    #[test]
    fn a3_the_first_line_since_a_leak_is_on_top_for_what_is_older_was_not_asked_for() {
        let at = |seconds: i64| Time::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let name = Arc::new(Text::line("a"));
        let line = |seconds: i64| {
            LogLine::parse(name.clone(), name.clone(), 0, format!("{seconds}").as_bytes(), at(seconds))
        };
        let mut view = LogView::default();
        extend(&mut view, (0..100).map(line).collect());
        view.select_since(at(90));
        assert_eq!(shown(&view, 4), ["90", "91", "92", "93"]);
        assert_eq!(shown(&view, 12).len(), 10, "few lines since: nothing older fills the pane");
        extend(&mut view, vec![line(100)]);
        assert_eq!(shown(&view, 12).last().map(String::as_str), Some("100"), "and what comes is seen");
        view.move_by(2, 4);
        assert_eq!(shown(&view, 4), ["90", "91", "92", "93"], "down to its last line the view stands");
        view.move_by(-3, 4);
        assert_eq!(shown(&view, 4), ["89", "90", "91", "92"], "who goes up sees what was before");
        view.follow(true);
        assert_eq!(shown(&view, 4), ["97", "98", "99", "100"]);
    }
}
