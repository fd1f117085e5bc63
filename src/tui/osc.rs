//! Bytes that draw nothing: bell, desktop notification, clipboard.
//!
//! What goes into them is clean ([`Text`]) or encoded, so no payload can end a command and begin
//! another one. Whether a terminal takes them is [`super::env::TermEnv::takes_commands`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::incident::Text;

/// The most bytes that are put on the clipboard: terminals drop longer ones without a word.
pub const COPY_MAX: usize = 74_000;
/// The most characters of a notification; desktops cut there anyhow.
const NOTIFY_MAX: usize = 200;

/// Rings.
pub const BELL: &[u8] = b"\x07";

/// Puts a text on the clipboard (OSC 52), also through SSH.
///
/// `None` when it is longer than [`COPY_MAX`]: half a text would be worse than none.
#[must_use]
pub fn copy(text: &Text) -> Option<Vec<u8>> {
    if text.as_str().len() > COPY_MAX {
        return None;
    }
    Some(format!("\x1b]52;c;{}\x07", STANDARD.encode(text.as_str())).into_bytes())
}

/// Shows a desktop notification (OSC 9).
///
/// It begins with the program's name, since some terminals take a leading number for a command.
#[must_use]
pub fn notify(text: &Text) -> Vec<u8> {
    let line: String =
        text.as_str().chars().map(|c| if c.is_control() { ' ' } else { c }).take(NOTIFY_MAX).collect();
    format!("\x1b]9;flightdeck: {line}\x07").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_copied_encoded_and_whole_or_not_at_all() {
        assert_eq!(copy(&Text::line("INC-42")).unwrap(), b"\x1b]52;c;SU5DLTQy\x07");
        let long = Text::block(&"漢".repeat(COPY_MAX / 3 + 1));
        assert_eq!(copy(&long), None);
    }

    #[test]
    fn a_notification_cannot_end_itself_or_become_a_command() {
        // The attack: an alert's title that ends the notification and sets the window's title.
        let hostile = Text::block("4;1\x07\x1b]0;owned\x07\nsecond");
        let bytes = notify(&hostile);
        let shown = String::from_utf8(bytes).unwrap();
        assert_eq!(shown, "\x1b]9;flightdeck: 4;1^G^[]0;owned^G second\x07");
        assert!(notify(&Text::line(&"x".repeat(1_000))).len() < 230);
    }
}
