//! Alerts that are refused because nothing can be recorded: said for as long as it is so. That they are
//! taken is not said meanwhile.

use super::feed::Feed;
use super::hub::Hub;
use crate::app::msg::Notice;

/// By what the receiver's lasting notice is known.
pub(super) const RECEIVER: &str = "receiver";

/// Says whether what comes to an open port is refused, until it is dropped. `taken` is said again when
/// that is over.
pub(super) async fn tell(hub: &Hub, taken: &Notice) {
    let mut alarms = hub.watch_alarms();
    let mut said = None;
    loop {
        let why = hub.records_nothing();
        if why != said {
            let notice = match &why {
                Some(why) => Notice::lasting(RECEIVER, format!("alerts are refused: {why}")),
                None => Notice::clear(RECEIVER),
            };
            hub.tell(Feed::Notice(notice));
            if why.is_none() {
                hub.tell(Feed::Notice(taken.clone()));
            }
            said = why;
        }
        if alarms.changed().await.is_err() {
            // The hub, which this holds, keeps the sender.
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::broadcast::Receiver;

    use super::*;
    use crate::adapters::{Live, Rig};
    use crate::app::journal::JournalAlarm;
    use crate::app::msg::NoticeLevel;
    use crate::incident::{Policy, Realm};
    use crate::runtime::Clock;
    use crate::sources::Intake as _;
    use crate::store::Journal;

    async fn next(feed: &mut Receiver<Feed>) -> Notice {
        loop {
            if let Feed::Notice(notice) = feed.recv().await.unwrap() {
                return notice;
            }
        }
    }

    /// "alerts are taken on http://..." stood on the screen while each one was refused.
    #[tokio::test]
    async fn as_long_as_nothing_can_be_recorded_alerts_are_said_to_be_refused() {
        let journal = Journal::memory(Realm::Live).unwrap();
        let rig = Rig::Live(Live::new(vec![]));
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig, false);
        let mut feed = hub.subscribe();
        let taken = Notice::info("alerts are taken here");
        let telling = {
            let (hub, taken) = (hub.clone(), taken.clone());
            tokio::spawn(async move { tell(&hub, &taken).await })
        };
        let little = "DISK FULL: soon nothing is recorded; free some space";
        hub.alarm(JournalAlarm::LittleRoom, Some(little.into()));
        assert_eq!(hub.refuses(), None, "it still can");
        hub.alarm(JournalAlarm::Unwritten, Some("DISK FULL: nothing is recorded".into()));
        let said = next(&mut feed).await;
        assert_eq!(
            (said.text.as_str(), said.key.is_some()),
            ("alerts are refused: DISK FULL: nothing is recorded", true)
        );
        assert!(hub.refuses().is_some());
        hub.alarm(JournalAlarm::Unwritten, None);
        assert_eq!(next(&mut feed).await.level, NoticeLevel::Clear);
        assert_eq!(next(&mut feed).await.text, taken.text);
        assert_eq!(hub.refuses(), None);
        telling.abort();
    }
}
