//! Which version of each agent runs, and since when: asked of its adapters and of named readers
//! (D11).

use futures::future::{join, join_all};

use super::{Questions, is_open, record};
use crate::adapters::reader::Reader;
use crate::adapters::template::Values;
use crate::adapters::{Adapter, Pending};
use crate::incident::release::{released, seen};
use crate::incident::{AgentId, FirstCheck, Glance, IncidentId, Release, Text, Time, Topic};
use crate::runtime::hub::Hub;

/// The agents of one incident that are asked about: those of a whole fleet would drown the rest.
const AGENTS_MAX: usize = 5;

/// The name by which readers tell a version.
const VERSION: &str = "version";

/// Asks for each agent everybody who may know; each answer is recorded when it comes.
pub(super) async fn ask(hub: &Hub, incident: IncidentId, began: Time, questions: &Questions) {
    let agents = hub.board().incident(incident).map(|i| i.agents.clone()).unwrap_or_default();
    let agents = &agents[..agents.len().min(AGENTS_MAX)];
    let by_adapter = agents.iter().flat_map(|agent| {
        hub.rig().adapters().map(move |adapter| by_adapter(hub, incident, began, questions, agent, adapter))
    });
    let by_reader = agents.iter().flat_map(|agent| {
        questions.versions.iter().map(move |reader| {
            let source = source(reader.name(), agent);
            let asked = read(reader.as_ref(), agent);
            one(hub, incident, began, questions, source, None, Box::pin(asked))
        })
    });
    join(join_all(by_adapter), join_all(by_reader)).await;
}

async fn by_adapter(
    hub: &Hub,
    incident: IncidentId,
    began: Time,
    questions: &Questions,
    agent: &AgentId,
    adapter: &dyn Adapter,
) {
    let target = Text::line(agent.as_str());
    let Some(asked) = adapter.releases(&target) else { return };
    let before = seen(&hub.board(), adapter.name().as_str(), agent, incident);
    one(hub, incident, began, questions, source(adapter.name(), agent), before, asked).await;
}

/// `cluster: support-1`.
fn source(name: &Text, agent: &AgentId) -> Text {
    Text::line(&format!("{name}: {agent}"))
}

async fn one(
    hub: &Hub,
    incident: IncidentId,
    began: Time,
    questions: &Questions,
    source: Text,
    before: Option<crate::incident::release::Seen>,
    asked: Pending<'_, Result<Vec<Release>, Text>>,
) {
    if !is_open(hub, incident, Topic::Deploys, &source) {
        return;
    }
    let unread = |source: Text, why: &str| FirstCheck {
        topic: Topic::Deploys,
        source,
        glance: Glance::NotRead,
        found: Text::line(why),
    };
    let check = match tokio::time::timeout(questions.within, asked).await {
        Ok(Ok(all)) => released(source, &all, began, questions.since, before.as_ref()),
        Ok(Err(why)) => unread(source, why.as_str()),
        Err(_) => unread(source, &format!("not read in {} s", questions.within.as_secs())),
    };
    record(hub, incident, check).await;
}

/// What a reader says runs: of the agent as a whole, or of each of its replicas.
async fn read(reader: &dyn Reader, agent: &AgentId) -> Result<Vec<Release>, Text> {
    let target = Text::line(agent.as_str());
    let values: Values = ["agent", "target"].map(|name| (name.to_owned(), target.clone())).into();
    let readings = reader.read(&target, &values, None).await?;
    let named = |name: &str| name == VERSION || name.split_once('@').is_some_and(|(of, _)| of == VERSION);
    let mut versions: Vec<Text> =
        readings.iter().filter(|(name, _)| named(name)).filter_map(|(_, value)| value.cloned()).collect();
    versions.sort();
    versions.dedup();
    if versions.is_empty() {
        return Err(Text::line(&format!("it reads no '{VERSION}'")));
    }
    Ok(versions.into_iter().map(|what| Release { at: None, what, runs: true }).collect())
}
