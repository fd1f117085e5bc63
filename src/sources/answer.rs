//! Answers: JSON, always, with what is wrong, where, and what to do.

use std::time::Duration;

use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Delivery, IntakeError, ParseError, Taken};
use crate::incident::Text;

/// A request that was not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub what: Text,
    pub place: Option<Text>,
    pub hint: Text,
    header: Option<Header>,
}

/// The header that belongs to some refusals.
#[derive(Debug)]
enum Header {
    Authenticate,
    Allow(&'static str),
    RetryAfter(u64),
}

impl Header {
    fn pair(&self) -> (HeaderName, HeaderValue) {
        match self {
            Self::Authenticate => (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::Allow(method) => (ALLOW, HeaderValue::from_static(method)),
            Self::RetryAfter(seconds) => (RETRY_AFTER, HeaderValue::from(*seconds)),
        }
    }
}

impl Refusal {
    pub(super) fn new(status: StatusCode, what: &str, hint: &str) -> Self {
        Self { status, what: Text::line(what), place: None, hint: Text::line(hint), header: None }
    }

    /// The sender showed no token, or another one.
    pub(super) fn token(what: &str) -> Self {
        let hint = "send the header 'Authorization: Bearer TOKEN' with the receiver's token";
        Self { header: Some(Header::Authenticate), ..Self::new(StatusCode::UNAUTHORIZED, what, hint) }
    }

    /// Nobody who knows the secret sent it.
    pub(super) fn signature(what: &str) -> Self {
        let hint = "the secret of [receiver.pagerduty] is that of the webhook subscription";
        Self::new(StatusCode::UNAUTHORIZED, what, hint)
    }

    /// The path is right and the method is not.
    pub(super) fn method(allowed: &'static str) -> Self {
        let header = Some(Header::Allow(allowed));
        let hint = format!("this path takes {allowed}");
        Self {
            header,
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not for this path", &hint)
        }
    }

    /// Not now: the sender should come again.
    pub(super) fn later(what: &str, retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs().max(1);
        let header = Some(Header::RetryAfter(seconds));
        let hint = format!("nothing is lost if you send it again, in {seconds} s or later");
        Self { header, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, what, &hint) }
    }

    /// The header that belongs to it, if one does.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        self.header.as_ref().map(Header::pair)
    }

    /// In one line, for the tally.
    pub(super) fn words(&self) -> Text {
        let code = self.status.as_u16();
        match &self.place {
            Some(place) => Text::line(&format!("{code}: {place}: {}", self.what)),
            None => Text::line(&format!("{code}: {}", self.what)),
        }
    }
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            what: error.what,
            place: Some(error.place),
            hint: error.hint,
            header: None,
        }
    }
}

impl From<IntakeError> for Refusal {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Unavailable { why, retry_after } => Self::later(why.as_str(), retry_after),
            IntakeError::Refused { why } => {
                let hint = "sending it again will not help";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, why.as_str(), hint)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let place = self.place.as_ref().map(Text::as_str);
        let error = json!({"what": self.what.as_str(), "where": place, "hint": self.hint.as_str()});
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// The answer to what was recorded.
pub(super) struct Recorded {
    pub alerts: usize,
    pub notes: Vec<Text>,
    pub taken: Taken,
}

impl Recorded {
    /// What will be answered once `delivery` is recorded.
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self { alerts: delivery.incoming.len(), notes: delivery.notes.clone(), taken: Taken::default() }
    }
}

impl IntoResponse for Recorded {
    fn into_response(self) -> Response {
        let incidents: Vec<String> = self.taken.incidents.iter().map(ToString::to_string).collect();
        let notes: Vec<_> = self.notes.iter().chain(&self.taken.notes).collect();
        Json(json!({"recorded": self.alerts, "incidents": incidents, "notes": notes})).into_response()
    }
}
