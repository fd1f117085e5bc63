//! The times that log lines state about themselves, read from bytes without building a calendar.

use chrono::DateTime;

use crate::incident::Time;

/// A moment in microseconds since 1970, in UTC: what millions of lines are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Moment {
    /// As a time; nothing for one that no calendar reaches.
    #[must_use]
    pub fn time(self) -> Option<Time> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// Later by so many microseconds, earlier if they are negative.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Self(time.timestamp_micros())
    }
}

/// Reads a time at the beginning of `text`, and how many bytes it took: RFC 3339 and its relatives
/// (`/` for `-`, a space for `T`, a comma for the dot), syslog's without a year, seconds or finer
/// units since 1970. Without an offset it is UTC; without a year, the last one not after `newest`.
pub(super) fn leading(text: &[u8], newest: Moment) -> Option<(Moment, usize)> {
    match text.first()? {
        b'0'..=b'9' => dated(text).or_else(|| counted(text)),
        b'A'..=b'Z' => yearless(text, newest),
        _ => None,
    }
}

/// Whether `text` begins with a date and a time; cheaper than reading them.
pub(super) fn is_leading(text: &[u8]) -> bool {
    match text.first() {
        Some(b'0'..=b'9') => match text.get(4) {
            Some(b'-' | b'/') => dated(text).is_some(),
            _ => counted(text).is_some(),
        },
        Some(b'A'..=b'Z') => text.get(3) == Some(&b' ') && yearless(text, Moment(0)).is_some(),
        _ => false,
    }
}

/// Reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
pub(super) fn since_1970(number: f64) -> Option<Moment> {
    // From 1973 to the year 5138 the four ranges do not touch.
    let micros = match number {
        n if n < 1e8 => return None,
        n if n < 1e11 => n * 1e6,
        n if n < 1e14 => n * 1e3,
        n if n < 1e17 => n,
        n if n < 1e20 => n / 1e3,
        _ => return None,
    };
    Some(Moment(micros.round() as i64))
}

/// `2026-02-03T04:05:06.789+01:00` and its relatives.
fn dated(text: &[u8]) -> Option<(Moment, usize)> {
    let mut cursor = Cursor { bytes: text, at: 0 };
    let year = cursor.number(4)?;
    let dash = cursor.one_of(b"-/")?;
    let month = cursor.number(2)?;
    cursor.one_of(&[dash])?;
    let day = cursor.number(2)?;
    cursor.one_of(b"T t")?;
    let clock = cursor.clock()?;
    let east = cursor.offset();
    let days = days(i64::from(year), month, day)?;
    Some((Moment(days * DAY + clock - east * 60 * SECOND), cursor.at))
}

/// `Feb  3 04:05:06`, as syslog writes it.
fn yearless(text: &[u8], newest: Moment) -> Option<(Moment, usize)> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let name = text.get(..3)?;
    let month = MONTHS.chunks(3).position(|month| month == name)? as u32 + 1;
    let mut cursor = Cursor { bytes: text, at: 3 };
    cursor.one_of(b" ")?;
    let day = if cursor.one_of(b" ").is_some() {
        cursor.number(1)?
    } else {
        cursor.number(2).or_else(|| cursor.number(1))?
    };
    cursor.one_of(b" ")?;
    let clock = cursor.clock()?;
    let year = year_of(newest);
    // A clock may be a little ahead; what lies further in the future was last year.
    let in_year = |year| days(year, month, day).map(|days| Moment(days * DAY + clock));
    let at = in_year(year).filter(|at| *at <= newest.plus(DAY)).or_else(|| in_year(year - 1));
    Some((at.or_else(|| in_year(year - 2))?, cursor.at))
}

/// `1770091506.789`, or without a dot in a finer unit, and nothing of a word behind it.
fn counted(text: &[u8]) -> Option<(Moment, usize)> {
    let digits = text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    if !matches!(digits, 10 | 13 | 16 | 19) {
        return None;
    }
    let mut end = digits;
    if text.get(end) == Some(&b'.') {
        let places = text[end + 1..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        end += if places > 0 { 1 + places } else { 0 };
    }
    if text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return None;
    }
    let number: f64 = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((since_1970(number)?, end))
}

/// Days since 1970 of a date of the Gregorian calendar, if there is such a date.
fn days(year: i64, month: u32, day: u32) -> Option<i64> {
    const LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = *LENGTHS.get(month.checked_sub(1)? as usize)?;
    if day == 0 || day > length + u32::from(month == 2 && leaps) {
        return None;
    }
    // Years that begin in March end with the day that not all of them have.
    let year = if month <= 2 { year - 1 } else { year };
    let month = i64::from(if month <= 2 { month + 9 } else { month - 3 });
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn year_of(moment: Moment) -> i64 {
    use chrono::Datelike as _;
    moment.time().map_or(1970, |time| i64::from(time.year()))
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

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let run = self.bytes.get(self.at..self.at + digits)?;
        let mut number = 0;
        for byte in run {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            number = number * 10 + u32::from(digit);
        }
        self.at += digits;
        Some(number)
    }

    /// `04:05:06.789` in microseconds since midnight.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        self.one_of(b":")?;
        let minute = self.number(2).filter(|minute| *minute < 60)?;
        self.one_of(b":")?;
        let second = self.number(2).filter(|second| *second < 60)?;
        Some(i64::from(hour * 3600 + minute * 60 + second) * SECOND + self.fraction())
    }

    /// `.123` or `,123` in microseconds; what is finer is passed over.
    fn fraction(&mut self) -> i64 {
        let begin = self.at;
        if self.one_of(b".,").is_none() || !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = begin;
            return 0;
        }
        let (mut micros, mut unit) = (0, 100_000);
        while let Some(digit) = self.number(1) {
            micros += i64::from(digit) * unit;
            unit /= 10;
        }
        micros
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
    use proptest::prelude::*;

    fn at(text: &str) -> Moment {
        DateTime::parse_from_rfc3339(text).expect(text).to_utc().into()
    }

    #[test]
    fn times_are_read_with_their_offset_and_those_without_a_year_by_the_newest() {
        let newest = at("2026-02-10T00:00:00Z");
        for (raw, utc, took) in [
            ("2026-02-03T04:05:06Z rest", "2026-02-03T04:05:06Z", 20),
            ("2026-02-03 04:05:06,789 rest", "2026-02-03T04:05:06.789Z", 23),
            ("2026-02-03 04:05:06.123456789123 x", "2026-02-03T04:05:06.123456Z", 32),
            ("2026-02-03T04:05:06-02:30", "2026-02-03T06:35:06Z", 25),
            ("2026-02-03 04:05:06 +0100 x", "2026-02-03T03:05:06Z", 25),
            ("2026/02/03 04:05:06 - x", "2026-02-03T04:05:06Z", 19),
            ("2024-02-29 00:00:00", "2024-02-29T00:00:00Z", 19),
            ("Feb  3 04:05:06 host app", "2026-02-03T04:05:06Z", 15),
            ("Feb 03 04:05:06.5 host", "2026-02-03T04:05:06.5Z", 17),
            ("Feb 10 23:00:00 ahead", "2026-02-10T23:00:00Z", 15),
            ("Dec 31 23:59:59 host", "2025-12-31T23:59:59Z", 15),
            ("1770091506 x", "2026-02-03T04:05:06Z", 10),
            ("1770091506.25 x", "2026-02-03T04:05:06.25Z", 13),
            ("1770091506789,x", "2026-02-03T04:05:06.789Z", 13),
        ] {
            assert_eq!(leading(raw.as_bytes(), newest), Some((at(utc), took)), "{raw}");
            assert!(is_leading(raw.as_bytes()), "{raw}");
        }
        for raw in [
            "",
            "2026-02",
            "2026-02/03 04:05:06",
            "2026-02-30 04:05:06",
            "2025-02-29 04:05:06",
            "2026-02-03 24:05:06",
            "x2026-02-03T04:05:06Z",
            "Feb 30 04:05:06 x",
            "Foo  3 04:05:06",
            "1770091506a",
            "177009150",
            "12345678901234567890123",
            "February",
            "0000-00-00 00:00:00",
        ] {
            assert_eq!(leading(raw.as_bytes(), newest), None, "{raw}");
            assert!(!is_leading(raw.as_bytes()), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn every_date_is_counted_as_the_calendar_counts_it(seconds in -60_000_000_000_i64..250_000_000_000) {
            let time = DateTime::from_timestamp(seconds, 0).expect("in the calendar");
            let text = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            if text.len() == 20 {
                prop_assert_eq!(leading(text.as_bytes(), Moment(0)), Some((Moment(seconds * SECOND), 20)));
            }
        }

        #[test]
        fn nothing_is_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some((_, took)) = leading(&bytes, Moment(0)) {
                prop_assert!(took <= bytes.len());
            }
        }
    }
}
