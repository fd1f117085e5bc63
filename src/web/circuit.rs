//! A circuit per backend: one that fails again and again is left alone for a while.
//!
//! Closed, every request goes through. After some failures in a row it opens, and requests are
//! refused without being sent. After a while one is let through as a trial (half-open): its end
//! closes the circuit or opens it again. Whoever insists goes through at any time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::incident::Text;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitRule {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open before a trial.
    pub open_for: Duration,
}

impl Default for CircuitRule {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(30) }
    }
}

/// How a circuit is, as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Requests go through; so many failed since the last that did not.
    Closed(u32),
    /// Requests are refused.
    Open {
        /// The failure that opened it.
        why: Text,
        /// Until the next trial may go.
        left: Duration,
    },
    /// The next request is a trial, or one is under way.
    HalfOpen {
        /// The failure that opened it.
        why: Text,
    },
}

impl CircuitState {
    /// The failure that opened it; none: it is closed.
    #[must_use]
    pub const fn why(&self) -> Option<&Text> {
        match self {
            Self::Closed(_) => None,
            Self::Open { why, .. } | Self::HalfOpen { why } => Some(why),
        }
    }

    /// Whether requests go through as ever.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self {
            Self::Closed(_) => true,
            Self::Open { .. } | Self::HalfOpen { .. } => false,
        }
    }
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(0) => f.write_str("closed"),
            Self::Closed(failures) => write!(f, "closed, {failures} failed in a row"),
            Self::Open { why, left } => {
                let left = left.as_secs_f64().ceil();
                write!(f, "open for {left} s more: {why}")
            }
            Self::HalfOpen { why } => write!(f, "half-open, one trial: {why}"),
        }
    }
}

/// The circuit. Cheap to clone; the clones are one.
#[derive(Clone, Debug)]
pub struct Circuit(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    rule: CircuitRule,
    failed: u32,
    /// Since when it is open, and why; none: closed.
    open: Option<(Instant, Text)>,
    /// Whether a trial is under way.
    trial: bool,
}

impl Circuit {
    /// Closed, with this rule.
    #[must_use]
    pub fn new(rule: CircuitRule) -> Self {
        Self(Arc::new(Mutex::new(Inner { rule, failed: 0, open: None, trial: false })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it is now.
    #[must_use]
    pub fn state(&self, now: Instant) -> CircuitState {
        self.inner().state(now)
    }

    /// Lets a request through, or says why not. Whoever insists goes through.
    ///
    /// # Errors
    /// What opened it, in words.
    pub fn admit(&self, now: Instant, insists: bool) -> Result<Pass, Text> {
        let mut inner = self.inner();
        let trial = match &inner.state(now) {
            CircuitState::Closed(_) => false,
            CircuitState::HalfOpen { .. } if !inner.trial => true,
            CircuitState::HalfOpen { .. } | CircuitState::Open { .. } if insists => !inner.trial,
            CircuitState::HalfOpen { why } => {
                return Err(Text::line(&format!("its circuit is open and a trial is under way: {why}")));
            }
            CircuitState::Open { why, left } => {
                let left = left.as_secs_f64().ceil();
                return Err(Text::line(&format!("its circuit is open for {left} s more: {why}")));
            }
        };
        inner.trial |= trial;
        drop(inner);
        Ok(Pass { circuit: self.clone(), trial })
    }
}

impl Inner {
    fn state(&self, now: Instant) -> CircuitState {
        let Some((since, why)) = &self.open else { return CircuitState::Closed(self.failed) };
        let left = (*since + self.rule.open_for).saturating_duration_since(now);
        let why = why.clone();
        if left.is_zero() || self.trial {
            CircuitState::HalfOpen { why }
        } else {
            CircuitState::Open { why, left }
        }
    }
}

/// One request let through. Dropped unsettled, it was given up: that says nothing of the backend.
#[derive(Debug)]
pub struct Pass {
    circuit: Circuit,
    trial: bool,
}

impl Pass {
    /// Says how it ended: with nothing wrong, or with what.
    pub fn settle(self, now: Instant, wrong: Option<&Text>) {
        let mut inner = self.circuit.inner();
        let Some(why) = wrong else {
            (inner.failed, inner.open) = (0, None);
            return;
        };
        inner.failed = inner.failed.saturating_add(1);
        if self.trial || inner.failed >= inner.rule.failures {
            inner.open = Some((now, why.clone()));
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.trial {
            self.circuit.inner().trial = false;
        }
    }
}
