//! A fleet of simulated agents.
