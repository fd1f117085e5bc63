//! Reads whether the agents of an incident have recovered (B6), and reports it to the hub.
//!
//! In the live realm by the agents' own vitals and by the named probes of `[recovery]`; in a drill
//! from the fleet. What cannot be read is said, and never taken for good.

use std::sync::Arc;
use std::time::Duration;

use super::hub::{Hub, HubError};
use crate::adapters::Sample;
use crate::adapters::reader::{Reader, Readings};
use crate::adapters::template::Values;
use crate::incident::{Actor, AgentId, AgentReadings, Check, Command, IncidentId, Reading, Text, Time};

/// How long one agent may take to be read. A person waits for it.
const WITHIN: Duration = Duration::from_secs(10);

/// What reads agents for their recovery.
#[derive(Clone)]
pub struct RecoveryReader {
    /// The one agent it reads; none: any.
    pub of: Option<AgentId>,
    /// What reads.
    pub reader: Arc<dyn Reader>,
}

/// Reads the agents of an incident and puts what was read on record.
///
/// # Errors
/// A refusal, or what is wrong with the journal.
pub async fn recover(hub: &Hub, incident: IncidentId) -> Result<(), HubError> {
    let agents = hub.board().incident(incident).map(|i| i.agents.clone()).unwrap_or_default();
    let rule = &hub.policy().recovery;
    let with_checks = agents.into_iter().filter_map(|agent| {
        let checks: Vec<Check> = rule.all_checks(&agent).cloned().collect();
        (!checks.is_empty()).then_some((agent, checks))
    });
    let reads: Vec<_> = with_checks.map(|(agent, checks)| read(hub, agent, checks)).collect();
    if reads.is_empty() {
        return Ok(());
    }
    let agents = futures::future::join_all(reads).await;
    hub.submit(Some(incident), Command::Recover { agents }, &Actor::Flightdeck).await.map(drop)
}

async fn read(hub: &Hub, agent: AgentId, checks: Vec<Check>) -> AgentReadings {
    let target = Text::line(agent.as_str());
    let values: Values = ["agent", "target"].map(|name| (name.to_owned(), target.clone())).into();
    let readers = hub.readers().iter().filter(|reader| reader.of.as_ref().is_none_or(|of| *of == agent));
    let reads = readers.map(|reader| async {
        let read = tokio::time::timeout(WITHIN, reader.reader.read(&target, &values)).await;
        let read = read.unwrap_or_else(|_| Err(Text::line("no answer in time")));
        read.map_err(|why| Text::line(&format!("{}: {why}", reader.reader.name())))
    });
    let mut all: Vec<Readings> = Vec::new();
    let mut trouble = None;
    for read in futures::future::join_all(reads).await {
        match read {
            Ok(readings) => all.push(readings),
            Err(why) => trouble = trouble.or(Some(why)),
        }
    }
    all.extend(hub.rig().vitals(agent.as_str()).map(|values| values.into_iter().collect::<Readings>()));
    if all.is_empty() && trouble.is_none() {
        trouble = Some(Text::line("nothing reads it: give it vitals, or name probes under [recovery]"));
    }
    let at = hub.clock().now();
    AgentReadings { readings: readings(all, &checks, at), agent, trouble }
}

/// What all readers say together: a name that two of them read differently has no value.
fn readings(all: Vec<Readings>, checks: &[Check], at: Time) -> Vec<Reading> {
    let mut together = Readings::new();
    for readings in &all {
        for (name, value) in readings.iter() {
            match (value, name.split_once('@')) {
                (Some(value), _) => together.put(name, value.clone()),
                (None, Some((name, replica))) => together.unread(replica, name),
                (None, None) => {}
            }
        }
    }
    Sample::readings(together.samples(checks), checks, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b6_two_readers_that_disagree_have_read_nothing() {
        let values = |pairs: &[(&str, &str)]| -> Readings {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), Text::line(value))).collect()
        };
        let checks: Vec<Check> =
            ["error_rate < 1", "p95 < 2", "satisfaction > 90"].map(|c| c.parse().unwrap()).into();
        let all = vec![
            values(&[("error_rate", "0.4"), ("p95", "1")]),
            values(&[("error_rate", "0"), ("p95", "1")]),
        ];
        let read = readings(all, &checks, Time::UNIX_EPOCH);
        let values: Vec<_> = read.iter().map(|r| r.value.as_ref().map(ToString::to_string)).collect();
        assert_eq!(values, [None, Some("1".to_owned()), None]);
    }
}
