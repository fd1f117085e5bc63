//! Words of the core as values of arguments: the parser knows them all, so that help lists them,
//! completions offer them and a misspelt one is answered with the one that was meant.

use std::path::Path;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};

use crate::incident::name::counted;
use crate::incident::{ActionId, Op, Pattern, Text, Time};

/// The operations.
pub fn ops() -> ValueParser {
    words::<Op>(Op::ALL.iter().map(|op| op.word()).collect())
}

/// The incident patterns.
pub fn patterns() -> ValueParser {
    words::<Pattern>(Pattern::ALL.iter().map(|pattern| pattern.word()).collect())
}

fn words<T>(words: Vec<&'static str>) -> ValueParser
where
    T: FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>()).into()
}

/// A parameter as it is written: `NAME=VALUE`.
///
/// # Errors
/// When there is no name or no `=`.
pub fn param(written: &str) -> Result<(String, Text), String> {
    match written.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), Text::line(value.trim())))
        }
        Some(_) | None => Err("write NAME=VALUE, such as calls_per_minute=10".to_owned()),
    }
}

/// An action of an incident: `A3` or `3`.
///
/// # Errors
/// When it is neither.
pub fn action(written: &str) -> Result<ActionId, String> {
    counted(written, 'A').map(ActionId)
}

/// How many seconds of a drill pass in a real one.
///
/// # Errors
/// When it is no number, or one that no drill can be played at.
pub fn speed(written: &str) -> Result<f64, String> {
    match written.trim_end_matches('x').parse::<f64>() {
        Ok(speed) if (0.1..=1_000.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err("write a number from 0.1 to 1000, such as 10".to_owned()),
    }
}

/// A path, safe to show.
#[must_use]
pub fn path(path: &Path) -> Text {
    Text::line(&path.display().to_string())
}

/// A time as tables show it, in UTC.
#[must_use]
pub fn shown(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
