//! The one door: every command of every session, source, probe and program comes through
//! [`Hub::submit`], is decided by the same policy, and is on disk before anybody hears of it.

mod care;
mod planning;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::feed::{FEED_CAPACITY, Feed, count};
use super::recovery::{self, RecoveryReader};
use crate::adapters::{Adapter, Evidence, Rig};
use crate::app::journal::JournalAlarm;
use crate::app::msg::Notice;
use crate::channels::{Inbox, LiveChannel, Post};
use crate::incident::outbox::OUTBOX;
use crate::incident::recovery::RULE as RECOVERY;
use crate::incident::redact::Redactor;
use crate::incident::{
    ActionId, Actor, Board, Command, Entry, Event, Incident, IncidentId, LogBlock, Plan, Policy, Realm,
    Refusal, Status, Text, decide, in_sight, outbox,
};
use crate::store::{Append, AppendError, Journal, NewEntry, RunnerLease, StoreError};

/// How often a decision is taken anew because somebody else wrote meanwhile.
const TRIES: u32 = 20;

/// How long the journal's own news are waited for before a decision is tried again anyway.
const CATCH_UP: Duration = Duration::from_millis(500);

/// How long the board may take to have what is in the journal.
const CAUGHT_UP: Duration = Duration::from_secs(5);

/// Seconds within which what was read for recovery is what the world says now.
const JUST_READ: i64 = 10;

/// The notice that the journal cannot be read.
const UNREADABLE: &str = "journal unreadable";

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    journal: Journal,
    policy: Arc<Policy>,
    clock: Clock,
    rig: Rig,
    post: Post,
    /// What reads agents for their recovery, besides the rig.
    readers: OnceLock<Vec<RecoveryReader>>,
    /// What takes secrets out of evidence.
    redactor: OnceLock<Redactor>,
    runner: Option<RunnerLease>,
    board: Mutex<Board>,
    feed: broadcast::Sender<Feed>,
    /// How many log lines were told.
    lines: AtomicU64,
    /// How many entries of the journal are on the board.
    position: watch::Sender<u64>,
    /// Whether everything that was in the journal at the start is on the board.
    loaded: watch::Sender<bool>,
    /// What is wrong with the journal, as far as is known.
    alarms: watch::Sender<BTreeMap<JournalAlarm, Text>>,
    /// The incidents whose timelines are not as they were recorded, and what is wrong with each.
    altered: OnceLock<BTreeMap<IncidentId, Text>>,
    /// What was said last of backends that are left alone.
    circuits: Mutex<String>,
    read_only: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// By policy.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The journal could not take it.
    #[error("{0}; nothing was done")]
    Store(#[from] StoreError),
    /// Others wrote faster than this could be decided.
    #[error("others wrote to {0} at the same time, {TRIES} times in a row; nothing was done; try again")]
    Contended(String),
}

/// What a command led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The incident it went to.
    pub incident: IncidentId,
    /// What was written; empty when nothing was to be done.
    pub entries: Vec<Arc<Entry>>,
}

impl Hub {
    /// A hub on a journal. Nothing is loaded before [`Hub::run`].
    #[must_use]
    pub fn new(journal: Journal, policy: Arc<Policy>, clock: Clock, rig: Rig, read_only: bool) -> Self {
        Self::with_channels(journal, policy, clock, rig, Vec::new(), read_only)
    }

    /// A hub that can tell people something. In a drill all of it ends in the drill's own inbox,
    /// whatever channels there are.
    #[must_use]
    pub fn with_channels(
        journal: Journal,
        policy: Arc<Policy>,
        clock: Clock,
        rig: Rig,
        channels: Vec<Box<dyn LiveChannel>>,
        read_only: bool,
    ) -> Self {
        let post = match rig.realm() {
            Realm::Live => Post::Live(channels),
            Realm::Drill => Post::Drill(Inbox::new()),
        };
        let runner = if journal.is_read_only() { None } else { journal.lease_runner().ok() };
        Self(Arc::new(Inner {
            journal,
            policy,
            clock,
            rig,
            post,
            readers: OnceLock::new(),
            redactor: OnceLock::new(),
            runner,
            board: Mutex::default(),
            feed: broadcast::channel(FEED_CAPACITY).0,
            lines: AtomicU64::new(0),
            position: watch::channel(0).0,
            loaded: watch::channel(false).0,
            alarms: watch::channel(BTreeMap::new()).0,
            altered: OnceLock::new(),
            circuits: Mutex::default(),
            read_only,
        }))
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// The rules.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.0.policy
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The adapters.
    #[must_use]
    pub fn rig(&self) -> &Rig {
        &self.0.rig
    }

    /// What people are told with.
    #[must_use]
    pub fn post(&self) -> &Post {
        &self.0.post
    }

    /// What reads agents for their recovery (B6). Said once, before anything runs.
    #[must_use]
    pub fn reading_by(self, readers: Vec<RecoveryReader>) -> Self {
        drop(self.0.readers.set(readers));
        self
    }

    /// What takes secrets out of evidence. Said once, before anything runs; else the built-in rules.
    #[must_use]
    pub fn redacting_by(self, redactor: Redactor) -> Self {
        drop(self.0.redactor.set(redactor));
        self
    }

    /// Stores evidence without the secrets in it, and puts it on record (A4): how many were taken
    /// out, where they could be looked for, and its SHA-256 in hex.
    ///
    /// # Errors
    /// In words: what could not be stored or recorded.
    pub async fn keep_evidence(
        &self,
        incident: IncidentId,
        actor: &Actor,
        action: Option<ActionId>,
        file: Evidence,
    ) -> Result<(Option<u64>, String), Text> {
        let Evidence { name, bytes, from, to } = file;
        let hub = self.clone();
        // A large file takes a while, and no async thread waits for it.
        let searched = tokio::task::spawn_blocking(move || {
            let redactor = hub.0.redactor.get_or_init(crate::config::redaction::built_in);
            match redactor.redact(&bytes) {
                Some(redacted) => (Some(redacted.count()), redacted.bytes),
                None => (None, bytes),
            }
        });
        let words = |why: String| Text::line(&format!("evidence '{name}' was not stored: {why}"));
        let (redacted, bytes) = searched.await.map_err(|error| words(error.to_string()))?;
        let size = bytes.len() as u64;
        let stored = self.0.journal.store_evidence(&name, self.0.clock.now(), bytes).await;
        let sha256 = stored.map_err(|error| words(error.to_string()))?;
        let (sha256_text, name) = (Text::line(&sha256), name.clone());
        let command =
            Command::StoreEvidence { action, name, bytes: size, sha256: sha256_text, from, to, redacted };
        self.submit(Some(incident), command, actor).await.map_err(|error| Text::line(&error.to_string()))?;
        Ok((redacted, sha256))
    }

    /// What reads agents for their recovery.
    #[must_use]
    pub fn readers(&self) -> &[RecoveryReader] {
        self.0.readers.get().map_or(&[], Vec::as_slice)
    }

    /// Live or drill.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.0.rig.realm()
    }

    /// This process, as requests on the timeline name it.
    #[must_use]
    pub fn runner(&self) -> Text {
        self.0.runner.as_ref().map(|lease| lease.id().clone()).unwrap_or_default()
    }

    /// Takes what is to be said of backends that are left alone; whether that is news.
    pub(super) fn circuits_changed(&self, words: &str) -> bool {
        let mut said = self.0.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *said != words;
        words.clone_into(&mut said);
        news
    }

    /// Whether mutating calls are refused in this process.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.read_only
    }

    /// Hears of everything from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Feed> {
        self.0.feed.subscribe()
    }

    /// Tells every session. Nobody listening is no error.
    pub fn tell(&self, feed: Feed) {
        drop(self.0.feed.send(feed));
    }

    /// Tells every session of log lines.
    pub fn tell_lines(&self, blocks: Vec<Arc<LogBlock>>) {
        let before = self.0.lines.fetch_add(count(&blocks), Ordering::Relaxed);
        self.tell(Feed::Lines(blocks, before));
    }

    /// All incidents that are loaded. Held for a moment only, never over a wait.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything that was in the journal at the start is on the board.
    pub async fn until_loaded(&self) {
        // The sender lives as long as the hub, which this holds.
        drop(self.0.loaded.subscribe().wait_for(|loaded| *loaded).await);
    }

    /// Waits until everything that is in the journal now is on the board; false if that cannot be
    /// known.
    pub async fn catch_up_with_journal(&self) -> bool {
        let Ok(at) = self.0.journal.position().await else { return false };
        let mut position = self.0.position.subscribe();
        let caught_up = position.wait_for(|position| *position >= at);
        tokio::time::timeout(CAUGHT_UP, caught_up).await.is_ok_and(|caught_up| caught_up.is_ok())
    }

    /// Whether it is.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        *self.0.loaded.borrow()
    }

    /// Loads the journal and goes on hearing of every entry, own and foreign, until cancelled.
    pub async fn run(self, cancel: CancellationToken) {
        tokio::join!(self.tend(&cancel), self.audit(&cancel), self.listen(&cancel));
    }

    async fn listen(&self, cancel: &CancellationToken) {
        let mut unreadable = false;
        // Until it can be read, nobody may take it for empty.
        let at_start = loop {
            match self.0.journal.position().await {
                Ok(position) => break position,
                Err(error) => {
                    unreadable = true;
                    self.tell_unreadable(&error, cancel).await;
                }
            }
            if cancel.is_cancelled() {
                return;
            }
        };
        self.load_what_burns().await;
        let mut watch = self.0.journal.watch(0);
        if at_start == 0 {
            self.announce_loaded();
        }
        if std::mem::take(&mut unreadable) {
            self.tell(Feed::Notice(Notice::clear(UNREADABLE)));
        }
        loop {
            let news = tokio::select! {
                () = cancel.cancelled() => return,
                news = watch.next() => news,
            };
            match news {
                Ok(news) => {
                    if std::mem::take(&mut unreadable) {
                        self.tell(Feed::Notice(Notice::clear(UNREADABLE)));
                    }
                    let entries: Arc<[_]> = news.into_iter().map(|(_, entry)| Arc::new(entry)).collect();
                    self.take(&entries);
                    self.tell(Feed::Entries(entries));
                    self.0.position.send_replace(watch.position());
                    if watch.position() >= at_start && !*self.0.loaded.borrow() {
                        self.announce_loaded();
                    }
                }
                Err(error) => {
                    unreadable = true;
                    self.tell_unreadable(&error, cancel).await;
                }
            }
        }
    }

    /// Loads open incidents before the long rest: whoever opens the cockpit at night needs them
    /// now. Loading them again later changes nothing.
    async fn load_what_burns(&self) {
        let Ok(mut heads) = self.0.journal.heads().await else { return };
        heads.retain(|head| head.status == Status::Open);
        heads.sort_by_key(|head| in_sight(head.status, head.severity, head.incident));
        for head in heads {
            let Ok(entries) = self.0.journal.read(head.incident, 0).await else { return };
            let entries = shared(entries);
            self.take(&entries);
            self.tell(Feed::Entries(entries.into()));
        }
    }

    /// Says that the journal cannot be read, and waits a little before the next try.
    async fn tell_unreadable(&self, error: &StoreError, cancel: &CancellationToken) {
        self.tell(Feed::Notice(Notice::lasting(UNREADABLE, error.to_string())));
        drop(tokio::time::timeout(Duration::from_secs(1), cancel.cancelled()).await);
    }

    fn announce_loaded(&self) {
        self.0.loaded.send_replace(true);
        self.tell(Feed::Loaded);
    }

    fn take(&self, entries: &[Arc<Entry>]) {
        let mut board = self.board();
        for entry in entries {
            board.apply(entry);
        }
    }

    /// Decides a command and puts it on record. None as the incident: a new one, or, for an alert,
    /// wherever the alert belongs (B12).
    ///
    /// # Errors
    /// A refusal by policy, or what is wrong with the journal. Nothing was done then.
    pub async fn submit(
        &self,
        incident: Option<IncidentId>,
        command: Command,
        actor: &Actor,
    ) -> Result<Done, HubError> {
        self.refuse_when_read_only(incident, &command)?;
        if let (Command::Resolve { .. }, Some(id)) = (&command, incident) {
            self.read_before_resolving(id, &command, actor).await?;
        }
        for _ in 0..TRIES {
            let position = *self.0.position.borrow();
            let known = incident.or_else(|| self.route(&command));
            let target = match known {
                Some(id) => id,
                None => self.0.journal.next_incident().await?,
            };
            self.refuse_altered(target)?;
            let (expected, events) = self.decided(target, known.is_none(), &command, actor).await?;
            self.refuse_what_leaves(&events, actor)?;
            if events.is_empty() {
                return Ok(Done { incident: known.unwrap_or(IncidentId(0)), entries: vec![] });
            }
            let entries = self.dress(target, events, actor);
            let mut appends = vec![Append { incident: target, expected, entries }];
            if let Command::Merge { into, .. } = command {
                appends.extend(self.absorbed(into, target, actor).await?);
            }
            // A declaration by hand is always a new incident; an alert must not declare twice.
            let declares_by_alert = known.is_none() && matches!(command, Command::Alert { .. });
            match self.0.journal.append_all(appends, declares_by_alert.then_some(position)).await {
                Ok(entries) => return Ok(self.done(entries)),
                Err(error) => self.catch_up(error).await?,
            }
        }
        Err(HubError::Contended(incident.map_or_else(|| "the journal".to_owned(), |id| id.to_string())))
    }

    /// Whoever ends an incident ends it on what the world says now (B6), unless it may not be ended
    /// yet whatever could be read.
    async fn read_before_resolving(
        &self,
        incident: IncidentId,
        command: &Command,
        actor: &Actor,
    ) -> Result<(), HubError> {
        let now = self.0.clock.now();
        let wanted = self.board().incident(incident).is_some_and(|i| {
            let newest = i.recovery.iter().flat_map(|read| &read.readings).map(|r| r.at).max();
            match decide(i, &self.0.policy, command, actor, now) {
                Ok(_) => newest.is_none_or(|at| (now - at).num_seconds() >= JUST_READ),
                Err(refusal) => refusal.rule == RECOVERY,
            }
        });
        // Boxed: reading submits too.
        if wanted { Box::pin(recovery::recover(self, incident)).await } else { Ok(()) }
    }

    /// The other half of a merge: the incident that goes on says so too, in the same moment.
    async fn absorbed(
        &self,
        into: IncidentId,
        other: IncidentId,
        actor: &Actor,
    ) -> Result<Option<Append>, HubError> {
        self.refuse_altered(into)?;
        let (expected, events) = self.decided(into, false, &Command::Absorb { other }, actor).await?;
        let append = Append { incident: into, expected, entries: self.dress(into, events, actor) };
        Ok(Some(append).filter(|append| !append.entries.is_empty()))
    }

    /// Nothing that leads to a call goes through a hub, or to an adapter, that only reads.
    fn refuse_when_read_only(&self, incident: Option<IncidentId>, command: &Command) -> Result<(), HubError> {
        let adapter = if let Command::Act { plan, .. } = command {
            plan.adapter.clone()
        } else if let Command::Approve { action, .. } = command {
            let board = self.board();
            let action = incident.and_then(|id| board.incident(id)?.actions.get(action));
            action.map(|action| action.plan.adapter.clone()).unwrap_or_default()
        } else {
            return Ok(());
        };
        if self.0.read_only {
            let why = "this flightdeck was started read-only";
            return Err(Refusal::new("--read-only", why, "act from one that was not").into());
        }
        if adapter.as_str() == OUTBOX {
            self.refuse_unless_carried(incident, command)?;
        }
        if self.0.rig.by_name(adapter.as_str()).is_some_and(Adapter::is_read_only) {
            let why = format!("the adapter '{adapter}' is configured to read only");
            let instead = format!("take read_only out of [adapters.{adapter}], or act by another way");
            return Err(Refusal::new("read_only", &why, &instead).into());
        }
        Ok(())
    }

    /// A page goes out through channels: one that may not send, or could not be built, pages nobody.
    fn refuse_unless_carried(&self, incident: Option<IncidentId>, command: &Command) -> Result<(), HubError> {
        let of = |plan: &Plan| (plan.op, plan.target.clone());
        let (op, target) = if let Command::Act { plan, .. } = command {
            of(plan)
        } else if let (Command::Approve { action, .. }, Some(id)) = (command, incident) {
            let board = self.board();
            let Some(action) = board.incident(id).and_then(|i| i.actions.get(action)) else { return Ok(()) };
            of(&action.plan)
        } else {
            return Ok(());
        };
        let reached = outbox::reached(&self.0.policy, op, target.as_str(), self.0.clock.now());
        match reached.iter().find(|(channel, _)| self.0.post.by_name(channel.as_str()).is_none()) {
            Some((channel, _)) => {
                let why =
                    format!("nobody is paged through '{channel}': it is read_only, or could not be built");
                let instead =
                    format!("look at [channels.{channel}] with flightdeck check, or page by other means");
                Err(Refusal::new("read_only", &why, &instead).into())
            }
            None => Ok(()),
        }
    }

    /// Where this hub only reads, nothing that somebody says here leads to a call or to a message that
    /// goes out, by whichever process. What it sees and is told itself goes on record all the same:
    /// whoever may tell people of it does.
    fn refuse_what_leaves(&self, events: &[Event], actor: &Actor) -> Result<(), HubError> {
        if !self.0.read_only || matches!(actor, Actor::Flightdeck) {
            return Ok(());
        }
        let leaves = events.iter().find_map(|event| {
            if let Event::MessageQueued { message } = event {
                Some(format!("it would be told through {}", message.channel))
            } else if let Event::MessageRetried { message } = event {
                Some(format!("{message} would be sent again"))
            } else if matches!(event, Event::ActionRequested { .. } | Event::ActionProposed { .. }) {
                Some("it would be called".to_owned())
            } else {
                None
            }
        });
        match leaves {
            Some(what) => {
                let why = format!("{what}, and this flightdeck was started read-only");
                Err(Refusal::new("--read-only", &why, "say it in one that was not").into())
            }
            None => Ok(()),
        }
    }

    /// Where an alert belongs, by what is on the board.
    fn route(&self, command: &Command) -> Option<IncidentId> {
        if let Command::Alert { alert, .. } = command { self.board().route(alert) } else { None }
    }

    /// Decides on the newest state known; loads the incident if it is not on the board yet. A new
    /// one is decided under the number that it will have: what it tells people names it.
    async fn decided(
        &self,
        target: IncidentId,
        is_new: bool,
        command: &Command,
        actor: &Actor,
    ) -> Result<(u64, Vec<Event>), HubError> {
        if !is_new && self.board().incident(target).is_none() {
            let entries = self.0.journal.read(target, 0).await?;
            self.take(&shared(entries));
        }
        let board = self.board();
        let blank = Incident::blank(target);
        let incident = board.incident(target).filter(|_| !is_new).unwrap_or(&blank);
        let events = decide(incident, &self.0.policy, command, actor, self.0.clock.now())?;
        Ok((incident.seq, events))
    }

    fn dress(&self, incident: IncidentId, events: Vec<Event>, actor: &Actor) -> Vec<NewEntry> {
        let at = self.0.clock.now();
        let keyed = |mut event: Event| {
            if let Event::ActionProposed { action, plan, .. } | Event::ActionRequested { action, plan, .. } =
                &mut event
            {
                self.key_in(plan, incident, *action);
            }
            NewEntry { at, actor: actor.clone(), event }
        };
        events.into_iter().map(keyed).collect()
    }

    fn done(&self, entries: Vec<Entry>) -> Done {
        let entries = shared(entries);
        self.take(&entries);
        let incident = entries.first().map_or(IncidentId(0), |entry| entry.incident);
        Done { incident, entries }
    }

    /// After a conflict: reads what others wrote. Anything else is an error.
    async fn catch_up(&self, error: AppendError) -> Result<(), HubError> {
        match error {
            AppendError::Conflict { incident, .. } => {
                let seq = self.board().incident(incident).map_or(0, |i| i.seq);
                let entries = self.0.journal.read(incident, seq).await?;
                self.take(&shared(entries));
                Ok(())
            }
            AppendError::Moved { actual, .. } => {
                let mut position = self.0.position.subscribe();
                let caught_up = position.wait_for(|position| *position >= actual);
                drop(tokio::time::timeout(CATCH_UP, caught_up).await);
                Ok(())
            }
            AppendError::Store(error) => {
                if !self.0.journal.is_read_only() {
                    self.could_not_write(&error);
                }
                Err(error.into())
            }
        }
    }
}

/// Entries as the boards of the hub and of every session hold them together.
fn shared(entries: Vec<Entry>) -> Vec<Arc<Entry>> {
    entries.into_iter().map(Arc::new).collect()
}
