//! Many keys at once cost few frames, and none is lost.

use super::support::home::Home;
use super::support::screen::{End, Screen, frames};

#[test]
fn fifty_keys_in_one_write_are_two_frames_at_most_and_none_is_lost() {
    let home = Home::new();
    let mut screen = Screen::open(&home, (120, 40), &[]);
    screen.wait_for("no incident on record");
    screen.press("D");
    screen.wait_for("declare an incident");
    let typed = "the quick brown agents jump over every lazy guard.";
    assert_eq!(typed.len(), 50);
    let before = screen.mark();
    screen.type_text(typed);
    screen.wait_for(typed);
    let written = screen.since(before);
    assert!(frames(&written) <= 2, "{} frames: {:?}", frames(&written), String::from_utf8_lossy(&written));
    // Nor did they go out bit by bit in frames too small for brackets.
    assert!(written.len() <= 400, "{}", written.len());

    // Keys that each do something else: the form is sent, and the incident taken.
    screen.press("ctrl-s");
    screen.wait_for("INC-1 open");
    let before = screen.mark();
    screen.type_text(&"kj".repeat(24));
    screen.type_text("?");
    screen.wait_for("Here, in");
    assert!(frames(&screen.since(before)) <= 3);
    screen.press("enter");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}

#[test]
fn a_long_burst_is_taken_to_its_end_without_another_key() {
    // Regression: what came beyond the first kilobyte lay there until the next key.
    let home = Home::new();
    let mut screen = Screen::open(&home, (120, 40), &[]);
    screen.wait_for("no incident on record");
    screen.press("D");
    screen.wait_for("declare an incident");
    for burst in 1..=8 {
        screen.type_text(&format!("{}burst{burst}", "word ".repeat(300)));
        screen.wait_for(&format!("burst{burst}"));
        screen.press("ctrl-u");
        screen.wait_gone(&format!("burst{burst}"));
    }
}
