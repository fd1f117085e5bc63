//! The key fields an agent's log line may carry (playbook A4).

use std::fmt;

use crate::incident::record::Record;

/// Which key field a log line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// `agent_decision`: what the agent chose to do.
    Decision,
    /// `tool_call`: what it called.
    ToolCall,
    /// `permission_check`: whether it was allowed to.
    PermissionCheck,
    /// `user_input`: what it was told.
    UserInput,
    /// None of them.
    Other,
}

impl LineKind {
    /// All kinds, in the order in which a line with several shows its first.
    pub const ALL: [Self; 5] =
        [Self::Decision, Self::ToolCall, Self::PermissionCheck, Self::UserInput, Self::Other];

    /// The kinds that are a field of the log.
    pub const FIELDS: [Self; 4] = [Self::Decision, Self::ToolCall, Self::PermissionCheck, Self::UserInput];

    /// The name of the field, as logs and filters write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Decision => "agent_decision",
            Self::ToolCall => "tool_call",
            Self::PermissionCheck => "permission_check",
            Self::UserInput => "user_input",
            Self::Other => "other",
        }
    }

    /// Reads a kind by its field's name; `decision`, `permission` and `input` will do.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "decision" => Some(Self::Decision),
            "tool" => Some(Self::ToolCall),
            "permission" => Some(Self::PermissionCheck),
            "input" => Some(Self::UserInput),
            word => Self::ALL.into_iter().find(|kind| kind.word() == word),
        }
    }
}

impl fmt::Display for LineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The set of key fields in one line; one line may state a decision and the call that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    /// Those that a record carries.
    pub(super) fn of(record: &Record<'_>) -> Self {
        let mut kinds = Self::default();
        for kind in LineKind::FIELDS {
            if record.carries(kind) {
                kinds.add(kind);
            }
        }
        kinds
    }

    fn add(&mut self, kind: LineKind) {
        if kind != LineKind::Other {
            self.0 |= 1 << kind as u8;
        }
    }

    pub(super) fn has(self, kind: LineKind) -> bool {
        if kind == LineKind::Other { self.0 == 0 } else { self.0 & (1 << kind as u8) != 0 }
    }

    pub(super) fn first(self) -> LineKind {
        LineKind::FIELDS.into_iter().find(|kind| self.has(*kind)).unwrap_or(LineKind::Other)
    }
}
