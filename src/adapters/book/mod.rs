//! The operations that an adapter carries, as somebody wrote them down.
//!
//! What every adapter with configured actions has in common: which action carries an operation,
//! what is called, checked and undone, and that what is called is what was confirmed. How a call
//! is made, with a program or a request, is the adapter's own business.

mod build;
mod plan;
mod route;
mod versions;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::ask::{self, UNDOES};
use super::evidence::{Brought, EVIDENCE_STORED};
use super::template::{CheckTemplate, Template, Values};
use super::{KEY_TO_COME, Pending, Readings, Sample, Unmade};
use crate::incident::{AgentId, Aim, Glob, Op, Params, Plan, Text};
use crate::web::CircuitState;

pub use build::{Names, Problems, SpecProblem};
pub use route::Route;

/// What an operation calls, with placeholders in it.
pub trait Call: Send + Sync + fmt::Debug {
    /// The placeholders in it.
    fn names(&self) -> Vec<&str>;

    /// The call as a person reads it.
    ///
    /// # Errors
    /// In words: a value that nobody gave, or one that must not stand there.
    fn shown(&self, values: &Values) -> Result<String, Text>;

    /// Whether it uses this placeholder.
    fn uses(&self, name: &str) -> bool {
        self.names().contains(&name)
    }
}

/// What reads the world for one action.
pub trait Probing: Send + Sync + fmt::Debug {
    /// Whether it uses this placeholder.
    fn uses(&self, name: &str) -> bool;

    /// Circuits of places that only it reads.
    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        Vec::new()
    }

    /// What is read now.
    ///
    /// # Errors
    /// In words: why nothing could be read.
    fn read<'a>(
        &'a self,
        op: Op,
        target: &'a Text,
        values: &'a Values,
    ) -> Pending<'a, Result<Readings, Text>>;
}

/// What reads the target's version.
pub trait Versioning: Send + Sync + fmt::Debug {
    /// The version now.
    ///
    /// # Errors
    /// In words: why it could not be read.
    fn read<'a>(&'a self, op: Op, target: &'a Text, values: &'a Values) -> Pending<'a, Result<Text, Text>>;
}

/// One operation, checked and ready.
#[derive(Debug)]
pub struct Action<C> {
    /// What carries it out.
    pub run: C,
    /// What undoes it.
    pub undo: Option<C>,
    /// What must read true after the undo; none: what the table says of the inverse.
    pub undo_checks: Option<Vec<CheckTemplate>>,
    /// What reads the world.
    pub probe: Option<Box<dyn Probing>>,
    /// Whether readers of another name read it too.
    pub probed: bool,
    /// What they must read.
    pub checks: Vec<CheckTemplate>,
    /// What reads the version.
    pub version: Option<Box<dyn Versioning>>,
    /// How long the call may take.
    pub limit: Duration,
    /// How long checks may take to hold.
    pub verify_within: Duration,
    /// Whether it takes away what a later analysis needs.
    pub destroys_evidence: bool,
    /// What else it reaches.
    pub caution: Option<Template>,
}

/// All operations of one adapter.
#[derive(Debug)]
pub struct Book<C> {
    /// The adapter's name.
    pub name: Text,
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// What it can do.
    pub actions: BTreeMap<Op, Action<C>>,
    /// What placeholders stand for besides what an action knows: for every target.
    pub values: Values,
    /// The same for one target each.
    pub values_of: BTreeMap<String, Values>,
    /// Which snapshots brought something home.
    pub brought: Brought,
}

impl<C: Call> Book<C> {
    /// A book without values of its own.
    pub fn new(name: &str, agents: Vec<Glob>, actions: BTreeMap<Op, Action<C>>) -> Self {
        let (values, values_of) = (Values::new(), BTreeMap::new());
        Self { name: Text::line(name), agents, actions, values, values_of, brought: Brought::default() }
    }

    /// The operations that it carries for some target or other.
    pub fn carries(&self) -> Vec<Op> {
        Op::ALL.iter().copied().filter(|op| self.is_configured(*op)).collect()
    }

    /// Circuits of places that only probes read.
    pub fn circuits(&self) -> Vec<(Text, CircuitState)> {
        self.actions.values().flat_map(|action| &action.probe).flat_map(|probe| probe.circuits()).collect()
    }

    /// Whether it carries this operation for this target.
    pub fn offers(&self, op: Op, target: &str) -> bool {
        self.is_for(op, target) && self.is_configured(op)
    }

    fn is_for(&self, op: Op, target: &str) -> bool {
        op.info().aim != Aim::Agent
            || (target.parse::<AgentId>().is_ok() && self.agents.iter().any(|glob| glob.matches(target)))
    }

    /// Whether there is an action for it, or one that undoes what it would undo.
    fn is_configured(&self, op: Op) -> bool {
        let undone_by =
            |(other, action): (&Op, &Action<C>)| action.undo.is_some() && other.info().inverse == Some(op);
        self.actions.contains_key(&op) || self.actions.iter().any(undone_by)
    }

    /// How an operation is carried out.
    ///
    /// # Errors
    /// In words: it is not, or it is not plain how.
    pub fn route(&self, op: Op, params: &Params) -> Result<Route<'_, C>, Text> {
        if let Some(undoes) = params.get(UNDOES) {
            let undoes: Op = undoes.as_str().parse().map_err(|why: String| Text::line(&why))?;
            let action = self.actions.get(&undoes).filter(|action| action.undo.is_some());
            return match action.filter(|_| undoes.info().inverse == Some(op)) {
                Some(action) => Ok(Route { op, action, undoes: Some(undoes) }),
                None => Err(Text::line(&format!("'{}' has no undo of {undoes} that is {op}", self.name))),
            };
        }
        if let Some(action) = self.actions.get(&op) {
            return Ok(Route { op, action, undoes: None });
        }
        // Asked for by hand: only where there is no doubt what would be undone, and how.
        let mut undone = self.actions.iter().filter(|(other, _)| other.info().inverse == Some(op));
        match (undone.next(), undone.next()) {
            (Some((undoes, action)), None) if action.undo.is_some() => {
                Ok(Route { op, action, undoes: Some(*undoes) })
            }
            (Some(_), Some(_)) => Err(Text::line(&format!(
                "'{op}' could undo more than one operation here; undo the action itself, or say undoes=OPERATION"
            ))),
            (Some(_) | None, _) => Err(Text::line(&format!("'{}' has nothing for '{op}'", self.name))),
        }
    }

    /// The values that placeholders stand for in a call or a reading of this route.
    pub fn values(
        &self,
        route: &Route<'_, C>,
        target: &Text,
        params: &Params,
        version: Option<&Text>,
        action: &str,
    ) -> Values {
        let mut values = self.values.clone();
        values.extend(self.values_of.get(target.as_str()).cloned().unwrap_or_default());
        values.extend(route.values(target, params, version, action));
        values
    }

    /// The route of a plan and what its placeholders stand for, if that is still what was
    /// confirmed: a plan may have waited for approval while the configuration changed, or come from
    /// an older journal.
    ///
    /// # Errors
    /// In words: what has changed.
    pub fn confirmed(&self, key: &str, plan: &Plan) -> Result<(Route<'_, C>, Values), Unmade> {
        let route = self.route(plan.op, &plan.params)?;
        ask::check_target(plan.op, &plan.target)?;
        if plan.adapter != self.name || !self.is_for(plan.op, plan.target.as_str()) {
            return Err(Text::line(&format!("'{}' does not carry {}", self.name, plan.title())).into());
        }
        let params = route.params(&plan.params)?;
        let version = plan.version.as_ref();
        let shown = route.shown(&self.values(&route, &plan.target, &params, version, KEY_TO_COME))?;
        // The timeline has the call as it is sent; whoever plans by hand may not know the key yet.
        let sent = route.shown(&self.values(&route, &plan.target, &params, version, key))?;
        if params != plan.params || (shown != plan.call && sent != plan.call) {
            return Err(Unmade::Outdated(Text::line(&format!(
                "the configuration changed since this was confirmed: it would now call {shown}"
            ))));
        }
        let values = self.values(&route, &plan.target, &params, version, key);
        Ok((route, values))
    }

    /// What the action's own probe reads for the checks of a plan.
    pub async fn read(&self, plan: &Plan) -> Vec<Sample> {
        let mut read = self.read_world(plan).await;
        self.brought.add(plan, &mut read);
        read.samples(&plan.checks)
    }

    /// Nothing where there is no probe; where it failed, why. An action of which this process knows
    /// nothing came into the configuration after it was read here.
    async fn read_world(&self, plan: &Plan) -> Readings {
        let route = match self.route(plan.op, &plan.params) {
            Ok(route) => route,
            Err(why) => {
                let words = format!("the flightdeck that watches does not know how: {why}; start it anew");
                return Readings::none_because(Text::line(&words));
            }
        };
        if plan.checks.iter().all(|check| check.name.as_str() == EVIDENCE_STORED)
            || ask::check_target(plan.op, &plan.target).is_err()
        {
            return Readings::new();
        }
        let Some(probe) = &route.action.probe else { return Readings::new() };
        let values = self.values(&route, &plan.target, &plan.params, plan.version.as_ref(), "");
        probe.read(plan.op, &plan.target, &values).await.unwrap_or_else(Readings::none_because)
    }
}
