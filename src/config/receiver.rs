//! `[receiver]`: where alerts come in over HTTP.

use std::net::SocketAddr;
use std::str::FromStr;

use serde::Deserialize;

use crate::incident::Text;
use crate::secret::SecretSource;

use super::located::Problems;
use super::paths::Paths;
use super::tree::Tree;

/// How the alert receiver listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Whether there is one.
    pub enabled: bool,
    /// Whether somebody wrote that there is none: then nobody who serves opens one either.
    pub declined: bool,
    /// Address and port; loopback unless somebody says otherwise.
    pub listen: SocketAddr,
    /// Where the bearer token lies that a sender must show; none asks for none.
    pub token: Option<SecretSource>,
    /// The largest request body, in bytes.
    pub max_body: usize,
}

impl Default for Receiver {
    fn default() -> Self {
        let Listen(listen) = Listen::default();
        Self { enabled: false, declined: false, listen, token: None, max_body: Size::default().0 }
    }
}

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    enabled: Option<bool>,
    listen: Listen,
    token_env: Option<String>,
    token_file: Option<String>,
    max_body: Size,
}

impl Written {
    /// What is meant. A receiver that would let everybody in is switched off.
    pub(super) fn meant(self, tree: &Tree, paths: &Paths, problems: &mut Problems) -> Receiver {
        let Listen(listen) = self.listen;
        let token = match (self.token_env, self.token_file) {
            (Some(_), Some(_)) => {
                problems.push(
                    tree.problem_at(
                        &["receiver", "token_file"],
                        "both `token_env` and `token_file` are given",
                    )
                    .hint("keep one"),
                );
                return Receiver { listen, ..Receiver::default() };
            }
            (Some(name), None) => Some(SecretSource::Env(name)),
            (None, Some(file)) => Some(SecretSource::File(paths.written(&file))),
            (None, None) => None,
        };
        let declined = self.enabled == Some(false);
        let mut enabled = self.enabled.unwrap_or(true);
        if enabled && token.is_none() && !listen.ip().is_loopback() {
            enabled = false;
            problems.push(
                tree.problem_at(
                    &["receiver", "listen"],
                    format!("{listen} can be reached from other machines, and no token is asked for"),
                )
                .hint("set token_env or token_file, or listen on 127.0.0.1; until then there is no receiver"),
            );
        }
        Receiver { enabled, declined, listen, token, max_body: self.max_body.0 }
    }
}

/// An address to listen on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Listen(SocketAddr);

impl Default for Listen {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 9095)))
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let numeric = match written.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => written.clone(),
        };
        numeric.parse().map(Self).map_err(|_| {
            let shown = Text::line(&written);
            format!("\"{shown}\" is not an address with a port; write 127.0.0.1:9095 or [::1]:9095")
        })
    }
}

/// A number of bytes: `64KiB`, `1MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Size(usize);

impl Default for Size {
    fn default() -> Self {
        Self(1024 * 1024)
    }
}

impl Size {
    /// More than this in one request is not an alert.
    const MAX: usize = 64 * 1024 * 1024;
}

impl FromStr for Size {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let units = [("KiB", 1024), ("MiB", 1024 * 1024)];
        let bytes = units.iter().find_map(|(unit, factor)| {
            written.strip_suffix(unit)?.trim().parse::<usize>().ok()?.checked_mul(*factor)
        });
        match bytes {
            Some(bytes) if (1024..=Self::MAX).contains(&bytes) => Ok(Self(bytes)),
            _ => {
                let shown = Text::line(written);
                Err(format!("\"{shown}\" is not a size; write 64KiB or 1MiB, from 1KiB to 64MiB"))
            }
        }
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_and_a_limit() {
        for (written, size) in [
            ("64KiB", Some(65_536)),
            ("1MiB", Some(1_048_576)),
            ("1 MiB", Some(1_048_576)),
            ("1", None),
            ("0KiB", None),
            ("65MiB", None),
            ("99999999999999999999MiB", None),
            ("18446744073709551615KiB", None),
        ] {
            assert_eq!(written.parse::<Size>().ok(), size.map(Size), "{written}");
        }
    }
}
