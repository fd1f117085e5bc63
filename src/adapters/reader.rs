//! Readers: what reads the world by a name of its own, for the actions of any adapter.
//!
//! The best probe goes another way than the call did: metrics, pods, a canary request. So a reader
//! is configured beside the adapters, and an action of any of them may name it. What it reads
//! stands beside what the action's own probe read, and a check must hold in both.

use std::collections::BTreeMap;
use std::time::Duration;

use super::sample::{Sample, values_of};
use super::template::Values;
use super::{Health, Pending};
use crate::incident::{Check, Text};
use crate::web::CircuitState;

/// Reads the world; never changes it.
pub trait Reader: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &Text;

    /// Every circuit that it depends on, by the name of what it leads to.
    fn circuits(&self) -> Vec<(Text, CircuitState)> {
        Vec::new()
    }

    /// Looks whether what it reads is there. Reads nothing of any target.
    fn look(&self) -> Pending<'_, Health> {
        Box::pin(async { Health::Unseen })
    }

    /// What is read of a target now. `values` are what placeholders stand for: the target, by its
    /// kind too, and the parameters of the action that is to be proved. `since` is how long ago that
    /// was accepted: what was measured before says nothing of it, however young it is.
    ///
    /// # Errors
    /// In words: why nothing could be read. No data is not zero.
    fn read<'a>(
        &'a self,
        target: &'a Text,
        values: &'a Values,
        since: Option<Duration>,
    ) -> Pending<'a, Result<Readings, Text>>;
}

/// What was read, by name: `api_calls` of the target as a whole, `api_calls@pod-7` of one replica.
/// A name may be known to have no value: a replica that did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings(BTreeMap<String, Option<Text>>, Vec<Text>);

impl Readings {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new(), Vec::new())
    }

    /// One more value. Two different ones for the same name are none.
    pub fn put(&mut self, name: impl Into<String>, value: Text) {
        let value = Some(value);
        self.0
            .entry(name.into())
            .and_modify(|before| {
                if *before != value {
                    *before = None;
                }
            })
            .or_insert(value);
    }

    /// One more value, of a replica.
    pub fn put_of(&mut self, replica: &str, name: &str, value: Text) {
        self.put(format!("{name}@{replica}"), value);
    }

    /// The replica is there and could not be read.
    pub fn unread(&mut self, replica: &str, name: &str) {
        self.0.insert(format!("{name}@{replica}"), None);
    }

    /// Why one of its values could not be read: `p95: no data, which is not zero`.
    pub fn failed(&mut self, why: Text) {
        self.1.push(why);
    }

    /// Why values could not be read.
    #[must_use]
    pub fn failures(&self) -> &[Text] {
        &self.1
    }

    /// Nothing, and why.
    #[must_use]
    pub fn none_because(why: Text) -> Self {
        Self(BTreeMap::new(), vec![why])
    }

    /// Why a value was not read: what names it, else what names no other value. Another one's failure
    /// explains nothing.
    fn why(&self, name: &str, others: &[Check]) -> Option<Text> {
        let names = |line: &Text, name: &str| line.as_str().contains(&format!("{name}: "));
        let named = |line: &&Text| names(line, name);
        let general = |line: &&Text| !others.iter().any(|other| names(line, other.name.as_str()));
        let mut found: Vec<&str> = self.1.iter().filter(named).map(Text::as_str).collect();
        if found.is_empty() {
            found = self.1.iter().filter(general).map(Text::as_str).collect();
        }
        (!found.is_empty()).then(|| Text::line(&found.join("; ")))
    }

    /// What another reading has besides. Two different values for the same name are none.
    pub fn absorb(&mut self, other: Self) {
        self.1.extend(other.1);
        for (name, value) in other.0 {
            match value {
                Some(value) => self.put(name, value),
                None => drop(self.0.insert(name, None)),
            }
        }
    }

    /// It was looked for, and what was there is no value.
    pub fn lost(&mut self, name: impl Into<String>) {
        self.0.insert(name.into(), None);
    }

    /// The value of a name, if it was read.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.0.get(name).and_then(Option::as_ref)
    }

    /// Every name with its value, in the alphabet's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Text>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// Whether nothing at all was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What these checks ask for. A check that only replicas have a value for gets none of the
    /// whole.
    #[must_use]
    pub fn samples(&self, checks: &[Check]) -> Vec<Sample> {
        let mut all = Vec::new();
        for (check, name) in checks.iter().map(|check| check.name.as_str()).enumerate() {
            let before = all.len();
            all.extend(values_of(&self.0, name).map(|(replica, value)| Sample {
                check,
                replica: Some(Text::line(replica)),
                source: None,
                value: value.clone(),
                why: if value.is_some() { None } else { self.why(name, checks) },
            }));
            let whole = self.0.get(name);
            if whole.is_some() || all.len() == before {
                let value = whole.cloned().flatten();
                let why = if value.is_some() { None } else { self.why(name, checks) };
                all.push(Sample { why, ..Sample::whole(check, value) });
            }
        }
        all
    }
}

impl FromIterator<(String, Text)> for Readings {
    fn from_iter<I: IntoIterator<Item = (String, Text)>>(values: I) -> Self {
        let mut readings = Self::new();
        for (name, value) in values {
            readings.put(name, value);
        }
        readings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_of_the_whole_or_of_a_replica() {
        let checks: Vec<Check> =
            ["status = stopped", "calls = 0", "queue = 0", "statu = x"].map(|c| c.parse().unwrap()).into();
        let read = [
            ("status@b", "running"),
            ("status@a", "stopped"),
            ("calls", "0"),
            ("calls@a", "0"),
            ("queue@ ", "0"),
        ];
        let mut read: Readings =
            read.map(|(name, value)| (name.to_owned(), Text::line(value))).into_iter().collect();
        read.unread("c", "status");
        let shown: Vec<String> = read
            .samples(&checks)
            .iter()
            .map(|s| {
                let text = |text: &Option<Text>| text.as_ref().map_or("-".to_owned(), ToString::to_string);
                format!("{} {} {}", s.check, text(&s.replica), text(&s.value))
            })
            .collect();
        assert_eq!(shown, ["0 a stopped", "0 b running", "0 c -", "1 a 0", "1 - 0", "2 - -", "3 - -"]);
    }

    #[test]
    fn regression_why_a_probe_read_nothing_was_thrown_away() {
        let checks: Vec<Check> = ["status = stopped", "p95 < 2"].map(|c| c.parse().unwrap()).into();
        let why = |read: Readings| -> Vec<Option<String>> {
            read.samples(&checks).into_iter().map(|s| s.why.map(|why| why.to_string())).collect()
        };
        let refused = Some("./probe.sh ended with code 7: connection refused".to_owned());
        let all = Readings::none_because("./probe.sh ended with code 7: connection refused".into());
        assert_eq!(why(all), [refused.clone(), refused]);
        // The failure of one value explains no other, and what was read needs no explanation.
        let mut part = Readings::new();
        part.failed("p95: no data, which is not zero".into());
        assert_eq!(why(part.clone()), [None, Some("p95: no data, which is not zero".to_owned())]);
        part.put("p95", "1".into());
        assert_eq!(why(part), [None, None]);
    }

    #[test]
    fn a_name_with_two_values_has_none() {
        let mut read = Readings::new();
        for value in ["0", "5", "0"] {
            read.put("calls", Text::line(value));
        }
        assert_eq!((read.get("calls"), read.is_empty()), (None, false));
    }
}
