//! One person's loop: input in, effects out, a frame when something changed.
//!
//! It runs on a thread of its own and never waits for the journal, a backend or a file: what takes
//! time is spawned on the engine and answered by a message.

use std::io;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;

use super::desk::{Answer, Desk};
use super::early::{Early, Watching};
use super::engine::{Engine, Extras};
use super::feed::{Feed, Heard};
use super::hub::Hub;
use super::kept_log;
use super::recovery;
use super::seat::Seat;
use super::watch;
use crate::adapters::Ask;
use crate::app::effect::Effect;
use crate::app::key::Input;
use crate::app::model::Model;
use crate::app::msg::{Head, Msg, Notice};
use crate::app::read_only::ReadOnly;
use crate::app::update;
use crate::error::{Error, Result};
use crate::incident::Text;
use crate::tui::osc;
use crate::tui::picture::Picture;
use crate::tui::terminal::{LocalTty, Modes};
use crate::tui::theme::Skin;

/// Answers under way to one session: a person asks for few things at a time.
const ANSWERS: usize = 256;

/// The fastest that clocks are redrawn, whatever the speed of a drill.
const FASTEST_TICK: Duration = Duration::from_millis(250);

/// How long after another program had the terminal its signals may still arrive here.
const ECHO: Duration = Duration::from_secs(1);

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
    /// How commands such as the clipboard's get to the terminal.
    pub commands: osc::Commands,
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
    let deaf = |error: io::Error| Error::internal("signals cannot be heard").because(error);
    let early = Early::catch().map_err(deaf)?;
    let mut session = Session::new(tty, front)?;
    session.draw()?;
    let early = early.watch(session.seat.other_hand()).map_err(deaf)?;
    let (hub, extras) = open()?;
    let feed = hub.subscribe();
    let engine = Engine::start(hub, extras)?;
    let outcome = session.live(&engine, feed, early);
    session.desk.save_now(&engine);
    drop(session);
    engine.stop();
    outcome
}

struct Session {
    model: Model,
    picture: Picture,
    desk: Desk,
    seat: Seat,
    /// When the clocks are told the time next. News in between do not put it off.
    tick_at: Instant,
    heard: Heard,
    commands: osc::Commands,
    answers: mpsc::Receiver<Answer>,
    answer: mpsc::Sender<Answer>,
    /// When another program gave the terminal back.
    lent: Option<Instant>,
    left: bool,
}

/// Why the loop woke up.
enum Woken {
    /// The rest of an escape sequence did not come.
    Escape,
    /// The terminal has a new size, maybe.
    Resized,
    Feed(std::result::Result<Feed, RecvError>),
    Answer(Answer),
    Tick,
    Frame,
    Stop,
    Interrupt,
    Suspend,
}

impl Session {
    fn new(tty: LocalTty, front: Front) -> Result<Self> {
        let mut model = front.model;
        model.size = tty.size();
        let (answer, answers) = mpsc::channel(ANSWERS);
        Ok(Self {
            model,
            picture: Picture::new(front.skin),
            desk: front.desk,
            seat: Seat::take(tty, front.modes, front.depth, front.frames_per_second)?,
            tick_at: Instant::now(),
            heard: Heard::default(),
            commands: front.commands,
            answers,
            answer,
            lent: None,
            left: false,
        })
    }

    fn live(&mut self, engine: &Engine, mut feed: broadcast::Receiver<Feed>, early: Watching) -> Result<()> {
        // Signals are heard by the engine's driver, and awaited here.
        let _engine = engine.handle().enter();
        let broken = |error: io::Error| Error::internal("signals cannot be heard").because(error);
        let mut stop = Stop {
            term: signal(SignalKind::terminate()).map_err(broken)?,
            hangup: signal(SignalKind::hangup()).map_err(broken)?,
            int: signal(SignalKind::interrupt()).map_err(broken)?,
            suspend: signal(SignalKind::from_raw(TSTP)).map_err(broken)?,
            window: signal(SignalKind::window_change()).map_err(broken)?,
        };
        // From here on they are heard twice, so that none falls in between.
        if early.end() {
            return Ok(());
        }
        // The size may have changed before it was listened to.
        if self.seat.size() != self.model.size {
            self.look_anew();
        }
        self.greet(engine);
        while !self.left {
            let (readable, woken) = self.wake(&mut feed, &mut stop)?;
            if readable {
                let inputs = self.seat.read();
                self.hear(engine, inputs);
                self.draw_if_due()?;
            }
            let Some(woken) = woken else { continue };
            match woken {
                Woken::Escape => {
                    let inputs = self.seat.give_up_escape();
                    self.hear(engine, inputs);
                }
                Woken::Resized => self.look_anew(),
                Woken::Feed(Ok(news)) => {
                    self.hear_of(engine, news);
                    self.drain(engine, &mut feed);
                    self.seat.pace.change();
                }
                Woken::Feed(Err(RecvError::Lagged(_))) => self.catch_up(engine),
                Woken::Interrupt | Woken::Suspend if self.was_lent() => {}
                Woken::Feed(Err(RecvError::Closed)) | Woken::Stop | Woken::Interrupt => self.left = true,
                Woken::Answer(answer) => {
                    // What a person did is on the screen before they are told that it is done.
                    self.read_up(engine);
                    let told = match answer {
                        Answer::Msg(msg) => vec![msg],
                        Answer::Desk(news) => self.desk.take(news, &self.model),
                    };
                    for msg in told {
                        self.take(engine, msg);
                    }
                    self.seat.pace.key();
                }
                Woken::Tick => {
                    let clock = engine.hub().clock();
                    self.take(engine, Msg::Tick(clock.now()));
                    self.tick_at = Instant::now() + clock.until_next_second(FASTEST_TICK);
                    self.desk.autosave(engine, &self.answer);
                    self.seat.pace.change();
                    self.draw_if_due()?;
                }
                Woken::Frame => self.draw()?,
                Woken::Suspend => self.suspend()?,
            }
        }
        Ok(())
    }

    /// Waits for whatever comes first. A person's keys come before everything else: whether there are
    /// any, then what else woke it.
    fn wake(
        &mut self,
        feed: &mut broadcast::Receiver<Feed>,
        stop: &mut Stop,
    ) -> Result<(bool, Option<Woken>)> {
        let now = Instant::now();
        let frame = self.seat.frame_in().map(|due| (now + due, Woken::Frame));
        let escape = self.seat.escape_at().map(|at| (at, Woken::Escape));
        let (at, late) = [frame, escape]
            .into_iter()
            .flatten()
            .fold((self.tick_at, Woken::Tick), |first, next| if next.0 < first.0 { next } else { first });
        let (answers, is_due) = (&mut self.answers, at <= now);
        let first = async {
            tokio::select! {
                biased;
                woken = stop.wait() => woken,
                // The sender is held by the session itself.
                Some(answer) = answers.recv() => Woken::Answer(answer),
                // What is due at once comes before more news, and after keys that are there already.
                news = feed.recv(), if !is_due => Woken::Feed(news),
            }
        };
        let ended = self.seat.wait(first, at)?;
        let late = (!ended.readable).then_some(late);
        Ok((ended.readable, ended.ready.or(late)))
    }

    /// Takes what a person's hands did.
    fn hear(&mut self, engine: &Engine, inputs: Vec<Input>) {
        for input in inputs {
            self.take(engine, Msg::Input(input));
            self.seat.pace.key();
        }
    }

    /// What a session is told before anything happens.
    fn greet(&mut self, engine: &Engine) {
        let hub = engine.hub();
        self.model.policy = hub.policy().clone();
        self.model.runner = hub.runner();
        self.model.log.hint_by(engine.hints());
        self.model.set_now(hub.clock().now());
        let mut first = vec![Msg::Offers(hub.offers()), Msg::Reached(hub.reached())];
        if let Some(read_only) = read_only(hub) {
            first.push(Msg::ReadOnly(read_only));
        } else if let Some(why) = hub.journal().degraded() {
            first.push(Msg::Notice(Notice::lasting("journal", why.as_str())));
        }
        if let Some(words) = hub.journal().missing() {
            let words = format!("entries may be missing, see flightdeck verify: {words}");
            first.push(Msg::Notice(Notice::lasting("missing", words)));
        }
        first.extend(hub.alarms().into_iter().map(|(alarm, words)| Msg::Journal(alarm, Some(words))));
        for msg in first {
            self.take(engine, msg);
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
    fn drain(&mut self, engine: &Engine, feed: &mut broadcast::Receiver<Feed>) {
        for _ in 0..super::feed::FEED_CAPACITY {
            match feed.try_recv() {
                Ok(news) => self.hear_of(engine, news),
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.catch_up(engine),
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => return,
            }
        }
    }

    /// Takes what the engine tells. Log lines that were told before and did not come are gone from this
    /// screen, and it says so.
    fn hear_of(&mut self, engine: &Engine, news: Feed) {
        if let Feed::Lines(blocks, before) = &news {
            let missed = self.heard.lines(blocks, *before);
            if missed > 0 {
                self.take(engine, Msg::LinesDropped(missed));
            }
        }
        self.take(engine, news.into());
    }

    /// After news were missed: entries are on the hub's board, and an entry heard twice changes
    /// nothing.
    fn catch_up(&mut self, engine: &Engine) {
        self.read_up(engine);
        if engine.hub().is_loaded() && !self.model.loaded {
            self.take(engine, Msg::Loaded);
        }
        self.seat.pace.change();
    }

    /// Takes the entries that the hub's board has and this screen's has not.
    fn read_up(&mut self, engine: &Engine) {
        let entries: Vec<_> = {
            let board = engine.hub().board();
            let newer = |incident: &crate::incident::Incident| {
                let seen = self.model.board.incident(incident.id).map_or(0, |i| i.seq as usize);
                board.record(incident.id).map(|r| r.entries[seen.min(r.entries.len())..].to_vec())
            };
            board.incidents().filter_map(newer).flatten().collect()
        };
        if !entries.is_empty() {
            self.take(engine, Msg::Entries(entries));
        }
    }

    fn take(&mut self, engine: &Engine, msg: Msg) {
        for effect in update(&mut self.model, msg) {
            self.perform(engine, effect);
        }
    }

    fn perform(&mut self, engine: &Engine, effect: Effect) {
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
            Effect::Read { incident, action } => {
                engine.handle().spawn(watch::read_now(engine.hub().clone(), incident, action));
            }
            Effect::Recover(incident) => {
                let hub = engine.hub().clone();
                engine.handle().spawn(async move {
                    if let Err(error) = recovery::recover(&hub, incident).await {
                        hub.tell(Feed::Notice(Notice::error(format!("{incident} recovery: {error}"))));
                    }
                });
            }
            Effect::KeepLog { incident, range, shown } => {
                let (hub, shelf, actor) = (engine.hub().clone(), engine.shelf(), self.model.actor.clone());
                let answer = self.answer.clone();
                engine.handle().spawn(async move {
                    let notice = kept_log::keep(&hub, &shelf, &actor, incident, range, shown).await;
                    drop(answer.send(Answer::Msg(Msg::Notice(notice))).await);
                });
            }
            Effect::Copy(text) => match osc::copy(&text, self.commands) {
                Some(bytes) => self.seat.send(&bytes),
                None => self.say(engine, "the terminal takes no clipboard, or the text is too long"),
            },
            Effect::Bell => self.seat.send(osc::BELL),
            Effect::Notify(text) => {
                if let Some(bytes) = osc::notify(&text, self.commands) {
                    self.seat.send(&bytes);
                }
            }
            Effect::Review(deed) => {
                // $EDITOR has the terminal meanwhile, and its keys: nobody reads here.
                if deed == crate::app::effect::ReviewDeed::External {
                    self.seat.lend();
                }
                let said = self.desk.perform(engine, deed, &self.model, &self.answer);
                if self.seat.take_back() {
                    self.look_anew();
                    self.lent = Some(Instant::now());
                }
                for msg in said {
                    self.take(engine, msg);
                }
            }
            Effect::Redraw => self.seat.forget(),
            Effect::Suspend => drop(self.suspend()),
            Effect::Quit => self.left = true,
        }
    }

    fn say(&mut self, engine: &Engine, words: &str) {
        self.take(engine, Msg::Notice(Notice::info(words)));
    }

    /// Whether another program had the terminal a moment ago. What the keyboard sends to such a
    /// program, Ctrl-C and Ctrl-Z, it sends to this one too.
    fn was_lent(&self) -> bool {
        self.lent.is_some_and(|at| at.elapsed() < ECHO)
    }

    fn suspend(&mut self) -> Result<()> {
        let resized = self.seat.suspend()?;
        // A size has no effects.
        drop(update(&mut self.model, Msg::Input(resized)));
        Ok(())
    }

    fn look_anew(&mut self) {
        let resized = self.seat.look_anew();
        // A size has no effects.
        drop(update(&mut self.model, Msg::Input(resized)));
    }

    /// Draws what nobody has to be waited for to draw.
    fn draw_if_due(&mut self) -> Result<()> {
        if self.seat.is_frame_due() && !self.left { self.draw() } else { Ok(()) }
    }

    fn draw(&mut self) -> Result<()> {
        let (model, picture, editor) = (&self.model, &mut self.picture, self.desk.editor());
        self.seat.draw(|canvas| picture.draw(model, editor, canvas))?;
        // A picture that is there has no effects.
        drop(update(&mut self.model, Msg::Drawn));
        Ok(())
    }
}

/// Why a session on this hub can only look, the most lasting reason first.
fn read_only(hub: &Hub) -> Option<ReadOnly> {
    if hub.journal().is_read_only() {
        let why = hub.journal().degraded().unwrap_or_else(|| "the journal was opened to be read".into());
        // Which file it is stands first, and is the least of it.
        let why = why.as_str().split_once(": ").map_or(why.as_str(), |(_, why)| why);
        return Some(ReadOnly { why: Text::line(why), records: false });
    }
    let why = "started with --read-only: nothing can be acted on from here, notes are recorded";
    hub.is_read_only().then(|| ReadOnly { why: why.into(), records: true })
}

/// SIGTSTP has no name in tokio.
const TSTP: i32 = rustix::process::Signal::TSTP.as_raw();

/// Signals that end or stop a session, or tell it of a new size.
struct Stop {
    term: Signal,
    hangup: Signal,
    int: Signal,
    suspend: Signal,
    window: Signal,
}

impl Stop {
    async fn wait(&mut self) -> Woken {
        tokio::select! {
            _ = self.term.recv() => Woken::Stop,
            _ = self.hangup.recv() => Woken::Stop,
            _ = self.int.recv() => Woken::Interrupt,
            _ = self.suspend.recv() => Woken::Suspend,
            _ = self.window.recv() => Woken::Resized,
        }
    }
}
