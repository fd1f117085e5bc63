//! How one operation is carried out: which call, with which values, shown in which words.

use std::time::Duration;

use super::{Action, Call};
use crate::adapters::ask::{self, UNDOES, VERSION, WAS};
use crate::adapters::template::{CheckTemplate, Values};
use crate::incident::{Op, Params, Text};

/// The way an operation is carried out: by its own call, or by the undo of another's.
#[derive(Debug)]
pub struct Route<'a, C> {
    /// What is asked for.
    pub op: Op,
    /// The configured action that carries it.
    pub action: &'a Action<C>,
    /// The operation whose undo it is; none: the action's own call is made.
    pub undoes: Option<Op>,
}

impl<'a, C: Call> Route<'a, C> {
    /// The call; none: an undo that does not exist.
    pub fn call(&self) -> Option<&'a C> {
        if self.undoes.is_some() { self.action.undo.as_ref() } else { Some(&self.action.run) }
    }

    /// Further parameters: what an undo remembers of the action it undoes, and of the world before.
    fn remembers(&self) -> Vec<&'a str> {
        let Some(op) = self.undoes else { return Vec::new() };
        let was = self.call().map(|call| call.names()).unwrap_or_default();
        let was = was.into_iter().filter(|name| name.starts_with(WAS));
        op.info().params.iter().map(|param| param.name).chain([UNDOES, VERSION]).chain(was).collect()
    }

    /// What must read true afterwards.
    pub fn checks(&self) -> Vec<CheckTemplate> {
        if self.undoes.is_none() {
            return self.action.checks.clone();
        }
        let own = self.action.undo_checks.clone();
        if self.is_read() { own.unwrap_or_else(|| ask::table_checks(self.op)) } else { Vec::new() }
    }

    /// Whether anything reads the world for it.
    pub(super) fn is_read(&self) -> bool {
        self.action.probe.is_some() || self.action.probed
    }

    /// How long the call may take.
    pub fn limit(&self) -> Duration {
        match self.undoes {
            None => self.action.limit,
            Some(_) => Duration::from_secs(self.op.info().limit_s.into()),
        }
    }

    /// The parameters, complete.
    ///
    /// # Errors
    /// In words: what is unknown, missing or out of shape.
    pub fn params(&self, given: &Params) -> Result<Params, Text> {
        ask::complete(self.op, given, &self.remembers())
    }

    /// What placeholders stand for. An undo's version is the one from before, which it remembers.
    pub(super) fn values(
        &self,
        target: &Text,
        params: &Params,
        version: Option<&Text>,
        action: &str,
    ) -> Values {
        let mut values = ask::values(self.op, target, params);
        values.insert("action".to_owned(), Text::line(action));
        if let (None, Some(version)) = (self.undoes, version) {
            values.insert(VERSION.to_owned(), version.clone());
        }
        values
    }

    /// The call as a person reads it.
    ///
    /// # Errors
    /// In words: a value that nobody gave, or more than can be shown.
    pub fn shown(&self, values: &Values) -> Result<Text, Text> {
        let shown = self.call().map(|call| call.shown(values)).transpose()?.unwrap_or_default();
        if shown.chars().count() > Text::LINE_MAX {
            return Err(Text::line(&format!(
                "the call is longer than the {} characters that can be shown and confirmed; put it into a script",
                Text::LINE_MAX
            )));
        }
        Ok(Text::line(&shown))
    }
}
