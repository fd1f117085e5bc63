//! Who was told what, whether as often as promised, and who was brought in (D3, C2, D10).

use serde::Serialize;

use super::{Length, Source};
use crate::incident::{Audience, Entry, Event, Mark, Text, Time};

/// One status update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UpdateFact {
    /// The entry.
    pub seq: u64,
    /// When it was sent.
    pub at: Time,
    /// Who sent it.
    pub by: String,
    /// To whom.
    pub audience: Audience,
    /// What was affected.
    pub affected: Text,
    /// What was being done.
    pub doing: Text,
    /// When the next one was promised.
    pub next_at: Time,
}

/// How often one audience heard something. The first word is due one cadence after T0, each further
/// one as promised; what falls due after the end is owed by nobody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CadenceFact {
    /// Whom.
    pub audience: Audience,
    /// How many updates were sent.
    pub sent: usize,
    /// How many fell due before the end.
    pub due: usize,
    /// Those that came late or never.
    pub late: Vec<LateFact>,
}

/// An update that came late or never.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LateFact {
    /// When it was due.
    pub due: Time,
    /// When it was sent; none: never.
    pub sent_at: Option<Time>,
    /// By how much it was late.
    pub over: Option<Length>,
}

/// One level that was brought in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EscalationFact {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: String,
    /// Which level.
    pub level: u8,
    /// Its name.
    pub name: Text,
    /// The written trigger, or a person's reason.
    pub trigger: Text,
}

impl Source<'_> {
    pub(super) fn updates(&self) -> Vec<UpdateFact> {
        let fact = |entry: &Entry| {
            let Event::UpdateSent { audience, affected, doing, next_at } = &entry.event else { return None };
            Some(UpdateFact {
                seq: entry.seq,
                at: entry.at,
                by: entry.actor.to_string(),
                audience: *audience,
                affected: affected.clone(),
                doing: doing.clone(),
                next_at: *next_at,
            })
        };
        self.entries().filter_map(fact).collect()
    }

    pub(super) fn cadence(&self) -> Vec<CadenceFact> {
        let updates = self.updates();
        let heard = |audience: &&Audience| {
            self.policy.updates.contains_key(audience) || updates.iter().any(|u| u.audience == **audience)
        };
        let of = |audience: &Audience| {
            let sent: Vec<_> = updates.iter().filter(|u| u.audience == *audience).collect();
            let first = self.first_due(*audience);
            let promised = first.into_iter().chain(sent.iter().map(|update| update.next_at));
            // Without a first promise the first update is owed to nobody.
            let answers = sent.iter().skip(usize::from(first.is_none())).map(|update| Some(update.at));
            let pairs = promised.zip(answers.chain(std::iter::repeat(None)));
            let fell_due: Vec<_> = pairs.filter(|(due, _)| *due < self.end()).collect();
            let late = fell_due.iter().filter(|(due, sent)| sent.is_none_or(|sent| sent > *due));
            CadenceFact {
                audience: *audience,
                sent: sent.len(),
                due: fell_due.len(),
                late: late.map(|(due, sent)| late_fact(*due, *sent)).collect(),
            }
        };
        Audience::ALL.iter().filter(heard).map(of).collect()
    }

    fn first_due(&self, audience: Audience) -> Option<Time> {
        let cadence = self.policy.updates.get(&audience)?.of(self.incident.severity);
        Some(cadence.after(self.incident.mark(Mark::T0)?))
    }

    pub(super) fn escalations(&self) -> Vec<EscalationFact> {
        let fact = |entry: &Entry| {
            let Event::Escalated { level, name, trigger } = &entry.event else { return None };
            Some(EscalationFact {
                seq: entry.seq,
                at: entry.at,
                by: entry.actor.to_string(),
                level: *level,
                name: name.clone(),
                trigger: trigger.clone(),
            })
        };
        self.entries().filter_map(fact).collect()
    }
}

fn late_fact(due: Time, sent_at: Option<Time>) -> LateFact {
    LateFact { due, sent_at, over: sent_at.map(|sent| Length::between(due, sent)) }
}
