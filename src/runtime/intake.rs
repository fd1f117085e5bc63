//! Alerts from the receiver to the hub: answered when they are on disk.

use std::time::Duration;

use futures::future::BoxFuture;

use super::hub::{Hub, HubError};
use crate::incident::{Actor, Alert, Command, Entry, Event, IncidentId, Status, Text, Time};
use crate::sources::{Delivery, Heard, Incoming, Intake, IntakeError, Taken};

/// When a sender is asked to try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Intake for Hub {
    fn take(&self, delivery: Delivery) -> BoxFuture<'static, Result<Taken, IntakeError>> {
        let hub = self.clone();
        Box::pin(async move { hub.take_all(delivery).await })
    }

    fn refuses(&self) -> Option<Text> {
        self.records_nothing()
    }
}

impl Hub {
    async fn take_all(&self, delivery: Delivery) -> Result<Taken, IntakeError> {
        // Before everything is loaded nobody can know where an alert belongs.
        self.until_loaded().await;
        let mut taken = Taken::default();
        for incoming in delivery.incoming {
            let incidents = match incoming {
                Incoming::Fired(alert) => vec![self.fired(alert).await?],
                Incoming::Over { key, at } => self.over(key, at).await?,
                Incoming::Elsewhere(heard) => self.heard(*heard, &mut taken.notes).await?,
            };
            for incident in incidents {
                if !taken.incidents.contains(&incident) {
                    taken.incidents.push(incident);
                }
            }
        }
        // What could not be taken at its word is on record where it belongs, not only in an answer.
        for incident in &taken.incidents {
            for note in &delivery.notes {
                if self.has_noted(*incident, note) {
                    continue;
                }
                let command = Command::Note { text: note.clone() };
                self.submit(Some(*incident), command, &Actor::Flightdeck).await.map_err(refused)?;
            }
        }
        Ok(taken)
    }

    /// What another system says is noted on the incident that it is about, and on no other. What
    /// we wrote there ourselves is no news.
    async fn heard(&self, said: Heard, notes: &mut Vec<Text>) -> Result<Vec<IncidentId>, IntakeError> {
        let Heard { heard, key, quotes, triggers, over } = said;
        if quotes.is_some_and(|key| self.of_key(&key).is_some()) {
            notes.push(Text::line("these are flightdeck's own words; they are not noted again"));
            return Ok(vec![]);
        }
        let known = key.as_ref().and_then(|key| self.of_key(key)).or_else(|| {
            let board = self.board();
            board.known_as(&heard.source, &heard.called)
        });
        let incident = match (known, triggers.filter(|_| key.is_none_or(|key| !is_a_flightdecks(&key)))) {
            (Some(incident), _) => incident,
            (None, Some(alert)) => self.fired(alert).await?,
            (None, None) => {
                notes.push(Text::line(&format!("no incident here is {}; it was left", heard.called)));
                return Ok(vec![]);
            }
        };
        let at = heard.at;
        self.submit(Some(incident), Command::Hear { heard }, &Actor::Flightdeck).await.map_err(refused)?;
        let mut incidents = vec![incident];
        if let Some(key) = over {
            incidents.extend(self.over(key, at).await?);
        }
        Ok(incidents)
    }

    /// The incident that a key of this journal names: `0a1b-INC-7`, or that of one of its messages.
    fn of_key(&self, key: &Text) -> Option<IncidentId> {
        let of = key.as_str().strip_prefix(self.journal().id())?.strip_prefix('-')?;
        let number = of.strip_prefix("INC-")?.split('-').next()?;
        let id = IncidentId(number.parse().ok()?);
        let board = self.board();
        let incident = board.incident(id)?;
        match incident.status {
            Status::Merged(into) => Some(into),
            Status::Open | Status::Resolved(_) => Some(id),
        }
    }

    fn has_noted(&self, incident: IncidentId, note: &Text) -> bool {
        let board = self.board();
        let noted = |entry: &Entry| matches!(&entry.event, Event::Noted { text } if text == note);
        board.record(incident).is_some_and(|record| record.entries.iter().any(|entry| noted(entry)))
    }

    /// An alert declares an incident or joins one (B12).
    pub(super) async fn fired(&self, alert: Alert) -> Result<IncidentId, IntakeError> {
        let command = Command::Alert { realm: self.realm(), alert };
        Ok(self.submit(None, command, &Actor::Flightdeck).await.map_err(refused)?.incident)
    }

    /// The source's word that an alert is over is noted wherever it is held.
    pub(super) async fn over(&self, key: Text, at: Time) -> Result<Vec<IncidentId>, IntakeError> {
        let held: Vec<IncidentId> = self.board().holding(&key).collect();
        for incident in &held {
            let command = Command::ResolveAlert { key: key.clone(), at };
            self.submit(Some(*incident), command, &Actor::Flightdeck).await.map_err(refused)?;
        }
        Ok(held)
    }
}

/// Whether the key is one that some flightdeck made, whichever journal it has: what another one
/// raised must not be declared here, or the two would page for each other without end.
fn is_a_flightdecks(key: &Text) -> bool {
    let mut parts = key.as_str().splitn(3, '-');
    let journal = parts.next().is_some_and(|id| id.len() >= 4 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = parts.next() == Some("INC")
        && parts.next().is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    journal && number
}

fn refused(error: HubError) -> IntakeError {
    let why = Text::line(&error.to_string());
    match error {
        HubError::Refused(_) => IntakeError::Refused { why },
        HubError::Store(_) | HubError::Contended(_) => {
            IntakeError::Unavailable { why, retry_after: RETRY_AFTER }
        }
    }
}
