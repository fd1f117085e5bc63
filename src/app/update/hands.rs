//! Keys, mouse and paste: to the foremost modal, the filter, the editor, or through the keymap.

#![expect(clippy::wildcard_enum_match_arm, reason = "every key that is not named means nothing here")]

use super::super::effect::{Effect, ReviewDeed};
use super::super::intent::Intent;
use super::super::key::{Code, Input, Key, Mouse, MouseKind};
use super::super::keymap::{Context, Lookup, show};
use super::super::layout::list_area;
use super::super::model::{Confirm, Help, Modal, Model, Pane, Screen};
use super::super::msg::Notice;
use super::look::scroll_by;

/// Lines that one notch of the wheel scrolls.
const NOTCH: i32 = 3;

impl Model {
    pub(super) fn input(&mut self, input: Input) -> Vec<Effect> {
        // Nothing is written where nothing changes: whatever is written is drawn anew.
        if self.review_wanted && matches!(input, Input::Key(_) | Input::Mouse(_)) {
            self.review_wanted = false;
        }
        match input {
            Input::Key(key) => self.key(key),
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Paste(text) => {
                if let Some(Modal::Confirm(confirm)) = self.modals.last_mut()
                    && !confirm.listens()
                {
                    confirm.ahead = true;
                    vec![]
                } else if let Some(field) = self.typed_field() {
                    field.insert(text.as_str());
                    self.after_typing();
                    vec![]
                } else if self.editing && self.modals.is_empty() {
                    vec![Effect::Review(ReviewDeed::Paste(text))]
                } else {
                    vec![]
                }
            }
            Input::Resize { columns, rows } => {
                self.size = (columns, rows);
                // A larger one shows the end sooner.
                self.scroll_modal(0);
                let most = (self.reach)(self).most;
                scroll_by(&mut self.selection.timer_scroll, 0, most);
                vec![]
            }
            Input::Focus(_) => vec![],
            // A dead terminal is left, always.
            Input::Closed => vec![Effect::Quit],
        }
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        if !self.modals.is_empty() {
            return self.modal_key(key);
        }
        if self.log.typing {
            return self.filter_key(key);
        }
        let keys: Vec<Key> = self.pending.iter().copied().chain([key]).collect();
        let found = self.keymap.look_up(self.context(), &keys);
        if !self.pending.is_empty() {
            self.pending.clear();
        }
        match found {
            Lookup::Found(intent) => self.intend(intent),
            Lookup::Prefix => {
                self.pending = keys;
                vec![]
            }
            Lookup::Unbound => {
                if self.editing && self.screen == Screen::Review {
                    return keys.into_iter().map(|k| Effect::Review(ReviewDeed::Key(k))).collect();
                }
                if keys.len() > 1 && key.code == Code::Esc {
                    return vec![];
                }
                self.take_notice(Notice::info(format!(
                    "{} means nothing here; ? shows what does",
                    show(&keys)
                )));
                vec![]
            }
        }
    }

    /// The field that typed text goes to, if any.
    fn typed_field(&mut self) -> Option<&mut super::super::field::Field> {
        let facts = &mut **self;
        match facts.modals.last_mut() {
            Some(Modal::Palette(palette)) => Some(&mut palette.typed),
            Some(Modal::Help(help)) if help.typing => Some(&mut help.filter),
            Some(Modal::Form(form)) => {
                form.focused().filter(|entry| entry.choices.is_empty()).map(|entry| &mut entry.field)
            }
            Some(Modal::Confirm(confirm)) if confirm.listens() => Some(&mut confirm.typed),
            Some(
                Modal::Help(_)
                | Modal::Choose(_)
                | Modal::Confirm(_)
                | Modal::Refused { .. }
                | Modal::Detail { .. },
            ) => None,
            None if facts.log.typing => Some(&mut facts.log.typed),
            None => None,
        }
    }

    fn after_typing(&mut self) {
        match self.modals.last_mut() {
            Some(Modal::Palette(palette)) => {
                palette.selected = 0;
                palette.error = None;
            }
            Some(Modal::Form(form)) => {
                form.error = None;
                form.touched = true;
            }
            Some(Modal::Confirm(confirm)) => confirm.error = None,
            Some(Modal::Help(help)) => help.scroll = 0,
            Some(Modal::Choose(_) | Modal::Refused { .. } | Modal::Detail { .. }) => {}
            None => self.refilter(),
        }
    }

    fn filter_key(&mut self, key: Key) -> Vec<Effect> {
        match key.code {
            Code::Enter | Code::Esc => self.log.typing = false,
            Code::Up => self.move_in_log(-1),
            Code::Down => self.move_in_log(1),
            _ if self.log.typed.key(key) => self.refilter(),
            _ => {}
        }
        vec![]
    }

    fn modal_key(&mut self, key: Key) -> Vec<Effect> {
        if let Some(Modal::Help(help)) = self.modals.last_mut()
            && help.typing
        {
            Self::filter_help(help, key);
            return vec![];
        }
        if key == Key::ctrl('c') || key.code == Code::Esc {
            self.close_modal();
            return vec![];
        }
        // A text is typed here, and "?" is a part of it: the other key of help has no letter.
        let asks = !matches!(key.code, Code::Char(_))
            && self.keymap.look_up(Context::Everywhere, &[key]) == Lookup::Found(Intent::Help);
        if asks && !matches!(self.modals.last(), Some(Modal::Help(_))) {
            self.modals.push(Modal::Help(Help::default()));
            return vec![];
        }
        match self.modals.last_mut() {
            Some(Modal::Help(_) | Modal::Detail { .. }) => {
                self.read_key(key);
                vec![]
            }
            Some(Modal::Palette(_)) => self.palette_key(key),
            Some(Modal::Form(_)) => self.form_key(key),
            Some(Modal::Choose(_)) => self.choose_key(key),
            Some(Modal::Confirm(_)) => self.confirm_key(key),
            Some(Modal::Refused { .. }) | None => vec![],
        }
    }

    /// A key while something is read in front.
    fn read_key(&mut self, key: Key) {
        match key.code {
            Code::Up | Code::Char('k') => self.scroll_modal(-1),
            Code::Down | Code::Char('j') => self.scroll_modal(1),
            Code::PageUp => self.page_modal(-1),
            Code::PageDown | Code::Char(' ') => self.page_modal(1),
            Code::Home => self.scroll_modal(i32::MIN),
            Code::End => self.scroll_modal(i32::MAX),
            Code::Char('/') => {
                if let Some(Modal::Help(help)) = self.modals.last_mut() {
                    help.typing = true;
                }
            }
            Code::Enter | Code::F(_) | Code::Char('q' | '?') => self.close_modal(),
            _ => {}
        }
    }

    /// A key of what is looked for in the help: as everywhere, Esc ends the typing, not the help.
    fn filter_help(help: &mut Help, key: Key) {
        match key.code {
            Code::Esc => *help = Help::default(),
            Code::Enter | Code::Down | Code::PageDown => help.typing = false,
            _ if help.filter.key(key) => help.scroll = 0,
            _ => {}
        }
    }

    /// Scrolls what is read in front by what is seen of it, less a line to hold on to.
    pub(super) fn page_modal(&mut self, by: i32) {
        let page = (self.reach)(self).page;
        self.scroll_modal(by * i32::from(page.saturating_sub(1).max(1)));
    }

    /// Scrolls what is read in front, as far as it goes.
    pub(super) fn scroll_modal(&mut self, by: i32) {
        let most = (self.reach)(self).most;
        if let Some(
            Modal::Help(Help { scroll, .. })
            | Modal::Detail { scroll, .. }
            | Modal::Confirm(Confirm { scroll, .. }),
        ) = self.modals.last_mut()
        {
            scroll_by(scroll, by, most);
        }
    }

    /// Closes the foremost modal. What was typed into a form comes back with the form.
    fn close_modal(&mut self) {
        if let Some(Modal::Form(form)) = self.modals.pop()
            && !form.waiting
        {
            self.keep_draft(form);
        }
    }

    fn palette_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Modal::Palette(palette)) = self.modals.last_mut() else { return vec![] };
        let count = palette.matches().len();
        match key.code {
            Code::Enter => return self.palette_enter(),
            Code::Down | Code::Tab if count > 0 => palette.selected = (palette.selected + 1) % count,
            Code::Up if count > 0 => palette.selected = (palette.selected + count - 1) % count,
            _ => {
                if palette.typed.key(key) {
                    self.after_typing();
                }
            }
        }
        vec![]
    }

    fn palette_enter(&mut self) -> Vec<Effect> {
        let Some(Modal::Palette(palette)) = self.modals.last_mut() else { return vec![] };
        let typed = palette.typed.text().trim().to_owned();
        if typed.starts_with('/') {
            let read = super::super::palette::chat(&typed);
            let known = read.and_then(|chat| self.known(chat));
            return match (known, self.modals.last_mut()) {
                (Err(words), Some(Modal::Palette(palette))) => {
                    palette.error = Some(words);
                    vec![]
                }
                (Err(_), _) => vec![],
                (Ok(chat), _) => {
                    self.close_modal();
                    self.chat(chat)
                }
            };
        }
        match palette.matches().get(palette.selected).copied() {
            Some(intent) => {
                self.close_modal();
                self.intend(intent)
            }
            None => {
                palette.error = Some(format!("nothing is called '{typed}'"));
                vec![]
            }
        }
    }

    fn form_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Modal::Form(form)) = self.modals.last_mut() else { return vec![] };
        if form.waiting {
            return vec![];
        }
        match key.code {
            Code::Enter if form.is_at_end() => return self.submit_form(),
            Code::Char('s') if key.ctrl => return self.submit_form(),
            Code::Enter | Code::Down => form.step(true),
            Code::Tab => form.step(!key.shift),
            Code::Up => form.step(false),
            _ => {
                let Some(entry) = form.focused() else { return vec![] };
                let before = entry.field.text().to_owned();
                if entry.choices.is_empty() {
                    entry.field.key(key);
                } else {
                    match key.code {
                        Code::Right | Code::Char(' ') => entry.choose(true),
                        Code::Left => entry.choose(false),
                        Code::Char(c) => choose_by_letter(entry, c),
                        _ => {}
                    }
                }
                let (now, label) = (entry.field.text(), entry.label);
                if now != before {
                    self.after_typing();
                    if label == "audience" {
                        self.refill_update(&before);
                    }
                }
            }
        }
        vec![]
    }

    fn choose_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Modal::Choose(choose)) = self.modals.last_mut() else { return vec![] };
        let count = choose.items.len().max(1);
        match key.code {
            Code::Down | Code::Tab | Code::Char('j') => choose.selected = (choose.selected + 1) % count,
            Code::Up | Code::Char('k') => choose.selected = (choose.selected + count - 1) % count,
            Code::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                if index < choose.items.len() {
                    choose.selected = index;
                    return self.chosen();
                }
            }
            Code::Enter => return self.chosen(),
            _ => {}
        }
        vec![]
    }

    fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        let notches = match mouse.kind {
            MouseKind::ScrollUp => -NOTCH,
            MouseKind::ScrollDown => NOTCH,
            MouseKind::Down => 0,
            MouseKind::Up | MouseKind::Drag => return vec![],
        };
        if !self.modals.is_empty() {
            self.scroll_modal(notches);
            return vec![];
        }
        let layout = self.layout();
        let hit = layout.panes.iter().find(|(_, area)| area.contains(mouse.column, mouse.row));
        let Some((pane, area)) = hit.copied() else { return vec![] };
        if self.screen == Screen::Cockpit {
            self.set_focus(pane);
        }
        if notches != 0 {
            return self.move_selection(notches);
        }
        let list = list_area(self, pane, area.inside());
        if list.contains(mouse.column, mouse.row) {
            self.select_row(pane, usize::from(mouse.row - list.y), usize::from(list.height));
        }
        vec![]
    }

    fn select_row(&mut self, pane: Pane, row: usize, height: usize) {
        match pane {
            Pane::Log => {
                self.log.select_row(row, height);
            }
            Pane::Incidents | Pane::Roster | Pane::Actions | Pane::Timeline | Pane::Fleet | Pane::InForce => {
                self.select_visible_row(pane, row, height);
            }
            Pane::Timer | Pane::Review => {}
        }
    }

    /// What an intent leads to.
    pub(super) fn intend(&mut self, intent: Intent) -> Vec<Effect> {
        if let Some(why) = self.forbids(intent) {
            return self.refuse(intent.info().name, why);
        }
        if let Some(op) = intent.op() {
            return self.ask(op);
        }
        match intent {
            Intent::Isolate
            | Intent::RateLimit
            | Intent::Escalate
            | Intent::Restrict
            | Intent::SwitchModel
            | Intent::Restart
            | Intent::RestoreCheckpoint
            | Intent::Snapshot
            | Intent::Silence
            | Intent::Page => vec![],
            Intent::Rollback => self.ask_rollback(),
            Intent::Undo => self.ask_undo(),
            Intent::Read => self.read_now(),
            Intent::Approve => self.approve(),
            Intent::ReadRecovery => self.ask_recovery(),
            Intent::SinceLeak => self.show_since_leak(),
            Intent::Acknowledge => self.acknowledge(),
            Intent::TakeCommand => self.take_command(),
            Intent::Deny
            | Intent::Settle
            | Intent::Keep
            | Intent::AssignRole
            | Intent::Classify
            | Intent::Update
            | Intent::SettleMessage
            | Intent::SetMark
            | Intent::Resolve
            | Intent::Reopen
            | Intent::Merge
            | Intent::Declare
            | Intent::Note
            | Intent::Decide
            | Intent::Suppose
            | Intent::CloseHypothesis
            | Intent::Improve
            | Intent::MoveImprovement
            | Intent::KeepLog
            | Intent::Search
            | Intent::Export => self.open_form(intent),
            Intent::NoChange => self.no_change(),
            Intent::Messages => self.show_messages(),
            Intent::FirstChecks => self.show_first(),
            Intent::Warnings => self.show_warnings(),
            Intent::Pin => self.pin(),
            Intent::Open
            | Intent::NextPane
            | Intent::PreviousPane
            | Intent::PaneIncidents
            | Intent::PaneTimer
            | Intent::PaneRoster
            | Intent::PaneLog
            | Intent::PaneActions
            | Intent::Zoom
            | Intent::Cockpit
            | Intent::Timeline
            | Intent::Fleet
            | Intent::InForce
            | Intent::Review
            | Intent::NextIncident
            | Intent::PreviousIncident
            | Intent::Back
            | Intent::Up
            | Intent::Down
            | Intent::PageUp
            | Intent::PageDown
            | Intent::Top
            | Intent::Bottom
            | Intent::Filter
            | Intent::ClearFilter
            | Intent::Follow
            | Intent::Mute
            | Intent::Volume
            | Intent::Earlier
            | Intent::Later
            | Intent::Copy
            | Intent::Palette
            | Intent::Help => self.look(intent),
            Intent::Edit => {
                self.editing = self.screen == Screen::Review;
                vec![]
            }
            Intent::SaveReview => vec![Effect::Review(ReviewDeed::Save)],
            Intent::Refill => vec![Effect::Review(ReviewDeed::Refill)],
            Intent::SearchNext => vec![Effect::Review(ReviewDeed::SearchNext)],
            Intent::Undone => vec![Effect::Review(ReviewDeed::Undo)],
            Intent::Redo => vec![Effect::Review(ReviewDeed::Redo)],
            Intent::External => vec![Effect::Review(ReviewDeed::External)],
            Intent::Redraw => vec![Effect::Redraw],
            Intent::Suspend => vec![Effect::Suspend],
            Intent::Quit => vec![Effect::Quit],
        }
    }
}

/// Chooses the next choice that begins with a letter.
fn choose_by_letter(entry: &mut super::super::form::Entry, letter: char) {
    let begins = |choice: &String| choice.to_lowercase().starts_with(letter.to_ascii_lowercase());
    let at = entry.choices.iter().position(|c| c == entry.field.text()).map_or(0, |at| at + 1);
    let found = entry.choices[at..].iter().chain(&entry.choices).find(|c| begins(c)).cloned();
    if let Some(found) = found {
        entry.field = super::super::field::Field::new(&found);
    }
}
