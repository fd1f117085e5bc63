//! Secrets: where they lie, and a type that never prints them.
//!
//! A configuration file says which variable or file holds a secret, never the secret itself.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::paths::Env;

/// A secret. It has no `Display`, its `Debug` says nothing, and it cannot be serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: only for the call or the comparison that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Where a secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In the environment variable of this name.
    Env(String),
    /// In this file, with the white space around it ignored.
    File(PathBuf),
}

impl SecretSource {
    /// Fetches the secret.
    ///
    /// # Errors
    /// Says what is missing, without any of the secret.
    pub fn fetch(&self, env: &Env) -> Result<Secret, String> {
        let (secret, place) = match self {
            Self::Env(name) => {
                let value = env(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
                (value, format!("the environment variable {name}"))
            }
            Self::File(path) => {
                let shown = path.display();
                let text =
                    fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
                (text, shown.to_string())
            }
        };
        match secret.trim() {
            "" => Err(format!("{place} is empty")),
            secret => Ok(Secret::new(secret)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_fetched_and_never_printed() {
        let secret = SecretSource::Env("T".into()).fetch(&|_| Some(" hunter2\n".into())).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
    }

    #[test]
    fn a_missing_or_empty_secret_is_told_by_its_place() {
        let env = |value: Option<&str>| {
            let value = value.map(str::to_owned);
            SecretSource::Env("T".into()).fetch(&move |_| value.clone()).unwrap_err()
        };
        assert_eq!(env(None), "the environment variable T is not set");
        assert_eq!(env(Some(" ")), "the environment variable T is empty");
        let missing = SecretSource::File("/nowhere/token".into()).fetch(&|_| None).unwrap_err();
        assert!(missing.starts_with("cannot read /nowhere/token: "), "{missing}");
    }
}
