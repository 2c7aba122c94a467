//! Loading an aggregate: its snapshot, if there is a sound one, and the facts that came after.

use cqrs_es::persist::EventUpcaster;
use cqrs_es::{Aggregate, DomainEvent};
use event_store::{Position, Sequence, StreamId};

use super::{Failure, Store};

/// An aggregate as the log has it.
#[derive(Debug)]
pub struct Loaded<A> {
    /// Its state; the default if it has no facts.
    pub state: A,
    /// Its version.
    pub sequence: Sequence,
    /// Position of its last fact that was read; the start of the log if none was.
    pub position: Position,
    /// Version of the snapshot that was used; the start if none was.
    pub saved: Sequence,
}

impl Store {
    /// Loads from the newest snapshot and what follows it.
    pub async fn load<A, F>(
        &self,
        stream: &StreamId,
        schema_version: i32,
        version: &str,
        upcasters: &[Box<dyn EventUpcaster>],
    ) -> Result<Loaded<A>, Failure>
    where
        A: Aggregate<Event = F>,
        F: DomainEvent,
    {
        let (saved, state) = self
            .snapshots
            .load::<A>(stream, schema_version)
            .await?
            .unwrap_or((Sequence::START, A::default()));
        self.tail(state, saved, stream, version, upcasters).await
    }

    /// Folds the whole stream: for aggregates of few facts, which have no snapshots.
    pub async fn fold<A, F>(
        &self,
        stream: &StreamId,
        version: &str,
        upcasters: &[Box<dyn EventUpcaster>],
    ) -> Result<Loaded<A>, Failure>
    where
        A: Aggregate<Event = F>,
        F: DomainEvent,
    {
        self.tail(A::default(), Sequence::START, stream, version, upcasters)
            .await
    }

    async fn tail<A, F>(
        &self,
        mut state: A,
        saved: Sequence,
        stream: &StreamId,
        version: &str,
        upcasters: &[Box<dyn EventUpcaster>],
    ) -> Result<Loaded<A>, Failure>
    where
        A: Aggregate<Event = F>,
        F: DomainEvent,
    {
        let (mut sequence, mut position) = (saved, Position::START);
        for fact in self.log.read_stream(stream, saved).await? {
            state.apply(fact.decode::<F>(version, upcasters)?);
            (sequence, position) = (fact.sequence, fact.position);
        }
        Ok(Loaded {
            state,
            sequence,
            position,
            saved,
        })
    }
}
