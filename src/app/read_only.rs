//! Where nothing can be acted on, that is said when a key is pressed, not after everything was typed.

use super::intent::{Group, Intent};
use super::model::Model;
use crate::incident::Text;

/// What cannot be done from here, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOnly {
    /// Why.
    pub why: Text,
    /// Whether what people say is recorded all the same.
    pub records: bool,
}

impl Intent {
    /// Whether it leads to a call.
    const fn acts(self) -> bool {
        matches!(self.info().group, Group::Act)
            && !matches!(self, Self::Read | Self::Deny | Self::Settle | Self::Keep)
    }

    /// Whether it leads to an entry.
    const fn records(self) -> bool {
        match self.info().group {
            Group::Act => !matches!(self, Self::Read),
            Group::Command | Group::Record => true,
            Group::Log => matches!(self, Self::Pin),
            Group::Review => matches!(self, Self::SaveReview),
            Group::Look | Group::Move | Group::Program => false,
        }
    }
}

impl Model {
    /// Why an intent leads to nothing here, if it does.
    #[must_use]
    pub fn forbids(&self, intent: Intent) -> Option<String> {
        let read_only = self.read_only.as_ref()?;
        let forbidden = intent.acts() || (intent.records() && !read_only.records);
        forbidden.then(|| format!("read-only: {}", read_only.why))
    }
}
