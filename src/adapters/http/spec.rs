//! What is configured of an http adapter, as values. `runtime` fills them in from the file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::adapters::ask::VERIFY_S;
use crate::adapters::template::Values;
use crate::incident::{Check, Glob, Op, Text};
use crate::web::Backend;

/// One http adapter.
#[derive(Clone, Debug)]
pub struct HttpSpec {
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// What placeholders stand for besides what an action knows: for every target.
    pub values: Values,
    /// The same for one target each: how the backend calls it.
    pub values_of: BTreeMap<String, Values>,
    /// The header that carries the idempotency key; none: the backend knows none.
    pub key_header: Option<String>,
    /// The path that is read to see whether the backend is there.
    pub health: String,
    /// What it can do.
    pub actions: BTreeMap<Op, ActionSpec>,
}

impl Default for HttpSpec {
    fn default() -> Self {
        Self {
            agents: vec![Glob::new("*")],
            values: Values::new(),
            values_of: BTreeMap::new(),
            key_header: Some("Idempotency-Key".to_owned()),
            health: "/".to_owned(),
            actions: BTreeMap::new(),
        }
    }
}

/// How one operation is carried out by requests.
#[derive(Clone, Debug)]
pub struct ActionSpec {
    /// The request.
    pub call: CallSpec,
    /// What undoes it.
    pub undo: Option<UndoSpec>,
    /// What reads the world afterwards.
    pub probe: Option<LookSpec>,
    /// Whether readers of another name read it too.
    pub probed: bool,
    /// What must be read; none: the operation's own checks.
    pub checks: Option<Vec<Check>>,
    /// What reads the target's version.
    pub version: Option<VersionSpec>,
    /// How long the call may take, with all its tries; none: the operation's own limit.
    pub limit: Option<Duration>,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Duration,
    /// Whether it takes away what a later analysis needs; a plan says so.
    pub destroys_evidence: bool,
    /// What else it reaches, with placeholders; a plan says it.
    pub caution: Option<String>,
}

impl Default for ActionSpec {
    fn default() -> Self {
        Self {
            call: CallSpec::default(),
            undo: None,
            probe: None,
            probed: false,
            checks: None,
            version: None,
            limit: None,
            verify_within: Duration::from_secs(VERIFY_S as u64),
            destroys_evidence: false,
            caution: None,
        }
    }
}

/// A request and what its answer must be. Path, header values and the texts in the body may hold
/// placeholders.
#[derive(Clone, Debug)]
pub struct CallSpec {
    /// The method.
    pub method: String,
    /// The path, with a query if there is one.
    pub path: String,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The status codes that are a yes; empty: 200 to 299.
    pub status: Vec<u16>,
    /// What must stand in the answer, by JSON pointer.
    pub expect: BTreeMap<String, Value>,
    /// What must not stand in the answer, or be empty; none: the usual places of an error.
    pub refuse: Option<Vec<String>>,
    /// Whether twice is the same as once, so that it may be repeated.
    pub idempotent: bool,
}

impl Default for CallSpec {
    fn default() -> Self {
        Self {
            method: "POST".to_owned(),
            path: String::new(),
            headers: BTreeMap::new(),
            body: None,
            status: Vec::new(),
            expect: BTreeMap::new(),
            refuse: None,
            idempotent: false,
        }
    }
}

/// The request that undoes an action, and what must be read then.
#[derive(Clone, Debug, Default)]
pub struct UndoSpec {
    /// The request. It may also hold `{was_NAME}`: what the probe read before the action.
    pub call: CallSpec,
    /// What must be read afterwards; none: the inverse operation's own checks.
    pub checks: Option<Vec<Check>>,
}

/// A request that only reads, and where the values stand in its answer.
#[derive(Clone, Debug)]
pub struct LookSpec {
    /// Where to; empty: the adapter's own backend. Several are replicas, and each is read.
    pub replicas: Vec<Replica>,
    /// The method: what reads may be a POST that searches.
    pub method: String,
    /// The path.
    pub path: String,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The values' names, and where each stands.
    pub read: BTreeMap<String, String>,
    /// Where the answer lists replicas.
    pub each: Option<EachSpec>,
    /// The name under which the status code itself is a value: for a canary request.
    pub status: Option<String>,
    /// How long it may take, with all its tries.
    pub limit: Duration,
}

impl Default for LookSpec {
    fn default() -> Self {
        Self {
            replicas: Vec::new(),
            method: "GET".to_owned(),
            path: String::new(),
            headers: BTreeMap::new(),
            body: None,
            read: BTreeMap::new(),
            each: None,
            status: None,
            limit: Duration::from_secs(10),
        }
    }
}

/// One place of several that serve the same.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Its name in readings.
    pub name: Text,
    /// The way to it.
    pub backend: Arc<Backend>,
}

/// A list of replicas in an answer.
#[derive(Clone, Debug)]
pub struct EachSpec {
    /// Where the list stands.
    pub items: String,
    /// Where, in an item, its name stands. The values' places are in an item too.
    pub name: String,
}

/// A request whose answer holds the version.
#[derive(Clone, Debug)]
pub struct VersionSpec {
    /// The path.
    pub path: String,
    /// Where the version stands.
    pub read: String,
}
