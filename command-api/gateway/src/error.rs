//! Calls without an outcome: it is unknown, or the gateway rejected the request because of us.

use std::time::Duration;

/// Why a call to a gateway has no outcome. Neither means that money moved or did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// To be repeated under the same key.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// A repetition is of no use until a person mends our configuration, or this program.
    #[error(transparent)]
    Rejected(#[from] Rejected),
}

/// No answer, none in time, or one that says "later". The money may have moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outcome is unknown: {cause}")]
pub struct Unknown {
    /// What happened, for the log. Holds no secret, no token and nothing of a body.
    pub cause: String,
    /// How long the gateway asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Unknown {
    pub fn because(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            retry_after: None,
        }
    }
}

/// The gateway rejected the request as malformed, unauthorised or not allowed. It did nothing, and the same request would fare
/// no better.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway rejects our request: {cause}")]
pub struct Rejected {
    /// The gateway's reason, in its codes. Holds no secret, no token and nothing of a body.
    pub cause: String,
}

impl Rejected {
    pub fn because(cause: impl Into<String>) -> Self {
        Self { cause: cause.into() }
    }
}
