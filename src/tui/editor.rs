//! The review's text while it is edited. The only file that knows the text area's crate.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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
    /// What can be undone, each as a whole, the last one last; and what was undone.
    done: Vec<Burst>,
    undone: Vec<Burst>,
    /// How the last edit may go on.
    open: Option<Typed>,
}

/// Edits that are undone as one: a word as it was typed, a run of deletions, a paste, a refill. The
/// text area remembers each character; the text's fingerprints say where a burst begins and ends.
#[derive(Debug, Clone, Copy)]
struct Burst {
    before: u64,
    after: u64,
}

/// What was typed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// A character of a word.
    Word,
    /// A space behind it.
    Space,
    /// Something was taken away, in this direction.
    Erased(Code),
}

impl Typed {
    /// What a key types, if more of the same may follow in one burst.
    fn of(key: Key) -> Option<Self> {
        if matches!(key.code, Code::Backspace | Code::Delete) && !key.ctrl && !key.alt {
            return Some(Self::Erased(key.code));
        }
        key.typed().map(|c| if c.is_whitespace() { Self::Space } else { Self::Word })
    }

    /// Whether `next` belongs to the same burst.
    fn goes_on(self, next: Self) -> bool {
        match (self, next) {
            (Self::Word, Self::Word | Self::Space) | (Self::Space, Self::Space) => true,
            (Self::Erased(one), Self::Erased(other)) => one == other,
            (Self::Word | Self::Space | Self::Erased(_), _) => false,
        }
    }
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
        Self { area, dirty: false, done: Vec::new(), undone: Vec::new(), open: None }
    }

    /// Takes a key as the text area's own bindings mean it.
    pub fn key(&mut self, key: Key) {
        if key == Key::ctrl('u') {
            self.undo();
            return;
        }
        if key == Key::ctrl('r') {
            self.redo();
            return;
        }
        let typed = Typed::of(key);
        let goes_on = self.open.zip(typed).is_some_and(|(last, next)| last.goes_on(next));
        let changed = self.edit(goes_on, |area| area.input(input(key)));
        self.open = typed.filter(|_| changed);
    }

    /// Makes an edit, as a part of the last burst or as one of its own; whether it changed anything.
    fn edit(&mut self, goes_on: bool, edit: impl FnOnce(&mut TextArea<'static>) -> bool) -> bool {
        let before = self.fingerprint();
        if !edit(&mut self.area) {
            return false;
        }
        let after = self.fingerprint();
        self.dirty = true;
        self.undone.clear();
        match self.done.last_mut().filter(|_| goes_on) {
            Some(burst) => burst.after = after,
            None => self.done.push(Burst { before, after }),
        }
        if self.done.len() > UNDOABLE {
            self.done.remove(0);
        }
        true
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.area.lines().hash(&mut hasher);
        hasher.finish()
    }

    /// Inserts pasted text, line ends and all.
    pub fn paste(&mut self, text: &str) {
        self.open = None;
        self.edit(false, |area| area.insert_str(text));
    }

    /// Undoes the last burst; false when there is none.
    pub fn undo(&mut self) -> bool {
        self.open = None;
        let Some(burst) = self.done.pop() else { return false };
        let mut undone = false;
        while self.area.undo() {
            undone = true;
            if self.fingerprint() == burst.before {
                break;
            }
        }
        if undone {
            self.undone.push(burst);
        }
        self.dirty |= undone;
        undone
    }

    /// Redoes what was undone; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        self.open = None;
        let Some(burst) = self.undone.pop() else { return false };
        let mut redone = false;
        while self.area.redo() {
            redone = true;
            if self.fingerprint() == burst.after {
                break;
            }
        }
        if redone {
            self.done.push(burst);
        }
        self.dirty |= redone;
        redone
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
        self.open = None;
        self.edit(false, |area| {
            area.select_all();
            area.insert_str(text)
        });
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
    fn an_undo_takes_back_a_word_and_not_a_character() {
        let mut editor = Editor::open("# Review\n");
        for c in "UNDO ME".chars() {
            editor.key(Key::char(c));
        }
        assert_eq!(editor.text(), "UNDO ME# Review\n");
        assert!(editor.undo());
        assert_eq!(editor.text(), "UNDO # Review\n");
        assert!(editor.undo() && !editor.undo());
        assert_eq!(editor.text(), "# Review\n");
        assert!(editor.redo() && editor.redo() && !editor.redo());
        assert_eq!(editor.text(), "UNDO ME# Review\n");
        // A run of deletions is one; a move of the cursor begins anew.
        for _ in 0..3 {
            editor.key(Key::plain(Code::Backspace));
        }
        assert_eq!(editor.text(), "UNDO# Review\n");
        editor.key(Key::char('x'));
        editor.key(Key::plain(Code::Home));
        editor.key(Key::char('y'));
        for text in ["UNDOx# Review\n", "UNDO# Review\n", "UNDO ME# Review\n"] {
            assert!(editor.undo());
            assert_eq!(editor.text(), text);
        }
    }

    #[test]
    fn what_was_undone_is_gone_once_something_else_is_typed() {
        let mut editor = Editor::open("a\n");
        editor.paste("two words ");
        assert!(editor.undo());
        editor.key(Key::char('b'));
        assert!(!editor.redo());
        assert!(editor.undo() && !editor.undo());
        assert_eq!(editor.text(), "a\n");
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
