//! Screens as people see them: a night on call at several sizes, themes and terminals.
//!
//! Read a changed snapshot as the person on call would: is it obvious, calm and true?

#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

use flightdeck::app::effect::Effect;
use flightdeck::app::key::{Input, Key, Mouse, MouseKind};
use flightdeck::app::layout::list_area;
use flightdeck::app::model::{Model, Pane, Screen};
use flightdeck::app::msg::{BrokenCircuit, Head, Msg, Notice, ReviewView};
use flightdeck::app::update;
use flightdeck::config::Problems;
use flightdeck::config::theme::Themes;
use flightdeck::incident::{
    Actor, AgentReadings, Event, IncidentId, Naming, Op, Plan, Reading, Realm, Severity, Status, Text,
};
use flightdeck::tui::colour::Depth;
use flightdeck::tui::editor::Editor;
use flightdeck::tui::glyphs::{ASCII, Glyphs, UNICODE};
use flightdeck::tui::theme::Skin;
use flightdeck::tui::view;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

mod bytes;
mod capture;
mod fleet;
mod parts;
mod regressions;
mod scrolling;
mod sizes;
mod telling;

use fleet::{asked, drill, idle, in_force, night, plan, tell};

fn skin(depth: Depth, glyphs: &'static Glyphs) -> Skin {
    let name = if depth == Depth::Mono { "mono" } else { "dark" };
    let theme = Themes::default().read(name, &mut Problems::default()).unwrap();
    Skin::new(&theme, depth, glyphs)
}

/// The review's text as it is prefilled.
const REVIEW: &str = "\
# INC-42: support-1 sends customer addresses to an unknown host

## Summary

Response: 3 min 8 s of 5 min. Control: 5 min 49 s of 15 min. The mail tool's scope was widened by a deploy.

## Root cause

Technical: ? (not known yet)
";

fn drawn(model: &Model, skin: &Skin) -> (Buffer, Option<Position>) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buf = Buffer::empty(area);
    let editor = Editor::open(REVIEW);
    let cursor = view::draw(model, skin, Some(&editor), area, &mut buf);
    (buf, cursor)
}

fn reviewing() -> Model {
    let mut model = on(Screen::Review);
    model.review = ReviewView { incident: model.selection.incident, dirty: true, revision: 2, questions: 1 };
    model.editing = true;
    model
}

fn text(buf: &Buffer) -> String {
    let rows = buf.content.chunks(usize::from(buf.area.width.max(1)));
    let rows = rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned());
    rows.collect::<Vec<_>>().join("\n")
}

/// The screen, with `|` at the end of each row's last column and the cursor marked.
fn screen(mut model: Model, size: (u16, u16), glyphs: &'static Glyphs) -> String {
    model.size = size;
    let (mut buf, cursor) = drawn(&model, &skin(Depth::Mono, glyphs));
    if let Some(cursor) = cursor {
        buf[cursor].set_symbol("_");
    }
    text(&buf)
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        tell(model, Msg::Input(Input::Key(key.parse::<Key>().unwrap())));
    }
}

fn focused(pane: Pane) -> Model {
    let mut model = night();
    model.set_focus(pane);
    model
}

fn on(screen: Screen) -> Model {
    let mut model = night();
    model.screen = screen;
    model
}

/// The backend of two agents fails and is left alone for a while.
fn left_alone() -> Msg {
    let agents = ["support-1", "support-2"].map(|id| id.parse().unwrap()).into();
    let why = "connection refused".into();
    Msg::Circuits(vec![BrokenCircuit { backend: "gateway".into(), why, agents }])
}

/// Asks for an action by its key, chooses the first target, and answers with a plan or a reason.
fn asking(keys: &str, answer: impl FnOnce(Op) -> Result<Box<Plan>, Text>) -> Model {
    let mut model = night();
    let input = |key: &str| Msg::Input(Input::Key(key.parse::<Key>().unwrap()));
    let mut effects: Vec<Effect> = keys.split(' ').flat_map(|key| update(&mut model, input(key))).collect();
    for _ in 0..6 {
        if effects.is_empty() {
            effects = update(&mut model, input("enter"));
        }
    }
    let Some(Effect::Plan { ticket, op, .. }) = effects.first() else { unreachable!("no plan is asked for") };
    let answer = answer(*op);
    tell(&mut model, Msg::Planned { ticket: *ticket, answer });
    tell(&mut model, Msg::Drawn);
    model
}

fn confirming() -> Model {
    let mut model = asking("i", |op| Ok(Box::new(plan(op, "support-1"))));
    press(&mut model, "s u p p");
    model
}

fn unavailable() -> Model {
    asking("l", |_| {
        Err("no adapter carries rate-limit for support-1. These lines would make it available:\n\n\
             [adapters.fleet.actions.rate-limit]\nrun = [\"fleetctl\", \"limit\", \"{agent}\"]"
            .into())
    })
}

/// Heads are known, entries are still being read, and two things went wrong.
fn loading() -> Model {
    let mut model = idle();
    model.loaded = false;
    let head = |id, title: &str, severity, status| Head {
        id: IncidentId(id),
        title: title.into(),
        severity,
        status,
    };
    tell(
        &mut model,
        Msg::Heads(vec![
            head(42, "support-1 sends customer addresses to an unknown host", Severity::P0, Status::Open),
            head(
                40,
                "order-2 refunds above its limit",
                Severity::P1,
                Status::Resolved(fleet::time("01:41:00")),
            ),
            head(39, "the same alert, sent twice", Severity::P2, Status::Merged(IncidentId(40))),
        ]),
    );
    tell(&mut model, Msg::Notice(Notice::lasting("receiver", "alerts are not received: port 9099 is taken")));
    tell(
        &mut model,
        Msg::Notice(Notice::error("INC-42 cannot be resolved yet: A1 is unaccounted for [rule A3]")),
    );
    model
}

/// SEV naming (D1), a proposal that waits, a paused log with losses.
fn waiting() -> Model {
    let mut model = night();
    let mut policy = (*model.policy).clone();
    policy.naming = Naming::Sev;
    model.policy = std::sync::Arc::new(policy);
    let story = fleet::burning().at("03:12:40").proposed_by_ai(Op::Restart, "mailer-3");
    tell(&mut model, Msg::Entries(story.entries));
    model.selection.action = None;
    model.set_focus(Pane::Log);
    tell(&mut model, Msg::LinesDropped(1_204));
    press(&mut model, "up up");
    model.notice = None;
    model
}

/// Somebody ends an incident of two agents; one of them has not recovered, the other was not read in
/// full.
fn closing() -> Model {
    let reading = |check: &str, value: &str| Reading {
        check: check.parse().unwrap(),
        replica: None,
        source: None,
        value: (!value.is_empty()).then(|| value.into()),
        why: None,
        at: fleet::time("03:12:30"),
    };
    let read = |agent: &str, error_rate: &str, p95: &str| AgentReadings {
        agent: agent.parse().unwrap(),
        readings: vec![reading("error_rate < 1", error_rate), reading("p95 < 2", p95)],
        trouble: None,
    };
    let agents = vec![read("support-2", "3.4", "1.2"), read("mailer-3", "0.1", "")];
    let story = fleet::Story::of(44, "02:50:00", Severity::P1, "mail is late", &["support-2", "mailer-3"])
        .records(
            Actor::person("maya"),
            Event::Classified { severity: Severity::P1, pattern: None, reason: None },
        )
        .records(Actor::Flightdeck, Event::RecoveryRead { agents });
    let mut model = night();
    tell(&mut model, Msg::Entries(story.entries));
    model.selection.incident = Some(IncidentId(44));
    press(&mut model, "R");
    model.notice = None;
    model
}

fn filtering(typed: &str) -> Model {
    let mut model = focused(Pane::Log);
    press(&mut model, "/");
    for c in typed.chars() {
        press(&mut model, &Key::char(c).to_string());
    }
    model
}

/// The log with its bars, and the hints that are built in.
fn barred(keys: &str) -> Model {
    let mut model = focused(Pane::Log);
    let settings = flightdeck::config::Settings::unset(&|_| None);
    model.log.hint_by(std::sync::Arc::new(flightdeck::config::hints::hints(&settings)));
    press(&mut model, keys);
    model
}

macro_rules! screens {
    ($( $name:ident: $model:expr, $size:expr, $glyphs:expr; )+) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), screen($model, $size, $glyphs));
        })+
    };
}

screens! {
    idle_80x24: idle(), (80, 24), &UNICODE;
    cockpit_80x24: night(), (80, 24), &UNICODE;
    cockpit_80x24_timer: focused(Pane::Timer), (80, 24), &UNICODE;
    cockpit_80x24_roster: focused(Pane::Roster), (80, 24), &UNICODE;
    cockpit_80x24_log: focused(Pane::Log), (80, 24), &UNICODE;
    cockpit_80x24_actions: focused(Pane::Actions), (80, 24), &UNICODE;
    cockpit_80x24_ascii: focused(Pane::Actions), (80, 24), &ASCII;
    cockpit_120x40: night(), (120, 40), &UNICODE;
    cockpit_200x60: night(), (200, 60), &UNICODE;
    drill_80x24: drill(), (80, 24), &UNICODE;
    drill_120x40_ascii: drill(), (120, 40), &ASCII;
    summary_40x10: night(), (40, 10), &ASCII;
    loading_80x24: loading(), (80, 24), &UNICODE;
    waiting_120x40: waiting(), (120, 40), &UNICODE;
    review_80x24: reviewing(), (80, 24), &UNICODE;
    timeline_80x24: on(Screen::Timeline), (80, 24), &UNICODE;
    fleet_80x24: on(Screen::Fleet), (80, 24), &UNICODE;
    fleet_160x50: on(Screen::Fleet), (160, 50), &UNICODE;
    fleet_circuit_80x24: { let mut m = on(Screen::Fleet); tell(&mut m, left_alone()); m }, (80, 24), &UNICODE;
    fleet_circuit_160x50: { let mut m = on(Screen::Fleet); tell(&mut m, left_alone()); m }, (160, 50), &UNICODE;
    in_force_80x24: { let mut m = in_force(); press(&mut m, "g k home"); m }, (80, 24), &UNICODE;
    in_force_160x50: { let mut m = in_force(); press(&mut m, "g k"); m }, (160, 50), &UNICODE;
    in_force_60x15: { let mut m = in_force(); press(&mut m, "g k j"); m }, (60, 15), &ASCII;
    in_force_nothing_80x24: { let mut m = idle(); press(&mut m, "g k"); m }, (80, 24), &UNICODE;
    account_80x24: { let mut m = night(); press(&mut m, "R"); m }, (80, 24), &UNICODE;
    leaking_120x40: { let mut m = night(); m.selection.incident = Some(IncidentId(41)); m.set_focus(Pane::Actions); m }, (120, 40), &UNICODE;
    leaking_40x10: { let mut m = night(); m.selection.incident = Some(IncidentId(41)); m }, (40, 10), &ASCII;
    fresh_80x24: { let mut m = night(); m.selection.incident = Some(IncidentId(43)); m }, (80, 24), &UNICODE;
    first_80x24: asked(), (80, 24), &UNICODE;
    first_160x50: asked(), (160, 50), &UNICODE;
    resolved_120x40: { let mut m = night(); m.selection.incident = Some(IncidentId(40)); m }, (120, 40), &UNICODE;
    help_80x24: { let mut m = night(); press(&mut m, "?"); m }, (80, 24), &UNICODE;
    which_key_80x24: { let mut m = night(); press(&mut m, "space"); m }, (80, 24), &UNICODE;
    palette_80x24: { let mut m = night(); press(&mut m, ": r o l l"); m }, (80, 24), &UNICODE;
    form_80x24: { let mut m = night(); press(&mut m, "u"); m }, (80, 24), &UNICODE;
    confirm_80x24: confirming(), (80, 24), &UNICODE;
    confirm_40x10: confirming(), (40, 10), &ASCII;
    confirm_120x40_drill: { let mut m = confirming(); m.realm = Realm::Drill; m }, (120, 40), &UNICODE;
    confirm_wrong_80x24: { let mut m = confirming(); press(&mut m, "enter"); m }, (80, 24), &UNICODE;
    confirm_key_80x24: asking("space e", |op| Ok(Box::new(plan(op, "support-1")))), (80, 24), &UNICODE;
    unavailable_80x24: unavailable(), (80, 24), &UNICODE;
    refused_80x24: { let mut m = night(); m.selection.incident = Some(IncidentId(43)); press(&mut m, "X"); m }, (80, 24), &UNICODE;
    refused_40x10: { let mut m = night(); m.selection.incident = Some(IncidentId(43)); press(&mut m, "X"); m }, (40, 10), &ASCII;
    choose_80x24: { let mut m = night(); press(&mut m, "i"); m }, (80, 24), &UNICODE;
    detail_80x24: { let mut m = focused(Pane::Actions); press(&mut m, "enter"); m }, (80, 24), &UNICODE;
    filter_80x24: filtering("level>=warn retry"), (80, 24), &UNICODE;
    filter_wrong_80x24: filtering("retry level>=loud"), (80, 24), &UNICODE;
    bars_80x24_ascii: barred("v"), (80, 24), &ASCII;
    bars_120x40: barred("z v left left"), (120, 40), &UNICODE;
    not_offered_80x24: { let mut m = night(); m.offers.clear(); m }, (80, 24), &UNICODE;
    closing_80x24: closing(), (80, 24), &UNICODE;
    closing_40x10: closing(), (40, 10), &ASCII;
    form_40x10: { let mut m = night(); press(&mut m, "u"); m }, (40, 10), &UNICODE;
}

fn clicking(model: &mut Model, column: u16, row: u16) {
    tell(model, Msg::Input(Input::Mouse(Mouse { kind: MouseKind::Down, column, row })));
}

#[test]
fn a_click_selects_the_row_that_it_hit() {
    for pane in [Pane::Incidents, Pane::Actions, Pane::Roster, Pane::Timeline, Pane::Fleet] {
        for size in [(80, 24), (120, 40)] {
            let mut model = night();
            model.size = size;
            model.set_focus(pane);
            if pane == Pane::Timeline {
                model.screen = Screen::Timeline;
            } else if pane == Pane::Fleet {
                model.screen = Screen::Fleet;
            }
            let (_, area) = *model.layout().panes.iter().find(|(p, _)| *p == pane).unwrap();
            let list = list_area(&model, pane, area.inside());
            for row in list.y..(list.y + list.height).min(list.y + 2) {
                clicking(&mut model, list.x + 4, row);
                let (buf, _) = drawn(&model, &skin(Depth::Mono, &ASCII));
                let screen = text(&buf);
                assert_eq!(buf[(list.x, row)].symbol(), ">", "{pane:?} {size:?}\n{screen}");
            }
        }
    }
}

#[test]
fn a_long_timeline_is_drawn_from_the_entries_in_sight() {
    let mut model = night();
    model.screen = Screen::Timeline;
    let mut story = fleet::burning();
    for number in 0..20_000 {
        story = story.records(Actor::person("ana"), Event::Noted { text: format!("note {number}").into() });
    }
    let (known, all) = (fleet::burning().entries.len(), story.entries.len());
    tell(&mut model, Msg::Entries(story.entries[known..].to_vec()));
    let skin = skin(Depth::Mono, &ASCII);
    let screen = text(&drawn(&model, &skin).0);
    assert!(screen.contains(&format!("> {all}")) && screen.contains("note 19999"), "{screen}");
    press(&mut model, "home");
    let screen = text(&drawn(&model, &skin).0);
    assert!(screen.contains(">     1") && screen.contains(&format!("1 of {all}")), "{screen}");
}
