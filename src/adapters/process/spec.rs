//! What is configured of a process adapter, as values. `runtime` fills them in from the file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::adapters::ask::VERIFY_S;
use crate::incident::{Check, Glob, Op};

/// One process adapter.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// What it can do.
    pub actions: BTreeMap<Op, ActionSpec>,
    /// The working directory of its programs; programs with a relative path are looked for there.
    pub dir: Option<PathBuf>,
    /// Names of environment variables that its programs get, besides the common ones.
    pub env: Vec<String>,
}

impl Default for ProcessSpec {
    fn default() -> Self {
        Self { agents: vec![Glob::new("*")], actions: BTreeMap::new(), dir: None, env: Vec::new() }
    }
}

/// How one operation is carried out by programs. No shell is involved.
///
/// Arguments may hold `{target}`, which is also called by its kind (`{agent}`, `{alert}`,
/// `{level}`, `{person}`), the operation's parameters, `{action}` (the idempotency key, also in
/// `FLIGHTDECK_ACTION_ID`) and, with a `version` program, `{version}`.
#[derive(Clone, Debug)]
pub struct ActionSpec {
    /// The program and its arguments. Exit code 0 is a yes, any other a no.
    pub run: Vec<String>,
    /// What undoes it: the run of the inverse operation for what this one did. `{version}` is the
    /// version from before.
    pub undo: Option<Vec<String>>,
    /// Files that are brought home as evidence, by path; `*` may stand in the file's name. For
    /// `snapshot` only, which may then do without `run`.
    pub collect: Vec<String>,
    /// What reads the world afterwards, independently of the call.
    pub probe: Option<ProbeSpec>,
    /// Whether readers of another name read it too.
    pub probed: bool,
    /// What the probe must read; none: the operation's own checks.
    pub checks: Option<Vec<Check>>,
    /// A program whose first line of output is the target's version.
    pub version: Option<Vec<String>>,
    /// How long the call may take; none: the operation's own limit.
    pub limit: Option<Duration>,
    /// How much longer it is let go on before it is told to stop (SIGTERM). A3 wants none.
    pub grace: Duration,
    /// How long after that it is killed (SIGKILL). A3 wants 30 s.
    pub kill: Duration,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Duration,
    /// Whether it takes away what a later analysis needs; a plan says so.
    pub destroys_evidence: bool,
}

impl Default for ActionSpec {
    fn default() -> Self {
        Self {
            run: Vec::new(),
            undo: None,
            collect: Vec::new(),
            probe: None,
            probed: false,
            checks: None,
            version: None,
            limit: None,
            grace: Duration::ZERO,
            kill: Duration::from_secs(30),
            verify_within: Duration::from_secs(VERIFY_S as u64),
            destroys_evidence: false,
        }
    }
}

/// A program that reads the world. It must end with code 0 for its output to count.
#[derive(Clone, Debug)]
pub struct ProbeSpec {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// What it prints.
    pub format: Format,
    /// How long it may take.
    pub limit: Duration,
}

impl ProbeSpec {
    /// A probe with the usual limit.
    #[must_use]
    pub fn new(run: Vec<String>, format: Format) -> Self {
        Self { run, format, limit: Duration::from_secs(10) }
    }
}

/// What a probe prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `name=value` lines.
    #[default]
    Lines,
    /// One JSON object of texts, numbers and booleans; `true` reads `yes`, `false` reads `no`.
    Json,
}
