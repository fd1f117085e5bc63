//! Runs requested calls and reports back.
//!
//! Only what is on the timeline is called, only by the process that the request names, and only
//! once: a call is never repeated by itself. What happens between request and answer is never
//! guessed: no answer is *unknown*.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backends::tell_circuits;
use super::feed::Feed;
use super::hub::Hub;
use crate::adapters::{CallOutcome, Evidence};
use crate::app::msg::Notice;
use crate::incident::outbox::OUTBOX;
use crate::incident::{ActionId, Actor, Command, Entry, Event, IncidentId, Plan, Report, Text};

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
            () = cancel.cancelled() => return,
            news = feed.recv() => news,
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
            Report::Failed { reason }
        }
        Some(adapter) => match adapter.call(&key(&hub, incident, action), &plan).await {
            CallOutcome::Accepted { answer, evidence } => {
                for file in evidence {
                    store(&hub, incident, action, file).await;
                }
                Report::Accepted { answer }
            }
            CallOutcome::Failed(reason) => Report::Failed { reason },
            CallOutcome::Unknown(reason) => Report::Unknown { reason },
        },
    };
    tell_circuits(&hub);
    tell(&hub, incident, Command::Report { action, report }).await;
}

/// Stores a file a call brought home, with its digest, and puts it on record (A4).
async fn store(hub: &Hub, incident: IncidentId, action: ActionId, file: Evidence) {
    let Evidence { name, bytes, from, to } = file;
    let size = bytes.len() as u64;
    match hub.journal().store_evidence(&name, hub.clock().now(), bytes).await {
        Ok(sha256) => {
            let sha256 = Text::line(&sha256);
            let action = Some(action);
            tell(hub, incident, Command::StoreEvidence { action, name, bytes: size, sha256, from, to }).await;
        }
        Err(error) => {
            hub.tell(Feed::Notice(Notice::error(format!("evidence '{name}' was not stored: {error}"))))
        }
    }
}

/// Submits the program's own word; what cannot be recorded is at least shown.
pub(super) async fn tell(hub: &Hub, incident: IncidentId, command: Command) {
    let word = command.word();
    if let Err(error) = hub.submit(Some(incident), command, &Actor::Flightdeck).await {
        hub.tell(Feed::Notice(Notice::error(format!("{incident} {word}: {error}"))));
    }
}
