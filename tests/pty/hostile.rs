//! Whatever comes in, nothing is destroyed by accident and the cockpit goes on.

use rustix::process::Signal;

use super::drill::{leak, take};
use super::support::home::Home;
use super::support::screen::{End, Screen, View, frames};

/// Numbers from a seed (xorshift): every run presses the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// The screen without its digits: clocks run.
fn still(view: &View) -> String {
    view.text().chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

#[test]
fn random_bytes_end_nothing_and_the_record_holds() {
    // Keys that leave or stop it on purpose: q, Ctrl-C, Ctrl-Z and the palette that offers both.
    const LEAVE: &[u8] = b"q\x03\x1a:\x10";
    const SEQUENCES: &[&str] = &[
        "\x1b[",
        "\x1bO",
        "\x1b[<0;",
        "\x1b[1;5",
        "\x1b]0;",
        "\x1b[A",
        "\x1b[200~",
        "\x1b[201~",
        "\u{202e}",
        "漢",
    ];
    let home = Home::new();
    let mut screen = leak(&home, (100, 30));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        let mut bytes = Vec::new();
        for _ in 0..dice.roll(40) {
            if dice.roll(8) == 0 {
                bytes.extend_from_slice(SEQUENCES[dice.roll(SEQUENCES.len() as u64) as usize].as_bytes());
            } else {
                bytes.push(u8::try_from(dice.roll(256)).expect("a byte"));
            }
        }
        bytes.retain(|byte| !LEAVE.contains(byte));
        screen.write(&bytes);
    }
    // Whatever is open or half come, a new size is drawn.
    screen.write(b"\x1b[201~");
    let before = screen.mark();
    screen.resize((120, 40));
    screen.wait("it is drawn", |view| (frames(&view.bytes[before..]) >= 1).then_some(()));
    screen.wait_for("INC-1");
    screen.signal(Signal::TERM);
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
    assert!(home.run(&["verify", "--drill"]).ok().contains("all holds"));
}

#[test]
fn a_paste_is_text_and_never_keys() {
    // The attack: a pasted text that goes through a confirmation, or opens one.
    let home = Home::new();
    let mut screen = leak(&home, (100, 30));
    take(&mut screen);
    screen.type_text("\x1b[200~i support-1\rR\rq\x1b[201~");
    screen.press("i");
    screen.wait_for("type support-1 to confirm");
    screen.type_text("\x1b[200~support-1\r\x1b[201~");
    screen.wait_for("> support-1");
    screen.press("left");
    screen.wait_for("type support-1 to confirm");
    screen.press("esc");
    screen.wait_gone("to confirm");
    let timeline = home.run(&["timeline", "INC-1", "--drill"]);
    assert!(!timeline.all().contains("isolate support-1"), "{}", timeline.all());

    // A megabyte into a field: cut, shown, and the next key is heard.
    screen.press("n");
    screen.wait_for("write something down");
    let mut paste = b"\x1b[200~".to_vec();
    paste.extend_from_slice("all work and no play ".repeat(50_000).as_bytes());
    paste.extend_from_slice(b"\x1b[201~");
    screen.write(&paste);
    screen.wait_for("no play");
    screen.press("esc");
    screen.wait_gone("write something down");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}

#[test]
fn a_split_escape_sequence_costs_no_word() {
    let home = Home::new();
    let mut screen = leak(&home, (100, 30));
    screen.press("n");
    screen.wait_for("write something down");
    screen.type_text("kept whatever comes");
    screen.wait_for("kept whatever comes");
    for sequence in ["\x1b[C", "\x1b[1;5C", "\x1bOH", "\x1b[6~", "\x1b[<35;10;10M"] {
        for at in 1..sequence.len() {
            screen.type_text(&sequence[..at]);
            screen.type_text(&sequence[at..]);
        }
    }
    // A slow machine may take the first part for Esc: then the form is closed, and opens again
    // with what was typed.
    screen.type_text("\x1b[200~\x1b[201~");
    screen.resize((101, 31));
    if !screen.text().contains("write something down") {
        screen.press("n");
    }
    screen.wait_for("kept whatever comes");
    screen.signal(Signal::TERM);
    assert_eq!(screen.wait_end(), End::Code(0));
}

#[test]
fn a_storm_of_sizes_ends_in_a_whole_screen() {
    let home = Home::new();
    let mut screen = Screen::open(&home, (80, 24), &[]);
    screen.wait_for("no incident on record");
    screen.press("?");
    screen.wait_for("[Help");
    let still_at_rest = |view: &View| Some(still(view));
    let before = screen.wait("the screen before", still_at_rest);
    let mut dice = Dice(7);
    for _ in 0..100 {
        screen.resize((1 + dice.roll(220) as u16, 1 + dice.roll(70) as u16));
    }
    for size in [(1, 1), (1, 60), (300, 1), (2, 2), (500, 200), (1, 1)] {
        let mark = screen.mark();
        screen.resize(size);
        screen.wait("something is drawn", |view| (view.bytes.len() > mark).then_some(()));
    }
    screen.resize((80, 24));
    screen.wait("the same screen again", |view| (still(view) == before).then_some(()));
    screen.press("enter");
    screen.wait_gone("[Help");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}
