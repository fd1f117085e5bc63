//! Several programs on one journal: what one records, all see.

use std::fs;

use super::support::home::{Home, permit};
use super::support::screen::{End, Screen};

#[test]
fn what_a_third_program_declares_is_in_both_cockpits_within_a_second() {
    let home = Home::new();
    let mut cockpits: Vec<Screen> = [(80, 24), (160, 50)]
        .into_iter()
        .map(|size| {
            let screen = Screen::open(&home, size, &[]);
            screen.wait_for("no incident on record");
            screen
        })
        .collect();
    home.run(&["declare", "mail answers leak", "--severity", "P0"]).ok();
    let began = std::time::Instant::now();
    for screen in &cockpits {
        screen.wait_for("mail answers leak");
    }
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());

    // What one person does, the other one sees within a second; and both may do it.
    let began = std::time::Instant::now();
    cockpits[0].press("a");
    cockpits[1].wait_for("✓ T1");
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    let began = std::time::Instant::now();
    cockpits[1].press("c");
    cockpits[0].wait_gone("nobody commands");
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    for (screen, note) in cockpits.iter_mut().zip(["seen from the left", "seen from the right"]) {
        screen.press("n");
        screen.wait_for("write something down");
        screen.type_text(note);
        screen.press("ctrl-s");
        screen.wait_gone("write something down");
        screen.press("f3");
    }
    for screen in &mut cockpits {
        screen.wait_for("seen from the left");
        screen.wait_for("seen from the right");
        screen.press("q");
        assert_eq!(screen.wait_end(), End::Code(0));
    }
    home.run(&["verify"]).ok();
}

#[test]
fn a_journal_that_cannot_be_written_opens_for_reading_and_says_so() {
    let home = Home::new();
    home.run(&["declare", "the disk is read-only"]).ok();
    for file in fs::read_dir(home.data()).expect("it is there") {
        permit(&file.expect("a file").path(), 0o444);
    }
    permit(&home.data(), 0o555);
    let (program, mut arguments) = home.nobody(&[]);
    let arguments: Vec<&str> = arguments.iter_mut().map(|argument| argument.as_str()).collect();
    let mut screen = Screen::program(&home, (100, 30), &program, &arguments, &[]);
    screen.wait_for("the disk is read-only");
    screen.wait_for("the journal is read-only");
    // Before anybody types what could not be recorded.
    screen.press("n");
    screen.wait("it is refused at once, in full", |view| {
        let said = view.text().matches("the journal is read-only").count() == 2;
        (said && view.has("note: not now") && view.has("nothing was done")).then_some(())
    });
    screen.press("esc");
    screen.wait_gone("note: not now");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    permit(&home.data(), 0o755);
}
