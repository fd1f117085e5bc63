//! Requests that only read: the values of a probe, a version, and whether anybody is there.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::path::PathTemplate;
use super::pointer::{Pointer, reading};
use super::request::Parts;
use super::spec::{LookSpec, Replica, VersionSpec};
use crate::adapters::book::{Probing, Problems, Versioning};
use crate::adapters::reader::Readings;
use crate::adapters::template::Values;
use crate::adapters::{Health, Pending};
use crate::incident::{Op, Text};
use crate::web::{Answer, Backend, CircuitState, Method, Outcome, Request};

/// How long a version or a look at the backend may take. Nobody waits longer in an incident.
const LIMIT: Duration = Duration::from_secs(5);

/// A probe: a request, to one place or to each of several, and where the values stand.
#[derive(Clone, Debug)]
pub struct Look {
    parts: Parts,
    backend: Arc<Backend>,
    replicas: Vec<Replica>,
    read: Vec<(String, Pointer)>,
    each: Option<(Pointer, Pointer)>,
    status: Option<String>,
    limit: Duration,
}

impl Look {
    /// Checks a configured look; what is wrong is told below `key`.
    pub fn build(
        spec: &LookSpec,
        backend: &Arc<Backend>,
        known: &[&str],
        key: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let parts =
            Parts::build((&spec.method, &spec.path, &spec.headers, spec.body.as_ref()), known, key, problems);
        let mut pointer =
            |below: &str, raw: &str| problems.take(&format!("{key}{below}"), Pointer::parse(raw, known));
        let mut read = Vec::new();
        for (name, place) in &spec.read {
            read.extend(pointer(&format!(".read.{name}"), place).map(|place| (name.clone(), place)));
        }
        let each = spec
            .each
            .as_ref()
            .map(|each| Some((pointer(".each.items", &each.items)?, pointer(".each.name", &each.name)?)));
        if read.is_empty() && spec.status.is_none() {
            problems.tell(key, "reads no value; say where one stands: read = { agent_status = \"/status\" }");
        }
        for name in spec.read.keys().chain(&spec.status).filter(|name| !is_name(name)) {
            problems.tell(key, format!("'{}' is no name of a value", Text::line(name)));
        }
        Some(Self {
            parts: parts?,
            backend: backend.clone(),
            replicas: spec.replicas.clone(),
            read,
            each: each.map_or(Some(None), |each| each.map(Some))?,
            status: spec.status.clone(),
            limit: spec.limit,
        })
    }

    /// The values now.
    ///
    /// # Errors
    /// In words: why nothing could be read.
    pub async fn values(&self, values: &Values) -> Result<Readings, Text> {
        let request = self.parts.look(values, self.limit)?;
        let mut readings = Readings::new();
        if self.replicas.is_empty() {
            for (name, value) in self.one(&self.backend, &request, values).await? {
                match value {
                    Some(value) => readings.put(name, value),
                    None => readings.lost(name),
                }
            }
            return Ok(readings);
        }
        let reading = self.replicas.iter().map(|replica| self.one(&replica.backend, &request, values));
        for (replica, read) in self.replicas.iter().zip(join_all(reading).await) {
            let read = read.unwrap_or_else(|why| {
                readings.failed(why);
                Vec::new()
            });
            for name in self.read.iter().map(|(name, _)| name).chain(&self.status) {
                let value = read.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.clone());
                match value {
                    Some(value) => readings.put_of(replica.name.as_str(), name, value),
                    None => readings.unread(replica.name.as_str(), name),
                }
            }
        }
        Ok(readings)
    }

    /// What one place says.
    async fn one(
        &self,
        backend: &Backend,
        request: &Request,
        values: &Values,
    ) -> Result<Vec<(String, Option<Text>)>, Text> {
        let answer = answered(backend.send(request).await)?;
        let mut read: Vec<_> = self
            .status
            .iter()
            .map(|name| (name.clone(), Some(Text::line(&answer.status.to_string()))))
            .collect();
        if !answer.is_success() {
            // A refusal is a value only where somebody asked for it.
            let why = || Text::line(&format!("{} answered {}", backend.name(), answer.status));
            return if read.is_empty() { Err(why()) } else { Ok(read) };
        }
        let Some(body) = answer.json() else {
            let why = || Text::line(&format!("{} answered no JSON", backend.name()));
            return if read.is_empty() { Err(why()) } else { Ok(read) };
        };
        let Some((items, name)) = &self.each else {
            read.extend(
                self.read.iter().filter_map(|(n, place)| Some((n.clone(), value(place, values, &body)?))),
            );
            return Ok(read);
        };
        let items = items.find(values, &body);
        let items = items.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (value_name, place) in &self.read {
            let mut all = Vec::new();
            for item in items {
                let replica = name.find(values, item).as_ref().and_then(reading);
                let value = value(place, values, item).flatten();
                all.push(value.clone());
                if let Some(replica) = replica.filter(|replica| !replica.is_blank()) {
                    read.push((format!("{value_name}@{replica}"), value));
                }
            }
            // Where all agree that is the whole, which also speaks for replicas that are gone.
            if let [Some(first), rest @ ..] = all.as_slice()
                && rest.iter().all(|value| value.as_ref() == Some(first))
            {
                read.push((value_name.clone(), Some(first.clone())));
            }
        }
        Ok(read)
    }
}

/// The value at a place, if something stands there that is one.
#[expect(clippy::option_option, reason = "not there, and there without being a value, are two things")]
fn value(place: &Pointer, values: &Values, body: &Value) -> Option<Option<Text>> {
    place.find(values, body).map(|value| reading(&value))
}

/// `api_calls`: what a check can name.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn answered(outcome: Outcome) -> Result<Answer, Text> {
    match outcome {
        Outcome::Answered(answer) => Ok(answer),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
    }
}

impl Look {
    /// The circuits to the places that are read.
    pub fn circuits(&self) -> Vec<(Text, CircuitState)> {
        if self.replicas.is_empty() {
            return vec![(self.backend.name().clone(), self.backend.circuit())];
        }
        let of = |replica: &Replica| (replica.backend.name().clone(), replica.backend.circuit());
        self.replicas.iter().map(of).collect()
    }
}

impl Probing for Look {
    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        Self::circuits(self)
    }

    fn uses(&self, name: &str) -> bool {
        let Parts { path, headers, body, .. } = &self.parts;
        let headers = headers.iter().flat_map(|(_, value)| value.names());
        let body = body.iter().flat_map(super::body::BodyTemplate::names);
        let places = self.read.iter().flat_map(|(_, place)| place.names());
        path.names().chain(headers).chain(body).chain(places).any(|used| used == name)
    }

    fn read<'a>(&'a self, _: Op, _: &'a Text, values: &'a Values) -> Pending<'a, Result<Readings, Text>> {
        Box::pin(self.values(values))
    }
}

/// Where the version stands.
#[derive(Debug)]
pub struct VersionLook {
    backend: Arc<Backend>,
    path: PathTemplate,
    read: Pointer,
}

impl VersionLook {
    /// Checks what is configured of a version.
    pub fn build(
        spec: &VersionSpec,
        backend: &Arc<Backend>,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let path = problems.take(".version.path", PathTemplate::parse(&spec.path, known));
        let read = problems.take(".version.read", Pointer::parse(&spec.read, known));
        Some(Self { backend: backend.clone(), path: path?, read: read? })
    }
}

impl Versioning for VersionLook {
    fn read<'a>(&'a self, _: Op, _: &'a Text, values: &'a Values) -> Pending<'a, Result<Text, Text>> {
        Box::pin(async {
            let request = Request::get(self.path.fill(values)?).limit(LIMIT);
            let answer = answered(self.backend.send(&request).await)?;
            let found = answer.json().filter(|_| answer.is_success());
            let found = found.and_then(|body| self.read.find(values, &body)).as_ref().and_then(reading);
            found.filter(|version| !version.is_blank()).ok_or_else(|| {
                Text::line(&format!("{} does not say its version ({})", self.backend.name(), answer.status))
            })
        })
    }
}

impl Look {
    /// Whether anybody is there, at every place that is read. What a reading would bring is not shown.
    pub async fn reach(&self) -> Health {
        let own = [self.backend.as_ref()];
        let places: Vec<&Backend> = match self.replicas.is_empty() {
            true => own.to_vec(),
            false => self.replicas.iter().map(|replica| replica.backend.as_ref()).collect(),
        };
        let each = places.into_iter().map(|backend| async {
            let root = Request::new(Method::HEAD, "/").insisting().once().limit(LIMIT);
            match backend.send(&root).await {
                Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why.to_string()),
                Outcome::Answered(answer) => {
                    let words = format!("{} answered {}", backend.name(), answer.status);
                    if matches!(answer.status, 500 | 502..=504) { Err(words) } else { Ok(words) }
                }
            }
        });
        let (mut well, mut ill) = (Vec::new(), Vec::new());
        for place in join_all(each).await {
            match place {
                Ok(words) => well.push(words),
                Err(why) => ill.push(why),
            }
        }
        match ill.is_empty() {
            true => Health::Reached(Text::line(&format!("{}; nothing was read", well.join(", ")))),
            false => Health::Ill(Text::line(&ill.join("; "))),
        }
    }
}

/// Whether anybody is there, and takes us for who we are.
pub async fn health(backend: &Backend, path: &str) -> Health {
    let began = tokio::time::Instant::now();
    match backend.send(&Request::get(path).limit(LIMIT).insisting()).await {
        Outcome::NotSent(why) | Outcome::Unknown(why) => Health::Ill(why),
        Outcome::Answered(answer) => {
            let words = format!("answered {} in {} ms", answer.status, began.elapsed().as_millis());
            match answer.status {
                401 | 403 => Health::Ill(Text::line(&format!("{words}: the credentials are refused"))),
                500.. => Health::Ill(Text::line(&words)),
                200..=299 => Health::Well(Text::line(&words)),
                _ => Health::Reached(Text::line(&words)),
            }
        }
    }
}
