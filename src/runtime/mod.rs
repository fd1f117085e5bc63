//! Joins the core with the world: the hub, dispatch, probes, sessions, clocks, drills.

pub mod clock;
pub mod desk;
pub mod dispatch;
pub mod drill;
pub mod engine;
pub mod feed;
pub mod hub;
pub mod intake;
pub mod launch;
pub mod live;
pub mod session;
pub mod watch;

pub use clock::Clock;
pub use engine::{Engine, Extras};
pub use feed::Feed;
pub use hub::{Done, Hub, HubError};
pub use launch::{DemoArgs, Launch};
