//! What can be done here: generated from the table of intents and the keymap, so it is never wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::intent::{Group, INTENTS, Intent, IntentInfo};
use crate::app::keymap::Context;
use crate::app::model::{Help, Modal as Front, Model};
use crate::app::palette::CHATS;
use crate::app::theme::Role;
use crate::incident::playbook::ROWS;
use crate::tui::footer::{is_offered, own_keys};
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{pad, truncate, wrap};

use super::{Seen, across, in_prompt, line, line_cells, span, typed};

/// Cells of the columns for keys and names.
const KEYS: usize = 10;
const NAME: usize = 19;
/// Cells of the column for a rule's name.
const RULE: usize = 5;

/// Draws the help.
pub fn draw(view: &View<'_>, help: &Help, area: Rect, buf: &mut Buffer) -> Seen {
    let title = format!("Help: {} (keymap {})", place(view.model), view.model.keymap.name());
    let cells = line_cells(area);
    let body = Lines::of(view, cells, help.filter.text());
    let mut cursor = None;
    let prompt = if help.typing {
        let (shown, at) = typed(&help.filter, cells.saturating_sub(FIND.len()));
        cursor = Some(at);
        line(view, format!("{FIND}{shown}"), Role::Prompt)
    } else if help.filter.text().is_empty() {
        line(view, "/ finds, up, down and page keys scroll, esc closes", Role::Dim)
    } else {
        let words = format!("with '{}' in it; / changes that, esc closes", help.filter.text());
        line(view, truncate(&words, cells, view.skin.glyphs.ellipsis).into_owned(), Role::Dim)
    };
    let prompt = [prompt];
    let modal = Modal {
        title: &title,
        body: &body,
        prompt: &prompt,
        scroll: help.scroll.into(),
        width: across(area),
        danger: false,
    };
    let drawn = modal.draw(area, buf, view.skin);
    Seen { cursor: cursor.and_then(|at| in_prompt(&drawn, 0, FIND.len() + at)), ..Seen::read(&drawn) }
}

/// What stands before what is looked for.
const FIND: &str = "find: ";

/// What the help was asked about: what stands in front of the panes, else the pane with the keys.
fn place(model: &Model) -> String {
    match below(model) {
        Some(Front::Form(_)) => "keys in a form".to_owned(),
        Some(Front::Confirm(_)) => "keys in a confirmation".to_owned(),
        Some(Front::Choose(_)) => "keys in a choice".to_owned(),
        Some(Front::Palette(_)) => "keys in the palette".to_owned(),
        Some(Front::Detail { .. } | Front::Refused { .. } | Front::Help(_)) => {
            "keys in what is read".to_owned()
        }
        None => format!("keys in {}", model.context().name()),
    }
}

/// What stands in front of the panes, below the help.
fn below(model: &Model) -> Option<&Front> {
    model.modals.iter().rev().nth(1)
}

/// The keys of what stands in front: they are no part of a keymap.
fn keys_of(modal: &Front) -> &'static [(&'static str, &'static str)] {
    match modal {
        Front::Form(_) => &[
            ("enter", "to the next field; on the last one it sends"),
            ("tab", "to the next field, shift-tab to the one before"),
            ("left", "the choice before, right the next one, a letter the one that begins with it"),
            ("ctrl-s", "sends it from any field"),
            ("ctrl-u", "clears the field"),
            ("esc", "goes back; what was typed is kept"),
        ],
        Front::Confirm(_) => &[
            ("enter", "answers with what is typed: the target, or y or n as it asks"),
            ("up", "scrolls the plan, as down and the page keys do"),
            ("esc", "goes back; nothing is done"),
        ],
        Front::Choose(_) => &[
            ("enter", "takes what is selected"),
            ("1-9", "takes it by its number"),
            ("up", "moves, as down does"),
            ("esc", "goes back"),
        ],
        Front::Palette(_) => &[
            ("enter", "takes what is selected"),
            ("tab", "moves to the next"),
            ("/", "as its first letter begins a chat command"),
            ("esc", "goes back"),
        ],
        Front::Detail { .. } | Front::Refused { .. } | Front::Help(_) => {
            &[("up", "scrolls, as down and the page keys do"), ("esc", "closes it")]
        }
    }
}

/// The help's lines, as far as they have in them what is looked for.
struct Lines<'a> {
    view: &'a View<'a>,
    cells: usize,
    needle: String,
    lines: Vec<Line<'static>>,
    /// What was shown already.
    shown: Vec<Intent>,
}

impl<'a> Lines<'a> {
    fn of(view: &'a View<'a>, cells: usize, filter: &str) -> Vec<Line<'static>> {
        let needle = filter.trim().to_lowercase();
        let mut all = Self { view, cells, needle, lines: Vec::new(), shown: Vec::new() };
        all.here();
        let mut groups: Vec<Group> = Vec::new();
        for info in INTENTS {
            if !groups.contains(&info.group) {
                groups.push(info.group);
            }
        }
        for group in groups {
            let of_it = INTENTS.iter().filter(|info| info.group == group).map(|info| info.intent);
            all.section(group.title(), of_it.collect());
        }
        all.rest();
        if all.lines.is_empty() {
            all.lines.push(line(view, "nothing has that in it", Role::Dim));
        }
        all.lines
    }

    /// What there is to do where the person stands comes first.
    fn here(&mut self) {
        let model = self.view.model;
        if let Some(modal) = below(model) {
            let lines = keys_of(modal).iter().map(|(key, about)| {
                let keys = span(self.view, format!("{} ", pad(key, KEYS, "")), Role::Key);
                (format!("{key} {about}"), vec![Line::from(vec![keys, span(self.view, *about, Role::Text)])])
            });
            let lines = lines.collect();
            return self.put("Here", lines);
        }
        let context = model.context();
        let mut own: Vec<Intent> = model.keymap.intents_of(context).collect();
        if context != Context::Editing {
            own.extend(own_keys(model.pane()));
        }
        let title = format!("Here, in {}", context.name());
        self.section(&title, own);
        if context == Context::Editing && self.needle.is_empty() {
            let words = "Every other key is text, ? too. Behind esc:";
            self.lines.push(line(self.view, words, Role::Dim));
        }
    }

    fn section(&mut self, title: &str, intents: Vec<Intent>) {
        let mut lines = Vec::new();
        for intent in intents {
            if self.shown.contains(&intent) {
                continue;
            }
            self.shown.push(intent);
            let (info, keys) = (intent.info(), keys(self.view.model, intent));
            let text = format!("{keys} {} {}", info.name, info.about);
            lines.push((text, rows(self.view, info, &keys, self.cells)));
        }
        self.put(title, lines);
    }

    fn rest(&mut self) {
        let view = self.view;
        let chat = CHATS.iter().map(|chat| {
            let parts = vec![
                span(view, pad(chat.form, KEYS + NAME + 2, ""), Role::Key),
                span(view, chat.about, Role::Text),
            ];
            (format!("{} {}", chat.form, chat.about), vec![Line::from(parts)])
        });
        self.put("Chat commands, typed into the palette", chat.collect());
        let room = self.cells.saturating_sub(RULE).max(RULE);
        let rules = ROWS.iter().map(|rule| {
            let part = |(index, part): (usize, &str)| {
                let id = if index == 0 { rule.id } else { "" };
                Line::from(vec![
                    span(view, pad(id, RULE, ""), Role::Key),
                    span(view, part.to_owned(), Role::Text),
                ])
            };
            let lines = wrap(rule.about, room).into_iter().enumerate().map(part).collect();
            (format!("{} {}", rule.id, rule.about), lines)
        });
        self.put("The rules that are named in brackets, such as [rule A3]", rules.collect());
    }

    /// A heading and what belongs below it, each with the text it is found by.
    fn put(&mut self, title: &str, all: Vec<(String, Vec<Line<'static>>)>) {
        let found = all.into_iter().filter(|(text, _)| text.to_lowercase().contains(&self.needle));
        let found: Vec<Line<'static>> = found.flat_map(|(_, lines)| lines).collect();
        if found.is_empty() {
            return;
        }
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines.push(line(self.view, title, Role::Title));
        self.lines.extend(found);
    }
}

/// How an intent is reached from here: its keys, those behind Esc while a text is edited, else its
/// name in the palette.
fn keys(model: &Model, intent: Intent) -> String {
    let context = model.context();
    if let Some(keys) = model.keymap.keys_for(context, intent) {
        return keys;
    }
    if context == Context::Editing {
        return match model.keymap.keys_for(Context::Review, intent) {
            Some(keys) => format!("esc {keys}"),
            None => "esc : name".to_owned(),
        };
    }
    let palette = model.keymap.keys_for(context, Intent::Palette).unwrap_or_default();
    format!("{palette} name")
}

/// A row, and what it does in full below each other.
fn rows(view: &View<'_>, info: &IntentInfo, keys: &str, cells: usize) -> Vec<Line<'static>> {
    let room = cells.saturating_sub(KEYS + NAME + 2);
    let first = row_of(view, info, keys, usize::MAX);
    if room < 20 {
        return vec![first];
    }
    let about = first.spans.last().map_or("", |span| span.content.as_ref()).to_owned();
    let role = first.spans.last().map(|span| span.style).unwrap_or_default();
    let mut parts = wrap(&about, room).into_iter().map(|part| Span::styled(part.to_owned(), role));
    let mut lines =
        vec![Line::from(first.spans[..2].iter().cloned().chain(parts.next()).collect::<Vec<_>>())];
    lines.extend(parts.map(|part| Line::from(vec![Span::raw(" ".repeat(KEYS + NAME + 2)), part])));
    lines
}

/// Keys, name, what it does; without a key the palette finds it by its name.
pub(super) fn row(view: &View<'_>, info: &IntentInfo, cells: usize) -> Line<'static> {
    let keys = view.model.keymap.keys_for(view.model.context(), info.intent).unwrap_or_default();
    row_of(view, info, &keys, cells)
}

fn row_of(view: &View<'_>, info: &IntentInfo, keys: &str, cells: usize) -> Line<'static> {
    let (role, about) = if is_offered(view.model, info.intent) {
        (Role::Text, info.about.to_owned())
    } else {
        let why = if view.model.forbids(info.intent).is_some() { "read-only" } else { "no adapter" };
        (Role::Dim, format!("n/a, {why}: {}", info.about))
    };
    let room = cells.saturating_sub(KEYS + NAME + 2);
    let about = truncate(&about, room, view.skin.glyphs.ellipsis).into_owned();
    Line::from(vec![
        span(view, format!("{} ", pad(keys, KEYS, "")), Role::Key),
        span(
            view,
            format!("{} ", pad(info.name, NAME, "")),
            if role == Role::Text { Role::Strong } else { role },
        ),
        span(view, about, role),
    ])
}
