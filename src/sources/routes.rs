//! The paths of the receiver, and the way of one request from its head to its answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::answer::{Recorded, Refusal};
use super::otlp::{self, Signal};
use super::pagerduty::{self, Webhooks};
use super::server::Telemetry;
use super::{Clock, Delivery, Intake, Limits, ParseError, Tally, Token, alertmanager, generic};
use crate::incident::Time;

/// What a source's bytes are read by.
type Parse = fn(&[u8], Time) -> Result<Delivery, ParseError>;

/// Where a request comes from, by its path.
#[derive(Clone, Copy)]
enum Source {
    /// A program of ours, which shows the token.
    Alerts(Parse),
    /// PagerDuty, which signs.
    PagerDuty,
}

/// What every request needs.
pub(super) struct Shared {
    pub token: Option<Token>,
    pub pagerduty: Option<Webhooks>,
    pub max_body: usize,
    pub limits: Limits,
    pub clock: Clock,
    pub intake: Arc<dyn Intake>,
    pub telemetry: Option<Telemetry>,
    pub tally: watch::Sender<Tally>,
    /// One permit for each request between its head and its record.
    pub turns: Arc<Semaphore>,
    /// Records being made, some of them for senders that hung up.
    pub records: TaskTracker,
}

impl Shared {
    /// Counts a refused request.
    pub fn count(&self, refusal: &Refusal) {
        self.tally.send_modify(|tally| {
            tally.refused += 1;
            tally.last_refusal = Some(refusal.words());
        });
    }
}

/// All paths.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let taking = |source: Source| {
        post(move |State(shared): State<Arc<Shared>>, request| answer(shared, request, source))
            .fallback(|State(shared): State<Arc<Shared>>| refuse(shared, Refusal::method("POST")))
    };
    let telemetry = |signal: Signal| {
        post(move |State(shared): State<Arc<Shared>>, request| otlp::take(shared, request, signal))
            .fallback(|State(shared): State<Arc<Shared>>| refuse(shared, Refusal::method("POST")))
    };
    Router::new()
        .route("/v1/alerts/alertmanager", taking(Source::Alerts(alertmanager::parse)))
        .route("/v1/alerts/generic", taking(Source::Alerts(generic::parse)))
        .route("/v1/webhooks/pagerduty", taking(Source::PagerDuty))
        .route("/v1/logs", telemetry(Signal::Logs))
        .route("/v1/traces", telemetry(Signal::Traces))
        .route("/healthz", get(healthy).fallback(|| async { Refusal::method("GET") }))
        .fallback(|State(shared): State<Arc<Shared>>| refuse(shared, unknown_path()))
        .with_state(shared)
}

async fn healthy(State(shared): State<Arc<Shared>>) -> Response {
    if shared.intake.refuses().is_none() {
        return axum::Json(serde_json::json!({"status": "ok"})).into_response();
    }
    // Why is for those who may send alerts: it names a file of this machine.
    let error =
        serde_json::json!({"what": "nothing can be recorded now", "hint": "send an alert to hear why"});
    let refusing = serde_json::json!({"status": "refusing", "error": error});
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(refusing)).into_response()
}

fn unknown_path() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "there is nothing at this path",
        "alerts go to /v1/alerts/alertmanager or /v1/alerts/generic, PagerDuty's webhooks to \
         /v1/webhooks/pagerduty, OTLP to /v1/logs and /v1/traces; /healthz answers while this runs",
    )
}

async fn answer(shared: Arc<Shared>, request: Request, source: Source) -> Response {
    match deliver(&shared, request, source).await {
        Ok(recorded) => {
            shared.tally.send_modify(|tally| {
                tally.taken += 1;
                tally.alerts += recorded.alerts as u64;
            });
            recorded.into_response()
        }
        Err(refusal) => refuse(shared, refusal).await,
    }
}

/// Refuses, and counts it: a refused request may be a lost alert.
async fn refuse(shared: Arc<Shared>, refusal: Refusal) -> Response {
    shared.count(&refusal);
    refusal.into_response()
}

/// Head, turn, body, parse, record: each bounded in time and size.
async fn deliver(shared: &Arc<Shared>, request: Request, source: Source) -> Result<Recorded, Refusal> {
    let signed = match source {
        Source::Alerts(_) => {
            check_sender(request.headers(), shared.token.as_ref())?;
            None
        }
        // Whoever can sign need not know the token of others.
        Source::PagerDuty => {
            check_sender(request.headers(), None)?;
            Some(signed(request.headers(), shared.pagerduty.as_ref())?)
        }
    };
    check_content_type(request.headers())?;
    let turn = turn(shared).await?;
    let fewer = "fewer alerts at once (Alertmanager: max_alerts)";
    let body = read_body(request, shared.max_body, shared.limits.body, fewer).await?;
    let now = (shared.clock)();
    let delivery = match (source, signed) {
        (Source::Alerts(parse), _) => parse(&body, now)?,
        (Source::PagerDuty, Some((webhooks, signatures))) => {
            // Before anything of it is read.
            if !pagerduty::is_signed(&webhooks.secret, &body, &signatures) {
                return Err(Refusal::signature("no signature is right for this body"));
            }
            pagerduty::parse(&body, now, webhooks.declare)?
        }
        (Source::PagerDuty, None) => return Err(Refusal::signature("it is not signed")),
    };
    drop(body);
    record(shared, delivery, turn).await
}

/// Waits for others to be done.
pub(super) async fn turn(shared: &Shared) -> Result<OwnedSemaphorePermit, Refusal> {
    let turn = timeout(shared.limits.turn, Arc::clone(&shared.turns).acquire_owned())
        .await
        .map_err(|_| Refusal::later("too many requests at once", shared.limits.turn))?;
    Ok(turn.expect("the semaphore is never closed"))
}

/// Hands it over in a task of its own, which keeps its turn until it is done.
async fn record(
    shared: &Arc<Shared>,
    delivery: Delivery,
    turn: OwnedSemaphorePermit,
) -> Result<Recorded, Refusal> {
    let mut recorded = Recorded::of(&delivery);
    let taking = shared.intake.take(delivery);
    let task = shared.records.spawn(async move {
        let taken = taking.await;
        drop(turn);
        taken
    });
    let waited = timeout(shared.limits.record, task).await;
    let joined =
        waited.map_err(|_| Refusal::later("recording takes long; it goes on", shared.limits.record))?;
    recorded.taken = joined.map_err(|_| {
        let hint = "this is a fault in flightdeck; send it again, and report it";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "recording failed", hint)
    })??;
    Ok(recorded)
}

/// A browser says where its page came from: no page may declare incidents through the person who
/// looks at it, neither on loopback, where no token is needed, nor by a name made to point there.
pub(super) fn check_sender(headers: &HeaderMap, token: Option<&Token>) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        let hint = "this receiver is for programs; send the request without an Origin header";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "this came from a web page", hint));
    }
    let Some(token) = token else { return Ok(()) };
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else {
        return Err(Refusal::token("there is not just one Authorization header"));
    };
    match shown.as_bytes().split_at_checked(7) {
        Some((scheme, shown)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
            if token.matches(shown) {
                Ok(())
            } else {
                Err(Refusal::token("this is not the token"))
            }
        }
        Some(_) | None => Err(Refusal::token("the Authorization header is no bearer token")),
    }
}

/// The signatures that came with a webhook, and what they are to be looked at with.
fn signed<'a>(
    headers: &HeaderMap,
    webhooks: Option<&'a Webhooks>,
) -> Result<(&'a Webhooks, Vec<u8>), Refusal> {
    let Some(webhooks) = webhooks else {
        let hint = "say in [receiver.pagerduty] where the signing secret of the subscription lies";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "PagerDuty's webhooks are not taken here", hint));
    };
    let mut given = headers.get_all(pagerduty::SIGNATURE).iter();
    match (given.next(), given.next()) {
        (Some(signatures), None) => Ok((webhooks, signatures.as_bytes().to_vec())),
        (_, _) => Err(Refusal::signature("there is not just one X-PagerDuty-Signature header")),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    let given = given.unwrap_or_default();
    let kind = given.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if kind == b"application/json" || (kind.starts_with(b"application/") && kind.ends_with(b"+json")) {
        return Ok(());
    }
    let hint = "send JSON with the header 'Content-Type: application/json'";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content type is not JSON", hint))
}

/// Reads the body, in the time there is for it; `fewer` says how to send less of it.
pub(super) async fn read_body(
    request: Request,
    max: usize,
    within: Duration,
    fewer: &str,
) -> Result<Bytes, Refusal> {
    timeout(within, read_at_most(request, max, fewer)).await.map_err(|_| {
        let hint = "send the whole request at once";
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time", hint)
    })?
}

/// Reads at most `max` bytes. What is beyond is read and thrown away, up to a bound, so that the
/// sender gets the answer and not a reset connection (which Alertmanager would retry for ever); a
/// sender that asked first gets its answer first.
async fn read_at_most(request: Request, max: usize, fewer: &str) -> Result<Bytes, Refusal> {
    /// The most that is read only to be thrown away.
    const DRAIN: usize = 64 * 1024 * 1024;
    let too_large = || {
        let hint = format!("send at most {max} bytes: {fewer}");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large", &hint)
    };
    let said = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let oversize = said.is_some_and(|said: u64| said > max as u64);
    if oversize && request.headers().contains_key(EXPECT) {
        return Err(too_large());
    }
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    let mut stream = Body::into_data_stream(request.into_body());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            let hint = "the connection broke off or its chunks are malformed; send it again";
            Refusal::new(StatusCode::BAD_REQUEST, "the body could not be read", hint)
        })?;
        seen = seen.saturating_add(chunk.len());
        if seen > DRAIN.max(max) {
            break;
        }
        if oversize || seen > max {
            kept = Vec::new();
        } else {
            kept.extend_from_slice(&chunk);
        }
    }
    if oversize || seen > max { Err(too_large()) } else { Ok(kept.into()) }
}
