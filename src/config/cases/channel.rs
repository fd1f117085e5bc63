//! `[channels.NAME]` and `[oncall]`.

use super::*;

/// A channel of each type, as the cases below spoil it.
const HOOK: &str = "[channels.hook]\ntype = 'webhook'\nurl = 'https://h/x'\n";

#[test]
fn each_mistake_in_a_channel_is_told_and_leaves_the_channel_out() {
    let cases: &[(&str, &str)] = &[
        (
            "[channels.k]",
            "c.toml:1:11: `channels.k` lacks the key `type` (hint: types: webhook, http, email, slack, pagerduty, \
             statuspage)",
        ),
        (
            "[channels.k]\ntype = 'webhok'",
            "c.toml:2:8: there is no channel of type \"webhok\" (hint: did you mean `webhook`?)",
        ),
        (
            "[channels.k]\ntype = 'webhook'",
            "c.toml:1:11: `channels.k` lacks the key `url` (hint: or url_env, url_file, url_command where the \
             URL is a secret)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'ftp://h'",
            "c.toml:3:7: `url` begins with https:// or http:// (hint: url = \"https://host/path\")",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\ntoken = 'hunter2'",
            "c.toml:4:1: unknown key `channels.k.token` (hint: a secret is never written here: use \
             `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\nsecret_env = 'A'\nsecret_file = 'b'",
            "c.toml:5:15: more than one of `secret_env`, `secret_file` and `secret_command` is given (hint: keep one)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\nkinds = ['leak']",
            "c.toml:4:10: `channels.k.kinds`: unknown value \"leak\" (hint: possible: declared, severity, leaking, \
             in-doubt, escalation, page, update, acknowledged, note, resolved, reopened, digest)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{\"text\": \"{subjet}\"}'",
            "c.toml:4:8: `body`: nothing is called {subjet} here (hint: did you mean `subject`?)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nmethod = 'GET'",
            "c.toml:5:10: `method` tells nobody anything (hint: POST, PUT or PATCH)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nheaders = { Authorization = 'x' }",
            "c.toml:5:29: `headers.Authorization`: a secret is never written here (hint: use `token_env`, \
             `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nexpect = { ok = 'true' }",
            "c.toml:5:1: \"ok\" is no JSON pointer (hint: write \"/ok\" or \"/result/id\")",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = 'a@h'",
            "c.toml:1:11: `channels.k` has nobody to write to (hint: to = [\"ops@example.com\"], or people = { ana \
             = \"ana@example.com\" })",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = 'a@h'\nto = ['b@h, c@h']",
            "c.toml:5:6: `to`: \"b@h, c@h\" is no address (hint: write name@example.com and nothing besides)",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = '-fevil@h'\nto = ['b@h']",
            "c.toml:4:8: `from`: \"-fevil@h\" is no address (hint: write name@example.com and nothing besides)",
        ),
        (
            "[channels.k]\ntype = 'slack'",
            "c.toml:1:11: `channels.k` says neither how to post nor where (hint: `url_env`, `url_file` or \
             `url_command` of an incoming webhook, or a token and `channel`)",
        ),
        (
            "[channels.k]\ntype = 'slack'\ntoken_env = 'T'",
            "c.toml:1:11: `channels.k` lacks the key `channel` (hint: the channel's id, as in C0123ABCD: a name \
             may change)",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\nchannel = 'C1'",
            "c.toml:4:11: `channel`: an incoming webhook posts to the channel that it was made for (hint: or \
             post with a token)",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\ntoken_file = '/dev/null'",
            "c.toml:4:14: both an incoming webhook and a token are given (hint: keep one)",
        ),
        (
            "[channels.k]\ntype = 'slack'\ntoken_env = 'T'\nchannel = 'C1'\napi_url = 'slack.com'",
            "c.toml:5:11: `api_url` begins with https:// or http:// (hint: the usual one is https://slack.com/api)",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\npeople = { ana = '@ana' }",
            "c.toml:4:18: `people.ana`: \"@ana\" is no member of a workspace (hint: write the member's id, as in \
             U0123ABCD)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'",
            "c.toml:1:11: `channels.k` lacks the routing key (hint: `routing_key_env`, `routing_key_file` or \
             `routing_key_command`: the integration key of the service's Events API v2)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\nfrom = 'a@h'",
            "c.toml:4:8: `from` is of no use without a token (hint: `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'ana'",
            "c.toml:5:8: `from`: PagerDuty changes incidents in the name of a user only (hint: the user's e-mail \
             address)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'a@h'\n\
             escalation_policy = '../users'",
            "c.toml:6:21: `escalation_policy` is no id of PagerDuty (hint: as in the address of its page: PXPGF42)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'a@h'\n\
             people = { ana = 'P1' }",
            "c.toml:6:1: calling people needs `requester` (hint: the id of the user who calls them)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\ntoken_env = 'T'",
            "c.toml:1:11: `channels.k` does not say which `page` (hint: the page's id, as in gytm4qzbx9t6)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'",
            "c.toml:1:11: `channels.k` lacks the API key (hint: `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'\ntoken_env = 'T'\naudiences = ['engineering']",
            "c.toml:5:13: `audiences`: a status page is for customers only (hint: leave the key out)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'\ntoken_env = 'T'\nkinds = ['update', 'leaking']",
            "c.toml:5:9: `kinds`: a status page takes the updates that a person wrote, nothing else (hint: leave \
             the key out)",
        ),
    ];
    for (text, expected) in cases {
        let (settings, problems) = read(text);
        {
            let (a, b) = (problems.clone(), expected);
            if a != [b.to_string()] {
                eprintln!(
                    "@@{b}
@>{}",
                    a.join(
                        "
@>"
                    )
                );
            }
        }
        assert!(settings.channels.is_empty(), "in:\n{text}");
    }
}

#[test]
fn each_mistake_in_who_is_on_call_is_told() {
    let cases: &[(&str, &str)] = &[
        (
            "[oncall]\nhand_over = 'Monday at ten'",
            "c.toml:5:13: `oncall.hand_over`: \"Monday at ten\" is no hand-over; write a weekday and a time: Mon 10:00",
        ),
        (
            "[oncall]\nstarts = 'Monday'",
            "c.toml:5:10: `oncall.starts`: \"Monday\" is no day; write 2026-11-23",
        ),
        (
            "[oncall.levels]\nprimary = { channel = 'hook' }",
            "c.toml:5:1: `oncall.levels`: \"primary\" is no level (hint: 0 is the primary on-call; 1, 2, 3 follow)",
        ),
        (
            "[oncall.levels]\n0 = { people = ['ana'], channel = 'hok' }",
            "c.toml:5:1: level 0: there is no channel \"hok\" (hint: did you mean `hook`?)",
        ),
        (
            "[[oncall.swaps]]\nweek = '2026-11-23'\nlevel = 3\nperson = 'ana'",
            "c.toml:4:1: `oncall.swaps`: nobody is on call at level 3 (hint: describe it in [oncall.levels.3])",
        ),
    ];
    for (text, expected) in cases {
        let text = format!("{HOOK}{text}");
        let (settings, problems) = read(&text);
        {
            let (a, b) = (problems.clone(), expected);
            if a != [b.to_string()] {
                eprintln!(
                    "@@{b}
@>{}",
                    a.join(
                        "
@>"
                    )
                );
            }
        }
        assert_eq!(settings.channels.len(), 1);
    }
}

#[test]
fn d10_a_channel_and_who_is_on_call_become_rules() {
    let text = format!(
        "{HOOK}severities = ['P0', 'SEV2']\nkinds = ['page', 'leaking']\n\
         [oncall]\nhand_over = 'Tue 09:30'\nstarts = '2026-01-06'\nlevels.0 = {{ people = ['ana', 'bo'], channel = 'hook' }}\n"
    );
    let (settings, problems) = read(&text.replace("SEV2", "P1"));
    assert_eq!(problems, [""; 0]);
    let policy = policy::load(&settings, &paths(), &mut Problems::new());
    let route = &policy.routes[0];
    assert_eq!((route.channel.as_str(), route.severities.len(), route.kinds.len()), ("hook", 2, 2));
    let duty = policy.rota.on_call(0, "2026-01-13T09:30:00Z".parse().unwrap()).unwrap();
    assert_eq!(duty.person.unwrap(), *"bo");
    let silent = read(&format!("{HOOK}read_only = true")).0;
    assert!(
        policy::load(&silent, &paths(), &mut Problems::new()).routes.is_empty(),
        "nothing is queued for it"
    );
}

#[test]
fn the_ready_made_channels_are_right() {
    for file in ["teams", "telegram"] {
        let path = format!("{}/assets/channels/{file}.toml", env!("CARGO_MANIFEST_DIR"));
        let (settings, problems) = read(&std::fs::read_to_string(path).unwrap());
        assert_eq!(problems, [""; 0], "{file}");
        assert!(settings.channels.contains_key(file));
    }
}
