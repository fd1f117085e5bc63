//! The daily digest of what is still in force: when it is due, and what it counts.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{Board, InForce, Text, Time, Zone};

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
        Self { enabled: false, at: TimeOfDay(NaiveTime::MIN), zone: Zone::default() }
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

impl DigestRule {
    /// The newest moment of a digest that has come, and the day it is of.
    #[must_use]
    pub fn newest(&self, now: Time) -> (NaiveDate, Time) {
        let today = self.day(now);
        let day = if self.moment(today) <= now { today } else { today.pred_opt().unwrap_or(today) };
        (day, self.moment(day))
    }

    /// When the digest of a day is made.
    fn moment(&self, day: NaiveDate) -> Time {
        self.zone.moment(day.and_time(self.at.0))
    }

    /// Which day it is, where the digest's zone is.
    #[must_use]
    pub fn day(&self, now: Time) -> NaiveDate {
        self.zone.local(now).date()
    }

    /// When the next one comes.
    #[must_use]
    pub fn next(&self, now: Time) -> Time {
        let (day, _) = self.newest(now);
        self.moment(day.succ_opt().unwrap_or(day))
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

    use chrono::TimeDelta;

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
    fn in_the_nights_of_the_clock_change_each_day_has_one_digest() {
        for (written, moments) in [
            // Put forward: 2:30 is left out, so it comes at 3:30. The next day it is an hour earlier.
            ("02:30", ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]),
            ("09:00", ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"]),
            // Put back: 2:30 comes twice, and the digest once.
            ("02:30", ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            ("09:00", ["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z"]),
        ] {
            let at = written.to_owned().try_into().unwrap();
            let rule = DigestRule { enabled: true, at, zone: crate::incident::zone::testing::berlin() };
            let moments = moments.map(|moment| moment.parse::<Time>().unwrap());
            for pair in moments.windows(2) {
                assert_eq!(rule.next(pair[0]), pair[1], "{written}");
                let mut days = std::collections::BTreeSet::new();
                let mut now = pair[0];
                while now < pair[1] {
                    assert_eq!(rule.newest(now).1, pair[0], "{written} at {now}");
                    days.insert(rule.newest(now).0);
                    now += TimeDelta::minutes(10);
                }
                assert_eq!(days.len(), 1, "{written}: {days:?}");
            }
        }
    }

    #[test]
    fn what_is_no_time_of_the_day_is_said() {
        for wrong in ["9", "24:00", "", "9 o'clock"] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
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
