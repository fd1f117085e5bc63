//! What the hub watches of its own journal: whether it can be written, and whether it verifies.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Hub;
use crate::app::journal::JournalAlarm;
use crate::incident::{IncidentId, Refusal, Text};
use crate::runtime::feed::Feed;
use crate::store::{Room, StoreError};

/// How long after everything is loaded the journal is verified: a first frame and the first keys come
/// before it.
const AUDIT_AFTER: Duration = Duration::from_secs(1);

/// How long a journal that could not be written is left alone before it is tried again.
const WRITE_AGAIN: Duration = Duration::from_secs(2);

/// What is said while the journal can still be written.
const LITTLE_ROOM: &str = "DISK FULL: soon nothing is recorded; free some space";

impl Hub {
    /// Verifies the journal, once it is on the screen: what somebody changed in it is said to whoever
    /// works with it, not only to whoever asks. The incident that it is in takes nothing more: what was
    /// appended to a broken chain would look as if it held.
    pub(super) async fn audit(&self, cancel: &CancellationToken) {
        if self.0.journal.is_memory() {
            return;
        }
        let verified = async {
            self.until_loaded().await;
            tokio::time::sleep(AUDIT_AFTER).await;
            self.0.journal.verify().await
        };
        let Some(Err(broken)) = cancel.run_until_cancelled(verified).await else { return };
        let Some(first) = broken.first() else { return };
        let entries = broken.iter().filter(|broken| broken.seq.is_some());
        let closed: BTreeMap<IncidentId, Text> =
            entries.filter_map(|one| Some((one.incident?, Text::line(&one.to_string())))).collect();
        let ids: Vec<String> = closed.keys().map(ToString::to_string).collect();
        let then = match ids.len() {
            0 => String::new(),
            1 => format!("; {} takes nothing more", ids[0]),
            _ => format!("; {} take nothing more", ids.join(", ")),
        };
        drop(self.0.altered.set(closed));
        let more = if broken.len() > 1 { format!(", and {} more", broken.len() - 1) } else { String::new() };
        let words = Text::line(&format!("DOES NOT VERIFY: {first}{more}{then}; see flightdeck verify"));
        self.alarm(JournalAlarm::Altered, Some(words));
    }

    /// Nothing is appended to what was changed.
    pub(super) fn refuse_altered(&self, incident: IncidentId) -> Result<(), Refusal> {
        match self.0.altered.get().and_then(|altered| altered.get(&incident)) {
            Some(broken) => {
                let why = format!("its timeline does not verify: {broken}");
                Err(Refusal::new("verify", why, "restore a backup, or declare it anew and say so"))
            }
            None => Ok(()),
        }
    }

    /// Says that nothing can be written as long as that is so: a cockpit on a full disk must not look
    /// healthy, and looks so again as soon as there is room.
    pub(super) async fn tend(&self, cancel: &CancellationToken) {
        if self.0.journal.is_read_only() || cancel.run_until_cancelled(self.until_loaded()).await.is_none() {
            return;
        }
        let mut alarms = self.0.alarms.subscribe();
        loop {
            match self.0.journal.try_writing().await {
                Ok(Room::Enough) => self.can_write(None),
                Ok(Room::Little) => self.can_write(Some(LITTLE_ROOM.into())),
                Err(error) => self.could_not_write(&error),
            }
            let next = async {
                // The sender lives as long as the hub, which this holds.
                let of_room = [JournalAlarm::Unwritten, JournalAlarm::LittleRoom];
                let is_told = |alarms: &BTreeMap<_, _>| of_room.iter().any(|one| alarms.contains_key(one));
                drop(alarms.wait_for(|alarms| is_told(alarms)).await);
                tokio::time::sleep(WRITE_AGAIN).await;
            };
            if cancel.run_until_cancelled(next).await.is_none() {
                return;
            }
        }
    }

    /// What is wrong with the journal, for whoever did not hear of it.
    #[must_use]
    pub fn alarms(&self) -> BTreeMap<JournalAlarm, Text> {
        self.0.alarms.borrow().clone()
    }

    /// Why whatever comes in is refused now, as far as is known: the journal cannot be written.
    #[must_use]
    pub fn records_nothing(&self) -> Option<Text> {
        let journal = &self.0.journal;
        if journal.is_read_only() {
            return Some(journal.degraded().unwrap_or_else(|| "the journal is read-only".into()));
        }
        let alarms = self.0.alarms.borrow();
        alarms.get(&JournalAlarm::Unwritten).cloned()
    }

    /// Tells each change of what is wrong with the journal.
    pub(in crate::runtime) fn watch_alarms(&self) -> watch::Receiver<BTreeMap<JournalAlarm, Text>> {
        self.0.alarms.subscribe()
    }

    /// Takes what is wrong with the journal, or that it is mended, and tells it if it is news.
    pub(in crate::runtime) fn alarm(&self, alarm: JournalAlarm, words: Option<Text>) {
        let is_news = self.0.alarms.send_if_modified(|alarms| {
            let before = alarms.get(&alarm).cloned();
            match words.clone() {
                Some(words) => drop(alarms.insert(alarm, words)),
                None => drop(alarms.remove(&alarm)),
            }
            before != words
        });
        if is_news {
            self.tell(Feed::Journal(alarm, words));
        }
    }

    pub(super) fn could_not_write(&self, error: &StoreError) {
        let Some(standing) = error.standing() else { return };
        let words = Text::line(&format!("{standing}: nothing is recorded; {}", error.hint()));
        // What is worse takes the place of what it was before.
        self.alarm(JournalAlarm::LittleRoom, None);
        self.alarm(JournalAlarm::Unwritten, Some(words));
    }

    /// It was written; what there is to say of the room that is left.
    fn can_write(&self, room: Option<Text>) {
        self.alarm(JournalAlarm::LittleRoom, room);
        self.alarm(JournalAlarm::Unwritten, None);
    }
}
