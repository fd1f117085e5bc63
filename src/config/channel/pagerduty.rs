//! `type = "pagerduty"`: alerts by the Events API v2, and by a token escalation and who is on call.

use std::collections::BTreeMap;

use crate::secret::SecretSource;

use super::{Reading, SecretKeys, written};

/// A service of PagerDuty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerDuty {
    /// Where events go.
    pub events: String,
    /// Which service they are for.
    pub routing_key: SecretSource,
    /// The REST API, where there is a token.
    pub rest: Option<Account>,
}

/// What is done by the REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it is.
    pub api: String,
    /// The token.
    pub token: SecretSource,
    /// The e-mail address of the user in whose name incidents are changed.
    pub from: String,
    /// That user's id, which calls to a person need.
    pub requester: Option<String>,
    /// The escalation policy that is asked for who is on call.
    pub policy: Option<String>,
    /// People's user ids.
    pub people: BTreeMap<String, String>,
}

written! {
    struct Written {
        routing_key_env: Option<String>,
        routing_key_file: Option<String>,
        routing_key_command: Option<Vec<String>>,
        events_url: Option<String>,
        token_env: Option<String>,
        token_file: Option<String>,
        token_command: Option<Vec<String>>,
        api_url: Option<String>,
        from: Option<String>,
        requester: Option<String>,
        escalation_policy: Option<String>,
        people: BTreeMap<String, String>,
    }
}

/// Where events go outside the EU.
const EVENTS: &str = "https://events.pagerduty.com/v2";

/// Where the REST API is outside the EU.
const API: &str = "https://api.pagerduty.com";

pub(super) fn read(reading: &mut Reading<'_>) -> Option<PagerDuty> {
    let (mut written, whole) = reading.written::<Written>()?;
    let key = SecretKeys {
        env: written.routing_key_env.take(),
        file: written.routing_key_file.take(),
        command: written.routing_key_command.take(),
    };
    let key = reading.secret("routing_key", key);
    let events = reading.base("events_url", written.events_url.take(), EVENTS);
    let rest = account(reading, written, whole);
    let Some(routing_key) = key? else {
        let hint = "`routing_key_env`, `routing_key_file` or `routing_key_command`: the integration key of \
                    the service's Events API v2";
        let keys = ["routing_key_env", "routing_key_file", "routing_key_command"];
        reading.lacks(&keys, "lacks the routing key", hint);
        return None;
    };
    let pager = PagerDuty { events: events?, routing_key, rest: rest? };
    whole.then_some(pager)
}

/// `None` if something is wrong with it, `Some(None)` if there is no token.
#[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
fn account(reading: &mut Reading<'_>, written: Written, whole: bool) -> Option<Option<Account>> {
    let token =
        SecretKeys { env: written.token_env, file: written.token_file, command: written.token_command };
    let token = reading.secret("token", token);
    let api = reading.base("api_url", written.api_url, API);
    let ids = [("requester", &written.requester), ("escalation_policy", &written.escalation_policy)];
    let ids = ids.into_iter().filter_map(|(key, id)| Some((vec![key], id.as_ref()?)));
    let people = written.people.iter().map(|(name, id)| (vec!["people", name.as_str()], id));
    let mut right = whole;
    for (keys, id) in ids.chain(people) {
        // Ids go into the paths of requests.
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let problem =
                reading.tree.problem_at(&keys, format!("`{}` is no id of PagerDuty", keys.join(".")));
            reading.problems.push(problem.hint("as in the address of its page: PXPGF42"));
            right = false;
        }
    }
    let Some(token) = token? else {
        if !whole {
            return None; // the token may be what was told to be wrong
        }
        let needing = ["from", "requester", "escalation_policy", "people"];
        let whole = reading.tree.span_of(&[]);
        if let Some(key) = needing.into_iter().find(|key| reading.tree.span_of(&[key]) != whole) {
            let problem = reading.tree.problem_at(&[key], format!("`{key}` is of no use without a token"));
            reading.problems.push(problem.hint("`token_env`, `token_file` or `token_command`"));
            return None;
        }
        return right.then_some(None);
    };
    let from = written.from.filter(|from| from.contains('@') && !from.chars().any(char::is_control));
    if from.is_none() && whole {
        let message = "`from`: PagerDuty changes incidents in the name of a user only";
        reading.problems.push(reading.tree.problem_at(&["from"], message).hint("the user's e-mail address"));
    }
    if !written.people.is_empty() && written.requester.is_none() && !reading.has(&["requester"]) {
        let problem = reading.tree.problem_at(&["people"], "calling people needs `requester`");
        reading.problems.push(problem.hint("the id of the user who calls them"));
        right = false;
    }
    let (requester, policy, people) = (written.requester, written.escalation_policy, written.people);
    let account = Account { api: api?, token, from: from?, requester, policy, people };
    right.then_some(Some(account))
}
