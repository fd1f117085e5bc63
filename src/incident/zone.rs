//! A zone: how far its clocks are from UTC, and when that changes. The rules of a place come from outside,
//! as data: nothing is read here.

use std::fmt;
use std::sync::Arc;

use chrono::{FixedOffset, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use tz::TimeZone;

use super::{Text, Time};

/// A zone as people name it: `UTC`, `+08:00`, `Europe/Berlin`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Seconds east of UTC, all the year.
    Fixed(i32),
    /// A place, by its rules; none: nobody has read them yet.
    Place(Text, Option<Arc<TimeZone>>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

/// Characters of the longest name that is taken for a place's: the IANA's have half as many.
const LONGEST: usize = 64;

impl Zone {
    /// What can be written, for whoever wrote something else.
    pub const EXPECTED: &'static str =
        "write UTC, a place as Europe/Berlin, or how far it is from UTC, as +08:00";

    /// The name of the place whose rules are to be read before this tells the time.
    #[must_use]
    pub fn unread(&self) -> Option<&Text> {
        match &self.0 {
            Kind::Place(name, None) => Some(name),
            Kind::Place(_, Some(_)) | Kind::Fixed(_) => None,
        }
    }

    /// The same place by its rules, from what a time zone database says of it (TZif, RFC 9636).
    ///
    /// # Errors
    /// In words: what is wrong with the data.
    pub fn by_rules(&self, data: &[u8]) -> Result<Self, Text> {
        let Kind::Place(name, _) = &self.0 else { return Ok(self.clone()) };
        let rules = TimeZone::from_tz_data(data).map_err(|error| Text::line(&error.to_string()))?;
        Ok(Self(Kind::Place(name.clone(), Some(Arc::new(rules)))))
    }

    /// How far its clocks are from UTC at a time. Of a place that nobody has read the rules of: not at
    /// all.
    #[must_use]
    pub fn offset(&self, at: Time) -> FixedOffset {
        let seconds = match &self.0 {
            Kind::Fixed(seconds) => *seconds,
            Kind::Place(_, rules) => {
                let found = rules.as_ref().and_then(|rules| rules.find_local_time_type(at.timestamp()).ok());
                found.map_or(0, tz::LocalTimeType::ut_offset)
            }
        };
        FixedOffset::east_opt(seconds).unwrap_or_else(|| FixedOffset::east_opt(0).expect("UTC is a zone"))
    }

    /// What its clocks show at a time.
    #[must_use]
    pub fn local(&self, at: Time) -> NaiveDateTime {
        at.with_timezone(&self.offset(at)).naive_local()
    }

    /// When its clocks show this: of a time that comes twice, the first; one that is left out comes as
    /// much later as the clocks are put forward (RFC 5545).
    #[must_use]
    pub fn moment(&self, local: NaiveDateTime) -> Time {
        let offset_of = |at: Time| TimeDelta::seconds(self.offset(at).local_minus_utc().into());
        // No zone is a day from UTC, and none changes twice within two.
        let around = [-1, 1].map(|days| offset_of(local.and_utc() + TimeDelta::days(days)));
        let shown = around.map(|offset| local.and_utc() - offset);
        let first = shown.into_iter().filter(|at| self.local(*at) == local).min();
        first.unwrap_or(shown[0])
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        if written == "UTC" {
            return Ok(Self::default());
        }
        let far = || {
            let (sign, rest) = match written.split_at_checked(1)? {
                ("+", rest) => (1, rest),
                ("-", rest) => (-1, rest),
                (_, _) => return None,
            };
            let (hours, minutes) = rest.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 14 && (0..60).contains(&minutes))
                .then_some(Self(Kind::Fixed(sign * (hours * 3_600 + minutes * 60))))
        };
        let place = || is_a_name(&written).then(|| Self(Kind::Place(Text::line(&written), None)));
        far()
            .or_else(place)
            .ok_or_else(|| format!("\"{}\" is no zone; {}", Text::line(&written), Self::EXPECTED))
    }
}

/// Whether it may be a place's name, and as such the name of a file: never a way out of its directory.
fn is_a_name(written: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
    };
    written.len() <= LONGEST && written.split('/').all(is_part)
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Fixed(0) => f.pad("UTC"),
            Kind::Fixed(_) => f.pad(&self.offset(Time::UNIX_EPOCH).to_string()),
            Kind::Place(name, _) => f.pad(name.as_str()),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// What a database says of a place with this rule and no other history.
    pub fn tzif(rule: &str) -> Vec<u8> {
        // One kind of time, which nothing but the rule behind the data refers to.
        let counts = [0_u32, 0, 0, 0, 1, 4];
        let mut block = b"TZif2".to_vec();
        block.extend([0; 15]);
        counts.iter().for_each(|count| block.extend(count.to_be_bytes()));
        block.extend(3_600_i32.to_be_bytes());
        block.extend([0, 0]);
        block.extend(b"CET\0");
        let mut data = block.repeat(2);
        data.extend(format!("\n{rule}\n").bytes());
        data
    }

    /// A place of these rules.
    pub fn place(name: &str, rule: &str) -> Zone {
        Zone::try_from(name.to_owned()).unwrap().by_rules(&tzif(rule)).unwrap()
    }

    /// Clocks are put forward on 29 March 2026 at 2:00, and back on 25 October at 3:00.
    pub fn berlin() -> Zone {
        place("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3")
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{berlin, place};
    use super::*;

    #[test]
    fn in_the_nights_of_the_clock_change_a_time_of_day_is_one_moment() {
        let new_york = place("America/New_York", "EST5EDT,M3.2.0,M11.1.0");
        for (zone, local, moment) in [
            // In spring 2:00 is 3:00.
            (berlin(), "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            (berlin(), "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            (berlin(), "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            (berlin(), "2026-03-29T09:00:00", "2026-03-29T07:00:00Z"),
            // In autumn what lies between 2:00 and 3:00 comes twice: the first is meant.
            (berlin(), "2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
            (berlin(), "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            (berlin(), "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
            (berlin(), "2026-10-25T09:00:00", "2026-10-25T08:00:00Z"),
            (new_york.clone(), "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
            (new_york.clone(), "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
            (new_york, "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"),
            (Zone::try_from("+08:00".to_owned()).unwrap(), "2026-03-29T02:30:00", "2026-03-28T18:30:00Z"),
        ] {
            let found = zone.moment(local.parse().unwrap());
            assert_eq!(found, moment.parse::<Time>().unwrap(), "{zone} {local}");
        }
        for (at, local) in [
            ("2026-03-29T00:59:59Z", "2026-03-29T01:59:59"),
            ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
            ("2026-10-25T00:59:59Z", "2026-10-25T02:59:59"),
            ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00"),
        ] {
            assert_eq!(berlin().local(at.parse().unwrap()), local.parse().unwrap(), "{at}");
        }
    }

    #[test]
    fn a_zone_is_what_can_be_one_and_never_a_way_to_another_file() {
        for zone in
            ["UTC", "+08:00", "-05:30", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "CET"]
        {
            assert_eq!(Zone::try_from(zone.to_owned()).map(String::from).as_deref(), Ok(zone));
        }
        for wrong in [
            "",
            "+8",
            "+25:00",
            "08:00",
            "+08:61",
            "é",
            "/etc/passwd",
            "Europe/../../etc/passwd",
            "Europe//Berlin",
            "Europe/",
            ".",
            "a b",
            "\u{1b}[2J",
            &"x".repeat(65),
        ] {
            let error = Zone::try_from(wrong.to_owned()).unwrap_err();
            assert!(error.ends_with(Zone::EXPECTED) && !error.contains('\u{1b}'), "{wrong}: {error}");
        }
    }

    #[test]
    fn rules_that_are_none_are_told() {
        let unread = Zone::try_from("Europe/Berlin".to_owned()).unwrap();
        assert_eq!(unread.unread().map(Text::as_str), Some("Europe/Berlin"));
        for data in [&b""[..], b"TZif", b"#!/bin/sh\n", &[0xff; 4096]] {
            assert!(unread.by_rules(data).is_err());
        }
        assert_eq!(berlin().unread(), None);
    }
}
