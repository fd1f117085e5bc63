//! Taking alerts: one process of a journal does, and every other one hears how that goes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::hub::Hub;
use super::refusing::{self, RECEIVER};
use crate::app::msg::Notice;
use crate::incident::Text;
use crate::sources::{BindError, Bound, Receiver, ReceiverSpec, Tally};
use crate::store::Reception;

/// How often a process that does not take alerts looks whether it may.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// How often a process hears how another one takes them: a few wake-ups in a minute.
const HEAR: Duration = Duration::from_secs(30);

/// How often what is counted is left for others at most.
const LEAVE: Duration = Duration::from_secs(1);

/// By what the notice of what this process refused is known, and that of another process's receiver.
const REFUSED: &str = "refused alerts";
const ELSEWHERE: &str = "receiver elsewhere";

/// Takes alerts until cancelled, and lets the other processes of the journal know: the lease is held as
/// long as it listens. Where leases cannot be had, others hear of no receiver.
pub(super) async fn take(hub: &Hub, bound: Bound, cancel: CancellationToken) {
    let known = async {
        loop {
            match hub.journal().lease_receiver() {
                // Another process is just looking whether anybody takes them, or just ends.
                Ok(None) => tokio::time::sleep(TAKE_OVER).await,
                _held @ (Ok(Some(_)) | Err(_)) => return std::future::pending::<()>().await,
            }
        }
    };
    let (taken, counted) = (taken(&bound), tell(hub, bound.addr(), bound.tally()));
    tokio::select! {
        () = bound.serve(Arc::new(hub.clone()), cancel) => {}
        () = known => {}
        () = refusing::tell(hub, &taken) => {}
        () = counted => {}
    }
}

/// Where alerts are taken.
fn taken(bound: &Bound) -> Notice {
    Notice::info(format!("alerts are taken on http://{}", bound.addr()))
}

/// Says what is refused, here and to other processes: an alert may have been lost. Never ends.
async fn tell(hub: &Hub, listen: SocketAddr, mut tally: watch::Receiver<Tally>) {
    let mut refused = 0;
    let mut last_refusal = None;
    loop {
        let now = tally.borrow_and_update().clone();
        if now.refused > refused {
            refused = now.refused;
            last_refusal = now.last_refusal.map(|why| (hub.clock().now(), why));
        }
        let reception = Reception {
            runner: hub.runner(),
            listen: Text::line(&listen.to_string()),
            trouble: None,
            taken: now.taken,
            refused,
            last_refusal: last_refusal.clone(),
        };
        if let Some(words) = reception.wrong() {
            hub.tell(Feed::Notice(Notice::lasting(REFUSED, words)));
        }
        leave(hub, reception);
        if tally.changed().await.is_err() {
            return std::future::pending().await;
        }
        tokio::time::sleep(LEAVE).await;
    }
}

/// Leaves it for other processes. Whoever finds nothing hears of no receiver: no reason to stop.
fn leave(hub: &Hub, reception: Reception) {
    let journal = hub.journal().clone();
    tokio::task::spawn_blocking(move || drop(journal.leave_reception(&reception)));
}

/// Whether another process of this journal has the port, and takes alerts by it.
pub(super) fn is_taken_elsewhere(hub: &Hub, error: &BindError) -> bool {
    matches!(error, BindError::InUse(_)) && matches!(hub.journal().lease_receiver(), Ok(None))
}

/// Says to other processes that this one, which is to take alerts, cannot.
pub(super) fn leave_trouble(hub: &Hub, spec: &ReceiverSpec, error: &BindError) {
    leave(
        hub,
        Reception {
            runner: hub.runner(),
            listen: Text::line(&spec.listen.to_string()),
            trouble: Some(Text::line(&error.to_string())),
            taken: 0,
            refused: 0,
            last_refusal: None,
        },
    );
}

/// Runs the alert receiver. Without it everything else goes on, and the screen says so. Where another
/// process takes them for the same journal, that is said once, and this one follows when it ends.
pub(super) async fn receive(hub: &Hub, spec: ReceiverSpec, cancel: CancellationToken) {
    let mut said = String::new();
    loop {
        let (may_pass, why) = if hub.journal().is_read_only() {
            // Whoever can record may have the port.
            (true, hub.records_nothing().unwrap_or_default().to_string())
        } else {
            match Receiver::bind(spec.clone()).await {
                Ok(bound) => {
                    hub.tell(Feed::Notice(Notice::clear(RECEIVER)));
                    hub.tell(Feed::Notice(taken(&bound)));
                    return take(hub, bound, cancel).await;
                }
                Err(error) => (matches!(error, BindError::InUse(_)), error.to_string()),
            }
        };
        let notice = if may_pass && matches!(hub.journal().lease_receiver(), Ok(None)) {
            Notice::info("alerts are taken by another flightdeck on this journal")
        } else {
            Notice::lasting(RECEIVER, format!("no alerts are taken: {why}"))
        };
        if notice.text.as_str() != said {
            if notice.key.is_none() {
                hub.tell(Feed::Notice(Notice::clear(RECEIVER)));
            }
            notice.text.as_str().clone_into(&mut said);
            hub.tell(Feed::Notice(notice));
        }
        let waited = cancel.run_until_cancelled(tokio::time::sleep(TAKE_OVER)).await;
        if !may_pass || waited.is_none() {
            return;
        }
    }
}

/// Says on this process's screens what is wrong with the receiver of another one, until cancelled.
pub(super) async fn hear(hub: &Hub, cancel: &CancellationToken) {
    let mut said = None;
    loop {
        // A file of a few hundred bytes: another thread for it would cost more wake-ups than it is worth.
        let left = hub.journal().reception();
        let wrong = left.filter(|left| left.runner != hub.runner()).and_then(|left| left.wrong());
        if wrong != said {
            hub.tell(Feed::Notice(match &wrong {
                Some(words) => Notice::lasting(ELSEWHERE, format!("flightdeck serve: {words}")),
                None => Notice::clear(ELSEWHERE),
            }));
            said = wrong;
        }
        if cancel.run_until_cancelled(tokio::time::sleep(HEAR)).await.is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::{Live, Rig};
    use crate::app::msg::NoticeLevel;
    use crate::incident::{Policy, Realm};
    use crate::runtime::Clock;
    use crate::store::{Journal, Opening};

    #[tokio::test]
    async fn a_cockpit_says_what_is_wrong_with_the_receiver_of_the_process_that_serves() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let process = || {
            let journal = Journal::open(&path, &Opening::write(Realm::Live)).unwrap();
            let rig = Rig::Live(Live::new(vec![]));
            Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig, false)
        };
        let (serve, cockpit) = (process(), process());
        let error = BindError::InUse(([127, 0, 0, 1], 9099).into());
        let reception = Reception {
            runner: serve.runner(),
            listen: "127.0.0.1:9099".into(),
            trouble: Some(Text::line(&error.to_string())),
            taken: 0,
            refused: 0,
            last_refusal: None,
        };
        serve.journal().leave_reception(&reception).unwrap();
        for (hub, hears) in [(&cockpit, true), (&serve, false)] {
            let (mut feed, cancel) = (hub.subscribe(), CancellationToken::new());
            let hearing = hear(hub, &cancel);
            let told = tokio::time::timeout(Duration::from_secs(2), async {
                tokio::select! {
                    () = hearing => None,
                    news = feed.recv() => news.ok(),
                }
            });
            let told = told.await.ok().flatten();
            let notice =
                told.and_then(|news| if let Feed::Notice(notice) = news { Some(notice) } else { None });
            assert_eq!(notice.is_some(), hears, "its own trouble it tells by itself");
            if let Some(notice) = notice {
                assert_eq!((notice.level, notice.key), (NoticeLevel::Warn, Some(ELSEWHERE)));
                let words =
                    "flightdeck serve: no alerts are taken on 127.0.0.1:9099: 127.0.0.1:9099 is in use";
                assert!(notice.text.as_str().starts_with(words), "{}", notice.text);
            }
        }
    }
}
