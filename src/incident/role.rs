//! Who does what during an incident (A11, D2).

use serde::{Deserialize, Serialize};

use super::severity::words;

/// A role, held by a person and handed over explicitly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Incident Commander: decides and coordinates.
    Commander,
    /// Tech Lead: root cause and repair.
    TechLead,
    /// Comms: users and the outside.
    Comms,
    /// Scribe: the record.
    Scribe,
}

words!(Role, "role", {
    Commander => "commander",
    TechLead => "tech-lead",
    Comms => "comms",
    Scribe => "scribe",
});

impl Role {
    /// The field's name for it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Commander => "Incident Commander",
            Self::TechLead => "Tech Lead",
            Self::Comms => "Comms",
            Self::Scribe => "Scribe",
        }
    }

    /// What its holder answers for.
    #[must_use]
    pub const fn duty(self) -> &'static str {
        match self {
            Self::Commander => "decides, coordinates",
            Self::TechLead => "root cause, repair",
            Self::Comms => "users, outside",
            Self::Scribe => "record, documents",
        }
    }
}
