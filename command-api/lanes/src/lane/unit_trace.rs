//! Units of unknown outcome: whether they are in the log is looked up there, never guessed.

use std::sync::Arc;

use event_store::{Log, LogError, Position, Sequence, StreamId, Unit};

/// How to find a unit in the log: it is there whole or not at all, so looking for its first fact is enough.
#[derive(Clone, Debug)]
pub(super) struct UnitTrace {
    stream: StreamId,
    before: Sequence,
    metadata: Arc<str>,
}

impl UnitTrace {
    /// The trace of `unit`; `None` if it has no fact.
    pub(super) fn of(unit: &Unit) -> Option<Self> {
        let first = unit.facts.first()?;
        Some(Self {
            stream: first.stream.clone(),
            before: first.sequence.previous(),
            metadata: Arc::clone(&first.metadata),
        })
    }

    /// The log's position before the unit, if the unit is in the log. Metadata names the command, which is unique.
    pub(super) async fn find(&self, log: &Log) -> Result<Option<Position>, LogError> {
        let facts = log.read_stream_page(&self.stream, self.before, 1).await?;
        let first = facts
            .first()
            .filter(|fact| fact.metadata.get() == &*self.metadata);
        Ok(first.map(|fact| fact.position.previous()))
    }
}
