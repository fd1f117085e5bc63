//! The terminal: drawing, input, themes.

pub mod backend;
pub mod colour;
mod painter;
pub mod panes;
mod pen;
pub mod widgets;
