//! Vitals of the live agents, read by the programs that the configuration names.
//!
//! A reading that failed is no reading: what was read before stays, and grows old on screen.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::hub::Hub;
use crate::adapters::{Format, Place, Probe, ProbeSpec};
use crate::app::msg::Notice;
use crate::config::Agent;
use crate::incident::{AgentId, Text, Vitals};

/// One agent whose vitals are wanted.
pub struct Patient {
    agent: AgentId,
    probe: Option<Probe>,
    every: Duration,
}

impl Patient {
    /// A configured agent. One without a program is listed without readings.
    ///
    /// # Errors
    /// In words: what is wrong with its program's arguments.
    pub fn new(agent: &Agent, dir: &std::path::Path) -> Result<Self, String> {
        let place = Place { dir: Some(dir.to_owned()), ..Place::default() };
        let probe = if agent.vitals.is_empty() {
            None
        } else {
            let spec = ProbeSpec::new(agent.vitals.clone(), Format::Lines);
            let words = |problems: Vec<(usize, String)>| {
                let first = problems.into_iter().next().map(|(_, words)| words).unwrap_or_default();
                format!("agents.{}.vitals: {first}", agent.id)
            };
            Some(Probe::new(&spec, place).map_err(words)?)
        };
        let every = agent.vitals_every.duration().max(Duration::from_secs(1));
        Ok(Self { agent: agent.id.clone(), probe, every })
    }
}

/// Reads everybody's vitals, each at its own pace, until cancelled.
pub async fn run(hub: Hub, patients: Vec<Patient>, cancel: CancellationToken) {
    let unread = |patient: &Patient| Vitals::unread(patient.agent.clone());
    hub.tell(Feed::Vitals(patients.iter().map(unread).collect()));
    let rounds = patients.into_iter().filter_map(|patient| {
        let probe = patient.probe?;
        Some(round(&hub, patient.agent, probe, patient.every))
    });
    tokio::select! {
        () = cancel.cancelled() => {}
        _ = futures::future::join_all(rounds) => {}
    }
}

async fn round(hub: &Hub, agent: AgentId, probe: Probe, every: Duration) {
    let mut failing = false;
    loop {
        match probe.read(&agent).await {
            Ok(values) => {
                failing = false;
                let values: BTreeMap<String, Text> = values.into_iter().collect();
                let vitals = Vitals { agent: agent.clone(), at: hub.clock().now(), values };
                hub.tell(Feed::Vitals([vitals].into()));
            }
            Err(words) => {
                // Said once: the age of the reading tells the rest.
                if !failing {
                    hub.tell(Feed::Notice(Notice::error(format!("vitals of {agent}: {words}"))));
                }
                failing = true;
            }
        }
        tokio::time::sleep(every).await;
    }
}
