//! What stands in Slack already. It knows no idempotency keys, so a message carries its own in its
//! metadata, and where an answer was lost the thread or the channel is read before anything is posted
//! again. A token without the right to read (`channels:history`) is told from a message that is not
//! there: what cannot be read is repeated once and no more.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::channels::site::{LOOK, Site};
use crate::incident::{Outgoing, Text};
use crate::web::{Answer, Outcome};

/// What kind of metadata ours is, to whoever reads them all.
const EVENT: &str = "flightdeck_message";

/// How much earlier than ours Slack's clock may be.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// As many messages as Slack gives at once.
const MOST: &str = "999";

/// The metadata of a message.
pub(super) fn metadata(key: &str) -> Value {
    json!({ "event_type": EVENT, "event_payload": { "key": key } })
}

/// What a reading showed of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It stands there, under this name.
    There(String),
    /// It does not.
    Absent,
    /// Slack does not let us see, and why; another try will not either.
    Hidden(Text),
    /// Nobody answered, or not now.
    NotNow(Text),
}

/// Looks for the message of a key in the thread, where there is one, and in the channel.
pub(super) async fn found(
    site: &Site,
    (channel, thread): (&str, Option<&Text>),
    key: &str,
    sent: &Outgoing,
) -> Found {
    let oldest = (sent.queued_at - SKEW).timestamp().max(0).to_string();
    let mut query =
        vec![("channel", channel), ("oldest", &oldest), ("limit", MOST), ("include_all_metadata", "true")];
    let method = match thread {
        Some(thread) => {
            query.push(("ts", thread.as_str()));
            "conversations.replies"
        }
        None => "conversations.history",
    };
    match site.read_beside(method, &query, LOOK).await {
        Outcome::NotSent(why) | Outcome::Unknown(why) => Found::NotNow(why),
        Outcome::Answered(answer) => judged(&answer, key),
    }
}

fn judged(answer: &Answer, key: &str) -> Found {
    let body = answer.json().unwrap_or_default();
    if body["ok"] == true {
        let messages = body["messages"].as_array().into_iter().flatten();
        let mut ours = messages.filter(|one| one["metadata"]["event_payload"]["key"] == key);
        return match ours.next().map(|one| one["ts"].as_str().unwrap_or("a message without a name")) {
            Some(ts) => Found::There(ts.to_owned()),
            None if body["has_more"] == true => {
                Found::Hidden(Text::line("more was said since than Slack shows at once"))
            }
            None => Found::Absent,
        };
    }
    match body["error"].as_str() {
        // Nothing can stand in a thread that is gone; what is said next stands beside it.
        Some("thread_not_found") => Found::Absent,
        Some("ratelimited" | "rate_limited" | "service_unavailable" | "request_timeout")
        | Some("internal_error" | "fatal_error")
        | None => Found::NotNow(Text::line(&format!("it answered {}", answer.status))),
        Some(word) => Found::Hidden(Text::line(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_answer_shows_of_a_message() {
        let there = json!({"ok": true, "messages": [
            {"ts": "1.4", "metadata": {"event_type": EVENT, "event_payload": {"key": "another"}}},
            {"ts": "1.5", "metadata": metadata("k")},
        ]});
        let hidden = |word: &str| Found::Hidden(Text::line(word));
        let not_now = |status: &str| Found::NotNow(Text::line(&format!("it answered {status}")));
        for (status, body, expected) in [
            (200, there, Found::There("1.5".into())),
            (200, json!({"ok": true, "messages": [{"ts": "1.4", "text": "k"}]}), Found::Absent),
            (
                200,
                json!({"ok": true, "messages": [], "has_more": true}),
                hidden("more was said since than Slack shows at once"),
            ),
            (200, json!({"ok": false, "error": "thread_not_found"}), Found::Absent),
            (200, json!({"ok": false, "error": "missing_scope"}), hidden("missing_scope")),
            (200, json!({"ok": false, "error": "channel_not_found"}), hidden("channel_not_found")),
            (429, json!({"ok": false, "error": "ratelimited"}), not_now("429")),
            (200, json!("<html>"), not_now("200")),
        ] {
            let text = body.to_string();
            let answer =
                Answer { status, headers: vec![], body: text.clone().into(), tries: 1, after_doubt: false };
            assert_eq!(judged(&answer, "k"), expected, "{text}");
        }
    }
}
