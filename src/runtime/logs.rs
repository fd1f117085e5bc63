//! `flightdeck logs`: logs on their own, without an incident, a journal or a configuration.
//!
//! It joins the log engine with the clock and with whoever reads the result. Files are searched by
//! several threads; what comes out of a pipe or a compressed file is read as it comes.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::clock::Clock;
use crate::error::{Error, Result};
use crate::incident::filter::{pointed, when};
use crate::incident::{Text, Time};
use crate::logs::merge::{Pending, Printed, Strand, merge};
use crate::logs::{
    Bell, Came, Filter, Following, Input, Log, Moment, Opened, Query, Reading, Record, Shape, Stream, crew,
    print,
};

/// What a person asks of logs.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files, patterns, `-`.
    pub files: Vec<PathBuf>,
    /// Which records.
    pub filter: String,
    /// Not before.
    pub since: Option<String>,
    /// Before.
    pub until: Option<String>,
    /// Whether to go on with what is appended.
    pub follow: bool,
}

/// How a record is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it stands, made safe.
    Text,
    /// A line of JSON.
    Json,
}

/// What was read and cannot be seen in the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Records shown.
    pub records: u64,
    /// Records too long to be looked at to their end.
    pub cut: u64,
}

/// Logs that are ready to be read.
pub struct Logs {
    inputs: Vec<Input>,
    filter: Filter,
    since: Option<Moment>,
    until: Option<Moment>,
    follow: bool,
    clock: Clock,
}

/// Blocks read ahead of the search through a pipe: one that waits for each that is searched.
const BLOCKS: usize = 2;
/// Bytes of such a block.
const BLOCK: usize = 64 * 1024;
/// How long a record is held back for a stack trace that may follow it.
const HELD: Duration = Duration::from_millis(100);
/// The time between two looks at followed files that are quiet.
const LOOK: Duration = Duration::from_millis(100);
/// The same while lines come.
const SOON: Duration = Duration::from_millis(20);
/// Pieces of a log that are read before they can be merged with the others.
const AHEAD: usize = 1;

impl Logs {
    /// Reads what was asked.
    ///
    /// # Errors
    /// When the filter is none, a time is none, or a pattern fits no file.
    pub fn new(request: &Request, clock: Clock) -> Result<Self> {
        let now = clock.now();
        let filter = Filter::parse(&request.filter, now).map_err(|error| {
            let (typed, place) = pointed(&request.filter, &error);
            Error::user("the filter cannot be read").hint(format!("{typed}\n{place}"))
        })?;
        let since = moment("--since", request.since.as_deref(), now)?;
        let until = moment("--until", request.until.as_deref(), now)?;
        let inputs = Input::all(&request.files).map_err(|pattern| {
            let pattern = pattern.to_string_lossy();
            Error::user(format!("no file fits {}", Text::line(&pattern)))
                .hint("a pattern begins in this directory unless it begins with /")
        })?;
        let filter = filter.within(since, until);
        Ok(Self { inputs, filter, since, until, follow: request.follow, clock })
    }

    /// What is looked at, and through which filter.
    #[must_use]
    pub fn asked(&self) -> (&[Input], &Filter) {
        (&self.inputs, &self.filter)
    }

    /// Whether standard input is among it.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        self.inputs.contains(&Input::Stdin)
    }

    /// Counts what is there.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn count(&self) -> Result<Total> {
        let mut total = Total::default();
        for input in &self.inputs {
            let unreadable = |error| unreadable(input, error);
            match input.open().map_err(unreadable)? {
                Opened::Plain(file) => {
                    let log = Log::of(file, Text::line(&input.agent())).map_err(unreadable)?;
                    let range = log.span(self.since, self.until).map_err(unreadable)?;
                    let query = Query { filter: &self.filter, range, threads: crew::threads() };
                    let count = log.count(&query).map_err(unreadable)?;
                    total.records += count.records;
                    total.cut += count.cut;
                }
                Opened::Flow(flow) => {
                    let found = |_, _: Record<'_>, _: &Reading| total.records += 1;
                    let cut =
                        self.flow(input, flow, found, || ControlFlow::Continue(())).map_err(unreadable)?;
                    total.cut += cut;
                }
            }
        }
        Ok(total)
    }

    /// Hands what is shown to `sink`, in order, until it has enough; with following, goes on then.
    /// `tell` hears what happens to followed files.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn print(
        &self,
        form: Form,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
        tell: impl FnMut(String),
    ) -> Result<Total> {
        let chains = self.chains();
        let mut read = Read::default();
        let goes_on = match &chains[..] {
            [_] => self.read(&self.inputs, form, false, &mut read, &mut sink)?,
            chains => self.merged(chains, form, &mut read, &mut sink)?,
        };
        if goes_on.is_continue() && !read.followed.is_empty() {
            self.go_on(read.followed, sink, tell);
        }
        Ok(read.total)
    }

    /// The parts of each log, in their order.
    fn chains(&self) -> Vec<Vec<Input>> {
        let mut chains: Vec<(usize, Vec<Input>)> = Vec::new();
        for (input, number) in Input::chained(&self.inputs) {
            match chains.iter_mut().find(|(known, _)| *known == number) {
                Some((_, inputs)) => inputs.push(input),
                None => chains.push((number, vec![input])),
            }
        }
        chains.into_iter().map(|(_, inputs)| inputs).collect()
    }

    /// Reads several logs, each on a thread of its own, and hands their records on by their times.
    fn merged(
        &self,
        chains: &[Vec<Input>],
        form: Form,
        read: &mut Read,
        sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        thread::scope(|scope| {
            let (mut strands, mut readers) = (Vec::new(), Vec::new());
            for inputs in chains {
                let (send, pieces) = sync_channel(AHEAD);
                let patience = inputs.contains(&Input::Stdin).then_some(HELD);
                strands.push(Strand::new(pieces, patience));
                readers.push(scope.spawn(move || {
                    let mut read =
                        Read { threads: (crew::threads() / chains.len()).max(1), ..Read::default() };
                    // Nobody takes it any more: there is nothing to be told.
                    let hand_over = |piece: &[u8]| match send.send(piece.to_vec()) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    };
                    let outcome = self.read(inputs, form, true, &mut read, hand_over);
                    outcome.map(|_| read)
                }));
            }
            let goes_on = merge(strands, sink);
            for reader in readers {
                let of = reader.join().map_err(|_| Error::internal("reading a log failed"))??;
                read.total.cut += of.total.cut;
                read.followed.extend(of.followed);
            }
            Ok(goes_on)
        })
    }

    /// Reads inputs one after the other; with `timed`, their records are made to be merged.
    fn read(
        &self,
        inputs: &[Input],
        form: Form,
        timed: bool,
        read: &mut Read,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        for input in inputs {
            let unreadable = |error| unreadable(input, error);
            let line = Line { timed, ..self.line(input, form) };
            let goes_on = match input.open().map_err(unreadable)? {
                Opened::Plain(file) => {
                    let log = Log::of(file, Text::line(&input.agent())).map_err(unreadable)?;
                    let mut range = log.span(self.since, self.until).map_err(unreadable)?;
                    if let (true, Input::File(path)) = (self.follow, input) {
                        let last = log.last_record().map_err(unreadable)?;
                        range.end = range.end.min(last);
                        range.start = range.start.min(last);
                        let (line, reading) = (self.line(input, form), log.reading().clone());
                        read.followed.push(Followed { path: path.clone(), line, reading, from: last });
                    }
                    self.search(&log, range, read.threads, &line, &mut sink).map_err(unreadable)?
                }
                Opened::Flow(flow) => {
                    let out = std::cell::RefCell::new(Vec::new());
                    let found = |at, record: Record<'_>, reading: &Reading| {
                        line.append(at, &record, reading, &mut out.borrow_mut());
                    };
                    let mut ended = ControlFlow::Continue(());
                    let cut = self.flow(input, flow, found, || {
                        let mut out = out.borrow_mut();
                        if !out.is_empty() {
                            ended = sink(&out);
                            out.clear();
                        }
                        ended
                    });
                    read.total.cut += cut.map_err(unreadable)?;
                    ended
                }
            };
            if goes_on.is_break() {
                return Ok(goes_on);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn search(
        &self,
        log: &Log,
        range: std::ops::Range<u64>,
        threads: usize,
        line: &Line,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        let query = Query { filter: &self.filter, range, threads };
        let mut ended = ControlFlow::Continue(());
        let render = |at: u64, record: &Record<'_>, out: &mut Vec<u8>| {
            line.append(at, record, log.reading(), out);
        };
        log.render(&query, render, |out| {
            ended = sink(out);
            ended
        })?;
        Ok(ended)
    }

    /// Reads a flow to its end: `found` hears of each record, `rest` is called whenever nothing more
    /// is there at once, and may end it. How many records were too long.
    fn flow(
        &self,
        input: &Input,
        flow: Box<dyn io::Read + Send>,
        mut found: impl FnMut(u64, Record<'_>, &Reading),
        mut rest: impl FnMut() -> ControlFlow<()>,
    ) -> io::Result<u64> {
        let reading = Reading {
            shape: Shape::default(),
            newest: self.clock.now().into(),
            agent: Text::line(&input.agent()),
        };
        let mut stream = Stream::new(reading.clone());
        let mut take = |at: u64, record: Record<'_>| found(at, record, &reading);
        let blocks = read_ahead(flow);
        loop {
            match blocks.recv_timeout(HELD) {
                Ok(block) => stream.feed(&block?, &self.filter, &mut take),
                Err(RecvTimeoutError::Timeout) => stream.flush(&self.filter, &mut take),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if rest().is_break() {
                return Ok(stream.cut());
            }
        }
        stream.finish(&self.filter, &mut take);
        let _ = rest();
        Ok(stream.cut())
    }

    /// Follows until nobody reads any more.
    fn go_on(
        &self,
        followed: Vec<Followed>,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
        mut tell: impl FnMut(String),
    ) {
        let mut following = Following::new();
        let mut bell = Bell::new();
        for Followed { path, reading, from, .. } in &followed {
            bell.listen(path);
            following.add(path, reading.clone(), *from);
        }
        let (mut out, mut pending, several) = (Vec::new(), Pending::default(), followed.len() > 1);
        loop {
            let found = |place: usize, at: u64, record: Record<'_>| {
                let Followed { line, reading, .. } = &followed[place];
                if several {
                    let time = record.time(reading.newest);
                    pending.push(place, time, |out| line.append(at, &record, reading, out));
                } else {
                    line.append(at, &record, reading, &mut out);
                }
            };
            let came =
                following.step(self.clock.now(), &self.filter, found, |notice| tell(notice.to_string()));
            if several {
                pending.give(came != Came::Nothing, &mut out);
            }
            // An empty write would not find out that nobody reads any more; the next line will.
            if !out.is_empty() && sink(&out).is_break() {
                return;
            }
            out.clear();
            match came {
                Came::More => {}
                Came::All => thread::sleep(SOON),
                Came::Nothing => bell.wait_here(LOOK, SOON),
            }
        }
    }

    fn line(&self, input: &Input, form: Form) -> Line {
        let name = Text::line(&input.name());
        let mark = if self.inputs.len() > 1 { format!("{name}: ") } else { String::new() };
        Line { form, name, mark, timed: false }
    }
}

/// How the records of one input are printed.
#[derive(Clone)]
struct Line {
    form: Form,
    name: Text,
    mark: String,
    /// Whether it is to be merged with others.
    timed: bool,
}

/// What reading brought besides records.
struct Read {
    total: Total,
    followed: Vec<Followed>,
    threads: usize,
}

impl Default for Read {
    fn default() -> Self {
        Self { total: Total::default(), followed: Vec::new(), threads: crew::threads() }
    }
}

/// A file that is followed from where it was read to.
struct Followed {
    path: PathBuf,
    line: Line,
    reading: Reading,
    from: u64,
}

impl Line {
    fn append(&self, at: u64, record: &Record<'_>, reading: &Reading, out: &mut Vec<u8>) {
        if self.timed {
            let time = record.time(reading.newest);
            return Printed::append(time, out, |out| self.print(at, record, reading, out));
        }
        self.print(at, record, reading, out);
    }

    fn print(&self, at: u64, record: &Record<'_>, reading: &Reading, out: &mut Vec<u8>) {
        match self.form {
            Form::Text => print::text(&self.mark, record, out),
            Form::Json => print::json(self.name.as_str(), at, record, reading, out),
        }
    }
}

/// Reads on a thread of its own, so that a record is not held back because nothing comes. The
/// thread ends with the flow, or when nobody takes its blocks.
fn read_ahead(mut flow: Box<dyn io::Read + Send>) -> Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = sync_channel(BLOCKS);
    thread::spawn(move || {
        loop {
            let mut block = vec![0; BLOCK];
            let read = match flow.read(&mut block) {
                Ok(0) => return,
                Ok(got) => {
                    block.truncate(got);
                    Ok(block)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let is_over = read.is_err();
            if send.send(read).is_err() || is_over {
                return;
            }
        }
    });
    receive
}

fn moment(option: &str, typed: Option<&str>, now: Time) -> Result<Option<Moment>> {
    let Some(typed) = typed else { return Ok(None) };
    let read = when::read(typed, now);
    read.map(Some)
        .ok_or_else(|| Error::user(format!("{option} {} is no time", Text::line(typed))).hint(when::FORMS))
}

/// A log that cannot be read, and what can be done about it.
pub(super) fn unreadable(input: &Input, error: io::Error) -> Error {
    let name = Text::line(&input.name());
    let kind = error.kind();
    let told = Error::user(format!("cannot read {name}")).because(error);
    if kind == io::ErrorKind::NotFound {
        told.hint("a pattern in quotes, as in 'logs/*.log', finds what there is")
    } else if kind == io::ErrorKind::PermissionDenied {
        told.hint(format!("whoever may read it can hand it over: sudo cat {name} | flightdeck logs -"))
    } else if kind == io::ErrorKind::IsADirectory {
        told.hint(format!("name its files, as in '{name}/*.log'"))
    } else {
        told
    }
}
