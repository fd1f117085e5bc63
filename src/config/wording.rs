//! The reader's errors in words that help: what is there, what may be there, what was meant.
//!
//! Types speak of fields, maps and sequences; a person wrote keys, tables and lists.

use std::fmt;

use super::values::{Found, What};

/// What a type expects that takes `90s`.
const LENGTH: &str = "a length of time";

/// What is wrong at `path`, and a hint; with its value, unless it `is_key` that is wrong.
pub(super) fn value(path: &str, what: &What, is_key: bool) -> (String, Option<String>) {
    match what {
        What::UnknownKey { name, known } => (
            format!("unknown key `{path}`"),
            secret(name, known).or_else(|| meant(name, known, "known here")),
        ),
        What::MissingKey(key) if path.is_empty() => (format!("the key `{key}` is missing"), None),
        What::MissingKey(key) => (format!("`{path}` lacks the key `{key}`"), None),
        What::UnknownWord { word, known } => {
            let hint = meant(word, known, "possible");
            if is_key {
                return (format!("unknown key `{path}`"), hint);
            }
            (placed(path, &format!("unknown value \"{word}\"")), hint)
        }
        What::Kind { expected, found } => {
            let expected = kind(expected);
            (placed(path, &format!("expected {expected}, found {found}")), mend(path, expected, found))
        }
        What::Words(words) => (placed(path, words), None), // they say it
    }
}

/// Where a secret belongs that somebody tried to write under `name`.
fn secret(name: &str, known: &[&str]) -> Option<String> {
    let [env, file, command] = ["env", "file", "command"].map(|place| format!("{name}_{place}"));
    let all = [&env, &file, &command].iter().all(|key| known.contains(&key.as_str()));
    all.then(|| format!("a secret is never written here: use `{env}`, `{file}` or `{command}`"))
}

/// What Rust calls a kind of value, in the words of who writes a file.
fn kind(named: &str) -> &str {
    match named {
        named if named.starts_with("struct ") => "a table",
        "a map" => "a table",
        "a sequence" => "a list",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, not below 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        other => other,
    }
}

/// What a person sees who wrote it.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "string {text:?}"),
            Self::Whole(number) => write!(f, "integer `{number}`"),
            Self::Fraction(number) => write!(f, "floating point `{number}`"),
            Self::Boolean(bool) => write!(f, "boolean `{bool}`"),
            Self::Moment(moment) => write!(f, "date or time `{moment}`"),
            Self::List => f.write_str("a list"),
            Self::Table => f.write_str("a table"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// How something is written so that it is what was expected.
fn mend(path: &str, expected: &str, found: &Found) -> Option<String> {
    let written = match found {
        Found::Text(text) => text.clone(),
        Found::Whole(number) | Found::Moment(number) => number.clone(),
        Found::Fraction(number) => number.to_string(),
        Found::Boolean(bool) => bool.to_string(),
        Found::List | Found::Table | Found::Other(_) => String::new(),
    };
    // A long one is only named.
    let short = Some(written.as_str()).filter(|text| (1..=40).contains(&text.chars().count()));
    let hint = match (expected, found) {
        ("a list", Found::Table) => {
            return Some(format!("write each table as [[{path}]], or the values in brackets"));
        }
        ("a list", Found::Text(_)) => short.map(|text| format!("write it in brackets: [{text:?}]")),
        ("a list", _) => short.map(|value| format!("write it in brackets: [{value}]")),
        ("a table", _) if path.is_empty() => None,
        ("a table", _) => return Some(format!("write it as [{path}], with its keys below")),
        ("a boolean", Found::Text(text)) => boolean(text).map(|it| format!("write it without quotes: {it}")),
        ("a boolean", _) => boolean(&written).map(|it| format!("write {it}")),
        (LENGTH, Found::Whole(number)) => Some(format!("write it with its unit, in quotes: \"{number}s\"")),
        (LENGTH, _) => return Some("write it with its unit, in quotes: \"90s\", \"5m\", \"2h\"".to_owned()),
        (number, Found::Text(text)) if number.contains("number") => {
            let is_number = match number.contains("whole") {
                true => text.trim().parse::<i64>().is_ok(),
                false => text.trim().parse::<f64>().is_ok(),
            };
            is_number.then(|| format!("write it without quotes: {}", text.trim()))
        }
        // Which ones are allowed has been said.
        (number, Found::Whole(_)) if number.contains("number") => return None,
        (number, Found::Fraction(fraction)) if number.contains("whole number") => {
            Some(format!("write it without a fraction: {}", fraction.trunc()))
        }
        ("a string", Found::List) => Some("write one text, in quotes and without brackets".to_owned()),
        ("a string", _) => short.map(|value| format!("write it in quotes: \"{value}\"")),
        (_, _) => None,
    };
    hint.or_else(|| form(path, expected))
}

/// What is expected, by an example.
fn form(path: &str, expected: &str) -> Option<String> {
    let key = path.rsplit('.').next().unwrap_or(path);
    let example = match expected {
        "a list" => "[\"...\"]",
        "a boolean" => "true, or false",
        "a string" => "\"...\"",
        number if number.contains("whole number") => "10, without quotes",
        number if number.contains("number") => "0.5, without quotes",
        one if one.starts_with("one of") => return Some("write one of them, in quotes".to_owned()),
        _ => return None,
    };
    Some(format!("write {key} = {example}"))
}

/// What somebody means who writes yes or no in another way.
fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "enabled" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "disabled" => Some(false),
        _ => None,
    }
}

/// How a text is written at a key.
pub(super) fn text_at(key: &str) -> String {
    format!("write {key} = \"...\"")
}

/// What helps an expression that cannot be used.
pub(super) fn expression(why: &str) -> &'static str {
    match why.contains("everywhere") {
        true => "ask for one sign at least, as in .+ instead of .*",
        false => "a sign that stands for itself in an expression has \\ before it, as in \\( or \\[",
    }
}

/// A syntax error's message without the parser's own jargon, and a hint where it does not say what it expects.
pub(super) fn syntax(message: &str) -> (String, Option<&'static str>) {
    let words = message.lines().collect::<Vec<_>>().join(", ");
    let hint = match words.as_str() {
        double if double.contains("duplicate key") => Some("keep one of them"),
        deep if deep.contains("recurse") => Some("write fewer brackets within each other"),
        said if said.contains("expected ") => None,
        _ => Some("a line is KEY = VALUE or [TABLE], and texts stand in quotes"),
    };
    (words, hint)
}

fn placed(path: &str, message: &str) -> String {
    if path.is_empty() { message.to_owned() } else { format!("`{path}`: {message}") }
}

/// What may have been meant by `name`: the nearest of `known`, or all of them.
pub(super) fn meant(name: &str, known: &[&str], what: &str) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(name);
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain(candidate), &wanted), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count() / 3));
    match nearest {
        Some((_, candidate)) => Some(format!("did you mean `{candidate}`?")),
        None if known.is_empty() => None,
        None => Some(format!("{what}: {}", known.join(", "))),
    }
}
