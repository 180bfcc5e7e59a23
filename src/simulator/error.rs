//! The REST API's refusals (carrier contract §12).

use http::StatusCode;
use serde_json::{Value, json};

/// A refusal with the carrier's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) message: String,
}

impl ApiError {
    /// A refusal with status 400.
    pub(super) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn with(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The resource does not exist.
    pub(super) fn not_found(path: &str) -> Self {
        Self::with(StatusCode::NOT_FOUND, 20404, format!("The requested resource {path} was not found"))
    }

    /// 20003: the credentials are wrong.
    pub(super) fn unauthorized() -> Self {
        Self::with(StatusCode::UNAUTHORIZED, 20003, "Authenticate")
    }

    /// 21220: the call is not in a state for the change.
    pub(super) fn not_in_state() -> Self {
        Self::bad(21220, "Call is not in-progress. Cannot redirect.")
    }

    pub(super) fn body(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        })
    }
}
