//! All incidents together: the fold of a whole journal, and where an alert belongs.

use std::collections::BTreeMap;

use super::{Alert, Entry, Incident, IncidentId, Op, Plan, Status, Text};

/// Every incident with its timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    records: BTreeMap<IncidentId, Record>,
}

/// One incident and the entries it is folded from.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The fold.
    pub incident: Incident,
    /// The timeline, in order.
    pub entries: Vec<Entry>,
}

impl Board {
    /// Folds one entry in; an entry heard twice changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        let record = self
            .records
            .entry(entry.incident)
            .or_insert_with(|| Record { incident: Incident::blank(entry.incident), entries: Vec::new() });
        if entry.seq == record.incident.seq + 1 {
            record.incident.apply(entry);
            record.entries.push(entry.clone());
        }
    }

    /// One incident.
    #[must_use]
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.records.get(&id).map(|record| &record.incident)
    }

    /// One incident with its timeline.
    #[must_use]
    pub fn record(&self, id: IncidentId) -> Option<&Record> {
        self.records.get(&id)
    }

    /// All of them, by number.
    pub fn incidents(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.records.values().map(|record| &record.incident)
    }

    /// The number the next incident gets.
    #[must_use]
    pub fn next_id(&self) -> IncidentId {
        IncidentId(self.records.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// Where an alert belongs (B12): the open incident that holds it or its group. None: a new one.
    #[must_use]
    pub fn route(&self, alert: &Alert) -> Option<IncidentId> {
        let open = || self.incidents().rev().filter(|incident| incident.is_open());
        let holds = |test: &dyn Fn(&Alert) -> bool| {
            open().find(|incident| incident.alerts.iter().any(|state| test(&state.alert))).map(|i| i.id)
        };
        holds(&|held| held.key == alert.key).or_else(|| holds(&|held| held.group == alert.group))
    }

    /// The incidents that hold an alert which is not over, whatever their state.
    pub fn holding<'a>(&'a self, key: &'a Text) -> impl Iterator<Item = IncidentId> + 'a {
        self.incidents()
            .filter(move |i| i.alerts.iter().any(|s| s.alert.key == *key && s.resolved_at.is_none()))
            .map(|i| i.id)
    }

    /// What other actions on the same target could fight a plan, in words.
    #[must_use]
    pub fn conflicts(&self, of: IncidentId, plan: &Plan) -> Vec<Text> {
        let mut words = Vec::new();
        for incident in self.incidents() {
            for action in incident.actions.values() {
                let same = action.plan.target == plan.target && action.lamp.may_be_in_force();
                let undone = action.plan.inverse.as_ref().is_some_and(|i| i.op == plan.op);
                if !same || !action.plan.op.info().mitigation || (incident.id == of && undone) {
                    continue;
                }
                if incident.id != of || action.plan.op == Op::Isolate || undone {
                    words.push(Text::line(&format!("{} {action}", incident.id)));
                }
            }
        }
        words
    }

    /// Open incidents first, worst first, newest first; then the rest, newest first.
    #[must_use]
    pub fn in_order(&self) -> Vec<IncidentId> {
        let mut all: Vec<&Incident> = self.incidents().collect();
        all.sort_by_key(|i| {
            let open = i.status == Status::Open;
            (!open, if open { i.severity.index() } else { 0 }, std::cmp::Reverse(i.id))
        });
        all.into_iter().map(|i| i.id).collect()
    }
}
