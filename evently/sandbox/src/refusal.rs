//! Every answer that is no charge, refund or page of the journal.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// Bytes of a body at most: an amount, a method, and a page of the client's own words.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1_024;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("send Authorization: Bearer and the secret key")]
    Unauthorized,
    #[error("send one Idempotency-Key header of 1 to 255 visible ASCII characters")]
    NoIdempotencyKey,
    #[error("{0}")]
    Unreadable(String),
    #[error("the body is larger than {BODY_BYTES_MAX} bytes")]
    BodyTooLarge,
    #[error("the sandbox has no method {0}")]
    UnknownMethod(String),
    #[error("this key was used for another request")]
    KeyReused,
    #[error("the first request with this key is still running")]
    StillRunning,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("this path takes another method")]
    MethodNotAllowed,
    #[error("this failure is what the method asks for")]
    FailureAsAsked,
    #[error("the journal cannot be written")]
    JournalFailed,
    #[error("too many entries wait for the journal")]
    Overloaded,
    #[error("the journal has as many entries as it may have")]
    JournalFull,
}

impl Refusal {
    /// The status, and the word in `error.type`.
    const fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::NoIdempotencyKey => (StatusCode::BAD_REQUEST, "missing_idempotency_key"),
            Self::Unreadable(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::UnknownMethod(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_method"),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            Self::StillRunning => (StatusCode::CONFLICT, "request_in_progress"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::FailureAsAsked => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
            Self::JournalFailed => (StatusCode::INTERNAL_SERVER_ERROR, "journal_failed"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::JournalFull => (StatusCode::SERVICE_UNAVAILABLE, "journal_full"),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, kind) = self.kind();
        HttpResponse::build(status).json(json!({ "error": { "type": kind, "message": self.to_string() } }))
    }
}
