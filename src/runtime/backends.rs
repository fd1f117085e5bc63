//! The backends behind the live adapters: what they carry, and whether anybody is there.

use std::time::Duration;

use futures::future::join_all;

use super::hub::Hub;
use super::live;
use crate::adapters::{Adapter, Health, Rig};
use crate::app::msg::Notice;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::incident::{Op, Text};
use crate::runtime::Feed;

/// How long a look may take. A backend that needs longer is not well.
const LOOK: Duration = Duration::from_secs(8);

/// One adapter, as a person asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its name in the configuration.
    pub name: Text,
    /// Its type.
    pub kind: &'static str,
    /// What it carries.
    pub operations: Vec<Op>,
    /// Whether every call of it is refused.
    pub read_only: bool,
    /// Whether it is there; none: only a call would tell.
    pub well: Option<bool>,
    /// In words how.
    pub health: Text,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backends {
    /// In the order in which they are asked.
    pub backends: Vec<Backend>,
    /// The operations that none of them carries.
    pub missing: Vec<Op>,
    /// What could not be built.
    pub problems: Vec<Text>,
}

/// Looks at every backend at once. Reads, never changes.
///
/// # Errors
/// When there are no threads to be had.
pub fn look(settings: &Settings) -> Result<Backends> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot look at the backends").because(error))?;
    let (rig, problems) = live::rig(settings);
    let backends = runtime.block_on(join_all(rig.adapters().map(one)));
    let carried: Vec<Op> = rig.adapters().flat_map(Adapter::carries).collect();
    Ok(Backends {
        backends,
        missing: Op::ALL.iter().copied().filter(|op| !carried.contains(op)).collect(),
        problems: problems.iter().map(|wrong| Text::line(&wrong.to_string())).collect(),
    })
}

async fn one(adapter: &dyn Adapter) -> Backend {
    let (well, health) = match tokio::time::timeout(LOOK, adapter.look()).await {
        Ok(Health::Well(words)) => (Some(true), words),
        Ok(Health::Ill(words)) => (Some(false), words),
        Ok(Health::Unseen) => (None, Text::line("only a call would tell")),
        Err(_) => (Some(false), Text::line(&format!("no answer within {} s", LOOK.as_secs()))),
    };
    Backend {
        name: adapter.name().clone(),
        kind: adapter.kind(),
        operations: adapter.carries(),
        read_only: adapter.is_read_only(),
        well,
        health,
    }
}

/// The notice that backends are left alone.
const CIRCUITS: &str = "circuits";

/// Says on every screen which backends are left alone because they fail, whenever that changes.
pub(super) fn tell_circuits(hub: &Hub) {
    let words = open(hub.rig());
    if !hub.circuits_changed(&words) {
        return;
    }
    hub.tell(Feed::Notice(match words.is_empty() {
        true => Notice::clear(CIRCUITS),
        false => Notice::lasting(CIRCUITS, words),
    }));
}

/// `llm fails and is left alone: refused`.
fn open(rig: &Rig) -> String {
    let circuit = |adapter: &dyn Adapter| Some((adapter.name().clone(), adapter.circuit()?.why()?.clone()));
    let all = rig.adapters().filter_map(circuit);
    all.map(|(name, why)| format!("{name} fails and is left alone: {why}")).collect::<Vec<_>>().join("; ")
}
