//! Probes and checks: what was read from the world, and what it must be.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Text, Time};

/// How a reading is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    /// Same text, or same number.
    #[serde(rename = "=")]
    Equal,
    /// Anything else.
    #[serde(rename = "!=")]
    NotEqual,
    /// A number below.
    #[serde(rename = "<")]
    Below,
    /// A number at most.
    #[serde(rename = "<=")]
    AtMost,
    /// A number above.
    #[serde(rename = ">")]
    Above,
    /// A number at least.
    #[serde(rename = ">=")]
    AtLeast,
}

impl Compare {
    /// Longest first, so that `<=` is not read as `<`.
    const ALL: [Self; 6] =
        [Self::AtMost, Self::AtLeast, Self::NotEqual, Self::Equal, Self::Below, Self::Above];

    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// A value that must be read: `agent_status = stopped`, `error_rate < 1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The probed value's name.
    pub name: Text,
    /// How it is compared.
    pub compare: Compare,
    /// With what.
    pub expected: Text,
}

impl Check {
    /// A check that just `value` is read.
    #[must_use]
    pub fn equals(name: &str, value: &Text) -> Self {
        Self { name: Text::line(name), compare: Compare::Equal, expected: value.clone() }
    }

    /// A check that anything but `value` is read.
    #[must_use]
    pub fn differs(name: &str, value: &str) -> Self {
        Self { name: Text::line(name), compare: Compare::NotEqual, expected: Text::line(value) }
    }

    /// Whether `value` is what it must be. Text that is no number never satisfies an ordering: no
    /// data is not zero.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        let (value, expected) = (value.trim(), self.expected.as_str());
        let numbers = || Some((number(value)?, number(expected)?));
        let ordered = |test: fn(&f64, &f64) -> bool| numbers().is_some_and(|(a, b)| test(&a, &b));
        match self.compare {
            Compare::Equal => value == expected || ordered(|a, b| a == b),
            Compare::NotEqual => !value.is_empty() && value != expected && !ordered(|a, b| a == b),
            Compare::Below => ordered(f64::lt),
            Compare::AtMost => ordered(f64::le),
            Compare::Above => ordered(f64::gt),
            Compare::AtLeast => ordered(f64::ge),
        }
    }
}

fn number(s: &str) -> Option<f64> {
    s.parse::<f64>().ok().filter(|n| n.is_finite())
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {} {}", self.name, self.compare.sign(), self.expected))
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let found = Compare::ALL
            .into_iter()
            .filter_map(|compare| s.find(compare.sign()).map(|at| (at, compare)))
            .min_by_key(|(at, compare)| (*at, std::cmp::Reverse(compare.sign().len())));
        let bad = || {
            let shown = Text::line(s);
            format!(
                "'{shown}' is not a check; write NAME OPERATOR VALUE, such as 'agent_status = stopped' or 'error_rate < 1'"
            )
        };
        let (at, compare) = found.ok_or_else(bad)?;
        let (name, rest) = (s[..at].trim(), s[at + compare.sign().len()..].trim());
        if name.is_empty() || rest.is_empty() || name.contains(char::is_whitespace) {
            return Err(bad());
        }
        if let Some(second) = rest.chars().next().filter(|c| "=<>!".contains(*c)) {
            let (sign, shown) = (compare.sign(), Text::line(s));
            let right = match (sign, second) {
                ("=", '<' | '>') => format!("{second}="),
                ("<", '>') | ("=", '!') => "!=".to_owned(),
                _ => sign.to_owned(),
            };
            let rest = rest.trim_start_matches(['=', '<', '>', '!', ' ']);
            let rest = if rest.is_empty() { "VALUE" } else { rest };
            return Err(format!(
                "'{sign}{second}' in '{shown}' is no operator, write '{name} {right} {rest}'"
            ));
        }
        Ok(Self { name: Text::line(name), compare, expected: Text::line(rest) })
    }
}

/// What a probe read for one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The check it belongs to.
    pub check: Check,
    /// The replica it was read of; none: the target as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<Text>,
    /// What read it; none: the action's own probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text>,
    /// What was read; none: the probe gave no such value.
    pub value: Option<Text>,
    /// Why nothing was read, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// When.
    pub at: Time,
}

impl Reading {
    /// Compares what was read with what must be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.value.as_ref().is_some_and(|v| self.check.holds(v.as_str()))
    }

    /// What was read, in words: where it is nothing, why.
    #[must_use]
    pub fn words(&self) -> Cow<'_, str> {
        match (&self.value, &self.why) {
            (Some(value), _) => value.as_str().into(),
            (None, Some(why)) => format!("nothing, because {why}").into(),
            (None, None) => "nothing".into(),
        }
    }

    /// Whether it is of an agent that does not run, of which nothing can say that it is healthy.
    #[must_use]
    pub fn is_of_a_stopped_one(&self) -> bool {
        self.value.as_ref().is_some_and(|value| value.as_str() == NOT_HEALTHY_STOPPED)
    }
}

/// What is read of an agent's health while it does not run.
pub const NOT_HEALTHY_STOPPED: &str = "no: stopped";

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.replica.as_ref().map(|replica| format!("replica {replica} ")).unwrap_or_default();
        let by = self.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        f.pad(&format!("{}: {of}read {}{by}", self.check, self.words()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_and_written_alike() {
        for written in ["agent_status = stopped", "api_calls <= 10", "error_rate < 1", "mode != off"] {
            assert_eq!(written.parse::<Check>().map(|c| c.to_string()).as_deref(), Ok(written));
        }
        assert_eq!("a<=3".parse::<Check>().map(|c| c.to_string()).as_deref(), Ok("a <= 3"));
        for wrong in ["", "=", "a", "a =", "= b", "two words = 3", "a ==", "a = <"] {
            assert!(wrong.parse::<Check>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn regression_a_doubled_operator_was_read_into_the_value_and_the_check_could_never_hold() {
        for (written, instead) in [
            ("agent_status == stopped", "write \'agent_status = stopped'"),
            ("task_queue => 0", "write \'task_queue >= 0'"),
            ("task_queue =< 0", "write \'task_queue <= 0'"),
            ("task_queue <> 0", "write \'task_queue != 0'"),
            ("api_calls <== 1", "write \'api_calls <= 1'"),
            ("mode === on", "write \'mode = on'"),
        ] {
            let why = written.parse::<Check>().unwrap_err();
            assert!(why.contains("is no operator") && why.contains(instead), "{written}: {why}");
        }
    }

    #[test]
    fn a3_a_check_holds_only_on_what_was_read() {
        for (check, value, holds) in [
            ("agent_status = stopped", "stopped", true),
            ("agent_status = stopped", "running", false),
            ("task_queue = 0", "0", true),
            ("task_queue = 0", "0.0", true),
            ("task_queue = 0", "", false),
            ("api_calls <= 10", "10", true),
            ("api_calls <= 10", "11", false),
            ("error_rate < 1", "no data", false),
            ("error_rate < 1", "NaN", false),
            ("error_rate < 1", "-inf", false),
            ("mode != off", "on", true),
            ("mode != off", "", false),
            ("mode != 0", "0.0", false),
        ] {
            let check: Check = check.parse().unwrap();
            assert_eq!(check.holds(value), holds, "{check} given {value:?}");
        }
    }
}
