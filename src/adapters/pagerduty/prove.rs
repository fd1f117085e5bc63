//! What proves an escalation or a call: the incident there, and its log since the plan was made.

use super::{ALERT, Aim, PagerDutyAdapter, UNREAD, pinned, said, words};
use crate::adapters::{Readings, Sample};
use crate::incident::{Plan, Text};
use crate::pagerduty::{Incident, LogEntry};

/// The lines of a log that say that an incident went to somebody.
const GOES_TO: [&str; 2] = ["escalate_log_entry", "assign_log_entry"];

impl PagerDutyAdapter {
    /// What can be read; a name that is not read proves nothing.
    pub(super) async fn prove(&self, plan: &Plan) -> Vec<Sample> {
        let mut readings = Readings::new();
        match self.now(plan).await {
            Err(why) => readings.failed(why),
            Ok(incident) => match self.aim(plan.op, plan.target.as_str()) {
                Some(Aim::Level(level)) => self.prove_level(plan, &incident, level, &mut readings).await,
                Some(Aim::Person { user, .. }) => {
                    let state = incident.call_of(user).map_or("no", Text::as_str);
                    // Asked and not yet answered is asked; who declined does not come.
                    let asked = if state == "pending" || state == "joined" { "yes" } else { state };
                    readings.put("asked", Text::line(asked));
                }
                None => {}
            },
        }
        readings.samples(&plan.checks)
    }

    /// The incident as it is now: the one that was planned for, however it is called meanwhile.
    ///
    /// # Errors
    /// Why it could not be read, in words.
    async fn now(&self, plan: &Plan) -> Result<Incident, Text> {
        let read = match pinned(plan) {
            Some((id, _)) => self.api.incident(id).await.map(Some),
            None => match plan.params.get(ALERT) {
                Some(alert) => self.api.incident_of(alert.as_str()).await,
                None => Ok(None),
            },
        };
        let found = read.map_err(|ended| said("the incident there could not be read", &words(&ended)))?;
        found.ok_or_else(|| Text::line("PagerDuty has no open incident of it"))
    }

    async fn prove_level(&self, plan: &Plan, incident: &Incident, level: u32, readings: &mut Readings) {
        let Some(policy) = &incident.policy else {
            return readings.failed(Text::line("the incident there names no escalation policy"));
        };
        let (duties, log) = tokio::join!(self.api.on_call(policy), self.api.log(&incident.id));
        let duties = match duties {
            Ok(duties) => duties,
            Err(ended) => return readings.failed(said("who is on call could not be read", &words(&ended))),
        };
        let there = duties.iter().filter(|duty| duty.level == u64::from(level));
        let people: Vec<&Text> = there.map(|duty| &duty.person.id).collect();
        let yes_or_no = |so: bool| Text::line(if so { "yes" } else { "no" });
        readings.put("assigned", yes_or_no(people.iter().any(|user| incident.is_assigned_to(user))));
        // Somebody may have had it before: only what came since counts.
        let before = pinned(plan).map_or("", |(_, entry)| entry);
        let log = match log {
            Ok(_) if before == UNREAD => {
                return readings.failed(said(
                    "logged",
                    "its log could not be read when this was planned, so nobody knows what is new in it",
                ));
            }
            Ok(log) => log,
            Err(ended) => {
                return readings.failed(said("logged", &format!("its log: {}", words(&ended))));
            }
        };
        let since = log.iter().take_while(|entry| entry.id != *before || before.is_empty());
        let goes = |entry: &LogEntry| {
            GOES_TO.contains(&entry.kind.as_str())
                && (entry.assigned.is_empty() || entry.assigned.iter().any(|user| people.contains(&user)))
        };
        readings.put("logged", yes_or_no(since.into_iter().any(goes)));
    }
}
