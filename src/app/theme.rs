//! What things look like, as plain values: a role has a style, a theme has a style for each role.
//!
//! Nothing here knows a terminal or a file: `config/theme` reads a theme, `tui/theme` turns a
//! style into what one session's terminal can show. Colour is never the only signal: whatever a
//! role means is also a word or a mark on the screen.

use std::fmt;
use std::str::FromStr;

/// The sixteen colours that every colour terminal has, in the order of their numbers.
const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// A colour as a theme names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Whatever the terminal uses; written `default`.
    Default,
    /// One of the 256 indexed colours; the first sixteen have names.
    Index(u8),
    /// Red, green, blue; written `#rrggbb`.
    Rgb(u8, u8, u8),
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(written: &str) -> Result<Self, ColourError> {
        if written == "default" {
            return Ok(Self::Default);
        }
        if let Some(index) = ANSI.iter().position(|name| *name == written) {
            return Ok(Self::Index(u8::try_from(index).expect("sixteen names")));
        }
        if let Some(hex) = written.strip_prefix('#') {
            let digits = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
            return match u32::from_str_radix(hex, 16) {
                Ok(n) if digits => {
                    let [_, red, green, blue] = n.to_be_bytes();
                    Ok(Self::Rgb(red, green, blue))
                }
                _ => Err(ColourError),
            };
        }
        written.parse().map(Self::Index).map_err(|_| ColourError)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::Index(index) => match ANSI.get(usize::from(*index)) {
                Some(name) => f.pad(name),
                None => write!(f, "{index}"),
            },
            Self::Rgb(red, green, blue) => write!(f, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

/// A word that is not a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a colour: {}", Self::HOW)]
pub struct ColourError;

impl ColourError {
    /// How to write one.
    pub const HOW: &str = "write default, black, red, green, yellow, blue, magenta, cyan or white, bright- before \
        one of these, a number from 0 to 255, or #rrggbb";
}

/// How a role looks. `None` leaves what is under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Look {
    /// Colour of the text.
    pub fg: Option<Colour>,
    /// Colour behind the text.
    pub bg: Option<Colour>,
    /// Heavier.
    pub bold: bool,
    /// Fainter.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and background change places.
    pub reverse: bool,
}

/// Makes the enum, the slice of all roles and their names in files from one list.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// What a piece of the screen is, so that a theme can say how it looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $($(#[$doc])* $role,)*
        }

        impl Role {
            /// Every role, in the order a theme file lists them.
            pub const ALL: &'static [Self] = &[$(Self::$role,)*];

            /// The role's name in a theme file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)*
                }
            }
        }
    };
}

roles! {
    /// Ordinary text, and what lies under everything.
    Text = "text",
    /// What matters less.
    Dim = "dim",
    /// What matters more.
    Strong = "strong",
    /// A pane's title.
    Title = "title",
    /// The title of the pane that has the keyboard.
    TitleFocus = "title_focus",
    /// A pane's border.
    Border = "border",
    /// The border of the pane that has the keyboard.
    BorderFocus = "border_focus",
    /// The selected row.
    Selection = "selection",
    /// A line where the person types.
    Prompt = "prompt",
    /// A key as shown in hints and help.
    Key = "key",
    /// What failed or must not be overlooked.
    Error = "error",
    /// What may go wrong soon.
    Warning = "warning",
    /// What is as it should be.
    Ok = "ok",
    /// Neutral news.
    Info = "info",
    /// The most severe incidents.
    P0 = "p0",
    /// Severe incidents.
    P1 = "p1",
    /// Moderate incidents.
    P2 = "p2",
    /// Minor incidents.
    P3 = "p3",
    /// An action that was asked for.
    LampRequested = "lamp_requested",
    /// An action whose call was accepted, which is not yet an effect.
    LampAccepted = "lamp_accepted",
    /// An action whose effect was seen by independent probes.
    LampVerified = "lamp_verified",
    /// An action whose effect stopped holding.
    LampLeaking = "lamp_leaking",
    /// An action that failed, was denied or expired.
    LampFailed = "lamp_failed",
    /// An action of which nobody knows whether it ran.
    LampDoubt = "lamp_doubt",
    /// The used part of a window.
    GaugeFill = "gauge_fill",
    /// A window that is over.
    GaugeOver = "gauge_over",
    /// The large digits of the next deadline.
    Digits = "digits",
    /// The large digits once the deadline has passed.
    DigitsOver = "digits_over",
    /// The sign that this is a drill.
    Drill = "drill",
    /// The sign that this is live.
    Live = "live",
    /// A mark that was reached.
    MarkDone = "mark_done",
    /// A mark that is still open.
    MarkOpen = "mark_open",
    /// A log line of level debug.
    LogDebug = "log_debug",
    /// A log line of level info.
    LogInfo = "log_info",
    /// A log line of level warn.
    LogWarn = "log_warn",
    /// A log line of level error.
    LogError = "log_error",
    /// What a search or filter found, within a line.
    Match = "match",
}

impl FromStr for Role {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|role| role.name() == name).ok_or(())
    }
}

/// A look for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    looks: Vec<Look>,
}

impl Theme {
    /// Asks `look` for each role once; what it does not know looks like the text around it.
    #[must_use]
    pub fn new(name: impl Into<String>, mut look: impl FnMut(Role) -> Option<Look>) -> Self {
        let looks = Role::ALL.iter().map(|role| look(*role).unwrap_or_default()).collect();
        Self { name: name.into(), looks }
    }

    /// The theme's name, as a person chooses it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    #[must_use]
    pub fn look(&self, role: Role) -> Look {
        self.looks[role as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_name_a_number_or_hex() {
        for (written, colour) in [
            ("default", Colour::Default),
            ("red", Colour::Index(1)),
            ("bright-white", Colour::Index(15)),
            ("208", Colour::Index(208)),
            ("#0a1bFF", Colour::Rgb(10, 27, 255)),
        ] {
            assert_eq!(written.parse(), Ok(colour), "{written}");
            assert_eq!(colour.to_string().parse(), Ok(colour), "{written}");
        }
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for written in ["", "Red", "256", "-1", "#fff", "#+12345", "#12345g", "#1234567", "bright", "#é1234"]
        {
            assert_eq!(written.parse::<Colour>(), Err(ColourError), "{written}");
        }
    }

    #[test]
    fn every_role_is_found_by_its_name_and_has_a_look() {
        let theme =
            Theme::new("t", |role| Some(Look { fg: Some(Colour::Index(role as u8)), ..Look::default() }));
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, index);
            assert_eq!(role.name().parse(), Ok(*role));
            assert_eq!(theme.look(*role).fg, Some(Colour::Index(*role as u8)));
        }
    }
}
