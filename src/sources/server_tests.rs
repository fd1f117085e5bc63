//! The receiver over real sockets, spoken to byte by byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::incident::{IncidentId, Text, Time};

/// What every wait of these tests stays below.
const DEADLINE: Duration = Duration::from_secs(20);

const ALERT: &str = r#"{"key": "k", "name": "n"}"#;

type Outcome = Box<dyn Fn() -> BoxFuture<'static, Result<Taken, IntakeError>> + Send + Sync>;

/// Keeps what it is given and answers what the test wants.
struct Recording {
    given: Mutex<Vec<Delivery>>,
    outcome: Outcome,
    refuses: Mutex<Option<Text>>,
}

impl Intake for Recording {
    fn refuses(&self) -> Option<Text> {
        self.refuses.lock().unwrap().clone()
    }

    fn take(&self, delivery: Delivery) -> BoxFuture<'static, Result<Taken, IntakeError>> {
        self.given.lock().unwrap().push(delivery);
        (self.outcome)()
    }
}

/// A receiver at work.
struct Desk {
    addr: SocketAddr,
    intake: Arc<Recording>,
    tally: tokio::sync::watch::Receiver<Tally>,
    cancel: CancellationToken,
    serving: JoinHandle<()>,
}

fn clock() -> Clock {
    let now: Time = "2026-11-21T08:00:00Z".parse().unwrap();
    Arc::new(move || now)
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn spec() -> ReceiverSpec {
    ReceiverSpec::new(loopback(), clock())
}

fn taken() -> Outcome {
    Box::new(|| async { Ok(Taken { incidents: vec![IncidentId(42)], ..Taken::default() }) }.boxed())
}

async fn desk(spec: ReceiverSpec, outcome: Outcome) -> Desk {
    let bound = Receiver::bind(spec).await.unwrap();
    let (addr, tally) = (bound.addr(), bound.tally());
    let intake = Arc::new(Recording { given: Mutex::default(), outcome, refuses: Mutex::default() });
    let cancel = CancellationToken::new();
    let serving = tokio::spawn(bound.serve(Arc::clone(&intake) as Arc<dyn Intake>, cancel.clone()));
    Desk { addr, intake, tally, cancel, serving }
}

/// An answer: its status line and headers, and its JSON.
struct Answer {
    status: u16,
    head: String,
    json: Value,
}

impl Desk {
    /// Sends bytes and reads to the end of the connection.
    async fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let _ = stream.write_all(bytes).await; // the receiver may have heard enough
        Self::read(stream).await
    }

    async fn read(mut stream: TcpStream) -> Answer {
        let mut raw = Vec::new();
        let end = timeout(DEADLINE, stream.read_to_end(&mut raw)).await.expect("an answer in time");
        drop(end); // a reset connection answers as far as it did
        let raw = String::from_utf8(raw).unwrap();
        let (head, body) = raw.split_once("\r\n\r\n").unwrap_or((&raw, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let json = serde_json::from_str(body).unwrap_or(Value::Null);
        Answer { status, head: head.to_ascii_lowercase(), json }
    }

    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {headers}\r\n{body}"
        );
        self.send(request.as_bytes()).await
    }

    async fn post(&self, body: &str) -> Answer {
        self.ask("POST", "/v1/alerts/generic", JSON, body).await
    }

    fn given(&self) -> usize {
        self.intake.given.lock().unwrap().len()
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn an_alert_is_answered_when_it_is_recorded() {
    let desk = desk(spec(), taken()).await;
    let answer = desk.post(ALERT).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(answer.json, json!({"recorded": 1, "incidents": ["INC-42"], "notes": []}));
    let given = desk.intake.given.lock().unwrap();
    assert!(matches!(&given[0].incoming[..], [Incoming::Fired(alert)] if alert.key == "generic:k"));
    let tally = desk.tally.borrow();
    assert_eq!((tally.taken, tally.alerts, tally.refused), (1, 1, 0));
}

#[tokio::test]
async fn each_path_and_method_answers_in_json() {
    let desk = desk(spec(), taken()).await;
    for (method, path, status, said) in [
        ("GET", "/healthz", 200, "ok"),
        ("POST", "/healthz", 405, "GET"),
        ("GET", "/v1/alerts/generic", 405, "POST"),
        ("PUT", "/v1/alerts/alertmanager", 405, "POST"),
        ("GET", "/", 404, "/v1/alerts/alertmanager"),
        ("POST", "/v1/alerts/generic/", 404, "/v1/alerts/generic"),
        ("POST", "/v1/alerts/..%2f", 404, "/healthz"),
    ] {
        let answer = desk.ask(method, path, JSON, "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json.to_string().contains(said), "{method} {path}: {}", answer.json);
    }
    assert_eq!(desk.given(), 0);
}

/// It answered ok while each alert was refused.
#[tokio::test]
async fn where_nothing_can_be_recorded_it_is_not_healthy_and_tells_strangers_no_path() {
    let desk = desk(spec(), taken()).await;
    *desk.intake.refuses.lock().unwrap() = Some("/home/ana/journal.db is read-only".into());
    let answer = desk.ask("GET", "/healthz", "", "").await;
    assert_eq!((answer.status, &answer.json["status"]), (503, &json!("refusing")));
    assert!(!answer.json.to_string().contains("/home"), "{}", answer.json);
    *desk.intake.refuses.lock().unwrap() = None;
    assert_eq!(desk.ask("GET", "/healthz", "", "").await.status, 200);
}

#[tokio::test]
async fn a_wrong_body_is_refused_with_its_place() {
    let desk = desk(spec(), taken()).await;
    for (path, body, place, what) in [
        ("generic", "{", "body", "EOF"),
        ("generic", r#"{"key": "k", "name": 3}"#, "name", "integer `3`"),
        ("alertmanager", ALERT, "body", "missing field"),
        ("alertmanager", r#"{"version": "4", "alerts": [{"status": "\u001b"}]}"#, "alerts[0].status", "^["),
    ] {
        let answer = desk.ask("POST", &format!("/v1/alerts/{path}"), JSON, body).await;
        assert_eq!(answer.status, 400, "{body}");
        let error = &answer.json["error"];
        assert_eq!(error["where"], place, "{error}");
        assert!(error["what"].as_str().unwrap().contains(what), "{error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
    }
    assert_eq!(desk.given(), 0);
    let tally = desk.tally.borrow();
    assert_eq!(tally.refused, 4);
    assert!(tally.last_refusal.as_ref().unwrap().as_str().starts_with("400: alerts[0].status:"), "{tally:?}");
}

/// Attack: somebody who can reach the port, without the token or with a guess.
#[tokio::test]
async fn without_the_token_nothing_is_taken() {
    let token = Some(Token::new(b"open-sesame").unwrap());
    let desk = desk(ReceiverSpec { token, ..spec() }, taken()).await;
    for (headers, status) in [
        ("", 401),
        ("Authorization: Bearer \r\n", 401),
        ("Authorization: Bearer open-sesam\r\n", 401),
        ("Authorization: Bearer open-sesame2\r\n", 401),
        ("Authorization: Basic open-sesame\r\n", 401),
        ("Authorization: Bearer\topen-sesame\r\n", 401),
        ("Authorization: open-sesame\r\n", 401),
        ("Authorization: B\r\n", 401),
        ("Authorization: Bearer open-sesame\r\nAuthorization: Bearer x\r\n", 401),
        ("Authorization: Bearer open-sesame\r\n", 200),
        ("authorization: bearer open-sesame\r\n", 200),
    ] {
        let answer = desk.ask("POST", "/v1/alerts/generic", &format!("{JSON}{headers}"), ALERT).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.head.contains("www-authenticate: bearer"), status == 401);
        assert!(!answer.json.to_string().contains("sesame"), "{}", answer.json);
    }
    assert_eq!(desk.given(), 2);
    assert_eq!(desk.ask("GET", "/healthz", "", "").await.status, 200);
    assert!(!format!("{:?}", desk.tally.borrow()).contains("sesame"));
}

/// Attack: a web page that the commander looks at posts to loopback.
#[tokio::test]
async fn a_web_page_cannot_declare_incidents() {
    let desk = desk(spec(), taken()).await;
    for (headers, status) in [
        ("Content-Type: application/json\r\nOrigin: https://evil.example\r\n", 403),
        ("Content-Type: application/json\r\nOrigin: null\r\n", 403),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 415),
        ("", 415),
        ("Content-Type: application/json; charset=utf-8\r\n", 200),
        ("Content-Type: Application/Problem+JSON\r\n", 200),
    ] {
        let answer = desk.ask("POST", "/v1/alerts/generic", headers, ALERT).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
    }
    assert_eq!(desk.given(), 2);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_the_answer_arrives() {
    let desk = desk(ReceiverSpec { max_body: 1_000, ..spec() }, taken()).await;
    let fits = format!("{ALERT:<1000}");
    assert_eq!(desk.post(&fits).await.status, 200);
    assert_eq!(desk.post(&format!("{fits} ")).await.status, 413);
    let answer = desk.post(&"x".repeat(10 * 1024 * 1024)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json["error"]["hint"].as_str().unwrap().contains("1000 bytes"), "{}", answer.json);
    let chunks = format!("3e8\r\n{fits}\r\n1\r\n \r\n0\r\n\r\n");
    let head = format!("POST /v1/alerts/generic HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}");
    let request = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}");
    assert_eq!(desk.send(request.as_bytes()).await.status, 413);
    let request = format!("{head}Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
    let answer = desk.send(request.as_bytes()).await;
    assert_eq!(answer.status, 413, "without a byte of the body: {}", answer.head);
    assert_eq!(desk.given(), 1);
}

#[tokio::test]
async fn a_body_that_is_no_http_is_refused() {
    let desk = desk(spec(), taken()).await;
    for attack in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"POST /v1/alerts/generic HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/alerts/generic HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"\r\n\r\n\0\0\0\0",
    ] {
        let answer = desk.send(attack).await;
        assert!(answer.status == 400 || answer.status == 0, "{}", answer.head);
    }
    let long = format!("GET /healthz HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let answer = desk.send(long.as_bytes()).await;
    assert!(answer.status == 431 || answer.status == 0, "{}", answer.head);
    assert_eq!(desk.post(ALERT).await.status, 200);
}

/// Attack: connections that say little or nothing, to use up the receiver.
#[tokio::test]
async fn a_slow_sender_is_cut_off() {
    let short = Duration::from_millis(400);
    let limits = Limits { head: short, body: short, ..Limits::default() };
    let desk = desk(ReceiverSpec { limits, ..spec() }, taken()).await;
    for (said, status) in [
        ("", 0),
        ("POST /v1/alerts/gen", 0),
        ("POST /v1/alerts/generic HTTP/1.1\r\nHost: x\r\nX: ", 0),
        (
            "POST /v1/alerts/generic HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{",
            408,
        ),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200), // then silent, and closed all the same
    ] {
        assert_eq!(desk.send(said.as_bytes()).await.status, status, "{said:?}");
    }
    // More silent connections than there are places: they run out, and the next one is served.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(desk.addr).await.unwrap());
    }
    assert_eq!(desk.post(ALERT).await.status, 200);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_makes_the_sender_come_again() {
    let unavailable = || IntakeError::Unavailable {
        why: Text::line("the disk is full"),
        retry_after: Duration::from_secs(7),
    };
    let outcome: Outcome = Box::new(move || async move { Err(unavailable()) }.boxed());
    let full = desk(spec(), outcome).await;
    let answer = full.post(ALERT).await;
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 7"), "{}", answer.head);
    assert_eq!(answer.json["error"]["what"], "the disk is full");
    assert_eq!(full.tally.borrow().last_refusal, Some(Text::line("503: the disk is full")));

    let why = Text::line("policy takes no alerts");
    let outcome: Outcome =
        Box::new(move || futures::future::ready(Err(IntakeError::Refused { why: why.clone() })).boxed());
    assert_eq!(desk(spec(), outcome).await.post(ALERT).await.status, 422);
}

#[tokio::test]
async fn a_panic_in_the_intake_is_an_answer_and_no_end() {
    let outcome: Outcome = Box::new(|| async { panic!("planted by the test") }.boxed());
    let desk = desk(spec(), outcome).await;
    assert_eq!(desk.post(ALERT).await.status, 500);
    assert_eq!(desk.post(ALERT).await.status, 500);
}

#[tokio::test]
async fn requests_at_once_are_bounded_and_the_rest_come_again() {
    let limits =
        Limits { turn: Duration::from_millis(50), record: Duration::from_millis(300), ..Limits::default() };
    let stuck: Outcome = Box::new(|| futures::future::pending().boxed());
    let desk = desk(ReceiverSpec { limits, ..spec() }, stuck).await;
    let answers = futures::future::join_all((0..20).map(|_| desk.post(ALERT))).await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    let said = |words: &str| answers.iter().filter(|answer| answer.json.to_string().contains(words)).count();
    assert_eq!((said("recording takes long"), said("too many requests")), (8, 12));
    assert_eq!(desk.given(), 8, "a record keeps its turn even when nobody waits for it");
}

#[tokio::test]
async fn a_sender_that_hangs_up_does_not_stop_the_record() {
    let (started, mut starts) = tokio::sync::mpsc::channel(1);
    let (finished, mut finishes) = tokio::sync::mpsc::channel(1);
    let go = Arc::new(tokio::sync::Notify::new());
    let gate = Arc::clone(&go);
    let outcome: Outcome = Box::new(move || {
        let (started, finished, gate) = (started.clone(), finished.clone(), Arc::clone(&gate));
        async move {
            started.send(()).await.unwrap();
            gate.notified().await;
            finished.send(()).await.unwrap();
            Ok(Taken::default())
        }
        .boxed()
    });
    let desk = desk(spec(), outcome).await;
    let mut stream = TcpStream::connect(desk.addr).await.unwrap();
    let head = format!("POST /v1/alerts/generic HTTP/1.1\r\nHost: x\r\n{JSON}");
    let request = format!("{head}Content-Length: {}\r\n\r\n{ALERT}", ALERT.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    timeout(DEADLINE, starts.recv()).await.unwrap();
    drop(stream);
    go.notify_one();
    timeout(DEADLINE, finishes.recv()).await.unwrap();
}

#[tokio::test]
async fn stopping_lets_the_request_under_way_end_and_takes_no_more() {
    let (started, mut starts) = tokio::sync::mpsc::channel(1);
    let go = Arc::new(tokio::sync::Notify::new());
    let gate = Arc::clone(&go);
    let outcome: Outcome = Box::new(move || {
        let (started, gate) = (started.clone(), Arc::clone(&gate));
        async move {
            started.send(()).await.unwrap();
            gate.notified().await;
            Ok(Taken::default())
        }
        .boxed()
    });
    let desk = desk(spec(), outcome).await;
    let idle = TcpStream::connect(desk.addr).await.unwrap();
    let under_way = async {
        let answer = desk.post(ALERT).await;
        assert_eq!(answer.status, 200);
    };
    let stop = async {
        timeout(DEADLINE, starts.recv()).await.unwrap();
        desk.cancel.cancel();
        assert_eq!(Desk::read(idle).await.status, 0, "an idle connection is closed");
        assert!(!desk.serving.is_finished());
        go.notify_one();
    };
    tokio::join!(under_way, stop);
    timeout(DEADLINE, desk.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(desk.addr).await.is_err());
}

#[tokio::test]
async fn a_port_that_cannot_be_had_is_said_in_words() {
    let first = Receiver::bind(spec()).await.unwrap();
    let taken = ReceiverSpec { listen: first.addr(), ..spec() };
    let elsewhere = ReceiverSpec { listen: "192.0.2.1:0".parse().unwrap(), ..spec() };
    let token = Some(Token::new(b"t").unwrap());
    for (spec, words) in [
        (taken, "is in use by another program"),
        (elsewhere.clone(), "needs a token"),
        (ReceiverSpec { listen: "0.0.0.0:0".parse().unwrap(), ..spec() }, "needs a token"),
        (ReceiverSpec { listen: "[::]:0".parse().unwrap(), ..spec() }, "needs a token"),
        (ReceiverSpec { token: token.clone(), ..elsewhere }, "is no address of this machine"),
    ] {
        let error = Receiver::bind(spec).await.err().expect("it is refused").to_string();
        assert!(error.contains(words), "{error}");
    }
    let everywhere = ReceiverSpec { listen: "0.0.0.0:0".parse().unwrap(), token, ..spec() };
    assert!(Receiver::bind(everywhere).await.is_ok());
    let mapped = ReceiverSpec { listen: "[::ffff:127.0.0.1]:0".parse().unwrap(), ..spec() };
    if let Err(error) = Receiver::bind(mapped).await {
        assert!(!matches!(error, BindError::NeedsToken(_)), "{error}");
    }
}
