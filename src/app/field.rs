//! One line of typed text with a cursor, as forms, prompts and the palette use it.

use unicode_segmentation::UnicodeSegmentation;

use super::key::{Code, Key};
use crate::incident::Text;

/// A line being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// A byte index, always between graphemes.
    cursor: usize,
}

impl Field {
    /// The most bytes a field takes; pasting more is cut.
    pub const MAX: usize = 4_000;

    /// A field that holds `text`, with the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut field = Self::default();
        field.insert(text);
        field
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was typed, as a safe text.
    #[must_use]
    pub fn as_text(&self) -> Text {
        Text::line(self.text.trim())
    }

    /// What stands before and behind the cursor.
    #[must_use]
    pub fn around_cursor(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Inserts what was typed or pasted; control characters are made visible.
    pub fn insert(&mut self, raw: &str) {
        let clean = Text::line(raw);
        let room = Self::MAX.saturating_sub(self.text.len());
        let mut end = clean.as_str().len().min(room);
        while !clean.as_str().is_char_boundary(end) {
            end -= 1;
        }
        self.text.insert_str(self.cursor, &clean.as_str()[..end]);
        self.cursor += end;
    }

    /// Takes a key; false if it means nothing to a field.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (key.code, key.ctrl) {
            (Code::Backspace, false) | (Code::Char('h'), true) => self.delete(self.left(), self.cursor),
            (Code::Delete, false) | (Code::Char('d'), true) => self.delete(self.cursor, self.right()),
            (Code::Backspace, true) | (Code::Char('w'), true) => self.delete(self.word_left(), self.cursor),
            (Code::Char('u'), true) => self.delete(0, self.cursor),
            (Code::Char('k'), true) => self.delete(self.cursor, self.text.len()),
            (Code::Left, false) | (Code::Char('b'), true) => self.cursor = self.left(),
            (Code::Right, false) | (Code::Char('f'), true) => self.cursor = self.right(),
            (Code::Left, true) => self.cursor = self.word_left(),
            (Code::Home, _) | (Code::Char('a'), true) => self.cursor = 0,
            (Code::End, _) | (Code::Char('e'), true) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn left(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let next = self.text[self.cursor..].graphemes(true).next();
        self.cursor + next.map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_edited_by_grapheme_and_word() {
        let mut field = Field::new("data leak e\u{301}");
        assert!(field.key(Key::plain(Code::Backspace)));
        assert_eq!(field.text(), "data leak ");
        assert!(field.key(Key::ctrl('w')));
        assert_eq!(field.text(), "data ");
        assert!(field.key(Key::plain(Code::Home)));
        field.insert("no ");
        assert_eq!(field.around_cursor(), ("no ", "data "));
        assert!(!field.key(Key::plain(Code::Enter)));
    }

    #[test]
    fn pasted_control_characters_are_shown_and_too_much_is_cut() {
        let mut field = Field::new("\x1b[2J");
        assert_eq!(field.text(), "^[[2J");
        field.insert(&"漢".repeat(3_000));
        assert!(field.text().len() <= Field::MAX);
    }
}
