//! Several logs seen as one: their lines merged by the times that they state.
//!
//! A place in them is a place in each of them, a [`Spot`]: whatever direction one moves in, each
//! log's lines come in its own order, and none twice. Nothing is built beforehand: around a spot as
//! many lines are read of each log as a screen has. The files that one rotated log consists of follow
//! one another, whatever their lines say.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::file::Line;
use super::index::Index;
use super::log::Log;
use super::pages::Pages;
use crate::incident::Text;
use crate::incident::filter::Filter;
use crate::incident::record::{Moment, Record};

/// One of the logs.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file.
    pub log: Log,
    /// Its lines, as far as they are counted.
    pub index: Arc<Index>,
    /// Where it is reached, if it can be rotated.
    pub path: Option<PathBuf>,
    /// What it is called.
    pub name: Arc<Text>,
    /// Whose log it is.
    pub agent: Arc<Text>,
    /// Which log it is a part of: the older parts of a rotated one have the same number.
    pub chain: usize,
    /// Its lines are left out.
    pub muted: bool,
}

impl Source {
    /// A log by itself.
    #[must_use]
    pub fn new(log: Log, path: Option<PathBuf>, name: &str, agent: &str, chain: usize) -> Self {
        Self {
            log,
            index: Arc::default(),
            path,
            name: Arc::new(Text::line(name)),
            agent: Arc::new(Text::line(agent)),
            chain,
            muted: false,
        }
    }
}

/// A place in every log: what lies before it was passed.
pub type Spot = Vec<u64>;

/// Several logs.
#[derive(Debug, Clone, Default)]
pub struct Many {
    /// The logs; the parts of one are neighbours, the oldest first.
    pub sources: Vec<Source>,
}

/// A line, and the number of the source it stands in.
pub type Of = (usize, Line);

/// How far back the record is looked for that an unstamped line goes on.
const BACK: usize = 64;

/// Lines of one source around a spot, in its order, each with the time it is sorted by.
struct Window {
    chain: usize,
    lines: VecDeque<(Moment, Line)>,
}

impl Many {
    /// The beginning.
    #[must_use]
    pub fn begin(&self) -> Spot {
        vec![0; self.sources.len()]
    }

    /// The end.
    #[must_use]
    pub fn end(&self) -> Spot {
        self.sources.iter().map(|source| source.log.size()).collect()
    }

    /// The bytes of all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.end().iter().sum()
    }

    /// How many bytes of all are indexed.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.sources.iter().map(|source| source.index.covered().min(source.log.size())).sum()
    }

    /// The number of lines before a spot, once they are counted.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn line_at(&self, spot: &Spot) -> io::Result<Option<u64>> {
        let mut lines = 0;
        for (source, at) in self.sources.iter().zip(spot) {
            match source.index.line_at(source.log.file(), *at)? {
                Some(before) => lines += before,
                None => return Ok(None),
            }
        }
        Ok(Some(lines))
    }

    /// Up to `count` shown lines from a spot on, and the spot behind the last.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn from(
        &self,
        spot: &Spot,
        count: usize,
        filter: &Filter,
        stop: &AtomicBool,
    ) -> io::Result<(Vec<Of>, Spot)> {
        let mut windows = Vec::new();
        for (source, at) in self.sources.iter().zip(spot) {
            let mut lines = Vec::new();
            if !source.muted {
                lines = Pages::new(&source.log, filter, stop).from(*at, count)?;
            }
            windows.push(self.window(source, lines));
        }
        let mut spot = spot.clone();
        let mut merged = Vec::new();
        while merged.len() < count {
            // The first part of a log that has any left, and of those the earliest.
            let next = windows
                .iter()
                .enumerate()
                .filter(|(place, window)| {
                    !windows[..*place].iter().any(|w| w.chain == window.chain && !w.lines.is_empty())
                })
                .filter_map(|(place, window)| Some((window.lines.front()?.0, place)))
                .min();
            let Some((_, place)) = next else { break };
            if let Some((_, line)) = windows[place].lines.pop_front() {
                spot[place] = line.next;
                merged.push((place, line));
            }
        }
        Ok((merged, spot))
    }

    /// The spot from which `count` shown lines, or as many as there are, lie before `spot`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn before(&self, spot: &Spot, count: usize, filter: &Filter, stop: &AtomicBool) -> io::Result<Spot> {
        let mut windows = Vec::new();
        for (source, at) in self.sources.iter().zip(spot) {
            let mut lines = Vec::new();
            if !source.muted {
                let pages = Pages::new(&source.log, filter, stop);
                // A few more, for the time of a record that begins before them.
                let more = if self.sources.len() > 1 { BACK } else { 0 };
                let starts = pages.before(*at, count + more)?;
                if let Some(first) = starts.first() {
                    lines = pages.from(*first, starts.len())?;
                }
            }
            windows.push(self.window(source, lines));
        }
        let mut spot = spot.clone();
        for _ in 0..count {
            let next = windows
                .iter()
                .enumerate()
                .filter(|(place, window)| {
                    !windows[place + 1..].iter().any(|w| w.chain == window.chain && !w.lines.is_empty())
                })
                .filter_map(|(place, window)| Some((window.lines.back()?.0, place)))
                .max();
            let Some((_, place)) = next else { break };
            if let Some((_, line)) = windows[place].lines.pop_back() {
                spot[place] = line.offset;
            }
        }
        Ok(spot)
    }

    /// Sorts by what lines state; one that states nothing goes with the line before it.
    fn window(&self, source: &Source, lines: Vec<Line>) -> Window {
        let mut last = Moment(i64::MIN);
        let alone = self.sources.len() == 1;
        let stamped = lines.into_iter().map(|line| {
            if !alone && let Some(at) = Record::new(&line.head).time(source.log.reading().newest) {
                last = at;
            }
            (last, line)
        });
        Window { chain: source.chain, lines: stamped.collect() }
    }

    /// The spot of the records that state `moment` or later, in each log.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn seek(&self, moment: Moment) -> io::Result<Spot> {
        self.sources.iter().map(|source| source.log.seek(moment)).collect()
    }

    /// The spot at so many hundredths: of the largest log, and the others at the time it has there.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn share(&self, percent: u64) -> io::Result<Spot> {
        let Some((place, source)) = self.sources.iter().enumerate().max_by_key(|(_, s)| s.log.size()) else {
            return Ok(Spot::new());
        };
        let size = source.log.size();
        let at = (size / 100).saturating_mul(percent).min(size.saturating_sub(1));
        let at = source.log.file().line_start(at)?;
        let time = if self.sources.len() > 1 { source.log.first_time(at, size)? } else { None };
        let mut spot = match time {
            Some((_, moment)) => self.seek(moment)?,
            None => self.begin(),
        };
        spot[place] = at;
        Ok(spot)
    }

    /// Where the first record behind the one at `spot` is, or the last before it, that passes both
    /// filters.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn find(
        &self,
        what: &Filter,
        spot: &Spot,
        back: bool,
        filter: &Filter,
        stop: &AtomicBool,
    ) -> io::Result<Option<Spot>> {
        // What stands at the spot itself was found already.
        let (first, _) = self.from(spot, 1, filter, stop)?;
        let top = first.first().map(|(place, line)| (*place, line.offset));
        let mut best: Option<(Option<Moment>, usize, u64)> = None;
        for (place, source) in self.sources.iter().enumerate().filter(|(_, source)| !source.muted) {
            let pages = Pages::new(&source.log, filter, stop);
            let found = match (back, top) {
                (true, _) => pages.find(what, spot[place], true)?,
                (false, Some((of, at))) if of == place => pages.find(what, at, false)?,
                (false, _) => pages.find_from(what, spot[place])?,
            };
            let Some(at) = found else { continue };
            let time = source.log.first_time(at, source.log.size())?.map(|(_, time)| time);
            let better = best.is_none_or(|(other, ..)| if back { time > other } else { time < other });
            if better {
                best = Some((time, place, at));
            }
        }
        let Some((time, place, at)) = best else { return Ok(None) };
        let mut found = spot.clone();
        if let (Some(time), true) = (time, self.sources.len() > 1) {
            for (other, sought) in self.seek(time)?.into_iter().enumerate() {
                found[other] = if back { sought.min(spot[other]) } else { sought.max(spot[other]) };
            }
        }
        found[place] = at;
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::incident::Time;
    use crate::logs::LogFile;
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    fn source(text: &str, chain: usize) -> Source {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let log = Log::of(LogFile::from_file(file), Text::default()).expect("a log");
        Source::new(log, None, "f", &format!("a{chain}"), chain)
    }

    fn shown(lines: &[Of]) -> Vec<String> {
        lines.iter().map(|(_, line)| String::from_utf8_lossy(&line.head).into_owned()).collect()
    }

    fn stamped(second: u32, word: &str) -> String {
        format!("2026-02-03T04:{:02}:{:02}Z INFO {word}\n", second / 60, second % 60)
    }

    #[test]
    fn lines_are_merged_by_their_times_and_a_trace_stays_with_its_record() {
        let one = [stamped(1, "a"), "  trace of a\n".to_owned(), stamped(4, "d")].concat();
        let two = [stamped(2, "b"), stamped(3, "c"), "  trace of c\n".to_owned()].concat();
        let many = Many { sources: vec![source(&one, 0), source(&two, 1)] };
        let all = Filter::default();
        let (lines, end) = many.from(&many.begin(), 99, &all, &GO).expect("read");
        let words: Vec<_> =
            shown(&lines).iter().map(|l| l.rsplit("INFO ").next().unwrap_or_default().to_owned()).collect();
        assert_eq!(words, ["a", "  trace of a", "b", "c", "  trace of c", "d"]);
        assert_eq!(end, many.end());
        let back = many.before(&end, 2, &all, &GO).expect("read");
        assert_eq!(
            shown(&many.from(&back, 9, &all, &GO).expect("read").0),
            ["  trace of c".to_owned(), stamped(4, "d").trim_end().to_owned()]
        );
        let filter = Filter::parse("c", Time::UNIX_EPOCH).expect("a filter");
        let found = many.find(&filter, &many.begin(), false, &all, &GO).expect("read").expect("found");
        assert_eq!(
            shown(&many.from(&found, 1, &all, &GO).expect("read").0),
            ["  trace of a"].map(|_| stamped(3, "c").trim_end().to_owned())
        );
    }

    #[test]
    fn a_muted_source_is_left_out_and_the_parts_of_a_rotated_log_stay_in_their_order() {
        let old = [stamped(9, "old, with a clock ahead")].concat();
        let new = [stamped(1, "new")].concat();
        let mut many =
            Many { sources: vec![source(&old, 0), source(&new, 0), source(&stamped(5, "other"), 1)] };
        let all = Filter::default();
        let words = |many: &Many| -> Vec<String> {
            let (lines, _) = many.from(&many.begin(), 9, &all, &GO).expect("read");
            shown(&lines).iter().map(|l| l.rsplit("INFO ").next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(words(&many), ["other", "old, with a clock ahead", "new"]);
        many.sources[2].muted = true;
        assert_eq!(words(&many), ["old, with a clock ahead", "new"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn whichever_way_one_moves_every_line_comes_once(
            logs in proptest::collection::vec(
                proptest::collection::vec((0_u32..600, "( trace|[a-c]{1,5})"), 0..20), 1..5),
            steps in proptest::collection::vec((any::<bool>(), 1_usize..9), 0..30),
            filtered in any::<bool>(),
        ) {
            let texts: Vec<String> = logs.iter().map(|lines| lines.iter().map(|(second, word)| {
                if word.starts_with(' ') { format!("{word} {second}\n") } else { stamped(*second, word) }
            }).collect()).collect();
            let many = Many {
                sources: texts.iter().enumerate().map(|(chain, text)| source(text, chain)).collect(),
            };
            let filter = Filter::parse(if filtered { "a" } else { "" }, Time::UNIX_EPOCH).expect("a filter");
            let (all, end) = many.from(&many.begin(), 1_000, &filter, &GO).expect("read");
            for (place, text) in texts.iter().enumerate() {
                let of: Vec<u64> = all.iter().filter(|(of, _)| *of == place).map(|(_, line)| line.offset).collect();
                prop_assert!(of.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(filtered || of.len() == text.lines().count());
            }
            // From the end back to the beginning, the lines are passed one by one.
            let mut spot = end;
            for left in (0..all.len()).rev() {
                let before = many.before(&spot, 1, &filter, &GO).expect("read");
                let (lines, _) = many.from(&before, 1_000, &filter, &GO).expect("read");
                prop_assert_eq!(lines.len(), all.len() - left);
                spot = before;
            }
            // However one goes on and back, what lies behind the spot is what was not passed.
            let mut passed = 0_usize;
            let mut spot = many.begin();
            for (back, count) in steps {
                if back {
                    spot = many.before(&spot, count, &filter, &GO).expect("read");
                    passed = passed.saturating_sub(count);
                } else {
                    let (lines, next) = many.from(&spot, count, &filter, &GO).expect("read");
                    passed += lines.len();
                    spot = next;
                }
                let (rest, _) = many.from(&spot, 1_000, &filter, &GO).expect("read");
                prop_assert_eq!(rest.len(), all.len() - passed);
            }
        }
    }
}
