//! What a session is asked to do: data, comparable, without channels or futures.

use super::key::Key;
use crate::incident::{ActionId, Command, IncidentId, LogLine, Op, Params, Text, Time};

/// Links an effect with the message that answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Hand a command to the hub. None: a new incident.
    Submit {
        /// For the answer.
        ticket: Ticket,
        /// Which incident.
        incident: Option<IncidentId>,
        /// What is wanted.
        command: Command,
    },
    /// Have an adapter say exactly what would be done.
    Plan {
        /// For the answer.
        ticket: Ticket,
        /// For which incident.
        incident: IncidentId,
        /// The operation.
        op: Op,
        /// Its target.
        target: Text,
        /// Its parameters as far as given.
        params: Params,
    },
    /// Read an action's checks now, whether anybody watches it or not.
    Read {
        /// Which incident.
        incident: IncidentId,
        /// Which action.
        action: ActionId,
    },
    /// Have the agents of an incident read for recovery (B6); what was read comes as an entry.
    Recover(IncidentId),
    /// Store an agent's log of a time range as evidence (A4).
    KeepLog {
        /// Which incident.
        incident: IncidentId,
        /// What of it.
        range: LogRange,
        /// What this screen has of it, should no file have any.
        shown: Vec<LogLine>,
    },
    /// Put text on the clipboard (OSC 52).
    Copy(Text),
    /// Ring the terminal's bell.
    Bell,
    /// Show a desktop notification (OSC 9).
    Notify(Text),
    /// Something for the review's editor.
    Review(ReviewDeed),
    /// Paint the whole screen anew.
    Redraw,
    /// Stop the process as the shell's job control does.
    Suspend,
    /// Leave.
    Quit,
}

/// A part of an agent's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRange {
    /// The agent.
    pub agent: Text,
    /// The first moment.
    pub from: Time,
    /// The last one.
    pub to: Time,
    /// The most lines; the newest are kept.
    pub limit: usize,
}

/// What the review's editor is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewDeed {
    /// Open an incident's review: the newest revision, or prefilled.
    Open(IncidentId),
    /// A key typed while editing.
    Key(Key),
    /// Text pasted while editing.
    Paste(Text),
    /// Scroll by lines.
    Scroll(i32),
    /// Undo the last edit.
    Undo,
    /// Redo it.
    Redo,
    /// Find the next place of a text.
    Search(Text),
    /// Find the next place of the same text.
    SearchNext,
    /// Save a revision now; on record too.
    Save,
    /// Fill in what happened since.
    Refill,
    /// Hand over to $EDITOR.
    External,
    /// Write to a file.
    Export(Text),
}
