//! Who caused a fact, why, and on what request.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Stands beside every fact as a flat JSON object of strings (what cqrs-es reads as its metadata). Holds no personal
/// data: accounts are named by id, clients by a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The account's id, or the name of the process that acted.
    pub actor: String,
    /// The role in which it acted.
    pub role: String,
    /// The command that was decided.
    pub command_id: Uuid,
    /// What the client says that the command belongs to; where it says nothing, that is the trace, or else the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The position or the command that this follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// The trace that this belongs to (W3C Trace Context).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Keyed hash of the client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}
