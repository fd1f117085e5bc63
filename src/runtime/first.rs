//! First checks at work: when an incident is declared, what a commander asks first is gathered by
//! itself, all of it at once, and each answer is an entry (C1, D11).
//!
//! One process at a time asks (it holds the lease). An answer is recorded once: whoever starts anew
//! asks only what is missing, and only while the incident is fresh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dispatch::tell;
use super::feed::Feed;
use super::hub::Hub;
use crate::checks::Question;
use crate::incident::first::{scope, similar};
use crate::incident::{AgentId, Command, FirstCheck, Glance, IncidentId, Text, Topic, Vitals};

/// How often a process that does not ask looks whether it may.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// What is asked, and how long an answer may take.
#[derive(Clone, Debug)]
pub struct Questions {
    /// What is asked of repositories and dependencies.
    pub all: Vec<Question>,
    /// How long each answer may take.
    pub within: Duration,
    /// Whether anybody's vitals are read by this process: where they are not, they are not asked for.
    pub fleet: bool,
}

impl Default for Questions {
    fn default() -> Self {
        Self { all: Vec::new(), within: Duration::from_secs(5), fleet: true }
    }
}

/// The newest vitals of each agent that were told.
type Fleet = Arc<Mutex<BTreeMap<AgentId, Vitals>>>;

/// Gathers until cancelled.
pub async fn run(hub: Hub, questions: Questions, cancel: CancellationToken, tasks: TaskTracker) {
    if hub.journal().is_read_only() {
        return;
    }
    let mut feed = hub.subscribe();
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let (questions, fleet) = (Arc::new(questions), Fleet::default());
    let mut asked = BTreeSet::new();
    let mut lease = None;
    loop {
        if lease.is_none() {
            lease = hub.journal().lease_first().ok().flatten();
        }
        if lease.is_some() {
            for incident in fresh(&hub).into_iter().filter(|id| asked.insert(*id)) {
                let (gathered, cancel) =
                    (gather(hub.clone(), incident, questions.clone(), fleet.clone()), cancel.clone());
                // Whoever leaves does not wait for answers: what is missing is asked by the next.
                tasks.spawn(async move { cancel.run_until_cancelled(gathered).await });
            }
        }
        let news = tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(TAKE_OVER), if lease.is_none() => continue,
            news = feed.recv() => news,
        };
        match news {
            Ok(Feed::Vitals(all)) => {
                let mut fleet = fleet.lock().unwrap_or_else(PoisonError::into_inner);
                fleet.extend(all.iter().map(|vitals| (vitals.agent.clone(), vitals.clone())));
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Incidents that began a moment ago.
fn fresh(hub: &Hub) -> Vec<IncidentId> {
    let now = hub.clock().now();
    hub.board().incidents().filter(|incident| incident.is_fresh(now)).map(|incident| incident.id).collect()
}

/// Asks everything at once; each answer is recorded when it comes.
async fn gather(hub: Hub, incident: IncidentId, questions: Arc<Questions>, fleet: Fleet) {
    for check in known(&hub, incident) {
        tell(&hub, incident, Command::FirstCheck { check }).await;
    }
    let began = hub.board().incident(incident).and_then(|i| i.mark(crate::incident::Mark::T0));
    let began = began.unwrap_or_else(|| hub.clock().now());
    let outside = questions.all.iter().map(|question| {
        let (hub, within) = (hub.clone(), questions.within);
        async move {
            let (topic, source) = (question.topic(), question.source().as_str());
            let done = hub.board().incident(incident).is_none_or(|i| i.has_first(topic, source));
            if !done {
                let check = question.ask(began, within).await;
                tell(&hub, incident, Command::FirstCheck { check }).await;
            }
        }
    });
    let fleet = async {
        let source = scope(&[], began).source;
        let done = hub.board().incident(incident).is_none_or(|i| i.has_first(Topic::Scope, source.as_str()));
        if questions.fleet && !done {
            vitals(&hub, incident, &fleet, questions.within).await;
        }
    };
    tokio::join!(futures::future::join_all(outside), fleet);
}

/// What needs nobody's answer: who is on call, and what happened before.
fn known(hub: &Hub, incident: IncidentId) -> Vec<FirstCheck> {
    let now = hub.clock().now();
    let mut checks = Vec::new();
    let rota = &hub.policy().rota;
    if let Some(level) = rota.levels.keys().next().copied() {
        let (glance, found) = match rota.on_call(level, now) {
            Some(duty) => (Glance::Quiet, duty.words()),
            None => (Glance::Notable, format!("nobody has the duty at level {level}")),
        };
        let source = Text::line("on-call table");
        checks.push(FirstCheck { topic: Topic::OnCall, source, glance, found: Text::line(&found) });
    }
    checks.extend(similar(&hub.board(), incident));
    checks
}

/// Total or partial, by the whole fleet's vitals; at the beginning they are waited for a little.
async fn vitals(hub: &Hub, incident: IncidentId, fleet: &Fleet, within: Duration) {
    let whole = || -> Vec<Vitals> {
        fleet.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    };
    let until = tokio::time::Instant::now() + within;
    let mut check = scope(&whole(), hub.clock().now());
    while check.glance == Glance::NotRead && tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(250)).await;
        check = scope(&whole(), hub.clock().now());
    }
    tell(hub, incident, Command::FirstCheck { check }).await;
}
