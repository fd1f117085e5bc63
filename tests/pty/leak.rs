//! Accepted is not contained: an isolation that was verified stops holding, and nobody misses it.

use super::drill::{confirm, take};
use super::support::home::Home;
use super::support::screen::{End, Screen, View};

/// Notifications of the desktop (OSC 9), and how often the bell rang besides.
fn called(bytes: &[u8]) -> (Vec<String>, usize) {
    let mut notes = Vec::new();
    let mut bells = 0;
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(0x07, 0x1b, rest) {
        bells += usize::from(rest[at] == 0x07);
        rest = &rest[at + 1..];
        if let Some(note) = rest.strip_prefix(b"]9;") {
            let end = memchr::memchr(0x07, note).unwrap_or(note.len());
            notes.push(String::from_utf8_lossy(&note[..end]).into_owned());
            rest = note.get(end + 1..).unwrap_or_default();
        }
    }
    (notes, bells)
}

fn notes_with(view: &View, words: &str) -> usize {
    called(&view.bytes).0.iter().filter(|note| note.contains(words)).count()
}

#[test]
fn a3_b12_a_leak_is_a_word_a_bell_and_one_notification() {
    let home = Home::new();
    let mut screen =
        Screen::open(&home, (80, 24), &["demo", "--scenario", "leaking-isolation", "--speed", "10"]);
    screen.wait_for("P0 INC-1 open");
    screen.wait("the new P0 is called out", |view| {
        (notes_with(view, "P0 INC-1: support-1") == 1).then_some(())
    });
    take(&mut screen);
    screen.press("5 i");
    confirm(&mut screen, "support-1");
    screen.wait_for("✓ verified");
    let before = screen.mark();

    screen.wait_for("LEAKING");
    screen.wait_for("1 LEAKING");
    screen.wait_for("✗ FAILS");
    screen.wait("it is called out", |view| {
        let (notes, bells) = called(&view.bytes[before..]);
        let leak = "flightdeck: drill: INC-1 LEAKING: isolate support-1";
        (bells >= 1 && notes.iter().any(|note| note.contains(leak))).then_some(())
    });
    // Control that was lost is said, with what to do.
    screen.wait_for("isolate again");
    screen.press("1");
    screen.wait_for("LEAKING");

    // Isolating again tells every replica anew.
    screen.press("5 i");
    screen.wait_for("fights   INC-1 A1 isolate support-1: LEAKING");
    confirm(&mut screen, "support-1");
    screen.wait_gone("LEAKING");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
    let all = screen.since(0);
    assert_eq!(called(&all).0.iter().filter(|note| note.contains("LEAKING")).count(), 1, "each once");
}
