//! A Prometheus and an Alertmanager: from what is configured to what is asked.

use std::sync::Arc;

use super::http::{backend, problem};
use crate::adapters::prometheus::{Query, QuerySpec, Worst};
use crate::adapters::{AlertmanagerAdapter, PrometheusReader, SpecProblem};
use crate::config::{Alertmanager, Prometheus};
use crate::incident::Text;

/// The reader.
pub fn reader(name: &str, configured: &Prometheus) -> Result<PrometheusReader, Vec<SpecProblem>> {
    let mut problems = Vec::new();
    let mut queries = std::collections::BTreeMap::new();
    for (value, metric) in &configured.queries {
        let worst = if metric.lowest { Worst::Lowest } else { Worst::Highest };
        let spec = QuerySpec {
            query: metric.query.clone(),
            replica: metric.replica.clone(),
            over: metric.over.map(|over| (over.duration(), worst)),
            fresh: metric.fresh.clone(),
            stale: metric.stale.unwrap_or(configured.stale).duration(),
        };
        match Query::new(&spec) {
            Ok(query) => drop(queries.insert(value.clone(), query)),
            Err(words) => problems.push(problem(&format!("queries.{value}"), &Text::line(&words))),
        }
    }
    let backend = backend(name, &configured.site.url, &configured.site);
    match backend {
        Ok(backend) if problems.is_empty() => {
            Ok(PrometheusReader::new(name, backend, queries, configured.limit.duration()))
        }
        Ok(_) => Err(problems),
        Err(words) => Err(vec![problem("url", &words)]),
    }
}

/// The adapter, whose silences are by `user` unless the file names somebody.
pub fn adapter(
    name: &str,
    configured: &Alertmanager,
    user: &Text,
) -> Result<AlertmanagerAdapter, Vec<SpecProblem>> {
    let backend = backend(name, &configured.site.url, &configured.site)
        .map_err(|words| vec![problem("url", &words)])?;
    let author = configured.author.as_ref().unwrap_or(user).clone();
    Ok(AlertmanagerAdapter::new(name, backend, author, Arc::new(chrono::Utc::now)))
}
