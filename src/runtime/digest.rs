//! Makes the daily digest of what is still in force: once a day, whoever runs and however often it is
//! started anew.
//!
//! One process at a time makes it (it holds the lease), and only on everything that is in the
//! journal; that a day has its digest is an entry. People are told through channels by the same
//! decision that records it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::hub::Hub;
use crate::app::digest::{DigestFacts, digest, template};
use crate::app::msg::Notice;
use crate::incident::{Actor, Command, DigestRule, IncidentId, Realm, Text};

/// How often it is looked whether the time has come: clocks are set, and machines sleep.
const LOOK: Duration = Duration::from_secs(60);

/// How often a process that does not make it looks whether it may.
const TAKE_OVER: Duration = Duration::from_secs(10);

/// Makes digests by a template until cancelled. A drill has none: it is over before the day is.
pub async fn run(hub: Hub, template: String, cancel: CancellationToken) {
    let idle = !hub.policy().digest.enabled || hub.realm() == Realm::Drill;
    if idle || hub.is_read_only() || hub.journal().is_read_only() {
        return;
    }
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let mut lease = None;
    loop {
        if lease.is_none() {
            lease = hub.journal().lease_digest().ok().flatten();
        }
        let wait = match lease {
            Some(_) => {
                make(&hub, &template).await;
                wait(&hub)
            }
            None => TAKE_OVER,
        };
        if cancel.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}

fn wait(hub: &Hub) -> Duration {
    let now = hub.clock().now();
    let left = (hub.policy().digest.next(now) - now).to_std().unwrap_or(LOOK);
    hub.clock().real(left.min(LOOK)).max(Duration::from_millis(10))
}

/// Makes the digest that is due, if one is.
async fn make(hub: &Hub, template: &str) {
    // Whoever held the lease before may have made it a moment ago.
    if !hub.catch_up_with_journal().await {
        return;
    }
    let Some((incident, command)) = due(hub, template) else { return };
    if let Err(error) = hub.submit(Some(incident), command, &Actor::Flightdeck).await {
        hub.tell(Feed::Notice(Notice::error(format!("the digest of what is in force: {error}"))));
    }
}

/// The digest that is due, and the incident on whose timeline it lies: that of the mitigation which
/// needs somebody most.
fn due(hub: &Hub, own: &str) -> Option<(IncidentId, Command)> {
    let now = hub.clock().now();
    let rule: &DigestRule = &hub.policy().digest;
    let board = hub.board();
    rule.due(&board, now)?;
    // What was read since is on no record; whoever probes left it beside the journal.
    let mut as_read = board.clone();
    drop(board);
    for read in hub.journal().readings_left() {
        as_read.reread(read.incident, read.action, read.newest());
    }
    let (day, all) = rule.due(&as_read, now)?;
    let incident = all.first()?.incident.id;
    let facts = DigestFacts::of(&Text::line(&day.to_string()), &all, now);
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let text = digest(own, &facts).or_else(|wrong| {
        hub.tell(Feed::Notice(Notice::error(format!("the digest's own template: {wrong}"))));
        digest(template("en"), &facts)
    });
    Some((incident, Command::Digest { day, count, text: text.unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::adapters::{Live, Rig};
    use crate::incident::{Confirmation, Event, Policy, Severity, Time, story};
    use crate::runtime::Clock;
    use crate::store::{Journal, Opening};

    fn at(clock: &str) -> Time {
        format!("2026-05-{clock}Z").parse().unwrap()
    }

    /// A process of its own, as far as the journal is concerned.
    struct Process {
        hub: Hub,
        cancel: CancellationToken,
    }

    impl Process {
        fn start(journal: &Path, clock: &Clock) -> Self {
            let journal = Journal::open(journal, &Opening::write(Realm::Live)).unwrap();
            let (policy, rig) = (Arc::new(Policy::built_in()), Rig::Live(Live::new(vec![])));
            let hub = Hub::new(journal, policy, clock.clone(), rig, false);
            let cancel = CancellationToken::new();
            tokio::spawn(hub.clone().run(cancel.clone()));
            tokio::spawn(run(hub.clone(), template("en").to_owned(), cancel.clone()));
            Self { hub, cancel }
        }

        /// The days that have a digest, in order.
        fn days(&self) -> Vec<String> {
            let board = self.hub.board();
            let records = board.incidents().filter_map(|i| board.record(i.id));
            let made = records.flat_map(|record| &record.entries).filter_map(|entry| {
                if let Event::DigestMade { day, .. } = &entry.event { Some(day.to_string()) } else { None }
            });
            made.collect()
        }

        async fn until_days(&self, count: usize) {
            let enough = async {
                while self.days().len() < count {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), enough).await.expect("a digest is made");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_day_has_one_digest_however_many_processes_there_are_and_however_often_they_start() {
        let dir = tempfile::tempdir().unwrap();
        let journal = dir.path().join("journal.db");
        let clock = Clock::running(at("04T08:59:00"), 60.0);
        let both = [Process::start(&journal, &clock), Process::start(&journal, &clock)];
        let hub = &both[0].hub;
        let ana = Actor::person("ana");
        let declare = Command::Declare {
            realm: Realm::Live,
            title: "a leak".into(),
            severity: Severity::P0,
            pattern: None,
            agents: vec![],
            detected_at: None,
        };
        let incident = hub.submit(None, declare, &ana).await.unwrap().incident;
        let plan = story::plan("isolate support-1");
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        let act = Command::Act { plan, confirmation, runner: hub.runner() };
        hub.submit(Some(incident), act, &ana).await.unwrap();
        both[1].until_days(1).await;
        both.iter().for_each(|process| process.cancel.cancel());
        drop(both);

        // A day goes by in a second.
        let clock = Clock::running(at("04T10:00:00"), 86_400.0);
        let both = [Process::start(&journal, &clock), Process::start(&journal, &clock)];
        both[0].until_days(2).await;
        let days = both[0].days();
        assert_eq!(days[..2], ["2026-05-04", "2026-05-05"]);
        both.iter().for_each(|process| process.cancel.cancel());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn where_nothing_is_in_force_nothing_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::running(at("04T08:00:00"), 1.0);
        let process = Process::start(&dir.path().join("journal.db"), &clock);
        process.hub.until_loaded().await;
        assert!(due(&process.hub, template("en")).is_none());
        process.cancel.cancel();
    }
}
