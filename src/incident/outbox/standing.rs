//! How the channels stand, as the entries of all incidents tell: the same in every process that reads
//! the journal, whichever of them delivers.

use std::collections::BTreeMap;

use super::plural;
use crate::incident::{Incident, IncidentId, MessageId, MessageKind, MessageState, Severity, Text, Time};

/// Failed tries, with nothing delivered since, at which a channel counts as failing: one may be chance,
/// and three are over some seconds after the first (E1).
const FAILING: u32 = 3;

/// How one channel stands. Only messages that are neither delivered nor dropped count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelStanding {
    /// Its name.
    pub channel: Text,
    /// Tries that failed of messages that it has not taken, as long as it took no other one since.
    pub failed: u32,
    /// Why the last of them failed.
    pub why: Text,
    /// When that was.
    pub failed_at: Option<Time>,
    /// When it took a message last.
    pub delivered_at: Option<Time>,
    /// Messages that wait.
    pub waiting: u32,
    /// Messages of which somebody was not told.
    pub given_up: u32,
    /// The oldest that was not delivered.
    pub oldest: Option<Undelivered>,
    /// The worst severity of those.
    pub severity: Severity,
    /// Whether somebody is to be woken by one of them.
    pub pages: bool,
}

/// A message that was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Of which incident.
    pub incident: IncidentId,
    /// Which one.
    pub message: MessageId,
    /// When it was queued.
    pub since: Time,
}

impl ChannelStanding {
    fn new(channel: &Text) -> Self {
        Self {
            channel: channel.clone(),
            failed: 0,
            why: Text::default(),
            failed_at: None,
            delivered_at: None,
            waiting: 0,
            given_up: 0,
            oldest: None,
            severity: Severity::P3,
            pages: false,
        }
    }

    /// Every channel that something was to be told through, by name.
    pub fn all<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Vec<Self> {
        let mut all: BTreeMap<&Text, Self> = BTreeMap::new();
        // What failed before the channel took another message says nothing of the channel.
        let mut failures = Vec::new();
        for incident in incidents {
            for sent in incident.outbox.all() {
                let message = &sent.message;
                let standing = all.entry(&message.channel).or_insert_with(|| Self::new(&message.channel));
                match sent.state {
                    MessageState::Delivered => {
                        standing.delivered_at = standing.delivered_at.max(Some(sent.changed_at));
                        continue;
                    }
                    MessageState::Dropped => continue,
                    MessageState::Waiting { .. } => standing.waiting += 1,
                    MessageState::GivenUp => standing.given_up += 1,
                }
                if standing.oldest.is_none_or(|oldest| sent.queued_at < oldest.since) {
                    let since = sent.queued_at;
                    standing.oldest = Some(Undelivered { incident: incident.id, message: message.id, since });
                }
                standing.severity = standing.severity.min(message.severity);
                standing.pages |= matches!(message.kind, MessageKind::Page | MessageKind::Escalation);
                if sent.tries > 0 {
                    failures.push(sent);
                }
            }
        }
        for sent in failures {
            let Some(standing) = all.get_mut(&sent.message.channel) else { continue };
            if standing.delivered_at.is_some_and(|at| at >= sent.changed_at) {
                continue;
            }
            standing.failed += sent.tries;
            if standing.failed_at.is_none_or(|at| at < sent.changed_at) {
                (standing.failed_at, standing.why) = (Some(sent.changed_at), sent.answer.clone());
            }
        }
        all.into_values().collect()
    }

    /// Those that fail again and again.
    pub fn failing<'a>(incidents: impl Iterator<Item = &'a Incident> + Clone) -> Vec<Self> {
        // Nearly always nothing has failed: then nothing more is looked at.
        let tried_in_vain = |incident: &Incident| {
            incident.outbox.all().any(|m| m.tries > 0 && (m.is_waiting() || m.is_given_up()))
        };
        if !incidents.clone().any(tried_in_vain) {
            return Vec::new();
        }
        Self::all(incidents).into_iter().filter(Self::is_failing).collect()
    }

    /// Whether it fails again and again.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.failed >= FAILING
    }

    /// `5 tries failed, the last at 12:04:05: 503; 2 wait, the oldest (INC-1 M3) since 12:03:50`; empty
    /// where nothing is wrong.
    #[must_use]
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(at) = self.failed_at {
            let tries = plural(self.failed, "try", "tries");
            let (failed, why) = (self.failed, &self.why);
            parts.push(format!("{failed} {tries} failed, the last at {}: {why}", at.format("%H:%M:%S")));
        }
        if let Some(Undelivered { incident, message, since }) = self.oldest {
            let counts = [(self.waiting, plural(self.waiting, "waits", "wait")), (self.given_up, "NOT TOLD")];
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
            let since = since.format("%H:%M:%S");
            parts.push(format!("{}, the oldest ({incident} {message}) since {since}", counts.join(", ")));
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{Story, time};
    use crate::incident::{Command, Doubt, Realm, Receipt, Route};

    fn declared(severity: Severity) -> Story {
        let declare = Command::Declare {
            realm: Realm::Live,
            title: "mails leave".into(),
            severity,
            pattern: None,
            agents: vec![],
            detected_at: None,
        };
        let both = |policy: &mut crate::incident::Policy| {
            policy.routes = vec![Route::everything("chat"), Route::everything("pager")];
        };
        Story::blank().under(both).says(declare)
    }

    /// Each step: when, which message, and what became of it. M1 and M3 are the chat's, M2 and M4 the
    /// pager's.
    fn told(steps: &[(&str, u32, &str)]) -> Story {
        let (affected, doing) = ("mails".into(), "looking".into());
        let audience = crate::incident::Audience::Engineering;
        let story = declared(Severity::P0);
        let story = story.says(Command::Update { audience, affected, doing, next_at: None });
        steps.iter().fold(story, |story, (at, number, became)| {
            let message = MessageId(*number);
            let receipt = match *became {
                "delivered" => Receipt::Delivered { answer: "200".into(), reference: None },
                "given up" => Receipt::Failed { reason: "404".into(), again_at: None, doubt: Doubt::None },
                why => Receipt::Failed {
                    reason: why.into(),
                    again_at: Some(time("13:00:00")),
                    doubt: Doubt::None,
                },
            };
            let command = match *became {
                "retried" => Command::RetryMessage { message },
                "dropped" => Command::DropMessage { message, reason: "said it by phone".into() },
                _ => Command::Deliver { message, receipt },
            };
            story.at(at).says(command)
        })
    }

    #[test]
    fn e1_a_channel_fails_when_it_takes_nothing_again_and_again_whoever_delivers() {
        let queued = "the oldest (INC-42 M2) since 12:00:00";
        for (steps, fails, words) in [
            (&[][..], false, format!("2 wait, {queued}")),
            (
                &[("12:00:01", 2, "503"), ("12:00:03", 2, "503")],
                false,
                format!("2 tries failed, the last at 12:00:03: 503; 2 wait, {queued}"),
            ),
            (
                &[("12:00:01", 2, "503"), ("12:00:03", 2, "503"), ("12:00:09", 2, "no route")],
                true,
                format!("3 tries failed, the last at 12:00:09: no route; 2 wait, {queued}"),
            ),
            // Two messages failed, each less often.
            (
                &[("12:00:01", 2, "503"), ("12:00:03", 2, "given up"), ("12:00:04", 4, "503")],
                true,
                format!("3 tries failed, the last at 12:00:04: 503; 1 waits, 1 NOT TOLD, {queued}"),
            ),
            // What it took in between shows that it works: one message is what is wrong.
            (
                &[
                    ("12:00:01", 2, "503"),
                    ("12:00:02", 2, "503"),
                    ("12:00:03", 2, "given up"),
                    ("12:00:04", 4, "delivered"),
                ],
                false,
                format!("1 NOT TOLD, {queued}"),
            ),
            (
                &[
                    ("12:00:01", 2, "503"),
                    ("12:00:02", 2, "503"),
                    ("12:00:03", 2, "delivered"),
                    ("12:00:05", 4, "delivered"),
                ],
                false,
                String::new(),
            ),
            // A person decided about it.
            (
                &[
                    ("12:00:01", 2, "503"),
                    ("12:00:02", 2, "503"),
                    ("12:00:03", 2, "given up"),
                    ("12:00:04", 2, "dropped"),
                    ("12:00:05", 4, "delivered"),
                ],
                false,
                String::new(),
            ),
            // The chat's troubles are not the pager's.
            (
                &[
                    ("12:00:01", 1, "503"),
                    ("12:00:02", 1, "503"),
                    ("12:00:03", 1, "503"),
                    ("12:00:04", 2, "delivered"),
                    ("12:00:05", 4, "delivered"),
                ],
                false,
                String::new(),
            ),
        ] {
            let story = told(steps);
            let all = ChannelStanding::all([&story.incident].into_iter());
            let pager = all.iter().find(|standing| standing.channel == *"pager").unwrap();
            assert_eq!((pager.is_failing(), pager.words()), (fails, words), "{steps:?}");
        }
    }

    #[test]
    fn a_channel_stands_as_all_incidents_together_tell() {
        let steps = [("12:00:01", 2, "503"), ("12:00:03", 2, "503")];
        let (one, mut other) = (told(&steps), told(&steps));
        other.incident.id = IncidentId(43);
        let both = [&one.incident, &other.incident];
        let all = ChannelStanding::all(both.into_iter());
        let pager = &all[1];
        assert!(pager.is_failing() && !pager.pages);
        assert_eq!((pager.failed, pager.waiting, pager.severity), (4, 4, Severity::P0));
        assert_eq!(ChannelStanding::all(std::iter::empty()), []);
    }
}
