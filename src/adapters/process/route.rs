//! How one operation is carried out: which program, with which values, shown in which words.

use std::time::Duration;

use crate::adapters::ask::{self, UNDOES, VERSION};
use crate::adapters::template::{Argv, CheckTemplate, Values, quoted};
use crate::incident::{Op, Params, Text};

use super::build::Action;

/// The way an operation is carried out: by its own program, or by the undo of another's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route<'a> {
    /// What is asked for.
    pub op: Op,
    /// The configured action that carries it.
    pub action: &'a Action,
    /// The operation whose undo it is; none: the action's own program runs.
    pub undoes: Option<Op>,
}

impl<'a> Route<'a> {
    /// The program; none: collecting is all there is.
    pub fn argv(&self) -> Option<&'a Argv> {
        if self.undoes.is_some() { self.action.undo.as_ref() } else { self.action.run.as_ref() }
    }

    /// Further parameters: what an undo remembers of the action it undoes.
    fn remembers(&self) -> Vec<&'static str> {
        let Some(op) = self.undoes else { return Vec::new() };
        op.info().params.iter().map(|param| param.name).chain([UNDOES, VERSION]).collect()
    }

    /// What must read true afterwards.
    pub fn checks(&self) -> Vec<CheckTemplate> {
        match self.undoes {
            None => self.action.checks.clone(),
            Some(_) if self.action.probe.is_some() || self.action.probed => ask::table_checks(self.op),
            Some(_) => Vec::new(),
        }
    }

    /// How long the call may take.
    pub fn limit(&self) -> Duration {
        match self.undoes {
            None => self.action.limit,
            Some(_) => Duration::from_secs(self.op.info().limit_s.into()),
        }
    }

    /// The parameters, complete.
    pub fn params(&self, given: &Params) -> Result<Params, Text> {
        ask::complete(self.op, given, &self.remembers())
    }

    /// What placeholders stand for. An undo's version is the one from before, which it remembers.
    pub fn values(&self, target: &Text, params: &Params, version: Option<&Text>, action: &str) -> Values {
        let mut values = ask::values(self.op, target, params);
        values.insert("action".to_owned(), Text::line(action));
        if let (None, Some(version)) = (self.undoes, version) {
            values.insert(VERSION.to_owned(), version.clone());
        }
        values
    }

    /// The paths to collect.
    pub fn files(&self, values: &Values) -> Result<Vec<String>, Text> {
        let collect = if self.undoes.is_some() { &[] } else { self.action.collect.as_slice() };
        collect.iter().map(|path| path.path(values)).collect()
    }

    /// The call as a person reads it.
    pub fn shown(&self, values: &Values) -> Result<Text, Text> {
        let mut parts = Vec::new();
        if let Some(argv) = self.argv() {
            parts.push(quoted(&argv.fill(values)?));
        }
        let files = self.files(values)?;
        if !files.is_empty() {
            parts.push(format!("collect {}", quoted(&files)));
        }
        let shown = parts.join(" + ");
        if shown.chars().count() > Text::LINE_MAX {
            return Err(Text::line(&format!(
                "the call is longer than the {} characters that can be shown and confirmed; put it into a script",
                Text::LINE_MAX
            )));
        }
        Ok(Text::line(&shown))
    }
}
