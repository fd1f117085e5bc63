//! Cuts a terminal's bytes into keys, sequences and pastes, however they were portioned.

use memchr::memmem;

use crate::app::key::{Code, Input, Key};
use crate::incident::Text;

use super::sequence;

const ESC: u8 = 0x1b;
/// What stands after a pasted text.
const PASTE_END: &[u8] = b"\x1b[201~";
/// The most bytes of a sequence; longer ones are letters after all.
const LONGEST: usize = 32;
/// The most of a paste that is kept: more than any field or review takes.
const PASTE_MAX: usize = 1 << 20;

/// Bytes that are no input yet.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    held: Vec<u8>,
    /// The Escape that is held came with nothing after it: it may be the key.
    alone: bool,
    paste: Option<Vec<u8>>,
}

/// What the first bytes are.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// So many bytes, and what they mean, if anything.
    Whole(usize, Option<Input>),
    /// The beginning of something.
    Part,
    /// An Escape, and after it what is no sequence.
    Escape,
    /// A pasted text begins after so many bytes.
    Paste(usize),
}

impl Decoder {
    /// Adds a portion; appends the inputs that are complete now.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Input>) {
        self.held.extend_from_slice(bytes);
        let done = self.decode(false, out);
        self.held.drain(..done);
        self.alone = self.held == [ESC] || (self.alone && done == 0);
    }

    /// Whether an Escape is held that may be the key, or the beginning of a sequence.
    pub fn is_waiting(&self) -> bool {
        self.paste.is_none() && self.held.first() == Some(&ESC)
    }

    /// What is held is all there is: Escape, and letters after it.
    pub fn give_up(&mut self, out: &mut Vec<Input>) {
        if self.is_waiting() {
            self.decode(true, out);
            self.held.clear();
            self.alone = false;
        }
    }

    /// Decodes what is held, `last` if nothing more belongs to it, and says how many bytes are done.
    fn decode(&mut self, last: bool, out: &mut Vec<Input>) -> usize {
        let mut done = 0;
        while done < self.held.len() {
            let rest = &self.held[done..];
            if let Some(paste) = &mut self.paste {
                let (taken, ended) = pasted(rest, paste);
                done += taken;
                if !ended {
                    break;
                }
                out.extend(self.paste.take().map(|text| Input::Paste(block(&text))));
                continue;
            }
            let alone = self.alone && done == 0;
            let mut piece = piece(rest, alone);
            if last && piece == Piece::Part {
                piece = unfinished(rest, alone);
            }
            match piece {
                Piece::Whole(length, input) => {
                    done += length;
                    out.extend(input);
                }
                Piece::Part => break,
                Piece::Escape => {
                    done += 1;
                    out.push(Input::Key(Key::plain(Code::Esc)));
                }
                Piece::Paste(length) => {
                    done += length;
                    self.paste = Some(Vec::new());
                }
            }
        }
        done
    }
}

fn block(text: &[u8]) -> Text {
    Text::block(&String::from_utf8_lossy(text))
}

/// Adds to a pasted text what belongs to it; how many bytes are done, and whether it ended.
fn pasted(rest: &[u8], paste: &mut Vec<u8>) -> (usize, bool) {
    let (text, taken, ended) = match memmem::find(rest, PASTE_END) {
        Some(end) => (end, end + PASTE_END.len(), true),
        None => {
            // The end may have been cut in two.
            let cut = (1..PASTE_END.len()).rev().find(|n| rest.ends_with(&PASTE_END[..*n])).unwrap_or(0);
            (rest.len() - cut, rest.len() - cut, false)
        }
    };
    paste.extend_from_slice(&rest[..text.min(PASTE_MAX.saturating_sub(paste.len()))]);
    (taken, ended)
}

/// A sequence that nothing more comes for: a letter with alt, when both came together. Half a
/// character is nothing.
fn unfinished(rest: &[u8], alone: bool) -> Piece {
    match rest {
        [ESC, letter, ..] if !alone && letter.is_ascii() => alt(plain(&[*letter])),
        [ESC, ..] => Piece::Escape,
        _ => Piece::Whole(rest.len(), None),
    }
}

/// What the first bytes are; `alone` if the Escape among them came alone.
fn piece(bytes: &[u8], alone: bool) -> Piece {
    match bytes {
        [ESC] => Piece::Part,
        [ESC, b'[', ..] => csi(bytes),
        [ESC, b'O'] => Piece::Part,
        [ESC, b'O', letter, ..] if letter.is_ascii_alphabetic() => {
            Piece::Whole(3, sequence::letter(*letter).map(Input::Key))
        }
        [ESC, b'O' | ESC, ..] => Piece::Escape,
        [ESC, ..] if alone => Piece::Escape,
        [ESC, rest @ ..] => alt(plain(rest)),
        _ => plain(bytes),
    }
}

/// The piece after an Escape that means alt.
fn alt(piece: Piece) -> Piece {
    match piece {
        Piece::Whole(length, Some(Input::Key(key))) => {
            Piece::Whole(length + 1, Some(Input::Key(Key { alt: true, ..key })))
        }
        Piece::Whole(length, input) => Piece::Whole(length + 1, input),
        piece @ (Piece::Part | Piece::Escape | Piece::Paste(_)) => piece,
    }
}

/// A sequence that begins with `ESC [`.
fn csi(bytes: &[u8]) -> Piece {
    let body = &bytes[2..];
    let mut end = usize::from(matches!(body.first(), Some(b'<'..=b'?')));
    end += body[end..].iter().take_while(|b| matches!(b, b'0'..=b'9' | b';' | b':')).count();
    if end > 0 {
        end += body[end..].iter().take_while(|b| matches!(b, b' '..=b'/')).count();
    }
    if end >= LONGEST {
        return Piece::Escape;
    }
    let length = 2 + end + 1;
    match (body.get(end), end) {
        (None, _) => Piece::Part,
        (Some(b'~'), 3) if body.starts_with(b"200") => Piece::Paste(length),
        // The mouse as terminals without its newer form report it: three bytes of any value.
        (Some(b'M'), 0) => match body {
            [_, button, column, row, ..] => {
                let [button, column, row] = [*button, *column, *row].map(|b| u32::from(b).checked_sub(32));
                Piece::Whole(length + 3, sequence::mouse(button, column, row, false).map(Input::Mouse))
            }
            _ => Piece::Part,
        },
        // The Linux console's first function keys.
        (Some(b'['), 0) => match body.get(1) {
            None => Piece::Part,
            Some(n @ b'A'..=b'E') => {
                Piece::Whole(length + 1, Some(Input::Key(Key::plain(Code::F(n - b'A' + 1)))))
            }
            Some(_) => Piece::Escape,
        },
        (Some(b'@'..=b'~'), _) => Piece::Whole(length, sequence::csi(&body[..=end])),
        (Some(_), _) => Piece::Escape,
    }
}

/// What is no sequence: a character, or a control byte.
fn plain(bytes: &[u8]) -> Piece {
    if let Some(first) = bytes.first().filter(|b| b.is_ascii()) {
        return Piece::Whole(1, Some(Input::Key(ascii(*first))));
    }
    let start = &bytes[..bytes.len().min(4)];
    let (valid, wrong) = match std::str::from_utf8(start) {
        Ok(text) => (text, None),
        Err(error) => (std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or(""), error.error_len()),
    };
    match (valid.chars().next(), wrong) {
        (Some(c), _) if c.is_control() => Piece::Whole(c.len_utf8(), None),
        (Some(c), _) => Piece::Whole(c.len_utf8(), Some(Input::Key(Key::char(c)))),
        (None, Some(wrong)) => Piece::Whole(wrong, None),
        (None, None) => Piece::Part,
    }
}

fn ascii(byte: u8) -> Key {
    match byte {
        b'\r' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        0x7f => Key::plain(Code::Backspace),
        ESC => Key::plain(Code::Esc),
        0 => Key::ctrl(' '),
        1..ESC => Key::ctrl(char::from(byte - 1 + b'a')),
        0x1c..b' ' => Key::ctrl(char::from(byte - 0x1c + b'4')),
        _ => Key::char(char::from(byte)),
    }
}
