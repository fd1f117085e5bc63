//! Runs requested calls and reports back.
//!
//! Only what is on the timeline is called, and only by the process that the request names. What
//! happens between request and answer is never guessed: no answer is *unknown*, and a no is believed
//! when the world has been read. A call is made again only where twice is the same as once, and only
//! after the world was read and shows nothing of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backends::tell_circuits;
use super::feed::Feed;
use super::hub::Hub;
use super::watch;
use crate::adapters::{Adapter, CallOutcome, Evidence};
use crate::app::msg::Notice;
use crate::incident::outbox::OUTBOX;
use crate::incident::{
    ActionId, Actor, Command, Entry, Event, IncidentId, Judged, Plan, Reading, Report, Text, Time, Verdict,
};

/// E1: how often a call is made at most.
const TRIES: u32 = 4;

/// Dispatches requests of this process until cancelled; calls under way are waited for by `tasks`.
pub fn run(hub: Hub, cancel: CancellationToken, tasks: TaskTracker) -> impl Future<Output = ()> + Send {
    // Heard from now on, not from when the task first runs: a request that came in between would
    // never be called.
    let feed = hub.subscribe();
    dispatch(hub, feed, cancel, tasks)
}

async fn dispatch(hub: Hub, mut feed: Receiver<Feed>, cancel: CancellationToken, tasks: TaskTracker) {
    let mine = hub.runner();
    // Ids are short and one process asks for few actions: what was called is never called again.
    let mut called = BTreeSet::new();
    loop {
        let news = tokio::select! {
            biased;
            news = feed.recv() => news,
            () = cancel.cancelled() => return,
        };
        match news {
            Ok(Feed::Entries(entries)) => {
                for (incident, action, plan) in entries.iter().filter_map(|e| requested(e, &mine)) {
                    if called.insert((incident, action)) {
                        tasks.spawn(call(hub.clone(), incident, action, plan));
                    }
                }
            }
            Ok(_) => {}
            // Requests that were missed are found on the board: they are still only requested.
            Err(RecvError::Lagged(_)) => {
                for (incident, action, plan) in missed(&hub, &mine) {
                    if called.insert((incident, action)) {
                        tasks.spawn(call(hub.clone(), incident, action, plan));
                    }
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// What an entry asks this process to call.
fn requested(entry: &Entry, mine: &Text) -> Option<(IncidentId, ActionId, Arc<Plan>)> {
    if let Event::ActionRequested { action, plan, runner, .. } = &entry.event
        && runner == mine
        // What the outbox carries is queued already, and delivered by `super::outbox`.
        && plan.adapter.as_str() != OUTBOX
        && !mine.is_blank()
    {
        return Some((entry.incident, *action, Arc::new(Plan::clone(plan))));
    }
    None
}

fn missed(hub: &Hub, mine: &Text) -> Vec<(IncidentId, ActionId, Arc<Plan>)> {
    let board = hub.board();
    let requested = board.incidents().flat_map(|incident| {
        let mine =
            |a: &&crate::incident::Action| a.lamp == crate::incident::Lamp::Requested && a.runner == *mine;
        incident.actions.values().filter(mine).map(|a| (incident.id, a.id, Arc::new(a.plan.clone())))
    });
    requested.collect()
}

/// The idempotency key of an action: the same for ever, unlike that of any other journal's.
#[must_use]
pub fn key(hub: &Hub, incident: IncidentId, action: ActionId) -> String {
    format!("{}-{incident}-{action}", hub.journal().id())
}

async fn call(hub: Hub, incident: IncidentId, action: ActionId, plan: Arc<Plan>) {
    let report = match hub.rig().by_name(plan.adapter.as_str()) {
        None => {
            let reason =
                Text::line(&format!("this process has no adapter '{}'; nothing was called", plan.adapter));
            Report::Failed { reason, outdated: false }
        }
        Some(adapter) => {
            let asked_at = hub.clock().now();
            match made(&hub, adapter, &key(&hub, incident, action), &plan).await {
                CallOutcome::Accepted { answer, evidence } => {
                    for file in evidence {
                        store(&hub, incident, action, file).await;
                    }
                    Report::Accepted { answer }
                }
                CallOutcome::Failed(reason) => Report::Failed { reason, outdated: false },
                CallOutcome::Outdated(reason) => Report::Failed { reason, outdated: true },
                CallOutcome::Refused(reason) => refused(&hub, &plan, asked_at, &reason).await,
                CallOutcome::Unknown(reason) => Report::Unknown { reason },
            }
        }
    };
    tell_circuits(&hub);
    tell(&hub, incident, Command::Report { action, report }).await;
}

/// Makes the call. Where nobody knows what became of it and twice is the same as once, it is made
/// again, within its limit, if the world reads as if it had done nothing.
async fn made(hub: &Hub, adapter: &dyn Adapter, key: &str, plan: &Arc<Plan>) -> CallOutcome {
    let end = Instant::now() + Duration::from_secs(plan.limit_s.into());
    let mut tries = 1;
    loop {
        let reason = match adapter.call(key, plan).await {
            CallOutcome::Unknown(reason) => reason,
            CallOutcome::Accepted { answer, evidence } if tries > 1 => {
                let answer = Text::block(&format!("{answer}\n(sent {tries} times, read in between)"));
                return CallOutcome::Accepted { answer, evidence };
            }
            // An earlier try may have done what this one was refused.
            CallOutcome::Refused(reason) | CallOutcome::Outdated(reason) if tries > 1 => reason,
            other @ (CallOutcome::Accepted { .. }
            | CallOutcome::Failed(_)
            | CallOutcome::Outdated(_)
            | CallOutcome::Refused(_)) => {
                return other;
            }
        };
        if !adapter.is_repeatable(plan) || plan.checks.is_empty() || tries == TRIES {
            return CallOutcome::Unknown(reason);
        }
        let read = watch::read_once(hub, plan, hub.clock().now()).await;
        let read_by = Judged::all(&read);
        let is_absent = read_by.iter().any(|judged| judged.verdict() == Verdict::Fails)
            && read_by.iter().all(|judged| judged.verdict() != Verdict::Unread);
        let wait = Duration::from_secs_f64(f64::from(tries) * (0.5 + fastrand::f64()));
        if !is_absent || Instant::now() + wait >= end {
            let reason = Text::block(&format!("{reason}\nthen read: {}", in_words(&read)));
            return CallOutcome::Unknown(reason);
        }
        tokio::time::sleep(wait).await;
        tries += 1;
    }
}

/// What a no comes to. It is believed, unless a control measure reads as if it had been taken which
/// did not before: an agent that runs after a restart that was refused ran all the time.
async fn refused(hub: &Hub, plan: &Arc<Plan>, asked_at: Time, reason: &Text) -> Report {
    if plan.checks.is_empty() {
        return Report::Failed { reason: reason.clone(), outdated: false };
    }
    let read = watch::read_once(hub, plan, asked_at).await;
    let reason = Text::block(&format!("{reason}\nthen read: {}", in_words(&read)));
    // What a restart must read was so before it: that says nothing of a call that was refused.
    let tells = plan.op.info().mitigation && !plan.already;
    if tells && Judged::all(&read).iter().all(Judged::holds) {
        return Report::Unknown { reason };
    }
    Report::Failed { reason, outdated: false }
}

fn in_words(read: &[Reading]) -> String {
    Judged::all(read).iter().map(Judged::to_string).collect::<Vec<_>>().join(", ")
}

/// Stores a file a call brought home, with its digest, and puts it on record (A4).
async fn store(hub: &Hub, incident: IncidentId, action: ActionId, file: Evidence) {
    if let Err(words) = hub.keep_evidence(incident, &Actor::Flightdeck, Some(action), file).await {
        hub.tell(Feed::Notice(Notice::error(words.as_str())));
    }
}

/// Submits the program's own word; what cannot be recorded is at least shown.
pub(super) async fn tell(hub: &Hub, incident: IncidentId, command: Command) {
    let word = command.word();
    if let Err(error) = hub.submit(Some(incident), command, &Actor::Flightdeck).await {
        hub.tell(Feed::Notice(Notice::error(format!("{incident} {word}: {error}"))));
    }
}
