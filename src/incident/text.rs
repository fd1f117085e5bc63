//! Text from outside, made safe once, at the border.
//!
//! Alert fields, log lines, names and whatever an agent says become [`Text`] before anything can
//! draw, export or store them. Inside a `Text` there is no control character, no bidirectional
//! override and no invisible character: each is shown in ASCII instead, so that nothing can hide,
//! reorder or repaint what a commander reads.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Foreign text that is safe to draw, store and export. It never grows, so it keeps no room to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(from = "String")]
pub struct Text(Box<str>);

impl Text {
    /// The most characters a [`Text::line`] keeps; what follows is cut and marked.
    pub const LINE_MAX: usize = 2_000;
    /// The most characters a [`Text::block`] keeps; what follows is cut and marked.
    pub const BLOCK_MAX: usize = 64 * 1024;

    /// One line: line ends and tabs are made visible too.
    #[must_use]
    pub fn line(raw: &str) -> Self {
        Self(clean(raw, Self::LINE_MAX, false).into())
    }

    /// Several lines: `\n` stays a line end, a tab becomes four spaces.
    #[must_use]
    pub fn block(raw: &str) -> Self {
        Self(clean(raw, Self::BLOCK_MAX, true).into())
    }

    /// The safe text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// Whether nothing needs to be replaced or cut: what nearly all text is.
fn is_plain(raw: &str, max: usize, lines: bool) -> bool {
    raw.len() <= max && raw.bytes().all(|b| (0x20..0x7f).contains(&b) || (lines && b == b'\n'))
}

/// Replaces what could hide, reorder or repaint by its name in ASCII, and cuts at `max` characters.
fn clean(raw: &str, max: usize, lines: bool) -> String {
    if is_plain(raw, max, lines) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len().min(max) + 16);
    let mut left = max;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        if left == 0 {
            out.push_str("...[cut]");
            break;
        }
        left -= 1;
        match c {
            '\n' if lines => out.push('\n'),
            '\r' if lines && chars.peek() == Some(&'\n') => {}
            '\t' if lines => out.push_str("    "),
            '\t' => out.push(' '),
            '\u{0}'..='\u{1f}' => {
                out.push('^');
                out.push(char::from(b'@' + c as u8));
            }
            '\u{7f}' => out.push_str("^?"),
            c if is_hidden(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Characters that take no cell, reorder their neighbours or belong to no text.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'          // C1 controls
        | '\u{ad}'                   // soft hyphen
        | '\u{34f}' | '\u{61c}'      // grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'    // zero width, marks of direction
        | '\u{2028}'..='\u{202e}'    // line separators, bidirectional overrides
        | '\u{2060}'..='\u{206f}'    // word joiner, isolates, invisible operators
        | '\u{fe00}'..='\u{fe0f}'    // variation selectors
        | '\u{feff}'                 // byte order mark
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}'  // tags, more variation selectors
    )
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// As a block: stored texts may hold several lines.
impl From<String> for Text {
    fn from(raw: String) -> Self {
        if is_plain(&raw, Self::BLOCK_MAX, true) { Self(raw.into()) } else { Self::block(&raw) }
    }
}

/// As a block.
impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::block(raw)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_is_shown_never_obeyed() {
        for (attack, shown) in [
            ("\x1b]0;owned\x07", "^[]0;owned^G"),
            ("\x1b[2J", "^[[2J"),
            ("safe\u{202e}gpj.exe", "safe<U+202E>gpj.exe"),
            ("zero\u{200b}width", "zero<U+200B>width"),
            ("c1\u{9b}31m", "c1<U+009B>31m"),
            ("two\nlines", "two^Jlines"),
            ("del\x7f", "del^?"),
            ("漢字 stay", "漢字 stay"),
        ] {
            assert_eq!(Text::line(attack).as_str(), shown);
        }
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_else() {
        assert_eq!(Text::block("a\r\nb\tc\rd").as_str(), "a\nb    c^Md");
    }

    #[test]
    fn what_is_cut_is_marked() {
        let long = "x".repeat(Text::LINE_MAX + 1);
        let text = Text::line(&long);
        assert!(text.as_str().ends_with("x...[cut]"));
    }

    proptest! {
        #[test]
        fn no_control_or_hidden_character_survives(raw in any::<String>()) {
            let text = Text::block(&raw);
            prop_assert!(text.as_str().chars().all(|c| c == '\n' || !(c.is_control() || is_hidden(c))));
        }

        #[test]
        fn stored_text_is_read_back_unchanged(raw in any::<String>()) {
            let text = Text::block(&raw);
            prop_assert_eq!(Text::from(String::from(text.clone())), text);
        }
    }
}
