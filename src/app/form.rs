//! Forms: a few typed or chosen fields that become one command.

use super::field::Field;
use crate::incident::{ActionId, DraftId, Mark, Op, Role, Text};

/// What a form is for; decides how its fields become a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Declare an incident.
    Declare,
    /// Confirm or change the class.
    Classify,
    /// Give a role to somebody.
    Assign,
    /// Send a status update.
    Update,
    /// Send an AI actor's draft of one, or drop it.
    SendDraft(DraftId),
    /// Try a message again, or drop it.
    Message,
    /// Set a mark.
    SetMark,
    /// End the incident.
    Resolve,
    /// It was not over.
    Reopen,
    /// End it as a duplicate.
    Merge,
    /// A note.
    Note,
    /// A decision.
    Decide,
    /// A hypothesis.
    Suppose,
    /// End of a hypothesis.
    CloseHypothesis,
    /// An improvement.
    Improve,
    /// How far an improvement is.
    MoveImprovement,
    /// The parameters of an operation, before it is planned.
    Ask(Op),
    /// Which step of the rollback ladder, on what, before it is planned (A10).
    Rollback,
    /// Why a proposal is refused.
    Deny(ActionId),
    /// What is true of an action.
    Settle(ActionId),
    /// What becomes of a mitigation; on the way to the end of the incident, which goes on afterwards.
    Account(ActionId, Option<End>),
    /// Which part of the log becomes evidence.
    KeepLog,
    /// A search in the review.
    Search,
    /// Where to write the review.
    Export,
}

/// How an incident ends. Before it does, it is asked what becomes of what is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is over.
    Resolve,
    /// It goes on as another.
    Merge,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its label.
    pub label: &'static str,
    /// What belongs there, shown while it is empty.
    pub hint: String,
    /// What is typed or chosen.
    pub field: Field,
    /// What can be chosen with left and right; empty: free text.
    pub choices: Vec<String>,
}

/// A form on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Its title.
    pub title: String,
    /// Its fields.
    pub entries: Vec<Entry>,
    /// Which one takes the keys.
    pub focus: usize,
    /// Why the last try was refused.
    pub error: Option<String>,
    /// Whether it waits for the journal's answer.
    pub waiting: bool,
    /// Whether a person changed a field: then each is gone through, else all stand as offered.
    pub touched: bool,
    /// Whether it was opened to say that nothing has changed (D3).
    pub unchanged: bool,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new(purpose: Purpose, title: impl Into<String>) -> Self {
        Self {
            purpose,
            title: title.into(),
            entries: Vec::new(),
            focus: 0,
            error: None,
            waiting: false,
            touched: false,
            unchanged: false,
        }
    }

    /// Adds a field of free text.
    #[must_use]
    pub fn text(mut self, label: &'static str, hint: impl Into<String>, value: &str) -> Self {
        let field = Field::new(value);
        self.entries.push(Entry { label, hint: hint.into(), field, choices: Vec::new() });
        self
    }

    /// Adds a field with choices; `value` is chosen first.
    #[must_use]
    pub fn choice(mut self, label: &'static str, choices: Vec<String>, value: &str) -> Self {
        let hint = "left and right change it".to_owned();
        self.entries.push(Entry { label, hint, field: Field::new(value), choices });
        self
    }

    /// What a field holds, as a safe text.
    #[must_use]
    pub fn get(&self, label: &str) -> Text {
        self.entries.iter().find(|e| e.label == label).map(|e| e.field.as_text()).unwrap_or_default()
    }

    /// What a field holds, unless it is blank.
    #[must_use]
    pub fn given(&self, label: &str) -> Option<Text> {
        Some(self.get(label)).filter(|text| !text.is_blank())
    }

    /// The field that takes the keys.
    pub fn focused(&mut self) -> Option<&mut Entry> {
        self.entries.get_mut(self.focus)
    }

    /// Whether Enter submits: on the last field, and where what was chosen needs no further one.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.focus + 1 >= self.entries.len() || self.is_enough() || self.is_as_offered()
    }

    /// Whether it leads to a plan, which is confirmed on its own: nothing is done by sending it.
    #[must_use]
    pub const fn plans(&self) -> bool {
        matches!(self.purpose, Purpose::Ask(_) | Purpose::Rollback)
    }

    /// Whether every field says what it was offered with: Enter takes all of it to the plan.
    fn is_as_offered(&self) -> bool {
        self.plans() && !self.touched && self.entries.iter().all(|e| !e.field.as_text().is_blank())
    }

    /// Whether the fields below the focus do not matter: what is undone now needs no owner.
    fn is_enough(&self) -> bool {
        matches!(self.purpose, Purpose::Account(..)) && self.focus == 0 && self.get("it") == UNDO_NOW
    }

    /// Says why it was refused, with the cursor where that is mended: in the field whose value it
    /// quotes, else in the blank one that it names, else in the only blank one that says nothing of
    /// being left empty.
    pub fn fail(&mut self, why: String) {
        let quoted = self.quoted(&why);
        let wants = |entry: &Entry| {
            entry.choices.is_empty() && entry.field.as_text().is_blank() && !entry.hint.contains("empty")
        };
        let named = |entry: &Entry| why.to_lowercase().contains(entry.label);
        let blank: Vec<usize> =
            self.entries.iter().enumerate().filter(|(_, e)| wants(e)).map(|(at, _)| at).collect();
        let named = blank.iter().copied().find(|at| named(&self.entries[*at]));
        let only = blank.first().copied().filter(|_| blank.len() == 1);
        self.focus = quoted.or(named).or(only).unwrap_or(self.focus);
        self.error = Some(why);
    }

    /// The field whose value a refusal quotes, so that it can be mended there.
    #[must_use]
    pub fn quoted(&self, why: &str) -> Option<usize> {
        let of = |entry: &Entry, before: &str| {
            let value = entry.field.as_text();
            !value.is_blank() && why.contains(&format!("{before}'{value}'"))
        };
        let named = self.entries.iter().position(|entry| of(entry, &format!("{} = ", entry.label)));
        named.or_else(|| self.entries.iter().position(|entry| of(entry, "")))
    }

    /// Moves the focus by one, round and round.
    pub fn step(&mut self, forward: bool) {
        let count = self.entries.len().max(1);
        self.focus = if forward { (self.focus + 1) % count } else { (self.focus + count - 1) % count };
    }
}

impl Entry {
    /// Chooses the next or the previous choice.
    pub fn choose(&mut self, forward: bool) {
        let count = self.choices.len();
        if count == 0 {
            return;
        }
        let now = self.choices.iter().position(|c| c == self.field.text());
        let next = match now {
            None => 0,
            Some(at) if forward => (at + 1) % count,
            Some(at) => (at + count - 1) % count,
        };
        self.field = Field::new(&self.choices[next]);
    }
}

/// The choice by which a mitigation is undone at once.
pub const UNDO_NOW: &str = "undo now";

/// Choices from a table of words.
pub fn words<T: Copy + std::fmt::Display>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// The choices of roles.
#[must_use]
pub fn roles() -> Vec<String> {
    words(Role::ALL)
}

/// The choices of marks.
#[must_use]
pub fn marks() -> Vec<String> {
    words(Mark::ALL)
}
