//! `[probes.NAME]` of type `prometheus`: queries by the names of the values that they read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::incident::Span;

use super::credential;
use super::http::{self, Site};
use super::located::Problems;
use super::paths::{Env, Paths};
use super::tree::Tree;

/// A Prometheus that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prometheus {
    /// Where it is and who we are there.
    pub site: Site,
    /// What it is asked, by the name of the value.
    pub queries: BTreeMap<String, Metric>,
    /// How long reading may take.
    pub limit: Span,
    /// How old a sample may be, unless a query says otherwise.
    pub stale: Span,
}

/// One query.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Metric {
    /// PromQL with placeholders.
    pub query: String,
    /// The label that tells replicas apart.
    pub replica: Option<String>,
    /// The time until now of which the worst counts; none: now alone.
    pub over: Option<Span>,
    /// Whether the lowest value is the worst one.
    pub lowest: bool,
    /// The selector whose samples must be fresh, where the query is an expression.
    pub fresh: Option<String>,
    /// How old its newest sample may be.
    pub stale: Option<Span>,
}

/// Which value of a range counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Worst {
    #[default]
    Highest,
    Lowest,
}

/// A query that is more than its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMetric {
    query: String,
    #[serde(default)]
    replica: Option<String>,
    #[serde(default)]
    over: Option<Span>,
    #[serde(default)]
    worst: Worst,
    #[serde(default)]
    fresh: Option<String>,
    #[serde(default)]
    stale: Option<Span>,
}

impl TryFrom<Value> for Metric {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        let written = match written {
            Value::String(query) => {
                let none = None::<Span>;
                WrittenMetric {
                    query,
                    replica: None,
                    over: none,
                    worst: Worst::Highest,
                    fresh: None,
                    stale: none,
                }
            }
            table @ Value::Object(_) => serde_json::from_value(table).map_err(|why| why.to_string())?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err("a query is a text, or a table; write { query = \"...\" }".to_owned());
            }
        };
        let WrittenMetric { query, replica, over, worst, fresh, stale } = written;
        Ok(Self { query, replica, over, lowest: worst == Worst::Lowest, fresh, stale })
    }
}

/// The keys as written; those of the credentials are read apart.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    url: Option<String>,
    ca_file: Option<String>,
    queries: BTreeMap<String, Metric>,
    limit: Option<Span>,
    stale: Option<Span>,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
}

/// Reads one.
pub(super) fn read(tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Prometheus> {
    let fine = credential::none_written_out(tree, problems);
    let own = tree.without(credential::KEYS).without(credential::NEVER);
    let (written, whole) = own.read_part::<Written>(problems);
    let written = written?;
    let site = http::site(tree, written.url, written.ca_file, paths, env, problems);
    if written.queries.is_empty() && (whole || !tree.has("queries")) {
        let problem = tree.problem_at(&[], format!("`{}` has no query", tree.path()));
        problems
            .push(problem.hint("queries.error_rate = \"…\": the value that a check compares, by its name"));
        return None;
    }
    fine?;
    let prometheus = Prometheus {
        site: site?,
        queries: written.queries,
        limit: written.limit.unwrap_or(Span::seconds(10)),
        stale: written.stale.unwrap_or(Span::seconds(60)),
    };
    whole.then_some(prometheus)
}
