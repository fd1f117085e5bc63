//! `update(&mut Model, Msg) -> Vec<Effect>`: the only writer of the model.

mod act;
mod confirm;
mod evidence;
mod first;
mod forms;
mod hands;
mod keeping;
mod lamps;
mod look;
mod submit;
mod telling;
mod vitals;

pub use forms::read_time;

use std::sync::Arc;

use super::effect::Effect;
use super::model::{Modal, Model};
use super::msg::{Msg, Notice, NoticeLevel};
use crate::incident::{Entry, Event, IncidentId, Passing, Time};

/// Seconds that a passing notice stays: a person's, however fast a drill's clock runs.
const NOTICE_SECONDS: f64 = 8.0;

/// Takes one message in; says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let was_covered = !model.modals.is_empty();
    let told = matches!(model.modals.last(), Some(Modal::Refused { .. })).then(|| model.no_incident());
    let effects = take(model, msg);
    if let Some(told) = told {
        model.tell_anew(&told);
    }
    // What came while a box was open is looked at as soon as nothing lies over it.
    if was_covered && model.modals.is_empty() {
        model.select_something();
    }
    effects
}

fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Input(input) => model.input(input),
        Msg::Tick(now) => model.tick(now),
        Msg::Drawn => {
            model.shown();
            vec![]
        }
        Msg::Heads(heads) => {
            model.heads = heads;
            model.select_something();
            vec![]
        }
        Msg::Entries(entries) => model.entries(&entries),
        Msg::Loaded => {
            let mut effects = model.attend();
            model.heads.clear();
            model.select_something();
            model.loaded = true;
            effects.extend(model.open_wanted_review());
            effects
        }
        Msg::Lines(blocks) => {
            model.log.extend(&blocks);
            vec![]
        }
        Msg::LinesDropped(count) => {
            model.log.dropped += count;
            vec![]
        }
        Msg::Vitals(all) => {
            all.into_iter().for_each(|vitals| model.examined(vitals));
            vec![]
        }
        Msg::Circuits(broken) => {
            model.circuits = broken;
            vec![]
        }
        Msg::Readings { incident, action, readings } => {
            model.probed(incident, action, &readings);
            let now = model.now();
            model.last_read.entry((incident, action)).or_default().hear(&readings, now);
            model.readings.insert((incident, action), readings);
            model.suppose_of(incident, action);
            model.attend()
        }
        Msg::Journal(alarm, words) => {
            match words {
                Some(words) => drop(model.journal.insert(alarm, words)),
                None => drop(model.journal.remove(&alarm)),
            }
            model.suppose();
            model.attend()
        }
        Msg::ReadOnly(why) => {
            model.read_only = Some(why);
            vec![]
        }
        Msg::Reached(reached) => {
            model.reached = reached;
            vec![]
        }
        Msg::Offers(ops) => {
            model.offers = ops.into_iter().collect();
            vec![]
        }
        Msg::Planned { ticket, answer } => model.planned(ticket, answer),
        Msg::Submitted { ticket, answer } => model.submitted(ticket, answer),
        Msg::Review(view) => {
            model.review = view;
            vec![]
        }
        Msg::Done(answer) => {
            model.done(answer);
            vec![]
        }
        Msg::Notice(notice) => {
            model.take_notice(notice);
            vec![]
        }
        Msg::Said { from, text } => {
            model.take_notice(Notice::info(format!("{from}: {text}")));
            vec![]
        }
    }
}

impl Model {
    fn tick(&mut self, now: Time) -> Vec<Effect> {
        self.set_now(now);
        if self.log.uncounted() > 0 {
            self.log.count(now);
        }
        let speed = self.drill.as_ref().map_or(1.0, |drill| drill.speed);
        let is_read = |since: Time| (now - since).as_seconds_f64() >= NOTICE_SECONDS * speed;
        if self.notice.as_ref().is_some_and(|(_, since)| is_read(*since)) {
            self.notice = None;
        }
        self.suppose();
        let mut effects = self.attend();
        effects.extend(self.read_while_closing());
        effects
    }

    fn entries(&mut self, entries: &[Arc<Entry>]) -> Vec<Effect> {
        // What is shown as selected stays selected: news are told of above, and take nothing.
        if self.loaded && self.selection.action.is_none() {
            self.selection.action = self.selected_action().map(|action| action.id);
        }
        for entry in entries {
            self.board.apply(entry);
            if self.loaded {
                self.say_lamp(entry);
            }
            // Another process may be the one that probes; what was read long ago is no news.
            if let Some((action, readings)) = vitals::read(&entry.event).filter(|_| self.loaded) {
                self.probed(entry.incident, action, readings);
            }
        }
        self.select_something();
        if !self.loaded {
            return vec![];
        }
        let mut effects = self.attend();
        for entry in entries {
            effects.extend(self.lost_role(entry));
            effects.extend(self.ask_again(entry));
        }
        effects
    }

    /// Whoever lost a role to somebody else is told: they may not have given it away.
    fn lost_role(&mut self, entry: &Entry) -> Vec<Effect> {
        let Event::RoleAssigned { role, holder, from: Some(from), passing } = &entry.event else {
            return vec![];
        };
        if *passing == Passing::HandedOver || self.actor.as_person() != Some(from) {
            return vec![];
        }
        let (title, incident) = (role.title(), entry.incident);
        let words = match passing {
            Passing::TakenOver => format!("{incident}: {holder} took over from you as {title}"),
            Passing::HandedOver | Passing::Reassigned => {
                format!("{incident}: {} made {holder} {title} in your place", entry.actor)
            }
        };
        self.take_notice(Notice::error(words));
        if self.attention.bell { vec![Effect::Bell] } else { vec![] }
    }

    pub(super) fn take_notice(&mut self, notice: Notice) {
        let Some(key) = notice.key else {
            self.notice = Some((notice, self.now()));
            return;
        };
        self.lasting.retain(|old| old.key != Some(key));
        if notice.level != NoticeLevel::Clear {
            self.lasting.push(notice);
        }
    }

    /// Selects what a person would look at first, as long as nobody chose: while the journal is
    /// being loaded, and when something burns and what is shown does not. A choice, or a question
    /// on screen, is never moved under the person's hand.
    fn select_something(&mut self) {
        if self.selection.by_hand || (self.loaded && !self.modals.is_empty()) {
            return;
        }
        let burns =
            |id: Option<IncidentId>| id.and_then(|id| self.board.incident(id)).is_some_and(|i| i.is_open());
        if !self.loaded || !burns(self.selection.incident) {
            let first = self.incidents_in_order().first().copied();
            if first != self.selection.incident {
                self.turn_to(first);
            }
        }
    }
}

#[cfg(test)]
mod tests;
