//! Makes every read table anew from the log while the old ones serve, and swaps them in one moment.
//!
//! Readers and live projectors need not know: they name tables without schema, and PostgreSQL looks the names up anew
//! after a swap. Whatever interrupts a rebuild, the old tables go on serving and the next rebuild starts over.

use std::time::{Duration, Instant};

use event_store::{Log, Position};
use sqlx::{Connection, Executor, PgPool};

use crate::replay::{RebuildError, RebuildLock, Replay};
use crate::schema::{self, Schema};
use crate::{PROJECTIONS, Projection};

/// Facts that may be missing when the live projectors are shut out: they wait while these are applied, well under a second.
const LEFT_FOR_SWAP_MAX: i64 = 10_000;

/// Rounds of catching up before the swap is made with whatever is missing: writers may be faster for ever.
const ROUNDS_MAX: u32 = 10;

/// Times that the swap is tried when readers keep its locks: each waits for the pool's lock timeout.
const SWAPS_MAX: u32 = 5;

/// Shuts out live batches, which share this lock, until the end of the transaction.
const SHUT_OUT: &str = "select pg_advisory_xact_lock(4721)";

/// What a rebuild did.
#[derive(Clone, Debug)]
pub struct RebuildReport {
    /// The last fact that the new tables had when they began to serve.
    pub position: Position,
    /// From the first statement until they served.
    pub took: Duration,
    /// Of that, how long live projectors were shut out.
    pub shut_out: Duration,
}

/// Rebuilds the tables of every projection. `pool` acts as `evently_projector`; three connections besides are opened.
pub async fn rebuild(pool: &PgPool, log: &Log) -> Result<RebuildReport, RebuildError> {
    rebuild_these(PROJECTIONS, pool, log).await
}

/// Rebuilds all read tables by these projections.
pub async fn rebuild_these(
    projections: &[&'static Projection],
    pool: &PgPool,
    log: &Log,
) -> Result<RebuildReport, RebuildError> {
    let started = Instant::now();
    let mut lock = RebuildLock::take(pool).await?;
    let replay = Replay::open(&mut lock, pool, Schema::Next, projections).await?;
    replay.upto(log, log.head().await?).await?;
    Schema::Next.finish(&mut lock.connection).await?;
    let mut position = catch_up(&replay, log).await?;
    let mut swaps = 1;
    let shut_out = loop {
        match swap(&mut lock, &replay, log, &mut position).await {
            Err(RebuildError::Database(error)) if swaps < SWAPS_MAX && is_lock_timeout(&error) => swaps += 1,
            done => break done?,
        }
    };
    let took = started.elapsed();
    replay.close().await;
    tracing::info!(
        position = position.get(),
        took_ms = millis(took),
        shut_out_ms = millis(shut_out),
        "projection.rebuilt"
    );
    retire(lock).await;
    Ok(RebuildReport {
        position,
        took,
        shut_out,
    })
}

/// Follows the log until little enough is missing.
async fn catch_up(replay: &Replay, log: &Log) -> Result<Position, RebuildError> {
    let mut position = log.head().await?;
    for _ in 0..ROUNDS_MAX {
        replay.upto(log, position).await?;
        let head = log.head().await?;
        if head.get() - position.get() <= LEFT_FOR_SWAP_MAX {
            break;
        }
        position = head;
    }
    Ok(position)
}

/// Shuts out the projectors, applies what is still missing, and changes the names. Answers how long they were shut out.
async fn swap(
    lock: &mut RebuildLock,
    replay: &Replay,
    log: &Log,
    position: &mut Position,
) -> Result<Duration, RebuildError> {
    let mut tx = lock.connection.begin().await?;
    tx.execute(SHUT_OUT).await?;
    let started = Instant::now();
    *position = log.head().await?;
    replay.upto(log, *position).await?;
    if !Schema::Next.fits(&mut tx).await? {
        return Err(RebuildError::Migrated);
    }
    schema::swap(&mut tx).await?;
    tx.commit().await?;
    Ok(started.elapsed())
}

/// Drops the old tables. What cannot be dropped now, because a query reads it, goes with the next rebuild.
async fn retire(mut lock: RebuildLock) {
    if let Err(error) = schema::drop_retired(&mut lock.connection).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "projection.retired.kept"
        );
    }
    if let Err(error) = lock.release().await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "projection.rebuild_lock.lost"
        );
    }
}

/// SQLSTATE 55P03, lock not available (PostgreSQL, appendix A).
fn is_lock_timeout(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "55P03")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
