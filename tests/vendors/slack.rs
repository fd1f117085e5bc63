//! Slack's chat.postMessage. Its published description is of 2020 and knows forms only, and the token
//! in a header of that name; Slack itself takes JSON and a bearer token as well, which is what we send.
//! So Prism is shown the same fields as a form, and the bearer as that header: what is held to the
//! description is the path, the names of our fields, their types and that none is missing. That JSON
//! is taken is held by nothing here. Of incoming webhooks Slack publishes no description; their bodies
//! are the same fields without `channel`, which is what is looked at.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::prism::{Seen, Vendor, spec};
use crate::support::config;
use crate::{ENGINEERS, deliver, incident, message};
use flightdeck::incident::{MessageKind, Recipient};

/// JSON as a form, the bearer as a token.
fn as_form(seen: Seen) -> Seen {
    let body = seen.json();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = body.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut headers: Vec<(String, String)> =
        seen.headers.into_iter().filter(|(name, _)| name != "content-type").collect();
    let bearer = headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone());
    let token =
        bearer.as_deref().and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
    headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
    headers.push(("token".into(), token));
    Seen { body: form.into_bytes(), headers, ..seen }
}

/// The fields that the description knows.
fn described() -> BTreeSet<String> {
    let spec: Value = serde_json::from_slice(&std::fs::read(spec("slack-web.json")).unwrap()).unwrap();
    let fields = spec["paths"]["/chat.postMessage"]["post"]["parameters"].as_array().unwrap().clone();
    fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn what_is_posted_has_the_fields_that_slack_describes() {
    let known = described();
    let posted = |seen: &Seen| {
        let fields: BTreeSet<String> = seen.json().as_object().unwrap().keys().cloned().collect();
        (seen.path.clone(), fields)
    };
    let all = std::sync::Arc::new(std::sync::Mutex::new(vec![]));
    let kept = all.clone();
    let slack = Vendor::shown("slack-web.json", as_form, move |seen| {
        kept.lock().unwrap().push(posted(seen));
        (200, json!({"ok": true, "channel": "C0123ABCD", "ts": "1503435956.000247", "message": {}}))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "xoxb-1").unwrap();
    let text = format!(
        "[channels.c]\ntype = 'slack'\ntoken_file = 'token'\nchannel = 'C0123ABCD'\napi_url = '{}'\n\
         people = {{ bo = 'U0123ABCD' }}\nlimit = '60s'\n",
        slack.url()
    );
    let post = config::all(dir.path(), &text).1;
    let mut incident = incident();
    deliver(&post, &message(MessageKind::Declared, ENGINEERS), &incident).await;
    // In the thread of the first, from then on.
    let id = flightdeck::incident::MessageId(1);
    let reference = Some("1503435956.000247".into());
    let first = flightdeck::incident::Message { id, ..message(MessageKind::Declared, ENGINEERS) };
    for (seq, event) in [
        (2, flightdeck::incident::Event::MessageQueued { message: Box::new(first) }),
        (3, flightdeck::incident::Event::MessageDelivered { message: id, answer: "ok".into(), reference }),
    ] {
        let (at, actor) = (flightdeck::incident::Time::UNIX_EPOCH, flightdeck::incident::Actor::Flightdeck);
        incident.apply(&flightdeck::incident::Entry { incident: incident.id, seq, at, actor, event });
    }
    deliver(&post, &message(MessageKind::Page, Recipient::Person("bo".into())), &incident).await;
    slack.allowed(&["POST /chat.postMessage"; 2]);
    let all = all.lock().unwrap();
    assert!(all[1].1.contains("thread_ts"), "{all:?}");
    for (_, fields) in all.iter() {
        // Metadata came two years after the description.
        let unknown: Vec<_> = fields.difference(&known).filter(|name| *name != "metadata").collect();
        assert!(unknown.is_empty(), "Slack describes no {unknown:?}");
    }
}
