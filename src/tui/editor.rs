//! The review's text while it is edited. The only file that knows the text area's crate.
//!
//! The text area keeps the text, its history and the cursor; which rows a long line takes, where the
//! cursor goes up and down, and what is drawn, is ours: its own rows part punctuation from words.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use tui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::key::{Code, Key};
use crate::app::theme::Role;

use super::theme::Skin;
use super::widgets::rows::{cells, column, rows};

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
    /// What was drawn last.
    seen: Cell<Seen>,
    /// The column that the cursor keeps to while it goes up and down.
    goal: Option<usize>,
}

/// The part of the text that is on the screen.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The first row.
    top: Place,
    /// How many rows there are.
    height: usize,
    /// Cells of a row.
    width: usize,
}

/// A row of the screen: a line of the text, and which of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    line: usize,
    row: usize,
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
        area.set_max_histories(UNDOABLE);
        let seen = Seen { top: Place { line: 0, row: 0 }, height: 1, width: usize::MAX };
        let seen = Cell::new(seen);
        Self { area, dirty: false, done: Vec::new(), undone: Vec::new(), open: None, seen, goal: None }
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
        if let Some(by) = self.rows_of(key) {
            self.open = None;
            self.go_by_rows(by, key.shift);
            return;
        }
        self.goal = None;
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

    /// Scrolls by rows; the cursor stays in sight.
    pub fn scroll(&mut self, lines: i32) {
        let mut seen = self.seen.get();
        seen.top = self.place_by(seen.top, isize::try_from(lines).unwrap_or(0));
        self.seen.set(seen);
        let at = self.cursor_place().0;
        let last = self.place_by(seen.top, seen.height.saturating_sub(1).cast_signed());
        if at < seen.top || at > last {
            self.area.cancel_selection();
            self.put_cursor(at.clamp(seen.top, last), 0);
        }
    }

    /// How many rows a key moves the cursor by, as the text area binds it.
    fn rows_of(&self, key: Key) -> Option<isize> {
        let page = self.seen.get().height.saturating_sub(1).max(1).cast_signed();
        match key.code {
            Code::Up if !key.ctrl && !key.alt => Some(-1),
            Code::Down if !key.ctrl && !key.alt => Some(1),
            Code::Char('p') if key.ctrl && !key.alt => Some(-1),
            Code::Char('n') if key.ctrl && !key.alt => Some(1),
            Code::PageUp => Some(-page),
            Code::PageDown => Some(page),
            Code::Char('v') if key.ctrl != key.alt => Some(if key.ctrl { page } else { -page }),
            Code::Char(_)
            | Code::Up
            | Code::Down
            | Code::Enter
            | Code::Esc
            | Code::Tab
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::F(_) => None,
        }
    }

    /// Moves the cursor by rows of the screen, in the column where it began.
    fn go_by_rows(&mut self, by: isize, selects: bool) {
        let (at, now) = self.cursor_place();
        let goal = *self.goal.get_or_insert(now);
        let to = self.place_by(at, by);
        if !selects {
            self.area.cancel_selection();
        } else if !self.area.is_selecting() {
            self.area.start_selection();
        }
        if to == at {
            let edge = if by < 0 { CursorMove::Head } else { CursorMove::End };
            self.area.move_cursor(edge);
        } else {
            self.put_cursor(to, goal);
        }
    }

    /// Puts the cursor into a row, as near to a column of the screen as it can stand there.
    fn put_cursor(&mut self, at: Place, wanted: usize) {
        let Some(line) = self.area.lines().get(at.line) else { return };
        let all = rows(line, self.seen.get().width);
        let Some(row) = all.get(at.row) else { return };
        let text = &line[row.clone()];
        let mut to = row.end;
        let mut from = 0;
        for (offset, grapheme) in text.grapheme_indices(true) {
            let next = from + cells(grapheme, from);
            // The end of a row is the beginning of the next one.
            let is_last = offset + grapheme.len() == text.len() && at.row + 1 < all.len();
            if next > wanted || is_last {
                to = row.start + offset;
                break;
            }
            from = next;
        }
        let chars = line[..to].chars().count();
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(short(at.line), short(chars)));
    }

    /// The row that the cursor is in, and its column there.
    fn cursor_place(&self) -> (Place, usize) {
        let DataPlace { line, column: chars } = self.place();
        let Some(text) = self.area.lines().get(line) else { return (Place { line, row: 0 }, 0) };
        let at = byte_of(text, chars);
        let all = rows(text, self.seen.get().width);
        let row = all.iter().rposition(|row| row.start <= at).unwrap_or(0);
        (Place { line, row }, column(&text[all[row].start..at]))
    }

    /// The row so many rows further on, or the last or first one.
    fn place_by(&self, from: Place, by: isize) -> Place {
        let lines = self.area.lines();
        let count = |line: usize| lines.get(line).map_or(1, |text| rows(text, self.seen.get().width).len());
        let mut at = Place { line: from.line.min(lines.len().saturating_sub(1)), ..from };
        at.row = at.row.min(count(at.line) - 1);
        for _ in 0..by.unsigned_abs() {
            if by > 0 && at.row + 1 < count(at.line) {
                at.row += 1;
            } else if by > 0 && at.line + 1 < lines.len() {
                at = Place { line: at.line + 1, row: 0 };
            } else if by < 0 && at.row > 0 {
                at.row -= 1;
            } else if by < 0 && at.line > 0 {
                at = Place { line: at.line - 1, row: count(at.line - 1) - 1 };
            } else {
                break;
            }
        }
        at
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
        // The last column is for a cursor behind a full row.
        let (width, height) = (usize::from(area.width - 1).max(1), usize::from(area.height));
        self.seen.set(Seen { width, height, ..self.seen.get() });
        let (at, column) = self.cursor_place();
        let top = self.bring_in_sight(at);
        self.seen.set(Seen { top, height, width });
        buf.set_style(area, skin.style(Role::Text));
        let mut y = area.y;
        let mut cursor = None;
        for (number, line) in self.area.lines().iter().enumerate().skip(top.line) {
            let marked = self.marked(number, line);
            let first = if number == top.line { top.row } else { 0 };
            for (nth, row) in rows(line, width).into_iter().enumerate().skip(first) {
                if y >= area.bottom() {
                    return cursor;
                }
                draw_row(line, row, &marked, Rect { y, height: 1, ..area }, buf);
                if at == (Place { line: number, row: nth }) {
                    let column = u16::try_from(column).unwrap_or(u16::MAX).min(area.width - 1);
                    cursor = Some(Position::new(area.x + column, y));
                }
                y += 1;
            }
        }
        cursor
    }

    /// The first row on the screen: where it was, unless the cursor would be out of sight.
    fn bring_in_sight(&self, cursor: Place) -> Place {
        let Seen { top, height, .. } = self.seen.get();
        let top = self.place_by(top, 0);
        if cursor <= top {
            return cursor;
        }
        let last = self.place_by(top, height.saturating_sub(1).cast_signed());
        if cursor <= last { top } else { self.place_by(cursor, 1 - height.cast_signed()) }
    }

    /// What of a line is shown in reverse: what was searched for, and what is selected.
    fn marked(&self, number: usize, line: &str) -> Vec<Range<usize>> {
        let found = self.area.search_pattern().into_iter().flat_map(|pattern| pattern.find_iter(line));
        let mut marked: Vec<Range<usize>> = found.map(|found| found.range()).collect();
        if let Some((from, to)) = self.area.selection_range()
            && (from.0..=to.0).contains(&number)
        {
            let start = if from.0 == number { byte_of(line, from.1) } else { 0 };
            let end = if to.0 == number { byte_of(line, to.1) } else { line.len() };
            marked.push(start..end);
        }
        marked
    }
}

/// Where a character of a line begins, in bytes.
fn byte_of(line: &str, chars: usize) -> usize {
    line.char_indices().nth(chars).map_or(line.len(), |(at, _)| at)
}

/// Draws one row of a line.
fn draw_row(line: &str, row: Range<usize>, marked: &[Range<usize>], area: Rect, buf: &mut Buffer) {
    let mut from = 0;
    for (offset, grapheme) in line[row.clone()].grapheme_indices(true) {
        let wide = cells(grapheme, from);
        let (Ok(x), Ok(next)) = (u16::try_from(from), u16::try_from(from + wide)) else { return };
        if next > area.width {
            return; // a space that hangs over the edge
        }
        let at = row.start + offset;
        for cell in x..next {
            let cell = &mut buf[(area.x + cell, area.y)];
            if marked.iter().any(|range| range.contains(&at)) {
                cell.modifier.insert(Modifier::REVERSED);
            }
        }
        if wide > 0 && grapheme != "\t" {
            let style = buf[(area.x + x, area.y)].style();
            buf.set_stringn(area.x + x, area.y, grapheme, wide, style);
        }
        from += wide;
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

    fn drawn(editor: &Editor, width: u16, height: u16) -> (Vec<String>, Option<Position>) {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let cursor = editor.draw(area, &mut buf, &crate::tui::testing::mono());
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        ((0..height).map(row).collect(), cursor)
    }

    #[test]
    fn the_cursor_goes_up_and_down_by_rows_of_the_screen() {
        let mut editor = Editor::open("for somebody who was not there? (only people)\nlast\n");
        let (shown, cursor) = drawn(&editor, 17, 6);
        assert_eq!(shown, ["for somebody who", "was not there?", "(only people)", "last", "", ""]);
        assert_eq!(cursor, Some(Position::new(0, 0)));
        for _ in 0..15 {
            editor.key(Key::plain(Code::Right));
        }
        for (key, line, x, y) in [
            (Code::Down, 0, 14, 1),
            (Code::Down, 0, 13, 2),
            (Code::Down, 1, 4, 3),
            // It comes back to the column where it began.
            (Code::Up, 0, 13, 2),
            (Code::Up, 0, 14, 1),
            (Code::Up, 0, 15, 0),
        ] {
            editor.key(Key::plain(key));
            assert_eq!(drawn(&editor, 17, 6).1, Some(Position::new(x, y)), "{key:?}");
            assert_eq!(editor.cursor().0, line);
        }
        editor.key(Key::plain(Code::PageDown));
        assert_eq!(editor.cursor().0, 1);
    }

    #[test]
    fn the_cursor_is_in_sight_in_a_text_longer_than_the_screen() {
        let line = "一二三四五，六七八九十。";
        let mut editor = Editor::open(&[line; 30].join("\n"));
        assert_eq!(drawn(&editor, 11, 4).1, Some(Position::new(0, 0)));
        editor.go_to(20);
        let (shown, cursor) = drawn(&editor, 11, 4);
        assert!(cursor.is_some() && shown.iter().all(|row| !row.starts_with(['，', '。'])), "{shown:?}");
        editor.scroll(-9);
        assert!(drawn(&editor, 11, 4).1.is_some() && editor.cursor().0 < 20);
        editor.key(Key::plain(Code::PageUp));
        editor.scroll(-1_000);
        let (shown, cursor) = drawn(&editor, 11, 4);
        assert!(cursor.is_some() && shown[0].starts_with('一'), "{shown:?}");
        assert!(editor.search("九十"));
        let reversed = |editor: &Editor| {
            let mut buf = Buffer::empty(Rect::new(0, 0, 11, 4));
            editor.draw(buf.area, &mut buf, &crate::tui::testing::mono());
            buf.content.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count()
        };
        assert!(reversed(&editor) >= 4);
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
