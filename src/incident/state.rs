//! One incident as folded from its timeline. Nothing else writes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{
    Action, ActionId, Actor, AgentId, AgentReadings, Alert, Area, Audience, Control, DraftId, Entry, Event,
    FirstCheck, HypothesisId, ImprovementId, IncidentId, Lamp, Mark, MessageKind, Op, Outbox, Outcome,
    Pattern, Plan, Progress, Reading, Realm, Role, Severity, Text, Time, Topic, Witness,
};

/// The state of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The sequence of the newest entry; 0 before it is declared.
    pub seq: u64,
    /// Live or drill.
    pub realm: Realm,
    /// One line.
    pub title: Text,
    /// How bad, by the newest word.
    pub severity: Severity,
    /// Of what kind.
    pub pattern: Option<Pattern>,
    /// Whether a person confirmed the class.
    pub classified: bool,
    /// When a person confirmed it last.
    pub classified_at: Option<Time>,
    /// Where it stands.
    pub status: Status,
    /// When the record began.
    pub declared_at: Time,
    /// Who began it: a person, or flightdeck for an alert.
    pub declared_by: Actor,
    /// When the newest entry was made.
    pub changed_at: Time,
    /// The agents it is about.
    pub agents: Vec<AgentId>,
    /// Its alerts, in the order they joined.
    pub alerts: Vec<AlertState>,
    /// Each mark with all that was ever said of it; the last word counts.
    pub marks: BTreeMap<Mark, Vec<MarkWord>>,
    /// Who holds which role.
    pub roles: BTreeMap<Role, Holding>,
    /// Actions by number.
    pub actions: BTreeMap<ActionId, Action>,
    /// Hypotheses by number.
    pub hypotheses: BTreeMap<HypothesisId, Hypothesis>,
    /// The newest update of each audience.
    pub updates: BTreeMap<Audience, Update>,
    /// When the first update was written.
    pub first_update: Option<Time>,
    /// Drafts of updates that wait for a person.
    pub drafts: BTreeMap<DraftId, Draft>,
    /// The number of the newest draft.
    pub drafted: u32,
    /// What people outside are told, and what became of it.
    pub outbox: Outbox,
    /// When a person was heard of last.
    pub heard_at: Option<Time>,
    /// The same of each of them.
    pub spoke: BTreeMap<Text, Time>,
    /// Levels that were brought in, and when.
    pub escalations: BTreeMap<u8, Time>,
    /// Improvements by number.
    pub improvements: BTreeMap<ImprovementId, Improvement>,
    /// Duplicates that ended in this one.
    pub absorbed: Vec<IncidentId>,
    /// Evidence on record: name and SHA-256.
    pub evidence: Vec<(Text, Text)>,
    /// What was read of the agents last, for recovery (B6).
    pub recovery: Vec<AgentReadings>,
    /// The newest saved revision of the review.
    pub review: Option<u32>,
    /// When it was reopened last: what was said of mitigations before is asked again.
    pub reopened_at: Option<Time>,
    /// The newest day whose digest of what is in force lies here.
    pub digest: Option<NaiveDate>,
    /// What was gathered first, in the order it came.
    pub first: Vec<FirstCheck>,
    /// When each of it came.
    pub first_at: BTreeMap<(Topic, Text), Time>,
    /// When control was proved, and when it was lost.
    pub control: Control,
    /// What other systems call it, by their own words: the system and its name for it.
    pub names: BTreeSet<(Text, Text)>,
    /// The words of other systems that were taken, by the system and its number of the word.
    pub heard: BTreeSet<(Text, Text)>,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Burning.
    Open,
    /// Over since then.
    Resolved(Time),
    /// It goes on as another.
    Merged(IncidentId),
}

impl Status {
    /// Its word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved(_) => "resolved",
            Self::Merged(_) => "merged",
        }
    }
}

/// An alert within an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertState {
    /// As it fired last.
    pub alert: Alert,
    /// How often it was received.
    pub fired: u32,
    /// When it was received first, or with news.
    pub fired_at: Time,
    /// When the source said it was over, if it did.
    pub resolved_at: Option<Time>,
}

impl AlertState {
    /// Whether it alone makes a worse class than the one that a person confirmed before it came.
    #[must_use]
    pub fn is_worse_than(&self, incident: &Incident) -> bool {
        let worse = self.alert.first_severity() < incident.severity;
        worse && self.resolved_at.is_none() && incident.classified_at.is_some_and(|at| at < self.fired_at)
    }
}

/// One word said about a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkWord {
    /// When it happened.
    pub at: Time,
    /// When that was written down.
    pub recorded_at: Time,
    /// By whom.
    pub actor: Actor,
    /// Why, when back-dated or corrected.
    pub reason: Option<Text>,
}

/// Who holds a role, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// The person.
    pub holder: Text,
    /// Since when.
    pub since: Time,
}

/// A supposed cause (D5).
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// What is supposed.
    pub text: Text,
    /// Who follows it.
    pub owner: Text,
    /// Since when.
    pub opened_at: Time,
    /// When its box ends.
    pub until: Time,
    /// How it ended, if it has.
    pub closed: Option<(Outcome, Text, Time)>,
}

/// A status update (D3).
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// When it was written.
    pub at: Time,
    /// The entry.
    pub seq: u64,
    /// By whom.
    pub by: Actor,
    /// What is affected.
    pub affected: Text,
    /// What is being done.
    pub doing: Text,
    /// When the next one is promised.
    pub next_at: Time,
}

/// An update that an AI actor wrote and a person has to send (C2).
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// When it was written.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// To whom.
    pub audience: Audience,
    /// What is affected.
    pub affected: Text,
    /// What is being done.
    pub doing: Text,
}

/// Something to be improved (A14, D7).
#[derive(Clone, Debug, PartialEq)]
pub struct Improvement {
    /// Its kind.
    pub area: Area,
    /// What.
    pub text: Text,
    /// Who.
    pub owner: Text,
    /// By when.
    pub due: Time,
    /// How far.
    pub progress: Progress,
}

impl Incident {
    /// An incident nobody has declared yet.
    #[must_use]
    pub fn blank(id: IncidentId) -> Self {
        Self {
            id,
            seq: 0,
            realm: Realm::Live,
            title: Text::default(),
            severity: Severity::P3,
            pattern: None,
            classified: false,
            classified_at: None,
            status: Status::Open,
            declared_at: Time::UNIX_EPOCH,
            declared_by: Actor::Flightdeck,
            changed_at: Time::UNIX_EPOCH,
            agents: Vec::new(),
            alerts: Vec::new(),
            marks: BTreeMap::new(),
            roles: BTreeMap::new(),
            actions: BTreeMap::new(),
            hypotheses: BTreeMap::new(),
            updates: BTreeMap::new(),
            first_update: None,
            drafts: BTreeMap::new(),
            drafted: 0,
            outbox: Outbox::default(),
            heard_at: None,
            spoke: BTreeMap::new(),
            escalations: BTreeMap::new(),
            improvements: BTreeMap::new(),
            absorbed: Vec::new(),
            evidence: Vec::new(),
            recovery: Vec::new(),
            review: None,
            reopened_at: None,
            digest: None,
            first: Vec::new(),
            first_at: BTreeMap::new(),
            control: Control::default(),
            names: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    /// Whether it has a record.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.seq > 0
    }

    /// Whether it still burns.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_declared() && self.status == Status::Open
    }

    /// When a mark happened, by the last word on it.
    #[must_use]
    pub fn mark(&self, mark: Mark) -> Option<Time> {
        self.marks.get(&mark).and_then(|words| words.last()).map(|word| word.at)
    }

    /// When the fault began, by the earliest alert's own clock. What began after it was detected is not
    /// what was detected.
    #[must_use]
    pub fn started_at(&self) -> Option<Time> {
        let detected = self.mark(Mark::T0);
        let all = self.alerts.iter().filter_map(|a| a.alert.starts_at);
        all.min().filter(|began| detected.is_none_or(|detected| *began <= detected))
    }

    /// When it was resolved, while it is.
    #[must_use]
    pub const fn resolved_at(&self) -> Option<Time> {
        match self.status {
            Status::Resolved(at) => Some(at),
            Status::Open | Status::Merged(_) => None,
        }
    }

    /// Who commands.
    #[must_use]
    pub fn commander(&self) -> Option<&Text> {
        self.roles.get(&Role::Commander).map(|holding| &holding.holder)
    }

    /// Since when a verified control measure leaks: control is lost, whatever T3 says.
    #[must_use]
    pub fn leaking_since(&self) -> Option<Time> {
        self.actions.values().filter(|a| a.lamp == Lamp::Leaking).map(|a| a.changed_at).min()
    }

    /// Mitigations that may be in force and that nobody has accounted for, since it was reopened if
    /// it was.
    pub fn unaccounted(&self) -> impl Iterator<Item = &Action> {
        self.actions.values().filter(|a| self.is_unaccounted(a))
    }

    /// Whether it is still to be said what becomes of an action. What was said of it before the
    /// incident burned again counts no more.
    #[must_use]
    pub fn is_unaccounted(&self, action: &Action) -> bool {
        let again = self.is_open() && self.reopened_at.is_some() && action.accounted_at < self.reopened_at;
        action.is_unaccounted() || (again && action.is_in_force())
    }

    /// What undoes an action, while that is under way: nothing more need be asked for.
    #[must_use]
    pub fn undoing(&self, action: &Action) -> Option<&Action> {
        let under_way = |lamp| matches!(lamp, Lamp::Proposed | Lamp::Requested | Lamp::Accepted);
        self.actions.get(&action.undoing?).filter(|undo| under_way(undo.lamp))
    }

    /// Whether anybody has begun to troubleshoot: acted, supposed or decided (D2).
    #[must_use]
    pub fn is_being_worked(&self) -> bool {
        !self.actions.is_empty() || !self.hypotheses.is_empty()
    }

    /// When people were told of it first (B12): somebody acknowledged, a message was delivered, a
    /// level was brought in, a person was paged, or an update was given by other means.
    #[must_use]
    pub fn told_at(&self) -> Option<Time> {
        let paged = self.actions.values().filter(|a| a.plan.op == Op::Page).filter_map(|a| a.verified_at);
        let by_channel = self.outbox.all().any(|m| m.message.kind == MessageKind::Update);
        let by_hand = self.first_update.filter(|_| !by_channel);
        let others = [self.mark(Mark::T1), self.outbox.first_delivered(), by_hand];
        others.into_iter().flatten().chain(paged).chain(self.escalations.values().copied()).min()
    }

    /// The number the next action gets.
    #[must_use]
    pub fn next_action(&self) -> ActionId {
        ActionId(self.actions.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// Folds one entry in. Entries come in order; one that is not the next is ignored, so that an
    /// entry heard twice changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        if entry.seq != self.seq + 1 || entry.incident != self.id {
            return;
        }
        self.seq = entry.seq;
        self.changed_at = entry.at;
        let at = entry.at;
        if entry.actor.is_person() {
            self.heard_at = Some(at);
        }
        if let Some(name) = entry.actor.as_person() {
            self.spoke.insert(name.clone(), at);
        }
        match &entry.event {
            Event::Declared { realm, title, severity, pattern, agents, detected_at } => {
                self.realm = *realm;
                self.title = title.clone();
                self.severity = *severity;
                self.pattern = *pattern;
                self.agents = agents.clone();
                self.declared_at = at;
                self.declared_by = entry.actor.clone();
                self.say_mark(Mark::T0, *detected_at, entry, None);
            }
            Event::AlertFired { alert } => self.alert_fired(alert, at),
            Event::AlertResolved { key, at, .. } => {
                for state in self.alerts.iter_mut().filter(|s| s.alert.key == *key) {
                    state.resolved_at = Some(*at);
                }
            }
            Event::AgentAdded { agent } => self.agents.push(agent.clone()),
            Event::MarkSet { mark, at, reason } => self.say_mark(*mark, *at, entry, reason.clone()),
            Event::Classified { severity, pattern, reason: _ } => {
                self.severity = *severity;
                self.pattern = *pattern;
                self.classified = true;
                self.classified_at = Some(at);
            }
            Event::Raised { severity, .. } => self.severity = *severity,
            Event::RoleAssigned { role, holder, .. } => {
                self.roles.insert(*role, Holding { holder: holder.clone(), since: at });
            }
            Event::RoleReleased { role } => {
                self.roles.remove(role);
            }
            Event::ActionProposed { action, plan, approve_by, undoes } => {
                let mut new = Action::new(*action, plan, Lamp::Proposed, entry);
                new.approve_by = Some(*approve_by);
                self.insert_action(new, *undoes);
            }
            Event::ActionRequested { action, plan, runner, approved_by, undoes } => {
                self.action_requested(*action, plan, runner, approved_by.as_ref(), *undoes, entry);
            }
            Event::ActionDenied { action, reason } => {
                self.move_action(*action, Lamp::Denied, at, Some(reason))
            }
            Event::ActionExpired { action } => self.move_action(*action, Lamp::Expired, at, None),
            Event::ActionAccepted { action, answer } => {
                self.move_action(*action, Lamp::Accepted, at, Some(answer));
                if let Some(a) = self.actions.get_mut(action) {
                    a.accepted_at = Some(at);
                }
            }
            Event::ActionFailed { action, reason, outdated } => {
                self.move_action(*action, Lamp::Failed, at, Some(reason));
                if let Some(a) = self.actions.get_mut(action) {
                    a.outdated = *outdated;
                }
            }
            Event::ActionVerified { action, readings } => {
                self.read_action(*action, Lamp::Verified, at, readings);
                if let Some(a) = self.actions.get_mut(action) {
                    a.verified_at.get_or_insert(at);
                    a.held_since = Some(at);
                }
            }
            Event::ActionUnverified { action, readings } => {
                self.read_action(*action, Lamp::Unverified, at, readings);
            }
            Event::ActionLeaking { action, readings, held_until, .. } => {
                self.read_action(*action, Lamp::Leaking, at, readings);
                if let Some(a) = self.actions.get_mut(action) {
                    a.leaks += 1;
                    a.held_until = Some(held_until.unwrap_or(at));
                }
            }
            Event::ActionInDoubt { action, reason } => {
                self.move_action(*action, Lamp::InDoubt, at, Some(reason));
                if let Some(a) = self.actions.get_mut(action) {
                    a.read_at = None;
                    a.doubted_at = Some(at);
                }
            }
            Event::ActionRead { action, readings } => {
                if let Some(a) = self.actions.get_mut(action) {
                    a.read_at = Some(at);
                    a.readings = readings.clone();
                }
            }
            Event::ActionWitnessed { action, holds, reason } => {
                if let Some(a) = self.actions.get_mut(action) {
                    let (by, reason) = (entry.actor.clone(), reason.clone());
                    a.witnessed = Some(Witness { by, at, holds: *holds, reason });
                    a.read_at = Some(at);
                }
            }
            Event::ActionUndone { action, by: _, reason } => {
                self.move_action(*action, Lamp::Undone, at, reason.as_ref());
            }
            Event::ActionAccounted { action, disposition, leaking: _ } => {
                if let Some(a) = self.actions.get_mut(action) {
                    a.disposition = Some(disposition.clone());
                    a.accounted_at = Some(at);
                }
            }
            Event::EvidenceStored { name, sha256, .. } => self.evidence.push((name.clone(), sha256.clone())),
            Event::HypothesisOpened { hypothesis, text, owner, until } => {
                let new = Hypothesis {
                    text: text.clone(),
                    owner: owner.clone(),
                    opened_at: at,
                    until: *until,
                    closed: None,
                };
                self.hypotheses.insert(*hypothesis, new);
            }
            Event::HypothesisClosed { hypothesis, outcome, reason } => {
                if let Some(h) = self.hypotheses.get_mut(hypothesis) {
                    h.closed = Some((*outcome, reason.clone(), at));
                }
            }
            Event::UpdateSent { audience, affected, doing, next_at } => {
                let update = Update {
                    at,
                    seq: entry.seq,
                    by: entry.actor.clone(),
                    affected: affected.clone(),
                    doing: doing.clone(),
                    next_at: *next_at,
                };
                self.updates.insert(*audience, update);
                self.first_update.get_or_insert(at);
            }
            Event::UpdateDrafted { draft, audience, affected, doing } => {
                let (by, affected, doing) = (entry.actor.clone(), affected.clone(), doing.clone());
                self.drafts.insert(*draft, Draft { at, by, audience: *audience, affected, doing });
                self.drafted = self.drafted.max(draft.0);
            }
            Event::DraftSettled { draft, .. } => {
                self.drafts.remove(draft);
            }
            Event::MessageQueued { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageFailed { .. }
            | Event::MessageRetried { .. }
            | Event::MessageDropped { .. } => self.outbox.apply(&entry.event, at),
            Event::Escalated { level, .. } => {
                self.escalations.entry(*level).or_insert(at);
            }
            Event::Absorbed { other } => self.absorbed.push(*other),
            Event::MergedInto { into, .. } => self.status = Status::Merged(*into),
            Event::Resolved { .. } => self.status = Status::Resolved(at),
            Event::Reopened { .. } => {
                self.status = Status::Open;
                self.reopened_at = Some(at);
            }
            Event::FirstChecked { check } => {
                self.first_at.insert((check.topic, check.source.clone()), at);
                let same = |old: &&mut FirstCheck| old.topic == check.topic && old.source == check.source;
                match self.first.iter_mut().find(same) {
                    Some(old) => *old = check.clone(),
                    None => self.first.push(check.clone()),
                }
            }
            Event::HeardElsewhere { heard } => {
                self.names.insert((heard.source.clone(), heard.called.clone()));
                self.heard.insert((heard.source.clone(), heard.id.clone()));
                // Whoever writes there has not forgotten it.
                if heard.by.is_some() {
                    self.heard_at = Some(at);
                }
            }
            Event::DigestMade { day, .. } => self.digest = Some(*day),
            Event::RecoveryRead { agents } => self.recovery = agents.clone(),
            Event::ImprovementAdded { improvement, area, text, owner, due } => {
                let new = Improvement {
                    area: *area,
                    text: text.clone(),
                    owner: owner.clone(),
                    due: *due,
                    progress: Progress::Open,
                };
                self.improvements.insert(*improvement, new);
            }
            Event::ImprovementMoved { improvement, progress, note: _ } => {
                if let Some(i) = self.improvements.get_mut(improvement) {
                    i.progress = *progress;
                }
            }
            Event::ReviewSaved { revision, .. } => self.review = Some(*revision),
            // These are read from the timeline itself, or are beyond this version.
            Event::Noted { .. }
            | Event::Decided { .. }
            | Event::LinePinned { .. }
            | Event::Unknown { .. } => {}
        }
        if event_weighs(&entry.event) {
            self.weigh_control(&entry.event, at);
        }
    }

    /// Folds in what readings prove of an action and the journal could not take. It is no entry: the
    /// sequence stays, and whoever holds the entries can take it back.
    pub fn suppose(&mut self, action: ActionId, event: Event, at: Time) {
        let (seq, changed_at) = (self.seq, self.changed_at);
        self.apply(&Entry { incident: self.id, seq: seq + 1, at, actor: Actor::Flightdeck, event });
        (self.seq, self.changed_at) = (seq, changed_at);
        if let Some(action) = self.actions.get_mut(&action) {
            action.unrecorded = true;
        }
    }

    /// Whether anything in it is not on record.
    #[must_use]
    pub fn is_supposed(&self) -> bool {
        self.actions.values().any(|action| action.unrecorded)
    }

    fn say_mark(&mut self, mark: Mark, at: Time, entry: &Entry, reason: Option<Text>) {
        let word = MarkWord { at, recorded_at: entry.at, actor: entry.actor.clone(), reason };
        self.marks.entry(mark).or_default().push(word);
    }

    fn alert_fired(&mut self, alert: &Alert, at: Time) {
        if let Some(agent) = &alert.agent
            && !self.agents.contains(agent)
        {
            self.agents.push(agent.clone());
        }
        match self.alerts.iter_mut().find(|state| state.alert.key == alert.key) {
            Some(state) => {
                if alert.is_news_to(&state.alert) || state.resolved_at.is_some() {
                    state.fired_at = at;
                }
                // Fired again it says when it fired again; the fault began when it did first.
                let starts_at = [state.alert.starts_at, alert.starts_at].into_iter().flatten().min();
                state.alert = Alert { starts_at, ..alert.clone() };
                state.fired += 1;
                state.resolved_at = None;
            }
            None => {
                self.alerts.push(AlertState {
                    alert: alert.clone(),
                    fired: 1,
                    fired_at: at,
                    resolved_at: None,
                });
            }
        }
    }

    fn action_requested(
        &mut self,
        id: ActionId,
        plan: &Plan,
        runner: &Text,
        approved_by: Option<&Actor>,
        undoes: Option<ActionId>,
        entry: &Entry,
    ) {
        if !self.actions.contains_key(&id) {
            self.insert_action(Action::new(id, plan, Lamp::Requested, entry), undoes);
        }
        if let Some(a) = self.actions.get_mut(&id) {
            a.lamp = Lamp::Requested;
            a.changed_at = entry.at;
            a.approve_by = None;
            a.approved_by = approved_by.cloned();
            a.requested_at = Some(entry.at);
            a.runner = runner.clone();
        }
    }

    fn insert_action(&mut self, mut action: Action, undoes: Option<ActionId>) {
        action.undoes = undoes;
        if let Some(other) = undoes.and_then(|id| self.actions.get_mut(&id)) {
            other.undoing = Some(action.id);
        }
        self.actions.insert(action.id, action);
    }

    fn move_action(&mut self, id: ActionId, lamp: Lamp, at: Time, answer: Option<&Text>) {
        if let Some(action) = self.actions.get_mut(&id) {
            action.lamp = lamp;
            action.changed_at = at;
            if let Some(answer) = answer {
                action.answer = answer.clone();
            }
        }
    }

    fn read_action(&mut self, id: ActionId, lamp: Lamp, at: Time, readings: &[Reading]) {
        self.move_action(id, lamp, at, None);
        if let Some(action) = self.actions.get_mut(&id) {
            action.readings = readings.to_vec();
        }
    }
}

/// Whether an event may change whether control holds.
const fn event_weighs(event: &Event) -> bool {
    matches!(
        event,
        Event::AlertFired { .. }
            | Event::AgentAdded { .. }
            | Event::MarkSet { .. }
            | Event::ActionRequested { .. }
            | Event::ActionVerified { .. }
            | Event::ActionLeaking { .. }
            | Event::ActionFailed { .. }
            | Event::ActionUndone { .. }
    )
}

impl Action {
    fn new(id: ActionId, plan: &Plan, lamp: Lamp, entry: &Entry) -> Self {
        Self {
            id,
            plan: plan.clone(),
            lamp,
            asked_by: entry.actor.clone(),
            asked_at: entry.at,
            approved_by: None,
            approve_by: None,
            requested_at: None,
            accepted_at: None,
            verified_at: None,
            changed_at: entry.at,
            answer: Text::default(),
            held_since: None,
            held_until: None,
            leaks: 0,
            read_at: None,
            doubted_at: None,
            readings: Vec::new(),
            runner: Text::default(),
            undoing: None,
            undoes: None,
            disposition: None,
            accounted_at: None,
            witnessed: None,
            unrecorded: false,
            outdated: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{Story, alert, time};
    use crate::incident::{Command, Role};

    #[test]
    fn an_entry_of_another_incident_or_out_of_order_is_ignored() {
        let story = Story::isolated();
        let last = Entry::clone(story.entries.last().unwrap());
        for strange in [
            Entry { incident: IncidentId(7), seq: last.seq + 1, ..last.clone() },
            Entry { seq: last.seq + 2, ..last.clone() },
            last.clone(),
        ] {
            let mut incident = story.incident.clone();
            incident.apply(&strange);
            assert_eq!(incident, story.incident, "entry {}", strange.seq);
        }
    }

    #[test]
    fn what_a_newer_flightdeck_wrote_is_passed_over_and_counted() {
        let unknown = Event::Unknown { kind: "paid_ransom".into(), stored: "{}".into() };
        let story = Story::p0().records(Actor::person("zoe"), unknown);
        assert_eq!(story.incident.seq, 2);
        let story = story.says(Command::Acknowledge);
        assert_eq!(story.incident.seq, 3);
    }

    #[test]
    fn an_event_about_an_action_that_never_was_breaks_nothing() {
        let lost = [
            Event::ActionAccepted { action: ActionId(9), answer: "ok".into() },
            Event::ActionVerified { action: ActionId(9), readings: vec![] },
            Event::ActionUndone { action: ActionId(9), by: None, reason: None },
            Event::HypothesisClosed {
                hypothesis: HypothesisId(9),
                outcome: Outcome::Confirmed,
                reason: "x".into(),
            },
        ];
        let story =
            lost.into_iter().fold(Story::p0(), |story, event| story.records(Actor::Flightdeck, event));
        assert!(story.incident.actions.is_empty() && story.incident.hypotheses.is_empty());
    }

    #[test]
    fn a2_the_last_word_on_a_mark_counts_and_all_words_are_kept() {
        let correct =
            Command::SetMark { mark: Mark::T1, at: Some(time("12:01:00")), reason: Some("by phone".into()) };
        let story =
            Story::p0().at("12:02:00").says(Command::Acknowledge).at("12:30:00").by("bo").says(correct);
        assert_eq!(story.incident.mark(Mark::T1), Some(time("12:01:00")));
        let words = &story.incident.marks[&Mark::T1];
        assert_eq!((words.len(), words[1].recorded_at), (2, time("12:30:00")));
        assert_eq!(
            (words[1].actor.clone(), words[1].reason.clone()),
            (Actor::person("bo"), Some("by phone".into()))
        );
    }

    #[test]
    fn b1_the_fault_began_when_the_earliest_alert_says_it_did() {
        let early = Alert { starts_at: Some(time("11:50:00")), ..alert("k2") };
        let fires = |alert| Command::Alert { realm: Realm::Live, alert };
        let story = Story::blank().says(fires(alert("k1"))).says(fires(early));
        assert_eq!(story.incident.started_at(), Some(time("11:50:00")));
    }

    #[test]
    fn regression_an_alert_that_fired_again_overwrote_when_the_fault_began() {
        // It resolved and fired again 20 minutes on: detection was "met in 0 s".
        let fires = |clock: Option<&str>| {
            let alert = Alert { starts_at: clock.map(time), ..alert("k1") };
            Command::Alert { realm: Realm::Live, alert }
        };
        let over = |story: Story| {
            let at = story.now;
            story.says(Command::ResolveAlert { key: "k1".into(), at })
        };
        for (first, again, began) in [
            (Some("11:59:40"), Some("12:19:00"), Some("11:59:40")),
            (Some("11:59:40"), None, Some("11:59:40")),
            (Some("11:59:40"), Some("11:50:00"), Some("11:50:00")),
            (None, Some("12:19:00"), None),
            (None, Some("11:50:00"), Some("11:50:00")),
        ] {
            let story = over(Story::blank().says(fires(first)).at("12:10:00"));
            let story = story.at("12:20:00").says(fires(again));
            assert_eq!(story.incident.alerts[0].fired, 2);
            assert_eq!(story.incident.started_at(), began.map(time), "{first:?}, then {again:?}");
        }
    }

    #[test]
    fn an_action_remembers_when_each_step_was() {
        let story = Story::isolated();
        let action = story.action(1);
        assert_eq!(
            (action.requested_at, action.accepted_at, action.verified_at),
            (Some(time("12:00:30")), Some(time("12:01:00")), Some(time("12:01:05")))
        );
        assert_eq!((action.checks_held(), action.answer.as_str()), (3, "202 accepted"));
    }

    #[test]
    fn a_role_that_was_laid_down_is_held_by_nobody() {
        let story = Story::p0()
            .says(Command::Assign { role: Role::Scribe, holder: "cy".into() })
            .says(Command::ReleaseRole { role: Role::Scribe });
        assert!(story.incident.roles.is_empty());
    }
}
