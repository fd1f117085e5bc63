//! What can be read of a file whose syntax is broken.
//!
//! A parser that goes on behind an error guesses, and a guess may bind a key to what nobody wrote. So
//! what it stumbles over is left out line by line, and whatever else is there is read as it stands, at
//! its own place.

use toml::de::DeTable;

/// Lines that are left out before nothing of the file is believed any more.
const MOST: usize = 50;

/// The text with blanks in place of what cannot be read; nothing where its syntax is right.
pub fn salvage(text: &str) -> Option<String> {
    let mut left = text.to_owned();
    for tried in 0..MOST {
        let errors = DeTable::parse_recoverable(&left).1;
        if errors.is_empty() {
            return (tried > 0).then_some(left);
        }
        let Some(at) = errors.iter().filter_map(|error| error.span()).map(|span| span.start).min() else {
            break;
        };
        if !leave_out(&mut left, at) {
            break;
        }
    }
    Some(String::new())
}

/// Blanks the line at a place; with a table's heading also the table, which would become part of
/// the one before it. False where there is nothing to blank.
fn leave_out(text: &mut String, at: usize) -> bool {
    let before = &text.as_bytes()[..at.min(text.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let is_heading = |line: &str| line.trim_start().starts_with('[');
    let mut lines = text[start..].split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim().is_empty() {
        return false;
    }
    let mut end = start + first.len();
    if is_heading(first) {
        end += lines.take_while(|line| !is_heading(line)).map(str::len).sum::<usize>();
    }
    let blank: String = text[start..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(start..end, &blank);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_left_out_and_the_rest_stays_at_its_place() {
        for (text, left) in [
            ("a = 1\n", None),
            ("a = 1\nb = 'x\nc = 3\n", Some("a = 1\n      \nc = 3\n")),
            ("[t]\na = 1\na = 2\nb = 3\n", Some("[t]\na = 1\n     \nb = 3\n")),
            ("[a]\nx = 1\n[b\ny = 2\n[c]\nz = 3\n", Some("[a]\nx = 1\n  \n     \n[c]\nz = 3\n")),
            ("[a]\nx = 1\n[a]\nx = 2\n", Some("[a]\nx = 1\n   \n     \n")),
        ] {
            assert_eq!(salvage(text).as_deref(), left, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_believed_at_all() {
        for text in
            ["= =\n".repeat(MOST + 1), "a = \"\"\"\nnever closed\n".to_owned(), "\u{0}\u{1}[".to_owned()]
        {
            let left = salvage(&text).unwrap();
            assert!(left.trim().is_empty() || DeTable::parse(&left).is_ok(), "{text:?} {left:?}");
        }
    }
}
