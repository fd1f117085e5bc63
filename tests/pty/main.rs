//! The real program on a real terminal: what a person sees, presses and finds again.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod drill;
mod evidence;
mod hostile;
mod keys;
mod killed;
mod leak;
mod leaving;
mod logs;
mod looks;
mod review;
mod together;
