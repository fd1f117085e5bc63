//! What a token makes possible: who is on call, escalation to a level and calls to one person, read
//! back, notes and status updates.

use std::collections::BTreeMap;

use crate::channels::{Delivery, OnCall, Pending, answer};
use crate::incident::{Duty, Text, Time};
use crate::pagerduty::{Api, Incident, level_there};
use crate::web::Outcome;

/// What is known of the account.
#[derive(Clone, Debug)]
pub struct RestSpec {
    /// The id of the user in whose name people are called.
    pub requester: Option<String>,
    /// The escalation policy that is asked for who is on call.
    pub policy: Option<String>,
    /// People's user ids.
    pub people: BTreeMap<String, String>,
}

/// The REST API of an account.
pub struct Rest {
    /// The channel's name.
    name: Text,
    api: Api,
    spec: RestSpec,
}

/// What became of a call.
pub(super) enum Call {
    /// It was made, and this became of it.
    Made(Delivery),
    /// PagerDuty has no open incident that it could be about.
    NoIncident,
    /// Nobody knows who that is there.
    Unknown(Text),
}

/// What is written on an incident there.
#[derive(Clone, Copy)]
pub(super) enum Writing {
    /// A note: kept there, and read before it is written again.
    Note,
    /// A status update: told to the subscribers, and never listed.
    StatusUpdate,
}

impl Rest {
    /// The account behind this API.
    #[must_use]
    pub fn new(name: &str, api: Api, spec: RestSpec) -> Self {
        Self { name: Text::line(name), api, spec }
    }

    /// Who is on call, or at least that the token is taken. Nobody is called.
    pub(super) async fn look(&self) -> Result<String, Text> {
        match &self.spec.policy {
            None => {
                let able = self.api.abilities().await.map_err(said)?;
                Ok(format!("takes the token ({able} abilities)"))
            }
            Some(policy) => {
                let duties = self.api.on_call(policy).await.map_err(said)?;
                let who = duties.iter().map(|duty| format!("{} level {}", duty.person.name, duty.level));
                let who: Vec<String> = who.collect();
                match who.is_empty() {
                    true => Err(Text::line(&format!("it answers, and nobody is on call by {policy}"))),
                    false => Ok(format!("answers, on call: {}", who.join(", "))),
                }
            }
        }
    }

    /// Escalates the incident of this alert. `tried`: an earlier try may have done it.
    pub(super) async fn escalate(&self, alert: &str, level: u8, tried: bool) -> Call {
        self.escalated(alert, level, tried).await.unwrap_or_else(Call::Made)
    }

    async fn escalated(&self, alert: &str, level: u8, tried: bool) -> Result<Call, Delivery> {
        let Some(Incident { id, .. }) = self.find(alert).await? else { return Ok(Call::NoIncident) };
        let there = level_there(level);
        if tried && let Some(delivered) = self.assigned(&id, there).await? {
            return Ok(Call::Made(delivered));
        }
        self.api.escalate(&id, there).await.map_err(made)?;
        match self.assigned(&id, there).await? {
            Some(delivered) => Ok(Call::Made(delivered)),
            None => {
                let why = format!("PagerDuty took it, and {id} is not assigned to its level {there}");
                Err(Delivery::Failed { why: Text::line(&why), retry_after: None })
            }
        }
    }

    /// Calls one person to the incident of this alert.
    pub(super) async fn page(&self, alert: &str, person: &Text, words: &str, tried: bool) -> Call {
        let user = self.spec.people.get(person.as_str());
        let (Some(user), Some(requester)) = (user, &self.spec.requester) else {
            return Call::Unknown(person.clone());
        };
        self.paged(alert, requester, user, words, tried).await.unwrap_or_else(Call::Made)
    }

    async fn paged(
        &self,
        alert: &str,
        requester: &str,
        user: &str,
        words: &str,
        tried: bool,
    ) -> Result<Call, Delivery> {
        let Some(Incident { id, .. }) = self.find(alert).await? else { return Ok(Call::NoIncident) };
        let answer = Text::line(&format!("{user} is asked to respond to {id}"));
        let asked = Delivery::Delivered { answer, reference: None };
        if tried && self.api.incident(&id).await.map_err(looked)?.call_of(user).is_some() {
            return Ok(Call::Made(asked));
        }
        self.api.call(&id, requester, user, words).await.map_err(made)?;
        Ok(Call::Made(asked))
    }

    /// Writes on the incident of this alert, under the message's key: what stands there already is
    /// not written twice, as far as it can be read.
    pub(super) async fn write(
        &self,
        alert: &str,
        key: &str,
        writing: Writing,
        words: &str,
        tried: bool,
    ) -> Call {
        self.written(alert, key, writing, words, tried).await.unwrap_or_else(Call::Made)
    }

    async fn written(
        &self,
        alert: &str,
        key: &str,
        writing: Writing,
        words: &str,
        tried: bool,
    ) -> Result<Call, Delivery> {
        let Some(Incident { id, .. }) = self.find(alert).await? else { return Ok(Call::NoIncident) };
        let (mark, delivered) = (format!("[{key}]"), |what: &str| {
            let answer = Text::line(&format!("{what} {id}"));
            Ok(Call::Made(Delivery::Delivered { answer, reference: None }))
        });
        let words = format!("{mark} {words}");
        match writing {
            Writing::Note => {
                if tried && self.api.has_note(&id, &mark).await.map_err(looked)? {
                    return delivered("the note stands on");
                }
                self.api.note(&id, &words).await.map_err(made)?;
                delivered("noted on")
            }
            Writing::StatusUpdate => {
                self.api.status_update(&id, &words).await.map_err(made)?;
                delivered("the subscribers are told of")
            }
        }
    }

    async fn find(&self, alert: &str) -> Result<Option<Incident>, Delivery> {
        self.api.incident_of(alert).await.map_err(looked)
    }

    /// Whom the incident is assigned to, if that is whoever its policy has on call at the level.
    async fn assigned(&self, id: &str, level: u32) -> Result<Option<Delivery>, Delivery> {
        let incident = self.api.incident(id).await.map_err(looked)?;
        let Some(policy) = &incident.policy else {
            let why = format!("it does not say which escalation policy {id} has");
            return Err(Delivery::Unknown(Text::line(&why)));
        };
        let duties = self.api.on_call(policy).await.map_err(looked)?;
        let names: Vec<&str> = duties
            .iter()
            .filter(|duty| duty.level == u64::from(level) && incident.is_assigned_to(&duty.person.id))
            .map(|duty| duty.person.name.as_str())
            .collect();
        Ok((!names.is_empty()).then(|| {
            let words = format!("{id} is assigned to {}, level {level}", names.join(", "));
            Delivery::Delivered { answer: Text::line(&words), reference: None }
        }))
    }

    async fn asked_who(&self, level: u8) -> Result<Vec<Duty>, Text> {
        let Some(policy) = &self.spec.policy else {
            return Err(Text::line("`escalation_policy` is not configured"));
        };
        let duties = self.api.on_call(policy).await.map_err(said)?;
        let there = u64::from(level_there(level));
        let duty = |duty: &crate::pagerduty::OnCall| Duty {
            level,
            person: Some(duty.person.name.clone()).filter(|name| !name.is_blank()),
            channel: self.name.clone(),
            until: duty.until.unwrap_or(Time::MAX_UTC),
            swapped: false,
        };
        Ok(duties.iter().filter(|one| one.level == there).map(duty).collect())
    }
}

/// What the end of a call means for the message.
fn made(ended: Outcome) -> Delivery {
    answer::delivery(ended, |_| Ok(()), |_| None)
}

/// What the end of a mere look means for it.
fn looked(ended: Outcome) -> Delivery {
    answer::looked(made(ended))
}

/// How a mere look ended, in words.
fn said(ended: Outcome) -> Text {
    match looked(ended) {
        Delivery::Refused(why)
        | Delivery::Unknown(why)
        | Delivery::Repeated(why)
        | Delivery::Unknowable(why)
        | Delivery::Failed { why, .. } => why,
        Delivery::Delivered { answer, .. } => answer,
    }
}

impl OnCall for Rest {
    fn who(&self, level: u8, _: Time) -> Pending<'_, Result<Vec<Duty>, Text>> {
        Box::pin(self.asked_who(level))
    }
}
