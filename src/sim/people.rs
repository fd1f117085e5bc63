//! Colleagues who can be paged. Some answer after a while, some do not.

use std::collections::BTreeMap;

use crate::incident::{Op, Text};

use super::fleet::{Fleet, Task};
use super::scenario::Person;

/// Somebody, and whether they were called.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) person: Person,
    /// When they were paged first, in virtual milliseconds.
    paged: Option<u64>,
}

/// Milliseconds until a page is on somebody's telephone.
const DELIVERY_MS: u64 = 2_000;

impl Contact {
    pub(super) fn new(person: &Person) -> Self {
        Self { person: person.clone(), paged: None }
    }

    fn is(&self, name: &str) -> bool {
        let same = |text: &Text| text.as_str().eq_ignore_ascii_case(name);
        same(&self.person.name) || same(&self.person.title)
    }

    fn is_on(&self, level: &str) -> bool {
        let digits = level.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        self.person.level.is_some_and(|own| digits.parse() == Ok(own)) || self.is(level)
    }
}

impl Fleet {
    /// Whom this call would reach.
    pub(super) fn contacts_of(&self, op: Op, target: &str) -> Vec<usize> {
        let reaches =
            |contact: &Contact| if op == Op::Escalate { contact.is_on(target) } else { contact.is(target) };
        (0..self.contacts.len()).filter(|place| reaches(&self.contacts[*place])).collect()
    }

    pub(super) fn levels(&self) -> Vec<String> {
        let mut levels: Vec<u8> = self.contacts.iter().filter_map(|c| c.person.level).collect();
        levels.sort_unstable();
        levels.dedup();
        levels.iter().map(ToString::to_string).collect()
    }

    /// Pages everybody the target names; whoever was paged before is not paged again.
    pub(super) fn page(&mut self, op: Op, target: &str) -> String {
        let mut names = vec![];
        for place in self.contacts_of(op, target) {
            let contact = &mut self.contacts[place];
            names.push(contact.person.name.to_string());
            if contact.paged.is_some() {
                continue;
            }
            contact.paged = Some(self.now);
            let Person { name, answer, after, within, .. } = contact.person.clone();
            let wait = self.chance.between(
                u64::from(after.as_seconds()) * 1_000,
                u64::from(within.as_seconds().max(after.as_seconds())) * 1_000,
            );
            if let Some(text) = answer {
                self.schedule(self.now + wait, Task::Say { from: name, text });
            }
        }
        format!("202 accepted: paging {}", names.join(", "))
    }

    /// Whether a page to this person or level has arrived.
    pub(super) fn read_contact(&self, target: &str) -> Option<BTreeMap<String, Text>> {
        let places = self.contacts_of(Op::Escalate, target);
        let arrived =
            |place: &usize| self.contacts[*place].paged.is_some_and(|paged| self.now >= paged + DELIVERY_MS);
        (!places.is_empty()).then(|| {
            let delivered = if places.iter().all(arrived) { "yes" } else { "no" };
            BTreeMap::from([("delivered".to_owned(), Text::line(delivered))])
        })
    }
}
