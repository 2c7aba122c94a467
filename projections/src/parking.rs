//! Streams with facts that cannot be applied: they stand still, loudly, and the others go on.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::text::with_causes;
use event_store::{RecordedFact, StreamId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::ApplyError;

/// What to do about a piece of the log that was refused.
pub(crate) enum Cut<'a> {
    /// Try this many of its facts, which come before the one to blame or are half of them.
    After(usize),
    /// Its first fact is to blame.
    Park(&'a RecordedFact),
}

/// Where to cut `piece`, which `error` refused.
pub(crate) fn cut<'a>(piece: &'a [RecordedFact], error: &ApplyError) -> Cut<'a> {
    let culprit = error
        .position()
        .and_then(|position| piece.iter().position(|fact| fact.position == position));
    let fitting = culprit.unwrap_or(piece.len() / 2);
    match piece.first() {
        Some(first) if fitting == 0 => Cut::Park(first),
        Some(_) | None => Cut::After(fitting),
    }
}

/// Those streams of `facts` that are parked.
pub(crate) async fn parked_among(
    projection: &str,
    connection: &mut PgConnection,
    facts: &[&RecordedFact],
) -> Result<HashSet<StreamId>, sqlx::Error> {
    let streams: HashSet<&StreamId> = facts.iter().map(|fact| &fact.stream).collect();
    let types: Vec<String> = streams
        .iter()
        .map(|each| each.aggregate_type.to_string())
        .collect();
    let ids: Vec<String> = streams.iter().map(|each| each.aggregate_id.to_string()).collect();
    let parked = sqlx::query!(
        "select p.aggregate_type, p.aggregate_id from unnest($2::text[], $3::text[]) as w(aggregate_type, aggregate_id)
           join parked_streams p on p.projection = $1
                and p.aggregate_type = w.aggregate_type and p.aggregate_id = w.aggregate_id",
        projection,
        &types,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let stream = |aggregate_type: String, aggregate_id: &str| {
        Some(StreamId {
            aggregate_type: aggregate_type.into(),
            aggregate_id: Uuid::parse_str(aggregate_id).ok()?,
        })
    };
    let parked = parked.into_iter();
    Ok(parked
        .filter_map(|row| stream(row.aggregate_type, &row.aggregate_id))
        .collect())
}

/// Parks the stream of `culprit`, which `error` refused.
pub(crate) async fn park(
    projection: &'static str,
    connection: &mut PgConnection,
    culprit: &RecordedFact,
    error: &ApplyError,
) -> Result<(), sqlx::Error> {
    tracing::error!(
        projection,
        stream = %culprit.stream,
        position = culprit.position.get(),
        fact = culprit.event_type,
        error = error as &dyn std::error::Error,
        "projection.stream.parked: its facts are left out until `evently parked retry`"
    );
    metrics::counter!("evently_projection_parked_total", "projection" => projection).increment(1);
    sqlx::query!(
        "insert into parked_streams (projection, aggregate_type, aggregate_id, position, error)
         values ($1, $2, $3, $4, $5)
         on conflict (projection, aggregate_type, aggregate_id) do nothing",
        projection,
        culprit.stream.aggregate_type.as_ref(),
        culprit.stream.aggregate_id.to_string(),
        culprit.position.get(),
        with_causes(error),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A stream that a projection leaves out, from one of its facts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedStream {
    pub projection: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// Position of the fact that could not be applied.
    pub position: i64,
    /// Name of that fact, and its version.
    pub event_type: String,
    pub event_version: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Why it could not be applied.
    pub error: String,
    pub parked_at: DateTime<Utc>,
    /// Facts of the stream that are left out so far, that one included.
    pub left_out: i64,
}

/// The first `limit` parked streams in the order of their facts, all or those of the aggregate with this id.
pub async fn parked(
    pool: &PgPool,
    aggregate_id: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ParkedStream>, sqlx::Error> {
    sqlx::query_as!(
        ParkedStream,
        r#"select p.projection, p.aggregate_type, p.aggregate_id, p.position, p.error, p.parked_at,
                  e.event_type, e.event_version, e.recorded_at,
                  (select count(*) from public.events l
                    where l.aggregate_type = p.aggregate_type and l.aggregate_id = p.aggregate_id
                      and l.sequence >= e.sequence) as "left_out!"
             from parked_streams p join public.events e on e.position = p.position
            where $1::text is null or p.aggregate_id = $1
            order by p.position, p.projection limit $2"#,
        aggregate_id.map(|id| id.to_string()),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await
}

/// How many streams are parked, each counted once a projection.
pub async fn count_parked(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from parked_streams"#)
        .fetch_one(pool)
        .await
}
