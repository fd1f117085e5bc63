//! `type = "statuspage"`: what customers read. It takes what a person wrote for them, nothing else.

use crate::incident::{Audience, MessageKind};
use crate::secret::SecretSource;

use super::{Reading, SecretKeys, written};

/// A page at Statuspage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPage {
    /// Where the API is.
    pub api: String,
    /// The page's id.
    pub page: String,
    /// The API key.
    pub token: SecretSource,
    /// Whether subscribers are notified.
    pub notify: bool,
}

written! {
    struct Written {
        page: Option<String>,
        token_env: Option<String>,
        token_file: Option<String>,
        token_command: Option<Vec<String>>,
        api_url: Option<String>,
        notify: Option<bool>,
    }
}

/// Where the API is.
const API: &str = "https://api.statuspage.io/v1";

pub(super) fn read(reading: &mut Reading<'_>) -> Option<StatusPage> {
    let (written, whole) = reading.written::<Written>()?;
    let token =
        SecretKeys { env: written.token_env, file: written.token_file, command: written.token_command };
    let token = reading.secret("token", token);
    let api = reading.base("api_url", written.api_url, API);
    let plain = |page: &String| !page.is_empty() && page.bytes().all(|b| b.is_ascii_alphanumeric());
    let page = written.page.filter(plain);
    if page.is_none() && (whole || !reading.has(&["page"])) {
        let message = format!("`{}` does not say which `page`", reading.tree.path());
        let problem = reading.tree.problem_at(&["page"], message);
        reading.problems.push(problem.hint("the page's id, as in gytm4qzbx9t6"));
    }
    let Some(token) = token? else {
        let hint = "`token_env`, `token_file` or `token_command`";
        reading.lacks(&["token_env", "token_file", "token_command"], "lacks the API key", hint);
        return None;
    };
    let page = StatusPage { api: api?, page: page?, token, notify: written.notify.unwrap_or(true) };
    whole.then_some(page)
}

/// Customers read what a person wrote for them.
pub(super) fn check(
    reading: &mut Reading<'_>,
    audiences: Option<&[Audience]>,
    kinds: Option<&[MessageKind]>,
) -> Option<()> {
    let mut right = Some(());
    if audiences.is_some_and(|all| all.iter().any(|a| *a != Audience::Customers)) {
        let problem =
            reading.tree.problem_at(&["audiences"], "`audiences`: a status page is for customers only");
        reading.problems.push(problem.hint("leave the key out"));
        right = None;
    }
    if kinds.is_some_and(|all| all.iter().any(|kind| *kind != MessageKind::Update)) {
        let message = "`kinds`: a status page takes the updates that a person wrote, nothing else";
        let problem = reading.tree.problem_at(&["kinds"], message);
        reading.problems.push(problem.hint("leave the key out"));
        right = None;
    }
    right
}
