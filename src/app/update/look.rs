//! Screens, panes, selections: what changes only what is seen.

#![expect(clippy::wildcard_enum_match_arm, reason = "only the intents named here are ways of looking")]

use super::super::effect::{Effect, ReviewDeed};
use super::super::entry::in_full;
use super::super::intent::Intent;
use super::super::keymap::Context;
use super::super::layout::{first_in_sight, list_area};
use super::super::model::{Help, Modal, Model, Pane, Screen};
use super::super::msg::Notice;
use super::super::palette::Palette;
use crate::incident::{
    Action, ActionId, Incident, IncidentId, Judged, Reading, Role, Text, Time, Verdict, telling,
};

/// Lines that a page is, without the border.
fn page(height: u16) -> i32 {
    i32::from(height.saturating_sub(3).max(1))
}

impl Model {
    pub(super) fn look(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Cockpit => self.go(Screen::Cockpit),
            Intent::Timeline => self.go(Screen::Timeline),
            Intent::Fleet => self.go(Screen::Fleet),
            Intent::InForce => self.go_to_in_force(),
            Intent::Review => return self.open_review(),
            Intent::NextPane => self.step_pane(1),
            Intent::PreviousPane => self.step_pane(Pane::COCKPIT.len() - 1),
            Intent::PaneIncidents => self.go_to_pane(Pane::Incidents),
            Intent::PaneTimer => self.go_to_pane(Pane::Timer),
            Intent::PaneRoster => self.go_to_pane(Pane::Roster),
            Intent::PaneLog => self.go_to_pane(Pane::Log),
            Intent::PaneActions => self.go_to_pane(Pane::Actions),
            Intent::Zoom => self.zoomed = !self.zoomed,
            Intent::NextIncident => return self.step_incident(1),
            Intent::PreviousIncident => return self.step_incident(-1),
            Intent::Back => self.back(),
            Intent::Up => return self.move_selection(-1),
            Intent::Down => return self.move_selection(1),
            Intent::PageUp => return self.move_selection(-page(self.focused_height())),
            Intent::PageDown => return self.move_selection(page(self.focused_height())),
            Intent::Top => return self.go_to_end(true),
            Intent::Bottom => return self.go_to_end(false),
            Intent::Filter => {
                self.go_to_pane(Pane::Log);
                self.log.typing = true;
            }
            Intent::ClearFilter => {
                self.log.typed = super::super::field::Field::default();
                self.log.hear_all();
                self.refilter();
            }
            Intent::Follow => {
                let follow = !self.log.is_following();
                self.log.follow(follow);
            }
            Intent::Mute => {
                let words = match self.log.mute_selected() {
                    Some(agent) => format!("{agent} is left out; clear-filter shows it again"),
                    None => "there is no line whose agent could be left out".to_owned(),
                };
                self.notice = Some((Notice::info(words), self.now()));
            }
            Intent::Volume => {
                self.go_to_pane(Pane::Log);
                self.log.barred = !self.log.barred;
            }
            Intent::Earlier => self.log.step_bar(false),
            Intent::Later => self.log.step_bar(true),
            Intent::Copy => return self.copy(),
            Intent::Palette => self.modals.push(Modal::Palette(Palette::default())),
            Intent::Help => self.modals.push(Modal::Help(Help::default())),
            Intent::Open => return self.open(),
            other => debug_assert!(false, "{other:?} is not a way of looking"),
        }
        vec![]
    }

    pub(super) fn go(&mut self, screen: Screen) {
        if self.screen != screen || self.editing {
            self.screen = screen;
            self.editing = false;
        }
    }

    fn open_review(&mut self) -> Vec<Effect> {
        let Some(id) = self.incident().map(|i| i.id) else {
            if !self.loaded {
                self.review_wanted = true;
                self.take_notice(Notice::info("the review opens as soon as the journal is read"));
                return vec![];
            }
            return self.refuse(Intent::Review.info().name, self.no_incident());
        };
        // Whoever opens a review has chosen its incident.
        self.selection.by_hand = true;
        self.go(Screen::Review);
        vec![Effect::Review(ReviewDeed::Open(id))]
    }

    /// Opens the review that was asked for while the journal was being read, unless something else
    /// was done since.
    pub(super) fn open_wanted_review(&mut self) -> Vec<Effect> {
        if !std::mem::take(&mut self.review_wanted) || !self.modals.is_empty() {
            return vec![];
        }
        self.notice = None;
        self.open_review()
    }

    /// Why there is no incident to do it to.
    pub(super) fn no_incident(&self) -> String {
        match (self.loaded, self.selection.incident) {
            // It is known by name only.
            (false, Some(id)) => format!("{id} is still being read from the journal; in a moment"),
            (_, _) => self.no_incident_but(),
        }
    }

    /// One that burns is gone to, not declared a second time.
    fn no_incident_but(&self) -> String {
        let key = |intent| self.keymap.keys_for(Context::Incidents, intent);
        let open = self.incidents_in_order().into_iter().find(|id| self.is_open(*id));
        match (open, key(Intent::NextIncident), key(Intent::Declare)) {
            (Some(id), Some(key), _) => format!("no incident is selected; {id} is open: {key} selects it"),
            (Some(id), None, _) => format!("no incident is selected; {id} is open"),
            (None, _, Some(key)) => format!("no incident is selected; {key} declares one"),
            (None, _, None) => "no incident is selected".to_owned(),
        }
    }

    fn is_open(&self, id: IncidentId) -> bool {
        self.board.incident(id).is_some_and(Incident::is_open)
    }

    /// Says why something is not opened, where it would have stood, and takes the keys meant for
    /// it: no word of them may become a command.
    pub(super) fn refuse(&mut self, asked: impl Into<String>, why: impl Into<String>) -> Vec<Effect> {
        self.modals.push(Modal::Refused { asked: asked.into(), why: why.into() });
        vec![]
    }

    /// An incident came while a box says that there is none: it says so.
    pub(super) fn tell_anew(&mut self, told: &str) {
        let now = self.no_incident();
        if let Some(Modal::Refused { why, .. }) = self.modals.last_mut()
            && *why == told
        {
            *why = now;
        }
    }

    fn go_to_pane(&mut self, pane: Pane) {
        self.go(Screen::Cockpit);
        self.set_focus(pane);
    }

    fn step_pane(&mut self, by: usize) {
        let at = Pane::COCKPIT.iter().position(|p| *p == self.focus()).unwrap_or(0);
        self.go_to_pane(Pane::COCKPIT[(at + by) % Pane::COCKPIT.len()]);
    }

    fn step_incident(&mut self, by: i32) -> Vec<Effect> {
        let all = self.incidents_in_order();
        self.select_incident(step(&all, self.selection.incident, by));
        // What is on the screen is of the incident that is named above it.
        if self.screen == Screen::Review { self.open_review() } else { vec![] }
    }

    pub(super) fn select_incident(&mut self, id: Option<IncidentId>) {
        self.selection.by_hand |= id.is_some();
        if id.is_some() && id != self.selection.incident {
            self.holding_still(Pane::Incidents, |model| model.turn_to(id));
        }
    }

    /// Makes everything on the screen be about an incident, from its newest on.
    pub(super) fn turn_to(&mut self, id: Option<IncidentId>) {
        // That there was none is no news any more.
        if self.selection.incident.is_none() && id.is_some() {
            let none = self.no_incident();
            self.notice.take_if(|(notice, _)| notice.text.as_str() == none);
        }
        self.selection.incident = id;
        self.selection.action = None;
        self.selection.entry = None;
        self.selection.timer_scroll = 0;
        self.selection.lines.retain(|pane, _| !matches!(pane, Pane::Actions | Pane::Timeline));
    }

    /// Esc closes and goes back, one step at a time; it never loses anything.
    fn back(&mut self) {
        if self.editing {
            self.editing = false;
        } else if self.screen != Screen::Cockpit {
            self.go(Screen::Cockpit);
        } else if self.zoomed {
            self.zoomed = false;
        } else if self.focus() == Pane::Log && !self.log.is_following() {
            self.log.follow(true);
        } else {
            self.notice = None;
        }
    }

    fn focused_height(&self) -> u16 {
        let pane = self.pane();
        self.layout().panes.iter().find(|(p, _)| *p == pane).map_or(1, |(_, area)| area.height)
    }

    pub(super) fn move_selection(&mut self, by: i32) -> Vec<Effect> {
        // Whoever moves within an incident has chosen it.
        self.selection.by_hand |= self.selection.incident.is_some();
        let pane = self.pane();
        match pane {
            Pane::Incidents => return self.step_incident(by),
            Pane::Timer => {
                let most = (self.reach)(self).most;
                scroll_by(&mut self.selection.timer_scroll, by, most);
            }
            Pane::Roster => self.selection.role = step(Role::ALL, self.selection.role, by),
            Pane::Log => self.move_in_log(by),
            Pane::Actions => self.holding_still(pane, |model| {
                let from = model.selected_action().map(|action| action.id);
                model.selection.action = step(&model.actions_in_order(), from, by);
            }),
            Pane::Timeline => self.holding_still(pane, |model| {
                let newest = model.incident().map_or(0, |i| i.seq);
                let at = model.selection.entry.unwrap_or(newest);
                let to = at.saturating_add_signed(i64::from(by)).clamp(1, newest.max(1));
                model.selection.entry = Some(to).filter(|to| *to < newest);
            }),
            Pane::Fleet => self.holding_still(pane, |model| {
                let agents: Vec<_> = model.vitals.keys().cloned().collect();
                model.selection.agent = step(&agents, model.selection.agent.clone(), by);
            }),
            Pane::InForce => {
                let all = self.in_force_in_order();
                let chosen = self.selection.incident.zip(self.selection.action);
                let from = chosen.filter(|chosen| all.contains(chosen));
                self.select_in_force(if from.is_some() {
                    step(&all, from, by)
                } else {
                    all.first().copied()
                });
            }
            Pane::Review => return vec![Effect::Review(ReviewDeed::Scroll(by))],
        }
        vec![]
    }

    pub(super) fn move_in_log(&mut self, by: i32) {
        let height = self.list_height(Pane::Log).unwrap_or(1);
        self.log.move_by(by, height);
    }

    /// Selects a mitigation, and with it the incident that it belongs to.
    fn select_in_force(&mut self, chosen: Option<(IncidentId, ActionId)>) {
        let Some((incident, action)) = chosen else { return };
        self.holding_still(Pane::InForce, |model| {
            model.select_incident(Some(incident));
            model.selection.action = Some(action);
        });
    }

    /// Changes what is selected in a list, without moving the list as long as that is in sight.
    fn holding_still(&mut self, pane: Pane, change: impl FnOnce(&mut Self)) {
        let seen = self.list_height(pane).map(|height| (self.first_seen(pane, height), height));
        change(self);
        if let Some((first, height)) = seen {
            let line = self.place_in(pane).0.unwrap_or(0).saturating_sub(first);
            self.selection.lines.insert(pane, line.min(height.saturating_sub(1)));
        }
    }

    /// Lines of a pane's list, while it is on the screen.
    pub(super) fn list_height(&self, pane: Pane) -> Option<usize> {
        let layout = self.layout();
        let (_, area) = layout.panes.iter().find(|(shown, _)| *shown == pane)?;
        Some(usize::from(list_area(self, pane, area.inside()).height))
    }

    fn first_seen(&self, pane: Pane, height: usize) -> usize {
        let (selected, count) = self.place_in(pane);
        first_in_sight(selected, self.selection.line(pane), count, height)
    }

    /// Which item of a pane's list is selected, and how many there are.
    fn place_in(&self, pane: Pane) -> (Option<usize>, usize) {
        match pane {
            Pane::Incidents => {
                let all = self.incidents_in_order();
                (position(&all, self.selection.incident.as_ref()), all.len())
            }
            Pane::Actions => {
                let all = self.actions_in_order();
                (position(&all, self.selected_action().map(|action| &action.id)), all.len())
            }
            Pane::Timeline => {
                let count = self.record().map_or(0, |r| r.entries.len());
                (Some(self.selection.entry.map_or(count, |seq| seq as usize).saturating_sub(1)), count)
            }
            Pane::Fleet => {
                let agents: Vec<_> = self.vitals.keys().collect();
                (position(&agents, self.selection.agent.as_ref().as_ref()), agents.len())
            }
            Pane::InForce => {
                let all = self.in_force_in_order();
                (position(&all, self.selection.incident.zip(self.selection.action).as_ref()), all.len())
            }
            Pane::Roster => (position(Role::ALL, self.selection.role.as_ref()), Role::ALL.len()),
            Pane::Timer | Pane::Log | Pane::Review => (None, 0),
        }
    }

    fn go_to_end(&mut self, top: bool) -> Vec<Effect> {
        match self.pane() {
            Pane::Log if top => self.log.to_top(),
            Pane::Log => self.log.follow(true),
            Pane::Timeline if top => self.selection.entry = Some(1),
            Pane::Timeline => self.selection.entry = None,
            Pane::Incidents
            | Pane::Timer
            | Pane::Roster
            | Pane::Actions
            | Pane::Fleet
            | Pane::InForce
            | Pane::Review => {
                return self.move_selection(if top { -100_000 } else { 100_000 });
            }
        }
        vec![]
    }

    /// Selects what a click points at: the list stays where it is.
    pub(super) fn select_visible_row(&mut self, pane: Pane, row: usize, height: usize) {
        let index = self.first_seen(pane, height) + row;
        match pane {
            Pane::Incidents => self.select_incident(self.incidents_in_order().get(index).copied()),
            Pane::Actions => self.holding_still(pane, |model| {
                let clicked = model.actions_in_order().get(index).copied();
                model.selection.action = clicked.or(model.selection.action);
            }),
            Pane::Roster => self.selection.role = Role::ALL.get(index).copied().or(self.selection.role),
            Pane::Fleet => self.holding_still(pane, |model| {
                let clicked = model.vitals.keys().nth(index).cloned();
                model.selection.agent = clicked.or(model.selection.agent.take());
            }),
            Pane::InForce => self.select_in_force(self.in_force_in_order().get(index).copied()),
            Pane::Timeline => self.holding_still(pane, |model| {
                if index < model.record().map_or(0, |r| r.entries.len()) {
                    model.selection.entry = Some(index as u64 + 1);
                }
            }),
            Pane::Timer | Pane::Log | Pane::Review => {}
        }
    }

    fn copy(&mut self) -> Vec<Effect> {
        let text = match self.pane() {
            Pane::Log => self.log.selected().map(|line| line.raw()),
            Pane::Incidents | Pane::Timer | Pane::Roster => {
                self.incident().map(|i| Text::line(&format!("{} {} {}", i.id, i.severity, i.title)))
            }
            Pane::Actions | Pane::InForce => {
                self.selected_action().map(|a| Text::line(&format!("{a} | {}", a.plan.call)))
            }
            Pane::Timeline => {
                let seq = self.selection.entry.or(self.incident().map(|i| i.seq));
                let record = self.record();
                record
                    .and_then(|r| r.entries.iter().find(|e| Some(e.seq) == seq))
                    .map(|e| Text::line(&telling::tell(e, self.policy.naming)))
            }
            Pane::Fleet => self.selection.agent.as_ref().map(|a| Text::line(a.as_str())),
            Pane::Review => None,
        };
        match text {
            Some(text) => {
                self.take_notice(Notice::info("copied"));
                vec![Effect::Copy(text)]
            }
            None => {
                self.take_notice(Notice::info("nothing to copy here"));
                vec![]
            }
        }
    }
}

/// The item `by` steps from the selected one, staying within the list. Where nothing was selected
/// yet, the first item is shown as selected, and is stepped from.
fn step<T: Clone + PartialEq>(all: &[T], selected: Option<T>, by: i32) -> Option<T> {
    let last = i64::try_from(all.len()).ok()?.checked_sub(1).filter(|last| *last >= 0)?;
    let at = position(all, selected.as_ref()).unwrap_or(0) as i64;
    all.get(usize::try_from((at + i64::from(by)).clamp(0, last)).ok()?).cloned()
}

/// Scrolls by lines, never past the last place where something new comes into sight.
pub(super) fn scroll_by(scroll: &mut u16, by: i32, most: u16) {
    let to = i32::from((*scroll).min(most)).saturating_add(by).clamp(0, i32::from(most));
    *scroll = u16::try_from(to).unwrap_or(most);
}

fn position<T: PartialEq>(all: &[T], selected: Option<&T>) -> Option<usize> {
    all.iter().position(|item| Some(item) == selected)
}

impl Model {
    /// Shows the selected thing in full.
    fn open(&mut self) -> Vec<Effect> {
        let detail = |title: String, lines: Vec<String>| Modal::Detail { title, lines, scroll: 0 };
        let modal = match self.pane() {
            Pane::Incidents => {
                self.go(Screen::Timeline);
                return vec![];
            }
            Pane::Timer => return self.intend(Intent::SetMark),
            Pane::Roster => return self.intend(Intent::AssignRole),
            Pane::Log => self.log.selected().map(|line| {
                let hints = self.log.hints_of(&line).map(|hint| {
                    format!("hint    {}, no conclusion (D5): {} ({})", hint.name, hint.about, hint.row)
                });
                let mut lines = vec![
                    format!("agent   {}", line.agent),
                    match line.source.as_str().contains('/') {
                        true => format!("source  {} byte {}", line.source, line.offset),
                        false => format!("source  {}", line.source),
                    },
                    format!("sha256  {}", line.sha256()),
                ];
                lines.extend(hints);
                lines.extend([String::new(), line.raw().to_string()]);
                detail("log line".to_owned(), lines)
            }),
            Pane::Actions | Pane::InForce => {
                let readings = self.incident().zip(self.selected_action());
                readings.map(|(i, a)| detail(a.to_string(), action_in_full(a, self.readings_of(i.id, a.id))))
            }
            Pane::Timeline => {
                let seq = self.selection.entry.or(self.incident().map(|i| i.seq));
                let entry = self.record().and_then(|r| r.entries.iter().find(|e| Some(e.seq) == seq));
                entry.map(|e| {
                    let lines = in_full(e, self.policy.naming);
                    detail(format!("{}, entry {}", e.incident, e.seq), lines)
                })
            }
            Pane::Fleet => self.selection.agent.as_ref().and_then(|id| self.vitals.get(id)).map(|vitals| {
                let lines = vitals.values.iter().map(|(name, value)| format!("{name:<16} {value}")).collect();
                detail(format!("{} at {}", vitals.agent, vitals.at.format("%H:%M:%S")), lines)
            }),
            Pane::Review => return self.intend(Intent::Edit),
        };
        match modal {
            Some(modal) => self.modals.push(modal),
            None => self.take_notice(Notice::info("nothing is selected")),
        }
        vec![]
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "DOES NOT HOLD",
        Verdict::Unread => "not read",
    }
}

/// Everything known of an action, for reading in full.
fn action_in_full(action: &Action, readings: &[Reading]) -> Vec<String> {
    let plan = &action.plan;
    let time = |at: Option<Time>| at.map_or("-".to_owned(), |at| at.format("%H:%M:%S").to_string());
    let mut lines = vec![
        format!("lamp       {}: {}", action.lamp, action.next_step()),
        format!("asked by   {} at {}", action.asked_by, time(Some(action.asked_at))),
        format!("called     {} via {}", plan.call, plan.adapter),
        format!("version    {}", plan.version.as_ref().map_or("not read", Text::as_str)),
        format!(
            "requested  {}  accepted {}  verified {}",
            time(action.requested_at),
            time(action.accepted_at),
            time(action.verified_at)
        ),
        format!("answer     {}", telling::brief(action.answer.as_str())),
    ];
    if let Some(seen) = &action.witnessed {
        lines.push(format!("seen       by {} at {}: {}", seen.by, time(Some(seen.at)), seen.said()));
    }
    if let Some(by) = &action.approved_by {
        lines.push(format!("approved   by {by}"));
    }
    match &plan.inverse {
        Some(inverse) => lines.push(format!("undone by  {}: {}", inverse.op, inverse.call)),
        None => lines.push("undone by  nothing: it has no inverse".to_owned()),
    }
    lines.push(String::new());
    for check in &plan.checks {
        let judged = Judged::new(check, readings);
        lines.push(format!("check      {judged}: {}", verdict(judged.verdict())));
        for reading in judged.readings.iter().filter(|r| r.replica.is_some()) {
            let value = reading.words();
            let replica = reading.replica.as_ref().map_or("", Text::as_str);
            lines.push(format!(
                "           replica {replica} read {value}: {}",
                verdict(Verdict::of(reading))
            ));
        }
    }
    lines
}
