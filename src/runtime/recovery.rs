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
        let read = tokio::time::timeout(WITHIN, reader.reader.read(&target, &values, None)).await;
        let read = read.unwrap_or_else(|_| Err(Text::line("no answer in time")));
        let name = reader.reader.name();
        read.map(|read| (name.clone(), read)).map_err(|why| {
            // A line for each value, so that each row is explained by its own.
            let lines: Vec<String> = why.as_str().lines().map(|why| format!("{name}: {why}")).collect();
            Text::block(&lines.join("\n"))
        })
    });
    let mut all: Vec<(Text, Readings)> = Vec::new();
    let mut trouble: Vec<String> = Vec::new();
    for read in futures::future::join_all(reads).await {
        match read {
            Ok((name, readings)) => {
                trouble.extend(readings.failures().iter().map(|why| format!("{name}: {why}")));
                all.push((name, readings));
            }
            Err(why) => trouble.push(why.to_string()),
        }
    }
    let vitals = hub.rig().vitals(agent.as_str()).map(|values| values.into_iter().collect::<Readings>());
    all.extend(vitals.map(|read| (Text::line("vitals"), read)));
    if all.is_empty() && trouble.is_empty() {
        trouble.push("nothing reads it: give it vitals, or name probes under [recovery]".to_owned());
    }
    let trouble = (!trouble.is_empty()).then(|| Text::block(&trouble.join("\n")));
    let at = hub.clock().now();
    AgentReadings { readings: readings(all, &checks, at), agent, trouble }
}

/// What each reader says, by its name: two live measurements are never the same text, so a check must
/// hold in every one that read it, and in one at least.
fn readings(all: Vec<(Text, Readings)>, checks: &[Check], at: Time) -> Vec<Reading> {
    let of = |(source, readings): (Text, Readings)| Sample::by(readings.samples(checks), &source);
    let read = Sample::readings(Sample::merged(all.into_iter().flat_map(of).collect()), checks, at);
    // Why something was not read is told once, for all of them.
    read.into_iter().map(|reading| Reading { why: None, ..reading }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Judged, Verdict};

    #[test]
    fn b6_two_live_readers_are_never_textually_equal_and_each_is_judged_for_itself() {
        // Regression: vitals read 1.2 and Prometheus 1.1, and together they had "read nothing".
        let of = |name: &str, pairs: &[(&str, &str)]| -> (Text, Readings) {
            let read = pairs.iter().map(|(name, value)| ((*name).to_owned(), Text::line(value))).collect();
            (Text::line(name), read)
        };
        let checks: Vec<Check> = ["p95 < 2", "error_rate < 1", "satisfaction > 90", "saturation < 80"]
            .map(|c| c.parse().unwrap())
            .into();
        let all = vec![
            of("vitals", &[("p95", "1.2"), ("error_rate", "0.4"), ("satisfaction", "95")]),
            of("prom", &[("p95", "1.1"), ("error_rate", "3")]),
        ];
        let read = readings(all, &checks, Time::UNIX_EPOCH);
        let judged: Vec<(Verdict, String)> = checks
            .iter()
            .map(|check| Judged::new(check, &read))
            .map(|judged| (judged.verdict(), judged.words()))
            .collect();
        let expected = [
            (Verdict::Holds, "1.1 (prom), 1.2 (vitals)"),
            (Verdict::Fails, "3 (prom), 0.4 (vitals)"),
            (Verdict::Holds, "95"),
            (Verdict::Unread, "nothing"),
        ];
        assert_eq!(judged, expected.map(|(verdict, words)| (verdict, words.to_owned())));
    }
}
