//! What comes out of the reader for the bytes of a terminal, in whatever portions.

use std::collections::VecDeque;
use std::io;

use proptest::prelude::*;

use super::*;
use crate::app::key::{Mouse, MouseKind};
use crate::incident::Text;

/// A terminal that gives its bytes in these portions, and then is gone.
struct Portions(VecDeque<Vec<u8>>);

impl Read for Portions {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let portion = self.0.pop_front().unwrap_or_default();
        buf[..portion.len()].copy_from_slice(&portion);
        Ok(portion.len())
    }
}

fn reader(portions: &[&[u8]]) -> Reader<Portions> {
    let given = portions.iter().filter(|portion| !portion.is_empty());
    Reader::new(Portions(given.map(|portion| portion.to_vec()).collect()))
}

fn words(inputs: &[Input]) -> String {
    let word = |input: &Input| match input {
        Input::Key(key) => key.to_string(),
        Input::Mouse(mouse) => format!("{:?}@{},{}", mouse.kind, mouse.column, mouse.row),
        Input::Paste(text) => format!("paste<{}>", text.as_str()),
        Input::Focus(gained) => format!("focus:{gained}"),
        Input::Resize { .. } | Input::Closed => format!("{input:?}"),
    };
    inputs.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// All inputs of these portions, when nothing more comes.
fn all(portions: &[&[u8]]) -> String {
    let mut reader = reader(portions);
    let given = portions.iter().filter(|portion| !portion.is_empty());
    let mut inputs: Vec<Input> = given.flat_map(|_| reader.read()).collect();
    inputs.extend(reader.give_up());
    words(&inputs)
}

#[test]
fn a_key_comes_in_its_one_form_however_a_terminal_sends_it() {
    for (bytes, key) in [
        ("g", "g"),
        ("G", "G"),
        ("漢", "漢"),
        ("\r", "enter"),
        ("\n", "ctrl-j"),
        ("\t", "tab"),
        ("\x7f", "backspace"),
        ("\x10", "ctrl-p"),
        ("\x1f", "ctrl-7"),
        ("\0", "ctrl-space"),
        ("\x1bx", "alt-x"),
        ("\x1bX", "alt-X"),
        ("\x1b\r", "alt-enter"),
        ("\x1b漢", "alt-漢"),
        ("\x1b[A", "up"),
        ("\x1bOA", "up"),
        ("\x1bOP", "f1"),
        ("\x1b[[B", "f2"),
        ("\x1b[1;5C", "ctrl-right"),
        ("\x1b[1;2A", "shift-up"),
        ("\x1b[1;3A", "alt-up"),
        ("\x1b[1;2R", "shift-f3"),
        ("\x1b[H", "home"),
        ("\x1b[7~", "home"),
        ("\x1b[6~", "pagedown"),
        ("\x1b[3;5~", "ctrl-delete"),
        ("\x1b[15~", "f5"),
        ("\x1b[24~", "f12"),
        ("\x1b[34~", "f20"),
        ("\x1b[Z", "shift-tab"),
        // As kitty, and xterm when it is told to, send them.
        ("\x1b[27u", "esc"),
        ("\x1b[97;5u", "ctrl-a"),
        ("\x1b[97:65;2u", "A"),
        ("\x1b[97;2:1u", "A"),
        ("\x1b[9;2u", "shift-tab"),
        ("\x1b[57414u", "enter"),
        ("\x1b[57400u", "1"),
        ("\x1b[57421u", "pageup"),
        ("\x1b[57376u", "f13"),
        // A key that is let go, or that nobody knows, is nothing.
        ("\x1b[97;1:3u", ""),
        ("\x1b[1;1:3A", ""),
        ("\x1b[57358u", ""),
        ("\u{85}", ""),
        ("\x1b[99~", ""),
    ] {
        assert_eq!(all(&[bytes.as_bytes()]), key, "{bytes:?}");
    }
}

#[test]
fn what_terminals_report_is_no_key() {
    for (bytes, inputs) in [
        ("\x1b[I\x1b[O", "focus:true focus:false"),
        // Answers to questions that nobody here asked.
        ("\x1b[24;80R\x1b[?62;4c\x1b[?2026;2$y\x1b[>1;10;0c", ""),
        ("\x1b[<0;12;7M\x1b[<32;13;7M\x1b[<0;13;7m", "Down@11,6 Drag@12,6 Up@12,6"),
        ("\x1b[<64;1;1M\x1b[<65;120;40M", "ScrollUp@0,0 ScrollDown@119,39"),
        ("\x1b[<2;1;1M\x1b[<35;1;1M\x1b[<0;0;5M\x1b[<0;99999;1M\x1b[<0;1M", ""),
        ("\x1b[M !!\x1b[M#\"!", "Down@0,0 Up@1,0"),
        ("\x1b[32;5;6M", "Down@4,5"),
    ] {
        assert_eq!(all(&[bytes.as_bytes()]), inputs, "{bytes:?}");
    }
    // A column past those that the old form of a report can say.
    assert_eq!(all(&[b"\x1b[M \xff\x00x"]), "x");
}

#[test]
fn escape_alone_is_held_until_time_decides() {
    let mut reader = reader(&[b"\x1b"]);
    assert_eq!(reader.read(), []);
    assert!(reader.is_waiting());
    assert_eq!(words(&reader.give_up()), "esc");
    assert!(!reader.is_waiting());
    assert_eq!(reader.give_up(), []);
}

#[test]
fn a_sequence_that_a_network_split_is_the_key_it_was() {
    for (rest, keys) in [
        ("", "esc"),
        ("[A", "up"),
        ("OP", "f1"),
        ("[1;5C", "ctrl-right"),
        ("[Aq", "up q"),
        ("[<0;12;7My", "Down@11,6 y"),
        ("[200~x\x1b[201~", "paste<x>"),
        // Escape and typing stay what they are.
        ("x", "esc x"),
        ("[", "esc ["),
        ("[ ", "esc [ space"),
        ("o", "esc o"),
        ("O1", "esc O 1"),
        ("\x1b", "esc esc"),
        ("\x1b[A", "esc up"),
        (&format!("[{}", "1".repeat(40)), &format!("esc [{}", " 1".repeat(40))),
    ] {
        assert_eq!(all(&[b"\x1b", rest.as_bytes()]), keys, "{rest:?}");
    }
}

#[test]
fn what_came_with_escape_and_is_no_sequence_was_held_with_alt() {
    for (bytes, keys) in
        [("\x1b[", "alt-["), ("\x1bO", "alt-O"), ("\x1b[1;", "alt-[ 1 ;"), ("\x1b\x1b", "esc esc")]
    {
        assert_eq!(all(&[bytes.as_bytes()]), keys, "{bytes:?}");
    }
}

#[test]
fn pasted_text_is_clean_and_no_key() {
    // The attack: a paste that presses Enter, or brings sequences.
    let paste = b"\x1b[200~isolate\r\x1b[A\x1b[200~\x1b[201~q";
    let clean = Text::block("isolate\r\x1b[A\x1b[200~");
    let mut reader = reader(&[paste]);
    assert_eq!(reader.read(), [Input::Paste(clean), Input::Key("q".parse().unwrap())]);
}

#[test]
fn a_paste_without_an_end_keeps_a_bounded_part_and_its_end_is_found() {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(b"\x1b[200~", &mut inputs);
    for _ in 0..3_000 {
        decoder.feed(&[b'x'; 1_000], &mut inputs);
    }
    assert_eq!(inputs, []);
    decoder.feed(b"\x1b[201~q", &mut inputs);
    assert!(matches!(inputs.as_slice(), [Input::Paste(_), Input::Key(_)]));
}

#[test]
fn bytes_that_are_no_text_are_left_out() {
    assert_eq!(all(&[b"a\xffb\xc3(c\xe6\xbcd\x80"]), "a b ( c d");
}

#[test]
fn a_terminal_that_is_gone_is_said_to_be_gone_with_nothing_lost() {
    let mut reader = reader(&[b"x\x1b"]);
    assert_eq!(words(&reader.read()), "x");
    assert_eq!(words(&reader.read()), "esc Closed");
    assert_eq!(reader.read(), [Input::Closed]);
}

#[test]
fn every_cell_of_a_mouse_report_is_within_a_screen() {
    // Regression: crossterm subtracts one from a column of zero.
    assert_eq!(sequence::mouse(Some(0), Some(0), Some(0), false), None);
    let corner = Mouse { kind: MouseKind::Down, column: 0, row: 0 };
    assert_eq!(sequence::mouse(Some(0), Some(1), Some(1), false), Some(corner));
}

/// Bytes with many sequences among them, cut anywhere but after an Escape.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|b| vec![b]),
        "[a-z漢é\x00-\x20]{1,4}".prop_map(String::into_bytes),
        Just(b"\x1b[A".to_vec()),
        Just(b"\x1b[1;5C".to_vec()),
        Just(b"\x1b[<0;12;7M".to_vec()),
        Just(b"\x1b[M !!".to_vec()),
        Just(b"\x1b[200~".to_vec()),
        Just(b"\x1b[201~".to_vec()),
        Just(b"\x1bOP".to_vec()),
        Just(b"\x1bx".to_vec()),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn how_the_bytes_are_portioned_makes_no_difference(bytes in bytes(), cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        // After an Escape time decides, and then letters and alt are told apart.
        cuts.retain(|cut| *cut == 0 || bytes[cut - 1] != 0x1b);
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let portions: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
        prop_assert_eq!(all(&portions), all(&[&bytes]));
    }
}
