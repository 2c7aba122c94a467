//! The log as an event store of cqrs-es: it appends by our function and reads through postgres-es.
//!
//! In its event-sourced mode. It appends one command's facts at a time, so it is no way for many commands at once.

use std::collections::HashMap;
use std::sync::Arc;

use cqrs_es::persist::{EventStoreAggregateContext, EventUpcaster, PersistedEventStore, SerializedEvent};
use cqrs_es::{Aggregate, AggregateError, EventEnvelope, EventStore};
use domain::Recorded;
use postgres_es::PostgresEventRepository;
use uuid::Uuid;

use crate::{AppendError, Log, NewFact, Outcome, Sequence, StreamId, Unit};

/// Stores aggregates `A`, whose ids must be UUIDs.
pub struct EsStore<A: Aggregate> {
    log: Log,
    stored: PersistedEventStore<PostgresEventRepository, A>,
}

impl<A: Aggregate> std::fmt::Debug for EsStore<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EsStore")
            .field("aggregate", &A::TYPE)
            .finish_non_exhaustive()
    }
}

/// An upcaster of [`Recorded::upcasters`], as cqrs-es wants to own it.
struct Upcaster(&'static dyn EventUpcaster);

impl EventUpcaster for Upcaster {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        self.0.can_upcast(event_type, event_version)
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        self.0.upcast(event)
    }
}

impl<A: Recorded> EsStore<A> {
    /// Stores in `log`; facts of older versions go through the upcasters of `A` when they are read.
    pub fn new(log: Log) -> Self {
        // The read tables have an `events` of their own.
        let repository =
            PostgresEventRepository::new(log.pool().clone()).with_tables("public.events", "public.snapshots");
        let upcasters = A::upcasters()
            .iter()
            .map(|each| Box::new(Upcaster(each.as_ref())) as Box<dyn EventUpcaster>)
            .collect();
        let stored = PersistedEventStore::new_event_store(repository).with_upcasters(upcasters);
        Self { log, stored }
    }

    /// Appends by `log`, which may have connections of its own.
    pub fn appending_by(self, log: Log) -> Self {
        Self { log, ..self }
    }

    /// Appends `facts` to `stream` after its fact number `after`, all or none.
    pub async fn append(
        &self,
        stream: &StreamId,
        after: Sequence,
        facts: &[A::Event],
        metadata: &Arc<str>,
    ) -> Result<Outcome, AppendError> {
        let mut unit = Unit::default();
        let mut sequence = after;
        for fact in facts {
            sequence = sequence.next();
            unit.facts
                .push(NewFact::of::<A>(stream, sequence, fact, metadata)?);
        }
        let outcomes = self.log.append(&[unit]).await?;
        Ok(outcomes.into_iter().next().unwrap_or(Outcome::Conflict))
    }
}

impl<A: Recorded> EventStore<A> for EsStore<A> {
    type AC = EventStoreAggregateContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.stored.load_events(aggregate_id).await
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<Self::AC, AggregateError<A::Error>> {
        self.stored.load_aggregate(aggregate_id).await
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = StreamId {
            aggregate_type: A::TYPE.into(),
            aggregate_id: Uuid::try_parse(&context.aggregate_id).map_err(unexpected)?,
        };
        let after = Sequence::new(i64::try_from(context.current_sequence).map_err(unexpected)?);
        let json = Arc::from(serde_json::to_string(&metadata).map_err(unexpected)?);
        match self
            .append(&stream, after, &events, &json)
            .await
            .map_err(failure)?
        {
            Outcome::Appended(_) => {}
            Outcome::Conflict => return Err(AggregateError::AggregateConflict),
        }
        let sequences = context.current_sequence.saturating_add(1)..;
        let envelopes = sequences.zip(events).map(|(sequence, payload)| EventEnvelope {
            aggregate_id: context.aggregate_id.clone(),
            sequence,
            payload,
            metadata: metadata.clone(),
        });
        Ok(envelopes.collect())
    }
}

fn unexpected<E: std::error::Error>(
    error: impl std::error::Error + Send + Sync + 'static,
) -> AggregateError<E> {
    AggregateError::UnexpectedError(Box::new(error))
}

fn failure<E: std::error::Error>(error: AppendError) -> AggregateError<E> {
    match error {
        AppendError::NotAppended(_) | AppendError::Unknown(_) => {
            AggregateError::DatabaseConnectionError(Box::new(error))
        }
        AppendError::TooLarge { .. } | AppendError::TooMany { .. } | AppendError::Json(_) => {
            AggregateError::UnexpectedError(Box::new(error))
        }
    }
}
