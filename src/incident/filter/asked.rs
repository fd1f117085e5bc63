//! What a filter may ask, and the two who answer: a record where it lies, and a line that was read.

use std::borrow::Cow;

use super::super::Text;
use super::super::line::{Level, LineKind, LogLine};
use super::super::record::{Moment, Reading, Record, Value};

/// Answers a filter.
pub(super) trait Asked {
    /// As it stands in the file.
    fn bytes(&self) -> &[u8];
    /// How grave it says it is.
    fn level(&self) -> Option<Level>;
    /// The time it states.
    fn time(&self) -> Option<Moment>;
    /// Whether it carries a key field.
    fn carries(&self, kind: LineKind) -> bool;
    /// The value at a path.
    fn field(&self, path: &[u8]) -> Option<Value<'_>>;
    /// Whose it is.
    fn agent(&self) -> Option<Cow<'_, [u8]>>;
}

/// A record in its file.
pub(super) struct InFile<'a> {
    pub record: &'a Record<'a>,
    pub reading: &'a Reading,
}

impl Asked for InFile<'_> {
    fn bytes(&self) -> &[u8] {
        self.record.text()
    }

    fn level(&self) -> Option<Level> {
        self.record.level()
    }

    fn time(&self) -> Option<Moment> {
        self.record.time(self.reading.newest)
    }

    fn carries(&self, kind: LineKind) -> bool {
        self.record.carries(kind)
    }

    fn field(&self, path: &[u8]) -> Option<Value<'_>> {
        self.record.field(path)
    }

    /// What it says; a record that names nobody is its source's.
    fn agent(&self) -> Option<Cow<'_, [u8]>> {
        let stated = self.record.field(b"agent").map(Value::text);
        let source = || Some(Cow::Borrowed(self.reading.agent.as_str().as_bytes()));
        stated.or_else(|| source().filter(|agent| !agent.is_empty()))
    }
}

/// A line of a followed log that nobody read yet.
pub(super) struct Raw<'a> {
    pub record: &'a Record<'a>,
    pub agent: &'a Text,
    /// When it was read.
    pub newest: Moment,
}

impl Asked for Raw<'_> {
    fn bytes(&self) -> &[u8] {
        self.record.text()
    }

    fn level(&self) -> Option<Level> {
        self.record.level()
    }

    fn time(&self) -> Option<Moment> {
        // As a line that was read keeps it.
        self.record.time(self.newest).and_then(Moment::time).map(Moment::from)
    }

    fn carries(&self, kind: LineKind) -> bool {
        self.record.carries(kind)
    }

    fn field(&self, path: &[u8]) -> Option<Value<'_>> {
        self.record.field(path)
    }

    /// Whoever configured the source knows; a line may say anything.
    fn agent(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.agent.as_str().as_bytes()))
    }
}

impl Asked for LogLine {
    fn bytes(&self) -> &[u8] {
        LogLine::bytes(self)
    }

    fn level(&self) -> Option<Level> {
        self.level
    }

    fn time(&self) -> Option<Moment> {
        self.at.map(Moment::from)
    }

    fn carries(&self, kind: LineKind) -> bool {
        self.is(kind)
    }

    fn field(&self, path: &[u8]) -> Option<Value<'_>> {
        Record::new(LogLine::bytes(self)).field(path)
    }

    /// Whoever configured the source knows; a line may say anything.
    fn agent(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.agent.as_str().as_bytes()))
    }
}
