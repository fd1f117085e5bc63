//! The web client on real connections, with a server that answers and a network that does not.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use flightdeck::secret::Secret;
use flightdeck::web::{Auth, Backend, Base, Credential, Outcome, Patience, Request, Settings};
use support::fault::{Fault, FaultProxy};
use support::server::Server;

const SECRET: &str = "sk-hunter2-\"very\"-secret";

/// Long enough for an answer on loopback, short enough for one that never comes.
const LIMIT: Duration = Duration::from_millis(400);

struct World {
    server: Server,
    stopped: Arc<AtomicUsize>,
}

impl World {
    async fn start() -> Self {
        let stopped = Arc::new(AtomicUsize::new(0));
        let stops = stopped.clone();
        let routes = Router::new()
            .route(
                "/stop",
                post(async move || {
                    stops.fetch_add(1, Ordering::SeqCst);
                    "stopped"
                }),
            )
            .route("/big", get(async || vec![b'x'; 4096]))
            .route("/away", get(async || (StatusCode::FOUND, [("location", "/big")])))
            .route(
                "/echo",
                get(async |headers: HeaderMap| {
                    let shown = headers["authorization"].to_str().expect("ASCII").to_owned();
                    (
                        StatusCode::UNAUTHORIZED,
                        [("x-echo", shown.clone())],
                        serde_json::json!({"you": shown}).to_string(),
                    )
                }),
            );
        Self { server: Server::start(routes).await, stopped }
    }

    fn stopped(&self) -> usize {
        self.stopped.load(Ordering::SeqCst)
    }
}

fn settings(url: &str) -> Settings {
    Settings { patience: Patience::ONCE, ..Settings::new("test", Base::parse(url).expect("a URL")) }
}

async fn send(settings: Settings, request: Request) -> Outcome {
    Backend::new(settings).expect("a client").send(&request.limit(LIMIT)).await
}

#[tokio::test]
async fn a_whole_answer_is_answered() {
    let world = World::start().await;
    let Outcome::Answered(answer) = send(settings(&world.server.url()), Request::post("/stop")).await else {
        panic!("no answer")
    };
    assert_eq!((answer.status, answer.text().as_str(), world.stopped()), (200, "stopped", 1));
}

#[tokio::test]
async fn what_never_left_us_is_told_from_what_may_have() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for nowhere in
        [format!("http://{free}"), format!("https://{free}"), "http://no-such-host.invalid".to_owned()]
    {
        let settings = settings(&nowhere);
        let request = Request::post("/stop").limit(Duration::from_secs(10));
        let outcome = Backend::new(settings).unwrap().send(&request).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{nowhere}: {outcome:?}");
    }
    // No TLS on the other side: the handshake fails, so no request was made.
    let world = World::start().await;
    let plain = world.server.url().replace("http:", "https:");
    let outcome = send(settings(&plain), Request::post("/stop")).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    let outcome = send(settings(&world.server.url()), Request::post("/stop").header("x", "a\nb")).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    assert_eq!(world.stopped(), 0);
}

#[tokio::test]
async fn every_broken_answer_is_unknown_whether_or_not_it_was_done() {
    let world = World::start().await;
    let proxy = FaultProxy::start(world.server.address).await;
    for (fault, done) in [
        (Fault::Reset, 0),
        (Fault::Blackhole, 0),
        (Fault::Half, 1),
        (Fault::Cut, 1),
        (Fault::Latency(LIMIT * 2), 0),
    ] {
        proxy.set(fault);
        let before = world.stopped();
        let outcome = send(settings(&proxy.url()), Request::post("/stop")).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{fault:?}: {outcome:?}");
        assert_eq!(world.stopped() - before, done, "{fault:?}");
    }
    proxy.set(Fault::Latency(LIMIT / 10));
    assert!(matches!(send(settings(&proxy.url()), Request::post("/stop")).await, Outcome::Answered(_)));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_no_answer() {
    let world = World::start().await;
    let settings = settings(&world.server.url());
    let small = Settings { body_max: 1000, ..settings.clone() };
    let outcome = send(small, Request::get("/big")).await;
    assert!(matches!(&outcome, Outcome::Unknown(why) if why.as_str().contains("1000 bytes")), "{outcome:?}");
    assert!(matches!(send(settings, Request::get("/big")).await, Outcome::Answered(_)));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let world = World::start().await;
    let Outcome::Answered(answer) = send(settings(&world.server.url()), Request::get("/away")).await else {
        panic!("no answer")
    };
    assert_eq!((answer.status, answer.header("location")), (302, Some("/big")));
    assert!(!answer.is_success());
}

#[tokio::test]
async fn a_secret_that_the_server_quotes_is_not_seen() {
    let world = World::start().await;
    let value = || Credential::fixed(Secret::new(SECRET));
    for auth in [
        Auth::Bearer(value()),
        Auth::Basic { user: "ana".into(), password: value() },
        Auth::Header { name: "authorization".into(), before: "Token token=".into(), value: value() },
    ] {
        let outcome = send(Settings { auth, ..settings(&world.server.url()) }, Request::get("/echo")).await;
        let Outcome::Answered(answer) = &outcome else { panic!("{outcome:?}") };
        assert_eq!(answer.status, 401);
        assert!(answer.header("x-echo").unwrap().contains("***"), "{outcome:?}");
        assert!(answer.text().as_str().contains("***"));
        let shown = format!("{outcome:?} {}", answer.text());
        assert!(!shown.contains("hunter2") && !shown.contains("c2staHVudGVyM"), "{shown}");
    }
}

#[tokio::test]
async fn the_errors_of_a_secret_url_do_not_show_it() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let world = World::start().await;
    let proxy = FaultProxy::start(world.server.address).await;
    proxy.set(Fault::Reset);
    for url in [format!("http://{free}/services/hunter2"), format!("{}/services/hunter2", proxy.url())] {
        let base = Base::secret(&Secret::new(url)).unwrap();
        let settings = Settings { patience: Patience::ONCE, ..Settings::new("hook", base) };
        let backend = Backend::new(settings).unwrap();
        let outcome = backend.send(&Request::post("").limit(LIMIT)).await;
        let shown = format!("{outcome:?} {backend:?} {}", backend.circuit());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
