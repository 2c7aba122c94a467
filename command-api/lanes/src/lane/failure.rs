//! What can break between a command and the log.

use event_store::{DecodeError, LogError};

/// Something broke; asking again may help.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The log could not be read.
    #[error("the log could not be read")]
    Log(#[from] LogError),
    /// A fact of the log could not be decoded.
    #[error("a fact of the log could not be decoded")]
    Decode(#[from] DecodeError),
    /// An aggregate could not be loaded.
    #[error("an aggregate could not be loaded: {0}")]
    Load(String),
    /// A fact could not be written as JSON.
    #[error("a fact could not be written as JSON")]
    Encode(#[from] serde_json::Error),
}
