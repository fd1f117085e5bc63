//! What every adapter does with an ask before planning: is the target what the operation is aimed
//! at, are the parameters those of the table and of the right shape.

use std::collections::BTreeSet;

use crate::incident::{AgentId, Aim, Check, Op, Params, Text};

use super::template::{CheckTemplate, Values};

/// The parameter by which an undo says which operation it undoes, where that is not plain.
pub const UNDOES: &str = "undoes";

/// The parameter by which an undo keeps the version that was read before the action it undoes.
pub const VERSION: &str = "version";

/// Before the name of a reading: the value that it had before the call, for the undo.
pub const WAS: &str = "was_";

/// The parameter `calls_per_minute` as backends count that count by the second.
pub const PER_SECOND: &str = "calls_per_second";

/// Seconds after acceptance within which checks must hold, unless configured otherwise.
pub const VERIFY_S: u32 = 60;

/// What an operation's target is called in placeholders, besides `{target}`.
#[must_use]
pub fn target_name(op: Op) -> &'static str {
    match op.info().aim {
        Aim::Agent => "agent",
        Aim::Alert => "alert",
        Aim::Level => "level",
        Aim::Person => "person",
    }
}

/// Whether the target is of the kind that the operation is aimed at.
///
/// # Errors
/// In words, what it must look like.
pub fn check_target(op: Op, target: &Text) -> Result<(), Text> {
    match op.info().aim {
        Aim::Agent => target.as_str().parse::<AgentId>().map(|_| ()).map_err(|why| Text::line(&why)),
        Aim::Alert | Aim::Level | Aim::Person => one_line(target_name(op), target),
    }
}

/// The parameters completed from the operation's table; `also` are further names that may be given.
///
/// # Errors
/// In words: what is unknown, missing or out of shape, all of it at once.
pub fn complete(op: Op, given: &Params, also: &[&str]) -> Result<Params, Text> {
    let table = op.info().params;
    let mut problems: Vec<String> = Vec::new();
    let mut params = Params::new();
    for (name, value) in given {
        let is_known = table.iter().any(|param| param.name == name)
            || also.contains(&name.as_str())
            || name.strip_prefix(WAS).is_some_and(|reading| restores(op).contains(reading));
        if !is_known {
            let known: Vec<&str> = table.iter().map(|param| param.name).collect();
            let there = if known.is_empty() {
                "it takes none".to_owned()
            } else {
                format!("it takes {}", known.join(", "))
            };
            problems.push(format!("'{op}' has no parameter '{}'; {there}", Text::line(name)));
        } else if let Err(why) = one_line(name, value).and_then(|()| in_shape(name, value)) {
            problems.push(why.as_str().to_owned());
        } else {
            params.insert(name.clone(), value.clone());
        }
    }
    for param in table.iter().filter(|param| !given.contains_key(param.name)) {
        if param.default.is_empty() {
            problems.push(format!("'{op}' needs {}: {}", param.name, param.about));
        } else {
            params.insert(param.name.to_owned(), Text::line(param.default));
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(Text::line(&problems.join("; "))) }
}

/// What placeholders stand for, given a target and complete parameters.
#[must_use]
pub fn values(op: Op, target: &Text, params: &Params) -> Values {
    let mut values: Values = params.clone();
    values.remove(UNDOES);
    let calls = params.get("calls_per_minute").and_then(|calls| calls.as_str().parse::<f64>().ok());
    if let Some(calls) = calls {
        values.insert(PER_SECOND.to_owned(), Text::line(&(calls / 60.0).to_string()));
    }
    values.insert("target".to_owned(), target.clone());
    values.insert(target_name(op).to_owned(), target.clone());
    values
}

/// The checks of the operation's own row in the table.
#[must_use]
pub fn table_checks(op: Op) -> Vec<CheckTemplate> {
    let info = op.info();
    let params: Vec<&str> = info.params.iter().map(|param| param.name).collect();
    let template = |raw: &&str| CheckTemplate::new(&raw.parse().ok()?, &params).ok();
    info.checks.iter().filter_map(template).collect()
}

/// What an undo puts back although its own row of the table does not say so: the readings that show
/// what the operations changed that it undoes. A rollback's `config = {to}` is undone when `config`
/// reads as it did before (A10).
#[must_use]
pub fn restores(op: Op) -> BTreeSet<String> {
    let own = table_checks(op);
    let undone = Op::ALL.iter().filter(|other| **other != op && other.info().inverse == Some(op));
    let shown = undone.flat_map(|other| table_checks(*other));
    let shown = shown.filter_map(|check| check.shows().map(|(name, _)| name.to_owned()));
    shown.filter(|name| own.iter().all(|check| check.name() != name)).collect()
}

/// The checks that [`restores`] calls for, of what an undo remembers.
#[must_use]
pub fn restored(op: Op, params: &Params) -> Vec<Check> {
    let remembered = |name: String| Some(Check::equals(&name, params.get(&format!("{WAS}{name}"))?));
    restores(op).into_iter().filter_map(remembered).collect()
}

/// `calls_per_minute=10 timeout=60`.
#[must_use]
pub fn shown(params: &Params) -> String {
    params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn one_line(name: &str, value: &Text) -> Result<(), Text> {
    let text = value.as_str();
    let why = if value.is_blank() {
        "is empty"
    } else if text.contains('\n') {
        "has more than one line"
    } else if text.chars().count() > Text::LINE_MAX {
        "is too long"
    } else {
        return Ok(());
    };
    Err(Text::line(&format!("{name} {why}: give one line of text")))
}

/// Whether a parameter is a whole number.
#[must_use]
pub fn is_number(name: &str) -> bool {
    matches!(name, "calls_per_minute" | "timeout" | "limit" | "minutes")
}

/// How long an alert may be silenced.
const MOST_MINUTES: u32 = 7 * 24 * 60;

/// Numbers are numbers: `calls_per_minute = many` must not be found out by a backend.
fn in_shape(name: &str, value: &Text) -> Result<(), Text> {
    let value = value.as_str();
    if let Some(minutes) = value.parse::<u32>().ok().filter(|_| name == "minutes")
        && !(1..=MOST_MINUTES).contains(&minutes)
    {
        // Nobody remembers a silence of months, and one of no time silences nothing.
        let words = format!("minutes is {minutes} and must be from 1 to {MOST_MINUTES}, which is a week");
        return Err(Text::line(&words));
    }
    let (fits, shape) = match name {
        name if is_number(name) => {
            (value.parse::<u32>().is_ok() && !value.starts_with('+'), "a whole number")
        }
        "level" => (matches!(value, "L0" | "L1" | "L2" | "L3" | "L4"), "one of L0, L1, L2, L3, L4"),
        _ => return Ok(()),
    };
    if fits { Ok(()) } else { Err(Text::line(&format!("{name} is '{value}' and must be {shape}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rollbacks have one inverse, and what they share was checked once for each.
    #[test]
    fn a10_an_undo_puts_back_each_reading_once_and_none_that_its_own_row_names() {
        assert_eq!(Vec::from_iter(restores(Op::RollForward)), ["config", "version"]);
        for op in Op::ALL.iter().filter(|op| **op != Op::RollForward) {
            assert_eq!(restores(*op), BTreeSet::new(), "{op}");
        }
        let was = [("was_version", "v2"), ("was_config", "c2"), ("to", "x")];
        let params = was.map(|(name, value)| (name.to_owned(), Text::line(value))).into();
        let checks: Vec<_> = restored(Op::RollForward, &params).iter().map(ToString::to_string).collect();
        assert_eq!(checks, ["config = c2", "version = v2"]);
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Text::block(value))).collect()
    }

    #[test]
    fn a6_what_nobody_says_comes_from_the_table() {
        assert_eq!(complete(Op::RateLimit, &params(&[]), &[]), Ok(params(&[("calls_per_minute", "10")])));
        let own = params(&[("calls_per_minute", "5")]);
        assert_eq!(complete(Op::RateLimit, &own, &[]), Ok(own.clone()));
    }

    #[test]
    fn wrong_parameters_are_refused_in_words() {
        for (op, given, says) in [
            (Op::Isolate, &[("force", "yes")][..], "takes none"),
            (Op::RateLimit, &[("calls", "5")], "takes calls_per_minute"),
            (Op::RateLimit, &[("calls_per_minute", "-5")], "whole number"),
            (Op::RateLimit, &[("calls_per_minute", "many")], "whole number"),
            (Op::SwitchModel, &[("level", "L9")], "L0, L1"),
            (Op::Silence, &[], "needs minutes"),
            // Both were planned without a word.
            (Op::Silence, &[("minutes", "0")], "minutes is 0 and must be from 1 to 10080, which is a week"),
            (Op::Silence, &[("minutes", "1000000")], "must be from 1 to 10080"),
            (Op::Page, &[("reason", " ")], "is empty"),
            (Op::Page, &[("reason", "a\nb")], "more than one line"),
            (Op::Isolate, &[("undoes", "x")], "no parameter 'undoes'"),
        ] {
            let words = complete(op, &params(given), &[]).unwrap_err();
            assert!(words.as_str().contains(says), "{op} {given:?}: {words}");
        }
    }

    #[test]
    fn every_check_of_the_table_is_one() {
        for op in Op::ALL {
            assert_eq!(table_checks(*op).len(), op.info().checks.len(), "{op}");
        }
    }

    #[test]
    fn a_target_is_of_the_kind_aimed_at() {
        for attack in ["-rf", "$(x)", "a\nb", "a b", "../../etc", ""] {
            assert!(check_target(Op::Isolate, &Text::block(attack)).is_err(), "{attack:?}");
        }
        assert_eq!(check_target(Op::Isolate, &Text::line("team/support-1")), Ok(()));
        assert_eq!(check_target(Op::Page, &Text::line("Ana Lee")), Ok(()));
        assert!(check_target(Op::Page, &Text::block("Ana\nLee")).is_err());
    }
}
