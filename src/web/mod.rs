//! The web client: how everything here that speaks HTTP does it.
//!
//! A [`Backend`] is one place with its credentials, its patience and its circuit. Sending a
//! [`Request`] ends in one of three ways, and which one is the whole point: nothing left us, nobody
//! knows, or there is a whole answer. A time-out is *unknown*, never *failed*.
//!
//! What may be repeated is repeated with growing, jittered waits (E1) within the request's limit,
//! and then no more. Redirects are answers, not orders. Secrets go out in headers and come out
//! nowhere: an answer that quotes one is masked before anybody reads it.
//!
//! It knows nothing of incidents, adapters or channels; times come from tokio's clock, which tests
//! can hold.
//!
//! ```no_run
//! # async fn example() -> Result<(), flightdeck::incident::Text> {
//! use flightdeck::web::{Backend, Base, Outcome, Request, Settings};
//!
//! let backend = Backend::new(Settings::new("litellm", Base::parse("https://llm.example.com/api")?))?;
//! let stop = Request::post("/key/block").json(&serde_json::json!({"key": "k-1"})).once();
//! match backend.send(&stop).await {
//!     Outcome::NotSent(why) => println!("nothing left us: {why}"),
//!     Outcome::Unknown(why) => println!("read the world before anything else: {why}"),
//!     Outcome::Answered(answer) => println!("{}: {}", answer.status, answer.text()),
//! }
//! # Ok(()) }
//! ```

mod backend;
mod base;
mod circuit;
mod credential;
mod mask;
mod patience;
mod request;
pub mod sign;
#[cfg(test)]
mod tests;
mod wire;

use std::pin::Pin;

use serde_json::Value;

use crate::incident::Text;

pub use backend::{Backend, Settings};
pub use base::Base;
pub use circuit::{Circuit, CircuitRule, CircuitState, Pass};
pub use credential::{Auth, Credential};
pub use patience::Patience;
pub use request::Request;
pub use reqwest::Method;

/// A future that this module hands out.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing left us: no such host, refused, no trust, an open circuit.
    NotSent(Text),
    /// It went out, or may have, and no whole answer came: nobody knows what it did.
    Unknown(Text),
    /// A whole answer, whatever it says.
    Answered(Answer),
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Its headers in the order sent, names in lower case, secrets masked.
    pub headers: Vec<(String, String)>,
    /// Its body, secrets masked.
    pub body: Vec<u8>,
    /// How many times the request was sent until this came.
    pub tries: u32,
    /// Whether an earlier try ended in doubt: it may have done what this answer says no to.
    pub after_doubt: bool,
}

impl Answer {
    /// Whether the status is 200 to 299. Whether the body agrees is the reader's to find out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether somebody between answered for a backend that did not: it may act all the same.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        matches!(self.status, 408 | 502 | 504 | 520..=524)
    }

    /// Whether what was asked may have been done, whatever this says: somebody between answered, or the
    /// backend failed while it was at it.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        self.is_doubtful() || self.status >= 500
    }

    /// How long the other side asks to be left alone, if it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        patience::retry_after(self)
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; none where it is not.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body for a person.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::block(String::from_utf8_lossy(&self.body).trim())
    }
}
