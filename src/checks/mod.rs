//! First checks: what is asked of repositories and dependencies when an incident begins (C1, D11).
//!
//! Everything here only reads, and within a limit; what does not come in time is said in words. It
//! knows no incident but its values, and decides nothing: `runtime` asks, the hub records.

pub mod dependency;
pub mod git;

use std::time::Duration;

use crate::incident::{FirstCheck, Glance, Text, Time, Topic};

pub use dependency::{Dependency, Kind};
pub use git::{Deploys, Drift, Running};

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
            Self::Dependency(dependency) => dependency.check().await,
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
