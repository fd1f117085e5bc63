//! Joins the core with the world: the hub, dispatch, probes, sessions, clocks, drills.

pub mod archive;
pub mod backends;
pub mod check;
mod clerk;
pub mod clock;
pub mod desk;
pub mod digest;
pub mod dispatch;
pub mod drill;
mod early;
mod elsewhere;
pub mod engine;
pub mod errand;
pub mod feed;
pub mod first;
pub mod hub;
pub mod intake;
pub mod launch;
pub mod live;
pub mod logs;
pub mod outbox;
pub mod pager;
mod park;
pub mod recovery;
pub mod scenarios;
pub mod serve;
pub mod session;
pub mod vitals;
pub mod watch;

pub use archive::Archive;
pub use clock::Clock;
pub use engine::{Engine, Extras};
pub use errand::Errand;
pub use feed::Feed;
pub use hub::{Done, Hub, HubError};
pub use launch::{DemoArgs, Launch};
