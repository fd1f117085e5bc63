//! First checks at work: when an incident is declared, what a commander asks first is gathered by
//! itself, all of it at once, and each answer is an entry (C1, D11).
//!
//! One process at a time asks (it holds the lease). An answer is recorded once: whoever starts anew
//! asks only what is missing, and only while the incident is fresh.

mod again;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dispatch::tell;
use super::feed::Feed;
use super::hub::Hub;
use crate::adapters::Reader;
use crate::checks::Question;
use crate::incident::first::{scope, similar};
use crate::incident::{AgentId, Command, FirstCheck, Glance, IncidentId, Span, Text, Topic, Vitals};

/// How often a process that does not ask looks whether it may.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// What is asked, and how long an answer may take.
#[derive(Clone)]
pub struct Questions {
    /// What is asked of repositories and dependencies.
    pub all: Vec<Question>,
    /// How long each answer may take.
    pub within: Duration,
    /// How long before an incident a deploy still counts.
    pub since: Span,
    /// What reads which version of an agent runs.
    pub versions: Vec<Arc<dyn Reader>>,
    /// Whether anybody's vitals are read by this process: where they are not, they are not asked for.
    pub fleet: bool,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            within: Duration::from_secs(5),
            since: Span::minutes(120),
            versions: Vec::new(),
            fleet: true,
        }
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
        record(&hub, incident, check).await;
    }
    let began = hub.board().incident(incident).and_then(|i| i.mark(crate::incident::Mark::T0));
    let began = began.unwrap_or_else(|| hub.clock().now());
    let outside = questions.all.iter().map(|question| {
        let (hub, within) = (hub.clone(), questions.within);
        async move {
            if is_open(&hub, incident, question.topic(), question.source()) {
                record(&hub, incident, question.ask(began, within).await).await;
            }
        }
    });
    let fleet = async {
        let source = scope(&[], began).source;
        if questions.fleet && is_open(&hub, incident, Topic::Scope, &source) {
            vitals(&hub, incident, &fleet, questions.within).await;
            again::follow(&hub, incident, &fleet).await;
        }
    };
    tokio::join!(
        join_all(outside),
        fleet,
        duty(&hub, incident, questions.within),
        versions::ask(&hub, incident, began, &questions)
    );
}

/// Whether it is still to be asked.
fn is_open(hub: &Hub, incident: IncidentId, topic: Topic, source: &Text) -> bool {
    hub.board().incident(incident).is_some_and(|i| !i.has_first(topic, source.as_str()))
}

async fn record(hub: &Hub, incident: IncidentId, check: FirstCheck) {
    tell(hub, incident, Command::FirstCheck { check }).await;
}

/// What needs nobody's answer: what happened before, and what a drill's fleet says.
fn known(hub: &Hub, incident: IncidentId) -> Vec<FirstCheck> {
    let board = hub.board();
    let agents = board.incident(incident).map(|i| i.agents.clone()).unwrap_or_default();
    let mut checks = hub.rig().first_checks(&agents);
    checks.extend(similar(&board, incident));
    let unasked = |check: &FirstCheck| {
        board.incident(incident).is_some_and(|i| !i.has_first(check.topic, check.source.as_str()))
    };
    checks.retain(unasked);
    checks
}

/// Who is on call first, by the table, or by the channel's own system where the table leaves it to
/// that.
async fn duty(hub: &Hub, incident: IncidentId, within: Duration) {
    let rota = &hub.policy().rota;
    let Some(level) = rota.levels.keys().next().copied() else { return };
    let duty = rota.on_call(level, hub.clock().now());
    let asked = duty.as_ref().filter(|duty| duty.person.is_none());
    let source = match asked {
        Some(duty) => Text::line(&format!("{}'s on-call", duty.channel)),
        None => Text::line("on-call table"),
    };
    if !is_open(hub, incident, Topic::OnCall, &source) {
        return;
    }
    let (glance, found) = match (&duty, asked) {
        (_, Some(duty)) => match tokio::time::timeout(within, hub.who(duty)).await {
            Ok(Some(Ok(people))) => (Glance::Quiet, people),
            Ok(Some(Err(why))) => (Glance::NotRead, why.to_string()),
            // A channel that cannot be asked still wakes whoever it has on call.
            Ok(None) => (Glance::Quiet, duty.words()),
            Err(_) => (Glance::NotRead, format!("{} did not answer in {} s", duty.channel, within.as_secs())),
        },
        (Some(duty), None) => (Glance::Quiet, duty.words()),
        (None, None) => (Glance::Notable, format!("nobody has the duty at level {level}")),
    };
    let check = FirstCheck { topic: Topic::OnCall, source, glance, found: Text::line(&found) };
    record(hub, incident, check).await;
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
    record(hub, incident, check).await;
}
