//! Screens as people see them: a night on call at several sizes, themes and terminals.
//!
//! Read a changed snapshot as the person on call would: is it obvious, calm and true?

#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

use flightdeck::app::effect::Effect;
use flightdeck::app::key::{Input, Key};
use flightdeck::app::model::{Model, Pane, Screen};
use flightdeck::app::msg::Msg;
use flightdeck::app::update;
use flightdeck::config::Problems;
use flightdeck::config::theme::Themes;
use flightdeck::incident::{IncidentId, Op, Plan, Realm, Text};
use flightdeck::tui::colour::Depth;
use flightdeck::tui::glyphs::{ASCII, Glyphs, UNICODE};
use flightdeck::tui::theme::Skin;
use flightdeck::tui::view;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

mod bytes;
mod fleet;
mod sizes;

use fleet::{drill, idle, night, plan, tell};

fn skin(depth: Depth, glyphs: &'static Glyphs) -> Skin {
    let name = if depth == Depth::Mono { "mono" } else { "dark" };
    let theme = Themes::default().read(name, &mut Problems::default()).unwrap();
    Skin::new(&theme, depth, glyphs)
}

fn drawn(model: &Model, skin: &Skin) -> (Buffer, Option<Position>) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buf = Buffer::empty(area);
    let cursor = view::draw(model, skin, None, area, &mut buf);
    (buf, cursor)
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
    model.focus = pane;
    model
}

fn on(screen: Screen) -> Model {
    let mut model = night();
    model.screen = screen;
    model
}

/// Asks for an action by its key, chooses the first target, and answers with a plan or a reason.
fn asking(keys: &str, answer: impl FnOnce(Op) -> Result<Box<Plan>, Text>) -> Model {
    let mut model = night();
    let input = |key: &str| Msg::Input(Input::Key(key.parse::<Key>().unwrap()));
    let mut effects: Vec<Effect> = keys.split(' ').flat_map(|key| update(&mut model, input(key))).collect();
    for _ in 0..3 {
        if effects.is_empty() {
            effects = update(&mut model, input("enter"));
        }
    }
    let Some(Effect::Plan { ticket, op, .. }) = effects.first() else { unreachable!("no plan is asked for") };
    let answer = answer(*op);
    tell(&mut model, Msg::Planned { ticket: *ticket, answer });
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

fn filtering(typed: &str) -> Model {
    let mut model = focused(Pane::Log);
    press(&mut model, "/");
    for c in typed.chars() {
        press(&mut model, &Key::char(c).to_string());
    }
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
    timeline_80x24: on(Screen::Timeline), (80, 24), &UNICODE;
    fleet_80x24: on(Screen::Fleet), (80, 24), &UNICODE;
    fleet_160x50: on(Screen::Fleet), (160, 50), &UNICODE;
    leaking_120x40: { let mut m = night(); m.selection.incident = Some(IncidentId(41)); m.focus = Pane::Actions; m }, (120, 40), &UNICODE;
    leaking_40x10: { let mut m = night(); m.selection.incident = Some(IncidentId(41)); m }, (40, 10), &ASCII;
    fresh_80x24: { let mut m = night(); m.selection.incident = Some(IncidentId(43)); m }, (80, 24), &UNICODE;
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
    choose_80x24: { let mut m = night(); press(&mut m, "i"); m }, (80, 24), &UNICODE;
    detail_80x24: { let mut m = focused(Pane::Actions); press(&mut m, "enter"); m }, (80, 24), &UNICODE;
    filter_80x24: filtering("level>=warn retry"), (80, 24), &UNICODE;
    filter_wrong_80x24: filtering("retry level>=loud"), (80, 24), &UNICODE;
    not_offered_80x24: { let mut m = night(); m.offers.clear(); m }, (80, 24), &UNICODE;
    form_40x10: { let mut m = night(); press(&mut m, "u"); m }, (40, 10), &UNICODE;
}
