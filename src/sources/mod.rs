//! Sources bring alerts in: an HTTP receiver for Alertmanager's webhook and a generic JSON, and for
//! what PagerDuty says of the incidents that it was told of. What agents log and trace comes by the
//! same door, as OTLP: see [`otlp`].
//!
//! [`alertmanager`], [`generic`] and [`pagerduty`] are pure: bytes in, a [`Delivery`] or a [`ParseError`] out.
//! [`Receiver`] puts them behind HTTP and hands what was said to an [`Intake`], which the runtime
//! implements: a 200 is sent only when the intake says that it is durably recorded. Nothing here
//! knows what becomes of an alert, and nothing here reads a clock: the time comes in by [`Clock`].

pub mod alertmanager;
mod answer;
pub mod generic;
mod incoming;
mod intake;
mod json;
pub mod otlp;
pub mod pagerduty;
mod routes;
mod said;
mod server;
#[cfg(test)]
mod server_tests;
mod tally;
mod token;

pub use incoming::{Delivery, Heard, Incoming, ParseError};
pub use intake::{Intake, IntakeError, Taken};
pub use server::{BindError, Bound, Clock, Limits, Receiver, ReceiverSpec, Telemetry};
pub use tally::Tally;
pub use token::{Token, TokenError};
