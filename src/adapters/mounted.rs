//! An adapter as the configuration has it: with the readers that its actions name, and with leave
//! to act or without.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::ask::{self, UNDOES};
use super::reader::{Reader, Readings};
use super::sample::Sample;
use super::{Adapter, Ask, CallOutcome, Health, LiveAdapter, Pending};
use crate::incident::{Op, Params, Plan, Release, Text};
use crate::web::CircuitState;

/// A live adapter, with what the configuration adds to any of them.
pub struct Mounted {
    adapter: Box<dyn LiveAdapter>,
    readers: BTreeMap<Op, Vec<Arc<dyn Reader>>>,
    read_only: bool,
}

impl Mounted {
    /// The adapter with the readers of its actions; one that is read-only plans and probes, and
    /// every call of it is refused.
    #[must_use]
    pub fn new(
        adapter: Box<dyn LiveAdapter>,
        readers: BTreeMap<Op, Vec<Arc<dyn Reader>>>,
        read_only: bool,
    ) -> Self {
        Self { adapter, readers, read_only }
    }

    /// The readers of an operation; those of the operation that it undoes are its own too.
    fn readers(&self, op: Op, params: &Params) -> &[Arc<dyn Reader>] {
        let undoes = params.get(UNDOES).and_then(|op| op.as_str().parse().ok());
        let undone = || self.readers.keys().copied().find(|other| other.info().inverse == Some(op));
        let of = |op: Op| self.readers.get(&op);
        let found = undoes.and_then(of).or_else(|| of(op)).or_else(|| undone().and_then(of));
        found.map_or(&[], Vec::as_slice)
    }

    /// What one of the readers reads for the plan.
    async fn read_by(&self, way: usize, plan: &Plan, since: Option<Duration>) -> Vec<Sample> {
        let Some(reader) = way.checked_sub(1).and_then(|at| self.readers(plan.op, &plan.params).get(at))
        else {
            return self.adapter.probe(plan).await;
        };
        let mut values = ask::values(plan.op, &plan.target, &plan.params);
        if let Some(version) = &plan.version {
            values.insert(ask::VERSION.to_owned(), version.clone());
        }
        let read = reader.read(&plan.target, &values, since).await;
        let read = read.unwrap_or_else(Readings::none_because);
        Sample::by(read.samples(&plan.checks), reader.name())
    }

    async fn read(&self, plan: &Plan) -> Vec<Sample> {
        let all = (0..self.ways(plan)).map(|way| self.read_by(way, plan, None));
        Sample::merged(join_all(all).await.into_iter().flatten().collect())
    }
}

impl Adapter for Mounted {
    fn name(&self) -> &Text {
        self.adapter.name()
    }

    fn kind(&self) -> &'static str {
        self.adapter.kind()
    }

    fn carries(&self) -> Vec<Op> {
        self.adapter.carries()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.adapter.offers(op, target)
    }

    fn people(&self) -> Vec<Text> {
        self.adapter.people()
    }

    fn also_takes(&self, op: Op) -> &'static [&'static str] {
        self.adapter.also_takes(op)
    }

    fn is_read_only(&self) -> bool {
        self.read_only || self.adapter.is_read_only()
    }

    fn circuit(&self) -> Option<CircuitState> {
        self.adapter.circuit()
    }

    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        let readers = self.readers.values().flatten().flat_map(|reader| reader.circuits());
        let mut all: Vec<_> = self.adapter.circuits().into_iter().chain(readers).collect();
        // One that is worse stands for all of the same name.
        all.sort_by(|(name, state), (other, than)| {
            name.cmp(other).then_with(|| state.is_closed().cmp(&than.is_closed()))
        });
        all.dedup_by(|(name, _), (other, _)| name == other);
        all
    }

    fn look(&self) -> Pending<'_, Health> {
        self.adapter.look()
    }

    fn lacks(&self) -> Pending<'_, Option<Text>> {
        self.adapter.lacks()
    }

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        self.adapter.releases(agent)
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        self.adapter.plan(ask)
    }

    fn plan_for<'a>(&'a self, alert: &'a str, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        self.adapter.plan_for(alert, ask)
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        if self.is_read_only() {
            let why = format!("nothing was called: '{}' is configured read_only", self.name());
            return Box::pin(async move { CallOutcome::Failed(Text::line(&why)) });
        }
        self.adapter.call(key, plan)
    }

    fn is_repeatable(&self, plan: &Plan) -> bool {
        self.adapter.is_repeatable(plan)
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.read(plan))
    }

    fn ways(&self, plan: &Plan) -> usize {
        match plan.checks.is_empty() {
            true => 1,
            false => 1 + self.readers(plan.op, &plan.params).len(),
        }
    }

    fn probe_by<'a>(
        &'a self,
        way: usize,
        plan: &'a Plan,
        since: Option<Duration>,
    ) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.read_by(way, plan, since))
    }
}

impl LiveAdapter for Mounted {}
