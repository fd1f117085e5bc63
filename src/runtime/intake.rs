//! Alerts from the receiver to the hub: answered when they are on disk.

use std::time::Duration;

use futures::future::BoxFuture;

use super::hub::{Hub, HubError};
use crate::incident::{Actor, Alert, Command, Entry, Event, IncidentId, Text, Time};
use crate::sources::{Delivery, Incoming, Intake, IntakeError, Taken};

/// When a sender is asked to try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Intake for Hub {
    fn take(&self, delivery: Delivery) -> BoxFuture<'static, Result<Taken, IntakeError>> {
        let hub = self.clone();
        Box::pin(async move { hub.take_all(delivery).await })
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

fn refused(error: HubError) -> IntakeError {
    let why = Text::line(&error.to_string());
    match error {
        HubError::Refused(_) => IntakeError::Refused { why },
        HubError::Store(_) | HubError::Contended(_) => {
            IntakeError::Unavailable { why, retry_after: RETRY_AFTER }
        }
    }
}
