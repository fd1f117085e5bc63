//! What the screen's tests draw with.

use crate::app::theme::{Look, Theme};
use crate::tui::colour::Depth;
use crate::tui::glyphs::ASCII;
use crate::tui::theme::Skin;

fn plain() -> Theme {
    Theme::new("plain", |_| Some(Look::default()))
}

/// Pure ASCII, no colour.
pub fn mono() -> Skin {
    Skin::new(&plain(), Depth::Mono, &ASCII)
}
