//! Drives all followers and hands their lines on: the joint between files and tasks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::batch::{Happening, LogBatch, Notice, append};
use super::bell::Bell;
use super::follow::{Follower, Found, Patience, Start};
use super::ledger::Ledger;
use super::source::LogSource;
use crate::incident::block::Origin;
use crate::incident::name::Time;
use crate::incident::{LogBlock, Text};

/// How files are followed. The default suits a person watching.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many of the last lines of each file that is there already are read first.
    pub tail_lines: usize,
    /// The time between two looks at the files while lines come.
    pub active: Duration,
    /// The time between two looks when none came for a while.
    pub quiet: Duration,
    /// The same while more lines come than anybody reads. A little longer than a frame of a screen, so
    /// that each brings one frame, at once.
    pub flood: Duration,
    /// The time between two look-ups of patterns.
    pub rescan: Duration,
    /// How long a file that left its path is held open after its last change.
    pub linger: Duration,
    /// How long a last line may stay without its end before it is shown as it is.
    pub unfinished: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tail_lines: 1_000,
            active: Duration::from_millis(20),
            flood: Duration::from_millis(34),
            quiet: Duration::from_millis(200),
            rescan: Duration::from_secs(2),
            linger: Duration::from_secs(10),
            unfinished: Duration::from_secs(2),
        }
    }
}

/// Follows `sources` until `cancel` or until the receiver is gone.
///
/// Nothing is read that `out` has no room for; a small capacity (4, say) is enough, since every batch
/// holds up to 16,000 lines. `clock` says what time it is.
pub fn spawn(
    sources: Vec<LogSource>,
    settings: Settings,
    clock: impl Fn() -> Time + Send + 'static,
    out: mpsc::Sender<LogBatch>,
    cancel: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let tail = Tail::new(sources, settings);
        // Cancelled, or the receiver is gone: either way there is nobody left to tell.
        let _end = cancel.run_until_cancelled(run(tail, clock, out)).await;
    })
}

/// Ends when the receiver is gone.
async fn run(mut tail: Tail, clock: impl Fn() -> Time, out: mpsc::Sender<LogBatch>) -> Option<()> {
    let mut wait = Duration::ZERO;
    let (mut bell, mut listened) = (Bell::new(), 0);
    loop {
        bell.wait(wait, tail.pause()).await;
        let permit = loop {
            tokio::select! {
                biased;
                permit = out.reserve() => break permit.ok()?,
                // No room: nothing is read, but files that come and go are still seen.
                () = sleep(tail.settings.quiet) => tail = off_thread(tail, clock(), Tail::look).await?.0,
            }
        };
        let (driven, batch) = off_thread(tail, clock(), Tail::step).await?;
        tail = driven;
        wait = tail.wait();
        if listened != tail.files.len() {
            tail.files.iter().for_each(|file| bell.listen(file.follower.path()));
            listened = tail.files.len();
        }
        if !batch.is_empty() {
            permit.send(batch);
        }
    }
}

/// Files may be slow, on a network above all: no async thread waits for them.
async fn off_thread<T: Send + 'static>(
    mut tail: Tail,
    now: Time,
    work: impl FnOnce(&mut Tail, Time) -> T + Send + 'static,
) -> Option<(Tail, T)> {
    let done = spawn_blocking(move || {
        let result = work(&mut tail, now);
        (tail, result)
    });
    done.await.ok()
}

/// All followers of one receiver.
struct Tail {
    settings: Settings,
    agents: Vec<Agent>,
    patterns: Vec<Pattern>,
    files: Vec<Followed>,
    collected: Collected,
    buf: Vec<u8>,
    /// Whose turn it is to be read first: a file that pours must not silence the others.
    turn: usize,
    looked: Option<Time>,
    scanned: Option<Time>,
    /// When a line came last.
    heard: Option<Time>,
    /// The last step brought lines.
    came: bool,
    /// It brought more than anybody reads in that time.
    flooded: bool,
    /// There is more to read at once.
    behind: bool,
}

struct Agent {
    name: Arc<Text>,
    ledger: Ledger,
}

struct Pattern {
    agent: usize,
    source: LogSource,
    /// It has no match, and that was said.
    empty: bool,
}

struct Followed {
    agent: usize,
    source: Arc<Text>,
    follower: Follower,
    /// A pattern found it: when it is gone for good, nobody waits for it.
    found: bool,
    /// What is read of it was there before it was followed.
    backlog: bool,
}

impl Tail {
    /// Lines in a batch: they are not read before they are shown, so many are a short work too.
    const LINES_MAX: usize = 16_000;
    /// Bytes of memory a batch may take; what one read brings may go beyond it.
    const WEIGHT_MAX: usize = 4 * 1024 * 1024;
    /// Lines of a step that no screen has room for.
    const FLOOD: usize = 200;
    /// Bytes read at once, and so about the largest block. Of blocks of twice as many the allocator asks
    /// the system for each, and gives it back: in a flood that costs more than reading.
    const BUF: usize = 64 * 1024;
    /// Notices kept while there is no room for a batch: the latest of a file that comes and goes for
    /// hours say enough.
    const NOTICES_MAX: usize = 1_000;
    /// A share of the time that is kept free for each file.
    const LOOK: Duration = Duration::from_micros(200);
    /// Without a line for this long it is quiet.
    const HEARD: Duration = Duration::from_secs(2);

    fn new(sources: Vec<LogSource>, settings: Settings) -> Self {
        let mut tail = Self {
            settings,
            agents: Vec::new(),
            patterns: Vec::new(),
            files: Vec::new(),
            collected: Collected::default(),
            buf: vec![0; Self::BUF],
            turn: 0,
            looked: None,
            scanned: None,
            heard: None,
            came: false,
            flooded: false,
            behind: false,
        };
        for source in sources {
            let agent = tail.agent(&source.agent);
            if source.is_pattern() {
                tail.patterns.push(Pattern { agent, source, empty: false });
            } else {
                tail.follow(agent, source.path, Start::Tail(tail.settings.tail_lines), false);
            }
        }
        tail
    }

    fn agent(&mut self, name: &Text) -> usize {
        self.agents.iter().position(|agent| *agent.name == *name).unwrap_or_else(|| {
            self.agents.push(Agent { name: Arc::new(name.clone()), ledger: Ledger::default() });
            self.agents.len() - 1
        })
    }

    fn follow(&mut self, agent: usize, path: PathBuf, start: Start, found: bool) {
        if self.files.iter().any(|file| file.agent == agent && file.follower.path() == path) {
            return;
        }
        let source = Arc::new(Text::line(&path.to_string_lossy()));
        let patience = Patience { linger: self.settings.linger, unfinished: self.settings.unfinished };
        let follower = Follower::new(path, start, patience);
        self.files.push(Followed { agent, source, follower, found, backlog: true });
    }

    /// Looks if it is time to, and reads one batch.
    fn step(&mut self, now: Time) -> LogBatch {
        // Half the time between two looks: the two clocks need not agree to the millisecond.
        if is_due(self.looked, self.settings.active / 2, now) {
            self.look(now);
        }
        self.read(now);
        self.flooded = self.collected.lines > Self::FLOOD;
        let batch = std::mem::take(&mut self.collected).into_batch();
        self.came = !batch.blocks.is_empty();
        if self.came {
            self.heard = Some(now);
        }
        batch
    }

    /// The shortest time between two steps, unless there is more to read at once.
    fn pause(&self) -> Duration {
        if self.flooded { self.settings.flood } else { self.settings.active }
    }

    /// How long nothing need be done after a step, if nothing is heard of the files.
    fn wait(&self) -> Duration {
        let (active, quiet) = (self.pause(), self.settings.quiet);
        let is_quiet = self.looked.is_none_or(|now| is_due(self.heard, Self::HEARD, now));
        // Looking at many files takes its time too.
        let active = active.max(Self::LOOK * u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let wait = match (self.came, is_quiet) {
            (true, _) => active,
            (false, false) => active * 5,
            (false, true) => quiet,
        };
        if self.behind { Duration::ZERO } else { wait.min(quiet) }
    }

    /// Looks at every path, and now and then for new ones.
    fn look(&mut self, now: Time) {
        if is_due(self.scanned, self.settings.rescan, now) {
            self.scan(now);
        }
        self.looked = Some(now);
        for file in &mut self.files {
            let Agent { name, ledger } = &mut self.agents[file.agent];
            let sink = &mut self.collected.sink(name, &file.source, (now, file.backlog));
            file.follower.look(now, ledger, sink);
        }
        self.files.retain(|file| !(file.found && file.follower.is_over()));
        let notices = &mut self.collected.batch.notices;
        let surplus = notices.len().saturating_sub(Self::NOTICES_MAX);
        notices.drain(..surplus);
    }

    /// Looks for new files that fit a pattern.
    fn scan(&mut self, now: Time) {
        let start = match self.scanned.replace(now) {
            None => Start::Tail(self.settings.tail_lines),
            Some(_) => Start::Beginning,
        };
        for mut pattern in std::mem::take(&mut self.patterns) {
            let paths = pattern.source.expand();
            let empty = paths.is_empty();
            if empty && !pattern.empty {
                let source = Arc::new(Text::line(&pattern.source.path.to_string_lossy()));
                let name = &self.agents[pattern.agent].name;
                let sink = &mut self.collected.sink(name, &source, (now, true));
                sink(Found::Happening(Happening::NoMatch));
            }
            pattern.empty = empty;
            for path in paths {
                self.follow(pattern.agent, path, start, true);
            }
            self.patterns.push(pattern);
        }
    }

    /// Reads until the batch is full or everything is read, each file in its turn.
    fn read(&mut self, now: Time) {
        while self.read_round(now) {}
    }

    /// Reads once from each file, and says whether there is more to read and room for it.
    fn read_round(&mut self, now: Time) -> bool {
        let files = self.files.len();
        let (first, before) = (self.turn, self.collected.weight);
        for step in 0..files {
            let place = (first + step) % files;
            let Followed { agent, source, follower, backlog, .. } = &mut self.files[place];
            let Agent { name, ledger } = &mut self.agents[*agent];
            let mut room = Self::LINES_MAX.saturating_sub(self.collected.lines);
            let mut sink = self.collected.sink(name, source, (now, *backlog));
            follower.read(now, &mut self.buf, &mut room, ledger, &mut sink);
            drop(sink);
            // A last line without its end is given out as it is after a while, and was there too.
            *backlog &= !follower.is_caught_up() || follower.is_unfinished();
            self.turn = place + 1;
            if self.collected.is_full() {
                break;
            }
        }
        self.behind = self.files.iter().any(|file| !file.follower.is_caught_up());
        // What brings nothing now is asked again later.
        self.behind && !self.collected.is_full() && self.collected.weight > before
    }
}

/// What was found since the last batch went out.
#[derive(Default)]
struct Collected {
    batch: LogBatch,
    blocks: Vec<LogBlock>,
    lines: usize,
    weight: usize,
}

impl Collected {
    /// What a line takes besides its bytes.
    const LINE: usize = 8;

    fn into_batch(mut self) -> LogBatch {
        self.batch.blocks = self.blocks.into_iter().map(Arc::new).collect();
        self.batch
    }

    fn is_full(&self) -> bool {
        self.lines >= Tail::LINES_MAX || self.weight >= Tail::WEIGHT_MAX
    }

    /// Takes what is found in one file, now, and whether that was there before it was followed.
    fn sink<'a>(
        &'a mut self,
        agent: &'a Arc<Text>,
        source: &'a Arc<Text>,
        (now, backlog): (Time, bool),
    ) -> impl FnMut(Found<'_>) + 'a {
        let origin = Origin { agent: Arc::clone(agent), source: Arc::clone(source), seen: now, backlog };
        move |found| match found {
            Found::Lines(piece) => {
                self.lines += piece.count();
                self.weight += piece.kept() + piece.count() * Self::LINE;
                append(&mut self.blocks, &origin, &piece);
            }
            Found::Happening(what) => {
                self.batch.lost_bytes += what.lost();
                let (agent, source) = (Arc::clone(agent), Arc::clone(source));
                self.batch.notices.push(Notice { agent, source, at: now, what });
            }
        }
    }
}

/// Whether `every` has passed since; a clock that was set back makes it due.
fn is_due(since: Option<Time>, every: Duration, now: Time) -> bool {
    since.is_none_or(|since| (now - since).to_std().map_or(true, |passed| passed >= every))
}

#[cfg(test)]
mod tests;
