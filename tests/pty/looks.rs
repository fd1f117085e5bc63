//! Every terminal gets what it can show, and nothing else.

use super::drill::{confirm, leak};
use super::support::home::Home;
use super::support::screen::{End, Screen};

/// The numbers of every SGR sequence that was written.
fn pens(bytes: &[u8]) -> Vec<u32> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1);
    let sgr = sequences.filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sgr.flat_map(|numbers| numbers.split(';').map(|n| n.parse().unwrap_or(0)).collect::<Vec<_>>()).collect()
}

/// Looks around: every screen, help, the which-key box, the palette, a form.
fn tour(screen: &mut Screen) {
    for (keys, there, gone) in [
        ("f4", "[Fleet]", "f2"),
        ("f3", "[Timeline]", "f2"),
        ("?", "Here, in", "enter"),
        ("space", "restore-checkpoint", "esc"),
        (":", "[Commands]", "esc"),
        ("D", "declare an incident", "esc"),
    ] {
        screen.press(keys);
        screen.wait_for(there);
        screen.press(gone);
        screen.wait_gone(there);
    }
}

#[test]
fn no_color_means_not_one_colour() {
    for (variables, coloured) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        (&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], false),
    ] {
        let home = Home::new();
        let mut screen = Screen::with(&home, (120, 40), &["demo", "--speed", "20"], variables);
        screen.wait_for("P0 INC-1 open");
        tour(&mut screen);
        let colours: Vec<u32> = pens(&screen.since(0)).into_iter().filter(|n| *n >= 30).collect();
        assert_eq!(!colours.is_empty(), coloured, "{variables:?}: {colours:?}");
    }
}

#[test]
fn a_terminal_without_utf8_gets_ascii_only() {
    let home = Home::new();
    let variables = [("LC_ALL", ""), ("LANG", "C")];
    let mut screen = Screen::with(&home, (120, 40), &["demo", "--speed", "20"], &variables);
    screen.wait_for("P0 INC-1 open");
    tour(&mut screen);
    screen.signal(rustix::process::Signal::TERM);
    assert_eq!(screen.wait_end(), End::Code(0));
    let odd: Vec<u8> = screen.since(0).into_iter().filter(|b| !b.is_ascii()).collect();
    assert!(odd.is_empty(), "{}", String::from_utf8_lossy(&odd));
}

#[test]
fn a_terminal_that_can_show_no_screen_is_told_so_and_left_alone() {
    for (term, why) in [("dumb", "TERM=dumb"), ("", "TERM is not set")] {
        for arguments in [&[][..], &["demo"]] {
            let home = Home::new();
            let screen = Screen::with(&home, (80, 24), arguments, &[("TERM", term)]);
            assert_eq!(screen.wait_end(), End::Code(2));
            let said = String::from_utf8_lossy(&screen.since(0)).into_owned();
            assert!(said.contains(why) && said.contains("TERM=xterm-256color"), "{said}");
            assert!(!said.contains('\x1b'), "{said:?}");
        }
    }
}

#[test]
fn a_tiny_window_shows_what_matters_and_the_keys_work() {
    let home = Home::new();
    let mut screen = leak(&home, (80, 24));
    screen.resize((40, 10));
    screen.wait_for("P0 INC-1");
    screen.wait_for("the panes need");
    screen.wait_for("nobody commands");
    screen.press("a c t");
    screen.wait_for("severity");
    screen.press("ctrl-s");
    screen.wait_for("commander: ana");
    screen.press("i");
    confirm(&mut screen, "support-1");
    screen.resize((80, 24));
    screen.press("5");
    screen.wait_for("✓ verified");
    screen.press("q");
    assert_eq!(screen.wait_end(), End::Code(0));
}
