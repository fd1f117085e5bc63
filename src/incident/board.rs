//! All incidents together: the fold of a whole journal, and where an alert belongs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ActionId, Alert, Entry, Event, Incident, IncidentId, Lamp, Op, Plan, Reading, Secured, Severity, Status,
    Text, Time,
};

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
    /// The timeline, in order. Everybody who holds an entry holds the same one.
    pub entries: Vec<Arc<Entry>>,
}

impl Record {
    /// Folds the incident anew where it holds more than its entries say.
    fn refold(&mut self) {
        if self.incident.is_supposed() {
            self.incident = self.recorded();
        }
    }

    /// The incident as it is on record.
    #[must_use]
    pub fn recorded(&self) -> Incident {
        let mut incident = Incident::blank(self.incident.id);
        self.entries.iter().for_each(|entry| incident.apply(entry));
        incident
    }

    /// The record as it was when entry `seq` was its last.
    #[must_use]
    pub fn until(&self, seq: u64) -> Self {
        let entries: Vec<Arc<Entry>> =
            self.entries.iter().take_while(|entry| entry.seq <= seq).cloned().collect();
        let mut incident = Incident::blank(self.incident.id);
        for entry in &entries {
            incident.apply(entry);
        }
        Self { incident, entries }
    }
}

impl Board {
    /// Folds one entry in; an entry heard twice changes nothing.
    pub fn apply(&mut self, entry: &Arc<Entry>) {
        if entry.seq != 1 && !self.records.contains_key(&entry.incident) {
            // Heard before its beginning: it comes again, in order.
            return;
        }
        let record = self
            .records
            .entry(entry.incident)
            .or_insert_with(|| Record { incident: Incident::blank(entry.incident), entries: Vec::new() });
        if entry.seq == record.incident.seq + 1 {
            record.refold();
            record.incident.apply(entry);
            record.entries.push(Arc::clone(entry));
        }
    }

    /// Folds in what readings prove of an action and the journal could not take, until its incident's
    /// next entry.
    pub fn suppose(&mut self, incident: IncidentId, action: ActionId, event: Event, at: Time) {
        if let Some(record) = self.records.get_mut(&incident) {
            record.incident.suppose(action, event, at);
        }
    }

    /// Takes back what was supposed of an incident.
    pub fn take_back(&mut self, incident: IncidentId) {
        if let Some(record) = self.records.get_mut(&incident) {
            record.refold();
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
    pub fn incidents(&self) -> impl DoubleEndedIterator<Item = &Incident> + Clone {
        self.records.values().map(|record| &record.incident)
    }

    /// Puts what was read of an action later in the place of what is on record, for whoever only looks.
    /// The lamps stay: what readings prove is decided elsewhere.
    pub fn reread(&mut self, incident: IncidentId, action: ActionId, readings: &[Reading]) {
        let newest = |all: &[Reading]| all.iter().map(|reading| reading.at).max();
        let action = self.records.get_mut(&incident).and_then(|r| r.incident.actions.get_mut(&action));
        if let Some(action) = action.filter(|action| newest(readings) > newest(&action.readings)) {
            action.readings = readings.to_vec();
        }
    }

    /// The number the next incident gets.
    #[must_use]
    pub fn next_id(&self) -> IncidentId {
        IncidentId(self.records.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// Where an alert belongs (B12): the open incident that holds it or its group, or that a
    /// duplicate went on as which does. None: a new one.
    #[must_use]
    pub fn route(&self, alert: &Alert) -> Option<IncidentId> {
        let holds = |test: &dyn Fn(&Alert) -> bool| {
            let holding = self.incidents().rev().filter(|i| i.alerts.iter().any(|state| test(&state.alert)));
            holding.filter_map(|i| self.goes_on_as(i)).find(|i| i.is_open()).map(|i| i.id)
        };
        holds(&|held| held.key == alert.key)
            .or_else(|| holds(&|held| !alert.group.is_blank() && held.group == alert.group))
    }

    /// The incident itself, or what it was merged into, however often.
    fn goes_on_as<'a>(&'a self, mut incident: &'a Incident) -> Option<&'a Incident> {
        // Two incidents merged into each other by two people would lead round and round.
        for _ in 0..self.records.len() {
            match incident.status {
                Status::Open | Status::Resolved(_) => return Some(incident),
                Status::Merged(into) => incident = self.incident(into)?,
            }
        }
        None
    }

    /// The incident that another system calls so, or what it went on as.
    #[must_use]
    pub fn known_as(&self, source: &Text, called: &Text) -> Option<IncidentId> {
        let name = (source.clone(), called.clone());
        let known = self.incidents().rev().find(|incident| incident.names.contains(&name))?;
        self.goes_on_as(known).map(|incident| incident.id)
    }

    /// The incidents that hold an alert which is not over, whatever their state.
    pub fn holding<'a>(&'a self, key: &'a Text) -> impl Iterator<Item = IncidentId> + 'a {
        self.incidents()
            .filter(move |i| i.alerts.iter().any(|s| s.alert.key == *key && s.resolved_at.is_none()))
            .map(|i| i.id)
    }

    /// When a snapshot of this target was proved last in this incident.
    #[must_use]
    pub fn snapshot_of(&self, incident: IncidentId, target: &Text) -> Option<Secured> {
        let actions = self.incident(incident)?.actions.values();
        let taken = actions.filter(|a| a.plan.op == Op::Snapshot && a.plan.target == *target);
        taken.filter_map(|a| Some(Secured { by: a.id, at: a.verified_at? })).max_by_key(|secured| secured.at)
    }

    /// What other actions on the same target could fight a plan, in words.
    #[must_use]
    pub fn conflicts(&self, of: IncidentId, plan: &Plan) -> Vec<Text> {
        let mut words = Vec::new();
        for incident in self.incidents() {
            for action in incident.actions.values() {
                let same = action.plan.target == plan.target && action.lamp.may_be_in_force();
                let undone = action.plan.inverse.as_ref().is_some_and(|i| i.op == plan.op);
                let doubtful = action.lamp == Lamp::InDoubt;
                // What runs now may do anything yet, whatever it is.
                let runs = matches!(action.lamp, Lamp::Requested | Lamp::Accepted);
                let lasts = action.plan.op.info().mitigation || doubtful || runs;
                if !same || !lasts || (incident.id == of && undone) {
                    continue;
                }
                if incident.id != of || action.plan.op == Op::Isolate || undone || doubtful || runs {
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
        all.sort_by_key(|i| in_sight(i.status, i.severity, i.id));
        all.into_iter().map(|i| i.id).collect()
    }
}

/// What an incident is sorted by, where people look for what burns.
#[must_use]
pub fn in_sight(status: Status, severity: Severity, id: IncidentId) -> (bool, usize, Reverse<IncidentId>) {
    let open = status == Status::Open;
    (!open, if open { severity.index() } else { 0 }, Reverse(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Command;
    use crate::incident::story::{Story, alert, plan};

    /// A board of the stories, numbered from 1.
    fn board(stories: Vec<Story>) -> Board {
        let mut board = Board::default();
        for (story, number) in stories.into_iter().zip(1..) {
            for entry in story.entries {
                board.apply(&Arc::new(Entry { incident: IncidentId(number), ..Entry::clone(&entry) }));
            }
        }
        board
    }

    fn alerted(key: &str, group: &str) -> Story {
        let alert = Alert { group: group.into(), ..alert(key) };
        Story::blank().says(Command::Alert { realm: crate::incident::Realm::Live, alert })
    }

    fn resolved(story: Story) -> Story {
        let classify = Command::Classify { severity: Severity::P0, pattern: None, reason: None };
        story
            .says(classify)
            .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) })
    }

    /// 100,000 entries, held once by the hub's board and once by each session's, were 130 MB.
    #[test]
    fn two_boards_hold_the_same_entries_once() {
        let (mut hub, mut session) = (Board::default(), Board::default());
        let story = Story::isolated();
        for entry in &story.entries {
            hub.apply(entry);
            session.apply(entry);
        }
        let held = |board: &Board| board.record(story.incident.id).unwrap().entries.clone();
        let pairs = held(&hub).into_iter().zip(held(&session));
        assert!(pairs.into_iter().all(|(one, other)| Arc::ptr_eq(&one, &other)));
    }

    #[test]
    fn b12_an_alert_of_a_duplicate_joins_what_the_duplicate_went_on_as() {
        let merged = |key: &str, into: u32| {
            let into = IncidentId(into);
            alerted(key, "").says(Command::Merge { into, reason: "the same".into() })
        };
        let board = board(vec![alerted("k1", ""), merged("k2", 1), merged("k3", 2)]);
        for key in ["k1", "k2", "k3"] {
            assert_eq!(board.route(&alert(key)), Some(IncidentId(1)), "{key}");
        }
    }

    #[test]
    fn b12_an_alert_joins_the_open_incident_that_holds_it_or_its_group() {
        let board = board(vec![
            alerted("k1", "leaks"),
            resolved(alerted("k2", "loops")),
            alerted("k3", "leaks"),
            alerted("k4", ""),
        ]);
        for (key, group, belongs) in [
            ("k1", "leaks", Some(1)),
            ("k1", "another group now", Some(1)),
            ("k9", "leaks", Some(3)),
            ("k2", "loops", None),
            ("k9", "never heard of", None),
            ("k4", "", Some(4)),
            ("k9", "", None),
        ] {
            let alert = Alert { group: group.into(), ..alert(key) };
            assert_eq!(board.route(&alert), belongs.map(IncidentId), "{key} of {group:?}");
        }
        let holding: Vec<_> = board.holding(&"k2".into()).collect();
        assert_eq!(holding, [IncidentId(2)], "also where it is resolved");
    }

    #[test]
    fn entries_heard_twice_or_before_the_beginning_change_nothing() {
        let entries = Story::isolated().entries;
        let mut board = Board::default();
        board.apply(&entries[1]);
        assert_eq!((board.incidents().count(), board.next_id()), (0, IncidentId(1)));
        for entry in [&entries[0], &entries[2], &entries[0], &entries[1], &entries[1]] {
            board.apply(entry);
        }
        let record = board.record(IncidentId(42)).unwrap();
        assert_eq!((record.incident.seq, record.entries.len()), (2, 2));
        assert_eq!(board.next_id(), IncidentId(43));
    }

    #[test]
    fn a_record_can_be_seen_as_it_was() {
        let story = Story::isolating();
        let then = story.record();
        let now = story.at("12:05:00").reads(1, crate::incident::story::ISOLATED).record();
        assert_eq!(now.until(then.incident.seq), then);
        assert_eq!(now.until(99), now);
        assert!(!now.until(0).incident.is_declared());
    }

    #[test]
    fn d1_open_and_worst_and_newest_come_first() {
        let [p2, p0] = [Severity::P2, Severity::P0].map(Story::of);
        let board = board(vec![resolved(p0.clone()), p2.clone(), p0.clone(), resolved(p2), p0]);
        assert_eq!(board.in_order(), [5, 3, 2, 4, 1].map(IncidentId));
    }

    #[test]
    fn what_could_fight_a_plan_is_said_in_words() {
        let board = board(vec![
            Story::isolated(),
            Story::p0().does("rate-limit support-1 calls_per_minute=5", "api_calls=4"),
            Story::p0().asks("isolate billing-2"),
        ]);
        let fights = |of, words: &str| {
            let words = board.conflicts(IncidentId(of), &plan(words));
            words.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let isolation = "INC-1 A1 isolate support-1: verified";
        assert_eq!(fights(1, "rollback-branch support-1")[0], isolation);
        assert_eq!(fights(1, "release support-1"), ["INC-2 A1 rate-limit support-1: verified"]);
        assert_eq!(fights(2, "release support-1"), [isolation]);
        assert_eq!(fights(9, "restart billing-2"), ["INC-3 A1 isolate billing-2: requested"]);
        assert_eq!(fights(9, "restart trading-3"), [""; 0]);
    }

    #[test]
    fn regression_what_ran_on_the_same_agent_was_not_told_before_confirming() {
        let restart = "INC-1 A1 restart support-1";
        let asked = Story::p0().asks("restart support-1");
        for (story, lamp) in [
            (asked.clone(), Some("requested")),
            (asked.clone().accepts(1), Some("accepted")),
            (asked.clone().loses(1), Some("in doubt")),
            (asked.clone().accepts(1).reads(1, "agent_status=running"), None),
            (asked.fails(1), None),
        ] {
            let words = board(vec![story]).conflicts(IncidentId(1), &plan("switch-model support-1 level=L2"));
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            assert_eq!(words.first().cloned(), lamp.map(|lamp| format!("{restart}: {lamp}")));
        }
    }
}
