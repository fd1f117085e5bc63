//! One person's loop: input in, effects out, a frame when something changed.
//!
//! It runs on a thread of its own and never waits for the journal, a backend or a file: what takes
//! time is spawned on the engine and answered by a message.

use std::io;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::layout::Size;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;

use super::desk::{Answer, Desk};
use super::engine::{Engine, Extras};
use super::feed::Feed;
use super::hub::Hub;
use super::park::wait_until;
use crate::adapters::Ask;
use crate::app::effect::Effect;
use crate::app::model::Model;
use crate::app::msg::{Head, Msg, Notice};
use crate::app::update;
use crate::error::{Error, Result};
use crate::incident::Text;
use crate::tui::backend::FrameBackend;
use crate::tui::input::Reader;
use crate::tui::pace::Pace;
use crate::tui::terminal::{Guard, LocalTty, Modes, size_of, stop_process};
use crate::tui::theme::Skin;
use crate::tui::{osc, view};

/// Answers under way to one session: a person asks for few things at a time.
const ANSWERS: usize = 256;

/// The fastest that clocks are redrawn, whatever the speed of a drill.
const FASTEST_TICK: Duration = Duration::from_millis(250);

/// How a session looks and behaves; decided once, from the person's environment.
pub struct Front {
    /// The model before anything is loaded.
    pub model: Model,
    /// Colours and glyphs.
    pub skin: Skin,
    /// The colours the terminal has.
    pub depth: crate::tui::colour::Depth,
    /// What the terminal is asked for.
    pub modes: Modes,
    /// Frames a second for changes in the background.
    pub frames_per_second: u32,
    /// Whether the terminal takes commands such as the clipboard's.
    pub takes_commands: bool,
    /// The review's template and language.
    pub desk: Desk,
}

/// Opens what a session works on; called when the first frame is on screen.
pub type Open<'a> = Box<dyn FnOnce() -> Result<(Hub, Extras)> + 'a>;

/// Runs a session on the process's terminal until the person leaves.
///
/// # Errors
/// When there is no terminal, or the journal can be neither written nor read.
pub fn run(front: Front, open: Open<'_>) -> Result<()> {
    let tty = LocalTty::open().map_err(|error| {
        Error::user("the cockpit needs a terminal")
            .because(error)
            .hint("run it in one, or use 'flightdeck incidents' and 'flightdeck serve'")
    })?;
    let mut session = Session::new(tty, front)?;
    session.draw()?;
    let (hub, extras) = open()?;
    let feed = hub.subscribe();
    let engine = Engine::start(hub, extras)?;
    let outcome = session.live(&engine, feed);
    session.desk.save_now(&engine);
    drop(session);
    engine.stop();
    outcome
}

struct Session {
    model: Model,
    skin: Skin,
    desk: Desk,
    terminal: Terminal<FrameBackend<std::fs::File>>,
    guard: Guard<LocalTty>,
    pace: Pace,
    began: Instant,
    /// When the clocks are told the time next. News in between do not put it off.
    tick_at: Instant,
    takes_commands: bool,
    answers: mpsc::Receiver<Answer>,
    answer: mpsc::Sender<Answer>,
    left: bool,
}

/// Why the loop woke up.
enum Woken {
    Input(Vec<crate::app::key::Input>),
    Feed(std::result::Result<Feed, RecvError>),
    Answer(Answer),
    Tick,
    Frame,
    Stop,
    Suspend,
}

impl Session {
    fn new(tty: LocalTty, front: Front) -> Result<Self> {
        let broken = |error: io::Error| Error::user("the terminal cannot be taken over").because(error);
        let (columns, rows) = tty.size();
        let out = tty.writer().map_err(broken)?;
        let mut model = front.model;
        model.size = (columns, rows);
        let guard = Guard::enter(tty, front.modes).map_err(broken)?;
        guard.leave_on_panic();
        let terminal =
            Terminal::new(FrameBackend::new(out, Size::new(columns, rows), front.depth)).map_err(broken)?;
        let (answer, answers) = mpsc::channel(ANSWERS);
        Ok(Self {
            model,
            skin: front.skin,
            desk: front.desk,
            terminal,
            guard,
            pace: Pace::new(front.frames_per_second),
            began: Instant::now(),
            tick_at: Instant::now(),
            takes_commands: front.takes_commands,
            answers,
            answer,
            left: false,
        })
    }

    fn live(&mut self, engine: &Engine, mut feed: broadcast::Receiver<Feed>) -> Result<()> {
        // Signals and input are heard by the engine's driver, and awaited here.
        let _engine = engine.handle().enter();
        let broken = |error: io::Error| Error::internal("signals cannot be heard").because(error);
        let mut stop = Stop {
            term: signal(SignalKind::terminate()).map_err(broken)?,
            hangup: signal(SignalKind::hangup()).map_err(broken)?,
            int: signal(SignalKind::interrupt()).map_err(broken)?,
            suspend: signal(SignalKind::from_raw(TSTP)).map_err(broken)?,
        };
        let mut reader = Some(Reader::new());
        self.greet(engine);
        while !self.left {
            let woken = self.wake(&mut feed, reader.get_or_insert_with(Reader::new), &mut stop);
            match woken {
                Woken::Input(inputs) => {
                    for input in inputs {
                        if let crate::app::key::Input::Resize { columns, rows } = input {
                            self.terminal.backend_mut().set_size(Size::new(columns, rows));
                        }
                        self.take(engine, Msg::Input(input), &mut reader);
                        self.pace.key();
                    }
                }
                Woken::Feed(Ok(news)) => {
                    self.take(engine, news.into(), &mut reader);
                    self.drain(engine, &mut feed, &mut reader);
                    self.pace.change();
                }
                Woken::Feed(Err(RecvError::Lagged(missed))) => self.catch_up(engine, missed, &mut reader),
                Woken::Feed(Err(RecvError::Closed)) | Woken::Stop => self.left = true,
                Woken::Answer(answer) => {
                    // What a person did is on the screen before they are told that it is done.
                    self.read_up(engine, &mut reader);
                    let told = match answer {
                        Answer::Msg(msg) => vec![msg],
                        Answer::Desk(news) => self.desk.take(news, &self.model),
                    };
                    for msg in told {
                        self.take(engine, msg, &mut reader);
                    }
                    self.pace.key();
                }
                Woken::Tick => {
                    let clock = engine.hub().clock();
                    self.take(engine, Msg::Tick(clock.now()), &mut reader);
                    self.tick_at = Instant::now() + clock.until_next_second(FASTEST_TICK);
                    self.desk.autosave(engine, &self.answer);
                    self.pace.change();
                }
                Woken::Frame => self.draw()?,
                Woken::Suspend => self.suspend()?,
            }
        }
        Ok(())
    }

    /// Waits for whatever comes first; a person's keys before everything else.
    fn wake(&mut self, feed: &mut broadcast::Receiver<Feed>, reader: &mut Reader, stop: &mut Stop) -> Woken {
        let due = self.pace.due(self.began.elapsed());
        let tick = self.tick_at.saturating_duration_since(Instant::now());
        let (wait, woken) = match due {
            Some(due) if due < tick => (due, Woken::Frame),
            Some(_) | None => (tick, Woken::Tick),
        };
        let answers = &mut self.answers;
        let first = async {
            tokio::select! {
                biased;
                woken = stop.wait() => woken,
                inputs = reader.batch() => Woken::Input(inputs),
                // The sender is held by the session itself.
                Some(answer) = answers.recv() => Woken::Answer(answer),
                // What is due at once comes before more news, and after keys that are there already.
                news = feed.recv(), if !wait.is_zero() => Woken::Feed(news),
            }
        };
        wait_until(first, Instant::now() + wait).unwrap_or(woken)
    }

    /// What a session is told before anything happens.
    fn greet(&mut self, engine: &Engine) {
        let hub = engine.hub();
        self.model.policy = hub.policy().clone();
        self.model.runner = hub.runner();
        self.model.now = hub.clock().now();
        let mut first = vec![Msg::Offers(hub.offers())];
        if let Some(why) = hub.journal().degraded() {
            first.push(Msg::Notice(Notice::lasting("journal", why.as_str())));
        }
        if hub.is_read_only() {
            first.push(Msg::Notice(Notice::lasting(
                "read-only",
                "read-only: nothing can be acted on from here",
            )));
        }
        let mut reader = None;
        for msg in first {
            self.take(engine, msg, &mut reader);
        }
        let (journal, answer) = (hub.journal().clone(), self.answer.clone());
        engine.handle().spawn(async move {
            if let Ok(heads) = journal.heads().await {
                let named = heads.into_iter().map(|h| Head {
                    id: h.incident,
                    title: h.title,
                    severity: h.severity,
                    status: h.status,
                });
                drop(answer.send(Answer::Msg(Msg::Heads(named.collect()))).await);
            }
        });
    }

    /// Takes what else has come, so that a flood costs one frame and not many.
    fn drain(&mut self, engine: &Engine, feed: &mut broadcast::Receiver<Feed>, reader: &mut Option<Reader>) {
        for _ in 0..super::feed::FEED_CAPACITY {
            match feed.try_recv() {
                Ok(news) => self.take(engine, news.into(), reader),
                Err(broadcast::error::TryRecvError::Lagged(missed)) => self.catch_up(engine, missed, reader),
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => return,
            }
        }
    }

    /// After news were missed: entries are on the hub's board, and an entry heard twice changes
    /// nothing; log lines are gone from this screen, and it says so.
    fn catch_up(&mut self, engine: &Engine, missed: u64, reader: &mut Option<Reader>) {
        self.read_up(engine, reader);
        self.take(engine, Msg::LinesDropped(missed), reader);
        if engine.hub().is_loaded() && !self.model.loaded {
            self.take(engine, Msg::Loaded, reader);
        }
        self.pace.change();
    }

    /// Takes the entries that the hub's board has and this screen's has not.
    fn read_up(&mut self, engine: &Engine, reader: &mut Option<Reader>) {
        let entries: Vec<_> = {
            let board = engine.hub().board();
            let newer = |incident: &crate::incident::Incident| {
                let seen = self.model.board.incident(incident.id).map_or(0, |i| i.seq as usize);
                board.record(incident.id).map(|r| r.entries[seen.min(r.entries.len())..].to_vec())
            };
            board.incidents().filter_map(newer).flatten().collect()
        };
        if !entries.is_empty() {
            self.take(engine, Msg::Entries(entries), reader);
        }
    }

    fn take(&mut self, engine: &Engine, msg: Msg, reader: &mut Option<Reader>) {
        for effect in update(&mut self.model, msg) {
            self.perform(engine, effect, reader);
        }
    }

    fn perform(&mut self, engine: &Engine, effect: Effect, reader: &mut Option<Reader>) {
        match effect {
            Effect::Submit { ticket, incident, command } => {
                let (hub, actor, answer) =
                    (engine.hub().clone(), self.model.actor.clone(), self.answer.clone());
                engine.handle().spawn(async move {
                    let done = hub.submit(incident, command, &actor).await;
                    let done = done.map(|d| d.incident).map_err(|error| Text::line(&error.to_string()));
                    drop(answer.send(Answer::Msg(Msg::Submitted { ticket, answer: done })).await);
                });
            }
            Effect::Plan { ticket, incident, op, target, params } => {
                let (hub, answer) = (engine.hub().clone(), self.answer.clone());
                engine.handle().spawn(async move {
                    let plan = hub.plan(incident, Ask { op, target, params }).await.map(Box::new);
                    drop(answer.send(Answer::Msg(Msg::Planned { ticket, answer: plan })).await);
                });
            }
            Effect::Copy(text) => match osc::copy(&text).filter(|_| self.takes_commands) {
                Some(bytes) => self.send(&bytes),
                None => self.say(engine, "the terminal takes no clipboard, or the text is too long", reader),
            },
            Effect::Bell => self.send(osc::BELL),
            Effect::Notify(text) if self.takes_commands => self.send(&osc::notify(&text)),
            Effect::Notify(_) => {}
            Effect::Review(deed) => {
                // $EDITOR reads the terminal itself: two readers would steal each other's keys.
                if deed == crate::app::effect::ReviewDeed::External {
                    *reader = None;
                    drop(self.guard.suspend());
                }
                let said = self.desk.perform(engine, deed, &self.model, &self.answer);
                if !self.guard.is_entered() {
                    drop(self.guard.resume());
                    self.look_anew();
                }
                for msg in said {
                    self.take(engine, msg, reader);
                }
            }
            Effect::Redraw => self.terminal.backend_mut().forget(),
            Effect::Suspend => drop(self.suspend()),
            Effect::Quit => self.left = true,
        }
    }

    fn say(&mut self, engine: &Engine, words: &str, reader: &mut Option<Reader>) {
        self.take(engine, Msg::Notice(Notice::info(words)), reader);
    }

    /// Bytes that are no picture. A terminal that cannot take them is noticed by the next frame.
    fn send(&mut self, bytes: &[u8]) {
        drop(self.terminal.backend_mut().send(bytes));
    }

    fn suspend(&mut self) -> Result<()> {
        let broken = |error: io::Error| Error::internal("the process cannot be stopped").because(error);
        self.guard.suspend().map_err(broken)?;
        stop_process().map_err(broken)?;
        self.guard.resume().map_err(broken)?;
        self.look_anew();
        self.pace.key();
        Ok(())
    }

    /// Somebody else had the terminal: nothing of what it shows is known, and its size may be
    /// another one, which only those are told who have the terminal.
    fn look_anew(&mut self) {
        let (columns, rows) = size_of(self.terminal.backend().out());
        self.terminal.backend_mut().set_size(Size::new(columns, rows));
        // A size has no effects.
        drop(update(&mut self.model, Msg::Input(crate::app::key::Input::Resize { columns, rows })));
    }

    fn draw(&mut self) -> Result<()> {
        // A panic in a task of the engine gave the terminal back; the session goes on.
        if !self.guard.is_entered() && self.guard.resume().is_ok() {
            self.terminal.backend_mut().forget();
        }
        let (model, skin, editor) = (&self.model, &self.skin, self.desk.editor());
        self.terminal
            .draw(|frame| {
                let area = frame.area();
                if let Some(position) = view::draw(model, skin, editor, area, frame.buffer_mut()) {
                    frame.set_cursor_position(position);
                }
            })
            .map_err(|error| Error::user("the terminal is gone").because(error))?;
        self.pace.drawn(self.began.elapsed());
        Ok(())
    }
}

/// SIGTSTP has no name in tokio.
const TSTP: i32 = rustix::process::Signal::TSTP.as_raw();

/// Signals that end or stop a session.
struct Stop {
    term: Signal,
    hangup: Signal,
    int: Signal,
    suspend: Signal,
}

impl Stop {
    async fn wait(&mut self) -> Woken {
        tokio::select! {
            _ = self.term.recv() => Woken::Stop,
            _ = self.hangup.recv() => Woken::Stop,
            _ = self.int.recv() => Woken::Stop,
            _ = self.suspend.recv() => Woken::Suspend,
        }
    }
}
