//! However it ends or is stopped, the terminal is given back.

use rustix::process::{Signal, kill_process};

use super::support::home::Home;
use super::support::screen::{End, Screen};

const SIZE: (u16, u16) = (80, 24);

/// The live cockpit, ready.
fn cockpit(home: &Home) -> Screen {
    let screen = Screen::open(home, SIZE, &[]);
    screen.wait_for("no incident on record");
    screen
}

#[test]
fn a_signal_that_ends_it_ends_it_well() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        let screen = cockpit(&home);
        assert!(screen.wait("it has the terminal", |view| Some(view.modes().alternate_screen())));
        screen.signal(signal);
        assert_eq!(screen.wait_end(), End::Code(0), "{signal:?}");
        screen.assert_given_back();
    }
}

#[test]
fn regression_a_signal_in_the_first_moment_of_a_log_left_the_terminal_raw() {
    let home = Home::new();
    home.write("mail.log", "one line\n");
    for round in 0..10 {
        let screen = Screen::open(&home, SIZE, &["logs", "mail.log"]);
        screen.wait("it has the terminal", |view| view.modes().alternate_screen().then_some(()));
        screen.signal(Signal::TERM);
        assert_eq!(screen.wait_end(), End::Code(0), "round {round}");
        screen.assert_given_back();
    }
}

#[test]
fn a_signal_before_the_journal_is_open_gives_the_terminal_back_at_once() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        // Somebody holds the journal: opening it takes seconds.
        std::fs::create_dir_all(home.data()).expect("there is room");
        let holder = rusqlite::Connection::open(home.data().join("journal.db")).expect("a file");
        holder.execute_batch("BEGIN EXCLUSIVE; CREATE TABLE held (it)").expect("nobody else has it");
        let screen = Screen::open(&home, SIZE, &[]);
        screen.wait("it has the terminal", |view| view.modes().alternate_screen().then_some(()));
        screen.wait_for("Incidents");
        screen.signal(signal);
        screen.wait("the terminal is given back", |view| (!view.modes().alternate_screen()).then_some(()));
        drop(holder);
        assert_eq!(screen.wait_end(), End::Code(0), "{signal:?}");
        screen.assert_given_back();
    }
}

#[test]
fn it_ends_by_itself_when_its_terminal_is_closed() {
    let home = Home::new();
    assert_eq!(cockpit(&home).close().wait_exit(), End::Code(0));
    // Also in the middle of a form, with a drill's news pouring in.
    let mut screen = Screen::open(&home, SIZE, &["demo", "--speed", "50"]);
    screen.wait_for("P0 INC-1");
    screen.press("u");
    screen.wait_for("send a status update");
    let end = screen.close().wait_exit();
    assert!(matches!(end, End::Code(_)), "{end:?}");
    // It let go of the drill.
    let mut again = Screen::open(&home, SIZE, &["demo"]);
    again.wait_for("INC-1");
    again.press("q");
    again.wait_end();
}

#[test]
fn ctrl_z_and_fg_work_as_in_every_program() {
    let home = Home::new();
    let mut screen = Screen::program(&home, SIZE, "sh", &["-i"], &[("PS1", "ready> ")]);
    screen.wait_for("ready> ");
    screen.type_text(&format!("{}\r", env!("CARGO_BIN_EXE_flightdeck")));
    screen.wait_for("no incident on record");
    screen.press("D");
    screen.wait_for("declare an incident");
    screen.type_text("half a tit");
    screen.wait_for("half a tit");

    // In a form Ctrl-Z is no key of ours; SIGTSTP stops all the same.
    let cockpit = screen.foreground();
    kill_process(cockpit, Signal::TSTP).expect("it runs");
    screen.wait_for("Stopped");
    screen.wait("the shell has its screen", |view| {
        (!view.modes().alternate_screen() && !view.modes().hide_cursor()).then_some(())
    });
    screen.type_text("fg\r");
    screen.wait_for("half a tit");
    screen.type_text("le");
    screen.wait_for("half a title");
    screen.press("esc");
    screen.wait_gone("half a title");

    screen.press("ctrl-z");
    screen.wait("the shell has its screen", |view| (!view.modes().alternate_screen()).then_some(()));
    screen.wait("it is stopped again", |view| (view.text().matches("Stopped").count() == 2).then_some(()));
    screen.resize((100, 30));
    screen.type_text("fg\r");
    screen.wait_for("no incident on record");
    // The window changed its size meanwhile: the frame fits the new one.
    screen.wait("it fills the new window", |view| {
        let text = view.text();
        (text.lines().count() == 30 && text.lines().any(|line| line.chars().count() == 100)).then_some(())
    });
    screen.press("q");
    screen.wait("the shell is back", |view| (view.text().matches("ready>").count() == 4).then_some(()));
    screen.type_text("echo code $?\r");
    screen.wait_for("code 0");
}
