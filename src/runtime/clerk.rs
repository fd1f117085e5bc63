//! Moves through a log for a screen, on a thread that may wait for the disk.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use super::pager::News;
use crate::app::pager::Place;
use crate::incident::filter::when;
use crate::incident::{FilterError, LogLine, Text, Time};
use crate::logs::{Filter, Index, Line, Log, Moment, Pages};

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
    /// The same place again.
    Anew,
    /// Whether anything happened to the file; nobody waits for the answer.
    Look,
}

impl Job {
    /// Whether the prompt in which it was asked for is done with.
    pub const fn closes_a_prompt(&self) -> bool {
        matches!(self, Self::Percent(_) | Self::Line(_) | Self::Time(_) | Self::Find { .. })
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
    /// The log as it is now.
    pub log: Log,
    /// Its index.
    pub index: Arc<Index>,
}

pub(super) struct Clerk {
    log: Log,
    path: PathBuf,
    index: Arc<Index>,
    filter: Filter,
    stop: Arc<AtomicBool>,
    clock: Clock,
    name: Arc<Text>,
    top: u64,
    height: usize,
    following: bool,
    bottom: u64,
}

impl Clerk {
    pub fn new(log: Log, path: PathBuf, index: Arc<Index>, stop: Arc<AtomicBool>, clock: Clock) -> Self {
        let name = Arc::new(Text::line(&path.to_string_lossy()));
        let (top, height, bottom) = (log.size(), 0, 0);
        Self {
            log,
            path,
            index,
            filter: Filter::default(),
            stop,
            clock,
            name,
            top,
            height,
            following: true,
            bottom,
        }
    }

    /// Does jobs until nobody has any.
    pub fn work(mut self, jobs: &Receiver<Job>, answer: &Sender<News>) {
        while let Ok(job) = jobs.recv() {
            let asked = matches!(job, Job::Sized(..));
            let before = (self.top, self.bottom, self.following);
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

    /// Whether every line is counted.
    fn is_counted(&self) -> bool {
        self.index.covered() >= self.log.size()
    }

    /// Does one; the lines to show, unless they stay.
    fn does(&mut self, job: Job) -> io::Result<(Option<Vec<Line>>, Option<Text>)> {
        let lines = match job {
            Job::Sized(height, job) => {
                self.height = height;
                return self.does(*job);
            }
            Job::Look => return self.look(),
            Job::Anew => self.show(self.top)?,
            Job::Top => {
                self.following = false;
                self.show(0)?
            }
            Job::Follow => self.tail()?,
            Job::Move(lines) if lines < 0 => {
                let back = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX).min(1 << 16);
                let before = self.pages().before(self.top, back)?;
                self.following = false;
                self.show(before.first().copied().unwrap_or(self.top))?
            }
            Job::Move(lines) => {
                let on = usize::try_from(lines).unwrap_or(usize::MAX).min(1 << 16);
                let next = self.pages().from(self.top, on + 1)?;
                let top = next.last().map_or(self.top, |line| line.offset);
                self.show(top)?
            }
            Job::Percent(percent) => {
                let at = (self.log.size() / 100).saturating_mul(percent).min(self.log.size());
                self.following = false;
                self.go(at)?
            }
            Job::Line(line) => match self.index.start_of(self.log.file(), line)? {
                Some(start) => {
                    self.following = false;
                    self.show(start)?
                }
                None if self.is_counted() => self.tail()?,
                None => return Ok((None, Some(Text::line("that line is not counted yet: try again soon")))),
            },
            Job::Time(moment) => {
                let at = self.log.seek(moment)?;
                self.following = false;
                self.show(at)?
            }
            Job::Find { what, back } => match self.pages().find(&what, self.top, back)? {
                Some(at) => {
                    self.following = false;
                    self.show(at)?
                }
                None => {
                    let words = if back { "not found further up" } else { "not found further down" };
                    return Ok((None, Some(Text::line(words))));
                }
            },
            Job::Filter(filter) => {
                self.filter = filter;
                if self.following { self.tail()? } else { self.show(self.top)? }
            }
        };
        Ok((Some(lines), None))
    }

    /// Sees whether the file has grown, was truncated, or is another one by now.
    fn look(&mut self) -> io::Result<(Option<Vec<Line>>, Option<Text>)> {
        let before = self.log.size();
        if self.log.file().is_at(&self.path) == Some(false) {
            self.log = Log::open(&self.path, Text::default())?;
            self.index = Arc::default();
            return Ok((
                Some(self.tail()?),
                Some(Text::line("another file stands in its place: the log was rotated")),
            ));
        }
        if self.log.refresh()? {
            self.index = Arc::default();
            return Ok((Some(self.tail()?), Some(Text::line("the log was truncated"))));
        }
        if self.log.size() == before {
            return Ok((None, None));
        }
        let lines = if self.following { Some(self.tail()?) } else { None };
        Ok((lines, None))
    }

    fn pages(&self) -> Pages<'_> {
        Pages::new(&self.log, &self.filter, &self.stop)
    }

    /// The line that holds a byte.
    fn go(&mut self, at: u64) -> io::Result<Vec<Line>> {
        let start = self.log.file().line_start(at.min(self.log.size().saturating_sub(1)))?;
        self.show(start)
    }

    fn tail(&mut self) -> io::Result<Vec<Line>> {
        self.following = true;
        let starts = self.pages().before(self.log.size(), self.height.max(1))?;
        self.show_from(starts.first().copied().unwrap_or(0))
    }

    /// A screen from the first shown line at `top` or behind it; the last screen where that would
    /// leave some of it empty.
    fn show(&mut self, top: u64) -> io::Result<Vec<Line>> {
        let lines = self.show_from(top)?;
        if lines.len() >= self.height || top == 0 {
            return Ok(lines);
        }
        self.tail()
    }

    fn show_from(&mut self, top: u64) -> io::Result<Vec<Line>> {
        let lines = self.pages().from(top, self.height)?;
        self.top = lines.first().map_or(top, |line| line.offset);
        self.bottom = lines.last().map_or(self.log.size(), |line| line.next);
        Ok(lines)
    }

    fn shown(&self, lines: Option<Vec<Line>>, notice: Option<Text>) -> io::Result<Shown> {
        let size = self.log.size();
        let place = Place {
            top: self.top,
            bottom: self.bottom,
            size,
            line: self.index.line_at(self.log.file(), self.top)?.map(|line| line + 1),
            indexed: (self.index.covered() * 100)
                .checked_div(size)
                .map_or(100, |percent| percent.min(100) as u8),
        };
        let seen = self.clock.now();
        let lines = lines.map(|lines| lines.iter().map(|line| self.line(line, seen)).collect());
        Ok(Shown {
            lines,
            place,
            following: self.following,
            notice,
            log: self.log.clone(),
            index: self.index.clone(),
        })
    }

    fn line(&self, line: &Line, seen: Time) -> LogLine {
        LogLine::parse(self.name.clone(), self.name.clone(), line.offset, &line.head, seen)
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
