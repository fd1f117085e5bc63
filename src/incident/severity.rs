//! How bad, and of what kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One word for each variant, read and written the same way everywhere.
macro_rules! words {
    ($name:ident, $what:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it in files, commands and on screen.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(s: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|v| v.word().eq_ignore_ascii_case(s)).ok_or_else(|| {
                    let shown = $crate::incident::Text::line(s);
                    let all: Vec<_> = Self::ALL.iter().map(|v| v.word()).collect();
                    format!("'{shown}' is no {}; use one of {}", $what, all.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;

/// P0 is the worst (A1). A policy may name them SEV1 to SEV4 (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Data leak, unauthorised operation, business interruption.
    P0,
    /// Major business loss, data corruption, permission overstep.
    P1,
    /// Impaired function, slow responses, poor experience.
    P2,
    /// Incomplete diagnostics, disordered logs.
    P3,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// 0 for the worst.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name under a naming (D1).
    #[must_use]
    pub const fn name(self, naming: Naming) -> &'static str {
        match naming {
            Naming::P => ["P0", "P1", "P2", "P3"][self.index()],
            Naming::Sev => ["SEV1", "SEV2", "SEV3", "SEV4"][self.index()],
        }
    }
}

impl FromStr for Severity {
    type Err = String;

    /// Reads either naming: `P0` or `SEV1`.
    fn from_str(s: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|v| [Naming::P, Naming::Sev].iter().any(|n| v.name(*n).eq_ignore_ascii_case(s)))
            .ok_or_else(|| {
                let shown = crate::incident::Text::line(s);
                format!("'{shown}' is no severity; use P0 to P3 or SEV1 to SEV4")
            })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name(Naming::P))
    }
}

/// How severities are called (D1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Naming {
    /// P0 to P3.
    #[default]
    #[serde(rename = "P")]
    P,
    /// SEV1 to SEV4.
    #[serde(rename = "SEV")]
    Sev,
}

/// The four incident patterns (B2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// API down, rate limit, authentication.
    ToolFailure,
    /// Format, safety filter, inference.
    ModelFailure,
    /// Deadlock, call loop, exhausted resource.
    Orchestration,
    /// Permission overflow, environment variable, resource limit.
    Boundary,
}

words!(Pattern, "pattern", {
    ToolFailure => "tool-failure",
    ModelFailure => "model-failure",
    Orchestration => "orchestration",
    Boundary => "boundary",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_both_namings_are_read() {
        for (index, severity) in Severity::ALL.into_iter().enumerate() {
            assert_eq!(format!("p{index}").parse(), Ok(severity));
            assert_eq!(format!("SEV{}", index + 1).parse(), Ok(severity));
        }
        assert!("P4".parse::<Severity>().is_err());
        assert!("SEV0".parse::<Severity>().is_err());
    }
}
