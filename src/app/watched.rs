//! What of a model something was drawn from, kept by the model itself.
//!
//! A part of the screen that was drawn from the same things comes out the same, and need not be
//! drawn again. Which things those are nobody declares, so nobody can forget one: what changes
//! by the second or with a key is in a `Watched`, which notes who reads it; everything else
//! counts as read by everybody, and as changed by whoever could have written it.

use std::cell::Cell;

/// A value that notes whether it was read, and how often it was changed.
#[derive(Clone, Debug)]
pub(super) struct Watched<T> {
    value: T,
    changes: u64,
    read: Cell<bool>,
}

impl<T: Copy + PartialEq> Watched<T> {
    pub const fn new(value: T) -> Self {
        Self { value, changes: 0, read: Cell::new(false) }
    }

    pub fn get(&self) -> T {
        self.read.set(true);
        self.value
    }

    pub fn set(&mut self, value: T) {
        if self.value != value {
            self.value = value;
            self.changes += 1;
        }
    }

    /// From now on it counts as not read.
    pub fn watch(&self) {
        self.read.set(false);
    }

    /// How often it was changed, if it was read since.
    pub fn seen(&self) -> Option<u64> {
        self.read.get().then_some(self.changes)
    }

    /// Whether it is what was seen, if anything was.
    pub fn is_as(&self, seen: Option<u64>) -> bool {
        seen.is_none_or(|changes| changes == self.changes)
    }
}

/// What of one model something was drawn from. It says nothing of another model, or of a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub(super) facts: u64,
    pub(super) now: Option<u64>,
    pub(super) focus: Option<u64>,
}
