//! The way of one request from its head to its answer.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::timeout;

use super::answer::{Form, Kept, is_gzip};
use super::{Signal, read, unpacked};
use crate::sources::answer::Refusal;
use crate::sources::routes::{Shared, check_sender, read_body, turn};

/// Answers a request, in its own form; what has none is answered in JSON.
pub(in crate::sources) async fn take(shared: Arc<Shared>, request: Request, signal: Signal) -> Response {
    let form = Form::of(request.headers());
    let answered_in = form.as_ref().copied().unwrap_or(Form::Json);
    match keep(&shared, request, signal, form).await {
        Ok((records, kept)) => {
            shared.tally.send_modify(|tally| {
                tally.records += records;
                tally.left_out += kept.rejected;
            });
            answered_in.taken(signal, &kept)
        }
        Err(refusal) => {
            shared.count(&refusal);
            answered_in.refused(&refusal)
        }
    }
}

async fn keep(
    shared: &Arc<Shared>,
    request: Request,
    signal: Signal,
    form: Result<Form, Refusal>,
) -> Result<(u64, Kept), Refusal> {
    check_sender(request.headers(), shared.token.as_ref())?;
    let Some(telemetry) = shared.telemetry.clone() else {
        let hint = "[receiver] otlp = true takes them";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "logs and traces are not taken here", hint));
    };
    let form = form?;
    let is_gzip = is_gzip(request.headers())?;
    let turn = turn(shared).await?;
    let body = read_body(request, shared.max_body, shared.limits.body, "smaller batches").await?;
    let (seen, max) = ((shared.clock)(), shared.max_body);
    let keeper = telemetry.keep.clone();
    // Unpacking and reading a large body takes a while that others need not wait.
    let read = tokio::task::spawn_blocking(move || {
        let body = if is_gzip { unpacked(&body, max)?.into() } else { body };
        Ok::<_, Refusal>(read(signal, form, &body, &telemetry.agents, seen)?)
    });
    let fault = |_| {
        let hint = "this is a fault in flightdeck; report it";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "reading failed", hint)
    };
    let (lines, kept) = read.await.map_err(fault)??;
    let records = lines.len() as u64;
    if !lines.is_empty() {
        // In a task of its own: a sender that hangs up does not stop it.
        let keeping = shared.records.spawn(keeper.keep(lines));
        let waited = timeout(shared.limits.record, keeping).await;
        let slow = |_| Refusal::later("keeping takes long; it goes on", shared.limits.record);
        waited.map_err(slow)?.map_err(fault)??;
    }
    drop(turn);
    Ok((records, kept))
}
