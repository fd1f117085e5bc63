//! First checks: what is asked of repositories and dependencies when an incident begins (C1, D11).
//!
//! Everything here only reads, and within a limit; what does not come in time is said in words. It
//! knows no incident but its values, and decides nothing: `runtime` asks, the hub records.

pub mod dependency;
pub mod git;
mod tls;

use std::time::Duration;

use crate::incident::{FirstCheck, Glance, Text, Time, Topic};

pub use dependency::{Dependency, Kind};
pub use git::{Deploys, Drift, Running};
pub use tls::Tls;

/// One thing to ask.
#[derive(Clone, Debug)]
pub enum Question {
    /// What was deployed lately, by a repository.
    Deploys(Deploys),
    /// Whether a dependency answers, and how fast (E5).
    Dependency(Dependency),
    /// Whether what runs is what the repository says (E6).
    Drift(Drift),
}

impl Question {
    /// What it is about.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Deploys(_) => Topic::Deploys,
            Self::Dependency(_) => Topic::Dependency,
            Self::Drift(_) => Topic::Drift,
        }
    }

    /// Whom or what it asks, as it stands on the timeline.
    #[must_use]
    pub const fn source(&self) -> &Text {
        match self {
            Self::Deploys(deploys) => &deploys.name,
            Self::Dependency(dependency) => &dependency.name,
            Self::Drift(drift) => &drift.name,
        }
    }

    /// Asks, and waits no longer than `limit`; a dependency has its own. `began` is when the incident
    /// was detected.
    pub async fn ask(&self, began: Time, limit: Duration) -> FirstCheck {
        let (glance, found) = match self {
            Self::Dependency(dependency) => within(limit, dependency.check()).await,
            Self::Deploys(deploys) => within(limit, deploys.since(began)).await,
            Self::Drift(drift) => within(limit, drift.compare()).await,
        };
        FirstCheck { topic: self.topic(), source: self.source().clone(), glance, found: Text::line(&found) }
    }
}

/// What an answer amounts to, and its words.
pub type Answer = (Glance, String);

async fn within(limit: Duration, asked: impl Future<Output = Answer>) -> Answer {
    let late = || (Glance::NotRead, format!("not read in {} s", limit.as_secs()));
    tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| late())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dependency_that_hangs_takes_no_longer_than_first_within() {
        // Regression: it took the ten seconds after which it counts as down.
        let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/health", hanging.local_addr().unwrap());
        let (normal, alarm) = (Duration::from_secs(1), Duration::from_secs(60));
        let name = Text::line("api");
        let question = Question::Dependency(Dependency { name, kind: Kind::Http { url }, normal, alarm });
        let check = question.ask(Time::UNIX_EPOCH, Duration::from_millis(200)).await;
        assert_eq!((check.glance, check.found.as_str()), (Glance::NotRead, "not read in 0 s"));
    }
}
