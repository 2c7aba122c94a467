//! Calls without an outcome: those of which nobody knows, and those that were turned away because of us.

use std::time::Duration;

/// Why a call to a gateway has no outcome. Neither means that money moved or did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Ask again, under the same key.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// Asking again is of no use until somebody mends our configuration, or this program.
    #[error(transparent)]
    Rejected(#[from] Rejected),
}

/// It is not known what became of a call: no answer, none in time, or one that says "later". The money may have moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outcome is unknown: {cause}")]
pub struct Unknown {
    /// What happened, for the log. Holds no secret, no token and nothing of a body.
    pub cause: String,
    /// How long the gateway asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Unknown {
    /// Not known because of `cause`.
    pub fn because(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            retry_after: None,
        }
    }
}

/// The gateway turned the request away as malformed, unauthorised or not allowed: it did nothing, and the same request would
/// fare no better. Somebody has to look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway rejects our request: {cause}")]
pub struct Rejected {
    /// What the gateway said, in its codes. Holds no secret, no token and nothing of a body.
    pub cause: String,
}

impl Rejected {
    /// Turned away because of `cause`.
    pub fn because(cause: impl Into<String>) -> Self {
        Self { cause: cause.into() }
    }
}
