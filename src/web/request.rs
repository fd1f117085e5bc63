//! A request before it is sent.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::secret::Secret;

/// A request to some backend. Its `Debug` shows method, path and the names of headers.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) hidden: Vec<Secret>,
    pub(super) repeat: Repeat,
    pub(super) insists: bool,
    pub(super) limit: Duration,
}

/// When a request may be sent again by itself. What never left us always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Never, once it may have gone out.
    Never,
    /// When the backend said that it was too busy to begin: 425, 429.
    Refused,
    /// After doubt too: twice is the same as once, and nothing changes.
    Always,
}

/// How long a request may take with all its tries, unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(30);

impl Request {
    /// With this method to the base URL and `path`, which begins with `/` or is empty. A method
    /// that only reads may be repeated, another may not.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let repeat = if method.is_safe() { Repeat::Always } else { Repeat::Never };
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            hidden: Vec::new(),
            repeat,
            insists: false,
            limit: LIMIT,
        }
    }

    /// Reads.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Changes something; not repeated unless it [may be](Self::repeatable).
    #[must_use]
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json").body(value.to_string())
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A secret that stands in the path or the body: masked in whatever comes back.
    #[must_use]
    pub fn hiding(mut self, secret: &Secret) -> Self {
        self.hidden.push(secret.clone());
        self
    }

    /// Sent twice it does what it does once, so it may be repeated after doubt.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Always;
        self
    }

    /// Never repeated once it may have gone out, whatever its method.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeat = Repeat::Never;
        self
    }

    /// Changes something, and twice is the same as once: sent again by itself where it was refused
    /// before it began. After doubt whoever sent it reads the world first.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.repeat = Repeat::Refused;
        self
    }

    /// Goes through an open circuit: a person asked for it, and it is as good a trial as any.
    #[must_use]
    pub fn insisting(mut self) -> Self {
        self.insists = true;
        self
    }

    /// How long it may take, all tries and waits included.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let path = if self.hidden.is_empty() { self.path.as_str() } else { "(not shown)" };
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &path)
            .field("headers", &headers)
            .field("body_bytes", &self.body.len())
            .field("repeat", &self.repeat)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
