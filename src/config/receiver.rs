//! `[receiver]`: where alerts, logs and traces come in over HTTP.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::incident::Text;
use crate::secret::SecretSource;

use super::credential::SecretKeys;
use super::located::{Problem, Problems};
use super::paths::{Env, Paths};
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
    /// Whether logs and traces are taken by OTLP.
    pub otlp: bool,
    /// What PagerDuty's webhooks are taken with; none: they are not.
    pub pagerduty: Option<Webhooks>,
}

/// PagerDuty's webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhooks {
    /// Where the secret of the subscription lies.
    pub secret: SecretSource,
    /// Whether an incident that PagerDuty triggers, and nobody here knows, declares one here.
    pub declare: bool,
}

impl Default for Receiver {
    fn default() -> Self {
        let Listen(listen) = Listen::default();
        Self {
            enabled: false,
            declined: false,
            listen,
            token: None,
            max_body: Size::default().0,
            otlp: true,
            pagerduty: None,
        }
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
    token_command: Option<Vec<String>>,
    max_body: Size,
    otlp: Option<bool>,
    pagerduty: Option<WrittenWebhooks>,
}

/// `[receiver.pagerduty]` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenWebhooks {
    secret_env: Option<String>,
    secret_file: Option<String>,
    secret_command: Option<Vec<String>>,
    declare: bool,
}

impl WrittenWebhooks {
    /// What is meant. Without a secret anybody could write here: then none are taken.
    fn meant(self, tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Webhooks> {
        let at = ["receiver", "pagerduty"];
        let keys = SecretKeys { env: self.secret_env, file: self.secret_file, command: self.secret_command };
        let Some(secret) = keys.meant("secret", &at, tree, paths, env, problems)? else {
            let message = "`receiver.pagerduty` does not say where the signing secret lies";
            let hint = "`secret_env`, `secret_file` or `secret_command`: PagerDuty shows it when the webhook \
                        subscription is made";
            problems.push(tree.problem_at(&at, message).hint(hint));
            return None;
        };
        Some(Webhooks { secret, declare: self.declare })
    }
}

impl Written {
    /// What is meant. A receiver that would let everybody in is switched off.
    pub(super) fn meant(self, tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Receiver {
        let mut own = Problems::new();
        let receiver = self.checked(tree, paths, env, &mut own);
        let own = own.into_sorted().into_iter();
        problems.extend(own.map(Problem::only_of_receiver));
        receiver
    }

    fn checked(self, tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Receiver {
        let Listen(listen) = self.listen;
        let token = SecretKeys { env: self.token_env, file: self.token_file, command: self.token_command };
        let Some(token) = token.meant("token", &["receiver"], tree, paths, env, problems) else {
            return Receiver { listen, ..Receiver::default() };
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
                .hint("set token_env, token_file or token_command, or listen on 127.0.0.1; until then there is no receiver"),
            );
        }
        let pagerduty = self.pagerduty.and_then(|webhooks| webhooks.meant(tree, paths, env, problems));
        let otlp = self.otlp.unwrap_or(true);
        Receiver { enabled, declined, listen, token, max_body: self.max_body.0, otlp, pagerduty }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(usize);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size in quotes, such as \"64KiB\"")
            }

            fn visit_str<E: de::Error>(self, written: &str) -> Result<Size, E> {
                written.parse().map_err(E::custom)
            }
        }

        from.deserialize_str(Written)
    }
}

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
