//! flightdeck: an incident cockpit for people who run AI agents in production.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod config;
pub mod error;
pub mod incident;
pub mod logs;
pub mod runtime;
pub mod sim;
pub mod sources;
pub mod store;
pub mod tui;
