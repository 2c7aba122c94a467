//! What the handlers share: connections, the log, the clock, and what is kept ready.

use std::sync::Arc;
use std::time::Duration;

use edge::problem::Problem;
use event_store::clock::Clock;
use event_store::{Log, Position};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::failure;
use crate::seat_maps::SeatMaps;
use crate::tables::Tables;

/// States that are folded from the log at once: each may take the memory of a stadium.
const FOLDS_MAX: usize = 2;
/// How long the beginning of an answer may take. Longer than a reader waits for a connection and the server for a
/// statement (5 and 10 s), so that it ends only what these cannot: a database that went away without a word.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The read side; one for a process, handed to its workers as `web::Data`.
#[derive(Debug)]
pub struct QueryApi {
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) tables: Arc<Tables>,
    pub(crate) seat_maps: SeatMaps,
    pub(crate) folds: Semaphore,
    pub(crate) answer_within: Duration,
}

impl QueryApi {
    /// Starts the read side on `pool`, whose connections act as `DatabaseRole::Reader`. To be called within a tokio
    /// runtime: it runs one task there, which ends with the returned value.
    pub fn start(pool: PgPool, clock: Clock) -> Self {
        let tables = Arc::new(Tables::new(pool.clone()));
        Self {
            log: Log::new(pool),
            seat_maps: SeatMaps::new(Arc::clone(&tables)),
            tables,
            folds: Semaphore::new(FOLDS_MAX),
            answer_within: ANSWER_WITHIN,
            clock,
        }
    }

    /// The same with another patience: an answer that has not begun `within` is given up as unavailable.
    pub fn answering(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
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
