//! What the handlers share: connections, the log, the clock, and what is kept ready.

use std::time::Duration;

use contract::ProjectionName;
use edge::problem::Problem;
use event_store::clock::Clock;
use event_store::{Log, Position};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::failure;
use crate::freshness::Freshness;
use crate::seat_maps::SeatMaps;
use crate::snapshot::Snapshot;

/// States that are folded from the log at once: each may take the memory of a stadium.
const FOLDS_MAX: usize = 2;
/// How long the beginning of an answer may take. Longer than a reader waits for a connection and the server for a
/// statement (5 and 10 s), so that it ends only what these cannot: a database that went away without a word.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The read side; one for a process, handed to its workers as `web::Data`.
#[derive(Debug)]
pub struct QueryApi {
    pub(crate) pool: PgPool,
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) freshness: Freshness,
    pub(crate) seat_maps: SeatMaps,
    pub(crate) folds: Semaphore,
    pub(crate) answer_within: Duration,
}

impl QueryApi {
    /// Starts the read side on `pool`, whose connections act as `DatabaseRole::Reader`. To be called within a tokio
    /// runtime: it runs one task there, which ends with the returned value.
    pub fn start(pool: PgPool, clock: Clock) -> Self {
        Self {
            log: Log::new(pool.clone()),
            freshness: Freshness::start(pool.clone()),
            seat_maps: SeatMaps::new(),
            folds: Semaphore::new(FOLDS_MAX),
            answer_within: ANSWER_WITHIN,
            pool,
            clock,
        }
    }

    /// The same with another patience: an answer that has not begun `within` is given up as unavailable.
    pub fn answering(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
    }

    /// One moment of the tables of `projections`, at position `min` or after it.
    pub(crate) async fn snapshot(
        &self,
        projections: &[ProjectionName],
        min: Position,
    ) -> Result<Snapshot, Problem> {
        self.freshness.wait(projections, min).await?;
        let snapshot = Snapshot::open(&self.pool, projections)
            .await
            .map_err(failure::database)?;
        if snapshot.position() < min {
            return Err(failure::position_not_reached(min)); // a rebuild has just swapped the tables
        }
        Ok(snapshot)
    }

    /// The head of the log; refused where it lies before `min`, which then is a position that no command was answered with.
    pub(crate) async fn log_position(&self, min: Position) -> Result<Position, Problem> {
        let head = self.log.head().await.map_err(failure::log)?;
        if head < min {
            Err(failure::position_not_reached(min))
        } else {
            Ok(head)
        }
    }
}
