//! A time as a person types it.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::incident::Time;
use crate::incident::record::Moment;

/// What can be typed.
pub const FORMS: &str = "a time is 2026-02-03T04:05:06Z, 2026-02-03 04:05, 2026-02-03, 04:05, or 10m (ago); UTC unless it says so";

/// Reads a time; one of day is the last such before `now`, and `10m` is so long before it.
#[must_use]
pub fn read(text: &str, now: Time) -> Option<Moment> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc().into());
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(time.and_utc().into());
        }
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc().into());
    }
    for form in ["%H:%M:%S%.f", "%H:%M"] {
        if let Ok(time) = NaiveTime::parse_from_str(text, form) {
            let today = now.date_naive().and_time(time).and_utc();
            let past = if today > now { today.checked_sub_days(Days::new(1))? } else { today };
            return Some(past.into());
        }
    }
    ago(text, now)
}

/// `90s`, `10m`, `2h`, `1d`.
fn ago(text: &str, now: Time) -> Option<Moment> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number: i64 = text[..text.len() - 1].parse().ok().filter(|number| *number >= 0)?;
    let back = TimeDelta::try_seconds(number.checked_mul(seconds)?)?;
    Some(now.checked_sub_signed(back)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_in_many_ways() {
        let now: Time = "2026-02-03T12:00:00Z".parse().expect("a time");
        for (typed, utc) in [
            ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"),
            ("2026-02-03T04:05:06.5+01:00", "2026-02-03T03:05:06.5Z"),
            ("2026-02-03 04:05:06", "2026-02-03T04:05:06Z"),
            ("2026-02-03T04:05", "2026-02-03T04:05:00Z"),
            ("2026-02-03", "2026-02-03T00:00:00Z"),
            ("04:05", "2026-02-03T04:05:00Z"),
            ("11:59:59.5", "2026-02-03T11:59:59.5Z"),
            ("12:01", "2026-02-02T12:01:00Z"),
            ("90s", "2026-02-03T11:58:30Z"),
            ("10m", "2026-02-03T11:50:00Z"),
            ("2h", "2026-02-03T10:00:00Z"),
            ("1d", "2026-02-02T12:00:00Z"),
        ] {
            let wanted: Time = utc.parse().expect("a time");
            assert_eq!(read(typed, now), Some(wanted.into()), "{typed}");
        }
        for typed in ["", "soon", "m", "-5m", "25:00", "2026-02-30", "99999999999999999d", "1w", "é"] {
            assert_eq!(read(typed, now), None, "{typed}");
        }
    }
}
