//! The Kubernetes adapter and the real thing: what is accepted, what is proved, what fights it.
//!
//! `./tests/run --all` runs these; they need a control plane, which it builds.
#![cfg(feature = "kubernetes")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a story that does not come true says so")]

#[path = "../support/mod.rs"]
mod support;

mod stage;

mod credentials;
mod doubt;
mod owners;
mod preflight;
mod quarantine;
mod releases;
mod rollback;
mod sandbox;
mod sets;
mod stopping;
mod writing;
