//! Moves through a log for a screen, on a thread that may wait for the disk.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use super::pager::News;
use crate::app::pager::Place;
use crate::incident::filter::when;
use crate::incident::{FilterError, Glob, LogLine, Text, Time};
use crate::logs::many::Of;
use crate::logs::{Filter, Log, Many, Moment, Source, Spot};

/// What the screen asks for.
pub(super) enum Job {
    /// One of the others, for a screen of so many lines.
    Sized(usize, Box<Job>),
    Move(i64),
    Top,
    Follow,
    Percent(u64),
    Line(u64),
    Time(Moment),
    Find {
        what: Filter,
        back: bool,
    },
    Filter(Filter),
    /// Leaves logs out by a name, or lets them be heard again.
    Mute(String),
    /// The same place again.
    Anew,
    /// Whether anything happened to the file; nobody waits for the answer.
    Look,
}

impl Job {
    /// Whether the prompt in which it was asked for is done with.
    pub const fn closes_a_prompt(&self) -> bool {
        matches!(self, Self::Percent(_) | Self::Line(_) | Self::Time(_) | Self::Find { .. } | Self::Mute(_))
    }

    /// Reads where a person wants to go; a time of day is one of the day that is shown.
    pub fn jump(to: &str, now: Time, shown: Option<Time>) -> Result<Self, FilterError> {
        let refused = |message: &str| FilterError { at: 0, message: message.to_owned() };
        if let Some(percent) = to.strip_suffix('%') {
            let percent = percent.trim().parse().ok().filter(|percent| *percent <= 100);
            return percent.map(Self::Percent).ok_or_else(|| refused("a percentage is from 0% to 100%"));
        }
        if let Ok(line) = to.parse::<u64>() {
            return Ok(Self::Line(line.saturating_sub(1)));
        }
        let last = shown.and_then(|shown| Some(shown.date_naive().and_hms_opt(23, 59, 59)?.and_utc()));
        let now = if to.contains(':') { last.unwrap_or(now) } else { now };
        when::read(to, now).map(Self::Time).ok_or_else(|| refused(when::FORMS))
    }
}

/// What there is to show.
pub(super) struct Shown {
    /// None where they are the same as before.
    pub lines: Option<Vec<LogLine>>,
    pub place: Place,
    pub following: bool,
    pub notice: Option<Text>,
    /// The logs as they are now.
    pub many: Many,
}

pub(super) struct Clerk {
    many: Many,
    filter: Filter,
    stop: Arc<AtomicBool>,
    clock: Clock,
    top: Spot,
    bottom: Spot,
    height: usize,
    following: bool,
}

impl Clerk {
    /// Parts of a log that was rotated while it was shown; of older ones the lines are let go.
    const PARTS_MAX: usize = 32;

    pub fn new(many: Many, stop: Arc<AtomicBool>, clock: Clock) -> Self {
        let end = many.end();
        let filter = Filter::default();
        Self { many, filter, stop, clock, top: end.clone(), bottom: end, height: 0, following: true }
    }

    /// Does jobs until nobody has any.
    pub fn work(mut self, jobs: &Receiver<Job>, answer: &Sender<News>) {
        while let Ok(job) = jobs.recv() {
            let asked = matches!(job, Job::Sized(..));
            let before = (self.top.clone(), self.bottom.clone(), self.following);
            let mut done = self.does(job);
            if asked && self.stop.load(Ordering::Relaxed) {
                // It was ended early: what it came to is no place to be.
                (self.top, self.bottom, self.following) = before;
                done = done.map(|_| (None, None));
            }
            let shown = done.and_then(|(lines, notice)| self.shown(lines, notice));
            let shown = Box::new(shown);
            if answer.blocking_send(News::Shown { asked, shown }).is_err() {
                return;
            }
        }
    }

    /// The log, if it is only one: its lines have numbers.
    fn alone(&self) -> Option<&Source> {
        if let [source] = &self.many.sources[..] { Some(source) } else { None }
    }

    /// Does one; the lines to show, unless they stay.
    fn does(&mut self, job: Job) -> io::Result<(Option<Vec<Of>>, Option<Text>)> {
        let stays = |words: &str| Ok((None, Some(Text::line(words))));
        let lines = match job {
            Job::Sized(height, job) => {
                self.height = height;
                return self.does(*job);
            }
            Job::Look => return self.look(),
            // Fewer or more lines of the end are still its end.
            Job::Anew if self.following => self.tail()?,
            Job::Anew => self.show(self.top.clone())?,
            Job::Top => self.go(self.many.begin())?,
            Job::Follow => self.tail()?,
            Job::Move(lines) if lines < 0 => {
                let back = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX).min(1 << 16);
                let before = self.many.before(&self.top, back, &self.filter, &self.stop)?;
                self.go(before)?
            }
            Job::Move(lines) => {
                let on = usize::try_from(lines).unwrap_or(usize::MAX).min(1 << 16);
                let (_, next) = self.many.from(&self.top, on, &self.filter, &self.stop)?;
                self.show(next)?
            }
            Job::Percent(percent) => {
                let spot = self.many.share(percent)?;
                self.go(spot)?
            }
            Job::Line(line) => {
                let Some(source) = self.alone() else {
                    return stays("lines of several logs have no number: go to a time or a percentage");
                };
                match source.index.start_of(source.log.file(), line)? {
                    Some(start) => self.go(vec![start])?,
                    None if source.index.covered() >= source.log.size() => self.tail()?,
                    None => return stays("that line is not counted yet: try again soon"),
                }
            }
            Job::Time(moment) => {
                let spot = self.many.seek(moment)?;
                self.go(spot)?
            }
            Job::Find { what, back } => {
                match self.many.find(&what, &self.top, back, &self.filter, &self.stop)? {
                    Some(spot) => self.go(spot)?,
                    None => {
                        return stays(if back { "not found further up" } else { "not found further down" });
                    }
                }
            }
            Job::Filter(filter) => {
                self.filter = filter;
                if self.following { self.tail()? } else { self.show(self.top.clone())? }
            }
            Job::Mute(name) => {
                if !self.mute(&name) {
                    return stays("no log has such a name");
                }
                if self.following { self.tail()? } else { self.show(self.top.clone())? }
            }
        };
        Ok((Some(lines), None))
    }

    /// Leaves the logs out that have such a name, or lets them be heard again; false if none has.
    fn mute(&mut self, name: &str) -> bool {
        let glob = Glob::new(name);
        let fits =
            |source: &Source| glob.matches(source.agent.as_str()) || glob.matches(source.name.as_str());
        let fitting: Vec<&mut Source> = self.many.sources.iter_mut().filter(|source| fits(source)).collect();
        let is_any = !fitting.is_empty();
        for source in fitting {
            source.muted = !source.muted;
        }
        is_any
    }

    /// Sees whether a file has grown, was truncated, or is another one by now.
    fn look(&mut self) -> io::Result<(Option<Vec<Of>>, Option<Text>)> {
        let before = self.many.size();
        let mut notice = None;
        let mut place = 0;
        while place < self.many.sources.len() {
            let source = &mut self.many.sources[place];
            if source.log.refresh()? {
                source.index = Arc::default();
                let size = source.log.size();
                self.top[place] = self.top[place].min(size);
                self.bottom[place] = self.bottom[place].min(size);
                notice = Some(Text::line(&format!("{} was truncated", source.name)));
            }
            if let Some(path) = source.path.take_if(|path| source.log.file().is_at(path) == Some(false)) {
                notice = Some(Text::line(&format!("{} was rotated: what it held stays above", source.name)));
                let opened = Log::open(&path, source.log.reading().agent.clone());
                let log = match opened {
                    Ok(log) => log,
                    Err(error) => {
                        source.path = Some(path);
                        return Err(error);
                    }
                };
                let next = Source { log, index: Arc::default(), path: Some(path), ..source.clone() };
                self.many.sources.insert(place + 1, next);
                self.top.insert(place + 1, 0);
                self.bottom.insert(place + 1, 0);
                self.let_go(place + 1);
            }
            place += 1;
        }
        if notice.is_none() && self.many.size() == before {
            return Ok((None, None));
        }
        let lines = if self.following { Some(self.tail()?) } else { None };
        Ok((lines, notice))
    }

    /// Lets the oldest part of a log go that was rotated again and again: each is an open file.
    fn let_go(&mut self, newest: usize) {
        let chain = self.many.sources[newest].chain;
        let parts = self.many.sources.iter().filter(|source| source.chain == chain).count();
        let oldest = self.many.sources.iter().position(|source| source.chain == chain);
        if let Some(oldest) = oldest.filter(|_| parts > Self::PARTS_MAX) {
            self.many.sources.remove(oldest);
            self.top.remove(oldest);
            self.bottom.remove(oldest);
        }
    }

    fn tail(&mut self) -> io::Result<Vec<Of>> {
        self.following = true;
        let spot = self.many.before(&self.many.end(), self.height.max(1), &self.filter, &self.stop)?;
        self.show_from(spot)
    }

    /// Goes somewhere and stays there.
    fn go(&mut self, spot: Spot) -> io::Result<Vec<Of>> {
        self.following = false;
        self.show(spot)
    }

    /// A screen from the first shown line at a spot or behind it; the last screen where that would
    /// leave some of it empty.
    fn show(&mut self, spot: Spot) -> io::Result<Vec<Of>> {
        let is_begin = spot.iter().all(|at| *at == 0);
        let lines = self.show_from(spot)?;
        if lines.len() >= self.height || is_begin {
            return Ok(lines);
        }
        self.tail()
    }

    fn show_from(&mut self, spot: Spot) -> io::Result<Vec<Of>> {
        let (lines, next) = self.many.from(&spot, self.height, &self.filter, &self.stop)?;
        self.top = spot;
        if let ([_], Some((_, first))) = (&self.many.sources[..], lines.first()) {
            // What the filter hides above it is not what is looked at.
            self.top[0] = first.offset;
        }
        self.bottom = if lines.is_empty() { self.many.end() } else { next };
        Ok(lines)
    }

    fn shown(&self, lines: Option<Vec<Of>>, notice: Option<Text>) -> io::Result<Shown> {
        let size = self.many.size();
        let place = Place {
            top: self.top.iter().sum(),
            bottom: self.bottom.iter().sum(),
            size,
            line: self.many.line_at(&self.top)?.map(|line| line + 1),
            indexed: (self.many.covered() * 100)
                .checked_div(size)
                .map_or(100, |percent| percent.min(100) as u8),
            muted: self.many.sources.iter().filter(|source| source.muted).count(),
        };
        let seen = self.clock.now();
        let lines = lines.map(|lines| lines.iter().map(|of| self.line(of, seen)).collect());
        Ok(Shown { lines, place, following: self.following, notice, many: self.many.clone() })
    }

    fn line(&self, (place, line): &Of, seen: Time) -> LogLine {
        let Source { agent, name, .. } = &self.many.sources[*place];
        LogLine::parse(agent.clone(), name.clone(), line.offset, &line.head, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_goes_to_a_share_a_line_or_a_time() {
        let now: Time = "2026-03-01T12:00:00Z".parse().expect("a time");
        let shown: Time = "2026-02-03T04:05:06Z".parse().expect("a time");
        let jump = |to: &str| match Job::jump(to, now, Some(shown)) {
            Ok(Job::Percent(percent)) => format!("{percent} %"),
            Ok(Job::Line(line)) => format!("line {line}"),
            Ok(Job::Time(moment)) => moment.time().expect("a time").to_rfc3339(),
            Ok(_) => unreachable!("a jump is to a place"),
            Err(error) => error.message,
        };
        for (to, place) in [
            ("40%", "40 %"),
            ("1", "line 0"),
            ("1234", "line 1233"),
            ("14:05", "2026-02-03T14:05:00+00:00"),
            ("10m", "2026-03-01T11:50:00+00:00"),
            ("2026-01-01 10:00", "2026-01-01T10:00:00+00:00"),
            ("140%", "a percentage is from 0% to 100%"),
            ("soon", when::FORMS),
        ] {
            assert_eq!(jump(to), place, "{to}");
        }
    }
}
