//! A request with placeholders, and how a person reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::body::BodyTemplate;
use super::judge::Judge;
use super::path::PathTemplate;
use super::spec::CallSpec;
use crate::adapters::book::{Call, Problems};
use crate::adapters::template::{Template, Values};
use crate::incident::Text;
use crate::web::{Method, Request};

/// A request, where it goes and what its answer must be.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    method: Method,
    /// Where to, as it is shown.
    base: String,
    path: PathTemplate,
    headers: Vec<(String, Template)>,
    body: Option<BodyTemplate>,
    /// What the answer must be.
    pub judge: Judge,
    /// Whether twice is the same as once.
    pub idempotent: bool,
    /// The header that carries the idempotency key; none: the backend knows none.
    key_header: Option<String>,
}

/// Headers that are the client's own business, or a secret's.
const OWN: &[&str] =
    &["authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"];

impl RequestTemplate {
    /// Checks a configured call; what is wrong is told below `key`.
    pub fn build(
        base: &str,
        spec: &CallSpec,
        known: &[&str],
        key: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let CallSpec { method, path, headers, body, .. } = spec;
        let parts = Parts::build((method, path, headers, body.as_ref()), known, key, problems);
        let judge = Judge::build(spec, key, problems);
        let Parts { method, path, headers, body } = parts?;
        let idempotent = spec.idempotent;
        let base = base.to_owned();
        Some(Self { method, base, path, headers, body, judge: judge?, idempotent, key_header: None })
    }

    /// The same, with the idempotency key in a header of this name.
    pub fn keyed(self, header: Option<&str>) -> Self {
        Self { key_header: header.map(str::to_owned), ..self }
    }

    /// The request with every value put in.
    pub fn fill(&self, values: &Values) -> Result<Request, Text> {
        let parts = Parts {
            method: self.method.clone(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        };
        parts.fill(values)
    }
}

impl Call for RequestTemplate {
    fn names(&self) -> Vec<&str> {
        let headers = self.headers.iter().flat_map(|(_, value)| value.names());
        let body = self.body.iter().flat_map(BodyTemplate::names);
        self.path.names().chain(headers).chain(body).collect()
    }

    fn shown(&self, values: &Values) -> Result<String, Text> {
        let mut shown = format!("{} {}{}", self.method, self.base, self.path.fill(values)?);
        for (name, value) in &self.headers {
            shown.push_str(&format!(" {name}: {}", value.fill(values)?));
        }
        if let Some((header, key)) = self.key_header.as_ref().zip(values.get("action")) {
            shown.push_str(&format!(" {header}: {key}"));
        }
        if let Some(body) = &self.body {
            shown.push_str(&format!(" {}", body.fill(values)?));
        }
        Ok(shown)
    }
}

/// What of a request is the same whether it acts or looks.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: PathTemplate,
    /// Further headers.
    pub headers: Vec<(String, Template)>,
    /// The JSON body.
    pub body: Option<BodyTemplate>,
}

impl Parts {
    /// Checks method, path, headers and body.
    pub fn build(
        (method, path, headers, body): (&str, &str, &BTreeMap<String, String>, Option<&Value>),
        known: &[&str],
        key: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let word = Method::from_bytes(method.as_bytes()).map_err(|_| format!("'{method}' is no method"));
        let method = problems.take(&format!("{key}.method"), word);
        let path = problems.take(&format!("{key}.path"), PathTemplate::parse(path, known));
        let mut all = Vec::new();
        for (name, value) in headers {
            let place = format!("{key}.headers.{name}");
            if OWN.contains(&name.to_ascii_lowercase().as_str()) {
                problems.tell(
                    &place,
                    format!("the header '{name}' is not set here; secrets have keys of their own"),
                );
            }
            all.extend(
                problems.take(&place, Template::parse(value, known)).map(|value| (name.clone(), value)),
            );
        }
        let body = body.map(|body| problems.take(&format!("{key}.body"), BodyTemplate::parse(body, known)));
        Some(Self {
            method: method?,
            path: path?,
            headers: all,
            body: body.map_or(Some(None), |b| b.map(Some))?,
        })
    }

    /// The request with every value put in.
    pub fn fill(&self, values: &Values) -> Result<Request, Text> {
        let mut request = Request::new(self.method.clone(), self.path.fill(values)?);
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.fill(values)?);
        }
        Ok(match &self.body {
            Some(body) => request.json(&body.fill(values)?),
            None => request,
        })
    }

    /// The request as one that only reads, whatever its method.
    pub fn look(&self, values: &Values, limit: Duration) -> Result<Request, Text> {
        Ok(self.fill(values)?.repeatable().limit(limit))
    }
}
