//! Who is on call (D10): weekly turns, a hand-over at a written hour, explicit swaps.
//!
//! A pure function of the table and of now. Systems that know better (PagerDuty …) are asked by
//! `channels`; this table works when they do not answer.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, NaiveTime, TimeDelta, Weekday};

use super::{Text, Time, Zone};

/// The on-call table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// When the week's duty is handed over.
    pub hand_over: (Weekday, NaiveTime),
    /// Whose week and hour that is.
    pub zone: Zone,
    /// A day of the week in which the first person of each level has the duty.
    pub starts: NaiveDate,
    /// Who takes turns at each level, and how they are reached. Level 0 is the primary on-call.
    pub levels: BTreeMap<u8, Turns>,
    /// Who takes somebody else's week.
    pub swaps: Vec<Swap>,
}

/// Those who take turns at one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// In the order of their weeks. Empty: the channel's own system knows whom to call.
    pub people: Vec<Text>,
    /// The channel by which they are paged.
    pub channel: Text,
}

/// Somebody takes a week at a level instead of whoever's turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// A day of the week, which begins at the hand-over.
    pub week: NaiveDate,
    /// At which level.
    pub level: u8,
    /// Who takes it.
    pub person: Text,
}

/// Somebody's duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// At which level.
    pub level: u8,
    /// Who; none: whoever the channel's own system has on call.
    pub person: Option<Text>,
    /// By which channel they are paged.
    pub channel: Text,
    /// Until when.
    pub until: Time,
    /// Whether it is a swap.
    pub swapped: bool,
}

impl Duty {
    /// `ana (until Mon 23 Nov 10:00) by pager`, for reading before it is sent.
    #[must_use]
    pub fn words(&self) -> String {
        let until = self.until.format("%a %-d %b %H:%M UTC");
        match &self.person {
            Some(person) if self.swapped => {
                format!("{person} (by swap, until {until}) through {}", self.channel)
            }
            Some(person) => format!("{person} (until {until}) through {}", self.channel),
            None => format!("whoever {} has on call", self.channel),
        }
    }
}

impl Default for Rota {
    /// Nobody is on call; hand-over Monday 10:00 (D10).
    fn default() -> Self {
        Self {
            hand_over: (Weekday::Mon, NaiveTime::from_hms_opt(10, 0, 0).expect("ten o'clock is a time")),
            zone: Zone::default(),
            starts: NaiveDate::from_ymd_opt(2024, 1, 1).expect("a Monday of the calendar"),
            levels: BTreeMap::new(),
            swaps: Vec::new(),
        }
    }
}

impl Rota {
    /// Who has the duty at a level; none where the table does not say.
    #[must_use]
    pub fn on_call(&self, level: u8, at: Time) -> Option<Duty> {
        let turns = self.levels.get(&level)?;
        let week = self.week_of(at);
        let until = self.hand_over_of(week + TimeDelta::days(7));
        let swap = self.swaps.iter().find(|swap| swap.level == level && self.week_with(swap.week) == week);
        let by_turn = || {
            let weeks = (week - self.week_with(self.starts)).num_days().div_euclid(7);
            let count = i64::try_from(turns.people.len()).ok().filter(|count| *count > 0)?;
            let index = usize::try_from(weeks.rem_euclid(count)).ok()?;
            turns.people.get(index).cloned()
        };
        let person = swap.map(|swap| swap.person.clone()).or_else(by_turn);
        Some(Duty { level, person, channel: turns.channel.clone(), until, swapped: swap.is_some() })
    }

    /// The day of the hand-over that began the week `at` lies in.
    fn week_of(&self, at: Time) -> NaiveDate {
        let day = self.week_with(self.zone.local(at).date());
        // Before the hour of the hand-over the last week's duty still holds.
        if at < self.hand_over_of(day) { day - TimeDelta::days(7) } else { day }
    }

    /// The hand-over day on or before a day.
    fn week_with(&self, day: NaiveDate) -> NaiveDate {
        day - TimeDelta::days(i64::from(day.weekday().days_since(self.hand_over.0)))
    }

    fn hand_over_of(&self, day: NaiveDate) -> Time {
        self.zone.moment(day.and_time(self.hand_over.1))
    }

    /// Everybody whom the table names, with the channel that reaches them.
    pub fn people(&self) -> impl Iterator<Item = (&Text, &Text)> {
        let swapped = self.swaps.iter().filter_map(|swap| {
            let turns = self.levels.get(&swap.level)?;
            Some((&swap.person, &turns.channel))
        });
        let turns =
            self.levels.values().flat_map(|turns| turns.people.iter().map(|person| (person, &turns.channel)));
        turns.chain(swapped)
    }

    /// The channel by which somebody is paged.
    #[must_use]
    pub fn channel_of(&self, person: &str) -> Option<&Text> {
        self.people().find(|(name, _)| name.as_str() == person).map(|(_, channel)| channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rota() -> Rota {
        let turns = |people: &[&str]| Turns {
            people: people.iter().map(|name| Text::line(name)).collect(),
            channel: "pager".into(),
        };
        Rota {
            // A Wednesday: the week is meant, not the day.
            starts: day("2026-11-18"),
            levels: [(0, turns(&["ana", "bo", "cy"])), (1, turns(&["dee"])), (2, turns(&[]))].into(),
            swaps: vec![Swap { week: day("2026-11-30"), level: 0, person: "eve".into() }],
            ..Rota::default()
        }
    }

    #[test]
    fn d10_the_duty_is_handed_over_on_monday_at_ten() {
        for (at, person) in [
            ("2026-11-16T09:59:59Z", "cy"),
            ("2026-11-16T10:00:00Z", "ana"),
            ("2026-11-22T23:59:59Z", "ana"),
            ("2026-11-23T09:59:59Z", "ana"),
            ("2026-11-23T10:00:00Z", "bo"),
            ("2026-12-07T10:00:00Z", "ana"),
            ("2025-01-01T00:00:00Z", "bo"),
        ] {
            let duty = rota().on_call(0, at.parse().unwrap()).unwrap();
            assert_eq!(duty.person.unwrap(), *person, "{at}");
        }
    }

    #[test]
    fn d10_the_hour_of_the_hand_over_is_that_of_the_place_in_summer_and_in_winter() {
        let berlin = |weekday, at: &str| Rota {
            hand_over: (weekday, at.parse().unwrap()),
            zone: crate::incident::zone::testing::berlin(),
            ..rota()
        };
        for (table, before, moment) in [
            (berlin(Weekday::Mon, "10:00:00"), "winter", "2026-03-23T09:00:00Z"),
            (berlin(Weekday::Mon, "10:00:00"), "summer", "2026-03-30T08:00:00Z"),
            (berlin(Weekday::Mon, "10:00:00"), "summer", "2026-10-19T08:00:00Z"),
            (berlin(Weekday::Mon, "10:00:00"), "winter", "2026-10-26T09:00:00Z"),
            // In the night itself: left out, and twice.
            (berlin(Weekday::Sun, "02:30:00"), "put forward", "2026-03-29T01:30:00Z"),
            (berlin(Weekday::Sun, "02:30:00"), "put back", "2026-10-25T00:30:00Z"),
            // Monday there is still Sunday in UTC.
            (berlin(Weekday::Mon, "00:30:00"), "summer", "2026-07-05T22:30:00Z"),
        ] {
            let moment: Time = moment.parse().unwrap();
            let last = table.on_call(0, moment - TimeDelta::seconds(1)).unwrap();
            let next = table.on_call(0, moment).unwrap();
            assert_eq!(last.until, moment, "{before}");
            assert_ne!(last.person, next.person, "{before}");
            let days = (next.until - moment).num_hours();
            assert!((167..=169).contains(&days), "{before}: {days} h");
        }
    }

    #[test]
    fn d10_a_swap_takes_one_week_at_one_level() {
        let at = |text: &str| rota().on_call(0, text.parse().unwrap()).unwrap();
        let duty = at("2026-12-01T00:00:00Z");
        assert_eq!((duty.person.unwrap().as_str(), duty.swapped), ("eve", true));
        assert_eq!(duty.until, "2026-12-07T10:00:00Z".parse::<Time>().unwrap());
        assert!(!at("2026-12-07T10:00:00Z").swapped);
        let other = rota().on_call(1, "2026-12-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(other.person.unwrap(), "dee");
    }

    #[test]
    fn a_level_without_people_is_left_to_its_channel_and_an_unknown_one_to_nobody() {
        let now = "2026-11-20T00:00:00Z".parse().unwrap();
        let duty = rota().on_call(2, now).unwrap();
        assert_eq!((duty.person.as_ref(), duty.words().as_str()), (None, "whoever pager has on call"));
        assert_eq!(rota().on_call(9, now), None);
        assert_eq!(Rota::default().on_call(0, now), None);
    }
}
