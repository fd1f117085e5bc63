//! `[oncall]`: who is on call, week by week, and how they are paged (D10).

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, Weekday};
use serde::Deserialize;

use crate::incident::rota::{Rota, Swap, Turns};
use crate::incident::{Text, Zone};

use super::channel::Channel;
use super::located::Problems;
use super::tree::Tree;
use super::{wording, zone};

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    hand_over: HandOver,
    zone: Zone,
    starts: Option<Day>,
    levels: BTreeMap<String, WrittenTurns>,
    swaps: Vec<WrittenSwap>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenTurns {
    people: Vec<String>,
    channel: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSwap {
    week: Day,
    level: u8,
    person: String,
}

/// A weekday and an hour: `Mon 10:00`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct HandOver((Weekday, NaiveTime));

impl Default for HandOver {
    fn default() -> Self {
        Self(Rota::default().hand_over)
    }
}

impl TryFrom<String> for HandOver {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let read = || {
            let (day, time) = written.split_once(' ')?;
            Some((day.parse().ok()?, NaiveTime::parse_from_str(time.trim(), "%H:%M").ok()?))
        };
        read().map(Self).ok_or_else(|| {
            let shown = Text::line(&written);
            format!("\"{shown}\" is no hand-over; write a weekday and a time: Mon 10:00")
        })
    }
}

/// A day: `2026-11-23`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Day(NaiveDate);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse().map(Self).map_err(|_| {
            let shown = Text::line(&written);
            format!("\"{shown}\" is no day; write 2026-11-23")
        })
    }
}

impl Written {
    /// The table that is meant. A level that nobody can be reached at is left out.
    pub(super) fn meant(
        self,
        channels: &BTreeMap<String, Channel>,
        tree: &Tree,
        problems: &mut Problems,
    ) -> Rota {
        let mut levels = BTreeMap::new();
        // One that is described wrongly has been told already.
        let described = tree.keys_of("channels");
        for (written, turns) in self.levels {
            let place = ["oncall", "levels", &written];
            let Ok(level) = written.parse::<u8>() else {
                let message = format!("`oncall.levels`: \"{}\" is no level", Text::line(&written));
                problems
                    .push(tree.problem_at(&place, message).hint("0 is the primary on-call; 1, 2, 3 follow"));
                continue;
            };
            match channels.get(&turns.channel) {
                Some(channel) if channel.read_only => {
                    let message =
                        format!("level {level} is paged through `{}`, which is read-only", turns.channel);
                    problems.push(
                        tree.problem_at(&place, message).hint("take its read_only away, or name another"),
                    );
                }
                Some(_) => {}
                None if described.contains(&turns.channel) => continue,
                None => {
                    let shown = Text::line(&turns.channel);
                    let problem =
                        tree.problem_at(&place, format!("level {level}: there is no channel \"{shown}\""));
                    let known: Vec<&str> = channels.keys().map(String::as_str).collect();
                    problems.push(match wording::meant(&turns.channel, &known, "there is") {
                        Some(hint) => problem.hint(hint),
                        None => problem.hint("describe it in [channels.NAME]"),
                    });
                    continue;
                }
            }
            let people = turns.people.iter().map(|name| Text::line(name.trim())).collect();
            levels.insert(level, Turns { people, channel: Text::line(&turns.channel) });
        }
        let swaps = self.swaps.into_iter().filter_map(|swap| {
            if !levels.contains_key(&swap.level) {
                let message = format!("`oncall.swaps`: nobody is on call at level {}", swap.level);
                let hint = format!("describe it in [oncall.levels.{}]", swap.level);
                problems.push(tree.problem_at(&["oncall", "swaps"], message).hint(hint));
                return None;
            }
            Some(Swap { week: swap.week.0, level: swap.level, person: Text::line(swap.person.trim()) })
        });
        let swaps = swaps.collect();
        let default = Rota::default();
        let starts = self.starts.map_or(default.starts, |Day(day)| day);
        let zone = zone::read(self.zone).unwrap_or_else(|message| {
            problems.push(tree.problem_at(&["oncall", "zone"], format!("`oncall.zone`: {message}")));
            default.zone
        });
        Rota { hand_over: self.hand_over.0, zone, starts, levels, swaps }
    }
}
