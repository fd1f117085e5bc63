//! What building a book from a configuration has in common: which names there are, and every
//! problem with its place.

use std::fmt;

use crate::adapters::ask::{table_checks, target_name};
use crate::adapters::template::CheckTemplate;
use crate::incident::{Check, Op};

/// Something in a spec that cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecProblem {
    /// Where, by configuration key: `actions.isolate.run[1]`.
    pub place: String,
    /// What, in words.
    pub words: String,
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.words)
    }
}

/// All problems of a spec.
pub struct Problems {
    /// Where what is looked at now stands.
    pub place: String,
    /// Those found.
    pub all: Vec<SpecProblem>,
}

impl Problems {
    /// None yet.
    pub fn new(place: &str) -> Self {
        Self { place: place.to_owned(), all: Vec::new() }
    }

    /// One more, at a key below the place.
    pub fn tell(&mut self, key: &str, words: impl Into<String>) {
        self.all.push(SpecProblem { place: format!("{}{key}", self.place), words: words.into() });
    }

    /// The value, or one more problem.
    pub fn take<T>(&mut self, key: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|words| self.tell(key, words)).ok()
    }

    /// The configured checks; those of the table where none are.
    pub fn checks(
        &mut self,
        key: &str,
        op: Op,
        own: Option<&Vec<Check>>,
        known: &[&str],
    ) -> Vec<CheckTemplate> {
        let Some(own) = own else { return table_checks(op) };
        let mut templates = Vec::new();
        for (index, check) in own.iter().enumerate() {
            templates.extend(self.take(&format!("{key}[{index}]"), CheckTemplate::new(check, known)));
        }
        templates
    }

    /// What undoes an operation; told where nothing can.
    pub fn inverse(&mut self, op: Op) -> Option<Op> {
        let inverse = op.info().inverse.filter(|_| op.info().mitigation);
        if inverse.is_none() {
            self.tell(".undo", format!("{op} is not in force until undone, so nothing undoes it"));
        }
        inverse
    }
}

/// The placeholders of an operation, by where they may stand.
pub struct Names<'a> {
    /// For what reads the version.
    pub version: Vec<&'a str>,
    /// For probes and checks.
    pub read: Vec<&'a str>,
    /// For the call.
    pub act: Vec<&'a str>,
    /// For the undo.
    pub undo: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Those of an operation whose version is read or not; `also` are names of the adapter's own.
    pub fn of(op: Op, versioned: bool, also: &[&'a str]) -> Self {
        let version: Vec<&str> = [&["target", target_name(op)], also].concat();
        let mut read = version.clone();
        read.extend(versioned.then_some("version"));
        read.extend(op.info().params.iter().map(|param| param.name));
        let act = [read.as_slice(), &["action"]].concat();
        let mut undo = act.clone();
        undo.extend(op.info().inverse.iter().flat_map(|op| op.info().params).map(|param| param.name));
        Self { version, read, act, undo }
    }
}
