//! A length of time as people write it: `90s`, `5m`, `2h`, `1d`.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::{Text, Time};

/// A length of time in whole seconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Span(u32);

impl Span {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes * 60)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// The moment this long after `start`.
    #[must_use]
    pub fn after(self, start: Time) -> Time {
        start + self.delta()
    }

    /// As a difference of two times.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }

    /// As the standard library's duration.
    #[must_use]
    pub const fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0 as u64)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut left = self.0;
        let mut out = String::new();
        for (size, unit) in UNITS {
            if left >= size {
                out.push_str(&format!("{}{unit}", left / size));
                left %= size;
            }
        }
        f.pad(&out)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bad = || {
            let shown = Text::line(s);
            format!("'{shown}' is not a length of time; write 90s, 5m, 2h, 1d or 1h30m")
        };
        let mut total: u32 = 0;
        let mut digits = String::new();
        for c in s.trim().chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let size = match c {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return Err(bad()),
            };
            let count: u32 = digits.parse().map_err(|_| bad())?;
            let seconds = count.checked_mul(size).ok_or_else(bad)?;
            total = total.checked_add(seconds).ok_or_else(bad)?;
            digits.clear();
        }
        if digits.is_empty() && !s.trim().is_empty() { Ok(Self(total)) } else { Err(bad()) }
    }
}

/// Says that it expects a length of time, and not just any text.
impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time")
            }

            fn visit_str<E: de::Error>(self, written: &str) -> Result<Span, E> {
                written.parse().map_err(E::custom)
            }
        }

        from.deserialize_str(Written)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// A difference as a clock face: `4:05`, `1:02:03`, with `-` in front when negative.
#[must_use]
pub fn clock_face(delta: TimeDelta) -> String {
    let seconds = delta.num_seconds();
    let (sign, s) = if seconds < 0 { ("-", -seconds) } else { ("", seconds) };
    match s / 3_600 {
        0 => format!("{sign}{}:{:02}", s / 60, s % 60),
        hours => format!("{sign}{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_alike() {
        for (written, seconds) in [("90s", 90), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1h30m", 5_400)]
        {
            assert_eq!(written.parse(), Ok(Span(seconds)));
        }
        assert_eq!(Span(90).to_string(), "1m30s");
        for wrong in ["", "5", "m", "5 m", "-5m", "5x", "99999999d", "5m3"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_clock_face_counts_up_after_zero_with_a_sign() {
        for (seconds, face) in [(0, "0:00"), (245, "4:05"), (-61, "-1:01"), (3_723, "1:02:03")] {
            assert_eq!(clock_face(TimeDelta::seconds(seconds)), face);
        }
    }
}
