//! A live incident with one person on it, before whatever adapters a configuration names.

use std::sync::Arc;
use std::time::Duration;

use flightdeck::adapters::Ask;
use flightdeck::incident::{
    Action, Actor, Command, Confirmation, Entry, Event, IncidentId, Op, Params, Pattern, Policy, Realm, Role,
    Severity, Text, Time, telling,
};
use flightdeck::runtime::{Clock, Hub, dispatch, watch};
use flightdeck::store::Journal;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::rig;

/// The only incident there is.
pub const INC: IncidentId = IncidentId(1);

/// The incident, the hub, and what acts and probes.
pub struct Stage {
    pub hub: Hub,
    ana: Actor,
    cancel: CancellationToken,
}

impl Stage {
    /// Declared, acknowledged and commanded.
    pub async fn open(text: &str, clock: Clock) -> Self {
        let journal = Journal::memory(Realm::Live).expect("memory");
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), clock, rig(text), false);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        tokio::spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(watch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(hub.clone().run(cancel.clone()));
        let stage = Self { hub, ana: Actor::person("ana"), cancel };
        let declare = Command::Declare {
            realm: Realm::Live,
            title: "support-1 answers with other customers' data".into(),
            severity: Severity::P0,
            pattern: Some(Pattern::Boundary),
            agents: vec!["support-1".parse().expect("an id")],
            detected_at: None,
        };
        stage.hub.submit(None, declare, &stage.ana).await.expect("declared");
        for command in [Command::Acknowledge, Command::Assign { role: Role::Commander, holder: "ana".into() }]
        {
            stage.say(command).await;
        }
        stage
    }

    async fn say(&self, command: Command) {
        self.hub.submit(Some(INC), command, &self.ana).await.expect("allowed");
    }

    /// Isolates the agent, confirmed as the plan asks for it.
    pub async fn isolate(&self) {
        let ask = Ask { op: Op::Isolate, target: Text::line("support-1"), params: Params::new() };
        let plan = self.hub.plan(INC, ask).await.expect("planned");
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        self.say(Command::Act { plan, confirmation, runner: self.hub.runner() }).await;
    }

    pub fn action(&self) -> Option<Action> {
        self.hub.board().incident(INC).and_then(|incident| incident.actions.values().next().cloned())
    }

    /// Waits until the action is as wanted, not longer than the slowest machine needs.
    #[expect(clippy::panic, reason = "a story that does not come true says so")]
    pub async fn until(&self, what: &str, is: impl Fn(&Action) -> bool) -> Action {
        for _ in 0..6_000 {
            if let Some(action) = self.action().filter(|action| is(action)) {
                return action;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{what}: never, but {:#?}\n{}", self.action(), self.timeline().join("\n"));
    }

    fn entries(&self) -> Vec<Arc<Entry>> {
        self.hub.board().record(INC).map(|record| record.entries.clone()).unwrap_or_default()
    }

    /// The moments of one kind of entry.
    pub fn moments(&self, is: fn(&Event) -> bool) -> Vec<Time> {
        self.entries().iter().filter(|entry| is(&entry.event)).map(|entry| entry.at).collect()
    }

    /// The entries in words.
    pub fn timeline(&self) -> Vec<String> {
        self.entries().iter().map(|entry| telling::tell(entry, self.hub.policy().naming)).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
