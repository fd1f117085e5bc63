//! What may be said, what it leads to, and what is refused with which way out.

mod actions;
mod doubt;
mod flow;
mod keeping;
mod mitigations;
mod outbox;
mod properties;
mod record;
mod recovery;
mod replicas;
mod witness;
