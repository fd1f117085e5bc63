//! What a terminal's sequences mean: keys with their modifiers, the mouse, the window's focus.
//!
//! Besides what xterm sends, the forms of kitty and of `modifyOtherKeys` are understood: nobody
//! asks for them here, but some terminals are set up to send them.

use crate::app::key::{Code, Input, Key, Mouse, MouseKind};

/// What stands between `ESC [` and the end of the sequence, its last byte included.
pub(super) fn csi(body: &[u8]) -> Option<Input> {
    let (last, rest) = body.split_last()?;
    let (mark, numbers) = match rest {
        [mark @ b'<'..=b'?', numbers @ ..] => (Some(*mark), numbers),
        numbers => (None, numbers),
    };
    let field = |n: usize| numbers.split(|b| *b == b';').nth(n).unwrap_or_default();
    match (mark, *last) {
        (Some(b'<'), b'M' | b'm') => {
            mouse(number(field(0)), number(field(1)), number(field(2)), *last == b'm').map(Input::Mouse)
        }
        (Some(_), _) => None,
        (None, b'M') => {
            let button = number(field(0)).and_then(|n| n.checked_sub(32));
            mouse(button, number(field(1)), number(field(2)), false).map(Input::Mouse)
        }
        (None, b'I' | b'O') if numbers.is_empty() => Some(Input::Focus(*last == b'I')),
        (None, last) => {
            let first = number(field(0)).unwrap_or(1);
            let key = match last {
                b'~' => Key::plain(numbered(first)?),
                b'u' => coded(field(0))?,
                // Else it says where the cursor is, and answers somebody who left.
                b'R' if first > 1 => return None,
                last => letter(last)?,
            };
            with_modifiers(key, field(1)).map(Input::Key)
        }
    }
}

/// The key that a sequence of one letter means.
pub(super) fn letter(letter: u8) -> Option<Key> {
    let code = match letter {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'P'..=b'S' => Code::F(letter - b'P' + 1),
        b'Z' => return Some(Key { shift: true, ..Key::plain(Code::Tab) }),
        _ => return None,
    };
    Some(Key::plain(code))
}

/// A report of the mouse; its cells are counted from one.
pub(super) fn mouse(
    button: Option<u32>,
    column: Option<u32>,
    row: Option<u32>,
    released: bool,
) -> Option<Mouse> {
    let button = button?;
    let cell = |n: Option<u32>| u16::try_from(n?.checked_sub(1)?).ok();
    // Two bits of the button are apart from the others; between them stand modifiers and movement.
    let kind = match (button & 3 | (button & 0xc0) >> 4, button & 32 != 0) {
        (0, false) if released => MouseKind::Up,
        (0, false) => MouseKind::Down,
        (0, true) => MouseKind::Drag,
        (3, false) => MouseKind::Up,
        (4, false) => MouseKind::ScrollUp,
        (5, false) => MouseKind::ScrollDown,
        (_, _) => return None,
    };
    Some(Mouse { kind, column: cell(column)?, row: cell(row)? })
}

fn numbered(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => function(number - 10)?,
        17..=21 => function(number - 11)?,
        23..=26 => function(number - 12)?,
        28..=29 => function(number - 13)?,
        31..=34 => function(number - 14)?,
        _ => return None,
    })
}

fn function(n: u32) -> Option<Code> {
    u8::try_from(n).ok().map(Code::F)
}

/// The key whose code, and maybe the character it types with shift, are these.
fn coded(codes: &[u8]) -> Option<Key> {
    const KEYPAD: &[u8] = b"0123456789./*-+\r=,";
    const MOVES: [Code; 10] = [
        Code::Left,
        Code::Right,
        Code::Up,
        Code::Down,
        Code::PageUp,
        Code::PageDown,
        Code::Home,
        Code::End,
        Code::Insert,
        Code::Delete,
    ];
    let mut codes = codes.split(|b| *b == b':').map(number);
    let code = codes.next()??;
    let character = |n: u32| char::from_u32(n).filter(|c| !c.is_control());
    let shifted = codes.next().flatten().and_then(character);
    let keypad = |n: u32| KEYPAD.get(n as usize).copied();
    let code = match code {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Esc,
        127 => Code::Backspace,
        57376..=57387 => function(code - 57376 + 13)?,
        57399..=57416 => match keypad(code - 57399)? {
            b'\r' => Code::Enter,
            byte => Code::Char(char::from(byte)),
        },
        57417..=57426 => MOVES[(code - 57417) as usize],
        // The other keys that have no character: nothing here knows them.
        57344..=63743 => return None,
        code => Code::Char(shifted.or_else(|| character(code))?),
    };
    Some(Key::plain(code))
}

/// The key with its modifiers, which are sent as one more than their bits; nothing for a key that
/// is let go.
fn with_modifiers(key: Key, field: &[u8]) -> Option<Key> {
    let mut parts = field.split(|b| *b == b':').map(number);
    let bits = parts.next().flatten().unwrap_or(1).saturating_sub(1);
    if parts.next().flatten() == Some(3) {
        return None;
    }
    Some(Key::new(key.code, bits & 4 != 0, bits & 2 != 0, key.shift || bits & 1 != 0))
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
