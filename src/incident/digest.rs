//! The daily digest of what is still in force: when it is due, and what it counts.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

use super::{Board, InForce, Text, Time};

/// When the digest is made, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestRule {
    /// Whether there is one.
    pub enabled: bool,
    /// At what time of the day.
    pub at: TimeOfDay,
    /// Whose day it is.
    pub zone: Zone,
}

impl Default for DigestRule {
    fn default() -> Self {
        Self { enabled: false, at: TimeOfDay(NaiveTime::MIN), zone: Zone(0) }
    }
}

/// A time of the day: `09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let shown = || Text::line(&written);
        let read = NaiveTime::parse_from_str(&written, "%H:%M");
        read.map(Self).map_err(|_| format!("\"{}\" is no time of the day; write 09:00", shown()))
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.0.format("%H:%M").to_string()
    }
}

/// How far a zone is from UTC, in seconds east: `UTC`, `+08:00`. No rules of summer time: those
/// change by law, and a digest an hour early is no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(i32);

impl Zone {
    fn offset(self) -> FixedOffset {
        FixedOffset::east_opt(self.0).expect("a zone is read as less than a day from UTC")
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        if written == "UTC" {
            return Ok(Self(0));
        }
        let read = || {
            let (sign, rest) = match written.split_at_checked(1)? {
                ("+", rest) => (1, rest),
                ("-", rest) => (-1, rest),
                (_, _) => return None,
            };
            let (hours, minutes) = rest.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 14 && (0..60).contains(&minutes)).then_some(Self(sign * (hours * 3_600 + minutes * 60)))
        };
        let bad = || {
            format!(
                "\"{}\" is no zone; write UTC, or how far it is from UTC, as +08:00",
                Text::line(&written)
            )
        };
        read().ok_or_else(bad)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.pad("UTC") } else { f.pad(&self.offset().to_string()) }
    }
}

impl DigestRule {
    /// The newest moment of a digest that has come, and the day it is of.
    #[must_use]
    pub fn newest(&self, now: Time) -> (NaiveDate, Time) {
        let local: DateTime<FixedOffset> = now.with_timezone(&self.zone.offset());
        let of =
            |day: NaiveDate| (day.and_time(self.at.0) - TimeDelta::seconds(self.zone.0.into())).and_utc();
        let today = local.date_naive();
        let day = if of(today) <= now { today } else { today.pred_opt().unwrap_or(today) };
        (day, of(day))
    }

    /// Which day it is, where the digest's zone is.
    #[must_use]
    pub fn day(&self, now: Time) -> NaiveDate {
        now.with_timezone(&self.zone.offset()).date_naive()
    }

    /// When the next one comes.
    #[must_use]
    pub fn next(&self, now: Time) -> Time {
        self.newest(now).1 + TimeDelta::days(1)
    }

    /// What the digest that is due now tells of, and of which day; none when there is no digest, the
    /// day has one already, its moment is too long ago, or nothing was in force then.
    #[must_use]
    pub fn due<'a>(&self, board: &'a Board, now: Time) -> Option<(NaiveDate, Vec<InForce<'a>>)> {
        let (day, moment) = self.newest(now);
        let told = board.incidents().any(|incident| incident.digest.is_some_and(|newest| newest >= day));
        if !self.enabled || told {
            return None;
        }
        let mut all = board.in_force(now);
        // What was done since is at hand; the digest is for what people may have forgotten.
        all.retain(|one| one.action.asked_at < moment);
        if all.is_empty() { None } else { Some((day, all)) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::incident::story::{Story, time};
    use crate::incident::{Actor, Command, Entry, IncidentId, decide};

    fn rule(at: &str, zone: &str) -> DigestRule {
        let (at, zone) = (at.to_owned().try_into().unwrap(), zone.to_owned().try_into().unwrap());
        DigestRule { enabled: true, at, zone }
    }

    #[test]
    fn a_day_begins_where_the_zone_says_so() {
        for (at, zone, now, day, moment) in [
            ("09:00", "UTC", "09:00:00", 4, "09:00:00"),
            ("09:00", "UTC", "08:59:59", 3, "-"),
            ("09:00", "UTC", "+1 08:59:59", 4, "09:00:00"),
            ("09:00", "+08:00", "01:00:00", 4, "01:00:00"),
            ("09:00", "+08:00", "00:59:59", 3, "-"),
            ("00:30", "+08:00", "16:30:00", 5, "16:30:00"),
            ("23:30", "-05:00", "+1 04:30:00", 4, "+1 04:30:00"),
        ] {
            let (newest, at_moment) = rule(at, zone).newest(time(now));
            assert_eq!(newest, NaiveDate::from_ymd_opt(2026, 5, day).unwrap(), "{at} {zone} {now}");
            if moment != "-" {
                assert_eq!(at_moment, time(moment), "{at} {zone} {now}");
            }
            let next = rule(at, zone).next(time(now));
            assert!(next > time(now) && next - time(now) <= TimeDelta::days(1), "{at} {zone} {now}");
        }
    }

    #[test]
    fn what_is_no_time_and_no_zone_is_said() {
        for wrong in ["9", "24:00", "", "9 o'clock"] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        for wrong in ["", "CET", "+8", "+25:00", "08:00", "+08:61", "é"] {
            assert!(Zone::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        for zone in ["UTC", "+08:00", "-05:30"] {
            assert_eq!(Zone::try_from(zone.to_owned()).map(String::from).as_deref(), Ok(zone));
        }
    }

    #[test]
    fn the_digest_is_due_once_a_day_and_only_for_what_was_in_force_at_its_time() {
        let rule = rule("09:00", "UTC");
        let mut board = Board::default();
        for entry in Story::isolated().entries {
            board.apply(&entry);
        }
        let due = |board: &Board, now: &str| {
            rule.due(board, time(now)).map(|(day, all)| (day.to_string(), all.len()))
        };
        assert_eq!(due(&board, "12:10:00"), None, "isolated after nine");
        let tomorrow = Some(("2026-05-05".to_owned(), 1));
        assert_eq!(due(&board, "+1 09:00:00"), tomorrow);
        assert_eq!(due(&board, "+1 17:00:00"), tomorrow, "nobody was there at nine");
        let off = DigestRule { enabled: false, ..rule.clone() };
        assert!(off.due(&board, time("+1 17:00:00")).is_none());
        let (incident, command) = {
            let (day, all) = rule.due(&board, time("+1 09:00:00")).unwrap();
            (all[0].incident.clone(), Command::Digest { day, count: 1, text: "one".into() })
        };
        let policy = crate::incident::Policy::built_in();
        let made = decide(&incident, &policy, &command, &Actor::Flightdeck, time("+1 09:00:00")).unwrap();
        for (event, seq) in made.into_iter().zip(incident.seq + 1..) {
            let entry = Entry {
                incident: IncidentId(42),
                seq,
                at: time("+1 09:00:00"),
                actor: Actor::Flightdeck,
                event,
            };
            board.apply(&Arc::new(entry));
        }
        assert_eq!(due(&board, "+1 09:00:01"), None);
        assert_eq!(due(&board, "+2 09:00:00").map(|(day, _)| day), Some("2026-05-06".to_owned()));
    }
}
