//! The review under the hands of a person: their own editor, and a kill in the middle of a word.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::support::home::{Home, permit};
use super::support::screen::{End, Screen, View};

const SIZE: (u16, u16) = (100, 30);

/// The review of an incident, open for reading.
fn review(home: &Home, variables: &[(&str, &str)]) -> Screen {
    home.run(&["declare", "the mailer answers by itself"]).ok();
    let mut screen = Screen::with(home, SIZE, &[], variables);
    open(&mut screen);
    screen.wait_for("# Review of INC-1");
    screen
}

/// Opens the review of the only incident, once its timeline is read.
fn open(screen: &mut Screen) {
    screen.wait_for("not confirmed yet");
    screen.press("e");
}

/// Puts another program in the place of the editor.
fn editor(home: &Home, body: &str) {
    let file = home.write("editor.sh", &format!("#!/bin/sh\n{body}\n"));
    permit(&file, 0o755);
}

/// Whether every row of a framed screen is there: the header, the pane's corners, the footer.
fn is_whole(view: &View, (columns, rows): (u16, u16)) -> bool {
    let text = view.text();
    let lines: Vec<&str> = text.lines().collect();
    let corner = |line: &str, left, right| line.starts_with(left) && line.trim_end().ends_with(right);
    lines.len() == usize::from(rows)
        && lines[0].contains("Review INC-1")
        && lines.iter().any(|line| corner(line, '┍', '┑') && line.chars().count() == usize::from(columns))
        && lines.iter().any(|line| corner(line, '└', '┘'))
        && lines.iter().any(|line| line.contains("external-editor"))
        && view.modes().alternate_screen()
}

#[test]
fn an_editor_has_the_terminal_to_itself_and_what_it_changed_arrives() {
    let home = Home::new();
    editor(
        &home,
        "stty -a > seen-tty; cp \"$1\" seen-text; echo 'press a key'; read -r answer; \
         sed -i \"2i $answer\" \"$1\"; echo 'the editor says good-bye'",
    );
    let mut screen = review(&home, &[("EDITOR", "./editor.sh")]);
    screen.press("v");
    screen.wait_for("press a key");
    screen.wait("the terminal is the editor's", |view| (!view.modes().alternate_screen()).then_some(()));
    screen.assert_given_back();
    // The window gets another size, and what is typed goes to the editor only.
    let other = (120, 35);
    screen.resize(other);
    screen.type_text("q Written elsewhere.\r");
    screen.wait_for("back from the editor");
    screen.wait("the screen is whole again", |view| is_whole(view, other).then_some(()));
    screen.wait_for("q Written elsewhere.");
    assert!(!screen.text().contains("good-bye"));
    let seen = |file| std::fs::read_to_string(home.path().join(file)).expect("the editor wrote it");
    assert!(seen("seen-text").contains("# Review of INC-1"), "{}", seen("seen-text"));
    let tty = seen("seen-tty");
    let is_set = |mode| tty.split([' ', ';', '\n']).any(|word| word == mode);
    assert!(["icanon", "echo", "isig"].into_iter().all(is_set), "{tty}");
    // It is on disk, the next key is heard, and the change can be undone as any other.
    screen.wait_for("revision 1, saved");
    assert!(home.run(&["review", "INC-1"]).ok().contains("\nq Written elsewhere.\n# Review of INC-1"));
    screen.press("enter");
    screen.wait_for("EDITING");
    screen.press("ctrl-z");
    screen.wait_gone("q Written elsewhere.");
    screen.press("esc");
    screen.wait_gone("EDITING");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}

#[test]
fn an_editor_that_fails_or_leaves_nothing_changes_nothing() {
    let home = Home::new();
    editor(&home, "exit 0");
    let mut screen = review(&home, &[("EDITOR", "./editor.sh --wait")]);
    for (body, said) in [
        ("echo lost > \"$2\"; exit 3", "./editor.sh ended with 3, nothing was changed"),
        ("echo lost > \"$2\"; kill -9 $$", "./editor.sh was ended by signal 9, nothing was changed"),
        (": > \"$2\"", "./editor.sh left nothing, so nothing was changed"),
        ("rm \"$2\"", "./editor.sh left no text, nothing was changed: No such file"),
        ("printf '\\377' > \"$2\"", "./editor.sh left no text, nothing was changed: "),
        ("exit 0", "back from the editor"),
    ] {
        editor(&home, body);
        screen.press("v");
        screen.wait_for(said);
        screen.wait("the screen is whole again", |view| is_whole(view, SIZE).then_some(()));
        screen.wait_for("# Review of INC-1");
        assert!(!screen.text().contains("lost"), "{body}: {}", screen.text());
        assert!(screen.text().contains("as filled in from the timeline"), "{body}: {}", screen.text());
        // The notice is gone before the next one is waited for.
        screen.press("esc");
        screen.wait_gone("[Review]");
        screen.press("esc");
        screen.wait_gone(said);
        screen.press("e");
        screen.wait_for("# Review of INC-1");
    }
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}

#[test]
fn without_an_editor_it_says_what_to_set() {
    let home = Home::new();
    let mut screen = review(&home, &[("EDITOR", "no-such-editor")]);
    screen.press("v");
    screen.wait_for("no-such-editor: No such file or directory");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    let mut screen = Screen::open(&home, SIZE, &[]);
    open(&mut screen);
    screen.wait_for("# Review of INC-1");
    screen.press("v");
    screen.wait_for("neither VISUAL nor EDITOR is set");
}

#[test]
fn a_kill_while_somebody_types_costs_the_last_second_at_most() {
    // The second, and what a busy machine adds to it.
    const LOST: Duration = Duration::from_millis(2_000);
    let home = Home::new();
    let mut screen = review(&home, &[]);
    screen.press("enter");
    screen.wait_for("EDITING");
    let began = Instant::now();
    let mut typed = VecDeque::new();
    while began.elapsed() < LOST * 2 {
        let word = format!("word{}.", typed.len());
        // No line is so long that a word is torn.
        let after = if typed.len() % 8 == 7 { "\r" } else { " " };
        screen.type_text(&format!("{word}{after}"));
        screen.wait_for(&word);
        typed.push_back((word, Instant::now()));
    }
    screen.signal(Signal::KILL);
    let killed = Instant::now();
    assert_eq!(screen.wait_end(), End::Signal("Killed".to_owned()));

    let mut again = Screen::open(&home, SIZE, &[]);
    open(&mut again);
    again.wait_for("word");
    let kept = home.run(&["review", "INC-1"]).ok();
    let mut kept = kept.split_whitespace().filter(|word| word.starts_with("word"));
    let missing = loop {
        match (typed.pop_front(), kept.next()) {
            (Some((word, _)), Some(found)) => assert_eq!(word, found),
            (Some((_, at)), None) => break killed - at,
            (None, _) => break Duration::ZERO,
        }
    };
    assert!(missing <= LOST, "what was typed {missing:?} before the kill is missing");
    home.run(&["verify"]).ok();
}

#[test]
fn ctrl_z_in_the_editor_stops_both_and_fg_goes_on_with_both() {
    // Regression: the shell waits for flightdeck only, and never took the terminal back.
    let home = Home::new();
    home.run(&["declare", "the mailer answers by itself"]).ok();
    // As vi does it: the whole group is stopped.
    editor(&home, "echo 'in the editor'; kill -TSTP 0; echo 'Written after it.' >> \"$1\"; read -r answer");
    let variables = [("PS1", "ready> "), ("EDITOR", "./editor.sh")];
    let mut screen = Screen::program(&home, SIZE, "sh", &["-i"], &variables);
    screen.wait_for("ready> ");
    screen.type_text(&format!("{}\r", env!("CARGO_BIN_EXE_flightdeck")));
    open(&mut screen);
    screen.wait_for("# Review of INC-1");
    screen.press("v");
    screen.wait("the shell has the terminal", |view| {
        (view.has("Stopped") && view.text().matches("ready>").count() == 2).then_some(())
    });
    screen.type_text("fg\r");
    screen.wait("the editor has it again", |view| {
        (view.text().matches("flightdeck").count() >= 3).then_some(())
    });
    screen.type_text("\r");
    screen.wait_for("back from the editor");
    screen.wait("the screen is whole again", |view| is_whole(view, SIZE).then_some(()));
    screen.press("q");
    screen.wait("the shell is back", |view| (view.text().matches("ready>").count() == 3).then_some(()));
    screen.type_text("echo code $?\r");
    screen.wait_for("code 0");
    assert!(home.run(&["review", "INC-1"]).ok().ends_with("Written after it.\n"));
}

#[test]
fn ctrl_c_in_the_editor_ends_the_editor_only() {
    // Regression: the terminal sends it to both, and flightdeck left.
    let home = Home::new();
    editor(&home, "echo 'in the editor'; read -r answer");
    let mut screen = review(&home, &[("EDITOR", "./editor.sh")]);
    for round in 1..=10 {
        screen.press("v");
        // What it said before is still on the shell's screen.
        screen.wait("the editor listens", |view| {
            (view.text().matches("in the editor").count() == round).then_some(())
        });
        screen.press("ctrl-c");
        screen.wait_for("./editor.sh was ended by signal 2, nothing was changed");
        screen.wait("the screen is whole again", |view| is_whole(view, SIZE).then_some(()));
    }
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
    screen.assert_given_back();
}
