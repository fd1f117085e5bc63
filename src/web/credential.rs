//! Who we are to a backend: a header whose value is a secret.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use tokio::time::Instant;

use super::Pending;
use super::mask::Mask;
use crate::incident::Text;
use crate::secret::{Secret, SecretSource};

/// How long what a command or a file gave is taken for good. A refusal (401) ends it at once.
const KEPT: Duration = Duration::from_secs(300);

/// A secret that may change while we run: a file that is rewritten, a command that prints a token
/// of an hour.
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    from: From,
    kept: Mutex<Option<(Instant, Secret)>>,
}

enum From {
    Fixed(Secret),
    Source(SecretSource),
}

impl Credential {
    /// One that does not change.
    #[must_use]
    pub fn fixed(secret: Secret) -> Self {
        Self(Arc::new(Inner { from: From::Fixed(secret), kept: Mutex::default() }))
    }

    /// What lies there, now or later. The environment does not change, so it is asked now.
    ///
    /// # Errors
    /// When a variable is not set. A file or a command is asked when it is needed.
    pub fn from_source(source: &SecretSource, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Text> {
        match source {
            SecretSource::Env(_) => source.fetch(env).map(Self::fixed).map_err(|why| Text::line(&why)),
            SecretSource::File(_) | SecretSource::Command(_) => {
                Ok(Self(Arc::new(Inner { from: From::Source(source.clone()), kept: Mutex::default() })))
            }
        }
    }

    /// What lies there whenever it is needed, the environment of this process included.
    #[must_use]
    pub fn lazy(source: SecretSource) -> Self {
        Self(Arc::new(Inner { from: From::Source(source), kept: Mutex::default() }))
    }

    /// The secret as it is now.
    ///
    /// # Errors
    /// What is missing, in words without any of it.
    pub fn get(&self) -> Pending<'_, Result<Secret, Text>> {
        Box::pin(async {
            let source = match &self.0.from {
                From::Fixed(secret) => return Ok(secret.clone()),
                From::Source(source) => source.clone(),
            };
            if let Some((at, secret)) = &*self.kept()
                && at.elapsed() < KEPT
            {
                return Ok(secret.clone());
            }
            // A file may lie on a network and a command may take its time: not on this thread.
            let fetched =
                tokio::task::spawn_blocking(move || source.fetch(&|name| std::env::var(name).ok())).await;
            let secret = fetched.map_err(|_| Text::line("the secret could not be fetched"))?;
            let secret = secret.map_err(|why| Text::line(&why))?;
            *self.kept() = Some((Instant::now(), secret.clone()));
            Ok(secret)
        })
    }

    /// It was refused: the next one is fetched anew.
    pub fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Secret)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(not shown)")
    }
}

/// How we say who we are.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(Credential),
    /// `Authorization: Basic …`.
    Basic {
        /// The user's name, which is no secret.
        user: String,
        /// The password.
        password: Credential,
    },
    /// A header of the backend's own, its value after some words: `Authorization: Token token=…`.
    Header {
        /// Its name.
        name: String,
        /// What stands before the secret.
        before: String,
        /// The secret.
        value: Credential,
    },
}

impl Auth {
    fn credential(&self) -> Option<&Credential> {
        match self {
            Self::None => None,
            Self::Bearer(credential)
            | Self::Basic { password: credential, .. }
            | Self::Header { value: credential, .. } => Some(credential),
        }
    }

    /// The header to send, and what to mask in what comes back.
    pub(super) async fn header(&self, mask: &mut Mask) -> Result<Option<(String, Secret)>, Text> {
        let Some(credential) = self.credential() else { return Ok(None) };
        let secret = credential.get().await?;
        mask.hide(&secret);
        let shown = secret.expose();
        let (name, value) = match self {
            Self::None => return Ok(None),
            Self::Bearer(_) => ("authorization", format!("Bearer {shown}")),
            Self::Basic { user, .. } => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{shown}"));
                mask.hide_text(&pair);
                ("authorization", format!("Basic {pair}"))
            }
            Self::Header { name, before, .. } => (name.as_str(), format!("{before}{shown}")),
        };
        Ok(Some((name.to_owned(), Secret::new(value))))
    }

    /// The backend does not know it any more.
    pub(super) fn refused(&self) {
        if let Some(credential) = self.credential() {
            credential.forget();
        }
    }
}
