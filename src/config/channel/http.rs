//! `type = "http"`: somebody else's JSON, from a template.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::incident::outbox::words;
use crate::secret::SecretSource;

use super::{Address, Reading, SecretKeys, written};
use crate::config::wording;

/// A place that takes JSON of its own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpChannel {
    /// Where.
    pub url: Address,
    /// POST unless said otherwise.
    pub method: String,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// What is shown as bearer token.
    pub token: Option<SecretSource>,
    /// The body. Names in braces within its texts stand for parts of the message.
    pub body: Value,
    /// What the answer must hold, by JSON pointer.
    pub expect: BTreeMap<String, String>,
    /// Where in the answer the channel's own name of the message stands, by JSON pointer.
    pub reference: Option<String>,
    /// The most characters of a text it takes.
    pub text_max: Option<usize>,
}

written! {
    struct Written {
        url: Option<String>,
        url_env: Option<String>,
        url_file: Option<String>,
        url_command: Option<Vec<String>>,
        token_env: Option<String>,
        token_file: Option<String>,
        token_command: Option<Vec<String>>,
        method: Option<String>,
        headers: BTreeMap<String, String>,
        body: Option<String>,
        expect: BTreeMap<String, String>,
        reference: Option<String>,
        text_max: Option<usize>,
    }
}

/// What names in braces may stand for in a body.
pub const PLACEHOLDERS: &[&str] = &[
    "subject",
    "text",
    "kind",
    "to",
    "severity",
    "topic",
    "state",
    "incident",
    "title",
    "realm",
    "message",
    "key",
    "reference",
];

pub(super) fn read(reading: &mut Reading<'_>) -> Option<HttpChannel> {
    let (written, whole) = reading.written::<Written>()?;
    let url = SecretKeys { env: written.url_env, file: written.url_file, command: written.url_command };
    let token =
        SecretKeys { env: written.token_env, file: written.token_file, command: written.token_command };
    let url = reading.address(written.url, url);
    let token = reading.secret("token", token);
    let method = method(reading, written.method);
    let body = body(reading, written.body);
    let pointers = pointers(reading, written.expect.keys().chain(written.reference.iter()));
    let headers = headers(reading, &written.headers);
    pointers.and(headers)?;
    let channel = HttpChannel {
        url: url?,
        method: method?,
        headers: written.headers,
        token: token?,
        body: body?,
        expect: written.expect,
        reference: written.reference,
        text_max: written.text_max,
    };
    whole.then_some(channel)
}

fn method(reading: &mut Reading<'_>, written: Option<String>) -> Option<String> {
    let method = written.unwrap_or_else(|| "POST".to_owned()).to_ascii_uppercase();
    if ["POST", "PUT", "PATCH"].contains(&method.as_str()) {
        return Some(method);
    }
    let problem = reading.tree.problem_at(&["method"], "`method` tells nobody anything");
    reading.problems.push(problem.hint("POST, PUT or PATCH"));
    None
}

fn body(reading: &mut Reading<'_>, written: Option<String>) -> Option<Value> {
    let Some(written) = written else {
        reading.lacks(&["body"], "lacks the key `body`", "body = '{\"text\": \"{subject}\"}'");
        return None;
    };
    let mut is_known = true;
    for wrong in words::names(&written).filter(|name| !PLACEHOLDERS.contains(name)) {
        let message = format!("`body`: nothing is called {{{wrong}}} here");
        let problem = reading.tree.problem_at(&["body"], message);
        reading.problems.push(match wording::meant(wrong, PLACEHOLDERS, "known here") {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
        is_known = false;
    }
    match serde_json::from_str(&written) {
        Ok(body) => is_known.then_some(body),
        Err(error) => {
            let problem = reading.tree.problem_at(&["body"], format!("`body` is no JSON: {error}"));
            reading.problems.push(problem.hint("names in braces stand within texts: \"{subject}\""));
            None
        }
    }
}

fn pointers<'a>(reading: &mut Reading<'_>, all: impl Iterator<Item = &'a String>) -> Option<()> {
    let mut right = Some(());
    for wrong in all.filter(|pointer| !pointer.starts_with('/')) {
        let message = format!("\"{wrong}\" is no JSON pointer");
        reading
            .problems
            .push(reading.tree.problem_at(&["expect"], message).hint("write \"/ok\" or \"/result/id\""));
        right = None;
    }
    right
}

fn headers(reading: &mut Reading<'_>, all: &BTreeMap<String, String>) -> Option<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut right = Some(());
    for (name, value) in all {
        let secret = ["authorization", "cookie"].contains(&name.to_ascii_lowercase().as_str());
        if secret {
            let message = format!("`headers.{name}`: a secret is never written here");
            let problem = reading.tree.problem_at(&["headers", name], message);
            reading.problems.push(problem.hint("use `token_env`, `token_file` or `token_command`"));
            right = None;
        } else if name.is_empty() || !name.chars().all(plain) || value.chars().any(char::is_control) {
            let problem = reading.tree.problem_at(&["headers", name], "this is no header");
            reading
                .problems
                .push(problem.hint("a name of letters, digits, - and _, and a value of one line"));
            right = None;
        }
    }
    right
}
