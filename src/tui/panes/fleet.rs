//! The agents and their vitals against the ranges of A9 and E10.

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::{first_in_sight, list_area};
use crate::app::model::{AgentCard, Pane};
use crate::app::msg::BrokenCircuit;
use crate::app::theme::Role;
use crate::incident::playbook::cited;
use crate::incident::{Action, AgentId, Lamp, Text, Time, VITALS, VitalInfo, Vitals};
use crate::tui::row::Row;
use crate::tui::view::{View, area as as_area, rect};
use crate::tui::widgets::list::Top;
use crate::tui::widgets::wrap::width;
use crate::tui::widgets::{List, fill};
use crate::tui::words;

/// A reading older than this is no picture of now.
const STALE: TimeDelta = TimeDelta::seconds(30);

/// How many agents are out of their ranges or leak, and of how many nobody can say.
pub fn hint(view: &View<'_>) -> String {
    let vitals = &view.model.vitals;
    if vitals.is_empty() {
        return String::new();
    }
    let ill = vitals.values().filter(|v| !is_healthy(v) || leaks(view, &v.agent)).count();
    let never = vitals.values().filter(|v| read_at(view, v).is_none()).count();
    let never = if never == 0 { String::new() } else { format!(", {never} never read") };
    format!("{ill} of {} need a look{never}", vitals.len())
}

/// Whether something that was done to an agent stopped holding.
fn leaks(view: &View<'_>, agent: &AgentId) -> bool {
    let open = view.model.board.incidents().filter(|incident| incident.is_open());
    let mut actions = open.flat_map(|incident| incident.actions.values());
    actions.any(|a| a.lamp == Lamp::Leaking && a.plan.target.as_str() == agent.as_str())
}

/// When an agent was read last: by its own program, or where it has none by the probe of an action.
fn read_at(view: &View<'_>, vitals: &Vitals) -> Option<Time> {
    if vitals.is_read() {
        return Some(vitals.at);
    }
    view.model.probed.get(&vitals.agent)?.values().map(|(_, at)| *at).max()
}

fn value<'a>(vitals: &'a Vitals, vital: &VitalInfo) -> &'a str {
    vitals.values.get(vital.name).map_or("", Text::as_str)
}

/// No data is not healthy, but of a vital that an agent never had nothing is said.
fn verdict(vitals: &Vitals, vital: &VitalInfo) -> Option<bool> {
    vitals.values.get(vital.name).and_then(|value| vital.is_healthy(value.as_str()))
}

fn is_healthy(vitals: &Vitals) -> bool {
    VITALS.iter().all(|vital| verdict(vitals, vital) != Some(false))
}

/// How old a reading is, and whether that is too old.
fn freshness(view: &View<'_>, vitals: &Vitals) -> (String, Role) {
    let Some(at) = read_at(view, vitals) else { return ("never".to_owned(), Role::Dim) };
    let old = view.model.now() - at;
    if old < STALE {
        ("now".to_owned(), Role::Dim)
    } else {
        (format!("{} old", words::age(old)), Role::Warning)
    }
}

/// Draws the table, and below it the selected agent.
pub fn draw(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    if model.vitals.is_empty() {
        Row::new(area, buf, view.skin).say("no agent's vitals are known yet", Role::Dim);
        return None;
    }
    let agents: Vec<&Vitals> = model.vitals.values().collect();
    let columns = Columns::of(&agents, usize::from(area.width));
    let (heading, _) = as_area(area).split_top(1);
    columns.draw_heading(Row::new(rect(heading), buf, view.skin));
    let place = list_area(model, Pane::Fleet, as_area(area));
    let selected =
        model.selection.agent.as_ref().and_then(|id| agents.iter().position(|vitals| vitals.agent == *id));
    let line = model.selection.line(Pane::Fleet);
    let top = Top::At(first_in_sight(selected, line, agents.len(), usize::from(place.height)));
    let list = List { len: agents.len(), selected, top, focused: view.has_keys(Pane::Fleet) };
    list.draw(rect(place), buf, view.skin, |index, line, buf| {
        if let Some(vitals) = agents.get(index) {
            columns.draw(view, vitals, Row::new(line, buf, view.skin));
        }
    });
    let below = as_area(area).split_top(1 + place.height).1;
    let (rule, below) = below.split_top(1);
    fill(buf, rect(rule), view.skin.glyphs.pane.horizontal, view.style(Role::Border));
    let concerned = || model.incident().and_then(|i| agents.iter().position(|v| i.agents.contains(&v.agent)));
    let subject = selected.or_else(concerned).or(Some(0)).and_then(|at| agents.get(at));
    if let Some(vitals) = subject {
        draw_agent(view, vitals, rect(below), buf);
    }
    None
}

/// Which vitals have a column, and how wide.
struct Columns {
    agent: usize,
    vitals: Vec<(&'static VitalInfo, usize)>,
}

impl Columns {
    /// As many as fit, in the order of the table; each as wide as its values need.
    fn of(agents: &[&Vitals], room: usize) -> Self {
        let agent = agents.iter().map(|v| width(v.agent.as_str())).max().unwrap_or(0).clamp(5, 20);
        // The mark of the selected row, and the age.
        let mut left = room.saturating_sub(2 + agent + 1 + 8);
        let mut vitals = Vec::new();
        for vital in VITALS {
            let widest = agents.iter().map(|v| width(value(v, vital))).max().unwrap_or(0);
            if widest == 0 {
                continue;
            }
            // A sign in front of what is out of its range.
            let cells = (widest + width(vital.unit) + 1).max(width(vital.label)).min(14);
            if cells + 1 > left {
                break;
            }
            left -= cells + 1;
            vitals.push((vital, cells));
        }
        Self { agent, vitals }
    }

    fn draw_heading(&self, mut row: Row<'_>) {
        row.gap(2);
        row.column("agent", self.agent, Role::Dim);
        for (vital, cells) in &self.vitals {
            row.number(vital.label, *cells, Role::Dim);
        }
        row.say("read", Role::Dim);
    }

    fn draw(&self, view: &View<'_>, vitals: &Vitals, mut row: Row<'_>) {
        let concerned = view.model.incident().is_some_and(|i| i.agents.contains(&vitals.agent));
        row.column(vitals.agent.as_str(), self.agent, if concerned { Role::Strong } else { Role::Text });
        for (vital, cells) in &self.vitals {
            let shown = value(vitals, vital);
            let (sign, role) = match verdict(vitals, vital) {
                Some(false) => ("!", Role::Error),
                Some(true) => ("", Role::Ok),
                None => ("", Role::Text),
            };
            let unit = if shown.is_empty() { "" } else { vital.unit };
            row.number(&format!("{sign}{shown}{unit}"), *cells, role);
        }
        let (age, role) = freshness(view, vitals);
        let alone = left_alone(view, &vitals.agent).next();
        match alone {
            // What stands there may be the last that was read for a while.
            Some(broken) => {
                let whole = format!("! {} is left alone", broken.backend);
                if width(&whole) + width(&age) < row.room() {
                    row.word(&age, role);
                    row.say(&whole, Role::Warning);
                } else {
                    row.say("!alone", Role::Warning);
                }
            }
            None => row.say(&age, role),
        }
    }
}

/// The backends of an agent that fail and are left alone.
fn left_alone<'a>(view: &'a View<'_>, agent: &'a AgentId) -> impl Iterator<Item = &'a BrokenCircuit> {
    view.model.circuits.iter().filter(move |broken| broken.agents.contains(agent))
}

/// One agent: each vital with the range it should be in, and the row that says so.
fn draw_agent(view: &View<'_>, vitals: &Vitals, area: Rect, buf: &mut Buffer) {
    let mut rows = area.rows();
    let Some(first) = rows.next() else { return };
    let mut row = Row::new(first, buf, view.skin);
    row.word(vitals.agent.as_str(), Role::Strong);
    match read_at(view, vitals) {
        Some(at) => row.word(&format!("read at {}", words::hms(at)), Role::Dim),
        None => row.word("never read: nothing here reads its vitals", Role::Dim),
    }
    row.say(&involvement(view, &vitals.agent).join(", "), Role::Warning);
    let who = view.model.cards.get(&vitals.agent).map(|card| introduced(card, &vitals.agent));
    if let Some(who) = who.filter(|who| !who.is_empty()) {
        let Some(second) = rows.next() else { return };
        Row::new(second, buf, view.skin).say(&who, Role::Text);
    }
    let able = view.model.cards.get(&vitals.agent).map(abilities).filter(|able| !able.is_empty());
    if let Some(able) = able {
        let Some(next) = rows.next() else { return };
        Row::new(next, buf, view.skin).say(&able, Role::Dim);
    }
    for broken in left_alone(view, &vitals.agent) {
        let Some(next) = rows.next() else { return };
        let words = format!("{} fails and is left alone for a while: {}", broken.backend, broken.why);
        Row::new(next, buf, view.skin).say(&words, Role::Warning);
    }
    let cells = 36;
    let across = (area.width / cells).max(1);
    let width = area.width / across;
    let mut places =
        rows.flat_map(|row| (0..across).map(move |n| Rect { x: row.x + n * width, width: width - 2, ..row }));
    // What has a range and was not read is said to be unread: no data is not healthy.
    let has = |vital: &&VitalInfo| vitals.values.contains_key(vital.name) || !vital.healthy.is_empty();
    let known: Vec<_> = VITALS.iter().filter(has).collect();
    let mut last = Rect::default();
    for (index, vital) in known.iter().enumerate() {
        let Some(place) = places.next() else {
            let more = format!(" {} {} more", view.skin.glyphs.down, known.len() - index);
            Row::new(last, buf, view.skin).right(&more, Role::Dim);
            return;
        };
        last = place;
        let mut row = Row::new(place, buf, view.skin);
        row.column(vital.label, 8, Role::Dim);
        if !vitals.values.contains_key(vital.name) {
            row.say(&format!("unread {}", cited(vital.row)), Role::Dim);
            continue;
        }
        let shown = format!("{}{}", value(vitals, vital), vital.unit);
        match verdict(vitals, vital) {
            Some(false) => {
                row.word(&format!("! {shown},"), Role::Error);
                let range =
                    vital.healthy.trim_start_matches(vital.name).trim_start().trim_start_matches("= ");
                row.say(&format!("should be {range}"), Role::Text);
                row.whole(&format!(" {}", cited(vital.row)), Role::Text);
            }
            Some(true) => {
                row.word(&shown, Role::Ok);
                row.say(&format!("healthy {}", cited(vital.row)), Role::Dim);
            }
            None => row.say(&shown, Role::Text),
        }
        // A probe of an action read it later than everything else; the value has its room first.
        let probed = view.model.probed.get(&vitals.agent).and_then(|read| read.get(vital.name));
        if let Some((_, at)) = probed {
            row.whole(&format!(", probed {}", words::hms(*at)), Role::Dim);
        }
    }
}

/// `Customer support: answers customers in chat; team-support answers for it`.
fn introduced(card: &AgentCard, agent: &AgentId) -> String {
    let name = if card.name.as_str() == agent.as_str() { "" } else { card.name.as_str() };
    let owner = match card.owner.is_blank() {
        true => String::new(),
        false => format!("{} answers for it", card.owner),
    };
    let what = [name, card.about.as_str()].into_iter().filter(|part| !part.is_empty());
    let what = what.collect::<Vec<_>>().join(": ");
    [what, owner].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `calls crm.lookup_order, mail.send; may orders.read`: what it could do harm with.
fn abilities(card: &AgentCard) -> String {
    let list = |word: &str, what: &[Text]| {
        let names = what.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        (!what.is_empty()).then(|| format!("{word} {names}"))
    };
    let parts = [list("calls", &card.tools), list("may", &card.permissions)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The open incidents that an agent is part of, and what was done to it there: an agent may be
/// stopped because somebody stopped it.
fn involvement(view: &View<'_>, agent: &AgentId) -> Vec<String> {
    let mut words = Vec::new();
    for incident in view.model.board.incidents().filter(|i| i.is_open() && i.agents.contains(agent)) {
        words.push(format!("in {}", incident.id));
        let here = |a: &&Action| a.plan.target.as_str() == agent.as_str() && a.plan.op.info().mitigation;
        let actions = incident.actions.values().filter(here).filter(|a| a.lamp.may_be_in_force());
        words.extend(actions.map(|a| format!("{} {} {}", a.id, a.plan.op, a.lamp)));
    }
    words
}
