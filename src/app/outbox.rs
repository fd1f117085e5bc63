//! What people are told, as the screen says it: never "sent" before it was delivered.

use super::model::Model;
use crate::incident::outbox::ChannelStanding;
use crate::incident::state::Update;
use crate::incident::telling::tell_event;
use crate::incident::{
    Audience, Due, Entry, Event, Glance, Incident, MessageKind, MessageState, Outgoing, Realm, Recipient,
};

/// Lines of what has changed that a composer shows.
const CHANGES: usize = 6;

/// How the messages of an incident stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Taken by their channels.
    pub delivered: usize,
    /// On their way, or waiting for the next try.
    pub waiting: usize,
    /// Of which somebody was not told, as far as is known.
    pub given_up: usize,
    /// Those of them that may have arrived all the same.
    pub in_doubt: usize,
}

impl Tally {
    /// Of these messages; dropped ones count nowhere.
    pub fn of<'a>(messages: impl Iterator<Item = &'a Outgoing>) -> Self {
        let mut tally = Self::default();
        for sent in messages {
            match sent.state {
                MessageState::Delivered => tally.delivered += 1,
                MessageState::Waiting { .. } => tally.waiting += 1,
                MessageState::GivenUp => {
                    tally.given_up += 1;
                    tally.in_doubt += usize::from(sent.is_in_doubt());
                }
                MessageState::Dropped => {}
            }
        }
        tally
    }

    /// `2 delivered, 1 waiting, 1 NOT TOLD`; empty where there is nothing to say.
    #[must_use]
    pub fn words(self) -> String {
        let parts = [
            (self.delivered, "delivered"),
            (self.waiting, "waiting"),
            (self.given_up - self.in_doubt, "NOT TOLD"),
            (self.in_doubt, "NOT KNOWN TO BE TOLD"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}

impl Model {
    /// How the messages of the selected incident stand, in words; in a drill marked as what it is.
    #[must_use]
    pub fn told(&self) -> Option<(Tally, String)> {
        let tally = Tally::of(self.incident()?.outbox.all());
        let words = tally.words();
        let simulated = if self.realm == Realm::Drill { " (simulated)" } else { "" };
        (!words.is_empty()).then(|| (tally, format!("{words}{simulated}")))
    }

    /// The channels that fail again and again, whichever process delivers through them.
    #[must_use]
    pub fn failing_channels(&self) -> Vec<ChannelStanding> {
        ChannelStanding::failing(self.board.incidents())
    }

    /// What whoever writes an update should know: whom it reaches, what was said last, what has
    /// changed since, and when the next one is due (D3).
    #[must_use]
    pub fn briefing(&self, audience: Audience) -> Vec<String> {
        let Some(record) = self.record() else { return Vec::new() };
        let incident = &record.incident;
        let channels: Vec<&str> = self
            .policy
            .routes
            .iter()
            .filter(|route| route.carries_updates(audience))
            .map(|route| route.channel.as_str())
            .collect();
        let mut lines = vec![match (channels.as_slice(), self.realm) {
            ([], _) => {
                format!("reaches  nobody: no channel for {audience}; recorded only, tell them yourself")
            }
            (channels, Realm::Live) => format!("reaches  {audience} through {}", channels.join(", ")),
            (channels, Realm::Drill) => {
                format!("reaches  {audience} through {} (simulated)", channels.join(", "))
            }
        }];
        let last = incident.updates.get(&audience);
        lines.push(match last {
            Some(update) => {
                let stands = Tally::of(incident.outbox.about(update.seq)).words();
                let stands = if stands.is_empty() { "recorded".to_owned() } else { stands };
                format!("last     {} by {}: {stands}", update.at.format("%H:%M"), update.by)
            }
            None => "last     none yet".to_owned(),
        });
        if let Some(due) = self.deadlines().iter().find(|d| d.due == Due::Update(audience)) {
            let over = if due.at <= self.now() { ", OVERDUE" } else { "" };
            lines.push(format!("due      {}{over}", due.at.format("%H:%M")));
        }
        lines.push("says     what is affected, what is being done, when the next one comes".to_owned());
        let (since, naming) = (last.map_or(0, |update| update.seq), self.policy.naming);
        let news: Vec<String> = record
            .entries
            .iter()
            .filter(|entry| entry.seq > since && is_news(entry))
            .map(|entry| {
                format!("{} {}", entry.at.format("%H:%M"), tell_event(&entry.event, entry.at, naming))
            })
            .collect();
        let hidden = news.len().saturating_sub(CHANGES);
        match news.len() {
            0 => lines.push("changed  nothing since then".to_owned()),
            _ if hidden > 0 => lines.push(format!("changed  the last {CHANGES} of {}:", news.len())),
            _ => lines.push("changed".to_owned()),
        }
        lines.extend(news.into_iter().skip(hidden).map(|line| format!("  {line}")));
        lines
    }

    /// Every message of the selected incident with what became of it, for reading in full.
    #[must_use]
    pub fn messages(&self) -> Option<(String, Vec<String>)> {
        let incident = self.incident()?;
        let mut lines = Vec::new();
        if self.realm == Realm::Drill {
            lines.push("DRILL: all of this ended in a simulated inbox; nothing left".to_owned());
            lines.push(String::new());
        }
        for (id, draft) in &incident.drafts {
            lines.push(format!("{id}  draft for {} by {}: {}", draft.audience, draft.by, draft.affected));
            lines.push("    waits for a person to send it".to_owned());
        }
        for sent in incident.outbox.all().rev() {
            lines.extend(in_full(sent));
        }
        if incident.outbox.is_empty() {
            lines.push("nothing was to be told: no channel of the configuration is for it".to_owned());
        }
        Some((format!("{} messages, newest first", incident.id), lines))
    }

    /// The messages that a person can try again or drop.
    #[must_use]
    pub fn unsettled(&self) -> Vec<&Outgoing> {
        let Some(incident) = self.incident() else { return Vec::new() };
        incident.outbox.given_up().chain(incident.outbox.waiting()).collect()
    }

    /// The audience whose update is due next, of those that a channel reaches or that heard
    /// something before, and what it heard last: nothing, where the last update did not arrive.
    #[must_use]
    pub fn next_to_hear(&self) -> Option<(Audience, Option<Update>)> {
        let incident = self.incident()?;
        let heard = |audience| {
            let last = incident.updates.get(&audience)?;
            let tally = Tally::of(incident.outbox.about(last.seq));
            // Without a channel people tell it themselves, and what is on its way counts as told.
            (tally.given_up == 0 || tally.delivered > 0).then(|| last.clone())
        };
        let reached = |audience| self.policy.routes.iter().any(|route| route.carries_updates(audience));
        self.deadlines().iter().find_map(|deadline| {
            let Due::Update(audience) = deadline.due else { return None };
            let last = heard(audience);
            (last.is_some() || reached(audience)).then_some((audience, last))
        })
    }
}

/// What an update may have to speak of: not what flightdeck reads, counts and delivers.
fn is_news(entry: &Entry) -> bool {
    !matches!(
        entry.event,
        Event::MessageQueued { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageFailed { .. }
            | Event::MessageRetried { .. }
            | Event::MessageDropped { .. }
            | Event::UpdateSent { .. }
            | Event::UpdateDrafted { .. }
            | Event::DraftSettled { .. }
            | Event::EvidenceStored { .. }
            | Event::LinePinned { .. }
            | Event::RoleAssigned { .. }
            | Event::Raised { .. }
            | Event::RoleReleased { .. }
            | Event::ActionRequested { .. }
            | Event::ReviewSaved { .. }
    ) && !is_quiet(&entry.event)
}

/// Whether it is a first check that found nothing to speak of.
fn is_quiet(event: &Event) -> bool {
    let Event::FirstChecked { check } = event else { return false };
    match check.glance {
        Glance::Quiet | Glance::NotRead => true,
        Glance::Alarm | Glance::Notable => false,
    }
}

fn in_full(sent: &Outgoing) -> Vec<String> {
    let message = &sent.message;
    let mut lines = vec![
        format!(
            "{:<4} {:<9} {} to {} through {}, entry {}",
            message.id.to_string(),
            sent.state.word(),
            message.kind,
            message.to,
            message.channel,
            message.about
        ),
        format!("     {}", message.subject),
    ];
    let at = sent.changed_at.format("%H:%M:%S");
    lines.push(match &sent.state {
        MessageState::Delivered => format!("     {at} {}", sent.answer),
        MessageState::Waiting { not_before } if sent.tries > 0 => {
            let next = not_before.format("%H:%M:%S");
            format!("     {} failed, again at {next}: {}", sent.tried(), sent.answer)
        }
        MessageState::Waiting { .. } => format!("     queued at {at}"),
        MessageState::GivenUp | MessageState::Dropped => format!("     {at} {}", sent.standing()),
    });
    lines
}

/// `[1 delivered, 1 waiting]` behind an update on the timeline; empty where nothing was queued.
#[must_use]
pub fn standing_of(incident: &Incident, entry: &Entry) -> String {
    if !matches!(entry.event, Event::UpdateSent { .. }) {
        return String::new();
    }
    let about = incident.outbox.about(entry.seq);
    let updates = about.filter(|sent| {
        sent.message.kind == MessageKind::Update && matches!(sent.message.to, Recipient::Audience(_))
    });
    let words = Tally::of(updates).words();
    if words.is_empty() { words } else { format!(" [{words}]") }
}
