//! First checks from the configuration.

use std::time::Duration;

use super::rig;
use crate::checks::{Dependency, Deploys, Drift, Kind, Question, Running, Tls};
use crate::config::first::{self, DependencyKind, DependencyTls};
use crate::config::{Env, Settings};
use crate::incident::Text;
use crate::runtime::first::Questions;
use crate::secret::{Secret, SecretSource};

/// What is asked; none when nothing is. A secret that cannot be had is told, and its dependency is
/// not asked.
#[must_use]
pub fn questions(settings: &Settings, env: &Env<'_>, problems: &mut Vec<String>) -> Option<Questions> {
    let first = &settings.first;
    if !first.enabled {
        return None;
    }
    let deploys = first.repositories.iter().map(|repository| {
        let name = Text::line(&format!("git {}", repository.display()));
        Question::Deploys(Deploys { name, repository: repository.clone(), since: first.since })
    });
    let mut all: Vec<Question> = deploys.collect();
    for (name, written) in &first.dependencies {
        match kind(written, env) {
            Ok(kind) => all.push(Question::Dependency(Dependency {
                name: Text::line(name),
                kind,
                normal: Duration::from_millis(written.normal_ms.into()),
                alarm: Duration::from_millis(written.alarm_ms.into()),
            })),
            Err(why) => problems.push(format!("dependencies.{name} is not asked: {why}")),
        }
    }
    all.extend(first.drift.iter().map(|(name, drift)| {
        Question::Drift(Drift {
            name: Text::line(name),
            repository: drift.repository.clone(),
            revision: drift.revision.clone(),
            path: drift.path.clone(),
            running: match &drift.file {
                Some(file) => Running::File(file.clone()),
                None => Running::Program(drift.run.clone()),
            },
        })
    }));
    // What is wrong with a reader is told where it is built for its other use.
    let readers = rig::readers(settings, &mut Vec::new());
    Some(Questions {
        all,
        within: first.within.duration(),
        since: first.since,
        versions: first.probes.iter().filter_map(|name| readers.get(name).cloned()).collect(),
        fleet: settings.agents.iter().any(|agent| !agent.vitals.is_empty()),
    })
}

fn kind(written: &first::Dependency, env: &Env<'_>) -> Result<Kind, String> {
    let fetched = |source: &Option<SecretSource>| -> Result<Option<Secret>, String> {
        source.as_ref().map(|source| source.fetch(env)).transpose()
    };
    let address = written.place.clone();
    Ok(match written.kind {
        DependencyKind::Http => Kind::Http { url: address },
        DependencyKind::Tcp => Kind::Tcp { address },
        DependencyKind::Redis => Kind::Redis { address, password: fetched(&written.password)? },
        DependencyKind::Postgres => {
            let (host, port) = address.rsplit_once(':').ok_or("its address has no port")?;
            Kind::Postgres {
                host: host.trim_matches(['[', ']']).to_owned(),
                port: port.parse().map_err(|_| "its port is no number")?,
                user: written.user.clone(),
                database: written.database.clone(),
                password: fetched(&written.password)?,
                tls: match written.tls {
                    DependencyTls::Off => Tls::Off,
                    DependencyTls::Prefer => Tls::Prefer,
                    DependencyTls::Require => Tls::Require(written.ca.clone()),
                },
            }
        }
    })
}
