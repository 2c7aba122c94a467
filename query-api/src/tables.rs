//! The read tables: how far they are, and one moment of them.

use contract::ProjectionName;
use edge::problem::Problem;
use event_store::Position;
use sqlx::PgPool;

use crate::failure;
use crate::freshness::Freshness;
use crate::snapshot::Snapshot;

/// The read tables of the database behind a pool.
#[derive(Debug)]
pub(crate) struct Tables {
    pool: PgPool,
    freshness: Freshness,
}

impl Tables {
    /// The tables behind `pool`. Runs one task, which ends with the returned value.
    pub(crate) fn new(pool: PgPool) -> Self {
        Self {
            freshness: Freshness::start(pool.clone()),
            pool,
        }
    }

    /// Returns once `projections` are at position `min` or after it.
    pub(crate) async fn wait(&self, projections: &[ProjectionName], min: Position) -> Result<(), Problem> {
        self.freshness.wait(projections, min).await
    }

    /// One moment of the tables of `projections`, at position `min` or after it.
    pub(crate) async fn snapshot(
        &self,
        projections: &[ProjectionName],
        min: Position,
    ) -> Result<Snapshot, Problem> {
        self.wait(projections, min).await?;
        let snapshot = Snapshot::open(&self.pool, projections)
            .await
            .map_err(failure::database)?;
        if snapshot.position() < min {
            return Err(failure::position_not_reached(min)); // a rebuild has just swapped the tables
        }
        Ok(snapshot)
    }
}
