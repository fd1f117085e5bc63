//! The seven ways in which real products say yes and go on (each was seen in one of them), played
//! by a server of our own through the http adapter, the hub and the watch: the lamp never says
//! verified while the effect does not hold, and says leaking at the first reading that shows it.
//!
//! Time runs ten times as fast here, for the hub and for the server alike.

#![expect(clippy::panic, reason = "a story that does not come true says so")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use flightdeck::incident::{Event, Lamp, Time};
use flightdeck::runtime::Clock;
use serde_json::{Value, json};
use support::fault::{Fault, FaultProxy};
use support::server::Server;
use support::stage::Stage;

const SPEED: f64 = 10.0;

/// One way to say yes. Times are seconds since the call.
#[derive(Clone, Copy)]
struct Lie {
    name: &'static str,
    /// Status and body of the answer to the call.
    answer: (u16, &'static str),
    /// Whether the agent is really stopped: nothing of it works for anybody.
    holds: fn(f64) -> bool,
    /// What a replica says of itself: whether it runs, and its calls in flight.
    replica: fn(usize, f64) -> (bool, u32),
    /// What a customer gets at the front door.
    front: fn(f64) -> u16,
    /// How long proof may take.
    verify_within: &'static str,
    /// The lamp in the end.
    ends: Lamp,
    /// Whether it is verified at some time.
    verified: bool,
}

const HONEST: Lie = Lie {
    name: "no lie",
    answer: (200, r#"{"ok":true}"#),
    holds: |_| true,
    replica: |_, _| (false, 0),
    front: |_| 403,
    verify_within: "30s",
    ends: Lamp::Verified,
    verified: true,
};

const NOTHING: Lie = Lie {
    name: "accepts and goes on",
    holds: |_| false,
    replica: |_, _| (true, 3),
    front: |_| 200,
    ends: Lamp::Unverified,
    verified: false,
    ..HONEST
};

const LIES: [Lie; 7] = [
    NOTHING,
    Lie {
        name: "one replica keeps serving",
        holds: |t| t > 12.0,
        replica: |n, t| if n == 2 && t <= 12.0 { (true, 2) } else { (false, 0) },
        front: |t| if t <= 12.0 { 200 } else { 403 },
        ..HONEST
    },
    Lie {
        name: "stale cache for 60 s",
        holds: |t| t > 60.0,
        front: |t| if t <= 60.0 { 200 } else { 403 },
        verify_within: "2m",
        ..HONEST
    },
    Lie {
        name: "work in flight continues",
        holds: |t| t > 15.0,
        replica: |_, t| if t <= 15.0 { (false, 4) } else { (false, 0) },
        ..HONEST
    },
    Lie {
        name: "the controller reverts after 5 s",
        holds: |t| t <= 5.0,
        replica: |_, t| if t <= 5.0 { (false, 0) } else { (true, 1) },
        front: |t| if t <= 5.0 { 403 } else { 200 },
        ends: Lamp::Leaking,
        ..HONEST
    },
    Lie { name: "202 and nothing", answer: (202, ""), ..NOTHING },
    Lie {
        name: "200 with an error body",
        answer: (200, r#"{"error":"no such agent"}"#),
        ends: Lamp::Failed,
        ..NOTHING
    },
];

/// The product.
#[derive(Clone)]
struct Product {
    lie: Lie,
    clock: Clock,
    called: Arc<Mutex<Option<Time>>>,
    calls: Arc<AtomicUsize>,
    /// Readings that showed the agent at work, since it was last verified.
    shown: Arc<AtomicUsize>,
}

impl Product {
    /// Seconds since the call, at a moment; none before it.
    fn since(&self, at: Time) -> Option<f64> {
        let called = (*self.called.lock().expect("not poisoned"))?;
        Some((at - called).num_milliseconds() as f64 / 1000.0)
    }

    fn now(&self) -> Option<f64> {
        self.since(self.clock.now())
    }

    async fn open(lie: Lie, clock: Clock) -> (Self, Server) {
        let product =
            Self { lie, clock, called: Arc::default(), calls: Arc::default(), shown: Arc::default() };
        let routes = Router::new()
            .route("/control/stop", post(stop))
            .route("/{replica}/state", get(state))
            .route("/front", get(front))
            .with_state(product.clone());
        (product, Server::start(routes).await)
    }
}

async fn stop(State(product): State<Product>) -> (StatusCode, &'static str) {
    product.calls.fetch_add(1, Ordering::SeqCst);
    *product.called.lock().expect("not poisoned") = Some(product.clock.now());
    let (status, body) = product.lie.answer;
    (StatusCode::from_u16(status).expect("a status"), body)
}

async fn state(State(product): State<Product>, Path(replica): Path<String>) -> String {
    let number = if replica == "r2" { 2 } else { 1 };
    let (runs, calls) = product.now().map_or((true, 3), |t| (product.lie.replica)(number, t));
    if runs {
        product.shown.fetch_add(1, Ordering::SeqCst);
    }
    let state: Value = json!({"state": if runs { "running" } else { "stopped" }, "queue": 0, "calls": calls});
    state.to_string()
}

async fn front(State(product): State<Product>) -> StatusCode {
    let status = product.now().map_or(200, |t| (product.lie.front)(t));
    StatusCode::from_u16(status).expect("a status")
}

/// The call goes to `control`; what is read goes its own way.
fn configuration(control: &str, direct: &str, verify_within: &str) -> String {
    format!(
        r#"
[adapters.product]
type = "http"
url = "{control}/control"
[adapters.product.actions.isolate]
path = "/stop"
limit = "2s"
probe = {{ urls = ["{direct}/r1", "{direct}/r2"], path = "/state", read = {{ agent_status = "/state", task_queue = "/queue", api_calls = "/calls" }} }}
probes = ["front"]
checks = ["agent_status = stopped", "task_queue = 0", "api_calls = 0", "front = 403"]
verify_within = "{verify_within}"
[probes.front]
type = "http"
url = "{direct}"
path = "/front"
status = "front"
"#
    )
}

fn clock() -> Clock {
    clock_at(SPEED)
}

fn clock_at(speed: f64) -> Clock {
    Clock::running(Time::from_timestamp(1_763_700_000, 0).expect("a time"), speed)
}

const fn is_verified(event: &Event) -> bool {
    matches!(event, Event::ActionVerified { .. })
}

const fn is_leaking(event: &Event) -> bool {
    matches!(event, Event::ActionLeaking { .. })
}

async fn play(lie: Lie) {
    let clock = clock();
    let (product, server) = Product::open(lie, clock.clone()).await;
    let stage = Stage::open(&configuration(&server.url(), &server.url(), lie.verify_within), clock).await;
    stage.isolate().await;
    if lie.verified {
        stage.until(lie.name, |a| a.lamp == Lamp::Verified).await;
        product.shown.store(0, Ordering::SeqCst);
    }
    stage.until(lie.name, |a| a.lamp == lie.ends).await;
    let told = || format!("{}:\n{}", lie.name, stage.timeline().join("\n"));

    let verified = stage.moments(is_verified);
    assert_eq!(!verified.is_empty(), lie.verified, "{}", told());
    for at in verified {
        // What was read a moment ago may have changed since; a moment is one probe interval.
        let then = product.since(at).unwrap_or_else(|| panic!("verified before the call: {}", told()));
        let held = (0..=10).any(|ago| (lie.holds)(then - f64::from(ago) / 10.0));
        assert!(held, "verified {then} s after the call while it did not hold: {}", told());
    }
    assert_eq!(stage.moments(is_leaking).len(), usize::from(lie.ends == Lamp::Leaking), "{}", told());
    if lie.ends == Lamp::Leaking {
        // Each reading asks two replicas: the first one that shows it raises the alarm.
        let shown = product.shown.load(Ordering::SeqCst);
        assert!(shown <= 4, "{shown} replicas said that it runs before the alarm: {}", told());
    }
    assert_eq!(product.calls.load(Ordering::SeqCst), 1, "one call: {}", told());
}

/// The same product keeping its word for `HOLDS` seconds, and then going on in the lie's own way: it
/// is verified, and leaks within one probe interval of that.
async fn stops_holding(lie: Lie) {
    let clock = clock_at(CALM);
    let (product, server) = Product::open(lie, clock.clone()).await;
    let stage = Stage::open(&configuration(&server.url(), &server.url(), "30s"), clock).await;
    stage.isolate().await;
    let told = || format!("{}:\n{}", lie.name, stage.timeline().join("\n"));
    stage.until(lie.name, |a| a.lamp == Lamp::Verified).await;
    product.shown.store(0, Ordering::SeqCst);
    stage.until(lie.name, |a| a.lamp == Lamp::Leaking).await;
    let at = |is| stage.moments(is).first().and_then(|at| product.since(*at)).expect("it is on record");
    let (verified, leaking) = (at(is_verified), at(is_leaking));
    assert!(verified <= HOLDS + 1.0 && (lie.holds)(verified), "verified {verified} s after: {}", told());
    assert!(leaking >= HOLDS, "leaking {leaking} s after the call, while it held: {}", told());
    let every = f64::from(stage.hub.policy().probing.probe_every.as_seconds());
    assert!(leaking <= HOLDS + every + SLACK, "leaking only {leaking} s after the call: {}", told());
    assert_eq!(stage.moments(is_leaking).len(), 1, "{}", told());
    assert_eq!(product.calls.load(Ordering::SeqCst), 1, "one call: {}", told());
}

/// How long it keeps its word where it does at first.
const HOLDS: f64 = 12.0;

/// How fast time runs where an interval is measured.
const CALM: f64 = 4.0;

/// What a busy machine may take of that time for a reading.
const SLACK: f64 = 6.0;

/// It held, and goes on in the way of each lie.
const LATER: [Lie; 7] = [
    Lie {
        name: "it goes on by itself after it had stopped",
        holds: |t| t <= HOLDS,
        replica: |_, t| if t <= HOLDS { (false, 0) } else { (true, 3) },
        front: |t| if t <= HOLDS { 403 } else { 200 },
        ..HONEST
    },
    Lie {
        name: "one replica comes back",
        holds: |t| t <= HOLDS,
        replica: |n, t| if n == 2 && t > HOLDS { (true, 2) } else { (false, 0) },
        ..HONEST
    },
    Lie {
        name: "a stale cache serves again",
        holds: |t| t <= HOLDS,
        front: |t| if t <= HOLDS { 403 } else { 200 },
        ..HONEST
    },
    Lie {
        name: "work from a queue begins again",
        holds: |t| t <= HOLDS,
        replica: |_, t| if t <= HOLDS { (false, 0) } else { (false, 4) },
        ..HONEST
    },
    Lie {
        name: "the controller reverts late",
        holds: |t| t <= HOLDS,
        replica: |_, t| if t <= HOLDS { (false, 0) } else { (true, 1) },
        front: |t| if t <= HOLDS { 403 } else { 200 },
        ..HONEST
    },
    Lie {
        name: "202, done for a while, and nothing",
        answer: (202, ""),
        holds: |t| t <= HOLDS,
        replica: |_, t| if t <= HOLDS { (false, 0) } else { (true, 3) },
        front: |t| if t <= HOLDS { 403 } else { 200 },
        ..HONEST
    },
    Lie {
        // It is no yes; what is read decides what becomes of the doubt.
        name: "200 with an error body, done all the same, and later nothing",
        answer: (200, r#"{"error":"timed out while stopping"}"#),
        holds: |t| t <= HOLDS,
        replica: |_, t| if t <= HOLDS { (false, 0) } else { (true, 3) },
        front: |t| if t <= HOLDS { 403 } else { 200 },
        ..HONEST
    },
];

// Each lie by its name, in both directions: never verified while it does not hold, and leaking within one
// probe interval when it stops.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_what_accepts_and_goes_on_is_never_verified() {
    play(LIES[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_what_goes_on_later_leaks() {
    stops_holding(LATER[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_one_replica_that_keeps_serving_is_not_verified_before_it_stops() {
    play(LIES[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_one_replica_that_comes_back_leaks() {
    stops_holding(LATER[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_stale_cache_is_not_verified_before_it_is_gone() {
    play(LIES[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_cache_that_serves_again_leaks() {
    stops_holding(LATER[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_work_in_flight_is_not_verified_before_it_ends() {
    play(LIES[3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_work_that_begins_again_leaks() {
    stops_holding(LATER[3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_what_a_controller_reverts_after_5_s_leaks() {
    play(LIES[4]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_what_a_controller_reverts_late_leaks() {
    stops_holding(LATER[4]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_202_and_nothing_is_never_verified() {
    play(LIES[5]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_202_that_holds_only_a_while_leaks() {
    stops_holding(LATER[5]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_200_with_an_error_body_is_never_verified() {
    play(LIES[6]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_200_with_an_error_body_that_holds_only_a_while_leaks() {
    stops_holding(LATER[6]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_backend_is_verified() {
    play(HONEST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_half_an_answer_it_is_in_doubt_and_settled_by_the_reading() {
    let clock = clock();
    for (fault, lie, ends) in [
        (Fault::Half, HONEST, Lamp::Verified),
        (Fault::Cut, HONEST, Lamp::Verified),
        (Fault::Blackhole, NOTHING, Lamp::InDoubt),
    ] {
        let (product, server) = Product::open(lie, clock.clone()).await;
        let proxy = FaultProxy::start(server.address).await;
        let stage = Stage::open(&configuration(&proxy.url(), &server.url(), "30s"), clock.clone()).await;
        proxy.set(fault);
        stage.isolate().await;
        stage.until("in doubt", |a| a.lamp == ends).await;
        let timeline = stage.timeline().join("\n");
        assert_eq!(
            stage.moments(|event| matches!(event, Event::ActionInDoubt { .. })).len(),
            1,
            "{timeline}"
        );
        assert!(stage.moments(|event| matches!(event, Event::ActionFailed { .. })).is_empty(), "{timeline}");
        let calls = usize::from(fault != Fault::Blackhole);
        assert_eq!(product.calls.load(Ordering::SeqCst), calls, "{fault:?}: nothing runs twice\n{timeline}");
    }
}
