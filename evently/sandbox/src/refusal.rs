//! Every answer that is no charge, refund or page of the journal: its status, its type and its message.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// Why a request is answered with an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("send Authorization: Bearer and the secret key")]
    Unauthorized,
    #[error("send one Idempotency-Key header of 1 to 255 visible ASCII characters")]
    NoIdempotencyKey,
    #[error("{0}")]
    Unreadable(String),
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(usize),
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
    /// The word in `error.type`.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NoIdempotencyKey => "missing_idempotency_key",
            Self::Unreadable(_) => "invalid_request",
            Self::BodyTooLarge(_) => "body_too_large",
            Self::UnknownMethod(_) => "unknown_method",
            Self::KeyReused => "idempotency_key_reused",
            Self::StillRunning => "request_in_progress",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::FailureAsAsked => "internal_error",
            Self::JournalFailed => "journal_failed",
            Self::Overloaded => "overloaded",
            Self::JournalFull => "journal_full",
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoIdempotencyKey | Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownMethod(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::StillRunning => StatusCode::CONFLICT,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::FailureAsAsked | Self::JournalFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded | Self::JournalFull => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let error = json!({ "error": { "type": self.kind(), "message": self.to_string() } });
        HttpResponse::build(self.status_code()).json(error)
    }
}
