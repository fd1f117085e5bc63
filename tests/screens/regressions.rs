//! What people at the screen once ran into, each named for its cause.

use flightdeck::app::effect::Effect;
use flightdeck::app::journal::JournalAlarm;
use flightdeck::app::key::{Input, Key};
use flightdeck::app::model::{AgentCard, Modal, Model, Pane, Screen};
use flightdeck::app::msg::{Msg, Notice};
use flightdeck::app::read_only::ReadOnly;
use flightdeck::app::update;
use flightdeck::incident::{
    Actor, Check, Event, FirstCheck, Glance, IncidentId, Op, Reading, Severity, Text, Topic, Vitals,
};
use flightdeck::tui::glyphs::{ASCII, UNICODE};

use super::fleet::{Story, burning, in_force, leaking, night, tell};
use super::{on, press, screen};

const SMALL: (u16, u16) = (80, 24);

/// Seven incidents: whoever works in the first has six others burning, the fourth of them a new P0.
fn seven() -> Model {
    let mut model = super::idle();
    for (id, severity) in [
        (1, Severity::P2),
        (2, Severity::P1),
        (3, Severity::P2),
        (4, Severity::P0),
        (5, Severity::P1),
        (6, Severity::P3),
        (7, Severity::P2),
    ] {
        let clock = if id == 4 { "03:12:30" } else { "02:10:00" };
        let title = format!("incident number {id}");
        tell(&mut model, Msg::Entries(Story::of(id, clock, severity, &title, &["support-1"]).entries));
    }
    model.selection.incident = Some(IncidentId(1));
    model.selection.by_hand = true;
    model
}

/// Warnings were sorted by how loud they are: a P1 that was late for long hid a P0 that nobody had
/// seen yet.
#[test]
fn a_new_p0_stands_above_everything_that_is_only_late() {
    let shown = screen(seven(), SMALL, &ASCII);
    let first = shown.lines().nth(1).unwrap();
    assert!(first.contains("INC-4 P0: nobody has acknowledged it"), "{shown}");
    assert!(shown.lines().nth(2).unwrap().contains("more: g w"), "{shown}");
}

/// With a single row for warnings, the only one that was seen was cut and looked like all there was.
#[test]
fn on_a_low_screen_the_one_warning_says_that_there_are_more_and_that_it_was_cut() {
    for rows in 16..24 {
        let shown = screen(seven(), (80, rows), &ASCII);
        let warning = shown.lines().nth(1).unwrap();
        assert!(
            warning.contains("INC-4 P0") && warning.contains("+") && warning.contains("more: g w"),
            "{shown}"
        );
    }
    let mut model = super::idle();
    let title = "nobody can tell what the mail agent answered since the deploy of last night in all regions";
    tell(&mut model, Msg::Entries(Story::of(1, "03:12:30", Severity::P0, title, &["support-1"]).entries));
    model.selection.incident = None;
    let shown = screen(model, (80, 20), &ASCII);
    assert!(shown.lines().nth(1).unwrap().contains(" g w"), "{shown}");
}

/// An update was overdue, and the footer offered everything but the key that sends one.
#[test]
fn d3_an_overdue_update_has_its_key_in_the_footer() {
    let keys = |clock: &str| {
        let story = Story::of(1, "03:00:00", Severity::P0, "mail answers leak", &["support-1"]);
        let mut model = super::idle();
        tell(&mut model, Msg::Entries(story.entries));
        tell(&mut model, Msg::Tick(super::fleet::time(clock)));
        let shown = screen(model, (120, 40), &ASCII);
        shown.lines().rev().take(2).collect::<Vec<_>>().join("\n")
    };
    assert!(!keys("03:01:00").contains("u update"), "{}", keys("03:01:00"));
    assert!(keys("04:30:00").contains("u update"), "{}", keys("04:30:00"));
}

/// What there was no room for could be read nowhere.
#[test]
fn every_warning_can_be_listed() {
    let mut model = seven();
    press(&mut model, "g w");
    let Some(Modal::Detail { lines, .. }) = model.modals.last() else { panic!("no list") };
    for id in 1..=7 {
        assert!(lines.iter().any(|line| line.contains(&format!("INC-{id} "))), "{id}: {lines:#?}");
    }
    assert!(lines[0].starts_with("ALARM  INC-4 P0"), "{lines:#?}");
    // An alarm of one P1 stood below what was only late of another.
    let of = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    assert!(of("ALARM  INC-2 P1") < of("warn   INC-5 P1"), "{lines:#?}");
    insta::assert_snapshot!("warnings_80x24", screen(model, SMALL, &UNICODE));
}

/// An entry in full was the debugging form of its event.
#[test]
fn an_entry_in_full_is_words_and_no_rust() {
    for seq in 1..=burning().entries.len() as u64 {
        let mut model = on(Screen::Timeline);
        model.selection.incident = Some(IncidentId(42));
        model.selection.entry = Some(seq);
        press(&mut model, "enter");
        let Some(Modal::Detail { lines, .. }) = model.modals.last() else { panic!("nothing is shown") };
        for rust in ["Some(", "None", "Text(", " {", "ActionId"] {
            assert!(!lines.iter().any(|line| line.contains(rust)), "entry {seq}: {rust} in {lines:#?}");
        }
    }
    let mut model = on(Screen::Timeline);
    model.selection.entry = Some(7);
    press(&mut model, "enter");
    insta::assert_snapshot!("entry_80x24", screen(model, SMALL, &UNICODE));
}

fn read_only(records: bool) -> Model {
    let mut model = night();
    let why = "written by a newer flightdeck (form 9; this one knows 3); use the newer flightdeck";
    tell(&mut model, Msg::ReadOnly(ReadOnly { why: why.into(), records }));
    model
}

/// That nothing could be done was a notice, cut; and it was refused after the target was typed.
#[test]
fn a_read_only_cockpit_says_so_on_top_and_refuses_at_once() {
    for key in ["i", "x", "r", "U"] {
        for records in [false, true] {
            let mut model = read_only(records);
            let pressed = Msg::Input(Input::Key(key.parse::<Key>().unwrap()));
            let effects: Vec<Effect> = update(&mut model, pressed);
            assert!(effects.is_empty(), "{key}: {effects:?}");
            let refused = matches!(model.modals.last(), Some(Modal::Refused { why, .. }) if why.starts_with("read-only"));
            assert!(refused, "{key}: {:?}", model.modals);
        }
    }
    // Notes go on where only acting is refused.
    for (records, refused) in [(true, false), (false, true)] {
        let mut model = read_only(records);
        press(&mut model, "n");
        assert_eq!(matches!(model.modals.last(), Some(Modal::Refused { .. })), refused);
    }
    insta::assert_snapshot!("read_only_80x24", screen(read_only(false), SMALL, &UNICODE));
}

/// The help began with the same long list everywhere: four pages never reached the keys of the place.
#[test]
fn help_begins_with_the_keys_of_the_place_it_was_asked_in() {
    let shown = |mut model: Model| {
        press(&mut model, "?");
        screen(model, SMALL, &ASCII)
    };
    let mut reviewing = on(Screen::Review);
    reviewing.review.incident = reviewing.selection.incident;
    let review = shown(reviewing);
    let first: Vec<&str> = review.lines().skip(2).take(12).collect();
    for own in ["Here, in review", "save-review", "refill", "search-next", "export"] {
        assert!(first.iter().any(|line| line.contains(own)), "{own}\n{review}");
    }
    let log = shown(super::focused(Pane::Log));
    assert!(log.lines().take(8).any(|line| line.contains("follow")), "{log}");
}

/// What another intent's key stands on had an empty key, as if it could not be reached.
#[test]
fn help_says_how_each_intent_is_reached() {
    let mut model = on(Screen::Review);
    model.size = (100, 200);
    press(&mut model, "?");
    let shown = screen(model, (100, 200), &ASCII);
    for name in ["note", "open"] {
        let row = shown.lines().find(|line| line.contains(&format!(" {name:<19} "))).unwrap();
        assert!(row.contains(": name") || row.contains("enter"), "{row}");
    }
}

/// A page key scrolled ten lines, whatever was seen.
#[test]
fn a_page_of_help_is_what_is_seen_of_it() {
    let mut model = night();
    model.size = (80, 40);
    press(&mut model, "? pagedown");
    let Some(Modal::Help(help)) = model.modals.last() else { panic!("no help") };
    assert!((30..=34).contains(&help.scroll), "{help:?}");
    press(&mut model, "end");
    assert!(screen(model, (80, 40), &ASCII).contains("^ end"));
}

#[test]
fn help_is_filtered_as_one_types() {
    let mut model = night();
    press(&mut model, "? / r o l l b");
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(
        shown.contains("rollback") && !shown.contains("stop an agent") && shown.contains("find: rollb_"),
        "{shown}"
    );
    press(&mut model, "enter esc");
    assert!(model.modals.is_empty());
}

/// While a text is typed, "?" is part of it; F1 is not, and the screen says so.
#[test]
fn f1_opens_help_where_a_question_mark_is_typed() {
    let mut model = night();
    press(&mut model, "n ?");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("no form") };
    assert_eq!(form.get("note").as_str(), "?");
    assert!(screen(model.clone(), SMALL, &ASCII).contains("f1 help"));
    press(&mut model, "f1");
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(shown.contains("Help: keys in a form") && shown.contains("ctrl-s"), "{shown}");
    press(&mut model, "esc");
    assert!(matches!(model.modals.last(), Some(Modal::Form(_))));
    let mut model = super::reviewing();
    assert!(screen(model.clone(), SMALL, &ASCII).contains("f1 help"));
    press(&mut model, "f1");
    assert!(screen(model, SMALL, &ASCII).contains("Every other key is text"));
}

fn checked() -> Model {
    let check = |topic, source: &str, glance, found: &str| Event::FirstChecked {
        check: FirstCheck { topic, source: source.into(), glance, found: found.into() },
    };
    let mut story = Story::of(51, "03:12:00", Severity::P0, "answers leak", &["support-1"]);
    let long = "ana deployed v13 at 03:05 (mail tool: scope widened to everybody), bo deployed v12 at 02:10";
    for event in [
        check(Topic::Deploys, "/srv/agents", Glance::Notable, long),
        check(Topic::Scope, "vitals of the fleet", Glance::Quiet, "none of 5 agents is out of its range"),
        check(Topic::Dependency, "redis", Glance::NotRead, "not read in 5 s: connecting to 10.0.0.4:6379"),
        check(Topic::Dependency, "crm", Glance::Alarm, "503 after 4.1 s, alarm above 2 s"),
        check(Topic::Similar, "incidents on record", Glance::Notable, "1: INC-41 the same alert"),
    ] {
        story = story.records(Actor::Flightdeck, event);
    }
    let mut model = night();
    tell(&mut model, Msg::Entries(story.entries));
    model.selection.incident = Some(IncidentId(51));
    model
}

/// Three of eight first checks had room, and nothing said that there were more.
#[test]
fn first_checks_are_seen_whole_with_what_did_not_come() {
    let mut model = checked();
    let pane = screen(model.clone(), SMALL, &ASCII);
    assert!(pane.contains("more, g 1 first checks"), "{pane}");
    assert!(pane.contains("ALARM crm"), "what is worth acting on comes first\n{pane}");
    press(&mut model, "g 1");
    let Some(Modal::Detail { lines, .. }) = model.modals.last() else { panic!("no list") };
    let at = |words: &str| lines.iter().position(|line| line.contains(words)).expect(words);
    assert!(at("503 after 4.1 s") < at("not read in 5 s") && at("not read in 5 s") < at("INC-41"));
    assert!(
        at("nothing yet, drift") < at("[drift.NAME]") && at("on-call") < at("[oncall.levels]"),
        "{lines:#?}"
    );
    insta::assert_snapshot!("first_checks_80x24", screen(model, SMALL, &UNICODE));
}

/// With seven incidents the list took the whole pane, and what one was about was nowhere.
#[test]
fn the_selected_incident_has_room_however_many_burn() {
    let shown = screen(seven(), SMALL, &ASCII);
    assert!(shown.contains("class ") && shown.contains("title "), "{shown}");
}

/// "page" wanted a name that nobody told.
#[test]
fn page_offers_the_people_there_are() {
    let mut model = super::telling::told();
    press(&mut model, "space p");
    insta::assert_snapshot!("page_80x24", screen(model.clone(), SMALL, &UNICODE));
    press(&mut model, "1");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("no form: {:?}", model.modals) };
    assert!(!form.get("target").is_blank());
}

/// A level at which nobody is on call was offered like any other, and refused after its reason.
#[test]
fn a_level_without_anybody_says_so_and_asks_for_no_reason() {
    let mut model = super::telling::told();
    press(&mut model, "x");
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(shown.contains(": nobody is on call - "), "{shown}");
    press(&mut model, "3");
    assert!(matches!(model.modals.last(), Some(Modal::Confirm(_))), "{:?}", model.modals);
}

/// What nothing carries asked for its parameters first.
#[test]
fn what_is_not_available_says_so_before_anything_is_typed() {
    for key in ["l", "x", "r", "space p"] {
        let mut model = night();
        model.offers.clear();
        press(&mut model, key);
        for _ in 0..2 {
            if matches!(model.modals.last(), Some(Modal::Choose(_))) {
                press(&mut model, "enter");
            }
        }
        assert!(matches!(model.modals.last(), Some(Modal::Confirm(_))), "{key}: {:?}", model.modals);
    }
}

/// The list began with what was oldest, and named neither age nor owner.
#[test]
fn a_leak_stands_first_of_what_is_in_force() {
    let mut model = in_force();
    press(&mut model, "g k");
    let shown = screen(model, (100, 30), &ASCII);
    let rows: Vec<&str> = shown.lines().skip_while(|line| !line.contains("lamp ")).collect();
    assert!(rows[0].contains("owner") && rows[0].contains("age") && rows[0].contains("proved"), "{shown}");
    assert!(rows[1].contains("LEAKING"), "{shown}");
    assert!(!shown.contains("none is selected"), "{shown}");
}

/// With another pane in front nothing said what became of what was confirmed.
#[test]
fn what_became_of_an_action_is_said_where_its_pane_is_not_in_sight() {
    let mut model = super::focused(Pane::Timer);
    let story = burning().at("03:12:40").by("bo").acts(Op::Restrict, "mailer-3");
    tell(&mut model, Msg::Entries(story.entries));
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(shown.lines().last().unwrap().contains("A3 restrict mailer-3: requested"), "{shown}");
    let mut wide = night();
    wide.size = (120, 40);
    let story = burning().at("03:12:40").by("bo").acts(Op::Restrict, "mailer-3");
    tell(&mut wide, Msg::Entries(story.entries));
    assert!(wide.notice.is_none(), "the pane says it");
}

/// At 60x15 the time was out of sight, and one of the four acts dropped out.
#[test]
fn a_small_screen_keeps_the_time_and_the_four_acts() {
    let shown = screen(night(), (60, 15), &ASCII);
    assert!(shown.contains("Timer") && shown.contains("2:27"), "{shown}");
    for act in ["isolate", "rate-limit", "rollback", "escalate"] {
        assert!(shown.contains(act), "{act}\n{shown}");
    }
    insta::assert_snapshot!("cockpit_60x15", shown);
}

/// A program that printed 5 MB made one line of 41,090 characters.
#[test]
fn a_long_answer_is_shown_by_its_beginning_and_its_length() {
    let answer = "x".repeat(41_090);
    let action = flightdeck::incident::ActionId(2);
    let accepted = Event::ActionAccepted { action, answer: Text::block(&answer) };
    let story = burning().records(Actor::Flightdeck, accepted);
    let told = flightdeck::incident::telling::tell(
        story.entries.last().unwrap(),
        flightdeck::incident::Naming::default(),
    );
    assert!(told.len() < 900, "{} characters", told.len());
    assert!(told.contains(" characters; flightdeck timeline --format json has all"), "{told}");
}

/// A lasting notice took the line of what was just said.
#[test]
fn what_was_just_said_is_not_cut_by_what_lasts() {
    let mut model = night();
    let busy = "no alerts are taken: 127.0.0.1:18197 is in use by another program";
    tell(&mut model, Msg::Notice(Notice::lasting("receiver", busy)));
    tell(&mut model, Msg::Notice(Notice::info("copied")));
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(!shown.contains("127.0.0.1"), "{shown}");
    press(&mut model, "g w");
    assert!(screen(model, SMALL, &ASCII).contains(busy));
}

/// An error about a blank field left the cursor in another one.
#[test]
fn the_cursor_goes_to_the_field_that_an_error_is_about() {
    let mut model = night();
    press(&mut model, "D tab tab tab ctrl-s");
    let Some(Modal::Form(form)) = model.modals.last() else { panic!("no form") };
    assert!(form.error.is_some() && form.entries[form.focus].label == "title", "{form:?}");
}

/// On a full disk a cockpit said `no warnings`, and a footer cut at 80 columns was the only word.
#[test]
fn a_journal_that_cannot_be_written_is_said_on_top_of_every_screen() {
    let words = "JOURNAL FULL: nothing is recorded; free some space, then try again";
    let full = || Msg::Journal(JournalAlarm::Unwritten, Some(words.into()));
    let mut calm = super::idle();
    tell(&mut calm, full());
    let shown = screen(calm.clone(), SMALL, &ASCII);
    assert!(shown.contains("JOURNAL FULL: nothing is recorded") && !shown.contains("no warnings"), "{shown}");
    tell(&mut calm, Msg::Journal(JournalAlarm::Unwritten, None));
    assert!(!screen(calm, SMALL, &ASCII).contains("JOURNAL FULL"));
    // Where there is room for one line only, the leak has it.
    for size in [(60, 15), SMALL, (40, 10)] {
        let mut model = night();
        tell(&mut model, full());
        let shown = screen(model, size, &ASCII);
        let first = shown.lines().take(2).collect::<String>();
        assert!(first.contains("JOURNAL FULL"), "{shown}");
        assert!(shown.contains("LEAKING") || shown.contains("!! INC-41 P0: A1 isolate"), "{shown}");
    }
}

/// At 80 columns what to do about a leak was cut off, with an empty row beneath.
#[test]
fn a_warning_goes_on_in_the_row_that_no_other_needs() {
    let mut model = night();
    model.selection.incident = Some(IncidentId(43));
    let shown = screen(model, SMALL, &ASCII);
    let rows: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert_eq!(rows[1], "!! INC-41 P0: A1 isolate support-2 is LEAKING: the effect stopped holding:");
    assert_eq!(rows[2], "   isolate again or go one step further [rule A3]");
    // What is to be read before anything is pressed is whole too.
    let mut model = super::idle();
    model.read_only = read_only(false).read_only.clone();
    let shown = screen(model, (60, 24), &ASCII);
    assert!(!shown.lines().take(3).any(|row| row.contains("..")), "{shown}");
}

/// What an inject said was cut at 80 columns, and whole on the timeline only.
#[test]
fn a_notice_that_does_not_fit_is_listed_in_full() {
    let mut model = night();
    let words = "the regulator asks when personal data left the company: the 72 hours run from that";
    tell(&mut model, Msg::Notice(Notice::info(words)));
    let shown = screen(model.clone(), SMALL, &ASCII);
    assert!(shown.trim_end().ends_with("g w shows all"), "{shown}");
    press(&mut model, "g w");
    let shown = screen(model, SMALL, &ASCII);
    assert!(shown.contains("the 72 hours") && shown.contains("run from that"), "{shown}");
}

/// At 120 columns nothing said how many checks hold, and a long reading was cut over free rows.
#[test]
fn a_reading_is_whole_where_there_are_rows_for_it() {
    let mut model = super::focused(Pane::Actions);
    let at = model.now();
    let long = "replica 1 stopping, replica 2 still answers from its cache";
    let id = flightdeck::incident::ActionId(1);
    let checks = model.incident().unwrap().actions[&id].plan.checks.clone();
    let values = [long, "0", "0"];
    let read = |(check, value): (Check, &str)| Reading {
        check,
        replica: None,
        source: None,
        value: Some(value.into()),
        why: None,
        at,
    };
    let readings = checks.into_iter().zip(values).map(read).collect();
    model.readings.insert((IncidentId(42), id), readings);
    model.selection.action = Some(id);
    let shown = screen(model.clone(), (120, 40), &ASCII);
    assert!(shown.contains("2 of 3 hold"), "{shown}");
    let words: Vec<&str> =
        shown.split(|c: char| c.is_whitespace() || c == '|').filter(|w| !w.is_empty()).collect();
    let words = words.join(" ");
    assert!(words.contains("its cache") && words.contains("at 03:12:45"), "{shown}");
}

/// Once contained and not classified, the Timer's words were too long by ten cells and all left out.
#[test]
fn a_pane_s_words_are_shortened_and_not_left_out() {
    let shown = screen(night(), (120, 40), &ASCII);
    assert!(shown.contains("1 of 2 agents contained"), "{shown}");
    assert!(!shown.contains("Timer -----------------------------------"), "{shown}");
}

/// Without an incident the footer offered what cannot work there.
#[test]
fn the_footer_offers_nothing_that_needs_an_incident_where_there_is_none() {
    let shown = screen(super::idle(), (120, 40), &ASCII);
    let footer: Vec<&str> = shown.lines().rev().take(2).collect();
    let footer = footer.join(" ");
    for name in ["first-checks", "resolve"] {
        assert!(!footer.contains(name), "{name}: {footer}");
    }
    assert!(footer.contains("declare"), "{footer}");
}

/// Of what comes next the label was whole and the time cut off.
#[test]
fn what_is_due_next_says_when() {
    let shown = screen(super::focused(Pane::Actions), SMALL, &ASCII);
    let then = shown.lines().find(|line| line.contains("then ")).unwrap();
    assert!(then.contains(" in ") || then.contains("OVER"), "{then}");
}

/// Whoever looked at a leak was not told how to see what was logged since.
#[test]
fn the_footer_offers_what_was_logged_since_a_leak() {
    let mut model = night();
    model.selection.incident = Some(IncidentId(41));
    assert!(screen(model, SMALL, &ASCII).contains("g l "));
}

/// An agent that nothing reads was twenty thousand days old, and one that leaks needed no look.
#[test]
fn the_fleet_says_who_was_never_read_and_looks_at_whoever_leaks() {
    let mut model = on(Screen::Fleet);
    let unread = ["mute-1", "mute-2"].map(|id| Vitals::unread(id.parse().unwrap()));
    tell(&mut model, Msg::Vitals(unread.into()));
    let shown = screen(model, SMALL, &ASCII);
    let row = shown.lines().find(|line| line.contains("mute-1")).unwrap();
    assert!(row.contains("never") && !shown.contains("d old"), "{shown}");
    assert!(shown.contains("2 never read"), "{shown}");
    let mut model = super::idle();
    tell(&mut model, Msg::Entries(leaking().entries));
    tell(&mut model, Msg::Vitals([Vitals::unread("support-2".parse().unwrap())].into()));
    model.screen = Screen::Fleet;
    let shown = screen(model, SMALL, &ASCII);
    assert!(shown.contains("1 of 1 need a look, 1 never read"), "{shown}");
}

/// The question that came back after a 409 looked like the one before.
#[test]
fn a_question_that_is_asked_again_says_why_in_its_first_lines() {
    let mut model = super::confirming();
    let Some(Modal::Confirm(confirm)) = model.modals.last_mut() else { unreachable!() };
    confirm.again =
        Some("A2 was not done, and nothing was changed: 409: kubectl wrote it, 581 is 628".into());
    let shown = screen(model, SMALL, &ASCII);
    assert!(shown.contains("again    A2 was not done") && shown.contains("628"), "{shown}");
    assert!(shown.contains("this is what it would do now:"), "{shown}");
}

/// The list of levels named whom the on-call table has, and an adapter woke somebody else.
#[test]
fn d10_whom_to_bring_in_is_listed_by_what_will_carry_it() {
    let mut model = super::telling::told();
    let reached = [(Op::Escalate, "3"), (Op::Page, "dee")];
    let reached = reached.map(|(op, target)| ((op, Text::line(target)), "duty".into()));
    tell(&mut model, Msg::Reached(reached.into()));
    press(&mut model, "x");
    let Some(Modal::Choose(choose)) = model.modals.last() else { panic!("{:?}", model.modals) };
    let said = |words: &str| {
        assert!(
            choose.items.iter().any(|item| item.as_str().contains(words)),
            "{words}: {:#?}",
            choose.items
        );
    };
    for words in [
        ": cy (until",
        "3 ",
        ": through duty, the plan says whom",
        "page cy through ops-chat",
        "page dee through duty",
    ] {
        said(words);
    }
}

/// The list of people said nothing of those whom only an adapter pages, and nothing of those whom nobody
/// pages.
#[test]
fn d10_whom_to_page_is_listed_with_what_pages_them() {
    let mut model = super::telling::told();
    let reached = [("dee", "duty"), ("bo", "duty")].map(|(who, by)| ((Op::Page, who.into()), by.into()));
    tell(&mut model, Msg::Reached(reached.into()));
    for (agent, owner) in [("mailer-3", "dee"), ("order-2", "zoe")] {
        let card = AgentCard { owner: owner.into(), ..AgentCard::default() };
        model.cards.insert(agent.parse().expect("an id"), card);
    }
    press(&mut model, "space p");
    let Some(Modal::Choose(choose)) = model.modals.last() else { panic!("{:?}", model.modals) };
    let item =
        |who: &str| choose.items.iter().find(|item| item.as_str().starts_with(who)).expect(who).as_str();
    assert!(item("cy,").ends_with("through ops-chat"), "{:#?}", choose.items);
    assert!(item("dee,").ends_with("through duty"), "{:#?}", choose.items);
    assert!(item("zoe,").ends_with(": nothing pages them"), "{:#?}", choose.items);
}
