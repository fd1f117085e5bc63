//! The channels of configuration on real connections: what arrives, what is kept back, and what an
//! answer that never comes means.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's own data is right, and what is not is told")]

#[path = "channels/looks.rs"]
mod looks;
#[path = "channels/pagerduty.rs"]
mod pagerduty;
#[path = "channels/slack.rs"]
mod slack;
#[path = "channels/statuspage.rs"]
mod statuspage;
mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use flightdeck::channels::{Delivery, Post};
use flightdeck::config::{File, Paths, Problems, Settings};
use flightdeck::incident::{
    Actor, Audience, Doubt, Event, Incident, IncidentId, Message, MessageId, MessageKind, Realm, Recipient,
    Severity, Text, Time,
};
use flightdeck::runtime::live;
use flightdeck::secret::Secret;
use flightdeck::web::sign::{hex, hmac_sha256};
use support::fault::{Fault, FaultProxy};
use support::home::Home;
use support::program::Program;
use support::server::Server;

const SECRET: &str = "hunter2";

/// A request as it arrived: its path with query, headers, body.
type Seen = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// A server that answers everything alike and remembers it.
async fn server(status: u16, answer: &'static str) -> (Server, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let routes = Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8_lossy(&body).into_owned();
        kept.lock().unwrap().push((uri.to_string(), headers, body));
        (StatusCode::from_u16(status).unwrap(), answer)
    });
    (Server::start(routes).await, seen)
}

/// What stands in the configuration, as channels that deliver.
fn post(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Post {
    let paths = Paths {
        config_file: "/etc/fd/c.toml".into(),
        config_named: true,
        config_dir: PathBuf::from("/etc/fd"),
        data_dir: "/var/fd".into(),
        home: None,
    };
    let mut problems = Problems::new();
    let settings = Settings::read(&File::embedded("c.toml", text), &paths, env, &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.into_sorted());
    let (channels, problems) = live::channels(&settings, env);
    assert_eq!(problems, [] as [Text; 0]);
    Post::Live(channels)
}

fn nothing(_: &str) -> Option<String> {
    None
}

fn incident() -> Incident {
    let mut incident = Incident::blank(IncidentId(7));
    let event = Event::Declared {
        realm: Realm::Live,
        title: "mails \"leave\" {key}".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: Time::UNIX_EPOCH,
    };
    let entry = flightdeck::incident::Entry {
        incident: IncidentId(7),
        seq: 1,
        at: Time::UNIX_EPOCH,
        actor: Actor::person("ana"),
        event,
    };
    incident.apply(&entry);
    incident
}

fn message() -> Message {
    Message {
        id: MessageId(3),
        channel: "c".into(),
        to: Recipient::Audience(Audience::Engineering),
        kind: MessageKind::Declared,
        about: 1,
        action: None,
        severity: Severity::P0,
        topic: "incident".into(),
        state: "declared".into(),
        subject: "P0 INC-7: mails \"leave\" {key}".into(),
        text: "two\nlines, \"quoted\", {key}".into(),
        tell_by: Time::UNIX_EPOCH,
    }
}

async fn send(post: &Post, incident: &Incident) -> Delivery {
    let channel = post.by_name("c").unwrap();
    channel.send("0a1b-INC-7-M3", &message(), incident).await
}

#[tokio::test]
async fn a_webhook_gets_the_documented_json_signed_and_with_its_key() {
    let (server, seen) = server(202, "queued").await;
    let url = server.url();
    let env = move |name: &str| match name {
        "URL" => Some(format!("{url}/services/{SECRET}?sig={SECRET}")),
        "SIGN" => Some("sign me".to_owned()),
        "TOKEN" => Some("bearer me".to_owned()),
        _ => None,
    };
    let text = "[channels.c]\ntype = 'webhook'\nurl_env = 'URL'\nsecret_env = 'SIGN'\ntoken_env = 'TOKEN'\n";
    let delivered = send(&post(text, &env), &incident()).await;
    assert_eq!(delivered, Delivery::Delivered { answer: "202 queued".into(), reference: None });
    let seen = seen.lock().unwrap();
    let (uri, headers, body) = &seen[0];
    assert_eq!(*uri, format!("/services/{SECRET}?sig={SECRET}"));
    assert_eq!(headers["idempotency-key"], "0a1b-INC-7-M3");
    assert_eq!(headers["authorization"], "Bearer bearer me");
    let signature = hex(&hmac_sha256(&Secret::new("sign me"), body.as_bytes()));
    assert_eq!(headers["x-flightdeck-signature"], format!("sha256={signature}").as_str());
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["version"], 1);
    assert_eq!(body["key"], "0a1b-INC-7-M3");
    assert_eq!(body["realm"], "live");
    assert_eq!(body["incident"]["id"], "INC-7");
    assert_eq!(body["incident"]["status"], "open");
    assert_eq!(body["message"]["kind"], "declared");
    assert_eq!(body["message"]["to"]["audience"], "engineering");
    assert_eq!(body["message"]["text"], "two\nlines, \"quoted\", {key}");
}

#[tokio::test]
async fn a_secret_url_that_is_quoted_back_is_masked() {
    let (server, _seen) = server(403, "no rights at /services/hunter2 for hunter2").await;
    let url = server.url();
    let env = move |name: &str| (name == "URL").then(|| format!("{url}/services/{SECRET}"));
    let refused = send(&post("[channels.c]\ntype = 'webhook'\nurl_env = 'URL'\n", &env), &incident()).await;
    let Delivery::Refused(why) = refused else { unreachable!("{refused:?}") };
    assert!(why.as_str().starts_with("403 ") && !why.as_str().contains("/services/hunter2"), "{why}");
}

#[tokio::test]
async fn words_stay_words_in_a_template_and_an_answer_that_means_no_is_believed() {
    let (server, seen) = server(200, "{\"ok\":false,\"description\":\"chat not found\"}").await;
    let text = format!(
        "[channels.c]\ntype = 'http'\nurl = '{}/send'\nexpect = {{ '/ok' = 'true' }}\ntext_max = 20\n\
         body = '{{\"chat\": 7, \"say\": [\"{{subject}}\", {{\"all\": \"> {{text}}\"}}]}}'\n",
        server.url()
    );
    let refused = send(&post(&text, &nothing), &incident()).await;
    let Delivery::Refused(why) = refused else { unreachable!("{refused:?}") };
    assert!(why.as_str().starts_with("expected true at /ok, found false: 200"), "{why}");
    let body: serde_json::Value = serde_json::from_str(&seen.lock().unwrap()[0].2).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"chat": 7, "say": ["P0 INC-7: m...[cut]", {"all": "> two\nlines, ...[cut]"}]}),
        "quotes and braces of an incident are no part of the JSON"
    );
}

#[tokio::test]
async fn what_an_answer_calls_the_message_is_kept() {
    let (server, _seen) = server(200, "{\"ok\":true,\"result\":{\"message_id\":42}}").await;
    let text = format!(
        "[channels.c]\ntype = 'http'\nurl = '{}'\nexpect = {{ '/ok' = 'true' }}\nreference = '/result/message_id'\n\
         body = '{{\"text\": \"{{text}}\", \"reply_to\": \"{{reference}}\"}}'\n",
        server.url()
    );
    let delivered = send(&post(&text, &nothing), &incident()).await;
    let Delivery::Delivered { reference, .. } = delivered else { unreachable!("{delivered:?}") };
    assert_eq!(reference, Some("42".into()));
}

#[tokio::test]
async fn what_a_network_does_to_a_message() {
    let (server, seen) = server(200, "ok").await;
    let proxy = FaultProxy::start(server.address).await;
    let text = format!("[channels.c]\ntype = 'webhook'\nlimit = '1s'\nurl = '{}'\n", proxy.url());
    let post = post(&text, &nothing);
    for (fault, arrives, word) in [
        (Fault::Pass, 1, "delivered"),
        (Fault::Half, 1, "unknown"),
        (Fault::Blackhole, 0, "unknown"),
        (Fault::Reset, 0, "unknown"),
        (Fault::Latency(Duration::from_millis(50)), 1, "delivered"),
    ] {
        proxy.set(fault);
        seen.lock().unwrap().clear();
        let said = match send(&post, &incident()).await {
            Delivery::Delivered { .. } => "delivered",
            Delivery::Failed { .. } => "failed",
            Delivery::Refused(_) => "refused",
            Delivery::Unknown(_) | Delivery::Repeated(_) | Delivery::Unknowable(_) => "unknown",
        };
        assert_eq!((said, seen.lock().unwrap().len()), (word, arrives), "{fault:?}");
    }
    drop(proxy);
    drop(server);
    let said = send(&post, &incident()).await;
    assert!(matches!(said, Delivery::Failed { .. } | Delivery::Unknown(_)), "{said:?}");
}

#[tokio::test]
async fn nobody_is_told_twice_because_a_redirect_says_so() {
    let (server, seen) = server(307, "elsewhere").await;
    let text = format!("[channels.c]\ntype = 'webhook'\nurl = '{}'\n", server.url());
    let refused = send(&post(&text, &nothing), &incident()).await;
    assert!(matches!(refused, Delivery::Refused(_)), "{refused:?}");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// Starts the real program that delivers, on a free port of its own.
fn serving(home: &Home) -> Program {
    let program = Program::run("flightdeck serve", home.command(&["serve"])).unwrap();
    program.wait_for_line("taking alerts", Duration::from_secs(30)).unwrap();
    program
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(std::time::Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn listed(home: &Home) -> serde_json::Value {
    let ran = home.command(&["outbox", "--all", "--format", "json"]).output().unwrap();
    serde_json::from_slice::<serde_json::Value>(&ran.stdout).unwrap()["messages"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_between_sending_and_remembering_sends_again_under_the_same_key() {
    let (server, seen) = server(200, "ok").await;
    let proxy = FaultProxy::start(server.address).await;
    let home = Home::new();
    let text = format!(
        "[receiver]\nlisten = '127.0.0.1:0'\n[channels.ops]\ntype = 'webhook'\nlimit = '60s'\nurl = '{}'\n",
        proxy.url()
    );
    home.write("config.toml", &text);
    // It arrives, and the answer never comes.
    proxy.set(Fault::Half);
    let first = serving(&home);
    // It would wait until people are told, and take the outbox over from whoever dies.
    let mut declared = home.command(&["declare", "mails leave", "--severity", "P0"]).spawn().unwrap();
    until("the message arrived", || seen.lock().unwrap().len() == 1).await;
    declared.kill().unwrap();
    declared.wait().unwrap();
    assert_eq!(listed(&home)[0]["state"], "waiting", "it is not called delivered before it is known to be");
    drop(first); // SIGKILL
    proxy.set(Fault::Pass);
    let second = serving(&home);
    until("it is on record", || listed(&home)[0]["state"] == "delivered").await;
    drop(second);
    let seen = seen.lock().unwrap();
    let keys: Vec<_> =
        seen.iter().map(|(_, headers, _)| headers["idempotency-key"].to_str().unwrap()).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    assert!(seen[0].2 == seen[1].2, "a second try says the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deed_of_the_command_line_tells_people_before_it_ends() {
    let (server, seen) = server(200, "ok").await;
    let home = Home::new();
    home.write("config.toml", &format!("[channels.ops]\ntype = 'webhook'\nurl = '{}'\n", server.url()));
    let declared = home.command(&["declare", "mails leave", "--severity", "P1"]).output().unwrap();
    assert!(declared.status.success(), "{}", String::from_utf8_lossy(&declared.stderr));
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(listed(&home)[0]["state"], "delivered");
}

/// A server that refuses everything until it is told otherwise.
async fn closed() -> (Server, Arc<Mutex<(u16, usize)>>) {
    let state = Arc::new(Mutex::new((400, 0)));
    let kept = state.clone();
    let routes = Router::new().fallback(async move || {
        let mut state = kept.lock().unwrap();
        state.1 += 1;
        StatusCode::from_u16(state.0).unwrap()
    });
    (Server::start(routes).await, state)
}

#[tokio::test(flavor = "multi_thread")]
async fn b12_what_was_given_up_is_tried_again_or_dropped_with_a_reason_by_a_person() {
    let (server, state) = closed().await;
    let home = Home::new();
    home.write(
        "config.toml",
        &format!("user = 'ana'\n[channels.ops]\ntype = 'webhook'\nurl = '{}'\n", server.url()),
    );
    let ran = |arguments: &[&str]| {
        let ran = home.command(arguments).output().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        (ran.status.code(), String::from_utf8(said).unwrap().trim().to_owned())
    };
    assert_eq!(ran(&["declare", "mails leave", "--severity", "P1"]).0, Some(0));
    assert_eq!(listed(&home)[0]["state"], "given up");
    // Only people, only what there is, only with a reason.
    for (arguments, code, says) in [
        (&["outbox", "retry", "INC-1/M9"][..], 4, "INC-1 has no message M9"),
        (&["outbox", "retry", "INC-9/M1"], 2, "INC-9"),
        (&["outbox", "retry", "M1"], 2, "INC-42/M3"),
        (&["outbox", "drop", "INC-1/M1"], 2, "--reason"),
        (&["outbox", "drop", "INC-1/M1", "--reason", " "], 4, "why it need not be told"),
    ] {
        let (was, said) = ran(arguments);
        assert!(was == Some(code) && said.contains(says), "{arguments:?}: {was:?} {said}");
    }
    // Tried again it is refused again, and says so; then the other side has come to its senses.
    let (code, said) = ran(&["outbox", "retry", "INC-1/M1"]);
    assert!(code == Some(0) && said.starts_with("INC-1 M1: NOT TOLD, given up after 1 try: 400"), "{said}");
    state.lock().unwrap().0 = 200;
    assert_eq!(ran(&["outbox", "retry", "inc-1/m1"]), (Some(0), "INC-1 M1: delivered".to_owned()));
    let (code, said) = ran(&["outbox", "drop", "INC-1/M1", "--reason", "late"]);
    assert!(code == Some(4) && said.contains("M1 is delivered"), "{said}");
    assert_eq!(state.lock().unwrap().1, 3);
    // Another one is dropped, on record.
    state.lock().unwrap().0 = 400;
    assert_eq!(ran(&["declare", "again", "--severity", "P1"]).0, Some(0));
    let (code, said) = ran(&["outbox", "drop", "INC-2/M1", "--reason", "told by phone"]);
    assert_eq!((code, said.as_str()), (Some(0), "INC-2 M1: dropped: told by phone"));
    let (_, timeline) = ran(&["timeline", "INC-2"]);
    assert!(timeline.contains("told by phone") && timeline.contains("ana"), "{timeline}");
}
