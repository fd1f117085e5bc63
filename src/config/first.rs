//! `[first]`, `[dependencies.NAME]` and `[drift.NAME]`: what is asked when an incident begins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::incident::Span;
use crate::secret::SecretSource;

use super::credential::SecretKeys;
use super::located::Problems;
use super::paths::{Env, Paths};
use super::tree::Tree;

/// What is asked when an incident begins (C1, D11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// Whether anything is.
    pub enabled: bool,
    /// Repositories whose commits are deploys.
    pub repositories: Vec<PathBuf>,
    /// How long before an incident a deploy still counts.
    pub since: Span,
    /// How long each answer may take.
    pub within: Span,
    /// Names of probes that read which version of an agent runs.
    pub probes: Vec<String>,
    /// What agents depend on, by name (E5).
    pub dependencies: BTreeMap<String, Dependency>,
    /// What runs beside what a repository says, by name (E6).
    pub drift: BTreeMap<String, Drift>,
}

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    enabled: bool,
    repositories: Vec<String>,
    since: Span,
    within: Span,
    pub(super) probes: Vec<String>,
}

impl Default for Written {
    fn default() -> Self {
        let (since, within) = (Span::minutes(120), Span::seconds(5));
        Self { enabled: true, repositories: Vec::new(), since, within, probes: Vec::new() }
    }
}

/// The kinds of dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyKind {
    /// A GET of `url`, answered with 200.
    Http,
    /// A connection to `address`.
    Tcp,
    /// A Redis at `address`.
    Redis,
    /// A PostgreSQL at `address`.
    Postgres,
}

/// Whether a PostgreSQL is asked over TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyTls {
    /// Where it can; nobody is verified.
    #[default]
    Prefer,
    /// Always, and by a certificate that somebody vouches for.
    Require,
    /// Never.
    Off,
}

/// A system that agents depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// How it is asked.
    pub kind: DependencyKind,
    /// A URL, or `host:port`.
    pub place: String,
    /// Who asks a PostgreSQL.
    pub user: String,
    /// The PostgreSQL's database.
    pub database: String,
    /// Where its password lies, if it has one.
    pub password: Option<SecretSource>,
    /// Whether a PostgreSQL is asked over TLS.
    pub tls: DependencyTls,
    /// The certificates (PEM) by which it is known, where TLS is required; none: the system's.
    pub ca: Option<PathBuf>,
    /// Faster than this is normal, in milliseconds.
    pub normal_ms: u32,
    /// Slower than this alarms, in milliseconds.
    pub alarm_ms: u32,
}

/// A dependency as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenDependency {
    #[serde(rename = "type")]
    kind: DependencyKind,
    url: Option<String>,
    address: Option<String>,
    user: Option<String>,
    database: Option<String>,
    password_env: Option<String>,
    password_file: Option<String>,
    password_command: Option<Vec<String>>,
    tls: Option<DependencyTls>,
    ca_file: Option<String>,
    normal_ms: Option<u32>,
    alarm_ms: Option<u32>,
}

/// What runs beside what a repository says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Where the repository is.
    pub repository: PathBuf,
    /// Which revision counts.
    pub revision: String,
    /// The file in it.
    pub path: String,
    /// The file that runs, or none.
    pub file: Option<PathBuf>,
    /// The program that prints what runs.
    pub run: Vec<String>,
}

/// The same as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenDrift {
    repository: String,
    #[serde(default = "head")]
    revision: String,
    path: String,
    file: Option<String>,
    #[serde(default)]
    run: Vec<String>,
}

fn head() -> String {
    "HEAD".to_owned()
}

impl Written {
    /// What is meant. What is wrong is left out, and told.
    pub(super) fn meant(
        self,
        dependencies: BTreeMap<String, WrittenDependency>,
        drift: BTreeMap<String, WrittenDrift>,
        tree: &Tree,
        paths: &Paths,
        env: &Env,
        problems: &mut Problems,
    ) -> First {
        let dependencies = dependencies.into_iter().filter_map(|(name, mut written)| {
            let at = ["dependencies", name.as_str()];
            let password = written.password().meant("password", &at, tree, paths, env, problems)?;
            let meant = written.meant(password, paths).map_err(|(key, why)| {
                let message = format!("`dependencies.{name}.{key}`: {why}");
                problems.push(tree.problem_at(&["dependencies", &name, key], message));
            });
            Some((name, meant.ok()?))
        });
        let dependencies = dependencies.collect();
        let drift = drift.into_iter().filter_map(|(name, written)| {
            let meant = written.meant(paths).map_err(|(key, why)| {
                let message = format!("`drift.{name}.{key}`: {why}");
                problems.push(tree.problem_at(&["drift", &name, key], message));
            });
            Some((name, meant.ok()?))
        });
        First {
            enabled: self.enabled,
            repositories: self.repositories.iter().map(|path| paths.written(path)).collect(),
            since: self.since,
            within: self.within,
            probes: self.probes,
            dependencies,
            drift: drift.collect(),
        }
    }
}

/// A key, and what is wrong with it.
type Wrong = (&'static str, String);

impl WrittenDependency {
    fn password(&mut self) -> SecretKeys {
        SecretKeys {
            env: self.password_env.take(),
            file: self.password_file.take(),
            command: self.password_command.take(),
        }
    }

    fn meant(self, password: Option<SecretSource>, paths: &Paths) -> Result<Dependency, Wrong> {
        let is_http = self.kind == DependencyKind::Http;
        let place = match (is_http, self.url, self.address) {
            (true, Some(url), None) => url,
            (true, _, _) => {
                return Err((
                    "url",
                    "type http is asked at a url, and at nothing else; write url = \"https://…\"".into(),
                ));
            }
            (false, None, Some(address)) => address,
            (false, _, _) => {
                return Err((
                    "address",
                    "it is asked at an address and at no url; write address = \"127.0.0.1:6379\"".into(),
                ));
            }
        };
        let port = place
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !is_http && !port {
            return Err(("address", "write host:port, as 127.0.0.1:6379".into()));
        }
        let (normal, alarm) = match self.kind {
            DependencyKind::Http => (2_000, 10_000),
            DependencyKind::Tcp | DependencyKind::Postgres => (500, 3_000),
            DependencyKind::Redis => (50, 200),
        };
        let (normal_ms, alarm_ms) = (self.normal_ms.unwrap_or(normal), self.alarm_ms.unwrap_or(alarm));
        if normal_ms == 0 || alarm_ms < normal_ms || alarm_ms > 60_000 {
            let why = format!("write normal_ms ({normal_ms}) above 0, and alarm_ms from there to 60000");
            return Err(("alarm_ms", why));
        }
        if self.kind != DependencyKind::Postgres && (self.tls.is_some() || self.ca_file.is_some()) {
            let key = if self.tls.is_some() { "tls" } else { "ca_file" };
            return Err((key, "only type postgres has it; leave it out: a URL says https itself".into()));
        }
        let tls = self.tls.unwrap_or_default();
        if self.ca_file.is_some() && tls != DependencyTls::Require {
            return Err(("ca_file", "nobody is verified by it unless you write tls = \"require\"".into()));
        }
        Ok(Dependency {
            tls,
            ca: self.ca_file.map(|file| paths.written(&file)),
            kind: self.kind,
            place,
            user: self.user.unwrap_or_else(|| "postgres".to_owned()),
            database: self.database.unwrap_or_else(|| "postgres".to_owned()),
            password,
            normal_ms,
            alarm_ms,
        })
    }
}

impl WrittenDrift {
    fn meant(self, paths: &Paths) -> Result<Drift, Wrong> {
        if self.file.is_some() != self.run.is_empty() {
            return Err(("run", "write where what runs is read: either `file` or `run`".into()));
        }
        // A revision that begins with a dash would be an option of git's.
        if self.revision.starts_with('-') || self.revision.is_empty() {
            return Err(("revision", "write a branch, a tag or a commit".into()));
        }
        Ok(Drift {
            repository: paths.written(&self.repository),
            revision: self.revision,
            path: self.path,
            file: self.file.map(|file| paths.written(&file)),
            run: self.run,
        })
    }
}
