//! The terminal: drawing, input, themes.

pub mod backend;
pub mod colour;
pub mod env;
pub mod glyphs;
pub mod input;
pub mod osc;
pub mod pace;
mod painter;
pub mod panes;
mod pen;
pub mod terminal;
pub mod theme;
pub mod widgets;
