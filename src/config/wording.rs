//! The reader's errors in words that help: what is there, what may be there, what was meant.
//!
//! The TOML reader speaks of fields and variants; a person wrote keys and values.

/// The names in backticks in a text, in order.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The key that an error says is missing.
pub(super) fn missing_key(message: &str) -> Option<&str> {
    names(message.strip_prefix("missing field ")?).next()
}

/// What is wrong at `path`, and a hint; with its value, unless it `is_key` that is wrong.
pub(super) fn value(path: &str, message: &str, is_key: bool) -> (String, Option<String>) {
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let mut all = names(rest);
        let name = all.next().unwrap_or_default();
        let all: Vec<&str> = all.collect();
        return (
            format!("unknown key `{path}`"),
            secret(name, &all).or_else(|| meant(name, &all, "known here")),
        );
    }
    if let Some(key) = missing_key(message) {
        let whose = if path.is_empty() { String::new() } else { format!("`{path}` lacks ") };
        let lacks =
            if path.is_empty() { format!("the key `{key}` is missing") } else { format!("the key `{key}`") };
        return (format!("{whose}{lacks}"), None);
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let mut all = names(rest);
        let name = all.next().unwrap_or_default();
        let hint = meant(name, &all.collect::<Vec<_>>(), "possible");
        if is_key {
            return (format!("unknown key `{path}`"), hint);
        }
        return (placed(path, &format!("unknown value \"{name}\"")), hint);
    }
    let invalid =
        ["invalid type: ", "invalid value: "].iter().find_map(|prefix| message.strip_prefix(prefix));
    if let Some((found, expected)) = invalid.and_then(|rest| rest.rsplit_once(", expected ")) {
        let (expected, found) = (kind(expected), kind(found));
        return (placed(path, &format!("expected {expected}, found {found}")), None);
    }
    (placed(path, message), None)
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
        "a map" | "map" => "a table",
        "a sequence" | "sequence" => "a list",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, not below 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        other => other,
    }
}

/// A syntax error's message without the parser's own jargon.
pub(super) fn syntax(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
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
