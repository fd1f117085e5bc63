//! Everything a person can mean by a key, a palette line or a click: one table, from which the
//! keymap check, help, the which-key box, the palette and the README are made.
//!
//! An intent is what somebody means; what is done to the world is an action (DESIGN, Words).

use crate::incident::Op;

/// Declares the enum and its table together, so that none can be without the other.
macro_rules! intents {
    ($( $variant:ident, $name:literal, $group:ident, $about:literal; )+) => {
        /// What a person means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Intent {
            $(#[doc = $about] $variant,)+
        }

        /// The table, in the order help shows it.
        pub const INTENTS: &[IntentInfo] = &[
            $(IntentInfo { intent: Intent::$variant, name: $name, group: Group::$group, about: $about },)+
        ];
    };
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct IntentInfo {
    /// Which one.
    pub intent: Intent,
    /// Its name in keymaps and in the palette.
    pub name: &'static str,
    /// Under which heading help shows it.
    pub group: Group,
    /// What it does.
    pub about: &'static str,
}

/// The headings of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Doing something to the world.
    Act,
    /// Running the incident.
    Command,
    /// Writing things down.
    Record,
    /// Screens and panes.
    Look,
    /// Moving the selection.
    Move,
    /// The log pane.
    Log,
    /// The review screen.
    Review,
    /// The program.
    Program,
}

impl Group {
    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Act => "Act",
            Self::Command => "Command the incident",
            Self::Record => "Record",
            Self::Look => "Look",
            Self::Move => "Move",
            Self::Log => "Log",
            Self::Review => "Review",
            Self::Program => "Program",
        }
    }
}

intents! {
    Isolate, "isolate", Act, "stop an agent, cut it off, pause its queue";
    RateLimit, "rate-limit", Act, "cap an agent's API calls";
    Rollback, "rollback", Act, "put a backup back: L1 configuration, L2 version, L3 system";
    Escalate, "escalate", Act, "bring in the next level";
    Restrict, "restrict", Act, "narrow an agent's scope, check sensitive calls beforehand";
    SwitchModel, "switch-model", Act, "move along the degradation ladder L0 to L4";
    Restart, "restart", Act, "restart an agent";
    RestoreCheckpoint, "restore-checkpoint", Act, "go back to the last consistent checkpoint";
    Snapshot, "snapshot", Act, "store logs, state and API history as evidence";
    Silence, "silence", Act, "silence an alert for some minutes";
    Page, "page", Act, "page one person, with context";
    Undo, "undo", Act, "undo the selected action by its recorded inverse";
    Approve, "approve", Act, "let a proposed action go ahead";
    Deny, "deny", Act, "refuse a proposed action";
    Settle, "settle", Act, "say what you saw of an action that probes cannot settle";
    Keep, "keep", Act, "say what becomes of a mitigation: undone now, handed over by a date, or kept";
    Read, "read", Act, "read the selected action's checks now";
    Acknowledge, "acknowledge", Command, "say that you are on it (T1)";
    TakeCommand, "take-command", Command, "become Incident Commander";
    AssignRole, "assign-role", Command, "give a role to somebody, or hand it over";
    Classify, "classify", Command, "confirm severity and pattern (T2)";
    Update, "update", Command, "send a status update to an audience";
    NoChange, "no-change", Command, "tell the audience due next that nothing has changed";
    SettleMessage, "settle-message", Command, "try a message again that did not arrive, or drop it";
    SetMark, "set-mark", Command, "set or correct a mark T0 to T5";
    Resolve, "resolve", Command, "end the incident; asks what becomes of what is in force";
    ReadRecovery, "read-recovery", Command, "read whether the agents have recovered (B6)";
    Reopen, "reopen", Command, "it was not over";
    Merge, "merge", Command, "end it as a duplicate of another";
    Declare, "declare", Command, "declare an incident that no monitor saw";
    Note, "note", Record, "write something down";
    Decide, "decide", Record, "record a decision and its reason";
    Suppose, "suppose", Record, "open a hypothesis with a time box";
    CloseHypothesis, "close-hypothesis", Record, "confirm or reject a hypothesis, or move on";
    Improve, "improve", Record, "plan an improvement with an owner and a due date";
    MoveImprovement, "move-improvement", Record, "say how far an improvement is";
    Open, "open", Look, "show the selected item in full";
    NextPane, "next-pane", Look, "go to the next pane";
    PreviousPane, "previous-pane", Look, "go to the previous pane";
    PaneIncidents, "pane-incidents", Look, "go to Incidents";
    PaneTimer, "pane-timer", Look, "go to Timer";
    PaneRoster, "pane-roster", Look, "go to Roster";
    PaneLog, "pane-log", Look, "go to Log";
    PaneActions, "pane-actions", Look, "go to Actions";
    Zoom, "zoom", Look, "give the pane the whole screen, and back";
    Cockpit, "cockpit", Look, "the cockpit screen";
    Timeline, "timeline", Look, "the timeline screen";
    Fleet, "fleet", Look, "the fleet screen";
    InForce, "in-force", Look, "what is in force, across all incidents";
    Review, "review", Look, "the review screen";
    NextIncident, "next-incident", Look, "select the next incident";
    PreviousIncident, "previous-incident", Look, "select the previous incident";
    Messages, "messages", Look, "what people were told, and what became of it";
    FirstChecks, "first-checks", Look, "what was gathered first, what did not come, and why";
    Warnings, "warnings", Look, "every warning of every incident, worst first";
    Back, "back", Look, "close, go back; never loses anything";
    Up, "up", Move, "one up";
    Down, "down", Move, "one down";
    PageUp, "page-up", Move, "a page up";
    PageDown, "page-down", Move, "a page down";
    Top, "top", Move, "to the top";
    Bottom, "bottom", Move, "to the bottom";
    Filter, "filter", Log, "filter the log as you type";
    ClearFilter, "clear-filter", Log, "show every line again";
    SinceLeak, "since-leak", Log, "what the agent logged since its containment leaks";
    Follow, "follow", Log, "follow the newest lines, or stop";
    Mute, "mute", Log, "leave out the lines of the selected one's agent; clear-filter shows them again";
    Pin, "pin", Log, "keep the selected line on the timeline";
    Volume, "volume", Log, "bars above the log: lines and errors over time, and what they may hint at";
    Earlier, "earlier", Log, "to the bar before, and its lines";
    Later, "later", Log, "to the next bar, and its lines";
    KeepLog, "keep-log", Log, "store a time range of the log as evidence, without the secrets in it";
    Copy, "copy", Log, "copy the selected line or item (OSC 52)";
    Edit, "edit", Review, "edit the review; Esc ends editing";
    SaveReview, "save-review", Review, "put this revision on record";
    Refill, "refill", Review, "fill in what happened since; your edits stay";
    Search, "search", Review, "search in the review";
    SearchNext, "search-next", Review, "the next place found";
    Undone, "undo-edit", Review, "undo the last edit";
    Redo, "redo-edit", Review, "redo it";
    External, "external-editor", Review, "hand the review to $EDITOR";
    Export, "export", Review, "write the review to a file";
    Palette, "palette", Program, "find a command by name, or type a chat command";
    Help, "help", Program, "what can be done here";
    Redraw, "redraw", Program, "paint the screen anew";
    Suspend, "suspend", Program, "go to the shell; fg comes back";
    Quit, "quit", Program, "leave; everything is on record already";
}

impl Intent {
    /// Its row.
    #[must_use]
    pub const fn info(self) -> &'static IntentInfo {
        &INTENTS[self as usize]
    }

    /// The intent of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        INTENTS.iter().find(|info| info.name == name).map(|info| info.intent)
    }

    /// The operation behind it, where there is exactly one.
    #[must_use]
    pub fn op(self) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.word() == self.info().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_intent_has_its_own_row_and_name() {
        for (index, info) in INTENTS.iter().enumerate() {
            assert_eq!(info.intent as usize, index);
            assert_eq!(Intent::by_name(info.name), Some(info.intent), "{} is named twice", info.name);
        }
    }

    #[test]
    fn what_is_named_like_an_operation_is_that_operation() {
        assert_eq!(Intent::Isolate.op(), Some(Op::Isolate));
        assert_eq!(Intent::Rollback.op(), None);
    }
}
