//! The terminal: drawing, input, themes.

pub mod panes;
pub mod widgets;
