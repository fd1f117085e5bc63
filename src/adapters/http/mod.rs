//! Any REST backend, by configuration: what a platform team writes for its own agent runtime.
//!
//! An action is a request; the answer is judged by status and by what stands in its body, because
//! a yes with an error in it is a no. What is sent is what was confirmed. A request that changes
//! something is sent once, unless the configuration says that twice is the same as once; an answer
//! that did not come is `Unknown`, and the world is read before anything else.

mod body;
mod build;
mod call;
mod judge;
mod look;
mod path;
mod pointer;
mod reader;
mod request;
mod spec;

use std::sync::Arc;

use super::book::{Book, SpecProblem};
use super::{Adapter, Ask, CallOutcome, Health, LiveAdapter, Pending, Sample};
use crate::incident::{Op, Plan, Release, Text};
use crate::web::{Backend, CircuitState};

use request::RequestTemplate;

pub use reader::HttpReader;
pub use spec::{ActionSpec, CallSpec, EachSpec, HttpSpec, LookSpec, Replica, UndoSpec, VersionSpec};

/// An adapter whose backend speaks HTTP.
#[derive(Debug)]
pub struct HttpAdapter {
    book: Book<RequestTemplate>,
    backend: Arc<Backend>,
    /// The header that carries the idempotency key; none: the backend knows none.
    key_header: Option<String>,
    /// What is read to see whether it is there.
    health: String,
}

impl HttpAdapter {
    /// An adapter by its configuration, and every problem of that with its place. An action with a
    /// problem is left out: the others may be what an incident needs.
    #[must_use]
    pub fn new(name: &str, backend: Arc<Backend>, spec: HttpSpec) -> (Self, Vec<SpecProblem>) {
        let (actions, problems) = build::actions(&spec, &backend);
        let HttpSpec { agents, values, values_of, key_header, health, .. } = spec;
        let book = Book { values, values_of, ..Book::new(name, agents, actions) };
        (Self { book, backend, key_header, health }, problems)
    }
}

impl Adapter for HttpAdapter {
    fn name(&self) -> &Text {
        &self.book.name
    }

    fn kind(&self) -> &'static str {
        "http"
    }

    fn carries(&self) -> Vec<Op> {
        self.book.carries()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.book.offers(op, target)
    }

    fn circuit(&self) -> Option<CircuitState> {
        Some(self.backend.circuit())
    }

    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        let own = (self.book.name.clone(), self.backend.circuit());
        std::iter::once(own).chain(self.book.circuits()).collect()
    }

    fn look(&self) -> Pending<'_, Health> {
        Box::pin(look::health(&self.backend, &self.health))
    }

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        self.book.releases(agent)
    }

    fn lacks(&self) -> Pending<'_, Option<Text>> {
        Box::pin(async { self.backend.ready().await.err() })
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(self.book.plan(ask))
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(self.make_call(key, plan))
    }

    fn is_repeatable(&self, plan: &Plan) -> bool {
        let route = self.book.route(plan.op, &plan.params);
        route.is_ok_and(|route| route.call().is_some_and(|call| call.idempotent))
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(self.book.read(plan))
    }
}

impl LiveAdapter for HttpAdapter {}
