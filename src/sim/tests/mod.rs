//! The fleet as a whole: plays, traps, determinism, hostile calls and files.

use chrono::{TimeDelta, TimeZone, Utc};

use super::*;
use crate::incident::{Op, Params, Text, Time, VITALS};

mod files;
mod hostile;
mod plays;
mod repeat;
mod traps;

fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 5, 4, 9, 0, 0).single().expect("a real time")
}

fn at(seconds: i64) -> Time {
    start() + TimeDelta::seconds(seconds)
}

fn scenario(name: &str) -> Scenario {
    Scenario::named(name).unwrap()
}

fn fleet(name: &str) -> Fleet {
    let scenario = scenario(name);
    Fleet::new(&scenario, scenario.seed, start())
}

fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Text::line(value))).collect()
}

/// What is read of one value of a target; empty when there is none.
fn read(fleet: &Fleet, target: &str, name: &str) -> String {
    fleet.read(target).get(name).map(ToString::to_string).unwrap_or_default()
}

/// Every vital out of its range, and every agent that is not healthy: `support-1 p95 26.2`.
fn complaints(fleet: &Fleet) -> Vec<String> {
    let mut found = vec![];
    for vitals in fleet.agents() {
        for vital in VITALS {
            let value = vitals.values.get(vital.name).map(Text::as_str).unwrap_or_default();
            if vital.is_healthy(value) == Some(false) {
                found.push(format!("{} {} {value}", vitals.agent, vital.name));
            }
        }
        if vitals.values["healthy"] != "yes" {
            found.push(format!("{} is not healthy", vitals.agent));
        }
    }
    found
}

/// The words of what happened, for searching.
fn words(happenings: &[Happening]) -> String {
    let word = |happening: &Happening| match &happening.what {
        What::Line { raw, .. } => raw.clone(),
        What::Alert(alert) => format!("ALERT {}", alert.key),
        What::AlertResolved { key } => format!("RESOLVED {key}"),
        What::Message { from, text } => format!("MESSAGE {from}: {text}"),
        What::Proposal { by, op, target, .. } => format!("PROPOSAL {by}: {op} {target}"),
    };
    happenings.iter().map(word).collect::<Vec<_>>().join("\n")
}
