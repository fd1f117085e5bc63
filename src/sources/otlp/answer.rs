//! Answers as OTLP has them: protobuf to protobuf, JSON to JSON, errors as `google.rpc.Status`.

use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use prost::Message as _;
use serde_json::json;

use super::Signal;
use crate::sources::answer::Refusal;

/// In which form a request came, and is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Protobuf,
    Json,
}

/// What was kept, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Log records or spans that were left out.
    pub rejected: u64,
    /// Why, or what else is to be said.
    pub words: String,
}

impl Form {
    const PROTOBUF: &str = "application/x-protobuf";
    const JSON: &str = "application/json";

    /// The form that the head of a request names.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let given = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let kind = given.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if kind.eq_ignore_ascii_case(Self::PROTOBUF.as_bytes()) {
            Ok(Self::Protobuf)
        } else if kind.eq_ignore_ascii_case(Self::JSON.as_bytes()) {
            Ok(Self::Json)
        } else {
            let hint = "send OTLP with the header 'Content-Type: application/x-protobuf' or application/json";
            let what = "the content type is neither protobuf nor JSON";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what, hint))
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => Self::PROTOBUF,
            Self::Json => Self::JSON,
        }
    }

    /// The request was taken, all of it or in part.
    pub fn taken(self, signal: Signal, kept: &Kept) -> Response {
        let is_whole = *kept == Kept::default();
        let body = match self {
            Self::Protobuf if is_whole => Vec::new(),
            Self::Json if is_whole => b"{}".to_vec(),
            Self::Protobuf => ExportResponse {
                partial_success: Some(PartialSuccess {
                    rejected: i64::try_from(kept.rejected).unwrap_or(i64::MAX),
                    error_message: kept.words.clone(),
                }),
            }
            .encode_to_vec(),
            // 64-bit numbers are text in protobuf's JSON.
            Self::Json => json!({"partialSuccess": {
                signal.rejected(): kept.rejected.to_string(),
                "errorMessage": kept.words,
            }})
            .to_string()
            .into_bytes(),
        };
        ([(CONTENT_TYPE, self.content_type())], body).into_response()
    }

    /// The request was not taken.
    pub fn refused(self, refusal: &Refusal) -> Response {
        let words = format!("{}; {}", refusal.what, refusal.hint);
        let place = refusal.place.as_ref().map(ToString::to_string);
        let body = match self {
            Self::Protobuf => {
                let details = place.map(|field| BadRequest {
                    field_violations: vec![Violation { field, description: refusal.what.to_string() }],
                });
                let details = details
                    .map(|wrong| Detail { type_url: BAD_REQUEST.to_owned(), value: wrong.encode_to_vec() });
                let details = details.into_iter().collect();
                Status { code: code(refusal.status), message: words, details }.encode_to_vec()
            }
            Self::Json => {
                let details = place.map(|field| {
                    json!({
                        "@type": BAD_REQUEST,
                        "fieldViolations": [{"field": field, "description": refusal.what.as_str()}],
                    })
                });
                let details: Vec<_> = details.into_iter().collect();
                let status = json!({"code": code(refusal.status), "message": words, "details": details});
                status.to_string().into_bytes()
            }
        };
        let head = [(CONTENT_TYPE, self.content_type())];
        let mut response = (refusal.status, head, body).into_response();
        if let Some((name, value)) = refusal.header() {
            response.headers_mut().insert(name, value);
        }
        if refusal.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether the body is gzip.
pub(super) fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes).map(<[u8]>::trim_ascii) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(true),
        Some(_) => {
            let hint = "compress with gzip, or not at all";
            let what = "the content encoding is not gzip";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what, hint))
        }
    }
}

const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// The nearest of gRPC's codes, for those who log them: the specification makes no use of it.
fn code(status: StatusCode) -> i32 {
    match status.as_u16() {
        400 | 413 | 415 => 3, // INVALID_ARGUMENT
        401 => 16,            // UNAUTHENTICATED
        403 => 7,             // PERMISSION_DENIED
        404 => 5,             // NOT_FOUND
        405 => 12,            // UNIMPLEMENTED
        408 => 4,             // DEADLINE_EXCEEDED
        429 => 8,             // RESOURCE_EXHAUSTED
        503 => 14,            // UNAVAILABLE
        _ => 2,               // UNKNOWN
    }
}

/// `ExportLogsServiceResponse` and `ExportTraceServiceResponse`, which differ in names only.
#[derive(Clone, PartialEq, prost::Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.BadRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<Violation>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Violation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}
