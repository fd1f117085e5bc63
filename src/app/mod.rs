//! What one person's screen does: keys, messages, effects. Knows `incident`, nothing else.
//!
//! [`update`](update::update) is synchronous, with no clock and no channel: time is a message, and
//! effects are comparable data. So a drill, a replay and a test are all "feed messages".

pub mod attention;
pub mod digest;
pub mod effect;
pub mod entry;
pub mod field;
pub mod form;
pub mod intent;
pub mod journal;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod model;
pub mod msg;
pub mod outbox;
pub mod pager;
pub mod palette;
pub mod read_only;
pub mod review;
pub mod theme;
pub mod update;
pub mod volume;
pub mod warned;
pub mod watched;

pub use update::update;
