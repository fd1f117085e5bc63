//! Runs configured programs: no shell, one process group each, a time limit, bounded output.
//!
//! What runs is what was confirmed: a plan shows the call as it will be made, and a call whose
//! configuration has changed since is refused before anything starts. A program that was stopped
//! or killed may have done its work, or half of it, so that is `Unknown`; only an exit code other
//! than 0, or no start at all, is `Failed`. Nothing is ever repeated here.
//!
//! How A3's times map: at the plan's limit, plus grace (0 unless configured), the group is told to
//! stop by SIGTERM; after `kill` more (30 s unless configured) it is killed by SIGKILL.

mod answer;
mod build;
mod call;
mod capture;
mod child;
mod collect;
mod plan;
mod probe;
mod reader;
mod route;
mod spec;

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::incident::{AgentId, Glob, Op, Params, Plan, Text};

use super::ask::{self, UNDOES};
use super::evidence::{Brought, EVIDENCE_STORED};
use super::{Adapter, Ask, CallOutcome, Pending, Sample, samples};

use build::Action;
use route::Route;

pub use child::{PASSED, Place};
pub use probe::{Printed, Probe, readings};
pub use reader::ProcessReader;
pub use spec::{ActionSpec, Format, ProbeSpec, ProcessSpec, SpecProblem};

/// An adapter whose backend is programs.
#[derive(Debug)]
pub struct ProcessAdapter {
    name: Text,
    agents: Vec<Glob>,
    place: Place,
    actions: BTreeMap<Op, Action>,
    brought: Brought,
}

impl ProcessAdapter {
    /// An adapter by its configuration.
    ///
    /// # Errors
    /// Every problem of the configuration, each with its place.
    pub fn new(name: &str, spec: ProcessSpec) -> Result<Self, Vec<SpecProblem>> {
        let actions = build::actions(&spec)?;
        let ProcessSpec { agents, dir, env, .. } = spec;
        let place = Place { dir, env };
        Ok(Self { name: Text::line(name), agents, place, actions, brought: Brought::default() })
    }

    fn route(&self, op: Op, params: &Params) -> Result<Route<'_>, Text> {
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
            (Some(_) | None, _) => Err(Text::line(&format!("'{}' has no program for '{op}'", self.name))),
        }
    }

    fn is_for(&self, op: Op, target: &str) -> bool {
        !build::aims_at_agent(op)
            || (target.parse::<AgentId>().is_ok() && self.agents.iter().any(|glob| glob.matches(target)))
    }

    fn env(op: Op, target: &Text) -> Vec<(&'static str, OsString)> {
        let mut env = vec![
            ("FLIGHTDECK_OP", OsString::from(op.word())),
            ("FLIGHTDECK_TARGET", OsString::from(target.as_str())),
        ];
        if build::aims_at_agent(op) {
            env.push(("FLIGHTDECK_AGENT", OsString::from(target.as_str())));
        }
        env
    }

    async fn read(&self, plan: &Plan) -> Vec<Sample> {
        let mut read = self.read_world(plan).await;
        self.brought.add(plan, &mut read);
        samples(&plan.checks, &read)
    }

    /// What the probe reads; nothing where there is none, or where it failed.
    async fn read_world(&self, plan: &Plan) -> Printed {
        let Ok(route) = self.route(plan.op, &plan.params) else { return Printed::new() };
        if plan.checks.iter().all(|check| check.name.as_str() == EVIDENCE_STORED)
            || ask::check_target(plan.op, &plan.target).is_err()
        {
            return Printed::new();
        }
        let Some(probe) = &route.action.probe else { return Printed::new() };
        let values = route.values(&plan.target, &plan.params, plan.version.as_ref(), "");
        probe.read_with(&values, Self::env(plan.op, &plan.target)).await.unwrap_or_default()
    }
}

impl ProcessAdapter {
    /// Whether there is a program for it, or one that undoes what it would undo.
    fn is_configured(&self, op: Op) -> bool {
        let undone_by =
            |(other, action): (&Op, &Action)| action.undo.is_some() && other.info().inverse == Some(op);
        self.actions.contains_key(&op) || self.actions.iter().any(undone_by)
    }
}

impl Adapter for ProcessAdapter {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "process"
    }

    fn carries(&self) -> Vec<Op> {
        Op::ALL.iter().copied().filter(|op| self.is_configured(*op)).collect()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.is_for(op, target) && self.is_configured(op)
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.make_plan(ask))
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(self.make_call(key, plan))
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.read(plan))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
