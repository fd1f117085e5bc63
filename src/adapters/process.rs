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
mod command;
mod probe;
mod reader;
mod spec;

use std::ffi::OsString;

use crate::incident::{Aim, Op, Plan, Release, Text};

use super::book::{Book, SpecProblem};
use super::{Adapter, Ask, CallOutcome, Pending, Sample};

use command::Command;

pub use child::{PASSED, Place};
pub use probe::{Printed, Probe, readings};
pub use reader::ProcessReader;
pub use spec::{ActionSpec, Format, ProbeSpec, ProcessSpec};

/// An adapter whose backend is programs.
#[derive(Debug)]
pub struct ProcessAdapter {
    book: Book<Command>,
    place: Place,
}

impl ProcessAdapter {
    /// An adapter by its configuration.
    ///
    /// # Errors
    /// Every problem of the configuration, each with its place.
    pub fn new(name: &str, spec: ProcessSpec) -> Result<Self, Vec<SpecProblem>> {
        let actions = build::actions(&spec)?;
        let ProcessSpec { agents, dir, env, .. } = spec;
        Ok(Self { book: Book::new(name, agents, actions), place: Place { dir, env } })
    }
}

/// What every program of an operation finds in its environment.
fn env(op: Op, target: &Text) -> Vec<(&'static str, OsString)> {
    let mut env = vec![
        ("FLIGHTDECK_OP", OsString::from(op.word())),
        ("FLIGHTDECK_TARGET", OsString::from(target.as_str())),
    ];
    if op.info().aim == Aim::Agent {
        env.push(("FLIGHTDECK_AGENT", OsString::from(target.as_str())));
    }
    env
}

impl Adapter for ProcessAdapter {
    fn name(&self) -> &Text {
        &self.book.name
    }

    fn kind(&self) -> &'static str {
        "process"
    }

    fn carries(&self) -> Vec<Op> {
        self.book.carries()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.book.offers(op, target)
    }

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        self.book.releases(agent)
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.book.plan(ask))
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(self.make_call(key, plan))
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.book.read(plan))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
