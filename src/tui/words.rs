//! Times, ages and states in the words of the screen.
//!
//! Ages are coarse on purpose: what changes every second is drawn every second, and nobody reads
//! the seconds of an hour.

use chrono::TimeDelta;

use crate::app::theme::Role;
use crate::incident::{Lamp, Severity, Standing, Time, Weight};

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
    match delta.num_minutes() {
        ..1 => "<1m".to_owned(),
        minutes @ 1..60 => format!("{minutes}m"),
        minutes @ 60..1_440 => format!("{}h{:02}m", minutes / 60, minutes % 60),
        minutes => format!("{}d{:02}h", minutes / 1_440, minutes % 1_440 / 60),
    }
}

/// What is left, in words: `in 12m`, `in <1m`, `OVER 3m`.
#[must_use]
pub fn left(delta: TimeDelta) -> String {
    if delta < TimeDelta::zero() { format!("OVER {}", span(-delta)) } else { format!("in {}", span(delta)) }
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

/// How a warning looks.
#[must_use]
pub const fn weight(weight: Weight) -> Role {
    match weight {
        Weight::Advice => Role::Info,
        Weight::Warn => Role::Warning,
        Weight::Alarm => Role::Error,
    }
}
