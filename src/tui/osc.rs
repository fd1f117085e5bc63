//! Bytes that draw nothing: bell, desktop notification, clipboard.
//!
//! What goes into them is clean ([`Text`]) or encoded, so no payload can end a command and begin
//! another one. How they get to a terminal is [`super::env::TermEnv::commands`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::incident::Text;

/// The most bytes that are put on the clipboard: terminals drop longer ones without a word.
pub const COPY_MAX: usize = 74_000;
/// The most characters of a notification; desktops cut there anyhow.
const NOTIFY_MAX: usize = 200;

/// Rings.
pub const BELL: &[u8] = b"\x07";

/// How operating system commands get to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// The terminal would print them.
    Unknown,
    /// They are understood, or swallowed.
    Direct,
    /// tmux swallows those it does not know. It hands on what is wrapped, where `allow-passthrough`
    /// is on; where it is off, only the bell is heard.
    ThroughTmux,
}

/// A command for the terminal behind tmux: wrapped, with each ESC in it doubled.
fn wrapped(command: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", command.replace('\x1b', "\x1b\x1b"))
}

/// Puts a text on the clipboard (OSC 52), also through SSH.
///
/// `None` when the terminal takes no commands, or the text is longer than [`COPY_MAX`]: half a text
/// would be worse than none. tmux takes this command itself, if `set-clipboard` is on, and is asked
/// to hand it on besides: the same text twice does no harm.
#[must_use]
pub fn copy(text: &Text, commands: Commands) -> Option<Vec<u8>> {
    if text.as_str().len() > COPY_MAX {
        return None;
    }
    let command = format!("\x1b]52;c;{}\x07", STANDARD.encode(text.as_str()));
    match commands {
        Commands::Unknown => None,
        Commands::Direct => Some(command.into_bytes()),
        Commands::ThroughTmux => Some((wrapped(&command) + &command).into_bytes()),
    }
}

/// Shows a desktop notification (OSC 9).
///
/// It begins with the program's name, since some terminals take a leading number for a command.
///
/// `None` when the terminal takes no commands.
#[must_use]
pub fn notify(text: &Text, commands: Commands) -> Option<Vec<u8>> {
    let line: String =
        text.as_str().chars().map(|c| if c.is_control() { ' ' } else { c }).take(NOTIFY_MAX).collect();
    let command = format!("\x1b]9;flightdeck: {line}\x07");
    match commands {
        Commands::Unknown => None,
        Commands::Direct => Some(command.into_bytes()),
        Commands::ThroughTmux => Some(wrapped(&command).into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_copied_encoded_and_whole_or_not_at_all() {
        let id = Text::line("INC-42");
        assert_eq!(copy(&id, Commands::Direct).unwrap(), b"\x1b]52;c;SU5DLTQy\x07");
        assert_eq!(copy(&id, Commands::Unknown), None);
        let long = Text::block(&"漢".repeat(COPY_MAX / 3 + 1));
        assert_eq!(copy(&long, Commands::Direct), None);
    }

    #[test]
    fn a_notification_cannot_end_itself_or_become_a_command() {
        // The attack: an alert's title that ends the notification and sets the window's title.
        let hostile = Text::block("4;1\x07\x1b]0;owned\x07\nsecond");
        let bytes = notify(&hostile, Commands::Direct);
        let shown = String::from_utf8(bytes.unwrap()).unwrap();
        assert_eq!(shown, "\x1b]9;flightdeck: 4;1^G^[]0;owned^G second\x07");
        let long = notify(&Text::line(&"x".repeat(1_000)), Commands::Direct);
        assert!(long.unwrap().len() < 230);
    }

    /// Inside tmux a notification was swallowed, whatever its user had allowed.
    #[test]
    fn b12_a_notification_goes_through_tmux_in_its_wrapping() {
        let bytes = notify(&Text::line("P0 INC-42"), Commands::ThroughTmux).unwrap();
        assert_eq!(bytes, b"\x1bPtmux;\x1b\x1b]9;flightdeck: P0 INC-42\x07\x1b\\");
        let bytes = copy(&Text::line("INC-42"), Commands::ThroughTmux).unwrap();
        assert_eq!(bytes, b"\x1bPtmux;\x1b\x1b]52;c;SU5DLTQy\x07\x1b\\\x1b]52;c;SU5DLTQy\x07");
        // The attack: a text that ends the wrapping. No ESC of its own is left in it.
        let hostile = notify(&Text::block("a\x1b\\b\x1bPtmux;"), Commands::ThroughTmux).unwrap();
        let escapes = hostile.iter().filter(|byte| **byte == 0x1b).count();
        assert_eq!(escapes, 4, "{hostile:?}");
    }
}
