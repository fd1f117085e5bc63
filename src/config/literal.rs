//! Secrets that somebody wrote out where a request is written: they would stand on the timeline.

use serde_json::Value;

use super::http::HttpAction;
use super::located::Problems;
use super::tree::Tree;

/// What names of secrets hold.
const SECRET: &[&str] =
    &["api-key", "api_key", "apikey", "token", "secret", "password", "passwd", "authorization", "credential"];

/// Headers that are never written here.
const OWN: &[&str] = &["authorization", "cookie"];

const HINT: &str = "a secret is never written here, because what is sent is on the timeline: use `token_env`, or \
                    `key_header` with `key_env` (or _file, _command)";

/// Tells of values that look like secrets written out. The action stays: only its author knows.
pub(super) fn told(tree: &Tree, action: &HttpAction, problems: &mut Problems) {
    let call = &action.call;
    for (name, value) in call.headers.iter().filter(|(name, _)| !OWN.contains(&name.to_lowercase().as_str()))
    {
        if is_secret(name, value) {
            let message = format!("`headers.{name}`: this looks like a secret that is written out");
            problems.push(tree.problem_at(&["headers", name], message).hint(HINT));
        }
    }
    let query = call.path.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if is_secret(name, value) {
            let message = format!("`path`: `{name}` looks like a secret that is written out");
            problems.push(tree.problem_at(&["path"], message).hint(HINT));
        }
    }
    let mut found = Vec::new();
    call.body.iter().for_each(|body| in_body(body, &mut found));
    for name in found {
        let message = format!("`body`: `{name}` looks like a secret that is written out");
        problems.push(tree.problem_at(&["body"], message).hint(HINT));
    }
}

/// Tells of headers that are set by other keys, where nobody else will.
pub(super) fn own_headers_told(tree: &Tree, action: &HttpAction, problems: &mut Problems) {
    for name in action.call.headers.keys().filter(|name| OWN.contains(&name.to_lowercase().as_str())) {
        let message = format!("the header '{name}' is not set here; secrets have keys of their own");
        problems.push(tree.problem_at(&["headers", name], message).hint(HINT));
    }
}

fn in_body(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                if value.as_str().is_some_and(|text| is_secret(name, text)) {
                    found.push(name.clone());
                }
                in_body(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_body(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether the name is that of a secret, and the value is written out.
fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|word| name.contains(word)) && value.len() >= 6 && !value.contains('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_by_its_name_and_a_placeholder_is_none() {
        for (name, value, told) in [
            ("X-Api-Key", "sk-12345678", true),
            ("token", "abcdefgh", true),
            ("db_password", "hunter2", true),
            ("X-Api-Key", "{key}", false),
            ("max_tokens", "5", false),
            ("X-Tenant", "acme-industries", false),
        ] {
            assert_eq!(is_secret(name, value), told, "{name}={value}");
        }
    }
}
