//! What an operation runs: a program, files to bring home, or both.

use std::time::Duration;

use crate::adapters::Pending;
use crate::adapters::book::{Call, Probing, Versioning};
use crate::adapters::reader::Readings;
use crate::adapters::template::{Argv, Values, quoted};
use crate::incident::{Op, Text};

use super::child::Place;
use super::collect::Collect;
use super::env;
use super::probe::{self, Probe};

/// How long a version may take to be read. Nobody waits longer in the middle of an incident.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// What is run and what is collected.
#[derive(Debug)]
pub struct Command {
    /// The program; none: collecting is all there is.
    pub argv: Option<Argv>,
    /// Files brought home.
    pub collect: Vec<Collect>,
    /// How much longer before SIGTERM.
    pub grace: Duration,
    /// How much longer before SIGKILL.
    pub kill: Duration,
}

impl Command {
    /// The paths to collect.
    pub fn files(&self, values: &Values) -> Result<Vec<String>, Text> {
        self.collect.iter().map(|path| path.path(values)).collect()
    }
}

impl Call for Command {
    fn names(&self) -> Vec<&str> {
        self.argv.iter().flat_map(Argv::names).collect()
    }

    fn shown(&self, values: &Values) -> Result<String, Text> {
        let mut parts = Vec::new();
        if let Some(argv) = &self.argv {
            parts.push(quoted(&argv.fill(values)?));
        }
        let files = self.files(values)?;
        if !files.is_empty() {
            parts.push(format!("collect {}", quoted(&files)));
        }
        Ok(parts.join(" + "))
    }
}

impl Probing for Probe {
    fn uses(&self, name: &str) -> bool {
        self.uses_name(name)
    }

    fn read<'a>(
        &'a self,
        op: Op,
        target: &'a Text,
        values: &'a Values,
    ) -> Pending<'a, Result<Readings, Text>> {
        Box::pin(async move { Ok(self.read_with(values, env(op, target)).await?.into_iter().collect()) })
    }
}

/// A program whose first line of output is the version.
#[derive(Debug)]
pub struct VersionProgram {
    /// The program.
    pub argv: Argv,
    /// Where it runs.
    pub place: Place,
}

impl Versioning for VersionProgram {
    fn read<'a>(&'a self, op: Op, target: &'a Text, values: &'a Values) -> Pending<'a, Result<Text, Text>> {
        Box::pin(async move {
            let argv = self.argv.fill(values)?;
            let printed =
                probe::read_output(argv, self.place.clone(), env(op, target), VERSION_LIMIT).await?;
            let printed = String::from_utf8_lossy(&printed);
            let line = printed.lines().map(str::trim).find(|line| !line.is_empty());
            line.map(Text::line).ok_or_else(|| Text::line("the version program printed nothing"))
        })
    }
}
