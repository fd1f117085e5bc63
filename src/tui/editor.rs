//! The review's text while it is edited. The only file that knows the text area's crate.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, Input, Key as AreaKey, TextArea, WrapMode};

use crate::app::key::{Code, Key};
use crate::app::theme::Role;

use super::theme::Skin;

/// How many edits can be undone.
const UNDOABLE: usize = 1_000;

/// A text and a cursor.
#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
    dirty: bool,
}

impl Editor {
    /// Opens a text, with the cursor at its beginning and nothing to undo.
    #[must_use]
    pub fn open(text: &str) -> Self {
        let mut area = TextArea::new(text.lines().map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_max_histories(UNDOABLE);
        area.set_cursor_line_style(Style::default());
        // The terminal's own cursor is used: it blinks, and input methods follow it.
        area.set_cursor_style(Style::default());
        area.set_search_style(Style::default().add_modifier(Modifier::REVERSED));
        Self { area, dirty: false }
    }

    /// Takes a key as the text area's own bindings mean it.
    pub fn key(&mut self, key: Key) {
        self.dirty |= self.area.input(input(key));
    }

    /// Inserts pasted text, line ends and all.
    pub fn paste(&mut self, text: &str) {
        self.dirty |= self.area.insert_str(text);
    }

    /// Undoes the last edit; false when there is none.
    pub fn undo(&mut self) -> bool {
        let undone = self.area.undo() && (!self.is_blank() || self.area.undo());
        self.dirty |= undone;
        undone
    }

    /// Redoes what was undone; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        let redone = self.area.redo() && (!self.is_blank() || self.area.redo());
        self.dirty |= redone;
        redone
    }

    /// Whether there is nothing at all: half of a replacement, which is undone as a whole.
    fn is_blank(&self) -> bool {
        self.area.is_empty()
    }

    /// Goes to the next place of a text, literally; false when there is none. An empty text ends
    /// the search.
    pub fn search(&mut self, text: &str) -> bool {
        let pattern = regex::escape(text);
        self.area.set_search_pattern(pattern).is_ok() && !text.is_empty() && self.area.search_forward(true)
    }

    /// Goes to the next place of the same text; false when there is none.
    pub fn search_next(&mut self) -> bool {
        self.area.search_pattern().is_some() && self.area.search_forward(false)
    }

    /// Puts the cursor at the beginning of a line, counted from zero, or of the last one.
    pub fn go_to(&mut self, line: usize) {
        let line = u16::try_from(line).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(line, 0));
    }

    /// Scrolls by lines.
    pub fn scroll(&mut self, lines: i32) {
        let limit = i32::from(i16::MAX);
        let rows = i16::try_from(lines.clamp(-limit, limit)).unwrap_or(0);
        self.area.scroll((rows, 0));
    }

    /// Puts another text in place of all of it, as one edit that can be undone.
    pub fn replace(&mut self, text: &str) {
        let DataPlace { line, column } = self.place();
        self.area.select_all();
        self.area.insert_str(text);
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(cells(line), cells(column)));
        self.dirty = true;
    }

    /// The whole text; it ends with a line end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.area.lines().join("\n");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// The cursor's line and column in the text, from zero.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let DataPlace { line, column } = self.place();
        (line, column)
    }

    fn place(&self) -> DataPlace {
        let cursor = self.area.cursor();
        DataPlace { line: cursor.0, column: cursor.1 }
    }

    /// Whether something changed since it was opened or saved.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// What is in the editor now is saved.
    pub const fn saved(&mut self) {
        self.dirty = false;
    }

    /// Draws the text, and says where its cursor is on the screen.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) -> Option<Position> {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        (&self.area).render(area, buf);
        buf.set_style(area, skin.style(Role::Text));
        let (top, left) = self.area.scroll_offset();
        let cursor = self.area.screen_cursor();
        let row = cursor.row.checked_sub(usize::from(top)).and_then(|row| u16::try_from(row).ok())?;
        let column =
            cursor.col.checked_sub(usize::from(left)).and_then(|column| u16::try_from(column).ok())?;
        let inside = row < area.height && column < area.width;
        inside.then(|| Position::new(area.x + column, area.y + row))
    }
}

struct DataPlace {
    line: usize,
    column: usize,
}

/// A key as the text area names it.
fn input(key: Key) -> Input {
    let code = match key.code {
        Code::Char(c) => AreaKey::Char(c),
        Code::Enter => AreaKey::Enter,
        Code::Esc => AreaKey::Esc,
        Code::Tab => AreaKey::Tab,
        Code::Backspace => AreaKey::Backspace,
        Code::Delete => AreaKey::Delete,
        Code::Left => AreaKey::Left,
        Code::Right => AreaKey::Right,
        Code::Up => AreaKey::Up,
        Code::Down => AreaKey::Down,
        Code::Home => AreaKey::Home,
        Code::End => AreaKey::End,
        Code::PageUp => AreaKey::PageUp,
        Code::PageDown => AreaKey::PageDown,
        Code::F(n) => AreaKey::F(n),
        Code::Insert => AreaKey::Null,
    };
    Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_can_be_undone_and_redone() {
        let mut editor = Editor::open("# Review\n\nroot cause: ?\n");
        assert!(!editor.is_dirty());
        editor.key(Key::char('x'));
        assert_eq!(editor.text(), "x# Review\n\nroot cause: ?\n");
        assert!(editor.is_dirty());
        assert!(editor.undo() && !editor.undo());
        assert_eq!(editor.text(), "# Review\n\nroot cause: ?\n");
        assert!(editor.redo());
        editor.saved();
        assert!(!editor.is_dirty());
    }

    #[test]
    fn a_search_is_literal_and_goes_round() {
        let mut editor = Editor::open("a.b\naxb\na.b\n");
        assert!(editor.search("a.b"));
        assert_eq!(editor.cursor(), (0, 0));
        assert!(editor.search_next());
        assert_eq!(editor.cursor(), (2, 0));
        assert!(editor.search_next());
        assert_eq!(editor.cursor(), (0, 0));
        assert!(!editor.search("nowhere"));
    }

    #[test]
    fn a_refill_is_one_edit_and_leaves_the_cursor_near() {
        let mut editor = Editor::open("one\ntwo\n");
        editor.key(Key::plain(Code::Down));
        editor.replace("one\nnew\ntwo\n");
        assert_eq!(editor.text(), "one\nnew\ntwo\n");
        assert_eq!(editor.cursor().0, 1);
        assert!(editor.undo());
        assert_eq!(editor.text(), "one\ntwo\n");
    }

    #[test]
    fn long_lines_are_wrapped_and_the_cursor_is_found_in_them() {
        let mut editor = Editor::open("one two three four\n");
        editor.key(Key::plain(Code::End));
        let area = Rect::new(2, 1, 9, 4);
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 8));
        let skin = crate::tui::testing::mono();
        assert_eq!(editor.draw(area, &mut buf, &skin), Some(Position::new(6, 3)));
        editor.paste("\r\nfive");
        assert!(editor.text().contains("four\nfive"), "{}", editor.text());
    }
}
