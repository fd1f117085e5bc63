//! What one person's screen does: keys, messages, effects. Knows `incident`, nothing else.

pub mod key;
pub mod theme;
