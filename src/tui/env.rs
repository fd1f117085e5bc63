//! What a session's terminal can do, decided from its variables alone: nothing is ever asked of it.

use super::colour::Depth;
use super::glyphs::{ASCII, Glyphs, UNICODE};
use super::osc::Commands;

/// Frames a second on a local terminal.
const LOCAL_RATE: u32 = 30;
/// Frames a second over a network.
const REMOTE_RATE: u32 = 10;

/// The variables that speak of a terminal, of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermEnv {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// The first of `LC_ALL`, `LC_CTYPE`, `LANG` that is not empty.
    pub locale: String,
    /// The session comes over SSH.
    pub remote: bool,
    /// tmux is between the program and the terminal.
    pub tmux: bool,
}

impl TermEnv {
    /// Asks `var` for each variable once.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        Self {
            // SSH hands on TERM, but not TMUX.
            tmux: set("TMUX").is_some() || term.starts_with("tmux"),
            term,
            colorterm: set("COLORTERM").unwrap_or_default(),
            no_color: set("NO_COLOR").is_some(),
            locale: set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default(),
            remote: ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| set(name).is_some()),
        }
    }

    /// How many colours to use.
    #[must_use]
    pub fn depth(&self) -> Depth {
        let term = self.term.as_str();
        let starts = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        if self.no_color || !self.has_cursor() || starts(&["vt1", "vt2", "vt3", "vt4", "vt5"]) {
            return Depth::Mono;
        }
        let best = if matches!(self.colorterm.as_str(), "truecolor" | "24bit")
            || term.ends_with("-direct")
            || starts(&["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm"])
        {
            Depth::TrueColor
        } else if term.contains("256color") || starts(&["tmux", "screen"]) && !self.colorterm.is_empty() {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        };
        // GNU screen hands COLORTERM on but takes a 24-bit colour for other settings; the Linux
        // console has sixteen whatever it is told.
        if starts(&["linux"]) {
            Depth::Ansi16
        } else if starts(&["screen"]) {
            best.min(Depth::Ansi256)
        } else {
            best
        }
    }

    /// The marks to draw with.
    #[must_use]
    pub fn glyphs(&self) -> &'static Glyphs {
        let locale = self.locale.to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        // The Linux console's font has lines but lacks most other marks.
        if utf8 && self.has_cursor() && !self.term.starts_with("linux") { &UNICODE } else { &ASCII }
    }

    /// The most frames a second for changes that nobody's key caused.
    #[must_use]
    pub fn frames_per_second(&self) -> u32 {
        if self.remote { REMOTE_RATE } else { LOCAL_RATE }
    }

    /// Whether the cursor can be moved at all, so that a full screen can be drawn.
    #[must_use]
    pub fn has_cursor(&self) -> bool {
        !matches!(self.term.as_str(), "" | "dumb" | "unknown")
    }

    /// How operating system commands (clipboard, notification) get to the terminal. The Linux
    /// console prints them.
    #[must_use]
    pub fn commands(&self) -> Commands {
        if !self.has_cursor() || self.term.starts_with("linux") {
            Commands::Unknown
        } else if self.tmux {
            Commands::ThroughTmux
        } else {
            Commands::Direct
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> TermEnv {
        TermEnv::from_vars(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_depth_comes_from_term_colorterm_and_no_color() {
        for (vars, depth) in [
            (&[("TERM", "xterm")][..], Depth::Ansi16),
            (&[("TERM", "xterm-256color")], Depth::Ansi256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::TrueColor),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], Depth::TrueColor),
            (&[("TERM", "xterm-kitty")], Depth::TrueColor),
            (&[("TERM", "xterm-direct")], Depth::TrueColor),
            (&[("TERM", "alacritty")], Depth::TrueColor),
            (&[("TERM", "tmux-256color")], Depth::Ansi256),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "truecolor")], Depth::TrueColor),
            (&[("TERM", "screen")], Depth::Ansi16),
            (&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor")], Depth::Ansi256),
            (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Depth::Ansi16),
            (&[("TERM", "vt220")], Depth::Mono),
            (&[("TERM", "dumb")], Depth::Mono),
            (&[], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "0")], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Ansi256),
        ] {
            assert_eq!(env(vars).depth(), depth, "{vars:?}");
        }
    }

    #[test]
    fn the_marks_come_from_the_locale() {
        for (vars, unicode) in [
            (&[("LANG", "en_GB.UTF-8")][..], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "C")], false),
            (&[], false),
            (&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "zh_TW.UTF-8"), ("LANG", "C")], true),
            (&[("LANG", "zh_TW.Big5")], false),
        ] {
            let vars: Vec<_> = vars.iter().copied().chain([("TERM", "xterm")]).collect();
            assert_eq!(env(&vars).glyphs() == &UNICODE, unicode, "{vars:?}");
        }
        assert_eq!(env(&[("LANG", "C.UTF-8"), ("TERM", "linux")]).glyphs(), &ASCII);
    }

    #[test]
    fn a_remote_session_gets_fewer_frames() {
        assert_eq!(env(&[]).frames_per_second(), 30);
        assert_eq!(env(&[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")]).frames_per_second(), 10);
    }

    #[test]
    fn a_dumb_terminal_gets_no_screen_and_no_commands() {
        for (term, screen, commands) in [
            ("dumb", false, Commands::Unknown),
            ("", false, Commands::Unknown),
            ("linux", true, Commands::Unknown),
            ("xterm", true, Commands::Direct),
            ("tmux-256color", true, Commands::ThroughTmux),
        ] {
            let env = env(&[("TERM", term)]);
            assert_eq!((env.has_cursor(), env.commands()), (screen, commands), "{term}");
        }
        let inside = env(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")]);
        assert_eq!(inside.commands(), Commands::ThroughTmux);
    }
}
