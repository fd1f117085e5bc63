//! flightdeck: an incident cockpit for people who run AI agents in production.
//!
//! This page is the guided tour of the source. What the program does for a person is in the
//! README; what it will not do is decided in [`incident::decide()`].
//!
//! # Words
//!
//! One word for one thing, in code, on the screen, in files and in documentation.
//!
//! | word | meaning |
//! |---|---|
//! | incident | one occurrence, `INC-42`, live or drill (its **realm**) |
//! | entry | one line of the timeline: sequence, time, actor, event |
//! | event | what happened, in the past tense; a **command** is what somebody wants, in the imperative |
//! | mark | T0 detected, T1 acknowledged, T2 classified, T3 controlled, T4 root cause, T5 reviewed |
//! | window | the time allowed from one moment to another, by severity, from the policy |
//! | role | Incident Commander, Tech Lead, Comms, Scribe: held by a person, handed over explicitly |
//! | actor | a person, an AI actor, or flightdeck itself |
//! | agent | a production AI agent that incidents are about; an actor of that kind is an *AI actor* |
//! | action | something done to the world, by an **operation** such as isolate |
//! | adapter | what carries actions to a backend, and probes it |
//! | probe | a reading taken from the world; a **check** is a reading with the value it must have |
//! | lamp | the state of an action as shown: accepted is not verified |
//! | witness | what a person saw of an action that nothing reads; seen is not verified |
//! | inverse | the call that undoes an action, recorded before the action runs |
//! | intent | what a person means by a key |
//! | source | what brings alerts or log lines in |
//! | message | what people outside are told: queued as an entry, then delivered by a **channel** |
//! | policy | the rules as data: windows, guardrails, approvals, escalation, cadence |
//! | scenario | a drill's script; an **inject** is one timed step of it |
//!
//! # The one rule
//!
//! Dependencies point inward only.
//!
//! - [`incident`] knows nothing but values: no clock, no input or output, no async.
//! - [`app`] knows `incident`: what one person's screen does.
//! - [`config`], [`store`], [`adapters`], [`channels`], [`sources`], [`logs`], [`sim`] and [`tui`]
//!   know those two, and never each other.
//! - [`web`] is how those of them that speak HTTP do it, and knows only [`incident::Text`]; below
//!   everything lie [`error`] and [`secret`], which know nothing.
//! - [`runtime`] joins them; [`cli`] is a front of it.
//!
//! `tests/layers.rs` reads the imports and holds this. There is no clock below `runtime`: time comes
//! in as a value, so a drill, a replay and a test are all the same as the real thing.
//!
//! # The path of a key press
//!
//! 1. [`tui::input`] turns bytes into a [`Key`](app::key::Key).
//! 2. [`app::keymap`] turns keys into an [`Intent`](app::intent::Intent).
//! 3. [`app::update()`] turns it into effects, one of which may be a
//!    [`Command`](incident::Command). It rehearses [`incident::decide()`], for an instant answer.
//! 4. [`runtime::Hub`] decides again under the journal's expected version, appends the entries, and
//!    tells every session. This is the one door: chat commands, the command line, alerts, AI actors
//!    and drills come through it too.
//! 5. [`Incident::apply`](incident::Incident::apply) folds each entry, and the panes show it.
//!
//! What is to be done to the world is first an entry, *requested*, with the exact call and its
//! inverse. Then [`runtime::dispatch`] makes the call, [`runtime::watch`] probes, and both report
//! through the same door.
//!
//! Deciding and folding, with nothing around them:
//!
//! ```
//! use flightdeck::incident::{Actor, Command, Entry, Incident, IncidentId, Mark, Policy, Realm, Severity, decide};
//!
//! let now = "2026-11-21T12:00:00Z".parse()?;
//! let (policy, ana) = (Policy::built_in(), Actor::person("ana"));
//! let mut incident = Incident::blank(IncidentId(1));
//! let declare = Command::Declare {
//!     realm: Realm::Live,
//!     title: "support-1 answers with other customers' data".into(),
//!     severity: Severity::P0,
//!     pattern: None,
//!     agents: vec!["support-1".parse()?],
//!     detected_at: None,
//! };
//! for command in [declare, Command::Acknowledge] {
//!     for event in decide(&incident, &policy, &command, &ana, now)? {
//!         let seq = incident.seq + 1;
//!         incident.apply(&Entry { incident: IncidentId(1), seq, at: now, actor: ana.clone(), event });
//!     }
//! }
//! assert_eq!(incident.mark(Mark::T1), Some(now));
//!
//! // What a rule forbids is refused in words: which rule, and what would make it allowed.
//! let refused = decide(&incident, &policy, &Command::Acknowledge, &ana, now).unwrap_err();
//! assert!(!refused.instead.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to add what
//!
//! | to add | write |
//! |---|---|
//! | something a key can mean | a row in [`app::intent::INTENTS`], its arm in `app::update`, a key in `keymaps/default.toml`; help, palette, keymap check and README follow |
//! | an operation on the world | a row in [`incident::OPS`], a rule in `assets/policies/default.toml`; CLI, plans and README follow |
//! | a rule, a warning | an arm in [`incident::decide()`] or [`incident::warning`], its row in [`incident::playbook`] |
//! | an event | a variant of [`incident::Event`] and an arm of `Incident::apply`; stored entries keep their form for ever |
//! | a pane | one file in [`tui::panes`] and a line in [`PANES`](tui::panes::PANES) |
//! | an adapter | an implementation of [`adapters::Adapter`], its type in [`config::adapter`], its line in [`runtime::live`] |
//! | a channel | an implementation of [`channels::Channel`] and of [`channels::LiveChannel`], its type in `config`, its line in [`runtime::live`] |
//! | a source of alerts | a parser in [`sources`] from bytes to [`sources::Delivery`], and its path |
//! | a subcommand | one file in [`cli`] |
//! | a scenario, a theme, a keymap, a review template | one file in `assets/scenarios`, `themes`, `keymaps`, `assets/templates` |
//!
//! # What holds everywhere
//!
//! - Text from outside becomes [`incident::Text`] at the border, before anything can draw, store or
//!   export it. A secret is a [`secret::Secret`], which nothing can print.
//! - Channels are bounded, each with its reason; what is lossy counts what it dropped, and the
//!   screen says so.
//! - Drawing follows change, never a tick; one frame is one write.
//! - A match over an enum of our own names every variant. There is no `unsafe`, and no `unwrap`
//!   outside tests.

pub mod adapters;
pub mod app;
pub mod channels;
pub mod checks;
pub mod cli;
pub mod config;
pub mod error;
pub mod incident;
pub mod logs;
pub mod pagerduty;
pub mod runtime;
pub mod secret;
pub mod sim;
pub mod sources;
pub mod store;
pub mod tui;
pub mod web;
