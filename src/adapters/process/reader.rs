//! A reader whose world is what a program prints.

use std::time::Duration;

use crate::adapters::Pending;
use crate::adapters::reader::{Reader, Readings};
use crate::adapters::template::Values;
use crate::incident::Text;

use super::child::Place;
use super::probe::Probe;
use super::spec::ProbeSpec;

/// Names that its arguments may hold.
const KNOWN: &[&str] = &["agent", "target"];

/// Runs a program and reads what it prints.
#[derive(Clone, Debug)]
pub struct ProcessReader {
    name: Text,
    probe: Probe,
}

impl ProcessReader {
    /// A reader by its configuration.
    ///
    /// # Errors
    /// Every problem, with the index of the argument it is in.
    pub fn new(name: &str, spec: &ProbeSpec, place: Place) -> Result<Self, Vec<(usize, String)>> {
        Ok(Self { name: Text::line(name), probe: Probe::with(spec, place, KNOWN)? })
    }
}

impl Reader for ProcessReader {
    fn name(&self) -> &Text {
        &self.name
    }

    fn read<'a>(
        &'a self,
        target: &'a Text,
        values: &'a Values,
        _: Option<Duration>,
    ) -> Pending<'a, Result<Readings, Text>> {
        Box::pin(async {
            let env = vec![("FLIGHTDECK_TARGET", target.as_str().into())];
            let printed = self.probe.read_with(values, env).await?;
            Ok(printed.into_iter().collect())
        })
    }
}
