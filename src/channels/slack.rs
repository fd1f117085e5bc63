//! Slack: as an app each incident is a thread, by an incoming webhook each message stands alone.
//!
//! Slack knows no idempotency keys: before a message whose answer was lost is posted again, it is looked
//! for (`read`). It says 200 and means no; the word that it gives for it decides whether another try
//! may help.

mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::site::{LOOK, UNPROVED};
use super::{Channel, Delivery, LiveChannel, Pending, Seen, Site, answer};
use crate::incident::outbox::Doubt;
use crate::incident::{Incident, Message, MessageKind, Recipient, Text};
use crate::web::{Answer, Method, Outcome};
use read::Found;

/// What is said of a try that could not look before.
const POSTED_UNREAD: &str = "it was posted again without a look";

/// The most characters of a text: what Slack shows as one message.
const MOST: usize = 3900;

/// A channel of a workspace.
pub struct Slack {
    name: Text,
    site: Site,
    /// Where an app posts to; a webhook knows.
    channel: Option<String>,
    people: BTreeMap<String, String>,
    limit: Duration,
}

impl Slack {
    /// By an incoming webhook.
    #[must_use]
    pub fn hook(name: &str, site: Site, people: BTreeMap<String, String>, limit: Duration) -> Self {
        Self { name: Text::line(name), site, channel: None, people, limit }
    }

    /// As an app, by `chat.postMessage`.
    #[must_use]
    pub fn app(
        name: &str,
        site: Site,
        channel: &str,
        people: BTreeMap<String, String>,
        limit: Duration,
    ) -> Self {
        Self { channel: Some(channel.to_owned()), ..Self::hook(name, site, people, limit) }
    }

    async fn post(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let unread = match self.told_already(key, message, incident).await {
            Ok(unread) => unread,
            Err(ended) => return ended,
        };
        match (self.posted(key, message, incident).await, unread) {
            (Delivery::Unknown(why), Some(unseen)) => {
                Delivery::Repeated(Text::line(&format!("{POSTED_UNREAD}, {unseen}: {why}")))
            }
            (posted, _) => posted,
        }
    }

    /// Whether a message of which nobody knows may be posted again: why it could not be looked for,
    /// where it is worth a second try all the same.
    ///
    /// # Errors
    /// What became of it, where it must not be posted now.
    async fn told_already(
        &self,
        key: &str,
        message: &Message,
        incident: &Incident,
    ) -> Result<Option<Text>, Delivery> {
        let sent = incident.outbox.get(message.id);
        let Some(sent) = sent.filter(|sent| sent.is_in_doubt()) else { return Ok(None) };
        let thread = incident.outbox.reference(self.name.as_str());
        let found = match &self.channel {
            Some(channel) => read::found(&self.site, (channel, thread), key, sent).await,
            None => Found::Hidden(Text::line("a webhook shows nothing of what was said")),
        };
        match found {
            Found::Absent => Ok(None),
            Found::There(ts) => {
                let answer = Text::line(&format!("it stands there since the try before, as {ts}"));
                let reference = thread.is_none().then(|| Text::line(&ts));
                Err(Delivery::Delivered { answer, reference })
            }
            Found::NotNow(why) => {
                Err(Delivery::Unknown(Text::line(&format!("and could not be looked for yet: {why}"))))
            }
            // Whoever is to be woken is called rather twice than never.
            Found::Hidden(why) if sent.doubt == Doubt::Repeated && message.kind != MessageKind::Page => {
                let words = format!("{POSTED_UNREAD}, and is not repeated blindly ({why})");
                Err(Delivery::Unknowable(Text::line(&words)))
            }
            Found::Hidden(why) => Ok(Some(why)),
        }
    }

    async fn posted(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let Some(channel) = &self.channel else {
            let body = body(message, incident, &self.people);
            return answer::judged(self.send_json(&body).await, by_hook);
        };
        let mut body = body(message, incident, &self.people);
        body["channel"] = json!(channel);
        body["metadata"] = read::metadata(key);
        let thread = incident.outbox.reference(self.name.as_str());
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread.as_str());
            let outcome = self.send_json(&body).await;
            if !is_thread_gone(&outcome) {
                return answer::judged(outcome, |answer, said| by_app(answer, &said, false));
            }
            // Somebody deleted or locked it: better beside the thread than nowhere.
            if let Some(fields) = body.as_object_mut() {
                fields.remove("thread_ts");
            }
        }
        let outcome = self.send_json(&body).await;
        answer::judged(outcome, |answer, said| by_app(answer, &said, thread.is_none()))
    }

    async fn send_json(&self, body: &Value) -> Outcome {
        // With the charset, without which the Web API warns.
        let make = |request: crate::web::Request| {
            let request = request.limit(self.limit).body(body.to_string());
            request.header("content-type", "application/json; charset=utf-8")
        };
        self.site.send(Method::POST, make).await
    }
}

/// What both ways take.
fn body(message: &Message, incident: &Incident, people: &BTreeMap<String, String>) -> Value {
    let called = match &message.to {
        Recipient::Person(name) => people.get(name.as_str()),
        Recipient::Audience(_) | Recipient::Level(_) => None,
    };
    let mut text = escaped(&cut(&words(message), incident));
    if let Some(id) = called {
        text = format!("<@{id}> {text}");
    }
    // Words are no markup, links are not fetched; only a call needs Slack to read the text.
    json!({ "text": text, "mrkdwn": called.is_some(), "unfurl_links": false, "unfurl_media": false })
}

/// The subject and the text, without saying the same twice.
fn words(message: &Message) -> String {
    let (subject, text) = (message.subject.as_str(), message.text.as_str());
    let first = text.lines().next().unwrap_or_default();
    if !first.is_empty() && subject.starts_with(first) {
        return text.to_owned();
    }
    format!("{subject}\n{text}").trim_end().to_owned()
}

/// What is too long is cut, and it is said where the rest is.
fn cut(words: &str, incident: &Incident) -> String {
    let count = words.chars().count();
    if count <= MOST {
        return words.to_owned();
    }
    let kept: String = words.chars().take(MOST).collect();
    format!("{kept}\n[cut: {} more characters are on the timeline of {}]", count - MOST, incident.id)
}

/// The three characters that are markup to Slack: no word of an incident may call a channel.
fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An incoming webhook says `ok` and nothing besides.
fn by_hook(answer: &Answer, said: Text) -> Delivery {
    if answer.text().as_str() == "ok" {
        return Delivery::Delivered { answer: said, reference: None };
    }
    // Somebody between may have said this.
    Delivery::Unknown(said)
}

/// The Web API says `{"ok": …}`. The thread is named by its first message.
fn by_app(answer: &Answer, said: &Text, is_first: bool) -> Delivery {
    let body = answer.json().unwrap_or_default();
    if body["ok"] == true {
        let place = body["channel"].as_str().unwrap_or("the channel");
        let ts = body["ts"].as_str();
        let words = format!("posted to {place} as {}", ts.unwrap_or("a message without a name"));
        let reference = ts.filter(|_| is_first).map(Text::line);
        return Delivery::Delivered { answer: Text::line(&words), reference };
    }
    match (body["ok"].as_bool(), body["error"].as_str()) {
        (Some(false), Some("ratelimited" | "rate_limited" | "service_unavailable" | "request_timeout")) => {
            Delivery::Failed { why: said.clone(), retry_after: answer.retry_after() }
        }
        // In Slack's own words: some aspect of the operation may have succeeded.
        (Some(false), Some("internal_error" | "fatal_error")) | (None | Some(true), _) => {
            Delivery::Unknown(said.clone())
        }
        (Some(false), _) => Delivery::Refused(said.clone()),
    }
}

/// What `auth.test` says of the token. Whether it may write in the channel, no call says that writes
/// nothing.
fn who(answer: &Answer, channel: &str) -> Seen {
    let body = answer.json().unwrap_or_default();
    if answer.is_success() && body["ok"] == true {
        let of = |name: &str| body[name].as_str().unwrap_or("?").to_owned();
        let words =
            format!("it is {} of {}; that it may write in {channel} is not shown", of("user"), of("team"));
        return Seen::Well(Text::line(&words));
    }
    let why = body["error"].as_str().unwrap_or("no answer of Slack's");
    Seen::Ill(Text::line(&format!("it answered {}: {why}", answer.status)))
}

fn is_thread_gone(outcome: &Outcome) -> bool {
    let Outcome::Answered(answer) = outcome else { return false };
    let body = answer.json().unwrap_or_default();
    let gone = ["thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"];
    body["error"].as_str().is_some_and(|word| gone.contains(&word))
}

impl Channel for Slack {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        // Twice, where the thread is gone; each ends by itself and says what it knows.
        self.limit * 2 + LOOK + Duration::from_secs(1)
    }

    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery> {
        Box::pin(self.post(key, message, incident))
    }

    /// An app says who it is; a webhook can only be reached.
    fn look(&self) -> Pending<'_, Option<Seen>> {
        Box::pin(async {
            let Some(channel) = &self.channel else { return Some(self.site.reach(UNPROVED).await) };
            Some(match self.site.beside("auth.test", LOOK).await {
                Outcome::NotSent(why) | Outcome::Unknown(why) => Seen::Ill(why),
                Outcome::Answered(answer) => who(&answer, channel),
            })
        })
    }
}

impl LiveChannel for Slack {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str, is_first: bool) -> Delivery {
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        let answer = Answer { status, headers, body: body.into(), tries: 1, after_doubt: false };
        answer::judged(Outcome::Answered(answer), |answer, said| by_app(answer, &said, is_first))
    }

    #[test]
    fn what_each_word_of_slack_means() {
        let after = Some(Duration::from_secs(7));
        for (word, expected) in [
            ("channel_not_found", "refused"),
            ("not_in_channel", "refused"),
            ("is_archived", "refused"),
            ("invalid_auth", "refused"),
            ("token_revoked", "refused"),
            ("msg_too_long", "refused"),
            ("a_word_of_next_year", "refused"),
            ("ratelimited", "failed"),
            ("rate_limited", "failed"),
            ("service_unavailable", "failed"),
            ("internal_error", "unknown"),
            ("fatal_error", "unknown"),
        ] {
            let said = match answered(200, &json!({"ok": false, "error": word}).to_string(), true) {
                Delivery::Delivered { .. } => "delivered",
                Delivery::Failed { retry_after, .. } => {
                    assert_eq!(retry_after, after);
                    "failed"
                }
                Delivery::Refused(why) => {
                    assert!(why.as_str().contains(word), "{why}");
                    "refused"
                }
                Delivery::Unknown(_) | Delivery::Repeated(_) | Delivery::Unknowable(_) => "unknown",
            };
            assert_eq!(said, expected, "{word}");
        }
        for no_answer_of_slack in ["<html>", "", "{}", "{\"ok\":\"yes\"}"] {
            assert!(matches!(answered(200, no_answer_of_slack, true), Delivery::Unknown(_)));
        }
        assert!(
            matches!(answered(429, "", true), Delivery::Failed { retry_after, .. } if retry_after == after)
        );
    }

    #[test]
    fn the_first_message_names_the_thread_and_no_other_does() {
        let body = r#"{"ok":true,"channel":"C1","ts":"1503435956.000247"}"#;
        for (is_first, reference) in [(true, Some("1503435956.000247".into())), (false, None)] {
            let answer = "posted to C1 as 1503435956.000247".into();
            assert_eq!(answered(200, body, is_first), Delivery::Delivered { answer, reference });
        }
    }

    #[test]
    fn no_word_of_an_incident_is_markup() {
        assert_eq!(
            escaped("<!channel> & <@U1> <https://h|x>"),
            "&lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://h|x&gt;"
        );
    }
}
