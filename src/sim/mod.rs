//! A fleet of simulated agents: what a drill and the demo act on.
//!
//! A [`Scenario`] is a script as data; a [`Fleet`] plays it. The fleet answers calls as a backend
//! would, and some of them take effect late, or only for a while. It has vitals and logs that agree
//! with each other, and its alerts look at the vitals, not at the script.
//!
//! Time is virtual and comes in as a value: whoever holds the fleet says how far it has come. The
//! same scenario, seed and calls at the same times give the same happenings, in however many steps
//! time is advanced. The module knows no incident, no hub and no clock.

mod agent;
mod alarm;
mod chance;
mod control;
mod deploy;
mod evidence;
mod fault;
mod file;
mod first;
mod fleet;
mod line;
mod measure;
mod operate;
mod people;
mod request;
mod scenario;
mod story;
mod watch;

pub use fault::{FAULTS, Fault, FaultInfo, Home};
pub use file::{Described, Flaw, ScenarioFile};
pub use fleet::{Fleet, Happening, What};
pub use scenario::{
    AgentSpec, AlertStep, AlertText, Backups, FaultStep, Inject, Kind, MessageStep, Normal, Person,
    ProposalStep, Scenario, Step, Trap, TrapStep,
};

#[cfg(test)]
mod tests;
