//! What several tests share: real programs, started and stopped.

#![allow(dead_code, reason = "each test uses its part")]

pub mod config;
pub mod fault;
pub mod home;
#[cfg(feature = "kubernetes")]
pub mod kubelet;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
pub mod program;
pub mod prometheus;
pub mod screen;
pub mod server;
pub mod stage;
