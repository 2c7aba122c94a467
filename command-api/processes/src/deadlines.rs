//! Tables `deadlines` and `process_positions`: when processes look at their subjects, and up to where they have read.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::Position;
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{Due, Note};

/// How long a claim holds: longer than acting usually takes, with a call at its limit. Should it run out, two nodes act, and
/// that changes nothing.
const CLAIM: Duration = Duration::from_mins(1);

/// The tables, as `evently_writer`.
#[derive(Clone, Debug)]
pub struct Deadlines {
    pool: PgPool,
}

/// What the facts of a batch mean for one subject: the last note, of the fact at `cause`, which stands in `stream`.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) note: Note,
    pub(super) stream: Uuid,
    pub(super) cause: Position,
}

impl Deadlines {
    /// Works through `pool`, which acts as `evently_writer`.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Up to where the one of `processes` has read that has read the least; new ones start before the first fact.
    pub(super) async fn least_position(&self, processes: &[String]) -> Result<Position, sqlx::Error> {
        let begin = sqlx::query!(
            "insert into process_positions (process, position) select unnest($1::text[]), 0 on conflict do nothing",
            processes
        );
        begin.execute(&self.pool).await?;
        let least = sqlx::query_scalar!(
            "select min(position) from process_positions where process = any($1)",
            processes
        );
        Ok(Position::new(least.fetch_one(&self.pool).await?.unwrap_or(0)))
    }

    /// Claims at most `max` deadlines of `process` that have passed at `now`, the longest overdue first.
    pub(super) async fn claim(
        &self,
        process: &str,
        now: DateTime<Utc>,
        max: usize,
    ) -> Result<Vec<Due>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"update deadlines as d set claimed_until = now() + $4::bigint * interval '1 second'
                 from (select subject from deadlines
                        where process = $1 and due_at <= $2 and (claimed_until is null or claimed_until <= now())
                        order by due_at limit $3 for update skip locked) as due
                where d.process = $1 and d.subject = due.subject
               returning d.subject, d.stream, d.cause, d.attempts, d.generation"#,
            process,
            now,
            i64::try_from(max).unwrap_or(i64::MAX),
            i64::try_from(CLAIM.as_secs()).unwrap_or(i64::MAX),
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let due = rows.into_iter().map(|row| Due {
            subject: row.subject,
            stream: row.stream,
            cause: Position::new(row.cause),
            attempts: u32::try_from(row.attempts).unwrap_or_default(),
            generation: row.generation,
        });
        Ok(due.collect())
    }

    /// When the next deadline of `process` that is not claimed passes.
    pub(super) async fn next(&self, process: &str) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        sqlx::query_scalar!(
            "select min(due_at) from deadlines
              where process = $1 and due_at < 'infinity' and (claimed_until is null or claimed_until <= now())",
            process
        )
        .fetch_one(&self.pool)
        .await
    }

    /// Nothing is left to be done for `due`; a newer fact may say otherwise, and then its deadline stands.
    pub(super) async fn done(&self, process: &str, due: &Due) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "with done as (delete from deadlines where process = $1 and subject = $2 and generation = $3)
             update deadlines set claimed_until = null where process = $1 and subject = $2 and generation > $3",
            process,
            due.subject,
            due.generation
        )
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Looks at `due` again `at`. `tried`: how often it was acted upon in vain, and what it is stuck with; `None` leaves
    /// both. Where a newer fact says when to look, that stands, and only the claim ends.
    pub(super) async fn again(
        &self,
        process: &str,
        due: &Due,
        at: DateTime<Utc>,
        tried: Option<(u32, Option<&str>)>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update deadlines
                set claimed_until = null,
                    due_at = case when generation = $3 then $4 else due_at end,
                    attempts = case when generation = $3 then coalesce($5, attempts) else attempts end,
                    stuck = case when generation = $3 and $5::int is not null then $6::text else stuck end,
                    stuck_since = case when generation <> $3 or $5::int is null then stuck_since
                                       when $6::text is null then null else coalesce(stuck_since, now()) end
              where process = $1 and subject = $2",
            process,
            due.subject,
            due.generation,
            at,
            tried.map(|(attempts, _)| i32::try_from(attempts).unwrap_or(i32::MAX)),
            tried.and_then(|(_, stuck)| stuck)
        )
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// The aggregate of a stuck subject; `None` where nothing of that process with that id is stuck.
    pub async fn stuck_stream(&self, process: &str, subject: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
        let found = sqlx::query_scalar!(
            "select stream from deadlines where process = $1 and subject = $2 and stuck is not null",
            process,
            subject
        );
        found.fetch_optional(&self.pool).await
    }

    /// Makes what is stuck due at once.
    pub async fn resume(&self, process: &str, subject: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let resumed = sqlx::query!(
            "update deadlines
                set due_at = $3, attempts = 0, stuck = null, stuck_since = null, claimed_until = null,
                    generation = generation + 1
              where process = $1 and subject = $2 and stuck is not null",
            process,
            subject,
            now
        );
        resumed.execute(&self.pool).await.map(drop)
    }
}

/// Holds the positions of `processes` until the transaction ends, and returns them.
pub(super) async fn hold_positions(
    connection: &mut PgConnection,
    processes: &[String],
) -> Result<BTreeMap<String, Position>, sqlx::Error> {
    let held = sqlx::query!(
        "select process, position from process_positions where process = any($1) order by process for update",
        processes
    );
    let held = held.fetch_all(connection).await?;
    Ok(held
        .into_iter()
        .map(|row| (row.process, Position::new(row.position)))
        .collect())
}

/// Moves positions that are held.
pub(super) async fn move_positions(
    connection: &mut PgConnection,
    processes: &[String],
    to: Position,
) -> Result<(), sqlx::Error> {
    let moved = sqlx::query!(
        "update process_positions set position = $2 where process = any($1) and position < $2",
        processes,
        to.get()
    );
    moved.execute(connection).await.map(drop)
}

/// Writes what a batch of facts means: at most one note a subject. What is stuck has no deadline, until it is resumed.
pub(super) async fn write(
    connection: &mut PgConnection,
    process: &str,
    noted: &BTreeMap<Uuid, Noted>,
) -> Result<(), sqlx::Error> {
    let mut done = Vec::new();
    let mut rows = Vec::new();
    for (subject, Noted { note, stream, cause }) in noted {
        let (due_at, stuck) = match note {
            Note::Done { .. } => {
                done.push(*subject);
                continue;
            }
            Note::Due { at, .. } => (Some(*at), None),
            Note::Stuck { reason, .. } => (None, Some(reason.as_str())),
        };
        rows.push(Row {
            subject: *subject,
            stream: *stream,
            cause: *cause,
            due_at,
            stuck,
        });
    }
    if !done.is_empty() {
        sqlx::query!(
            "delete from deadlines where process = $1 and subject = any($2)",
            process,
            &done
        )
        .execute(&mut *connection)
        .await?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into deadlines (process, subject, stream, cause, due_at, stuck, stuck_since)
         select $1, n.subject, n.stream, n.cause, coalesce(n.due_at, 'infinity'), n.stuck,
                case when n.stuck is null then null else now() end
           from jsonb_to_recordset($2) as n(subject uuid, stream uuid, cause bigint, due_at timestamptz, stuck text)
         on conflict (process, subject) do update
            set due_at = case when excluded.stuck is not null or deadlines.stuck is not null then excluded.due_at
                              else least(deadlines.due_at, excluded.due_at) end,
                stream = excluded.stream, cause = excluded.cause, attempts = 0,
                stuck = excluded.stuck, stuck_since = excluded.stuck_since,
                generation = deadlines.generation + 1",
        process,
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A deadline to write.
#[derive(Serialize)]
struct Row<'a> {
    subject: Uuid,
    stream: Uuid,
    cause: Position,
    due_at: Option<DateTime<Utc>>,
    stuck: Option<&'a str>,
}
