//! One check and all that was read for it: of the target as a whole and of each replica.
//!
//! A check holds only if it was read and holds everywhere, by every source that read it. What was read of a replica once and is
//! not read any more proves nothing: a probe that lists replicas and finds one gone says so by a
//! reading of the whole.

use std::collections::BTreeSet;
use std::fmt;

use super::{Check, Reading, Text, Time};

/// What is to be said of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Something was read that must not be.
    Fails,
    /// Not read, or not everywhere.
    Unread,
    /// Read, and it holds everywhere.
    Holds,
}

impl Verdict {
    /// What one reading says.
    #[must_use]
    pub fn of(reading: &Reading) -> Self {
        match &reading.value {
            None => Self::Unread,
            Some(_) if reading.holds() => Self::Holds,
            Some(_) => Self::Fails,
        }
    }
}

/// A check with its readings, worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The check.
    pub check: &'a Check,
    /// What was read for it: what fails first, then what was not read; within that the whole first,
    /// then replicas by name.
    pub readings: Vec<&'a Reading>,
}

/// How many replicas are named before the rest is counted.
const NAMED: usize = 2;

impl<'a> Judged<'a> {
    /// A check, and those of the readings that belong to it.
    #[must_use]
    pub fn new(check: &'a Check, readings: &'a [Reading]) -> Self {
        let mut readings: Vec<&Reading> = readings.iter().filter(|r| r.check == *check).collect();
        readings.sort_by_key(|r| (Verdict::of(r), natural(r.replica.as_ref())));
        Self { check, readings }
    }

    /// Every check that readings were taken for, in their order.
    #[must_use]
    pub fn all(readings: &'a [Reading]) -> Vec<Self> {
        let mut checks: Vec<&Check> = Vec::new();
        for reading in readings {
            if !checks.contains(&&reading.check) {
                checks.push(&reading.check);
            }
        }
        checks.into_iter().map(|check| Self::new(check, readings)).collect()
    }

    /// What is to be said of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.worst().map_or(Verdict::Unread, Verdict::of)
    }

    /// Whether it was read, and holds everywhere.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.verdict() == Verdict::Holds
    }

    /// The reading that speaks most against it.
    #[must_use]
    pub fn worst(&self) -> Option<&'a Reading> {
        self.readings.first().copied()
    }

    /// When it was read last.
    #[must_use]
    pub fn at(&self) -> Option<Time> {
        self.readings.iter().map(|reading| reading.at).max()
    }

    /// What was read, in a few words: `replica 2 running; 1 of 2 hold`; where several sources read it,
    /// with the source of each.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(worst) = self.worst() else { return "nothing".to_owned() };
        let several = self.readings.iter().any(|r| r.source != worst.source);
        let shown = |r: &Reading| match (several, &r.source) {
            (false, _) => r.words().into_owned(),
            (true, Some(source)) => format!("{} ({source})", r.words()),
            (true, None) => format!("{} (its own probe)", r.words()),
        };
        let replicas: BTreeSet<&Text> = self.readings.iter().filter_map(|r| r.replica.as_ref()).collect();
        let count = replicas.len();
        // Worst first: what a replica is named with is what speaks most against it.
        let mut named = BTreeSet::new();
        let wrong: Vec<&Reading> = self
            .readings
            .iter()
            .filter(|r| !r.holds() && r.replica.as_ref().is_some_and(|replica| named.insert(replica)))
            .copied()
            .collect();
        match (count, wrong.len()) {
            (0, _) => self.readings.iter().map(|r| shown(r)).collect::<Vec<_>>().join(", "),
            (_, 0) if worst.holds() => format!("{} ({count} of {count} replicas)", worst.words()),
            (_, 0) => format!("{}; {count} of {count} replicas hold", worst.words()),
            (_, wrongs) => {
                let name = |r: &&Reading| Some(format!("replica {} {}", r.replica.as_ref()?, shown(r)));
                let mut words: Vec<String> = wrong.iter().take(NAMED).filter_map(name).collect();
                if wrongs > NAMED {
                    words.push(format!("{} more", wrongs - NAMED));
                }
                format!("{}; {} of {count} hold", words.join(", "), count - wrongs)
            }
        }
    }
}

impl fmt::Display for Judged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}: read {}", self.check, self.words()))
    }
}

/// Puts replica 10 behind replica 9.
fn natural(name: Option<&Text>) -> Option<(usize, &str)> {
    let name = name?.as_str();
    let number = name.bytes().all(|b| b.is_ascii_digit());
    Some((if number { name.len() } else { usize::MAX }, name))
}

/// The newest readings, and with them, as not read, each replica that was read before and is not
/// spoken of any more. A reading of the whole speaks of all.
#[must_use]
pub fn with_vanished(before: &[Reading], mut now: Vec<Reading>, at: Time) -> Vec<Reading> {
    let speaks = |r: &Reading, of: &Reading| {
        r.check == of.check && (r.replica == of.replica || (r.replica.is_none() && r.value.is_some()))
    };
    let vanished = before.iter().filter(|r| r.replica.is_some());
    let vanished: Vec<Reading> = vanished
        .filter(|old| now.iter().any(|new| new.check == old.check))
        .filter(|old| !now.iter().any(|new| speaks(new, old)))
        .map(|old| Reading { value: None, why: None, at, ..old.clone() })
        .collect();
    now.extend(vanished);
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::time;

    fn check() -> Check {
        "agent_status = stopped".parse().unwrap()
    }

    /// `1=stopped 2=` as readings of replicas; `*` is the whole.
    fn readings(words: &str) -> Vec<Reading> {
        let read = |word: &str| {
            let (replica, value) = word.split_once('=').unwrap();
            Reading {
                check: check(),
                source: None,
                replica: (replica != "*").then(|| replica.into()),
                value: (!value.is_empty()).then(|| value.into()),
                why: None,
                at: time("12:00:00"),
            }
        };
        words.split_whitespace().map(read).collect()
    }

    #[test]
    fn a3_a_check_holds_only_if_it_was_read_and_holds_in_every_replica() {
        use Verdict::{Fails, Holds, Unread};
        for (read, verdict, words) in [
            ("", Unread, "nothing"),
            ("*=", Unread, "nothing"),
            ("*=stopped", Holds, "stopped"),
            ("*=running", Fails, "running"),
            ("1=stopped 2=stopped", Holds, "stopped (2 of 2 replicas)"),
            ("*=stopped 1=stopped 2=stopped", Holds, "stopped (2 of 2 replicas)"),
            ("1=stopped 2=running", Fails, "replica 2 running; 1 of 2 hold"),
            ("*=partly 1=stopped 2=running", Fails, "replica 2 running; 1 of 2 hold"),
            ("*=stopped 1=stopped 2=", Unread, "replica 2 nothing; 1 of 2 hold"),
            ("2= 1=stopped 3=running", Fails, "replica 3 running, replica 2 nothing; 1 of 3 hold"),
            ("1=up 2=up 9=up 10=up", Fails, "replica 1 up, replica 2 up, 2 more; 0 of 4 hold"),
            ("*=running 1=stopped 2=stopped", Fails, "running; 2 of 2 replicas hold"),
        ] {
            let readings = readings(read);
            let check = check();
            let judged = Judged::new(&check, &readings);
            assert_eq!(judged.verdict(), verdict, "{read}");
            assert_eq!(judged.words(), words, "{read}");
        }
    }

    #[test]
    fn regression_why_nothing_was_read_was_shown_nowhere() {
        let why = |reading: Reading| Reading { why: Some("./probe.sh ended with code 7".into()), ..reading };
        for (read, words) in [
            ("*=", "nothing, because ./probe.sh ended with code 7"),
            ("1=stopped 2=", "replica 2 nothing, because ./probe.sh ended with code 7; 1 of 2 hold"),
        ] {
            let read: Vec<Reading> = readings(read)
                .into_iter()
                .map(|reading| if reading.value.is_none() { why(reading) } else { reading })
                .collect();
            let check = check();
            assert_eq!(Judged::new(&check, &read).words(), words);
        }
    }

    #[test]
    fn a_replica_that_vanished_since_is_not_held() {
        for (before, now, verdict) in [
            ("1=stopped 2=running", "1=stopped", Verdict::Unread),
            ("1=stopped 2=stopped", "1=stopped", Verdict::Unread),
            // A probe that lists the replicas speaks for all of them.
            ("1=stopped 2=running", "*=stopped 1=stopped", Verdict::Holds),
            ("1=running 2=running", "*=stopped", Verdict::Holds),
            ("1=running", "*=", Verdict::Unread),
            ("*=running", "1=stopped", Verdict::Holds),
        ] {
            let now = with_vanished(&readings(before), readings(now), time("12:01:00"));
            assert_eq!(Judged::new(&check(), &now).verdict(), verdict, "{before}, then {now:?}");
        }
    }
}
