//! Logs on a person's whole terminal: `flightdeck logs FILE...` where somebody looks.
//!
//! The thread that has the keys never touches a file: a clerk on a thread of its own moves
//! through them, a second thread counts their lines, a third what passes the filter. The screen waits
//! for none of them; a key that asks for something else stops what is under way.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::clerk::{Clerk, Job, Shown};
use super::clock::Clock;
use super::logs::unreadable;
use super::measure::{Measured, measure};
use super::seat::Seat;
use super::session::Front;
use crate::app::key::Input;
use crate::app::pager::{Chart, Pager, Passed, Wish};
use crate::app::theme::Role;
use crate::error::{Error, Result};
use crate::incident::Text;
use crate::incident::hint::Hints;
use crate::logs;
use crate::logs::{Filter, Index, Log, LogFile, Many, Opened, Query, Source, crew, spool};
use crate::tui::pager;
use crate::tui::terminal::LocalTty;
use crate::tui::theme::Skin;

/// News on their way to the screen: each thread has one under way at a time.
const NEWS: usize = 16;
/// The time between two looks at a log that grows, or that is being indexed.
const ACTIVE: Duration = Duration::from_millis(100);
/// The time between two answers to a log that pours.
const SOON: Duration = Duration::from_millis(30);
/// Looking goes on without being called.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
/// The time between two looks at one that is quiet.
const QUIET: Duration = Duration::from_secs(1);
/// The time between two words on how far counting is.
const PROGRESS: Duration = Duration::from_millis(100);

/// What the threads tell.
pub(super) enum News {
    /// What there is to show, and whether a person waits for it.
    Shown {
        asked: bool,
        shown: Box<io::Result<Shown>>,
    },
    Passed {
        filter: u64,
        passed: Passed,
    },
    Measured {
        filter: u64,
        measured: Box<Measured>,
    },
    Indexed,
    /// Something happened where the logs lie.
    Stirred,
    /// Something happened to what is read.
    Told(Text),
}

/// Says when something happens to logs, until nobody wants to know.
async fn listen(paths: Vec<PathBuf>, tell: mpsc::Sender<News>) {
    let mut bell = logs::Bell::new();
    paths.iter().for_each(|path| bell.listen(path));
    loop {
        bell.wait(NEVER, SOON).await;
        if tell.send(News::Stirred).await.is_err() {
            return;
        }
    }
}

/// Shows logs until the person leaves.
///
/// # Errors
/// When one cannot be read, or there is no terminal.
pub fn run(front: Front, inputs: &[logs::Input], filter: Filter, hints: Hints, clock: Clock) -> Result<()> {
    let has_keys = io::stdin().is_terminal();
    let opened = if has_keys { LocalTty::open() } else { LocalTty::open_beside_input() };
    let tty = opened.map_err(|error| Error::user("this needs a terminal").because(error))?;
    let (tell, news) = mpsc::channel(NEWS);
    let many = open(inputs, &tell)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot hear signals").because(error))?;
    let _runtime = runtime.enter();
    // Before the terminal is taken: a signal must not end the process with it.
    let signals = Signals::hear()?;
    let paths: Vec<_> = many.sources.iter().filter_map(|source| source.path.clone()).collect();
    runtime.spawn(listen(paths, tell.clone()));
    let mut session = Session::new(tty, front, many, filter, clock, (tell, news))?;
    session.hints = Arc::new(hints);
    session.live(signals)
}

/// Opens all of them. What can be read only once is kept in a file without a name, to be read anywhere.
fn open(inputs: &[logs::Input], tell: &mpsc::Sender<News>) -> Result<Many> {
    let mut many = Many::default();
    for (input, chain) in logs::Input::chained(inputs) {
        let broken = |error: io::Error| unreadable(&input, error);
        let (name, agent) = (input.name(), input.agent());
        let mark = if agent.is_empty() { &name } else { &agent };
        let (file, path) = match (input.open().map_err(broken)?, &input) {
            (Opened::Plain(file), logs::Input::File(path)) => (file, Some(path.clone())),
            (Opened::Plain(file), logs::Input::Stdin) => (file, None),
            (Opened::Flow(flow), _) => {
                let (tell, name) = (tell.clone(), Text::line(&name));
                let file = spool::keep(flow, move |error| {
                    let told = Text::line(&format!("{name} cannot be read on: {error}"));
                    // Whoever left does not want to know.
                    drop(tell.blocking_send(News::Told(told)));
                });
                (file.map_err(broken)?, None)
            }
        };
        let log = Log::of(file, Text::line(&agent)).map_err(broken)?;
        many.sources.push(Source::new(log, path, &name, mark, chain));
    }
    Ok(many)
}

struct Session {
    pager: Pager,
    skin: Skin,
    seat: Seat,
    look_at: Instant,
    clock: Clock,
    /// What is set off: the last search, else the filter.
    found: Filter,
    filter: Filter,
    wishes: VecDeque<Wish>,
    jobs: channel::SyncSender<Job>,
    /// Whether the clerk has a job that a person waits for.
    busy: bool,
    /// Whether it is to look at the file.
    looking: bool,
    stop: Arc<AtomicBool>,
    news: mpsc::Receiver<News>,
    tell: mpsc::Sender<News>,
    indexer: channel::SyncSender<ToIndex>,
    many: Many,
    /// What lines may hint at.
    hints: Arc<Hints>,
    /// Which bars are being measured, and how to stop that.
    measuring: (u64, Arc<AtomicBool>),
    /// Which filter is being counted, and how to stop that.
    counting: (u64, Arc<AtomicBool>),
    grew: bool,
    left: bool,
}

/// Why the loop woke up.
enum Woken {
    News(News),
    Stop,
    Suspend,
    Resized,
}

impl Session {
    fn new(
        tty: LocalTty,
        front: Front,
        many: Many,
        filter: Filter,
        clock: Clock,
        (tell, news): (mpsc::Sender<News>, mpsc::Receiver<News>),
    ) -> Result<Self> {
        let size = tty.size();
        let seat = Seat::take(tty, front.modes, front.depth, front.frames_per_second)?;
        let name = match &many.sources[..] {
            [source] => (*source.name).clone(),
            sources => Text::line(&format!("{} logs", sources.len())),
        };
        let mut pager = Pager::new(name, size, filter.source());
        pager.marked = many.sources.len() > 1;
        let stop = Arc::new(AtomicBool::new(false));
        let clerk = Clerk::new(many.clone(), stop.clone(), clock.clone());
        // One job that a person waits for, and one look at the file.
        let (jobs, desk) = channel::sync_channel(2);
        let answer = tell.clone();
        thread::spawn(move || clerk.work(&desk, &answer));
        // The next size to index up to; a later look brings a later one.
        let (indexer, files) = channel::sync_channel(1);
        let done = tell.clone();
        thread::spawn(move || index_files(&files, &done));
        let mut session = Self {
            pager,
            skin: front.skin,
            seat,
            look_at: Instant::now(),
            clock,
            found: filter.clone(),
            filter: filter.clone(),
            wishes: VecDeque::new(),
            jobs,
            busy: false,
            looking: false,
            stop,
            news,
            tell,
            indexer,
            many,
            hints: Arc::default(),
            measuring: (0, Arc::new(AtomicBool::new(false))),
            counting: (0, Arc::new(AtomicBool::new(false))),
            grew: true,
            left: false,
        };
        session.send(Job::Filter(filter));
        session.count();
        Ok(session)
    }

    fn live(mut self, mut signals: Signals) -> Result<()> {
        self.draw()?;
        while !self.left {
            let now = Instant::now();
            let frame = self.seat.frame_in().map(|due| now + due);
            let at =
                [frame, self.seat.escape_at(), Some(self.look_at)].into_iter().flatten().min().unwrap_or(now);
            let news = &mut self.news;
            let first = async {
                tokio::select! {
                    biased;
                    woken = signals.wait() => woken,
                    // The session holds a sender itself.
                    Some(news) = news.recv() => Woken::News(news),
                }
            };
            let ended = self.seat.wait(first, at)?;
            if ended.readable {
                let inputs = self.seat.read();
                self.hear(inputs);
            }
            match ended.ready {
                Some(Woken::News(news)) => self.take(news),
                Some(Woken::Stop) => self.left = true,
                Some(Woken::Resized) => self.look_anew(),
                Some(Woken::Suspend) => self.suspend()?,
                None => {}
            }
            // However much news there is, what is due is done.
            self.do_what_is_due()?;
        }
        self.stop.store(true, Ordering::Relaxed);
        self.counting.1.store(true, Ordering::Relaxed);
        self.measuring.1.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Does what its time has come for: the rest of an escape sequence, a look at the log, a frame.
    fn do_what_is_due(&mut self) -> Result<()> {
        let now = Instant::now();
        if self.seat.escape_at().is_some_and(|at| at <= now) {
            let inputs = self.seat.give_up_escape();
            self.hear(inputs);
        }
        if self.look_at <= now {
            let active = self.grew || self.many.covered() < self.many.size();
            self.look_at = now + if active { ACTIVE } else { QUIET };
            if !self.busy && !self.looking {
                self.looking = self.jobs.try_send(Job::Look).is_ok();
            }
        }
        if self.seat.is_frame_due() {
            self.draw()?;
        }
        Ok(())
    }

    fn hear(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            let wish = self.pager.hear(input);
            self.seat.pace.key();
            match wish {
                None => {}
                Some(Wish::Leave) => self.left = true,
                Some(Wish::Move(lines)) => {
                    if let Some(Wish::Move(more)) = self.wishes.back_mut() {
                        *more = more.saturating_add(lines);
                    } else {
                        self.wishes.push_back(Wish::Move(lines));
                    }
                }
                Some(Wish::Anew) => {
                    self.wishes.retain(|wish| *wish != Wish::Anew);
                    self.wishes.push_back(Wish::Anew);
                }
                Some(wish) => {
                    // Whatever is looked for far away, something else is wanted now.
                    self.stop.store(true, Ordering::Relaxed);
                    if matches!(wish, Wish::Filter(_)) {
                        self.wishes.retain(|wish| !matches!(wish, Wish::Filter(_) | Wish::Anew));
                    }
                    self.wishes.push_back(wish);
                }
            }
        }
        self.serve();
    }

    /// Hands the next wish on, if the clerk is free.
    fn serve(&mut self) {
        while !self.busy
            && let Some(wish) = self.wishes.pop_front()
        {
            match self.job(wish) {
                // A prompt that is closed leaves a line more to show the log in.
                Ok(job) => {
                    if job.closes_a_prompt() {
                        self.pager.accept();
                    }
                    self.send(job);
                }
                Err(error) => self.pager.refuse(error),
            }
        }
    }

    fn job(&mut self, wish: Wish) -> std::result::Result<Job, crate::incident::FilterError> {
        let now = self.clock.now();
        Ok(match wish {
            Wish::Move(lines) => Job::Move(lines),
            Wish::Top => Job::Top,
            Wish::Follow => Job::Follow,
            Wish::Anew | Wish::Leave => Job::Anew,
            Wish::Mute(name) => Job::Mute(name),
            Wish::Jump(to) => {
                let shown = self.pager.lines.iter().rev().find_map(|line| line.at);
                Job::jump(&to, now, shown)?
            }
            Wish::Bars(_) => {
                self.measure();
                Job::Anew
            }
            Wish::At(time) => Job::Time(time.into()),
            Wish::Find { what, back } => {
                self.found = Filter::parse(&what, now)?;
                self.pager.search = what;
                Job::Find { what: self.found.clone(), back }
            }
            Wish::Filter(text) => {
                self.filter = Filter::parse(&text, now)?;
                if self.pager.search.is_empty() {
                    self.found = self.filter.clone();
                }
                self.pager.filter = text;
                self.count();
                self.measure();
                Job::Filter(self.filter.clone())
            }
        })
    }

    fn send(&mut self, job: Job) {
        self.stop.store(false, Ordering::Relaxed);
        let height = self.pager.height();
        // There is always room: see the channel.
        let sent = self.jobs.send(Job::Sized(height, Box::new(job)));
        self.busy = sent.is_ok();
        self.pager.waiting = self.busy;
    }

    fn take(&mut self, news: News) {
        match news {
            News::Shown { asked, shown } => {
                if asked {
                    self.busy = false;
                    self.pager.waiting = false;
                    self.seat.pace.key();
                } else {
                    self.looking = false;
                    self.seat.pace.change();
                }
                match *shown {
                    Ok(shown) => self.show(shown),
                    Err(error) => self.pager.notice = Some(Text::line(&format!("{error}"))),
                }
                self.serve();
            }
            News::Passed { filter, passed } => {
                if filter == self.counting.0 {
                    self.pager.passed = Some(passed);
                    self.seat.pace.change();
                }
            }
            News::Measured { filter, measured } => {
                if let Some(chart) = self.pager.chart.as_mut().filter(|_| filter == self.measuring.0) {
                    let Measured { bars, tally, all } = *measured;
                    (chart.hinted, chart.bars, chart.all) = (tally.words(&self.hints), bars, all);
                    self.seat.pace.change();
                }
            }
            News::Told(told) => {
                self.pager.notice = Some(told);
                self.seat.pace.change();
            }
            News::Stirred => self.look_at = Instant::now(),
            News::Indexed => {
                self.look_at = Instant::now();
                self.seat.pace.change();
            }
        }
    }

    fn show(&mut self, shown: Shown) {
        self.grew = shown.many.size() != self.many.size();
        if let Some(notice) = shown.notice {
            self.pager.notice = Some(notice);
        }
        let muted = |many: &Many| many.sources.iter().filter(|source| source.muted).count();
        let is_muted_anew = muted(&shown.many) != muted(&self.many);
        self.many = shown.many;
        self.pager.following = shown.following;
        self.pager.place = shown.place;
        if let Some(lines) = shown.lines {
            self.pager.lines = lines;
        }
        let open = self.many.sources.iter().filter(|source| source.index.covered() < source.log.size());
        let open: ToIndex =
            open.map(|source| (source.log.handle(), source.index.clone(), source.log.size())).collect();
        if !open.is_empty() {
            // It is busy with less, and asked again at the next look.
            drop(self.indexer.try_send(open));
        }
        if is_muted_anew {
            self.measure();
            self.count();
        }
    }

    /// Counts what passes the filter, on threads of its own.
    fn count(&mut self) {
        self.counting.1.store(true, Ordering::Relaxed);
        let stop = Arc::new(AtomicBool::new(false));
        self.counting = (self.counting.0 + 1, stop.clone());
        self.pager.passed = None;
        if self.filter.is_empty() {
            return;
        }
        let logs = self.heard();
        let (number, filter, tell) = (self.counting.0, self.filter.clone(), self.tell.clone());
        thread::spawn(move || count(&logs, &filter, number, &stop, &tell));
    }

    /// The logs that are not muted.
    fn heard(&self) -> Vec<Log> {
        let heard = self.many.sources.iter().filter(|source| !source.muted);
        heard.map(|source| source.log.clone()).collect()
    }

    /// Reads all that passes the filter for the bars, if there are any, on threads of its own.
    fn measure(&mut self) {
        self.measuring.1.store(true, Ordering::Relaxed);
        let Some(chart) = &mut self.pager.chart else { return };
        *chart = Chart::default();
        let stop = Arc::new(AtomicBool::new(false));
        self.measuring = (self.measuring.0 + 1, stop.clone());
        let (number, filter, hints) = (self.measuring.0, self.filter.clone(), self.hints.clone());
        let (logs, tell) = (self.heard(), self.tell.clone());
        thread::spawn(move || measure(&logs, &filter, &hints, number, &stop, &tell));
    }

    fn suspend(&mut self) -> Result<()> {
        let resized = self.seat.suspend()?;
        self.hear(vec![resized]);
        Ok(())
    }

    fn look_anew(&mut self) {
        let resized = self.seat.look_anew();
        self.hear(vec![resized]);
    }

    fn draw(&mut self) -> Result<()> {
        let (pager, skin, found) = (&self.pager, &self.skin, &self.found);
        self.seat.draw(|canvas| {
            let area = canvas.area();
            let buffer = canvas.part(area, skin.style(Role::Text));
            pager::draw(pager, skin, &|text| found.found_in(text), area, buffer)
        })
    }
}

/// Files, their indices, and up to where they are to be indexed.
type ToIndex = Vec<(Arc<LogFile>, Arc<Index>, u64)>;

/// Indexes what it is handed until nobody asks any more.
fn index_files(files: &channel::Receiver<ToIndex>, tell: &mpsc::Sender<News>) {
    let go = AtomicBool::new(false);
    while let Ok(open) = files.recv() {
        for (file, index, size) in open {
            // What cannot be read is said by whoever shows it.
            drop(index.extend(&file, size, crew::threads(), &go));
        }
        if tell.blocking_send(News::Indexed).is_err() {
            return;
        }
    }
}

/// Counts what passes a filter, and says now and then how far it is.
fn count(logs: &[Log], filter: &Filter, number: u64, stop: &AtomicBool, tell: &mpsc::Sender<News>) {
    use std::ops::ControlFlow::{Break, Continue};
    let mut passed = Passed { records: 0, all: true };
    let mut said = Instant::now();
    for log in logs {
        let query = Query { filter, range: 0..log.size(), threads: crew::threads() };
        let outcome = log.render(
            &query,
            |_, _, out| out.push(b'.'),
            |out| {
                passed.records += out.len() as u64;
                if stop.load(Ordering::Relaxed) {
                    return Break(());
                }
                if said.elapsed() >= PROGRESS {
                    said = Instant::now();
                    let passed = Passed { all: false, ..passed };
                    if tell.blocking_send(News::Passed { filter: number, passed }).is_err() {
                        return Break(());
                    }
                }
                Continue(())
            },
        );
        passed.all &= outcome.is_ok();
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
    drop(tell.blocking_send(News::Passed { filter: number, passed }));
}

/// Signals that end or stop a session, or tell it of a new size.
struct Signals {
    term: Signal,
    hangup: Signal,
    int: Signal,
    suspend: Signal,
    window: Signal,
}

impl Signals {
    fn hear() -> Result<Self> {
        /// SIGTSTP has no name in tokio.
        const TSTP: i32 = rustix::process::Signal::TSTP.as_raw();
        let broken = |error: io::Error| Error::internal("signals cannot be heard").because(error);
        Ok(Self {
            term: signal(SignalKind::terminate()).map_err(broken)?,
            hangup: signal(SignalKind::hangup()).map_err(broken)?,
            int: signal(SignalKind::interrupt()).map_err(broken)?,
            suspend: signal(SignalKind::from_raw(TSTP)).map_err(broken)?,
            window: signal(SignalKind::window_change()).map_err(broken)?,
        })
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            _ = self.term.recv() => Woken::Stop,
            _ = self.hangup.recv() => Woken::Stop,
            _ = self.int.recv() => Woken::Stop,
            _ = self.suspend.recv() => Woken::Suspend,
            _ = self.window.recv() => Woken::Resized,
        }
    }
}
