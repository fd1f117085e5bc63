//! Puts an escape sequence together again that arrived in two parts.
//!
//! crossterm takes an escape byte at the end of a read for the Escape key, and the rest of the
//! sequence, when it comes, for letters. So an Escape is held until the next input shows what it
//! was, or until the reader gives up waiting. Pure: the reader keeps the time.

use crate::app::key::{Code, Input, Key};

/// The most characters of a sequence; longer ones are letters after all.
const LONGEST: usize = 24;

/// An Escape, and what may be the rest of its sequence.
#[derive(Debug, Default)]
pub(super) struct Rejoin {
    held: Vec<char>,
    escape: bool,
}

impl Rejoin {
    /// Whether something is held that time must decide on.
    pub fn is_waiting(&self) -> bool {
        self.escape
    }

    /// Adds the next input; appends what is known to be one.
    pub fn push(&mut self, input: Input, out: &mut Vec<Input>) {
        if !self.escape {
            if input == Input::Key(Key::plain(Code::Esc)) {
                self.escape = true;
            } else {
                out.push(input);
            }
            return;
        }
        let typed = if let Input::Key(key) = &input { key.typed() } else { None };
        match typed.map(|c| self.continues(c)) {
            Some(Next::Held(c)) => self.held.push(c),
            Some(Next::Ended(c)) => {
                self.held.push(c);
                // A report that means nothing here is swallowed: its letters were never typed.
                out.extend(sequence(&self.held).map(Input::Key));
                self.held.clear();
                self.escape = false;
            }
            Some(Next::Letters) | None => {
                out.append(&mut self.give_up());
                self.push(input, out);
            }
        }
    }

    /// It was the Escape key, and letters after it.
    pub fn give_up(&mut self) -> Vec<Input> {
        let escape = std::mem::take(&mut self.escape).then_some(Key::plain(Code::Esc));
        escape.into_iter().chain(self.held.drain(..).map(Key::char)).map(Input::Key).collect()
    }

    fn continues(&self, c: char) -> Next {
        match (self.held.as_slice(), c) {
            ([], '[' | 'O') => Next::Held(c),
            ([], _) => Next::Letters,
            (held, _) if held.len() >= LONGEST => Next::Letters,
            (['['], '<' | '?' | '>') | (['[', ..], '0'..='9' | ';' | ':') => Next::Held(c),
            (['[', ..], '@'..='~') | (['O'], 'A'..='Z') => Next::Ended(c),
            ([..], _) => Next::Letters,
        }
    }
}

/// What a character is after those held.
enum Next {
    Held(char),
    Ended(char),
    Letters,
}

/// The key of a sequence without its escape byte, if it is one that people press.
fn sequence(chars: &[char]) -> Option<Key> {
    let (last, rest) = chars.split_last()?;
    let numbers: String = rest.iter().skip(1).collect();
    let mut numbers = numbers.split(';').map(|n| n.parse::<u8>().unwrap_or(1));
    let first = numbers.next().unwrap_or(1);
    let code = match (*last, first) {
        ('A', _) => Code::Up,
        ('B', _) => Code::Down,
        ('C', _) => Code::Right,
        ('D', _) => Code::Left,
        ('H', _) | ('~', 1 | 7) => Code::Home,
        ('F', _) | ('~', 4 | 8) => Code::End,
        ('Z', _) => return Some(Key { shift: true, ..Key::plain(Code::Tab) }),
        ('P', _) => Code::F(1),
        ('Q', _) => Code::F(2),
        ('R', _) => Code::F(3),
        ('S', _) => Code::F(4),
        ('~', 2) => Code::Insert,
        ('~', 3) => Code::Delete,
        ('~', 5) => Code::PageUp,
        ('~', 6) => Code::PageDown,
        ('~', n @ 11..=15) => Code::F(n - 10),
        ('~', n @ 17..=21) => Code::F(n - 11),
        ('~', n @ 23..=24) => Code::F(n - 12),
        (_, _) => return None,
    };
    // Modifiers are sent as one more than their bits: shift 1, alt 2, control 4.
    let bits = numbers.next().unwrap_or(1).saturating_sub(1);
    Some(Key::new(code, bits & 4 != 0, bits & 2 != 0, bits & 1 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out for an Escape followed by these characters, and then nothing.
    fn split(chars: &str) -> String {
        let mut rejoin = Rejoin::default();
        let mut out = Vec::new();
        rejoin.push(Input::Key(Key::plain(Code::Esc)), &mut out);
        for c in chars.chars() {
            rejoin.push(Input::Key(Key::char(c)), &mut out);
        }
        out.append(&mut rejoin.give_up());
        let keys = out
            .iter()
            .map(|input| if let Input::Key(key) = input { key.to_string() } else { format!("{input:?}") });
        keys.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_sequence_in_two_parts_is_the_key_it_was() {
        for (rest, keys) in [
            ("", "esc"),
            ("[A", "up"),
            ("OP", "f1"),
            ("[1;5C", "ctrl-right"),
            ("[1;2A", "shift-up"),
            ("[6~", "pagedown"),
            ("[15~", "f5"),
            ("[24~", "f12"),
            ("[Z", "shift-tab"),
            ("[Aq", "up q"),
        ] {
            assert_eq!(split(rest), keys, "{rest}");
        }
    }

    #[test]
    fn a_report_of_the_mouse_never_becomes_letters() {
        assert_eq!(split("[<0;12;7M"), "");
        assert_eq!(split("[<0;12;7My"), "y");
        assert_eq!(split("[I"), "");
    }

    #[test]
    fn escape_and_typing_stay_what_they_are() {
        for (rest, keys) in [
            ("x", "esc x"),
            ("[", "esc ["),
            ("[ ", "esc [ space"),
            ("o", "esc o"),
            ("O1", "esc O 1"),
            (&format!("[{}", "1".repeat(40)), &format!("esc [{}", " 1".repeat(40))),
        ] {
            assert_eq!(split(rest), keys, "{rest}");
        }
    }

    #[test]
    fn two_escapes_are_two_escapes() {
        let mut rejoin = Rejoin::default();
        let mut out = Vec::new();
        let escape = Input::Key(Key::plain(Code::Esc));
        rejoin.push(escape.clone(), &mut out);
        rejoin.push(escape.clone(), &mut out);
        assert_eq!(out.as_slice(), std::slice::from_ref(&escape));
        assert!(rejoin.is_waiting());
        assert_eq!(rejoin.give_up(), [escape]);
    }
}
