//! SIGKILL at the worst moment: what was on record is there, and the drill goes on.

use rustix::process::Signal;

use super::drill::{confirm, leak, select, take};
use super::support::home::Home;
use super::support::screen::{End, Screen};

#[test]
fn a_killed_drill_goes_on_where_it_was_and_a_fresh_one_ends_it() {
    let home = Home::new();
    let mut screen = leak(&home, (160, 50));
    take(&mut screen);
    screen.press("i");
    confirm(&mut screen, "support-1");
    screen.wait_for("✓ T3");
    screen.press("n");
    screen.wait_for("write something down");
    screen.type_text("the last word before the kill");
    screen.press("ctrl-s");
    screen.wait_gone("write something down");
    screen.signal(Signal::KILL);
    assert_eq!(screen.wait_end(), End::Signal("Killed".to_owned()));

    // The same incident, the same lamps, probed anew; no second alarm for the same fault.
    let mut again = Screen::open(&home, (160, 50), &["demo"]);
    again.wait_for("P0 INC-1 open");
    again.wait_for("1 open of 1");
    again.wait_for("3 of 3 hold");
    for mark in ["✓ T0", "✓ T1", "✓ T2", "✓ T3", "► T4"] {
        again.wait_for(mark);
    }
    again.wait_for("x10");
    again.press("f3");
    again.wait_for("the last word before the kill");
    select(&mut again, "isolate support-1");
    again.press("U");
    confirm(&mut again, "support-1");
    again.wait_for("undone");
    again.signal(Signal::KILL);
    again.wait_end();

    // Another drill: nothing pretends that the old fleet is still there.
    let mut fresh = Screen::open(&home, (160, 50), &["demo", "--fresh", "--speed", "10"]);
    fresh.wait_for("INC-1 resolved");
    fresh.wait_for("P0 INC-2 open");
    fresh.wait_for("1 open of 2");
    fresh.press("q");
    assert_eq!(fresh.wait_end(), End::Code(0));
    home.run(&["verify", "--drill"]).ok();
}

#[test]
fn a_drill_is_played_by_one_process_at_a_time() {
    let home = Home::new();
    let first = leak(&home, (80, 24));
    let second = Screen::open(&home, (80, 24), &["demo"]);
    assert_eq!(second.wait_end(), End::Code(2));
    assert!(second.text().contains("a drill is already running in this data directory"), "{}", second.text());
    second.assert_given_back();
    drop(first);
}
