//! What one person's screen knows. Written by `update` alone, read by the panes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::effect::Ticket;
use super::field::Field;
use super::form::{End, Form};
use super::journal::JournalAlarm;
use super::key::Key;
use super::keymap::{Context, Keymap};
use super::layout::{Layout, layout};
use super::log::LogView;
use super::msg::{BrokenCircuit, Head, Notice, ReviewView};
use super::palette::Palette;
use super::read_only::ReadOnly;
use super::watched::{Seen, Watched};
use crate::incident::{
    Action, ActionId, Actor, AgentId, Board, Deadline, Digest, Incident, IncidentId, LastRead, Op, Params,
    Plan, Policy, Reading, Realm, Record, Role, Text, Time, Vitals, Warning, deadlines, in_sight, unread,
    unread_since, warnings,
};

/// The screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// The five panes.
    Cockpit,
    /// The whole timeline of an incident.
    Timeline,
    /// The vitals of the agents.
    Fleet,
    /// What is in force, across all incidents.
    InForce,
    /// The review and its editor.
    Review,
}

impl Screen {
    /// Its name in the header.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cockpit => "Cockpit",
            Self::Timeline => "Timeline",
            Self::Fleet => "Fleet",
            Self::InForce => "In force",
            Self::Review => "Review",
        }
    }
}

/// The panes. The first five are the cockpit's; each further screen is one pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pane {
    /// What burns.
    Incidents,
    /// How much time is left.
    Timer,
    /// Who does what.
    Roster,
    /// What the agents log.
    Log,
    /// What was done about it.
    Actions,
    /// The timeline screen.
    Timeline,
    /// The fleet screen.
    Fleet,
    /// The screen of what is in force.
    InForce,
    /// The review screen.
    Review,
}

impl Pane {
    /// The cockpit's five, in the order of Tab.
    pub const COCKPIT: [Self; 5] = [Self::Incidents, Self::Timer, Self::Roster, Self::Log, Self::Actions];

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Incidents => "Incidents",
            Self::Timer => "Timer",
            Self::Roster => "Roster",
            Self::Log => "Log",
            Self::Actions => "Actions",
            Self::Timeline => "Timeline",
            Self::Fleet => "Fleet",
            Self::InForce => "In force",
            Self::Review => "Review",
        }
    }

    /// Where its keys are bound.
    #[must_use]
    pub const fn context(self) -> Context {
        match self {
            Self::Incidents => Context::Incidents,
            Self::Timer => Context::Timer,
            Self::Roster => Context::Roster,
            Self::Log => Context::Log,
            Self::Actions => Context::Actions,
            Self::Timeline => Context::Timeline,
            Self::Fleet => Context::Fleet,
            Self::InForce => Context::InForce,
            Self::Review => Context::Review,
        }
    }
}

/// What stands in front of the panes and takes the keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Modal {
    /// What can be done here.
    Help(Help),
    /// Find a command.
    Palette(Palette),
    /// Fill in a few fields.
    Form(Form),
    /// Choose one of several.
    Choose(Choose),
    /// Read a plan and say yes or no.
    Confirm(Confirm),
    /// Read why something was not opened. Whoever asked for it may be typing into it already, so it
    /// takes every key until Esc: Enter ends a field there, and more words may follow.
    Refused {
        /// What was asked for.
        asked: String,
        /// Why not, and what would make it possible.
        why: String,
    },
    /// Read something in full.
    Detail {
        /// Its title.
        title: String,
        /// Its lines.
        lines: Vec<String>,
        /// The first line shown.
        scroll: u16,
    },
}

/// What can be done, where the person stood when they asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// The first line shown.
    pub scroll: u16,
    /// What is looked for; nothing: all of it is shown.
    pub filter: Field,
    /// Whether keys go to that.
    pub typing: bool,
}

/// One choice of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    /// What is chosen.
    pub title: String,
    /// What the choice leads to.
    pub then: Then,
    /// What can be chosen.
    pub items: Vec<Text>,
    /// Which one is selected.
    pub selected: usize,
}

/// What a choice leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The target of an operation.
    Target {
        /// Which.
        op: Op,
        /// Parameters that were given already; none given: a form asks.
        params: Params,
    },
    /// Whom to bring in: what each choice would do, and to whom.
    Whom(Vec<(Op, Text)>),
    /// The agent to roll back.
    Rollback,
    /// Command is taken from whoever holds it, or left with them.
    TakeCommand,
}

/// A plan to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// Which incident it belongs to.
    pub incident: IncidentId,
    /// What the confirmation does.
    pub act: ConfirmAct,
    /// On the way to the end of the incident: that end, and the mitigation that is undone first.
    pub then: Option<(End, ActionId)>,
    /// Why it is asked about again; nothing: for the first time.
    pub again: Option<Text>,
    /// Where it stands.
    pub stage: ConfirmStage,
    /// What is typed so far.
    pub typed: Field,
    /// Whether what it asks was on the screen. Nothing that is pressed before answers it.
    pub shown: bool,
    /// Whether a line is being typed that was begun before that. All of it is thrown away, to its
    /// Enter: the rest of a name is no answer either.
    pub ahead: bool,
    /// Whether such a line was ended: nobody is left to wonder what became of it.
    pub thrown: bool,
    /// The first line of the plan shown.
    pub scroll: u16,
    /// Why the last try was refused.
    pub error: Option<String>,
}

/// What a confirmation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfirmAct {
    /// Asks for an action.
    Ask,
    /// Approves a proposal.
    Approve(ActionId),
}

/// Where a confirmation stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfirmStage {
    /// The adapter is asked what it would do.
    Planning {
        /// `isolate support-1`.
        what: String,
        /// The level it would bring in, if it is an escalation.
        level: Option<u8>,
        /// The question.
        ticket: Ticket,
    },
    /// It cannot be done; the words say why and what would make it possible.
    Unavailable {
        /// `isolate support-1`.
        what: String,
        /// Why.
        why: Text,
        /// The level that can be recorded as brought in by other means, by the key `m`.
        by_hand: Option<u8>,
    },
    /// The plan is on screen.
    Ready {
        /// The plan.
        plan: Box<Plan>,
        /// Its digest: what is confirmed.
        digest: Digest,
        /// Whether the target must be typed.
        typed: bool,
    },
    /// Confirmed; the hub is asked.
    Submitted {
        /// The plan.
        plan: Box<Plan>,
        /// The question.
        ticket: Ticket,
    },
}

/// A selection in each list, bound to identity, never to a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The incident that all panes are about.
    pub incident: Option<IncidentId>,
    /// Whether a person chose it: then it never moves by itself.
    pub by_hand: bool,
    /// In Actions.
    pub action: Option<ActionId>,
    /// In Roster.
    pub role: Option<Role>,
    /// In Timeline, by sequence; none follows the newest.
    pub entry: Option<u64>,
    /// In Fleet.
    pub agent: Option<AgentId>,
    /// In Timer: the first line shown.
    pub timer_scroll: u16,
    /// The line of its list that each selected item was left in. It stays there, whatever comes and
    /// goes around it.
    pub lines: BTreeMap<Pane, usize>,
}

impl Selection {
    /// The line of a list that its selected item stands in, if the list is long enough. One that
    /// nobody moved stands as low as it must for the list to begin with its first item.
    #[must_use]
    pub fn line(&self, pane: Pane) -> usize {
        self.lines.get(&pane).copied().unwrap_or(usize::MAX)
    }
}

/// What the drill in this session is.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillInfo {
    /// Its scenario.
    pub scenario: Text,
    /// Its seed.
    pub seed: u64,
    /// Virtual seconds for each real one.
    pub speed: f64,
}

/// What the configuration, or a drill's scenario, says of an agent, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentCard {
    /// Its name for people.
    pub name: Text,
    /// What it does.
    pub about: Text,
    /// Who answers for it.
    pub owner: Text,
    /// What it can call.
    pub tools: Vec<Text>,
    /// What it may do.
    pub permissions: Vec<Text>,
}

/// How far a view can be scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Its last first line.
    pub most: u16,
    /// Lines of it that are seen at once.
    pub page: u16,
}

/// How this person wants to be told things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Ring the bell.
    pub bell: bool,
    /// Send desktop notifications.
    pub notify: bool,
}

/// What one person's screen knows: the facts, and what changes by the second or with a key.
///
/// Whoever writes to the facts has changed them, as far as the screen is concerned: everything is
/// drawn again. Look before writing what may be there already.
#[derive(Clone, Debug)]
pub struct Model {
    now: Watched<Time>,
    focus: Watched<Pane>,
    facts: Facts,
    changes: u64,
}

impl Deref for Model {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl DerefMut for Model {
    fn deref_mut(&mut self) -> &mut Facts {
        self.changes += 1;
        &mut self.facts
    }
}

/// What one person's screen knows besides the time and which pane has the keys.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who sits here.
    pub actor: Actor,
    /// The process, as the journal knows it.
    pub runner: Text,
    /// Live or drill.
    pub realm: Realm,
    /// The drill, in a drill.
    pub drill: Option<DrillInfo>,
    /// The rules.
    pub policy: Arc<Policy>,
    /// The keys.
    pub keymap: Arc<Keymap>,
    /// How to be told.
    pub attention: Attention,
    /// The terminal's size: columns, rows.
    pub size: (u16, u16),
    /// How far the foremost view can be scrolled at this size: what draws it knows.
    pub reach: fn(&Model) -> Reach,
    /// All incidents loaded so far.
    pub board: Board,
    /// All incidents by name, until their entries are loaded.
    pub heads: Vec<Head>,
    /// Whether somebody asked for the review before its incident was read.
    pub review_wanted: bool,
    /// Whether everything from the journal is loaded.
    pub loaded: bool,
    /// Which screen.
    pub screen: Screen,
    /// Whether it has the whole screen.
    pub zoomed: bool,
    /// What is selected.
    pub selection: Selection,
    /// What stands in front, the last one foremost.
    pub modals: Vec<Modal>,
    /// Keys of an unfinished sequence.
    pub pending: Vec<Key>,
    /// The log.
    pub log: LogView,
    /// Vitals by agent, with what a probe read later in their place.
    pub vitals: BTreeMap<AgentId, Vitals>,
    /// What probes of actions read of agents later than their vitals were, and when.
    pub probed: BTreeMap<AgentId, BTreeMap<String, (Text, Time)>>,
    /// The backends that are left alone because they fail.
    pub circuits: Vec<BrokenCircuit>,
    /// What is known of the agents besides.
    pub cards: BTreeMap<AgentId, AgentCard>,
    /// What probes read last.
    pub readings: BTreeMap<(IncidentId, ActionId), Vec<Reading>>,
    /// When they were read last and gave a value.
    pub last_read: BTreeMap<(IncidentId, ActionId), LastRead>,
    /// Why nothing can be acted on from here, if that is so.
    pub read_only: Option<ReadOnly>,
    /// What is wrong with the journal.
    pub journal: BTreeMap<JournalAlarm, Text>,
    /// Operations that some adapter carries.
    pub offers: BTreeSet<Op>,
    /// Levels and people that only an adapter reaches, and its name; the empty name is anybody.
    pub reached: BTreeMap<(Op, Text), Text>,
    /// The newest passing notice, and since when.
    pub notice: Option<(Notice, Time)>,
    /// Notices that stay until mended.
    pub lasting: Vec<Notice>,
    /// The review.
    pub review: ReviewView,
    /// Whether keys go to the review's text.
    pub editing: bool,
    /// Forms that were closed before they were sent: what was typed comes back.
    pub(super) drafts: Vec<(Option<IncidentId>, Form)>,
    pub(super) next_ticket: u64,
    /// Of which incident the agents were asked to be read for recovery, and when.
    pub(super) recovery_asked: Option<(IncidentId, Time)>,
    /// Alarms that were given already (B12).
    pub(super) told: BTreeSet<super::attention::Told>,
}

impl Model {
    /// A model before anything was loaded.
    #[must_use]
    pub fn new(actor: Actor, realm: Realm, policy: Arc<Policy>, keymap: Arc<Keymap>, now: Time) -> Self {
        let facts = Facts {
            actor,
            runner: Text::default(),
            realm,
            drill: None,
            policy,
            keymap,
            attention: Attention { bell: true, notify: true },
            size: (80, 24),
            reach: |_| Reach { most: u16::MAX, page: 10 },
            board: Board::default(),
            heads: Vec::new(),
            loaded: false,
            screen: Screen::Cockpit,
            zoomed: false,
            review_wanted: false,
            selection: Selection::default(),
            modals: Vec::new(),
            pending: Vec::new(),
            log: LogView::default(),
            vitals: BTreeMap::new(),
            probed: BTreeMap::new(),
            circuits: Vec::new(),
            cards: BTreeMap::new(),
            readings: BTreeMap::new(),
            last_read: BTreeMap::new(),
            read_only: None,
            journal: BTreeMap::new(),
            offers: BTreeSet::new(),
            reached: BTreeMap::new(),
            notice: None,
            lasting: Vec::new(),
            review: ReviewView::default(),
            editing: false,
            drafts: Vec::new(),
            next_ticket: 0,
            recovery_asked: None,
            told: BTreeSet::new(),
        };
        Self { now: Watched::new(now), focus: Watched::new(Pane::Incidents), facts, changes: 0 }
    }

    /// The time as last told.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now.get()
    }

    /// Reads the filter of the log anew from what is typed.
    pub(super) fn refilter(&mut self) {
        let now = self.now();
        self.log.refilter(now);
    }

    /// Tells the time.
    pub fn set_now(&mut self, now: Time) {
        self.now.set(now);
    }

    /// Which pane of the cockpit has the keys.
    #[must_use]
    pub fn focus(&self) -> Pane {
        self.focus.get()
    }

    /// Gives a pane of the cockpit the keys.
    pub fn set_focus(&mut self, pane: Pane) {
        self.focus.set(pane);
    }

    /// Looks at the model, and says what of it was looked at.
    pub fn watch<T>(&self, look: impl FnOnce() -> T) -> (T, Seen) {
        self.now.watch();
        self.focus.watch();
        let found = look();
        (found, Seen { facts: self.changes, now: self.now.seen(), focus: self.focus.seen() })
    }

    /// Whether all of that is what it was.
    #[must_use]
    pub fn is_as(&self, seen: Seen) -> bool {
        self.changes == seen.facts && self.now.is_as(seen.now) && self.focus.is_as(seen.focus)
    }

    /// The selected incident with its timeline.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.selection.incident.and_then(|id| self.board.record(id))
    }

    /// The selected incident.
    #[must_use]
    pub fn incident(&self) -> Option<&Incident> {
        self.record().map(|record| &record.incident)
    }

    /// Everything that is due in the selected incident.
    #[must_use]
    pub fn deadlines(&self) -> Vec<Deadline> {
        self.incident().map(|i| deadlines(i, &self.policy, self.now())).unwrap_or_default()
    }

    /// The warnings of an incident, loudest first, with what could not be read here.
    #[must_use]
    pub fn warnings_of(&self, incident: &Incident) -> Vec<Warning> {
        let mut all = warnings(incident, &self.policy, self.now());
        all.extend(unread(incident, &self.policy, self.now(), |action| self.looked_at(incident.id, action)));
        all.sort_by_key(|warning| std::cmp::Reverse(warning.weight));
        all
    }

    /// The pane that has the keys, on whatever screen.
    #[must_use]
    pub fn pane(&self) -> Pane {
        match self.screen {
            Screen::Cockpit => self.focus(),
            Screen::Timeline => Pane::Timeline,
            Screen::Fleet => Pane::Fleet,
            Screen::InForce => Pane::InForce,
            Screen::Review => Pane::Review,
        }
    }

    /// Where keys are looked up.
    #[must_use]
    pub fn context(&self) -> Context {
        if self.editing && self.screen == Screen::Review { Context::Editing } else { self.pane().context() }
    }

    /// Where everything is on the screen.
    #[must_use]
    pub fn layout(&self) -> Layout {
        layout(self.screen, self.focus(), self.zoomed, self.size.0, self.size.1)
    }

    /// The incidents in the order of the Incidents pane: what burns first, worst and newest first.
    /// Those known only by name stand where they will stand when they are loaded.
    #[must_use]
    pub fn incidents_in_order(&self) -> Vec<IncidentId> {
        let named = self.heads.iter().filter(|h| self.board.incident(h.id).is_none());
        if named.clone().next().is_none() {
            return self.board.in_order();
        }
        let loaded = self.board.incidents().map(|i| (i.status, i.severity, i.id));
        let mut all: Vec<_> = loaded.chain(named.map(|h| (h.status, h.severity, h.id))).collect();
        all.sort_by_key(|(status, severity, id)| in_sight(*status, *severity, *id));
        all.into_iter().map(|(_, _, id)| id).collect()
    }

    /// The newest readings of an action: what probes read here, or what the timeline holds.
    #[must_use]
    pub fn readings_of(&self, incident: IncidentId, action: ActionId) -> &[Reading] {
        let recorded = self.board.incident(incident).and_then(|i| i.actions.get(&action));
        let recorded = recorded.map_or(&[][..], |action| &action.readings);
        Self::newer_of(self.readings.get(&(incident, action)).map(Vec::as_slice), recorded)
    }

    /// What may be in force, across all incidents, in the order shown.
    #[must_use]
    pub fn in_force_in_order(&self) -> Vec<(IncidentId, ActionId)> {
        self.board.in_force(self.now()).iter().map(|one| (one.incident.id, one.action.id)).collect()
    }

    /// When an action's checks were read last, and all gave a value: by whoever probes, or by what is
    /// on record.
    #[must_use]
    pub fn read_at(&self, incident: IncidentId, action: ActionId) -> Option<Time> {
        let checked = self.board.incident(incident)?.actions.get(&action)?;
        let mut last = LastRead::of(&checked.readings);
        last.take(self.readings_of(incident, action));
        self.last_read
            .get(&(incident, action))
            .and_then(|last| last.at(&checked.plan.checks))
            .max(last.at(&checked.plan.checks))
    }

    /// Since when a mitigation that was proved is not read any more, if that is too long.
    #[must_use]
    pub fn unread_since(&self, incident: IncidentId, action: &Action) -> Option<Time> {
        unread_since(action, self.looked_at(incident, action.id), &self.policy, self.now())
    }

    /// The same as [`Self::read_at`], of what somebody has tried to read since this screen is here.
    fn looked_at(&self, incident: IncidentId, action: ActionId) -> Option<Time> {
        let last = self.last_read.get(&(incident, action))?;
        let known = self.board.incident(incident)?.actions.get(&action)?;
        // A probe slower than its pace has lost nothing yet.
        let pace = self.policy.probing.probe_every.delta() * 2;
        if last.is_being_read(&known.plan.checks, self.now(), pace) {
            return None;
        }
        let verified = || known.verified_at;
        self.read_at(incident, action).or_else(verified)
    }

    /// Actions of the selected incident in the order shown: newest first.
    #[must_use]
    pub fn actions_in_order(&self) -> Vec<ActionId> {
        self.incident().map(|i| i.actions.keys().rev().copied().collect()).unwrap_or_default()
    }

    /// A ticket for a question.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }
}
