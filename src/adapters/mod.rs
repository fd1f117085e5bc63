//! Adapters carry actions to a backend and probe it.
//!
//! An adapter never decides: the hub did, by policy, before anything gets here. It never judges
//! either: it reports what a call answered and what probes read, and `incident` says what that
//! proves. A time-out is `Unknown`, never `Failed`.

pub mod alertmanager;
pub mod ask;
mod book;
mod evidence;
pub mod http;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
mod mounted;
pub mod pagerduty;
pub mod process;
pub mod prometheus;
pub mod reader;
pub mod rig;
pub mod sample;
pub mod simulated;
pub mod template;

use std::pin::Pin;
use std::time::Duration;

use crate::incident::{Aim, Op, Params, Plan, Release, Text, Time};
use crate::web::CircuitState;

/// Stands for the idempotency key in a call that is shown before its action has a number. No way of
/// quoting or encoding a call touches these characters, so the key can take its place in any.
pub const KEY_TO_COME: &str = "id.of.this.action";

pub use alertmanager::AlertmanagerAdapter;
pub use book::SpecProblem;
pub use http::HttpAdapter;
#[cfg(feature = "kubernetes")]
pub use kubernetes::{Knob, KubernetesAction, KubernetesAdapter, KubernetesSpec, Method};
pub use mounted::Mounted;
pub use pagerduty::{PagerDutyAdapter, PagerDutySpec};
pub use process::{ActionSpec, Format, Place, Probe, ProbeSpec, ProcessAdapter, ProcessReader, ProcessSpec};
pub use prometheus::PrometheusReader;
pub use reader::{Reader, Readings};
pub use rig::{Drill, Live, LiveAdapter, Rig, Unavailable};
pub use sample::{Sample, samples};
pub use simulated::{Simulated, World};

/// A future that an adapter hands out.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What somebody would like done, before it is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The operation.
    pub op: Op,
    /// An agent's id, an alert's name, a level or a person, by the operation's aim.
    pub target: Text,
    /// The parameters given; the adapter completes them from the operation's table.
    pub params: Params,
}

/// A file brought home by a call, to be stored with its digest (A4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// A file name.
    pub name: Text,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The first moment it covers.
    pub from: Option<Time>,
    /// The last moment it covers.
    pub to: Option<Time>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The backend said yes.
    Accepted {
        /// What it said, bounded.
        answer: Text,
        /// What it brought.
        evidence: Vec<Evidence>,
    },
    /// The call was not made at all, or is known to have done nothing.
    Failed(Text),
    /// What was confirmed is not how things are any more: nothing was called, or changed by it. The same
    /// can be asked for again on what is there now.
    Outdated(Text),
    /// The backend said no: the world is read before it is said that nothing is in force.
    Refused(Text),
    /// No answer, or none that can be trusted: nobody knows.
    Unknown(Text),
}

/// Why a call is not made at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// It cannot be.
    Cannot(Text),
    /// What was confirmed is not how things are any more.
    Outdated(Text),
}

impl From<Text> for Unmade {
    fn from(why: Text) -> Self {
        Self::Cannot(why)
    }
}

impl From<Unmade> for CallOutcome {
    fn from(unmade: Unmade) -> Self {
        let words = |why: &Text| Text::line(&format!("nothing was called: {why}"));
        match unmade {
            Unmade::Cannot(why) => Self::Failed(words(&why)),
            Unmade::Outdated(why) => Self::Outdated(words(&why)),
        }
    }
}

/// What a look at a backend found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers, in words how.
    Well(Text),
    /// It does not, or not as it should.
    Ill(Text),
    /// Somebody is there; no more than that.
    Reached(Text),
    /// There is nothing to look at but a call.
    Unseen,
}

/// A way to a backend.
pub trait Adapter: Send + Sync {
    /// Its name in the configuration and in plans.
    fn name(&self) -> &Text;

    /// Its type in the configuration.
    fn kind(&self) -> &'static str;

    /// The operations that it carries for some target or other.
    fn carries(&self) -> Vec<Op>;

    /// Whether it carries this operation for this target.
    fn offers(&self, op: Op, target: &str) -> bool;

    /// The people whom it pages by name; nobody where it pages whoever is named, or nobody at all.
    fn people(&self) -> Vec<Text> {
        Vec::new()
    }

    /// Parameters besides the table's that it takes for an operation: what the incident knows of the
    /// target, filled in where nobody gave them.
    fn also_takes(&self, _op: Op) -> &'static [&'static str] {
        &[]
    }

    /// Whether every call of it is refused: it plans and probes only.
    fn is_read_only(&self) -> bool {
        false
    }

    /// How the circuit to its backend is; none: it has none.
    fn circuit(&self) -> Option<CircuitState> {
        None
    }

    /// Every circuit that it depends on, by the name of what it leads to: its backend's own, those of
    /// replicas that are read, those of readers.
    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        self.circuit().map(|circuit| (self.name().clone(), circuit)).into_iter().collect()
    }

    /// Whether it carries anything for this agent.
    fn serves(&self, agent: &str) -> bool {
        self.carries().into_iter().any(|op| op.info().aim == Aim::Agent && self.offers(op, agent))
    }

    /// Looks whether its backend is there. Reads, never changes, and does not take long.
    fn look(&self) -> Pending<'_, Health> {
        Box::pin(async { Health::Unseen })
    }

    /// What a call would lack of ours, a credential for one; none: nothing that is known.
    fn lacks(&self) -> Pending<'_, Option<Text>> {
        Box::pin(async { None })
    }

    /// What was put to run as an agent, the newest first, where its backend knows (D11); none: it is
    /// not for this agent, or cannot know. Reads, never changes.
    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        let _ = agent;
        None
    }

    /// Says exactly what would be called, checked and undone. Reads, never changes.
    ///
    /// # Errors
    /// In words for a person: what is missing and how to mend it.
    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>>;

    /// The same, for a backend that has a record of the incident itself: `alert` is the key under
    /// which our channels raise it, the same for the same incident for ever.
    ///
    /// # Errors
    /// As [`Adapter::plan`].
    fn plan_for<'a>(&'a self, _alert: &'a str, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        self.plan(ask)
    }

    /// Makes the call. `key` is the idempotency key, the same for the same action for ever.
    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome>;

    /// Whether calling twice is the same as once: after doubt it is called again, if the world reads as
    /// if it had done nothing.
    fn is_repeatable(&self, _plan: &Plan) -> bool {
        false
    }

    /// Reads the world: for each of the plan's checks a value of the whole target, or one of each
    /// replica, or both; none where the probe gave none. A probe that knows which replicas there
    /// are also reads the whole: that speaks for replicas that are gone.
    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>>;

    /// How many ways there are to read the world for this plan. They do not wait for each other.
    fn ways(&self, _plan: &Plan) -> usize {
        1
    }

    /// Reads the world one of these ways. `since` is how long ago the call was accepted: what was
    /// measured before says nothing of it.
    fn probe_by<'a>(
        &'a self,
        _way: usize,
        plan: &'a Plan,
        _since: Option<Duration>,
    ) -> Pending<'a, Vec<Sample>> {
        self.probe(plan)
    }
}
