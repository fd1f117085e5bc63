//! What a session is told: input, entries, lines, readings, answers, time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::effect::Ticket;
use super::journal::JournalAlarm;
use super::key::Input;
use super::read_only::ReadOnly;
use crate::incident::{
    ActionId, AgentId, Entry, IncidentId, LogBlock, Op, Plan, Reading, Severity, Status, Text, Time, Vitals,
};

/// One message.
#[derive(Clone, Debug)]
pub enum Msg {
    /// Somebody's hands.
    Input(Input),
    /// Time went by.
    Tick(Time),
    /// Everything up to here is on the screen.
    Drawn,
    /// The incidents by name, before their entries are loaded.
    Heads(Vec<Head>),
    /// Entries, in order within each incident.
    Entries(Vec<Arc<Entry>>),
    /// Everything that was in the journal at the start is loaded.
    Loaded,
    /// Log lines, in the order they came.
    Lines(Vec<Arc<LogBlock>>),
    /// Log lines that could not be kept up with and were not shown.
    LinesDropped(u64),
    /// Vitals of agents.
    Vitals(Vec<Vitals>),
    /// The backends that are left alone because they fail.
    Circuits(Vec<BrokenCircuit>),
    /// What probes read now, on the timeline only when it changes a lamp.
    Readings {
        /// Which incident.
        incident: IncidentId,
        /// Which action.
        action: ActionId,
        /// What was read.
        readings: Vec<Reading>,
    },
    /// Nothing can be acted on from here, and why.
    ReadOnly(ReadOnly),
    /// Something is wrong with the journal, in these words; none: it is mended.
    Journal(JournalAlarm, Option<Text>),
    /// Which operations some adapter carries.
    Offers(Vec<Op>),
    /// Levels and people that only an adapter reaches, and its name; the empty name is anybody.
    Reached(BTreeMap<(Op, Text), Text>),
    /// The answer to a plan asked for.
    Planned {
        /// Which question.
        ticket: Ticket,
        /// The plan, or why there is none, in words.
        answer: Result<Box<Plan>, Text>,
    },
    /// The answer to a submitted command: on record, or refused in words.
    Submitted {
        /// Which question.
        ticket: Ticket,
        /// The incident it went to, or the refusal.
        answer: Result<IncidentId, Text>,
    },
    /// What the review's editor became.
    Review(ReviewView),
    /// What came of a form that the review's editor answers: words if there are any, or why nothing was done.
    Done(Result<Option<Text>, Text>),
    /// Something worth a line at the bottom.
    Notice(Notice),
    /// A colleague or a system says something.
    Said {
        /// Who.
        from: Text,
        /// What.
        text: Text,
    },
}

/// An incident by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub id: IncidentId,
    /// Its title.
    pub title: Text,
    /// Its severity.
    pub severity: Severity,
    /// Where it stands.
    pub status: Status,
}

/// A backend that fails and is left alone for a while: its circuit is open, or waits for a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenCircuit {
    /// What it leads to: an adapter, a reader, a replica.
    pub backend: Text,
    /// The failure that opened it.
    pub why: Text,
    /// The agents that it is about, of those that are known.
    pub agents: Vec<AgentId>,
}

/// A line at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How serious.
    pub level: NoticeLevel,
    /// The words.
    pub text: Text,
    /// Whether it stays until it is mended, rather than giving way to the next.
    pub key: Option<&'static str>,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something does not work; everything else goes on.
    Warn,
    /// Something failed that was asked for.
    Error,
    /// A lasting notice is over.
    Clear,
}

impl Notice {
    /// Good to know.
    #[must_use]
    pub fn info(text: impl AsRef<str>) -> Self {
        Self { level: NoticeLevel::Info, text: Text::line(text.as_ref()), key: None }
    }

    /// Something failed.
    #[must_use]
    pub fn error(text: impl AsRef<str>) -> Self {
        Self { level: NoticeLevel::Error, text: Text::line(text.as_ref()), key: None }
    }

    /// Something does not work until further notice.
    #[must_use]
    pub fn lasting(key: &'static str, text: impl AsRef<str>) -> Self {
        Self { level: NoticeLevel::Warn, text: Text::line(text.as_ref()), key: Some(key) }
    }

    /// It works again.
    #[must_use]
    pub fn clear(key: &'static str) -> Self {
        Self { level: NoticeLevel::Clear, text: Text::default(), key: Some(key) }
    }
}

/// The review as the screen needs to know it; its text lives in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewView {
    /// Whose review it is.
    pub incident: Option<IncidentId>,
    /// Whether something is not saved yet.
    pub dirty: bool,
    /// The newest saved revision.
    pub revision: u32,
    /// Visible questions left.
    pub questions: usize,
}
