//! Names of things: small types, so that an agent can never be passed where a person is meant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Text;

/// An instant. Always UTC; local time is a matter of drawing.
pub type Time = DateTime<Utc>;

/// One incident: `INC-42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u32);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("INC-{}", self.0))
    }
}

impl FromStr for IncidentId {
    type Err = String;

    /// Reads `INC-42`, `inc-42` or `42`.
    fn from_str(s: &str) -> Result<Self, String> {
        let digits = match s.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("INC-") => &s[4..],
            _ => s,
        };
        match digits.parse() {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(format!("'{s}' names no incident; an incident is written INC-42 or 42")),
        }
    }
}

/// A number that counts things within one incident.
macro_rules! counted {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "{}"), self.0))
            }
        }
    };
}

counted!(
    /// One action of an incident: `A3`.
    ActionId, "A"
);
counted!(
    /// One hypothesis of an incident: `H2`.
    HypothesisId, "H"
);
counted!(
    /// One improvement of an incident: `I1`.
    ImprovementId, "I"
);

counted!(
    /// One message of an incident's outbox: `M7`. Within a journal it is the idempotency key.
    MessageId, "M"
);
counted!(
    /// One draft of a status update: `U1`.
    DraftId, "U"
);

/// Reads `M7` or `7`: a thing counted within an incident, by the letter it is written with.
///
/// # Errors
/// In words.
pub fn counted(written: &str, prefix: char) -> Result<u32, String> {
    let written = written.trim();
    let digits = written.strip_prefix([prefix, prefix.to_ascii_lowercase()]).unwrap_or(written);
    digits.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        let shown = Text::line(written);
        format!("'{shown}' names none; write {prefix}1 or 1")
    })
}

/// The id of a production agent: letters, digits and `-_.:/@`, at most 128 of them, and no leading
/// `-`, so that it can stand in a command's arguments without being taken for an option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentId(String);

impl AgentId {
    /// The id as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgentId {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
        if s.is_empty() || s.len() > 128 || s.starts_with('-') || s.contains("..") || !s.chars().all(allowed)
        {
            let shown = Text::line(s);
            return Err(format!(
                "'{shown}' is not an agent's id: use letters, digits and -_.:/@, 1 to 128 of them, \
                 without a leading '-' and without '..'"
            ));
        }
        Ok(Self(s.to_owned()))
    }
}

impl TryFrom<String> for AgentId {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<AgentId> for String {
    fn from(id: AgentId) -> Self {
        id.0
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Actor {
    /// A human being, by the name they go by.
    Person(Text),
    /// An AI actor: software that proposes and, where policy lets it, acts.
    Ai(Text),
    /// The program itself: alerts it received, probes it read, windows it watched.
    Flightdeck,
}

impl Actor {
    /// A person.
    #[must_use]
    pub fn person(name: &str) -> Self {
        Self::Person(Text::line(name))
    }

    /// Whether a human being stands behind it.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Person(_))
    }

    /// The person's name, if it is one.
    #[must_use]
    pub fn as_person(&self) -> Option<&Text> {
        match self {
            Self::Person(name) => Some(name),
            Self::Ai(_) | Self::Flightdeck => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => f.pad(name.as_str()),
            Self::Ai(name) => f.pad(&format!("ai:{name}")),
            Self::Flightdeck => f.pad("flightdeck"),
        }
    }
}

/// Live or drill. Never mixed: a drill has its own journal and simulated adapters only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Realm {
    /// Real agents, real consequences.
    Live,
    /// A simulated fleet.
    Drill,
}

impl Realm {
    /// The word shown in frames, exports and file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Drill => "drill",
        }
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_read_as_people_write_it() {
        for (written, id) in [("INC-42", 42), ("inc-7", 7), ("3", 3)] {
            assert_eq!(written.parse(), Ok(IncidentId(id)));
        }
        for wrong in ["", "INC-", "INC-0", "INC--1", "42x", "ÏNC-1"] {
            assert!(wrong.parse::<IncidentId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_agents_id_cannot_smuggle_an_option_a_path_or_a_shell_word() {
        for attack in ["", "-rf", "a b", "a;b", "$(x)", "../../etc", "a\nb", "a\u{202e}b"] {
            assert!(attack.parse::<AgentId>().is_err(), "{attack:?}");
        }
        for plain in ["support-1", "team/trader@eu:2", "a.b_c"] {
            assert!(plain.parse::<AgentId>().is_ok(), "{plain}");
        }
    }
}
