//! Probes and clocks: reads what is in force, lets proposals run out, finds what was left behind
//! by a process that died.
//!
//! One process at a time watches a journal (it holds the lease); the others take over when it goes.

mod logged;
mod rounds;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backends::tell_circuits;
use super::dispatch::tell;
use super::feed::Feed;
use super::hub::Hub;
use super::outbox;
use crate::adapters::Sample;
use crate::incident::outbox::OUTBOX;
use crate::incident::{
    ActionId, Command, Entry, IncidentId, Plan, Reading, Report, Text, Time, with_vanished,
};

use logged::Logged;
use rounds::{Due, Key, Rounds};

/// How often it is looked whether the process that makes a call still lives: no entry tells of its
/// end.
const ALIVE: Duration = Duration::from_secs(1);

/// How often somebody who does not watch looks whether the watch is free.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// How long one reading may take, whatever its adapter promises: it takes the turn of others.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Readings that are done and not taken in yet; more than run at a time.
const DONE: usize = 256;

/// A reading that is done.
struct Done {
    key: Key,
    readings: Vec<Reading>,
    at: Time,
}

/// Watches until cancelled.
pub async fn run(hub: Hub, cancel: CancellationToken, tasks: TaskTracker) {
    // A process that leaves at once must not wait here for what it never needed.
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let mut feed = hub.subscribe();
    let (done, mut dones) = mpsc::channel(DONE);
    let (mut rounds, mut logged) = (Rounds::default(), Logged::default());
    let mut lease = None;
    loop {
        if lease.is_none() && !hub.journal().is_read_only() {
            lease = hub.journal().lease_watch().ok().flatten();
            if lease.is_some() {
                rounds.index_all(&hub.board(), hub.clock().now());
            }
        }
        let wait = if lease.is_some() {
            look(&hub, &mut rounds, &logged, &done, &tasks).await
        } else if hub.journal().is_read_only() {
            None
        } else {
            Some(TAKE_OVER)
        };
        let asleep = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = asleep => {}
            Some(Done { key, readings, at }) = dones.recv() => {
                rounds.read(key, readings, at, &hub.policy().probing);
            }
            news = feed.recv() => match news {
                Ok(Feed::Lines(lines)) => logged.take(&lines),
                Ok(Feed::Entries(entries)) if lease.is_some() => heed(&hub, &mut rounds, &entries),
                // What was missed is on the board.
                Err(RecvError::Lagged(_)) if lease.is_some() => {
                    rounds.index_all(&hub.board(), hub.clock().now());
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Looks again at the incidents that entries are about, and at no other.
fn heed(hub: &Hub, rounds: &mut Rounds, entries: &[Arc<Entry>]) {
    let now = hub.clock().now();
    let board = hub.board();
    let incidents: BTreeSet<IncidentId> = entries.iter().map(|entry| entry.incident).collect();
    incidents
        .into_iter()
        .filter_map(|id| board.incident(id))
        .for_each(|incident| rounds.index(incident, now));
}

/// Starts what is due; says how long to wait, or none when only news can bring something.
async fn look(
    hub: &Hub,
    rounds: &mut Rounds,
    logged: &Logged,
    done: &mpsc::Sender<Done>,
    tasks: &TaskTracker,
) -> Option<Duration> {
    tell_circuits(hub);
    let now = hub.clock().now();
    let turn = rounds.turn(now, &hub.policy().probing);
    let mut next = turn.next.map(|wait| hub.clock().real(wait));
    for due in turn.reads {
        let lines = lines_since_proved(hub, &due, logged);
        tasks.spawn(read(hub.clone(), due, lines, done.clone()));
    }
    for incident in turn.ticks {
        tell(hub, incident, Command::Tick).await;
    }
    let mine = hub.runner();
    let (alive, orphans): (Vec<_>, Vec<_>) =
        rounds.requested().partition(|(_, runner)| hub.journal().runner_is_alive(runner.as_str()));
    if alive.iter().any(|(_, runner)| **runner != mine) {
        next = Some(next.map_or(ALIVE, |next| next.min(ALIVE)));
    }
    let orphans: Vec<Key> = orphans.into_iter().map(|(key, _)| key).collect();
    for (incident, action) in orphans {
        let reason =
            Text::line("the process that made the call is gone; whether it took effect is not known");
        tell(hub, incident, Command::Report { action, report: Report::Unknown { reason } }).await;
    }
    next
}

/// Reads an action's checks at once, because somebody asks: whether its incident is over or not, and
/// whoever watches. What was read; empty when there is no such action, or nothing to read of it.
pub async fn read_now(hub: Hub, incident: IncidentId, action: ActionId) -> Vec<Reading> {
    let plan = hub
        .board()
        .incident(incident)
        .and_then(|i| i.actions.get(&action))
        .filter(|a| a.lamp.is_probed() && !a.plan.checks.is_empty())
        .map(|a| a.plan.clone());
    match plan {
        Some(plan) => read_checks(&hub, incident, action, &plan, &[], None).await,
        None => Vec::new(),
    }
}

/// How many lines an agent logged since the effect that is read was proved last.
fn lines_since_proved(hub: &Hub, due: &Due, logged: &Logged) -> Option<u32> {
    let (incident, action) = due.key;
    let since = hub.board().incident(incident)?.actions.get(&action)?.held_since?;
    logged.since(&due.plan.target, since)
}

async fn read(hub: Hub, due: Due, logged: Option<u32>, done: mpsc::Sender<Done>) {
    let Due { key, plan, before } = due;
    let readings = read_checks(&hub, key.0, key.1, &plan, &before, logged).await;
    let at = hub.clock().now();
    // Nobody takes it in when the watch has ended.
    drop(done.send(Done { key, readings, at }).await);
}

/// Probes, tells every session, and reports: what they prove is decided by the hub.
async fn read_checks(
    hub: &Hub,
    incident: IncidentId,
    action: ActionId,
    plan: &Plan,
    before: &[Reading],
    logged: Option<u32>,
) -> Vec<Reading> {
    let samples = match hub.rig().by_name(plan.adapter.as_str()) {
        Some(adapter) => tokio::time::timeout(READ_WITHIN, adapter.probe(plan)).await.unwrap_or_default(),
        None if plan.adapter.as_str() == OUTBOX => outbox::read(hub, incident, action, plan),
        None => vec![],
    };
    tell_circuits(hub);
    let at = hub.clock().now();
    let readings = with_vanished(before, Sample::readings(samples, &plan.checks, at), at);
    hub.tell(Feed::Readings(incident, action, readings.clone().into()));
    let report = match logged {
        Some(logged) => Report::Watched { readings: readings.clone(), logged },
        None => Report::Readings(readings.clone()),
    };
    tell(hub, incident, Command::Report { action, report }).await;
    readings
}
