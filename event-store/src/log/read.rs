//! Reading the log: a stream, everything after a position, the head.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Recorded;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Log;
use crate::{Position, RecordedFact, Sequence, StreamId, Unit};

/// Facts of a stream fetched at once: bounds the memory of the raw rows.
const STREAM_PAGE: usize = 5_000;

/// The log, or what is kept beside it, could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database did not answer, or refused.
    #[error("the database did not answer or refused")]
    Database(#[from] sqlx::Error),
    /// A row is not what an append writes.
    #[error("the log is damaged at position {position}: {what}")]
    Damaged {
        /// Where.
        position: Position,
        /// What was found.
        what: String,
    },
    /// A state does not serialise; no snapshot of it was taken.
    #[error("cannot write a state as JSON")]
    State(#[from] serde_json::Error),
}

impl Log {
    /// The facts of a stream that follow `after`, in order. Empty where the stream has none.
    pub async fn read_stream(
        &self,
        stream: &StreamId,
        after: Sequence,
    ) -> Result<Vec<RecordedFact>, LogError> {
        let mut facts = Vec::new();
        let mut after = after;
        loop {
            let mut page = self.read_stream_page(stream, after, STREAM_PAGE).await?;
            let full = page.len() == STREAM_PAGE;
            facts.append(&mut page);
            match facts.last() {
                Some(last) if full => after = last.sequence,
                Some(_) | None => return Ok(facts),
            }
        }
    }

    /// The first `limit` facts of a stream that follow `after`, in order.
    pub async fn read_stream_page(
        &self,
        stream: &StreamId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<RecordedFact>, LogError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                      payload::text as "payload!", metadata::text as "metadata!", recorded_at
                 from public.events
                where aggregate_type = $1 and aggregate_id = $2 and sequence > $3
                order by sequence limit $4"#,
            stream.aggregate_type.as_ref(),
            stream.aggregate_id.to_string(),
            after.get(),
            i64::try_from(limit).unwrap_or(i64::MAX),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::recorded).collect()
    }

    /// The first `limit` facts after `position`, in order.
    pub async fn read_after(&self, position: Position, limit: usize) -> Result<Vec<RecordedFact>, LogError> {
        let mut connection = self.pool.acquire().await?;
        read_after(&mut connection, position, limit).await
    }

    /// The position before `unit`, if the log has it: each of its facts, byte for byte. So the outcome of an append whose answer
    /// was lost is looked up, and another writer's facts about the same command are not taken for it.
    pub async fn find(&self, unit: &Unit) -> Result<Option<Position>, LogError> {
        let Some(first) = unit.facts.first() else {
            return Ok(None);
        };
        let there = self
            .read_stream_page(&first.stream, first.sequence.previous(), 1)
            .await?;
        let Some(base) = there.first().map(|fact| fact.position.previous()) else {
            return Ok(None);
        };
        let facts = self.read_after(base, unit.facts.len()).await?;
        let is_it = facts.len() == unit.facts.len()
            && facts.iter().zip(&unit.facts).all(|(there, fact)| there.is(fact));
        Ok(is_it.then_some(base))
    }

    /// The position of the last fact; [`Position::START`] while there is none.
    pub async fn head(&self) -> Result<Position, LogError> {
        let mut connection = self.pool.acquire().await?;
        head(&mut connection).await
    }
}

/// The first `limit` facts after `position`, in order, read through this connection.
pub(crate) async fn read_after(
    connection: &mut PgConnection,
    position: Position,
    limit: usize,
) -> Result<Vec<RecordedFact>, LogError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                  payload::text as "payload!", metadata::text as "metadata!", recorded_at
             from public.events where position > $1 order by position limit $2"#,
        position.get(),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::recorded).collect()
}

/// The facts of the `A` with these ids, up to and including `upto`, in the order of the log, read through
/// this connection. For streams of few facts: all of them come at once.
pub async fn read_streams<A: Recorded>(
    connection: &mut PgConnection,
    ids: &[Uuid],
    upto: Position,
) -> Result<Vec<RecordedFact>, LogError> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                  payload::text as "payload!", metadata::text as "metadata!", recorded_at
             from public.events
            where aggregate_type = $1 and aggregate_id = any($2) and position <= $3
            order by position"#,
        A::TYPE,
        &ids,
        upto.get(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::recorded).collect()
}

/// The position of the last fact, asked through this connection.
pub(crate) async fn head(connection: &mut PgConnection) -> Result<Position, LogError> {
    let head = sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from public.events"#)
        .fetch_one(connection)
        .await?;
    Ok(Position::new(head))
}

/// The last position that was recorded more than `age` ago, by the database's own clock, asked through this connection.
///
/// Found by halving, as positions and times grow together; where a clock was set back it is one of those near by.
pub(crate) async fn last_older_than(
    connection: &mut PgConnection,
    age: Duration,
) -> Result<Position, LogError> {
    let age_s = i32::try_from(age.as_secs()).unwrap_or(i32::MAX);
    let (mut older, mut newer) = (0, head(connection).await?.get().saturating_add(1));
    while newer - older > 1 {
        let middle = older.midpoint(newer);
        let is_older = sqlx::query_scalar!(
            r#"select recorded_at < now() - make_interval(secs => $2::int) as "is_older!"
                 from public.events where position = $1"#,
            middle,
            age_s,
        )
        .fetch_one(&mut *connection)
        .await?;
        if is_older {
            older = middle;
        } else {
            newer = middle;
        }
    }
    Ok(Position::new(older))
}

/// The fact at `position`, if the log reaches so far.
pub(crate) async fn fact_at(
    connection: &mut PgConnection,
    position: Position,
) -> Result<Option<RecordedFact>, LogError> {
    let fact = read_after(connection, position.previous(), 1).await?.pop();
    Ok(fact.filter(|fact| fact.position == position))
}

struct Row {
    position: i64,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
    recorded_at: DateTime<Utc>,
}

impl Row {
    fn recorded(self) -> Result<RecordedFact, LogError> {
        let position = Position::new(self.position);
        let damaged = |what: String| LogError::Damaged { position, what };
        Ok(RecordedFact {
            position,
            stream: StreamId {
                aggregate_type: Cow::Owned(self.aggregate_type),
                aggregate_id: Uuid::try_parse(&self.aggregate_id)
                    .map_err(|error| damaged(error.to_string()))?,
            },
            sequence: Sequence::new(self.sequence),
            event_type: self.event_type,
            event_version: self.event_version,
            payload: RawValue::from_string(self.payload).map_err(|error| damaged(error.to_string()))?,
            metadata: RawValue::from_string(self.metadata).map_err(|error| damaged(error.to_string()))?,
            recorded_at: self.recorded_at,
            decoded: OnceLock::new(),
        })
    }
}
