//! The pure core: no clock, no input or output, no async, nothing but values.
//!
//! An [`Incident`] is the fold of its [`Entry`]s. A [`Command`] is decided into events by policy;
//! what was decided is appended as entries; entries are applied. Deadlines and warnings are
//! functions of incident, policy and now.

pub mod action;
pub mod alert;
pub mod block;
pub mod board;
pub mod caution;
pub mod check;
pub mod command;
pub mod containment;
pub mod covered;
pub mod deadline;
pub mod decide;
pub mod digest;
pub mod elsewhere;
pub mod event;
pub mod filter;
pub mod first;
pub mod glob;
pub mod hint;
pub mod in_force;
pub mod judged;
pub mod last_read;
pub mod line;
pub mod mark;
pub mod name;
pub mod op;
pub mod outbox;
pub mod playbook;
pub mod policy;
pub mod record;
pub mod recovery;
pub mod redact;
pub mod refusal;
pub mod release;
pub mod review;
pub mod role;
pub mod rota;
pub mod severity;
pub mod span;
pub mod state;
#[cfg(test)]
pub mod story;
pub mod telling;
pub mod text;
pub mod vitals;
pub mod warning;
pub mod zone;

pub use action::{Action, DONE, Digest, Disposition, Inverse, LABELS, Lamp, Params, Plan, Witness};
pub use alert::Alert;
pub use block::LogBlock;
pub use board::{Board, Record, in_sight};
pub use caution::{Caution, Secured};
pub use check::{Check, Compare, NOT_HEALTHY_STOPPED, Reading};
pub use command::{Command, Confirmation, Receipt, Report, Settlement};
pub use containment::{Containment, Control, Coverage, Loss};
pub use deadline::{Deadline, Due, Standing, deadlines, next_deadline};
pub use decide::decide;
pub use digest::DigestRule;
pub use elsewhere::Elsewhere;
pub use event::{Area, Audience, Entry, Event, Outcome, Passing, Progress};
pub use filter::{Filter, FilterError};
pub use first::{FirstCheck, Glance, Topic};
pub use glob::Glob;
pub use in_force::{InForce, MitigationFact};
pub use judged::{Judged, Verdict, with_vanished};
pub use last_read::LastRead;
pub use line::{Level, LineKind, LogLine};
pub use mark::Mark;
pub use name::{
    ActionId, Actor, AgentId, DraftId, HypothesisId, ImprovementId, IncidentId, MessageId, Realm, Time,
};
pub use op::{Aim, OPS, Op, OpInfo, Param};
pub use outbox::{Doubt, Message, MessageKind, MessageState, Outbox, Outgoing, Recipient, Route};
pub use policy::Policy;
pub use recovery::{AgentReadings, Recovery, Vital};
pub use refusal::Refusal;
pub use release::Release;
pub use review::ReviewFacts;
pub use role::Role;
pub use rota::{Duty, Rota};
pub use severity::{Naming, Pattern, Severity};
pub use span::{Span, clock_face};
pub use state::{Incident, Status};
pub use text::Text;
pub use vitals::{VITALS, VitalInfo, Vitals};
pub use warning::{Warning, Weight, unread, unread_since, warnings};
pub use zone::Zone;
