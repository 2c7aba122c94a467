//! Facts of the log as clients see them: byte for byte as they were recorded.

use chrono::{DateTime, Utc};
use event_store::RecordedFact;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fact {
    /// Its place in the log.
    position: i64,
    /// Its place among the facts of its aggregate.
    pub(crate) sequence: i64,
    /// What happened.
    #[schema(example = "BookingPlaced")]
    r#type: String,
    /// Version of the payload's shape.
    version: String,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// The fact as it was recorded.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
}

impl From<RecordedFact> for Fact {
    fn from(fact: RecordedFact) -> Self {
        Self {
            position: fact.position.get(),
            sequence: fact.sequence.get(),
            r#type: fact.event_type,
            version: fact.event_version,
            recorded_at: fact.recorded_at,
            payload: fact.payload,
        }
    }
}
