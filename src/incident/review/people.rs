//! Who held which role, and the hand-overs (A11, D2).

use serde::Serialize;

use super::Source;
use crate::incident::{Event, Role, Text, Time};

/// A role with its holders.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleFact {
    /// Which.
    pub role: Role,
    /// The field's name for it.
    pub title: &'static str,
    /// Its holders in order; none: nobody held it. More than one means a hand-over.
    pub holders: Vec<HolderFact>,
}

/// Somebody who held a role for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HolderFact {
    /// The entry that gave it to them.
    pub seq: u64,
    /// Who.
    pub holder: Text,
    /// Since when.
    pub from: Time,
    /// Until when; none: to the end.
    pub to: Option<Time>,
}

impl Source<'_> {
    pub(super) fn roles(&self) -> Vec<RoleFact> {
        let fact = |role: &Role| RoleFact { role: *role, title: role.title(), holders: self.holders(*role) };
        Role::ALL.iter().map(fact).collect()
    }

    fn holders(&self, of: Role) -> Vec<HolderFact> {
        let mut holders: Vec<HolderFact> = Vec::new();
        for entry in self.entries() {
            let ends = matches!(&entry.event,
                Event::RoleAssigned { role, .. } | Event::RoleReleased { role } if *role == of);
            if let Some(last) = holders.last_mut().filter(|_| ends) {
                last.to.get_or_insert(entry.at);
            }
            if let Event::RoleAssigned { role, holder, .. } = &entry.event
                && *role == of
            {
                let holder = holder.clone();
                holders.push(HolderFact { seq: entry.seq, holder, from: entry.at, to: None });
            }
        }
        holders
    }
}
