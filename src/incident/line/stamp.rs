//! The times that log lines state about themselves.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};

/// Reads a time at the beginning of `text`: RFC 3339, or a date and a time with `/`, a space or a
/// comma where others put `-`, `T` and a dot. Without an offset it is UTC. Returns the bytes it took.
pub(super) fn leading(text: &str) -> Option<(DateTime<Utc>, usize)> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let year = cursor.number(4)?;
    let dash = cursor.one_of(b"-/")?;
    let month = cursor.number(2)?;
    cursor.one_of(&[dash])?;
    let day = cursor.number(2)?;
    cursor.one_of(b"T t")?;
    let hour = cursor.number(2)?;
    cursor.one_of(b":")?;
    let minute = cursor.number(2)?;
    cursor.one_of(b":")?;
    let second = cursor.number(2)?;
    let nano = cursor.fraction();
    let east = cursor.offset();
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nano)?;
    let at = date.and_time(time).and_utc().checked_sub_signed(Duration::minutes(east))?;
    Some((at, cursor.at))
}

/// Reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
pub(super) fn since_1970(number: f64) -> Option<DateTime<Utc>> {
    // From 1973 to the year 5138 the four ranges do not touch.
    let micros = match number {
        n if n < 1e8 => return None,
        n if n < 1e11 => n * 1e6,
        n if n < 1e14 => n * 1e3,
        n if n < 1e17 => n,
        n if n < 1e20 => n / 1e3,
        _ => return None,
    };
    DateTime::from_timestamp_micros(micros.round() as i64)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| allowed.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// Exactly `digits` digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let run = self.bytes.get(self.at..self.at + digits)?;
        let number = run
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))?;
        self.at += digits;
        Some(number)
    }

    /// `.123` or `,123` as nanoseconds; digits beyond the ninth are passed over.
    fn fraction(&mut self) -> u32 {
        let begin = self.at;
        if self.one_of(b".,").is_none() || !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = begin;
            return 0;
        }
        let mut nano = 0;
        let mut unit = 100_000_000;
        while let Some(digit) = self.number(1) {
            nano += digit * unit;
            unit /= 10;
        }
        nano
    }

    /// `Z`, `+01:00`, `+0100` or ` +0100` as minutes east of UTC; nothing is UTC.
    fn offset(&mut self) -> i64 {
        let begin = self.at;
        if self.one_of(b"Zz").is_some() {
            return 0;
        }
        let _space = self.one_of(b" ");
        let minutes = self.one_of(b"+-").and_then(|sign| {
            let hours = i64::from(self.number(2).filter(|hours| *hours < 24)?);
            let _colon = self.one_of(b":");
            let minutes = i64::from(self.number(2).filter(|minutes| *minutes < 60)?);
            let east = hours * 60 + minutes;
            Some(if sign == b'-' { -east } else { east })
        });
        minutes.unwrap_or_else(|| {
            self.at = begin;
            0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_offset() {
        for (raw, utc, took) in [
            ("2026-02-03T04:05:06Z rest", "2026-02-03T04:05:06Z", 20),
            ("2026-02-03 04:05:06,789 rest", "2026-02-03T04:05:06.789Z", 23),
            ("2026-02-03 04:05:06.123456789123 x", "2026-02-03T04:05:06.123456789Z", 32),
            ("2026-02-03T04:05:06-02:30", "2026-02-03T06:35:06Z", 25),
            ("2026-02-03 04:05:06 +0100 x", "2026-02-03T03:05:06Z", 25),
            ("2026/02/03 04:05:06 - x", "2026-02-03T04:05:06Z", 19),
            ("2026-02-03 04:05:06. End", "2026-02-03T04:05:06Z", 19),
        ] {
            let wanted = DateTime::parse_from_rfc3339(utc).map(|at| at.to_utc());
            assert_eq!(leading(raw), wanted.ok().map(|at| (at, took)), "{raw}");
        }
        for raw in ["", "2026-02", "2026-02/03 04:05:06", "2026-02-30 04:05:06", "x2026-02-03T04:05:06Z"] {
            assert_eq!(leading(raw), None, "{raw}");
        }
    }

    #[test]
    fn numbers_are_told_apart_by_their_size() {
        for number in [1_770_091_506.0, 1_770_091_506e3, 1_770_091_506e6, 1_770_091_506e9] {
            assert_eq!(since_1970(number).map(|at| at.timestamp()), Some(1_770_091_506), "{number}");
        }
        for number in [0.0, -5.0, 42.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(since_1970(number), None, "{number}");
        }
    }
}
