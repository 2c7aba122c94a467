//! Looks regularly at how far the tables are behind the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::{Log, LogError, Position};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::PROJECTIONS;
use crate::status::Status;

/// How often: fine enough for alarms, too seldom to be noticed by the database.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// Measures until `shutdown`. What it cannot read now it reads later: the projectors show what is wrong.
pub(super) async fn measure(pool: PgPool, log: Log, status: Status, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(MEASURE_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        let measuring = look(&pool, &log, &status);
        if let Some(Err(error)) = shutdown.run_until_cancelled(measuring).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "projection.lag.unknown");
        }
    }
}

async fn look(pool: &PgPool, log: &Log, status: &Status) -> Result<(), LogError> {
    // the checkpoints first: the head that is read after them is never behind them
    let rows = sqlx::query!(
        r#"select c.projection, c.position, clock_timestamp() as "now!: DateTime<Utc>",
                  (select count(*) from parked_streams p where p.projection = c.projection) as "parked!"
             from checkpoints c"#
    )
    .fetch_all(pool)
    .await?;
    let head = log.head().await?;
    for row in rows {
        if let Some(projection) = PROJECTIONS.iter().find(|each| each.name == row.projection) {
            let position = Position::new(row.position);
            status.measured(projection.name, position, head, row.parked, row.now);
        }
    }
    Ok(())
}
