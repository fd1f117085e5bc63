//! What lamps once said wrongly of real systems, each played again through the http adapter, the hub
//! and the watch.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use flightdeck::incident::Lamp;
use flightdeck::runtime::Clock;
use support::fault::{Fault, FaultProxy};
use support::server::Server;
use support::stage::Stage;

/// A backend that does what it is told, or not, and answers what it likes.
#[derive(Clone, Default)]
struct Product {
    answers: Arc<AtomicU16>,
    obeys: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    /// Whether the second way to read it hangs.
    hangs: Arc<AtomicBool>,
}

impl Product {
    async fn open(answers: u16, obeys: bool) -> (Self, Server) {
        let product = Self::default();
        product.answers.store(answers, Ordering::SeqCst);
        product.obeys.store(obeys, Ordering::SeqCst);
        let routes = Router::new()
            .route("/stop", post(stop))
            .route("/state", get(state))
            .route("/slow", get(slow))
            .with_state(product.clone());
        (product, Server::start(routes).await)
    }
}

async fn stop(State(product): State<Product>) -> (StatusCode, &'static str) {
    product.calls.fetch_add(1, Ordering::SeqCst);
    if product.obeys.load(Ordering::SeqCst) {
        product.stopped.store(true, Ordering::SeqCst);
    }
    (StatusCode::from_u16(product.answers.load(Ordering::SeqCst)).expect("a status"), "{}")
}

async fn state(State(product): State<Product>) -> &'static str {
    if product.stopped.load(Ordering::SeqCst) { r#"{"state":"stopped"}"# } else { r#"{"state":"running"}"# }
}

async fn slow(State(product): State<Product>) -> &'static str {
    if product.hangs.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    state(State(product)).await
}

fn configuration(control: &str, direct: &str, more: &str) -> String {
    format!(
        r#"
[adapters.product]
type = "http"
url = "{control}"
[adapters.product.actions.isolate]
path = "/stop"
limit = "20s"
verify_within = "30s"
checks = ["agent_status = stopped"]
probes = ["direct", "slow"]
{more}
[probes.direct]
type = "http"
url = "{direct}"
path = "/state"
read = {{ agent_status = "/state" }}
[probes.slow]
type = "http"
url = "{direct}"
path = "/slow"
read = {{ agent_status = "/state" }}
"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_500_behind_the_effect_is_in_doubt_and_read_and_never_called_failed() {
    for status in [500, 503] {
        let (product, server) = Product::open(status, true).await;
        let stage = Stage::open(&configuration(&server.url(), &server.url(), ""), Clock::wall()).await;
        stage.isolate().await;
        let action = stage.until("settled by the reading", |a| a.lamp == Lamp::Verified).await;
        assert!(action.answer.as_str().contains("nobody knows whether it took effect"), "{}", action.answer);
        assert_eq!(product.calls.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_no_is_failed_when_the_world_was_read_and_says_what_was_read() {
    let (_product, server) = Product::open(404, false).await;
    let stage = Stage::open(&configuration(&server.url(), &server.url(), ""), Clock::wall()).await;
    stage.isolate().await;
    let action = stage.until("failed", |a| a.lamp == Lamp::Failed).await;
    assert!(action.answer.as_str().contains("then read: agent_status = stopped: read running"), "{action:?}");

    // A no that lies: the effect is there.
    let (_product, server) = Product::open(404, true).await;
    let stage = Stage::open(&configuration(&server.url(), &server.url(), ""), Clock::wall()).await;
    stage.isolate().await;
    stage.until("in doubt, and settled by the reading", |a| a.lamp == Lamp::Verified).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_sent_twice_is_sent_again_only_after_the_world_was_read() {
    // Half: the request passes, the answer does not. The effect is there, so nothing is repeated.
    let (product, server) = Product::open(200, true).await;
    let proxy = FaultProxy::start(server.address).await;
    let text = configuration(&proxy.url(), &server.url(), "idempotent = true\n");
    let stage = Stage::open(&text.replace("20s", "2s"), Clock::wall()).await;
    proxy.set(Fault::Half);
    stage.isolate().await;
    stage.until("settled by the reading", |a| a.lamp == Lamp::Verified).await;
    assert_eq!(product.calls.load(Ordering::SeqCst), 1, "the effect was there");

    // It answers 503 and did nothing: read as absent, it is sent again, and does it.
    let (product, server) = Product::open(503, false).await;
    let stage =
        Stage::open(&configuration(&server.url(), &server.url(), "idempotent = true\n"), Clock::wall()).await;
    let well = product.clone();
    tokio::spawn(async move {
        while well.calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        well.answers.store(200, Ordering::SeqCst);
        well.obeys.store(true, Ordering::SeqCst);
    });
    stage.isolate().await;
    let action = stage.until("sent again", |a| a.lamp == Lamp::Verified).await;
    assert!(action.answer.as_str().contains("sent 2 times, read in between"), "{}", action.answer);
    assert_eq!(product.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_hangs_does_not_delay_the_alarm_of_another() {
    let (product, server) = Product::open(200, true).await;
    let stage = Stage::open(&configuration(&server.url(), &server.url(), ""), Clock::wall()).await;
    stage.isolate().await;
    stage.until("verified", |a| a.lamp == Lamp::Verified).await;
    product.hangs.store(true, Ordering::SeqCst);
    // The slow way hangs by now, whatever it was doing.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let began = std::time::Instant::now();
    product.stopped.store(false, Ordering::SeqCst);
    stage.until("leaking", |a| a.lamp == Lamp::Leaking).await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(7_500), "one interval of 5 s, not the other's limit: {took:?}");
}
