//! Facts on their way into the log, and as the log holds them.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use domain::Recorded;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Position, Sequence};

/// Room for the fact of a hold of a few seats.
const PAYLOAD_BYTES_USUAL: usize = 512;

/// Names the stream of one aggregate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The kind of aggregate, as in `cqrs_es::Aggregate::TYPE`.
    pub aggregate_type: Cow<'static, str>,
    /// Which one of its kind.
    pub aggregate_id: Uuid,
}

impl StreamId {
    /// The stream of the `A` with this id.
    pub fn of<A: Recorded>(id: A::Id) -> Self {
        Self {
            aggregate_type: Cow::Borrowed(A::TYPE),
            aggregate_id: id.into(),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// A fact to append.
#[derive(Clone, Debug)]
pub struct NewFact {
    /// The stream it continues.
    pub stream: StreamId,
    /// Its place there: one more than what its writer has seen. This is the version check.
    pub sequence: Sequence,
    /// What happened, as in `cqrs_es::DomainEvent::event_type`.
    pub event_type: &'static str,
    /// The version of the payload's shape.
    pub event_version: &'static str,
    /// The fact as JSON; these bytes are kept.
    pub payload: String,
    /// [`Metadata`](crate::Metadata) as JSON; facts of one command share it.
    pub metadata: Arc<str>,
}

impl NewFact {
    /// `fact` as number `sequence` of `stream`, which is one of an `A`.
    pub fn of<A: Recorded>(
        stream: &StreamId,
        sequence: Sequence,
        fact: &A::Event,
        metadata: &Arc<str>,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            stream: stream.clone(),
            sequence,
            event_type: A::fact_name(fact),
            event_version: A::FACT_VERSION,
            payload: json(fact)?,
            metadata: Arc::clone(metadata),
        })
    }
}

/// `fact` as JSON, in room for most, so that the text does not move while it grows.
fn json(fact: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(PAYLOAD_BYTES_USUAL);
    serde_json::to_writer(&mut bytes, fact)?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// Facts of one or more streams that are appended together or not at all.
///
/// What a writer decided upon facts that are not yet appended belongs into the same unit as those: were they apart, the
/// first could lose its place to another writer and the second still find its own.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// In the order in which they get their positions.
    pub facts: Vec<NewFact>,
}

/// A fact as the log holds it.
#[derive(Clone, Debug)]
pub struct RecordedFact {
    /// Its place in the log.
    pub position: Position,
    /// The stream it stands in.
    pub stream: StreamId,
    /// Its place there.
    pub sequence: Sequence,
    /// What happened.
    pub event_type: String,
    /// The version of the payload's shape.
    pub event_version: String,
    /// The fact, byte for byte as it was appended.
    pub payload: Box<RawValue>,
    /// [`Metadata`](crate::Metadata), byte for byte as it was appended.
    pub metadata: Box<RawValue>,
    /// When its transaction began, by the database's clock.
    pub recorded_at: DateTime<Utc>,
    /// What it says, once a reader has asked.
    pub(crate) decoded: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl RecordedFact {
    /// Whether it is `fact` as it was to be appended, byte for byte.
    pub(crate) fn is(&self, fact: &NewFact) -> bool {
        self.stream == fact.stream
            && self.sequence == fact.sequence
            && self.metadata.get() == &*fact.metadata
            && self.event_type == fact.event_type
            && self.payload.get() == fact.payload
    }
}
