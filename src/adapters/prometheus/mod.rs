//! A reader whose world is a Prometheus: queries whose answers are what checks compare.
//!
//! No data is not zero: a query without a series, with a hole in its range, with a sample that is
//! too old or older than the call that it is to prove, or answered in part only, has read nothing, and says why.

mod query;
mod selector;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use serde_json::Value;

use super::reader::{Reader, Readings};
use super::template::Values;
use super::{Health, Pending};
use crate::incident::Text;
use crate::web::{Answer, Backend, CircuitState, Outcome, Request};

pub use query::{Query, QuerySpec, Worst};

/// How long a look may take. A person waits for it.
const LOOK: Duration = Duration::from_secs(5);

/// Reads a Prometheus, or whatever speaks its HTTP API (Thanos, Mimir, VictoriaMetrics).
pub struct PrometheusReader {
    name: Text,
    backend: Backend,
    queries: BTreeMap<String, Query>,
    limit: Duration,
}

impl PrometheusReader {
    /// A reader of these queries, each by the name of the value that it reads. All of them together
    /// take no longer than `limit`.
    #[must_use]
    pub fn new(name: &str, backend: Backend, queries: BTreeMap<String, Query>, limit: Duration) -> Self {
        Self { name: Text::line(name), backend, queries, limit }
    }

    async fn ask(&self, request: Request) -> Result<Value, Text> {
        match self.backend.send(&request).await {
            Outcome::Answered(answer) => data(&answer),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
        }
    }

    /// One query's readings.
    async fn read_one(
        &self,
        name: &str,
        query: &Query,
        values: &Values,
        since: Option<Duration>,
    ) -> Result<Readings, Text> {
        let fresh = async {
            let asked = query.ages(values, since)?;
            let asked = asked.into_iter().map(|request| self.ask(request.limit(self.limit)));
            query.fresh_enough(&try_join_all(asked).await?, since)
        };
        let value = async { query.readings(name, &self.ask(query.value(values)?.limit(self.limit)).await?) };
        let (fresh, readings) = tokio::join!(fresh, value);
        fresh.and(readings).map_err(|why: Text| Text::line(&format!("{name}: {why}")))
    }
}

impl Reader for PrometheusReader {
    fn name(&self) -> &Text {
        &self.name
    }

    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        vec![(self.name.clone(), self.backend.circuit())]
    }

    fn look(&self) -> Pending<'_, Health> {
        Box::pin(async {
            let path = "/api/v1/query?query=vector%281%29";
            match self.ask(Request::get(path).insisting().once().limit(LOOK)).await {
                Ok(_) => Health::Well(Text::line("it answers queries")),
                Err(why) => Health::Ill(why),
            }
        })
    }

    fn read<'a>(
        &'a self,
        _target: &'a Text,
        values: &'a Values,
        since: Option<Duration>,
    ) -> Pending<'a, Result<Readings, Text>> {
        Box::pin(async move {
            let all = self.queries.iter().map(|(name, query)| self.read_one(name, query, values, since));
            let mut readings = Readings::new();
            let mut failures = Vec::new();
            for read in join_all(all).await {
                match read {
                    Ok(read) => readings.absorb(read),
                    Err(why) => failures.push(why),
                }
            }
            // One query without an answer takes nothing from the others.
            if readings.is_empty() && !failures.is_empty() {
                let all: Vec<&str> = failures.iter().map(Text::as_str).collect();
                return Err(Text::block(&all.join("\n")));
            }
            failures.into_iter().for_each(|why| readings.failed(why));
            Ok(readings)
        })
    }
}

/// The data of a whole answer.
fn data(answer: &Answer) -> Result<Value, Text> {
    let Some(mut body) = answer.json() else {
        return Err(Text::line(&format!("it answered {}, and no JSON", answer.status)));
    };
    if body["status"] != "success" || !answer.is_success() {
        let why = body["error"].as_str().unwrap_or("no reason given");
        return Err(Text::line(&format!("it answered {}: {why}", answer.status)));
    }
    if let Some(warning) = body["warnings"].get(0).and_then(Value::as_str) {
        return Err(Text::line(&format!("it answered in part only: {warning}")));
    }
    Ok(body["data"].take())
}

#[cfg(test)]
mod tests;
