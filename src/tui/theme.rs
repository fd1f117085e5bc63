//! A theme as one session's terminal can show it.

use ratatui::style::{Color, Modifier, Style};

use crate::app::theme::{Colour, Look, Role, Theme};

use super::colour::Depth;
use super::glyphs::Glyphs;

/// What everything is drawn with: a style for each role, and the marks.
#[derive(Debug, Clone)]
pub struct Skin {
    styles: Vec<Style>,
    /// The marks.
    pub glyphs: &'static Glyphs,
}

impl Skin {
    /// A theme at the depth of a terminal.
    #[must_use]
    pub fn new(theme: &Theme, depth: Depth, glyphs: &'static Glyphs) -> Self {
        let ground = theme.look(Role::Text);
        let styles = Role::ALL.iter().map(|role| style(theme.look(*role), ground, depth)).collect();
        Self { styles, glyphs }
    }

    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// A look as a style. Where colours are dropped, a background of its own becomes reverse: what
/// stood out still does.
fn style(look: Look, ground: Look, depth: Depth) -> Style {
    let mut style = Style::new();
    let boxed = look.bg.is_some_and(|bg| bg != Colour::Default) && look.bg != ground.bg;
    let reverse = look.reverse || (boxed && depth == Depth::Mono);
    for (set, modifier) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underline, Modifier::UNDERLINED),
        (reverse, Modifier::REVERSED),
    ] {
        if set {
            style = style.add_modifier(modifier);
        }
    }
    if depth != Depth::Mono {
        style.fg = look.fg.map(|colour| depth.map(color(colour)));
        style.bg = look.bg.map(|colour| depth.map(color(colour)));
    }
    style
}

fn color(colour: Colour) -> Color {
    match colour {
        Colour::Default => Color::Reset,
        Colour::Index(index) => Color::Indexed(index),
        Colour::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::UNICODE;

    fn skin(look: Look, depth: Depth) -> Style {
        let theme = Theme::new("t", |role| (role == Role::P0).then_some(look));
        Skin::new(&theme, depth, &UNICODE).style(Role::P0)
    }

    #[test]
    fn a_role_is_shown_at_the_depth_of_the_terminal() {
        let look = Look { fg: Some(Colour::Rgb(255, 0, 0)), bold: true, ..Look::default() };
        for (depth, shown) in [
            (Depth::TrueColor, Style::new().fg(Color::Rgb(255, 0, 0)).bold()),
            (Depth::Ansi256, Style::new().fg(Color::Indexed(196)).bold()),
            (Depth::Ansi16, Style::new().fg(Color::Indexed(9)).bold()),
            (Depth::Mono, Style::new().bold()),
        ] {
            assert_eq!(skin(look, depth), shown);
        }
    }

    #[test]
    fn what_stood_out_by_its_background_is_reversed_without_colour() {
        let look = Look { bg: Some(Colour::Index(1)), ..Look::default() };
        assert_eq!(skin(look, Depth::Mono), Style::new().reversed());
    }
}
