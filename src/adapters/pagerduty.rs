//! Escalations and calls through PagerDuty: planned with who would be woken, made by the REST API,
//! and believed when the incident there is read back.
//!
//! The incident there is the one of the alert that the channel raised: the same key for ever. Where
//! there is none yet it is raised first, and what was taken (202) is waited for until it can be
//! seen. Nothing is repeated after doubt: the incident and its log say what came of it.

mod prove;

use std::collections::BTreeMap;
use std::time::Duration;

use super::ask;
use super::{Adapter, Ask, CallOutcome, Health, LiveAdapter, Pending, Sample, Unmade};
use crate::incident::{Caution, Op, Plan, Text};
use crate::pagerduty::{Api, Events, Incident, OnCall, level_there};
use crate::web::{Answer, CircuitState, Outcome};

/// The parameter that holds the key of the alert there.
const ALERT: &str = "alert";

/// The parameter that says who would be woken.
const WOKEN: &str = "on_call";

/// Seconds that a call may take: finding, raising, and the call itself.
const LIMIT_S: u32 = 60;

/// Seconds after acceptance within which the incident must show it.
const VERIFY_S: u32 = 120;

/// Instead of the newest line of a log that could not be read: nothing in it proves anything then.
const UNREAD: &str = "?";

/// How often an alert that was taken is looked for, within the time that it has to appear.
const LOOKS: u32 = 15;

/// What is known of the account.
#[derive(Clone, Debug)]
pub struct PagerDutySpec {
    /// The id of the user in whose name people are called; without one nobody is called.
    pub requester: Option<String>,
    /// The escalation policy that is asked while there is no incident to say which it has.
    pub policy: Option<String>,
    /// People's user ids.
    pub people: BTreeMap<String, String>,
    /// Within which time an alert that was taken must be seen as an incident.
    pub appears: Duration,
}

/// An adapter for escalations and calls.
pub struct PagerDutyAdapter {
    name: Text,
    api: Api,
    events: Events,
    spec: PagerDutySpec,
}

/// What an ask is aimed at there.
enum Aim<'a> {
    Level(u32),
    Person { user: &'a str, requester: &'a str },
}

impl PagerDutyAdapter {
    /// An adapter for this account.
    #[must_use]
    pub fn new(name: &str, api: Api, events: Events, spec: PagerDutySpec) -> Self {
        Self { name: Text::line(name), api, events, spec }
    }

    fn aim(&self, op: Op, target: &str) -> Option<Aim<'_>> {
        if op == Op::Escalate {
            return target.parse().ok().map(|level| Aim::Level(level_there(level)));
        }
        let user = self.spec.people.get(target).filter(|_| op == Op::Page)?;
        Some(Aim::Person { user, requester: self.spec.requester.as_deref()? })
    }

    async fn make_plan(&self, alert: &str, ask: &Ask) -> Result<Plan, Text> {
        let Some(aim) = self.aim(ask.op, ask.target.as_str()) else {
            let why = format!("'{}' knows no {} '{}'", self.name, ask::target_name(ask.op), ask.target);
            return Err(Text::line(&why));
        };
        let mut params = ask::complete(ask.op, &ask.params, &[ALERT, WOKEN])?;
        let mut conflicts = Vec::new();
        let found = match self.api.incident_of(alert).await {
            Ok(found) => found,
            Err(ended) => {
                conflicts.push(said("PagerDuty could not be read", &words(&ended)));
                None
            }
        };
        let version = match &found {
            Some(incident) => Some(self.version(incident, &mut conflicts).await),
            None => None,
        };
        let policy = found.as_ref().and_then(|i| i.policy.clone()).or_else(|| self.spec.policy.clone());
        let woken = match &aim {
            Aim::Level(level) => self.woken(policy.as_deref(), *level, found.as_ref(), &mut conflicts).await,
            Aim::Person { user, .. } => {
                let before = found.as_ref().and_then(|incident| incident.call_of(user));
                conflicts.extend(before.map(|state| said("asked already", state.as_str())));
                ask.target.to_string()
            }
        };
        let to = |id: &str| match &aim {
            Aim::Level(level) => {
                format!("PUT {}/incidents/{id} escalation_level={level}", self.api.backend().base())
            }
            Aim::Person { user, .. } => {
                format!("POST {}/incidents/{id}/responder_requests for {user}", self.api.backend().base())
            }
        };
        let call = match &found {
            Some(incident) => to(&incident.id),
            None => {
                let raise =
                    format!("POST {}/enqueue trigger dedup_key={alert}", self.events.backend().base());
                format!("{raise}, then {}", to("…"))
            }
        };
        params.insert(ALERT.to_owned(), Text::line(alert));
        params.insert(WOKEN.to_owned(), Text::line(&woken));
        let checks: &[&str] = match &aim {
            Aim::Level(_) => &["assigned = yes", "logged = yes"],
            Aim::Person { .. } => &["asked = yes"],
        };
        Ok(Plan {
            op: ask.op,
            target: ask.target.clone(),
            params,
            adapter: self.name.clone(),
            call: Text::line(&format!("{call}: wakes {woken}")),
            version,
            inverse: None,
            checks: checks.iter().filter_map(|check| check.parse().ok()).collect(),
            cautions: conflicts.into_iter().map(Caution::from).collect(),
            already: false,
            blind: false,
            destroys_evidence: false,
            limit_s: LIMIT_S,
            verify_s: VERIFY_S,
        })
    }

    /// The incident and the newest line of its log: what comes after it is what came of the call.
    async fn version(&self, incident: &Incident, conflicts: &mut Vec<Text>) -> Text {
        let newest = match self.api.log(&incident.id).await {
            Ok(log) => log.into_iter().next().map(|entry| entry.id.to_string()).unwrap_or_default(),
            Err(ended) => {
                conflicts.push(said("its log could not be read", &words(&ended)));
                UNREAD.to_owned()
            }
        };
        Text::line(&format!("{}/{newest}", incident.id))
    }

    /// Who is on call at a level, in words for whoever confirms.
    async fn woken(
        &self,
        policy: Option<&str>,
        level: u32,
        incident: Option<&Incident>,
        conflicts: &mut Vec<Text>,
    ) -> String {
        let Some(policy) = policy else {
            return format!("whoever has level {level} there: no escalation_policy is configured");
        };
        let duties = match self.api.on_call(policy).await {
            Ok(duties) => duties,
            Err(ended) => return format!("whoever has level {level} there, not known: {}", words(&ended)),
        };
        let there: Vec<&OnCall> = duties.iter().filter(|duty| duty.level == u64::from(level)).collect();
        if there.is_empty() {
            conflicts.push(Text::line(&format!("nobody is on call at level {level} of {policy}")));
            return "nobody".to_owned();
        }
        let has_it = |duty: &&&OnCall| incident.is_some_and(|i| i.is_assigned_to(&duty.person.id));
        conflicts.extend(
            there.iter().filter(has_it).map(|duty| said("it has it already", duty.person.name.as_str())),
        );
        let name = |duty: &&OnCall| match duty.until {
            Some(until) => format!("{} (until {})", duty.person.name, until.format("%a %-d %b %H:%M UTC")),
            None => duty.person.name.to_string(),
        };
        there.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    async fn make_call(&self, plan: &Plan) -> CallOutcome {
        let (Some(aim), Some(alert)) = (self.aim(plan.op, plan.target.as_str()), plan.params.get(ALERT))
        else {
            return Unmade::Outdated(Text::line("the configuration changed since this was confirmed")).into();
        };
        let id = match self.found_or_raised(alert, plan).await {
            Ok(id) => id,
            Err(outcome) => return outcome,
        };
        // Another incident would have another policy, and others on call.
        if let Some((pinned, _)) = pinned(plan)
            && pinned != id
        {
            let why = format!("PagerDuty has {id} for it now, not {pinned}");
            return Unmade::Outdated(Text::line(&why)).into();
        }
        let reason = plan.params.get("reason").map_or("", Text::as_str);
        let (ended, done) = match &aim {
            Aim::Level(level) => {
                (self.api.escalate(&id, *level).await, format!("{id} goes to level {level}"))
            }
            Aim::Person { user, requester } => {
                let words = if reason.is_empty() { "you are needed" } else { reason };
                (
                    self.api.call(&id, requester, user, words).await,
                    format!("{user} is asked to respond to {id}"),
                )
            }
        };
        match ended {
            Ok(Answer { status, .. }) => {
                CallOutcome::Accepted { answer: said(&status.to_string(), &done), evidence: vec![] }
            }
            Err(ended) => outcome(ended),
        }
    }

    /// The incident of the alert. Raising it is raising it once, however often.
    async fn found_or_raised(&self, alert: &Text, plan: &Plan) -> Result<String, CallOutcome> {
        // Nothing was changed by looking.
        let look = || async {
            let found = self.api.incident_of(alert.as_str()).await;
            found.map_err(|ended| CallOutcome::Failed(said("nothing was called", &words(&ended))))
        };
        if let Some(incident) = look().await? {
            return Ok(incident.id);
        }
        let reason = plan.params.get("reason").map_or("", Text::as_str);
        let summary = format!("{}: {reason}", plan.title());
        self.events.raise(alert.as_str(), &summary).await.map_err(outcome)?;
        for _ in 0..LOOKS {
            tokio::time::sleep(self.spec.appears / LOOKS).await;
            if let Ok(Some(incident)) = look().await {
                return Ok(incident.id);
            }
        }
        let why = "the alert was taken (202) and no incident of it can be seen: whoever has its first level may \
                   be called, nobody beyond";
        Err(CallOutcome::Failed(Text::line(why)))
    }
}

/// The incident and the line of its log that a plan was made at.
fn pinned(plan: &Plan) -> Option<(&str, &str)> {
    plan.version.as_ref()?.as_str().split_once('/')
}

/// What the end of a call means: what is not known is never called failed.
fn outcome(ended: Outcome) -> CallOutcome {
    match &ended {
        Outcome::Unknown(why) => CallOutcome::Unknown(why.clone()),
        Outcome::Answered(answer) if answer.is_doubtful() || answer.status >= 500 => {
            CallOutcome::Unknown(words(&ended).into())
        }
        Outcome::Answered(_) => CallOutcome::Refused(words(&ended).into()),
        Outcome::NotSent(_) => CallOutcome::Failed(words(&ended).into()),
    }
}

/// How a request ended, in one line.
fn words(ended: &Outcome) -> String {
    match ended {
        Outcome::NotSent(why) | Outcome::Unknown(why) => why.to_string(),
        Outcome::Answered(answer) => {
            let body = answer.json().unwrap_or_default();
            let why = body["error"]["message"].as_str().map(str::to_owned);
            let first: String = why.unwrap_or_else(|| answer.text().to_string()).chars().take(200).collect();
            format!("it answered {}: {first}", answer.status)
        }
    }
}

fn said(what: &str, why: &str) -> Text {
    Text::line(&format!("{what}: {why}"))
}

impl Adapter for PagerDutyAdapter {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "pagerduty"
    }

    fn carries(&self) -> Vec<Op> {
        let calls = self.spec.requester.is_some() && !self.spec.people.is_empty();
        [Op::Escalate].into_iter().chain(calls.then_some(Op::Page)).collect()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.aim(op, target).is_some()
    }

    fn people(&self) -> Vec<Text> {
        self.spec.people.keys().map(|person| Text::line(person)).collect()
    }

    fn circuit(&self) -> Option<CircuitState> {
        Some(self.api.backend().circuit())
    }

    /// Also says who is on call now.
    fn look(&self) -> Pending<'_, Health> {
        Box::pin(async {
            let Some(policy) = &self.spec.policy else {
                return match self.api.incident_of("flightdeck").await {
                    Ok(_) => Health::Well(Text::line("it answers; no escalation_policy is configured")),
                    Err(ended) => Health::Ill(words(&ended).into()),
                };
            };
            match self.api.on_call(policy).await {
                Err(ended) => Health::Ill(words(&ended).into()),
                Ok(duties) if duties.is_empty() => {
                    Health::Ill(said("it answers; nobody is on call by", policy))
                }
                Ok(duties) => {
                    let who = duties.iter().map(|duty| format!("{} level {}", duty.person.name, duty.level));
                    Health::Well(said("it answers; on call", &who.collect::<Vec<_>>().join(", ")))
                }
            }
        })
    }

    fn lacks(&self) -> Pending<'_, Option<Text>> {
        Box::pin(async { self.api.backend().ready().await.err() })
    }

    fn plan<'a>(&'a self, _ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(async { Err(Text::line("PagerDuty acts on the incident of an alert: say of which")) })
    }

    fn plan_for<'a>(&'a self, alert: &'a str, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.make_plan(alert, ask))
    }

    fn call<'a>(&'a self, _key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(async {
            let limit = Duration::from_secs(LIMIT_S.into());
            match tokio::time::timeout(limit, self.make_call(plan)).await {
                Ok(outcome) => outcome,
                Err(_) => CallOutcome::Unknown(Text::line(&format!("not done within {LIMIT_S} s"))),
            }
        })
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.prove(plan))
    }
}

impl LiveAdapter for PagerDutyAdapter {}
