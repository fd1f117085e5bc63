//! Slack: threads, words that are no markup, and a 200 that means no.

use super::*;

/// The incident after a first message that Slack called `1.5`.
fn told() -> Incident {
    let mut incident = incident();
    let delivered = Event::MessageDelivered {
        message: MessageId(3),
        answer: "posted".into(),
        reference: Some("1.5".into()),
    };
    for (seq, event) in (2..).zip([Event::MessageQueued { message: message().into() }, delivered]) {
        let at = Time::UNIX_EPOCH;
        let entry =
            flightdeck::incident::Entry { incident: IncidentId(7), seq, at, actor: Actor::Flightdeck, event };
        incident.apply(&entry);
    }
    incident
}

fn app(url: &str) -> Post {
    let text = format!(
        "[channels.c]\ntype = 'slack'\ntoken_env = 'TOKEN'\nchannel = 'C1'\napi_url = '{url}/api'\nlimit = '2s'\n"
    );
    post(&text, &|name| (name == "TOKEN").then(|| format!("xoxb-{SECRET}")))
}

#[tokio::test]
async fn an_app_begins_a_thread_and_goes_on_in_it() {
    let (server, seen) = server(200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.5\"}").await;
    let post = app(&server.url());
    let first = send(&post, &incident()).await;
    let answer = Text::line("posted to C1 as 1.5");
    assert_eq!(first, Delivery::Delivered { answer: answer.clone(), reference: Some("1.5".into()) });
    let next = send(&post, &told()).await;
    assert_eq!(next, Delivery::Delivered { answer, reference: None });
    let seen = seen.lock().unwrap();
    let (uri, headers, body) = &seen[0];
    assert_eq!(uri, "/api/chat.postMessage");
    assert_eq!(headers["authorization"], format!("Bearer xoxb-{SECRET}").as_str());
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "channel": "C1",
            "text": "P0 INC-7: mails \"leave\" {key}\ntwo\nlines, \"quoted\", {key}",
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
            "metadata": { "event_type": "flightdeck_message", "event_payload": { "key": "0a1b-INC-7-M3" } },
        })
    );
    let next: serde_json::Value = serde_json::from_str(&seen[1].2).unwrap();
    assert_eq!(next["thread_ts"], "1.5");
}

#[tokio::test]
async fn a_thread_that_is_gone_keeps_nobody_from_being_told() {
    let (server, seen) = server(200, "{\"ok\":false,\"error\":\"thread_not_found\"}").await;
    let refused = send(&app(&server.url()), &told()).await;
    assert!(matches!(refused, Delivery::Refused(_)), "{refused:?}");
    let seen = seen.lock().unwrap();
    let threads: Vec<bool> = seen.iter().map(|(_, _, body)| body.contains("thread_ts")).collect();
    assert_eq!(threads, [true, false]);
}

#[tokio::test]
async fn a_200_that_means_no_is_no_and_quotes_no_token() {
    let (server, _) =
        server(200, "{\"ok\":false,\"error\":\"invalid_auth\",\"token\":\"xoxb-hunter2\"}").await;
    let Delivery::Refused(why) = send(&app(&server.url()), &incident()).await else { unreachable!() };
    assert!(why.as_str().contains("invalid_auth") && !why.as_str().contains(SECRET), "{why}");
}

#[tokio::test]
async fn a_webhook_calls_a_person_and_nothing_else_is_markup() {
    let (server, seen) = server(200, "ok").await;
    let url = server.url();
    let text = "[channels.c]\ntype = 'slack'\nurl_env = 'URL'\npeople = { ana = 'U0123' }\n";
    let post = post(text, &move |name| (name == "URL").then(|| format!("{url}/services/{SECRET}")));
    let channel = post.by_name("c").unwrap();
    let page = Message {
        to: Recipient::Person("ana".into()),
        kind: MessageKind::Page,
        subject: "<!channel> burns & more".into(),
        text: Text::block(&"x".repeat(5000)),
        ..message()
    };
    let delivered = channel.send("k", &page, &incident()).await;
    assert_eq!(delivered, Delivery::Delivered { answer: "200 ok".into(), reference: None });
    let seen = seen.lock().unwrap();
    let body: serde_json::Value = serde_json::from_str(&seen[0].2).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("<@U0123> &lt;!channel&gt; burns &amp; more\nxxx"), "{text}");
    assert!(text.ends_with("x\n[cut: 1124 more characters are on the timeline of INC-7]"), "{text}");
    assert_eq!(body["mrkdwn"], true);
}

/// The message queued, and its tries that ended so.
fn tried(ends: &[(String, Doubt)]) -> Incident {
    let mut incident = incident();
    let failed = |(reason, doubt): &(String, Doubt)| Event::MessageFailed {
        message: MessageId(3),
        reason: Text::line(reason),
        again_at: Some(Time::UNIX_EPOCH),
        doubt: *doubt,
    };
    let queued = [Event::MessageQueued { message: message().into() }];
    for (seq, event) in (2..).zip(queued.into_iter().chain(ends.iter().map(failed))) {
        let at = Time::UNIX_EPOCH;
        let entry =
            flightdeck::incident::Entry { incident: IncidentId(7), seq, at, actor: Actor::Flightdeck, event };
        incident.apply(&entry);
    }
    incident
}

/// Slack with what was posted, of which the answers are lost as long as a proxy keeps them.
async fn workspace(readable: bool) -> (Server, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let routes = Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8_lossy(&body).into_owned();
        let mut kept = kept.lock().unwrap();
        if uri.path() == "/api/chat.postMessage" {
            kept.push((uri.to_string(), headers, body));
            return serde_json::json!({"ok": true, "channel": "C1", "ts": format!("1.{}", kept.len())})
                .to_string();
        }
        if !readable {
            return serde_json::json!({"ok": false, "error": "missing_scope"}).to_string();
        }
        assert_eq!(uri.path(), "/api/conversations.history");
        let all = kept.iter().enumerate().map(|(nth, (_, _, body))| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            serde_json::json!({"ts": format!("1.{}", nth + 1), "metadata": body["metadata"]})
        });
        serde_json::json!({"ok": true, "messages": all.collect::<Vec<_>>()}).to_string()
    });
    (Server::start(routes).await, seen)
}

/// What the outbox puts on record of a try of which nobody knows.
fn recorded(delivery: &Delivery) -> (String, Doubt) {
    match delivery {
        Delivery::Unknown(why) => (format!("it may have arrived: {why}"), Doubt::Lost),
        Delivery::Repeated(why) => (format!("it may have arrived: {why}"), Doubt::Repeated),
        Delivery::Delivered { .. }
        | Delivery::Failed { .. }
        | Delivery::Refused(_)
        | Delivery::Unknowable(_) => panic!("{delivery:?}"),
    }
}

/// Behind a proxy that lost the answers the same announcement was posted seven times.
#[tokio::test]
async fn what_may_stand_there_is_looked_for_before_it_is_posted_again() {
    let (server, seen) = workspace(true).await;
    let proxy = FaultProxy::start(server.address).await;
    proxy.set(Fault::Half);
    let post = app(&proxy.url());
    let first = recorded(&send(&post, &incident()).await);
    let again = recorded(&send(&post, &tried(std::slice::from_ref(&first))).await);
    assert_eq!(seen.lock().unwrap().len(), 1, "as long as nobody knows it is not said again");
    proxy.set(Fault::Pass);
    let said = [first, again];
    let answer = "it stands there since the try before, as 1.1".into();
    let found = send(&post, &tried(&said)).await;
    assert_eq!(found, Delivery::Delivered { answer, reference: Some("1.1".into()) }, "its thread is known");
    assert_eq!(seen.lock().unwrap().len(), 1);
    // What never got there is posted.
    seen.lock().unwrap().clear();
    let posted = send(&post, &tried(&said)).await;
    assert!(
        matches!(&posted, Delivery::Delivered { answer, .. } if *answer == *"posted to C1 as 1.1"),
        "{posted:?}"
    );
}

#[tokio::test]
async fn where_a_token_may_not_read_it_is_repeated_once_and_then_it_is_said_that_nobody_knows() {
    let (server, seen) = workspace(false).await;
    let post = app(&server.url());
    let once = ("it may have arrived: no answer".to_owned(), Doubt::Lost);
    let again = send(&post, &tried(std::slice::from_ref(&once))).await;
    assert!(matches!(again, Delivery::Delivered { .. }), "{again:?}");
    // That it was repeated is not told by words.
    let twice = ("no answer".to_owned(), Doubt::Repeated);
    let Delivery::Unknowable(why) = send(&post, &tried(&[once, twice])).await else { unreachable!() };
    assert_eq!(why, *"it was posted again without a look, and is not repeated blindly (missing_scope)");
    assert_eq!(seen.lock().unwrap().len(), 1);
}
