//! Probes and clocks: reads what is in force, lets proposals run out, finds what was left behind
//! by a process that died.
//!
//! One process at a time watches a journal (it holds the lease); the others take over when it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dispatch::tell;
use super::feed::Feed;
use super::hub::Hub;
use super::outbox;
use crate::adapters::Sample;
use crate::incident::outbox::OUTBOX;
use crate::incident::{Action, ActionId, Command, IncidentId, Lamp, Plan, Reading, Report, Text, Time};

/// How often an action that waits for its proof is read.
const EAGER: Duration = Duration::from_secs(1);

/// How often a mitigation in force is read, as long as nothing changes.
const CALM: Duration = Duration::from_secs(5);

/// How often somebody who does not watch looks whether the watch is free.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// What is being read, or when it was read last.
type Reads = Arc<Mutex<BTreeMap<(IncidentId, ActionId), Option<Time>>>>;

/// Watches until cancelled.
pub async fn run(hub: Hub, cancel: CancellationToken, tasks: TaskTracker) {
    // A process that leaves at once must not wait here for what it never needed.
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let reads = Reads::default();
    let mut feed = hub.subscribe();
    let mut lease = None;
    loop {
        if lease.is_none() && !hub.journal().is_read_only() {
            lease = hub.journal().lease_watch().ok().flatten();
        }
        let wait = if lease.is_some() {
            look(&hub, &reads, &tasks).await
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
            // Entries may bring something to read; being late for some of them does no harm.
            _ = entries(&mut feed) => {}
        }
    }
}

async fn entries(feed: &mut tokio::sync::broadcast::Receiver<Feed>) {
    loop {
        match feed.recv().await {
            Ok(Feed::Entries(_)) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Starts what is due; says how long to wait, or none when only news can bring something.
async fn look(hub: &Hub, reads: &Reads, tasks: &TaskTracker) -> Option<Duration> {
    let now = hub.clock().now();
    let mut next: Option<Duration> = None;
    let mut sooner = |wait: Duration| next = Some(next.map_or(wait, |n| n.min(wait)));
    let mut due = Vec::new();
    let mut ticks = Vec::new();
    let mut orphans = Vec::new();
    let mine = hub.runner();
    {
        let board = hub.board();
        let mut last = reads.lock().unwrap_or_else(PoisonError::into_inner);
        for incident in board.incidents() {
            for action in incident.actions.values() {
                if action.lamp == Lamp::Proposed {
                    let left = action.approve_by.map_or(0, |until| (until - now).num_milliseconds());
                    if left <= 0 {
                        ticks.push(incident.id)
                    } else {
                        sooner(Duration::from_millis(left as u64))
                    }
                }
                if action.lamp == Lamp::Requested {
                    if !hub.journal().runner_is_alive(action.runner.as_str()) {
                        orphans.push((incident.id, action.id));
                    } else if action.runner != mine {
                        // No entry will tell of its end.
                        sooner(EAGER);
                    }
                }
                let wanted = is_watched(action, incident.is_open());
                let key = (incident.id, action.id);
                if !wanted {
                    last.remove(&key);
                    continue;
                }
                let pace = if action.lamp == Lamp::Verified { CALM } else { EAGER };
                match left(last.get(&key), pace, now) {
                    Some(left) => sooner(left),
                    None => {
                        last.insert(key, None);
                        due.push((key, action.plan.clone()));
                        sooner(pace);
                    }
                }
            }
        }
    }
    for ((incident, action), plan) in due {
        tasks.spawn(read(hub.clone(), reads.clone(), incident, action, plan));
    }
    for incident in ticks {
        tell(hub, incident, Command::Tick).await;
    }
    for (incident, action) in orphans {
        let reason =
            Text::line("the process that made the call is gone; whether it took effect is not known");
        tell(hub, incident, Command::Report { action, report: Report::Unknown { reason } }).await;
    }
    next.map(|wait| hub.clock().real(wait))
}

/// How long until a reading is due again; none when it is due.
fn left(last: Option<&Option<Time>>, pace: Duration, now: Time) -> Option<Duration> {
    match last? {
        // It wakes nobody when it has ended.
        None => Some(pace),
        Some(at) => {
            let left = (*at - now).num_milliseconds() + pace.as_millis() as i64;
            // A clock that was set back puts no reading off.
            (left > 0).then(|| Duration::from_millis(left as u64).min(pace))
        }
    }
}

/// Probes go on until an action is undone or the incident is over; what somebody keeps in force
/// after it is theirs.
fn is_watched(action: &Action, open: bool) -> bool {
    let settles = matches!(action.lamp, Lamp::Accepted | Lamp::InDoubt);
    let lasting = action.plan.op.info().mitigation;
    action.lamp.is_probed() && (settles || (open && lasting)) && !action.plan.checks.is_empty()
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
        Some(plan) => read_checks(&hub, incident, action, &plan).await,
        None => Vec::new(),
    }
}

async fn read(hub: Hub, reads: Reads, incident: IncidentId, action: ActionId, plan: Plan) {
    let readings = read_checks(&hub, incident, action, &plan).await;
    let at = readings.first().map_or_else(|| hub.clock().now(), |reading| reading.at);
    reads.lock().unwrap_or_else(PoisonError::into_inner).insert((incident, action), Some(at));
}

/// Probes, tells every session, and reports: what they prove is decided by the hub.
async fn read_checks(hub: &Hub, incident: IncidentId, action: ActionId, plan: &Plan) -> Vec<Reading> {
    let samples = match hub.rig().by_name(plan.adapter.as_str()) {
        Some(adapter) => adapter.probe(plan).await,
        None if plan.adapter.as_str() == OUTBOX => outbox::read(hub, incident, action, plan),
        None => vec![],
    };
    let at = hub.clock().now();
    let readings = Sample::readings(samples, &plan.checks, at);
    hub.tell(Feed::Readings(incident, action, readings.clone().into()));
    tell(hub, incident, Command::Report { action, report: Report::Readings(readings.clone()) }).await;
    readings
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn a_mitigation_in_force_is_looked_at_again_whatever_is_under_way() {
        // Regression: the news of a reading came before its end was noted; then nothing was due,
        // nothing woke the watch, and a leak was never seen.
        let at = |seconds: i64| chrono::Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap();
        for (last, wait) in [
            (None, None),
            (Some(None), Some(5)),
            (Some(Some(at(0))), Some(2)),
            (Some(Some(at(-2))), None),
            (Some(Some(at(-60))), None),
            (Some(Some(at(3))), Some(5)),
            (Some(Some(at(3_600))), Some(5)),
        ] {
            let wait = wait.map(Duration::from_secs);
            assert_eq!(left(last.as_ref(), CALM, at(3)), wait, "{last:?}");
        }
    }
}
