//! A reader whose world is what a request answers.

use std::sync::Arc;
use std::time::Duration;

use super::look::Look;
use super::spec::LookSpec;
use crate::adapters::book::{Problems, SpecProblem};
use crate::adapters::reader::{Reader, Readings};
use crate::adapters::template::Values;
use crate::adapters::{Health, Pending};
use crate::incident::Text;
use crate::web::{Backend, CircuitState};

/// Names that its path, headers and body may hold.
const KNOWN: &[&str] = &["agent", "target"];

/// Sends a request and reads what it answers.
#[derive(Clone, Debug)]
pub struct HttpReader {
    name: Text,
    look: Look,
}

impl HttpReader {
    /// A reader by its configuration.
    ///
    /// # Errors
    /// Every problem, with its place.
    pub fn new(name: &str, backend: &Arc<Backend>, spec: &LookSpec) -> Result<Self, Vec<SpecProblem>> {
        let mut problems = Problems::new("");
        match Look::build(spec, backend, KNOWN, "", &mut problems) {
            Some(look) if problems.all.is_empty() => Ok(Self { name: Text::line(name), look }),
            Some(_) | None => Err(problems.all),
        }
    }
}

impl Reader for HttpReader {
    fn name(&self) -> &Text {
        &self.name
    }

    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        self.look.circuits()
    }

    fn look(&self) -> Pending<'_, Health> {
        Box::pin(self.look.reach())
    }

    fn read<'a>(
        &'a self,
        _: &'a Text,
        values: &'a Values,
        _: Option<Duration>,
    ) -> Pending<'a, Result<Readings, Text>> {
        Box::pin(self.look.values(values))
    }
}
