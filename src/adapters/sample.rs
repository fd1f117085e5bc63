//! What a probe hands back: values by check, of the whole target and of its replicas.
//!
//! In readings a name such as `agent_status@pod-7` is the value of one replica.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Readings;
use crate::incident::{Check, Reading, Text, Time};

/// What was read for one check of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The check's place in the plan.
    pub check: usize,
    /// The replica it was read of; none: the target as a whole.
    pub replica: Option<Text>,
    /// The reader that read it; none: the adapter's own probe.
    pub source: Option<Text>,
    /// What was read; none: nothing.
    pub value: Option<Text>,
    /// Why nothing was read, as far as it is known.
    pub why: Option<Text>,
}

impl Sample {
    /// A sample of the target as a whole.
    #[must_use]
    pub const fn whole(check: usize, value: Option<Text>) -> Self {
        Self { check, replica: None, source: None, value, why: None }
    }

    /// What all sources say together. Each keeps its own word, because two live measurements are
    /// never the same text; one that read nothing takes nothing from another that did.
    #[must_use]
    pub fn merged(samples: Vec<Self>) -> Vec<Self> {
        let read: BTreeSet<(usize, Option<Text>)> = samples
            .iter()
            .filter(|sample| sample.value.is_some())
            .map(|sample| (sample.check, sample.replica.clone()))
            .collect();
        // Nobody read the whole where somebody reads the replicas.
        let by_replica: BTreeSet<usize> =
            samples.iter().filter(|s| s.replica.is_some()).map(|s| s.check).collect();
        // Who knows why nothing was read says it, before who does not.
        let explained: BTreeSet<(usize, Option<Text>)> = samples
            .iter()
            .filter(|sample| sample.value.is_none() && sample.why.is_some())
            .map(|sample| (sample.check, sample.replica.clone()))
            .collect();
        let mut unread = BTreeSet::new();
        let mut all: Vec<Self> = samples
            .into_iter()
            .filter(|sample| {
                let place = (sample.check, sample.replica.clone());
                sample.value.is_some()
                    || (!read.contains(&place)
                        && (sample.replica.is_some() || !by_replica.contains(&sample.check))
                        && (sample.why.is_some() || !explained.contains(&place))
                        && unread.insert(place))
            })
            .collect();
        all.sort_by(|a, b| (a.check, &a.replica, &a.source).cmp(&(b.check, &b.replica, &b.source)));
        all
    }

    /// The same samples, as what this source read.
    #[must_use]
    pub fn by(samples: Vec<Self>, source: &Text) -> Vec<Self> {
        samples.into_iter().map(|sample| Self { source: Some(source.clone()), ..sample }).collect()
    }

    /// The samples as readings of these checks; a check without any was not read.
    #[must_use]
    pub fn readings(samples: Vec<Self>, checks: &[Check], at: Time) -> Vec<Reading> {
        let mut readings = Vec::new();
        for (index, check) in checks.iter().enumerate() {
            let mut of: Vec<&Self> = samples.iter().filter(|sample| sample.check == index).collect();
            let unread = Self::whole(index, None);
            if of.is_empty() {
                of.push(&unread);
            }
            readings.extend(of.into_iter().map(|sample| Reading {
                check: check.clone(),
                replica: sample.replica.clone(),
                source: sample.source.clone(),
                value: sample.value.clone(),
                why: sample.why.clone(),
                at,
            }));
        }
        readings
    }
}

/// Picks the values that checks name out of all that was read.
#[must_use]
pub fn samples(checks: &[Check], read: &BTreeMap<String, Text>) -> Vec<Sample> {
    let readings: Readings = read.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    readings.samples(checks)
}

/// The values of one name, by replica.
pub(super) fn values_of<'a, V>(
    read: &'a BTreeMap<String, V>,
    name: &str,
) -> impl Iterator<Item = (&'a str, &'a V)> {
    let prefix = format!("{name}@");
    let from = prefix.clone();
    read.range(from..)
        .map_while(move |(key, value)| Some((key.strip_prefix(prefix.as_str())?, value)))
        .filter(|(replica, _)| !replica.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_nothing_was_said_of_was_not_read() {
        let checks: Vec<Check> = ["a = 1", "b = 1"].map(|c| c.parse().unwrap()).into();
        let samples = vec![Sample::whole(1, Some("1".into())), Sample::whole(7, Some("1".into()))];
        let readings = Sample::readings(samples, &checks, Time::UNIX_EPOCH);
        let values: Vec<_> = readings.iter().map(|r| r.value.as_ref().map(ToString::to_string)).collect();
        assert_eq!(values, [None, Some("1".to_owned())]);
    }

    #[test]
    fn each_source_keeps_its_own_word_and_who_read_nothing_takes_nothing_from_others() {
        let sample = |check, replica: Option<&str>, source: Option<&str>, value: Option<&str>| {
            let [replica, source, value] = [replica, source, value].map(|text| text.map(Text::line));
            Sample { check, replica, source, value, why: None }
        };
        let all = vec![
            sample(0, None, None, Some("0")),
            sample(0, None, Some("prom"), Some("5")),
            sample(1, Some("a"), None, Some("0")),
            sample(1, None, Some("prom"), None),
            sample(2, None, None, None),
            sample(2, None, Some("prom"), Some("x")),
            sample(3, None, None, None),
            sample(3, None, Some("prom"), None),
        ];
        let expected = [
            sample(0, None, None, Some("0")),
            sample(0, None, Some("prom"), Some("5")),
            sample(1, Some("a"), None, Some("0")),
            sample(2, None, Some("prom"), Some("x")),
            sample(3, None, None, None),
        ];
        assert_eq!(Sample::merged(all), expected);
    }
}
