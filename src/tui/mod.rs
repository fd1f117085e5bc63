//! The terminal: drawing, input, themes.

pub mod backend;
pub mod canvas;
pub mod colour;
pub mod editor;
pub mod env;
mod footer;
pub mod glyphs;
mod header;
pub mod input;
mod modals;
pub mod osc;
pub mod pace;
pub mod pager;
mod painter;
pub mod panes;
mod pen;
pub mod picture;
mod row;
mod summary;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod theme;
pub mod view;
pub mod widgets;
mod words;
