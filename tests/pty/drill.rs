//! One drill from alert to review, with the keys a person presses.

use std::fs;

use regex::Regex;

use super::support::home::Home;
use super::support::screen::{End, Screen, Size};

/// Opens the demo and waits until it leaks data.
pub fn leak(home: &Home, size: Size) -> Screen {
    let screen = Screen::open(home, size, &["demo", "--speed", "10"]);
    screen.wait_for("DRILL");
    screen.wait_for("P0 INC-1 open");
    screen
}

/// Answers a confirmation that makes the person type the target.
pub fn confirm(screen: &mut Screen, target: &str) {
    screen.wait_for(&format!("type {target} to confirm"));
    screen.type_text(target);
    screen.wait_for(&format!("> {target}"));
    screen.press("enter");
    screen.wait_gone("to confirm");
    // Until the journal has it the question stays, and takes the keys.
    screen.wait_gone("confirmed; waiting");
}

/// Selects the action that a title names: others come and go as the scenario has it.
pub fn select(screen: &mut Screen, title: &str) {
    let row = Regex::new(r"► [^│┃]*?(A\d+) +([^│┃]*)").expect("a constant");
    let selected = |screen: &Screen, not: Option<&str>| {
        screen.wait("an action is selected", |view| {
            let text = view.text();
            let found = row.captures(&text).map(|c| (c[1].to_owned(), c[2].to_owned()))?;
            (not != Some(found.0.as_str())).then_some(found)
        })
    };
    screen.press("5 home");
    let mut at = selected(screen, None);
    while !at.1.starts_with(title) {
        screen.press("down");
        at = selected(screen, Some(&at.0));
    }
}

/// Acknowledges, takes command and confirms the class that the alert suggests.
pub fn take(screen: &mut Screen) {
    screen.press("a");
    screen.wait_for("✓ T1");
    screen.press("c");
    screen.wait_gone("nobody commands");
    screen.press("t");
    screen.wait_for("confirm severity and pattern (T2)");
    screen.press("ctrl-s");
    screen.wait_for("✓ T2");
}

fn from_alert_to_review(size: Size) {
    let home = Home::new();
    let mut screen = leak(&home, size);
    screen.wait_for("nobody commands");
    take(&mut screen);

    // A wrong word does nothing; the right one isolates, which is proved by three checks.
    screen.press("5 i");
    screen.wait_for("type support-1 to confirm");
    screen.type_text("support-2");
    screen.press("enter");
    screen.wait_for("that is not 'support-1'; nothing was done");
    screen.press("esc");
    screen.wait_gone("to confirm");
    screen.press("i");
    confirm(&mut screen, "support-1");
    screen.wait_for("3 of 3 hold");
    select(&mut screen, "isolate support-1");
    screen.wait_for("✓ holds  agent_status = stopped");
    screen.wait_for("✓ holds  task_queue = 0");
    screen.wait_for("✓ holds  api_calls = 0");
    screen.wait_for("✓ T3");

    // T3 is when it was verified, not when it was accepted.
    let life = screen.wait("how it went", |view| {
        let words = |name: &str| {
            let text = view.text();
            let (_, after) = text.split_once(name)?;
            after.get(..8).map(str::to_owned)
        };
        Some((words(", accepted ")?, words(", verified ")?))
    });
    assert!(life.0 < life.1, "accepted, then verified: {life:?}");

    screen.press("r");
    screen.wait_for("rollback: L1");
    screen.press("ctrl-s");
    screen.wait_for("fights   support-1 is isolated");
    confirm(&mut screen, "support-1");
    select(&mut screen, "rollback-config support-1");
    screen.wait_for("✓ holds  config = support-r41");

    // Nothing is left behind by accident: the isolation is undone, the rollback is somebody's.
    select(&mut screen, "isolate support-1");
    screen.press("U");
    confirm(&mut screen, "support-1");
    // The list goes to the release, with which the isolation may have left its rows.
    let released = Regex::new(r"✓ verified +A\d+ +release support-1").expect("a constant");
    screen.wait("the release is verified", |view| released.is_match(&view.text()).then_some(()));
    select(&mut screen, "isolate support-1");
    screen.wait_for("undone");
    screen.press("R");
    screen.wait_for("what becomes of it?");
    screen.press("k");
    screen.press("tab");
    screen.press("tab");
    screen.press("tab");
    screen.type_text("the configuration stays as it was before");
    screen.press("ctrl-s");
    screen.wait_for("end the incident");
    screen.type_text("isolated, rolled back, released");
    screen.press("ctrl-s");
    screen.wait_for("RESOLVED");

    // The review is there before anybody writes a word.
    screen.press("e");
    screen.wait_for("as filled in from the timeline");
    screen.wait_for("This was a drill.");
    screen.press("enter");
    screen.wait_for("EDITING");
    screen.type_text("Written by a person. ");
    screen.wait_for("Written by a person.");
    screen.press("ctrl-s");
    screen.wait_for("its digest is on the timeline");
    screen.press("esc");
    screen.wait_gone("EDITING");
    screen.press("w");
    screen.wait_for("drill-INC-1-review.md");
    screen.press("ctrl-s");
    screen.wait_for("written to /");
    let review = fs::read_to_string(home.path().join("drill-INC-1-review.md")).expect("it was written");
    for words in [
        "\nWritten by a person. \n> **QUESTION:** What happened",
        "isolate support-1: undone\n",
        "| agent_status = stopped | stopped (2 of 2 replicas) |",
        "Stays in force, kept by ana: the configuration stays as it was before",
        "isolated, rolled back, released",
    ] {
        assert!(review.contains(words), "{words}\n{review}");
    }

    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();

    // What is over stays on record; the next run of the drill is another incident.
    let mut again = Screen::open(&home, size, &["demo", "--speed", "10"]);
    again.wait_for("INC-1 resolved");
    again.wait_gone("reading the journal");
    again.press("e");
    again.wait_for("# Review of INC-1");
    again.wait_for("Written by a person.");
    again.wait("it is as it was saved", |view| {
        let saved = Regex::new(r"revision \d+, saved").expect("a constant");
        saved.is_match(&view.text()).then_some(())
    });
    again.press("q");
    assert_eq!(again.wait_end(), End::Code(0));
    again.assert_given_back();
}

#[test]
fn a3_a_leak_is_commanded_contained_reviewed_and_found_again_at_80x24() {
    from_alert_to_review((80, 24));
}

#[test]
fn a3_a_leak_is_commanded_contained_reviewed_and_found_again_at_160x50() {
    from_alert_to_review((160, 50));
}

#[test]
fn the_clock_of_a_fast_drill_runs_however_much_is_told() {
    // Regression: each piece of news put the next tick off, and at ten times the speed there is
    // always one.
    let home = Home::new();
    let screen = leak(&home, (120, 40));
    let clock = |text: String| text.split(" UTC").next().map(|left| left[left.len() - 5..].to_owned());
    let first = clock(screen.text());
    screen.wait("another minute", |view| {
        let now = clock(view.text());
        (now.as_ref().map(|t| &t[..2]) != first.as_ref().map(|t| &t[..2])).then_some(())
    });
}
