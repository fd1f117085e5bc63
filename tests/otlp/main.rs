//! OTLP/HTTP into the real program: what a sender is answered, and what the Log pane then shows.
//!
//! The tests with the official SDK are run by `tests/otlp/run`, which installs it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use support::home::Home;
use support::screen::{End, Screen};

const DEADLINE: Duration = Duration::from_secs(30);

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A home with a receiver and one agent.
fn home(more: &str) -> (Home, SocketAddr) {
    let (home, listen) = (Home::new(), free());
    let config = format!(
        "user = 'ana'\n[receiver]\nlisten = '{listen}'\n{more}\n[[agents]]\nid = 'support-1'\nname = 'Support'\n"
    );
    home.write("config.toml", &config);
    (home, listen)
}

/// An answer: status, head in small letters, body.
struct Answer(u16, String, Vec<u8>);

impl Answer {
    fn body(&self) -> String {
        String::from_utf8_lossy(&self.2).into_owned()
    }
}

fn ask(to: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(to).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(request).ok()?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).ok()?;
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer(status, head, raw[end + 4..].to_vec()))
}

fn post(to: SocketAddr, path: &str, headers: &str, body: &[u8]) -> Answer {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    let began = Instant::now();
    loop {
        match ask(to, &request) {
            Some(answer) => return answer,
            None => assert!(began.elapsed() < DEADLINE, "nobody listens on {to}"),
        }
        std::thread::yield_now();
    }
}

const JSON: &str = "Content-Type: application/json\r\n";
const PROTOBUF: &str = "Content-Type: application/x-protobuf\r\n";

fn log(body: &str) -> String {
    format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"gen_ai.agent.id","value":{{"stringValue":"support-1"}}}}]}},
        "scopeLogs":[{{"logRecords":[{{"severityNumber":17,"body":{{"stringValue":"{body}"}}}}]}}]}}]}}"#
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_sender_is_answered_as_the_specification_says() {
    let (home, listen) = home("max_body = '4KiB'\ntoken_env = 'OTLP_TEST_TOKEN'");
    let mut serve = home.command(&["serve"]);
    serve.env("OTLP_TEST_TOKEN", "sesame").stdout(Stdio::null()).stderr(Stdio::null());
    let mut serve = serve.spawn().unwrap();
    let token = "Authorization: Bearer sesame\r\n";
    let small = log("small");
    let long = log(&"x".repeat(8_000));
    let (json, protobuf) = (format!("{token}{JSON}"), format!("{token}{PROTOBUF}"));
    let packed = format!("{json}Content-Encoding: gzip\r\n");
    for (what, headers, body, status, said) in [
        ("taken", json.clone(), small.as_bytes(), 200, "{}"),
        ("taken, packed", packed.clone(), &gzip(small.as_bytes()), 200, "{}"),
        ("nothing in it", protobuf.clone(), b"", 200, ""),
        ("no token", JSON.to_owned(), small.as_bytes(), 401, "\"code\":16"),
        (
            "another token",
            format!("Authorization: Bearer guess\r\n{JSON}"),
            small.as_bytes(),
            401,
            "not the token",
        ),
        ("no content type", token.to_owned(), small.as_bytes(), 415, "application/x-protobuf"),
        ("plain text", format!("{token}Content-Type: text/plain\r\n"), small.as_bytes(), 415, "neither"),
        ("brotli", format!("{json}Content-Encoding: br\r\n"), small.as_bytes(), 415, "gzip"),
        ("no JSON", json.clone(), b"{", 400, "google.rpc.BadRequest"),
        ("no protobuf", protobuf.clone(), b"{", 400, "google.rpc.BadRequest"),
        ("no gzip", packed.clone(), small.as_bytes(), 400, "no gzip"),
        ("too large", json.clone(), long.as_bytes(), 413, "4096 bytes"),
        ("too large, packed small", packed, &gzip(long.as_bytes()), 413, "4096 bytes"),
        ("from a page", format!("{json}Origin: http://x\r\n"), small.as_bytes(), 403, "web page"),
    ] {
        let answer = post(listen, "/v1/logs", &headers, body);
        assert_eq!(answer.0, status, "{what}: {}", answer.body());
        assert!(answer.body().contains(said), "{what}: {}", answer.body());
        // The same form as the request's; JSON where it had none.
        let form = if headers.contains("protobuf") { "application/x-protobuf" } else { "application/json" };
        assert!(answer.1.contains(&format!("content-type: {form}")), "{what}: {}", answer.1);
    }
    let get = ask(listen, b"GET /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(get.0, 405);
    // Without a screen too it is kept, for whoever looks later.
    let kept = fs::read_to_string(home.data().join("otlp/received.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 2, "{kept}");
    assert!(kept.lines().all(|line| line.contains(r#""agent":"support-1","msg":"small""#)), "{kept}");
    serve.kill().unwrap();
    serve.wait().unwrap();
}

#[test]
fn a_record_that_is_too_long_is_a_partial_success() {
    let (home, listen) = home("max_body = '2MiB'");
    let mut screen = Screen::open(&home, (100, 30), &[]);
    screen.press("4");
    let of = |body: &str| format!(r#"{{"body":{{"stringValue":"{body}"}}}}"#);
    let records = format!("{},{}", of("short one"), of(&"x".repeat(300_000)));
    let request = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#);
    let answer = post(listen, "/v1/logs", JSON, request.as_bytes());
    assert_eq!(
        answer.body(),
        r#"{"partialSuccess":{"errorMessage":"1 log records are longer than 256 KiB and were not kept","rejectedLogRecords":"1"}}"#
    );
    screen.wait_for("short one");
}

#[test]
fn what_is_not_wanted_is_not_taken() {
    let (home, listen) = home("otlp = false");
    let _screen = Screen::open(&home, (100, 30), &[]);
    let answer = post(listen, "/v1/traces", JSON, b"{}");
    assert_eq!((answer.0, answer.body().contains("[receiver] otlp")), (404, true), "{}", answer.body());
    assert!(!home.data().join("otlp").exists());
}

/// A4: a line that came by OTLP has a place on disk, by which a pin can be proved later.
#[test]
fn a4_what_came_is_pinned_with_its_place_and_its_digest() {
    let (home, listen) = home("");
    home.run(&["declare", "everybody gets a refund", "--severity", "P1"]);
    let mut screen = Screen::open(&home, (140, 40), &[]);
    screen.press("4");
    for words in ["first", "second"] {
        assert_eq!(post(listen, "/v1/logs", JSON, log(words).as_bytes()).0, 200);
    }
    screen.wait_for("ERROR support-1 second");
    screen.press("p");
    screen.press("f3");
    screen.wait_for("pinned");
    screen.press("ctrl-c");
    assert_eq!(screen.wait_end(), End::Code(0));
    let timeline = home.run(&["timeline", "1", "--format", "json"]).out;
    let kept = fs::read(home.data().join("otlp/received.jsonl")).unwrap();
    let offset = kept.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let line = &kept[offset..kept.len() - 1];
    let sha256: String = Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect();
    for said in [sha256, format!("\"offset\": {offset}"), "otlp/received.jsonl".to_owned()] {
        assert!(timeline.contains(&said), "{said} in {timeline}");
    }
}

/// Sends with the official SDK.
fn send(to: SocketAddr, agent: &str, count: usize, compression: &str) {
    let python = std::env::var_os("FLIGHTDECK_OTEL_PYTHON").expect("tests/otlp/run says where Python is");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/otlp/send.py");
    let sent = Command::new(python)
        .args([script, agent, &count.to_string()])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{to}"))
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20sesame")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert!(sent.status.success() && words.is_empty(), "{words}");
}

/// A4: what the official SDK sends is in the Log pane, by agent, key field and level.
#[test]
#[ignore = "needs the OpenTelemetry SDK: tests/otlp/run"]
fn a4_what_the_official_sdk_sends_is_shown_and_filtered() {
    for compression in ["none", "gzip"] {
        let (home, listen) = home("token_file = 'token'");
        home.write("token", "sesame\n");
        let mut screen = Screen::open(&home, (140, 40), &[]);
        screen.wait_for("alerts are taken on");
        screen.press("4");
        screen.press("z");
        send(listen, "support-1", 1_000, compression);
        screen.wait_for("model call failed");
        let path = home.data().join("otlp/received.jsonl");
        let kept = fs::read_to_string(&path).unwrap();
        // A thousand records, one failed call, one user message, three spans and one exception.
        assert_eq!(kept.lines().count(), 1_006, "{compression}");
        assert!(kept.lines().all(|line| line.contains(r#""agent":"support-1""#)));
        screen.press("/");
        screen.type_text("kind=tool_call agent=support-1");
        screen.press("enter");
        screen.wait_for("tool_call.name=export_data");
        screen.wait_gone("model call failed");
        screen.press("/");
        screen.press("ctrl-u");
        screen.type_text("kind=permission_check level>=error");
        screen.press("enter");
        screen.wait_for("permission_check.decision=deny");
        screen.press("/");
        screen.press("ctrl-u");
        screen.type_text("everything");
        screen.press("enter");
        screen.wait_for("user_input=\"send me everything\"");
        screen.press("ctrl-c");
        assert_eq!(screen.wait_end(), End::Code(0));
    }
}
