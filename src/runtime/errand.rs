//! One deed of the command line: through the same hub, policy and journal as a key.
//!
//! An errand runs an engine of its own for as long as it takes: the call is made and the probes are
//! read by this process, unless another one watches the journal already.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::archive;
use super::clock::Clock;
use super::engine::{Engine, Extras};
use super::feed::Feed;
use super::hub::{Done, Hub, HubError};
use super::launch;
use super::live;
use super::outbox;
use super::watch;
use crate::adapters::Ask;
use crate::app::msg::{Notice, NoticeLevel};
use crate::config::{self, Config, Env, Paths};
use crate::error::{Error, Kind, Result};
use crate::incident::playbook::cited;
use crate::incident::{
    Action, ActionId, Actor, Command, Confirmation, Event, Incident, IncidentId, Lamp, Op, Params, Plan,
    Reading, Realm, Text, Time, decide,
};

/// How much longer than its own limits allow an action's news are waited for.
const SLACK: Duration = Duration::from_secs(90);

/// How long messages are waited for at the end of an errand.
const TELLING: Duration = Duration::from_secs(5);

/// The live hub by the configuration, and what could not be set up.
///
/// # Errors
/// When the journal can be neither written nor read.
pub fn live_hub(config: &Config, paths: &Paths, env: &Env<'_>, read_only: bool) -> Result<(Hub, Vec<Text>)> {
    let journal = launch::journal(paths, Realm::Live)?;
    let (rig, mut problems) = live::located_rig(config, paths);
    let (channels, unbuilt) = live::channels(&config.settings, env);
    problems.extend(unbuilt);
    let policy = config.policy.clone().into();
    let hub = Hub::with_channels(journal, policy, Clock::wall(), rig, channels, read_only);
    let redactor = config::redaction::redactor(&config.settings);
    Ok((hub.reading_by(live::readers(&config.settings, paths)).redacting_by(redactor), problems))
}

/// How far an action is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the backend has answered.
    Accepted,
    /// Until probes have proved it, or could not in time.
    Verified,
}

/// What somebody who follows an action is told.
#[derive(Clone, Debug)]
pub enum News {
    /// Another lamp is lit.
    Lamp(Box<Action>),
    /// Something does not work.
    Trouble(Notice),
}

/// What was read of one action, because somebody asked.
#[derive(Clone, Debug)]
pub struct ReadNow {
    /// Which incident.
    pub incident: IncidentId,
    /// Which action.
    pub action: ActionId,
    /// What was read; empty where there is nothing to read.
    pub readings: Vec<Reading>,
}

/// One deed at a time.
pub struct Errand {
    engine: Engine,
}

impl Errand {
    /// Starts an engine for it.
    ///
    /// # Errors
    /// When threads cannot be had.
    pub fn start(hub: Hub) -> Result<Self> {
        Ok(Self { engine: Engine::start(hub, Extras::default())? })
    }

    /// The hub.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        self.engine.hub()
    }

    /// Ends the engine. What is to be told is given a moment to be told; what is not by then is
    /// delivered by whoever watches the journal next. The hub stays, with what is known last.
    pub fn stop(self) -> Hub {
        let hub = self.hub().clone();
        self.engine.block_on(async {
            drop(tokio::time::timeout(TELLING, outbox::until_tried(&hub)).await);
        });
        self.engine.stop();
        hub
    }

    /// Hands a command to the hub.
    ///
    /// # Errors
    /// A refusal by policy, or what is wrong with the journal.
    pub fn submit(&self, incident: Option<IncidentId>, command: Command, actor: &Actor) -> Result<Done> {
        Ok(self.engine.block_on(self.hub().submit(incident, command, actor))?)
    }

    /// An incident as it is now, once everything is loaded.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn incident(&self, id: IncidentId) -> Result<Incident> {
        self.engine.block_on(async {
            self.hub().until_loaded().await;
            watch::find_orphans(self.hub(), id).await;
        });
        self.hub()
            .board()
            .incident(id)
            .cloned()
            .ok_or_else(|| archive::unknown(id, self.hub().realm(), "the journal"))
    }

    /// Reads the checks of everything that is in force, whoever watches it: all at once, each within
    /// its own limit.
    #[must_use]
    pub fn read_in_force(&self) -> Vec<ReadNow> {
        let hub = self.hub();
        self.engine.block_on(async {
            hub.until_loaded().await;
            let all: Vec<_> = {
                let (board, now) = (hub.board(), hub.clock().now());
                board.in_force(now).iter().map(|one| (one.incident.id, one.action.id)).collect()
            };
            let each = all.into_iter().map(|(incident, action)| async move {
                let readings = watch::read_now(hub.clone(), incident, action).await;
                ReadNow { incident, action, readings }
            });
            futures::future::join_all(each).await
        })
    }

    /// Says exactly what an operation would do.
    ///
    /// # Errors
    /// The configuration lines that would make it available, or what is wrong with the question.
    pub fn plan(&self, incident: IncidentId, op: Op, target: Text, params: Params) -> Result<Plan> {
        // Where no adapter pages, the outbox may.
        if let Err(unavailable) = self.hub().rig().need(op, &target)
            && !self.hub().offers().contains(&op)
        {
            return Err(Error::config(unavailable.to_string().trim_end())
                .hint("flightdeck check says whether the configuration is right"));
        }
        let ask = Ask { op, target, params };
        let plan = self.engine.block_on(self.hub().plan(incident, ask));
        plan.map_err(|why| Error::user(why.as_str()))
    }

    /// What the hub would decide about a plan if somebody confirmed it now.
    ///
    /// # Errors
    /// The refusal.
    pub fn rehearse(&self, incident: &Incident, plan: &Plan, actor: &Actor) -> Result<Vec<Event>> {
        let hub = self.hub();
        let command = self.act_on(plan, Some(plan.target.clone()));
        let decided = decide(incident, hub.policy(), &command, actor, hub.clock().now());
        Ok(decided.map_err(HubError::from)?)
    }

    /// Asks for what was confirmed; `typed` is what the person typed.
    ///
    /// # Errors
    /// A refusal by policy, or what is wrong with the journal.
    pub fn act(
        &self,
        incident: IncidentId,
        plan: &Plan,
        typed: Option<Text>,
        actor: &Actor,
    ) -> Result<ActionId> {
        let done = self.submit(Some(incident), self.act_on(plan, typed), actor)?;
        let number = done.entries.iter().find_map(|entry| {
            if let Event::ActionProposed { action, .. } | Event::ActionRequested { action, .. } = &entry.event
            {
                return Some(*action);
            }
            None
        });
        number.ok_or_else(|| Error::internal("an action without a number"))
    }

    fn act_on(&self, plan: &Plan, typed: Option<Text>) -> Command {
        let confirmation = Confirmation { digest: plan.digest(), typed };
        Command::Act { plan: plan.clone(), confirmation, runner: self.hub().runner() }
    }

    /// Follows an action; `told` hears of each lamp as it is lit, the first one at once.
    ///
    /// # Errors
    /// When nothing more was heard of it for longer than it may take, or `told` fails.
    pub fn follow<E: From<Error>>(
        &self,
        incident: IncidentId,
        action: ActionId,
        until: Until,
        told: &mut dyn FnMut(News) -> std::result::Result<(), E>,
    ) -> std::result::Result<Action, E> {
        // Before the board is read, so that nothing falls in between.
        let mut feed = self.hub().subscribe();
        let mut seen = Seen { incident: Incident::blank(incident), lamp: None };
        self.engine.block_on(async {
            loop {
                for step in self.new_steps(&mut seen, action) {
                    told(News::Lamp(Box::new(step)))?;
                }
                let now = seen.incident.actions.get(&action);
                let Some(now) = now else { return Err(Error::internal("the action is gone").into()) };
                let doubt = left_in_doubt(now, until, self.hub().clock().now());
                if is_settled(now, until) && doubt.is_none() {
                    return Ok(now.clone());
                }
                let patience =
                    doubt.map_or_else(|| patience(&now.plan), |left| self.hub().clock().real(left));
                match tokio::time::timeout(patience, entries_or_trouble(&mut feed)).await {
                    Err(_) if doubt.is_some() => {}
                    Ok(None) => {}
                    Ok(Some(trouble)) => told(News::Trouble(trouble))?,
                    Err(_) => {
                        let why = format!("nothing was heard of {action} for {} s", patience.as_secs());
                        return Err(Error::remote(why).hint(now.next_step()).into());
                    }
                }
            }
        })
    }

    /// The action after each entry that lit another lamp since the last time.
    fn new_steps(&self, seen: &mut Seen, action: ActionId) -> Vec<Action> {
        let board = self.hub().board();
        let Some(record) = board.record(seen.incident.id) else { return Vec::new() };
        let mut steps = Vec::new();
        let from = usize::try_from(seen.incident.seq).unwrap_or(usize::MAX).min(record.entries.len());
        for entry in &record.entries[from..] {
            seen.incident.apply(entry);
            if let Some(now) = seen.incident.actions.get(&action)
                && seen.lamp != Some(now.lamp)
            {
                seen.lamp = Some(now.lamp);
                steps.push(now.clone());
            }
        }
        steps
    }
}

/// How far an action was followed.
struct Seen {
    incident: Incident,
    lamp: Option<Lamp>,
}

/// Whether there is nothing more to wait for.
fn is_settled(action: &Action, until: Until) -> bool {
    match action.lamp {
        Lamp::Requested => false,
        // Without checks nothing can ever prove it.
        Lamp::Accepted => until == Until::Accepted || action.plan.checks.is_empty(),
        Lamp::Proposed
        | Lamp::Denied
        | Lamp::Expired
        | Lamp::Verified
        | Lamp::Leaking
        | Lamp::Failed
        | Lamp::Unverified
        | Lamp::InDoubt
        | Lamp::Undone => true,
    }
}

/// How long an action in doubt is still read by whoever asked for it: nobody else may be there to do
/// it.
fn left_in_doubt(action: &Action, until: Until, now: Time) -> Option<Duration> {
    let is_read = action.lamp == Lamp::InDoubt
        && until == Until::Verified
        && !action.plan.checks.is_empty()
        && !action.proves_nothing();
    let end = action.changed_at + TimeDelta::seconds(action.plan.verify_s.into());
    (end - now).to_std().ok().filter(|left| is_read && !left.is_zero())
}

fn patience(plan: &Plan) -> Duration {
    Duration::from_secs(u64::from(plan.limit_s) + u64::from(plan.verify_s)) + SLACK
}

/// Waits for entries, or for words about what does not work. Whoever lagged finds entries on the
/// board.
async fn entries_or_trouble(feed: &mut Receiver<Feed>) -> Option<Notice> {
    loop {
        match feed.recv().await {
            Ok(Feed::Entries(_)) | Err(RecvError::Lagged(_)) => return None,
            // The hub holds the sender as long as anybody asks.
            Err(RecvError::Closed) => return std::future::pending().await,
            Ok(Feed::Notice(notice)) if matches!(notice.level, NoticeLevel::Warn | NoticeLevel::Error) => {
                return Some(notice);
            }
            Ok(_) => {}
        }
    }
}

impl From<HubError> for Error {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Refused(refusal) => {
                Self::refused(format!("{} {}", refusal.why, cited(refusal.rule))).hint(refusal.instead)
            }
            HubError::Store(error) => {
                let below = Self::from(error);
                Self { message: format!("{}; nothing was done", below.message), ..below }
            }
            HubError::Contended(_) => Self::new(Kind::Remote, error.to_string()),
        }
    }
}
