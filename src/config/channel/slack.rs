//! `type = "slack"`: as an app with a token, each incident a thread, or by an incoming webhook.

use std::collections::BTreeMap;

use crate::incident::Text;
use crate::secret::SecretSource;

use super::{Reading, SecretKeys, written};

/// A channel of a Slack workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slack {
    /// How it is reached.
    pub way: SlackWay,
    /// People's member ids, by which they are called.
    pub people: BTreeMap<String, String>,
}

/// How Slack is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackWay {
    /// By an incoming webhook, which knows its channel. Its URL is the secret.
    Hook(SecretSource),
    /// As an app.
    App {
        /// Where the Web API is.
        api: String,
        /// The app's token.
        token: SecretSource,
        /// The channel it posts to.
        channel: String,
    },
}

written! {
    struct Written {
        url_env: Option<String>,
        url_file: Option<String>,
        url_command: Option<Vec<String>>,
        token_env: Option<String>,
        token_file: Option<String>,
        token_command: Option<Vec<String>>,
        channel: Option<String>,
        api_url: Option<String>,
        people: BTreeMap<String, String>,
    }
}

/// Where Slack's Web API is.
const API: &str = "https://slack.com/api";

pub(super) fn read(reading: &mut Reading<'_>) -> Option<Slack> {
    let (written, whole) = reading.written::<Written>()?;
    let url = SecretKeys { env: written.url_env, file: written.url_file, command: written.url_command };
    let token =
        SecretKeys { env: written.token_env, file: written.token_file, command: written.token_command };
    let url = reading.secret("url", url);
    let token = reading.secret("token", token);
    let people = people(reading, &written.people);
    // Half of it cannot be judged: what is missing may be what was told to be wrong.
    let way = if whole { way(reading, url?, token?, written.channel, written.api_url) } else { None };
    people?;
    Some(Slack { way: way?, people: written.people })
}

fn way(
    reading: &mut Reading<'_>,
    url: Option<SecretSource>,
    token: Option<SecretSource>,
    channel: Option<String>,
    api: Option<String>,
) -> Option<SlackWay> {
    let (problem, hint) = match (url, token, channel) {
        (Some(url), None, None) => return Some(SlackWay::Hook(url)),
        (None, Some(token), Some(channel)) if !channel.trim().is_empty() => {
            let api = reading.base("api_url", api, API)?;
            return Some(SlackWay::App { api, token, channel });
        }
        (Some(_), None, Some(_)) => {
            let message = "`channel`: an incoming webhook posts to the channel that it was made for";
            (reading.tree.problem_at(&["channel"], message), "or post with a token")
        }
        (Some(_), Some(_), _) => {
            let keys = ["token_env", "token_file", "token_command"];
            let whole = reading.tree.span_of(&[]);
            let key = keys.into_iter().find(|key| reading.tree.span_of(&[key]) != whole).unwrap_or(keys[0]);
            let message = "both an incoming webhook and a token are given";
            (reading.tree.problem_at(&[key], message), "keep one")
        }
        (None, Some(_), _) => {
            let message = format!("`{}` lacks the key `channel`", reading.tree.path());
            (reading.tree.problem_at(&[], message), "the channel's id, as in C0123ABCD: a name may change")
        }
        (None, None, _) => {
            let message = format!("`{}` says neither how to post nor where", reading.tree.path());
            let hint =
                "`url_env`, `url_file` or `url_command` of an incoming webhook, or a token and `channel`";
            (reading.tree.problem_at(&[], message), hint)
        }
    };
    reading.problems.push(problem.hint(hint));
    None
}

/// Ids become a part of Slack's markup, so they are nothing but ids.
fn people(reading: &mut Reading<'_>, people: &BTreeMap<String, String>) -> Option<()> {
    let mut right = Some(());
    for (name, id) in people {
        let plain =
            id.starts_with(['U', 'W']) && id.len() > 1 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain {
            let shown = Text::line(id);
            let message = format!("`people.{name}`: \"{shown}\" is no member of a workspace");
            let problem = reading.tree.problem_at(&["people", name], message);
            reading.problems.push(problem.hint("write the member's id, as in U0123ABCD"));
            right = None;
        }
    }
    right
}
