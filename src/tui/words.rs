//! Times, ages and states in the words of the screen.
//!
//! Ages are coarse on purpose: what changes every second is drawn every second, and nobody reads
//! the seconds of an hour.

use chrono::TimeDelta;

use crate::app::theme::Role;
use crate::incident::{Lamp, Severity, Standing, Time, Verdict, Weight};

use super::glyphs::Glyphs;

/// A time of day: `03:12:45`.
#[must_use]
pub fn hms(at: Time) -> String {
    at.format("%H:%M:%S").to_string()
}

/// A time of day without seconds, with its date if that is another day than `now`'s.
#[must_use]
pub fn hm(at: Time, now: Time) -> String {
    let form = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%m-%d %H:%M" };
    at.format(form).to_string()
}

/// A time in full, and how far from `now`.
#[must_use]
pub fn moment(at: Time, now: Time) -> String {
    let far = match at - now {
        ahead if ahead > TimeDelta::zero() => format!("in {}", span(ahead)),
        gone => format!("{} ago", span(-gone)),
    };
    format!("{} UTC, {far}", at.format("%Y-%m-%d %H:%M:%S"))
}

/// A length of time in one unit, rounded down: `<1m`, `12m`, `3h`, `2d`.
#[must_use]
pub fn age(delta: TimeDelta) -> String {
    match delta.num_minutes() {
        ..1 => "<1m".to_owned(),
        minutes @ 1..60 => format!("{minutes}m"),
        minutes @ 60..1_440 => format!("{}h", minutes / 60),
        minutes => format!("{}d", minutes / 1_440),
    }
}

/// A length of time to the minute: `<1m`, `12m`, `1h05m`, `2d03h`.
#[must_use]
pub fn span(delta: TimeDelta) -> String {
    let two = |large: i64, unit, small: i64, smaller| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small:02}{smaller}"),
    };
    match delta.num_minutes() {
        ..1 => "<1m".to_owned(),
        minutes @ 1..60 => format!("{minutes}m"),
        minutes @ 60..1_440 => two(minutes / 60, "h", minutes % 60, "m"),
        minutes => two(minutes / 1_440, "d", minutes % 1_440 / 60, "h"),
    }
}

/// The same, to the second below a minute: a window of 30 s is not `<1m`.
#[must_use]
pub fn fine(delta: TimeDelta) -> String {
    match delta.num_minutes() {
        ..1 => format!("{}s", delta.num_seconds().max(0)),
        _ => span(delta),
    }
}

/// What is left, in words: `in 12m`, `in <1m`, `OVER 3m`.
#[must_use]
pub fn left(delta: TimeDelta) -> String {
    if delta < TimeDelta::zero() { format!("OVER {}", span(-delta)) } else { format!("in {}", span(delta)) }
}

/// A time of day, with its date if that is another day than `now`'s.
#[must_use]
pub fn stamp(at: Time, now: Time) -> String {
    let form = if at.date_naive() == now.date_naive() { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    at.format(form).to_string()
}

/// How a severity looks.
#[must_use]
pub const fn severity(severity: Severity) -> Role {
    match severity {
        Severity::P0 => Role::P0,
        Severity::P1 => Role::P1,
        Severity::P2 => Role::P2,
        Severity::P3 => Role::P3,
    }
}

/// How a check stands: its mark, its word and its style.
#[must_use]
pub const fn verdict(verdict: Verdict, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    match verdict {
        Verdict::Unread => (glyphs.lamps.requested, "unread", Role::Dim),
        Verdict::Holds => (glyphs.lamps.verified, "holds", Role::LampVerified),
        Verdict::Fails => (glyphs.lamps.failed, "FAILS", Role::LampFailed),
    }
}

/// How the state of an action looks: its mark, and its style. The word is the lamp's own.
#[must_use]
pub const fn lamp(lamp: Lamp, glyphs: &Glyphs) -> (&'static str, Role) {
    match lamp {
        Lamp::Proposed => (glyphs.lamps.proposed, Role::Warning),
        Lamp::Requested => (glyphs.lamps.requested, Role::LampRequested),
        Lamp::Accepted => (glyphs.lamps.accepted, Role::LampAccepted),
        Lamp::Verified => (glyphs.lamps.verified, Role::LampVerified),
        Lamp::Leaking => (glyphs.lamps.leaking, Role::LampLeaking),
        Lamp::Denied | Lamp::Expired | Lamp::Failed => (glyphs.lamps.failed, Role::LampFailed),
        Lamp::Unverified | Lamp::InDoubt => (glyphs.lamps.doubt, Role::LampDoubt),
        Lamp::Undone => (glyphs.lamps.undone, Role::Dim),
    }
}

/// How a deadline that stands so looks.
#[must_use]
pub const fn standing(standing: Standing) -> Role {
    match standing {
        Standing::Running => Role::Text,
        Standing::Near => Role::Warning,
        Standing::Over => Role::Error,
        Standing::Met => Role::Ok,
        Standing::MetLate => Role::Warning,
    }
}

/// How loud a warning is, as a mark.
#[must_use]
pub const fn sign(weight: Weight) -> &'static str {
    match weight {
        Weight::Advice => " -",
        Weight::Warn => " !",
        Weight::Alarm => "!!",
    }
}

/// How a warning looks.
#[must_use]
pub const fn weight(weight: Weight) -> Role {
    match weight {
        Weight::Advice => Role::Info,
        Weight::Warn => Role::Warning,
        Weight::Alarm => Role::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_coarse_and_spans_are_to_the_minute() {
        for (seconds, aged, spanned) in [
            (-5, "<1m", "<1m"),
            (59, "<1m", "<1m"),
            (720, "12m", "12m"),
            (3_600, "1h", "1h"),
            (3_900, "1h", "1h05m"),
            (86_400, "1d", "1d"),
            (100_000, "1d", "1d03h"),
        ] {
            let delta = TimeDelta::seconds(seconds);
            assert_eq!((age(delta).as_str(), span(delta).as_str()), (aged, spanned), "{seconds}");
        }
        assert_eq!([-5, 30, 720].map(|s| fine(TimeDelta::seconds(s))), ["0s", "30s", "12m"]);
        assert_eq!(left(TimeDelta::seconds(-130)), "OVER 2m");
        assert_eq!(left(TimeDelta::seconds(130)), "in 2m");
    }

    #[test]
    fn another_day_is_told() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-05-04T00:10:00Z");
        assert_eq!(hm(at("2026-05-04T00:05:00Z"), now), "00:05");
        assert_eq!(hm(at("2026-05-03T23:59:00Z"), now), "05-03 23:59");
        assert_eq!(stamp(at("2026-05-03T23:59:07Z"), now), "05-03 23:59:07");
        assert_eq!(moment(at("2026-05-03T23:59:07Z"), now), "2026-05-03 23:59:07 UTC, 10m ago");
        assert_eq!(moment(at("2026-05-06T03:10:00Z"), now), "2026-05-06 03:10:00 UTC, in 2d03h");
    }
}
