//! OTLP/HTTP: what agents log and trace, sent here by an OpenTelemetry SDK or collector.
//!
//! Pure but for its door: bytes in, lines of JSON out, in the form in which agents log to files.
//! What becomes of them is the [`Keep`]er's affair: a request is answered with 200 when it has them.
//! The specification: opentelemetry.io/docs/specs/otlp, version 1.9.

mod answer;
mod genai;
mod message;
mod receive;
mod record;
#[cfg(test)]
mod tests;

use std::io::Read as _;

use axum::http::StatusCode;
use flate2::read::MultiGzDecoder;
use futures::future::BoxFuture;
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Refusal;
use super::json::wrong;
use super::{IntakeError, ParseError};
use crate::incident::{Text, Time};

use answer::{Form, Kept};
use message::{Logs, Traces};
use record::Sender;

pub(super) use receive::take;

/// Keeps the lines of a request.
pub trait Keep: Send + Sync + 'static {
    /// Keeps them, in this order and next to each other, each without its line end. The future ends
    /// when they are kept, or says why they are not.
    fn keep(&self, lines: Vec<String>) -> BoxFuture<'static, Result<(), IntakeError>>;
}

/// What a request carries, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// `/v1/logs`
    Logs,
    /// `/v1/traces`
    Traces,
}

impl Signal {
    /// How JSON calls the number of those that were not taken.
    const fn rejected(self) -> &'static str {
        match self {
            Self::Logs => "rejectedLogRecords",
            Self::Traces => "rejectedSpans",
        }
    }
}

/// The longest line that is kept: a conversation of some hundred pages.
const LINE_MAX: usize = 256 * 1024;

/// The lines of a request, and what of it is left out.
fn read(
    signal: Signal,
    form: Form,
    body: &[u8],
    known: &[Text],
    seen: Time,
) -> Result<(Vec<String>, Kept), ParseError> {
    let mut lines = Vec::new();
    let mut kept = Kept::default();
    match signal {
        Signal::Logs => {
            for group in decode::<Logs>(form, body)?.resource_logs {
                let sender = Sender::new(group.resource, known, seen);
                for record in group.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                    let line = sender.log(record);
                    if line.len() > LINE_MAX { kept.rejected += 1 } else { lines.push(line) }
                }
            }
        }
        Signal::Traces => {
            for group in decode::<Traces>(form, body)?.resource_spans {
                let sender = Sender::new(group.resource, known, seen);
                for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                    let of: Vec<String> = sender.span(span).collect();
                    let too_long = of.iter().any(|line| line.len() > LINE_MAX);
                    if too_long { kept.rejected += 1 } else { lines.extend(of) }
                }
            }
        }
    }
    if kept.rejected > 0 {
        let what = match signal {
            Signal::Logs => "log records",
            Signal::Traces => "spans",
        };
        kept.words =
            format!("{} {what} are longer than {} KiB and were not kept", kept.rejected, LINE_MAX / 1024);
    }
    Ok((lines, kept))
}

fn decode<T: Message + Default + DeserializeOwned>(form: Form, body: &[u8]) -> Result<T, ParseError> {
    const HINT: &str = "send what the OTLP specification describes for this path";
    match form {
        Form::Protobuf => T::decode(body).map_err(|error| wrong("body", &error.to_string(), HINT)),
        Form::Json => {
            let value: Value = super::json::read(body, HINT)?;
            serde_path_to_error::deserialize(without_nulls(value))
                .map_err(|error| wrong(&error.path().to_string(), &error.inner().to_string(), HINT))
        }
    }
}

/// In protobuf's JSON `null` says that a field is not set.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// Unpacks at most `max` bytes: a bomb is small where it comes in.
fn unpacked(body: &[u8], max: usize) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(body).take(max as u64 + 1).read_to_end(&mut unpacked);
    if read.is_err() {
        let hint = "send the whole of what gzip made";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "the body is no gzip", hint));
    }
    if unpacked.len() > max {
        let hint = format!("send at most {max} bytes, unpacked: smaller batches");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the unpacked body is too large", &hint));
    }
    Ok(unpacked)
}
