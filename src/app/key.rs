//! Keys and what else a person's hands send, as plain values.
//!
//! A keymap file, the help screen and the which-key box all read and write a key by the same
//! words ("ctrl-p", "shift-tab", "G"). Nothing here knows a terminal: `tui/input` makes these
//! values from one, a drill or a test makes them from a script.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::incident::Text;

/// The key itself, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character as typed: `G` is `Char('G')`, never shift and `g`.
    Char(char),
    /// Return.
    Enter,
    /// Escape. A split escape sequence can look like one, so it never destroys or confirms.
    Esc,
    /// Tab; back-tab is this with shift.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete forward.
    Delete,
    /// Insert.
    Insert,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 24.
    F(u8),
}

/// The keys that have a name, and that name.
const NAMES: &[(Code, &str)] = &[
    (Code::Char(' '), "space"),
    (Code::Enter, "enter"),
    (Code::Esc, "esc"),
    (Code::Tab, "tab"),
    (Code::Backspace, "backspace"),
    (Code::Delete, "delete"),
    (Code::Insert, "insert"),
    (Code::Left, "left"),
    (Code::Right, "right"),
    (Code::Up, "up"),
    (Code::Down, "down"),
    (Code::Home, "home"),
    (Code::End, "end"),
    (Code::PageUp, "pageup"),
    (Code::PageDown, "pagedown"),
];

/// One key press. Written `ctrl-alt-shift-NAME`, in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Held with control.
    pub ctrl: bool,
    /// Held with alt (or sent after an escape byte, as most terminals do).
    pub alt: bool,
    /// Held with shift; always false for a character, which carries its own case.
    pub shift: bool,
}

impl Key {
    /// The key alone.
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character alone.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character with control.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c.to_ascii_lowercase()), ctrl: true, alt: false, shift: false }
    }

    /// The one form of a key that terminals report in several ways.
    ///
    /// Shift is part of a character already, and control hides its case.
    #[must_use]
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        let Code::Char(c) = code else {
            return Self { code, ctrl, alt, shift };
        };
        let c = match (ctrl, shift) {
            (true, _) => c.to_ascii_lowercase(),
            (false, true) => c.to_ascii_uppercase(),
            (false, false) => c,
        };
        Self { code: Code::Char(c), ctrl, alt, shift: false }
    }

    /// Appends it as written in keymaps.
    pub fn write_onto(self, out: &mut String) {
        for (held, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                out.push_str(word);
            }
        }
        if let Some((_, name)) = NAMES.iter().find(|(code, _)| *code == self.code) {
            out.push_str(name);
        } else if let Code::Char(c) = self.code {
            out.push(c);
        } else if let Code::F(n) = self.code {
            out.push_str(&format!("f{n}"));
        }
    }

    /// The character that this key types into a field, if it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        if let Code::Char(c) = self.code
            && !self.ctrl
            && !self.alt
        {
            Some(c)
        } else {
            None
        }
    }

    /// What a terminal sends instead, when it cannot tell this key from another one.
    fn stands_for(self) -> Option<&'static str> {
        const SAME: [(Key, &str); 3] =
            [(Key::ctrl('i'), "tab"), (Key::ctrl('m'), "enter"), (Key::ctrl('['), "esc")];
        SAME.iter().find(|(key, _)| key.ctrl == self.ctrl && key.code == self.code).map(|(_, name)| *name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write_onto(&mut out);
        f.pad(&out)
    }
}

/// Why a written key is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is not a key: {why}")]
pub struct KeyError {
    /// What was written.
    pub written: Text,
    /// What is wrong with it, and what to write instead.
    pub why: String,
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(written: &str) -> Result<Self, KeyError> {
        let error = |why: String| KeyError { written: Text::line(written), why };
        let mut rest = written;
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        loop {
            // The last dash is the dash key: "ctrl--" and "-" are keys.
            let (held, after) = if let Some(after) = rest.strip_prefix("ctrl-") {
                (&mut ctrl, after)
            } else if let Some(after) = rest.strip_prefix("alt-") {
                (&mut alt, after)
            } else if let Some(after) = rest.strip_prefix("shift-") {
                (&mut shift, after)
            } else {
                break;
            };
            if *held {
                return Err(error("a modifier is written twice".into()));
            }
            *held = true;
            rest = after;
        }
        let code = code(rest).map_err(error)?;
        if shift && matches!(code, Code::Char(c) if !c.is_ascii_alphabetic()) {
            return Err(error("shift is part of the character: write the character it types, as `?`".into()));
        }
        let key = Self::new(code, ctrl, alt, shift);
        match key.stands_for() {
            Some(name) => Err(error(format!("a terminal sends `{name}` for it; write `{name}`"))),
            None => Ok(key),
        }
    }
}

/// The key that a word names.
fn code(word: &str) -> Result<Code, String> {
    if let Some((code, _)) = NAMES.iter().find(|(_, name)| *name == word) {
        return Ok(*code);
    }
    let mut chars = word.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return if c.is_control() || c.is_whitespace() {
            Err("control characters and blanks are written by name, as `tab` or `space`".into())
        } else {
            Ok(Code::Char(c))
        };
    }
    if let Some(n) = word.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
        return if (1..=24).contains(&n) {
            Ok(Code::F(n))
        } else {
            Err("function keys are f1 to f24".into())
        };
    }
    let lower = word.to_lowercase();
    let meant = match lower.as_str() {
        "return" | "cr" => Some("enter"),
        "escape" => Some("esc"),
        "backtab" => Some("shift-tab"),
        "del" => Some("delete"),
        "ins" => Some("insert"),
        "pgup" => Some("pageup"),
        "pgdn" | "pgdown" => Some("pagedown"),
        "bs" => Some("backspace"),
        other => NAMES.iter().map(|(_, name)| *name).find(|name| *name == other),
    };
    Err(match meant {
        Some(name) => format!("write `{name}`"),
        None => {
            let names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).collect();
            format!("write one character, f1 to f24, or one of: {}", names.join(", "))
        }
    })
}

impl TryFrom<String> for Key {
    type Error = KeyError;

    fn try_from(written: String) -> Result<Self, KeyError> {
        written.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The main button went down.
    Down,
    /// It moved while down.
    Drag,
    /// It came up.
    Up,
    /// The wheel turned away from the person.
    ScrollUp,
    /// The wheel turned toward the person.
    ScrollDown,
}

/// The mouse did something at a cell; the top left one is 0, 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// Cells from the left.
    pub column: u16,
    /// Cells from the top.
    pub row: u16,
}

/// Everything that a person's terminal can send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key press.
    Key(Key),
    /// The mouse.
    Mouse(Mouse),
    /// Pasted text: never keys, so a paste cannot confirm anything.
    Paste(Text),
    /// The terminal has a new size, in cells.
    Resize {
        /// Cells across.
        columns: u16,
        /// Cells down.
        rows: u16,
    },
    /// The terminal's window gained (true) or lost the keyboard.
    Focus(bool),
    /// Nothing more will come: the terminal is gone.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_read_and_written_by_the_same_words() {
        for (written, key) in [
            ("ctrl-p", Key::ctrl('p')),
            ("alt-x", Key { alt: true, ..Key::char('x') }),
            ("shift-tab", Key { shift: true, ..Key::plain(Code::Tab) }),
            ("enter", Key::plain(Code::Enter)),
            ("esc", Key::plain(Code::Esc)),
            ("space", Key::char(' ')),
            ("f5", Key::plain(Code::F(5))),
            ("?", Key::char('?')),
            (":", Key::char(':')),
            ("G", Key::char('G')),
            ("f", Key::char('f')),
            ("-", Key::char('-')),
            ("ctrl--", Key::ctrl('-')),
            ("ctrl-alt-delete", Key { code: Code::Delete, ctrl: true, alt: true, shift: false }),
            ("漢", Key::char('漢')),
        ] {
            assert_eq!(written.parse::<Key>().as_ref(), Ok(&key), "{written}");
            assert_eq!(key.to_string(), written);
        }
    }

    #[test]
    fn other_spellings_of_a_key_come_to_its_one_form() {
        for (written, one) in [("shift-g", "G"), ("ctrl-P", "ctrl-p"), ("alt-ctrl-x", "ctrl-alt-x")] {
            assert_eq!(written.parse::<Key>().unwrap().to_string(), one);
        }
    }

    #[test]
    fn what_is_not_a_key_says_what_to_write_instead() {
        for (written, hint) in [
            ("", "one character"),
            ("escape", "`esc`"),
            ("Enter", "`enter`"),
            ("f25", "f1 to f24"),
            ("ctrl-i", "`tab`"),
            ("ctrl-m", "`enter`"),
            ("ctrl-ctrl-a", "twice"),
            ("shift-?", "the character it types"),
            ("nonsense", "one of: space"),
            ("\u{1b}", "by name"),
        ] {
            let error = written.parse::<Key>().unwrap_err();
            assert!(error.why.contains(hint), "{written}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_key_that_is_read_is_written_back(written in ".{0,12}") {
            if let Ok(key) = written.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }
}
