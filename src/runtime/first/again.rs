//! Vitals are read again while an incident is fresh: what was as it should be when the alert came may
//! not be a minute later.

use std::time::Duration;

use super::{Fleet, tell};
use crate::incident::first::scope;
use crate::incident::{Command, IncidentId, Mark, Vitals};
use crate::runtime::hub::Hub;

/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_secs(2);

/// Seconds after which they are read again in any case, and at least between two readings that differ.
const AGAIN_SECONDS: i64 = 30;

/// Reads again after a while, when somebody acknowledges, and when vitals leave their ranges or come
/// back.
pub async fn follow(hub: &Hub, incident: IncidentId, fleet: &Fleet) {
    let (mut read_at, mut again, mut acknowledged) = (hub.clock().now(), false, false);
    loop {
        tokio::time::sleep(LOOK).await;
        let now = hub.clock().now();
        let told: Vec<Vitals> =
            fleet.lock().unwrap_or_else(std::sync::PoisonError::into_inner).values().cloned().collect();
        let check = scope(&told, now);
        let due = {
            let board = hub.board();
            let Some(incident) = board.incident(incident).filter(|i| i.is_fresh(now)) else { return };
            let old =
                incident.first.iter().find(|old| old.topic == check.topic && old.source == check.source);
            let waited = (now - read_at).num_seconds() >= AGAIN_SECONDS;
            let news = old.is_none_or(|old| old.glance != check.glance);
            let taken = incident.mark(Mark::T1).is_some() && !acknowledged;
            acknowledged |= taken;
            taken || (waited && (!again || news))
        };
        if due {
            again |= (now - read_at).num_seconds() >= AGAIN_SECONDS;
            read_at = now;
            tell(hub, incident, Command::FirstCheck { check }).await;
        }
    }
}
