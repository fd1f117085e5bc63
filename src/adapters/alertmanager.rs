//! Silences in an Alertmanager: set with author, comment and end, ended again, never left unseen.
//!
//! What proves a silence is not the answer to the call: it is that no alert of the name is active
//! there without being suppressed. Silences of other people are never touched.

mod api;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::ask;
use super::{Adapter, Ask, CallOutcome, Health, KEY_TO_COME, LiveAdapter, Pending, Readings, Sample};
use crate::incident::{Caution, Inverse, LABELS, Op, Params, Plan, Text, Time};
use crate::web::{Backend, CircuitState, Outcome, Request};

use api::{Meant, NO_LABELS, Silence, alerts, complaint, filter, silences};

/// Tells the time: a silence has an absolute end.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// How long setting or ending a silence may take.
const LIMIT: Duration = Duration::from_secs(15);

/// How long reading may take.
const READ: Duration = Duration::from_secs(5);

/// The parameter that says which incident a silence is for.
pub const ABOUT: &str = "about";

/// The parameter that says why.
const REASON: &str = "reason";

/// An adapter for silences.
pub struct AlertmanagerAdapter {
    name: Text,
    backend: Backend,
    author: Text,
    now: Now,
}

impl AlertmanagerAdapter {
    /// An adapter whose silences name `author`.
    #[must_use]
    pub fn new(name: &str, backend: Backend, author: Text, now: Now) -> Self {
        Self { name: Text::line(name), backend, author, now }
    }

    /// Every silence there is.
    async fn silences(&self) -> Result<Vec<Silence>, Text> {
        match self.backend.send(&Request::get("/api/v2/silences").limit(READ)).await {
            Outcome::Answered(answer) if answer.is_success() => silences(&answer),
            Outcome::Answered(answer) => Err(complaint(&answer)),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
        }
    }

    /// Silences of ours, for just these alerts, that are in force or still to come.
    async fn ours(&self, meant: &Meant) -> Result<Vec<Silence>, Text> {
        let mut ours = self.silences().await?;
        ours.retain(|silence| silence.is_ours() && silence.is_in_force() && silence.is_of(meant));
        Ok(ours)
    }

    async fn make_plan(&self, ask: &Ask) -> Result<Plan, Text> {
        if !self.offers(ask.op, ask.target.as_str()) {
            return Err(Text::line(&format!(
                "'{}' sets and ends silences, and does no {}",
                self.name, ask.op
            )));
        }
        ask::check_target(ask.op, &ask.target)?;
        let mut params = ask::complete(ask.op, &ask.params, self.also_takes(ask.op))?;
        if ask.op == Op::Silence {
            // Said, so that narrower silences of the name are neither taken for it nor ended with it.
            params.entry(LABELS.to_owned()).or_insert_with(|| NO_LABELS.into());
        }
        let meant = meant(&ask.target, &params)?;
        let ours = self.ours(&meant).await;
        let mut conflicts = Vec::new();
        let call = if ask.op == Op::Silence {
            let minutes = minutes(&params);
            conflicts.extend(ours.iter().flatten().map(|silence| {
                Text::line(&format!(
                    "it is silenced already, until {} ({})",
                    silence.until(),
                    silence.comment
                ))
            }));
            format!(
                "POST {}/api/v2/silences {} for {minutes} min, by {}: {}",
                self.backend.base(),
                meant.shown(),
                self.author,
                api::comment(KEY_TO_COME, &about(&params)),
            )
        } else {
            let ids: Vec<String> = ours.iter().flatten().map(|silence| silence.id.clone()).collect();
            let which =
                if ids.is_empty() { "(there is none of flightdeck now)".to_owned() } else { ids.join(" ") };
            format!("DELETE {}/api/v2/silence/… {which}", self.backend.base())
        };
        if let Err(why) = &ours {
            conflicts.push(Text::line(&format!("what is silenced now could not be read: {why}")));
        }
        if ask.op == Op::Silence && meant.labels.as_ref().is_none_or(Vec::is_empty) {
            conflicts.push(Text::line(
                "it silences every alert of this name, of all agents: this incident has no alert of the name \
                 that tells them apart; say labels=agent=NAME for one",
            ));
        }
        let inverse = (ask.op == Op::Silence).then(|| Inverse {
            op: Op::Unsilence,
            params: params
                .get(LABELS)
                .map(|labels| (LABELS.to_owned(), labels.clone()))
                .into_iter()
                .collect(),
            call: Text::line(&format!("DELETE every silence of flightdeck for {}", meant.shown())),
        });
        let values = ask::values(ask.op, &ask.target, &params);
        let checks = ask::table_checks(ask.op);
        let checks = checks.iter().map(|check| check.fill(&values));
        Ok(Plan {
            op: ask.op,
            target: ask.target.clone(),
            params,
            adapter: self.name.clone(),
            call: Text::line(&call),
            version: None,
            inverse,
            checks: checks.collect::<Result<_, _>>()?,
            cautions: conflicts.into_iter().map(Caution::from).collect(),
            limit_s: LIMIT.as_secs() as u32,
            verify_s: ask::VERIFY_S,
            already: false,
            blind: false,
            destroys_evidence: false,
        })
    }

    async fn silence(&self, key: &str, plan: &Plan) -> CallOutcome {
        let meant = match meant(&plan.target, &plan.params) {
            Ok(meant) => meant,
            Err(why) => return CallOutcome::Failed(Text::line(&format!("nothing was called: {why}"))),
        };
        let matcher = |(name, value): (&str, &str)| json!({"name": name, "value": value, "isRegex": false, "isEqual": true});
        let matchers: Vec<serde_json::Value> = meant.pairs().into_iter().map(matcher).collect();
        let starts = (self.now)();
        let ends = starts + TimeDelta::minutes(i64::from(minutes(&plan.params)));
        let body = json!({
            "matchers": matchers,
            "startsAt": starts.to_rfc3339(),
            "endsAt": ends.to_rfc3339(),
            "createdBy": self.author.as_str(),
            "comment": api::comment(key, &about(&plan.params)),
        });
        // Twice would be two silences: after doubt the list is read, and nothing is repeated.
        let request = Request::post("/api/v2/silences").json(&body).once().limit(LIMIT);
        match self.backend.send(&request).await {
            Outcome::NotSent(why) => CallOutcome::Failed(why),
            Outcome::Unknown(why) => CallOutcome::Unknown(why),
            Outcome::Answered(answer) if answer.is_doubtful() => CallOutcome::Unknown(complaint(&answer)),
            Outcome::Answered(answer) if !answer.is_success() => CallOutcome::Failed(complaint(&answer)),
            Outcome::Answered(answer) => {
                let id = answer.json().and_then(|body| Some(body["silenceID"].as_str()?.to_owned()));
                let until = ends.format("%H:%M:%S UTC");
                let words = match id {
                    Some(id) => format!("silence {id} until {until}"),
                    None => format!("it answered {} without the silence's id", answer.status),
                };
                CallOutcome::Accepted { answer: Text::line(&words), evidence: vec![] }
            }
        }
    }

    async fn unsilence(&self, plan: &Plan) -> CallOutcome {
        let ours = match self.ours_of(plan).await {
            Ok(ours) => ours,
            Err(why) => return CallOutcome::Failed(Text::line(&format!("nothing was ended: {why}"))),
        };
        let mut ended = 0;
        for silence in &ours {
            // Ending one twice is ending it once.
            let request = Request::new(crate::web::Method::DELETE, format!("/api/v2/silence/{}", silence.id));
            match self.backend.send(&request.repeatable().limit(LIMIT)).await {
                Outcome::Answered(answer) if answer.is_success() || answer.status == 404 => ended += 1,
                Outcome::Answered(answer) if answer.is_doubtful() => {
                    return CallOutcome::Unknown(complaint(&answer));
                }
                // An unknown id is 500 on Alertmanager 0.25, and 404 since.
                Outcome::Answered(answer) if answer.text().as_str().contains("not found") => ended += 1,
                Outcome::Answered(answer) => return CallOutcome::Failed(complaint(&answer)),
                Outcome::NotSent(why) if ended == 0 => return CallOutcome::Failed(why),
                Outcome::NotSent(why) | Outcome::Unknown(why) => return CallOutcome::Unknown(why),
            }
        }
        let words = format!("{ended} of {} silences of flightdeck ended", ours.len());
        CallOutcome::Accepted { answer: Text::line(&words), evidence: vec![] }
    }

    async fn ours_of(&self, plan: &Plan) -> Result<Vec<Silence>, Text> {
        self.ours(&meant(&plan.target, &plan.params)?).await
    }

    /// `silenced`: whether every active alert that is meant is suppressed; with none active, whether
    /// a silence for it is in force.
    async fn silenced(&self, meant: &Meant) -> Result<Text, Text> {
        let path = format!("/api/v2/alerts?active=true&silenced=true&inhibited=true&{}", filter(meant));
        let alerts = match self.backend.send(&Request::get(path).limit(READ)).await {
            Outcome::Answered(answer) if answer.is_success() => alerts(&answer)?,
            Outcome::Answered(answer) => return Err(complaint(&answer)),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Err(why),
        };
        let of_it = self.silences().await?;
        let in_force = of_it.iter().any(|silence| silence.is_in_force() && silence.is_of(meant));
        let loud = alerts.iter().any(|silenced| !silenced);
        Ok(Text::line(if in_force && !loud { "yes" } else { "no" }))
    }
}

/// Which alerts are meant.
fn meant(alert: &Text, params: &Params) -> Result<Meant, Text> {
    Meant::new(alert, params.get(LABELS))
}

/// What a silence is for.
fn about(params: &Params) -> Vec<&Text> {
    [ABOUT, REASON].iter().filter_map(|name| params.get(*name)).collect()
}

/// The minutes that [`ask::complete`] made sure of.
fn minutes(params: &Params) -> u32 {
    params.get("minutes").and_then(|minutes| minutes.as_str().parse().ok()).unwrap_or(0)
}

impl Adapter for AlertmanagerAdapter {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "alertmanager"
    }

    fn carries(&self) -> Vec<Op> {
        vec![Op::Silence, Op::Unsilence]
    }

    fn offers(&self, op: Op, _target: &str) -> bool {
        matches!(op, Op::Silence | Op::Unsilence)
    }

    fn also_takes(&self, op: Op) -> &'static [&'static str] {
        if op == Op::Silence { &[LABELS, ABOUT, REASON] } else { &[LABELS] }
    }

    fn circuit(&self) -> Option<CircuitState> {
        Some(self.backend.circuit())
    }

    /// Also lists the silences of flightdeck that are left over.
    fn look(&self) -> Pending<'_, Health> {
        Box::pin(async {
            match self.silences().await {
                Err(why) => Health::Ill(why),
                Ok(all) => {
                    let ours = all.iter().filter(|silence| silence.is_ours() && silence.is_in_force());
                    let left: Vec<String> =
                        ours.map(|s| format!("{} until {} ({})", s.alerts(), s.until(), s.comment)).collect();
                    Health::Well(Text::line(&match left.len() {
                        0 => "it answers; no silence of flightdeck is in force".to_owned(),
                        many => format!("it answers; {many} of flightdeck in force: {}", left.join("; ")),
                    }))
                }
            }
        })
    }

    fn lacks(&self) -> Pending<'_, Option<Text>> {
        Box::pin(async { self.backend.ready().await.err() })
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.make_plan(ask))
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(async move {
            if plan.op == Op::Silence { self.silence(key, plan).await } else { self.unsilence(plan).await }
        })
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(async {
            let silenced = match meant(&plan.target, &plan.params) {
                Ok(meant) => self.silenced(&meant).await,
                Err(why) => Err(why),
            };
            let readings = match silenced {
                Ok(silenced) => [("silenced".to_owned(), silenced)].into_iter().collect(),
                Err(why) => Readings::none_because(why),
            };
            readings.samples(&plan.checks)
        })
    }
}

impl LiveAdapter for AlertmanagerAdapter {}
