//! An adapter as the configuration has it: with the readers that its actions name, and with leave
//! to act or without.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;

use super::ask::{self, UNDOES};
use super::reader::Reader;
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

    async fn read(&self, plan: &Plan) -> Vec<Sample> {
        let readers = self.readers(plan.op, &plan.params);
        if readers.is_empty() || plan.checks.is_empty() {
            return self.adapter.probe(plan).await;
        }
        let mut values = ask::values(plan.op, &plan.target, &plan.params);
        if let Some(version) = &plan.version {
            values.insert(ask::VERSION.to_owned(), version.clone());
        }
        let reading = join_all(readers.iter().map(|reader| reader.read(&plan.target, &values)));
        let (mut samples, read) = tokio::join!(self.adapter.probe(plan), reading);
        for readings in read.into_iter().flatten() {
            samples.extend(readings.samples(&plan.checks));
        }
        merged(samples)
    }
}

/// One sample for each check and replica: the value if all that read one agree on it, or none.
fn merged(samples: Vec<Sample>) -> Vec<Sample> {
    let mut by: BTreeMap<(usize, Option<Text>), Vec<Text>> = BTreeMap::new();
    for Sample { check, replica, value } in samples {
        by.entry((check, replica)).or_default().extend(value);
    }
    // Nobody read the whole where somebody reads the replicas.
    let replicas: Vec<usize> = by.keys().filter(|(_, r)| r.is_some()).map(|(check, _)| *check).collect();
    by.retain(|(check, replica), values| {
        replica.is_some() || !values.is_empty() || !replicas.contains(check)
    });
    let one = |((check, replica), values): ((usize, Option<Text>), Vec<Text>)| {
        let agreed = values.windows(2).all(|two| two[0] == two[1]);
        Sample { check, replica, value: values.into_iter().next().filter(|_| agreed) }
    };
    by.into_iter().map(one).collect()
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

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        self.adapter.releases(agent)
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        self.adapter.plan(ask)
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        if self.is_read_only() {
            let why = format!("nothing was called: '{}' is configured read_only", self.name());
            return Box::pin(async move { CallOutcome::Failed(Text::line(&why)) });
        }
        self.adapter.call(key, plan)
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.read(plan))
    }
}

impl LiveAdapter for Mounted {}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(check: usize, replica: Option<&str>, value: Option<&str>) -> Sample {
        Sample { check, replica: replica.map(Text::line), value: value.map(Text::line) }
    }

    #[test]
    fn what_two_read_differently_has_no_value() {
        let both = vec![
            sample(0, None, Some("0")),
            sample(0, None, Some("5")),
            sample(1, Some("a"), Some("0")),
            sample(1, None, None),
            sample(1, Some("a"), Some("0")),
            sample(2, None, None),
            sample(2, None, Some("x")),
            sample(3, None, None),
        ];
        let expected = [
            sample(0, None, None),
            sample(1, Some("a"), Some("0")),
            sample(2, None, Some("x")),
            sample(3, None, None),
        ];
        assert_eq!(merged(both), expected);
    }
}
